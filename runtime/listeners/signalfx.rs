//! `SignalFx` (`SFx`): gauges to `/v2/datapoint`, the test's start and stop to `/v2/event`.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use url::Url;

use super::choose::with_path;
use super::{Format, ListenerEvent, Message, statistics};
use crate::live::{LiveSnapshot, RowFigures, TestInfo};
use ltc_engine::stats::{PERCENTILE_NAMES, PERCENTILES};

/// The most data points of a request.
const BATCH: usize = 1000;
/// The longest value of a dimension, in characters.
const VALUE: usize = 256;
/// The longest name of a dimension, in characters.
const NAME: usize = 128;

/// The percentiles of [`PERCENTILES`] that are sent.
const SENT: [&str; 6] = ["50", "75", "90", "95", "99", "99.9"];

pub(super) struct SignalFx {
    datapoints: String,
    events: String,
    prefix: String,
}

impl SignalFx {
    pub(super) fn new(base: &Url, prefix: &str) -> Self {
        Self { datapoints: with_path(base, "/v2/datapoint"), events: with_path(base, "/v2/event"), prefix: prefix.to_owned() }
    }

    fn event(&self, info: &TestInfo, what: &str, at_ms: u64, more: Map<String, Value>) -> Message {
        let run = &info.run;
        let mut properties = Map::new();
        properties.insert("description".into(), json!(run.description));
        properties.insert("spec".into(), json!(run.spec));
        properties.insert("versions".into(), json!(info.versions()));
        properties.extend(more);
        let mut dimensions = dimensions(info, None);
        for api in &run.apis {
            dimensions.insert(dimension_name("version_", &api.name), dimension_value(&api.version));
        }
        let event = json!([{
            "category": "USER_DEFINED",
            "eventType": format!("{}{what}", self.prefix),
            "dimensions": dimensions,
            "properties": properties,
            "timestamp": at_ms,
        }]);
        Message { url: self.events.clone(), body: Bytes::from(event.to_string()), items: 1 }
    }

    fn points(&self, info: &TestInfo, live: &LiveSnapshot) -> Vec<Message> {
        let at = info.unix_ms(live.at);
        let point = |name: &str, value: Value, dimensions: &Value| json!({ "metric": format!("{}{name}", self.prefix), "value": value, "dimensions": dimensions, "timestamp": at });
        let whole = Value::Object(dimensions(info, None));
        let mut points = vec![
            point("clients", json!(live.users), &whole),
            point("requests_waiting", json!(live.waiting), &whole),
            point("oldest_waiting", json!(live.oldest.as_secs_f64() * 1000.0), &whole),
        ];
        let mut line = |kind: &str, line: &RowFigures, dimensions: &Value| {
            let mut add = |name: &str, value: Value| points.push(point(&format!("{kind}{name}"), value, dimensions));
            add("rps", json!(line.now.rps));
            add("total_requests", json!(line.requests));
            add("total_failed", json!(line.failures));
            add("total_unfinished", json!(line.unfinished));
            add("total_resends", json!(line.resends));
            if let Some(us) = line.now.failed_after_us {
                add("avg_failed_after", json!(us / 1000.0));
            }
            if line.now.timed {
                add("avg_response_time", json!(line.now.mean_us / 1000.0));
                for (quantile, name) in PERCENTILES.iter().zip(PERCENTILE_NAMES).filter(|(_, name)| SENT.contains(name)) {
                    let us = line.now.percentile_us(*quantile).unwrap_or(0);
                    add(&format!("response_time.p{name}"), json!(us as f64 / 1000.0));
                }
            }
        };
        line("", &live.total, &whole);
        for (name, figures) in live.ran(&info.names) {
            line("transaction.", figures, &Value::Object(dimensions(info, Some(&name.name))));
        }
        let batches = points.chunks(BATCH).map(|batch| Message {
            url: self.datapoints.clone(),
            body: Bytes::from(json!({ "gauge": batch }).to_string()),
            items: batch.len() as u64,
        });
        batches.collect()
    }
}

impl Format for SignalFx {
    fn encode(&mut self, info: &TestInfo, event: &ListenerEvent) -> Vec<Message> {
        let mut messages = statistics(info, event).map(|live| self.points(info, live)).unwrap_or_default();
        match event {
            ListenerEvent::Started => messages.push(self.event(info, "test_started", info.unix_ms(Default::default()), Map::new())),
            ListenerEvent::Ended(whole) => {
                let conclusion = whole.conclusion.clone().unwrap_or_default();
                let figures = json!({
                    "requests": whole.total.requests,
                    "failed": whole.total.failures,
                    "verdict": conclusion.outcome.key(),
                    "verdict_text": conclusion.text(),
                });
                let more = figures.as_object().cloned().unwrap_or_default();
                messages.push(self.event(info, "test_stopped", info.unix_ms(whole.at), more));
            }
            ListenerEvent::Interval(_) => {}
        }
        messages
    }
}

fn dimensions(info: &TestInfo, transaction: Option<&str>) -> Map<String, Value> {
    let mut dimensions = Map::new();
    dimensions.insert("test_name".into(), dimension_value(&info.run.test));
    dimensions.insert("env".into(), dimension_value(&info.run.env));
    if let Some(name) = transaction {
        dimensions.insert("transaction".into(), dimension_value(name));
    }
    dimensions
}

