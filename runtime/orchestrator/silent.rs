//! Shards that report nothing in an interval. Their planned users still count, because a part of the load that hangs must not disappear
//! from the live view and the report.

use std::time::Duration;

use ltc_engine::schedule::Plan;
use ltc_engine::stats::{Gauge, Snapshot};

/// Adds the planned users of each of `shards` shards that has no users in the interval. Its number of running users is 0.
pub(crate) fn add_planned_users(interval: &mut Snapshot, plan: &Plan, shards: u32) {
    let Some(window) = interval.window else { return };
    let reported = crate::live::shards(interval, shards);
    // A frame arrives a little after the end of its interval, when the plan may already have no users.
    let last = Duration::from_micros(window.to_us.saturating_sub(1));
    for (shard, _) in (0..shards).zip(reported).filter(|(_, users)| users.is_none()) {
        let planned = plan.slice(u64::from(shard), u64::from(shards)).users_at(last).iter().sum();
        if planned > 0 {
            interval.sources.insert(shard, Gauge { at_us: window.to_us, planned, ..Gauge::default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use ltc_config::Profile;
    use ltc_engine::schedule::WeightedClass;
    use ltc_engine::stats::Window;

    use super::*;

    #[test]
    fn planned_users_of_a_silent_shard_come_from_the_plan() {
        let profile = Profile::parse("profile: {runner: {clients: 9, hatch_rate: 1000, duration: 10s}}", "x.yml").unwrap();
        let plan = Plan::new(&profile, &[WeightedClass::new("A", 1)]).unwrap();
        let interval = |to_us| {
            let mut snapshot = Snapshot::empty(1);
            snapshot.window = Some(Window { interval: 0, from_us: 0, to_us });
            // Shard 1 hangs. Shard 2 reports from its second thread.
            snapshot.sources =
                [(0, 3), (5, 3)].map(|(source, users)| (source, Gauge { at_us: to_us, users, planned: users, ..Gauge::default() })).into();
            add_planned_users(&mut snapshot, &plan, 3);
            (snapshot.users(), snapshot.planned())
        };
        assert_eq!(interval(5_000_000), (6, 9));
        assert_eq!(interval(11_000_000), (6, 6), "no user is planned after the end");
    }
}
