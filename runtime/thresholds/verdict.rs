//! The verdict on a threshold.

use ltc_config::Threshold;
use ltc_config::threshold::{Limit, Rule, Unit};
use serde::{Deserialize, Serialize};

use super::measured::{Measured, SelectedRows};
use super::value::{FAILED, Value};
use crate::report::ms;
use ltc_engine::stats::{ReportRow, Snapshot};

/// The state of a threshold, during the test or at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// The value met the limit.
    Passed,
    /// The value didn't meet the limit.
    Failed,
    /// No data to judge it.
    #[default]
    NotJudged,
}

/// A threshold with its measured value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// The written form.
    pub text: String,
    /// Its location: `specs/tpdata.profile.yml:20:7`.
    pub place: String,
    /// The step or group it is about, or `all`.
    pub subject: String,
    /// The metric: `p95`.
    pub metric: String,
    /// The unit of value and limit.
    pub unit: Unit,
    /// `<`, `<=`, `>` or `>=`.
    pub comparison: String,
    /// The limit in its unit; `None` if it refers to an earlier run that wasn't given.
    pub limit: Option<f64>,
    /// The decisive value in its unit; `None` if no request has one.
    pub actual: Option<Value>,
    /// The state.
    pub outcome: Status,
    /// Further facts for the reader: the window that decided, or why it wasn't judged.
    pub detail: String,
    /// When it stopped the test, in microseconds from the start.
    pub aborted_at_us: Option<u64>,
}

impl Verdict {
    /// A threshold without any data yet.
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

    /// The decisive value as text: `287 ms`, `0.4%`.
    pub(crate) fn actual_text(&self) -> String {
        match self.actual {
            Some(Value::Figure(value)) => figure(self.unit, value),
            Some(Value::Failed) => FAILED.to_owned(),
            None => "–".to_owned(),
        }
    }

    /// The limit as text: `< 300 ms`.
    pub(crate) fn limit_text(&self) -> String {
        let limit = self.limit.map_or_else(|| "baseline".to_owned(), |limit| figure(self.unit, limit));
        format!("{} {limit}", self.comparison)
    }

    /// Whether the threshold failed.
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

/// A number with three significant digits, without trailing zeros.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 1,
        v if v >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Judges thresholds again on merged results. A threshold over windows stays failed if it failed in any part. It can't pass, because the
/// windows of the whole aren't known.
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

/// The state at the end, from the measured value and the limit.
pub(super) fn decided(rule: &Rule, measured: &Measured, limit: Option<f64>) -> (Status, String) {
    match (measured.value(rule.metric), limit) {
        (_, None) => (Status::NotJudged, "no earlier run was given: --baseline FILE".to_owned()),
        (None | Some(Value::Failed), Some(_)) => (Status::Failed, measured.why()),
        (Some(actual), Some(limit)) if actual.holds(rule.comparison, limit) => (Status::Passed, String::new()),
        (Some(_), Some(_)) => (Status::Failed, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_a_unit_and_three_digits() {
        let shown = [1234.56, 123.456, 12.3456, 1.0, 0.123_456].map(|value| figure(Unit::PerSecond, value));
        assert_eq!(shown, ["1234.6/s", "123.5/s", "12.35/s", "1/s", "0.1235/s"]);
        assert_eq!(
            (figure(Unit::Percent, 0.0), figure(Unit::Percent, 100.0), figure(Unit::Count, 12_345.0)),
            ("0%".into(), "100%".into(), crate::report::count(12_345))
        );
    }
}
