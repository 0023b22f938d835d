//! The load that the profile says, from this machine, and what is told of it.

use std::time::Duration;

use super::cli::RunArgs;
use super::configuration::Configuration;
use super::prepare::{self, Version, with_user};
use super::results::{Next, Results};
use super::{Ending, Refusal};
use crate::clock::Clock;
use crate::engine::{Engine, Run, Stop};
use crate::observe::Quiet;
use crate::program::Program;
use crate::report::{ApiVersion, RunInfo};
use crate::schedule::{Plan, UserClass};
use crate::world::Settings;

/// How far ahead the load is planned to begin: time for the workers to be up.
const LEAD: Duration = Duration::from_millis(200);

/// Runs it, and prints and writes the results.
pub(super) fn run(program: &'static Program, args: &RunArgs, configuration: &Configuration) -> Result<Ending, Refusal> {
    check_only(program, &args.load.only)?;
    let interval = configuration.stats_interval(args);
    let mut results = Results::new(program, args, configuration, interval)?;
    let mut settings = prepare::settings(program, &args.load, configuration);
    let (versions, plan) = with_user(&settings, Box::new(Quiet), async |user| {
        let globals = prepare::globals(&user)?;
        let classes = classes(program, &user, &args.load.only)?;
        let plan = Plan::seeded(&configuration.profile, &classes, settings.seed).map_err(Refusal::wrong)?;
        let versions = prepare::versions(&user).await?;
        let shared = prepare::before_test(&user).await?;
        Ok((versions, plan, globals, shared))
    })
    .map(|(versions, plan, globals, shared)| {
        settings.globals = globals;
        settings.shared = shared;
        (versions, plan)
    })?;
    for api in &configuration.unverified {
        anstream::eprintln!("warning: the server of {api} is not verified (tls: verify: false)");
    }
    let threads = args.load.threads.map(usize::from).or(configuration.profile.threads).unwrap_or_else(cores);
    announce(program, configuration, &settings, &plan, &versions, threads);

    let stop = Stop::default();
    watch_interrupts(&stop)?;
    let clock = Clock::starting_in(LEAD);
    let info = RunInfo {
        test: configuration.profile.header.name.clone().unwrap_or_else(|| program.name.to_owned()),
        description: configuration.profile.header.description.clone().unwrap_or_default(),
        env: configuration.env_name.clone(),
        spec: program.spec.to_owned(),
        profile: configuration.profile_text.clone(),
        seed: settings.seed,
        started_at: rfc3339(clock.unix_start()),
        ltc_version: program.compiler.to_owned(),
        apis: versions.into_iter().map(|version| ApiVersion { name: version.api, version: version.version }).collect(),
        hostname: hostname(),
        tls_unverified: !configuration.unverified.is_empty(),
        ..RunInfo::default()
    };
    results.begin(&info, &clock, plan.total_duration(), &stop);
    let run =
        Run { settings: settings.clone(), slice: plan.whole(), threads, interval, graceful_stop: configuration.profile.graceful_stop };
    let engine = Engine::start(&run, &clock, &stop).map_err(Refusal::broken)?;
    let outcome = engine.watch(|delta| {
        if results.interval(&delta) == Next::Stop {
            stop.gracefully();
        }
    });
    outcome.map_err(Refusal::broken)?;

    let after = with_user(&settings, Box::new(Quiet), async |user| prepare::after_test(&user).await);
    if let Err(refusal) = after {
        for line in &refusal.lines {
            anstream::eprintln!("warning: {line}");
        }
    }
    results.finish(args, RunInfo { interrupted: stop.is_interrupted(), ..info })
}

fn announce(program: &Program, configuration: &Configuration, settings: &Settings, plan: &Plan, versions: &[Version], threads: usize) {
    let versions: Vec<String> = versions.iter().map(|version| format!("{} {}", version.api, version.version)).collect();
    let versions = if versions.is_empty() { String::new() } else { format!(", {}", versions.join(", ")) };
    anstream::eprintln!(
        "{}: {} in {}, environment {}, {threads} threads, seed {}{versions}",
        program.name,
        summary(plan),
        plan.total_duration().map_or_else(|| "no set time".to_owned(), ltc_config::duration::print),
        configuration.env_name,
        settings.seed,
    );
}

fn summary(plan: &Plan) -> String {
    let users = (plan.peak_clients() > 0).then(|| format!("up to {} users", plan.peak_clients()));
    let rate = (plan.peak_rate() > 0.0).then(|| format!("up to {:.1} arrivals/s", plan.peak_rate()));
    users.into_iter().chain(rate).collect::<Vec<_>>().join(", ")
}

fn rfc3339(since_epoch: Duration) -> String {
    let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(0);
    jiff::Timestamp::from_millisecond(millis).map(|time| time.to_string()).unwrap_or_default()
}

/// The classes that take part, with their weights of this environment.
fn classes(program: &'static Program, user: &crate::user::User, only: &[String]) -> Result<Vec<UserClass>, Refusal> {
    program
        .users
        .iter()
        .map(|class| {
            let place = user.world().place(class.at);
            let refused = |why: &str| Refusal::wrong([format!("{place}: the weight of {}: {why}", class.name)]);
            let weight = (class.weight)(user).and_then(|weight| weight.as_int()).map_err(|fault| refused(&fault.0))?;
            let weight = u64::try_from(weight).map_err(|_| refused("it is negative"))?;
            let named = |scenario: &usize| only.iter().any(|name| name == program.scenarios[*scenario].name);
            let takes_part = only.is_empty() || only.iter().any(|name| name == class.name) || class.scenarios.iter().any(named);
            Ok(UserClass::new(class.name, if takes_part { weight } else { 0 }))
        })
        .collect()
}

/// Names that `--only` may say.
pub(super) fn check_only(program: &Program, names: &[String]) -> Result<(), Refusal> {
    let known: Vec<&str> =
        program.users.iter().map(|class| class.name).chain(program.scenarios.iter().map(|scenario| scenario.name)).collect();
    let unknown = names.iter().filter(|name| !known.contains(&name.as_str())).map(|name| {
        let near = ltc_config::suggest::did_you_mean(name, known.iter().copied());
        let help = near.unwrap_or_else(|| format!("there are {}", known.join(", ")));
        format!("--only {name}: there is no such scenario or user ({help})")
    });
    let unknown: Vec<String> = unknown.collect();
    if unknown.is_empty() { Ok(()) } else { Err(Refusal::wrong(unknown)) }
}

/// Ctrl-C and SIGTERM stop gracefully, a second one at once.
fn watch_interrupts(stop: &Stop) -> Result<(), Refusal> {
    let stop = stop.clone();
    let watch = move || -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                stop.interrupt();
                if !stop.is_at_once() {
                    crate::progress::notice("stopping: users finish their turn (once more to stop at once)");
                }
            }
        })
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            if let Err(error) = watch() {
                crate::progress::notice(&format!("warning: Ctrl-C will not stop gracefully: {error}"));
            }
        })
        .map(|_| ())
        .map_err(|error| Refusal::broken(format!("a thread can't be started: {error}")))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_default()
}
