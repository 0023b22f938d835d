//! Profile and environment: files of the project or the copies in the binary, with the options of the command line over them.

use std::path::Path;

use ltc_config::carried::is_same;
use ltc_config::credentials::Credentials;
use ltc_config::environment::{EnvData, EnvValue, Source, is_masked, is_too_short};
use ltc_config::profile::Shape;
use ltc_config::secret_reference::{NotFetched, SecretReference, SecretStore};
use ltc_config::{AllowedHosts, ApiTransportSettings, ConfigError, Environment, Limits, Profile, Reads};

use super::StartupError;
use super::cli::LoadArgs;
use super::overrides::{Host, Setting};
use super::short_secrets;
use crate::orchestrator::aws::AwsSecrets;
use ltc_engine::Secrets;
use ltc_engine::http;
use ltc_engine::program::{ApiInfo, EnvKey, Program, Type};
use ltc_engine::value::Value;
use ltc_engine::value::convert::{convert_json, convert_text};

/// The folder of environments and credentials.
const CONFIG: &str = "config";
/// The file that limits the load of every test in the project.
const LIMITS: &str = "config/limits.yml";
/// The variable that names a further file of limits, such as that of a company.
const LIMITS_VARIABLE: &str = "LTC_LIMITS";

/// The load of a test without a profile. Options of the command line can change it.
const ONE_USER: &str = "profile: {runner: {clients: 1, hatch_rate: 1}}";

/// The configuration of a run.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) profile: Profile,
    pub(crate) profile_text: String,
    /// Whether each user runs one iteration, because without a profile nothing sets the duration of the load.
    pub(crate) once: bool,
    pub(crate) env_name: String,
    /// Values of [`Program::env`], in its order.
    pub(crate) env: Vec<Value>,
    /// The secrets in stores whose values [`Self::env`] contains.
    pub(crate) references: Vec<SecretReference>,
    /// The load that no run may exceed. It comes from files of the machine, never from the binary.
    pub(crate) limits: Limits,
    /// The credentials of listeners and AWS.
    pub(crate) credentials: Credentials,
    /// Texts that are never shown.
    pub(crate) secrets: Vec<String>,
    /// How to reach each api.
    pub(crate) apis: Vec<http::ApiConfig>,
    /// Apis whose servers' certificates are not verified. Every report names them.
    pub(crate) unverified: Vec<String>,
    /// Public hosts that the test may load.
    pub(crate) allowed: AllowedHosts,
}

impl Configuration {
    /// Reads the whole configuration, and fetches the secrets that the environment and the credentials of listeners name by reference. All errors are
    /// reported together.
    pub(crate) fn load(program: &'static Program, args: &LoadArgs) -> Result<Self, StartupError> {
        Self::read(program, args, true)
    }

    /// The same for a command that makes no call: a secret in a store has its reference as its value.
    pub(crate) fn load_offline(program: &'static Program, args: &LoadArgs) -> Result<Self, StartupError> {
        Self::read(program, args, false)
    }

