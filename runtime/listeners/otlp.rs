//! `OTLP`: metrics to an OpenTelemetry collector, OTLP over HTTP in its JSON encoding.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use url::Url;

use super::choose::with_path;
use super::{Format, ListenerEvent, Message, statistics};
use crate::live::{LiveSnapshot, RowFigures, TestInfo};
use crate::report::Conclusion;
use ltc_engine::stats::PERCENTILES;

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u8 = 2;

pub(super) struct Otlp {
    url: String,
    prefix: String,
}

/// The points of each metric, grouped under its name.
struct Points {
    start: String,
    at: String,
    rps: Vec<Value>,
    requests: Vec<Value>,
    failures: Vec<Value>,
    unfinished: Vec<Value>,
    resends: Vec<Value>,
    failed_after: Vec<Value>,
    mean: Vec<Value>,
    quantiles: Vec<Value>,
}

impl Points {
    fn gauge(&self, value: f64, attributes: &[Value]) -> Value {
        json!({ "timeUnixNano": self.at, "asDouble": value, "attributes": attributes })
    }

    /// Adds a point of a sum. The JSON of protobuf writes 64-bit integers as strings.
    fn sum(&self, value: u64, attributes: &[Value]) -> Value {
        json!({ "startTimeUnixNano": self.start, "timeUnixNano": self.at, "asInt": value.to_string(), "attributes": attributes })
    }

