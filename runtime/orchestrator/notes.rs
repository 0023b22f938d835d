//! Notes about a fleet for the reader of the report. There is one note per cause: a cause that affects 50 shards is one sentence.

use std::collections::BTreeSet;
use std::time::Duration;

use super::missing::{Gap, TOLERANCE, clock_tenths, load};
use crate::journal::Journal;

/// The most notes of one cause that are printed while the test runs. The report has all of them, folded.
const PRINTED: usize = 3;

/// A fact about shards for the report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// The shards that it is about, from 0. Empty if it is about the whole fleet.
    pub(crate) shards: Vec<u32>,
    /// The load that was not generated, if any.
    pub(crate) gap: Option<Gap>,
    /// The cause.
    pub(crate) why: String,
    /// Where the function ran. It differs from shard to shard and isn't part of the cause.
    pub(crate) place: String,
}

/// The common properties of notes with one cause: whether they are about the fleet, whether load is missing, and the cause without numbers.
type CauseKey = (bool, bool, String);

impl Note {
    pub(crate) fn of_fleet(why: impl Into<String>) -> Self {
        Self { why: why.into(), ..Self::default() }
    }

    pub(crate) fn of_shard(shard: u32, why: impl Into<String>) -> Self {
        Self { shards: vec![shard], why: why.into(), ..Self::default() }
    }

    /// The note as a sentence.
    pub(crate) fn text(&self) -> String {
        match (&self.gap, self.shards.is_empty()) {
            (Some(gap), _) => {
                let until = gap.to.map_or_else(|| "the end".to_owned(), clock_tenths);
                format!("{} lost from {} to {until}, {}: {}", named(&self.shards), clock_tenths(gap.from), load(gap), self.why)
            }
            (None, false) => format!("{}: {}", named(&self.shards), self.why),
            (None, true) => self.why.clone(),
        }
    }

    /// A key that is equal for notes with the same cause. Numbers and places in the cause don't count.
    fn key(&self) -> CauseKey {
        let cause = if self.place.is_empty() { self.why.clone() } else { self.why.replace(&self.place, "") };
        let cause = cause.chars().filter(|char| !char.is_ascii_digit()).collect();
        (self.shards.is_empty(), self.gap.is_some(), cause)
    }
}

/// `shard 3`, `shards 1, 4–6`.
fn named(shards: &[u32]) -> String {
    let mut sorted = shards.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for shard in sorted {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == shard => *last = shard,
            _ => ranges.push((shard, shard)),
        }
    }
    let several = ranges.len() > 1 || ranges.first().is_some_and(|(first, last)| first != last);
    let ranges: Vec<String> = ranges
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => first.to_string(),
            1 => format!("{first}, {last}"),
            _ => format!("{first}–{last}"),
        })
        .collect();
    format!("{} {}", if several { "shards" } else { "shard" }, ranges.join(", "))
}

/// The note of a test that `at_end stop_test` ended.
pub(crate) fn rows_used_up(at: Duration) -> String {
    format!("the test stopped at {}, because a worker had no row left of data with `at_end stop_test`", clock_tenths(at))
}

/// All notes of a run, in order of time.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    all: Vec<Note>,
    journal: Option<Journal>,
}

impl Notes {
    pub(crate) fn new(journal: Option<Journal>) -> Self {
        Self { all: Vec::new(), journal }
    }

    /// Adds a note. Returns the line to print now, if it is one of the first of its cause.
    pub(crate) fn add(&mut self, note: Note) -> Option<String> {
        let key = note.key();
        let before = self.all.iter().filter(|known| known.key() == key).count();
        let text = note.text();
        if let Some(journal) = &self.journal {
            journal.note(&text);
        }
        self.all.push(note);
        match before + 1 {
            PRINTED if PRINTED > 1 => Some(format!("{text} (the report counts further ones)")),
            nth if nth > PRINTED => None,
            _ => Some(text),
        }
    }

    /// One sentence per cause, in the order in which the causes first occurred.
    pub(crate) fn folded(&self) -> Vec<String> {
        let mut causes: Vec<(CauseKey, Vec<&Note>)> = Vec::new();
        for note in &self.all {
            let key = note.key();
            match causes.iter_mut().find(|(known, _)| *known == key) {
                Some((_, notes)) => notes.push(note),
                None => causes.push((key, vec![note])),
            }
        }
        causes.into_iter().map(|(_, notes)| fold(&notes)).collect()
    }
}

