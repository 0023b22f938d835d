//! A report row: the counts of one step, group or `fail` statement.

use serde::{Deserialize, Serialize};

use super::durations::{Durations, Summary};
use super::traffic::Traffic;

/// The counts of one report row.
///
/// `service` and `failed` have the times of `requests`: `service.count() + failed.count() == requests`. Skipped, retried and unfinished
/// requests are in none of the three and have their own counts. `docs/results.md` explains how the numbers add up to the requests that
/// servers received.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowStats {
    /// Requests that ended and count, successful and failed. For a group: its runs.
    pub requests: u64,
    /// Failed requests, each counted once for any number of reasons, and failures outside of steps ([`Self::fails`]). For a group: runs
    /// with a failure.
    pub failures: u64,
    /// The failures that aren't requests: `fail` and expressions without a value, outside of steps.
    #[serde(default)]
    pub fails: u64,
    /// Requests of `skip` steps, which `requests` doesn't contain.
    pub skipped: u64,
    /// The skipped requests that failed.
    pub skipped_failures: u64,
    /// Attempts that a `retry` repeated, which `requests` doesn't contain.
    pub retried: u64,
    /// Requests that were sent again on a new connection because a reused one was lost.
    #[serde(default)]
    pub resends: u64,
    /// Redirects that were followed: the requests after a step's first.
    #[serde(default)]
    pub redirects: u64,
    /// The failed, skipped, retried and unfinished requests of which no byte was sent.
    #[serde(default)]
    pub unsent: u64,
    /// Requests that were in flight when their user was stopped, which `requests` doesn't contain. For a group: runs that were cut off.
    #[serde(default)]
    pub unfinished: u64,
    /// The longest wait of an unfinished request, in microseconds.
    #[serde(default)]
    pub unfinished_longest_us: u64,
    /// Bytes sent by all exchanges, including those that failed, were skipped, retried or cut off.
    pub bytes_sent: u64,
    /// Bytes received by all exchanges.
    pub bytes_received: u64,
    /// Decoded bytes of the bodies of answers, which Locust counts as content.
    #[serde(default)]
    pub content_bytes: u64,
    /// Connections opened by all exchanges.
    pub opened: u64,
    /// Exchanges on a reused connection.
    pub reused: u64,
    /// Times from the (first) send, of successful requests and of those that failed only because of `elapsed`.
    pub service: Durations,
    /// Times from the scheduled start of the send; `None` if they all equal the service times. Use [`Self::response()`] to read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Durations>,
    /// "Failed after": the response times of all other failed requests.
    #[serde(default)]
    pub failed: Durations,
    /// The time from the send to the first byte, for requests with an answer.
    pub first_byte: Summary,
    /// The time of name resolution for opened connections.
    pub dns: Summary,
    /// The time of TCP connects.
    pub connect: Summary,
    /// The time of TLS handshakes.
    pub tls: Summary,
}

impl RowStats {
    /// Times of successful requests from the scheduled start of each send: the response times of reports. They include requests that failed
    /// only because of `elapsed`.
    pub fn response(&self) -> &Durations {
        self.response.as_ref().unwrap_or(&self.service)
    }

    /// Response times of all requests, successful or not: the response times of Locust's files.
    pub fn all(&self) -> Durations {
        let mut all = self.response().clone();
        all.merge(&self.failed);
        all
    }

    /// Requests whose expectations all held.
    pub fn succeeded(&self) -> u64 {
        self.requests - (self.failures - self.fails).min(self.requests)
    }

    /// The number that a share of failures refers to: requests, and failures outside of steps.
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

    /// Adds the times of a successful request, in microseconds. The second histogram begins as a copy of the first, with the first request
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

    /// Adds the traffic of an exchange.
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

    /// Adds the counts of another row.
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

    /// Returns the counts and keeps the histograms of service times and of failed requests. The rest is small or rare.
    pub(super) fn take(&mut self) -> Self {
        let (service, failed) = (self.service.take(), self.failed.take());
        let kept = (std::mem::take(&mut self.service), std::mem::take(&mut self.failed));
        let taken = std::mem::take(self);
        (self.service, self.failed) = kept;
        Self { service, failed, ..taken }
    }

    /// Removes all counts and keeps the same memory as [`Self::take`].
    pub(super) fn clear(&mut self) {
        self.service.clear();
        self.failed.clear();
        *self = Self { service: std::mem::take(&mut self.service), failed: std::mem::take(&mut self.failed), ..Self::default() };
    }
}
