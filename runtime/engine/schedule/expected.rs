//! The expected number of iterations of the parts of a plan: of its intervals, and of its workers in one of them.
//!
//! Rows of data that are used once in a test are dealt in proportion to these numbers. All functions compute the same numbers, because they
//! depend on nothing but the plan and the borders of the interval. They are exact for arrivals and for `wait pacing`. For other waits they
//! leave out the time of the iteration itself, which is not known before the load.

use ltc_config::profile::Spacing;

use super::closed;
use super::open::{Chance, Curve};
use super::slice::Slice;
use super::span::Span;
use super::{Cycle, LoadGroup, LoadKind, Plan, nanos};

/// One iteration. Smaller parts of it are counted, too.
const ITERATION: u128 = 1_000_000;

/// Random arrivals are counted one by one, up to this number. Of more arrivals, the expected number is accurate enough.
const COUNTED_ARRIVALS: u64 = 5_000_000;

/// The time after which an interval without an end is no longer counted.
const ENDLESS: u64 = 3_600_000_000_000;

/// Expected iterations, in millionths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Of all workers before, in and after the interval of the slice. In a load without an end, only its own interval counts.
    pub all: [u128; 3],
    /// Of the worker of the slice before, in and after it.
    pub own: [u128; 3],
    /// Of each worker in it.
    pub workers: Vec<u128>,
    /// The number of the slice's worker among them.
    pub worker: usize,
    /// Of this worker in the interval before the slice begins: a lost function was to make them.
    pub gone: u128,
}

impl Expected {
    /// The number of iterations of the whole test, rounded up.
    pub fn total(&self) -> u64 {
        u64::try_from(self.all.iter().sum::<u128>().div_ceil(ITERATION)).unwrap_or(u64::MAX)
    }
}

impl Slice {
    /// The expected iterations of these classes.
    pub fn expected(&self, classes: &[usize]) -> Expected {
        let whole = Span { since: 0, ..self.span };
        let neighbours = self.plan().total_duration().is_some();
        let end = whole.end().unwrap_or(whole.from.saturating_add(ENDLESS));
        let horizon = self.plan().total_duration().map_or(end, nanos);
        let before = Span { to: Some(whole.from), leave: whole.enter, ..Span::default() };
        let after = whole.to.map(|to| Span { from: to, enter: whole.leave, ..Span::default() });
        let mut spans = vec![(1, whole)];
        if neighbours {
            spans.insert(0, (0, before));
            spans.extend(after.map(|after| (2, after)));
        }
        let (worker, workers) = self.worker();
        let mut expected = Expected { workers: vec![0; workers], worker, ..Expected::default() };
        self.plan().count(classes, &spans, horizon, &mut |time, index, amount| {
            expected.all[time] += amount;
            if self.membership.contains(index) {
                expected.own[time] += amount;
            }
            if let Some(theirs) = expected.workers.get_mut(self.membership.part_with(index)).filter(|_| time == 1) {
                *theirs += amount;
            }
        });
        if self.span.since > self.span.from {
            let mut rest = 0;
            self.plan().count(classes, &[(1, self.span)], horizon, &mut |_, index, amount| {
                if self.membership.contains(index) {
                    rest += amount;
                }
            });
            expected.gone = expected.own[1].saturating_sub(rest);
        }
        expected
    }
}

/// Receives the number of a span, the index of a user or slot in its group, and its iterations in that span.
type Add<'a> = dyn FnMut(usize, u64, u128) + 'a;

