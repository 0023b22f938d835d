//! Durations as profiles write them: `20` (seconds), `20s`, `3m`, `2h`, `1h20m`, `3h30m10s`, `500ms`, `2d`.

use std::time::Duration;

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Reads a duration. The error explains why the text isn't one.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(ltc_config::duration::parse("1h20m"), Ok(Duration::from_secs(4800)));
/// assert_eq!(ltc_config::duration::parse("20"), Ok(Duration::from_secs(20)));
/// assert!(ltc_config::duration::parse("5min").is_err());
/// ```
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let wrong = |why: &str| Err(format!("invalid duration \"{text}\": {why}; write, for example, 20, 20s, 500ms, 3m, 1h20m or 2d"));
    if text.is_empty() {
        return Err("missing duration: write, for example, 20, 20s, 500ms, 3m, 1h20m or 2d".to_owned());
    }
    if text.starts_with('-') {
        return wrong("it is negative");
    }
    let mut total: u128 = 0;
    let mut rest = text;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() {
            return wrong("a number is missing");
        }
        let scale = match unit {
            "" if number.len() == text.len() => 1_000_000_000,
            "" => return wrong(&format!("{number} has no unit")),
            _ => match UNITS.iter().find(|(name, _)| *name == unit) {
                Some((_, scale)) => *scale,
                None => return wrong(&format!("\"{unit}\" is not a unit of time")),
            },
        };
        if scale >= last_unit {
            return wrong("the units must go from the largest to the smallest");
        }
        last_unit = scale;
        let Some(part) = scaled(number, scale) else {
            return wrong(&format!("\"{number}\" is not a number"));
        };
        total += u128::from(part);
        rest = tail.trim_start();
    }
    match u64::try_from(total) {
        Ok(nanos) => Ok(Duration::from_nanos(nanos)),
        Err(_) => wrong("it is too long"),
    }
}

/// `number` (digits with at most one point) times `scale`, exactly, rounded down to a whole nanosecond.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || fraction.len() > 9 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let parts: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let divisor = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = u64::try_from(u128::from(parts) * u128::from(scale) / divisor).ok()?;
    whole.checked_mul(scale)?.checked_add(part)
}

/// Prints a duration as a spec and a profile write it, in a form that [`parse`] reads back: `1h20m`, `1.5s`, `500ms`, `0s`.
pub fn print(duration: Duration) -> String {
    let mut text = String::new();
    write(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), &mut text);
    text
}

/// Appends a duration of `nanos` nanoseconds, as [`print()`] writes it.
pub fn write(nanos: u64, out: &mut String) {
    let mut left = nanos;
    match nanos {
        0 => out.push_str("0s"),
        1..1_000 => decimal(left, 1, "ns", out),
        1_000..1_000_000 => decimal(left, 1_000, "us", out),
        1_000_000..1_000_000_000 => decimal(left, 1_000_000, "ms", out),
        _ => {
            for (unit, name) in [(3_600_000_000_000, "h"), (60_000_000_000, "m")] {
                if left >= unit {
                    decimal(left / unit, 1, name, out);
                    left %= unit;
                }
            }
            if left > 0 {
                decimal(left, 1_000_000_000, "s", out);
            }
        }
    }
}

/// Appends `amount` in the unit `name` of `unit` nanoseconds (a power of ten), without zeros at its end.
fn decimal(amount: u64, unit: u64, name: &str, out: &mut String) {
    out.push_str(&(amount / unit).to_string());
    let fraction = amount % unit;
    if fraction > 0 {
        let digits = unit.ilog10() as usize;
        let text = format!("{fraction:0digits$}");
        out.push('.');
        out.push_str(text.trim_end_matches('0'));
    }
    out.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_spelling() {
        for (text, millis) in [
            ("20", 20_000),
            ("20s", 20_000),
            ("3m", 180_000),
            ("2h", 7_200_000),
            ("1h20m", 4_800_000),
            ("3h30m10s", 12_610_000),
            ("500ms", 500),
            ("2d", 172_800_000),
            ("1.5s", 1_500),
            ("0.5", 500),
            ("1h 20m", 4_800_000),
            (" 7s ", 7_000),
            ("0", 0),
            ("1s500ms", 1_500),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse("3us7ns"), Ok(Duration::from_nanos(3_007)));
    }

    #[test]
    fn invalid_duration_is_an_error_with_an_example() {
        for (text, part) in [
            ("", "missing"),
            ("5min", "\"min\" is not a unit"),
            ("-3s", "negative"),
            ("1h20", "20 has no unit"),
            ("20m1h", "largest to the smallest"),
            ("1s1s", "largest to the smallest"),
            ("h", "a number is missing"),
            ("1.2.3s", "is not a number"),
            (".s", "is not a number"),
            ("99999999999d", "is not a number"),
            ("20 000s", "20 has no unit"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn printed_duration_reads_as_itself() {
        for text in ["1h20m", "3h30m10s", "500ms", "48h", "1.5s", "1m0.25s", "0s", "3.007us", "7ns", "24h0.000000001s"] {
            assert_eq!(print(parse(text).unwrap()), text);
        }
        assert_eq!(print(Duration::from_secs(90)), "1m30s");
    }
}
