//! Merges several reports into one: counts add up, histograms add up bucket by bucket, and nothing is averaged.
//!
//! The clock decides how runs combine. Runs at the same time become parts of one test, whose users and rates add up. Runs after each other
//! stay separate in the timeline.

use std::collections::BTreeMap;

use super::differences::differences;
use super::{Planned, Report, RunInfo};
use crate::thresholds;
use ltc_engine::stats::{NO_NAME, NO_PLACE, RowKind, Snapshot, Timeline};

/// The beginning of the note that lists differences between merged runs.
pub(crate) const DIFFER: &str = "the merged runs differ: ";

impl Report {
    /// Merges reports. The first one describes the test.
    ///
    /// # Errors
    /// If there are no reports, or two of them contain the same run.
    pub(crate) fn merged(parts: &[Self]) -> Result<Self, String> {
        if let Some((first, second, id)) = Self::twice(parts) {
            return Err(format!("the reports {} and {} are of the same run, {id}", first + 1, second + 1));
        }
        let first = parts.first().ok_or("nothing to merge")?;
        let begins: Vec<Option<i64>> = parts.iter().map(|part| started_us(&part.run)).collect();
        let earliest = begins.iter().flatten().min().copied().unwrap_or(0);
        let mut whole = Self { run: merged_run(parts), timeline: Timeline::new(first.timeline.width()), ..Self::default() };
        let mut lines: BTreeMap<(String, RowKind, String), usize> = BTreeMap::new();
        let mut places: BTreeMap<String, u32> = BTreeMap::new();
        let mut sources = 0;
        for (part, begin) in parts.iter().zip(begins) {
            let shift_us = begin.map_or(0, |begin| u64::try_from(begin - earliest).unwrap_or(0));
            let line_of: Vec<usize> = part
                .names
                .iter()
                .map(|name| {
                    let key = (name.name.clone(), name.kind, name.method.clone());
                    *lines.entry(key).or_insert_with(|| {
                        whole.names.push(name.clone());
                        whole.names.len() - 1
                    })
                })
                .collect();
            let place_of: Vec<u32> = part
                .places
                .iter()
                .map(|place| {
                    *places.entry(place.clone()).or_insert_with(|| {
                        whole.places.push(place.clone());
                        u32::try_from(whole.places.len() - 1).unwrap_or(NO_PLACE)
                    })
                })
                .collect();
            let line = |line: u32| line_of.get(line as usize).and_then(|line| u32::try_from(*line).ok()).unwrap_or(NO_NAME);
            let place = |place: u32| place_of.get(place as usize).copied().unwrap_or(NO_PLACE);
            let mut snapshot = Snapshot::empty(whole.names.len());
            for (&to, stats) in line_of.iter().zip(&part.total.names) {
                snapshot.names[to].merge(stats);
            }
            snapshot.merge(&part.total.without_names().later(shift_us, sources));
            snapshot.failures = part.total.failures.renamed(line, place, shift_us);
            whole.setup.merge(&part.setup);
            sources = snapshot.sources.keys().next_back().map_or(sources, |last| last.saturating_add(1));
            whole.total.merge(&snapshot);
            whole.timeline.merge_later(&part.timeline, |line| line_of.get(line).copied().unwrap_or(line), shift_us);
        }
        whole.run.duration_us = whole.total.window.map_or(0, |window| window.to_us);
        let verdicts: Vec<&[_]> = parts.iter().map(|part| part.thresholds.as_slice()).collect();
        whole.thresholds = thresholds::again(&verdicts, &whole.total, &whole.names);
        whole.conclude();
        Ok(whole)
    }
}

impl Report {
    /// The indices of two reports that contain the same run, and its id. Merging them would count everything twice.
    pub(crate) fn twice(parts: &[Self]) -> Option<(usize, usize, &str)> {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (nth, part) in parts.iter().enumerate() {
            for id in ids(&part.run) {
                if let Some(first) = known.insert(id, nth) {
                    return Some((first, nth, id));
                }
            }
        }
        None
    }
}

/// The ids of the runs in a report. A report of an old version has none.
fn ids(run: &RunInfo) -> impl Iterator<Item = &str> {
    let own = run.merged.is_empty().then_some(&run.id);
    run.merged.iter().chain(own).map(String::as_str).filter(|id| !id.is_empty())
}

fn started_us(run: &RunInfo) -> Option<i64> {
    run.started_at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

fn merged_run(parts: &[Report]) -> RunInfo {
    let runs = || parts.iter().map(|part| &part.run);
    // The earliest run gives the start time.
    let mut run = runs().min_by_key(|run| started_us(run)).cloned().unwrap_or_default();
    let mut notes = vec![format!("merged from {} runs: {}", parts.len(), runs().map(describe).collect::<Vec<_>>().join("; "))];
    for note in runs().flat_map(|run| &run.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    let all: Vec<&RunInfo> = runs().collect();
    notes.extend(differences(&all).iter().map(|difference| format!("{DIFFER}{}", difference.listed())));
    run.notes = notes;
    run.merged = runs().flat_map(ids).map(str::to_owned).collect();
    let begins = runs().map(|run| started_us(run).unwrap_or(0));
    let earliest = begins.clone().min().unwrap_or(0);
    let planned: Vec<(u64, Planned)> = begins.zip(runs()).map(|(begin, run)| (begin.abs_diff(earliest), run.planned)).collect();
    run.planned = Planned::together(&planned);
    run.plan = std::iter::once(format!("{}, of {} runs together", run.planned.text(), parts.len()))
        .chain((1..).zip(runs()).filter(|(_, run)| !run.plan.is_empty()).map(|(nth, run)| format!("run {nth}: {}", run.plan.join("; "))))
        .collect();
    run.listeners = runs().flat_map(|run| run.listeners.iter().cloned()).collect();
    run.saturated = runs().find_map(|run| run.saturated.clone());
    run.tls_unverified = runs().any(|run| run.tls_unverified);
    run.interrupted = runs().any(|run| run.interrupted);
    run.broken = runs().flat_map(|run| run.broken.iter().cloned()).collect();
    for api in runs().flat_map(|run| &run.apis) {
        if !run.apis.contains(api) {
            run.apis.push(api.clone());
        }
    }
    run
}

fn describe(run: &RunInfo) -> String {
    let host = if run.hostname.is_empty() { String::new() } else { format!(" on {}", run.hostname) };
    format!("{} of {}{host}, seed {}", run.test, run.started_at, run.seed)
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