/// The sentence for all notes of one cause.
fn fold(notes: &[&Note]) -> String {
    let Some((first, rest)) = notes.split_first() else { return String::new() };
    if rest.is_empty() {
        return first.text();
    }
    let shards: Vec<u32> = notes.iter().flat_map(|note| note.shards.iter().copied()).collect();
    let gaps: Vec<&Gap> = notes.iter().filter_map(|note| note.gap.as_ref()).collect();
    let Some(one) = gaps.first() else {
        let times = if shards.is_empty() { format!(" ({} times)", notes.len()) } else { String::new() };
        return format!("{}{times}", Note { shards, why: cause_of_all(notes, first), ..Note::default() }.text());
    };
    let from = gaps.iter().map(|gap| gap.from).min().unwrap_or_default();
    let to = gaps.iter().map(|gap| gap.to).max_by_key(|to| to.unwrap_or(Duration::MAX)).flatten();
    // A shard that was lost several times is missing the same users each time.
    let users_of =
        |shard: u32| notes.iter().filter(|note| note.shards.contains(&shard)).filter_map(|note| Some(note.gap.as_ref()?.users)).max();
    let mut distinct = shards.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let users = distinct.iter().filter_map(|shard| users_of(*shard)).sum();
    let whole = Gap { from, to, users, arrivals: gaps.iter().map(|gap| gap.arrivals).sum() };
    let same = |a: Duration, b: Duration| a.abs_diff(b) < TOLERANCE;
    let at_once = gaps.len() == distinct.len()
        && gaps.iter().all(|gap| same(gap.from, one.from) && same(gap.to.unwrap_or_default(), one.to.unwrap_or_default()));
    let why = cause_of_all(notes, first);
    if at_once {
        return Note { shards, gap: Some(whole), why, ..Note::default() }.text();
    }
    let until = to.map_or_else(|| "the end".to_owned(), clock_tenths);
    format!("{} lost {} times between {} and {until}, {} in all: {}", named(&shards), gaps.len(), clock_tenths(from), load(&whole), why)
}

/// The cause of all notes: that of the first one, with the number of further functions.
fn cause_of_all(notes: &[&Note], first: &Note) -> String {
    let others = notes.iter().map(|note| &note.place).filter(|place| **place != first.place).collect::<BTreeSet<_>>().len();
    match first.place.strip_suffix(')') {
        Some(place) if others > 0 => first.why.replace(&first.place, &format!("{place} and {others} more)")),
        _ => first.why.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(shard: u32, from: u64, to: u64, pid: u32) -> Note {
        let gap = Gap { from: Duration::from_secs(from), to: Some(Duration::from_secs(to)), users: 250, arrivals: 0 };
        let place = format!(" (process {pid})");
        Note { shards: vec![shard], gap: Some(gap), why: format!("it hangs: no frame arrived in time{place}"), place }
    }

    #[test]
    fn notes_of_one_cause_become_one_sentence() {
        let mut notes = Notes::default();
        for shard in [0, 1, 2, 7] {
            let _ = notes.add(lost(shard, 10, 14, 100 + shard));
        }
        for shard in [3, 4] {
            let _ = notes.add(Note::of_shard(shard, "throttled 5 times: Rate Exceeded"));
        }
        let _ = notes.add(Note::of_fleet("cannot stop the fleet: no response"));
        assert_eq!(
            notes.folded(),
            [
                "shards 0–2, 7 lost from 00:00:10 to 00:00:14, 1,000 users: it hangs: no frame arrived in time (process 100 and 3 more)",
                "shards 3, 4: throttled 5 times: Rate Exceeded",
                "cannot stop the fleet: no response",
            ]
        );
    }

    #[test]
    fn gaps_at_different_times_are_counted() {
        let mut notes = Notes::default();
        let printed: Vec<bool> =
            [(1, 10), (1, 30), (2, 50), (1, 70)].map(|(shard, from)| notes.add(lost(shard, from, from + 4, 9)).is_some()).into();
        assert_eq!(printed, [true, true, true, false], "three of a cause are printed");
        assert_eq!(
            notes.folded(),
            ["shards 1, 2 lost 4 times between 00:00:10 and 00:01:14, 500 users in all: it hangs: no frame arrived in time (process 9)"]
        );
        let mut one = Notes::default();
        let _ = one.add(lost(5, 1, 2, 3));
        assert_eq!(one.folded(), ["shard 5 lost from 00:00:01 to 00:00:02, 250 users: it hangs: no frame arrived in time (process 3)"]);
    }
}
