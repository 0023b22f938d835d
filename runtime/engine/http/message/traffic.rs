//! What an exchange moves over the network, counted while it happens: so it is known also of an exchange that fails, runs out of time or
//! is abandoned.

use std::cell::Cell;

use super::partial::{Coming, Keep};
pub use crate::stats::{Phases, Traffic};

/// The traffic of an exchange that is under way.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The answer, as far as it has come.
    pub(crate) coming: Coming,
    traffic: Cell<Traffic>,
    next: Cell<Next>,
}

/// What is counted with the next byte that is sent: what was never sent is neither a resend nor a hop.
#[derive(Clone, Copy, Debug, Default)]
struct Next {
    reused: bool,
    resend: bool,
    hop: bool,
}

impl Ledger {
    /// Goes on with what has been counted elsewhere.
    pub(crate) fn new(traffic: Traffic, keep: Keep) -> Self {
        Self { coming: Coming::new(keep), traffic: Cell::new(traffic), next: Cell::default() }
    }

    /// What has been counted so far.
    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic.get()
    }

    fn count(&self, count: impl FnOnce(&mut Traffic)) {
        let mut traffic = self.traffic.get();
        count(&mut traffic);
        self.traffic.set(traffic);
    }

    /// What is sent next is sent on such a connection.
    pub(crate) fn begin(&self, reused: bool) {
        self.next.set(Next { reused, ..self.next.get() });
    }

    /// What is sent next was sent before.
    pub(crate) fn resend(&self) {
        self.next.set(Next { resend: true, ..self.next.get() });
    }

    /// What is sent next is where a redirect led.
    pub(crate) fn hop(&self) {
        self.coming.forget();
        self.next.set(Next { hop: true, resend: false, ..self.next.get() });
    }

    /// The system took this many bytes of the request.
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

    /// This many bytes of an answer arrived.
    pub(crate) fn received(&self, bytes: usize) {
        self.count(|traffic| traffic.received += bytes as u64);
    }

    /// A connection was opened.
    pub(crate) fn opened(&self) {
        self.count(|traffic| traffic.opened += 1);
    }

    /// Phases of connecting are over.
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
