//! The timeline of a test: totals of each interval, and each row's history. Its memory is limited for any length of the test.
//!
//! If there are too many points, each pair of neighbors becomes one point of twice the width. The histograms are kept in packed form, so
//! that percentiles stay exact.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::durations::PackedDurations;
use super::history::History;
use super::point::Point;
use super::points::Points;
use super::snapshot::Snapshot;
use super::{ReportRow, micros};

/// The most points of a timeline.
const POINTS: usize = 720;

/// The timeline of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    width_us: u64,
    /// The length of an interval; 0 in reports that don't contain it.
    #[serde(default)]
    interval_us: u64,
    // A point begins approximately at its number times the width.
    points: Points,
    #[serde(default)]
    history: History,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new(Duration::from_secs(1))
    }
}

impl Timeline {
    /// A timeline whose points are one interval wide at first.
    pub fn new(interval: Duration) -> Self {
        let width_us = micros(interval).max(1);
        Self { width_us, interval_us: width_us, points: Points::default(), history: History::default() }
    }

    /// [`Self::new`], with the memory for the points of a long test.
    pub fn with_room(interval: Duration) -> Self {
        // A point is added before the points become too many.
        Self { points: Points::with_room(POINTS + 1), ..Self::new(interval) }
    }

    /// Adds an interval's snapshot: of the whole test, or of a part of it (a thread, a shard) whose users and rates add to those of other
    /// parts at the same time.
    pub fn add(&mut self, delta: &Snapshot, names: &[ReportRow]) {
        let Some(window) = delta.window else {
            return;
        };
        let total = delta.total(names);
        let response = total.response();
        let length_us = window.to_us.saturating_sub(window.from_us);
        self.history.add(delta, self.width_us, self.time_of(window.from_us, window.to_us));
        self.put(Point {
            from_us: window.from_us,
            to_us: window.to_us,
            user_us: delta.users().saturating_mul(length_us),
            planned_us: delta.planned().saturating_mul(length_us),
            cpu: delta.cpu,
            lag_us: delta.lag.quantile_us(0.99),
            opened: total.opened,
            requests: total.requests,
            failures: total.failures,
            fails: total.fails,
            bytes_received: total.bytes_received,
            content_bytes: total.content_bytes,
            missed: delta.missed,
            percentiles_us: response.percentiles_us(),
            response: PackedDurations::from(response),
            failed: PackedDurations::from(&total.failed),
        });
        while self.points.len() > POINTS {
            self.widen();
        }
    }

    /// Adds the points of another part of the same test.
    pub fn merge(&mut self, other: &Self) {
        self.merge_later(other, |line| line, 0);
    }

    /// Adds the points of a part with other row numbers, which began `shift_us` later.
    pub fn merge_later(&mut self, other: &Self, line_of: impl Fn(usize) -> usize, shift_us: u64) {
        while self.width_us < other.width_us {
            self.widen();
        }
        self.interval_us = self.interval_us.min(other.interval_us);
        self.history.merge(&other.history, line_of, shift_us);
        for point in other.points.iter() {
            self.put(Point { from_us: point.from_us + shift_us, to_us: point.to_us + shift_us, ..point.clone() });
        }
        while self.points.len() > POINTS {
            self.widen();
        }
    }

    fn put(&mut self, point: Point) {
        let number = self.time_of(point.from_us, point.to_us) / self.width_us;
        self.points.add(number, point);
    }

    /// The time that determines the point of a window. It is the window's middle, so that snapshots that are taken a little early or late
    /// still belong to their own interval. A window that is much shorter than an interval, such as the rest after the last one, belongs to
    /// the interval before, because its own rates would be those of a few requests.
    fn time_of(&self, from_us: u64, to_us: u64) -> u64 {
        if from_us > 0 && (to_us.saturating_sub(from_us)) < self.interval_us / 4 {
            from_us.saturating_sub(self.interval_us / 10)
        } else {
            from_us / 2 + to_us / 2
        }
    }

    fn widen(&mut self) {
        self.width_us = self.width_us.saturating_mul(2);
        self.points.halve();
    }

    /// The points in order of time.
    pub fn points(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.points.iter()
    }

