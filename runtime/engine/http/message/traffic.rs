//! The traffic of an exchange, counted while it happens. So it is also known for an exchange that fails, times out or is abandoned.

use std::cell::Cell;

use super::partial::{IncomingResponse, Keep};
pub use crate::stats::{Phases, Traffic};

/// The traffic of an exchange in progress.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The arriving response.
    pub(crate) incoming: IncomingResponse,
    traffic: Cell<Traffic>,
    next: Cell<Next>,
}

/// Events that are counted with the next byte that is sent, because a request that was never sent is neither a resend nor a hop.
#[derive(Clone, Copy, Debug, Default)]
struct Next {
    reused: bool,
    resend: bool,
    hop: bool,
}

impl Ledger {
    /// Continues with traffic that was counted elsewhere.
    pub(crate) fn new(traffic: Traffic, keep: Keep) -> Self {
        Self { incoming: IncomingResponse::new(keep), traffic: Cell::new(traffic), next: Cell::default() }
    }

    /// The traffic so far.
    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic.get()
    }

    fn count(&self, count: impl FnOnce(&mut Traffic)) {
        let mut traffic = self.traffic.get();
        count(&mut traffic);
        self.traffic.set(traffic);
    }

    /// Records whether the next request uses a reused connection.
    pub(crate) fn begin(&self, reused: bool) {
        self.next.set(Next { reused, ..self.next.get() });
    }

    /// Records that the next request is a resend.
    pub(crate) fn resend(&self) {
        self.next.set(Next { resend: true, ..self.next.get() });
    }

    /// Records that the next request follows a redirect.
    pub(crate) fn hop(&self) {
        self.incoming.forget();
        self.next.set(Next { hop: true, resend: false, ..self.next.get() });
    }

    /// Counts bytes of the request that the system accepted.
    pub(crate) fn sent(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let next = self.next.take();
        self.count(|traffic| {
            traffic.sent += bytes as u64;
            traffic.reused += u32::from(next.reused);
            traffic.resends += u32::from(next.resend);
            traffic.redirects += u32::from(next.hop);
        });
    }

    /// Counts received bytes of a response.
    pub(crate) fn received(&self, bytes: usize) {
        self.count(|traffic| traffic.received += bytes as u64);
    }

    /// Counts an opened connection.
    pub(crate) fn opened(&self) {
        self.count(|traffic| traffic.opened += 1);
    }

    /// Adds the times of connecting.
    pub(crate) fn took(&self, phases: Phases) {
        self.count(|traffic| traffic.phases.add(phases));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_that_was_never_sent_is_neither_a_hop_nor_a_resend() {
        let ledger = Ledger::default();
        ledger.begin(true);
        ledger.sent(0);
        assert_eq!(ledger.traffic(), Traffic::default());
        ledger.begin(false);
        ledger.opened();
        ledger.sent(10);
        ledger.sent(5);
        assert_eq!(ledger.traffic(), Traffic { sent: 15, opened: 1, ..Traffic::default() });
        ledger.hop();
        ledger.begin(true);
        ledger.sent(7);
        ledger.resend();
        ledger.begin(false);
        let before = ledger.traffic();
        assert_eq!((before.redirects, before.resends, before.reused), (1, 0, 1));
        ledger.sent(7);
        ledger.received(3);
        let after = ledger.traffic();
        assert_eq!((after.redirects, after.resends, after.reused, after.sent, after.received), (1, 1, 1, 29, 3));
    }
}
