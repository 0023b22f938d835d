//! A part of a plan: the load of one shard, or of one worker of a shard, in an interval.

use std::time::Duration;

use ltc_config::profile::Spacing;

use super::closed::Move;
use super::open::{Chance, Curve};
use super::span::Span;
use super::spread::Membership;
use super::{LoadGroup, LoadKind, Plan, closed, nanos};

/// A part of a plan. Parts of the same division are disjoint, and at every moment they add up to the divided load.
#[derive(Clone, Debug)]
pub struct Slice {
    plan: Plan,
    pub(super) membership: Membership,
    pub(super) span: Span,
}

/// A user that serves arrivals, and the time in which it does. Before and after it, another function has the arrivals of its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// The user's number.
    pub user: u64,
    /// The beginning of that time.
    pub from: Duration,
    /// The end of that time; [`Duration::MAX`] if there is none.
    pub until: Duration,
}

impl Slice {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, membership: Membership::default(), span: Span::default() }
    }

    /// Divides the slice further: part `part` of `parts`, from 0. A shard is divided for its workers in this way.
    #[must_use]
    pub fn part(mut self, part: u64, parts: u64) -> Self {
        self.membership = self.membership.within(part, parts);
        self
    }

    /// Restricts the slice to the interval `from..to`, which has no end without `to`. Users pass to it from the previous interval within
    /// `enter` after `from`, and from it to the next within `leave` after `to`, each at a time that depends on its number. Consecutive
    /// intervals with the same windows add up to the whole at every moment, if no window is longer than an interval.
    #[must_use]
    pub fn interval(mut self, from: Duration, to: Option<Duration>, enter: Duration, leave: Duration) -> Self {
        let to = to.map(nanos).filter(|to| *to != u64::MAX);
        self.span = Span { from: nanos(from), to, enter: nanos(enter), leave: nanos(leave), since: 0 };
        self
    }

    /// Restricts the slice to the time from `since` on, for a function that replaces a lost one. Users that are already active continue.
    #[must_use]
    pub fn since(mut self, since: Duration) -> Self {
        self.span.since = nanos(since);
        self
    }

    /// The plan that it is a part of.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Its beginning, from the start of the test.
    pub fn begin(&self) -> Duration {
        Duration::from_nanos(self.span.begin())
    }

    /// When all of its load is over, from the start of the test; `None`: when the test is stopped.
    pub fn end(&self) -> Option<Duration> {
        [self.span.end().map(Duration::from_nanos), self.plan.total_duration()].into_iter().flatten().min()
    }

    /// The times at which arrivals of an open class are due. A closed class has none.
    pub fn arrivals(&self, class: usize) -> Arrivals {
        Arrivals::new(self, class)
    }

    /// The users that serve the arrivals of an open class, in order of when they may begin. A closed class has none.
    pub fn pool(&self, class: usize) -> Vec<Server> {
        let Some((group, member)) = self.plan.group_of(class) else { return Vec::new() };
        if !matches!(group.kind, LoadKind::Open { .. }) {
            return Vec::new();
        }
        let ours = (0..group.users()).filter(|&index| group.pattern.class(index) == member && self.membership.contains(index));
        let mut pool: Vec<Server> = ours
            .filter_map(|index| {
                let (from, until) = self.slot(index)?;
                let until = if until == u64::MAX { Duration::MAX } else { Duration::from_nanos(until) };
                Some(Server { user: group.base + index, from: Duration::from_nanos(from), until })
            })
            .collect();
        pool.sort_by_key(|server| server.from);
        pool
    }

    /// When the user with that number passes to the next interval, if it is still active then.
    pub fn hand_over(&self, user: u64) -> Option<Duration> {
        self.span.to?;
        let group = self.groups().iter().find(|group| (group.base..group.base + group.users()).contains(&user))?;
        Some(Duration::from_nanos(self.span.exit(user - group.base)))
    }

    /// The number of this part among all parts of the same division, and their number.
    pub fn worker(&self) -> (usize, usize) {
        let as_index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        (as_index(self.membership.part()), as_index(self.membership.parts()))
    }

    /// The numbers of all users of these classes in the whole plan, in order, each with whether it belongs to this part.
    pub fn holders(&self, classes: &[usize]) -> Vec<(u64, bool)> {
        let of_group = |group: &LoadGroup| {
            let ours = (0..group.users()).filter(|&index| classes.contains(&group.members[group.pattern.class(index)]));
            ours.map(|index| (group.base + index, self.membership.contains(index))).collect::<Vec<_>>()
        };
        self.groups().iter().flat_map(of_group).collect()
    }

    /// The time in which `number` belongs to this interval, if numbers pass one by one. It begins at zero or ends at [`Duration::MAX`] if
    /// there is no interval before or after.
    pub fn passing(&self, number: u64) -> Option<(Duration, Duration)> {
        let Span { enter, leave, .. } = self.span;
        let from = if enter == 0 { Duration::ZERO } else { Duration::from_nanos(self.span.entry(number)) };
        let until = if leave == 0 { Duration::MAX } else { Duration::from_nanos(self.span.exit(number)) };
        (enter > 0 || leave > 0).then_some((from, until))
    }

    /// The time in which the arrivals of a slot belong to this part.
    fn slot(&self, index: u64) -> Option<(u64, u64)> {
        let (from, until) = (self.span.entry(index), self.span.exit(index));
        (from < until).then_some((from, until))
    }

    /// The number of users of each class that are active at `t`, without those that wait for arrivals.
    pub fn users_at(&self, t: Duration) -> Vec<u64> {
        let t = nanos(t);
        let mut counts = vec![0; self.plan.classes().len()];
        let Span { from, to, enter, .. } = self.span;
        let passing = (from..from.saturating_add(enter)).contains(&t) || to.is_some_and(|to| t >= to);
        for group in &self.plan.inner.groups {
            let LoadKind::Closed { moves } = &group.kind else {
                continue;
            };
            let Some((low, high)) = self.bounds(group) else {
                continue;
            };
            if t < low || high.is_some_and(|high| t >= high) {
                continue;
            }
            let running = closed::running(moves, t - group.start);
            if self.membership.is_whole() && !passing {
                for (member, &class) in group.members.iter().enumerate() {
                    counts[class] += group.pattern.count(member, running);
                }
            } else {
                let ours = (0..running).filter(|&index| self.membership.contains(index));
                for index in ours.filter(|&index| !passing || self.is_covered(group, moves, index, t)) {
                    counts[group.members[group.pattern.class(index)]] += 1;
                }
            }
        }
        counts
    }

    /// Whether the load of a user at `t` belongs to this part.
    fn is_covered(&self, group: &LoadGroup, moves: &[Move], index: u64, t: u64) -> bool {
        let stay = closed::stay(moves, index, t - group.start);
        let covered = stay.and_then(|(began, _)| self.span.covered(index, group.start + began, u64::MAX));
        covered.is_some_and(|(low, high)| (low..high).contains(&t))
    }

    /// The most users of this part at once, including those that wait for arrivals.
    pub fn peak_clients(&self) -> u64 {
        self.plan.inner.groups.iter().map(|group| self.membership.count(group.users())).sum()
    }

    /// The time in which a group is active in this part, in nanoseconds from the start of the test.
    pub(super) fn bounds(&self, group: &LoadGroup) -> Option<(u64, Option<u64>)> {
        let low = self.span.begin().max(group.start);
        let high = [self.span.end(), group.end].into_iter().flatten().min();
        high.is_none_or(|high| low < high).then_some((low, high))
    }

    pub(super) fn groups(&self) -> &[LoadGroup] {
        &self.plan.inner.groups
    }
}