    fn add(&mut self, line: &RowFigures, attributes: &[Value]) {
        self.rps.push(self.gauge(line.now.rps, attributes));
        self.requests.push(self.sum(line.requests, attributes));
        self.failures.push(self.sum(line.failures, attributes));
        self.unfinished.push(self.sum(line.unfinished, attributes));
        self.resends.push(self.sum(line.resends, attributes));
        if let Some(us) = line.now.failed_after_us {
            self.failed_after.push(self.gauge(us / 1e6, attributes));
        }
        if !line.now.timed {
            return;
        }
        self.mean.push(self.gauge(line.now.mean_us / 1e6, attributes));
        for (index, quantile) in PERCENTILES.iter().enumerate() {
            let attributes: Vec<Value> =
                attributes.iter().cloned().chain([json!({ "key": "quantile", "value": { "doubleValue": quantile } })]).collect();
            self.quantiles.push(self.gauge(line.now.percentiles_us[index] as f64 / 1e6, &attributes));
        }
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

impl Otlp {
    pub(super) fn new(base: &Url, prefix: Option<&str>) -> Self {
        Self { url: with_path(base, "/v1/metrics"), prefix: prefix.unwrap_or("ltc.").to_owned() }
    }

    /// A message that the test runs (1), or that it has ended (0) with a verdict.
    fn event(&self, info: &TestInfo, at: Duration, running: f64, conclusion: Option<&Conclusion>) -> Message {
        let at = format!("{}000000", info.unix_ms(at));
        let gauge = |name: &str, value: f64, attributes: &[Value]| {
            let point = json!({ "timeUnixNano": at, "asDouble": value, "attributes": attributes });
            json!({ "name": format!("{}{name}", self.prefix), "unit": "1", "gauge": { "dataPoints": [point] } })
        };
        let mut metrics = vec![gauge("test.running", running, &[])];
        metrics.extend(conclusion.map(|conclusion| gauge("test.ended", 1.0, &[text("verdict", conclusion.outcome.key())])));
        let items = metrics.len() as u64;
        self.message(info, metrics, items)
    }

    fn request(&self, info: &TestInfo, live: &LiveSnapshot) -> Message {
        let nanos = |at| format!("{}000000", info.unix_ms(at));
        let mut points = Points {
            start: nanos(Default::default()),
            at: nanos(live.at),
            rps: Vec::new(),
            requests: Vec::new(),
            failures: Vec::new(),
            unfinished: Vec::new(),
            resends: Vec::new(),
            failed_after: Vec::new(),
            mean: Vec::new(),
            quantiles: Vec::new(),
        };
        // The total is the point without the transaction attribute.
        points.add(&live.total, &[]);
        for (name, line) in live.ran(&info.names) {
            points.add(line, &[text("transaction", &name.name)]);
        }
        let clients = vec![points.gauge(live.users as f64, &[])];
        let planned = vec![points.gauge(live.planned as f64, &[])];
        let waiting = vec![points.gauge(live.waiting as f64, &[])];
        let oldest = vec![points.gauge(live.oldest.as_secs_f64(), &[])];
        let gauge = |name: &str, unit: &str, points: Vec<Value>| {
            let items = points.len() as u64;
            (items, json!({ "name": format!("{}{name}", self.prefix), "unit": unit, "gauge": { "dataPoints": points } }))
        };
        let sum = |name: &str, unit: &str, points: Vec<Value>| {
            let items = points.len() as u64;
            let sum = json!({ "aggregationTemporality": CUMULATIVE, "isMonotonic": true, "dataPoints": points });
            (items, json!({ "name": format!("{}{name}", self.prefix), "unit": unit, "sum": sum }))
        };
        let (items, metrics): (Vec<u64>, Vec<Value>) = [
            gauge("clients", "{client}", clients),
            gauge("clients.planned", "{client}", planned),
            gauge("requests.waiting", "{request}", waiting),
            gauge("requests.oldest_waiting", "s", oldest),
            gauge("rps", "{request}/s", points.rps),
            sum("requests", "{request}", points.requests),
            sum("failures", "{request}", points.failures),
            sum("unfinished", "{request}", points.unfinished),
            sum("resends", "{request}", points.resends),
            gauge("failed_after.mean", "s", points.failed_after),
            gauge("response_time.mean", "s", points.mean),
            gauge("response_time", "s", points.quantiles),
        ]
        .into_iter()
        .filter(|(items, _)| *items > 0)
        .unzip();
        self.message(info, metrics, items.iter().sum())
    }

    fn message(&self, info: &TestInfo, metrics: Vec<Value>, items: u64) -> Message {
        let run = &info.run;
        let mut resource =
            vec![text("service.name", &run.test), text("deployment.environment.name", &run.env), text("host.name", &run.hostname)];
        resource.extend(run.apis.iter().map(|api| text(&format!("ltc.api.{}.version", api.name), &api.version)));
        let body = json!({ "resourceMetrics": [{
            "resource": { "attributes": resource },
            "scopeMetrics": [{ "scope": { "name": "ltc", "version": run.ltc_version }, "metrics": metrics }],
        }] });
        Message { url: self.url.clone(), body: Bytes::from(body.to_string()), items }
    }
}

impl Format for Otlp {
    fn encode(&mut self, info: &TestInfo, event: &ListenerEvent) -> Vec<Message> {
        let mut messages: Vec<Message> = statistics(info, event).map(|live| self.request(info, live)).into_iter().collect();
        messages.extend(match event {
            ListenerEvent::Started => Some(self.event(info, Duration::ZERO, 1.0, None)),
            ListenerEvent::Ended(whole) => Some(self.event(info, whole.at, 0.0, whole.conclusion.as_ref())),
            ListenerEvent::Interval(_) => None,
        });
        messages
    }

    /// Reads `partialSuccess` of an answer. Most collectors write the number as a string, some as a number.
    fn refused(&self, answer: &[u8]) -> u64 {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let refused = &answer["partialSuccess"]["rejectedDataPoints"];
        refused.as_u64().or_else(|| refused.as_str()?.parse().ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::live::sample::{info, live_snapshot};

    fn format() -> Otlp {
        Otlp::new(&Url::parse("http://o:4318").unwrap(), None)
    }

    #[test]
    fn otlp_gauges_and_cumulative_sums_share_one_resource() {
        let sent = format().encode(&info(), &ListenerEvent::Interval(Arc::new(live_snapshot())));
        assert_eq!((sent.len(), sent[0].url.as_str()), (1, "http://o:4318/v1/metrics"));
        let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
        let resource = &body["resourceMetrics"][0];
        assert_eq!(resource["resource"]["attributes"][0], text("service.name", "tpdata"));
        let metrics = resource["scopeMetrics"][0]["metrics"].as_array().unwrap();
        let find = |name: &str| metrics.iter().find(|metric| metric["name"] == name).unwrap_or_else(|| panic!("no {name}: {body:#}"));
        let requests = &find("ltc.requests")["sum"];
        assert_eq!((requests["aggregationTemporality"].as_u64(), requests["isMonotonic"].as_bool()), (Some(2), Some(true)));
        assert_eq!(
            requests["dataPoints"][0],
            json!({ "startTimeUnixNano": "1767225600000000000", "timeUnixNano": "1767225610000000000", "asInt": "400", "attributes": [] })
        );
        assert_eq!(requests["dataPoints"][1]["attributes"][0], text("transaction", "Checkout / Create"));
        assert_eq!(find("ltc.clients")["gauge"]["dataPoints"][0]["asDouble"], 10.0);
        let quantiles = find("ltc.response_time")["gauge"]["dataPoints"].as_array().unwrap();
        assert_eq!(quantiles.len(), 4 * PERCENTILES.len());
        let points: usize = metrics
            .iter()
            .map(|metric| (metric["gauge"]["dataPoints"].as_array().or(metric["sum"]["dataPoints"].as_array())).unwrap().len())
            .sum();
        assert_eq!(points as u64, sent[0].items);
    }

    #[test]
    fn otlp_start_and_stop_are_gauges() {
        let metrics = |message: &Message| {
            let body: Value = serde_json::from_slice(&message.body).unwrap();
            body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap().clone()
        };
        let sent = format().encode(&info(), &ListenerEvent::Started);
        assert_eq!((sent.len(), sent[0].items), (1, 1));
        let running = &metrics(&sent[0])[0];
        assert_eq!(
            (running["name"].as_str(), running["gauge"]["dataPoints"][0]["asDouble"].as_f64()),
            (Some("ltc.test.running"), Some(1.0))
        );
        let whole = LiveSnapshot { conclusion: Some(Conclusion::default()), ..live_snapshot() };
        let sent = format().encode(&info(), &ListenerEvent::Ended(Arc::new(whole)));
        assert_eq!((sent.len(), sent[0].items), (1, 2));
        let ended = metrics(&sent[0]);
        assert_eq!(ended[0]["gauge"]["dataPoints"][0]["asDouble"], 0.0);
        assert_eq!(ended[1]["gauge"]["dataPoints"][0]["attributes"][0], text("verdict", "no_thresholds"));
    }

    #[test]
    fn refusals_of_the_collector_are_read() {
        assert_eq!(format().refused(br#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}"#), 3);
        assert_eq!(format().refused(b"{}"), 0);
        assert_eq!(format().refused(b"<html>"), 0);
    }
}
