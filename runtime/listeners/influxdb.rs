//! `InfluxDB`: line protocol, to version 2 (`org`, `bucket`) or 1 (`database`).

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::choose::with_path;
use super::{Format, ListenerEvent, Message, statistics};
use crate::live::{LiveSnapshot, RowFigures, TestInfo};
use crate::report::Conclusion;
use ltc_engine::stats::{PERCENTILE_NAMES, PERCENTILES};

/// The most lines of a request, as InfluxDB recommends.
const BATCH: usize = 5000;

pub(super) struct InfluxDb {
    url: String,
    prefix: String,
}

impl InfluxDb {
    pub(super) fn new(base: &Url, section: &ltc_config::credentials::InfluxDb) -> Self {
        let mut url = base.clone();
        match &section.bucket {
            Some(bucket) => {
                url.query_pairs_mut().append_pair("org", section.org.as_deref().unwrap_or_default()).append_pair("bucket", bucket);
            }
            None => {
                url.query_pairs_mut().append_pair("db", section.database.as_deref().unwrap_or_default());
            }
        }
        url.query_pairs_mut().append_pair("precision", "ms");
        let path = if section.bucket.is_some() { "/api/v2/write" } else { "/write" };
        Self { url: with_path(&url, path), prefix: section.endpoint.prefix.clone().unwrap_or_else(|| "ltc".to_owned()) }
    }

    /// A line of a separate measurement: the test starts, or stops with a verdict.
    fn event(&self, info: &TestInfo, at: Duration, what: &str, conclusion: Option<&Conclusion>) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " "));
        let verdict = conclusion.map_or_else(String::new, |conclusion| {
            format!(",verdict={},verdict_text={}", quoted(conclusion.outcome.key()), quoted(&conclusion.text()))
        });
        let measurement = escape(&self.prefix, &[',', ' ']);
        let (env, test) = (tag("env", &info.run.env), tag("test", &info.run.test));
        format!("{measurement}_event{env}{test} event={}{verdict} {}", quoted(what), info.unix_ms(at))
    }

    fn lines(&self, info: &TestInfo, live: &LiveSnapshot) -> Vec<String> {
        let at = info.unix_ms(live.at);
        let shared = format!("{}{}", tag("env", &info.run.env), tag("test", &info.run.test));
        let measurement = escape(&self.prefix, &[',', ' ']);
        let users = format!(
            "clients={}i,clients_planned={}i,waiting={}i,oldest_waiting_ms={:.3},missed={}i,",
            live.users,
            live.planned,
            live.waiting,
            live.oldest.as_secs_f64() * 1000.0,
            live.missed
        );
        let mut lines = vec![format!("{measurement}{shared} {users}{} {at}", fields(&live.total))];
        lines.extend(
            live.ran(&info.names)
                .map(|(name, line)| format!("{measurement}_transaction{shared}{} {} {at}", tag("transaction", &name.name), fields(line))),
        );
        lines
    }
}

impl Format for InfluxDb {
    fn encode(&mut self, info: &TestInfo, event: &ListenerEvent) -> Vec<Message> {
        let mut lines = statistics(info, event).map(|live| self.lines(info, live)).unwrap_or_default();
        lines.extend(match event {
            ListenerEvent::Started => Some(self.event(info, Duration::ZERO, "test_started", None)),
            ListenerEvent::Ended(whole) => Some(self.event(info, whole.at, "test_stopped", whole.conclusion.as_ref())),
            ListenerEvent::Interval(_) => None,
        });
        let batches = lines.chunks(BATCH).map(|batch| Message {
            url: self.url.clone(),
            body: Bytes::from(batch.join("\n") + "\n"),
            items: batch.len() as u64,
        });
        batches.collect()
    }
}

fn fields(line: &RowFigures) -> String {
    let mut fields = format!(
        "requests={}i,failures={}i,unfinished={}i,resends={}i,rps={:.3}",
        line.requests, line.failures, line.unfinished, line.resends, line.now.rps
    );
    if let Some(us) = line.now.failed_after_us {
        fields.push_str(&format!(",failed_after_ms={:.3}", us / 1000.0));
    }
    if line.now.timed {
        fields.push_str(&format!(",avg_ms={:.3}", line.now.mean_us / 1000.0));
        for (index, name) in PERCENTILE_NAMES.iter().enumerate().take(PERCENTILES.len()) {
            fields.push_str(&format!(",p{name}_ms={:.3}", line.now.percentiles_us[index] as f64 / 1000.0));
        }
    }
    fields
}

