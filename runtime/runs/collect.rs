//! The report of the results that the functions of a run kept, for a run whose orchestrator ended before them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::record::RunRecord;
use crate::orchestrator::collector::Collector;
use crate::orchestrator::fleet::Interval;
use crate::orchestrator::frame::{EndReason, Frame};
use crate::orchestrator::kept::{self, KeptSlice};
use crate::orchestrator::missing::{TOLERANCE, gap};
use crate::orchestrator::notes::{Note, Notes};
use crate::orchestrator::run_store::RunFiles;
use crate::report::{Report, clock};
use crate::saturation::saturation;
use crate::thresholds::ThresholdEvaluator;
use ltc_engine::stats::{Snapshot, Timeline};

/// The kept results of a run.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) report: Report,
    /// Whether all functions that kept something have ended.
    pub(crate) ended: bool,
}

/// Reports the results that the functions of a run kept.
///
/// # Errors
/// If they cannot be read, or if no function kept any.
pub(crate) async fn collect(files: &RunFiles, record: &RunRecord) -> Result<Collected, String> {
    let kept = kept::read(files).await?;
    if kept.is_empty() {
        return Err(format!(
            "{}: nothing was kept: its orchestrator received all results, or no function could write; `report DIR` reads its journal",
            files.place()
        ));
    }
    let ended = kept.iter().all(|slice| slice.reason().is_some());
    Ok(Collected { report: CollectedResults::of(record, &kept)?.report(record, &kept)?, ended })
}

/// All results in order of time.
struct CollectedResults {
    total: Snapshot,
    timeline: Timeline,
    evaluator: ThresholdEvaluator,
    notes: Notes,
    /// The time of the last results, from the test's start.
    until: Duration,
}

impl CollectedResults {
    fn of(record: &RunRecord, kept: &[KeptSlice]) -> Result<Self, String> {
        let names = &record.begin.names;
        let interval = Duration::from_micros(record.begin.interval_us);
        let mut notes = Notes::default();
        let mut collector = Collector::new(names.len(), interval);
        for slice in kept {
            for why in slice
                .damaged
                .iter()
                .cloned()
                .chain(slice.counted().filter_map(|counted| collector.add((slice.shard, slice.interval), counted).err()))
            {
                notes.add(Note::of_shard(slice.shard, why));
            }
        }
        let evaluator = ThresholdEvaluator::new(&record.profile.thresholds, names, None).map_err(|errors| errors.join("; "))?;
        let (total, timeline) = (Snapshot::empty(names.len()), Timeline::new(interval));
        let mut results = Self { total, timeline, evaluator, notes, until: Duration::ZERO };
        for merged in collector.rest() {
            let delta = merged.snapshot;
            if delta.planned() + delta.users() > 0 || delta.total(names).requests > 0 {
                results.timeline.add(&delta, names);
            }
            results.evaluator.interval(&delta, names);
            results.total.merge(&delta);
        }
        results.until = Duration::from_micros(results.total.window.map_or(0, |window| window.to_us));
        Ok(results)
    }

