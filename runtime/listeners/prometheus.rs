//! `Prometheus`: remote write 1.0, a snappy-compressed `WriteRequest` with one sample for each series.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message as _;
use url::Url;

use super::choose::with_path;
use super::{Format, ListenerEvent, Message, statistics};
use crate::live::{LiveSnapshot, RowFigures, TestInfo};
use ltc_engine::stats::PERCENTILES;

/// The most series of a request.
const BATCH: usize = 2000;

/// The bits of the NaN that ends a series. Without it, graphs would continue with the last value for five minutes.
const STALE: u64 = 0x7ff0_0000_0000_0002;

#[derive(Clone, PartialEq, prost::Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, prost::Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

pub(super) struct Prometheus {
    url: String,
    prefix: String,
    /// The series of the last write. They end with the test.
    last: Vec<TimeSeries>,
}

impl Prometheus {
    pub(super) fn new(base: &Url, prefix: Option<&str>) -> Self {
        Self { url: with_path(base, "/api/v1/write"), prefix: prefix.unwrap_or("ltc_").to_owned(), last: Vec::new() }
    }

    pub(super) fn headers() -> HeaderMap {
        HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf")),
            (CONTENT_ENCODING, HeaderValue::from_static("snappy")),
            (HeaderName::from_static("x-prometheus-remote-write-version"), HeaderValue::from_static("0.1.0")),
        ])
    }

    fn series(&self, info: &TestInfo, live: &LiveSnapshot) -> Vec<TimeSeries> {
        let mut all = Vec::new();
        let mut add = |name: &str, more: &[(&str, &str)], value: f64| all.push(self.one(info, live.at, name, more, value));
        add("clients", &[], live.users as f64);
        add("clients_planned", &[], live.planned as f64);
        add("requests_waiting", &[], live.waiting as f64);
        add("oldest_waiting_seconds", &[], live.oldest.as_secs_f64());
        add("arrivals_missed_total", &[], live.missed as f64);
        add("generator_cpu_ratio", &[], live.cpu);
        add("generator_cpu_stolen_ratio", &[], live.stolen);
        add("generator_lag_seconds", &[], live.lag_us as f64 / 1e6);
        let mut line = |kind: &str, labels: &[(&str, &str)], line: &RowFigures| {
            let mut one = |name: &str, value| add(&format!("{kind}{name}"), labels, value);
            one("requests_total", line.requests as f64);
            one("failures_total", line.failures as f64);
            one("rps", line.now.rps);
            one("unfinished_total", line.unfinished as f64);
            one("resends_total", line.resends as f64);
            if let Some(us) = line.now.failed_after_us {
                one("failed_after_seconds_avg", us / 1e6);
            }
            if !line.now.timed {
                return;
            }
            one("response_time_seconds_avg", line.now.mean_us / 1e6);
            for (index, quantile) in PERCENTILES.iter().enumerate() {
                let quantile = if *quantile == 1.0 { "1".to_owned() } else { quantile.to_string() };
                let labels: Vec<_> = labels.iter().copied().chain([("quantile", quantile.as_str())]).collect();
                add(&format!("{kind}response_time_seconds"), &labels, line.now.percentiles_us[index] as f64 / 1e6);
            }
        };
        line("", &[], &live.total);
        for (name, figures) in live.ran(&info.names) {
            line("transaction_", &[("transaction", &name.name)], figures);
        }
        all
    }

    fn one(&self, info: &TestInfo, at: Duration, name: &str, more: &[(&str, &str)], value: f64) -> TimeSeries {
        let timestamp = i64::try_from(info.unix_ms(at)).unwrap_or(i64::MAX);
        let name = format!("{}{name}", self.prefix);
        let own = [("__name__", name.as_str()), ("test", &info.run.test), ("env", &info.run.env)];
        // A label with an empty value is the same as no label.
        let given = own.iter().chain(more).filter(|(_, value)| !value.is_empty());
        let mut labels: Vec<Label> = given.map(|&(name, value)| Label { name: name.into(), value: value.into() }).collect();
        labels.sort();
        TimeSeries { labels, samples: vec![Sample { value, timestamp }] }
    }

    /// The series of the last write with the value that ends them.
    fn ended(&mut self, info: &TestInfo, at: Duration) -> Vec<TimeSeries> {
        let end = i64::try_from(info.unix_ms(at)).unwrap_or(i64::MAX);
        let mut ended = std::mem::take(&mut self.last);
        for sample in ended.iter_mut().flat_map(|series| &mut series.samples) {
            *sample = Sample { value: f64::from_bits(STALE), timestamp: end.max(sample.timestamp + 1) };
        }
        ended
    }

    fn messages(&self, series: &[TimeSeries]) -> Vec<Message> {
        let batches = series.chunks(BATCH).filter_map(|batch| {
            let request = WriteRequest { timeseries: batch.to_vec() };
            // Compression fails only above 4 GB.
            let body = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec()).ok()?;
            Some(Message { url: self.url.clone(), body: Bytes::from(body), items: batch.len() as u64 })
        });
        batches.collect()
    }
}

