//! How control leaves a sequence other than by its end.

/// Why a sequence ends before its last statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A step that interrupts failed: the iteration is over, the user starts again after its wait.
    Interrupt,
    /// `leave`: the sequence is over, without a failure.
    Leave,
    /// `break` out of a loop around a `retry`, a `poll` or a `group`.
    Break,
    /// A step failed within a `retry` that has tries left.
    Retry,
    /// `stop user`, or its data ran out.
    StopUser,
    /// Data ran out that stops the test.
    StopTest,
}

/// What statements and sequences give.
pub type Flow<T = ()> = Result<T, Exit>;