    /// The history of each row.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The length of an interval. It is also the width of a point in a short test.
    pub fn interval(&self) -> Duration {
        Duration::from_micros(if self.interval_us == 0 { self.width_us } else { self.interval_us })
    }

    /// The width of a point.
    pub fn width(&self) -> Duration {
        Duration::from_micros(self.width_us)
    }
}

#[cfg(test)]
mod tests {
    use super::super::durations::Durations;
    use super::super::{Recorder, Sample};
    use super::*;

    fn second(recorder: &mut Recorder, n: u64, users: u64) -> Snapshot {
        for i in 1..=10 {
            let took = Duration::from_millis(n % 50 + i);
            recorder.record(&Sample { service: took, response: took, ok: i > 1, ..Sample::default() });
        }
        recorder.snapshot(Duration::from_secs(n + 1), users, users)
    }

    #[test]
    fn timeline_of_a_day_is_limited_and_loses_nothing() {
        let names = [ReportRow::step("a", "GET")];
        let mut recorder = Recorder::new(1, 0);
        let mut timeline = Timeline::new(Duration::from_secs(1));
        let mut whole = Snapshot::empty(1);
        let day = 3_000;
        for n in 0..day {
            let delta = second(&mut recorder, n, 20);
            timeline.add(&delta, &names);
            whole.merge(&delta);
        }
        assert_eq!(timeline.width(), Duration::from_secs(8));
        assert_eq!(timeline.points().len(), 375);
        assert!(timeline.points().all(|p| p.users() == 20.0 && p.rps() == 10.0));
        assert!(timeline.points().all(|p| p.failures_per_second() == 1.0));
        let mut response = Durations::default();
        for point in timeline.points() {
            response.merge(&Durations::try_from(&point.response).unwrap());
        }
        assert_eq!(&response, whole.total(&names).response());
        let json = serde_json::to_string(&timeline).unwrap();
        assert_eq!(serde_json::from_str::<Timeline>(&json).unwrap(), timeline);
    }

    #[test]
    fn rest_after_the_last_interval_is_not_a_separate_point() {
        let names = [ReportRow::step("a", "GET")];
        let mut recorder = Recorder::new(1, 0);
        let mut timeline = Timeline::new(Duration::from_secs(5));
        for end_ms in [5_000, 10_002, 10_020, 12_000] {
            let took = Duration::from_millis(3);
            recorder.record(&Sample { service: took, response: took, ok: true, ..Sample::default() });
            timeline.add(&recorder.snapshot(Duration::from_millis(end_ms), 4, 4), &names);
        }
        let points: Vec<_> = timeline.points().map(|point| (point.from_us, point.to_us, point.requests)).collect();
        assert_eq!(points, [(0, 5_000_000, 1), (5_000_000, 10_020_000, 2), (10_020_000, 12_000_000, 1)]);
        let cells: Vec<_> = timeline.history().line(0).map(|(number, cell)| (number, cell.requests)).collect();
        assert_eq!(cells, [(0, 1), (1, 2), (2, 1)]);
        // A test that is shorter than a quarter of an interval still has a point.
        let mut short = Timeline::new(Duration::from_secs(5));
        short.add(&Recorder::new(1, 0).snapshot(Duration::from_millis(40), 1, 1), &names);
        assert_eq!(short.points().len(), 1);
    }

    #[test]
    fn shards_at_the_same_time_add_up() {
        let names = [ReportRow::step("a", "GET")];
        let (mut a, mut b) = (Recorder::new(1, 0), Recorder::new(1, 1));
        let mut timeline = Timeline::new(Duration::from_secs(1));
        let mut one = Timeline::new(Duration::from_secs(1));
        let mut two = one.clone();
        for n in 0..3 {
            let (a, b) = (second(&mut a, n, 5), second(&mut b, n, 7));
            timeline.add(&a, &names);
            timeline.add(&b, &names);
            one.add(&b, &names);
            two.add(&a, &names);
        }
        one.merge(&two);
        assert_eq!(one, timeline);
        let points: Vec<_> = timeline.points().collect();
        assert_eq!(points.len(), 3);
        assert_eq!((points[2].users(), points[2].rps()), (12.0, 20.0));
        // The histogram's bucket for 8 ms with three digits.
        assert_eq!(points[2].percentiles_us[0], 8_003);
    }
}
