//! Numbers.

use std::cmp::Ordering;

use super::{list_of, refuse};
use crate::value::{Eval, EvalError, Number, Value, convert, number, ops};

/// `min(a, b, …)`, or the minimum of the items of one list.
pub fn min(values: &[Value]) -> Eval {
    extreme("min", values, Ordering::Less)
}

/// `max(a, b, …)`, or the maximum of the items of one list.
pub fn max(values: &[Value]) -> Eval {
    extreme("max", values, Ordering::Greater)
}

fn extreme(function: &str, values: &[Value], wanted: Ordering) -> Eval {
    let items: &[Value] = match values {
        [Value::List(items)] => items,
        values => values,
    };
    let mut rest = items.iter();
    let mut best = rest.next().ok_or_else(|| EvalError(format!("{function} of an empty list: test len(…) first")))?;
    if best.compare(best).is_none() {
        return refuse(function, best, "numbers, strings, durations or times");
    }
    for value in rest {
        match value.compare(best) {
            Some(order) if order == wanted => best = value,
            Some(_) => {}
            None => {
                return Err(EvalError(format!("{function}: {} and {} have no order", best.describe(), value.describe())));
            }
        }
    }
    Ok(best.clone())
}

/// `sum(xs)`: the sum of numbers or durations. The sum of an empty list is 0.
pub fn sum(xs: &Value) -> Eval {
    let mut items = list_of("sum", xs)?.iter();
    let Some(first) = items.next() else {
        return Ok(Value::Int(0));
    };
    if Number::of(first).is_none() && !matches!(first, Value::Duration(_)) {
        return refuse("sum", first, "numbers or durations");
    }
    items.try_fold(first.clone(), |total, item| ops::add(&total, item))
}

/// `floor(x)`: rounds down to an int.
pub fn floor(x: &Value) -> Eval {
    whole("floor", x, f64::floor)
}

/// `ceil(x)`: rounds up to an int.
pub fn ceil(x: &Value) -> Eval {
    whole("ceil", x, f64::ceil)
}

/// `round(x)`: rounds to the nearest int, and halves away from 0.
pub fn round(x: &Value) -> Eval {
    whole("round", x, f64::round)
}

fn whole(function: &str, x: &Value, by: fn(f64) -> f64) -> Eval {
    match x {
        Value::Int(_) => Ok(x.clone()),
        Value::Float(f) => cut(by(*f)),
        Value::Exact(exact) if exact.is_whole() => Ok(x.clone()),
        Value::Exact(exact) => cut(by(exact.rounded())),
        other => refuse(function, other, "a number"),
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "checked against the limits")]
fn cut(x: f64) -> Eval {
    if x >= i64::MIN as f64 && x < i64::MAX as f64 { Ok(Value::Int(x as i64)) } else { Err(EvalError::new("too large for an int")) }
}

/// `abs(x)`
pub fn abs(x: &Value) -> Eval {
    match x {
        Value::Int(n) => n.checked_abs().map(Value::Int).ok_or_else(|| EvalError::new("too large for an int")),
        Value::Float(f) => Ok(Value::Float(f.abs())),
        Value::Exact(exact) if exact.text().starts_with('-') => ops::neg(x),
        Value::Exact(_) => Ok(x.clone()),
        Value::Duration(d) => Ok(Value::Duration(d.saturating_abs())),
        other => refuse("abs", other, "a number or a duration"),
    }
}

/// `int(x)`: converts text that is a whole number, a float (cut toward 0), or a bool (1 or 0).
pub fn int(x: &Value) -> Eval {
    match x {
        Value::Int(_) => Ok(x.clone()),
        Value::Float(f) => cut(f.trunc()),
        Value::Exact(exact) if exact.is_whole() => Ok(x.clone()),
        Value::Exact(exact) => cut(exact.rounded().trunc()),
        Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
        Value::Str(text) => match number::whole(text.trim()) {
            Some(n) => Ok(n),
            None => refuse("int", x, "a number, a bool or a string of digits"),
        },
        other => refuse("int", other, "a number, a bool or a string of digits"),
    }
}

/// `float(x)`: converts text that is a number, or an int.
pub fn float(x: &Value) -> Eval {
    let number = match x {
        Value::Str(text) => convert::number(text.trim()),
        Value::Exact(exact) => Some(exact.rounded()).filter(|f| f.is_finite()),
        other => other.as_number(),
    };
    match number {
        Some(f) => Ok(Value::Float(f)),
        None => refuse("float", x, "a number or a string that is one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(json: &str) -> Value {
        Value::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn number_functions_give_their_results() {
        let cases = [
            (min(&[v("2"), v("1.5")]), "1.5"),
            (max(&[v("[3,1,2]")]), "3"),
            (max(&[v("\"a\""), v("\"b\"")]), "\"b\""),
            (sum(&v("[1,2,3]")), "6"),
            (sum(&v("[1,0.5]")), "1.5"),
            (sum(&v("[]")), "0"),
            (floor(&v("-1.5")), "-2"),
            (ceil(&v("1.2")), "2"),
            (round(&v("2.5")), "3"),
            (abs(&v("-3")), "3"),
            (int(&v("\" 42\"")), "42"),
            (int(&v("-1.9")), "-1"),
            (int(&v("true")), "1"),
            (float(&v("\"1.5\"")), "1.5"),
            (int(&v("\"18446744073709551615\"")), "18446744073709551615"),
            (int(&v("18446744073709551615")), "18446744073709551615"),
            (int(&v("10.10")), "10"),
            (abs(&v("-18446744073709551615")), "18446744073709551615"),
            (abs(&v("-1.10")), "1.10"),
            (max(&[v("18446744073709551615"), v("1")]), "18446744073709551615"),
            (sum(&v("[1.10, 2]")), "3.1"),
            (round(&v("2.50")), "3"),
        ];
        for (got, expected) in cases {
            let expected = v(expected);
            let got = got.unwrap();
            assert_eq!(got, expected);
            assert_eq!(got.type_name(), expected.type_name());
        }
        assert_eq!(float(&v("1")).unwrap().type_name(), "float");
    }

    #[test]
    fn number_functions_refuse_other_values() {
        for fault in [
            min(&[]),
            min(&[v("[]")]),
            min(&[v("null")]),
            max(&[v("1"), v("\"a\"")]),
            int(&v("\"x\"")),
            int(&v("1e300")),
            float(&v("\"nan\"")),
            abs(&v("\"a\"")),
            sum(&v("[\"a\"]")),
            floor(&Value::Null),
        ] {
            assert!(fault.is_err(), "{fault:?}");
        }
    }
}
