//! Two runs set against each other, step by step: what changed, and whether that can be chance.

mod print;
mod statistics;

use std::collections::BTreeMap;

pub use print::write;

use super::Report;
use ltc_engine::stats::{Cell, History, NameKind, NameStats, PERCENTILE_NAMES, PERCENTILES, Timeline};
use statistics::{bounds, chance_of_fewer, chance_of_more, design_effect};

/// The chance, at most, that anything at all is called worse or better that isn't.
const FALSE_ALARM: f64 = 0.05;

/// What a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Worse by more than the tolerance, and that is no chance.
    Worse,
    /// Better by more than the tolerance, and that is no chance.
    Better,
    /// Within the tolerance.
    Same,
    /// Beyond the tolerance, but it may be chance.
    Unclear,
    /// There is nothing to judge it by.
    None,
}

/// One figure in both runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `p95`, `rps`, `failures`.
    pub figure: String,
    /// In the earlier run: microseconds, a second, or a share.
    pub base: f64,
    /// In the newer one.
    pub new: f64,
    /// What it is.
    pub judgement: Judgement,
    /// Where it is worse or better: by how much at least, as a share of the earlier figure.
    pub at_least: Option<f64>,
}

impl Change {
    /// The change as a share of the earlier figure; nothing where that is 0.
    pub fn relative(&self) -> Option<f64> {
        (self.base > 0.0).then(|| self.new / self.base - 1.0)
    }
}

/// A line of the report in both runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its name, or `Total`.
    pub name: String,
    /// Requests a second, the share of failures, then the percentiles.
    pub changes: Vec<Change>,
}

/// Two runs against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// By how much a figure may change, as a share.
    pub tolerance: f64,
    /// Lines that both have, in the newer one's order; the total last.
    pub lines: Vec<Line>,
    /// Names of lines that only the earlier run has.
    pub gone: Vec<String>,
    /// Names of lines that only the newer run has.
    pub added: Vec<String>,
}

impl Comparison {
    /// Compares a newer run with an earlier one.
    pub fn of(base: &Report, new: &Report, tolerance: f64) -> Self {
        let (earlier, newer) = (by_name(base), by_name(new));
        // Lines that ran before and are still there, also where they ran no more.
        let both: Vec<&(String, NameKind)> = newer.order.iter().filter(|key| earlier.has(key)).collect();
        // Bonferroni: however many figures are judged, the chance of any false alarm stays what it is.
        let judged = (both.len() + 1) * (PERCENTILES.len() + 1);
        let alpha = FALSE_ALARM / judged as f64;
        let judge = Judge { tolerance, alpha };
        let seconds = (base.run.duration().as_secs_f64(), new.run.duration().as_secs_f64());
        let mut lines: Vec<Line> = both
            .iter()
            .map(|key| {
                let ((was, was_at), (is, is_at)) = (&earlier.lines[*key], &newer.lines[*key]);
                let sides = (Side::new(was, &base.timeline, was_at, seconds.0), Side::new(is, &new.timeline, is_at, seconds.1));
                Line { name: key.0.clone(), changes: judge.line(&sides.0, &sides.1) }
            })
            .collect();
        let totals = (base.total.total(&base.names), new.total.total(&new.names));
        let (steps_before, steps) = (steps(base), steps(new));
        let before = Side::new(&totals.0, &base.timeline, &steps_before, seconds.0);
        let after = Side::new(&totals.1, &new.timeline, &steps, seconds.1);
        lines.push(Line { name: "Total".to_owned(), changes: judge.line(&before, &after) });
        let missing = |key: &&(String, NameKind)| earlier.has(key) && !newer.lines.contains_key(*key);
        Self {
            tolerance,
            lines,
            gone: earlier.order.iter().filter(missing).map(|key| key.0.clone()).collect(),
            added: newer.order.iter().filter(|key| newer.has(key) && !earlier.has(key)).map(|key| key.0.clone()).collect(),
        }
    }

    /// Whether anything is worse.
    pub fn is_worse(&self) -> bool {
        self.lines.iter().flat_map(|line| &line.changes).any(|change| change.judgement == Judgement::Worse)
    }
}

fn steps(report: &Report) -> Vec<usize> {
    (0..report.names.len()).filter(|&line| report.names[line].kind == NameKind::Step).collect()
}

struct ByName {
    order: Vec<(String, NameKind)>,
    lines: BTreeMap<(String, NameKind), (NameStats, Vec<usize>)>,
}

impl ByName {
    fn has(&self, key: &(String, NameKind)) -> bool {
        self.lines.get(key).is_some_and(|(stats, _)| stats.requests > 0)
    }
}

/// Lines by name and kind; those that share both are one.
fn by_name(report: &Report) -> ByName {
    let mut found = ByName { order: Vec::new(), lines: BTreeMap::new() };
    for (index, (name, stats)) in report.names.iter().zip(&report.total.names).enumerate() {
        let key = (name.name.clone(), name.kind);
        if !found.lines.contains_key(&key) {
            found.order.push(key.clone());
        }
        let (all, lines) = found.lines.entry(key).or_default();
        all.merge(stats);
        lines.push(index);
    }
    found
}

