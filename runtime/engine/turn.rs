//! The life of a virtual user: `on start`, turns with waits between them, `on stop`.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use crate::engine::worker::Crew;
use crate::flow::{Exit, Flow};
use crate::program::{Turn, UserClass, ends_user};
use crate::user::{User, Wait};

/// The least time between two tries of something that failed where no wait is said: a broken user must not spin.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// Lives until told to stop, by its own will, the plan or the test's end.
pub(crate) async fn live(user: Rc<User>, class: &'static UserClass, crew: Rc<Crew>) {
    crew.users.set(crew.users.get() + 1);
    let outcome = turns(&user, class, &crew).await;
    if outcome == Err(Exit::StopTest) {
        crew.stop.gracefully();
    }
    if let Some(on_stop) = class.on_stop {
        // How it ends no longer matters: its failures are recorded.
        let _ = run(&user, on_stop).await;
    }
    user.end();
    crew.users.set(crew.users.get() - 1);
}

async fn turns(user: &User, class: &UserClass, crew: &Crew) -> Flow {
    let number = user.number();
    loop {
        let started = match user.start() {
            Ok(()) => match class.on_start {
                Some(on_start) => run(user, on_start).await,
                None => Ok(()),
            },
            Err(exit) => Err(exit),
        };
        match started {
            Ok(()) => break,
            Err(exit) if ends_user(exit) => return Err(exit),
            Err(_) => {
                let pause = wait_of(user, class).unwrap_or(LEAST_PAUSE).max(LEAST_PAUSE);
                if crew.sleep(number, Instant::now() + pause).await {
                    return Ok(());
                }
            }
        }
    }
    let mut every: Vec<Instant> = vec![Instant::now(); class.every.len()];
    let mut intended = Instant::now();
    while !crew.stopping(number) {
        for (every, last) in class.every.iter().zip(&mut every) {
            let period = (every.period)(user).and_then(|period| period.as_duration()).unwrap_or(Duration::MAX);
            if last.elapsed() >= period {
                *last = Instant::now();
                end_unless_user(run(user, every.run).await)?;
            }
        }
        let begun = Instant::now();
        user.behind.set(begun.saturating_duration_since(intended));
        let before = crew.progress.get();
        let outcome = run(user, class.run).await;
        user.next_iteration();
        crew.progress.set(before + 1);
        let failed = outcome.is_err();
        end_unless_user(outcome)?;
        let pacing = match class.wait.map(|wait| wait(user)) {
            Some(Ok(Wait::Pacing(pacing))) => Some(pacing),
            _ => None,
        };
        let next = match pacing {
            Some(pacing) => intended + pacing,
            None => Instant::now() + wait_of(user, class).unwrap_or(if failed { LEAST_PAUSE } else { Duration::ZERO }),
        };
        if next > Instant::now() {
            if crew.sleep(number, next).await {
                return Ok(());
            }
        } else {
            // Other users of this thread get their turn even where nothing is ever waited for.
            tokio::task::yield_now().await;
        }
        intended = if pacing.is_some() { next } else { Instant::now() };
    }
    Ok(())
}

fn end_unless_user(outcome: Flow) -> Flow {
    match outcome {
        Err(exit) if ends_user(exit) => Err(exit),
        _ => Ok(()),
    }
}

/// Runs a turn or a block, and leaves nothing of its scopes behind.
async fn run(user: &User, what: for<'u> fn(&'u User) -> Turn<'u>) -> Flow {
    let outcome = what(user).await;
    crate::scope::clear(user);
    user.end_turn();
    outcome
}

fn wait_of(user: &User, class: &UserClass) -> Option<Duration> {
    match class.wait.map(|wait| wait(user)) {
        Some(Ok(Wait::Between(least, most))) => Some(user.between(least, most)),
        Some(Ok(Wait::Pacing(pacing))) => Some(pacing),
        _ => None,
    }
}

/// Sleeps until an instant of the standard library.
pub(super) async fn until(instant: Instant) {
    sleep_until(instant.into()).await;
}
