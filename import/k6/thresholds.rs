//! Converts the thresholds of a k6 script to those of the profile.

use std::collections::HashMap;

use indexmap::IndexSet;
use serde_yaml::Value as Yaml;

use crate::Source;
use crate::draft::{Draft, Stmt};
use crate::script::Value;

/// The most metrics whose line is searched.
const SEARCHES_MAX: usize = 100;

/// Adds the thresholds to the profile, except those of metrics that ltc does not have.
pub(super) fn thresholds(draft: &mut Draft, source: &Source, options: &Value) {
    let Value::Map(options) = options else { return };
    let Some(Value::Map(all)) = options.borrow().get("thresholds").cloned() else { return };
    let mut out: IndexSet<String> = IndexSet::new();
    let names = step_names(draft);
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut searches = 0;
    for (metric, conditions) in all.borrow().iter() {
        let conditions: Vec<Value> = match conditions {
            Value::List(items) => items.borrow().clone(),
            other => vec![other.clone()],
        };
        for condition in conditions {
            let (text, aborts, delay) = parts(&condition);
            let own = own_metric(draft, metric, &names);
            let measured = own.as_deref().unwrap_or(metric);
            match text.as_deref().and_then(|text| threshold(measured, text, &names)) {
                Some(limit) => {
                    let after = delay.filter(|_| aborts).map(|delay| format!(" after {delay}")).unwrap_or_default();
                    let limit = if aborts { format!("{limit} abort{after}") } else { limit };
                    // `http_req_failed` and `checks` may have the same limit.
                    out.insert(limit);
                    draft.tally.carry("thresholds", 1);
                }
                None => {
                    let line = *lines.entry(metric.clone()).or_insert_with(|| {
                        // A search for each of thousands would read the whole text each time.
                        searches += 1;
                        let start = source.text.find("thresholds").filter(|_| searches <= SEARCHES_MAX);
                        let at = start.and_then(|start| source.text[start..].find(metric.as_str()).map(|at| start + at));
                        source.line(at.or(start).unwrap_or_default())
                    });
                    let comment =
                        draft.tally.leave("thresholds", format!("threshold {metric}: {}", text.unwrap_or_default()), &source.name, line);
                    draft.comments.push(comment);
                }
            }
        }
    }
    if !out.is_empty() {
        draft.profile.insert(Yaml::String("thresholds".to_owned()), Yaml::Sequence(out.into_iter().map(Yaml::String).collect()));
    }
}

/// The metric of k6 that counts the same as a metric of the script: about one step, or about all.
fn own_metric(draft: &Draft, metric: &str, names: &[String]) -> Option<String> {
    if let Some([only]) = draft.measured.get(metric).map(Vec::as_slice) {
        return Some(format!("http_req_duration{{name:{only}}}"));
    }
    let (of_failures, rated) = draft.rated.get(metric)?;
    let like = if *of_failures { "http_req_failed" } else { "checks" };
    let is_rated = |name: &String| rated.iter().any(|step| name == step || name.ends_with(&format!(" / {step}")));
    let groups = |name: &String| names.iter().any(|inner| inner.starts_with(&format!("{name} / ")));
    match rated.as_slice() {
        _ if names.iter().all(|name| is_rated(name) || groups(name)) => Some(like.to_owned()),
        [first, rest @ ..] if rest.iter().all(|step| step == first) => Some(format!("{like}{{name:{first}}}")),
        _ => None,
    }
}

/// The condition, whether it aborts the test, and the delay before it is evaluated.
fn parts(condition: &Value) -> (Option<String>, bool, Option<String>) {
    match condition {
        Value::Map(map) => {
            let map = map.borrow();
            let aborts = matches!(map.get("abortOnFail"), Some(Value::Data(crate::draft::Expr::Bool(true))));
            (map.get("threshold").and_then(Value::literal), aborts, map.get("delayAbortEval").and_then(Value::literal))
        }
        other => (other.literal(), false, None),
    }
}

