//! Formats numbers for people.

use std::time::Duration;

use super::Report;

/// Milliseconds with three significant digits, without a unit: `0.412`, `3.14`, `12.4`, `1240`.
pub(crate) fn ms(us: f64) -> String {
    let ms = us / 1000.0;
    // The rounded value decides, so that 9.9996 is printed as 10.0, not as 10.00.
    let decimals = if us == 0.0 || ms >= 99.95 {
        0
    } else if ms >= 9.995 {
        1
    } else if ms >= 0.9995 {
        2
    } else {
        3
    };
    format!("{ms:.decimals$}")
}

/// Milliseconds as [`ms`] prints them, or `–` if nothing was measured.
pub(crate) fn ms_if(measured: bool, us: f64) -> String {
    if measured { ms(us) } else { NONE.into() }
}

/// Replaces a value that doesn't exist.
pub(crate) const NONE: &str = "–";

/// A waiting time with its unit: `840 ms`, `12.4 s`.
pub(crate) fn waited(us: u64) -> String {
    match us {
        0..1_000_000 => format!("{} ms", us / 1000),
        1_000_000..100_000_000 => format!("{:.1} s", us as f64 / 1e6),
        _ => clock(Duration::from_micros(us)),
    }
}

/// Milliseconds with two significant digits and the unit, for lines of progress: `0.41ms`, `3.1ms`, `12ms`.
pub(crate) fn short_ms(us: u64) -> String {
    let ms = us as f64 / 1000.0;
    let decimals = if us == 0 || ms >= 9.95 {
        0
    } else if ms >= 0.995 {
        1
    } else {
        2
    };
    format!("{ms:.decimals$}ms")
}

/// A percentage with one decimal. A small share above zero isn't shown as 0 %, and a large share below all isn't shown as 100 %.
pub(crate) fn percent(part: u64, of: u64) -> String {
    if of == 0 || part == 0 {
        return "0.0%".into();
    }
    let share = part as f64 * 100.0 / of as f64;
    if share < 0.05 {
        "<0.1%".into()
    } else if share >= 99.95 && part < of {
        ">99.9%".into()
    } else {
        format!("{share:.1}%")
    }
}

/// A rate per second with one decimal.
pub(crate) fn rate(per_second: f64) -> String {
    format!("{per_second:.1}")
}

/// A count with thousands separators: `1,234,567`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time since the start of the test: `00:01:05`.
pub(crate) fn clock(time: Duration) -> String {
    let s = time.as_secs();
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// The number of failures in the list of kinds: those in the tables, and separately those of `skip` steps, which no table counts.
pub(super) fn failures_listed(report: &Report) -> String {
    let counted = report.total.total(&report.names).failures;
    let apart = report.total.failures.count().saturating_sub(counted);
    if apart == 0 { count(counted) } else { format!("{}, and {} of skip steps", count(counted), count(apart)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ltc_engine::stats::{Example, FailureClass, FailureKey, Recorder, ReportRow};

    #[test]
    fn milliseconds_have_three_digits() {
        let all: Vec<_> = [0.0, 7.0, 412.0, 999.4, 999.6, 3_141.6, 9_996.0, 12_400.0, 99_960.0, 1_240_400.0].map(ms).into();
        assert_eq!(all, ["0", "0.007", "0.412", "0.999", "1.00", "3.14", "10.0", "12.4", "100", "1240"]);
        let short: Vec<_> = [0, 410, 3_100, 8_000, 9_960, 12_400].map(short_ms).into();
        assert_eq!([840_000, 12_400_000, 125_000_000].map(waited), ["840 ms", "12.4 s", "00:02:05"]);
        assert_eq!([ms_if(true, 0.0), ms_if(false, 0.0)], ["0", "–"]);
        assert_eq!(short, ["0ms", "0.41ms", "3.1ms", "8.0ms", "10ms", "12ms"]);
    }

    #[test]
    fn failures_of_skip_steps_are_listed_apart_from_those_that_the_tables_count() {
        let mut report = Report { names: vec![ReportRow::step("Buy", "POST"), ReportRow::step("Log out", "GET")], ..Report::default() };
        let mut recorder = Recorder::new(2, 0);
        for name in [0, 0, 1] {
            let key = FailureKey { name, class: FailureClass::Status, place: 0, kind: "got 503".into() };
            recorder.failure(key, Duration::from_millis(1), Example::default);
        }
        report.total = recorder.snapshot(Duration::from_secs(1), 0, 0);
        report.total.names[0].failures = 2;
        report.total.names[1].failures = 1;
        assert_eq!(failures_listed(&report), "3");
        report.total.names[1].failures = 0;
        assert_eq!(failures_listed(&report), "2, and 1 of skip steps");
    }

    #[test]
    fn shares_counts_sizes_and_times_are_formatted() {
        assert_eq!(percent(0, 0), "0.0%");
        assert_eq!(percent(1, 100_000), "<0.1%");
        assert_eq!(percent(99_999, 100_000), ">99.9%");
        assert_eq!(percent(5, 5), "100.0%");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(clock(Duration::from_secs(3_665)), "01:01:05");
        assert_eq!(clock(Duration::from_secs(360_000)), "100:00:00");
    }
}
