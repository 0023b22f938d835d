//! Compares two runs step by step: what changed, and whether the change is statistically significant.

mod print;
mod statistics;

use std::collections::BTreeMap;

pub(crate) use print::write;

use super::Report;
use super::differences::differences;
use ltc_engine::stats::{Cell, History, PERCENTILE_NAMES, PERCENTILES, RowKind, RowStats, Timeline};
use statistics::{bounds, chance_of_fewer, chance_of_more, design_effect};

/// The greatest chance that a comparison calls any unchanged figure worse or better.
const FALSE_ALARM: f64 = 0.05;

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// Worse by more than the tolerance, and statistically significant.
    Worse,
    /// Better by more than the tolerance, and statistically significant.
    Better,
    /// Within the tolerance.
    Same,
    /// Beyond the tolerance, but not statistically significant.
    Unclear,
    /// Better by more than the tolerance and significant, but failures rose: a system that answers less is faster.
    Doubtful,
    /// Not enough data to judge.
    None,
}

/// One figure in both runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// `p95`, `rps`, `failures`.
    pub figure: String,
    /// The value in the earlier run: microseconds, per second, or a share. `None` if no request has one.
    pub base: Option<f64>,
    /// The value in the newer run.
    pub new: Option<f64>,
    /// The kind of the change.
    pub kind: ChangeKind,
    /// For a worse or better figure: the least change, as a share of the earlier value.
    pub at_least: Option<f64>,
}

impl Change {
    /// The change as a share of the earlier value. `None` if that is 0 or either value is missing.
    pub(crate) fn relative(&self) -> Option<f64> {
        let (base, new) = (self.base?, self.new?);
        (base > 0.0).then(|| new / base - 1.0)
    }
}

impl Change {
    /// Calls a better figure doubtful, because failures rose.
    fn doubt(&mut self) {
        if self.kind == ChangeKind::Better {
            self.kind = ChangeKind::Doubtful;
        }
    }
}

/// A report row in both runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ComparedRow {
    /// Its name, or `Total`.
    pub name: String,
    /// Requests per second, the share of failures, then the percentiles.
    pub changes: Vec<Change>,
}

/// The comparison of two runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    /// The change of a figure that is tolerated, as a share.
    pub tolerance: f64,
    /// Rows that both runs have, in the order of the newer one. The total comes last.
    pub lines: Vec<ComparedRow>,
    /// Names of rows that only the earlier run has.
    pub gone: Vec<String>,
    /// Names of rows that only the newer run has.
    pub added: Vec<String>,
    /// Differences between the runs themselves, one line each.
    pub differences: Vec<String>,
}

impl Comparison {
    /// Compares a newer run with an earlier one.
    pub(crate) fn of(base: &Report, new: &Report, tolerance: f64) -> Self {
        let (earlier, newer) = (by_name(base), by_name(new));
        // Rows that ran before and still exist, even if they didn't run this time.
        let both: Vec<&(String, RowKind)> = newer.order.iter().filter(|key| earlier.has(key)).collect();
        // Bonferroni: the chance of any false alarm stays the same for any number of figures.
        let judged = (both.len() + 1) * (PERCENTILES.len() + 1);
        let alpha = FALSE_ALARM / judged as f64;
        let judge = RowComparer { tolerance, alpha };
        let seconds = (base.run.duration().as_secs_f64(), new.run.duration().as_secs_f64());
        let totals = (base.total.total(&base.names), new.total.total(&new.names));
        let mut lines: Vec<ComparedRow> = both
            .iter()
            .map(|key| {
                let ((was, was_at), (is, is_at)) = (&earlier.lines[*key], &newer.lines[*key]);
                // Failures outside of steps are a share of everything that was tried.
                let of = |stats: &RowStats, total: &RowStats| if stats.requests == 0 { total.tried() } else { stats.tried() };
                let sides = (
                    RowOfRun::new(was, of(was, &totals.0), &base.timeline, was_at, seconds.0),
                    RowOfRun::new(is, of(is, &totals.1), &new.timeline, is_at, seconds.1),
                );
                ComparedRow { name: key.0.clone(), changes: judge.line(&sides.0, &sides.1) }
            })
            .collect();
        let (steps_before, steps) = (steps(base), steps(new));
        let before = RowOfRun::new(&totals.0, totals.0.tried(), &base.timeline, &steps_before, seconds.0);
        let after = RowOfRun::new(&totals.1, totals.1.tried(), &new.timeline, &steps, seconds.1);
        let more_failures = after.failed() > before.failed();
        lines.push(ComparedRow { name: "Total".to_owned(), changes: judge.line(&before, &after) });
        // If a greater share of the new run failed, no row of it is called better.
        for change in lines.iter_mut().filter(|_| more_failures).flat_map(|line| &mut line.changes) {
            change.doubt();
        }
        let missing = |key: &&(String, RowKind)| earlier.has(key) && !newer.lines.contains_key(*key);
        Self {
            tolerance,
            lines,
            gone: earlier.order.iter().filter(missing).map(|key| key.0.clone()).collect(),
            differences: differences(&[&base.run, &new.run]).into_iter().map(|difference| difference.changed()).collect(),
            added: newer.order.iter().filter(|key| newer.has(key) && !earlier.has(key)).map(|key| key.0.clone()).collect(),
        }
    }

