//! Send times to a fraction of a millisecond: the runtime's own timers go off at whole ones only.

use std::time::{Duration, Instant};

/// A worker is woken no more often than that: arrivals that are due sooner begin together.
const LEAST: Duration = Duration::from_micros(200);

/// A timer of one task.
#[derive(Debug)]
pub(super) struct Ticker {
    #[cfg(target_os = "linux")]
    timer: Option<tokio::net::unix::pipe::Receiver>,
}

impl Ticker {
    /// A timer; where the system has none, it is the runtime's.
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            timer: linux::create().ok(),
        }
    }

    /// Waits until an instant, or a little longer.
    pub(super) async fn until(&self, instant: Instant) {
        let now = Instant::now();
        let left = instant.saturating_duration_since(now);
        if left.is_zero() {
            return;
        }
        #[cfg(target_os = "linux")]
        if let Some(timer) = &self.timer
            && linux::wait(timer, left.max(LEAST)).await.is_ok()
        {
            return;
        }
        tokio::time::sleep_until((now + left.max(LEAST)).into()).await;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::time::Duration;

    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime};
    use tokio::net::unix::pipe::Receiver;

    /// A timer is read as a pipe is: eight bytes once it has gone off.
    pub(super) fn create() -> io::Result<Receiver> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        Receiver::from_owned_fd_unchecked(timer)
    }

    /// Sets the timer anew, whatever it was set to, and waits for it.
    pub(super) async fn wait(timer: &Receiver, left: Duration) -> io::Result<()> {
        let value = Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(left.subsec_nanos()) };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(timer, TimerfdTimerFlags::empty(), &once)?;
        loop {
            timer.readable().await?;
            match timer.try_read(&mut [0; 8]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read.map(drop),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_until_then_and_can_be_set_again() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ticker = Ticker::new();
            for wait in [3, 0, 1] {
                let due = Instant::now() + Duration::from_millis(wait);
                ticker.until(due).await;
                assert!(Instant::now() >= due);
            }
            // A wait that is given up doesn't disturb the next.
            let far = Instant::now() + Duration::from_secs(3600);
            assert!(tokio::time::timeout(Duration::from_millis(1), ticker.until(far)).await.is_err());
            let due = Instant::now() + Duration::from_millis(2);
            ticker.until(due).await;
            assert!(Instant::now() >= due);
        });
    }
}
