//! The parts of a load run that don't depend on the engine: the plan, the work before the users start, and the reports afterwards.

use std::time::Duration;

use super::cli::{LoadArgs, RunArgs};
use super::configuration::Configuration;
use super::guards::{self, LoadTarget};
use super::prepare::{self, Version, with_user};
use super::renewal::Renewal;
use super::results::Results;
use super::{ExitStatus, StartupError};
use crate::journal::Begin;
use crate::live::{FleetShape, TestInfo};
use crate::open_files;
use crate::orchestrator::hand_over::ClassRequests;
use crate::progress::{notice, notice_at};
use crate::report::{ApiVersion, Planned, RunInfo, Setup};
use ltc_config::limits::RunCost;
use ltc_config::profile::LogLevel;
use ltc_config::{ConfigError, Limits};
use ltc_engine::User;
use ltc_engine::clock::Clock;
use ltc_engine::http::Permission;
use ltc_engine::observe::Quiet;
use ltc_engine::program::Wait;
use ltc_engine::program::settings::Settings;
use ltc_engine::program::{Program, UserClass};
use ltc_engine::schedule::{Cycle, Plan, WeightedClass};
use ltc_engine::stats::micros;
use ltc_engine::workers::Stop;

/// The time that `after test` has after a second Ctrl-C.
const AFTER_TEST_TIMEOUT: Duration = Duration::from_millis(300);

/// A planned load.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) settings: Settings,
    pub(super) plan: Plan,
    /// The requests of each user class, if users pass from one function to another.
    pub(super) requests: Vec<ClassRequests>,
    /// The hosts that receive the load.
    pub(super) targets: Vec<LoadTarget>,
    /// The versions from the health checks. Empty before [`Load::ready`].
    pub(super) versions: Vec<Version>,
    /// The requests before and after the load.
    setup: Setup,
}

/// The time from one iteration of a class to the next, as far as it is known before the load.
fn cycle(class: &UserClass, user: &User) -> Cycle {
    match class.wait.map(|wait| wait(user)) {
        Some(Ok(Wait::Between(least, most))) => Cycle::Wait(least + most.saturating_sub(least) / 2),
        Some(Ok(Wait::Pacing(pacing))) => Cycle::Pacing(pacing),
        _ => Cycle::Unknown,
    }
}

/// The requests of a user class.
fn requests(program: &Program, class: &UserClass, cycle: Cycle) -> ClassRequests {
    let contexts: Vec<&str> = program.steps.iter().map(|step| step.context).collect();
    let blocks = [(class.on_start.is_some(), "on start"), (class.on_stop.is_some(), "on stop")];
    let blocks =
        blocks.into_iter().filter(|(there, _)| *there).map(|(_, block)| restart_requests(&contexts, &format!("{block} of {}", class.name)));
    ClassRequests { restart: blocks.sum(), iteration: 1.0, cycle }
}

/// The number of requests of a block: one for each step, and at least one, because a block may only run sequences.
fn restart_requests(contexts: &[&str], block: &str) -> f64 {
    contexts.iter().filter(|context| **context == block).count().max(1) as f64
}

impl Load {
    /// Makes the plan. It sends no request.
    pub(super) fn planned(program: &'static Program, args: &LoadArgs, configuration: &Configuration) -> Result<Self, StartupError> {
        check_only(program, &args.only)?;
        let mut settings = prepare::settings(program, args, configuration);
        let (plan, globals, requests, targets) = with_user(&settings, Box::new(Quiet(notice)), async |user| {
            let globals = prepare::globals(program, &user)?;
            let classes = classes(program, &user, &args.only)?;
            let plan = Plan::seeded(&configuration.profile, &classes, settings.seed).map_err(StartupError::wrong)?;
            let requests = program.users.iter().zip(&classes).map(|(class, of)| requests(program, class, of.cycle)).collect();
            Ok((plan, globals, requests, guards::targets(program, &settings.apis, &user)))
        })?;
        settings.globals = globals;
        // If the arrivals leave nothing, the load is refused before it begins.
        settings.iteration_rate = iteration_rate(&plan, &configuration.limits).ok().flatten();
        for warning in configuration.profile.thresholds_beyond(plan.total_duration()) {
            crate::say::warning!("{warning}");
        }
        if let Some(warning) = too_slow(&plan) {
            crate::say::warning!("{warning}");
        }
        Ok(Self { settings, plan, requests, targets, versions: Vec::new(), setup: Setup::default() })
    }

