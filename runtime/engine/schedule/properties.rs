//! Tests properties over random profiles: however a load is divided, the parts add up to the whole.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

/// The cases are the same in each run, so that a new failure comes from a change. `PROPTEST_RNG_SEED` tries others.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

/// A random plan and the profile that it comes from.
#[derive(Clone)]
struct Case {
    runner: String,
    profile: Profile,
    plan: Plan,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.runner)
    }
}

fn millis() -> impl Strategy<Value = String> {
    (1..=4000u64).prop_map(|ms| format!("{ms}ms"))
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts)
}

/// The keys of a load: a ramp, steps, stages, arrivals, or stages of arrivals.
fn load() -> impl Strategy<Value = String> {
    let ramp = (1..=60u64, one_of(&["0.7", "3", "10", "33.3", "200"]));
    let steps = (1..=60u64, one_of(&["1.5", "7", "50"]), 1..=20u64, millis());
    let stages = prop::collection::vec((0..40u64, millis()), 1..=5);
    let arrivals = (one_of(&["7/s", "90/m", "41.3/s"]), 5..35u64, one_of(&["even", "poisson"]));
    let rates = prop::collection::vec((one_of(&["0", "5/s", "700/m", "33.7/s"]), millis()), 1..=5);
    let list = |stages: Vec<String>| format!("stages: [{}]", stages.join(", "));
    prop_oneof![
        ramp.prop_map(|(clients, rate)| format!("clients: {clients}, hatch_rate: {rate}")),
        steps.prop_map(|(clients, rate, step, length)| {
            format!("clients: {clients}, hatch_rate: {rate}, step_load: true, step_clients: {step}, step_duration: {length}")
        }),
        stages.prop_map(move |stages| list(
            stages.iter().map(|(clients, length)| format!("{{clients: {clients}, duration: {length}}}")).collect()
        )),
        arrivals.prop_map(|(rate, most, how)| format!("rate: {rate}, max_clients: {most}, arrivals: {how}")),
        (rates, 5..35u64, one_of(&["even", "poisson"])).prop_map(move |(stages, most, how)| {
            let stages = list(stages.iter().map(|(rate, length)| format!("{{rate: {rate}, duration: {length}}}")).collect());
            format!("{stages}, max_clients: {most}, arrivals: {how}")
        }),
    ]
}

/// Plans of up to five classes, one of which may have a load of its own.
fn cases() -> impl Strategy<Value = Case> {
    let weights = prop::collection::vec(1..=4u64, 1..=4);
    let own = prop::option::of((load(), millis()));
    (weights, load(), 1..=9u64, millis(), own, 0..1000u64).prop_filter_map("too few slots for the weights", |drawn| {
        let (weights, load, seconds, start, own, seed) = drawn;
        let mut classes: Vec<WeightedClass> = (0..).zip(weights).map(|(n, weight)| WeightedClass::new(&format!("U{n}"), weight)).collect();
        let mut runner = format!("{load}, duration: {seconds}s, start: {start}");
        if let Some((load, start)) = own {
            classes.push(WeightedClass::new("Own", 1));
            runner.push_str(&format!(", users: {{Own: {{{load}, start: {start}}}}}"));
        }
        let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").ok()?;
        let plan = Plan::seeded(&profile, &classes, seed).ok()?;
        Some(Case { runner, profile, plan })
    })
}

/// How a shard's load is divided: the shard of three, the length of an interval and the share of it in which users are handed over.
#[derive(Clone, Copy, Debug)]
struct Cut {
    shard: u64,
    length: Duration,
    tenths: u32,
}

fn cuts() -> impl Strategy<Value = Cut> {
    (0..3u64, 0..5_000u64, 0..11u32).prop_map(|(shard, length, tenths)| Cut {
        shard,
        length: Duration::from_nanos(500_000_000 + length * 1_000_003),
        tenths,
    })
}

/// Replays events. It fails if an active user starts, or an inactive one stops.
#[derive(Default)]
struct Replay {
    users: BTreeMap<u64, usize>,
}

impl Replay {
    fn apply(&mut self, event: Event) {
        match event.kind {
            EventKind::Start | EventKind::Continue(_) => assert_eq!(self.users.insert(event.user, event.class), None, "{event:?}"),
            EventKind::Stop | EventKind::HandOver => assert_eq!(self.users.remove(&event.user), Some(event.class), "{event:?}"),
        }
    }

