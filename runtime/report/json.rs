//! The report for programs: all results, and figures derived from them for readers that don't read histograms. `docs/json-report.md`
//! describes it.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::{Value, json};

use super::Report;
use ltc_engine::stats::{PERCENTILE_NAMES, RowStats, Summary};

/// The name and version of the format.
pub(crate) const SCHEMA: &str = "ltc.report/2";

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    summary: Value,
    #[serde(flatten)]
    report: &'a Report,
}

/// The first version. Its failures were reasons, its times covered all requests, and its connections only successful ones.
const FIRST: &str = "ltc.report/1";

#[derive(Deserialize)]
struct SchemaVersion {
    #[serde(default)]
    schema: String,
    #[serde(default)]
    run: WrittenBy,
}

#[derive(Default, Deserialize)]
struct WrittenBy {
    #[serde(default)]
    ltc_version: String,
}

impl Report {
    /// Writes the report as JSON.
    pub(crate) fn to_json(&self, out: impl io::Write) -> io::Result<()> {
        let written = ReportJson { schema: SCHEMA, summary: self.summary(), report: self };
        serde_json::to_writer(out, &written).map_err(io::Error::from)
    }

    /// Reads the output of [`Self::to_json`].
    pub(crate) fn from_json(text: &str) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| match error.classify() {
            _ if !text.trim_start().starts_with('{') => "not a report of ltc, which is JSON that --json FILE writes".to_owned(),
            Category::Eof => format!("the report ends early, at line {}: the run that wrote it may have been killed", error.line()),
            _ => format!("not a readable report of ltc: {error}"),
        };
        let SchemaVersion { schema, run } = serde_json::from_str(text).map_err(unreadable)?;
        match schema.as_str() {
            SCHEMA => serde_json::from_str(text).map_err(unreadable),
            "" => Err(format!("not a report of ltc: it has no `schema: {SCHEMA:?}`; --json FILE writes one")),
            FIRST => Err(format!(
                "the report is of version 1 ({FIRST:?}), which counted failures, times and connections otherwise, and this ltc reads \
                 version 2 ({SCHEMA:?}): run the test again, or use the ltc that wrote it{}",
                if run.ltc_version.is_empty() { String::new() } else { format!(" ({})", run.ltc_version) }
            )),
            _ => Err(format!("the report's schema is {schema:?}, and this ltc reads {SCHEMA:?}: use the ltc that wrote it")),
        }
    }

    fn summary(&self) -> Value {
        let line = |stats: &RowStats| {
            let seconds = self.run.duration().as_secs_f64();
            // A figure without a value is null, never 0.
            let rate = |n: u64| (seconds > 0.0).then(|| n as f64 / seconds);
            let times = stats.response();
            let time = |us: f64| (!times.is_empty()).then(|| ms(us));
            let percentiles: serde_json::Map<_, _> = PERCENTILE_NAMES
                .iter()
                .zip(times.percentiles_us())
                .map(|(name, us)| (format!("p{name}"), json!(time(us as f64))))
                .collect();
            json!({
                "requests": stats.requests,
                "failures": stats.failures,
                "failed_percent": (stats.tried() > 0).then(|| stats.failed_percent()),
                "rps": rate(stats.requests),
                "failures_per_second": rate(stats.failures),
                "response_ms": {
                    "average": time(times.mean_us()),
                    "min": time(times.min_us() as f64),
                    "percentiles": percentiles,
                },
                "fails": stats.fails,
                "succeeded": stats.succeeded(),
                "failed_after_ms": averages(&stats.failed.summary()),
                "unfinished": stats.unfinished,
                "unfinished_longest_ms": ms(stats.unfinished_longest_us as f64),
                "skipped": stats.skipped,
                "skipped_failures": stats.skipped_failures,
                "retried": stats.retried,
                "resends": stats.resends,
                "redirects": stats.redirects,
                "unsent": stats.unsent,
                "service_ms": averages(&stats.service.summary()),
                "opened": stats.opened,
                "reused": stats.reused,
                "bytes_sent": stats.bytes_sent,
                "bytes_received": stats.bytes_received,
                "first_byte_ms": averages(&stats.first_byte),
                "dns_ms": averages(&stats.dns),
                "connect_ms": averages(&stats.connect),
                "tls_ms": averages(&stats.tls),
            })
        };
        let lines: Vec<Value> = self
            .names
            .iter()
            .zip(&self.total.names)
            .map(|(name, stats)| {
                let mut line = line(stats);
                line["name"] = json!(name.name);
                line["kind"] = json!(name.kind);
                line["method"] = json!(name.method);
                line
            })
            .collect();
        let lag = |us: u64| (!self.total.lag.is_empty()).then(|| ms(us as f64));
        let cpu = |share: f64| (self.total.cpu.available_us > 0).then_some(share);
        json!({
            "verdict": self.outcome.key(),
            "reasons": self.reasons,
            "warnings": self.warnings(),
            "total": line(&self.total.total(&self.names)),
            "setup": self.setup.parts().into_iter().map(|(what, stats)| {
                (what.replace(' ', "_"), json!({ "requests": stats.requests, "failures": stats.failures }))
            }).collect::<serde_json::Map<_, _>>(),
            "names": lines,
            "failures": self.total.failures.by_class().into_iter().map(|(class, count)| {
                (class.name().to_owned(), json!(count))
            }).collect::<serde_json::Map<_, _>>(),
            "lag_ms": { "p99": lag(self.total.lag.quantile_us(0.99)), "max": lag(self.total.lag.max_us()) },
            "cpu": {
                "average": cpu(self.total.cpu.share()),
                "peak": cpu(self.total.cpu.peak()),
                "waited": cpu(self.total.cpu.waited()),
                "stolen": cpu(self.total.cpu.stolen()),
            },
        })
    }
}