fn step_names(draft: &Draft) -> Vec<String> {
    fn collect(body: &[Stmt], prefix: &str, out: &mut Vec<String>) {
        for statement in body {
            match statement {
                Stmt::Step(step) => out.push(format!("{prefix}{}", step.name)),
                Stmt::Group(name, body) => {
                    out.push(format!("{prefix}{name}"));
                    collect(body, &format!("{prefix}{name} / "), out);
                }
                Stmt::Parallel(body) | Stmt::Repeat(_, body) | Stmt::Poll { body, .. } | Stmt::For { body, .. } => {
                    collect(body, prefix, out)
                }
                Stmt::If(branches, otherwise) => {
                    branches.iter().for_each(|(_, body)| collect(body, prefix, out));
                    collect(otherwise, prefix, out);
                }
                _ => {}
            }
        }
    }
    let mut out = Vec::new();
    draft.sequences.iter().for_each(|sequence| collect(&sequence.body, "", &mut out));
    let mut seen = std::collections::HashSet::new();
    out.retain(|name| seen.insert(name.clone()));
    out
}

/// A threshold of the profile; `None` if ltc has no corresponding metric.
fn threshold(metric: &str, condition: &str, names: &[String]) -> Option<String> {
    let (metric, tags) = metric.split_once('{').map_or((metric, None), |(metric, tags)| (metric.trim(), Some(tags.trim_end_matches('}'))));
    let subject = match tags.map(str::trim).filter(|tags| !tags.is_empty()) {
        None => String::new(),
        Some("expected_response:true") => String::new(),
        Some(tags) => {
            let (key, value) = tags.split_once(':')?;
            let value = value.trim().trim_start_matches("::");
            if !matches!(key.trim(), "name" | "group" | "scenario") {
                return None;
            }
            // A step in a group has the group's name before its own.
            let inner = format!(" / {value}");
            let mut found = names.iter().filter(|name| *name == value || key.trim() == "name" && name.ends_with(&inner));
            let (name, None) = (found.next()?, found.next()) else { return None };
            format!("{}.", crate::write::quoted(name))
        }
    };
    let operator = ["<=", ">=", "===", "==", "<", ">"].into_iter().find(|operator| condition.contains(operator))?;
    let (what, limit) = condition.split_once(operator)?;
    let (what, limit) = (what.trim(), limit.trim().parse::<f64>().ok()?);
    // A rate of exactly 0 or 1.
    let operator = match (operator.starts_with("=="), limit) {
        (false, _) => operator,
        (true, 0.0) => "<=",
        (true, 1.0) => ">=",
        (true, _) => return None,
    };
    let percent = |share: f64| format!("{}%", (share * 1e6).round() / 1e4);
    let opposite = |operator: &str| match operator {
        ">" => "<",
        ">=" => "<=",
        "<" => ">",
        _ => ">=",
    };
    let subject = |metric: String| if subject.is_empty() { format!("all.{metric}") } else { format!("{subject}{metric}") };
    Some(match (metric, what) {
        ("http_req_duration" | "http_req_waiting" | "iteration_duration" | "group_duration", what) => {
            if metric == "iteration_duration" {
                return None;
            }
            let time = match what {
                "avg" | "min" | "max" => what.to_owned(),
                "med" => "p50".to_owned(),
                other => format!("p{}", other.strip_prefix("p(")?.strip_suffix(')')?),
            };
            subject(format!("{time} {operator} {}", crate::draft::duration(limit.round() as u64)))
        }
        ("http_req_failed", "rate") => subject(format!("failures {operator} {}", percent(limit))),
        ("http_req_failed", "count") => subject(format!("failures {operator} {limit}")),
        ("checks", "rate") => subject(format!("failures {} {}", opposite(operator), percent(1.0 - limit))),
        ("http_reqs" | "iterations", "count") if metric == "http_reqs" => subject(format!("requests {operator} {limit}")),
        ("http_reqs", "rate") => subject(format!("rps {operator} {limit}")),
        ("dropped_iterations", "count") => format!("all.missed {operator} {limit}"),
        _ => return None,
    })
}
