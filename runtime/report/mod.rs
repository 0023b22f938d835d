//! The report of a test, which describes the run and its results, and its forms for the terminal, for Locust's tools and for programs.
//!
//! All forms are pure functions of a [`Report`]. A report that is read from its JSON equals the one that was written, so reports of earlier
//! runs can be printed again, merged and compared.

pub(crate) mod compare;
pub(crate) mod console;
pub(crate) mod csv;
mod differences;
mod figures;
pub(crate) mod html;
mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
mod merge;
mod outcome;
mod planned;
mod table;
pub(crate) mod text;

pub(crate) use figures::{NONE, short_ms, waited};
pub(crate) use figures::{clock, count, ms, percent, rate};
pub(crate) use merge::DIFFER;
pub(crate) use outcome::{Conclusion, Facts, Outcome};
pub(crate) use planned::Planned;
pub(crate) use table::Table;
pub(crate) use table::TextStyle;
pub(crate) use text::{Align, cut, fit, padded, shown, width};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::thresholds::Verdict;
use ltc_engine::stats::{NO_NAME, NO_PLACE, ReportRow, RowStats, Snapshot, Timeline};

/// The version that an API's `healthcheck` returned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApiVersion {
    /// The api's name in the spec.
    pub name: String,
    /// Its version. Empty if the api has no health check.
    pub version: String,
}

/// Counts of what a listener delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivered {
    /// The listener's name.
    pub name: String,
    /// Events and data points that its sink accepted.
    pub sent: u64,
    /// Events and data points that its sink didn't accept in time.
    pub dropped: u64,
    /// Requests that were repeated.
    pub retries: u64,
    /// The last error. Empty if there was none.
    pub error: String,
}

/// What ran, when and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RunInfo {
    /// The unique id of the run. In a merged report, that of the first run.
    pub id: String,
    /// The ids of all merged runs. Empty if the report is of one run.
    pub merged: Vec<String>,
    /// The test's name.
    pub test: String,
    /// Its description.
    pub description: String,
    /// The environment that it ran against.
    pub env: String,
    /// The spec's file.
    pub spec: String,
    /// The profile that it used, in YAML.
    pub profile: String,
    /// The seed of everything random.
    pub seed: u64,
    /// When it started, RFC 3339.
    pub started_at: String,
    /// How long it ran, microseconds.
    pub duration_us: u64,
    /// The version of ltc.
    pub ltc_version: String,
    /// The versions of the APIs.
    pub apis: Vec<ApiVersion>,
    /// The machine that generated the load, or that orchestrated it.
    pub hostname: String,
    /// How it showed that the load generator itself was the bottleneck, if it was.
    pub saturated: Option<String>,
    /// Whether certificates were not verified.
    pub tls_unverified: bool,
    /// Whether it was interrupted before its end.
    pub interrupted: bool,
    /// Why the run failed because of the infrastructure, a sentence each. Empty if it didn't.
    pub broken: Vec<String>,
    /// The load that was planned.
    pub planned: Planned,
    /// How the load was planned: the number of users, the duration, the machines; a sentence each.
    pub plan: Vec<String>,
    /// Counts of what the listeners delivered.
    pub listeners: Vec<Delivered>,
    /// Other facts that a reader needs, such as lost shards.
    pub notes: Vec<String>,
}

impl RunInfo {
    /// How long it ran.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_micros(self.duration_us)
    }
}

/// Requests before and after the load. They are in no report row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Setup {
    /// Health checks of the APIs.
    pub health_checks: RowStats,
    /// `before test`.
    pub before_test: RowStats,
    /// `after test`.
    pub after_test: RowStats,
}

impl Setup {
    /// The parts with their names.
    pub(crate) fn parts(&self) -> [(&'static str, &RowStats); 3] {
        [("health checks", &self.health_checks), ("before test", &self.before_test), ("after test", &self.after_test)]
    }

    /// Adds the counts of another run.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.health_checks.merge(&other.health_checks);
        self.before_test.merge(&other.before_test);
        self.after_test.merge(&other.after_test);
    }
}

/// A test's results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// What ran.
    pub run: RunInfo,
    /// The report rows, in order.
    pub names: Vec<ReportRow>,
    /// Locations in the spec, `file:line:column`, that failures refer to.
    pub places: Vec<String>,
    /// All counts of the users.
    pub total: Snapshot,
    /// Requests before and after the load.
    #[serde(default)]
    pub setup: Setup,
    /// The results over time.
    pub timeline: Timeline,
    /// The verdicts on the profile's thresholds.
    #[serde(default)]
    pub thresholds: Vec<Verdict>,
    /// The verdict: see [`Report::conclude`].
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// The reasons for the verdict, a sentence each. The decisive one comes first.
    pub reasons: Vec<String>,
}

impl Report {
    /// Reads a report's JSON file. The error names the file.
    pub(crate) fn read(path: &std::path::Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::from_json(&text).map_err(|why| format!("{}: {why}", path.display()))
    }

    /// Computes the verdict: once, when the rest of the report is complete.
    pub(crate) fn conclude(&mut self) -> Conclusion {
        let conclusion = Facts::of(self).conclude();
        self.outcome = conclusion.outcome;
        self.reasons.clone_from(&conclusion.reasons);
        conclusion
    }

    /// The verdict with its reasons, on one line: `failed: 1 of 3 thresholds failed`.
    pub(crate) fn verdict(&self) -> String {
        outcome::sentence(self.outcome, &self.reasons)
    }

    /// The name of a failure's step, or a placeholder if it has none.
    pub(crate) fn name(&self, name: u32) -> &str {
        match self.names.get(name as usize) {
            Some(line) => &line.name,
            None if name == NO_NAME => "(no step)",
            None => "(unknown)",
        }
    }

