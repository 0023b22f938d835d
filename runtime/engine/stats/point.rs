//! A point of a timeline: the totals of one interval, or of several neighboring ones.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::durations::{Durations, PERCENTILES, PackedDurations};
use super::snapshot::{Cpu, rate};

/// The totals of one interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Its start in microseconds from the test's start.
    pub from_us: u64,
    /// Its end.
    pub to_us: u64,
    /// The number of users multiplied by microseconds. Use [`Self::users()`] to read it.
    pub user_us: u64,
    /// The planned number of users multiplied by microseconds. Use [`Self::planned()`] to read it.
    #[serde(default)]
    pub planned_us: u64,
    /// Requests that ended in it.
    pub requests: u64,
    /// The number of them that failed, and of failures outside of steps.
    pub failures: u64,
    /// The failures that aren't requests.
    #[serde(default)]
    pub fails: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Decoded bytes of the bodies of answers.
    #[serde(default)]
    pub content_bytes: u64,
    /// Arrivals that found no free user.
    pub missed: u64,
    /// The processor time that the generator used.
    #[serde(default)]
    pub cpu: Cpu,
    /// The 99th percentile of how late iterations began. For several intervals, the greatest one.
    #[serde(default)]
    pub lag_us: u64,
    /// Connections opened.
    #[serde(default)]
    pub opened: u64,
    /// Response times of successful requests.
    pub response: PackedDurations,
    /// "Failed after": the response times of the others.
    #[serde(default)]
    pub failed: PackedDurations,
    /// All of [`PERCENTILES`] of the response times of successful requests, in microseconds.
    pub percentiles_us: [u64; PERCENTILES.len()],
}

impl Point {
    /// Its length.
    pub fn length(&self) -> Duration {
        Duration::from_micros(self.to_us.saturating_sub(self.from_us))
    }

    /// The mean number of users.
    pub fn users(&self) -> f64 {
        self.user_us as f64 / (self.to_us.saturating_sub(self.from_us)).max(1) as f64
    }

    /// The mean planned number of users.
    pub fn planned(&self) -> f64 {
        self.planned_us as f64 / (self.to_us.saturating_sub(self.from_us)).max(1) as f64
    }

    /// Requests per second.
    pub fn rps(&self) -> f64 {
        rate(self.requests, self.length())
    }

    /// Failures per second.
    pub fn failures_per_second(&self) -> f64 {
        rate(self.failures, self.length())
    }

    /// Adds another point. A histogram that can't be unpacked is left out, which doesn't occur: each was packed here, or checked when it
    /// was read.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.to_us == 0 {
            *self = other.clone();
            return;
        }
        self.from_us = self.from_us.min(other.from_us);
        self.to_us = self.to_us.max(other.to_us);
        self.user_us += other.user_us;
        self.planned_us += other.planned_us;
        self.cpu.merge(&other.cpu);
        self.lag_us = self.lag_us.max(other.lag_us);
        self.opened += other.opened;
        self.requests += other.requests;
        self.failures += other.failures;
        self.fails += other.fails;
        self.bytes_received += other.bytes_received;
        self.content_bytes += other.content_bytes;
        self.missed += other.missed;
        let mut response = Durations::try_from(&self.response).unwrap_or_default();
        response.merge(&Durations::try_from(&other.response).unwrap_or_default());
        self.percentiles_us = response.percentiles_us();
        self.response = PackedDurations::from(response);
        if self.failed.summary.count + other.failed.summary.count > 0 {
            let mut failed = Durations::try_from(&self.failed).unwrap_or_default();
            failed.merge(&Durations::try_from(&other.failed).unwrap_or_default());
            self.failed = PackedDurations::from(failed);
        }
    }
}
