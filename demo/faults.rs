//! Faults that the server simulates: latency, failures, dropped connections, stalls.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The current faults; by default none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Delays every response by this time: `"20ms"` or `"20ms..80ms"`.
    pub latency: Option<Latency>,
    /// The share (0 to 1) of requests that are answered with 503.
    pub fail_rate: f64,
    /// The share (0 to 1) of requests whose connection is dropped without a response.
    pub close: f64,
    /// Regularly stops all responses for a time: `true` or `"2s every 20s"`.
    pub stall: Option<Stall>,
    /// A status for all requests whose path begins with a text: `{"/shop/items": 500}`.
    pub status: IndexMap<String, u16>,
}

impl Faults {
    /// Checks the values; the error names an invalid one.
    pub fn check(&self) -> Result<(), String> {
        for (name, share) in [("fail_rate", self.fail_rate), ("close", self.close)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("`{name}` is {share}; it is a share between 0 and 1"));
            }
        }
        for (prefix, status) in &self.status {
            if !prefix.starts_with('/') {
                return Err(format!("`status` has {prefix:?}; a path begins with `/`, as in {:?}", format!("/{prefix}")));
            }
            if !(200..=599).contains(status) {
                return Err(format!("`status` of {prefix:?} is {status}; it is a number from 200 to 599"));
            }
        }
        Ok(())
    }

    /// The status for this path, if a fault sets one.
    pub(crate) fn status_of(&self, path: &str) -> Option<u16> {
        self.status.iter().find(|(prefix, _)| path.starts_with(prefix.as_str())).map(|(_, status)| *status)
    }
}

/// A delay, or a range from which each response takes a random delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "String")]
pub struct Latency {
    /// The shortest delay.
    pub least: Duration,
    /// The longest delay.
    pub most: Duration,
}

impl Latency {
    /// The delay for a random number.
    pub(crate) fn pick(self, random: u64) -> Duration {
        let width = u64::try_from((self.most - self.least).as_micros()).unwrap_or(0);
        self.least + Duration::from_micros(random % (width + 1))
    }
}

impl FromStr for Latency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (duration(least)?, duration(most)?);
        if least > most {
            return Err(format!("latency {text:?}: expected the shorter time first"));
        }
        Ok(Latency { least, most })
    }
}

impl TryFrom<Value> for Latency {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => text.parse(),
            Value::Number(number) => format!("{number}ms").parse(),
            other => Err(format!("latency is {other}; write it as \"20ms\" or \"20ms..80ms\"")),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most { write!(f, "{:?}", self.least) } else { write!(f, "{:?}..{:?}", self.least, self.most) }
    }
}

impl From<Latency> for String {
    fn from(latency: Latency) -> String {
        latency.to_string()
    }
}

/// A regular stop of all responses: it lasts for the last `halt` of every `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "String")]
pub struct Stall {
    /// The duration of a stop.
    pub halt: Duration,
    /// The time from the end of one stop to the end of the next.
    pub every: Duration,
}

impl Default for Stall {
    fn default() -> Self {
        Stall { halt: Duration::from_secs(2), every: Duration::from_secs(20) }
    }
}

impl Stall {
    /// The remaining time of the current stop, if the faults were set `age` ago.
    pub(crate) fn left(self, age: Duration) -> Option<Duration> {
        let phase = age.as_nanos().checked_rem(self.every.as_nanos())?;
        let left = self.every - Duration::from_nanos(u64::try_from(phase).ok()?);
        (left <= self.halt).then_some(left)
    }
}

impl FromStr for Stall {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let halves = text.split_once("every").ok_or_else(|| format!("stall {text:?}: write it as \"2s every 20s\""))?;
        let (halt, every) = (duration(halves.0)?, duration(halves.1)?);
        if halt.is_zero() || halt >= every {
            return Err(format!("stall {text:?}: expected a stall longer than 0 and shorter than the time between two stalls"));
        }
        Ok(Stall { halt, every })
    }
}

impl TryFrom<Value> for Stall {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Bool(true) => Ok(Stall::default()),
            Value::String(text) => text.parse(),
            other => Err(format!("stall is {other}; write true or \"2s every 20s\", and leave it out for none")),
        }
    }
}

impl From<Stall> for String {
    fn from(stall: Stall) -> String {
        format!("{:?} every {:?}", stall.halt, stall.every)
    }
}

/// Parses `20ms`, `1.5s` or `2m`, at most an hour.
fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let split = text.find(|letter: char| letter.is_ascii_alphabetic() || letter == 'µ').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => {
            return Err(format!("{text:?} is no duration; write it as 20ms, 1.5s or 2m"));
        }
    };
    let seconds = number.parse::<f64>().map_err(|_| format!("{text:?} is no duration; write it as 20ms, 1.5s or 2m"))? * scale;
    if (0.0..=3600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!("{text:?} is not between 0 and an hour"))
    }
}