/// Makes a value that isn't empty and isn't too long: SignalFx refuses others.
fn dimension_value(text: &str) -> Value {
    json!(if text.is_empty() { "none".to_owned() } else { text.chars().take(VALUE).collect() })
}

/// Makes a name of at most 128 letters, digits, `-` and `_`: SignalFx refuses others.
fn dimension_name(before: &str, name: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || char == '-' { char } else { '_' };
    before.chars().chain(name.chars().map(plain)).take(NAME).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::live::sample::{info, live_snapshot};
    use crate::report::{Conclusion, Outcome};

    fn format() -> SignalFx {
        SignalFx::new(&Url::parse("https://ingest.us1.signalfx.com").unwrap(), "locust.")
    }

    fn body(message: &Message) -> Value {
        serde_json::from_slice(&message.body).unwrap()
    }

    #[test]
    fn signalfx_gauges_cover_the_total_and_each_transaction() {
        let sent = format().encode(&info(), &ListenerEvent::Interval(Arc::new(live_snapshot())));
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].url, "https://ingest.us1.signalfx.com/v2/datapoint");
        let body = body(&sent[0]);
        let gauges = body["gauge"].as_array().unwrap();
        assert_eq!(sent[0].items, gauges.len() as u64);
        let find = |metric: &str, transaction: Option<&str>| {
            let found = gauges
                .iter()
                .find(|gauge| gauge["metric"] == metric && gauge["dimensions"].get("transaction").and_then(Value::as_str) == transaction);
            found.unwrap_or_else(|| panic!("no {metric} of {transaction:?} in {body:#}"))
        };
        assert_eq!(
            find("locust.rps", None),
            &json!({ "metric": "locust.rps", "value": 40.0, "dimensions": { "test_name": "tpdata", "env": "cs1" }, "timestamp": 1_767_225_610_000_u64 })
        );
        assert_eq!(find("locust.clients", None)["value"], 10);
        assert_eq!(find("locust.total_requests", None)["value"], 400);
        assert_eq!(find("locust.total_failed", None)["value"], 4);
        let pay = find("locust.transaction.avg_response_time", Some("Checkout / Pay"));
        assert_eq!((pay["value"].as_f64(), pay["dimensions"]["test_name"].as_str()), (Some(1010.7), Some("tpdata")));
        assert!(find("locust.transaction.response_time.p95", Some("Checkout / Create"))["value"].as_f64().unwrap() > 9.0);
        assert!(gauges.iter().all(|gauge| gauge["dimensions"]["transaction"] != "Never"));
    }

    #[test]
    fn signalfx_start_and_stop_events_contain_the_versions() {
        let mut info = info();
        info.run.env = String::new();
        let sent = format().encode(&info, &ListenerEvent::Started);
        assert_eq!((sent.len(), sent[0].url.as_str()), (1, "https://ingest.us1.signalfx.com/v2/event"));
        let event = body(&sent[0])[0].clone();
        assert_eq!(event["category"], "USER_DEFINED");
        assert_eq!(event["eventType"], "locust.test_started");
        let dimensions = json!({ "test_name": "tpdata", "env": "none", "version_treatments": "1.4.2" });
        assert_eq!(event["dimensions"], dimensions, "the versions are dimensions, by which events are filtered");
        assert_eq!(event["properties"].get("version_treatments"), None);
        let conclusion = Conclusion { outcome: Outcome::Broken, reasons: vec!["no request was begun".to_owned()] };
        let whole = LiveSnapshot { conclusion: Some(conclusion), ..live_snapshot() };
        let sent = format().encode(&info, &ListenerEvent::Ended(Arc::new(whole)));
        assert_eq!(sent.len(), 1, "periodic statistics don't end with those of the whole test");
        assert_eq!(body(&sent[0])[0]["eventType"], "locust.test_stopped");
        let properties = &body(&sent[0])[0]["properties"];
        assert_eq!(properties["failed"], 4);
        assert_eq!(
            (properties["verdict"].as_str(), properties["verdict_text"].as_str()),
            (Some("broken"), Some("broken: no request was begun"))
        );
        assert_eq!(body(&sent[0])[0]["dimensions"], dimensions);
    }

    #[test]
    fn statistics_at_the_end_are_sent_once_in_batches() {
        let mut info = TestInfo { periodic: false, ..info() };
        let mut whole = live_snapshot();
        info.names = (0..300).map(|i| ltc_engine::stats::ReportRow::step(format!("{i}"), "GET")).collect();
        whole.lines = vec![whole.total.clone(); 300];
        assert!(format().encode(&info, &ListenerEvent::Interval(Arc::new(whole.clone()))).is_empty());
        let sent = format().encode(&info, &ListenerEvent::Ended(Arc::new(whole)));
        let points: u64 = sent.iter().filter(|message| message.url.ends_with("datapoint")).map(|message| message.items).sum();
        assert_eq!((sent.len(), points), (5, 3 + 301 * 13));
    }
}
