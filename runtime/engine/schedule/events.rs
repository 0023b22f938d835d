//! The starts and stops of a slice's users, generated one by one: a cursor for each group, merged by time.

use std::time::Duration;

use super::closed::{self, Move};
use super::slice::Slice;
use super::{Event, EventKind, LoadGroup, LoadKind};

/// Starts and stops of users, by time. It ends with the last event; users of a load without an end are never stopped.
#[derive(Debug)]
pub struct Events {
    slice: Slice,
    cursors: Vec<Cursor>,
}

#[derive(Debug)]
struct Cursor {
    group: usize,
    low: u64,
    high: Option<u64>,
    stage: Stage,
    /// The event to be merged next.
    next: Option<Event>,
}

/// Where a cursor is.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Users that run at the window's begin, from this one on, start at once.
    Begin {
        index: u64,
        running: u64,
    },
    /// The nth of a move.
    Moves {
        number: usize,
        nth: u64,
    },
    /// Users that run at the end, from this one on, stop.
    End {
        index: u64,
        running: u64,
    },
    Done,
}

impl Events {
    pub(super) fn new(slice: Slice) -> Self {
        let mut cursors: Vec<Cursor> = slice
            .groups()
            .iter()
            .enumerate()
            .filter_map(|(group, of)| {
                let LoadKind::Closed { moves } = &of.kind else {
                    return None;
                };
                let (low, high) = slice.bounds(of)?;
                let running = closed::running(moves, low - of.start);
                Some(Cursor { group, low, high, stage: Stage::Begin { index: 0, running }, next: None })
            })
            .collect();
        for cursor in &mut cursors {
            cursor.next = cursor.advance(&slice);
        }
        Self { slice, cursors }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let first =
            self.cursors.iter_mut().filter(|cursor| cursor.next.is_some()).min_by_key(|cursor| cursor.next.map(|event| event.at))?;
        let event = first.next;
        first.next = first.advance(&self.slice);
        event
    }
}

impl Cursor {
    fn advance(&mut self, slice: &Slice) -> Option<Event> {
        let group = &slice.groups()[self.group];
        let LoadKind::Closed { moves } = &group.kind else {
            return None;
        };
        loop {
            match self.stage {
                Stage::Begin { index, running } if index < running => {
                    self.stage = Stage::Begin { index: index + 1, running };
                    if slice.membership.contains(index) {
                        return Some(event(group, self.low, index, EventKind::Start));
                    }
                }
                Stage::Begin { .. } => self.stage = self.skip_to(moves, group, 0),
                Stage::Moves { number, nth } => {
                    let Some(one) = moves.get(number) else {
                        self.stage = self.end(moves, group);
                        continue;
                    };
                    if nth >= one.count() {
                        self.stage = self.skip_to(moves, group, number + 1);
                        continue;
                    }
                    self.stage = Stage::Moves { number, nth: nth + 1 };
                    let user = one.user(nth);
                    if !slice.membership.contains(user) {
                        continue;
                    }
                    let at = group.start.saturating_add(one.time(nth));
                    if self.high.is_some_and(|high| at >= high) {
                        self.stage = self.end(moves, group);
                        continue;
                    }
                    return Some(event(group, at, user, if one.is_up() { EventKind::Start } else { EventKind::Stop }));
                }
                Stage::End { index, running } if index < running => {
                    self.stage = Stage::End { index: index + 1, running };
                    if let Some(high) = self.high
                        && slice.membership.contains(index)
                    {
                        return Some(event(group, high, index, EventKind::Stop));
                    }
                }
                Stage::End { .. } => self.stage = Stage::Done,
                Stage::Done => return None,
            }
        }
    }

    /// The first event of that move, or of a later one, that the begin has not already accounted for.
    fn skip_to(&self, moves: &[Move], group: &LoadGroup, number: usize) -> Stage {
        let nth = moves.get(number).map_or(0, |one| one.moved(self.low - group.start));
        Stage::Moves { number, nth }
    }

    fn end(&self, moves: &[Move], group: &LoadGroup) -> Stage {
        match self.high {
            // Low is below high, so there is an instant before high.
            Some(high) => Stage::End { index: 0, running: closed::running(moves, high - 1 - group.start) },
            None => Stage::Done,
        }
    }
}

fn event(group: &LoadGroup, at: u64, index: u64, kind: EventKind) -> Event {
    Event { at: Duration::from_nanos(at), class: group.members[group.pattern.class(index)], user: group.base + index, kind }
}
