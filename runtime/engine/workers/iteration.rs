//! The life of a virtual user of the closed model: `on start`, iterations with waits between them, `on stop`.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::pacing::PacingSchedule;
use super::resume::Entry;
use super::shared::{ActiveUser, StopSignal, WorkerShared};
use super::start::{LEAST_PAUSE, once};
use crate::base::clock;
use crate::base::flow::{Exit, Flow};
use crate::program::{Every, FlowFuture, Program, UserClass, ends_user};
use crate::tables::Wait;
use crate::user::User;

/// Runs a user until it stops: because of the spec, the plan or the test's end.
pub(super) async fn run_user(
    user: Rc<User>,
    (program, class): (&'static Program, usize),
    alive: ActiveUser,
    stop_signal: Rc<StopSignal>,
    entry: Entry,
) {
    let shared = alive.shared();
    let outcome = iterations(&user, (&program.users[class], class), &shared, &stop_signal, entry).await;
    let class = &program.users[class];
    if outcome == Err(Exit::StopTest) {
        shared.stop.gracefully();
    }
    if let Some(on_stop) = class.on_stop {
        // The result doesn't matter any more: failures are already recorded.
        let _ = once(&user, on_stop).await;
    }
    user.end();
}

/// If nothing else depends on the clock, the time of one in this many iterations is measured.
const TIMED: u64 = 16;

async fn iterations(
    user: &User,
    (class, number): (&UserClass, usize),
    shared: &WorkerShared,
    stop_signal: &StopSignal,
    entry: Entry,
) -> Flow {
    let first = entry.start(user, class, shared, stop_signal, shared.iteration(number)).await?;
    let mut iterations = Iterations::of(user, class);
    let mut last_run: Vec<Instant> = class.every.iter().map(|every| last_due(user, every, entry)).collect();
    // With pacing, a late iteration is measured from its scheduled start.
    let mut pace = PacingSchedule::of(entry.began(user));
    // Whether the user still has to begin an iteration that was due before it was handed over.
    let mut owed = false;
    if let Some(first) = first.filter(|first| *first > clock::now() || stop_signal.is_after(*first)) {
        if !shared.sleep(user, stop_signal, first).await {
            return Ok(());
        }
        owed = true;
    }
    let mut count = 0;
    while owed || !shared.stopping(stop_signal) {
        owed = false;
        for (every, last) in class.every.iter().zip(&mut last_run) {
            let period = period(user, every);
            if clock::now().saturating_duration_since(*last) >= period {
                *last = clock::now();
                unless_user_ends(once(user, every.run).await)?;
            }
        }
        if !shared.allowed(user, stop_signal).await {
            return Ok(());
        }
        // The clock is read only if something depends on it.
        let mut begun = None;
        let mut behind = Duration::ZERO;
        count += 1;
        if class.wait.is_some() || count % TIMED == 1 {
            let now = clock::now();
            behind = pace.behind(now);
            begun = Some(now);
        }
        user.behind.set(behind);
        let waited_before = iterations.waited;
        let outcome = iterations.next().await;
        let failed = outcome.is_err();
        unless_user_ends(outcome)?;
        if let Some(begun) = begun {
            shared.iterated(number, clock::now().saturating_duration_since(begun));
        }
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
            _ if failed => Some(clock::now() + LEAST_PAUSE),
            _ => None,
        };
        if let Some(next) = next.filter(|next| *next > clock::now() || stop_signal.is_after(*next)) {
            if !shared.sleep(user, stop_signal, next).await {
                return Ok(());
            }
            owed = true;
            if matches!(wait, Some(Ok(Wait::Pacing(_)))) {
                user.world().counts.recorder.borrow_mut().lag(clock::now().saturating_duration_since(next));
            }
        } else if iterations.waited == waited_before {
            // Lets other users of this thread run, even if this user never waits.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

fn period(user: &User, every: &Every) -> Duration {
    (every.period)(user).and_then(|period| period.as_duration()).unwrap_or(Duration::MAX)
}

/// When a block was last due. Its periods follow each other from the user's beginning, whichever function ran the user.
fn last_due(user: &User, every: &Every, entry: Entry) -> Instant {
    let now = clock::now();
    if entry.resumed.is_none() {
        return now;
    }
    let passed = now.saturating_duration_since(entry.began(user)).as_nanos();
    let since = Duration::from_nanos_u128(passed % period(user, every).as_nanos().max(1));
    now.checked_sub(since).unwrap_or(now)
}

/// A user's iterations: one future of the generated crate, which is resumed for each iteration.
pub(super) struct Iterations<'u> {
    user: &'u User,
    iterations: FlowFuture<'u>,
    /// How often iterations have waited.
    waited: u64,
}

impl<'u> Iterations<'u> {
    pub(super) fn of(user: &'u User, class: &UserClass) -> Self {
        Self { user, iterations: (class.iterations)(user), waited: 0 }
    }

    /// Runs the next iteration, and clears its scopes.
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
            // The future never ends. If it did, there would be no more iterations.
            Poll::Ready(outcome) => Poll::Ready(outcome.and(Err(Exit::StopUser))),
        })
        .await;
        crate::step::control::clear(user);
        user.release_iteration_rows();
        user.next_iteration();
        outcome
    }
}

/// Ignores outcomes that don't end the user.
pub(super) fn unless_user_ends(outcome: Flow) -> Flow {
    match outcome {
        Err(exit) if ends_user(exit) => Err(exit),
        _ => Ok(()),
    }
}
