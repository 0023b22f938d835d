//! Reads a journal: the report of a complete run, or of the part of a run before it was cut off.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use super::{Begin, End, Entry, FILE, FORMAT};
use crate::orchestrator::frame::{Frame, FrameReader, Received};
use crate::orchestrator::run_store::KEPT;
use crate::report::{Report, clock};
use crate::saturation::saturation;
use crate::thresholds::Verdict;
use ltc_engine::stats::{Snapshot, Timeline};

/// The number of bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// The content of a journal.
#[derive(Debug, Default)]
struct JournalContent {
    begin: Option<Begin>,
    total: Snapshot,
    timeline: Timeline,
    thresholds: Vec<Verdict>,
    notes: Vec<String>,
    end: Option<End>,
}

/// The report of the run in a directory.
///
/// # Errors
/// If there is no journal, or if its first line cannot be read.
pub(crate) fn read(directory: &Path) -> Result<Report, String> {
    let path = directory.join(FILE);
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let mut file = File::open(&path).map_err(unreadable)?;
    let mut reader = FrameReader::default();
    let mut content = JournalContent::default();
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(unreadable)?;
        reader.push(&piece[..length]);
        for received in reader.by_ref() {
            content.take(received).map_err(|why| format!("{}: {why}", path.display()))?;
        }
        if length == 0 {
            // The last line has no end, because the run was cut off while writing it.
            break;
        }
    }
    let is_cut_off = content.end.is_none();
    let mut report = content.report().map_err(|why| format!("{}: {why}", path.display()))?;
    if is_cut_off && std::fs::read_dir(directory.join(KEPT)).is_ok_and(|mut kept| kept.next().is_some()) {
        report.run.notes.push(format!("`collect {}` reports what its functions kept", directory.display()));
    }
    Ok(report)
}

impl JournalContent {
    /// Adds a line. The report names a damaged line, and the lines after it count.
    fn take(&mut self, received: Received) -> Result<(), String> {
        match received {
            Received::Frame(_, frame) => {
                let (Frame::Counted(counted), Some(begin)) = (*frame, &self.begin) else { return Ok(()) };
                let mut delta = Snapshot::empty(begin.names.len());
                if let Err(why) = counted.merge_into(&mut delta) {
                    self.notes.push(format!("the journal is damaged: {why}"));
                    return Ok(());
                }
                // An interval in which all users have stopped isn't a point of the timeline. The live views treat it alike.
                if delta.planned() + delta.users() > 0 || delta.total(&begin.names).requests > 0 {
                    self.timeline.add(&delta, &begin.names);
                }
                self.total.merge(&delta);
            }
            Received::Damaged(why) => self.notes.push(format!("the journal is damaged: {why}")),
            Received::Text(line) => match serde_json::from_str(&line) {
                Ok(Entry::Begin(begin)) if begin.format != FORMAT => {
                    return Err(format!(
                        "the journal has format {}, and this binary reads {FORMAT}: use the binary that wrote it",
                        begin.format
                    ));
                }
                Ok(Entry::Begin(begin)) => {
                    self.total = Snapshot::empty(begin.names.len());
                    self.timeline = Timeline::new(Duration::from_micros(begin.interval_us));
                    self.begin = Some(*begin);
                }
                Ok(Entry::Thresholds(thresholds)) => self.thresholds = thresholds,
                Ok(Entry::Note(note)) => self.notes.push(note),
                Ok(Entry::End(end)) => self.end = Some(*end),
                Err(error) => self.notes.push(format!("the journal is damaged: {error}")),
            },
        }
        Ok(())
    }

    fn report(self) -> Result<Report, String> {
        let Some(begin) = self.begin else { return Err("it is not the journal of a run: its first line is missing".to_owned()) };
        let until = self.total.window.map_or(0, |window| window.to_us);
        let mut report = Report {
            run: begin.run,
            names: begin.names,
            places: begin.places,
            setup: begin.setup,
            total: self.total,
            timeline: self.timeline,
            thresholds: self.thresholds,
            ..Report::default()
        };
        match self.end {
            Some(end) => {
                report.run = end.run;
                report.setup = end.setup;
                report.thresholds = end.thresholds;
            }
            None => {
                report.run.duration_us = until;
                report.run.saturated = saturation(&report.total, report.total.total(&report.names).response().quantile_us(0.99));
                report.run.notes = self.notes;
                let time = clock(Duration::from_micros(until));
                report.run.broken =
                    vec![format!("the run has not recorded its end: it was cut off or is still going on; results until {time}")];
            }
        }
        report.conclude();
        Ok(report)
    }
}
