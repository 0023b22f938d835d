//! What is told of a run, wherever its load comes from: each interval's snapshot goes to the total, the timeline and the progress;
//! at the end all forms of the report are written.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::cli::RunArgs;
use super::configuration::Configuration;
use super::{Ending, Refusal};
use crate::clock::Clock;
use crate::engine::Stop;
use crate::listeners::{Listeners, News};
use crate::moment::{About, Moment};
use crate::program::Program;
use crate::progress::{Mode, Progress};
use crate::report::{Look, Report, RunInfo};
use crate::stats::{Name, Snapshot, Timeline};
use crate::web::Web;

/// How long listeners may take, at the end, to send what they have.
const PATIENCE: Duration = Duration::from_secs(10);

/// A run's results as they come in.
#[derive(Debug)]
pub(crate) struct Results {
    names: Vec<Name>,
    places: Vec<String>,
    total: Snapshot,
    timeline: Timeline,
    progress: Progress,
    listeners: Listeners,
    web: Option<Web>,
    /// Whether statistics go out every interval, or once, at the end.
    periodic: bool,
}

impl Results {
    /// # Errors
    /// Where a file that was asked for can't be written, or a listener can't be used: said before the load, not after it.
    pub(crate) fn new(program: &Program, args: &RunArgs, configuration: &Configuration, interval: Duration) -> Result<Self, Refusal> {
        writable(args)?;
        let logging = &configuration.profile.logging;
        let listeners = Listeners::new(&logging.listeners, &configuration.credentials).map_err(Refusal::wrong)?;
        let names = names(program);
        let mode = match Mode::for_stderr() {
            _ if args.quiet => Mode::Off,
            // Debug's lines stand there.
            Mode::Screen if args.no_tui || listeners.print() => Mode::Lines,
            mode => mode,
        };
        Ok(Self {
            places: places(program),
            total: Snapshot::empty(names.len()),
            timeline: Timeline::new(interval),
            progress: Progress::new(mode),
            listeners,
            web: args.ui.map(Web::bind).transpose().map_err(|why| Refusal::wrong([why]))?,
            periodic: !logging.final_stats,
            names,
        })
    }

    /// The load begins: what is known of the run, how long it is to last, and what stops it.
    pub(crate) fn begin(&mut self, run: &RunInfo, clock: &Clock, planned: Option<Duration>, stop: &Stop) {
        let about = About { run: run.clone(), names: self.names.clone(), unix_start: clock.unix_start(), planned, periodic: self.periodic };
        let about = Arc::new(about);
        self.listeners.start(&about);
        if let Some(web) = &mut self.web {
            match web.start(&about, stop) {
                Ok(()) => anstream::eprintln!("live at {}", web.url()),
                Err(why) => anstream::eprintln!("warning: {why}"),
            }
        }
        self.progress.begin(&about, stop);
    }

    /// Takes what was counted in one interval: by this machine, or by all shards together.
    pub(crate) fn interval(&mut self, delta: &Snapshot) {
        self.total.merge(delta);
        // The last turns of users that were stopping already, if any.
        let over = delta.planned() == 0 && delta.users() == 0;
        if !over || delta.total(&self.names).requests > 0 {
            self.timeline.add(delta, &self.names);
            self.tell(delta, over);
        }
    }

    /// Tells all who listen of an interval.
    fn tell(&mut self, delta: &Snapshot, over: bool) {
        if self.progress.is_off() && self.listeners.is_empty() && self.web.is_none() {
            return;
        }
        let moment = Arc::new(Moment::interval(delta, &self.total, &self.names, &self.places));
        if !over {
            self.progress.update(&moment);
        }
        if let Some(web) = &self.web {
            web.tell(&moment);
        }
        self.listeners.tell(&News::Interval(moment));
    }

    /// Prints the end table, writes the files that were asked for, and says how the run ends.
    pub(crate) fn finish(mut self, args: &RunArgs, mut run: RunInfo) -> Result<Ending, Refusal> {
        self.progress.finish();
        let ending = if run.interrupted { Ending::Interrupted } else { Ending::Passed };
        let whole = Arc::new(Moment::whole(&self.total, &self.names));
        if let Some(web) = self.web.take() {
            web.finish(&whole, ending.word());
        }
        if !self.listeners.is_empty() {
            self.listeners.tell(&News::Ended(whole));
            run.listeners = std::mem::take(&mut self.listeners).finish(PATIENCE);
        }
        run.duration_us = self.total.window.map_or(0, |window| window.to_us);
        run.saturated = saturation(&self.total);
        let report = Report { run, names: self.names, places: self.places, total: self.total, timeline: self.timeline };
        write(args, &report)?;
        Ok(ending)
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