    /// Refuses more users than there can be connections at once.
    pub(super) fn fits(&self, from: open_files::LoadSource, limit: Option<u64>) -> Result<(), StartupError> {
        open_files::shortage(self.plan.peak_clients(), from, limit).map_or(Ok(()), |why| Err(StartupError::wrong([why])))
    }

    /// Refuses load on public hosts that nobody allowed.
    pub(super) fn is_allowed(&self, configuration: &Configuration) -> Result<(), StartupError> {
        let load = self.summary(configuration.once);
        guards::check_hosts(&self.targets, &configuration.allowed, &load, &configuration.env_name)
    }

    /// The settings of the users. They may only load hosts that were allowed.
    pub(super) fn settings_of_users(&self, configuration: &Configuration) -> Settings {
        let mut settings = self.settings.clone();
        if settings.transport.permission == Permission::All {
            settings.transport.permission = guards::permission(&self.targets, &configuration.allowed);
        }
        settings
    }

    /// Refuses a load that exceeds a limit of the project or of `LTC_LIMITS`.
    pub(super) fn within(&self, limits: &Limits, cost: RunCost) -> Result<(), StartupError> {
        let exceeded = self.exceeded(limits, cost);
        if exceeded.is_empty() { Ok(()) } else { Err(StartupError::wrong(exceeded)) }
    }

    /// The limits that the load exceeds.
    pub(super) fn exceeded(&self, limits: &Limits, cost: RunCost) -> Vec<ConfigError> {
        let mut exceeded = limits.exceeded(self.plan.peak_rate(), self.plan.peak_clients(), cost);
        exceeded.extend(iteration_rate(&self.plan, limits).err());
        exceeded
    }

    /// The load in words.
    pub(super) fn summary(&self, once: bool) -> String {
        let limit = self.settings.iteration_rate.map(|rate| format!(", at most {rate} iterations/s (`max_rate`)"));
        format!("{}{}", planned(&self.plan, once).text(), limit.unwrap_or_default())
    }

    /// Runs the health checks and `before test`.
    pub(super) fn ready(&mut self) -> Result<(), StartupError> {
        let (program, setup) = (self.settings.program, &mut self.setup);
        let (versions, shared) = with_user(&self.settings, Box::new(Quiet(notice)), async |user| {
            let versions = prepare::versions(program, &user, &mut setup.health_checks).await?;
            Ok((versions, prepare::before_test(program, &user, &mut setup.before_test).await?))
        })?;
        self.versions = versions;
        self.settings.shared = shared;
        Ok(())
    }

    /// Ends the renewal of values. Returns the notes for the report.
    pub(super) fn renewed(&mut self, renewal: Option<Renewal>) -> Vec<String> {
        let Some(renewed) = renewal.map(Renewal::finish) else { return Vec::new() };
        self.setup.before_test.merge(&renewed.sent);
        renewed.notes
    }

    /// Prints what is about to run, and on what (`2 threads`).
    pub(super) fn announce(&self, program: &Program, configuration: &Configuration, by: &str) {
        for api in &configuration.unverified {
            if crate::level::is_enabled_for_http(LogLevel::Warn) {
                crate::say::err!("warning: the server of {api} is not verified (tls: verify: false)");
            }
        }
        let versions: Vec<String> = self.versions.iter().map(|version| format!("{} {}", version.api, version.version)).collect();
        let versions = if versions.is_empty() { String::new() } else { format!(", {}", versions.join(", ")) };
        if !crate::level::is_enabled(LogLevel::Info) {
            return;
        }
        crate::say::err!(
            "{}: {}{}{}, {by}, seed {}{versions}",
            program.name,
            self.summary(configuration.once),
            if self.targets.is_empty() { String::new() } else { format!(" to {}", guards::origins(&self.targets)) },
            if configuration.env_name.is_empty() { String::new() } else { format!(", environment {}", configuration.env_name) },
            self.settings.seed,
        );
    }

