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

/// Lives until told to stop, by its own will, the plan or the test's end.
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
        // How it ends no longer matters: its failures are recorded.
        let _ = once(&user, on_stop).await;
    }
    user.end();
}

/// Of this many iterations the time of one is measured, if nothing else depends on the clock.
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
    // With pacing, an iteration that starts late is measured from when it should have.
    let mut pace = PacingSchedule::of(entry.began(user));
    // Whether an iteration is begun that was due before the user was handed over.
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
        // The clock is read only where something depends on it.
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
            // Other users of this thread run even where nothing is ever waited for.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

fn period(user: &User, every: &Every) -> Duration {
    (every.period)(user).and_then(|period| period.as_duration()).unwrap_or(Duration::MAX)
}

/// When a block was due last: one period after another from when the user began, whichever function did it.
fn last_due(user: &User, every: &Every, entry: Entry) -> Instant {
    let now = clock::now();
    if entry.resumed.is_none() {
        return now;
    }
    let passed = now.saturating_duration_since(entry.began(user)).as_nanos();
    let since = Duration::from_nanos_u128(passed % period(user, every).as_nanos().max(1));
    now.checked_sub(since).unwrap_or(now)
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
