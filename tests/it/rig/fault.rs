//! The faults that the front simulates.

use std::time::Duration;

/// A fault of an invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is answered with 429.
    Throttle,
    /// It is accepted, but neither starts nor answers.
    Never,
    /// It starts later by this time.
    Delay(Duration),
    /// The process is killed after this number of pieces.
    Kill(usize),
    /// The process hangs after this number of pieces, while the connection stays open.
    Hang(usize),
    /// The connection is cut in the middle of a frame, after this number of pieces; the function continues to run.
    Cut(usize),
    /// The same, and from then on the function can neither read nor write in S3.
    CutOff(usize),
    /// The output arrives only when the function has ended, as behind a proxy that buffers responses.
    Buffer,
    /// The same event is delivered once more to the same process after it is done.
    Twice,
}
