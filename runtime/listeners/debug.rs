//! `Debug`: one plain line for each step on standard error, for logs; at each interval or at the end.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::delivery::Delivery;
use super::{ListenerEvent, statistics};
use crate::live::{LiveSnapshot, RowFigures, TestInfo};
use crate::report::{NONE, clock, percent, rate, short_ms};

pub(super) const NAME: &str = "Debug";

/// Starts the listener. It has its own thread, because standard error may be a pipe that nobody reads.
pub(super) fn start(info: Arc<TestInfo>) -> Delivery {
    Delivery::spawn(NAME, move |mut event, _| async move {
        while let Some(event) = event.recv().await {
            let text = describe(&info, &event);
            if !text.is_empty() {
                // A closed standard error must not stop a test.
                let _ = std::io::stderr().lock().write_all(text.as_bytes());
            }
        }
    })
}

fn describe(info: &TestInfo, event: &ListenerEvent) -> String {
    let run = &info.run;
    let mut text = match event {
        ListenerEvent::Started => {
            let planned = info.planned.map(|planned| format!(" for {}", clock(planned))).unwrap_or_default();
            format!("Debug: {} starts{planned}, environment {}, {}\n", run.test, run.env, info.versions())
        }
        _ => String::new(),
    };
    if let Some(live) = statistics(info, event) {
        lines(info, live).iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    if let ListenerEvent::Interval(live) = event {
        for failed in &live.failed {
            let message = failed.examples.first().map_or(failed.kind.as_str(), |example| example.message.as_str());
            text.push_str(&format!("Debug: {} failed {} times: {} {message}\n", failed.step, failed.count, failed.place));
        }
    }
    if let ListenerEvent::Ended(whole) = event {
        let verdict = whole.conclusion.as_ref().map(|conclusion| format!(": {}", conclusion.text())).unwrap_or_default();
        text.push_str(&format!("Debug: {} ends{verdict}\n", run.test));
    }
    text
}

/// One line for each report row that has run, and one for the total, all about the window.
fn lines(info: &TestInfo, live: &LiveSnapshot) -> Vec<String> {
    let at = clock(Duration::from_secs(live.at.as_secs()));
    let ran = live.ran(&info.names).filter(|(_, line)| line.now.requests > 0);
    ran.map(|(name, line)| (name.name.as_str(), line)).chain([("Total", &live.total)]).map(|(name, line)| one(&at, name, line)).collect()
}

fn one(at: &str, name: &str, line: &RowFigures) -> String {
    let now = &line.now;
    let time = |us: Option<u64>| us.map_or_else(|| NONE.to_owned(), short_ms);
    let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(|q| time(now.percentile_us(q)));
    let unfinished = if line.unfinished > 0 { format!("  unfinished {}", line.unfinished) } else { String::new() };
    format!(
        "{at}  {name}: requests {}  failures {} ({})  rps {}  avg {}  p50 {p50}  p95 {p95}  p99 {p99}  max {max}{unfinished}",
        now.requests,
        now.failures,
        percent(now.failures, now.tried),
        rate(now.rps),
        time(now.average_us().map(|us| us.round() as u64)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{info, live_snapshot};

    #[test]
    fn debug_listener_prints_one_line_per_step_and_its_failures() {
        let info = info();
        let text = describe(&info, &ListenerEvent::Interval(Arc::new(live_snapshot())));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "00:00:10  Checkout / Create: requests 200  failures 4 (2.0%)  rps 20.0  avg 5.2ms  p50 5.1ms  p95 9.6ms  p99 10ms  max 10ms"
        );
        assert!(lines[3].starts_with("00:00:10  Total: requests 400"), "{text}");
        assert_eq!(
            lines[4],
            "Debug: Checkout / Create failed 4 times: specs/tpdata.lt:14:5 expected status 201, got 503 Service Unavailable"
        );
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn debug_listener_prints_statistics_only_at_the_end_if_the_profile_says_so() {
        let info = TestInfo { periodic: false, ..info() };
        let interval = describe(&info, &ListenerEvent::Interval(Arc::new(LiveSnapshot { failed: Vec::new(), ..live_snapshot() })));
        assert_eq!(interval, "");
        assert!(describe(&info, &ListenerEvent::Ended(Arc::new(live_snapshot()))).contains("Total: requests 400"));
        assert!(describe(&info, &ListenerEvent::Started).contains("treatments 1.4.2"));
    }
}