    fn counts(&self, classes: usize) -> Vec<u64> {
        let mut counts = vec![0; classes];
        self.users.values().for_each(|class| counts[*class] += 1);
        counts
    }
}

/// A shard's slices of consecutive intervals, and the window in which users are handed over.
fn intervals(cut: Cut, slice: &Slice) -> (Vec<Slice>, Duration) {
    let total = slice.plan().total_duration().unwrap_or_default() + Duration::from_secs(1);
    let window = cut.length * cut.tenths / 10;
    let count = u32::try_from(total.as_nanos() / cut.length.as_nanos()).unwrap();
    let at = |number: u32| {
        let (enter, last) = (if number == 0 { Duration::ZERO } else { window }, number == count);
        let (to, leave) = if last { (None, Duration::ZERO) } else { (Some(cut.length * (number + 1)), window) };
        slice.clone().interval(cut.length * number, to, enter, leave)
    };
    ((0..=count).map(at).collect(), window)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn events_agree_with_counts_at_every_instant(Case { plan, .. } in cases()) {
        let mut replay = Replay::default();
        let events: Vec<Event> = plan.events(0, 1).collect();
        assert!(events.is_sorted_by_key(|event| event.at));
        for (number, event) in events.iter().enumerate() {
            replay.apply(*event);
            if events.get(number + 1).is_none_or(|next| next.at > event.at) {
                assert_eq!(replay.counts(plan.classes().len()), plan.users_at(event.at), "at {:?}", event.at);
            }
        }
        assert!(replay.users.is_empty());
    }

    #[test]
    fn shards_partition_the_events(Case { plan, .. } in cases(), shards in 1..10u64, workers in 1..4u64) {
        let key = |event: &Event| (event.at, event.user, event.is_start(), event.class);
        let whole: BTreeSet<_> = plan.events(0, 1).map(|event| key(&event)).collect();
        let mut parts = Vec::new();
        for shard in 0..shards {
            for worker in 0..workers {
                parts.extend(plan.slice(shard, shards).part(worker, workers).events().map(|event| key(&event)));
            }
        }
        assert_eq!(parts.len(), whole.len());
        assert_eq!(parts.into_iter().collect::<BTreeSet<_>>(), whole);
        for at in (0..12_000).step_by(730).map(Duration::from_millis) {
            let mut sum = vec![0; plan.classes().len()];
            for shard in 0..shards {
                plan.slice(shard, shards).users_at(at).iter().zip(&mut sum).for_each(|(part, sum)| *sum += part);
            }
            assert_eq!(sum, plan.users_at(at), "at {at:?}");
        }
    }

    #[test]
    fn shards_partition_the_arrivals_and_their_users(Case { plan, .. } in cases(), shards in 1..10u64) {
        for class in 0..plan.classes().len() {
            let whole: Vec<Duration> = plan.arrivals(class, 0, 1).collect();
            assert!(whole.is_sorted());
            let mut parts = Vec::new();
            let mut pools = Vec::new();
            for shard in 0..shards {
                let slice = plan.slice(shard, shards);
                let due: Vec<Duration> = slice.arrivals(class).collect();
                let pool = slice.pool(class);
                assert!(due.is_empty() || !pool.is_empty(), "arrivals where no user is");
                parts.extend(due);
                pools.extend(pool);
            }
            parts.sort();
            pools.sort_unstable_by_key(|server| server.user);
            assert_eq!(parts, whole);
            assert_eq!(pools, plan.whole().pool(class));
        }
    }

    #[test]
    fn intervals_sum_to_the_whole_at_every_instant(Case { plan, .. } in cases(), cut in cuts()) {
        let slice = plan.slice(cut.shard, 3);
        let (parts, window) = intervals(cut, &slice);
        let label = format!("handed over within {window:?}");
        let mut events: Vec<(Event, usize)> =
            parts.iter().enumerate().flat_map(|(part, slice)| slice.events().map(move |event| (event, part))).collect();
        // At the same time, a user leaves one function before it enters the next.
        events.sort_by_key(|(event, part)| (event.at, *part));
        let mut replay = Replay::default();
        for (number, (event, part)) in events.iter().enumerate() {
            replay.apply(*event);
            if let EventKind::Continue(began) = event.kind {
                assert!(began < event.at && *part > 0, "{label}: {event:?}");
                assert!(event.at <= parts[*part].begin() + window, "{label}: {event:?}");
            }
            if events.get(number + 1).is_none_or(|(next, _)| next.at > event.at) {
                let whole = slice.users_at(event.at);
                assert_eq!(replay.counts(plan.classes().len()), whole, "{label} at {:?}", event.at);
                let mut sum = vec![0; whole.len()];
                parts.iter().for_each(|part| part.users_at(event.at).iter().zip(&mut sum).for_each(|(part, sum)| *sum += part));
                assert_eq!(sum, whole, "{label} at {:?}", event.at);
            }
        }
        assert!(replay.users.is_empty(), "{label}");
    }

    #[test]
    fn intervals_partition_the_arrivals_and_each_arrival_has_a_user(Case { plan, .. } in cases(), cut in cuts()) {
        let slice = plan.slice(cut.shard, 3);
        let (parts, window) = intervals(cut, &slice);
        for class in 0..plan.classes().len() {
            let whole: Vec<Duration> = slice.arrivals(class).collect();
            let mut all = Vec::new();
            for part in &parts {
                let pool = part.pool(class);
                for due in part.arrivals(class) {
                    assert!(pool.iter().any(|server| server.from <= due && due < server.until), "within {window:?}");
                    all.push(due);
                }
            }
            all.sort();
            assert_eq!(all, whole, "handed over within {window:?}");
            let mut pools: Vec<_> = parts.iter().flat_map(|part| part.pool(class)).collect();
            pools.sort_by_key(|server| (server.user, server.from));
            for pair in pools.windows(2).filter(|pair| pair[0].user == pair[1].user) {
                assert_eq!(pair[0].until, pair[1].from, "one function at a time has a user");
            }
        }
    }

    #[test]
    fn replacement_continues_the_load_of_the_lost_function(Case { plan, .. } in cases(), cut in cuts(), part in any::<prop::sample::Index>(), since in 0..4_000u64) {
        let slice = plan.slice(cut.shard, 3);
        let (parts, window) = intervals(cut, &slice);
        let part = &parts[part.index(parts.len())];
        let since = part.begin() + Duration::from_nanos(since * 1_000_003);
        let label = format!("handed over within {window:?}, replaced at {since:?}");
        let replacement = part.clone().since(since);
        let mut lost = Replay::default();
        let mut events = part.events().peekable();
        while let Some(event) = events.next_if(|event| event.at < since) {
            lost.apply(event);
        }
        let rest: Vec<Event> = events.collect();
        let mut replay = Replay::default();
        let mut later = Vec::new();
        for event in replacement.events() {
            assert!(event.at >= since, "{label}: {event:?}");
            // An active user continues immediately.
            if event.at == since && matches!(event.kind, EventKind::Continue(_)) && lost.users.contains_key(&event.user) {
                replay.apply(event);
            } else {
                later.push(event);
            }
        }
        let gone: BTreeSet<u64> = rest.iter().filter(|event| event.at == since && !event.is_start()).map(|event| event.user).collect();
        lost.users.retain(|user, _| !gone.contains(user));
        assert_eq!(replay.users, lost.users, "{label}");
        let key = |event: &Event| (event.at, event.user, event.is_start());
        let expected: BTreeSet<_> =
            rest.iter().filter(|event| event.is_start() || event.at > since || !gone.contains(&event.user)).map(key).collect();
        assert_eq!(later.iter().map(key).collect::<BTreeSet<_>>(), expected, "{label}");
        for class in 0..plan.classes().len() {
            let whole: Vec<Duration> = part.arrivals(class).filter(|due| *due >= since).collect();
            assert_eq!(replacement.arrivals(class).collect::<Vec<_>>(), whole, "{label}");
        }
    }

    #[test]
    fn expected_iterations_of_arrivals_are_those_of_each_worker_and_interval(Case { plan, .. } in cases(), cut in cuts(), since in 0..4_000u64) {
        let open: Vec<usize> = (0..plan.classes().len()).filter(|class| plan.is_open(*class)).collect();
        let workers: Vec<Slice> = (0..6).map(|worker| plan.slice(worker % 3, 3).part(worker / 3, 2)).collect();
        let of_part = |part: &Slice| open.iter().map(|class| part.arrivals(*class).count() as u128).sum::<u128>();
        let all: Vec<Vec<u128>> = workers.iter().map(|slice| intervals(cut, slice).0.iter().map(of_part).collect()).collect();
        for (worker, slice) in workers.iter().enumerate() {
            for (number, part) in intervals(cut, slice).0.iter().enumerate() {
                let expected = part.expected(&open);
                let sum = |of: &[u128]| [of[..number].iter().sum::<u128>(), of[number], of[number + 1..].iter().sum()].map(|sum| sum * 1_000_000);
                assert_eq!(expected.own, sum(&all[worker]), "interval {number}");
                let of_all: Vec<u128> = (0..all[0].len()).map(|number| all.iter().map(|worker| worker[number]).sum()).collect();
                assert_eq!(expected.all, sum(&of_all), "interval {number}");
                assert_eq!(expected.workers, all.iter().map(|worker| worker[number] * 1_000_000).collect::<Vec<_>>());
                assert_eq!((expected.worker, expected.gone), (worker, 0));
                let rest = part.clone().since(part.begin() + Duration::from_nanos(since * 1_000_003));
                assert_eq!(rest.expected(&open), Expected { gone: expected.own[1] - of_part(&rest) * 1_000_000, ..expected });
            }
        }
    }

    #[test]
    fn expected_iterations_of_users_are_those_of_their_time_or_their_pacing(Case { plan, profile, .. } in cases(), cut in cuts(), millis in 100..3_000u64) {
        let step = Duration::from_millis(millis);
        let closed: Vec<usize> = (0..plan.classes().len()).filter(|class| !plan.is_open(*class)).collect();
        for cycle in [Cycle::Wait(step), Cycle::Pacing(step)] {
            let classes: Vec<WeightedClass> = plan.classes().iter().map(|class| class.clone().with_cycle(cycle)).collect();
            let plan = Plan::seeded(&profile, &classes, 0).unwrap();
            let slice = plan.slice(cut.shard, 3);
            let mut whole = BTreeMap::new();
            let (mut spent, mut grid) = (0, 0);
            for event in slice.events() {
                if event.is_start() {
                    whole.insert(event.user, event.at);
                } else {
                    let stay = (event.at - whole.remove(&event.user).unwrap()).as_nanos();
                    (spent, grid) = (spent + stay * 1_000_000 / step.as_nanos(), grid + stay.div_ceil(step.as_nanos()) * 1_000_000);
                }
            }
            let (parts, _) = intervals(cut, &slice);
            let sum: u128 = parts.iter().map(|part| part.expected(&closed).own[1]).sum();
            let stays = plan.events(0, 1).count() as u128 * parts.len() as u128;
            match cycle {
                Cycle::Pacing(_) => assert_eq!(sum, grid),
                // Each part is rounded down.
                _ => assert!(sum.abs_diff(spent) <= stays, "{sum} of {spent}"),
            }
            for part in &parts {
                let expected = part.expected(&closed);
                assert_eq!(expected.own[1], expected.workers[expected.worker]);
                assert_eq!(expected.all[1], expected.workers.iter().sum::<u128>());
            }
        }
    }

    #[test]
    fn number_of_arrivals_equals_the_integral(
        drawn in prop::collection::vec((prop::sample::select(&[0u64, 3, 20, 55][..]), 1..6u64), 1..=5)
    ) {
        let mut area = 0.0;
        let mut from = 0;
        let mut stages = Vec::new();
        for (to, half) in drawn {
            area += (from + to) as f64 * half as f64;
            stages.push(format!("{{rate: {to}, duration: {}s}}", 2 * half));
            from = to;
        }
        prop_assume!(area > 0.0);
        let text = format!("profile: {{runner: {{stages: [{}]}}}}", stages.join(", "));
        let plan = Plan::new(&Profile::parse(&text, "x.yml").unwrap(), &[WeightedClass::new("U", 1)]).unwrap();
        let all: Vec<Duration> = plan.arrivals(0, 0, 1).collect();
        assert_eq!(all.len() as f64, area.ceil(), "{text}");
        for (number, due) in (0..).zip(all) {
            let before = [due, due + Duration::from_nanos(1)].map(|t| plan.arrivals_before(t));
            assert_eq!(before, [number, number + 1], "{text}: {due:?}");
        }
    }
}
