//! Numbers of JSON: a 64-bit int, a float, or a text if neither of them prints the number in the same way.
//!
//! `18446744073709551615`, `0.1234567890123456789` and `1.10` keep their text, so that a captured number is sent unchanged. In
//! calculations, a number with a point or an exponent is the nearest float; a whole number beyond 64 bits can't be used. Two such numbers
//! are compared digit by digit, but a fraction and a float as floats.

use std::cmp::Ordering;

use ecow::EcoString;
use ltc_config::number;

use super::{Eval, EvalError, Value};

/// The text of a number that no 64-bit int and no float prints in the same way.
#[derive(Clone, Debug)]
pub struct Exact(EcoString);

impl Exact {
    /// The written form.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is written as a whole number. It is then an int, otherwise a float.
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
    /// A whole number within 64 bits.
    Int(i64),
    /// A float that prints as it is written.
    Float(f64),
    /// Any other number, in its written form.
    Exact(&'t str),
}

impl<'t> Number<'t> {
    /// Reads a number in the form of JSON. `whole` means that it has no point and no exponent.
    pub(crate) fn read(text: &'t str, whole: bool) -> Self {
        if whole {
            return text.parse().map_or(Self::Exact(text), Self::Int);
        }
        match text.parse() {
            Ok(x) if number::is_short(text) || number::prints_as_it_reads(text) => Self::Float(x),
            _ => Self::Exact(text),
        }
    }

    /// The number of a value; `None` if it isn't one.
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

    /// The order of two numbers; `None` if one of them is NaN.
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

    /// An order by the printed digits, by which any numbers can be sorted.
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

/// The number that a text in the form of JSON means; `None` if it isn't a number.
pub(crate) fn written(text: &str) -> Option<Number<'_>> {
    let mut scanner = super::scan::Scanner::new(text.as_bytes());
    let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let number = is_number.then(|| scanner.number().ok()).flatten()?;
    // The number borrows from the text.
    scanner.end().ok().filter(|()| !text.ends_with(char::is_whitespace)).map(|()| number)
}

/// A text of digits as an int of any size. `+` and leading zeros are removed.
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

/// The negative of a number that is kept as text.
pub(crate) fn negated(exact: &Exact) -> Value {
    let text = exact.text();
    let negated = text.strip_prefix('-').map_or_else(|| ecow::eco_format!("-{text}"), EcoString::from);
    Number::read(&negated, exact.is_whole()).value()
}

/// The error for a calculation with a whole number beyond 64 bits.
pub(crate) fn too_large<T>(text: &str) -> Eval<T> {
    Err(EvalError(format!("the int {text} is too large to calculate with: float(x) rounds it")))
}

fn is_whole(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

fn rounded(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Compares a whole number beyond 64 bits by its digits, as [`int_float`] does with smaller ones; other numbers as floats.
fn exact_float(exact: &str, float: f64) -> Option<Ordering> {
    if !is_whole(exact) || !float.is_finite() {
        return rounded(exact).partial_cmp(&float);
    }
    // Uses all digits of the float. For such a large number, it has no fraction that could matter.
    Some(number::compare(exact, &format!("{float:.0}")))
}

/// Compares an int with a float. The result is exact even if the int has more digits than a float.
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
