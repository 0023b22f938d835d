//! Computes how long the users of one interval take to pass to the functions of the next.
//!
//! Users that pass run `on stop` and `on start` once more. They pass within a window that is long enough for these requests to add little
//! to the rate. The longer the window is, the longer two functions of a shard run at the same time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use ltc_engine::schedule::{Cycle, Plan};

/// The most by which a hand-over may raise the request rate, as a share.
pub const MOST_ADDED: f64 = 0.03;
/// The shortest window, if the interval permits it. Users also open new connections, whose number isn't known.
const LEAST_WINDOW: Duration = Duration::from_secs(20);

/// The number of requests of a user class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassRequests {
    /// The requests of `on start` and `on stop`.
    pub restart: f64,
    /// The requests of an iteration.
    pub iteration: f64,
    /// The time from the start of one iteration to the next.
    pub cycle: Cycle,
}

/// How a fleet passes users from one interval to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// The length of an interval, from border to border.
    pub interval: Duration,
    /// The time after a border in which users pass.
    pub window: Duration,
    /// By how much the hand-over raises the request rate in that time, as a share.
    pub added: f64,
}

impl HandOver {
    /// Computes the hand-over of a load. `limit` is the time that a function may run, without the time before and after its slice; `wanted`
    /// is the greatest length of an interval.
    pub fn of(plan: &Plan, classes: &[ClassRequests], wanted: Duration, limit: Duration) -> Self {
        let (requests, rate) = requests(plan, classes);
        let full = if requests > 0.0 && rate > 0.0 { requests / (MOST_ADDED * rate) } else { 0.0 };
        let full = Duration::try_from_secs_f64(full).unwrap_or(Duration::MAX).max(LEAST_WINDOW);
        // A function gives away users only after it has received all of its own, and at most two functions of a shard run at once.
        let mut window = full.min(wanted / 2).min(limit / 3);
        let interval = wanted.min(limit.saturating_sub(window));
        window = window.min(interval / 2);
        let added = if window.is_zero() { 0.0 } else { requests / (rate * window.as_secs_f64()) };
        Self { interval, window, added: if added.is_finite() { added } else { 0.0 } }
    }
}

/// The number of requests that a hand-over adds, and the rate of all other requests, at the load's peak.
fn requests(plan: &Plan, classes: &[ClassRequests]) -> (f64, f64) {
    let (users, rates) = plan.peaks();
    let mut sum = (0.0, 0.0);
    for ((class, users), arrivals) in classes.iter().zip(users).zip(rates) {
        // Of the users that serve arrivals, only busy ones pass during the window. The others pass when they are needed.
        let users = if arrivals > 0.0 { (users as f64).min(arrivals * Cycle::ASSUMED.as_secs_f64()) } else { users as f64 };
        sum.0 += users * class.restart;
        sum.1 += class.iteration.max(1.0) * if arrivals > 0.0 { arrivals } else { users / class.cycle.time().as_secs_f64() };
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use ltc_config::Profile;
    use ltc_engine::schedule::WeightedClass;

    const SECOND: Duration = Duration::from_secs(1);

    fn hand_over(runner: &str, classes: &[ClassRequests], wanted: u64, limit: u64) -> HandOver {
        let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
        let weighted: Vec<_> = (0..classes.len()).map(|class| WeightedClass::new(&format!("U{class}"), 1)).collect();
        HandOver::of(
            &Plan::new(&profile, &weighted).unwrap(),
            classes,
            SECOND * u32::try_from(wanted).unwrap(),
            SECOND * u32::try_from(limit).unwrap(),
        )
    }

    #[test]
    fn window_is_long_enough_for_the_logins_to_add_three_percent() {
        let class = ClassRequests { restart: 1.0, iteration: 2.0, cycle: Cycle::Wait(SECOND * 6) };
        // 400 logins at 133 requests per second need 100 s.
        let found = hand_over("clients: 400, duration: 3h", &[class], 840, 880);
        assert_eq!((found.window.as_secs(), found.interval.as_secs()), (100, 780));
        assert!((found.added - MOST_ADDED).abs() < 1e-9, "{found:?}");
        let without = hand_over("clients: 400, duration: 3h", &[ClassRequests { restart: 0.0, ..class }], 840, 880);
        assert_eq!((without.window, without.interval, without.added), (LEAST_WINDOW, SECOND * 840, 0.0));
    }

    #[test]
    fn window_is_at_most_half_of_an_interval_and_both_fit_the_functions_time() {
        let class = ClassRequests { restart: 3.0, iteration: 1.0, cycle: Cycle::Wait(SECOND * 60) };
        let long = hand_over("clients: 400, duration: 3h", &[class], 840, 882);
        assert_eq!((long.window.as_secs(), long.interval.as_secs()), (294, 588));
        assert!(long.added > 0.6, "{long:?}");
        let short = hand_over("clients: 400, duration: 3h", &[class], 20, 882);
        assert_eq!((short.window.as_secs(), short.interval.as_secs()), (10, 20));
    }

    #[test]
    fn users_that_serve_arrivals_pass_as_they_are_needed() {
        let class = ClassRequests { restart: 1.0, iteration: 1.0, cycle: Cycle::Unknown };
        let found = hand_over("rate: 50/s, max_clients: 5000, duration: 3h", &[class], 840, 882);
        assert_eq!(found.window.as_secs(), 33);
    }
}