    fn read(program: &'static Program, args: &LoadArgs, fetch: bool) -> Result<Self, StartupError> {
        let variables = |name: &str| std::env::var(name).ok();
        let chosen = profile_text(program, args)?;
        let (file, load) = chosen.as_ref().map_or(("(no profile)", ONE_USER), |chosen| (chosen.file.as_str(), chosen.text.as_str()));
        let mut profile = Profile::parse(load, file).map_err(StartupError::wrong)?;
        crate::level::set(&profile.logging);
        if chosen.as_ref().is_some_and(|chosen| chosen.has_changed) {
            crate::say::note!("{file} has changed since the test was built; using the file (--embedded uses the old one)");
        }
        let once = chosen.is_none() && args.duration.is_none();
        let text = chosen.map(|chosen| chosen.text).unwrap_or_default();
        for warning in &profile.warnings {
            crate::say::warning!("{warning}");
        }
        over(&mut profile, args)?;
        let env_name = args.env.clone().or_else(|| profile.header.env.clone()).unwrap_or_default();
        let reads = Reads::of(program.env.iter().map(|key| key.path));
        let environment = environment(program, args, &env_name, &reads)?;
        let references = environment.secret_references(&reads);
        let own = Credentials::load(Path::new(CONFIG), &variables).map_err(StartupError::wrong)?.aws().ok().flatten().cloned();
        let region = profile.header.locations.first().map(|location| location.region.clone());
        let aws = AwsSecrets::new(own, region);
        let store: &dyn SecretStore = if fetch { &aws } else { &NotFetched };
        let environment = environment.resolve(&reads, &variables, store).map_err(StartupError::wrong)?;
        let allowed = AllowedHosts::of(&environment).map_err(StartupError::wrong)?.and(args.allow_host.iter().cloned());
        let mut problems: Vec<String> = Vec::new();
        let mut secrets = environment.secrets();
        let mut env: Vec<Value> = Vec::new();
        for key in program.env {
            let Some(given) = Setting::value_of(&args.set, key) else {
                env.push(value_of(program, &environment, key, fetch, &mut problems));
                continue;
            };
            let given = given.map_err(|why| problems.push(why)).unwrap_or(Value::Null);
            // A value that replaces a secret is secret too.
            if let (Value::Str(text), Ok(EnvValue { secret: true, .. })) = (&given, environment.require(key.path)) {
                if is_masked(text) {
                    secrets.push(text.to_string());
                } else if is_too_short(text) && short_secrets::is_credential(key) {
                    problems.push(format!("--set env.{}: {}", key.path, short_secrets::TOO_SHORT));
                }
            }
            env.push(given);
        }
        problems.extend(Setting::unknown(&args.set, program));
        problems.extend(Host::replace(&args.host, program, &mut env));
        let mut unverified = Vec::new();
        let apis = program
            .apis
            .iter()
            .map(|api| {
                transport(&environment, api, &mut unverified).unwrap_or_else(|errors| {
                    problems.extend(errors);
                    http::ApiConfig::default()
                })
            })
            .collect();
        problems.extend(stray(program, &environment));
        let short = short_secrets::judge(program.env, environment.short_secrets(), |path| Setting::sets(&args.set, path));
        problems.extend(short.problems);
        short.warnings.iter().for_each(|warning| crate::say::warning!("{warning}"));
        if !problems.is_empty() {
            // A value that does not fit is part of the message about it.
            let secrets = Secrets::new(secrets);
            problems.iter_mut().for_each(|problem| *problem = secrets.mask(problem));
            // Apis that share a section have the same errors.
            let mut seen = std::collections::HashSet::new();
            problems.retain(|problem| seen.insert(problem.clone()));
            return Err(StartupError::wrong(problems));
        }
        let listeners = &profile.logging.listeners;
        let store_of = |listener| if listeners.contains(&listener) { store } else { &NotFetched };
        let credentials = Credentials::load_with(Path::new(CONFIG), &variables, &store_of).map_err(StartupError::wrong)?;
        let named = std::env::var_os(LIMITS_VARIABLE).filter(|file| !file.is_empty());
        let limits = Limits::load(Path::new(LIMITS), named.as_deref().map(Path::new)).map_err(StartupError::wrong)?;
        crate::panics::mask(&secrets);
        // Neither users nor shards need the secrets of the credentials file: only listeners use them.
        Ok(Self { profile, profile_text: text, once, env_name, env, references, limits, credentials, secrets, apis, unverified, allowed })
    }
}

impl Configuration {
    /// Refuses a test without a profile and a duration, because a load that is spread over functions needs a duration.
    pub(crate) fn lasts(&self) -> Result<(), StartupError> {
        if !self.once {
            return Ok(());
        }
        let why = "missing duration: the test was built without a profile; add --duration TIME or --profile FILE";
        Err(StartupError::wrong([why]))
    }
}

/// A profile's text before it is parsed.
struct ProfileText {
    file: String,
    text: String,
    /// Whether the file differs from the one that the test was built with.
    has_changed: bool,
}

/// The profile's file and text; `None` if the test was built without one.
fn profile_text(program: &Program, args: &LoadArgs) -> Result<Option<ProfileText>, StartupError> {
    let read = |path: &Path| ltc_config::read(path).map_err(|error| StartupError::wrong([error]));
    if let Some(path) = &args.profile {
        return Ok(Some(ProfileText { file: path.display().to_string(), text: read(path)?, has_changed: false }));
    }
    let Some((path, carried)) = program.embedded.profile else { return Ok(None) };
    let text = if !args.embedded && Path::new(path).is_file() { read(Path::new(path))? } else { carried.to_owned() };
    Ok(Some(ProfileText { file: path.to_owned(), has_changed: text != carried, text }))
}

