//! Judges thresholds while the test runs and at its end.

use std::collections::VecDeque;
use std::time::Duration;

use ltc_config::Threshold;
use ltc_config::threshold::{Metric, Subject};

use super::measured::{Measured, SelectedRows};
use super::value::Value;
use super::verdict::{Status, Verdict, decided};
use crate::report::{Report, clock};
use ltc_engine::stats::{ReportRow, Snapshot, micros};

/// The most pieces of a window, approximately: a window slides by a sixtieth of its length if that is longer than an interval.
const PIECES: u64 = 60;

/// Judges all thresholds of a test.
#[derive(Debug)]
pub(crate) struct ThresholdEvaluator {
    watched: Vec<WatchedThreshold>,
}

impl ThresholdEvaluator {
    /// # Errors
    /// If a threshold names a row that the report, or the earlier run, doesn't have.
    pub(crate) fn new(thresholds: &[Threshold], names: &[ReportRow], baseline: Option<&Report>) -> Result<Self, Vec<String>> {
        let known: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
        let mut wrong: Vec<String> = thresholds.iter().filter_map(|threshold| threshold.check(&known)).map(|e| e.to_string()).collect();
        let mut watched = Vec::new();
        for threshold in thresholds {
            match earlier(threshold, baseline) {
                Ok(earlier) => watched.push(WatchedThreshold::new(threshold, names, earlier)),
                Err(why) => wrong.push(why),
            }
        }
        if wrong.is_empty() { Ok(Self { watched }) } else { Err(wrong) }
    }

    /// Takes the counts of one interval. Returns whether the test has to stop.
    pub(crate) fn interval(&mut self, delta: &Snapshot, names: &[ReportRow]) -> bool {
        // All thresholds need the interval, even if the first one already stops the test.
        let stopping: Vec<bool> = self.watched.iter_mut().map(|watched| watched.interval(delta, names)).collect();
        stopping.contains(&true)
    }

    /// Takes results that arrived after their interval was judged. They count in thresholds over the whole test.
    pub(crate) fn late(&mut self, delta: &Snapshot, names: &[ReportRow]) {
        for watched in self.watched.iter_mut().filter(|watched| watched.has_begun(delta)) {
            watched.whole.merge(&Measured::of(delta, &watched.lines, names));
        }
    }

    /// The current state of all thresholds. Those without any data yet aren't judged.
    pub(crate) fn so_far(&self) -> Vec<Verdict> {
        self.watched.iter().map(|watched| watched.verdict(EvaluationStage::Running)).collect()
    }

    /// The verdicts at the end.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.watched.iter().map(|watched| watched.verdict(EvaluationStage::Over)).collect()
    }
}

/// The time of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EvaluationStage {
    Running,
    Over,
}

/// The same metric of the earlier run, if the threshold needs it and the run has it.
fn earlier(threshold: &Threshold, baseline: Option<&Report>) -> Result<Option<f64>, String> {
    let Some(report) = baseline.filter(|_| threshold.needs_baseline()) else { return Ok(None) };
    let lines = SelectedRows::find(&threshold.rule.subject, &report.names);
    let measured = Measured::of(&report.total, &lines, &report.names);
    let value = if lines == SelectedRows::Of(Vec::new()) { None } else { measured.value(threshold.rule.metric) };
    let why = match (value, &threshold.rule.subject) {
        (Some(Value::Figure(value)), _) => return Ok(Some(value)),
        // The earlier value must be of the same kind, and a failure can't be a limit.
        (Some(Value::Failed), _) => {
            let metric = threshold.rule.metric;
            format!("its {metric} reads \"failed\", since {} (write {metric}(successful) to leave failed ones out)", measured.why())
        }
        (None, Subject::All) => "it has no requests".to_owned(),
        (None, Subject::Line(name)) => format!("it has no results of `{name}`"),
    };
    Err(format!("{}: cannot evaluate the threshold `{}` with the earlier run: {why}", threshold.location, threshold.text))
}

/// One threshold with the data to judge it.
#[derive(Debug)]
struct WatchedThreshold {
    threshold: Threshold,
    lines: SelectedRows,
    limit: Option<f64>,
    /// The counts from the time on from which the threshold is judged.
    whole: Measured,
    window: Option<Window>,
    /// The window that was furthest from meeting the limit. Without `over`, only the one that stopped the test.
    worst: Option<(Value, u64, u64)>,
    /// The time since which each window broke the limit.
    broken_since_us: Option<u64>,
    aborted_at_us: Option<u64>,
    /// Whether the plan had users so far. A plan of arrivals has none.
    had_users: bool,
}

impl WatchedThreshold {
    fn new(threshold: &Threshold, names: &[ReportRow], earlier: Option<f64>) -> Self {
        let rule = &threshold.rule;
        // An abort without `over` has its own window: "after 30s" means the last 30 s taken together.
        let window = rule.over.or(rule.abort.filter(|after| !after.is_zero()));
        Self {
            threshold: threshold.clone(),
            lines: SelectedRows::find(&rule.subject, names),
            limit: rule.limit.value(earlier),
            whole: Measured::default(),
            window: window.map(Window::new),
            worst: None,
            broken_since_us: None,
            aborted_at_us: None,
            had_users: false,
        }
    }

    /// Whether a snapshot belongs to the judged time. An interval that begins before that time doesn't, apart from the jitter of snapshots.
    fn has_begun(&self, delta: &Snapshot) -> bool {
        delta.window.is_some_and(|window| window.from_us + micros(window.length()) / 10 >= micros(self.threshold.rule.from))
    }

