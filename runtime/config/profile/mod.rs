//! `specs/<name>.profile.yml`: how much load, for how long, from where, and how the test reports and judges its results.
//!
//! A profile of the Locust framework that ltc replaces loads unchanged.

mod fleet;
mod keys;
mod lambda;
mod load;
mod names;
mod runner;
mod spec;

use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use fleet::{DEFAULT_WITHOUT_ORCHESTRATOR, FleetEngine, WithoutOrchestrator};
pub use lambda::{Architecture, LambdaSettings, checked_interval};
pub use load::{ClientStage, Load, RateStage, Shape, Spacing};
pub use names::{Listener, LogLevel, RegionShare};
pub use spec::{Names, SpecName, names as names_in};

use crate::error::{ConfigError, Location};
use crate::node::{self, NodeValue};
use crate::rate::Rate;
use crate::reader::{Diagnostics, Section};
use crate::threshold::Threshold;

/// A profile after reading and checking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The file's name for messages.
    pub file: String,
    /// `test_header`.
    pub header: TestHeader,
    /// `profile.runner`: the load of all users that [`Profile::users`] doesn't name.
    pub load: Load,
    /// `profile.runner.users`: users with a load of their own, by name.
    pub users: IndexMap<String, Load>,
    /// The time that users have at the end to finish their current iteration.
    pub graceful_stop: Duration,
    /// The seed of all randomness; `None`: the test draws one when it starts.
    pub seed: Option<u64>,
    /// The number of worker threads; `None`: one for each core.
    pub threads: Option<usize>,
    /// `profile.test`.
    pub test: TestSettings,
    /// `profile.logging`.
    pub logging: Logging,
    /// `profile.thresholds`.
    pub thresholds: Vec<Threshold>,
    /// `profile.engine`: what runs the functions of a distributed test; `None`: the choice depends on whether the test is deployed.
    pub engine: Option<FleetEngine>,
    /// `profile.runner.without_orchestrator`.
    pub without_orchestrator: WithoutOrchestrator,
    /// `profile.lambda`.
    pub lambda: LambdaSettings,
    /// Settings that are unusual but not wrong.
    pub warnings: Vec<ConfigError>,
}

/// `test_header`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TestHeader {
    /// The test's name, if the registry gives it none.
    pub name: Option<String>,
    /// The test's purpose.
    pub description: Option<String>,
    /// The environment: `config/<env>.yml`.
    pub env: Option<String>,
    /// The regions that the test runs from; if empty, the SDK's configuration sets it.
    pub locations: Vec<RegionShare>,
}

/// `profile.test`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TestSettings {
    /// The spec (`spec`, or `locustfile`).
    pub spec: Option<SpecName>,
    /// Whether the test runs one user once and shows every exchange.
    pub debug: bool,
}

/// `profile.logging`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logging {
    /// `loglevel`.
    pub level: LogLevel,
    /// `hyperclient_console_log_level`: the level of the HTTP layer; `None`: that of [`Logging::level`].
    pub http_level: Option<LogLevel>,
    /// Whether statistics are printed only once, at the end, and not also every `stats_interval`.
    pub final_stats: bool,
    /// How often the test publishes statistics; `None`: as the credentials file sets, else every 5 s.
    pub stats_interval: Option<Duration>,
    /// The listeners that receive results while the test runs.
    pub listeners: Vec<Listener>,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: LogLevel::Info, http_level: None, final_stats: true, stats_interval: None, listeners: Vec::new() }
    }
}

/// The time that users have to finish their iteration if the profile doesn't set one.
pub const DEFAULT_GRACEFUL_STOP: Duration = Duration::from_secs(30);

