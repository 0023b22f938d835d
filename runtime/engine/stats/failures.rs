//! Failed requests: each counted once, by row, class, location and kind of its first reason, with the first of each kept in full.
//!
//! The caps (examples of a kind, kinds of a row, kinds in all) keep the *least* in a fixed order and fold the rest, never the first to
//! arrive: so merging gives the same whatever its order.

use std::collections::BTreeMap;
use std::fmt;

use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// How many examples of one kind of failure a report keeps.
pub const EXAMPLES: usize = 10;

/// How many kinds of failure are counted separately; all others are counted together.
pub const KINDS: usize = 500;

/// How many kinds of failure of one row are counted separately.
pub const KINDS_OF_ROW: usize = 50;

/// Why a step or statement failed. A failed request is of the first class, in this order, that one of its reasons has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureClass {
    /// No connection could be made.
    Connect,
    /// The host's name has no address.
    Dns,
    /// The TLS handshake failed.
    Tls,
    /// No full answer in time.
    Timeout,
    /// The connection was closed or reset amid the exchange.
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
    /// `take` found nothing, or not the type it promises.
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

/// The key by which failures are grouped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FailureKey {
    /// The line of the report: an index into its names, or [`super::NO_NAME`] outside of any step.
    pub name: u32,
    /// The class.
    pub class: FailureClass,
    /// Where in the spec: an index into the report's places, or [`super::NO_PLACE`].
    pub place: u32,
    /// What came: a status (`got 503`), the system's word for an error (`connection refused`), or a fixed word; never data, an address,
    /// an identity or a time.
    #[serde(default)]
    pub kind: EcoString,
}

/// One failed request in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Example {
    /// When, microseconds from the test's start.
    pub at_us: u64,
    /// Whose.
    pub user: u64,
    /// What was wrong, in full: of several reasons the one that the failure is counted by.
    pub message: String,
    /// All that was wrong, [`Self::message`] first.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// The request; empty where none was sent.
    pub request: String,
    /// The response; empty where none came.
    pub response: String,
}

/// How often one kind of failure occurred, and examples of it in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrences {
    /// Failed requests that are counted by it. 0 where it only ever was a further reason.
    pub count: u64,
    /// How often it was a reason at all, the first or a further one.
    #[serde(default)]
    pub reasons: u64,
    /// When the last of the requests failed, microseconds from the test's start.
    #[serde(default)]
    pub last_us: u64,
    /// The first of the requests, in full.
    pub examples: Vec<Example>,
}

impl Occurrences {
    /// Whether an example of that moment would be kept.
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
    /// Counts one failed request by its first reason; `detail` is asked for only if it is to be kept as an example.
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

    /// Counts a further reason of a failed request that is counted already.
    pub fn add_reason(&mut self, key: FailureKey) {
        if let Some(found) = self.entry(key) {
            found.reasons += 1;
        }
    }

    /// What is counted of a kind; `None` if it isn't counted separately.
    fn entry(&mut self, key: FailureKey) -> Option<&mut Occurrences> {
        if !self.kinds.contains_key(&key) {
            self.kinds.insert(key.clone(), Occurrences::default());
            self.fold(key.name);
        }
        self.kinds.get_mut(&key)
    }

    /// Folds what exceeds the kinds of a row, and of all.
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

    /// Adds another's, keeping up to `examples` of a kind.
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

    /// The same with other numbers of names and places, as of a part of a test that began so much later.
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

    /// Each kind that is counted separately, in a fixed order, also those that only ever were a further reason.
    pub fn kinds(&self) -> impl Iterator<Item = (&FailureKey, &Occurrences)> {
        self.kinds.iter()
    }

    /// Each kind that failed requests are counted by, the most frequent first: the counts add up to [`Self::count`] less
    /// [`Self::other`].
    pub fn by_count(&self) -> Vec<(&FailureKey, &Occurrences)> {
        let mut all: Vec<_> = self.kinds.iter().filter(|(_, found)| found.count > 0).collect();
        all.sort_by_key(|(_, found)| std::cmp::Reverse(found.count));
        all
    }

    /// Each kind that was more often a reason than failed requests are counted by it: what else was wrong with them. The most frequent
    /// first, with how often that was.
    pub fn further_reasons(&self) -> Vec<(&FailureKey, u64)> {
        let further = self.kinds.iter().map(|(key, found)| (key, found.reasons.saturating_sub(found.count)));
        let mut all: Vec<_> = further.filter(|(_, count)| *count > 0).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }

    /// How many failed requests are of each class, the most frequent first.
    pub fn by_class(&self) -> Vec<(FailureClass, u64)> {
        let mut classes = BTreeMap::<_, u64>::new();
        for (key, found) in &self.kinds {
            *classes.entry(key.class).or_default() += found.count;
        }
        let mut classes: Vec<_> = classes.into_iter().filter(|&(_, count)| count > 0).collect();
        classes.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        classes
    }

    /// How many failed requests were of no kind that is counted separately.
    pub fn other(&self) -> u64 {
        self.other
    }

    /// How many failed requests in all, with failures outside of steps.
    pub fn count(&self) -> u64 {
        self.other + self.kinds.values().map(|found| found.count).sum::<u64>()
    }

    /// Whether there are none.
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
    fn only_the_first_are_kept_in_full() {
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
    fn survives_json_flat() {
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
