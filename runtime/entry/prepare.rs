//! The work before and after the load: file-level values, health checks, `before test`, `after test`. A separate user does it on one
//! thread.

use std::rc::Rc;
use std::time::Duration;

use ecow::EcoString;
use ltc_config::AllowedHosts;

use super::StartupError;
use super::cli::LoadArgs;
use super::configuration::Configuration;
use ltc_engine::Answer;
use ltc_engine::Response;
use ltc_engine::User;
use ltc_engine::World;
use ltc_engine::clock::Clock;
use ltc_engine::functions::AwsCredentials;
use ltc_engine::http::{Permission, TransportConfig};
use ltc_engine::observe::Observer;
use ltc_engine::program::renewed::RenewedValues;
use ltc_engine::program::settings::Settings;
use ltc_engine::program::{Every, Health, Program};
use ltc_engine::send;
use ltc_engine::stats::{Recorder, RowStats, Sample};
use ltc_engine::value::Value;

/// The number of the user that prepares. No user of the load has such a high number.
const PREPARER: u64 = u64::MAX - 1;
/// The number of the user that renews values. It differs from the preparer's, so that its random values differ too.
pub(crate) const RENEWER: u64 = u64::MAX - 2;

/// An api's version from its health check.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) api: String,
    pub(crate) version: String,
}

/// The settings before anything runs.
pub(crate) fn settings(program: &'static Program, args: &LoadArgs, configuration: &Configuration) -> Settings {
    let seed = args.seed.or(configuration.profile.seed).unwrap_or_else(fresh_seed);
    Settings {
        program,
        env: configuration.env.clone(),
        apis: configuration.apis.clone(),
        transport: TransportConfig { permission: permission(args), ..TransportConfig::default() },
        seed,
        test_id: test_id(program.name, seed),
        part: 0,
        parts: 1,
        workers: 1,
        shard: 0,
        interval: 0,
        test_seed: seed,
        globals: Vec::new(),
        shared: Vec::new(),
        renewed: RenewedValues::default(),
        iteration_rate: None,
        aws: AwsCredentials::from_environment(),
        clock: Clock::start(),
        secrets: configuration.secrets.clone(),
    }
}

/// The hosts that requests may go to before the load.
fn permission(args: &LoadArgs) -> Permission {
    if args.this_machine_only { Permission::HereAnd(AllowedHosts::default().and(args.allow_host.iter().cloned())) } else { Permission::All }
}

/// The id of a run. It isn't derived from the seed alone, so that objects that two runs create on a server can be told apart.
fn test_id(test: &str, seed: u64) -> EcoString {
    let now = Clock::start().unix_start();
    format!("{}-{:x}-{:04x}", ltc_config::identity::plain(test), now.as_millis(), seed & 0xffff).into()
}

/// Creates a runtime for one thread, and a user on it.
pub(crate) fn with_user<T>(
    settings: &Settings,
    observer: Box<dyn Observer>,
    job: impl AsyncFnOnce(Rc<User>) -> Result<T, StartupError>,
) -> Result<T, StartupError> {
    with_user_of(settings, PREPARER, observer, job)
}

/// Does the same with another user.
pub(crate) fn with_user_of<T>(
    settings: &Settings,
    number: u64,
    observer: Box<dyn Observer>,
    job: impl AsyncFnOnce(Rc<User>) -> Result<T, StartupError>,
) -> Result<T, StartupError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StartupError::broken(format!("cannot start the async runtime: {error}")))?;
    let world = World::new(settings, observer).map_err(|why| StartupError::wrong([why]))?;
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(async {
        let user = Rc::new(User::new(world, settings.program, number));
        job(user).await
    }))
}

/// Evaluates the file-level `let`s. They are equal on all shards, because all shards have the same seed.
pub(crate) fn globals(program: &Program, user: &User) -> Result<Vec<Value>, StartupError> {
    let world = user.world();
    for global in program.globals {
        let value = (global.value)(user).map_err(|fault| {
            let place = world.tables.location(global.at);
            StartupError::wrong([format!("{place}: let {}: {}", global.name, user.mask(&fault.0))])
        })?;
        world.globals.borrow_mut().push(value);
    }
    Ok(world.globals.borrow().clone())
}

