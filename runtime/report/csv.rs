//! `--csv PREFIX`: writes the files and columns of Locust, so that programs that read Locust's files can read these.
//!
//! Times are in milliseconds, with decimals if needed. The rows are in the report's order, with `Aggregated` last.

use std::io;
use std::path::{Path, PathBuf};

use super::Report;
use crate::replace::replace;
use ltc_engine::stats::{Durations, PERCENTILE_NAMES, RowKind, RowStats};

const STATS_HEAD: [&str; 11] = [
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Median Response Time",
    "Average Response Time",
    "Min Response Time",
    "Max Response Time",
    "Average Content Size",
    "Requests/s",
    "Failures/s",
];

const HISTORY_HEAD: [&str; 6] = ["Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"];

const HISTORY_TOTALS: [&str; 7] = [
    "Total Request Count",
    "Total Failure Count",
    "Total Median Response Time",
    "Total Average Response Time",
    "Total Min Response Time",
    "Total Max Response Time",
    "Total Average Content Size",
];

const FAILURES_HEAD: [&str; 6] = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"];

const UNFINISHED_HEAD: [&str; 4] = ["Method", "Name", "Unfinished", "Longest Wait"];

const EXCEPTIONS_HEAD: [&str; 4] = ["Count", "Message", "Traceback", "Nodes"];

const AGGREGATED: &str = "Aggregated";

type Writer = fn(&Report, &mut dyn io::Write) -> io::Result<()>;

const FILES: [(&str, Writer); 5] = [
    ("_stats.csv", stats),
    ("_stats_history.csv", history),
    ("_failures.csv", failures),
    ("_exceptions.csv", exceptions),
    ("_unfinished.csv", unfinished),
];

