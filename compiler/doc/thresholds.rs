//! Thresholds in words.

use std::time::Duration;

use ltc_config::duration::print;
use ltc_config::threshold::{Comparison, Limit, Metric, Of, Subject, Threshold, Time, Unit};

use super::html::{code, strong};

/// A threshold as a sentence, with its text behind it.
pub(super) fn in_words(threshold: &Threshold) -> String {
    let rule = &threshold.rule;
    let subject = match &rule.subject {
        Subject::All => "all requests".to_owned(),
        Subject::Line(name) => strong(name),
    };
    let figure = match rule.metric {
        Metric::Time(Time::Percentile(percent), Of::All) => {
            format!("the time within which {percent} % of the requests of {subject} succeed")
        }
        Metric::Time(Time::Percentile(percent), Of::Successful) => {
            format!("the response time that {percent} % of the successful requests of {subject} do not exceed")
        }
        Metric::Time(Time::Average, _) => format!("the average response time of {subject}"),
        Metric::Time(Time::Min, _) => format!("the shortest response time of {subject}"),
        Metric::Time(Time::Max, _) => format!("the longest response time of {subject}"),
        Metric::FailureRate => format!("the share of {subject} that fail"),
        Metric::Failures => format!("the number of {subject} that fail"),
        Metric::UnfinishedRate => format!("the share of {subject} that do not finish"),
        Metric::Unfinished => format!("the number of {subject} that do not finish"),
        Metric::ResendRate => format!("the share of {subject} that are sent again"),
        Metric::Resends => format!("the number of {subject} that are sent again"),
        Metric::Rps => format!("the number of {subject} per second"),
        Metric::Requests => format!("the number of {subject}"),
        Metric::Missed => "the number of iterations that find no free user".to_owned(),
        Metric::Lag => "the delay with which iterations begin".to_owned(),
    };
    let figure = figure
        .replace("of the requests of all requests", "of all requests")
        .replace("the successful requests of all requests", "all successful requests");
    let comparison = match rule.comparison {
        Comparison::Below => "less than",
        Comparison::AtMost => "at most",
        Comparison::Above => "more than",
        Comparison::AtLeast => "at least",
    };
    let limit = match rule.limit {
        Limit::Value(value) => amount(value, rule.metric.unit()),
        Limit::Baseline { factor, plus } => baseline(factor, plus, rule.metric.unit()),
    };
    let over = rule.over.map(|over| format!(" in every period of {}", print(over))).unwrap_or_default();
    let from = if rule.from.is_zero() { String::new() } else { format!(", not counting the first {}", print(rule.from)) };
    let abort = match rule.abort {
        None => String::new(),
        Some(after) if after.is_zero() => "; otherwise the test stops at once".to_owned(),
        Some(after) => format!("; the test stops if this is untrue for {}", print(after)),
    };
    let mut sentence = format!("{figure} is {comparison} {limit}{over}{from}{abort}.");
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{sentence} {}", code(&threshold.text))
}

fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Us => print(Duration::try_from_secs_f64(value / 1e6).unwrap_or_default()),
        Unit::Percent => format!("{value} %"),
        Unit::PerSecond | Unit::Count => value.to_string(),
    }
}

fn baseline(factor: f64, plus: f64, unit: Unit) -> String {
    // The product of 1.1 and 100 is 110.00000000000001.
    let percent = (factor * 1e8).round() / 1e6;
    let of = if factor == 1.0 { "in the earlier run".to_owned() } else { format!("{percent} % of the earlier run's") };
    match plus {
        0.0 => of,
        plus if plus < 0.0 => format!("{of}, less {}", amount(-plus, unit)),
        plus => format!("{of}, plus {}", amount(plus, unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ltc_config::Location;

    #[test]
    fn thresholds_are_sentences() {
        let sentence_of = |text: &str| {
            let sentence = in_words(&Threshold::parse(text, &Location::file("p.yml")).unwrap());
            sentence.split(" <code>").next().unwrap().to_owned()
        };
        let cases = [
            ("failures < 1%", "The share of all requests that fail is less than 1 %."),
            ("all.p95 < 500ms", "The time within which 95 % of all requests succeed is less than 500ms."),
            (
                "Checkout.p99(successful) <= 1s over 10s from 30s",
                "The response time that 99 % of the successful requests of <b>Checkout</b> do not exceed is at most 1s in every period of 10s, not counting the first 30s.",
            ),
            (
                "rps > 400/s abort after 5s",
                "The number of all requests per second is more than 400; the test stops if this is untrue for 5s.",
            ),
            ("avg < baseline * 1.1", "The average response time of all requests is less than 110 % of the earlier run's."),
        ];
        for (text, sentence) in cases {
            assert_eq!(sentence_of(text), sentence, "{text}");
        }
    }
}
