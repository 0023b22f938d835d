//! The open model: arrivals come when they are due, whatever the system under test can take. One that finds no free user is missed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::turn::{Turns, begin, goes_on, once};
use super::worker::{Alive, Crew, Leave};
use crate::base::flow::Exit;
use crate::program::{Program, UserClass};
use crate::schedule::Arrivals;
use crate::user::User;
use crate::user::world::World;

/// How many arrivals that are due already begin in one go.
const MOST_AT_ONCE: u32 = 64;

/// A user that serves arrivals.
struct Server {
    user: User,
    /// When the arrival that it serves next was due, since the test's start.
    due: Cell<Option<Duration>>,
    called: Notify,
}

/// Users of one class that serve its arrivals.
struct Pool {
    /// Numbers of users that don't exist yet.
    numbers: RefCell<std::vec::IntoIter<u64>>,
    free: RefCell<Vec<Rc<Server>>>,
}

/// Calls a free user for each arrival. Users are made as they are needed, up to the pool's size.
pub(super) async fn serve(
    world: Rc<World>,
    crew: Rc<Crew>,
    (program, class): (&'static Program, usize),
    arrivals: Arrivals,
    numbers: Vec<u64>,
) {
    let pool = Rc::new(Pool { numbers: RefCell::new(numbers.into_iter()), free: RefCell::default() });
    let leave = Rc::new(Leave::default());
    let mut tasks = tokio::task::JoinSet::new();
    let mut at_once = 0;
    for due in arrivals {
        let instant = world.clock.instant(due);
        if instant > Instant::now() {
            at_once = 0;
            tokio::select! {
                () = world.timers.until(instant) => {}
                () = crew.told(&leave) => {}
            }
        } else {
            at_once += 1;
            // Those that are served need the thread too, also where all are late.
            if at_once % MOST_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        if crew.stopping(&leave) {
            break;
        }
        let free = pool.free.borrow_mut().pop();
        if let Some(server) = free {
            server.due.set(Some(due));
            server.called.notify_one();
            continue;
        }
        let Some(number) = pool.numbers.borrow_mut().next() else {
            crew.missed.set(crew.missed.get() + 1);
            continue;
        };
        let server = Rc::new(Server { user: User::new(world.clone(), program, number), due: Cell::new(Some(due)), called: Notify::new() });
        tasks.spawn_local(live(server, &program.users[class], pool.clone(), crew.clone(), leave.clone()));
    }
    crew.told(&leave).await;
    while tasks.join_next().await.is_some() {}
}

async fn live(server: Rc<Server>, class: &'static UserClass, pool: Rc<Pool>, crew: Rc<Crew>, leave: Rc<Leave>) {
    let user = &server.user;
    let _alive = Alive::of(&crew);
    let outcome = async {
        begin(user, class, &crew, &leave).await?;
        let mut turns = Turns::of(user, class);
        let mut first = Some(());
        loop {
            if let Some(due) = server.due.take() {
                let late = user.world().clock.elapsed().saturating_sub(due);
                user.behind.set(late);
                // What `on start` took isn't the generator's lag.
                if first.take().is_none() || class.on_start.is_none() {
                    user.world().counts.recorder.borrow_mut().lag(late);
                }
                goes_on(turns.next().await)?;
            }
            if crew.stopping(&leave) {
                return Ok(());
            }
            pool.free.borrow_mut().push(server.clone());
            tokio::select! {
                () = server.called.notified() => {}
                () = crew.told(&leave) => {}
            }
        }
    }
    .await;
    if outcome == Err(Exit::StopTest) {
        crew.stop.gracefully();
    }
    if let Some(on_stop) = class.on_stop {
        // How it ends no longer matters: its failures are recorded.
        let _ = once(user, on_stop).await;
    }
    user.end();
}