/// Replaces numbers of the profile by those of the command line.
fn over(profile: &mut Profile, args: &LoadArgs) -> Result<(), StartupError> {
    if let Some(duration) = args.duration {
        profile.load.duration = Some(duration);
    }
    if let Some(graceful_stop) = args.graceful_stop {
        profile.graceful_stop = graceful_stop;
    }
    if let Some(rate) = args.rate {
        return over_rate(profile, rate);
    }
    match (&mut profile.load.shape, args.clients, args.hatch_rate) {
        (_, None, None) => {}
        (Shape::Clients { clients, hatch_rate } | Shape::Steps { clients, hatch_rate, .. }, new_clients, new_rate) => {
            let old = *clients;
            *clients = new_clients.unwrap_or(old);
            match new_rate {
                Some(rate) => *hatch_rate = rate,
                // If the old users all started in the first second, the new number does so too, unless the command line sets a spawn rate.
                None if hatch_rate.as_f64() >= old as f64 => {
                    *hatch_rate = ltc_config::Rate::per_second((*clients).max(1));
                }
                None => {}
            }
        }
        (shape @ (Shape::None | Shape::ClientStages(_) | Shape::Arrivals { .. }), Some(clients), rate) => {
            if profile.load.duration.is_none() {
                return Err(StartupError::wrong(["--clients replaces the profile's stages: add --duration"]));
            }
            let hatch_rate = rate.unwrap_or_else(|| ltc_config::Rate::per_second(clients));
            *shape = Shape::Clients { clients, hatch_rate };
            profile.users.clear();
        }
        (_, None, Some(_)) => {
            return Err(StartupError::wrong(["--hatch-rate has no effect on this profile's load: add --clients"]));
        }
    }
    Ok(())
}

/// Replaces the profile's load by arrivals. A profile that already has arrivals keeps their spacing and the limit of users.
fn over_rate(profile: &mut Profile, rate: ltc_config::Rate) -> Result<(), StartupError> {
    if profile.load.duration.is_none() {
        return Err(StartupError::wrong(["--rate replaces the profile's load: add --duration"]));
    }
    let mut new = Shape::arrivals(rate);
    if let Shape::Arrivals { rate: old, stages, max_clients, spacing } = &profile.load.shape {
        let peak = stages.iter().map(|stage| stage.rate).fold(*old, ltc_config::Rate::max);
        let is_default = matches!(Shape::arrivals(peak), Shape::Arrivals { max_clients: default, .. } if default == *max_clients);
        if let Shape::Arrivals { max_clients: new_max, spacing: new_spacing, .. } = &mut new {
            *new_spacing = *spacing;
            if !is_default {
                *new_max = *max_clients;
            }
        }
    }
    profile.load.shape = new;
    profile.users.clear();
    Ok(())
}

fn environment(program: &Program, args: &LoadArgs, name: &str, reads: &Reads) -> Result<Environment, StartupError> {
    if name.is_empty() {
        if program.env.iter().all(|key| Setting::value_of(&args.set, key).is_some()) {
            return Ok(Environment::empty("none"));
        }
        return Err(StartupError::wrong(["missing environment: add --env NAME, or `env: NAME` to the profile's test_header"]));
    }
    let carried = |name: &str| program.embedded.environments.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let source = |name: &str| -> Result<Option<(String, String)>, StartupError> {
        let file = format!("config/{name}.yml");
        if !args.embedded && Path::new(&file).is_file() {
            let text = ltc_config::read(Path::new(&file)).map_err(|error| StartupError::wrong([error]))?;
            if carried(name).is_some_and(|carried| !is_same(carried, &text, reads)) {
                crate::say::note!("{file} has changed since the test was built; using the file (--embedded uses the old one)");
            }
            return Ok(Some((file, text)));
        }
        Ok(carried(name).map(|text| (file, text.to_owned())))
    };
    let Some((file, text)) = source(name)? else {
        let known: Vec<&str> = program.embedded.environments.iter().map(|(name, _)| *name).filter(|name| *name != "common").collect();
        return Err(StartupError::wrong([format!(
            "unknown environment `{name}`: config/{name}.yml not found, and the binary contains {}",
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        )]));
    };
    let common = source("common")?;
    let common = common.as_ref().map(|(file, text)| Source { text, file });
    Environment::parse(name, Source { text: &text, file: &file }, common).map_err(StartupError::wrong)
}

