//! Waits to a fraction of a millisecond. The runtime's own timers go off one to two milliseconds late, which would be in each response time
//! that is measured from when its iteration should have begun. A worker has one timer of the system's (timerfd), for all that wait there.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::clock;

/// A worker is woken no more often than that: those that are due sooner go on together.
const LEAST: Duration = Duration::from_micros(200);

/// Waits from `LONG` on end with all others that end in the same `GRAIN`: to wake a worker for each costs a third of what the requests
/// themselves do, at 5,000 a second, and nothing is measured from when they end.
const LONG: Duration = Duration::from_millis(100);
const GRAIN: Duration = Duration::from_millis(1);

/// The longest wait: a clock must be able to tell its end.
const AGES: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Everything that waits on one thread.
#[derive(Debug)]
pub(crate) struct Timers {
    /// What grains are counted from.
    origin: Instant,
    /// By when they are due, and by a number that no two share.
    waiting: RefCell<BTreeMap<(Instant, u64), Waker>>,
    numbers: Cell<u64>,
    /// The system's timer, while somebody drives it.
    timer: RefCell<Option<Rc<system::Timer>>>,
    /// What it is set to.
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

    /// Waits until an instant. Where nobody drives, and where the system has no such timer, the runtime's timers do.
    pub(crate) async fn until(&self, instant: Instant) {
        // Who waits for what is past again and again must let others have the thread too.
        tokio::task::consume_budget().await;
        Sleep { timers: self, instant, number: None }.await;
        if clock::now() < instant {
            tokio::time::sleep_until(instant.into()).await;
        }
    }

    /// When a wait ends that begins now: never sooner, and a grain later at most.
    pub(crate) fn end_of(&self, wait: Duration) -> Instant {
        let end = clock::now() + wait.min(AGES);
        if wait < LONG {
            return end;
        }
        let past = (end - self.origin).as_nanos() % GRAIN.as_nanos();
        end + Duration::from_nanos(((GRAIN.as_nanos() - past) % GRAIN.as_nanos()) as u64)
    }

    /// Wakes who is due, for as long as it is polled; returns at once where the system has no such timer.
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

    /// Sees to it that the timer goes off by then, or as soon as it may.
    fn set(&self, instant: Instant) {
        let soonest = self.went_off.get().map_or(instant, |last| instant.max(last + LEAST));
        if self.set_to.get().is_some_and(|set| set <= soonest) {
            return;
        }
        // A timer that is set once can be set again.
        if let Some(timer) = &*self.timer.borrow()
            && timer.set(soonest.saturating_duration_since(clock::now())).is_ok()
        {
            self.set_to.set(Some(soonest));
        }
    }
}

/// Nobody drives any more: those who wait fall back to the runtime's timers.
struct Driving<'t>(&'t Timers);

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        *self.0.timer.borrow_mut() = None;
        self.0.set_to.set(None);
        self.0.waiting.take().into_values().for_each(Waker::wake);
    }
}

/// One wait: until its instant, or until nobody drives.
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

    /// What is further away is waited for in parts.
    const MOST: Duration = Duration::from_secs(24 * 3600);

    /// A timer is read as a pipe is: eight bytes once it has gone off.
    #[derive(Debug)]
    pub(super) struct Timer(Receiver);

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            Receiver::from_owned_fd_unchecked(timer).map(Self)
        }

        /// Sets it anew, whatever it was set to. Zero would switch it off: it is a nanosecond then.
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

    /// There is none.
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
