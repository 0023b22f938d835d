//! Load that was not made, in words: which shard, from when until when, how many users or arrivals.

use std::time::Duration;

use crate::report::{clock, count};
use ltc_engine::schedule::Slice;

/// Shorter gaps are the engine's own inaccuracy.
pub(super) const TOLERANCE: Duration = Duration::from_millis(250);
/// So many arrivals are counted; of more it is said that there are more.
const COUNTED: usize = 1_000_000;

/// `shard 3 lost from 00:02:10 to 00:02:14, 250 users: the process ended`; nothing where no load was due then. `slice` is the shard's
/// part of the whole plan.
pub(super) fn gap(shard: u32, slice: &Slice, from: Duration, to: Option<Duration>, why: &str) -> Option<String> {
    let end = to.unwrap_or(Duration::MAX);
    if end.saturating_sub(from) < TOLERANCE {
        return None;
    }
    let last = to.map_or(from, |to| to.saturating_sub(Duration::from_nanos(1)));
    let users = [from, from / 2 + last / 2, last].into_iter().map(|t| slice.users_at(t).iter().sum::<u64>()).max().unwrap_or(0);
    let rest = slice.clone().since(from);
    let arrivals = |class| rest.arrivals(class).take_while(|due| *due < end).take(COUNTED).count();
    let arrivals: usize = (0..slice.plan().classes().len()).map(arrivals).sum();
    let users = (users > 0).then(|| if users == 1 { "1 user".to_owned() } else { format!("{} users", count(users)) });
    let arrivals = (arrivals > 0).then(|| match arrivals {
        COUNTED.. => format!("over {} arrivals", count(COUNTED as u64)),
        fewer => format!("{} arrivals", count(fewer as u64)),
    });
    let load = users.into_iter().chain(arrivals).collect::<Vec<_>>().join(" and ");
    if load.is_empty() {
        return None;
    }
    let until = to.map_or_else(|| "the end".to_owned(), clock_tenths);
    Some(format!("shard {shard} lost from {} to {until}, {load}: {why}", clock_tenths(from)))
}

/// `00:02:10`, with tenths of a second where there are any.
fn clock_tenths(time: Duration) -> String {
    let tenths = time.subsec_millis() / 100;
    if tenths == 0 { clock(time) } else { format!("{}.{tenths}", clock(Duration::from_secs(time.as_secs()))) }
}

#[cfg(test)]
mod tests {
    use ltc_config::Profile;

    use super::*;
    use ltc_engine::schedule::{Plan, WeightedClass};

    fn slice(runner: &str) -> Slice {
        let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
        Plan::new(&profile, &[WeightedClass::new("A", 1)]).unwrap().slice(1, 2)
    }

    #[test]
    fn missing_load_is_named_by_shard_and_time() {
        let at = Duration::from_millis;
        let users = slice("clients: 500, hatch_rate: 500, duration: 10m");
        let said = gap(1, &users, at(130_000), Some(at(134_500)), "the process ended");
        assert_eq!(said.unwrap(), "shard 1 lost from 00:02:10 to 00:02:14.5, 250 users: the process ended");
        assert_eq!(gap(1, &users, at(5_000), Some(at(5_100)), "x"), None);
        assert_eq!(gap(1, &users, at(601_000), Some(at(603_000)), "x"), None, "no load was due");
        let arrivals = slice("rate: 100/s, duration: 1m, max_clients: 10");
        assert_eq!(gap(0, &arrivals, at(2_000), Some(at(4_000)), "y").unwrap(), "shard 0 lost from 00:00:02 to 00:00:04, 100 arrivals: y");
        assert_eq!(gap(0, &slice("clients: 2"), at(2_000), None, "z").unwrap(), "shard 0 lost from 00:00:02 to the end, 1 user: z");
    }
}
