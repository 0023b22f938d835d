//! The open model: iterations arrive when they are due, whatever the system under test can take. An arrival that finds no free user is
//! missed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::iteration::{Iterations, unless_user_ends};
use super::shared::{ActiveUser, StopSignal, WorkerShared};
use super::start::{begin, once};
use crate::base::clock;
use crate::base::flow::Exit;
use crate::program::{Program, UserClass};
use crate::schedule::{Arrivals, Server};
use crate::user::User;
use crate::user::world::World;

/// The most arrivals that begin at once if they are already due.
const MOST_AT_ONCE: u32 = 64;

/// A user that serves arrivals.
struct ServingUser {
    user: User,
    /// The scheduled time of its next arrival, from the test's start.
    due: Cell<Option<Duration>>,
    called: Notify,
    /// The time from which its arrivals belong to the next function; `None`: never.
    until: Option<Instant>,
}

/// The users of one class that serve its arrivals.
struct UserPool {
    /// Users that haven't been created, in order of when they may begin.
    coming: RefCell<std::iter::Peekable<std::vec::IntoIter<Server>>>,
    free: RefCell<Vec<Rc<ServingUser>>>,
}

impl ServingUser {
    async fn handed_over(&self) {
        match self.until {
            Some(until) => self.user.world().timers.until(until).await,
            None => std::future::pending().await,
        }
    }
}

/// Assigns each arrival to a free user. Users are created when they are needed, up to the pool's size.
pub(super) async fn serve(
    world: Rc<World>,
    shared: Rc<WorkerShared>,
    (program, class): (&'static Program, usize),
    arrivals: Arrivals,
    servers: Vec<Server>,
) {
    let pool = Rc::new(UserPool { coming: RefCell::new(servers.into_iter().peekable()), free: RefCell::default() });
    let stop_signal = Rc::new(StopSignal::default());
    let mut tasks = tokio::task::JoinSet::new();
    let mut at_once = 0;
    for due in arrivals {
        let instant = world.clock.instant(due);
        if instant > clock::now() {
            at_once = 0;
            tokio::select! {
                () = world.timers.until(instant) => {}
                () = shared.stopped(&stop_signal) => {}
            }
        } else {
            at_once += 1;
            // Users that serve arrivals need the thread too, even if all arrivals are late.
            if at_once % MOST_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        if shared.stopping(&stop_signal) {
            break;
        }
        // A user that has been handed over ends on its own.
        let free = || pool.free.borrow_mut().pop();
        let is_here = |server: &Rc<ServingUser>| server.until.is_none_or(|until| instant < until);
        if let Some(server) = std::iter::from_fn(free).find(is_here) {
            server.due.set(Some(due));
            server.called.notify_one();
            continue;
        }
        let is_here = |server: &Server| server.until > due;
        let coming = || pool.coming.borrow_mut().next_if(|server| server.from <= due);
        let Some(server) = std::iter::from_fn(coming).find(is_here) else {
            shared.missed.set(shared.missed.get() + 1);
            continue;
        };
        let until = (server.until != Duration::MAX).then(|| world.clock.instant(server.until));
        let user = User::new(world.clone(), program, server.user);
        let server = Rc::new(ServingUser { user, due: Cell::new(Some(due)), called: Notify::new(), until });
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
    let _alive = ActiveUser::of(&shared, &stop_signal);
    let outcome = async {
        begin(user, class, &shared, &stop_signal).await?;
        let mut iterations = Iterations::of(user, class);
        let mut first = Some(());
        loop {
            if let Some(due) = server.due.take() {
                let late = user.world().clock.elapsed().saturating_sub(due);
                user.behind.set(late);
                // The time of `on start` isn't lag of the generator.
                if first.take().is_none() || class.on_start.is_none() {
                    user.world().counts.recorder.borrow_mut().lag(late);
                }
                unless_user_ends(iterations.next().await)?;
            }
            if shared.stopping(&stop_signal) {
                return Ok(());
            }
            if server.until.is_some_and(|until| clock::now() >= until) {
                return Ok(());
            }
            pool.free.borrow_mut().push(server.clone());
            tokio::select! {
                () = server.called.notified() => {}
                () = shared.stopped(&stop_signal) => {}
                () = server.handed_over() => pool.free.borrow_mut().retain(|free| !Rc::ptr_eq(free, &server)),
            }
        }
    }
    .await;
    if outcome == Err(Exit::StopTest) {
        shared.stop.gracefully();
    }
    if let Some(on_stop) = class.on_stop {
        // The result doesn't matter any more: failures are already recorded.
        let _ = once(user, on_stop).await;
    }
    user.end();
}
