//! Parses a threshold's text into its rule.

use std::time::Duration;

use super::{Comparison, Limit, Metric, Of, Rule, Subject, Time, Unit};
use crate::duration;
use crate::rate::Rate;
use crate::suggest::did_you_mean;

/// A message, and the part of the text that it is about.
pub(super) struct ParseError {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) message: String,
    pub(super) help: String,
}

const EXAMPLE: &str = "write, for example, all.failures < 1%, \"Log in\".p95 < 300ms or all.rps > 400";
const METRICS: [&str; 14] =
    ["failures", "unfinished", "resends", "rps", "avg", "min", "max", "p50", "p95", "p99", "p99.9", "requests", "missed", "lag"];

/// The suffix of a response time that covers only successful requests.
const SUCCESSFUL: &str = "(successful)";

/// Other tools' names for the metrics.
const FOREIGN_METRICS: [(&str, &str); 17] = [
    ("error_rate", "failures"),
    ("errors", "failures"),
    ("fail_rate", "failures"),
    ("failure_rate", "failures"),
    ("http_req_failed", "failures"),
    ("median", "p50"),
    ("med", "p50"),
    ("mean", "avg"),
    ("average", "avg"),
    ("throughput", "rps"),
    ("http_reqs", "rps"),
    ("count", "requests"),
    ("http_req_duration", "p95"),
    ("interrupted", "unfinished"),
    ("dangling", "unfinished"),
    ("resent", "resends"),
    ("retries", "resends"),
];

