//! The operators of the language.
//!
//! Result types don't depend on the values of numbers: `/` of two numbers is always a float, and `+ - * %` of two ints is always an int. A
//! result beyond the range of an int is an error, never wrapped or rounded; so is a division by zero. A whole number beyond 64 bits can't
//! be used in calculations; a fraction that keeps its text is used as the nearest float.

use std::cmp::Ordering;

use regex::Regex;

pub use super::access::{index, member, slice};
pub(crate) use super::access::{no_member, place};
use super::number::{negated, too_large};
use super::{Eval, EvalError, Value};

const TOO_LARGE: &str = "the result is too large for an int";

fn mismatch<T>(a: &Value, operator: &str, b: &Value) -> Eval<T> {
    for side in [a, b] {
        if let Value::Exact(exact) = side {
            return if exact.is_whole() { too_large(exact.text()) } else { Err(EvalError::new("the result is too large for a float")) };
        }
    }
    let hint = match (operator, a, b) {
        ("+", Value::Str(_), _) | ("+", _, Value::Str(_)) => ": put the value into the text, \"…{x}…\"",
        ("+", Value::Bytes(_), _) | ("+", _, Value::Bytes(_)) => ": concat(a, b) joins bytes",
        ("+", Value::Object(_), Value::Object(_)) => ": merge(a, b) joins objects",
        _ => "",
    };
    Err(EvalError(format!("{} {operator} {} means nothing{hint}", a.describe(), b.describe())))
}

fn int(n: Option<i64>) -> Eval {
    n.map(Value::Int).ok_or_else(|| EvalError::new(TOO_LARGE))
}

fn duration(nanos: Option<i64>) -> Eval {
    nanos.map(Value::Duration).ok_or_else(|| EvalError::new("the result is too long for a duration"))
}

/// A float that is a number. Overflow and NaN are errors.
pub(crate) fn float(x: f64) -> Eval {
    if x.is_finite() { Ok(Value::Float(x)) } else { Err(EvalError::new("the result is too large for a float")) }
}

fn floats(a: &Value, b: &Value) -> Option<(f64, f64)> {
    Some((a.as_number()?, b.as_number()?))
}

/// Both sides if one of them is a fraction that is kept as text. It is converted to a float.
fn rounded(a: &Value, b: &Value) -> Option<(Value, Value)> {
    let is_text = |side: &Value| matches!(side, Value::Exact(exact) if !exact.is_whole());
    let float = |side: &Value| match side {
        Value::Exact(_) => side.as_number().map(Value::Float),
        other => Some(other.clone()),
    };
    if is_text(a) || is_text(b) { Some((float(a)?, float(b)?)) } else { None }
}

/// The fallback after the specific types of an operator: calculates with two numbers as floats.
fn otherwise(a: &Value, operator: &str, b: &Value, again: fn(&Value, &Value) -> Eval, by: fn(f64, f64) -> Eval) -> Eval {
    if let Some((a, b)) = rounded(a, b) {
        return again(&a, &b);
    }
    match floats(a, b) {
        Some((a, b)) => by(a, b),
        None => mismatch(a, operator, b),
    }
}

fn nonzero(zero: bool) -> Eval<()> {
    if zero { Err(EvalError::new("division by zero")) } else { Ok(()) }
}

/// `a + b`
pub fn add(a: &Value, b: &Value) -> Eval {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_add(*b)),
        (Value::Str(a), Value::Str(b)) => {
            let mut text = a.clone();
            text.push_str(b);
            Ok(Value::Str(text))
        }
        (Value::List(a), Value::List(b)) => {
            let mut items = a.clone();
            items.extend_from_slice(b);
            Ok(Value::List(items))
        }
        (Value::Duration(a), Value::Duration(b)) => duration(a.checked_add(*b)),
        (Value::Time(t), Value::Duration(d)) | (Value::Duration(d), Value::Time(t)) => Ok(Value::Time(t.saturating_add((*d).into()))),
        _ => otherwise(a, "+", b, add, |a, b| float(a + b)),
    }
}

/// `a - b`
pub fn sub(a: &Value, b: &Value) -> Eval {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_sub(*b)),
        (Value::Duration(a), Value::Duration(b)) => duration(a.checked_sub(*b)),
        (Value::Time(t), Value::Duration(d)) => Ok(Value::Time(t.saturating_sub((*d).into()))),
        (Value::Time(a), Value::Time(b)) => duration(a.checked_sub(*b).and_then(|span| i64::try_from(span).ok())),
        _ => otherwise(a, "-", b, sub, |a, b| float(a - b)),
    }
}

