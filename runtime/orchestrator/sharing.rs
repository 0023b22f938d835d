//! Sends the values that `before test every` renews to all functions.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::backend::Backend;
use super::seal;
use ltc_engine::clock;
use ltc_engine::program::renewed::RenewedValues;

/// The time limit of a request, and the pause before the next one after a failure.
const REQUEST: Duration = Duration::from_secs(4);
const AGAIN: Duration = Duration::from_secs(5);

/// Remembers which values were sent.
#[derive(Debug)]
pub(super) struct Sharing {
    values: RenewedValues,
    key: String,
    sent: u64,
    failed: Option<Instant>,
}

impl Sharing {
    pub(super) fn new(values: RenewedValues, key: &str) -> Self {
        Self { values, key: key.to_owned(), sent: 0, failed: None }
    }

    /// Sends new values. Returns the error, if any.
    pub(super) async fn go_on(&mut self, backend: &dyn Backend) -> Option<String> {
        if self.values.version() <= self.sent || self.failed.is_some_and(|failed| clock::since(failed) < AGAIN) {
            return None;
        }
        let (version, values) = self.values.newer(self.sent)?;
        let sent = match seal::line(&self.key, version, &values) {
            Ok(line) => timeout(REQUEST, backend.share(line)).await.unwrap_or_else(|_| Err("no response".to_owned())),
            Err(why) => Err(why),
        };
        match sent {
            Ok(()) => {
                (self.sent, self.failed) = (version, None);
                None
            }
            Err(why) => {
                self.failed = Some(clock::now());
                Some(format!("functions do not have the latest values of `before test every`: {why}"))
            }
        }
    }
}
