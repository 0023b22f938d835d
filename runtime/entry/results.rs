//! The results of a run, independent of the engine: each interval's snapshot goes to the total, the timeline, the thresholds, and to
//! progress, web page and listeners. At the end all forms of the report are written.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::cli::RunArgs;
use super::configuration::Configuration;
use super::{ExitStatus, StartupError};
use crate::journal::{Begin, End, Journal, RunDirectory};
use crate::listeners::{ListenerEvent, Listeners};
use crate::live::{LiveSnapshot, TestInfo};
use crate::orchestrator::silent::add_planned_users;
use crate::progress::{Mode, Progress};
use crate::report::{Outcome, Report, RunInfo, Setup};
use crate::saturation::saturation;
use crate::thresholds::ThresholdEvaluator;
use crate::web::Web;
use ltc_engine::program::Program;
use ltc_engine::schedule::Plan;
use ltc_engine::stats::{ReportRow, Snapshot, Timeline, micros};
use ltc_engine::workers::Stop;

/// The time that listeners have at the end to send their remaining messages.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);
/// The same after a second Ctrl-C.
const SHORT_FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// What the run has to do after an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum AfterInterval {
    Continue,
    /// Stop the load gracefully on all machines.
    Stop,
}

/// The results of a run while it is running.
#[derive(Debug)]
pub(crate) struct Results {
    names: Vec<ReportRow>,
    places: Vec<String>,
    total: Snapshot,
    timeline: Timeline,
    progress: Progress,
    listeners: Listeners,
    web: Option<Web>,
    /// The plan of a distributed test, and its number of shards.
    fleet: Option<(Plan, u32)>,
    /// Whether statistics are published every interval, and not only at the end.
    periodic: bool,
    evaluator: ThresholdEvaluator,
    /// Whether a threshold has stopped the test.
    over: bool,
    /// The directory of `--out`. The journal is in it, or in the default directory.
    out: Option<PathBuf>,
    /// The default directory, which is removed if the run writes nothing into it.
    _reserved: Option<RunDirectory>,
    journal: Option<Journal>,
    quiet: bool,
    /// How long listeners may take at the end.
    flush_timeout: Duration,
}

impl Results {
    /// # Errors
    /// If a requested file can't be written, a threshold names a row that doesn't exist, the earlier run can't be read, or a listener or
    /// the page can't be used. The errors come before the load, not after it.
    pub(crate) fn new(program: &Program, args: &RunArgs, configuration: &Configuration, interval: Duration) -> Result<Self, StartupError> {
        args.outputs.check()?;
        // A requested directory is checked before the load; the default one is created when the load begins.
        let journal = args.out.as_deref().map(Journal::create).transpose().map_err(StartupError::broken)?;
        let names = program.names();
        let baseline = args.baseline.as_deref().map(Report::read).transpose().map_err(|why| StartupError::wrong([why]))?;
        let thresholds = &configuration.profile.thresholds;
        let evaluator = ThresholdEvaluator::new(thresholds, &names, baseline.as_ref()).map_err(StartupError::wrong)?;
        if baseline.is_none() {
            for threshold in thresholds.iter().filter(|threshold| threshold.needs_baseline()) {
                crate::say::warning!("the threshold `{}` is not evaluated: add --baseline FILE", threshold.text);
            }
        }
        let logging = &configuration.profile.logging;
        let listeners = Listeners::new(&logging.listeners, &configuration.credentials).map_err(StartupError::wrong)?;
        let mode = match Mode::for_stderr() {
            _ if args.quiet => Mode::Off,
            // The `Debug` listener writes its lines to the same terminal.
            Mode::Screen if args.no_tui || listeners.print() => Mode::Lines,
            mode => mode,
        };
        Ok(Self {
            evaluator,
            out: args.out.clone(),
            _reserved: None,
            journal,
            quiet: args.quiet,
            flush_timeout: FLUSH_TIMEOUT,
            over: false,
            places: places(program),
            total: Snapshot::of_test(names.len()),
            timeline: Timeline::with_room(interval),
            progress: Progress::new(mode),
            listeners,
            web: args.ui.map(Web::bind).transpose().map_err(|why| StartupError::wrong([why]))?,
            fleet: None,
            periodic: !logging.final_stats,
            names,
        })
    }

    /// Begins the load: passes on the information about it, and the signal that stops it.
    pub(crate) fn begin(&mut self, info: TestInfo, setup: &Setup, plan: &Plan, stop: &Stop) -> Begin {
        let info = Arc::new(TestInfo { names: self.names.clone(), periodic: self.periodic, ..info });
        self.fleet = info.fleet.map(|fleet| (plan.clone(), fleet.shards));
        let begin = self.begin_journal(&info, setup);
        self.listeners.start(&info);
        if let Some(web) = &mut self.web {
            match web.start(&info, stop) {
                Ok(()) => crate::say::err!("live at {}", web.url()),
                Err(why) => crate::say::warning!("{why}"),
            }
        }
        self.progress.begin(&info, stop);
        begin
    }

    /// The directory of a distributed run: that of `--out`, or the default one.
    pub(crate) fn directory(&mut self, test: &str, now: Duration) -> PathBuf {
        let reserve = || {
            let reserved = RunDirectory::reserve(test, now);
            let path = reserved.path().to_owned();
            self._reserved = Some(reserved);
            path
        };
        self.out.get_or_insert_with(reserve).clone()
    }