pub(super) fn rule(text: &str) -> Result<Rule, ParseError> {
    let mut cursor = Cursor { text, at: 0 };
    let (subject, name_at, metric) = cursor.subject_and_metric()?;
    let comparison = cursor.comparison()?;
    let (metric, limit) = cursor.limit(metric)?;
    if let (Subject::Line(name), Metric::Missed | Metric::Lag) = (&subject, metric) {
        let message = format!("{metric} is measured for the whole test, not for `{name}`");
        return Err(ParseError { at: name_at, len: name.len(), message, help: format!("write all.{metric}") });
    }
    let mut rule = Rule { subject, metric, comparison, limit, over: None, from: Duration::ZERO, abort: None };
    cursor.when(&mut rule)?;
    Ok(rule)
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// The next characters that satisfy `belongs`, and where they begin.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> (usize, &'a str) {
        self.skip_space();
        let at = self.at;
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += word.len();
        (at, word)
    }

    fn consume(&mut self, sign: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn wrong<T>(&self, at: usize, len: usize, message: impl Into<String>, help: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { at, len, message: message.into(), help: help.into() })
    }

    fn subject_and_metric(&mut self) -> Result<(Subject, usize, Metric), ParseError> {
        self.skip_space();
        let begin = self.at;
        if let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let Some(end) = self.rest()[1..].find(quote) else {
                return self.wrong(begin, self.rest().len(), "unclosed quote", "write, for example, \"Log in\".p95 < 300ms");
            };
            let name = self.rest()[1..=end].to_owned();
            self.at += end + 2;
            if !self.rest().starts_with('.') {
                return self.wrong(self.at, 1, "missing point and metric after the name", format!("write \"{name}\".p95"));
            }
            self.at += 1;
            let (at, word) = self.word(is_name);
            return match self.qualified(word) {
                Some(metric) => Ok((Subject::Line(name), begin, metric)),
                None => self.unknown_metric(at, word),
            };
        }
        let (at, word) = self.word(is_name);
        let next = self.rest().trim_start();
        if !word.is_empty()
            && !next.starts_with(SUCCESSFUL)
            && next.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '&' | '('))
        {
            let end = self.text.find(['<', '>', '=']).unwrap_or(self.text.len());
            let whole = self.text[at..end].trim_end();
            let (name, metric) = whole.rsplit_once('.').unwrap_or((whole, "p95"));
            // `Search p95 < 500ms`: a space in place of the point.
            if let Some((name, found)) = name.rsplit_once(' ').filter(|(_, word)| !whole.contains('.') && metric_word(word)) {
                let quoted = if name.chars().all(is_name) { name.to_owned() } else { format!("\"{name}\"") };
                return self.wrong(at, whole.len(), "missing point between a name and its metric", format!("write {quoted}.{found}"));
            }
            return self.wrong(at, whole.len(), "missing quotes around a name of several words", format!("write \"{name}\".{metric}"));
        }
        if let Some(metric) = self.qualified(word) {
            return Ok((Subject::All, at, metric));
        }
        let parts = word.match_indices('.').map(|(point, _)| (&word[..point], &word[point + 1..]));
        for (name, rest) in parts.filter(|(name, _)| !name.is_empty()) {
            if let Some(metric) = self.qualified(rest) {
                let subject = if name == "all" { Subject::All } else { Subject::Line(name.to_owned()) };
                return Ok((subject, at, metric));
            }
        }
        match word.split_once('.') {
            Some((name, rest)) => self.unknown_metric(at + name.len() + 1, rest),
            None => self.unknown_metric(at, word),
        }
    }

    /// The metric, including a `(successful)` after a space.
    fn qualified(&mut self, word: &str) -> Option<Metric> {
        let found = metric(word)?;
        if !self.rest().trim_start().starts_with(SUCCESSFUL) {
            return Some(found);
        }
        let apart = metric(&format!("{word}{SUCCESSFUL}"))?;
        self.consume(SUCCESSFUL);
        Some(apart)
    }

    fn unknown_metric<T>(&self, at: usize, word: &str) -> Result<T, ParseError> {
        if word.is_empty() {
            return self.wrong(at, 1, "missing metric", EXAMPLE);
        }
        // k6 and others name the metric first: `p95(Search)`.
        if let Some((plain, name)) = word.split_once('(').and_then(|(plain, rest)| Some((plain, rest.strip_suffix(')')?)))
            && metric_word(plain)
            && !name.is_empty()
            && !name.bytes().all(|byte| byte.is_ascii_digit())
            && !matches!(name, "successful" | "success" | "ok" | "passed" | "good")
        {
            return self.wrong(at, word.len(), format!("unknown metric `{word}`"), format!("write {name}.{plain}"));
        }
        if let Some((plain, _)) = word.split_once('(')
            && let Some(found) = metric(plain)
        {
            let help = match found {
                Metric::Time(..) => format!("write {plain}, or {plain}{SUCCESSFUL} to exclude failed requests"),
                _ => format!("write {plain}: only avg, min, max and percentiles can exclude failed requests"),
            };
            return self.wrong(at, word.len(), format!("unknown metric `{word}`"), help);
        }
        let suggestion = FOREIGN_METRICS.iter().find(|(name, _)| *name == word).map(|(_, ours)| format!("write {ours}"));
        let help = suggestion.or_else(|| did_you_mean(word, METRICS)).unwrap_or_else(|| format!("use one of: {}", METRICS.join(", ")));
        self.wrong(at, word.len(), format!("unknown metric `{word}`"), help)
    }

    fn comparison(&mut self) -> Result<Comparison, ParseError> {
        let signs = [("<=", Comparison::AtMost), (">=", Comparison::AtLeast), ("<", Comparison::Below), (">", Comparison::Above)];
        for (sign, comparison) in signs {
            if self.consume(sign) {
                return Ok(comparison);
            }
        }
        self.wrong(self.at, 1, "missing operator after the metric, expected <, <=, > or >=", EXAMPLE)
    }

    /// Reads the limit. Its form tells whether failures, unfinished requests or resends mean a percentage or a count.
    fn limit(&mut self, metric: Metric) -> Result<(Metric, Limit), ParseError> {
        let (at, word) = self.word(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '/'));
        if word.is_empty() {
            return self.wrong(at, 1, "missing limit", EXAMPLE);
        }
        if word != "baseline" {
            let metric = if word.ends_with('%') { metric } else { metric.counted() };
            return Ok((metric, Limit::Value(self.amount(metric, at, word)?)));
        }
        let factor = if self.consume("*") {
            let (at, word) = self.word(|c| c.is_alphanumeric() || c == '.');
            match word.parse::<f64>() {
                Ok(factor) if factor.is_finite() && factor > 0.0 => factor,
                _ => return self.wrong(at, word.len(), "missing number after `baseline *`", "write, for example, baseline * 1.1"),
            }
        } else {
            1.0
        };
        let sign = if self.consume("+") {
            1.0
        } else if self.consume("-") {
            -1.0
        } else {
            0.0
        };
        if sign == 0.0 {
            return Ok((metric, Limit::Baseline { factor, plus: 0.0 }));
        }
        let (at, word) = self.word(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '/'));
        if word.ends_with('%') && metric.unit() != Unit::Percent {
            let share = word.trim_end_matches('%').parse::<f64>().unwrap_or(10.0);
            let help = format!("write baseline * {}", 1.0 + sign * share / 100.0);
            return self.wrong(at, word.len(), "unexpected percentage of the baseline, expected a factor", help);
        }
        let plus = sign * self.amount(metric, at, word)?;
        Ok((metric, Limit::Baseline { factor, plus }))
    }

    /// Reads an amount in the metric's unit.
    fn amount(&self, metric: Metric, at: usize, word: &str) -> Result<f64, ParseError> {
        let number = |text: &str| text.replace('_', "").parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        let (value, help) = match metric.unit() {
            Unit::Us => {
                let bare = number(word).is_some();
                let help = if bare { format!("write {word}ms or {word}s") } else { "write a time such as 300ms or 1.5s".to_owned() };
                let time = if bare { None } else { duration::parse(word).ok() };
                (time.map(|time| time.as_secs_f64() * 1e6), help)
            }
            Unit::Percent => {
                let share = word.strip_suffix('%').and_then(number).filter(|share| *share <= 100.0);
                (share, "write a share such as 1% or 0.5%".to_owned())
            }
            Unit::PerSecond => (Rate::parse(word).ok().map(Rate::as_f64), "write a rate such as 400, 400/s or 30/m".to_owned()),
            Unit::Count => (
                number(word).filter(|n| n.fract() == 0.0),
                "write a whole number, or, for failures, unfinished and resends, a share such as 1%".to_owned(),
            ),
        };
        match value {
            Some(value) => Ok(value),
            None => self.wrong(at, word.len(), format!("unexpected `{word}`, expected a limit of {metric}"), help),
        }
    }

    /// Reads `over`, `from` and `abort after`, in any order.
    fn when(&mut self, rule: &mut Rule) -> Result<(), ParseError> {
        loop {
            let (at, word) = self.word(|c| !c.is_whitespace());
            let twice = match word {
                "" => return Ok(()),
                "over" => rule.over.replace(self.time("over")?).is_some(),
                "from" => std::mem::replace(&mut rule.from, self.time("from")?) != Duration::ZERO,
                "abort" => {
                    let before = self.at;
                    let after = match self.word(char::is_alphanumeric) {
                        (_, "after") => self.time("abort after")?,
                        _ => {
                            self.at = before;
                            Duration::ZERO
                        }
                    };
                    rule.abort.replace(after).is_some()
                }
                _ => {
                    let help = did_you_mean(word, ["over", "from", "abort"])
                        .unwrap_or_else(|| "write over 30s, from 1m, abort or abort after 30s after the limit".to_owned());
                    return self.wrong(at, word.len(), format!("unexpected `{word}`"), help);
                }
            };
            if twice {
                return self.wrong(at, word.len(), format!("duplicate `{word}`"), "remove one of them");
            }
        }
    }

    fn time(&mut self, what: &str) -> Result<Duration, ParseError> {
        let (at, word) = self.word(|c| c.is_alphanumeric() || c == '.');
        match duration::parse(word) {
            Ok(time) if !time.is_zero() => Ok(time),
            _ => self.wrong(at, word.len(), format!("missing time after `{what}`"), format!("write, for example, {what} 30s")),
        }
    }
}

