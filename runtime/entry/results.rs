//! What is told of a run, wherever its load comes from: each interval's snapshot goes to the total, the timeline and the progress;
//! at the end all forms of the report are written.

use std::path::Path;
use std::time::Duration;

use super::cli::RunArgs;
use super::{Ending, Refusal};
use crate::program::Program;
use crate::progress::{Mode, Progress};
use crate::report::{Look, Report, RunInfo};
use crate::stats::{Name, Snapshot, Timeline};

/// What the run is to do after an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Next {
    GoOn,
    /// The load is to stop, in good order, on all machines.
    Stop,
}

/// A run's results as they come in.
#[derive(Debug)]
pub(crate) struct Results {
    names: Vec<Name>,
    places: Vec<String>,
    total: Snapshot,
    timeline: Timeline,
    progress: Progress,
}

impl Results {
    /// # Errors
    /// Where a file that was asked for can't be written: said before the load, not after it.
    pub(crate) fn new(program: &Program, args: &RunArgs, interval: Duration) -> Result<Self, Refusal> {
        writable(args)?;
        let names = names(program);
        Ok(Self {
            places: places(program),
            total: Snapshot::empty(names.len()),
            timeline: Timeline::new(interval),
            progress: Progress::new(if args.quiet { Mode::Off } else { Mode::for_stderr() }, &names),
            names,
        })
    }

    /// Takes what was counted in one interval: by this machine, or by all shards together.
    pub(crate) fn interval(&mut self, delta: &Snapshot) -> Next {
        self.total.merge(delta);
        // The last turns of users that were stopping already, if any.
        let over = delta.planned() == 0 && delta.users() == 0;
        if !over || delta.total(&self.names).requests > 0 {
            self.timeline.add(delta, &self.names);
        }
        if !over {
            self.progress.update(delta, &self.total);
        }
        Next::GoOn
    }

    /// Takes what came after its interval was taken without it: it counts in the totals.
    pub(crate) fn late(&mut self, delta: &Snapshot) {
        self.total.merge(delta);
        self.timeline.add(delta, &self.names);
    }

    /// Prints the end table, writes the files that were asked for, and says how the run ends.
    pub(crate) fn finish(mut self, args: &RunArgs, mut run: RunInfo) -> Result<Ending, Refusal> {
        self.progress.finish();
        run.duration_us = self.total.window.map_or(0, |window| window.to_us);
        run.saturated = saturation(&self.total);
        let report = Report { run, names: self.names, places: self.places, total: self.total, timeline: self.timeline };
        write(args, &report)?;
        Ok(if report.run.interrupted { Ending::Interrupted } else { Ending::Passed })
    }
}

/// Makes the folders of the files that were asked for, and tries to open them.
fn writable(args: &RunArgs) -> Result<(), Refusal> {
    let csv = args.csv.iter().flat_map(|prefix| crate::report::csv::files(prefix));
    let wrong: Vec<String> = csv.chain(args.json.clone()).filter_map(|path| open(&path).err()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::wrong(wrong)) }
}

/// Opens a file without changing what is in it: that is replaced when there is something better.
fn open(path: &Path) -> Result<std::fs::File, String> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(path))
        .map_err(|error| format!("{} can't be written: {error}", path.display()))
}

/// Writes all forms; where one fails the others are still written.
fn write(args: &RunArgs, report: &Report) -> Result<(), Refusal> {
    let console = crate::report::console::write(&mut anstream::stdout(), report, Look::of_stdout());
    let mut wrong: Vec<String> = console.err().map(|error| format!("standard output: {error}")).into_iter().collect();
    if let Some(prefix) = &args.csv {
        wrong.extend(crate::report::csv::write(report, prefix).err());
    }
    if let Some(path) = &args.json {
        let written = open(path).and_then(|file| {
            file.set_len(0)
                .and_then(|()| report.to_json(std::io::BufWriter::new(file)))
                .map_err(|error| format!("{} can't be written: {error}", path.display()))
        });
        wrong.extend(written.err());
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal { ending: Ending::Broken, lines: wrong }) }
}

fn names(program: &Program) -> Vec<Name> {
    program.lines.iter().map(|line| if line.group { Name::group(line.name) } else { Name::step(line.name, line.method) }).collect()
}

fn places(program: &Program) -> Vec<String> {
    program.places.iter().map(|at| format!("{}:{}:{}", program.files[usize::from(at.file)], at.line, at.column)).collect()
}

/// Past these the generator's own slowness is in what it measures.
const BUSY: f64 = 0.95;
const LATE: Duration = Duration::from_millis(50);

fn saturation(total: &Snapshot) -> Option<String> {
    let late = Duration::from_micros(total.lag.quantile_us(0.99));
    if total.cpu.share() > BUSY {
        return Some(format!("{:.0}% of its processors in use", total.cpu.share() * 100.0));
    }
    (late > LATE).then(|| format!("one turn in a hundred began {} ms late or more", late.as_millis()))
}