    /// Writes the first line of the journal, and returns it. Without a journal, the run goes on.
    fn begin_journal(&mut self, info: &TestInfo, setup: &Setup) -> Begin {
        let interval_us = micros(self.timeline.interval());
        let (names, places) = (self.names.clone(), self.places.clone());
        let begin = Begin { run: info.run.clone(), names, places, interval_us, setup: setup.clone(), ..Begin::default() };
        let Some(directory) = &self.out else { return begin };
        if self.journal.is_none() {
            match Journal::create(directory) {
                Ok(journal) => self.journal = Some(journal),
                Err(why) => crate::say::warning!("{why}; the run has no journal"),
            }
        }
        let journal = self.journal.as_ref().map(|journal| {
            journal.begin(begin.clone());
            format!(", journal in {}", directory.display())
        });
        if !self.quiet {
            crate::say::err!("run {}{}", info.run.id, journal.unwrap_or_default());
        }
        begin
    }

    /// Somebody wants the end now: listeners send what they can in a moment.
    pub(crate) fn shorten_flush(&mut self) {
        self.flush_timeout = SHORT_FLUSH_TIMEOUT;
    }

    /// The journal of the run, if it has one.
    pub(crate) fn journal(&self) -> Option<Journal> {
        self.journal.clone()
    }

    /// Takes the counts of one interval: of this machine, or of all shards together.
    pub(crate) fn interval(&mut self, delta: &Snapshot) -> AfterInterval {
        let shards = self.fleet.as_ref().map(|(_, shards)| crate::live::shards(delta, *shards)).unwrap_or_default();
        let mut delta = Cow::Borrowed(delta);
        if let Some((plan, count)) = self.fleet.as_ref().filter(|_| shards.contains(&None)) {
            add_planned_users(delta.to_mut(), plan, *count);
        }
        let delta = &*delta;
        self.total.merge(delta);
        // All users have stopped: the snapshot contains at most their last iterations.
        let over = delta.planned() == 0 && delta.users() == 0;
        let reported = !over || delta.total(&self.names).requests > 0;
        if reported {
            self.timeline.add(delta, &self.names);
        }
        if self.evaluator.interval(delta, &self.names) && !self.over {
            self.over = true;
            let stopping = self.evaluator.so_far().into_iter().filter(|verdict| verdict.aborted_at_us.is_some());
            for verdict in stopping {
                let (text, actual) = (&verdict.text, verdict.actual_text());
                crate::progress::notice_at(
                    ltc_config::profile::LogLevel::Warn,
                    &format!("stopping: the threshold `{text}` is broken ({actual}, {})", verdict.detail),
                );
            }
        }
        if let Some(journal) = &self.journal {
            journal.interval(delta, &self.evaluator.so_far());
        }
        if reported {
            self.report_interval(delta, shards, over);
        }
        if self.over { AfterInterval::Stop } else { AfterInterval::Continue }
    }

    /// Takes results that arrived after their interval was closed: they count in the totals.
    pub(crate) fn late(&mut self, delta: &Snapshot) {
        self.total.merge(delta);
        self.timeline.add(delta, &self.names);
        self.evaluator.late(delta, &self.names);
        if let Some(journal) = &self.journal {
            journal.interval(delta, &self.evaluator.so_far());
        }
    }

    /// Passes an interval to progress, web page and listeners.
    fn report_interval(&mut self, delta: &Snapshot, shards: Vec<Option<u64>>, over: bool) {
        if self.progress.is_off() && self.listeners.is_empty() && self.web.is_none() {
            return;
        }
        let mut live = LiveSnapshot::interval(delta, &self.total, &self.names, &self.places, self.timeline.interval());
        live.thresholds = self.evaluator.so_far();
        live.shards = shards;
        let live = Arc::new(live);
        if !over {
            self.progress.update(&live);
        }
        if let Some(web) = &self.web {
            web.publish(&live);
        }
        self.listeners.notify(&ListenerEvent::Interval(live));
    }

    /// Computes the verdict, tells listeners and views, prints the end table and writes the requested files. `run` contains all facts about
    /// the run, and nothing after it changes the verdict. An output that couldn't be written is a warning, and changes the exit code.
    pub(crate) fn finish(mut self, args: &RunArgs, mut run: RunInfo, setup: Setup) -> ExitStatus {
        self.progress.finish();
        run.duration_us = self.total.window.map_or(0, |window| window.to_us);
        run.saturated = saturation(&self.total, self.total.total(&self.names).response().quantile_us(0.99));
        let mut whole = LiveSnapshot::whole(&self.total, &self.names);
        let mut report = Report {
            run,
            names: self.names,
            places: self.places,
            total: self.total,
            setup,
            timeline: self.timeline,
            thresholds: self.evaluator.verdicts(),
            ..Report::default()
        };
        whole.thresholds.clone_from(&report.thresholds);
        whole.conclusion = Some(report.conclude());
        let whole = Arc::new(whole);
        if let Some(web) = self.web.take() {
            web.finish(&whole);
        }
        if !self.listeners.is_empty() {
            self.listeners.notify(&ListenerEvent::Ended(whole));
            report.run.listeners = self.listeners.finish(self.flush_timeout);
        }
        if let Some(journal) = &self.journal {
            journal.end(End { run: report.run.clone(), setup: report.setup.clone(), thresholds: report.thresholds.clone() });
        }
        let unwritten = args.outputs.write(&report);
        if report.outcome == Outcome::Broken {
            report.reasons.iter().for_each(|why| crate::say::err!("error: {why}"));
        }
        unwritten.print(report.outcome.into())
    }
}

fn places(program: &Program) -> Vec<String> {
    program.locations.iter().map(|at| format!("{}:{}:{}", program.files[usize::from(at.file)], at.line, at.column)).collect()
}