/// A line in one run.
struct Side<'a> {
    stats: &'a NameStats,
    history: &'a History,
    lines: &'a [usize],
    seconds: f64,
}

impl<'a> Side<'a> {
    fn new(stats: &'a NameStats, timeline: &'a Timeline, lines: &'a [usize], seconds: f64) -> Self {
        Self { stats, history: timeline.history(), lines, seconds }
    }

    fn effect(&self, part: impl Fn(&Cell) -> u64) -> f64 {
        let mut stretches: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (number, cell) in self.lines.iter().flat_map(|&line| self.history.line(line)) {
            let stretch = stretches.entry(number).or_default();
            stretch.0 += cell.requests;
            stretch.1 += part(cell);
        }
        design_effect(stretches.into_values())
    }
}

struct Judge {
    tolerance: f64,
    /// The chance, at most, of one false alarm in one figure.
    alpha: f64,
}

impl Judge {
    fn line(&self, base: &Side<'_>, new: &Side<'_>) -> Vec<Change> {
        let mut changes = vec![self.rps(base, new), self.failures(base, new)];
        changes.extend((0..PERCENTILES.len()).map(|place| self.percentile(place, base, new)));
        changes
    }

    fn percentile(&self, place: usize, base: &Side<'_>, new: &Side<'_>) -> Change {
        let quantile = PERCENTILES[place];
        let (was, is) = (base.stats.response(), new.stats.response());
        let (was_us, is_us) = (was.quantile_us(quantile) as f64, is.quantile_us(quantile) as f64);
        let mut change = Change {
            figure: format!("p{}", PERCENTILE_NAMES[place]),
            base: was_us,
            new: is_us,
            judgement: Judgement::None,
            at_least: None,
        };
        // The greatest of all values says nothing of the next run's.
        if quantile >= 1.0 || was.is_empty() || is.is_empty() {
            return change;
        }
        // Each bound may be passed with half the chance: together they are with at most the whole.
        let of = |side: &Side<'_>, us: f64| {
            let effect = side.effect(|cell| cell.times.above(us as u64));
            bounds(side.stats.response(), quantile, effect, self.alpha / 2.0)
        };
        let (was, is) = (of(base, was_us), of(new, is_us));
        let worse = was.high_us.filter(|high| is.low_us > high * (1.0 + self.tolerance)).map(|high| is.low_us / high - 1.0);
        let better = is.high_us.filter(|high| *high < was.low_us * (1.0 - self.tolerance)).map(|high| high / was.low_us - 1.0);
        change.at_least = worse.or(better);
        change.judgement = match (worse, better) {
            (Some(_), _) => Judgement::Worse,
            (_, Some(_)) => Judgement::Better,
            _ => self.unproven(&change),
        };
        change
    }

    fn rps(&self, base: &Side<'_>, new: &Side<'_>) -> Change {
        let rate = |side: &Side<'_>| if side.seconds > 0.0 { side.stats.requests as f64 / side.seconds } else { 0.0 };
        let sides = ((base.stats.requests as f64, base.seconds), (new.stats.requests as f64, new.seconds));
        let fewer = chance_of_fewer(sides.0, sides.1, 1.0 - self.tolerance) <= self.alpha;
        let more = chance_of_more(sides.0, sides.1, 1.0 + self.tolerance) <= self.alpha;
        self.proven("rps", rate(base), rate(new), fewer, more)
    }

    fn failures(&self, base: &Side<'_>, new: &Side<'_>) -> Change {
        let share = |side: &Side<'_>| side.stats.failures as f64 / (side.stats.requests.max(1)) as f64;
        let effect = base.effect(|cell| cell.failures).max(new.effect(|cell| cell.failures));
        let events = |side: &Side<'_>| (side.stats.failures as f64 / effect, side.stats.requests as f64 / effect);
        let worse = chance_of_more(events(base), events(new), 1.0 + self.tolerance) <= self.alpha;
        let better = chance_of_fewer(events(base), events(new), 1.0 - self.tolerance) <= self.alpha && base.stats.failures > 0;
        self.proven("failures", share(base), share(new), worse, better)
    }

    fn proven(&self, figure: &str, base: f64, new: f64, worse: bool, better: bool) -> Change {
        let mut change = Change { figure: figure.to_owned(), base, new, judgement: Judgement::None, at_least: None };
        change.judgement = match (worse, better) {
            (true, _) => Judgement::Worse,
            (_, true) => Judgement::Better,
            _ => self.unproven(&change),
        };
        change
    }

    fn unproven(&self, change: &Change) -> Judgement {
        match change.relative() {
            Some(relative) if relative.abs() <= self.tolerance => Judgement::Same,
            None if change.new == 0.0 => Judgement::Same,
            _ => Judgement::Unclear,
        }
    }
}

#[cfg(test)]
mod tests;
