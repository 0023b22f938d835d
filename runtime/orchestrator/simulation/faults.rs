//! The faults of a function, drawn from a seed.

use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// The result of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Invocation {
    /// The function is accepted after this time.
    Accepted(Duration),
    Throttled,
    NotStarted,
    Refused,
    /// The error doesn't tell whether the function started. Holds whether it did.
    Unknown(bool),
    /// No response comes. Holds whether the function started.
    Unanswered(bool),
    /// The event was already delivered: the output of that first delivery is lost, and its load continues.
    Elsewhere,
}

/// How a function is lost during its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Killed,
    /// It is killed within a frame.
    KilledInFrame,
    /// Its connection stays open, but it sends nothing and generates no load.
    Mute,
    /// It sends nothing, but its load continues.
    MuteUnderLoad,
    /// Its connection is cut, but its load continues.
    Cut,
}

/// All faults of an attempt.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    pub(super) invocation: Invocation,
    /// The time from acceptance until it is ready.
    pub(super) starts_after: Duration,
    pub(super) loss: Option<(Duration, Loss)>,
    /// How many of a thousand frames are dropped, damaged or doubled, and the longest delay of a frame.
    pub(super) dropped: u32,
    pub(super) damaged: u32,
    pub(super) doubled: u32,
    pub(super) delay: Duration,
    /// By how much its clock is ahead.
    pub(super) ahead: Duration,
    /// By how much its clock was behind before it was corrected.
    pub(super) behind: Duration,
    /// Whether its event is delivered twice.
    pub(super) delivered_twice: bool,
    /// Whether its output arrives only when it has ended.
    pub(super) buffered: bool,
    /// The time from a stop signal until it stops; `None`: never.
    pub(super) stops_after: Option<Duration>,
    /// The time from the beginning of its slice after which it cannot read the control channel.
    pub(super) unreadable: Option<Duration>,
    /// The time after which its spec ends the test.
    pub(super) ends_test_after: Option<Duration>,
}

impl Faults {
    /// No faults.
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
            buffered: false,
            stops_after: Some(Duration::from_millis(100)),
            unreadable: None,
            ends_test_after: None,
        }
    }

    /// `may_end`: the spec may end the test.
    pub(super) fn draw(rng: &mut ChaCha8Rng, may_end: bool) -> Self {
        let millis = |rng: &mut ChaCha8Rng, most: u64| Duration::from_millis(rng.random_range(0..=most));
        let mut faults = Self::none();
        match rng.random_range(0..27) {
            0 => faults.invocation = Invocation::Throttled,
            1 => faults.invocation = Invocation::NotStarted,
            2 => faults.invocation = Invocation::Unknown(rng.random()),
            3 => faults.invocation = Invocation::Unanswered(rng.random()),
            4 => faults.invocation = Invocation::Elsewhere,
            5 => faults.invocation = Invocation::Accepted(millis(rng, 8_000)),
            6 => faults.starts_after = millis(rng, 30_000),
            7 => faults.loss = Some((millis(rng, 20_000), Loss::Killed)),
            8 => faults.loss = Some((millis(rng, 20_000), Loss::KilledInFrame)),
            9 => faults.loss = Some((millis(rng, 20_000), Loss::Mute)),
            10 => faults.loss = Some((millis(rng, 20_000), Loss::MuteUnderLoad)),
            11 => faults.loss = Some((millis(rng, 20_000), Loss::Cut)),
            12 => faults.dropped = 200,
            13 => faults.damaged = 200,
            14 => faults.doubled = 300,
            15 => faults.delay = millis(rng, 9_000),
            16 => faults.ahead = millis(rng, 2_000),
            17 => faults.behind = millis(rng, 2_000),
            18 => faults.delivered_twice = true,
            19 => faults.stops_after = None,
            20 => faults.buffered = true,
            21 => faults.stops_after = Some(millis(rng, 3_000)),
            22 if may_end && rng.random_range(0..4) == 0 => faults.ends_test_after = Some(millis(rng, 30_000)),
            24 => faults.unreadable = Some(Duration::ZERO),
            25 => {
                faults.unreadable = Some(millis(rng, 20_000));
                faults.loss =
                    [None, Some(Loss::Cut), Some(Loss::MuteUnderLoad)][rng.random_range(0..3)].map(|loss| (millis(rng, 30_000), loss));
            }
            _ if rng.random_range(0..20) == 0 => faults.invocation = Invocation::Refused,
            _ => {}
        }
        faults
    }

    /// Whether the report of the run may show a fault.
    pub(super) fn any(&self) -> bool {
        let harmless = Self::none();
        self.invocation != harmless.invocation
            || self.starts_after > harmless.starts_after
            || self.loss.is_some()
            || self.dropped + self.damaged + self.doubled > 0
            || self.delay > harmless.delay
            || self.ahead + self.behind > Duration::ZERO
            || self.delivered_twice
            || self.buffered
            || self.ends_test_after.is_some()
            || self.unreadable.is_some()
            || self.stops_after.is_none_or(|after| after > Duration::from_millis(100))
    }
}