impl Format for Prometheus {
    fn encode(&mut self, info: &TestInfo, event: &ListenerEvent) -> Vec<Message> {
        let running = |at: Duration| self.one(info, at, "test_running", &[], 1.0);
        let mut series = match event {
            ListenerEvent::Started => vec![running(Duration::ZERO)],
            ListenerEvent::Interval(live) if info.periodic => vec![running(live.at)],
            ListenerEvent::Interval(_) => Vec::new(),
            ListenerEvent::Ended(whole) => {
                // Series of earlier writes end with the test, so that graphs don't continue. The series of this write stay.
                let mut series = self.ended(info, whole.at);
                if let Some(conclusion) = &whole.conclusion {
                    series.push(self.one(info, whole.at, "test_ended", &[("verdict", conclusion.outcome.key())], 1.0));
                }
                series
            }
        };
        series.extend(statistics(info, event).map(|live| self.series(info, live)).unwrap_or_default());
        if !matches!(event, ListenerEvent::Ended(_)) && !series.is_empty() {
            self.last.clone_from(&series);
        }
        self.messages(&series)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::live::sample::{info, live_snapshot};
    use crate::report::Conclusion;

    fn decode(message: &Message) -> WriteRequest {
        let plain = snap::raw::Decoder::new().decompress_vec(&message.body).unwrap();
        WriteRequest::decode(plain.as_slice()).unwrap()
    }

    fn text(series: &TimeSeries) -> String {
        let labels: Vec<_> = series.labels.iter().map(|label| format!("{}={}", label.name, label.value)).collect();
        format!("{} {}", labels.join(","), series.samples[0].value)
    }

    #[test]
    fn prometheus_samples_have_sorted_labels() {
        let mut format = Prometheus::new(&Url::parse("http://p:9090").unwrap(), None);
        let sent = format.encode(&info(), &ListenerEvent::Interval(Arc::new(live_snapshot())));
        assert_eq!((sent.len(), sent[0].url.as_str()), (1, "http://p:9090/api/v1/write"));
        let request = decode(&sent[0]);
        assert_eq!(text(&request.timeseries[0]), "__name__=ltc_test_running,env=cs1,test=tpdata 1");
        assert_eq!(request.timeseries.len() as u64, sent[0].items);
        for series in &request.timeseries {
            assert!(series.labels.is_sorted(), "{series:?}");
            assert_eq!(series.samples[0].timestamp, 1_767_225_610_000);
        }
        let all: Vec<String> = request.timeseries.iter().map(text).collect();
        for line in [
            "__name__=ltc_requests_total,env=cs1,test=tpdata 400",
            "__name__=ltc_clients,env=cs1,test=tpdata 10",
            "__name__=ltc_transaction_failures_total,env=cs1,test=tpdata,transaction=Checkout / Create 4",
            "__name__=ltc_response_time_seconds,env=cs1,quantile=1,test=tpdata 2.0014",
        ] {
            assert!(all.iter().any(|known| known == line), "{line} is not in {all:#?}");
        }
        assert!(all.iter().any(|line| line.contains("quantile=0.999,")), "{all:#?}");
    }

    #[test]
    fn series_end_with_the_test() {
        let mut format = Prometheus::new(&Url::parse("http://p/api/v1/write").unwrap(), Some("x_"));
        let messages = format.encode(&info(), &ListenerEvent::Interval(Arc::new(live_snapshot())));
        let ended = decode(&format.encode(&info(), &ListenerEvent::Ended(Arc::new(live_snapshot())))[0]);
        assert_eq!(ended.timeseries.len() as u64, messages[0].items);
        assert!(ended.timeseries.iter().all(|series| series.samples[0].value.to_bits() == STALE));
        assert_eq!(ended.timeseries[0].samples[0].timestamp, 1_767_225_610_001);
        let once = TestInfo { periodic: false, ..info() };
        let started = decode(&format.encode(&once, &ListenerEvent::Started)[0]);
        assert_eq!(text(&started.timeseries[0]), "__name__=x_test_running,env=cs1,test=tpdata 1");
        assert!(format.encode(&once, &ListenerEvent::Interval(Arc::new(live_snapshot()))).is_empty());
        let whole = LiveSnapshot { conclusion: Some(Conclusion::default()), ..live_snapshot() };
        let whole = decode(&format.encode(&once, &ListenerEvent::Ended(Arc::new(whole)))[0]).timeseries;
        assert_eq!((whole[0].samples[0].value.to_bits(), whole[0].samples[0].timestamp), (STALE, 1_767_225_610_000));
        let texts: Vec<String> = whole[1..].iter().map(text).collect();
        assert_eq!(
            texts[..2],
            ["__name__=x_test_ended,env=cs1,test=tpdata,verdict=no_thresholds 1", "__name__=x_clients,env=cs1,test=tpdata 10"]
        );
    }
}
