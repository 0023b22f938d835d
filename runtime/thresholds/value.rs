//! The value that a threshold measured.

use ltc_config::threshold::Comparison;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number, or a failed request in its place. In JSON a number, or `"failed"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// The value in the metric's unit.
    Figure(f64),
    /// More requests failed than the percentile allows: p95 with more than 5 % failures.
    Failed,
}

impl Value {
    /// Whether the value meets a limit. A failure never does, whatever the comparison.
    pub(super) fn holds(self, comparison: Comparison, limit: f64) -> bool {
        match self {
            Self::Figure(value) => comparison.holds(value, limit),
            Self::Failed => false,
        }
    }

    /// Whether the value is further from meeting the limit than another one.
    pub(super) fn is_worse(self, comparison: Comparison, than: Self) -> bool {
        match (self, than) {
            (_, Self::Failed) => false,
            (Self::Failed, Self::Figure(_)) => true,
            (Self::Figure(value), Self::Figure(than)) => comparison.is_worse(value, than),
        }
    }
}

/// The text of a value that isn't a number.
pub(super) const FAILED: &str = "failed";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Figure(value) => to.serialize_f64(*value),
            Self::Failed => to.serialize_str(FAILED),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ValueJson {
    Figure(f64),
    Word(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match ValueJson::deserialize(from)? {
            ValueJson::Figure(value) => Ok(Self::Figure(value)),
            ValueJson::Word(word) if word == FAILED => Ok(Self::Failed),
            ValueJson::Word(word) => Err(serde::de::Error::custom(format!("unexpected {word:?}, expected a number or {FAILED:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_never_holds_and_is_the_worst() {
        for comparison in [Comparison::Below, Comparison::AtMost, Comparison::Above, Comparison::AtLeast] {
            assert!(!Value::Failed.holds(comparison, 1.0));
            assert!(Value::Failed.is_worse(comparison, Value::Figure(1e12)) && !Value::Figure(0.0).is_worse(comparison, Value::Failed));
        }
        assert!(Value::Figure(2.0).is_worse(Comparison::Below, Value::Figure(1.0)));
        assert!(Value::Figure(1.0).is_worse(Comparison::AtLeast, Value::Figure(2.0)));
    }

    #[test]
    fn threshold_value_that_is_read_equals_the_one_written() {
        let all = [Some(Value::Figure(0.1)), Some(Value::Figure(5.0)), Some(Value::Failed), None];
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(text, r#"[0.1,5.0,"failed",null]"#);
        assert_eq!(serde_json::from_str::<[Option<Value>; 4]>(&text).unwrap(), all);
        assert!(serde_json::from_str::<Value>("\"x\"").is_err());
    }
}
