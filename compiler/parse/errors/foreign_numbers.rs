//! Statuses, numbers and durations as other tools write them.

use super::stop::{Mistake, ParseStop, found, found_at};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// `expect 200 or 3xx`, `expect 200, 204`.
pub(super) fn statuses(stop: &ParseStop<'_>) -> Option<Mistake> {
    let rest = stop.line().strip_prefix("expect ")?;
    let is_status = |w: &str| {
        w.len() == 3 && w.starts_with(|c: char| c.is_ascii_digit()) && (w.ends_with("xx") || w.bytes().all(|b| b.is_ascii_digit()))
    };
    if let Some(status) = rest.strip_prefix("status ").map(word).filter(|w| is_status(w)) {
        return found(Code::Syntax, "unexpected `status`, expected the status's number alone", format!("write `expect {status}`"));
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

/// The unit that `word` means.
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
        let start = before.rfind(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(0, |n| n + 1);
        let help = format!("write `{}{}`", &before[start..], time_unit(token).unwrap_or(token));
        return found_at(start..stop.at + token.len(), Code::BadNumber, "unexpected space in a duration", help);
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
        _ => {
            return found(
                Code::BadNumber,
                format!("unexpected `{token}`, expected a number or a duration"),
                "use the units `ms`, `s`, `m`, `h` and `d`: `250ms`, `1h20m`; names do not start with a digit",
            );
        }
    };
    found(Code::BadNumber, format!("unexpected `{unit}`, expected a unit of time"), format!("write `{value}{right}`"))
}
