//! How control leaves a sequence before its end.

/// Why a sequence ends before its last statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A step that interrupts failed. The iteration is over, and the user starts again after its wait.
    Interrupt,
    /// `leave`: the sequence is over, without a failure.
    Leave,
    /// `break` out of a loop around a `retry`, a `poll` or a `group`.
    Break,
    /// A step failed within a `retry` that has tries left.
    Retry,
    /// `stop user`, or the user's data is used up.
    StopUser,
    /// Data that stops the test is used up.
    StopTest,
}

/// The result of statements and sequences.
pub type Flow<T = ()> = Result<T, Exit>;
