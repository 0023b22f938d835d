//! `options` of a k6 script: converts scenarios to the load of users.

use serde_yaml::{Mapping, Value as Yaml};

use super::number;
use crate::draft::{Draft, Expr, Redirects};
use crate::script::{Language, Run, Value};
use crate::{ImportError, Source};

/// A scenario.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) function: String,
    load: Load,
    start_seconds: f64,
}

/// The load of a scenario.
#[derive(Clone, Debug)]
enum Load {
    Users(f64, f64),
    Stages(Vec<(f64, f64)>),
    Rate(String, f64, Option<f64>),
    RateStages(Vec<(String, f64)>, Option<f64>),
}

/// The assumed duration of scenarios without one, which are those with iterations.
const USUAL_SECONDS: f64 = 60.0;

/// The options of a script. The profile is written once, so a variable of the process environment has its default as its value.
pub(super) fn of_script(source: &Source) -> Result<Value, ImportError> {
    let mut draft = Draft::default();
    let scope = Run::new(&mut draft, source, Language::JavaScript).with_defaults().start()?;
    Ok(scope.own("options").map_or(Value::Undefined, |cell| cell.borrow().value.clone()))
}

/// The scenarios of a script; by default one for `default`.
pub(super) fn scenarios(run: &mut Run<'_>, options: &Value) -> Vec<Scenario> {
    let member =
        |run: &mut Run<'_>, value: &Value, name: &str| if value.is_nothing() { Value::Undefined } else { run.member(value.clone(), name) };
    let known = member(run, options, "scenarios");
    let mut out = Vec::new();
    if let Value::Map(map) = &known {
        let map = map.borrow().clone();
        for (name, scenario) in map {
            let function = member(run, &scenario, "exec").literal().unwrap_or_else(|| "default".to_owned());
            let load = scenario_load(run, &scenario, &name);
            let start = member(run, &scenario, "startTime");
            out.push(Scenario { name, function, load, start_seconds: seconds(&start).unwrap_or_default() });
        }
    }
    if out.is_empty() {
        let load = plain_load(run, options);
        out.push(Scenario { name: "Visitor".to_owned(), function: "default".to_owned(), load, start_seconds: 0.0 });
    }
    name_settings(run, options);
    for (name, what) in [("iterations", "the number of iterations"), ("rps", "the limit of requests per second")] {
        let value = member(run, options, name);
        if !value.is_nothing() {
            run.leave("options", &format!("options.{name}: {what} has no counterpart; the profile sets users and duration"));
        }
    }
    out
}

/// Carries over the options for all requests, and names those that a spec or an environment sets elsewhere.
fn name_settings(run: &mut Run<'_>, options: &Value) {
    let Value::Map(map) = options else { return };
    // `false` is the default of those that are switches.
    let is_set = |(name, value): (&String, &Value)| (!matches!(value, Value::Data(Expr::Bool(false)))).then(|| name.clone());
    let given: Vec<String> = map.borrow().iter().filter_map(is_set).collect();
    let option = |name: &str| map.borrow().get(name).cloned().unwrap_or(Value::Undefined);
    if let Some(agent) = option("userAgent").literal() {
        run.usual.headers.insert("User-Agent".to_owned(), agent);
    }
    run.usual.insecure = matches!(option("insecureSkipTLSVerify"), Value::Data(Expr::Bool(true)));
    let most = option("maxRedirects").as_number();
    run.usual.redirects = most.map(|most| if most < 1.0 { Redirects::Off } else { Redirects::UpTo(most as u32) });
    for name in given {
        let hint = match name.as_str() {
            "tlsAuth" | "tlsVersion" | "tlsCipherSuites" => "write `tls: { … }` beside the url in the environment",
            "noConnectionReuse" | "noVUConnectionReuse" => "ltc keeps the connections of each user open",
            "noCookiesReset" => "each user keeps its cookies; `reset api` drops them",
            "minIterationDuration" => "write `wait pacing 5s` in the user",
            "httpDebug" => "`--debug` shows each exchange",
            "hosts" | "dns" | "localIPs" | "blacklistIPs" | "blockHostnames" => "ltc resolves names as the system does",
            "batch" | "batchPerHost" => "`parallel` has no limit",
            "setupTimeout" | "teardownTimeout" => "write `timeout` in the api",
            "executionSegment" | "executionSegmentSequence" => "`run --shards N` divides the load",
            _ => continue,
        };
        run.leave("options", &format!("options.{name}: {hint}"));
    }
}

