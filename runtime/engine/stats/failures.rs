//! Failed requests. Each is counted once, by row, class, location and kind of its first reason. The first ones of each kind are kept in
//! full.
//!
//! The limits (examples of a kind, kinds of a row, kinds in total) keep the *least* in a fixed order, and not the first to arrive. The
//! others are counted together. So the result of merging doesn't depend on the order.

use std::collections::BTreeMap;
use std::fmt;

use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// The most examples of one kind of failure in a report.
pub const EXAMPLES: usize = 10;

/// The most kinds of failure that are counted separately. All others are counted together.
pub const KINDS: usize = 500;

/// The most kinds of failure of one row that are counted separately.
pub const KINDS_OF_ROW: usize = 50;

/// Why a step or statement failed. If a request failed for several reasons, its class is the first one in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureClass {
    /// No connection could be made.
    Connect,
    /// The host's name has no address.
    Dns,
    /// The TLS handshake failed, or TLS broke after it.
    Tls,
    /// No complete answer in time.
    Timeout,
    /// The connection was closed or reset within the exchange.
    Reset,
    /// The answer is not HTTP.
    Protocol,
    /// `expect` of a status.
    Status,
    /// `expect header`, `expect headers`.
    Header,
    /// `expect json`.
    Json,
    /// `expect text`.
    Text,
    /// `expect elapsed`.
    Elapsed,
    /// Any other `expect`.
    Expectation,
    /// An expression had no value.
    Expression,
    /// `take` found nothing, or a value of another type.
    Take,
    /// The `fail` statement.
    #[serde(rename = "fail")]
    Script,
}

impl FailureClass {
    /// The class's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::Status => "status",
            Self::Json => "json",
            Self::Header => "header",
            Self::Text => "text",
            Self::Elapsed => "elapsed",
            Self::Expectation => "expectation",
            Self::Take => "take",
            Self::Expression => "expression",
            Self::Script => "fail",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The key that groups failures.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FailureKey {
    /// The report row: an index into its names, or [`super::NO_NAME`] outside of steps.
    pub name: u32,
    /// The class.
    pub class: FailureClass,
    /// The location in the spec: an index into the report's places, or [`super::NO_PLACE`].
    pub place: u32,
    /// A status (`got 503`), the system's words for an error (`connection refused`), or fixed words. It never contains data, an address, an
    /// identity or a time.
    #[serde(default)]
    pub kind: EcoString,
}

/// One failed request in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Example {
    /// When it failed, in microseconds from the test's start.
    pub at_us: u64,
    /// The user's number.
    pub user: u64,
    /// The complete message. If there are several reasons, it is the one that the failure is counted by.
    pub message: String,
    /// All reasons, [`Self::message`] first.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// The request; empty if none was sent.
    pub request: String,
    /// The response; empty if none came.
    pub response: String,
}

/// How often one kind of failure occurred, and examples of it in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrences {
    /// Failed requests that are counted by this kind. It is 0 if this kind was always a further reason.
    pub count: u64,
    /// How often it was a reason, the first or a further one.
    #[serde(default)]
    pub reasons: u64,
    /// When the last of the requests failed, in microseconds from the test's start.
    #[serde(default)]
    pub last_us: u64,
    /// The first requests, in full.
    pub examples: Vec<Example>,
}

impl Occurrences {
    /// Whether an example at that time would be kept.
    fn wants(&self, at_us: u64, cap: usize) -> bool {
        self.examples.len() < cap || self.examples.last().is_some_and(|last| at_us < last.at_us)
    }

    fn keep(&mut self, example: Example, cap: usize) {
        let at = self.examples.partition_point(|kept| *kept <= example);
        self.examples.insert(at, example);
        self.examples.truncate(cap);
    }
}

/// All failures: of requests, and of statements outside of steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WireFailures", into = "WireFailures")]
pub struct Failures {
    kinds: BTreeMap<FailureKey, Occurrences>,
    other: u64,
}

impl Failures {
    /// Counts one failed request by its first reason. `detail` is called only if it will be kept as an example.
    pub fn add(&mut self, key: FailureKey, at_us: u64, examples: usize, detail: impl FnOnce() -> Example) {
        let Some(found) = self.entry(key) else {
            self.other += 1;
            return;
        };
        found.count += 1;
        found.reasons += 1;
        found.last_us = found.last_us.max(at_us);
        if found.wants(at_us, examples) {
            let example = Example { at_us, ..detail() };
            found.keep(example, examples);
        }
    }