/// Whether the first word of a threshold may contain this character: the word is a name without spaces, a point and a metric.
fn is_name(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '<' | '>' | '=' | '!' | '"' | '\'')
}

fn metric(word: &str) -> Option<Metric> {
    Some(match word {
        "failures" => Metric::FailureRate,
        "rps" => Metric::Rps,
        "unfinished" => Metric::UnfinishedRate,
        "resends" => Metric::ResendRate,
        "requests" => Metric::Requests,
        "missed" => Metric::Missed,
        "lag" => Metric::Lag,
        _ => match word.strip_suffix(SUCCESSFUL) {
            Some(word) => Metric::Time(time(word)?, Of::Successful),
            None => Metric::Time(time(word)?, Of::All),
        },
    })
}

fn time(word: &str) -> Option<Time> {
    Some(match word {
        "avg" => Time::Average,
        "min" => Time::Min,
        "max" => Time::Max,
        _ => {
            let digits = word.strip_prefix('p')?;
            let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.starts_with(|c: char| c.is_ascii_digit());
            let percent = if plain { digits.parse::<f64>().ok()? } else { return None };
            if percent > 100.0 {
                return None;
            }
            Time::Percentile(percent)
        }
    })
}

/// Whether a word alone is a metric.
fn metric_word(word: &str) -> bool {
    metric(word).is_some()
}