    fn report(mut self, record: &RunRecord, kept: &[KeptSlice]) -> Result<Report, String> {
        let plan = record.plan()?;
        let interrupted = kept.iter().filter_map(KeptSlice::reason).any(|reason| reason == EndReason::Stopped);
        let until = self.until;
        // After a stop, later intervals aren't expected.
        let expected =
            record.fleet.intervals().take_while(|interval| interval.from < until || (!interrupted && record.fleet.total().is_some()));
        let expected: Vec<Interval> = expected.collect();
        let mut ended = 0;
        for interval in &expected {
            for shard in &record.fleet.shards {
                let of_slice: Vec<&KeptSlice> =
                    kept.iter().filter(|one| (one.shard, one.interval) == (shard.number, interval.number)).collect();
                let is_whole = of_slice.iter().filter_map(|one| one.reason()).any(EndReason::is_planned);
                ended += usize::from(is_whole);
                let end = interval.end().unwrap_or(until).min(if is_whole { Duration::MAX } else { until });
                let slice = record.fleet.slice(&plan, shard.number, *interval);
                for (from, to) in holes(&of_slice, interval.from, end, is_whole) {
                    if let Some(gap) = gap(&slice, from, Some(to)) {
                        let why = "no results were kept".to_owned();
                        self.notes.add(Note { shards: vec![shard.number], gap: Some(gap), why, place: String::new() });
                    }
                }
            }
        }
        let functions = expected.len() * record.fleet.shards.len();
        let mut report = Report {
            run: record.begin.run.clone(),
            names: record.begin.names.clone(),
            places: record.begin.places.clone(),
            setup: record.begin.setup.clone(),
            total: self.total,
            timeline: self.timeline,
            thresholds: self.evaluator.verdicts(),
            ..Report::default()
        };
        report.run.duration_us = u64::try_from(until.as_micros()).unwrap_or(u64::MAX);
        report.run.interrupted = interrupted;
        report.run.saturated = saturation(&report.total, report.total.total(&report.names).response().quantile_us(0.99));
        report.run.notes = self.notes.folded();
        report.run.notes.push(format!("collected from what {} functions kept; `after test` did not run", kept.len()));
        if ended < functions {
            let of = record.fleet.total().map(|total| format!(" of {}", clock(total))).unwrap_or_default();
            report.run.broken = vec![format!(
                "the orchestrator did not end the run, and {ended} of {functions} functions kept all of their results; results until {}{of}",
                clock(until)
            )];
        }
        report.conclude();
        Ok(report)
    }
}

impl KeptSlice {
    fn counted(&self) -> impl Iterator<Item = &crate::orchestrator::frame::Counted> {
        self.frames.values().filter_map(|frame| match frame {
            Frame::Counted(counted) => Some(counted),
            _ => None,
        })
    }

    /// The reason why the function ended; `None` if it was cut off.
    fn reason(&self) -> Option<EndReason> {
        self.frames.values().find_map(|frame| match frame {
            Frame::Ended(ended) => Some(ended.reason),
            _ => None,
        })
    }
}

/// The times between `from` and `to` without kept results. If a function ran to its end (`is_whole`), no load was planned after its last
/// frame.
fn holes(slices: &[&KeptSlice], from: Duration, to: Duration, is_whole: bool) -> Vec<(Duration, Duration)> {
    let windows: BTreeMap<u64, u64> =
        slices.iter().flat_map(|slice| slice.counted()).map(|counted| (counted.from_us(), counted.to_us())).collect();
    let (mut holes, mut covered) = (Vec::new(), from);
    let rest = (!is_whole).then_some((to, to));
    for (begin, end) in windows.into_iter().map(|(begin, end)| (Duration::from_micros(begin), Duration::from_micros(end))).chain(rest) {
        let begin = begin.min(to);
        if begin.saturating_sub(covered) >= TOLERANCE {
            holes.push((covered, begin));
        }
        covered = covered.max(end);
    }
    holes
}

#[cfg(test)]
pub(super) mod sample {
    //! A record for tests.

    use super::super::RunRecord;
    use crate::journal::Begin;
    use crate::orchestrator::event::{SliceEvent, sample};
    use crate::orchestrator::fleet::{Fleet, FleetOptions};
    use crate::report::RunInfo;
    use ltc_engine::schedule::Plan;
    use ltc_engine::stats::ReportRow;
    use std::time::Duration;

    /// A record of a run that starts at 1,000 s, with two shards, in intervals of 100 s.
    pub(in super::super) fn record(runner: &str) -> RunRecord {
        let event = SliceEvent { starts_at_us: 1_000_000_000, ..sample::event(runner) };
        let plan = Plan::seeded(&event.profile, &event.user_classes(), 7).unwrap();
        let options = FleetOptions { shards: Some(2), interval: Some(Duration::from_secs(100)), ..FleetOptions::default() };
        let run = RunInfo { id: "t-1".into(), test: "t".into(), seed: 7, ..RunInfo::default() };
        let begin = Begin { run, names: vec![ReportRow::step("Buy".to_owned(), "POST")], interval_us: 10_000_000, ..Begin::default() };
        RunRecord::new("process", begin, &event, Fleet::of_processes(&plan, 2, &options))
    }
}

#[cfg(test)]
#[path = "collect_tests.rs"]
mod tests;