fn path(prefix: &Path, suffix: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The files that [`write()`] writes.
pub(crate) fn files(prefix: &Path) -> impl Iterator<Item = PathBuf> {
    FILES.iter().map(|(suffix, _)| path(prefix, suffix))
}

/// Writes `PREFIX_stats.csv`, `PREFIX_stats_history.csv`, `PREFIX_failures.csv`, `PREFIX_exceptions.csv` and `PREFIX_unfinished.csv`. An
/// error names the file.
pub(crate) fn write(report: &Report, prefix: &Path) -> Result<(), String> {
    for (suffix, write) in FILES {
        let path = path(prefix, suffix);
        replace(&path, |out| write(report, out)).map_err(|error| format!("--csv: cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

fn percentile_heads() -> impl Iterator<Item = String> {
    PERCENTILE_NAMES.iter().map(|name| format!("{name}%"))
}

/// A number in its shortest exact form.
fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { "0".into() }
}

fn ms(us: u64) -> String {
    number(us as f64 / 1000.0)
}

fn percentiles(count: u64, us: &[u64]) -> Vec<String> {
    if count == 0 { vec!["N/A".into(); us.len()] } else { us.iter().map(|&us| ms(us)).collect() }
}

fn per(total: u64, parts: f64) -> String {
    number(if parts > 0.0 { total as f64 / parts } else { 0.0 })
}

/// `PREFIX_stats.csv`: a row for each step, and one for all of them together.
pub(crate) fn stats(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(STATS_HEAD.map(str::to_owned).into_iter().chain(percentile_heads()))?;
    let seconds = report.run.duration().as_secs_f64();
    let record = |kind: &str, name: &str, stats: &RowStats| {
        // Locust's response times cover all requests.
        let times = stats.all();
        let mut cells = vec![
            kind.to_owned(),
            name.to_owned(),
            stats.requests.to_string(),
            stats.failures.to_string(),
            ms(times.quantile_us(0.5)),
            number(times.mean_us() / 1000.0),
            ms(times.min_us()),
            ms(times.max_us()),
            per(stats.content_bytes, stats.requests as f64),
            per(stats.requests, seconds),
            per(stats.failures, seconds),
        ];
        cells.extend(percentiles(times.count(), &times.percentiles_us()));
        cells
    };
    for (name, stats) in report.names.iter().zip(&report.total.names) {
        let kind = match name.kind {
            RowKind::Step => name.method.as_str(),
            RowKind::Group => "group",
            RowKind::Fail if stats.is_empty() => continue,
            RowKind::Fail => "fail",
        };
        csv.write_record(record(kind, &name.name, stats))?;
    }
    csv.write_record(record("", AGGREGATED, &report.total.total(&report.names)))?;
    csv.flush()
}

/// `PREFIX_stats_history.csv`: a row for each interval, for all steps together. Rates and percentiles are the interval's own (as with
/// Locust's `--csv-full-history`); totals count since the start.
pub(crate) fn history(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let heads = HISTORY_HEAD.map(str::to_owned).into_iter();
    csv.write_record(heads.chain(percentile_heads()).chain(HISTORY_TOTALS.map(str::to_owned)))?;
    let start = report.run.started_at.parse::<jiff::Timestamp>().map_or(0, |at| at.as_millisecond());
    let mut times = Durations::default();
    let (mut requests, mut failures, mut bytes) = (0, 0, 0);
    for point in report.timeline.points() {
        requests += point.requests;
        failures += point.failures;
        bytes += point.content_bytes;
        let mut now = Durations::try_from(&point.response).map_err(io::Error::other)?;
        now.merge(&Durations::try_from(&point.failed).map_err(io::Error::other)?);
        times.merge(&now);
        let at = start.saturating_add(i64::try_from(point.to_us / 1000).unwrap_or(i64::MAX));
        let mut cells = vec![
            at.div_euclid(1000).to_string(),
            number(point.users().round()),
            String::new(),
            AGGREGATED.to_owned(),
            format!("{:.6}", point.rps()),
            format!("{:.6}", point.failures_per_second()),
        ];
        cells.extend(percentiles(now.count(), &now.percentiles_us()));
        cells.extend([
            requests.to_string(),
            failures.to_string(),
            ms(times.quantile_us(0.5)),
            number(times.mean_us() / 1000.0),
            ms(times.min_us()),
            ms(times.max_us()),
            per(bytes, requests as f64),
        ]);
        csv.write_record(cells)?;
    }
    csv.flush()
}

/// `PREFIX_failures.csv`: a row for each kind of failure, the most frequent first. As in Locust, its error is the first message.
pub(crate) fn failures(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(FAILURES_HEAD)?;
    let started = report.run.started_at.parse::<jiff::Timestamp>().ok();
    let at = |us: u64| {
        let since = jiff::SignedDuration::from_secs(i64::try_from(us / 1_000_000).unwrap_or(0));
        let live = started.and_then(|started| started.checked_add(since).ok());
        // Locust writes times to the second.
        live.and_then(|live| jiff::Timestamp::from_second(live.as_second()).ok()).map(|live| live.to_string()).unwrap_or_default()
    };
    for (key, found) in report.total.failures.by_count() {
        let method = report.names.get(key.name as usize).map_or("", |name| &name.method);
        let first = found.examples.first();
        let error = match first {
            Some(example) => example.message.clone(),
            None if key.kind.is_empty() => key.class.to_string(),
            None => format!("{}: {}", key.class, key.kind),
        };
        let seen = first.map(|example| at(example.at_us)).unwrap_or_default();
        csv.write_record([method, report.name(key.name), &error, &found.count.to_string(), &seen, &at(found.last_us)])?;
    }
    let other = report.total.failures.other();
    if other > 0 {
        csv.write_record(["", "", "other", &other.to_string(), "", ""])?;
    }
    csv.flush()
}

/// `PREFIX_unfinished.csv`: a row for each step with requests that were in flight when their user was stopped, and the longest wait in
/// milliseconds. Locust has no such file and doesn't count these requests.
pub(crate) fn unfinished(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(UNFINISHED_HEAD)?;
    let rows = report.names.iter().zip(&report.total.names).filter(|(name, stats)| name.kind == RowKind::Step && stats.unfinished > 0);
    for (name, stats) in rows {
        csv.write_record([&name.method, &name.name, &stats.unfinished.to_string(), &ms(stats.unfinished_longest_us)])?;
    }
    let total = report.total.total(&report.names);
    csv.write_record(["", AGGREGATED, &total.unfinished.to_string(), &ms(total.unfinished_longest_us)])?;
    csv.flush()
}

/// `PREFIX_exceptions.csv`: only its heading, because a compiled test has no exceptions. Tools expect the file.
pub(crate) fn exceptions(_: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(EXCEPTIONS_HEAD)?;
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::super::sample::report;
    use super::*;

    fn text(write: fn(&Report, &mut dyn io::Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&report(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_stats_have_the_columns_of_locust() {
        assert_eq!(
            text(stats),
            "\
Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%
POST,Checkout / Create,200,4,5.007,5.0535,0.1,10.007,230,20,0.4,5.007,6.607,7.507,8.007,9.007,9.511,9.807,9.911,10.007,10.007,10.007
PUT,Checkout / Pay,200,0,1001.471,1010.7,20,2001.4,230,20,0,1001.471,1321.983,1502.207,1601.535,1802.239,1901.567,1961.983,1981.439,2001.4,2001.4,2001.4
GET,Never,0,0,0,0,0,0,0,0,0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A
group,Checkout,200,0,1006.591,1015.7535,20.1,2011.407,0,20,0,1006.591,1328.127,1509.375,1609.727,1810.431,1911.807,1972.223,1991.679,2011.407,2011.407,2011.407
POST,Log out,0,0,0,0,0,0,0,0,0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A
,Aggregated,400,4,10.007,507.87675,0.1,2001.4,230,40,0.4,10.007,641.535,1001.471,1202.175,1601.535,1802.239,1922.047,1961.983,2001.4,2001.4,2001.4
"
        );
    }

    #[test]
    fn csv_history_has_the_columns_of_locust() {
        let text = text(history);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size"
        );
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("1795438805,10,,Aggregated,40.000000,0.400000,10.007,640.511,"), "{}", lines[1]);
        assert!(lines[2].starts_with("1795438810,10,,Aggregated,40.000000,0.400000,"), "{}", lines[2]);
        assert!(lines[2].ends_with(",400,4,10.007,507.87675,0.1,2001.4,230"), "{}", lines[2]);
    }

    #[test]
    fn csv_failures_and_exceptions_have_the_columns_of_locust() {
        assert_eq!(
            text(failures),
            "Method,Name,Error,Occurrences,First Seen,Last Seen\n\
             POST,Checkout / Create,\"expected status 201, got 503 Service Unavailable\",4,2026-11-23T13:00:01Z,2026-11-23T13:00:07Z\n"
        );
        assert_eq!(text(exceptions), "Count,Message,Traceback,Nodes\n");
    }

    #[test]
    fn unfinished_requests_have_a_file_of_their_own() {
        assert_eq!(text(unfinished), "Method,Name,Unfinished,Longest Wait\nPUT,Checkout / Pay,2,3400\n,Aggregated,2,3400\n");
    }

    #[test]
    fn csv_writes_five_files_with_the_prefix() {
        let dir = tempfile::tempdir().unwrap();
        write(&report(), &dir.path().join("run 1")).unwrap();
        for suffix in ["stats", "stats_history", "failures", "exceptions", "unfinished"] {
            assert!(dir.path().join(format!("run 1_{suffix}.csv")).is_file());
        }
        let error = write(&report(), &dir.path().join("none/x")).unwrap_err();
        assert!(error.starts_with("--csv: cannot write ") && error.contains("x_stats.csv: "), "{error}");
    }
}
