//! `Splunk`: sends failed requests as events to the HTTP event collector, and events for the test's start and stop. A request is one event
//! even if it failed for several reasons.
//!
//! Every failure is counted: each failure that is recorded in full is an event with `count` 1. The others of its kind are one event for
//! each interval, and its `count` is their number. So the sum of `count` is the number of failures.

use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use serde_json::{Value, json};
use url::Url;

use super::choose::with_path;
use super::{Format, ListenerEvent, Message};
use crate::live::{FailureCount, LiveSnapshot, TestInfo};
use ltc_engine::stats::Example;

/// The most bytes of a request: half of the collector's default limit.
const BATCH: usize = 500_000;

pub(super) struct Splunk {
    url: String,
    /// `index`, `source` and `sourcetype`, if they are set.
    envelope: serde_json::Map<String, Value>,
}

impl Splunk {
    pub(super) fn new(base: &Url, section: &ltc_config::credentials::Splunk) -> Self {
        let given = [("index", &section.index), ("source", &section.source), ("sourcetype", &section.sourcetype)];
        let envelope = given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_deref()?))));
        Self { url: with_path(base, "/services/collector/event"), envelope: envelope.collect() }
    }

    fn event(&self, info: &TestInfo, at_us: u64, event: Value) -> Vec<u8> {
        let mut whole = self.envelope.clone();
        // Epoch seconds with milliseconds.
        let at = info.unix_ms(Duration::from_micros(at_us));
        whole.insert("time".into(), json!(format!("{}.{:03}", at / 1000, at % 1000)));
        if !info.run.hostname.is_empty() {
            whole.insert("host".into(), json!(info.run.hostname));
        }
        whole.insert("event".into(), event);
        Value::Object(whole).to_string().into_bytes()
    }

    /// A message with one event.
    fn one(&self, info: &TestInfo, at: Duration, event: Value) -> Message {
        let at_us = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        Message { url: self.url.clone(), body: self.event(info, at_us, event).into(), items: 1 }
    }

    fn events(&self, info: &TestInfo, live: &LiveSnapshot) -> Vec<Vec<u8>> {
        let end_us = u64::try_from(live.at.as_micros()).unwrap_or(u64::MAX);
        let mut events = Vec::new();
        for failed in &live.failed {
            for example in &failed.examples {
                events.push(self.event(info, example.at_us, detail(info, failed, 1, Some(example))));
            }
            let rest = failed.count.saturating_sub(failed.examples.len() as u64);
            if rest > 0 {
                events.push(self.event(info, end_us, detail(info, failed, rest, None)));
            }
        }
        if live.failed_otherwise > 0 {
            let other = FailureCount { class: "other", ..FailureCount::default() };
            events.push(self.event(info, end_us, detail(info, &other, live.failed_otherwise, None)));
        }
        events
    }
}

fn versions(info: &TestInfo) -> serde_json::Map<String, Value> {
    info.run.apis.iter().map(|api| (api.name.clone(), json!(api.version))).collect()
}

fn started(info: &TestInfo) -> Value {
    let run = &info.run;
    json!({
        "type": "test_started",
        "test": run.test,
        "env": run.env,
        "spec": run.spec,
        "description": run.description,
        "api_versions": versions(info),
        "seed": run.seed,
    })
}

fn stopped(info: &TestInfo, whole: &LiveSnapshot) -> Value {
    let (run, conclusion) = (&info.run, whole.conclusion.clone().unwrap_or_default());
    json!({
        "type": "test_stopped",
        "test": run.test,
        "env": run.env,
        "api_versions": versions(info),
        "seed": run.seed,
        "requests": whole.total.requests,
        "failed": whole.total.failures,
        "verdict": conclusion.outcome.key(),
        "verdict_text": conclusion.text(),
    })
}

fn detail(info: &TestInfo, failed: &FailureCount, count: u64, example: Option<&Example>) -> Value {
    let mut event = json!({
        "type": "failure",
        "test": info.run.test,
        "env": info.run.env,
        "transaction": failed.step,
        "class": failed.class,
        "kind": failed.kind,
        "place": failed.place,
        "count": count,
        "api_versions": versions(info),
        "seed": info.run.seed,
    });
    if let (Some(example), Some(event)) = (example, event.as_object_mut()) {
        event.insert("message".into(), json!(example.message));
        event.insert("reasons".into(), json!(example.reasons));
        event.insert("user".into(), json!(example.user));
        event.insert("request".into(), json!(example.request));
        event.insert("response".into(), json!(example.response));
    }
    event
}

