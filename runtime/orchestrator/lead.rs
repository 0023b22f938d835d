//! How long before its time a function is called: long enough to be ready, short enough to be cheap.

use std::time::Duration;

/// On Lambda: a cold start and the invocations themselves. 1,000 new functions are allowed every ten seconds.
pub fn on_lambda(shards: u32) -> Duration {
    Duration::from_secs(5) + Duration::from_millis(10) * shards
}

/// Processes of this machine: they share its cores while they start.
pub fn of_processes(shards: u32) -> Duration {
    Duration::from_millis(500) + Duration::from_millis(25) * shards
}
