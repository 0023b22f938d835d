//! Puts the frames of all shards together to intervals of the whole fleet.
//!
//! An interval is handed on once every shard that runs has told of it, or when it has waited long enough for those that haven't. What
//! comes after that still counts in the totals.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::frame::Counted;
use ltc_engine::stats::{Snapshot, micros};

/// A function: its shard and its interval.
pub type SliceKey = (u32, u32);

/// What was counted in an interval, by all that told in time.
#[derive(Clone, Debug, PartialEq)]
pub struct MergedInterval {
    /// All shards together.
    pub snapshot: Snapshot,
    /// Whether its interval was handed on before, without it.
    pub late: bool,
}

/// The frames that wait for others of their interval.
#[derive(Debug)]
pub struct Collector {
    names: usize,
    interval_us: u64,
    patience_us: u64,
    pending: BTreeMap<u64, Snapshot>,
    late: Option<Snapshot>,
    /// Intervals before this one were handed on.
    next: u64,
    /// Until when those that run have told.
    told: HashMap<SliceKey, u64>,
}

impl Collector {
    /// For a report of this many lines.
    pub fn new(names: usize, interval: Duration) -> Self {
        let interval_us = micros(interval).max(1);
        Self {
            names,
            interval_us,
            patience_us: interval_us.max(2_000_000),
            pending: BTreeMap::new(),
            late: None,
            next: 0,
            told: HashMap::new(),
        }
    }

    /// A function is ready: from when its slice begins it is waited for.
    pub fn begins(&mut self, key: SliceKey, from: Duration) {
        self.told.insert(key, micros(from));
    }

    /// A function has ended, or was lost: it isn't waited for any more.
    pub fn ends(&mut self, key: SliceKey) {
        self.told.remove(&key);
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn add(&mut self, key: SliceKey, counted: &Counted) -> Result<(), String> {
        if let Some(told) = self.told.get_mut(&key) {
            *told = counted.to_us().max(*told);
        }
        let number = counted.middle_us() / self.interval_us;
        let names = self.names;
        let into = if number < self.next {
            self.late.get_or_insert_with(|| Snapshot::empty(names))
        } else {
            self.pending.entry(number).or_insert_with(|| Snapshot::empty(names))
        };
        counted.merge_into(into)
    }

    /// The intervals that are whole, or were waited for long enough, at that time from the test's start.
    pub fn due(&mut self, now: Duration) -> Vec<MergedInterval> {
        let now = micros(now);
        let told = self.told.values().copied().min().unwrap_or(u64::MAX);
        let mut due = Vec::new();
        while let Some(entry) = self.pending.first_entry() {
            let end = (entry.key() + 1).saturating_mul(self.interval_us);
            if now < end || (told < end && now < end.saturating_add(self.patience_us)) {
                break;
            }
            self.next = entry.key() + 1;
            due.push(MergedInterval { snapshot: entry.remove(), late: false });
        }
        due.extend(self.late.take().map(|snapshot| MergedInterval { snapshot, late: true }));
        due
    }

    /// All that is left, at the end.
    pub fn rest(&mut self) -> Vec<MergedInterval> {
        let mut rest: Vec<MergedInterval> =
            std::mem::take(&mut self.pending).into_values().map(|snapshot| MergedInterval { snapshot, late: false }).collect();
        rest.extend(self.late.take().map(|snapshot| MergedInterval { snapshot, late: true }));
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ltc_engine::stats::{Recorder, Sample};

    struct FakeShard(Recorder, SliceKey);

    impl FakeShard {
        fn new(shard: u32) -> Self {
            Self(Recorder::new(1, shard), (shard, 0))
        }

        fn tell(&mut self, collector: &mut Collector, until: u64) {
            self.0.record(&Sample { ok: true, ..Sample::default() });
            collector.add(self.1, &Counted::new(&self.0.snapshot(Duration::from_millis(until), 5, 5))).unwrap();
        }
    }

    fn story(due: &[MergedInterval]) -> Vec<(u64, u64, bool)> {
        due.iter().map(|delta| (delta.snapshot.names[0].requests, delta.snapshot.users(), delta.late)).collect()
    }

    #[test]
    fn an_interval_waits_for_all_but_not_for_ever() {
        let at = Duration::from_millis;
        let mut collector = Collector::new(1, at(1000));
        let (mut a, mut b) = (FakeShard::new(0), FakeShard::new(1));
        collector.begins(a.1, Duration::ZERO);
        collector.begins(b.1, Duration::ZERO);
        a.tell(&mut collector, 1003);
        assert_eq!(collector.due(at(1010)), []);
        b.tell(&mut collector, 1001);
        assert_eq!(story(&collector.due(at(1020))), [(2, 10, false)]);
        a.tell(&mut collector, 2001);
        assert_eq!(collector.due(at(3900)), []);
        assert_eq!(story(&collector.due(at(4000))), [(1, 5, false)]);
        // It comes all the same, and counts.
        b.tell(&mut collector, 2002);
        assert_eq!(story(&collector.due(at(4100))), [(1, 5, true)]);
        b.tell(&mut collector, 3002);
        collector.ends(a.1);
        assert_eq!(story(&collector.due(at(4200))), [(1, 5, false)]);
        // One that is ready for a later interval delays none before.
        collector.begins((2, 1), at(60_000));
        b.tell(&mut collector, 4000);
        assert_eq!(story(&collector.due(at(4300))), [(1, 5, false)]);
        b.tell(&mut collector, 4500);
        assert_eq!(story(&collector.rest()), [(1, 5, false)]);
    }
}
