//! Two runs set against each other, step by step: what changed, and whether that can be chance.

mod print;
mod statistics;

use std::collections::BTreeMap;

pub(crate) use print::write;

use super::Report;
use super::differences::differences;
use ltc_engine::stats::{Cell, History, PERCENTILE_NAMES, PERCENTILES, RowKind, RowStats, Timeline};
use statistics::{bounds, chance_of_fewer, chance_of_more, design_effect};

/// The chance, at most, that anything at all is called worse or better that isn't.
const FALSE_ALARM: f64 = 0.05;

/// What a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// Worse by more than the tolerance, and that is no chance.
    Worse,
    /// Better by more than the tolerance, and that is no chance.
    Better,
    /// Within the tolerance.
    Same,
    /// Beyond the tolerance, but it may be chance.
    Unclear,
    /// Better by more than the tolerance, and that is no chance; but failures rose, and who answers less is faster.
    Doubtful,
    /// There is nothing to judge it by.
    None,
}

/// One figure in both runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// `p95`, `rps`, `failures`.
    pub figure: String,
    /// In the earlier run: microseconds, a second, or a share; nothing where no request has one.
    pub base: Option<f64>,
    /// In the newer one.
    pub new: Option<f64>,
    /// What it is.
    pub kind: ChangeKind,
    /// Where it is worse or better: by how much at least, as a share of the earlier figure.
    pub at_least: Option<f64>,
}

impl Change {
    /// The change as a share of the earlier figure; nothing where that is 0, or either is missing.
    pub(crate) fn relative(&self) -> Option<f64> {
        let (base, new) = (self.base?, self.new?);
        (base > 0.0).then(|| new / base - 1.0)
    }
}

impl Change {
    /// Where failures rose, nothing is called better.
    fn doubt(&mut self) {
        if self.kind == ChangeKind::Better {
            self.kind = ChangeKind::Doubtful;
        }
    }
}

/// A line of the report in both runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ComparedRow {
    /// Its name, or `Total`.
    pub name: String,
    /// Requests a second, the share of failures, then the percentiles.
    pub changes: Vec<Change>,
}

/// Two runs against each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    /// By how much a figure may change, as a share.
    pub tolerance: f64,
    /// Lines that both have, in the newer one's order; the total last.
    pub lines: Vec<ComparedRow>,
    /// Names of lines that only the earlier run has.
    pub gone: Vec<String>,
    /// Names of lines that only the newer run has.
    pub added: Vec<String>,
    /// What differs between the runs themselves, a line each.
    pub differences: Vec<String>,
}

impl Comparison {
    /// Compares a newer run with an earlier one.
    pub(crate) fn of(base: &Report, new: &Report, tolerance: f64) -> Self {
        let (earlier, newer) = (by_name(base), by_name(new));
        // Lines that ran before and are still there, also where they ran no more.
        let both: Vec<&(String, RowKind)> = newer.order.iter().filter(|key| earlier.has(key)).collect();
        // Bonferroni: however many figures are judged, the chance of any false alarm stays what it is.
        let judged = (both.len() + 1) * (PERCENTILES.len() + 1);
        let alpha = FALSE_ALARM / judged as f64;
        let judge = RowComparer { tolerance, alpha };
        let seconds = (base.run.duration().as_secs_f64(), new.run.duration().as_secs_f64());
        let totals = (base.total.total(&base.names), new.total.total(&new.names));
        let mut lines: Vec<ComparedRow> = both
            .iter()
            .map(|key| {
                let ((was, was_at), (is, is_at)) = (&earlier.lines[*key], &newer.lines[*key]);
                // What failed outside of steps is a share of all that was tried.
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
        // A run of which more fails is never called better, in no line.
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

    /// Whether anything is worse.
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

/// Lines by name and kind; those that share both are one.
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

/// A line in one run.
struct RowOfRun<'a> {
    stats: &'a RowStats,
    /// What its failures are a share of.
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

    /// How much more a part of each stretch's requests scatters than it would by chance.
    fn effect(&self, whole: impl Fn(&Cell) -> u64, part: impl Fn(&Cell) -> u64) -> f64 {
        let mut stretches: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (number, cell) in self.lines.iter().flat_map(|&line| self.history.line(line)) {
            let stretch = stretches.entry(number).or_default();
            stretch.0 += whole(cell);
            stretch.1 += part(cell);
        }
        design_effect(stretches.into_values())
    }
}

struct RowComparer {
    tolerance: f64,
    /// The chance, at most, of one false alarm in one figure.
    alpha: f64,
}

impl RowComparer {
    /// The least part of a figure that is within the tolerance. A tolerance of 100 % and more accepts any fall.
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
        // The greatest of all values says nothing of the next run's.
        if quantile >= 1.0 || was.is_empty() || is.is_empty() {
            return change;
        }
        // Each bound may be passed with half the chance: together they are with at most the whole.
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
