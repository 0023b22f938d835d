//! `run`: runs a distributed test. It shows the plan, prepares, lets the functions generate the load, and reports the merged results.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::cli::RunArgs;
use super::configuration::Configuration;
use super::deploy::agreed;
use super::fleet::{EngineName, FleetArgs};
use super::load::{Load, LoadOutcome};
use super::plan::PlanSummary;
use super::renewal::Renewal;
use super::results::{AfterInterval, Results};
use super::signals::watch_interrupts;
use super::stats_interval::stats_interval;
use super::{ExitStatus, StartupError, cloud, engine, expiry, shard};
use crate::live::FleetShape;
use crate::open_files;
use crate::orchestrator::backend::Backend;
use crate::orchestrator::event::{ClassWeight, ControlChannel, FORMAT, SliceEvent};
use crate::orchestrator::fleet::Fleet;
use crate::orchestrator::orchestrate::Orchestrator;
use crate::orchestrator::process::Processes;
use crate::orchestrator::run_store::RunFiles;
use crate::orchestrator::seal;
use crate::orchestrator::timeouts::Timeouts;
use crate::report::TextStyle;
use crate::runs::RunRecord;
use ltc_engine::clock::{Clock, unix_now};
use ltc_engine::program::Program;
use ltc_engine::stats::micros;
use ltc_engine::workers::Stop;

const EXAMPLES: &str = "\
Examples:
  ./TEST run --shards 4                         run four processes on this machine
  ./TEST run                                    run on AWS Lambda, after ./TEST deploy
  ./TEST run --region us-west-2 --region eu-central-1 --yes

Ctrl-C stops all functions within ten seconds and writes the report. A second Ctrl-C stops them immediately.";

/// The time of a run before and after its load: preparation, the start of functions, and their last frames.
const START_AND_END: Duration = Duration::from_secs(120);

/// Run the load from several functions and merge their results
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunCommand {
    /// Do not ask before starting functions that cost money
    #[arg(long, short)]
    yes: bool,
    /// Run although the AWS credentials expire before the test ends
    #[arg(long)]
    allow_expiring: bool,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    run: RunArgs,
}

impl RunCommand {
    /// Whether only results are printed.
    pub(super) fn be_quiet(&mut self, quiet: bool) {
        self.run.quiet = quiet;
    }
}

