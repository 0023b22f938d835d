//! Describes load that was not generated: which shard, from when until when, how many users or arrivals.

use std::time::Duration;

use crate::report::{clock, count};
use ltc_engine::schedule::Slice;

/// Shorter gaps are within the engine's own inaccuracy.
pub(crate) const TOLERANCE: Duration = Duration::from_millis(250);
/// The most arrivals that are counted. Beyond it, the text says that there are more.
const COUNTED: usize = 1_000_000;

/// A part of a shard's load that was not generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The beginning, from the test's start.
    pub(crate) from: Duration,
    /// The end; `None`: the end of the test.
    pub(crate) to: Option<Duration>,
    /// The most users at once.
    pub(crate) users: u64,
    /// The number of arrivals, counted up to a million.
    pub(crate) arrivals: usize,
}

/// The load that is missing between two times; `None` if no load was due. `slice` is the shard's part of the whole plan.
pub(crate) fn gap(slice: &Slice, from: Duration, to: Option<Duration>) -> Option<Gap> {
    let end = to.unwrap_or(Duration::MAX);
    if end.saturating_sub(from) < TOLERANCE {
        return None;
    }
    let rest = slice.clone().since(from);
    let (mut running, mut users) = (0u64, 0);
    for event in rest.events().take_while(|event| event.at < end) {
        running = if event.is_start() { running + 1 } else { running.saturating_sub(1) };
        users = users.max(running);
    }
    let arrivals_of = |class| rest.arrivals(class).take_while(|due| *due < end).take(COUNTED).count();
    let arrivals = (0..slice.plan().classes().len()).map(arrivals_of).sum();
    (users > 0 || arrivals > 0).then_some(Gap { from, to, users, arrivals })
}

/// `250 users and 1,000 arrivals`.
pub(crate) fn load(gap: &Gap) -> String {
    let users = (gap.users > 0).then(|| if gap.users == 1 { "1 user".to_owned() } else { format!("{} users", count(gap.users)) });
    let arrivals = (gap.arrivals > 0).then(|| match gap.arrivals {
        COUNTED.. => format!("over {} arrivals", count(COUNTED as u64)),
        fewer => format!("{} arrivals", count(fewer as u64)),
    });
    users.into_iter().chain(arrivals).collect::<Vec<_>>().join(" and ")
}

/// `00:02:10`, with tenths of a second unless they are zero.
pub(crate) fn clock_tenths(time: Duration) -> String {
    let tenths = time.subsec_millis() / 100;
    if tenths == 0 { clock(time) } else { format!("{}.{tenths}", clock(Duration::from_secs(time.as_secs()))) }
}

#[cfg(test)]
mod tests {
    use ltc_config::Profile;

    use super::super::notes::Note;
    use super::*;
    use ltc_engine::schedule::{Plan, WeightedClass};

    fn slice(runner: &str) -> Slice {
        let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
        Plan::new(&profile, &[WeightedClass::new("A", 1)]).unwrap().slice(1, 2)
    }

    #[test]
    fn users_that_run_for_a_part_of_the_time_are_missing() {
        let users = slice("stages: [{clients: 6, duration: 9s}], duration: 9s");
        let (at, window) = (Duration::from_secs, Duration::from_secs(2));
        // The shard's first user starts after three seconds, and passes to the next function before the sixth.
        let part = users.interval(Duration::ZERO, Some(at(4)), Duration::ZERO, window);
        assert_eq!(gap(&part, Duration::ZERO, Some(at(6))).map(|gap| gap.users), Some(1));
    }

    #[test]
    fn missing_load_is_named_by_shard_and_time() {
        let at = Duration::from_millis;
        let users = slice("clients: 500, hatch_rate: 500, duration: 10m");
        let note = |shard, slice: &Slice, from, to, why: &str| {
            let gap = gap(slice, from, to)?;
            Some(Note { shards: vec![shard], gap: Some(gap), why: why.to_owned(), place: String::new() }.text())
        };
        let lost = note(1, &users, at(130_000), Some(at(134_500)), "the process ended");
        assert_eq!(lost.unwrap(), "shard 1 lost from 00:02:10 to 00:02:14.5, 250 users: the process ended");
        assert_eq!(note(1, &users, at(5_000), Some(at(5_100)), "x"), None);
        assert_eq!(note(1, &users, at(601_000), Some(at(603_000)), "x"), None, "no load was due");
        let arrivals = slice("rate: 100/s, duration: 1m, max_clients: 10");
        assert_eq!(note(0, &arrivals, at(2_000), Some(at(4_000)), "y").unwrap(), "shard 0 lost from 00:00:02 to 00:00:04, 100 arrivals: y");
        assert_eq!(note(0, &slice("clients: 2"), at(2_000), None, "z").unwrap(), "shard 0 lost from 00:00:02 to the end, 1 user: z");
    }
}
