//! The starts and stops of a slice's users in order of time, merged from a cursor for each group.

use std::time::Duration;
use std::vec::IntoIter;

use super::closed::{self, Move};
use super::slice::Slice;
use super::{Event, EventKind, LoadGroup, LoadKind};

/// Starts and stops of users in order of time. Users of a load without an end are never stopped.
#[derive(Debug)]
pub struct Events {
    slice: Slice,
    cursors: Vec<Cursor>,
}

/// The events of a group: those at the slice's borders as lists, and those between the borders one by one.
#[derive(Debug)]
struct Cursor {
    group: usize,
    /// Users that are active when the slice begins, by the time at which they become the slice's.
    entering: Passing,
    /// Users that pass to the next interval.
    leaving: Passing,
    /// Users that are active at the group's end.
    ending: Passing,
    /// The number of the next move, and the number of its next user.
    at: (usize, u64),
    next_move: Option<Event>,
    /// From this time on, moves no longer count.
    high: Option<u64>,
}

type Passing = std::iter::Peekable<IntoIter<Event>>;

impl Slice {
    /// Starts and stops of users of the closed model, in order of time.
    pub fn events(&self) -> Events {
        Events::new(self.clone())
    }
}

impl Events {
    pub(super) fn new(slice: Slice) -> Self {
        let mut cursors: Vec<Cursor> = (0..slice.groups().len()).filter_map(|group| Cursor::new(&slice, group)).collect();
        for cursor in &mut cursors {
            cursor.next_move = cursor.advance(&slice);
        }
        Self { slice, cursors }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let first = self.cursors.iter_mut().filter_map(|cursor| Some((cursor.peek()?, cursor))).min_by_key(|(at, _)| *at)?.1;
        first.take(&self.slice)
    }
}

impl Cursor {
    fn new(slice: &Slice, number: usize) -> Option<Self> {
        let group = &slice.groups()[number];
        let LoadKind::Closed { moves } = &group.kind else {
            return None;
        };
        let (low, high) = slice.bounds(group)?;
        let span = &slice.span;
        let end = group.end.unwrap_or(u64::MAX);
        // The users that are active at a time: the index, start and stop of each, and the part of that time that belongs to this slice.
        let running = |at: u64| {
            let count = if at < group.start { 0 } else { closed::running(moves, at - group.start) };
            (0..count).filter(|&index| slice.membership.contains(index)).filter_map(move |index| {
                let (began, ends) = closed::stay(moves, index, at - group.start)?;
                let (began, ends) = (group.start + began, group.start.saturating_add(ends).min(end));
                Some((index, began, ends, span.covered(index, began, ends)?))
            })
        };
        let entering = running(low)
            .filter(|(_, began, ..)| *began < low)
            .map(|(index, began, _, (from, _))| event(group, from, index, EventKind::Continue(Duration::from_nanos(began))))
            .collect();
        let leaving = span.to.filter(|to| *to < end).into_iter().flat_map(running).filter_map(|(index, _, ends, (_, until))| {
            let leaves = until == span.exit(index) && until < ends;
            leaves.then(|| event(group, until, index, EventKind::HandOver))
        });
        let ending = group.end.filter(|end| span.end().is_none_or(|last| *end <= last)).into_iter().flat_map(|end| {
            let still = running(end - 1).filter(move |(index, ..)| span.exit(*index) >= end);
            still.map(move |(index, ..)| event(group, end, index, EventKind::Stop))
        });
        let (leaving, ending) = (sorted(leaving.collect()), sorted(ending.collect()));
        let nth = moves.first().map_or(0, |one| moved_before(one, group, low));
        Some(Self { group: number, entering: sorted(entering), leaving, ending, at: (0, nth), next_move: None, high })
    }

    /// The time of its next event.
    fn peek(&mut self) -> Option<Duration> {
        let next = [self.entering.peek(), self.next_move.as_ref(), self.leaving.peek(), self.ending.peek()];
        next.into_iter().flatten().map(|event| event.at).min()
    }

    fn take(&mut self, slice: &Slice) -> Option<Event> {
        let at = self.peek()?;
        let due = |event: &Event| event.at == at;
        if let Some(event) = self.entering.next_if(due) {
            return Some(event);
        }
        if let Some(event) = self.next_move.filter(due) {
            self.next_move = self.advance(slice);
            return Some(event);
        }
        self.leaving.next_if(due).or_else(|| self.ending.next_if(due))
    }

    /// The next event of a move that belongs to the slice.
    fn advance(&mut self, slice: &Slice) -> Option<Event> {
        let group = &slice.groups()[self.group];
        let LoadKind::Closed { moves } = &group.kind else {
            return None;
        };
        loop {
            let (number, nth) = self.at;
            let one = moves.get(number)?;
            if nth >= one.count() {
                let low = slice.span.begin().max(group.start);
                self.at = (number + 1, moves.get(number + 1).map_or(0, |one| moved_before(one, group, low)));
                continue;
            }
            self.at = (number, nth + 1);
            let user = one.user(nth);
            if !slice.membership.contains(user) {
                continue;
            }
            let at = group.start.saturating_add(one.time(nth));
            if self.high.is_some_and(|high| at >= high) {
                return None;
            }
            if one.is_up() {
                if slice.span.covered(user, at, u64::MAX).is_some() {
                    return Some(event(group, at, user, EventKind::Start));
                }
                continue;
            }
            let began = closed::began(moves, number, user).map_or(at, |began| group.start.saturating_add(began));
            // A user that starts and stops at the same moment does both in the slice where it starts.
            let covered = slice.span.covered(user, began, at.max(began + 1));
            if covered.is_some_and(|(_, until)| until >= at) {
                return Some(event(group, at, user, EventKind::Stop));
            }
        }
    }
}

/// How many users of a move moved before `low`. They are part of the users that are active at `low`.
fn moved_before(one: &Move, group: &LoadGroup, low: u64) -> u64 {
    (low - group.start).checked_sub(1).map_or(0, |before| one.moved(before))
}

fn sorted(mut events: Vec<Event>) -> Passing {
    events.sort_by_key(|event| event.at);
    events.into_iter().peekable()
}

fn event(group: &LoadGroup, at: u64, index: u64, kind: EventKind) -> Event {
    Event { at: Duration::from_nanos(at), class: group.members[group.pattern.class(index)], user: group.base + index, kind }
}
