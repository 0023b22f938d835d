//! Decimal numbers in their written form: whether a number prints as it reads, and which of two is larger, at any length. The compiler uses
//! it for data files and literals, the engine for JSON.

use std::cmp::Ordering;

/// A decimal with at most this many digits is the shortest text of the float that it is read as.
const EXACT_DIGITS: usize = 15;
/// The most zeros right after the point of a float that prints without an exponent.
const LEADING_ZEROS: usize = 4;

/// Whether a number with a point or an exponent gives the same text again if it is read as a float and printed in the shortest form (as
/// [`ryu`] does): `1.5` does, `1.50`, `1e5` and `0.1234567890123456789` don't.
pub fn prints_as_it_reads(text: &str) -> bool {
    is_short(text) || text.parse().is_ok_and(|x: f64| x.is_finite() && ryu::Buffer::new().format_finite(x) == text)
}

/// Whether a number prints as it reads, for most numbers, without reading it as a float.
#[inline]
pub fn is_short(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if digits.len() > EXACT_DIGITS + 1 {
        return false;
    }
    let Some(point) = digits.iter().position(|byte| *byte == b'.') else { return false };
    let (whole, fraction) = (&digits[..point], &digits[point + 1..]);
    let all_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let plain_whole = all_digits(whole) && (whole == b"0" || whole[0] != b'0');
    let plain_fraction = all_digits(fraction) && (fraction == b"0" || fraction[fraction.len() - 1] != b'0');
    // 0.00001 prints as it reads; 0.000001 prints as 1e-6.
    let small = whole == b"0" && fraction.len() > LEADING_ZEROS && fraction[..=LEADING_ZEROS].iter().all(|byte| *byte == b'0');
    plain_whole && plain_fraction && !small
}

/// Compares two JSON numbers by their digits, so that neither is rounded.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Decimal::of(a), Decimal::of(b));
    match (a.sign(), b.sign()) {
        (0, 0) => Ordering::Equal,
        (x, y) if x != y => x.cmp(&y),
        (1, _) => a.size(&b),
        _ => b.size(&a),
    }
}

/// Whether a number has no fraction: `1e2` and `1.0` have none.
pub fn is_integral(text: &str) -> bool {
    let number = Decimal::of(text);
    let length = i64::try_from(number.whole.len()).unwrap_or(i64::MAX).saturating_add(number.exponent);
    let digits = number.whole.iter().chain(number.fraction);
    digits.enumerate().all(|(index, digit)| *digit == b'0' || i64::try_from(index).is_ok_and(|index| index < length))
}

/// The parts of a number: the digits before and after the point, and the exponent.
struct Decimal<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
    exponent: i64,
}

impl<'t> Decimal<'t> {
    fn of(text: &'t str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let limit = if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
        let exponent = exponent.trim_start_matches('+').parse().unwrap_or(limit).clamp(i64::MIN / 4, i64::MAX / 4);
        Self { negative, whole: whole.as_bytes(), fraction: fraction.as_bytes(), exponent }
    }

    /// The digits from the first that isn't 0.
    fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        self.whole.iter().chain(self.fraction).copied().skip_while(|digit| *digit == b'0')
    }

    fn sign(&self) -> i8 {
        match (self.digits().next(), self.negative) {
            (None, _) => 0,
            (_, true) => -1,
            _ => 1,
        }
    }

    /// The power of ten of the first digit that isn't 0.
    fn power(&self) -> i64 {
        let zeros = self.whole.iter().chain(self.fraction).take_while(|digit| **digit == b'0').count();
        let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 4);
        self.exponent + length(self.whole.len()) - length(zeros)
    }

    /// Compares two numbers that aren't 0, without their signs.
    fn size(&self, other: &Self) -> Ordering {
        self.power().cmp(&other.power()).then_with(|| {
            let (mut a, mut b) = (self.digits(), other.digits());
            loop {
                match (a.next(), b.next()) {
                    (None, None) => return Ordering::Equal,
                    (x, y) => match x.unwrap_or(b'0').cmp(&y.unwrap_or(b'0')) {
                        Ordering::Equal => {}
                        order => return order,
                    },
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_print_as_they_read_are_found() {
        for text in ["1.5", "0.0", "-0.5", "-2.0", "24.99", "0.00001", "0.30000000000000004", "1e30", "1.5e-7", "123456789012345.6"] {
            assert!(prints_as_it_reads(text), "{text}");
        }
        for text in [
            "1.10",
            "2.00",
            "1e5",
            "1E30",
            "1e+30",
            "0.1234567890123456789",
            "0.000001",
            "12345678901234567.5",
            "1e999",
            ".5",
            "1.",
            "",
            "-",
            "01.5",
            "1.5 ",
            "+1.5",
            "nan",
            "inf",
            "5",
        ] {
            assert!(!prints_as_it_reads(text), "{text}");
        }
    }

    #[test]
    fn is_short_agrees_with_the_full_check() {
        let mut checked = 0;
        for whole in ["0", "7", "10", "99999", "123456789012345"] {
            for zeros in 0..7 {
                for fraction in ["1", "5", "25", "50", "123456789", "0"] {
                    let text = format!("{whole}.{}{fraction}", "0".repeat(zeros));
                    let read = ryu::Buffer::new().format(text.parse::<f64>().unwrap()) == text;
                    assert!(!is_short(&text) || read, "{text}");
                    checked += u32::from(is_short(&text));
                }
            }
        }
        assert!(checked > 50, "{checked}");
    }

    #[test]
    fn decimals_are_compared_by_their_digits() {
        let ordered = [
            "-1e999",
            "-18446744073709551616",
            "-18446744073709551615",
            "-1.5",
            "0",
            "1e-400",
            "0.1234567890123456788",
            "0.1234567890123456789",
            "1",
            "1.10",
            "2e2",
            "18446744073709551615",
            "18446744073709551616",
            "1e400",
            "1e99999999999999999999",
        ];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
            }
        }
        for (a, b) in [("1.10", "1.1"), ("-0", "0.000"), ("1e2", "100"), ("100E-2", "1"), ("0e5", "0"), ("0.010e+3", "10")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn integral_decimals_are_recognized() {
        for text in ["1", "1.0", "1e2", "1.5e1", "100e-2", "0e-5", "18446744073709551615", "1e99999999999999999999"] {
            assert!(is_integral(text), "{text}");
        }
        for text in ["1.5", "1e-2", "12345678901234567890.5", "1.55e1", "1e-99999999999999999999"] {
            assert!(!is_integral(text), "{text}");
        }
    }
}
