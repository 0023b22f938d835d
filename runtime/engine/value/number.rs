//! Numbers as JSON has them: an int of 64 bits, a float, or a text, where neither prints the number as it was written.
//!
//! `18446744073709551615`, `0.1234567890123456789` and `1.10` keep their text, so that what was taken is what is sent. One with a point or an
//! exponent is calculated with as the nearest float; a whole one beyond 64 bits isn't calculated with. Two are compared digit by digit;
//! a fraction and a float as floats.

use std::cmp::Ordering;

use ecow::EcoString;
use ltc_config::number;

use super::{Eval, EvalError, Value};

/// The text of a number that no 64-bit int and no float prints as it was written.
#[derive(Clone, Debug)]
pub struct Exact(EcoString);

impl Exact {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is written as a whole number: then it is an int, else a float.
    pub fn is_whole(&self) -> bool {
        is_whole(&self.0)
    }

    /// The nearest float.
    pub fn rounded(&self) -> f64 {
        rounded(&self.0)
    }
}

/// A number of a value or a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number<'t> {
    /// Whole, and within 64 bits.
    Int(i64),
    /// One that prints as it reads.
    Float(f64),
    /// Any other, as it is written.
    Exact(&'t str),
}

impl<'t> Number<'t> {
    /// A number as JSON writes it; `whole`: without point and exponent.
    pub(crate) fn read(text: &'t str, whole: bool) -> Self {
        if whole {
            return text.parse().map_or(Self::Exact(text), Self::Int);
        }
        match text.parse() {
            Ok(x) if number::is_short(text) || number::prints_as_it_reads(text) => Self::Float(x),
            _ => Self::Exact(text),
        }
    }

    /// The number of a value; nothing where it is none.
    pub fn of(value: &'t Value) -> Option<Self> {
        match value {
            Value::Int(n) => Some(Self::Int(*n)),
            Value::Float(x) => Some(Self::Float(*x)),
            Value::Exact(exact) => Some(Self::Exact(exact.text())),
            _ => None,
        }
    }

    /// The value.
    pub fn value(self) -> Value {
        match self {
            Self::Int(n) => Value::Int(n),
            Self::Float(x) => Value::Float(x),
            Self::Exact(text) => Value::Exact(Exact(text.into())),
        }
    }

    /// Whether it has no fraction.
    pub fn is_integral(self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Float(x) => x.fract() == 0.0,
            Self::Exact(text) => number::is_integral(text),
        }
    }

    /// Whether both are the same number.
    pub fn is(self, other: Number<'_>) -> bool {
        match (self, other) {
            (Self::Int(a), Number::Int(b)) => a == b,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// The order of two numbers; none where one is none (NaN).
    pub fn compare(self, other: Number<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (Self::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Self::Int(a), Number::Float(b)) => int_float(a, b),
            (Self::Float(a), Number::Int(b)) => int_float(b, a).map(Ordering::reverse),
            (Self::Exact(a), Number::Exact(b)) => Some(number::compare(a, b)),
            (Self::Exact(a), Number::Int(b)) => Some(number::compare(a, itoa::Buffer::new().format(b))),
            (Self::Exact(a), Number::Float(b)) => exact_float(a, b),
            (_, Number::Exact(_)) => other.compare(self).map(Ordering::reverse),
        }
    }

    /// An order by what both print, in which any numbers can be sorted.
    pub(crate) fn by_text(self, other: Number<'_>) -> Ordering {
        number::compare(&self.printed(), &other.printed())
    }

    fn printed(self) -> EcoString {
        match self {
            Self::Int(n) => itoa::Buffer::new().format(n).into(),
            Self::Float(x) => ryu::Buffer::new().format(x).into(),
            Self::Exact(text) => text.into(),
        }
    }
}

/// A number that is written so, as JSON writes numbers; nothing where it is none.
pub(crate) fn written(text: &str) -> Option<Number<'_>> {
    let mut scanner = super::scan::Scanner::new(text.as_bytes());
    let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let number = is_number.then(|| scanner.number().ok()).flatten()?;
    // What was read stands in the text: it is borrowed from there.
    scanner.end().ok().filter(|()| !text.ends_with(char::is_whitespace)).map(|()| number)
}

/// A text of digits as an int of any size: `+` and zeros in front are left out.
pub(crate) fn whole(text: &str) -> Option<Value> {
    if let Ok(n) = text.parse() {
        return Some(Value::Int(n));
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Value::Exact(Exact(ecow::eco_format!("{sign}{}", digits.trim_start_matches('0')))))
}