fn stages(run: &mut Run<'_>, value: &Value) -> Vec<(Value, f64)> {
    let Value::List(items) = value else { return Vec::new() };
    let items = items.borrow().clone();
    items
        .iter()
        .map(|stage| {
            let (target, duration) = (run.member(stage.clone(), "target"), run.member(stage.clone(), "duration"));
            (target, seconds(&duration).unwrap_or_default())
        })
        .collect()
}

fn plain_load(run: &mut Run<'_>, options: &Value) -> Load {
    if options.is_nothing() {
        return Load::Users(1.0, USUAL_SECONDS);
    }
    let list = run.member(options.clone(), "stages");
    let known = stages(run, &list);
    if !known.is_empty() {
        return Load::Stages(known.iter().map(|(target, seconds)| (number(target).unwrap_or(1.0), *seconds)).collect());
    }
    let (vus, duration) = (run.member(options.clone(), "vus"), run.member(options.clone(), "duration"));
    Load::Users(number(&vus).unwrap_or(1.0), seconds(&duration).unwrap_or(USUAL_SECONDS))
}

fn scenario_load(run: &mut Run<'_>, scenario: &Value, name: &str) -> Load {
    let mut member = |name: &str| run.member(scenario.clone(), name);
    let executor = member("executor").literal().unwrap_or_default();
    let [vus, duration, list, rate, unit, most, longest] =
        ["vus", "duration", "stages", "rate", "timeUnit", "maxVUs", "maxDuration"].map(&mut member);
    let per = seconds(&unit).unwrap_or(1.0);
    let most = number(&most);
    match executor.as_str() {
        "ramping-vus" => {
            let known = stages(run, &list);
            Load::Stages(known.iter().map(|(target, seconds)| (number(target).unwrap_or(1.0), *seconds)).collect())
        }
        "constant-arrival-rate" => {
            Load::Rate(rate_text(number(&rate).unwrap_or(1.0), per), seconds(&duration).unwrap_or(USUAL_SECONDS), most)
        }
        "ramping-arrival-rate" => {
            let known = stages(run, &list);
            Load::RateStages(
                known.iter().map(|(target, seconds)| (rate_text(number(target).unwrap_or(1.0), per), *seconds)).collect(),
                most,
            )
        }
        "shared-iterations" | "per-vu-iterations" => {
            run.leave("options", &format!("scenario `{name}`: the number of iterations has no counterpart; the profile sets a duration"));
            Load::Users(number(&vus).unwrap_or(1.0), seconds(&longest).unwrap_or(USUAL_SECONDS))
        }
        _ => Load::Users(number(&vus).unwrap_or(1.0), seconds(&duration).unwrap_or(USUAL_SECONDS)),
    }
}

/// A rate for a unit of time: `30/m`.
fn rate_text(rate: f64, per_seconds: f64) -> String {
    match per_seconds {
        1.0 => format!("{rate}/s"),
        60.0 => format!("{rate}/m"),
        3600.0 => format!("{rate}/h"),
        other => format!("{}/s", rate / other),
    }
}

/// Converts a duration such as `1m30s` to seconds; a number is in milliseconds.
pub(super) fn seconds(value: &Value) -> Option<f64> {
    let text = match value {
        Value::Env(_, Some(default)) => default.to_string(),
        Value::Data(_) if value.as_number().is_some() => return value.as_number().map(|ms| ms / 1000.0),
        other => other.literal()?,
    };
    let mut total = 0.0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(|char: char| char.is_ascii_alphabetic())?;
        let number: f64 = rest[..end].parse().ok()?;
        let behind = &rest[end..];
        let unit_end = behind.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(behind.len());
        total += number
            * match &behind[..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &behind[unit_end..];
    }
    Some(total)
}

