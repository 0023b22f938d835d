//! Rates as exact fractions: `500/s`, `30/m`, `0.5/h`, `2.5` (a second).

use std::fmt;

use serde::{Deserialize, Serialize};

const SECOND: u64 = 1_000_000_000;

/// `count` events in `per_ns` nanoseconds, in lowest terms, so that schedules can be computed without rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rate {
    count: u64,
    per_ns: u64,
}

impl Rate {
    /// The greatest rate. A larger one in a profile is surely a typo.
    pub const MAX_PER_SECOND: u64 = 100_000_000;

    /// The rate of no events.
    pub const ZERO: Self = Self { count: 0, per_ns: 1 };

    /// `count` events in `per_ns` nanoseconds; a `per_ns` of 0 counts as 1.
    pub fn new(count: u64, per_ns: u64) -> Self {
        if count == 0 {
            return Self::ZERO;
        }
        let per_ns = per_ns.max(1);
        let divisor = gcd(count, per_ns);
        Self { count: count / divisor, per_ns: per_ns / divisor }
    }

    /// `count` events per second.
    pub fn per_second(count: u64) -> Self {
        Self::new(count, SECOND)
    }

    /// The numerator: events.
    pub fn count(self) -> u64 {
        self.count
    }

    /// The denominator: nanoseconds.
    pub fn per_ns(self) -> u64 {
        self.per_ns
    }

    /// Whether no event ever happens at this rate.
    pub fn is_zero(self) -> bool {
        self.count == 0
    }

    /// Events per second, rounded; only for display and estimates.
    #[expect(clippy::cast_precision_loss, reason = "an estimate for display")]
    pub fn as_f64(self) -> f64 {
        self.count as f64 * SECOND as f64 / self.per_ns as f64
    }

    /// Reads `500/s`, `30/m`, `1.5/h` or a bare number of events per second.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = |why: &str| Err(format!("invalid rate \"{text}\": {why}; write, for example, 500/s, 30/m or 10/h"));
        let (number, unit) = match text.split_once('/') {
            Some((number, unit)) => (number.trim(), unit.trim()),
            None => (text, "s"),
        };
        let per = match unit {
            "s" | "sec" | "second" => SECOND,
            "m" | "min" | "minute" => 60 * SECOND,
            "h" | "hour" => 3600 * SECOND,
            "" => return wrong("the unit is missing"),
            _ => return wrong(&format!("\"{unit}\" is none of s, m, h")),
        };
        if number.starts_with('-') {
            return wrong("it is negative");
        }
        let number = number.strip_prefix('+').unwrap_or(number);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if number.is_empty() || number == "." || !digits(whole) || !digits(fraction) {
            return wrong(&format!("\"{number}\" is not a number"));
        }
        if fraction.len() > 6 {
            return wrong("it has more than six digits after the point");
        }
        let scale = 10u64.pow(u32::try_from(fraction.len()).unwrap_or(0));
        let whole: Option<u64> = if whole.is_empty() { Some(0) } else { whole.parse().ok() };
        let parts: u64 = if fraction.is_empty() { 0 } else { fraction.parse().unwrap_or(0) };
        let count = whole.and_then(|w| w.checked_mul(scale)).and_then(|w| w.checked_add(parts));
        let most = u128::from(Self::MAX_PER_SECOND) * u128::from(scale) * u128::from(per / SECOND);
        match count {
            Some(count) if u128::from(count) <= most => Ok(Self::new(count, per * scale)),
            _ => wrong(&format!("it is more than {} a second", Self::MAX_PER_SECOND)),
        }
    }
}

impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (u128::from(self.count) * u128::from(other.per_ns)).cmp(&(u128::from(other.count) * u128::from(self.per_ns)))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, scale) in [("s", 1), ("m", 60), ("h", 3600)] {
            let nanos = u128::from(self.count) * u128::from(SECOND) * scale;
            if nanos.is_multiple_of(u128::from(self.per_ns)) {
                return write!(f, "{}/{unit}", nanos / u128::from(self.per_ns));
            }
        }
        write!(f, "{}/s", (self.as_f64() * 1e6).round() / 1e6)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_in_every_spelling() {
        for (text, count, per) in [
            ("500/s", 500, SECOND),
            ("30/m", 1, 2 * SECOND),
            ("10/h", 1, 360 * SECOND),
            ("2.5", 5, 2 * SECOND),
            ("0.5/s", 1, 2 * SECOND),
            (".5", 1, 2 * SECOND),
            ("20", 20, SECOND),
            ("7 / m", 7, 60 * SECOND),
            ("1.50/min", 3, 120 * SECOND),
        ] {
            assert_eq!(Rate::parse(text), Ok(Rate::new(count, per)), "{text}");
        }
        assert!(Rate::parse("0").unwrap().is_zero());
    }

    #[test]
    fn invalid_rate_is_an_error_with_an_example() {
        for (text, part) in [
            ("", "is not a number"),
            ("fast", "is not a number"),
            ("5/d", "none of s, m, h"),
            ("5/", "unit is missing"),
            ("-5/s", "negative"),
            ("0.1234567", "six digits"),
            ("200000000/s", "it is more than"),
            ("99999999999999999999999/s", "it is more than"),
            ("1.2.3", "is not a number"),
        ] {
            let error = Rate::parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn rates_are_printed_and_compared() {
        for text in ["500/s", "30/m", "10/h", "2500/s"] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Rate::parse("2.5").unwrap().to_string(), "150/m");
        assert!(Rate::parse("61/m").unwrap() > Rate::parse("1/s").unwrap());
        assert!((Rate::parse("30/m").unwrap().as_f64() - 0.5).abs() < 1e-12);
    }
}
