//! Sends the values that `before test every` renews to all functions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
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
    /// The request that is going on, with the version that it sends. The orchestrator doesn't wait for it.
    request: JoinSet<(u64, Result<(), String>)>,
}

impl Sharing {
    pub(super) fn new(values: RenewedValues, key: &str) -> Self {
        Self { values, key: key.to_owned(), sent: 0, failed: None, request: JoinSet::new() }
    }

    /// Sends new values. Returns the error of the last request, if any.
    pub(super) fn go_on(&mut self, backend: &Arc<dyn Backend>) -> Option<String> {
        let answer = self.request.try_join_next().and_then(Result::ok);
        let error = match answer {
            Some((version, Ok(()))) => {
                (self.sent, self.failed) = (version, None);
                None
            }
            Some((_, Err(why))) => {
                self.failed = Some(clock::now());
                Some(format!("functions do not have the latest values of `before test every`: {why}"))
            }
            None => None,
        };
        let is_due = self.request.is_empty() && self.failed.is_none_or(|failed| clock::since(failed) >= AGAIN);
        if let Some((version, values)) = self.values.newer(self.sent).filter(|_| is_due) {
            let (backend, line) = (backend.clone(), seal::line(&self.key, version, &values));
            self.request.spawn(async move {
                let sent = match line {
                    Ok(line) => timeout(REQUEST, backend.share(line)).await.unwrap_or_else(|_| Err("no response".to_owned())),
                    Err(why) => Err(why),
                };
                (version, sent)
            });
        }
        error
    }

    /// Ends a request that is going on.
    pub(super) async fn end(mut self) {
        self.request.shutdown().await;
    }
}
