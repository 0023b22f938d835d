//! The closed model: when which user starts and stops, as a list of moves with exact times.
//!
//! Users of a group are numbered; those that run are always `0..n`, so that a group's state is one number, and who joins last leaves
//! first.

use ltc_config::Rate;
use ltc_config::profile::ClientStage;

/// `count` users start, or stop, at equal distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// Nanoseconds since the group's start.
    at: u64,
    up: bool,
    /// How many run before it.
    before: u64,
    count: u64,
    /// The distance between two of them is `span / steps` nanoseconds.
    span: u64,
    steps: u64,
    /// 0: the first moves at once (hatching); 1: after one distance (ramps).
    phase: u64,
}

impl Move {
    /// When the `nth` of the move moves: the first whole nanosecond at which it is due.
    pub(super) fn time(&self, nth: u64) -> u64 {
        let passed = (u128::from(nth + self.phase) * u128::from(self.span)).div_ceil(u128::from(self.steps));
        self.at.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }

    /// How many have moved by `t`, that instant included.
    pub(super) fn moved(&self, t: u64) -> u64 {
        if t < self.at || self.count == 0 {
            return 0;
        }
        if self.span == 0 {
            return self.count;
        }
        let due = u128::from(t - self.at) * u128::from(self.steps) / u128::from(self.span) + 1 - u128::from(self.phase);
        u64::try_from(due).unwrap_or(u64::MAX).min(self.count)
    }

    /// When the user of that index moves; `None` where it isn't concerned.
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

    /// The user that the `nth` move of it concerns.
    pub(super) fn user(&self, nth: u64) -> u64 {
        if self.up { self.before + nth } else { self.before - 1 - nth }
    }
}

/// How many run at `t`, whatever ends the group.
pub(super) fn running(moves: &[Move], t: u64) -> u64 {
    moves.iter().fold(0, |sum, one| if one.up { sum + one.moved(t) } else { sum - one.moved(t) })
}

/// From when until when the user of that index runs, where it runs at `t`; an end that never comes is [`u64::MAX`].
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

/// When the user that the move of that number stops began.
pub(super) fn began(moves: &[Move], number: usize, index: u64) -> Option<u64> {
    moves[..number].iter().rev().filter(|one| one.up).find_map(|one| one.time_of(index))
}

/// The most that ever run.
pub(super) fn peak(moves: &[Move]) -> u64 {
    moves.iter().map(|one| if one.up { one.before + one.count } else { one.before }).max().unwrap_or(0)
}

/// `clients` users, the first at once, the others at `rate`.
pub(super) fn hatch(clients: u64, rate: Rate) -> Vec<Move> {
    vec![Move { at: 0, up: true, before: 0, count: clients, span: rate.per_ns(), steps: rate.count().max(1), phase: 0 }]
}

/// Step load: at each `step` nanoseconds `size` users more. A step that is not done when the next is due goes on at the same rate.
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

/// Linear ramps: the number of users changes where the line reaches a whole number, and is exact at the end of each stage.
pub(super) fn stages(stages: &[ClientStage]) -> Vec<Move> {
    let mut moves = Vec::new();
    let (mut at, mut before) = (0u64, 0u64);
    for stage in stages {
        let span = u64::try_from(stage.duration.as_nanos()).unwrap_or(u64::MAX);
        let count = stage.clients.abs_diff(before);
        if count > 0 {
            moves.push(Move { at, up: stage.clients > before, before, count, span, steps: count, phase: 1 });
        }
        before = stage.clients;
        at = at.saturating_add(span);
    }
    moves
}
