//! The life of a virtual user of the closed model: `on start`, iterations with waits between them, `on stop`.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::pacing::PacingSchedule;
use super::worker::{ActiveUser, StopSignal, WorkerShared};
use crate::base::flow::{Exit, Flow};
use crate::program::{FlowFuture, UserClass, ends_user};
use crate::tables::Wait;
use crate::user::User;

/// The least time between two tries of something that failed where no wait is said: a broken user must not spin.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// Lives until told to stop, by its own will, the plan or the test's end.
pub(super) async fn run_user(user: Rc<User>, class: &'static UserClass, shared: Rc<WorkerShared>, stop_signal: Rc<StopSignal>) {
    let _alive = ActiveUser::of(&shared);
    let outcome = iterations(&user, class, &shared, &stop_signal).await;
    if outcome == Err(Exit::StopTest) {
        shared.stop.gracefully();
    }
    if let Some(on_stop) = class.on_stop {
        // How it ends no longer matters: its failures are recorded.
        let _ = once(&user, on_stop).await;
    }
    user.end();
}

/// Variables of its own and `on start`, again after a wait until they succeed.
pub(super) async fn begin(user: &User, class: &UserClass, shared: &WorkerShared, stop_signal: &StopSignal) -> Flow {
    loop {
        let begun = match (user.start(), class.on_start) {
            (Ok(()), Some(on_start)) => once(user, on_start).await,
            (begun, _) => begun,
        };
        match begun {
            Ok(()) => return Ok(()),
            Err(exit) if ends_user(exit) => return Err(exit),
            Err(_) => {
                let pause = wait_of(user, class).unwrap_or(LEAST_PAUSE).max(LEAST_PAUSE);
                if shared.sleep(user, stop_signal, user.world().timers.end_of(pause)).await {
                    return Err(Exit::StopUser);
                }
            }
        }
    }
}

async fn iterations(user: &User, class: &UserClass, shared: &WorkerShared, stop_signal: &StopSignal) -> Flow {
    begin(user, class, shared, stop_signal).await?;
    let mut iterations = Iterations::of(user, class);
    let mut last_run: Vec<Instant> = vec![Instant::now(); class.every.len()];
    // With pacing, an iteration that starts late is measured from when it should have.
    let mut pace = PacingSchedule::default();
    while !shared.stopping(stop_signal) {
        for (every, last) in class.every.iter().zip(&mut last_run) {
            let period = (every.period)(user).and_then(|period| period.as_duration()).unwrap_or(Duration::MAX);
            if last.elapsed() >= period {
                *last = Instant::now();
                unless_user_ends(once(user, every.run).await)?;
            }
        }
        // The clock is read only where something depends on it.
        let mut begun = None;
        let mut behind = Duration::ZERO;
        if class.wait.is_some() {
            let now = Instant::now();
            behind = pace.behind(now);
            begun = Some(now);
        }
        user.behind.set(behind);
        let waited_before = iterations.waited;
        let outcome = iterations.next().await;
        let failed = outcome.is_err();
        unless_user_ends(outcome)?;
        if shared.once {
            return Ok(());
        }
        let wait = class.wait.map(|wait| wait(user));
        if !matches!(wait, Some(Ok(Wait::Pacing(_)))) {
            pace.forget();
        }
        let next = match wait {
            Some(Ok(Wait::Pacing(pacing))) => begun.map(|begun| pace.next(begun, pacing)),
            Some(Ok(Wait::Between(least, most))) => Some(user.world().timers.end_of(user.between(least, most))),
            _ if failed => Some(Instant::now() + LEAST_PAUSE),
            _ => None,
        };
        if let Some(next) = next.filter(|next| *next > Instant::now()) {
            if shared.sleep(user, stop_signal, next).await {
                return Ok(());
            }
            if matches!(wait, Some(Ok(Wait::Pacing(_)))) {
                user.world().counts.recorder.borrow_mut().lag(Instant::now().saturating_duration_since(next));
            }
        } else if iterations.waited == waited_before {
            // Other users of this thread run even where nothing is ever waited for.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// A user's iterations: the generated crate's one future for all of them, resumed for each.
pub(super) struct Iterations<'u> {
    user: &'u User,
    iterations: FlowFuture<'u>,
    /// How often an iteration has waited for something.
    waited: u64,
}

impl<'u> Iterations<'u> {
    pub(super) fn of(user: &'u User, class: &UserClass) -> Self {
        Self { user, iterations: (class.iterations)(user), waited: 0 }
    }

    /// Runs the next iteration, and leaves nothing of its scopes behind.
    pub(super) async fn next(&mut self) -> Flow {
        let (user, iterations, waited) = (self.user, &mut self.iterations, &mut self.waited);
        let outcome = poll_fn(|cx| match user.control.run(|| iterations.as_mut().poll(cx)) {
            Poll::Pending => match user.iteration_outcome.take() {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    *waited += 1;
                    Poll::Pending
                }
            },
            // It never ends; if it did, there would be no more iterations.
            Poll::Ready(outcome) => Poll::Ready(outcome.and(Err(Exit::StopUser))),
        })
        .await;
        crate::step::control::clear(user);
        user.release_iteration_rows();
        user.next_iteration();
        outcome
    }
}

/// Only what ends the user ends its iterations.
pub(super) fn unless_user_ends(outcome: Flow) -> Flow {
    match outcome {
        Err(exit) if ends_user(exit) => Err(exit),
        _ => Ok(()),
    }
}

/// Runs a block, and leaves nothing of its scopes behind.
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