fn ms(us: f64) -> f64 {
    us / 1000.0
}

/// Null if nothing was measured.
fn averages(summary: &Summary) -> Value {
    let time = |us: f64| (summary.count > 0).then(|| ms(us));
    json!({
        "count": summary.count,
        "average": time(summary.mean_us()),
        "min": time(summary.min_us as f64),
        "max": time(summary.max_us as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::report;
    use super::*;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        report.to_json(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn report_that_is_read_equals_the_one_written() {
        let mut report = report();
        report.run.saturated = Some("CPU 99%".into());
        report.run.seed = u64::MAX;
        assert_eq!(Report::from_json(&written(&report)).unwrap(), report);
        let empty = Report::default();
        assert_eq!(Report::from_json(&written(&empty)).unwrap(), empty);
    }

    #[test]
    fn figures_without_a_value_are_null() {
        let value: Value = serde_json::from_str(&written(&report())).unwrap();
        let never = &value["summary"]["names"][2];
        assert_eq!((never["name"].as_str(), never["requests"].as_u64(), never["rps"].as_f64()), (Some("Never"), Some(0), Some(0.0)));
        let response = &never["response_ms"];
        for empty in
            [&never["failed_percent"], &response["average"], &response["min"], &response["percentiles"]["p95"], &never["dns_ms"]["max"]]
        {
            assert!(empty.is_null(), "{never:#}");
        }
        assert!(value["summary"]["lag_ms"]["p99"].is_null() && value["summary"]["cpu"]["average"].is_null());
        let empty: Value = serde_json::from_str(&written(&Report::default())).unwrap();
        assert!(empty["summary"]["total"]["rps"].is_null());
    }

    #[test]
    fn summary_of_the_json_report_has_the_usual_figures() {
        let value: Value = serde_json::from_str(&written(&report())).unwrap();
        assert_eq!(value["schema"], "ltc.report/2");
        let total = &value["summary"]["total"];
        assert_eq!(total["requests"], 400);
        assert_eq!(total["failures"], 4);
        assert_eq!(total["rps"], 40.0);
        assert_eq!(total["failed_percent"], 1.0);
        let line = &value["summary"]["names"][0];
        assert_eq!(line["name"], "Checkout / Create");
        assert_eq!(line["response_ms"]["percentiles"]["p100"], 10.007);
        assert_eq!(line["response_ms"]["min"], 0.3);
        assert_eq!(value["summary"]["failures"]["status"], 4);
    }

    #[test]
    fn json_of_another_kind_is_refused_with_the_reason() {
        assert_eq!(
            Report::from_json("{}").unwrap_err(),
            "not a report of ltc: it has no `schema: \"ltc.report/2\"`; --json FILE writes one"
        );
        assert_eq!(
            Report::from_json(r#"{"schema": "ltc.report/9"}"#).unwrap_err(),
            "the report's schema is \"ltc.report/9\", and this ltc reads \"ltc.report/2\": use the ltc that wrote it"
        );
        assert_eq!(
            Report::from_json(r#"{"schema": "ltc.report/1", "run": {"ltc_version": "0.1.0"}}"#).unwrap_err(),
            "the report is of version 1 (\"ltc.report/1\"), which counted failures, times and connections otherwise, and this ltc reads \
             version 2 (\"ltc.report/2\"): run the test again, or use the ltc that wrote it (0.1.0)"
        );
        assert_eq!(Report::from_json("sequence Buy {").unwrap_err(), "not a report of ltc, which is JSON that --json FILE writes");
        let cut = Report::from_json("{\"schema\": \"ltc.report/2\",\n\"run\": {").unwrap_err();
        assert_eq!(cut, "the report ends early, at line 2: the run that wrote it may have been killed");
        assert!(Report::from_json("{\"schema\": 2}").unwrap_err().starts_with("not a readable report of ltc: invalid type"));
    }
}