/// The times at which arrivals are due, from the start of the test. It has no end if the load has none.
#[derive(Debug)]
pub struct Arrivals {
    /// `None` if there are no (further) arrivals.
    state: Option<ArrivalState>,
}

#[derive(Debug)]
struct ArrivalState {
    curve: Curve,
    chance: Option<Chance>,
    /// The integral at the last random arrival, and the number of the next one.
    reached: f64,
    drawn: u64,
    /// The positions of the class's arrivals among those of its group.
    positions: Vec<u64>,
    period: u64,
    /// The next arrival's number within the class.
    ordinal: u64,
    /// The time in which an arrival belongs to this slice, by its number modulo the length. It goes to the function of the user with that
    /// number.
    ours: Vec<Option<(u64, u64)>>,
    start: u64,
    low: u64,
    high: Option<u64>,
}

impl Arrivals {
    fn new(slice: &Slice, class: usize) -> Self {
        Self { state: ArrivalState::new(slice, class) }
    }
}

impl ArrivalState {
    fn new(slice: &Slice, class: usize) -> Option<Self> {
        let number = slice.plan.inner.of_class.get(class).copied().flatten()?.0 as u64;
        let (group, member) = slice.plan.group_of(class)?;
        let LoadKind::Open { curve, slots, spacing, .. } = &group.kind else {
            return None;
        };
        let (low, high) = slice.bounds(group)?;
        let of_class = (0..*slots).filter(|&index| group.pattern.class(index) == member);
        let ours: Vec<_> = of_class.map(|index| slice.membership.contains(index).then(|| slice.slot(index)).flatten()).collect();
        if ours.iter().all(Option::is_none) {
            return None;
        }
        let (positions, period) = group.pattern.positions(member);
        let chance = (*spacing == Spacing::Poisson).then(|| Chance::new(slice.plan.inner.seed, number));
        // Random arrivals have to be drawn from the beginning; even ones can begin at the window.
        let skipped = if chance.is_some() { 0 } else { curve.before(low - group.start) };
        let ordinal = group.pattern.count(member, skipped);
        Some(Self { curve: curve.clone(), chance, reached: 0.0, drawn: 0, positions, period, ordinal, ours, start: group.start, low, high })
    }

    #[expect(clippy::cast_possible_truncation, reason = "both are remainders of a vector's length")]
    fn next(&mut self) -> Option<u64> {
        loop {
            let ordinal = self.ordinal;
            self.ordinal += 1;
            let Some((from, until)) = self.ours[(ordinal % self.ours.len() as u64) as usize] else {
                continue;
            };
            let members = self.positions.len() as u64;
            let arrival = ordinal / members * self.period + self.positions[(ordinal % members) as usize];
            let due = match &mut self.chance {
                None => self.curve.time(arrival)?,
                Some(chance) => {
                    while self.drawn <= arrival {
                        self.reached += chance.distance();
                        self.drawn += 1;
                    }
                    self.curve.time_of(self.reached)?
                }
            };
            let due = due.saturating_add(self.start);
            if self.high.is_some_and(|high| due >= high) {
                return None;
            }
            if due >= self.low && (from..until).contains(&due) {
                return Some(due);
            }
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        match self.state.as_mut()?.next() {
            Some(due) => Some(Duration::from_nanos(due)),
            None => {
                self.state = None;
                None
            }
        }
    }
}