/// `a * b`. A duration can be multiplied by a number on either side.
pub fn mul(a: &Value, b: &Value) -> Eval {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_mul(*b)),
        (Value::Duration(d), Value::Int(n)) | (Value::Int(n), Value::Duration(d)) => duration(d.checked_mul(*n)),
        (Value::Duration(d), Value::Float(x)) | (Value::Float(x), Value::Duration(d)) => scaled(*d, *x),
        _ => otherwise(a, "*", b, mul, |a, b| float(a * b)),
    }
}

/// `a / b`: a float for two numbers, even if they divide exactly; a duration by a number is a duration, and by a duration a float.
pub fn div(a: &Value, b: &Value) -> Eval {
    match (a, b) {
        (Value::Duration(d), Value::Int(n)) => {
            nonzero(*n == 0)?;
            duration(d.checked_div(*n))
        }
        (Value::Duration(d), Value::Float(x)) => {
            nonzero(*x == 0.0)?;
            scaled(*d, 1.0 / x)
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more digits than a float has")]
        (Value::Duration(a), Value::Duration(b)) => {
            nonzero(*b == 0)?;
            float(*a as f64 / *b as f64)
        }
        _ => otherwise(a, "/", b, div, |a, b| {
            nonzero(b == 0.0)?;
            float(a / b)
        }),
    }
}

/// `a % b`, with the sign of `a`.
pub fn rem(a: &Value, b: &Value) -> Eval {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => {
            nonzero(*b == 0)?;
            Ok(Value::Int(a.wrapping_rem(*b)))
        }
        (Value::Duration(a), Value::Duration(b)) => {
            nonzero(*b == 0)?;
            Ok(Value::Duration(a.wrapping_rem(*b)))
        }
        _ => otherwise(a, "%", b, rem, |a, b| {
            nonzero(b == 0.0)?;
            float(a % b)
        }),
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "rounded to the nanosecond, and checked against the limit"
)]
fn scaled(nanos: i64, by: f64) -> Eval {
    let product = (nanos as f64 * by).round();
    if product.abs() < i64::MAX as f64 { duration(Some(product as i64)) } else { duration(None) }
}

/// `-a`
pub fn neg(a: &Value) -> Eval {
    match a {
        Value::Int(n) => int(n.checked_neg()),
        Value::Float(x) => Ok(Value::Float(-x)),
        Value::Exact(exact) => Ok(negated(exact)),
        Value::Duration(nanos) => duration(nanos.checked_neg()),
        other => Err(EvalError(format!("minus {} means nothing", other.describe()))),
    }
}

/// A condition, which has to be a bool.
pub fn truth(a: &Value) -> Eval<bool> {
    match a {
        Value::Bool(b) => Ok(*b),
        other => Err(EvalError(format!("a condition needs a bool, got {}: compare it with something", other.describe()))),
    }
}

/// `not a`
pub fn not(a: &Value) -> Eval {
    truth(a).map(|b| Value::Bool(!b))
}

/// `a == b`
pub fn eq(a: &Value, b: &Value) -> bool {
    a == b
}

fn order(a: &Value, operator: &str, b: &Value) -> Eval<Ordering> {
    match a.compare(b) {
        Some(order) => Ok(order),
        None => Err(EvalError(format!(
            "{} {operator} {}: only two numbers, strings, durations or times have an order",
            a.describe(),
            b.describe()
        ))),
    }
}

/// `a < b`
pub fn lt(a: &Value, b: &Value) -> Eval<bool> {
    order(a, "<", b).map(Ordering::is_lt)
}

/// `a <= b`
pub fn le(a: &Value, b: &Value) -> Eval<bool> {
    order(a, "<=", b).map(Ordering::is_le)
}

/// `a > b`
pub fn gt(a: &Value, b: &Value) -> Eval<bool> {
    order(a, ">", b).map(Ordering::is_gt)
}

/// `a >= b`
pub fn ge(a: &Value, b: &Value) -> Eval<bool> {
    order(a, ">=", b).map(Ordering::is_ge)
}