    /// Whether any figure is worse.
    pub(crate) fn is_worse(&self) -> bool {
        self.lines.iter().flat_map(|line| &line.changes).any(|change| change.kind == ChangeKind::Worse)
    }
}

fn steps(report: &Report) -> Vec<usize> {
    (0..report.names.len()).filter(|&line| report.names[line].kind != RowKind::Group).collect()
}

struct RowsByName {
    order: Vec<(String, RowKind)>,
    lines: BTreeMap<(String, RowKind), (RowStats, Vec<usize>)>,
}

impl RowsByName {
    fn has(&self, key: &(String, RowKind)) -> bool {
        self.lines.get(key).is_some_and(|(stats, _)| stats.tried() > 0)
    }
}

/// Rows by name and kind. Rows with the same name and kind are merged.
fn by_name(report: &Report) -> RowsByName {
    let mut found = RowsByName { order: Vec::new(), lines: BTreeMap::new() };
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

/// A report row in one run.
struct RowOfRun<'a> {
    stats: &'a RowStats,
    /// The number that failures are a share of.
    tried: u64,
    history: &'a History,
    lines: &'a [usize],
    seconds: f64,
}

impl<'a> RowOfRun<'a> {
    fn new(stats: &'a RowStats, tried: u64, timeline: &'a Timeline, lines: &'a [usize], seconds: f64) -> Self {
        Self { stats, tried, history: timeline.history(), lines, seconds }
    }

    /// The share of failures.
    fn failed(&self) -> Option<f64> {
        (self.tried > 0).then(|| self.stats.failures as f64 / self.tried as f64)
    }

    /// The design effect of a part of each window's requests: how much more it scatters than by chance.
    fn effect(&self, whole: impl Fn(&Cell) -> u64, part: impl Fn(&Cell) -> u64) -> f64 {
        let mut windows: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (number, cell) in self.lines.iter().flat_map(|&line| self.history.line(line)) {
            let window = windows.entry(number).or_default();
            window.0 += whole(&cell);
            window.1 += part(&cell);
        }
        design_effect(windows.into_values())
    }
}

struct RowComparer {
    tolerance: f64,
    /// The greatest chance of a false alarm in one figure.
    alpha: f64,
}

impl RowComparer {
    /// The least share of a figure that is within the tolerance. With a tolerance of 100 % or more, any fall is.
    fn least(&self) -> f64 {
        (1.0 - self.tolerance).max(0.0)
    }

    fn line(&self, base: &RowOfRun<'_>, new: &RowOfRun<'_>) -> Vec<Change> {
        let mut changes = vec![self.rps(base, new), self.failures(base, new)];
        changes.extend((0..PERCENTILES.len()).map(|place| self.percentile(place, base, new)));
        if new.failed() > base.failed() {
            changes.iter_mut().for_each(Change::doubt);
        }
        changes
    }