    /// Counts a further reason of a failed request that is already counted.
    pub fn add_reason(&mut self, key: FailureKey) {
        if let Some(found) = self.entry(key) {
            found.reasons += 1;
        }
    }

    /// The entry of a kind; `None` if it isn't counted separately.
    fn entry(&mut self, key: FailureKey) -> Option<&mut Occurrences> {
        if !self.kinds.contains_key(&key) {
            self.kinds.insert(key.clone(), Occurrences::default());
            self.fold(key.name);
        }
        self.kinds.get_mut(&key)
    }

    /// Folds kinds beyond the limits of the row and of the total.
    fn fold(&mut self, row: u32) {
        let first = FailureKey { name: row, class: FailureClass::Connect, place: 0, kind: EcoString::new() };
        let of_row = || self.kinds.range(&first..).take_while(|(key, _)| key.name == row).map(|(key, _)| key);
        if of_row().nth(KINDS_OF_ROW).is_some() {
            let beyond: Vec<FailureKey> = of_row().skip(KINDS_OF_ROW).cloned().collect();
            for key in beyond {
                self.other += self.kinds.remove(&key).map_or(0, |folded| folded.count);
            }
        }
        while self.kinds.len() > KINDS {
            self.other += self.kinds.pop_last().map_or(0, |(_, folded)| folded.count);
        }
    }

    /// Adds the failures of another one, and keeps up to `examples` of a kind.
    pub fn merge(&mut self, other: &Self, examples: usize) {
        self.other += other.other;
        for (key, theirs) in &other.kinds {
            let Some(mine) = self.entry(key.clone()) else {
                self.other += theirs.count;
                continue;
            };
            mine.count += theirs.count;
            mine.reasons += theirs.reasons;
            mine.last_us = mine.last_us.max(theirs.last_us);
            for example in &theirs.examples {
                if mine.examples.len() < examples || mine.examples.last() > Some(example) {
                    mine.keep(example.clone(), examples);
                }
            }
        }
    }

    /// The failures with other numbers of names and places, for a part of a test that began `shift_us` later.
    pub fn renamed(&self, name: impl Fn(u32) -> u32, place: impl Fn(u32) -> u32, shift_us: u64) -> Self {
        let mut all = Self { other: self.other, ..Self::default() };
        for (key, found) in &self.kinds {
            let key = FailureKey { name: name(key.name), place: place(key.place), ..key.clone() };
            let mut found = found.clone();
            found.examples.iter_mut().for_each(|example| example.at_us += shift_us);
            if found.count > 0 {
                found.last_us += shift_us;
            }
            let part = Self { kinds: BTreeMap::from([(key, found)]), other: 0 };
            all.merge(&part, EXAMPLES);
        }
        all
    }

    /// Each kind that is counted separately, in a fixed order, including those that were only further reasons.
    pub fn kinds(&self) -> impl Iterator<Item = (&FailureKey, &Occurrences)> {
        self.kinds.iter()
    }

    /// Each kind by which failed requests are counted, the most frequent first. The counts add up to [`Self::count`] minus [`Self::other`].
    pub fn by_count(&self) -> Vec<(&FailureKey, &Occurrences)> {
        let mut all: Vec<_> = self.kinds.iter().filter(|(_, found)| found.count > 0).collect();
        all.sort_by_key(|(_, found)| std::cmp::Reverse(found.count));
        all
    }

    /// Each kind that was a reason more often than failed requests are counted by it, with the difference. The most frequent comes first.
    pub fn further_reasons(&self) -> Vec<(&FailureKey, u64)> {
        let further = self.kinds.iter().map(|(key, found)| (key, found.reasons.saturating_sub(found.count)));
        let mut all: Vec<_> = further.filter(|(_, count)| *count > 0).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }

    /// The number of failed requests of each class, the most frequent first.
    pub fn by_class(&self) -> Vec<(FailureClass, u64)> {
        let mut classes = BTreeMap::<_, u64>::new();
        for (key, found) in &self.kinds {
            *classes.entry(key.class).or_default() += found.count;
        }
        let mut classes: Vec<_> = classes.into_iter().filter(|&(_, count)| count > 0).collect();
        classes.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        classes
    }

    /// The number of failed requests whose kind isn't counted separately.
    pub fn other(&self) -> u64 {
        self.other
    }

    /// The number of all failed requests and of failures outside of steps.
    pub fn count(&self) -> u64 {
        self.other + self.kinds.values().map(|found| found.count).sum::<u64>()
    }