    /// Runs `after test` and writes the reports.
    pub(super) fn finish(
        mut self,
        program: &'static Program,
        args: &RunArgs,
        configuration: &Configuration,
        mut results: Results,
        outcome: LoadOutcome,
    ) -> ExitStatus {
        let sent = &mut self.setup.after_test;
        let stop = &outcome.stop;
        let after = with_user(&self.settings, Box::new(Quiet(notice)), async |user| {
            tokio::select! {
                after = prepare::after_test(program, &user, sent) => after,
                () = stopped_at_once(stop) => Err(StartupError::broken("after test was cut off by a second Ctrl-C")),
            }
        });
        if let Err(refusal) = after {
            for line in &refusal.lines {
                notice_at(LogLevel::Warn, &format!("warning: {line}"));
            }
        }
        let info = self.info(program, configuration, &outcome.clock);
        if outcome.stop.is_at_once() && outcome.stop.is_interrupted() {
            results.shorten_flush();
        }
        let run = RunInfo {
            interrupted: outcome.stop.is_interrupted(),
            broken: outcome.broken,
            plan: outcome.plan,
            notes: outcome.notes,
            ..info
        };
        results.finish(args, run, self.setup)
    }

    /// Reports a run that failed before its load because of a health check or `before test`. Without this report, the files of an earlier
    /// run could be mistaken for this one's. No load began, so listeners and the live page receive nothing.
    pub(super) fn broke(
        self,
        program: &Program,
        args: &RunArgs,
        configuration: &Configuration,
        results: Results,
        why: StartupError,
    ) -> ExitStatus {
        let info = self.info(program, configuration, &Clock::start());
        results.finish(args, RunInfo { broken: why.lines, ..info }, self.setup)
    }

    /// The information about the run that is known before its load.
    fn info(&self, program: &Program, configuration: &Configuration, clock: &Clock) -> RunInfo {
        let versions = self.versions.iter();
        RunInfo {
            test: program.name.to_owned(),
            description: configuration.profile.header.description.clone().unwrap_or_default(),
            env: configuration.env_name.clone(),
            spec: program.spec.to_owned(),
            profile: configuration.profile_text.clone(),
            planned: planned(&self.plan, configuration.once),
            id: self.settings.test_id.to_string(),
            seed: self.settings.seed,
            started_at: rfc3339(clock.unix_start()),
            ltc_version: program.compiler.to_owned(),
            apis: versions.map(|version| ApiVersion { name: version.api.clone(), version: version.version.clone() }).collect(),
            hostname: hostname(),
            tls_unverified: !configuration.unverified.is_empty(),
            ..RunInfo::default()
        }
    }

    /// Tells listeners and views that the load begins. Returns the information that is known before the load.
    pub(super) fn begin(
        &self,
        program: &Program,
        configuration: &Configuration,
        results: &mut Results,
        clock: &Clock,
        fleet: Option<FleetShape>,
        stop: &Stop,
    ) -> Begin {
        let info = TestInfo {
            run: self.info(program, configuration, clock),
            unix_start: clock.unix_start(),
            planned: self.plan.total_duration(),
            fleet,
            ..TestInfo::default()
        };
        results.begin(info, &self.setup, &self.plan, stop)
    }
}

/// The result of a run, apart from its numbers.
#[derive(Debug)]
pub(super) struct LoadOutcome {
    pub(super) clock: Clock,
    /// Whether and how urgently somebody stopped it. It also applies to the work after the load.
    pub(super) stop: Stop,
    /// Why the run failed because of the infrastructure, a sentence each.
    pub(super) broken: Vec<String>,
    /// How the load was spread, a sentence each.
    pub(super) plan: Vec<String>,
    /// Facts that a reader needs, such as missing load.
    pub(super) notes: Vec<String>,
}

