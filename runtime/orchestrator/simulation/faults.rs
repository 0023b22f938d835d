//! What goes wrong with a function, drawn from a seed.

use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// How an invocation goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Invocation {
    /// It is accepted after that time.
    Accepted(Duration),
    Throttled,
    NotStarted,
    Refused,
    /// Nobody knows whether it began; whether it did.
    Unknown(bool),
    /// No answer comes; whether it began.
    Unanswered(bool),
    /// Its event came before: that function's output is lost, and its load goes on.
    Elsewhere,
}

/// How a function is lost, that long after its load began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Killed,
    /// Amid a frame.
    KilledInFrame,
    /// Its connection stays, but nothing comes any more, and it makes no load.
    Mute,
    /// The same, and its load goes on.
    MuteUnderLoad,
    /// Its connection is cut, and its load goes on.
    Cut,
}

/// All that goes wrong with an attempt.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    pub(super) invocation: Invocation,
    /// From its acceptance until it is ready.
    pub(super) starts_after: Duration,
    pub(super) loss: Option<(Duration, Loss)>,
    /// How many of a thousand frames are dropped, damaged, or come twice, and how late they are at most.
    pub(super) dropped: u32,
    pub(super) damaged: u32,
    pub(super) doubled: u32,
    pub(super) delay: Duration,
    /// How far its clock is ahead.
    pub(super) ahead: Duration,
    /// How far its clock was behind, before it was corrected.
    pub(super) behind: Duration,
    /// Whether its event is delivered a second time.
    pub(super) delivered_twice: bool,
    /// From a stop signal until it acts on it; `None`: never.
    pub(super) stops_after: Option<Duration>,
}

impl Faults {
    /// Of a function that does all as it should.
    pub(super) fn none() -> Self {
        Self {
            invocation: Invocation::Accepted(Duration::from_millis(20)),
            starts_after: Duration::from_millis(100),
            loss: None,
            dropped: 0,
            damaged: 0,
            doubled: 0,
            delay: Duration::from_millis(30),
            ahead: Duration::ZERO,
            behind: Duration::ZERO,
            delivered_twice: false,
            stops_after: Some(Duration::from_millis(100)),
        }
    }

    pub(super) fn draw(dice: &mut ChaCha8Rng) -> Self {
        let millis = |dice: &mut ChaCha8Rng, most: u64| Duration::from_millis(dice.random_range(0..=most));
        let mut faults = Self::none();
        match dice.random_range(0..22) {
            0 => faults.invocation = Invocation::Throttled,
            1 => faults.invocation = Invocation::NotStarted,
            2 => faults.invocation = Invocation::Unknown(dice.random()),
            3 => faults.invocation = Invocation::Unanswered(dice.random()),
            4 => faults.invocation = Invocation::Elsewhere,
            5 => faults.invocation = Invocation::Accepted(millis(dice, 8_000)),
            6 => faults.starts_after = millis(dice, 30_000),
            7 => faults.loss = Some((millis(dice, 20_000), Loss::Killed)),
            8 => faults.loss = Some((millis(dice, 20_000), Loss::KilledInFrame)),
            9 => faults.loss = Some((millis(dice, 20_000), Loss::Mute)),
            10 => faults.loss = Some((millis(dice, 20_000), Loss::MuteUnderLoad)),
            11 => faults.loss = Some((millis(dice, 20_000), Loss::Cut)),
            12 => faults.dropped = 200,
            13 => faults.damaged = 200,
            14 => faults.doubled = 300,
            15 => faults.delay = millis(dice, 9_000),
            16 => faults.ahead = Duration::from_millis(dice.random_range(1_100..=2_000)),
            17 => faults.behind = millis(dice, 2_000),
            18 => faults.delivered_twice = true,
            19 => faults.stops_after = None,
            20 => faults.stops_after = Some(millis(dice, 3_000)),
            _ if dice.random_range(0..20) == 0 => faults.invocation = Invocation::Refused,
            _ => {}
        }
        faults
    }

    /// Whether anything of it may be seen in the report of a run.
    pub(super) fn any(&self) -> bool {
        let harmless = Self::none();
        self.invocation != harmless.invocation
            || self.starts_after > harmless.starts_after
            || self.loss.is_some()
            || self.dropped + self.damaged + self.doubled > 0
            || self.delay > harmless.delay
            || self.ahead + self.behind > Duration::ZERO
            || self.delivered_twice
            || self.stops_after.is_none_or(|after| after > Duration::from_millis(100))
    }
}
