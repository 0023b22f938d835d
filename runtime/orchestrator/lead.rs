//! How early a function is called: early enough to be ready in time, and late enough to be cheap.

use std::time::Duration;

/// On Lambda: the time for a cold start and for the invocations. Lambda allows 1,000 new functions every ten seconds.
pub fn on_lambda(shards: u32) -> Duration {
    Duration::from_secs(5) + Duration::from_millis(10) * shards
}

/// For processes on this machine, which share its cores while they start.
pub fn of_processes(shards: u32) -> Duration {
    Duration::from_millis(500) + Duration::from_millis(25) * shards
}
