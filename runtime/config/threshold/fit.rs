//! Checks that the times of a threshold fit into the test, so that a warning comes before the load and not after it.

use std::time::Duration;

use super::Threshold;
use crate::duration::print;
use crate::error::ConfigError;

impl Threshold {
    /// Returns a warning for each time of the threshold that a test of this length doesn't reach: a window (`over`) or a time (`from`,
    /// `abort after`).
    pub fn beyond(&self, planned: Duration) -> Vec<ConfigError> {
        let rule = &self.rule;
        let lasts = format!("the test lasts {}", print(planned));
        let warning = |what: String, help: String| {
            ConfigError::new(self.location.clone(), format!("the threshold `{}`: {what}", self.text)).with_help(help)
        };
        let left = planned.saturating_sub(rule.from);
        if !rule.from.is_zero() && left.is_zero() {
            let what = format!("it applies from {} on, but {lasts}, so it is never evaluated", print(rule.from));
            return vec![warning(what, "write an earlier time, or raise the test's duration".to_owned())];
        }
        let behind = if rule.from.is_zero() { String::new() } else { format!(", of which {} are evaluated", print(left)) };
        let mut found = Vec::new();
        if let Some(over) = rule.over.filter(|over| *over > left) {
            let what = format!("{lasts}{behind}: it contains no window of {}, so the whole is evaluated as one", print(over));
            found.push(warning(what, format!("write a time below {} after `over`", print(left))));
        }
        let after = rule.abort.unwrap_or_default();
        if !after.is_zero() && rule.over.unwrap_or_default().saturating_add(after) > left {
            let what = format!("{lasts}{behind}: it cannot be broken for {}, so it never stops the test", print(after));
            found.push(warning(what, "write a shorter time after `abort after`".to_owned()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Location;

    fn beyond(text: &str, seconds: u64) -> Vec<String> {
        let found = Threshold::parse(text, &Location::file("x.yml")).unwrap().beyond(Duration::from_secs(seconds));
        found.into_iter().map(|warning| warning.to_string()).collect()
    }

    #[test]
    fn thresholds_within_the_test_give_no_warning() {
        for text in
            ["p95 < 1s", "p95 < 1s over 60s", "p95 < 1s over 30s from 30s", "failures < 1% abort after 60s", "rps > 1 from 59s abort"]
        {
            assert_eq!(beyond(text, 60), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn thresholds_beyond_the_end_of_the_test_give_a_warning() {
        for (text, part) in [
            (
                "p95 < 1s over 2m",
                "the test lasts 1m: it contains no window of 2m, so the whole is evaluated as one (write a time below 1m after `over`)",
            ),
            ("p95 < 1s over 40s from 30s", "the test lasts 1m, of which 30s are evaluated: it contains no window of 40s"),
            ("failures < 1% abort after 2m", "the test lasts 1m: it cannot be broken for 2m, so it never stops the test"),
            ("failures < 1% over 40s abort after 30s", "it cannot be broken for 30s"),
            ("rps > 1 from 1m", "it applies from 1m on, but the test lasts 1m, so it is never evaluated"),
        ] {
            let found = beyond(text, 60);
            assert!(found.len() == 1 && found[0].contains(part) && found[0].starts_with("x.yml: the threshold `"), "{text}: {found:?}");
        }
        assert_eq!(beyond("p95 < 1s over 2m abort after 5m", 60).len(), 2);
    }
}
