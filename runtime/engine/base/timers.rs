//! Waits with an accuracy of a fraction of a millisecond. The runtime's own timers fire one to two milliseconds late, which would be part
//! of each response time that is measured from a scheduled start. A worker has one timer of the system (timerfd) for all of its waits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::clock;

/// The least time between two wake-ups of a worker. Waits that end in between resume together.
const LEAST: Duration = Duration::from_micros(200);

/// Waits of at least `LONG` that end in the same `GRAIN` resume together. At 5,000 requests per second, separate wake-ups of the worker
/// would cost a third of the requests themselves, and nothing is measured from the end of such a wait.
const LONG: Duration = Duration::from_millis(100);
const GRAIN: Duration = Duration::from_millis(1);

/// The longest wait, so that a clock can represent its end.
const LONGEST_WAIT: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// All waits of one thread.
#[derive(Debug)]
pub(crate) struct Timers {
    /// The instant that grains are counted from.
    origin: Instant,
    /// The waits in order of their ends. A unique number keeps waits with the same end apart.
    waiting: RefCell<BTreeMap<(Instant, u64), Waker>>,
    numbers: Cell<u64>,
    /// The system's timer, while [`Timers::drive`] runs.
    timer: RefCell<Option<Rc<system::Timer>>>,
    /// The instant that the timer is set to.
    set_to: Cell<Option<Instant>>,
    went_off: Cell<Option<Instant>>,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Self {
            origin: clock::now(),
            waiting: RefCell::default(),
            numbers: Cell::default(),
            timer: RefCell::default(),
            set_to: Cell::default(),
            went_off: Cell::default(),
        }
    }

    #[cfg(test)]
    pub(crate) fn are_driven(&self) -> bool {
        self.timer.borrow().is_some()
    }

    /// Waits until an instant. Without a driver, or without such a timer in the system, it uses the runtime's timers.
    pub(crate) async fn until(&self, instant: Instant) {
        // A task that waits for past instants in a loop must give the thread to other tasks.
        tokio::task::consume_budget().await;
        Sleep { timers: self, instant, number: None }.await;
        if clock::now() < instant {
            tokio::time::sleep_until(instant.into()).await;
        }
    }

    /// The end of a wait that begins now. It is never early, and at most one grain late.
    pub(crate) fn end_of(&self, wait: Duration) -> Instant {
        let end = clock::now() + wait.min(LONGEST_WAIT);
        if wait < LONG {
            return end;
        }
        let past = (end - self.origin).as_nanos() % GRAIN.as_nanos();
        end + Duration::from_nanos(((GRAIN.as_nanos() - past) % GRAIN.as_nanos()) as u64)
    }

    /// Wakes the tasks whose waits end, as long as it is polled. Returns immediately if the system has no such timer.
    pub(crate) async fn drive(&self) {
        let Ok(timer) = system::Timer::new().map(Rc::new) else { return };
        let _end = Driving(self);
        *self.timer.borrow_mut() = Some(timer.clone());
        while timer.went_off().await.is_ok() {
            let now = clock::now();
            self.set_to.set(None);
            self.went_off.set(Some(now));
            loop {
                let mut waiting = self.waiting.borrow_mut();
                let Some(first) = waiting.first_entry().filter(|first| first.key().0 <= now) else { break };
                let waker = first.remove();
                drop(waiting);
                waker.wake();
            }
            let next = self.waiting.borrow().first_key_value().map(|((instant, _), _)| *instant);
            if let Some(next) = next {
                self.set(next);
            }
        }
    }

    /// Sets the timer to that instant, or to the soonest one that `LEAST` allows.
    fn set(&self, instant: Instant) {
        let soonest = self.went_off.get().map_or(instant, |last| instant.max(last + LEAST));
        if self.set_to.get().is_some_and(|set| set <= soonest) {
            return;
        }
        // If this timer was set before, setting it again can't fail.
        if let Some(timer) = &*self.timer.borrow()
            && timer.set(soonest.saturating_duration_since(clock::now())).is_ok()
        {
            self.set_to.set(Some(soonest));
        }
    }
}

/// Ends the driver when dropped. The waits then use the runtime's timers.
struct Driving<'t>(&'t Timers);

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        *self.0.timer.borrow_mut() = None;
        self.0.set_to.set(None);
        self.0.waiting.take().into_values().for_each(Waker::wake);
    }
}

/// A wait that ends at its instant, or when nothing drives the timers any more.
struct Sleep<'t> {
    timers: &'t Timers,
    instant: Instant,
    number: Option<u64>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.timers.timer.borrow().is_none() || clock::now() >= self.instant {
            return Poll::Ready(());
        }
        let timers = self.timers;
        let number = *self.number.get_or_insert_with(|| timers.numbers.replace(timers.numbers.get() + 1));
        timers.waiting.borrow_mut().insert((self.instant, number), cx.waker().clone());
        timers.set(self.instant);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.timers.waiting.borrow_mut().remove(&(self.instant, number));
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::time::Duration;

    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime};
    use tokio::net::unix::pipe::Receiver;

    /// The longest time that the timer is set to. Longer waits consist of several parts.
    const MOST: Duration = Duration::from_secs(24 * 3600);

    /// A timer is read like a pipe: it delivers eight bytes after it has fired.
    #[derive(Debug)]
    pub(super) struct Timer(Receiver);

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            Receiver::from_owned_fd_unchecked(timer).map(Self)
        }

        /// Sets the timer, whatever it was set to before. Zero would switch it off, so zero counts as a nanosecond.
        pub(super) fn set(&self, left: Duration) -> io::Result<()> {
            let left = left.clamp(Duration::from_nanos(1), MOST);
            let value = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: i64::from(left.subsec_nanos()) };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            Ok(())
        }

        pub(super) async fn went_off(&self) -> io::Result<()> {
            loop {
                self.0.readable().await?;
                match self.0.try_read(&mut [0; 8]) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read.map(drop),
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::time::Duration;

    /// Other systems have no such timer.
    #[derive(Debug)]
    pub(super) enum Timer {}

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) fn set(&self, _: Duration) -> io::Result<()> {
            match *self {}
        }

        pub(super) async fn went_off(&self) -> io::Result<()> {
            match *self {}
        }
    }
}

#[cfg(test)]
#[path = "timers_tests.rs"]
mod tests;