/// Runs the test, and prints and writes the results.
pub(super) fn run(program: &'static Program, command: &RunCommand, files: Option<u64>) -> Result<ExitStatus, StartupError> {
    let args = &command.run;
    let configuration = Configuration::load(program, &args.load)?;
    configuration.lasts()?;
    let mut load = Load::planned(program, &args.load, &configuration)?;
    let interval = stats_interval(args, &configuration, load.plan.total_duration());
    let mut results = Results::new(program, args, &configuration, interval)?;
    let choice = engine::choose(program.name, &command.fleet, &configuration.profile, EngineName::Process)?;
    let (engine, options) = (choice.engine, &choice.args);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StartupError::broken(format!("cannot start the async runtime: {error}")))?;
    let mut fleet = options.fleet(engine, &load, &configuration, args.load.threads);
    let (backend, control, run_files): (Arc<dyn Backend>, ControlChannel, RunFiles) = match engine {
        EngineName::Process => {
            let directory = results.directory(program.name, unix_now());
            let run_files = RunFiles::in_directory(&directory);
            let processes = Processes::of_this_binary([shard::WORD], Some(run_files.clone())).map_err(StartupError::broken)?;
            (Arc::new(processes), ControlChannel::Stdin { directory: Some(directory) }, run_files)
        }
        EngineName::Lambda => {
            if !command.allow_expiring {
                let lasts = load.plan.total_duration().map(|total| total + configuration.profile.graceful_stop + START_AND_END);
                let own = configuration.credentials.aws().ok().flatten();
                let expires = expiry::find(own, |name| std::env::var(name).ok(), |path| std::fs::read_to_string(path).ok())?;
                expiry::check(unix_now(), lasts, expires)?;
            }
            let (regions, function) = (&options.region, options.function.clone());
            let opened = cloud::open(program, regions, function, &configuration, &load.settings.test_id);
            let backend = runtime.block_on(opened)?;
            let again = |most| options.fleet_of(engine, &load, &configuration, args.load.threads, Some(most));
            fleet = runtime.block_on(cloud::fitted(&*backend, fleet, again))?;
            let _ = results.directory(program.name, unix_now());
            let (control, run_files) = (backend.control(), backend.files().clone());
            (backend, control, run_files)
        }
    };
    let shards = u64::from(fleet.count());
    let from = match engine {
        EngineName::Process => open_files::LoadSource::Processes(shards),
        EngineName::Lambda => open_files::LoadSource::Functions(shards),
    };
    let channel_key = if program.renewals.is_empty() { String::new() } else { seal::new_key().map_err(StartupError::broken)? };
    let checked_event = |load: &Load, clock: &Clock| {
        let event = event(program, &configuration, load, &fleet, clock, interval, (control.clone(), channel_key.clone()));
        event.check_size(backend.event_limit()).map(|()| event).map_err(|why| StartupError::wrong([why]))
    };
    let shown = PlanSummary::of(program, &configuration, &load, &fleet, engine);
    let within = load.within(&configuration.limits, shown.cost());
    let fits = within.and_then(|()| load.fits(from, files)).and_then(|()| checked_event(&load, &Clock::start()).map(drop));
    if let Err(refusal) = fits.and_then(|()| load.is_allowed(&configuration)) {
        let _ = runtime.block_on(backend.clean_up(false));
        return Err(refusal);
    }
    if !args.quiet {
        crate::say::err!("{}", choice.sentence(&fleet.regions()));
        crate::say::text(&mut anstream::stderr(), &shown.text(TextStyle { color: false, width: None }));
    }
    if let Some(note) = cloud::policy_note(&fleet).filter(|_| engine == EngineName::Lambda) {
        crate::say::err!("{note}");
    }
    let asked = engine == EngineName::Lambda && !command.yes;
    let agreed = if asked { agreed("Start?") } else { Ok(true) };
    let ready = agreed.and_then(|agreed| if agreed { load.ready() } else { Err(StartupError::wrong(["not started"])) });
    if let Err(refusal) = ready {
        // Errors of the clean-up don't matter here: the refusal is the error to report.
        let _ = runtime.block_on(backend.clean_up(false));
        return if refusal.is_broken() { Ok(load.broke(program, args, &configuration, results, refusal)) } else { Err(refusal) };
    }
    load.announce(program, &configuration, &format!("{} shards", fleet.count()));

    let stop = Stop::default();
    watch_interrupts(&stop)?;
    let clock = Clock::starting_in(backend.lead(fleet.count()));
    // The values that `before test` returned are part of the event too.
    let template = match checked_event(&load, &clock) {
        Ok(template) => template,
        Err(refusal) => {
            let _ = runtime.block_on(backend.clean_up(false));
            return Err(refusal);
        }
    };
    let shape = FleetShape {
        shards: fleet.count(),
        // An interval that lasts as long as the test isn't shown.
        interval: fleet.interval(0).and_then(|first| first.to).filter(|_| fleet.interval(1).is_some()),
        intervals: fleet.total().and_then(|_| u32::try_from(fleet.intervals().count()).ok()),
    };
    let begin = load.begin(program, &configuration, &mut results, &clock, Some(shape), &stop);
    let record = RunRecord::new(backend.name(), begin, &template, fleet.clone());
    if let Err(why) = runtime.block_on(record.write(&run_files)) {
        crate::say::warning!("{why}; `runs`, `stop` and `collect` cannot find this run");
    }
    let renewal = Renewal::start(&load.settings)?;
    let orchestrator = Orchestrator {
        backend,
        plan: load.plan.clone(),
        template,
        clock: clock.clone(),
        with_suspensions: ltc_engine::clock::with_suspensions,
        journal: results.journal(),
        renewed: load.settings.renewed.clone(),
        names: program.rows(),
        timeouts: Timeouts::for_interval(interval),
        notice: crate::progress::notice_at,
        fleet,
    };
    let outcome = runtime.block_on(orchestrator.run(&stop, |delta| {
        if delta.late {
            results.late(&delta.snapshot);
            return false;
        }
        results.interval(&delta.snapshot) == AfterInterval::Stop
    }));
    let notes = load.renewed(renewal).into_iter().chain(outcome.notes).collect();
    let made = shown.text(TextStyle { color: false, width: None }).lines().map(str::to_owned).collect();
    // Lost load is in the report. A verdict on the rest would be one on another test.
    let broken = outcome.broken.into_iter().collect();
    let outcome = LoadOutcome { clock, stop, broken, plan: made, notes };
    Ok(load.finish(program, args, &configuration, results, outcome))
}

/// The fields that the events of all slices share.
fn event(
    program: &Program,
    configuration: &Configuration,
    load: &Load,
    fleet: &Fleet,
    clock: &Clock,
    interval: std::time::Duration,
    (control, channel_key): (ControlChannel, String),
) -> SliceEvent {
    let settings = load.settings_of_users(configuration);
    SliceEvent {
        format: FORMAT,
        program: program.fingerprint.to_owned(),
        compiler: program.compiler.to_owned(),
        slice: String::new(),
        test_id: settings.test_id.to_string(),
        shard: 0,
        shards: fleet.count(),
        interval: 0,
        from_us: 0,
        interval_from_us: 0,
        to_us: None,
        enter_us: 0,
        leave_us: 0,
        starts_at_us: micros(clock.unix_start()),
        sent_at_us: 0,
        profile: configuration.profile.clone(),
        classes: load.plan.classes().iter().map(ClassWeight::of).collect(),
        seed: settings.seed,
        env: settings.env,
        apis: settings.apis,
        permission: settings.transport.permission,
        globals: settings.globals,
        shared: settings.shared,
        secrets: settings.secrets,
        iteration_rate: settings.iteration_rate,
        versions: load.versions.iter().map(|version| (version.api.clone(), version.version.clone())).collect(),
        threads: fleet.threads,
        processors_milli: fleet.processors_milli(),
        stats_interval_us: micros(interval),
        graceful_stop_us: micros(configuration.profile.graceful_stop),
        control,
        channel_key,
    }
}
