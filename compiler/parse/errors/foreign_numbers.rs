//! Statuses, numbers and durations in the syntax of other tools.

use super::stop::{Mistake, ParseStop, found, found_at, found_exactly};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// `expect 200 or 3xx`, `expect 200, 204`.
pub(super) fn statuses(stop: &ParseStop<'_>) -> Option<Mistake> {
    let rest = stop.line().strip_prefix("expect ")?;
    let is_status = |w: &str| {
        w.len() == 3 && w.starts_with(|c: char| c.is_ascii_digit()) && (w.ends_with("xx") || w.bytes().all(|b| b.is_ascii_digit()))
    };
    let named = word(rest);
    if matches!(named, "status" | "statusCode" | "status_code" | "code" | "response" | "http" | "HTTP")
        && let Some(status) =
            Some(word(rest[named.len()..].trim_start().trim_start_matches("is ").trim_start_matches(": "))).filter(|w| is_status(w))
    {
        let message = format!("unexpected `{named}`, expected the status's number alone");
        return found_at(7..7 + named.len(), Code::Syntax, message, format!("write `expect {status}`"));
    }
    if let Some(status) = rest.strip_prefix('!').map(word).filter(|w| is_status(w)) {
        return found(
            Code::ForeignOperator,
            "unknown operator `!`",
            format!("write the expected statuses, such as `expect 2xx`, or `expect status != {status}`"),
        );
    }
    if let Some((from, to)) = rest.split_once("..").map(|(from, to)| (from.trim(), word(to.trim_start())))
        && is_status(from)
        && is_status(to)
    {
        return found_at(7..stop.line().trim_end().len(), Code::StatusOr, "unexpected range of statuses", status_range(from, to));
    }
    if !is_status(word(rest.trim_start())) || !matches!(stop.token, "or" | "," | "and" | "||" | "/" | "to" | "..") && !rest.contains(" or ")
    {
        return None;
    }
    let all: Vec<&str> = rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| is_status(w)).collect();
    found_at(
        7..stop.line().trim_end().len(),
        Code::StatusOr,
        "unexpected separator of statuses, expected `|`",
        format!("write `expect {}`", all.join(" | ")),
    )
}

/// The fix for a range of statuses: the class, if it is one.
pub(crate) fn status_range(from: &str, to: &str) -> String {
    match (from.as_bytes(), to.as_bytes()) {
        ([class, b'0', b'0'], [end, b'9', b'9']) if class == end => format!("write `expect {}xx`", char::from(*class)),
        _ => format!("write `expect status >= {from} and status <= {to}`"),
    }
}

/// The unit of a word.
fn time_unit(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "min" | "mins" | "minute" | "minutes" => "m",
        "sec" | "secs" | "second" | "seconds" => "s",
        "msec" | "msecs" | "millis" | "milliseconds" => "ms",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        _ => return None,
    })
}

/// `5min`, `5 sec`.
pub(super) fn number(stop: &ParseStop<'_>) -> Option<Mistake> {
    let token = stop.token;
    let before = stop.text[..stop.at].trim_end();
    let unit = matches!(token, "ms" | "s" | "m" | "h" | "d") || time_unit(token).is_some();
    if unit && before.ends_with(|c: char| c.is_ascii_digit()) {
        let start = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let help = format!("write `{}{}`", &before[start..], time_unit(token).unwrap_or(token));
        return found_exactly(start..stop.at + token.len(), Code::BadNumber, "unexpected space in a duration", help);
    }
    if !token.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = token.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(token.len());
    let (value, unit) = token.split_at(digits);
    if unit.is_empty() {
        return None;
    }
    let right = match unit {
        unit if time_unit(unit).is_some() => time_unit(unit).unwrap_or_default(),
        "x" | "X" | "XX" | "Xx" if stop.first() == "expect" => {
            let help = format!("write `{}xx` with two small x", &value[..1]);
            return found(Code::BadNumber, format!("unexpected `{token}`, expected a status"), help);
        }
        "xx" if value.len() == 1 => {
            return found(
                Code::BadNumber,
                format!("unexpected `{token}`, expected a value: a class of statuses is not a number"),
                "write `expect 2xx`, or `status >= 200 and status < 300`",
            );
        }
        _ if in_full(token).is_some() => {
            let help = format!("write `{}`", in_full(token).unwrap_or_default());
            let place = stop.at..stop.at + token.len();
            return found_exactly(place, Code::BadNumber, format!("unexpected `{token}`, expected digits only"), help);
        }
        _ => {
            return found(
                Code::BadNumber,
                format!("unexpected `{token}`, expected a number or a duration"),
                "use the units `ms`, `s`, `m`, `h` and `d`: `250ms`, `1h20m`; names do not start with a digit",
            );
        }
    };
    let place = stop.at..stop.at + token.len();
    found_exactly(place, Code::BadNumber, format!("unexpected `{unit}`, expected a unit of time"), format!("write `{value}{right}`"))
}

/// `1e3`, `0x10`, `0b11` and `0o17` in digits.
fn in_full(token: &str) -> Option<String> {
    let lower = token.to_lowercase().replace('_', "");
    let radix = |prefix: &str, radix: u32| i64::from_str_radix(lower.strip_prefix(prefix)?, radix).ok();
    if let Some(n) = radix("0x", 16).or_else(|| radix("0b", 2)).or_else(|| radix("0o", 8)) {
        return Some(n.to_string());
    }
    let (digits, exponent) = lower.split_once('e')?;
    let zeros: usize = exponent.parse().ok().filter(|zeros| *zeros <= 18)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| format!("{digits}{}", "0".repeat(zeros)))
}