impl Profile {
    /// Reads a profile's text; `file` is only for messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<ConfigError>> {
        let root = node::parse(text, file)?;
        let diagnostics = Diagnostics::default();
        let profile = read(&diagnostics, &root, file);
        let (errors, mut warnings) = diagnostics.into_parts();
        if !errors.is_empty() {
            return Err(errors);
        }
        warnings.sort_by_key(|warning| warning.location.offset);
        Ok(Self { warnings, ..profile })
    }

    /// How long the load lasts from the start of the test, as the plan computes it; `None`: until someone stops it.
    pub fn planned_duration(&self) -> Option<Duration> {
        let end = |load: &Load, duration: Duration| load.start.saturating_add(duration);
        let off = |load: &&Load| matches!(load.shape, Shape::None | Shape::Clients { clients: 0, .. });
        let loads: Vec<&Load> = std::iter::once(&self.load).chain(self.users.values()).filter(|load| !off(load)).collect();
        let own = |load: &Load| load.own_duration().map(|duration| end(load, duration));
        // A load without an end lasts as long as the shared one, or else as the longest of the others.
        let others = own(&self.load).or_else(|| loads.iter().filter_map(|load| own(load)).max());
        let explicit = self.load.duration.map(|duration| end(&self.load, duration));
        let ends: Option<Vec<Duration>> = loads.iter().map(|load| [own(load).or(others), explicit].into_iter().flatten().min()).collect();
        ends?.into_iter().max()
    }

    /// Returns a warning for each threshold with a time that the test doesn't reach.
    pub fn thresholds_beyond(&self, planned: Option<Duration>) -> Vec<ConfigError> {
        planned.map(|planned| self.thresholds.iter().flat_map(|threshold| threshold.beyond(planned)).collect()).unwrap_or_default()
    }

    /// Reads a profile's file.
    pub fn load(path: &Path) -> Result<Self, Vec<ConfigError>> {
        let text = crate::read(path).map_err(|error| vec![error])?;
        Self::parse(&text, &path.display().to_string())
    }
}

fn read(diagnostics: &Diagnostics, root: &node::Node, file: &str) -> Profile {
    let top = keys::known(Section::open(diagnostics, root, ""), &keys::TOP);
    if !top.has("profile") {
        let help = "add profile: {runner: {clients: 20, hatch_rate: 10, duration: 10s}}";
        diagnostics.error(ConfigError::new(Location::file(file), "missing key \"profile\"").with_help(help));
    }
    let header = top.section("test_header", "test_header").map(read_header).unwrap_or_default();
    let profile = top.section("profile", "profile").map(|section| keys::known(section, &keys::PROFILE));
    let runner = profile.and_then(|profile| profile.section("runner", "profile.runner"));
    let (load, users) = read_runner(diagnostics, runner, profile.map_or(&root.location, |profile| profile.location));
    let runner_known = runner.map(|runner| {
        let keys: Vec<&str> = keys::LOAD_KEYS.into_iter().chain(keys::WHOLE).collect();
        keys::known(runner, &keys)
    });
    Profile {
        file: file.to_owned(),
        header,
        load,
        users,
        graceful_stop: runner_known.and_then(|runner| runner.duration("graceful_stop")).unwrap_or(DEFAULT_GRACEFUL_STOP),
        seed: runner_known.and_then(|runner| runner.whole("seed", 0, u64::MAX)),
        threads: runner_known.and_then(|runner| runner.whole("threads", 1, 1024)).and_then(|threads| usize::try_from(threads).ok()),
        test: profile.and_then(|profile| profile.section("test", "profile.test")).map(read_test).unwrap_or_default(),
        logging: profile.and_then(|profile| profile.section("logging", "profile.logging")).map(read_logging).unwrap_or_default(),
        thresholds: profile.map(read_thresholds).unwrap_or_default(),
        engine: profile.and_then(|profile| profile.read("engine", FleetEngine::parse)),
        without_orchestrator: runner_known
            .and_then(|runner| runner.read("without_orchestrator", WithoutOrchestrator::parse))
            .unwrap_or(DEFAULT_WITHOUT_ORCHESTRATOR),
        lambda: profile.and_then(|profile| profile.section("lambda", "profile.lambda")).map(lambda::read).unwrap_or_default(),
        warnings: Vec::new(),
    }
}

