//! What was found of a threshold.

use ltc_config::Threshold;
use ltc_config::threshold::{Limit, Rule, Unit};
use serde::{Deserialize, Serialize};

use super::measured::{Measured, SelectedRows};
use super::value::{FAILED, Value};
use crate::report::ms;
use ltc_engine::stats::{ReportRow, Snapshot};

/// How a threshold stands, or stood at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// It held.
    Passed,
    /// It didn't.
    Failed,
    /// There was nothing to judge it by.
    #[default]
    NotJudged,
}

/// A threshold with what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// As it is written.
    pub text: String,
    /// Where: `specs/tpdata.profile.yml:20:7`.
    pub place: String,
    /// The step or group it is about, or `all`.
    pub subject: String,
    /// The figure it is about: `p95`.
    pub metric: String,
    /// What figure and limit count.
    pub unit: Unit,
    /// `<`, `<=`, `>` or `>=`.
    pub comparison: String,
    /// The limit, in its unit; nothing where the earlier run that it refers to wasn't given.
    pub limit: Option<f64>,
    /// The figure that decided, in its unit; nothing where no request has one.
    pub actual: Option<Value>,
    /// How it stands.
    pub outcome: Status,
    /// What a reader should know beside the figures: the stretch that decided, why it wasn't judged.
    pub detail: String,
    /// When it stopped the test, microseconds from its start.
    pub aborted_at_us: Option<u64>,
}

impl Verdict {
    /// A threshold of which nothing is known yet.
    pub(super) fn open(threshold: &Threshold, limit: Option<f64>) -> Self {
        let rule = &threshold.rule;
        Self {
            text: threshold.text.clone(),
            place: threshold.location.to_string(),
            subject: rule.subject.to_string(),
            metric: rule.metric.to_string(),
            unit: rule.metric.unit(),
            comparison: rule.comparison.sign().to_owned(),
            limit,
            actual: None,
            outcome: Status::NotJudged,
            detail: String::new(),
            aborted_at_us: None,
        }
    }

    /// The deciding figure as people read it: `287 ms`, `0.4%`.
    pub(crate) fn actual_text(&self) -> String {
        match self.actual {
            Some(Value::Figure(value)) => figure(self.unit, value),
            Some(Value::Failed) => FAILED.to_owned(),
            None => "–".to_owned(),
        }
    }

    /// The limit as people read it: `< 300 ms`.
    pub(crate) fn limit_text(&self) -> String {
        let limit = self.limit.map_or_else(|| "baseline".to_owned(), |limit| figure(self.unit, limit));
        format!("{} {limit}", self.comparison)
    }

    /// Whether it didn't hold.
    pub(crate) fn has_failed(&self) -> bool {
        self.outcome == Status::Failed
    }

    /// Its outcome in a word.
    pub(crate) fn word(&self) -> &'static str {
        match self.outcome {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::NotJudged => "not judged",
        }
    }
}

/// A value with its unit.
pub(crate) fn figure(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Us => format!("{} ms", ms(value)),
        Unit::Percent => format!("{}%", short(value)),
        Unit::PerSecond => format!("{}/s", short(value)),
        Unit::Count => crate::report::count(value.max(0.0) as u64),
    }
}

/// To three digits, without zeros behind the point.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 1,
        v if v >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Judges thresholds again on merged results. What was judged over stretches of the parts stays failed if it failed in any; it can't be
/// found passed, since the stretches of the whole aren't known.
pub(crate) fn again(parts: &[&[Verdict]], total: &Snapshot, names: &[ReportRow]) -> Vec<Verdict> {
    let mut merged: Vec<Verdict> = Vec::new();
    for verdict in parts.iter().copied().flatten() {
        match merged.iter_mut().find(|known| known.text == verdict.text) {
            Some(known) if verdict.has_failed() && !known.has_failed() => *known = verdict.clone(),
            Some(_) => {}
            None => merged.push(verdict.clone()),
        }
    }
    for verdict in &mut merged {
        let Ok(threshold) = Threshold::parse(&verdict.text, &ltc_config::Location::default()) else { continue };
        let rule = &threshold.rule;
        let whole = rule.over.is_none() && rule.from.is_zero() && verdict.aborted_at_us.is_none();
        let limit = match rule.limit {
            Limit::Value(value) => Some(value),
            Limit::Baseline { .. } => verdict.limit,
        };
        if whole {
            let measured = Measured::of(total, &SelectedRows::find(&rule.subject, names), names);
            verdict.actual = measured.value(rule.metric);
            (verdict.outcome, verdict.detail) = decided(rule, &measured, limit);
        } else if !verdict.has_failed() {
            verdict.outcome = Status::NotJudged;
            verdict.detail = "held in every part; windows of the merged test cannot be evaluated".to_owned();
        }
    }
    merged
}

/// What was measured and a limit come to, at the end.
pub(super) fn decided(rule: &Rule, measured: &Measured, limit: Option<f64>) -> (Status, String) {
    match (measured.value(rule.metric), limit) {
        (_, None) => (Status::NotJudged, "no earlier run was given: --baseline FILE".to_owned()),
        (None | Some(Value::Failed), Some(_)) => (Status::Failed, measured.why()),
        (Some(actual), Some(limit)) if actual.holds(rule.comparison, limit) => (Status::Passed, String::new()),
        (Some(_), Some(_)) => (Status::Failed, String::new()),
    }
}
