//! Tests that shares of rows are disjoint, complete, and as large as the plan requires.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ltc_config::Profile;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::row_assignment::RowAssignment;
use super::row_shares::RowShare;
use super::rows::RowPools;
use crate::schedule::{Cycle, Plan, Slice, WeightedClass};
use crate::tables::{AtEnd, DataInfo};

const SECOND: Duration = Duration::from_secs(1);

const RECYCLED: DataInfo = DataInfo {
    name: "accounts",
    path: "accounts.csv",
    columns: &["id"],
    secrets: &[],
    rows: b"[0]\n[1]\n[2]\n[3]\n[4]\n[5]\n[6]\n[7]\n[8]\n[9]\n[10]\n[11]\n[12]\n[13]\n[14]\n[15]\n[16]\n[17]\n[18]\n[19]\n[20]\n[21]\n[22]\n[23]\n",
    random: true,
    unique: true,
    at_end: AtEnd::Recycle,
    kept_by: &[],
    drawn_by: &[0, 1],
};
const ONCE: DataInfo = DataInfo { at_end: AtEnd::StopTest, ..RECYCLED };

fn plan(runner: &str, cycle: Cycle) -> Plan {
    let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
    let class = |name| WeightedClass::new(name, 1).with_cycle(cycle);
    Plan::seeded(&profile, &[class("A"), class("B")], 7).unwrap()
}

/// The slices of the workers of three intervals of 30 s with a window of 10 s, by interval.
fn workers(plan: &Plan, shards: u64, threads: u64) -> Vec<Vec<Slice>> {
    let of_interval = |interval: u32| {
        let enter = if interval == 0 { Duration::ZERO } else { SECOND * 10 };
        let leave = if interval == 2 { Duration::ZERO } else { SECOND * 10 };
        let slices = (0..shards).flat_map(|shard| (0..threads).map(move |thread| (shard, thread)));
        let slices = slices.map(|(shard, thread)| {
            let slice = plan.slice(shard, shards).interval(SECOND * 30 * interval, Some(SECOND * 30 * (interval + 1)), enter, leave);
            slice.part(thread, threads)
        });
        slices.collect()
    };
    (0..3).map(of_interval).collect()
}

fn order(rows: usize) -> Vec<usize> {
    (0..rows).rev().collect()
}

/// The cases are the same in each run. `PROPTEST_RNG_SEED` tries others.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

/// A load of 90 s.
fn load() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&[
        "rate: 3/s, max_clients: 20, duration: 90s",
        "rate: 200/m, max_clients: 33, duration: 90s, arrivals: poisson",
        "stages: [{rate: 1/s, duration: 20s}, {rate: 9/s, duration: 70s}], max_clients: 17",
        "clients: 24, hatch_rate: 24, duration: 90s",
        "stages: [{clients: 3, duration: 30s}, {clients: 30, duration: 60s}]",
        "clients: 5, hatch_rate: 0.1, duration: 90s",
        "clients: 1, duration: 90s",
    ])
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rows_used_once_are_dealt_completely_and_one_suffices_for_each_iteration(
        runner in load(), shards in 1..5u64, threads in 1..4u64, more in 0..40usize, factor in 1..4usize
    ) {
        let plan = plan(runner, Cycle::Pacing(SECOND * 3));
        let workers = workers(&plan, shards, threads);
        let iterations = usize::try_from(plan.whole().expected(ONCE.drawn_by).total()).unwrap();
        for (rows, suffice) in [(iterations * factor + more, true), (more, false)] {
            let mut dealt = BTreeSet::new();
            for slice in workers.iter().flatten() {
                let share = RowShare::of(&ONCE, &order(rows), slice);
                let expected = slice.expected(ONCE.drawn_by);
                let needed = usize::try_from(expected.own[1] / 1_000_000).unwrap();
                if suffice {
                    assert!(share.drawn.len() >= needed * factor, "{} of {needed}", share.drawn.len());
                }
                assert!(share.drawn.is_sorted_by(|one, other| one > other), "rows are drawn in their order");
                assert!(share.drawn.iter().all(|row| dealt.insert(*row)), "{runner}: a row is dealt twice");
                // A function that replaces a lost one leaves out at least the rows of the iterations before it, and has enough for the rest.
                let rest = slice.clone().since(slice.begin() + SECOND * 13);
                let rest_expected = rest.expected(ONCE.drawn_by);
                let rest = RowShare::of(&ONCE, &order(rows), &rest).drawn;
                assert!(share.drawn.ends_with(&rest));
                if suffice {
                    let gone = usize::try_from(rest_expected.gone / 1_000_000).unwrap();
                    assert!(share.drawn.len() - rest.len() >= gone * factor && rest.len() >= (needed - gone) * factor);
                }
            }
            assert_eq!(dealt.len(), rows, "{runner}: each row is dealt");
        }
    }

    #[test]
    fn as_many_rows_as_users_suffice_for_one_each(
        runner in load(), shards in 1..5u64, threads in 1..4u64, more in 0..9usize, keeping in 0..4usize, once in any::<bool>()
    ) {
        let plan = plan(runner, Cycle::Unknown);
        let kept_by: &[usize] = [&[][..], &[0], &[1], &[0, 1]][keeping];
        let drawn_by: &[usize] = if kept_by.is_empty() { &[0, 1] } else { &[] };
        let at_end = if once && !kept_by.is_empty() { AtEnd::StopUser } else { AtEnd::Recycle };
        let info = DataInfo { kept_by, drawn_by, at_end, ..RECYCLED };
        let users = plan.whole().holders(&[kept_by, drawn_by].concat());
        let rows = users.len() + more;
        let mut of_interval = Vec::new();
        for slices in workers(&plan, shards, threads) {
            let (mut seen, mut kept) = (BTreeSet::new(), BTreeMap::new());
            for slice in slices {
                let share = RowShare::of(&info, &order(rows), &slice);
                assert!(share.mine.iter().all(|row| seen.insert(*row)), "a row is in two shares");
                for user in &share.keepers {
                    kept.insert(*user, share.mine[share.kept(*user, 0).unwrap()]);
                }
            }
            assert_eq!(kept.len(), users.len());
            assert_eq!(kept.values().collect::<BTreeSet<_>>().len(), users.len(), "no two users have one row");
            assert!(users.is_empty() || seen.len() == rows);
            of_interval.push(kept);
        }
        assert!(of_interval.iter().all(|kept| *kept == of_interval[0]), "a user keeps its row in all intervals");
    }
}