    /// Whether there are no failures.
    pub fn is_empty(&self) -> bool {
        self.other == 0 && self.kinds.is_empty()
    }
}

#[derive(Serialize, Deserialize)]
struct WireFailures {
    kinds: Vec<WireEntry>,
    other: u64,
}

#[derive(Serialize, Deserialize)]
struct WireEntry {
    #[serde(flatten)]
    key: FailureKey,
    #[serde(flatten)]
    found: Occurrences,
}

impl From<Failures> for WireFailures {
    fn from(failures: Failures) -> Self {
        Self { kinds: failures.kinds.into_iter().map(|(key, found)| WireEntry { key, found }).collect(), other: failures.other }
    }
}

impl From<WireFailures> for Failures {
    fn from(wire: WireFailures) -> Self {
        Self { kinds: wire.kinds.into_iter().map(|e| (e.key, e.found)).collect(), other: wire.other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: u32, kind: &str) -> FailureKey {
        FailureKey { name, class: FailureClass::Status, place: 3, kind: kind.into() }
    }

    #[test]
    fn only_the_first_failures_are_kept_in_full() {
        let mut failures = Failures::default();
        let mut asked = 0;
        for at in 0..100 {
            failures.add(key(1, "got 503"), at, EXAMPLES, || {
                asked += 1;
                Example::default()
            });
        }
        assert_eq!(asked, 10);
        let (_, found) = failures.kinds().next().unwrap();
        assert_eq!((found.count, found.last_us), (100, 99));
        let kept: Vec<_> = found.examples.iter().map(|e| e.at_us).collect();
        assert_eq!(kept, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn kinds_beyond_the_cap_are_counted_together_whatever_the_order() {
        let mut up = Failures::default();
        let mut down = Failures::default();
        for n in 0..600 {
            up.add(key(n, ""), u64::from(n), 1, Example::default);
            down.add(key(599 - n, ""), u64::from(599 - n), 1, Example::default);
        }
        assert_eq!(up, down);
        assert_eq!((up.kinds().count(), up.other(), up.count()), (500, 100, 600));
        let mut both = up.clone();
        both.merge(&down, 1);
        assert_eq!((both.kinds().count(), both.other()), (500, 200));
    }

    #[test]
    fn kinds_of_a_row_beyond_the_cap_are_counted_together_whatever_the_order() {
        let (mut up, mut down) = (Failures::default(), Failures::default());
        for n in 0..70 {
            up.add(key(4, &format!("got {}", 500 + n)), n, 1, Example::default);
            down.add(key(4, &format!("got {}", 569 - n)), 69 - n, 1, Example::default);
        }
        assert_eq!(up, down);
        assert_eq!((up.kinds().count(), up.other(), up.count()), (50, 20, 70));
        up.add(key(5, "got 503"), 1, 1, Example::default);
        assert_eq!((up.kinds().count(), up.other(), up.count()), (51, 20, 71));
        up.merge(&down, 1);
        assert_eq!((up.kinds().count(), up.other(), up.count()), (51, 40, 141));
    }

    #[test]
    fn further_reasons_are_no_failures() {
        let mut failures = Failures::default();
        let json = FailureKey { class: FailureClass::Json, ..key(1, "") };
        for at in 0..3 {
            failures.add(key(1, "got 503"), at, 1, Example::default);
            failures.add_reason(json.clone());
        }
        failures.add(json.clone(), 9, 1, Example::default);
        let mut twice = failures.clone();
        twice.merge(&failures, 1);
        assert_eq!((twice.count(), twice.by_class()), (8, vec![(FailureClass::Status, 6), (FailureClass::Json, 2)]));
        assert_eq!(twice.further_reasons(), [(&json, 6)]);
        assert_eq!(twice.by_count().iter().map(|(_, found)| (found.count, found.reasons)).collect::<Vec<_>>(), [(6, 6), (2, 8)]);
    }

    #[test]
    fn failures_survive_flat_json() {
        let mut failures = Failures::default();
        failures.add(key(7, "got 500"), 5, EXAMPLES, || Example { message: "expected 200, got 500".into(), ..Example::default() });
        let json = serde_json::to_string(&failures).unwrap();
        assert_eq!(
            json,
            r#"{"kinds":[{"name":7,"class":"status","place":3,"kind":"got 500","count":1,"reasons":1,"last_us":5,"examples":[{"at_us":5,"user":0,"message":"expected 200, got 500","reasons":[],"request":"","response":""}]}],"other":0}"#
        );
        assert_eq!(serde_json::from_str::<Failures>(&json).unwrap(), failures);
    }
}