fn duration(seconds: f64) -> Yaml {
    Yaml::String(crate::draft::duration((seconds * 1000.0).round() as u64))
}

fn whole(number: f64) -> Yaml {
    Yaml::Number((number.max(0.0) as u64).into())
}

impl Load {
    fn seconds(&self) -> f64 {
        match self {
            Self::Users(_, seconds) | Self::Rate(_, seconds, _) => *seconds,
            Self::Stages(stages) => stages.iter().map(|(_, seconds)| seconds).sum(),
            Self::RateStages(stages, _) => stages.iter().map(|(_, seconds)| seconds).sum(),
        }
    }

    /// The scenario's keys in the profile. If other scenarios run longer, a constant number of users becomes a ramp that stays at its end
    /// value.
    fn keys(&self, is_only: bool, total_seconds: f64) -> Mapping {
        let mut out = Mapping::new();
        let mut set = |key: &str, value: Yaml| {
            out.insert(Yaml::String(key.to_owned()), value);
        };
        let stage = |key: &str, value: Yaml, seconds: f64| {
            let mut stage = Mapping::new();
            stage.insert(Yaml::String(key.to_owned()), value);
            stage.insert(Yaml::String("duration".to_owned()), duration(seconds));
            Yaml::Mapping(stage)
        };
        match self {
            Self::Users(users, seconds) if is_only => {
                set("clients", whole(*users));
                set("duration", duration(*seconds));
            }
            Self::Users(users, seconds) if *seconds >= total_seconds => set("clients", whole(*users)),
            Self::Users(users, seconds) => {
                let first = stage("clients", whole(*users), 1.0);
                set("stages", Yaml::Sequence(vec![first, stage("clients", whole(*users), (seconds - 1.0).max(1.0))]));
            }
            Self::Stages(stages) => {
                set("stages", Yaml::Sequence(stages.iter().map(|(users, seconds)| stage("clients", whole(*users), *seconds)).collect()));
            }
            Self::Rate(rate, seconds, most) => {
                if is_only || *seconds >= total_seconds {
                    set("rate", Yaml::String(rate.clone()));
                    if is_only {
                        set("duration", duration(*seconds));
                    }
                } else {
                    let first = stage("rate", Yaml::String(rate.clone()), 1.0);
                    set("stages", Yaml::Sequence(vec![first, stage("rate", Yaml::String(rate.clone()), (seconds - 1.0).max(1.0))]));
                }
                if let Some(most) = most {
                    set("max_clients", whole(*most));
                }
            }
            Self::RateStages(stages, most) => {
                set(
                    "stages",
                    Yaml::Sequence(stages.iter().map(|(rate, seconds)| stage("rate", Yaml::String(rate.clone()), *seconds)).collect()),
                );
                if let Some(most) = most {
                    set("max_clients", whole(*most));
                }
            }
        }
        out
    }
}

/// The profile's `runner`.
pub(super) fn profile(draft: &mut Draft, users: &[(String, Scenario)]) {
    let runner = match users {
        [] => return,
        [(_, only)] => only.load.keys(true, only.load.seconds()),
        many => {
            let end = |scenario: &Scenario| scenario.start_seconds + scenario.load.seconds();
            let total = many.iter().map(|(_, scenario)| end(scenario)).fold(0.0, f64::max);
            let mut all = Mapping::new();
            for (name, scenario) in many {
                let mut keys = scenario.load.keys(false, total - scenario.start_seconds);
                if scenario.start_seconds > 0.0 {
                    keys.insert(Yaml::String("start".to_owned()), duration(scenario.start_seconds));
                }
                all.insert(Yaml::String(name.clone()), Yaml::Mapping(keys));
            }
            let mut runner = Mapping::new();
            runner.insert(Yaml::String("duration".to_owned()), duration(total));
            runner.insert(Yaml::String("users".to_owned()), Yaml::Mapping(all));
            runner
        }
    };
    draft.profile.insert(Yaml::String("runner".to_owned()), Yaml::Mapping(runner));
}
