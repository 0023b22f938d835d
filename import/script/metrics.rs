//! Metrics of a script: trends of response times, which thresholds name, and rates of failures.

use super::Run;
use super::value::{Shape, Value};

impl Run<'_> {
    /// `new Trend("name")`, `trend.add(value)`
    pub(super) fn metric(&mut self, path: &str, first: &Value) -> Option<Value> {
        if path.starts_with("new k6/metrics.") {
            let name = first.literal().unwrap_or_default();
            let lower = name.to_ascii_lowercase();
            // A dot would separate the name from the method.
            let own = name.replace('.', "\u{1}");
            return Some(Value::native(match path.rsplit('.').next() {
                Some("Trend") => format!("trend:{own}"),
                Some("Rate") if ["fail", "error"].iter().any(|word| lower.contains(word)) => format!("failures:{own}"),
                Some("Rate") => format!("successes:{own}"),
                _ => "metric".to_owned(),
            }));
        }
        if let Some(trend) = path.strip_prefix("trend:").and_then(|rest| rest.strip_suffix(".add")) {
            let is_time = matches!(first.shape(), Some(Shape::Milliseconds));
            let steps = if is_time { self.steps_read(first) } else { Vec::new() };
            self.trends.entry(trend.replace('\u{1}', ".")).or_default().push(steps);
            return Some(Value::native("skip:metrics"));
        }
        let rate = path.strip_suffix(".add").and_then(|path| path.split_once(':'));
        if let Some((kind @ ("failures" | "successes"), name)) = rate {
            self.rate(&name.replace('\u{1}', "."), kind == "failures", first);
            return Some(Value::native("skip:metrics"));
        }
        (path == "metric.add").then(|| Value::native("skip:metrics"))
    }

    /// `rate.add(value)`: the steps whose failures or successes a rate counts.
    fn rate(&mut self, name: &str, by_name: bool, value: &Value) {
        let known = self.truth(value);
        if by_name && known == Some(false) {
            // The script counts this response as a success.
            self.accepted = true;
        }
        let (of_failures, steps) = match value.shape() {
            Some(Shape::Checked(steps)) => (false, steps.to_vec()),
            Some(Shape::Not(inner)) if matches!(inner.shape(), Some(Shape::Checked(_))) => (true, self.steps_read(inner)),
            // `check(…) || rate.add(1)`: about the response before it.
            _ if known.is_some() => (by_name, self.steps.len().checked_sub(1).into_iter().collect()),
            _ => (by_name, self.steps_read(value)),
        };
        self.rates.entry(name.to_owned()).or_default().push((of_failures, steps));
    }
}
