//! Merges the frames of all shards to intervals of the whole fleet.
//!
//! An interval is complete when every running shard has reported it, or when the collector has waited long enough. Results that arrive
//! later still count in the totals.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::frame::Counted;
use ltc_engine::stats::{Snapshot, micros};

/// A function: its shard and its interval.
pub type SliceKey = (u32, u32);

/// The merged counts of an interval, from all shards that reported in time.
#[derive(Clone, Debug, PartialEq)]
pub struct MergedInterval {
    /// All shards together.
    pub snapshot: Snapshot,
    /// Whether its interval was already returned without these results.
    pub late: bool,
}

/// Collects frames until their interval is complete.
#[derive(Debug)]
pub struct Collector {
    names: usize,
    interval_us: u64,
    wait_max_us: u64,
    pending: BTreeMap<u64, Snapshot>,
    /// Results of intervals that were returned without them. They may be many, if a function was out of reach for some time.
    late: BTreeMap<u64, Snapshot>,
    /// The number of the first interval that hasn't been returned.
    next: u64,
    /// The time up to which each running function has reported.
    reported_until: HashMap<SliceKey, u64>,
}

impl Collector {
    /// Creates a collector for a report with this many rows.
    pub fn new(names: usize, interval: Duration) -> Self {
        let interval_us = micros(interval).max(1);
        Self {
            names,
            interval_us,
            wait_max_us: interval_us.max(2_000_000),
            pending: BTreeMap::new(),
            late: BTreeMap::new(),
            next: 0,
            reported_until: HashMap::new(),
        }
    }

    /// A function is ready. The collector waits for its frames from the beginning of its slice.
    pub fn begins(&mut self, key: SliceKey, from: Duration) {
        self.reported_until.insert(key, micros(from));
    }

    /// A function has ended or was lost. The collector no longer waits for it.
    pub fn ends(&mut self, key: SliceKey) {
        self.reported_until.remove(&key);
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn add(&mut self, key: SliceKey, counted: &Counted) -> Result<(), String> {
        if let Some(reported_until) = self.reported_until.get_mut(&key) {
            *reported_until = counted.to_us().max(*reported_until);
        }
        let number = counted.middle_us() / self.interval_us;
        let names = self.names;
        let of_intervals = if number < self.next { &mut self.late } else { &mut self.pending };
        counted.merge_into(of_intervals.entry(number).or_insert_with(|| Snapshot::empty(names)))
    }

    /// The intervals that are complete, or have waited long enough, at that time from the test's start.
    pub fn due(&mut self, now: Duration) -> Vec<MergedInterval> {
        let now = micros(now);
        let reported_until = self.reported_until.values().copied().min().unwrap_or(u64::MAX);
        let mut due = Vec::new();
        while let Some(entry) = self.pending.first_entry() {
            let end = (entry.key() + 1).saturating_mul(self.interval_us);
            if now < end || (reported_until < end && now < end.saturating_add(self.wait_max_us)) {
                break;
            }
            self.next = entry.key() + 1;
            due.push(MergedInterval { snapshot: entry.remove(), late: false });
        }
        due.extend(self.take_late());
        due
    }

    /// All remaining intervals, at the end.
    pub fn rest(&mut self) -> Vec<MergedInterval> {
        let mut rest: Vec<MergedInterval> =
            std::mem::take(&mut self.pending).into_values().map(|snapshot| MergedInterval { snapshot, late: false }).collect();
        rest.extend(self.take_late());
        rest
    }

    fn take_late(&mut self) -> impl Iterator<Item = MergedInterval> {
        std::mem::take(&mut self.late).into_values().map(|snapshot| MergedInterval { snapshot, late: true })
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

        fn send(&mut self, collector: &mut Collector, until: u64) {
            self.0.record(&Sample { ok: true, ..Sample::default() });
            collector.add(self.1, &Counted::new(&self.0.snapshot(Duration::from_millis(until), 5, 5))).unwrap();
        }
    }

    fn figures(due: &[MergedInterval]) -> Vec<(u64, u64, bool)> {
        due.iter().map(|delta| (delta.snapshot.names[0].requests, delta.snapshot.users(), delta.late)).collect()
    }

    #[test]
    fn interval_waits_for_all_shards_but_not_for_ever() {
        let at = Duration::from_millis;
        let mut collector = Collector::new(1, at(1000));
        let (mut a, mut b) = (FakeShard::new(0), FakeShard::new(1));
        collector.begins(a.1, Duration::ZERO);
        collector.begins(b.1, Duration::ZERO);
        a.send(&mut collector, 1003);
        assert_eq!(collector.due(at(1010)), []);
        b.send(&mut collector, 1001);
        assert_eq!(figures(&collector.due(at(1020))), [(2, 10, false)]);
        a.send(&mut collector, 2001);
        assert_eq!(collector.due(at(3900)), []);
        assert_eq!(figures(&collector.due(at(4000))), [(1, 5, false)]);
        // The late frame still counts.
        b.send(&mut collector, 2002);
        assert_eq!(figures(&collector.due(at(4100))), [(1, 5, true)]);
        b.send(&mut collector, 3002);
        collector.ends(a.1);
        assert_eq!(figures(&collector.due(at(4200))), [(1, 5, false)]);
        // What a function kept during an outage arrives at once, and belongs to the intervals in which it was counted.
        let mut kept = FakeShard::new(2);
        kept.send(&mut collector, 999);
        kept.send(&mut collector, 1998);
        assert_eq!(figures(&collector.due(at(4250))), [(1, 5, true), (1, 5, true)]);
        // A function that is ready for a later interval doesn't delay earlier ones.
        collector.begins((2, 1), at(60_000));
        b.send(&mut collector, 4000);
        assert_eq!(figures(&collector.due(at(4300))), [(1, 5, false)]);
        b.send(&mut collector, 4500);
        assert_eq!(figures(&collector.rest()), [(1, 5, false)]);
    }
}