/// `item in container`: whether a string has a part, a list an item, or an object a key.
pub fn contained(item: &Value, container: &Value) -> Eval<bool> {
    match (container, item) {
        (Value::Str(text), Value::Str(part)) => Ok(memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()),
        (Value::Str(_), other) => Err(EvalError(format!("looked for {} in a string: a part of a string is a string", other.describe()))),
        (Value::List(items), item) => Ok(items.contains(item)),
        (Value::Object(members), Value::Str(key)) => Ok(members.contains_key(key)),
        (Value::Object(_), other) => Err(EvalError(format!("looked for {} in an object: its keys are strings", other.describe()))),
        (other, _) => Err(EvalError(format!("looked for a part in {}: only strings, lists and objects have parts", other.describe()))),
    }
}

/// `a ~ /re/`
pub fn matches(a: &Value, regex: &Regex) -> Eval<bool> {
    match a {
        Value::Str(text) => Ok(regex.is_match(text)),
        other => Err(EvalError(format!("~ tests a string, got {}", other.describe()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    fn v(json: &str) -> Value {
        Value::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn operators_give_their_results() {
        type Op = fn(&Value, &Value) -> Eval;
        let cases: [(Op, Value, Value, Value); 20] = [
            (add, v("1"), v("2"), v("3")),
            (add, v("1"), v("0.5"), v("1.5")),
            (add, v("\"a\""), v("\"b\""), v("\"ab\"")),
            (add, v("[1]"), v("[2]"), v("[1,2]")),
            (add, Value::Time(5), Value::Duration(2), Value::Time(7)),
            (add, Value::Duration(5), Value::Duration(2), Value::Duration(7)),
            (sub, v("1"), v("2"), v("-1")),
            (sub, Value::Time(5), Value::Time(2), Value::Duration(3)),
            (sub, Value::Time(5), Value::Duration(2), Value::Time(3)),
            (mul, v("3"), v("2"), v("6")),
            (mul, v("3"), Value::Duration(2 * S), Value::Duration(6 * S)),
            (mul, Value::Duration(2 * S), v("0.5"), Value::Duration(S)),
            (div, v("6"), v("3"), Value::Float(2.0)),
            (div, v("1"), v("2"), Value::Float(0.5)),
            (div, Value::Duration(6 * S), v("3"), Value::Duration(2 * S)),
            (div, Value::Duration(S), Value::Duration(4 * S), Value::Float(0.25)),
            (rem, v("-7"), v("3"), v("-1")),
            (rem, v("7.5"), v("2"), v("1.5")),
            (rem, Value::Duration(7), Value::Duration(4), Value::Duration(3)),
            (rem, Value::Int(i64::MIN), v("-1"), v("0")),
        ];
        for (op, a, b, expected) in cases {
            let result = op(&a, &b).unwrap();
            assert_eq!(result, expected);
            assert_eq!(result.type_name(), expected.type_name(), "{a:?} {b:?}");
        }
    }

    #[test]
    fn operations_without_a_result_are_errors() {
        for fault in [
            add(&Value::Int(i64::MAX), &v("1")),
            sub(&Value::Int(i64::MIN), &v("1")),
            mul(&Value::Int(i64::MAX), &v("2")),
            mul(&v("1e308"), &v("1e308")),
            div(&v("1"), &v("0")),
            rem(&v("1"), &v("0")),
            neg(&Value::Int(i64::MIN)),
            add(&v("1"), &v("\"a\"")),
            add(&Value::Null, &v("1")),
            mul(&Value::Duration(i64::MAX), &v("2.0")),
            not(&v("1")),
        ] {
            assert!(fault.is_err(), "{fault:?}");
        }
        assert_eq!(
            add(&v("\"a\""), &v("1")).unwrap_err().0,
            "the string \"a\" + the int 1 means nothing: put the value into the text, \"…{x}…\""
        );
        assert_eq!(
            lt(&v("\"a\""), &v("1")).unwrap_err().0,
            "the string \"a\" < the int 1: only two numbers, strings, durations or times have an order"
        );
        assert_eq!(truth(&v("1")).unwrap_err().0, "a condition needs a bool, got the int 1: compare it with something");
    }

    #[test]
    fn operator_in_finds_parts_items_and_keys() {
        assert!(contained(&v("\"b\""), &v("\"abc\"")).unwrap());
        assert!(contained(&v("1.0"), &v("[1]")).unwrap());
        assert!(contained(&v("\"k\""), &v("{\"k\":null}")).unwrap());
        assert!(contained(&v("1"), &v("1")).is_err());
        assert!(matches(&v("\"abc\""), &Regex::new("^a").unwrap()).unwrap());
        assert!(matches(&v("1"), &Regex::new("1").unwrap()).is_err());
    }
}