/// Ends 0.3 s after somebody stopped the test at once.
async fn stopped_at_once(stop: &Stop) {
    while !(stop.is_at_once() && stop.is_interrupted()) {
        tokio::time::sleep(AFTER_TEST_TIMEOUT / 10).await;
    }
    tokio::time::sleep(AFTER_TEST_TIMEOUT).await;
}

/// The most iterations per second that users of the closed model may begin. Their pace is unknown before the load, so workers keep it.
fn iteration_rate(plan: &Plan, limits: &Limits) -> Result<Option<f64>, ConfigError> {
    let has_users = (0..plan.classes().len()).any(|class| plan.is_active(class) && !plan.is_open(class));
    if has_users { limits.rate_beside(plan.peak_rate()) } else { Ok(None) }
}

/// A warning if the load ends before all of its users have started.
fn too_slow(plan: &Plan) -> Option<String> {
    let (users, reached, lasts) = (plan.peak_clients(), plan.reached_clients(), plan.total_duration()?);
    let lasts = ltc_config::duration::print(lasts);
    let fix = "raise `hatch_rate` (--hatch-rate) or `duration`";
    (reached < users).then(|| format!("the test lasts {lasts}, in which only {reached} of the {users} users start: {fix}"))
}

/// The load of a plan.
fn planned(plan: &Plan, once: bool) -> Planned {
    Planned { users: plan.peak_clients(), rate: plan.peak_rate(), duration_us: plan.total_duration().map(micros), once }
}

fn rfc3339(since_epoch: Duration) -> String {
    let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(0);
    jiff::Timestamp::from_millisecond(millis).map(|time| time.to_string()).unwrap_or_default()
}

/// The selected classes, with their weights in this environment.
fn classes(program: &'static Program, user: &ltc_engine::User, only: &[String]) -> Result<Vec<WeightedClass>, StartupError> {
    program
        .users
        .iter()
        .map(|class| {
            let place = user.world().tables.location(class.at);
            let refused = |why: &str| StartupError::wrong([format!("{place}: the weight of {}: {why}", class.name)]);
            let weight = (class.weight)(user).and_then(|weight| weight.as_int()).map_err(|fault| refused(&fault.0))?;
            let weight = u64::try_from(weight).map_err(|_| refused("it is negative"))?;
            let named = |scenario: &usize| only.iter().any(|name| name == program.scenarios[*scenario].name);
            let takes_part = only.is_empty() || only.iter().any(|name| name == class.name) || class.scenarios.iter().any(named);
            Ok(WeightedClass::new(class.name, if takes_part { weight } else { 0 }).with_cycle(cycle(class, user)))
        })
        .collect()
}

/// Checks the names of `--only`.
pub(super) fn check_only(program: &Program, names: &[String]) -> Result<(), StartupError> {
    let known: Vec<&str> =
        program.users.iter().map(|class| class.name).chain(program.scenarios.iter().map(|scenario| scenario.name)).collect();
    let unknown = names.iter().filter(|name| !known.contains(&name.as_str())).map(|name| {
        let near = ltc_config::suggest::did_you_mean(name, known.iter().copied());
        let help = near.unwrap_or_else(|| format!("use one of: {}", known.join(", ")));
        format!("--only {name}: unknown scenario or user ({help})")
    });
    let unknown: Vec<String> = unknown.collect();
    if unknown.is_empty() { Ok(()) } else { Err(StartupError::wrong(unknown)) }
}

/// The number of cores of this machine.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_has_a_request_for_each_of_its_steps_and_at_least_one() {
        let contexts = ["on start of Shopper", "on start of Shopper", "on start of Auditor", "Browse", "on stop of Shopper"];
        assert_eq!(restart_requests(&contexts, "on start of Shopper"), 2.0);
        assert_eq!(restart_requests(&contexts, "on stop of Auditor"), 1.0);
    }
}
