//! Starts users, and runs blocks outside of their iterations.

use std::time::Duration;

use super::shared::{StopSignal, WorkerShared};
use crate::base::flow::{Exit, Flow};
use crate::program::{FlowFuture, UserClass, ends_user};
use crate::tables::Wait;
use crate::user::User;

/// The least pause before something that failed is tried again, if the spec sets no wait. A broken user must not loop without a pause.
pub(super) const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// Evaluates the user's variables and runs `on start`. After a failure, it waits and tries again until both succeed.
pub(super) async fn begin(user: &User, class: &UserClass, shared: &WorkerShared, stop_signal: &StopSignal) -> Flow {
    loop {
        let begun = match (user.start(), class.on_start) {
            (Ok(()), Some(on_start)) => log_in(user, on_start).await,
            (begun, _) => begun,
        };
        match begun {
            Ok(()) => return Ok(()),
            Err(exit) if ends_user(exit) => return Err(exit),
            Err(_) => {
                let pause = wait_of(user, class).unwrap_or(LEAST_PAUSE).max(LEAST_PAUSE);
                if !shared.sleep(user, stop_signal, user.world().timers.end_of(pause)).await {
                    return Err(Exit::StopUser);
                }
            }
        }
    }
}

/// Runs a block, and clears its scopes.
pub(super) async fn once(user: &User, what: for<'u> fn(&'u User) -> FlowFuture<'u>) -> Flow {
    let outcome = crate::step::control::run(user, what(user)).await;
    user.release_iteration_rows();
    outcome
}

fn wait_of(user: &User, class: &UserClass) -> Option<Duration> {
    match class.wait.map(|wait| wait(user)) {
        Some(Ok(Wait::Between(least, most))) => Some(user.between(least, most)),
        Some(Ok(Wait::Pacing(pacing))) => Some(pacing),
        _ => None,
    }
}

/// Runs `on start`. The user keeps rows that it draws until it stops.
pub(super) async fn log_in(user: &User, on_start: for<'u> fn(&'u User) -> FlowFuture<'u>) -> Flow {
    user.starting.set(true);
    let outcome = once(user, on_start).await;
    user.starting.set(false);
    outcome
}
