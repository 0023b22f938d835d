//! Reads `profile.runner` and the entries of its `users`: which keys give which shape of load, and which exclude each other.

use std::time::Duration;

use crate::duration;
use crate::node::{Node, NodeValue};
use crate::rate::Rate;
use crate::reader::{Diagnostics, Section};

use super::keys::{self, LOAD_KEYS};
use super::load::{ClientStage, Load, MAX_CLIENTS, RateStage, Shape, Spacing, default_max_clients};

enum Stages {
    Clients(Vec<ClientStage>),
    Rates(Vec<RateStage>),
}

/// Reads one runner. Without any load key its shape is [`Shape::None`]; the caller decides whether that is an error.
pub(super) fn read_load(section: Section<'_>, least_clients: u64) -> Load {
    let clients = section.whole("clients", least_clients, MAX_CLIENTS);
    let rate = section.rate("rate");
    let stages = read_stages(section);
    let duration = section.positive_duration("duration");
    let start = section.duration("start").unwrap_or_default();
    let shape = match (&stages, section.has("clients"), section.has("rate")) {
        (_, true, true) => {
            let help = "remove one of them: clients sets the number of users, rate the iterations started per second";
            section.error("rate", both(section, "clients", "rate"), help);
            Shape::None
        }
        (Some(_), true, false) => {
            let help = "remove clients; a first stage {clients: N, duration: 0s} starts with N users";
            section.error("clients", both(section, "clients", "stages"), help);
            Shape::None
        }
        (Some(Stages::Clients(_)), false, true) => {
            section.error(
                "rate",
                "unexpected stages of clients, expected stages of rates: rate is set",
                "write stages of {rate, duration}, or remove rate",
            );
            Shape::None
        }
        (Some(Stages::Clients(stages)), false, false) => Shape::ClientStages(stages.clone()),
        (Some(Stages::Rates(stages)), false, _) => arrivals(section, rate.unwrap_or(Rate::ZERO), stages.clone()),
        (None, false, true) => match rate {
            Some(rate) if rate.is_zero() && least_clients > 0 => {
                section.error("rate", "unexpected rate 0, expected more than 0", "write, for example, 500/s, 30/m or 10/h");
                Shape::None
            }
            Some(rate) => arrivals(section, rate, Vec::new()),
            None => Shape::None,
        },
        (None, true, false) => closed(section, clients, duration),
        (None, false, false) => closed(section, None, duration),
    };
    exclusions(section, matches!(shape, Shape::Arrivals { .. }));
    Load { shape, start, duration, location: section.location.clone() }
}

fn both(section: Section<'_>, one: &str, other: &str) -> String {
    format!("unexpected {one} and {other} in {}, expected only one of them", section.path)
}

/// Reports keys that have no meaning together with the shape that the other keys ask for.
fn exclusions(section: Section<'_>, open: bool) {
    let closed_only = section.has("clients") || !(section.has("rate") || section.has("stages"));
    let stepping = section.bool("step_load") == Some(true);
    if !closed_only && stepping {
        section.error(
            "step_load",
            "unexpected step_load, expected with clients only: rate or stages set the load",
            "remove step_load, or write the steps as stages",
        );
    }
    if !closed_only && section.has("hatch_rate") {
        section.warn("hatch_rate", "hatch_rate has no effect together with rate or stages", "remove it");
    }
    if closed_only && !section.has("clients") && stepping {
        section.error("step_load", "missing clients: step_load needs it", "add clients, the number of users of the last step");
    }
    for key in ["max_clients", "arrivals"] {
        if section.has(key) && !open && !section.has("rate") {
            section.error(key, format!("unexpected {key} without a rate"), "add rate: 500/s, or remove this key");
        }
    }
}

fn closed(section: Section<'_>, clients: Option<u64>, duration: Option<Duration>) -> Shape {
    let stepping = section.bool("step_load").unwrap_or(false);
    let hatch_rate = section.read("hatch_rate", |text| match Rate::parse(text)? {
        rate if rate.is_zero() => Err("it must be more than 0: it is the number of clients started per second".to_owned()),
        rate => Ok(rate),
    });
    // An old profile has the step keys even if step_load is off. They are checked, but have no effect.
    let step_clients = section.whole("step_clients", u64::from(stepping), MAX_CLIENTS);
    let step_duration = section.read("step_duration", |text| match duration::parse(text)? {
        Duration::ZERO if stepping => Err("it must be longer than 0".to_owned()),
        step => Ok(step),
    });
    let Some(clients) = clients else {
        return Shape::None;
    };
    let hatch_rate = hatch_rate.unwrap_or_else(|| Rate::per_second(clients.clamp(1, Rate::MAX_PER_SECOND)));
    if !stepping {
        let hatched = all_hatched_after(clients, hatch_rate);
        if let Some(duration) = duration
            && hatched >= duration
        {
            let message = format!(
                "the {clients} clients take {} to start at {hatch_rate}, longer than the duration of {}",
                duration::print(hatched),
                duration::print(duration)
            );
            section.warn("duration", message, "raise hatch_rate or duration");
        }
        return Shape::Clients { clients, hatch_rate };
    }
    for (key, example) in [("step_clients", "step_clients: 10"), ("step_duration", "step_duration: 1m")] {
        if !section.has(key) {
            section.error("step_load", format!("missing {key}: step_load needs it"), &format!("add {example}"));
        }
    }
    let (Some(step_clients), Some(step_duration)) = (step_clients, step_duration) else {
        return Shape::None;
    };
    let steps = clients.div_ceil(step_clients).max(1);
    let last = step_duration.checked_mul(u32::try_from(steps - 1).unwrap_or(u32::MAX)).unwrap_or(Duration::MAX);
    if let Some(duration) = duration
        && last >= duration
    {
        let reached = duration.as_nanos().div_ceil(step_duration.as_nanos());
        let message = format!(
            "the duration of {} ends in step {reached} of {steps}: the step with {clients} clients starts at {}",
            duration::print(duration),
            duration::print(last)
        );
        section.warn("duration", message, "raise duration or step_clients, or lower step_duration");
    }
    Shape::Steps { clients, hatch_rate, step_clients, step_duration }
}

