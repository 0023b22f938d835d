//! Metrics of a script: trends of response times, which thresholds name, and rates of failures.

use super::Run;
use super::value::{Shape, Value};

impl Run<'_> {
    /// `new Trend("name")`, `trend.add(value)`
    pub(super) fn metric(&mut self, path: &str, first: &Value) -> Option<Value> {
        if path.starts_with("new k6/metrics.") {
            let name = first.literal().unwrap_or_default();
            let lower = name.to_ascii_lowercase();
            let counts_failures = path.ends_with(".Rate") && ["fail", "error"].iter().any(|word| lower.contains(word));
            return Some(match path.ends_with(".Trend") {
                // A dot would separate the name from the method.
                true => Value::native(format!("trend:{}", name.replace('.', "\u{1}"))),
                false => Value::native(if counts_failures { "failures" } else { "metric" }),
            });
        }
        if let Some(trend) = path.strip_prefix("trend:").and_then(|rest| rest.strip_suffix(".add")) {
            let is_time = matches!(first.shape(), Some(Shape::Milliseconds));
            let steps = if is_time { self.steps_read(first) } else { Vec::new() };
            self.trends.entry(trend.replace('\u{1}', ".")).or_default().push(steps);
            return Some(Value::native("skip:metrics"));
        }
        if path == "failures.add" && matches!(self.truth(first), Some(false)) {
            // `failures.add(false)`: the script counts this response as a success.
            self.accepted = true;
        }
        matches!(path, "metric.add" | "failures.add").then(|| Value::native("skip:metrics"))
    }
}
