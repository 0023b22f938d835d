//! Reads the time. No other file does. Offsets count from the test's start.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time since the Unix epoch, by the wall clock, which can jump. Within a test, use its [`Clock`].
#[expect(clippy::disallowed_methods, reason = "the one function that reads the wall clock")]
pub fn unix_now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The current time of the monotonic clock. A test may pause the runtime's time; then this is the simulated time.
#[inline]
#[expect(clippy::disallowed_methods, reason = "the one function that reads the monotonic clock")]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The time since an instant. It is zero if the instant is in the future.
#[inline]
pub fn since(instant: Instant) -> Duration {
    now().saturating_duration_since(instant)
}

/// The time since some moment, including the time in which the machine was suspended, which [`now`] leaves out.
pub fn with_suspensions() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    // On Apple's systems, this clock goes on during a suspension, and that of the standard library does not.
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The processor time that this thread has used.
pub(crate) fn thread_cpu() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}

/// The clock of a test.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    unix_start: Duration,
}

impl Clock {
    /// The clock of a test that starts now.
    pub fn start() -> Self {
        Self { start: now(), unix_start: unix_now() }
    }

    /// The clock of a test that starts after a delay.
    pub fn starting_in(delay: Duration) -> Self {
        let this = Self::start();
        Self { start: this.start + delay, unix_start: this.unix_start + delay }
    }

    /// The clock of a test that starts or started when this machine's wall clock shows that time since the Unix epoch.
    pub fn at(unix_start: Duration) -> Self {
        let now = Self::start();
        let start = if unix_start >= now.unix_start {
            now.start + (unix_start - now.unix_start)
        } else {
            // There is no instant before the system's own start. Such a test can't run here, and begins immediately.
            now.start.checked_sub(now.unix_start - unix_start).unwrap_or(now.start)
        };
        Self { start, unix_start }
    }

    /// The clock after a suspension of this machine, while the test went on elsewhere.
    #[must_use]
    pub fn after_suspension(self, suspended: Duration) -> Self {
        Self { start: self.start.checked_sub(suspended).unwrap_or(self.start), ..self }
    }

    /// The time since the test's start; zero before it.
    pub fn elapsed(&self) -> Duration {
        since(self.start)
    }

    /// The instant of an offset.
    pub fn instant(&self, offset: Duration) -> Instant {
        self.start + offset
    }

    /// The time since the Unix epoch by this clock, which doesn't jump while the test runs.
    pub fn unix_now(&self) -> Duration {
        let now = now();
        (self.unix_start + now.saturating_duration_since(self.start)).saturating_sub(self.start.saturating_duration_since(now))
    }

    /// The test's start, since the Unix epoch.
    pub fn unix_start(&self) -> Duration {
        self.unix_start
    }

    /// The current time in nanoseconds since the Unix epoch. It is monotonic within a test.
    pub fn unix_nanos(&self) -> i128 {
        let since = self.unix_start + self.elapsed();
        i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
    }
}
