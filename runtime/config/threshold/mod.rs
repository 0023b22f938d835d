//! `profile.thresholds`: the conditions that a test must meet to pass.
//!
//! ```text
//! threshold = [ subject "." ] metric comparison limit { "over" time | "from" time | "abort" [ "after" time ] }
//! subject   = "all" | a step's or group's name, in quotes unless it is one word          left out: all
//! metric    = failures | unfinished | resends | rps | time [ "(successful)" ] | requests | missed | lag
//! time      = avg | min | max | pNN
//! comparison= < | <= | > | >=
//! limit     = 300ms | 1% | 400/s | 1000 | baseline [ "*" number ] [ ("+" | "-") amount ]
//! ```
//!
//! `docs/results.md` explains each of them.

mod fit;
mod parse;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{ConfigError, Location};
use crate::suggest::did_you_mean_or_list;

/// A threshold, with its location.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The written form: `all.p95 < 500ms`.
    pub text: String,
    /// The location.
    #[serde(rename = "place")]
    pub location: Location,
    /// The rule that the text states.
    pub rule: Rule,
}

/// The rule of a threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The subject.
    pub subject: Subject,
    /// The metric of the subject.
    pub metric: Metric,
    /// The comparison of the metric with the limit.
    pub comparison: Comparison,
    /// The limit.
    pub limit: Limit,
    /// The length of the windows that are judged one by one; `None`: the whole test is judged at once.
    pub over: Option<Duration>,
    /// Results from before this time aren't judged.
    pub from: Duration,
    /// The test stops when the threshold has been broken for this long.
    pub abort: Option<Duration>,
}

/// What a threshold is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// All steps together.
    All,
    /// The report row with this name: a step or a group.
    Line(String),
}

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Metric {
    /// The percentage of requests (and `fail` statements) that failed.
    FailureRate,
    /// The number of requests (and `fail` statements) that failed.
    Failures,
    /// The percentage of started requests that were still in flight when their user was stopped.
    UnfinishedRate,
    /// The number of such requests.
    Unfinished,
    /// The percentage of requests that were sent again on a new connection.
    ResendRate,
    /// The number of such requests.
    Resends,
    /// Requests per second.
    Rps,
    /// A response time.
    Time(Time, Of),
    /// The number of requests.
    Requests,
    /// The number of arrivals that found no free user.
    Missed,
    /// How late iterations began that had a scheduled time: the 99th percentile.
    Lag,
}

/// A statistic of response times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Time {
    /// The mean of the successful requests. A failed one has no time that could be added.
    Average,
    /// The minimum.
    Min,
    /// The maximum.
    Max,
    /// The time within which this percentage of the requests succeeded.
    Percentile(f64),
}

/// Which requests a response time covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    /// All requests. A failed one counts as slower than any that succeeded.
    All,
    /// Only successful requests: `p95(successful)`.
    Successful,
}

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Microseconds.
    Us,
    /// Percent.
    Percent,
    /// Per second.
    PerSecond,
    /// A plain number.
    Count,
}

/// How a value must compare with the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// A limit, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Limit {
    /// A number.
    Value(f64),
    /// The same metric of an earlier run, times `factor`, plus `plus`.
    Baseline {
        /// 1 if the threshold has no factor.
        factor: f64,
        /// 0 if the threshold adds nothing.
        plus: f64,
    },
}

impl Threshold {
    /// Reads a threshold. The error points at the wrong part.
    pub fn parse(text: &str, location: &Location) -> Result<Self, ConfigError> {
        match parse::rule(text) {
            Ok(rule) => Ok(Self { text: text.to_owned(), location: location.clone(), rule }),
            Err(wrong) => {
                let message = format!("the threshold `{text}`: {}", wrong.message);
                Err(ConfigError::new(within(location, text, wrong.at, wrong.len), message).with_help(wrong.help))
            }
        }
    }

    /// The error if the report has no row that the threshold names.
    pub fn check(&self, lines: &[&str]) -> Option<ConfigError> {
        let Subject::Line(name) = &self.rule.subject else { return None };
        if lines.contains(&name.as_str()) {
            return None;
        }
        let message = format!("the threshold `{}`: unknown step or group `{name}`", self.text);
        // If a group calls a sequence, the names of the sequence's steps begin with the group's name.
        let grouped = lines.iter().find(|line| line.strip_suffix(name.as_str()).is_some_and(|group| group.ends_with(" / ")));
        let help = match grouped {
            Some(line) => Some(format!("did you mean `{line}`?")),
            None => did_you_mean_or_list(name, lines, "use all, or one of"),
        };
        Some(ConfigError::new(self.location.clone(), message).with_help_if(help))
    }

    /// Whether the threshold compares with an earlier run.
    pub fn needs_baseline(&self) -> bool {
        matches!(self.rule.limit, Limit::Baseline { .. })
    }
}

/// The location of a part of the text. It is that of the whole text if the file doesn't have the text unchanged on one line.
fn within(location: &Location, text: &str, at: usize, len: usize) -> Location {
    let quotes = match location.len.checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return location.clone(),
    };
    let columns = text.get(..at).map_or(0, |before| before.chars().count());
    Location { column: location.column + quotes + columns, offset: location.offset + quotes + at, len: len.max(1), ..location.clone() }
}

impl Metric {
    /// The unit of the metric's values.
    pub fn unit(self) -> Unit {
        match self {
            Self::FailureRate | Self::UnfinishedRate | Self::ResendRate => Unit::Percent,
            Self::Rps => Unit::PerSecond,
            Self::Failures | Self::Unfinished | Self::Resends | Self::Requests | Self::Missed => Unit::Count,
            Self::Time(..) | Self::Lag => Unit::Us,
        }
    }

    /// The count that a percentage is of. Other metrics stay the same.
    fn counted(self) -> Self {
        match self {
            Self::FailureRate => Self::Failures,
            Self::UnfinishedRate => Self::Unfinished,
            Self::ResendRate => Self::Resends,
            other => other,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailureRate | Self::Failures => f.write_str("failures"),
            Self::UnfinishedRate | Self::Unfinished => f.write_str("unfinished"),
            Self::ResendRate | Self::Resends => f.write_str("resends"),
            Self::Rps => f.write_str("rps"),
            Self::Time(time, Of::All) => time.fmt(f),
            Self::Time(time, Of::Successful) => write!(f, "{time}(successful)"),
            Self::Requests => f.write_str("requests"),
            Self::Missed => f.write_str("missed"),
            Self::Lag => f.write_str("lag"),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Average => f.write_str("avg"),
            Self::Min => f.write_str("min"),
            Self::Max => f.write_str("max"),
            Self::Percentile(percent) => write!(f, "p{percent}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Line(name) => name,
        })
    }
}

impl Comparison {
    /// The written operator.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether a value meets the limit.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
        }
    }

    /// Whether the first value is further than the second from meeting the limit.
    pub fn is_worse(self, value: f64, than: f64) -> bool {
        match self {
            Self::Below | Self::AtMost => value > than,
            Self::Above | Self::AtLeast => value < than,
        }
    }
}

impl Limit {
    /// The limit as a number; `None` if it needs the value of an earlier run and `baseline` is unknown.
    pub fn value(self, baseline: Option<f64>) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Baseline { factor, plus } => baseline.map(|value| value * factor + plus),
        }
    }
}

#[cfg(test)]
mod tests;
