//! Time: moments in UTC.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::{refuse, text_of};
use crate::value::{Eval, EvalError, Value, timestamp};

fn nanos(function: &str, t: &Value) -> Eval<i128> {
    match t {
        Value::Time(nanos) => Ok(*nanos),
        other => refuse(function, other, "a time"),
    }
}

/// `now()`: the current time of the clock, in nanoseconds since the epoch.
pub fn now(now: i128) -> Eval {
    Ok(Value::Time(now))
}

/// `unix(t)`: whole seconds since the epoch.
pub fn unix(t: &Value) -> Eval {
    since_epoch(nanos("unix", t)?, 1_000_000_000)
}

/// `unix_ms(t)`: whole milliseconds since the epoch.
pub fn unix_ms(t: &Value) -> Eval {
    since_epoch(nanos("unix_ms", t)?, 1_000_000)
}

fn since_epoch(nanos: i128, unit: i128) -> Eval {
    i64::try_from(nanos.div_euclid(unit)).map(Value::Int).map_err(|_| EvalError::new("a time too far away"))
}

/// `format_time(t, "%Y-%m-%d")`: formats a time in UTC with strftime.
pub fn format_time(t: &Value, format: &Value) -> Eval {
    let format = text_of("the format of format_time", format)?;
    let zoned = timestamp(nanos("format_time", t)?)?.to_zoned_datetime(TimeZone::UTC);
    match strtime::format(format, &zoned) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(EvalError(format!("format_time: {format:?} is not a format: {error}"))),
    }
}

/// `parse_time(s)`: reads RFC 3339, or a text in a strptime format, in UTC if the format names no zone.
pub fn parse_time(s: &Value, format: Option<&Value>) -> Eval {
    let text = text_of("parse_time", s)?;
    let parsed = match format {
        None => text.trim().parse::<jiff::Timestamp>().map_err(|error| error.to_string()),
        Some(format) => {
            let format = text_of("the format of parse_time", format)?;
            strtime::parse(format, text).map_err(|error| error.to_string()).and_then(|broken| {
                broken
                    .to_timestamp()
                    .or_else(|_| broken.to_datetime().and_then(|at| at.to_zoned_datetime(TimeZone::UTC)).map(|at| at.timestamp()))
                    .or_else(|_| broken.to_date().and_then(|day| day.to_zoned_datetime(TimeZone::UTC)).map(|at| at.timestamp()))
                    .map_err(|error| error.to_string())
            })
        }
    };
    match parsed {
        Ok(at) => Ok(Value::Time(at.as_nanosecond())),
        Err(error) => Err(EvalError(format!("parse_time of {}: {error}", s.describe()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Value = Value::Time(1_700_000_000_123_000_000);

    #[test]
    fn times_are_formatted_parsed_and_calculated() {
        assert_eq!(now(5).unwrap(), Value::Time(5));
        assert_eq!(unix(&T).unwrap(), Value::Int(1_700_000_000));
        assert_eq!(unix_ms(&T).unwrap(), Value::Int(1_700_000_000_123));
        assert_eq!(unix(&Value::Time(-1)).unwrap(), Value::Int(-1));
        for (format, expected) in [
            ("%Y-%m-%d", "2023-11-14"),
            ("%Y%m%dT%H%M%SZ", "20231114T221320Z"),
            ("%a, %d %b %Y %H:%M:%S GMT", "Tue, 14 Nov 2023 22:13:20 GMT"),
            ("%FT%T%.3fZ", "2023-11-14T22:13:20.123Z"),
            ("%s", "1700000000"),
        ] {
            assert_eq!(format_time(&T, &Value::from(format)).unwrap(), Value::from(expected));
        }
        assert!(format_time(&T, &Value::from("%!")).is_err());
        assert!(format_time(&Value::Int(1), &Value::from("%Y")).is_err());
    }

    #[test]
    fn times_are_read_in_every_format() {
        assert_eq!(parse_time(&Value::from("2023-11-14T22:13:20.123Z"), None).unwrap(), T);
        assert_eq!(parse_time(&Value::from("2023-11-14T23:13:20.123+01:00"), None).unwrap(), T);
        let format = Value::from("%Y-%m-%d %H:%M");
        assert_eq!(parse_time(&Value::from("1970-01-01 00:01"), Some(&format)).unwrap(), Value::Time(60_000_000_000));
        assert_eq!(parse_time(&Value::from("1970-01-02"), Some(&Value::from("%F"))).unwrap(), Value::Time(86_400_000_000_000));
        assert!(parse_time(&Value::from("yesterday"), None).is_err());
    }
}
