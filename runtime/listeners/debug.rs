//! `Debug`: one plain line a step on standard error, for logs; periodic or at the end.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::delivery::Delivery;
use super::{News, statistics};
use crate::moment::{About, Line, Moment};
use crate::report::{NONE, clock, percent, rate, short_ms};

pub(super) const NAME: &str = "Debug";

/// Starts its thread: standard error may be a pipe that nobody reads.
pub(super) fn start(about: Arc<About>) -> Delivery {
    Delivery::spawn(NAME, move |mut news, _| async move {
        while let Some(news) = news.recv().await {
            let text = told(&about, &news);
            if !text.is_empty() {
                // That standard error is gone must not stop a test.
                let _ = std::io::stderr().lock().write_all(text.as_bytes());
            }
        }
    })
}

fn told(about: &About, news: &News) -> String {
    let run = &about.run;
    let mut text = match news {
        News::Started => {
            let planned = about.planned.map(|planned| format!(" for {}", clock(planned))).unwrap_or_default();
            format!("Debug: {} starts{planned}, environment {}, {}\n", run.test, run.env, about.versions())
        }
        _ => String::new(),
    };
    if let Some(moment) = statistics(about, news) {
        lines(about, moment).iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    if let News::Interval(moment) = news {
        for failed in &moment.failed {
            let message = failed.examples.first().map_or(failed.kind.as_str(), |example| example.message.as_str());
            text.push_str(&format!("Debug: {} failed {} times: {} {message}\n", failed.step, failed.count, failed.place));
        }
    }
    if let News::Ended(whole) = news {
        let verdict = whole.conclusion.as_ref().map(|conclusion| format!(": {}", conclusion.text())).unwrap_or_default();
        text.push_str(&format!("Debug: {} ends{verdict}\n", run.test));
    }
    text
}

/// One line for each line of the report that has run, and one for the total: of the window.
fn lines(about: &About, moment: &Moment) -> Vec<String> {
    let at = clock(Duration::from_secs(moment.at.as_secs()));
    let ran = moment.ran(&about.names).filter(|(_, line)| line.now.requests > 0);
    ran.map(|(name, line)| (name.name.as_str(), line)).chain([("Total", &moment.total)]).map(|(name, line)| one(&at, name, line)).collect()
}

fn one(at: &str, name: &str, line: &Line) -> String {
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
    use crate::moment::sample::{about, moment};

    #[test]
    fn one_line_a_step_that_ran_and_what_failed() {
        let about = about();
        let told = told(&about, &News::Interval(Arc::new(moment())));
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(
            lines[0],
            "00:00:10  Checkout / Create: requests 200  failures 4 (2.0%)  rps 20.0  avg 5.2ms  p50 5.1ms  p95 9.6ms  p99 10ms  max 10ms"
        );
        assert!(lines[3].starts_with("00:00:10  Total: requests 400"), "{told}");
        assert_eq!(
            lines[4],
            "Debug: Checkout / Create failed 4 times: specs/tpdata.lt:14:5 expected status 201, got 503 Service Unavailable"
        );
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn statistics_at_the_end_only_where_the_profile_says_so() {
        let about = About { periodic: false, ..about() };
        let interval = told(&about, &News::Interval(Arc::new(Moment { failed: Vec::new(), ..moment() })));
        assert_eq!(interval, "");
        assert!(told(&about, &News::Ended(Arc::new(moment()))).contains("Total: requests 400"));
        assert!(told(&about, &News::Started).contains("treatments 1.4.2"));
    }
}