/// The value of a key, with the type that the spec needs. The compiler checked only the environment at build time, and this may be another.
fn value_of(program: &Program, environment: &Environment, key: &EnvKey, fetched: bool, problems: &mut Vec<String>) -> Value {
    let file = program.files[usize::from(key.at.file)];
    let place = format!("{file}:{}:{}", key.at.line, key.at.column);
    let found = match environment.require(key.path) {
        Ok(found) => found,
        Err(missing) => {
            let help = missing.help.map(|help| format!(" ({help})")).unwrap_or_default();
            problems.push(format!("{place}: {}{help}", missing.message));
            return Value::Null;
        }
    };
    let value = plain(found);
    let value = match (key.kind, value) {
        (Type::Float, Value::Int(whole)) => Value::Float(whole as f64),
        (Type::Duration, Value::Int(seconds)) => Value::Duration(seconds.saturating_mul(1_000_000_000)),
        (_, value) => value,
    };
    // `convert_text` would convert the items of a list.
    let converted = if matches!(value, Value::List(_)) { convert_json(value, key.kind) } else { convert_text(value, key.kind) };
    match converted {
        Ok(value) => value,
        // A secret that is not fetched is a text, whatever it will be.
        Err(_) if found.secret && !fetched => Value::Null,
        Err(fault) => {
            problems.push(format!("{}: env.{} ({place}): {}", found.location, key.path, fault.0));
            Value::Null
        }
    }
}

fn plain(value: &EnvValue) -> Value {
    match &value.data {
        EnvData::Null => Value::Null,
        EnvData::Bool(truth) => Value::Bool(*truth),
        EnvData::Int(number) => Value::Int(*number),
        EnvData::Float(number) => Value::Float(*number),
        EnvData::String(text) => Value::Str(text.as_str().into()),
        EnvData::List(items) => Value::List(items.iter().map(plain).collect()),
        EnvData::Object(members) => {
            Value::Object(std::sync::Arc::new(members.iter().map(|(key, value)| (key.as_str().into(), plain(value))).collect()))
        }
    }
}

/// Errors for keys that say how to reach a host, but belong to no api's url.
fn stray(program: &Program, environment: &Environment) -> Vec<String> {
    let sections: Vec<&str> = program.apis.iter().flat_map(|api| api.sections.iter().copied()).collect();
    let reads: Vec<&str> = program.env.iter().map(|key| key.path).collect();
    ltc_config::beside::stray(environment, &sections, &reads).iter().map(ToString::to_string).collect()
}

fn transport(environment: &Environment, api: &ApiInfo, unverified: &mut Vec<String>) -> Result<http::ApiConfig, Vec<String>> {
    let texts = |errors: Vec<ConfigError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
    let settings = ApiTransportSettings::from(environment, api.name, api.sections).map_err(texts)?;
    let read = |path: &Option<String>| match path {
        None => Ok(None),
        Some(path) => std::fs::read(path).map(Some).map_err(|error| vec![format!("tls of {}: cannot read {path}: {error}", api.name)]),
    };
    if !settings.tls.verify {
        unverified.push(api.name.to_owned());
    }
    let mut config = http::ApiConfig::default();
    config.tls.verify = settings.tls.verify;
    config.tls.ca = read(&settings.tls.ca)?;
    config.tls.cert = read(&settings.tls.cert)?;
    config.tls.key = read(&settings.tls.key)?;
    config.tls.server_name = settings.tls.server_name;
    if let Some(http2) = settings.http2 {
        config.http2 = http2;
    }
    if let Some(timeout) = settings.connect_timeout {
        config.connect_timeout = timeout;
    }
    Ok(config)
}