    /// The location of a failure in the spec. Empty if it has none.
    pub(crate) fn place(&self, place: u32) -> &str {
        if place == NO_PLACE {
            return "";
        }
        self.places.get(place as usize).map_or("", String::as_str)
    }

    /// What the reader must know before trusting the numbers, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(why) = &self.run.saturated {
            all.push(format!("the load generator itself was saturated ({why}): the times are partly its own"));
        }
        let total = self.total.total(&self.names);
        if total.unfinished > 0 {
            let (number, longest) = (count(total.unfinished), waited(total.unfinished_longest_us));
            let were = if total.unfinished == 1 {
                format!("1 request had no response yet when its user was stopped, after {longest}: it is neither a success nor a failure")
            } else {
                format!(
                    "{number} requests had no response yet when their users were stopped, the oldest after {longest}: they are neither successes nor failures"
                )
            };
            all.push(were);
        }
        if self.total.missed > 0 {
            all.push(format!("{} arrivals found no free user and were not made: raise max_clients", count(self.total.missed)));
        }
        if self.run.tls_unverified {
            all.push("TLS certificates were not verified (the environment says tls: {verify: false})".into());
        }
        if self.run.interrupted {
            all.push("the test was interrupted before its end".into());
        }
        for listener in self.run.listeners.iter().filter(|listener| listener.dropped > 0) {
            let of = listener.dropped + listener.sent;
            let why = if listener.error.is_empty() { "it was too slow" } else { &listener.error };
            all.push(format!("{} took only {} of {} items: {why}", listener.name, count(listener.sent), count(of)));
        }
        all.extend(self.run.notes.iter().cloned());
        all
    }
}

#[cfg(test)]
pub(crate) mod sample {
    //! A small report, built by hand, for the tests of all forms.

    use super::*;
    use ltc_engine::stats::{Example, FailureClass, FailureKey, Recorder, Sample, Traffic};

    /// The verdict on a threshold in a report.
    pub(crate) fn verdict(report: &Report, text: &str) -> Verdict {
        let threshold = ltc_config::Threshold::parse(text, &ltc_config::Location::file("x.yml")).unwrap();
        let mut judge = crate::thresholds::ThresholdEvaluator::new(&[threshold], &report.names, None).unwrap();
        judge.interval(&report.total, &report.names);
        judge.verdicts().remove(0)
    }

    pub(crate) fn report() -> Report {
        let names = vec![
            ReportRow::step("Checkout / Create", "POST"),
            ReportRow::step("Checkout / Pay", "PUT"),
            ReportRow::step("Never", "GET"),
            ReportRow::group("Checkout"),
            ReportRow::step("Log out", "POST"),
        ];
        let mut recorder = Recorder::new(names.len(), 0);
        let mut timeline = Timeline::new(Duration::from_secs(5));
        let mut total = Snapshot::empty(names.len());
        for interval in 0..2u64 {
            for i in 1..=100u64 {
                let us = i * 100 + interval * 7;
                let mut record = |name, us, ok| {
                    recorder.record(&Sample {
                        name,
                        service: Duration::from_micros(us),
                        response: Duration::from_micros(us),
                        ok,
                        traffic: Traffic { sent: 100, received: 250, reused: 1, ..Traffic::default() },
                        content: 230,
                        ..Sample::default()
                    });
                };
                record(0, us, i > 2);
                record(1, us * 200, true);
                recorder.group(3, Duration::from_micros(us * 201), true);
                if i <= 2 {
                    let at = Duration::from_secs(interval * 5 + i);
                    let key = FailureKey { name: 0, class: FailureClass::Status, place: 1, kind: "got 503".into() };
                    recorder.failure(key, at, || Example {
                        user: i,
                        message: "expected status 201, got 503 Service Unavailable".into(),
                        reasons: ["expected status 201, got 503 Service Unavailable", "expected a JSON body, got none"]
                            .map(Into::into)
                            .into(),
                        request: "POST /treatments HTTP/1.1\r\n\r\n".into(),
                        response: "HTTP/1.1 503 Service Unavailable\r\n\r\n".into(),
                        ..Example::default()
                    });
                }
            }
            if interval == 1 {
                recorder.unfinished(1, Duration::from_millis(3_400), None);
                recorder.unfinished(1, Duration::from_millis(700), None);
            }
            recorder.skipped(4, interval == 0, &Traffic::default());
            let delta = recorder.snapshot(Duration::from_secs((interval + 1) * 5), 10, 20);
            timeline.add(&delta, &names);
            total.merge(&delta);
        }
        Report {
            run: RunInfo {
                test: "tpdata".into(),
                description: "Treatment data, \"as it is\"".into(),
                env: "cs1".into(),
                spec: "specs/tpdata.lt".into(),
                profile: "test_header:\n  name: tpdata\n".into(),
                seed: 42,
                started_at: "2026-11-23T13:00:00Z".into(),
                duration_us: 10_000_000,
                ltc_version: "0.1.0".into(),
                apis: vec![ApiVersion { name: "treatments".into(), version: "1.4.2".into() }],
                hostname: "lab".into(),
                ..RunInfo::default()
            },
            names,
            places: vec!["specs/tpdata.lt:9:3".into(), "specs/tpdata.lt:14:5".into()],
            total,
            setup: Setup { health_checks: RowStats { requests: 1, ..RowStats::default() }, ..Setup::default() },
            timeline,
            thresholds: Vec::new(),
            outcome: Outcome::NoThresholds,
            reasons: vec!["no thresholds".into()],
        }
    }
}