    fn interval(&mut self, delta: &Snapshot, names: &[ReportRow]) -> bool {
        let rule = &self.threshold.rule;
        if !self.has_begun(delta) {
            return false;
        }
        let measured = Measured::of(delta, &self.lines, names);
        self.whole.merge(&measured);
        let now_us = measured.to_us;
        if let Some(window) = &mut self.window {
            window.add(measured);
        }
        // Users who finish their last iteration don't count in a rate.
        self.had_users |= delta.planned() > 0;
        if rule.metric == Metric::Rps && self.had_users && delta.planned() == 0 {
            return false;
        }
        let (judged, length) = match &self.window {
            Some(window) => (window.full(), window.length),
            None => (Some(self.whole.clone()), Duration::ZERO),
        };
        let (Some(judged), Some(limit)) = (judged, self.limit) else { return false };
        let Some(value) = judged.value(rule.metric) else { return false };
        if value.holds(rule.comparison, limit) {
            self.broken_since_us = None;
        } else {
            self.broken_since_us.get_or_insert(judged.to_us);
        }
        if rule.over.is_some() && self.worst.is_none_or(|(worst, ..)| value.is_worse(rule.comparison, worst)) {
            self.worst = Some((value, judged.from_us, judged.to_us));
        }
        let (Some(after), Some(since_us), None) = (rule.abort, self.broken_since_us, self.aborted_at_us) else { return false };
        // Without `over`, the window itself is the time for which the limit has to be broken.
        let so_far = if rule.over.is_some() { Duration::from_micros(now_us.saturating_sub(since_us)) } else { length };
        if so_far < after {
            return false;
        }
        if rule.over.is_none() {
            self.worst = Some((value, judged.from_us, judged.to_us));
        }
        self.aborted_at_us = Some(now_us);
        true
    }

    fn verdict(&self, stage: EvaluationStage) -> Verdict {
        let rule = &self.threshold.rule;
        let mut verdict = Verdict::open(&self.threshold, self.limit);
        let between =
            |from_us: u64, to_us: u64| format!("from {} to {}", clock(Duration::from_micros(from_us)), clock(Duration::from_micros(to_us)));
        match self.worst {
            Some((value, from_us, to_us)) => {
                verdict.actual = Some(value);
                let holds = self.limit.map(|limit| value.holds(rule.comparison, limit));
                verdict.outcome = holds.map_or(Status::NotJudged, |holds| if holds { Status::Passed } else { Status::Failed });
                let which = if verdict.outcome == Status::Passed { "at worst" } else { "the worst" };
                let which = if rule.over.is_some() { format!("{which}, ") } else { String::new() };
                verdict.detail = format!("{which}{}", between(from_us, to_us));
            }
            // The judged time hasn't begun, so the threshold is neither passed nor failed.
            _ if self.whole.to_us == 0 && !rule.from.is_zero() => {
                let from = ltc_config::duration::print(rule.from);
                verdict.detail = match stage {
                    EvaluationStage::Running => format!("judged from {from} on"),
                    EvaluationStage::Over => format!("the test ended before {from}"),
                };
            }
            _ => {
                verdict.actual = self.whole.value(rule.metric);
                (verdict.outcome, verdict.detail) = decided(rule, &self.whole, self.limit);
                if verdict.actual.is_none() && self.limit.is_some() && stage == EvaluationStage::Running {
                    let none_yet = "no data to judge it by so far".to_owned();
                    (verdict.outcome, verdict.detail) = (Status::NotJudged, none_yet);
                }
                if let Some(over) = rule.over.filter(|_| verdict.detail.is_empty()) {
                    let over = ltc_config::duration::print(over);
                    verdict.detail = format!("over the whole: the test has no {over}");
                }
            }
        }
        if let Some(at_us) = self.aborted_at_us {
            verdict.aborted_at_us = Some(at_us);
            verdict.outcome = Status::Failed;
            verdict.detail = format!("{}; stopped the test at {}", verdict.detail, clock(Duration::from_micros(at_us)));
        }
        verdict
    }
}

/// The last part of the test, in pieces.
#[derive(Debug)]
struct Window {
    length: Duration,
    pieces: VecDeque<Measured>,
    /// The length of an interval. A window may be shorter by half of it, because snapshots come a little early or late.
    interval_us: u64,
}

impl Window {
    fn new(length: Duration) -> Self {
        Self { length, pieces: VecDeque::new(), interval_us: 0 }
    }

    fn add(&mut self, measured: Measured) {
        self.interval_us = self.interval_us.max(micros(measured.length()));
        let end_us = measured.to_us;
        let width_us = micros(self.length) / PIECES;
        match self.pieces.back_mut() {
            Some(last) if micros(last.length()) + self.interval_us / 2 < width_us => last.merge(&measured),
            _ => self.pieces.push_back(measured),
        }
        let enough_us = micros(self.length).saturating_sub(self.interval_us / 2);
        while self.pieces.front().is_some_and(|_| {
            let second_us = self.pieces.get(1).map_or(end_us, |second| second.from_us);
            end_us.saturating_sub(second_us) >= enough_us
        }) && self.pieces.len() > 1
        {
            self.pieces.pop_front();
        }
    }

    /// The sum of the pieces, once the test has lasted as long as the window.
    fn full(&self) -> Option<Measured> {
        let (first, last) = (self.pieces.front()?, self.pieces.back()?);
        let covered_us = last.to_us.saturating_sub(first.from_us);
        if covered_us + self.interval_us / 2 < micros(self.length) {
            return None;
        }
        let mut all = Measured::default();
        self.pieces.iter().for_each(|piece| all.merge(piece));
        Some(all)
    }
}

#[cfg(test)]
#[path = "evaluator_tests.rs"]
mod tests;