/// The time at which the last user starts.
fn all_hatched_after(clients: u64, hatch_rate: Rate) -> Duration {
    let nanos = u128::from(clients.saturating_sub(1)) * u128::from(hatch_rate.per_ns()) / u128::from(hatch_rate.count().max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn arrivals(section: Section<'_>, rate: Rate, stages: Vec<RateStage>) -> Shape {
    let spacing = section.read("arrivals", |text| match text.to_ascii_lowercase().as_str() {
        "even" => Ok(Spacing::Even),
        "poisson" => Ok(Spacing::Poisson),
        _ => Err(format!("unexpected \"{text}\", expected even or poisson")),
    });
    let peak = stages.iter().map(|stage| stage.rate).fold(rate, Rate::max);
    let max_clients = section.whole("max_clients", 1, MAX_CLIENTS);
    Shape::Arrivals {
        rate,
        stages,
        max_clients: max_clients.unwrap_or_else(|| default_max_clients(peak)),
        spacing: spacing.unwrap_or_default(),
    }
}

fn read_stages(section: Section<'_>) -> Option<Stages> {
    let entry = section.entry("stages")?;
    let diagnostics = section.diagnostics();
    let example = "write stages: [{clients: 100, duration: 5m}, {clients: 0, duration: 1m}], or {rate: 500/s, duration: 5m}";
    let NodeValue::List(items) = &entry.value.value else {
        section.error("stages", format!("stages must be a list, not {}", entry.value.describe()), example);
        return None;
    };
    if items.is_empty() {
        section.error("stages", "empty stages", example);
        return None;
    }
    let (mut clients, mut rates) = (Vec::new(), Vec::new());
    let mut first_is_rate = None;
    for item in items {
        let stage = keys::known(Section::open(diagnostics, item, "a stage"), &["clients", "rate", "duration"]);
        let is_rate = match (stage.has("clients"), stage.has("rate")) {
            (true, true) => {
                stage.error("rate", "unexpected clients and rate in one stage, expected only one of them", "remove one of them");
                continue;
            }
            (false, false) => {
                stage.error("", "missing clients or rate of a stage", example);
                continue;
            }
            (_, is_rate) => is_rate,
        };
        if *first_is_rate.get_or_insert(is_rate) != is_rate {
            let other = if is_rate { "rate" } else { "clients" };
            stage.error(
                other,
                "unexpected mix of stages with clients and with rates",
                "write a load of its own for each user under users:",
            );
        }
        if !stage.has("duration") {
            stage.error("", "missing duration of a stage", "add duration: 5m, or 0s for a jump");
        }
        let duration = stage.duration("duration").unwrap_or_default();
        if is_rate {
            rates.extend(stage.rate("rate").map(|rate| RateStage { rate, duration }));
        } else {
            clients.extend(stage.whole("clients", 0, MAX_CLIENTS).map(|clients| ClientStage { clients, duration }));
        }
    }
    Some(if first_is_rate == Some(true) { Stages::Rates(rates) } else { Stages::Clients(clients) })
}

/// Reads an entry of `users`: a map like a runner, or a number of clients.
pub(super) fn read_user(diagnostics: &Diagnostics, name: &str, node: &Node) -> Load {
    let path = format!("users.{name}");
    if let NodeValue::Scalar { .. } = &node.value
        && !node.is_null()
        && let Some(clients) = crate::reader::read_node(diagnostics, &path, node, |text| {
            text.parse::<u64>()
                .map_err(|_| format!("unexpected \"{text}\", expected a number of clients; write {{clients: 10}} or {{rate: 5/s}}"))
        })
    {
        let hatch_rate = Rate::per_second(clients.clamp(1, Rate::MAX_PER_SECOND));
        let shape = Shape::Clients { clients: clients.min(MAX_CLIENTS), hatch_rate };
        return Load { shape, start: Duration::ZERO, duration: None, location: node.location.clone() };
    }
    if let NodeValue::Scalar { .. } = &node.value
        && !node.is_null()
    {
        return Load { shape: Shape::None, start: Duration::ZERO, duration: None, location: node.location.clone() };
    }
    let section = keys::known(Section::open(diagnostics, node, &path), &LOAD_KEYS[..LOAD_KEYS.len() - 1]);
    let given = ["clients", "rate", "stages"].iter().any(|key| section.has(key));
    if !given && matches!(node.value, NodeValue::Map(_)) || node.is_null() {
        section.error("", format!("{path} sets no load"), "add clients, rate or stages; clients: 0 turns it off");
    }
    read_load(section, 0)
}