/// Minus a number that is kept as text.
pub(crate) fn negated(exact: &Exact) -> Value {
    let text = exact.text();
    let negated = text.strip_prefix('-').map_or_else(|| ecow::eco_format!("-{text}"), EcoString::from);
    Number::read(&negated, exact.is_whole()).value()
}

/// Why a whole number beyond 64 bits is not calculated with.
pub(crate) fn too_large<T>(text: &str) -> Eval<T> {
    Err(EvalError(format!("the int {text} is too large to calculate with: float(x) rounds it")))
}

fn is_whole(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

fn rounded(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// A whole number beyond 64 bits by its digits, as [`int_float`] compares smaller ones; any other as the float it is.
fn exact_float(exact: &str, float: f64) -> Option<Ordering> {
    if !is_whole(exact) || !float.is_finite() {
        return rounded(exact).partial_cmp(&float);
    }
    // All digits of the float: what is behind its point can't matter beside a number that large.
    Some(number::compare(exact, &format!("{float:.0}")))
}

/// Exact also where the int has more digits than a float holds.
fn int_float(int: i64, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the limits checked above")]
    let whole = float.trunc() as i64;
    Some(int.cmp(&whole).then_with(|| 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(json: &str) -> Value {
        Value::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_that_would_print_otherwise_keep_their_text() {
        for (json, kind, exact) in [
            ("9223372036854775807", "int", false),
            ("9223372036854775808", "int", true),
            ("-9223372036854775808", "int", false),
            ("-9223372036854775809", "int", true),
            ("123456789012345678901234567890", "int", true),
            ("0.1234567890123456789", "float", true),
            ("12345678901234567890.5", "float", true),
            ("10.10", "float", true),
            ("1e2", "float", true),
            ("1E-7", "float", true),
            ("1e999", "float", true),
            ("1.0", "float", false),
            ("0.30000000000000004", "float", false),
            ("1e-7", "float", false),
            ("1e30", "float", false),
        ] {
            let value = v(json);
            assert_eq!((value.type_name(), matches!(value, Value::Exact(_))), (kind, exact), "{json}");
            assert_eq!((value.to_json().unwrap().as_str(), value.to_text().unwrap().as_str()), (json, json));
        }
        let long = "7".repeat(1000);
        assert_eq!(v(&long).to_json().unwrap(), long);
    }

    #[test]
    fn numbers_of_all_types_are_compared() {
        for (a, b, order) in [
            ("18446744073709551615", "18446744073709551615", Ordering::Equal),
            ("18446744073709551615", "18446744073709551616", Ordering::Less),
            ("18446744073709551615", "9223372036854775807", Ordering::Greater),
            ("-18446744073709551615", "-1", Ordering::Less),
            ("18446744073709551616", "1.8446744073709552e19", Ordering::Equal),
            ("18446744073709551615", "1.8446744073709552e19", Ordering::Less),
            ("18446744073709551615", "0.5", Ordering::Greater),
            ("10.10", "10.1", Ordering::Equal),
            ("1e2", "100", Ordering::Equal),
            ("0.1234567890123456789", "0.12345678901234568", Ordering::Equal),
            ("0.1234567890123456789", "0.1234567890123456788", Ordering::Greater),
            ("1e999", "1e30", Ordering::Greater),
        ] {
            assert_eq!(v(a).compare(&v(b)), Some(order), "{a} {b}");
            assert_eq!(v(b).compare(&v(a)), Some(order.reverse()), "{b} {a}");
            assert_eq!(v(a) == v(b), order == Ordering::Equal, "{a} {b}");
        }
        assert_eq!(v("18446744073709551615").compare(&v("\"x\"")), None);
        assert_ne!(v("18446744073709551615"), v("\"18446744073709551615\""));
    }

    #[test]
    fn numbers_are_read_from_texts() {
        assert_eq!(whole("18446744073709551615").unwrap().to_json().unwrap(), "18446744073709551615");
        assert_eq!(whole("+0018446744073709551615").unwrap().to_json().unwrap(), "18446744073709551615");
        assert_eq!(whole("007").unwrap().to_json().unwrap(), "7");
        for text in ["", "-", "+", "1.5", "x", "1 2", "--1"] {
            assert!(whole(text).is_none(), "{text}");
        }
        assert_eq!(written("1.10"), Some(Number::Exact("1.10")));
        for text in ["", " 1", "1 ", "1x", "\"1\"", "+1", "01", ".5"] {
            assert!(written(text).is_none(), "{text}");
        }
        assert_eq!(negated(&Exact("9223372036854775808".into())).to_json().unwrap(), "-9223372036854775808");
        assert!(matches!(negated(&Exact("9223372036854775808".into())), Value::Int(i64::MIN)));
        assert_eq!(negated(&Exact("-1.10".into())).to_json().unwrap(), "1.10");
    }
}
