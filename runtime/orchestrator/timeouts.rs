//! How long an orchestrator waits for its functions.

use std::time::Duration;

/// A network cut of ten seconds loses nothing, because TCP delivers the frames when the network is back.
const LONGEST_CUT: Duration = Duration::from_secs(12);

/// How long the supervisor waits for a function, and how often it starts one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// The time for an invocation to be accepted.
    pub accept: Duration,
    /// The time from then until the function is ready.
    pub start: Duration,
    /// The time for a frame that is due.
    pub silence: Duration,
    /// The time for frames that a function sent before it was ended.
    pub rest: Duration,
    /// The pause before the second attempt. It doubles each time, up to [`Timeouts::LONGEST_PAUSE`].
    pub pause: Duration,
    /// The most attempts to start a slice. Throttled attempts don't count.
    pub attempts: u32,
    /// A slice that certainly did not start is tried for at least this time, because the network may be interrupted.
    pub outage: Duration,
}

impl Timeouts {
    /// The longest pause between attempts.
    pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

    /// The timeouts if results come once an interval.
    pub(crate) fn for_interval(interval: Duration) -> Self {
        Self {
            accept: Duration::from_secs(30),
            start: Duration::from_secs(20),
            silence: (interval * 3).max(LONGEST_CUT),
            rest: Duration::from_secs(1),
            pause: Duration::from_millis(250),
            attempts: 6,
            outage: Duration::from_secs(60),
        }
    }
}
