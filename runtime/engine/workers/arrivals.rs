//! The open model: arrivals come when they are due, whatever the system under test can take. One that finds no free user is missed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::iteration::{Iterations, begin, once, unless_user_ends};
use super::worker::{ActiveUser, StopSignal, WorkerShared};
use crate::base::flow::Exit;
use crate::program::{Program, UserClass};
use crate::schedule::Arrivals;
use crate::user::User;
use crate::user::world::World;

/// How many arrivals that are due already begin in one go.
const MOST_AT_ONCE: u32 = 64;

/// A user that serves arrivals.
struct ServingUser {
    user: User,
    /// When the arrival that it serves next was due, since the test's start.
    due: Cell<Option<Duration>>,
    called: Notify,
}

/// Users of one class that serve its arrivals.
struct UserPool {
    /// Numbers of users that don't exist yet.
    numbers: RefCell<std::vec::IntoIter<u64>>,
    free: RefCell<Vec<Rc<ServingUser>>>,
}

/// Calls a free user for each arrival. Users are made as they are needed, up to the pool's size.
pub(super) async fn serve(
    world: Rc<World>,
    shared: Rc<WorkerShared>,
    (program, class): (&'static Program, usize),
    arrivals: Arrivals,
    numbers: Vec<u64>,
) {
    let pool = Rc::new(UserPool { numbers: RefCell::new(numbers.into_iter()), free: RefCell::default() });
    let stop_signal = Rc::new(StopSignal::default());
    let mut tasks = tokio::task::JoinSet::new();
    let mut at_once = 0;
    for due in arrivals {
        let instant = world.clock.instant(due);
        if instant > Instant::now() {
            at_once = 0;
            tokio::select! {
                () = world.timers.until(instant) => {}
                () = shared.stopped(&stop_signal) => {}
            }
        } else {
            at_once += 1;
            // Those that are served need the thread too, also where all are late.
            if at_once % MOST_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        if shared.stopping(&stop_signal) {
            break;
        }
        let free = pool.free.borrow_mut().pop();
        if let Some(server) = free {
            server.due.set(Some(due));
            server.called.notify_one();
            continue;
        }
        let Some(number) = pool.numbers.borrow_mut().next() else {
            shared.missed.set(shared.missed.get() + 1);
            continue;
        };
        let server =
            Rc::new(ServingUser { user: User::new(world.clone(), program, number), due: Cell::new(Some(due)), called: Notify::new() });
        tasks.spawn_local(run_user(server, &program.users[class], pool.clone(), shared.clone(), stop_signal.clone()));
    }
    shared.stopped(&stop_signal).await;
    while tasks.join_next().await.is_some() {}
}

async fn run_user(
    server: Rc<ServingUser>,
    class: &'static UserClass,
    pool: Rc<UserPool>,
    shared: Rc<WorkerShared>,
    stop_signal: Rc<StopSignal>,
) {
    let user = &server.user;
    let _alive = ActiveUser::of(&shared);
    let outcome = async {
        begin(user, class, &shared, &stop_signal).await?;
        let mut iterations = Iterations::of(user, class);
        let mut first = Some(());
        loop {
            if let Some(due) = server.due.take() {
                let late = user.world().clock.elapsed().saturating_sub(due);
                user.behind.set(late);
                // What `on start` took isn't the generator's lag.
                if first.take().is_none() || class.on_start.is_none() {
                    user.world().counts.recorder.borrow_mut().lag(late);
                }
                unless_user_ends(iterations.next().await)?;
            }
            if shared.stopping(&stop_signal) {
                return Ok(());
            }
            pool.free.borrow_mut().push(server.clone());
            tokio::select! {
                () = server.called.notified() => {}
                () = shared.stopped(&stop_signal) => {}
            }
        }
    }
    .await;
    if outcome == Err(Exit::StopTest) {
        shared.stop.gracefully();
    }
    if let Some(on_stop) = class.on_stop {
        // How it ends no longer matters: its failures are recorded.
        let _ = once(user, on_stop).await;
    }
    user.end();
}
