//! `profile.thresholds`: what a test must hold to pass.
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
//! What each means stands in `docs/results.md`.

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
    /// As it is written: `all.p95 < 500ms`.
    pub text: String,
    /// Where it stands.
    #[serde(rename = "place")]
    pub location: Location,
    /// What it says.
    pub rule: Rule,
}

/// What a threshold says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Of what.
    pub subject: Subject,
    /// Which figure of it.
    pub metric: Metric,
    /// On which side of the limit it must be.
    pub comparison: Comparison,
    /// The limit.
    pub limit: Limit,
    /// Judged over each stretch of this length; `None`: over the whole test.
    pub over: Option<Duration>,
    /// What came before this time isn't judged.
    pub from: Duration,
    /// The test is stopped once the threshold has been broken for so long.
    pub abort: Option<Duration>,
}

/// What a threshold is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// All steps together.
    All,
    /// The line of the report of that name: a step or a group.
    Line(String),
}

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Metric {
    /// How many of a hundred requests (and `fail` statements) failed.
    FailureRate,
    /// How many requests (and `fail` statements) failed.
    Failures,
    /// How many of a hundred requests that were begun were still in flight when their user was stopped.
    UnfinishedRate,
    /// How many requests were.
    Unfinished,
    /// How many of a hundred requests were sent again on a new connection.
    ResendRate,
    /// How many were.
    Resends,
    /// Requests a second.
    Rps,
    /// A response time.
    Time(Time, Of),
    /// How many requests there were.
    Requests,
    /// How many arrivals found no free user.
    Missed,
    /// How late iterations began that should have begun at a time: its 99th percentile.
    Lag,
}

/// A figure of response times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Time {
    /// The mean: of successful requests, for a failed one has no time that could be added.
    Average,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The time within which this percentage of the requests succeeded.
    Percentile(f64),
}

/// Which requests a response time is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    /// All: a failed request is slower than any that succeeded.
    All,
    /// Successful ones alone: `p95(successful)`.
    Successful,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Microseconds.
    Us,
    /// Of a hundred.
    Percent,
    /// A second.
    PerSecond,
    /// Things.
    Count,
}

/// On which side of the limit a figure must be.
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
    /// The same figure of an earlier run, times `factor`, plus `plus`.
    Baseline {
        /// 1 where none is written.
        factor: f64,
        /// 0 where none is written.
        plus: f64,
    },
}

impl Threshold {
    /// Reads a threshold; the error shows the part that is wrong.
    pub fn parse(text: &str, location: &Location) -> Result<Self, ConfigError> {
        match parse::rule(text) {
            Ok(rule) => Ok(Self { text: text.to_owned(), location: location.clone(), rule }),
            Err(wrong) => {
                let message = format!("the threshold `{text}`: {}", wrong.message);
                Err(ConfigError::new(within(location, text, wrong.at, wrong.len), message).with_help(wrong.help))
            }
        }
    }

    /// What is wrong with it, if it is about a line that the report doesn't have.
    pub fn check(&self, lines: &[&str]) -> Option<ConfigError> {
        let Subject::Line(name) = &self.rule.subject else { return None };
        if lines.contains(&name.as_str()) {
            return None;
        }
        let message = format!("the threshold `{}`: unknown step or group `{name}`", self.text);
        // A step of a sequence that is called within a group has the group in its name.
        let grouped = lines.iter().find(|line| line.strip_suffix(name.as_str()).is_some_and(|group| group.ends_with(" / ")));
        let help = match grouped {
            Some(line) => Some(format!("did you mean `{line}`?")),
            None => did_you_mean_or_list(name, lines, "use all, or one of"),
        };
        Some(ConfigError::new(self.location.clone(), message).with_help_if(help))
    }

    /// Whether it compares with an earlier run.
    pub fn needs_baseline(&self) -> bool {
        matches!(self.rule.limit, Limit::Baseline { .. })
    }
}

/// The location of a part of a text that stands on one line as it is; else that of the whole.
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
    /// What its values count.
    pub fn unit(self) -> Unit {
        match self {
            Self::FailureRate | Self::UnfinishedRate | Self::ResendRate => Unit::Percent,
            Self::Rps => Unit::PerSecond,
            Self::Failures | Self::Unfinished | Self::Resends | Self::Requests | Self::Missed => Unit::Count,
            Self::Time(..) | Self::Lag => Unit::Us,
        }
    }

    /// The count of what a share is of; all others are what they are.
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
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether a value is on the right side of a limit.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
        }
    }

    /// Whether the first value is further from holding than the second.
    pub fn is_worse(self, value: f64, than: f64) -> bool {
        match self {
            Self::Below | Self::AtMost => value > than,
            Self::Above | Self::AtLeast => value < than,
        }
    }
}

impl Limit {
    /// The limit, where the figure of the earlier run is known if it is needed.
    pub fn value(self, baseline: Option<f64>) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Baseline { factor, plus } => baseline.map(|value| value * factor + plus),
        }
    }
}

#[cfg(test)]
mod tests;
