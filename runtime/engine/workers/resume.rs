//! When a user begins its first iteration in a function that continues it: after the rest of its wait, so that a hand-over adds no
//! iteration and changes no rate.
//!
//! The function knows when the user began, its wait, and how long iterations take here, but not the user's position in its wait, because
//! the two functions don't communicate. So it simulates the user's waits from the beginning. A paced user has exact times, and keeps them.

use std::time::{Duration, Instant};

use super::shared::{StopSignal, WorkerShared};
use super::start::{begin, log_in};
use crate::base::clock;
use crate::base::flow::Exit;
use crate::program::{UserClass, ends_user};
use crate::tables::Wait;
use crate::user::User;

/// The most waits that are simulated. After more waits, the phase of a user is practically random.
const PLAYED_AGAIN: u32 = 64;

/// How a user comes to a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The user's planned beginning, from the test's start.
    pub(super) began: Duration,
    /// The time from which this function continues it; `None`: it begins here.
    pub(super) resumed: Option<Duration>,
}

impl Entry {
    /// Starts a user here. Returns when its first iteration is due, `None` if that is now, or an error if the user has to end instead.
    pub(super) async fn start(
        self,
        user: &User,
        class: &UserClass,
        shared: &WorkerShared,
        stop_signal: &StopSignal,
        iteration: Duration,
    ) -> Result<Option<Instant>, Exit> {
        let Some(at) = self.resumed else {
            begin(user, class, shared, stop_signal).await?;
            return Ok(None);
        };
        if user.start().is_err() {
            begin(user, class, shared, stop_signal).await?;
            return Ok(None);
        }
        let resumed = Resumed { began: self.began, at };
        let random = |below| user.between(Duration::ZERO, below);
        let due = user.world().clock.instant(match class.wait.map(|wait| wait(user)) {
            Some(Ok(Wait::Pacing(pacing))) => resumed.paced(pacing),
            Some(Ok(Wait::Between(least, most))) => resumed.waiting(iteration, (least, most), random),
            _ => resumed.waiting(iteration, (Duration::ZERO, Duration::ZERO), random),
        });
        if let Some(on_start) = class.on_start {
            // A random part of the rest of its wait, because all users of a lost function would otherwise log in at once.
            let pause = random(due.saturating_duration_since(clock::now()));
            if !pause.is_zero() && !shared.sleep(user, stop_signal, clock::now() + pause).await {
                return Err(Exit::StopUser);
            }
            match log_in(user, on_start).await {
                Ok(()) => {}
                Err(exit) if ends_user(exit) => return Err(exit),
                Err(_) => begin(user, class, shared, stop_signal).await?,
            }
        }
        Ok(Some(due))
    }

    /// The instant of its planned beginning.
    pub(super) fn began(self, user: &User) -> Instant {
        user.world().clock.instant(self.began)
    }
}

/// A user's times, from the test's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resumed {
    /// The planned beginning of its first iteration.
    pub(super) began: Duration,
    /// The time from which this function continues it.
    pub(super) at: Duration,
}

impl Resumed {
    /// The first of a paced user's times that doesn't belong to the other function.
    pub(super) fn paced(self, pacing: Duration) -> Duration {
        let passed = self.at.saturating_sub(self.began).as_nanos();
        let starts = passed.div_ceil(pacing.as_nanos().max(1));
        let until = starts.saturating_mul(pacing.as_nanos());
        self.began.saturating_add(u64::try_from(until).map_or(Duration::MAX, Duration::from_nanos)).max(self.at)
    }

    /// The first start of an iteration of a user whose iterations take `iteration` on average, with a wait in the given range. `random`
    /// draws a duration below its argument.
    pub(super) fn waiting(
        self,
        iteration: Duration,
        (least, most): (Duration, Duration),
        mut random: impl FnMut(Duration) -> Duration,
    ) -> Duration {
        let spread = most.saturating_sub(least);
        let longest = iteration + least + spread;
        if longest.is_zero() {
            return self.at;
        }
        let mean = iteration + least + spread / 2;
        if self.at.saturating_sub(self.began) <= mean * PLAYED_AGAIN {
            let mut start = self.began;
            while start < self.at {
                start += (iteration + least + random(spread)).max(Duration::from_nanos(1));
            }
            return start;
        }
        // A random time is in a long cycle more often than in a short one, and uniformly distributed within the cycle.
        loop {
            let cycle = iteration + least + random(spread);
            if random(longest) <= cycle {
                return self.at + random(cycle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::Rng;

    const SECOND: Duration = Duration::from_secs(1);

    fn draws(seed: u64) -> impl FnMut(Duration) -> Duration {
        let rng = Rng::new(seed, 1);
        move |below| Duration::from_nanos(rng.below(u64::try_from(below.as_nanos()).unwrap() + 1))
    }

    #[test]
    fn paced_user_keeps_its_times() {
        let at = |seconds: u64, nanos| Resumed { began: SECOND * 7, at: Duration::new(seconds, nanos) }.paced(SECOND * 5);
        assert_eq!([at(7, 1), at(12, 0), at(12, 1), at(100, 0)], [SECOND * 12, SECOND * 12, SECOND * 17, SECOND * 102]);
        assert_eq!(Resumed { began: SECOND, at: SECOND * 9 }.paced(Duration::ZERO), SECOND * 9);
    }

    /// The mean number of iterations that begin in each second before and after users pass from one function to another, over many users.
    fn starts(iteration: Duration, wait: (Duration, Duration), began: Duration, passes: impl Fn(u32) -> Option<Duration>) -> Vec<f64> {
        const USERS: u32 = 20_000;
        let mut counts = vec![0.0; 40];
        for user in 0..USERS {
            let mut random = draws(u64::from(user) + if passes(user).is_some() { 1 << 32 } else { 0 });
            let mut next = began + SECOND * (user % 4) / 4;
            let mut pass = passes(user).map(|at| Resumed { began: next, at });
            while next < SECOND * 40 {
                if let Some(resumed) = pass.take_if(|resumed| resumed.at <= next) {
                    next = resumed.waiting(iteration, wait, &mut random);
                    continue;
                }
                counts[usize::try_from(next.as_secs()).unwrap()] += 1.0 / f64::from(USERS);
                next += iteration + wait.0 + random(wait.1 - wait.0);
            }
        }
        counts
    }

    #[test]
    fn handed_over_users_begin_as_many_iterations_as_others() {
        let ms = Duration::from_millis;
        for (iteration, wait, began) in [
            (ms(0), (ms(3000), ms(7000)), ms(0)),
            (ms(20), (ms(80), ms(120)), ms(500)),
            (ms(2000), (ms(1000), ms(3000)), ms(1000)),
            (ms(700), (ms(0), ms(0)), ms(1500)),
            (ms(0), (ms(0), ms(6000)), ms(9_500)),
        ] {
            let without = starts(iteration, wait, began, |_| None);
            // All users pass at the same time, which is the hardest case, or within a window.
            for window in [1, 20_000] {
                let with = starts(iteration, wait, began, |user| Some(SECOND * 11 + ms(u64::from(user * 7919 % window))));
                for (second, (with, without)) in with.iter().zip(&without).enumerate() {
                    let chance = 5.0 * (2.0 * without.max(0.01) / 20_000.0).sqrt();
                    assert!(
                        (with - without).abs() <= chance,
                        "{iteration:?} {wait:?} within {window} ms: {with} instead of {without} in second {second}"
                    );
                }
            }
        }
    }
}
