//! The planned load of a run. Its figures add up when runs are merged.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The planned load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Planned {
    /// The most users at once.
    pub users: u64,
    /// The greatest arrival rate, per second.
    pub rate: f64,
    /// The duration in microseconds; `None`: until it is stopped, or until all users have finished.
    pub duration_us: Option<u64>,
    /// Whether each user runs once.
    pub once: bool,
}

impl Planned {
    /// `up to 20 users in 10s`, or `1 user, one iteration each` if each user runs once.
    pub(crate) fn text(&self) -> String {
        let word = if self.users == 1 { "user" } else { "users" };
        if self.once {
            return format!("{} {word}, one iteration each", self.users);
        }
        let users = (self.users > 0).then(|| format!("up to {} {word}", self.users));
        let rate = (self.rate > 0.0).then(|| format!("up to {:.1} arrivals/s", self.rate));
        let load = users.into_iter().chain(rate).collect::<Vec<_>>().join(", ");
        let load = if load.is_empty() { "no load" } else { &load };
        let lasts = self.duration_us.map(|us| ltc_config::duration::print(Duration::from_micros(us)));
        format!("{load} in {}", lasts.unwrap_or_else(|| "no set time".to_owned()))
    }

    /// The load of several runs, each with its start time. Loads at the same time add up; loads after each other don't.
    pub(super) fn together(parts: &[(u64, Self)]) -> Self {
        let end = |(begin, planned): &(u64, Self)| planned.duration_us.map_or(u64::MAX, |length| begin.saturating_add(length));
        let at_once = |at: u64| parts.iter().filter(move |part| part.0 <= at && at < end(part).max(part.0 + 1)).map(|(_, planned)| planned);
        let most = |of: fn(&Self) -> f64| parts.iter().map(|(begin, _)| at_once(*begin).map(of).sum::<f64>()).fold(0.0, f64::max);
        let users = parts.iter().map(|(begin, _)| at_once(*begin).map(|planned| planned.users).sum()).max().unwrap_or(0);
        let first = parts.iter().map(|(begin, _)| *begin).min().unwrap_or(0);
        let last = parts.iter().map(end).max().unwrap_or(0);
        Self {
            users,
            rate: most(|planned| planned.rate),
            duration_us: (last < u64::MAX).then(|| last - first),
            once: !parts.is_empty() && parts.iter().all(|(_, planned)| planned.once),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(users: u64, rate: f64, seconds: Option<u64>) -> Planned {
        Planned { users, rate, duration_us: seconds.map(|s| s * 1_000_000), once: false }
    }

    #[test]
    fn planned_loads_add_up_only_if_they_overlap() {
        let at = |seconds: u64| seconds * 1_000_000;
        let together = |parts: &[(u64, Planned)]| Planned::together(parts);
        let one = planned(20, 2.5, Some(60));
        assert_eq!(together(&[(0, one), (0, one)]), planned(40, 5.0, Some(60)));
        assert_eq!(together(&[(at(30), one), (0, one)]), planned(40, 5.0, Some(90)), "they overlap");
        assert_eq!(together(&[(0, one), (at(60), planned(50, 0.0, Some(10)))]), planned(50, 2.5, Some(70)), "runs after each other");
        assert_eq!(together(&[(0, one), (at(10), planned(5, 0.0, None))]), planned(25, 2.5, None), "until it is stopped");
        assert_eq!(together(&[]), planned(0, 0.0, Some(0)));
    }

    #[test]
    fn planned_changes_are_written_in_words() {
        assert_eq!(planned(20, 0.0, Some(10)).text(), "up to 20 users in 10s");
        assert_eq!(planned(0, 2.5, None).text(), "up to 2.5 arrivals/s in no set time");
        assert_eq!(planned(1, 1.0, Some(90)).text(), "up to 1 user, up to 1.0 arrivals/s in 1m30s");
        assert_eq!(Planned { once: true, ..planned(1, 0.0, None) }.text(), "1 user, one iteration each");
    }
}
