//! The events that pages receive: first the past, then each new interval.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::live::{FailureLog, LiveSnapshot, RowFigures, TestInfo};
use ltc_engine::clock::Clock;
use ltc_engine::stats::RowKind;

/// The most intervals that a late page receives. If there are more, every second one is left out.
const HISTORY: usize = 1500;
/// The most events that may wait for a slow page.
const WAITING: usize = 16;

/// One server-sent event.
pub(super) type ServerSentEvent = Arc<str>;

#[derive(Debug)]
pub(super) struct Feed {
    info: Arc<TestInfo>,
    past: Mutex<Past>,
    live: broadcast::Sender<ServerSentEvent>,
}

#[derive(Debug, Default)]
struct Past {
    ticks: Vec<Value>,
    /// One of this many intervals is kept. `seen` is the number of all intervals.
    stride: usize,
    seen: usize,
    log: FailureLog,
    latest: Option<ServerSentEvent>,
    end: Option<ServerSentEvent>,
}

impl Feed {
    pub(super) fn new(info: Arc<TestInfo>) -> Self {
        let past = Past { stride: 1, ..Past::default() };
        Self { info, past: Mutex::new(past), live: broadcast::Sender::new(WAITING) }
    }

    /// The events that a page receives immediately, and the channel for later ones.
    pub(super) fn subscribe(&self) -> (Vec<ServerSentEvent>, broadcast::Receiver<ServerSentEvent>) {
        // No event is lost in between, because events are sent under the same lock.
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.live.subscribe();
        let run = &self.info.run;
        let info = json!({
            "test": run.test,
            "description": run.description,
            "env": run.env,
            "spec": run.spec,
            "seed": run.seed,
            "versions": self.info.versions(),
            "started_ms": self.info.unix_ms(Duration::ZERO),
            "now_ms": u64::try_from(Clock::start().unix_start().as_millis()).unwrap_or(u64::MAX),
            "planned_s": self.info.planned.map(|planned| planned.as_secs_f64()),
            "interval_s": self.info.fleet.and_then(|fleet| fleet.interval).map(|interval| interval.as_secs_f64()),
            "intervals": self.info.fleet.and_then(|fleet| fleet.intervals),
            "tls_unverified": run.tls_unverified,
            "ltc": run.ltc_version,
        });
        let mut frames = vec![event("about", &info), event("history", &json!(past.ticks))];
        frames.extend(past.latest.clone());
        frames.extend(past.end.clone());
        (frames, live)
    }

    pub(super) fn publish(&self, live: &LiveSnapshot) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.log.add_failures(live);
        if live.brief {
            // The final event, which has the whole test, follows immediately.
            return;
        }
        let tick = tick(live);
        if past.seen.is_multiple_of(past.stride) {
            past.ticks.push(tick.clone());
        }
        past.seen += 1;
        if past.ticks.len() > HISTORY {
            let mut number = 0;
            past.ticks.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            past.stride *= 2;
        }
        let frame = event("interval", &self.whole(live, tick, &past.log));
        past.latest = Some(frame.clone());
        // There may be no page that listens.
        let _ = self.live.send(frame);
    }

    pub(super) fn end(&self, whole: &LiveSnapshot) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let mut end = self.whole(whole, tick(whole), &past.log);
        let conclusion = whole.conclusion.clone().unwrap_or_default();
        end["verdict"] = json!(conclusion.outcome.key());
        end["verdict_word"] = json!(conclusion.outcome.word());
        end["verdict_text"] = json!(conclusion.text());
        let frame = event("end", &end);
        past.end = Some(frame.clone());
        let _ = self.live.send(frame);
    }

    fn whole(&self, live: &LiveSnapshot, tick: Value, log: &FailureLog) -> Value {
        let steps: Vec<Value> = live
            .ran(&self.info.names)
            .map(|(name, line)| {
                let mut step = figures(line);
                step["name"] = json!(name.name);
                step["group"] = json!(name.kind == RowKind::Group);
                step
            })
            .collect();
        let total = figures(&live.total);
        let failures: Vec<Value> = log
            .entries()
            .iter()
            .map(|entry| {
                json!({
                    "at": entry.at.as_secs(), "count": entry.count, "step": entry.step, "class": entry.class, "kind": entry.kind, "place": entry.place,
                    "text": entry.text.chars().take(500).collect::<String>(),
                })
            })
            .collect();
        let thresholds: Vec<Value> = live
            .thresholds
            .iter()
            .map(|verdict| json!({ "text": verdict.text, "word": verdict.word(), "actual": verdict.actual_text(), "detail": verdict.detail }))
            .collect();
        json!({
            "tick": tick, "total": total, "steps": steps, "failures": failures, "thresholds": thresholds,
            "shards": live.shards,
            "waiting": live.waiting, "oldest_ms": live.oldest.as_secs_f64() * 1000.0,
            "missed": live.missed, "lag_ms": live.lag_us as f64 / 1000.0, "cpu": live.cpu, "stolen": live.stolen,
            "saturated": live.saturated,
        })
    }
}

