//! The wall clock: times for a HAR and dates for certificates.

use std::time::SystemTime;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The current time, or 1970 if the clock is outside of the supported years.
#[expect(clippy::disallowed_methods, reason = "a recording's times are those of the wall clock, and this is its one place that reads it")]
pub(crate) fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}

/// The day in UTC that is `days` after `time`, at most the last supported day.
pub(crate) fn date(time: Timestamp, days: i64) -> Date {
    time.to_zoned_datetime(TimeZone::UTC).date().saturating_add(jiff::Span::new().days(days))
}

/// `2026-02-03T04:05:06.789Z`
pub(crate) fn iso(time: Timestamp) -> String {
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_iso_8601() {
        assert_eq!(iso(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
        let leap_day = Timestamp::from_millisecond(951_782_400_123).unwrap();
        assert_eq!(iso(leap_day), "2000-02-29T00:00:00.123Z");
        assert_eq!(date(leap_day, -2), Date::constant(2000, 2, 27));
    }
}
