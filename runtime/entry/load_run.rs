//! Runs the profile's load from this machine.

use std::time::Duration;

use super::cli::RunArgs;
use super::configuration::Configuration;
use super::load::{Load, LoadOutcome, cores};
use super::renewal::Renewal;
use super::results::{AfterInterval, Results};
use super::signals::watch_interrupts;
use super::stats_interval::stats_interval;
use super::{ExitStatus, StartupError};
use crate::open_files;
use crate::orchestrator::notes::rows_used_up;
use ltc_config::limits::RunCost;
use ltc_engine::clock::Clock;
use ltc_engine::program::Program;
use ltc_engine::workers::{Engine, Run, Stop};

/// The time between planning and the beginning of the load. The workers start in it.
const LEAD: Duration = Duration::from_millis(200);

/// Runs the load, and prints and writes the results.
pub(super) fn run(
    program: &'static Program,
    args: &RunArgs,
    configuration: &Configuration,
    files: Option<u64>,
) -> Result<ExitStatus, StartupError> {
    let mut load = Load::planned(program, &args.load, configuration)?;
    let interval = stats_interval(args, configuration, load.plan.total_duration());
    let mut results = Results::new(program, args, configuration, interval)?;
    load.within(&configuration.limits, RunCost::Nothing)?;
    load.fits(open_files::LoadSource::Here, files)?;
    load.is_allowed(configuration)?;
    if let Err(why) = load.ready() {
        return if why.is_broken() { Ok(load.broke(program, args, configuration, results, why)) } else { Err(why) };
    }
    let threads = args.load.threads.map(usize::from).or(configuration.profile.threads).unwrap_or_else(cores);
    // One user needs only one thread, and further threads would be idle.
    let threads =
        if configuration.once { threads.min(usize::try_from(load.plan.peak_clients()).unwrap_or(threads)).max(1) } else { threads };
    let by = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
    if configuration.once {
        crate::say::note!("no profile: each user runs once (use --duration TIME, --clients N or --profile FILE for more)");
    }
    load.announce(program, configuration, &by);

    let stop = Stop::default();
    watch_interrupts(&stop)?;
    let clock = Clock::starting_in(LEAD);
    let _ = load.begin(program, configuration, &mut results, &clock, None, &stop);
    let run = Run {
        settings: load.settings_of_users(configuration),
        slice: load.plan.whole(),
        threads,
        processors: None,
        interval,
        graceful_stop: configuration.profile.graceful_stop,
        once: configuration.once,
        print: crate::progress::notice,
    };
    let renewal = Renewal::start(&load.settings)?;
    let mut threshold_failed = false;
    let outcome = Engine::start(&run, &clock, &stop).and_then(|engine| {
        engine.watch(|delta| {
            if results.interval(delta) == AfterInterval::Stop {
                threshold_failed = true;
                stop.gracefully();
            }
        })
    });
    let ended_by_spec = stop.is_graceful() && !stop.is_interrupted() && !threshold_failed;
    // Results from before the failure are reported too.
    let (busy, broken) = match outcome {
        Ok(busy) => (busy, Vec::new()),
        Err(why) => (0, vec![why]),
    };
    let made = vec![load.summary(configuration.once), format!("from this machine, {by}")];
    let mut notes = load.renewed(renewal);
    notes.extend(ended_by_spec.then(|| rows_used_up(clock.elapsed())));
    notes.extend((busy > 0).then(|| {
        format!("{busy} of {threads} worker threads did not stop at once; what they counted since their last interval is missing")
    }));
    let outcome = LoadOutcome { clock, stop, broken, plan: made, notes };
    Ok(load.finish(program, args, configuration, results, outcome))
}
