//! The verdict of a run. It is computed once, when all facts are known, and is the same in every report, for all listeners and in the exit
//! code.

use serde::{Deserialize, Serialize};

use super::Report;
use super::figures::count;
use crate::thresholds::{Status, Verdict};

/// How a run ended. The order is that of precedence: if several apply, the greatest is the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// No threshold was judged, and nothing else decides against the run: it is neither good nor bad.
    #[default]
    NoThresholds,
    /// All judged thresholds passed.
    Passed,
    /// A threshold failed, or no started request succeeded.
    Failed,
    /// Somebody stopped it before its end.
    Interrupted,
    /// The run says nothing about the system under test: no request was started, shards were lost for good, or the orchestrator failed.
    Broken,
}

impl Outcome {
    /// The verdict in words for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NoThresholds => "no thresholds",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Broken => "broken",
        }
    }

    /// The verdict as one word for programs, also in JSON.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::NoThresholds => "no_thresholds",
            other => other.word(),
        }
    }

    /// The exit code of a run with this outcome.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::NoThresholds | Self::Passed => 0,
            Self::Failed => 1,
            Self::Interrupted => 130,
            Self::Broken => 3,
        }
    }
}

/// A verdict with its reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conclusion {
    /// The verdict.
    pub outcome: Outcome,
    /// The reasons, a sentence each, without a capital and a full stop. The decisive one comes first.
    pub reasons: Vec<String>,
}

impl Conclusion {
    /// `failed: 1 of 3 thresholds failed; none of 12 requests succeeded`.
    pub(crate) fn text(&self) -> String {
        sentence(self.outcome, &self.reasons)
    }
}

/// The verdict's word with its reasons, in one line.
pub(super) fn sentence(outcome: Outcome, reasons: &[String]) -> String {
    match reasons {
        [] => outcome.word().to_owned(),
        // The verdict's word already states the reason.
        [only] if only == outcome.word() => outcome.word().to_owned(),
        all => format!("{}: {}", outcome.word(), all.join("; ")),
    }
}

/// All facts that a verdict depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts<'f> {
    /// Whether somebody stopped the run.
    pub interrupted: bool,
    /// Why the run failed because of the infrastructure, a sentence each.
    pub broken: &'f [String],
    /// Requests that were started, whatever their result, including those of `skip` steps.
    pub begun: u64,
    /// Requests that succeeded, including those of `skip` steps.
    pub succeeded: u64,
    /// The verdicts on its thresholds.
    pub thresholds: &'f [Verdict],
}

impl<'f> Facts<'f> {
    /// The facts of a report.
    pub(crate) fn of(report: &'f Report) -> Self {
        let total = report.total.total(&report.names);
        Self {
            interrupted: report.run.interrupted,
            broken: &report.run.broken,
            begun: total.requests + total.unfinished + total.skipped,
            succeeded: total.succeeded() + total.skipped.saturating_sub(total.skipped_failures),
            thresholds: &report.thresholds,
        }
    }

    /// Computes the verdict and its reasons.
    pub(crate) fn conclude(&self) -> Conclusion {
        let mut found: Vec<(Outcome, String)> = self.broken.iter().map(|why| (Outcome::Broken, why.clone())).collect();
        if self.begun == 0 {
            // The results of functions that were lost are unknown.
            let what = if self.broken.is_empty() { "no request was begun" } else { "no request was counted" };
            found.push((Outcome::Broken, what.to_owned()));
        }
        if self.interrupted {
            found.push((Outcome::Interrupted, "it was stopped before its end".to_owned()));
        }
        let with = |status: Status| self.thresholds.iter().filter(|verdict| verdict.outcome == status).count();
        let (held, failed, all) = (with(Status::Passed), with(Status::Failed), self.thresholds.len());
        if failed > 0 {
            found.push((Outcome::Failed, format!("{failed} of {} failed", thresholds(all))));
        }
        if self.begun > 0 && self.succeeded == 0 {
            found.push((Outcome::Failed, none_succeeded(self.begun)));
        }
        if found.is_empty() {
            found.push(match (held, all) {
                (0, 0) => (Outcome::NoThresholds, Outcome::NoThresholds.word().to_owned()),
                (0, _) => (Outcome::NoThresholds, format!("none of {} was judged", thresholds(all))),
                (1, 1) => (Outcome::Passed, "its threshold held".to_owned()),
                (held, all) if held == all => (Outcome::Passed, format!("all {} held", thresholds(all))),
                (held, all) => (Outcome::Passed, format!("{held} of {} held, the rest wasn't judged", thresholds(all))),
            });
        }
        let outcome = found.iter().map(|(outcome, _)| *outcome).max().unwrap_or_default();
        Conclusion { outcome, reasons: found.into_iter().map(|(_, reason)| reason).collect() }
    }
}

fn thresholds(n: usize) -> String {
    if n == 1 { "1 threshold".to_owned() } else { format!("{n} thresholds") }
}

fn none_succeeded(begun: u64) -> String {
    if begun == 1 { "the only request didn't succeed".to_owned() } else { format!("none of {} requests succeeded", count(begun)) }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