/// `,key=value`. A tag with an empty value is left out, as the protocol requires.
fn tag(key: &str, value: &str) -> String {
    // The protocol can't escape a newline, and a trailing backslash would escape the next character.
    let value = value.replace(['\n', '\r'], " ");
    let value = value.trim_end_matches('\\');
    if value.is_empty() { String::new() } else { format!(",{key}={}", escape(value, &[',', '=', ' '])) }
}

fn escape(text: &str, special: &[char]) -> String {
    text.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::live::sample::{info, live_snapshot};
    use crate::report::Outcome;

    fn format(section: &str) -> InfluxDb {
        let text = format!("InfluxDB: {{url: 'http://i:8086', {section}}}");
        let credentials = ltc_config::credentials::Credentials::parse(&text, "c.yml", &|_| None).unwrap();
        InfluxDb::new(&Url::parse("http://i:8086").unwrap(), credentials.influxdb().unwrap().unwrap())
    }

    #[test]
    fn influxdb_lines_are_one_for_the_total_and_one_per_transaction() {
        let sent = format("org: o, bucket: 'a b'").encode(&info(), &ListenerEvent::Interval(Arc::new(live_snapshot())));
        assert_eq!((sent.len(), sent[0].items), (1, 4));
        assert_eq!(sent[0].url, "http://i:8086/api/v2/write?org=o&bucket=a+b&precision=ms");
        let body = String::from_utf8(sent[0].body.to_vec()).unwrap();
        let lines: Vec<_> = body.lines().collect();
        assert!(
            lines[0].starts_with(
                "ltc,env=cs1,test=tpdata clients=10i,clients_planned=20i,waiting=0i,oldest_waiting_ms=0.000,missed=0i,requests=400i,failures=4i,unfinished=2i,resends=0i,rps=40.000,failed_after_ms=0.153,avg_ms="
            ),
            "{body}"
        );
        assert!(lines[0].contains(",p99.99_ms=") && lines[0].ends_with(" 1767225610000"), "{body}");
        assert!(lines[1].starts_with("ltc_transaction,env=cs1,test=tpdata,transaction=Checkout\\ /\\ Create requests=200i,"), "{body}");
    }

    #[test]
    fn influxdb_start_and_stop_are_lines() {
        let body = |event: &ListenerEvent| String::from_utf8(format("database: d").encode(&info(), event)[0].body.to_vec()).unwrap();
        assert_eq!(body(&ListenerEvent::Started), "ltc_event,env=cs1,test=tpdata event=\"test_started\" 1767225600000\n");
        let conclusion = Conclusion { outcome: Outcome::Broken, reasons: vec!["shard \"1\" lost".to_owned()] };
        let ended = body(&ListenerEvent::Ended(Arc::new(LiveSnapshot { conclusion: Some(conclusion), ..live_snapshot() })));
        let expected = "ltc_event,env=cs1,test=tpdata event=\"test_stopped\",verdict=\"broken\",verdict_text=\"broken: shard \\\"1\\\" lost\" 1767225610000\n";
        assert_eq!(ended, expected);
    }

    #[test]
    fn influxdb_version_1_and_unusual_names_are_supported() {
        assert_eq!(format("database: d, prefix: 'x y'").url, "http://i:8086/write?db=d&precision=ms");
        assert_eq!(tag("t", "a=b, c\nd\\"), ",t=a\\=b\\,\\ c\\ d");
        assert_eq!(tag("t", ""), "");
        let mut info = info();
        info.run.env = String::new();
        let sent = format("database: d, prefix: 'x y'").encode(&info, &ListenerEvent::Interval(Arc::new(live_snapshot())));
        assert!(sent[0].body.starts_with(b"x\\ y,test=tpdata clients="), "{:?}", sent[0].body);
    }
}