impl Plan {
    /// Counts the iterations of these classes in consecutive spans.
    fn count(&self, classes: &[usize], spans: &[(usize, Span)], horizon: u64, add: &mut Add<'_>) {
        for (number, group) in self.inner.groups.iter().enumerate() {
            if !group.members.iter().any(|class| classes.contains(class)) {
                continue;
            }
            let end = group.end.map_or(horizon, |end| end.min(horizon));
            match &group.kind {
                LoadKind::Closed { moves } => closed::stays(moves, |index, began, until| {
                    let class = group.members[group.pattern.class(index)];
                    if classes.contains(&class) {
                        let stay = (group.start.saturating_add(began), group.start.saturating_add(until).min(end));
                        iterations(self.classes()[class].cycle, index, stay, spans, add);
                    }
                }),
                LoadKind::Open { curve, slots, spacing, .. } => {
                    let expected = curve.before(end.saturating_sub(group.start));
                    if *spacing == Spacing::Poisson && expected <= COUNTED_ARRIVALS {
                        let chance = Chance::new(self.inner.seed, number as u64);
                        random_arrivals((group, curve, *slots), classes, chance, end, spans, add);
                    } else {
                        even_arrivals((group, curve, *slots), classes, end, spans, add);
                    }
                }
            }
        }
    }
}

/// The iterations of a user in its stay.
fn iterations(cycle: Cycle, index: u64, (began, until): (u64, u64), spans: &[(usize, Span)], add: &mut Add<'_>) {
    let time = nanos(cycle.time()).max(1);
    for (number, span) in spans {
        let Some((low, high)) = span.covered(index, began, until) else { continue };
        let amount = match cycle {
            // The times of the iterations are a grid that begins at the user's start.
            Cycle::Pacing(_) => u128::from((high - began).div_ceil(time) - (low - began).div_ceil(time)) * ITERATION,
            Cycle::Wait(_) | Cycle::Unknown => u128::from(high - low) * ITERATION / u128::from(time),
        };
        add(*number, index, amount);
    }
}

/// The indices of the users of a class that serve its arrivals. Arrival `k` of the class belongs to number `k` of them, modulo their number.
fn slots_of(group: &LoadGroup, member: usize, slots: u64) -> Vec<u64> {
    (0..slots).filter(|&index| group.pattern.class(index) == member).collect()
}

fn even_arrivals(
    (group, curve, slots): (&LoadGroup, &Curve, u64),
    classes: &[usize],
    end: u64,
    spans: &[(usize, Span)],
    add: &mut Add<'_>,
) {
    for member in (0..group.members.len()).filter(|&member| classes.contains(&group.members[member])) {
        let servers = slots_of(group, member, slots);
        let count = servers.len() as u64;
        let (positions, period) = group.pattern.positions(member);
        let of_class = |arrivals: u64| {
            let rest = positions.partition_point(|position| *position < arrivals % period);
            arrivals / period * positions.len() as u64 + rest as u64
        };
        for (server, index) in (0..count).zip(servers) {
            let before = |t: u64| (of_class(curve.before(t.min(end).saturating_sub(group.start))) + count - 1 - server) / count;
            for (number, span) in spans {
                let (low, high) = (before(span.entry(index)), before(span.exit(index)));
                add(*number, index, u128::from(high.saturating_sub(low)) * ITERATION);
            }
        }
    }
}

fn random_arrivals(
    (group, curve, slots): (&LoadGroup, &Curve, u64),
    classes: &[usize],
    mut chance: Chance,
    end: u64,
    spans: &[(usize, Span)],
    add: &mut Add<'_>,
) {
    let servers: Vec<Vec<u64>> = (0..group.members.len()).map(|member| slots_of(group, member, slots)).collect();
    let mut counts = vec![0; servers.len()];
    let mut reached = 0.0;
    for arrival in 0.. {
        reached += chance.distance();
        let Some(due) = curve.time_of(reached).map(|due| due.saturating_add(group.start)).filter(|due| *due < end) else { return };
        let member = group.pattern.class(arrival);
        let index = servers[member][counts[member] % servers[member].len()];
        counts[member] += 1;
        if classes.contains(&group.members[member])
            && let Some((number, _)) = spans.iter().find(|(_, span)| (span.entry(index)..span.exit(index)).contains(&due))
        {
            add(*number, index, ITERATION);
        }
    }
}
