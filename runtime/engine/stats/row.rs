//! A report row: what was counted of one step, group or location of `fail`.

use serde::{Deserialize, Serialize};

use super::durations::{Durations, Summary};
use super::traffic::Traffic;

/// What was counted in one report row.
///
/// `requests` is what `service` and `failed` hold the times of: `service.count() + failed.count() == requests`. What is in none of the
/// three has its own number: skipped, retried and unfinished ones. `docs/results.md` writes down how the numbers add up to what servers
/// received.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowStats {
    /// Requests that ended and count, successful and failed; of a group: its runs.
    pub requests: u64,
    /// Failed requests, each once however many reasons it has, and failures outside of steps ([`Self::fails`]); of a group: runs in which
    /// something failed.
    pub failures: u64,
    /// Those of the failures that are no requests: `fail` and expressions without a value, outside of steps.
    #[serde(default)]
    pub fails: u64,
    /// Requests of `skip` steps, which are not among the requests.
    pub skipped: u64,
    /// Those of them that failed.
    pub skipped_failures: u64,
    /// Attempts that a `retry` made again, which are not among the requests.
    pub retried: u64,
    /// Requests that were sent once more on a new connection, since a reused one was lost.
    #[serde(default)]
    pub resends: u64,
    /// Redirects that were followed: requests beyond a step's first.
    #[serde(default)]
    pub redirects: u64,
    /// Those of the failed, skipped, retried and unfinished requests of which no byte was sent.
    #[serde(default)]
    pub unsent: u64,
    /// Requests that were in flight when their user was stopped, which are not among the requests; of a group: runs that were cut off.
    #[serde(default)]
    pub unfinished: u64,
    /// How long the one of them had waited that waited longest, microseconds.
    #[serde(default)]
    pub unfinished_longest_us: u64,
    /// Sent, by all exchanges: also those that failed, were skipped, tried again or cut off.
    pub bytes_sent: u64,
    /// Received, by all exchanges.
    pub bytes_received: u64,
    /// Bodies of the answers to the requests, decoded: what Locust counts as content.
    #[serde(default)]
    pub content_bytes: u64,
    /// Connections opened, by all exchanges.
    pub opened: u64,
    /// Exchanges on a connection that was open already.
    pub reused: u64,
    /// Times of successful requests, and of those that failed nothing but `elapsed`: from the (first) send.
    pub service: Durations,
    /// The same from when the send should have begun; `None` where no request's differs from its service time. Read [`Self::response()`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Durations>,
    /// "Failed after": response times of all other failed requests.
    #[serde(default)]
    pub failed: Durations,
    /// From the send to the first byte, of requests that got an answer.
    pub first_byte: Summary,
    /// Name resolution, of opened connections.
    pub dns: Summary,
    /// TCP connects.
    pub connect: Summary,
    /// TLS handshakes.
    pub tls: Summary,
}

impl RowStats {
    /// Times of successful requests from when each send should have begun: what reports mean by a response time. Requests that failed
    /// nothing but `elapsed` are in it.
    pub fn response(&self) -> &Durations {
        self.response.as_ref().unwrap_or(&self.service)
    }

    /// Response times of all requests, successful or not: what Locust's files mean by a response time.
    pub fn all(&self) -> Durations {
        let mut all = self.response().clone();
        all.merge(&self.failed);
        all
    }

    /// Requests whose expectations all held.
    pub fn succeeded(&self) -> u64 {
        self.requests - (self.failures - self.fails).min(self.requests)
    }

    /// What a share of failures is of: requests, and failures outside of steps.
    pub fn tried(&self) -> u64 {
        self.requests + self.fails
    }

    /// The share of failures, in percent: failures ÷ (requests + fails).
    pub fn failed_percent(&self) -> f64 {
        if self.tried() == 0 { 0.0 } else { self.failures as f64 * 100.0 / self.tried() as f64 }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.requests + self.failures + self.skipped + self.retried + self.unfinished == 0
    }

    /// Adds one successful request's times, microseconds. The second histogram begins, as a copy of the first, with the first request
    /// that needs it.
    pub(super) fn record(&mut self, service_us: u64, response_us: u64) {
        if let Some(response) = &mut self.response {
            response.record_us(response_us);
        } else if service_us != response_us {
            let mut response = self.service.clone();
            response.record_us(response_us);
            self.response = Some(response);
        }
        self.service.record_us(service_us);
    }

    /// Adds what an exchange moved.
    #[inline]
    pub(super) fn moved(&mut self, traffic: &Traffic) {
        self.bytes_sent += traffic.sent;
        self.bytes_received += traffic.received;
        self.reused += u64::from(traffic.reused);
        self.opened += u64::from(traffic.opened);
        self.redirects += u64::from(traffic.redirects);
        self.resends += u64::from(traffic.resends);
        if traffic.opened > 0 {
            let phases = &traffic.phases;
            for (sum, took) in [(&mut self.dns, phases.dns), (&mut self.connect, phases.connect), (&mut self.tls, phases.tls)] {
                took.into_iter().for_each(|took| sum.record(took));
            }
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.fails += other.fails;
        self.skipped += other.skipped;
        self.skipped_failures += other.skipped_failures;
        self.retried += other.retried;
        self.resends += other.resends;
        self.redirects += other.redirects;
        self.unsent += other.unsent;
        self.unfinished += other.unfinished;
        self.unfinished_longest_us = self.unfinished_longest_us.max(other.unfinished_longest_us);
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.content_bytes += other.content_bytes;
        self.opened += other.opened;
        self.reused += other.reused;
        if self.response.is_some() || other.response.is_some() {
            self.response.get_or_insert_with(|| self.service.clone()).merge(other.response());
        }
        self.service.merge(&other.service);
        self.failed.merge(&other.failed);
        self.first_byte.merge(&other.first_byte);
        self.dns.merge(&other.dns);
        self.connect.merge(&other.connect);
        self.tls.merge(&other.tls);
    }

    /// The grown histograms of service times and of failed requests stay; all else is small, or rare.
    pub(super) fn take(&mut self) -> Self {
        let (service, failed) = (self.service.take(), self.failed.take());
        let kept = (std::mem::take(&mut self.service), std::mem::take(&mut self.failed));
        let taken = std::mem::take(self);
        (self.service, self.failed) = kept;
        Self { service, failed, ..taken }
    }
}