#[test]
fn interval_and_worker_with_more_load_have_more_rows() {
    // One of two shards has two of three users.
    let plan = plan("clients: 3, hatch_rate: 3, duration: 90s", Cycle::Unknown);
    let counts = |plan: &Plan| -> Vec<Vec<usize>> {
        let of = |slice: &Slice| RowShare::of(&ONCE, &order(900), slice).drawn.len();
        workers(plan, 2, 1).iter().map(|slices| slices.iter().map(of).collect()).collect()
    };
    for of_interval in counts(&plan) {
        let (most, least) = (of_interval.iter().max().unwrap(), of_interval.iter().min().unwrap());
        assert!(most.abs_diff(2 * least) <= most / 4, "{of_interval:?}");
    }
    let ramp = self::plan(
        "stages: [{rate: 2/s, duration: 30s}, {rate: 2/s, duration: 20s}, {rate: 8/s, duration: 0s}, {rate: 8/s, duration: 40s}], rate: 2/s, max_clients: 20",
        Cycle::Unknown,
    );
    let of_interval: Vec<usize> = counts(&ramp).iter().map(|counts| counts.iter().sum()).collect();
    assert_eq!(of_interval.iter().sum::<usize>(), 900);
    assert!(2 * of_interval[2] > 5 * of_interval[0], "{of_interval:?}");
}

#[test]
fn row_that_iterations_draw_is_kept_by_no_user() {
    let info = DataInfo { kept_by: &[0], drawn_by: &[1], ..ONCE };
    let plan = plan("clients: 8, hatch_rate: 8, duration: 90s", Cycle::Unknown);
    let shares: Vec<Vec<RowShare>> =
        workers(&plan, 2, 2).iter().map(|slices| slices.iter().map(|slice| RowShare::of(&info, &order(100), slice)).collect()).collect();
    let drawn: Vec<usize> = shares.iter().flatten().flat_map(|share| share.drawn.iter().copied()).collect();
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
    for (worker, share) in shares[0].iter().enumerate() {
        for other in shares.iter().flat_map(|shares| shares.iter().enumerate()).filter(|(other, _)| *other != worker) {
            assert!(other.1.drawn.iter().all(|row| !share.mine.contains(row)), "another worker draws a row of this one's users");
        }
    }
}

/// The pools and the assignment of one of two workers, in one of three intervals.
fn worker(interval: usize) -> (RowPools, RowAssignment, Slice) {
    static DATA: [DataInfo; 1] = [RECYCLED];
    let plan = plan("clients: 24, hatch_rate: 24, duration: 90s", Cycle::Unknown);
    let slice = workers(&plan, 2, 1)[interval][0].clone();
    let pools = RowPools::new(&DATA, (interval as u64, 5), 0).unwrap();
    pools.share_out(&slice);
    (pools, RowAssignment::of(&slice, SECOND), slice)
}

#[test]
fn recycled_row_is_one_functions_at_a_time() {
    let ((_, old, _), (_, new, _)) = (worker(0), worker(1));
    for at in (29..43).map(|seconds| SECOND * seconds) {
        let here = |assignment: &RowAssignment| {
            (0..24).filter(|row| assignment.is_here(*row, AtEnd::Recycle, || at) == Some(true)).collect::<Vec<_>>()
        };
        let (of_old, of_new) = (here(&old), here(&new));
        assert!(of_old.iter().all(|row| !of_new.contains(row)), "{at:?}: {of_old:?} {of_new:?}");
        match at.as_secs() {
            29 => assert_eq!((of_old.len(), of_new.len()), (24, 0)),
            42 => assert_eq!((of_old.len(), of_new.len()), (0, 24)),
            _ => {}
        }
    }
}

#[test]
fn users_find_rows_at_every_time_of_a_hand_over() {
    let (old, new) = (worker(0), worker(1));
    for at in (0..120).map(|tenths| SECOND * 29 + SECOND * tenths / 10) {
        for (pools, assignment, slice) in [&old, &new] {
            // The worker has as many rows as users, and each user draws several times.
            let users = slice.users_at(at).iter().sum::<u64>();
            for _ in 0..3 {
                let rows: Vec<usize> = (0..users).map(|_| pools.0[0].draw(assignment, || at).unwrap()).collect();
                assert_eq!(BTreeSet::from_iter(&rows).len() as u64, users, "{at:?}: {rows:?}");
                pools.release(&mut rows.iter().map(|row| (0, *row)).collect());
            }
        }
    }
}
