//! The closed model: when each user starts and stops, as a list of moves with exact times.
//!
//! The users of a group are numbered. The active ones are always `0..n`, so a group's state is one number, and the user that started last
//! stops first.

use ltc_config::Rate;
use ltc_config::profile::ClientStage;

/// `count` users start, or stop, at equal intervals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// The beginning, in nanoseconds since the group's start.
    at: u64,
    up: bool,
    /// The number of active users before it.
    before: u64,
    count: u64,
    /// The time between two of them is `span / steps` nanoseconds.
    span: u64,
    steps: u64,
    /// 0: the first user moves immediately (spawning); 1: after one interval (ramps).
    phase: u64,
}

impl Move {
    /// When the `nth` user of the move starts or stops: the first whole nanosecond at which it is due.
    pub(super) fn time(&self, nth: u64) -> u64 {
        let passed = (u128::from(nth + self.phase) * u128::from(self.span)).div_ceil(u128::from(self.steps));
        self.at.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }

    /// How many users have started or stopped by `t`, including `t`.
    pub(super) fn moved(&self, t: u64) -> u64 {
        if t < self.at {
            return 0;
        }
        if self.span == 0 {
            return self.count;
        }
        let due = u128::from(t - self.at) * u128::from(self.steps) / u128::from(self.span) + 1 - u128::from(self.phase);
        u64::try_from(due).unwrap_or(u64::MAX).min(self.count)
    }

    /// When the user with that index starts or stops; `None` if it doesn't belong to the move.
    fn time_of(&self, index: u64) -> Option<u64> {
        let first = if self.up { self.before } else { self.before - self.count };
        let nth = index.checked_sub(first).filter(|nth| *nth < self.count)?;
        Some(self.time(if self.up { nth } else { self.count - 1 - nth }))
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn is_up(&self) -> bool {
        self.up
    }

    /// The index of the `nth` user of the move.
    pub(super) fn user(&self, nth: u64) -> u64 {
        if self.up { self.before + nth } else { self.before - 1 - nth }
    }
}

/// The number of active users at `t`, regardless of the group's end.
pub(super) fn running(moves: &[Move], t: u64) -> u64 {
    moves.iter().fold(0, |sum, one| if one.up { sum + one.moved(t) } else { sum - one.moved(t) })
}

/// When the user with that index starts and stops, if it is active at `t`. [`u64::MAX`] means that it never stops.
pub(super) fn stay(moves: &[Move], index: u64, t: u64) -> Option<(u64, u64)> {
    let mut began = None;
    for one in moves {
        let Some(at) = one.time_of(index) else { continue };
        match (one.up, at <= t) {
            (true, true) => began = Some(at),
            (false, true) => began = None,
            (true, false) => return None,
            (false, false) => return began.map(|began| (began, at)),
        }
    }
    began.map(|began| (began, u64::MAX))
}

/// Calls `each` with every stay of every user: its index, when it starts, and when it stops. [`u64::MAX`] means that it never stops.
pub(super) fn stays(moves: &[Move], mut each: impl FnMut(u64, u64, u64)) {
    // The active users are always the first ones, and the last of them stops first.
    let mut active: Vec<u64> = Vec::new();
    for one in moves {
        for at in (0..one.count).map(|nth| one.time(nth)) {
            if one.up {
                active.push(at);
            } else if let Some(began) = active.pop() {
                each(active.len() as u64, began, at);
            }
        }
    }
    (0..).zip(active).for_each(|(index, began)| each(index, began, u64::MAX));
}

/// When a user started that the move with that number stops.
pub(super) fn began(moves: &[Move], number: usize, index: u64) -> Option<u64> {
    moves[..number].iter().rev().filter(|one| one.up).find_map(|one| one.time_of(index))
}

/// The greatest number of active users.
pub(super) fn peak(moves: &[Move]) -> u64 {
    moves.iter().map(|one| if one.up { one.before + one.count } else { one.before }).max().unwrap_or(0)
}

/// The greatest number of active users before `end`.
pub(super) fn peak_before(moves: &[Move], end: u64) -> u64 {
    let Some(last) = end.checked_sub(1) else { return 0 };
    moves.iter().filter(|one| one.at <= last).map(|one| if one.up { one.before + one.moved(last) } else { one.before }).max().unwrap_or(0)
}

/// `clients` users: the first immediately, the others at `rate`.
pub(super) fn hatch(clients: u64, rate: Rate) -> Vec<Move> {
    vec![Move { at: 0, up: true, before: 0, count: clients, span: rate.per_ns(), steps: rate.count().max(1), phase: 0 }]
}

/// Step load: at each `step` nanoseconds, `size` further users. A step that isn't complete when the next is due continues at the same rate.
pub(super) fn steps(clients: u64, rate: Rate, size: u64, step: u64) -> Vec<Move> {
    let mut moves: Vec<Move> = Vec::new();
    let mut reached = 0;
    let mut number = 0u64;
    while reached < clients {
        let count = size.max(1).min(clients - reached);
        let at = step.saturating_mul(number);
        match moves.last_mut() {
            Some(last) if last.time(last.count) > at => last.count += count,
            _ => moves.push(Move { at, up: true, before: reached, count, span: rate.per_ns(), steps: rate.count().max(1), phase: 0 }),
        }
        reached += count;
        number += 1;
    }
    moves
}

/// Linear ramps: the number of users changes when the line reaches a whole number, and is exact at the end of each stage.
pub(super) fn stages(stages: &[ClientStage]) -> Vec<Move> {
    let mut moves = Vec::new();
    let (mut at, mut before) = (0u64, 0u64);
    for stage in stages {
        let span = u64::try_from(stage.duration.as_nanos()).unwrap_or(u64::MAX);
        let count = stage.clients.abs_diff(before);
        moves.push(Move { at, up: stage.clients > before, before, count, span, steps: count, phase: 1 });
        before = stage.clients;
        at = at.saturating_add(span);
    }
    moves
}
