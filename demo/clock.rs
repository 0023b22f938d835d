//! The calendar functions that the services need: printing times, and reading `X-Date`.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the demo's one place that reads the wall clock")]
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `2026-01-31T12:00:00Z`.
pub(crate) fn iso(unix: u64) -> String {
    let time = i64::try_from(unix).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Converts `20260131T120000Z` to seconds since 1970.
pub(crate) fn from_basic(stamp: &str) -> Option<u64> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?.to_zoned_datetime(TimeZone::UTC).ok()?;
    u64::try_from(time.timestamp().as_second()).ok()
}
