//! A limit on the processor time that reading one response takes: a worker thread serves all its users, and no server may occupy it.

use std::cell::Cell;
use std::time::Duration;

use super::clock;

/// What reading any response may take.
const BASE: Duration = Duration::from_secs(1);
/// What each byte of it adds: five to ten times as much as an ordinary page needs.
const OF_BYTE: Duration = Duration::from_nanos(100);

/// The limit for one response, and what has been used of it.
#[derive(Debug)]
pub(crate) struct WorkLimit {
    most: Duration,
    used: Cell<Duration>,
}

/// Work that is being done; what it used counts when it ends.
#[derive(Debug)]
pub(crate) struct Work<'l> {
    limit: &'l WorkLimit,
    began: Duration,
}

impl WorkLimit {
    /// The limit for a response of that many bytes: 1 s of processor time, and 1 s more for each 10 MB.
    pub(crate) fn of(bytes: usize) -> Self {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Self { most: BASE + OF_BYTE * bytes, used: Cell::default() }
    }

    /// A limit of 1 s that is used up.
    #[cfg(test)]
    pub(crate) fn used_up() -> Self {
        Self { used: Cell::new(2 * BASE), ..Self::of(0) }
    }

    /// Measures from now on.
    pub(crate) fn start(&self) -> Work<'_> {
        Work { limit: self, began: clock::thread_cpu() }
    }
}

impl Work<'_> {
    fn used(&self) -> Duration {
        self.limit.used.get() + clock::thread_cpu().saturating_sub(self.began)
    }

    /// Whether the limit is exceeded.
    pub(crate) fn is_too_much(&self) -> bool {
        self.used() > self.limit.most
    }

    /// What was exceeded, in words: `it takes more than 1.05 s of processor time`.
    pub(crate) fn excess(&self) -> String {
        format!("it takes more than {:?} of processor time", Duration::from_millis(self.limit.most.as_millis() as u64))
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.limit.used.set(self.used());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_grows_with_the_answer() {
        assert_eq!(WorkLimit::of(0).most, Duration::from_secs(1));
        assert_eq!(WorkLimit::of(10_000_000).most, Duration::from_secs(2));
        assert_eq!(WorkLimit::of(500_000).start().excess(), "it takes more than 1.05s of processor time");
    }

    #[test]
    fn work_on_an_answer_adds_up() {
        let limit = WorkLimit { most: Duration::from_millis(2), used: Cell::default() };
        while !limit.start().is_too_much() {
            std::hint::black_box((0..10_000).sum::<u64>());
        }
        assert!(limit.used.get() > limit.most);
    }
}