/// Asks every api for its version. `sent` counts the requests.
pub(crate) async fn versions(program: &Program, user: &User, sent: &mut RowStats) -> Result<Vec<Version>, StartupError> {
    let mut versions = Vec::new();
    let mut recorder = Recorder::new(1, 0);
    for api in program.apis {
        let Some(health) = &api.health else { continue };
        let refused = |why: String| {
            let place = user.world().tables.location(api.at);
            StartupError::broken(format!("{place}: the health check of {} failed: {}", api.name, user.mask(&why)))
        };
        let request = (health.request)(user).map_err(|fault| refused(fault.0));
        // The request may have read a `keep` whose block failed.
        let failures = counted(program, user, &mut RowStats::default());
        if !failures.is_empty() {
            return Err(failed(&format!("the health check of {}", api.name), failures));
        }
        let (answer, sample) = send(user, request?, health.version.is_some()).await;
        let version = answer.map_err(|failure| failure.message).and_then(|raw| version_of(user, health, raw));
        recorder.record(&Sample { ok: version.is_ok(), ..sample });
        sent.merge(&recorder.snapshot(Duration::ZERO, 0, 0).names[0]);
        let version = version.map_err(refused)?;
        versions.push(Version { api: api.name.to_owned(), version: version.trim_matches('"').to_owned() });
    }
    Ok(versions)
}

/// The version in a health check's answer, or why it has none.
fn version_of(user: &User, health: &Health, raw: ltc_engine::http::HttpResponse) -> Result<String, String> {
    let (status, url) = (raw.status, raw.url.clone());
    if status >= 400 {
        return Err(format!("{url} answered {status}"));
    }
    let answer = Answer::new(raw);
    let response = Response::new(user, &answer);
    match health.version {
        None => Ok(String::new()),
        Some(source) => match source(user, &response) {
            Ok(Some(value)) => Ok(value.literal()),
            Ok(None) => Err(format!("{url} answered {status}, but without the version")),
            Err(fault) => Err(fault.0),
        },
    }
}

/// Runs `before test`, and once each block of `before test every`. All users share the returned values. `sent` counts the requests.
pub(crate) async fn before_test(program: &Program, user: &User, sent: &mut RowStats) -> Result<Vec<Value>, StartupError> {
    if let Some(before) = program.before_test {
        let shared = ltc_engine::run_block(user, before(user)).await;
        let failures = counted(program, user, sent);
        match shared {
            Ok(shared) if failures.is_empty() => user.world().shared.replace(shared),
            _ => return Err(failed("before test", failures)),
        };
    }
    for renewal in program.renewals {
        renew(program, user, renewal, sent).await?;
    }
    Ok(user.world().shared.borrow().clone())
}

/// Runs a block of `before test every`, which stores the new values in its user's world. `sent` counts its requests.
pub(crate) async fn renew(program: &Program, user: &User, renewal: &Every, sent: &mut RowStats) -> Result<(), StartupError> {
    let outcome = ltc_engine::run_block(user, (renewal.run)(user)).await;
    let failures = counted(program, user, sent);
    if outcome.is_err() || !failures.is_empty() { Err(failed("before test every", failures)) } else { Ok(()) }
}

/// Runs `after test`. Its failures are printed, but don't change how the test ends. `sent` counts its requests.
pub(crate) async fn after_test(program: &Program, user: &User, sent: &mut RowStats) -> Result<(), StartupError> {
    let Some(after) = program.after_test else { return Ok(()) };
    let outcome = ltc_engine::run_block(user, after(user)).await;
    let failures = counted(program, user, sent);
    if outcome.is_err() || !failures.is_empty() { Err(failed("after test", failures)) } else { Ok(()) }
}

/// The error for failed requests, one line each.
fn failed(what: &str, failures: Vec<String>) -> StartupError {
    StartupError { ending: super::ExitStatus::Broken, lines: std::iter::once(format!("{what} failed")).chain(failures).collect() }
}

/// Adds the counts of the user to `sent`, and returns its failures.
fn counted(program: &Program, user: &User, sent: &mut RowStats) -> Vec<String> {
    let world = user.world();
    let snapshot = world.counts.recorder.borrow_mut().snapshot(world.clock.elapsed(), 0, 0);
    sent.merge(&snapshot.total(&program.names()));
    let place = |place: u32| program.locations.get(place as usize).map(|at| world.tables.location(*at)).unwrap_or_default();
    let kinds = snapshot.failures.by_count().into_iter();
    let lines = kinds.map(|(key, found)| {
        let message = found.examples.first().map(|example| example.reasons.join("; ")).unwrap_or_default();
        format!("{} {message}", place(key.place))
    });
    lines.collect()
}

/// A seed that no other run has, short enough to type again.
fn fresh_seed() -> u64 {
    let mut bytes = [0; 4];
    // If the system gives no random bytes, the clock still differs from run to run.
    match std::fs::File::open("/dev/urandom").and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes)) {
        Ok(()) => u64::from(u32::from_le_bytes(bytes)),
        Err(_) => u64::from(Clock::start().unix_start().subsec_nanos()),
    }
}