/// One point of the charts: time, users, planned users, rps, failures per second, then p50, p95, p99 and the maximum in milliseconds, and
/// the number of waiting requests.
fn tick(live: &LiveSnapshot) -> Value {
    let now = &live.total.now;
    let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(|quantile| now.percentile_us(quantile).map(|us| us as f64 / 1000.0));
    json!([live.at.as_secs_f64(), live.users, live.planned, round(now.rps), round(now.failing), p50, p95, p99, max, live.waiting])
}

fn figures(line: &RowFigures) -> Value {
    let now = &line.now;
    let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(|quantile| now.percentile_us(quantile).map(|us| us as f64 / 1000.0));
    json!({
        "requests": line.requests, "failures": line.failures, "tried": line.tried, "unfinished": line.unfinished, "resends": line.resends,
        "rps": round(now.rps), "now_failures": now.failures, "p50": p50, "p95": p95, "p99": p99, "max": max,
        "failed_after": now.failed_after_us.map(|us| us / 1000.0),
    })
}

fn round(rate: f64) -> f64 {
    (rate * 100.0).round() / 100.0
}

/// JSON has no line breaks, so the event has one line of data.
fn event(name: &str, data: &Value) -> ServerSentEvent {
    format!("event: {name}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{info, live_snapshot};
    use crate::report::{Conclusion, Outcome};

    fn data(frame: &str) -> Value {
        serde_json::from_str(frame.lines().nth(1).unwrap().strip_prefix("data: ").unwrap()).unwrap()
    }

    #[test]
    fn late_page_receives_the_past() {
        let feed = Feed::new(Arc::new(info()));
        feed.publish(&live_snapshot());
        feed.publish(&live_snapshot());
        let (frames, mut live) = feed.subscribe();
        assert_eq!(
            frames.iter().map(|frame| frame.lines().next().unwrap()).collect::<Vec<_>>(),
            ["event: about", "event: history", "event: interval"]
        );
        assert_eq!(data(&frames[0])["versions"], "treatments 1.4.2");
        assert_eq!(data(&frames[1]).as_array().unwrap().len(), 2);
        assert_eq!(data(&frames[1])[0][0], 10.0);
        let now = data(&frames[2]);
        assert_eq!((now["total"]["requests"].as_u64(), now["steps"][0]["name"].as_str()), (Some(400), Some("Checkout / Create")));
        assert_eq!((now["failures"][0]["count"].as_u64(), now["failures"][0]["place"].as_str()), (Some(8), Some("specs/tpdata.lt:14:5")));
        let conclusion = Conclusion { outcome: Outcome::NoThresholds, reasons: vec!["no thresholds".to_owned()] };
        feed.end(&LiveSnapshot { conclusion: Some(conclusion), ..live_snapshot() });
        let end = live.try_recv().unwrap();
        assert!(end.starts_with("event: end\n"));
        // The verdict is a class of the page's style, so it has no space.
        assert_eq!(data(&end)["verdict"], "no_thresholds");
        assert_eq!(
            (data(&end)["verdict_word"].as_str(), data(&end)["verdict_text"].as_str()),
            (Some("no thresholds"), Some("no thresholds"))
        );
        assert!(feed.subscribe().0.last().unwrap().starts_with("event: end\n"));
    }

    #[test]
    fn feed_of_a_long_test_has_bounded_memory() {
        let feed = Feed::new(Arc::new(info()));
        let mut live = LiveSnapshot::default();
        for second in 0..10_000 {
            live.at = Duration::from_secs(second);
            feed.publish(&live);
        }
        let ticks = data(&feed.subscribe().0[1]);
        let ticks = ticks.as_array().unwrap();
        assert!(ticks.len() <= HISTORY && ticks.len() > HISTORY / 2, "{}", ticks.len());
        assert!(ticks.windows(2).all(|pair| pair[1][0].as_f64().unwrap() - pair[0][0].as_f64().unwrap() == 8.0));
    }
}
