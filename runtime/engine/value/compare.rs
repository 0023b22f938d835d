//! Equality and order of values. Ints and floats are compared as numbers, and objects without regard to the order of their members.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Number, Value};

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) | (Self::Absent, Self::Absent) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) | (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::Int(_) | Self::Float(_) | Self::Exact(_), Self::Int(_) | Self::Float(_) | Self::Exact(_)) => {
                self.compare(other) == Some(Ordering::Equal)
            }
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => {
                Arc::ptr_eq(a, b) || (a.len() == b.len() && a.iter().all(|(key, value)| b.get(key) == Some(value)))
            }
            (Self::File(a), Self::File(b)) => Arc::ptr_eq(a, b) || (a.bytes == b.bytes && a.name == b.name && a.media_type == b.media_type),
            (Self::Form(a), Self::Form(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Value {
    /// The order of two numbers, strings, durations or times; `None` for other values.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) | (Self::Duration(a), Self::Duration(b)) => Some(a.cmp(b)),
            (Self::Str(a), Self::Str(b)) => Some(a.cmp(b)),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            _ => Number::of(self)?.compare(Number::of(other)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_and_floats_are_compared_as_numbers() {
        assert_eq!(Value::from(1), Value::from(1.0));
        assert_ne!(Value::from(i64::MAX), Value::from(i64::MAX as f64));
        assert_eq!(Value::from(2).compare(&Value::from(2.5)), Some(Ordering::Less));
        assert_eq!(Value::from(-2).compare(&Value::from(-2.5)), Some(Ordering::Greater));
        assert_eq!(Value::from(-2.5).compare(&Value::from(-2)), Some(Ordering::Less));
        assert_eq!(Value::from("a").compare(&Value::from("b")), Some(Ordering::Less));
        assert_eq!(Value::from("a").compare(&Value::from(1)), None);
        assert_ne!(Value::from("1"), Value::from(1));
    }

    #[test]
    fn objects_are_compared_in_any_order_of_members() {
        let a = Value::object([("a", Value::from(1)), ("b", Value::from(2))]);
        let b = Value::object([("b", Value::from(2.0)), ("a", Value::from(1))]);
        assert_eq!(a, b);
        assert_ne!(a, Value::object([("a", Value::from(1))]));
        assert_ne!(Value::from(vec![a]), Value::from(vec![]));
    }
}