impl Format for Splunk {
    fn encode(&mut self, info: &TestInfo, event: &ListenerEvent) -> Vec<Message> {
        let live = match event {
            ListenerEvent::Interval(live) => live,
            ListenerEvent::Started => return vec![self.one(info, Duration::ZERO, started(info))],
            ListenerEvent::Ended(whole) => return vec![self.one(info, whole.at, stopped(info, whole))],
        };
        let mut messages: Vec<Message> = Vec::new();
        let mut body = BytesMut::new();
        let mut items = 0;
        let mut close = |body: &mut BytesMut, items: &mut u64| {
            if *items > 0 {
                messages.push(Message { url: self.url.clone(), body: body.split().freeze(), items: std::mem::take(items) });
            }
        };
        for event in self.events(info, live) {
            if body.len() + event.len() > BATCH {
                close(&mut body, &mut items);
            }
            body.put_slice(&event);
            body.put_u8(b'\n');
            items += 1;
        }
        close(&mut body, &mut items);
        messages
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::live::sample::{info, live_snapshot};
    use crate::report::{Conclusion, Outcome};

    fn format() -> Splunk {
        let text = "Splunk: {url: 'https://splunk:8088', token: t0ken, index: main, sourcetype: _json}";
        let credentials = ltc_config::credentials::Credentials::parse(text, "c.yml", &|_| None).unwrap();
        Splunk::new(&Url::parse("https://splunk:8088").unwrap(), credentials.splunk().unwrap().unwrap())
    }

    fn events(body: &Bytes) -> Vec<Value> {
        serde_json::Deserializer::from_slice(body).into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn splunk_counts_every_failure_and_sends_the_first_in_full() {
        let mut live = live_snapshot();
        live.failed[0].count = 1000;
        live.failed_otherwise = 7;
        let sent = format().encode(&info(), &ListenerEvent::Interval(Arc::new(live)));
        assert_eq!((sent.len(), sent[0].url.as_str()), (1, "https://splunk:8088/services/collector/event"));
        let events = events(&sent[0].body);
        assert_eq!((events.len(), sent[0].items), (6, 6));
        let first = &events[0];
        assert_eq!(
            (first["index"].as_str(), first["sourcetype"].as_str(), first["host"].as_str()),
            (Some("main"), Some("_json"), Some("lab"))
        );
        assert_eq!(first["time"], "1767225601.000");
        let detail = &first["event"];
        assert_eq!(detail["message"], "expected status 201, got 503 Service Unavailable");
        assert_eq!((detail["place"].as_str(), detail["class"].as_str()), (Some("specs/tpdata.lt:14:5"), Some("status")));
        assert_eq!(detail["api_versions"], json!({ "treatments": "1.4.2" }));
        assert_eq!(detail["reasons"], json!(["expected status 201, got 503 Service Unavailable", "expected a JSON body, got none"]));
        assert!(detail["request"].as_str().unwrap().starts_with("POST /treatments"));
        let counted: u64 = events.iter().map(|event| event["event"]["count"].as_u64().unwrap()).sum();
        assert_eq!(counted, 1007);
    }

    #[test]
    fn splunk_requests_have_a_greatest_size() {
        let mut live = live_snapshot();
        for example in &mut live.failed[0].examples {
            example.response = "x".repeat(200_000);
        }
        let sent = format().encode(&info(), &ListenerEvent::Interval(Arc::new(live)));
        assert_eq!(sent.iter().map(|message| message.items).collect::<Vec<_>>(), [2, 2]);
        assert!(sent.iter().all(|message| message.body.len() <= BATCH));
    }

    #[test]
    fn splunk_start_and_stop_are_events() {
        let sent = format().encode(&info(), &ListenerEvent::Started);
        assert_eq!((sent.len(), sent[0].items), (1, 1));
        let started = &events(&sent[0].body)[0];
        assert_eq!((started["time"].as_str(), started["event"]["type"].as_str()), (Some("1767225600.000"), Some("test_started")));
        assert_eq!(started["event"]["api_versions"], json!({ "treatments": "1.4.2" }));
        let conclusion = Conclusion { outcome: Outcome::Failed, reasons: vec!["1 of 2 thresholds failed".to_owned()] };
        let sent =
            format().encode(&info(), &ListenerEvent::Ended(Arc::new(LiveSnapshot { conclusion: Some(conclusion), ..live_snapshot() })));
        let stopped = &events(&sent[0].body)[0]["event"];
        assert_eq!((stopped["type"].as_str(), stopped["requests"].as_u64()), (Some("test_stopped"), Some(400)));
        assert_eq!(
            (stopped["verdict"].as_str(), stopped["verdict_text"].as_str()),
            (Some("failed"), Some("failed: 1 of 2 thresholds failed"))
        );
    }
}