fn read_header(section: Section<'_>) -> TestHeader {
    let section = keys::known(section, &keys::HEADER);
    TestHeader {
        name: section.text("name"),
        description: section.text("description"),
        env: section.read("env", |text| match text {
            text if text.contains(['/', '\\']) || text.starts_with('.') => {
                Err(format!("unexpected \"{text}\", expected the name of an environment: write env: cs1 for config/cs1.yml"))
            }
            text => Ok(text.strip_suffix(".yml").unwrap_or(text).to_owned()),
        }),
        locations: names::read_locations(section),
    }
}

fn read_runner(diagnostics: &Diagnostics, runner: Option<Section<'_>>, location: &Location) -> (Load, IndexMap<String, Load>) {
    let one_client = Shape::Clients { clients: 1, hatch_rate: Rate::per_second(1) };
    let Some(runner) = runner else {
        let warning = ConfigError::new(location.clone(), "missing profile.runner: one client runs until it is stopped");
        diagnostics.warn(warning.with_help("add runner: {clients: 20, hatch_rate: 10, duration: 10s}"));
        return (Load { shape: one_client, start: Duration::ZERO, duration: None, location: location.clone() }, IndexMap::new());
    };
    let mut users = IndexMap::new();
    if let Some(entry) = runner.entry("users") {
        if let NodeValue::Map(entries) = &entry.value.value {
            for user in entries {
                let mut load = runner::read_user(diagnostics, &user.key, &user.value);
                load.location = user.location.clone();
                users.insert(user.key.clone(), load);
            }
        } else {
            let help = match &entry.value.value {
                NodeValue::Scalar { text, .. } if text.parse::<u64>().is_ok() => {
                    format!("write `clients: {text}`; users gives each user its own load: `users: {{Shopper: {{clients: 400}}}}`")
                }
                _ => "write users: {Shopper: {clients: 400}, Auditor: {rate: 2/s}}".to_owned(),
            };
            runner.error("users", "users must be a map of user names", &help);
        }
    }
    let mut load = runner::read_load(runner, 1);
    let given = ["clients", "rate", "stages", "users"].iter().any(|key| runner.has(key));
    if !given {
        runner.warn("", "profile.runner sets no load: one client runs", "add clients, rate, stages or users");
        load.shape = one_client;
    }
    (load, users)
}

fn read_test(section: Section<'_>) -> TestSettings {
    let section = keys::known(section, &keys::TEST);
    let locustfile = SpecName::read(section, "locustfile");
    TestSettings { spec: SpecName::read(section, "spec").or(locustfile), debug: section.bool("debug").unwrap_or(false) }
}

fn read_logging(section: Section<'_>) -> Logging {
    let section = keys::known(section, &keys::LOGGING);
    let mut listeners = Vec::new();
    for (name, location) in section.texts("listeners") {
        match Listener::parse(&name) {
            Ok(listener) if listeners.contains(&listener) => {}
            Ok(listener) => listeners.push(listener),
            Err(why) => section.diagnostics().error(ConfigError::new(location, format!("listeners: {why}"))),
        }
    }
    let defaults = Logging::default();
    Logging {
        level: section.read("loglevel", LogLevel::parse).unwrap_or(defaults.level),
        http_level: section.read("hyperclient_console_log_level", LogLevel::parse),
        final_stats: section.bool("final_stats").unwrap_or(defaults.final_stats),
        stats_interval: section.positive_duration("stats_interval"),
        listeners,
    }
}

fn read_thresholds(profile: Section<'_>) -> Vec<Threshold> {
    let Some(entry) = profile.entry("thresholds") else {
        return Vec::new();
    };
    if !matches!(entry.value.value, NodeValue::List(_)) {
        profile.error("thresholds", "thresholds must be a list", "write one on each line: - \"p95 < 500ms\"");
        return Vec::new();
    }
    let mut thresholds = Vec::new();
    for (text, location) in profile.texts("thresholds") {
        if text.is_empty() {
            profile.diagnostics().error(ConfigError::new(location, "empty threshold"));
            continue;
        }
        match Threshold::parse(&text, &location) {
            Ok(threshold) => thresholds.push(threshold),
            Err(error) => profile.diagnostics().error(error),
        }
    }
    thresholds
}

#[cfg(test)]
mod tests;