    fn percentile(&self, place: usize, base: &RowOfRun<'_>, new: &RowOfRun<'_>) -> Change {
        let quantile = PERCENTILES[place];
        let (was, is) = (base.stats.response(), new.stats.response());
        let (was_us, is_us) = (was.quantile_us(quantile) as f64, is.quantile_us(quantile) as f64);
        let mut change = Change {
            figure: format!("p{}", PERCENTILE_NAMES[place]),
            base: (!was.is_empty()).then_some(was_us),
            new: (!is.is_empty()).then_some(is_us),
            kind: ChangeKind::None,
            at_least: None,
        };
        // The maximum of one run doesn't predict that of the next.
        if quantile >= 1.0 || was.is_empty() || is.is_empty() {
            return change;
        }
        // Each bound may be exceeded with half the chance, so both together with at most the whole chance.
        let of = |side: &RowOfRun<'_>, us: f64| {
            let effect = side.effect(|cell| cell.times.count(), |cell| cell.times.above(us as u64));
            bounds(side.stats.response(), quantile, effect, self.alpha / 2.0)
        };
        let (was, is) = (of(base, was_us), of(new, is_us));
        let worse = was.high_us.filter(|high| is.low_us > high * (1.0 + self.tolerance)).map(|high| is.low_us / high - 1.0);
        let better = is.high_us.filter(|high| *high < was.low_us * (1.0 - self.tolerance)).map(|high| high / was.low_us - 1.0);
        change.at_least = worse.or(better);
        change.kind = match (worse, better) {
            (Some(_), _) => ChangeKind::Worse,
            (_, Some(_)) => ChangeKind::Better,
            _ => self.unproven(&change),
        };
        change
    }

    fn rps(&self, base: &RowOfRun<'_>, new: &RowOfRun<'_>) -> Change {
        let rate = |side: &RowOfRun<'_>| (side.seconds > 0.0).then(|| side.stats.requests as f64 / side.seconds);
        let sides = ((base.stats.requests as f64, base.seconds), (new.stats.requests as f64, new.seconds));
        let fewer = chance_of_fewer(sides.0, sides.1, self.least()) <= self.alpha;
        let more = chance_of_more(sides.0, sides.1, 1.0 + self.tolerance) <= self.alpha;
        self.proven("rps", rate(base), rate(new), fewer, more)
    }

    fn failures(&self, base: &RowOfRun<'_>, new: &RowOfRun<'_>) -> Change {
        let of = |side: &RowOfRun<'_>| side.effect(|cell| cell.requests, |cell| cell.failures);
        let effect = of(base).max(of(new));
        let events = |side: &RowOfRun<'_>| (side.stats.failures as f64 / effect, side.tried as f64 / effect);
        let worse = chance_of_more(events(base), events(new), 1.0 + self.tolerance) <= self.alpha;
        let better = chance_of_fewer(events(base), events(new), self.least()) <= self.alpha && base.stats.failures > 0;
        self.proven("failures", base.failed(), new.failed(), worse, better)
    }

    fn proven(&self, figure: &str, base: Option<f64>, new: Option<f64>, worse: bool, better: bool) -> Change {
        let mut change = Change { figure: figure.to_owned(), base, new, kind: ChangeKind::None, at_least: None };
        change.kind = match (worse, better) {
            (true, _) => ChangeKind::Worse,
            (_, true) => ChangeKind::Better,
            _ => self.unproven(&change),
        };
        change
    }

    fn unproven(&self, change: &Change) -> ChangeKind {
        match change.relative() {
            Some(relative) if relative.abs() <= self.tolerance => ChangeKind::Same,
            None if change.base.is_none() || change.new.is_none() => ChangeKind::None,
            None if change.new == Some(0.0) => ChangeKind::Same,
            _ => ChangeKind::Unclear,
        }
    }
}

#[cfg(test)]
mod tests;
