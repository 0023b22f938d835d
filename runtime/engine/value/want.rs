//! Values of a required type: conditions, counts, durations, lists.

use std::time::Duration;

use ecow::EcoVec;

use super::convert::{Type, convert_json};
use super::{Eval, EvalError, Value, ops};

impl Value {
    /// A condition.
    pub fn truth(&self) -> Eval<bool> {
        ops::truth(self)
    }

    /// A whole number.
    pub fn as_int(&self) -> Eval<i64> {
        match convert_json(self.clone(), Type::Int)? {
            Self::Int(number) => Ok(number),
            Self::Exact(exact) => Err(EvalError(format!("the int {} is too large here: the largest is {}", exact.text(), i64::MAX))),
            other => Err(EvalError(format!("expected an int, got {}", other.describe()))),
        }
    }

    /// A duration that isn't negative.
    pub fn as_duration(&self) -> Eval<Duration> {
        match convert_json(self.clone(), Type::Duration)? {
            Self::Duration(nanos) => {
                let nanos = u64::try_from(nanos)
                    .map_err(|_| EvalError(format!("{} is negative, expected a duration of 0 or more", self.describe())))?;
                Ok(Duration::from_nanos(nanos))
            }
            other => Err(EvalError(format!("expected a duration, got {}", other.describe()))),
        }
    }

    /// The items of a list.
    pub fn into_list(self) -> Eval<EcoVec<Self>> {
        match self {
            Self::List(items) => Ok(items),
            other => Err(EvalError(format!("expected a list, got {}", other.describe()))),
        }
    }
}
