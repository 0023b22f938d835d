//! Tests fleets over random profiles, shard counts and interval lengths: the slices add up to the profile at every moment.

use std::collections::{BTreeMap, BTreeSet};

use ltc_config::Profile;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use ltc_engine::schedule::{Event, EventKind, WeightedClass};

fn plan(runner: &str) -> Plan {
    let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap_or_else(|errors| panic!("{errors:?}"));
    Plan::seeded(&profile, &[WeightedClass::new("A", 3), WeightedClass::new("B", 1)], 11).unwrap()
}

fn place(region: &str, share: u64) -> RegionShare {
    RegionShare { region: region.into(), share }
}

fn random_runner(rng: &mut ChaCha8Rng) -> String {
    let seconds = rng.random_range(1..9u64);
    match rng.random_range(0..4) {
        0 => format!("clients: {}, hatch_rate: {}, duration: {seconds}s", rng.random_range(1..70u64), rng.random_range(1..40u64)),
        1 => format!(
            "clients: {}, hatch_rate: 20, step_load: true, step_clients: {}, step_duration: {}ms, duration: {seconds}s",
            rng.random_range(1..50u64),
            rng.random_range(1..20u64),
            rng.random_range(100..2000u64)
        ),
        2 => format!(
            "stages: [{{clients: {}, duration: 1500ms}}, {{clients: {}, duration: {seconds}s}}, {{clients: 0, duration: 700ms}}]",
            rng.random_range(0..40u64),
            rng.random_range(0..40u64)
        ),
        _ => format!(
            "stages: [{{rate: {}/s, duration: {seconds}s}}], max_clients: {}, arrivals: {}",
            rng.random_range(1..60u64),
            rng.random_range(8..40u64),
            if rng.random_bool(0.5) { "even" } else { "poisson" }
        ),
    }
}

/// The users that run at a time according to the slices' events, as a server would see them.
fn running(events: &BTreeMap<Duration, i64>, t: Duration) -> i64 {
    events.range(..=t).map(|(_, change)| change).sum()
}

#[test]
fn slices_add_up_to_the_profile_at_every_moment() {
    for seed in 0..150 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let runner = random_runner(&mut rng);
        let plan = plan(&runner);
        let options = FleetOptions {
            shards: Some(rng.random_range(1..12)),
            interval: Some(Duration::from_micros(rng.random_range(150_000..4_000_000))),
            ..FleetOptions::default()
        };
        let fleet = Fleet::of_processes(&plan, 4, &options);
        let case = format!("{seed}: {runner}, {options:?}");
        let mut changes: BTreeMap<Duration, i64> = BTreeMap::new();
        let mut arrivals = Vec::new();
        for interval in fleet.intervals() {
            for shard in &fleet.shards {
                let slice = fleet.slice(&plan, shard.number, interval);
                for event in slice.events() {
                    *changes.entry(event.at).or_default() += if event.is_start() { 1 } else { -1 };
                }
                (0..2).for_each(|class| arrivals.extend(slice.arrivals(class)));
            }
        }
        // Checks each moment at which a number changes, and the moments between.
        for &at in changes.keys() {
            for t in [at, at + Duration::from_nanos(1)] {
                let whole: u64 = plan.users_at(t).iter().sum();
                assert_eq!(running(&changes, t), i64::try_from(whole).unwrap(), "{case} at {t:?}");
            }
        }
        let mut whole: Vec<Duration> = (0..2).flat_map(|class| plan.whole().arrivals(class)).collect();
        whole.sort();
        arrivals.sort();
        assert_eq!(arrivals, whole, "{case}");
    }
}

#[test]
fn users_stay_in_their_shard_at_a_hand_over() {
    let plan = plan("clients: 37, hatch_rate: 50, duration: 9s");
    let fleet =
        Fleet::of_processes(&plan, 4, &FleetOptions { shards: Some(5), interval: Some(Duration::from_secs(4)), ..FleetOptions::default() });
    for shard in &fleet.shards {
        let of = |number, passes: fn(&EventKind) -> bool| -> BTreeSet<(Duration, u64)> {
            let slice = fleet.slice(&plan, shard.number, fleet.interval(number).unwrap());
            slice.events().filter(|event: &Event| passes(&event.kind)).map(|event| (event.at, event.user)).collect()
        };
        let passed = of(0, |kind| *kind == EventKind::HandOver);
        assert_eq!(passed, of(1, |kind| matches!(kind, EventKind::Continue(_))));
        assert!(passed.len() >= 7 && passed.iter().all(|(at, _)| (4..6).contains(&at.as_secs())), "{passed:?}");
    }
}

#[test]
fn rows_of_unique_data_are_disjoint_between_shards_and_threads() {
    // `data::Pool` distributes rows in this way: a row belongs to the worker with the row's number modulo all workers of all machines.
    for (shards, threads) in [(1u64, 1u64), (3, 2), (7, 4)] {
        let mut owners: BTreeMap<u64, u64> = BTreeMap::new();
        for shard in 0..shards {
            for thread in 0..threads {
                let (part, parts) = ltc_engine::workers::worker_part((shard, shards), (thread, threads));
                (0..500).filter(|row| row % parts == part).for_each(|row| assert_eq!(owners.insert(row, part), None, "row {row} twice"));
            }
        }
        assert_eq!(owners.len(), 500, "every row has its worker");
    }
}

#[test]
fn number_of_functions_follows_the_settings() {
    let plan = plan("clients: 2100, duration: 30m");
    let settings = LambdaSettings { clients_per_function: Some(250), ..LambdaSettings::default() };
    let fleet = Fleet::on_lambda(&plan, &settings, &[], &FleetOptions::default());
    assert_eq!((fleet.count(), fleet.threads, fleet.regions()), (9, 1, vec![(None, 9)]));
    assert_eq!(fleet.intervals().map(|interval| interval.to.unwrap().as_secs()).collect::<Vec<_>>(), [840, 1680, 1800]);
    assert_eq!(fleet.processors_milli(), 1000);
    assert_eq!(fleet.reason, "2100 users at up to 250 in each function need 9");
    let limited = LambdaSettings { max_functions: Some(2), ..settings.clone() };
    let limited = Fleet::on_lambda(&plan, &limited, &[], &FleetOptions::default());
    assert_eq!(limited.count(), 2);
    assert_eq!(limited.reason, "2100 users at up to 250 in each function need 9, and max_functions is lower");
    assert!(limited.warnings[0].starts_with("9 functions would be needed for 250 users"), "{:?}", limited.warnings);
    assert!(limited.warnings[1].contains("a function on AWS Lambda may have 1024"), "{:?}", limited.warnings);
    let by_rate = self::plan("rate: 9000/s, duration: 1m, max_clients: 100");
    let by_rate = Fleet::on_lambda(&by_rate, &LambdaSettings::default(), &[], &FleetOptions::default());
    assert_eq!((by_rate.count(), by_rate.reason.as_str()), (5, "9000 arrivals/s at up to 2000/s in each function need 5"));
}

#[test]
fn regions_receive_their_shares() {
    let plan = plan("clients: 1000, duration: 30m");
    let settings = LambdaSettings { clients_per_function: Some(250), ..LambdaSettings::default() };
    let places = [place("us-west-2", 70), place("eu-central-1", 30), place("off", 0)];
    let fleet = Fleet::on_lambda(&plan, &settings, &places, &FleetOptions::default());
    // 4 functions are needed, but only 10 or more come within about a hundredth of 70 and 30.
    assert_eq!(fleet.regions(), [(Some("us-west-2"), 7), (Some("eu-central-1"), 3)]);
    assert!(fleet.reason.ends_with("need 4, and more give each region its share"), "{}", fleet.reason);
    assert!(fleet.warnings.is_empty(), "{:?}", fleet.warnings);
    let three = Fleet::on_lambda(&plan, &settings, &places, &FleetOptions { shards: Some(3), ..FleetOptions::default() });
    assert_eq!(three.regions(), [(Some("us-west-2"), 2), (Some("eu-central-1"), 1)]);
    assert!(three.warnings.iter().any(|warning| warning.contains("its share is 70%")), "{:?}", three.warnings);
    let own =
        Fleet::on_lambda(&plan, &settings, &places, &FleetOptions { regions: vec!["x".into(), "y".into()], ..FleetOptions::default() });
    assert_eq!(own.regions(), [(Some("x"), 2), (Some("y"), 2)]);
}

#[test]
fn fleet_cost_is_that_of_its_gigabyte_seconds() {
    let plan = plan("clients: 1000, duration: 30m");
    let settings = LambdaSettings {
        memory_mb: 2048,
        clients_per_function: Some(250),
        architecture: Some(Architecture::X86_64),
        ..LambdaSettings::default()
    };
    let fleet = Fleet::on_lambda(&plan, &settings, &[], &FleetOptions::default());
    let cost = fleet.cost(Duration::from_secs(10), Duration::from_secs(30)).unwrap();
    assert_eq!((cost.invocations, cost.least.gb_seconds.round()), (12, (1870.0 * 4.0 * 2.0)));
    assert!((cost.least.dollars - 14_960.0 * 0.000_016_666_7).abs() < 0.001, "{cost:?}");
    // Half a minute more in each of three intervals.
    assert_eq!(cost.most.gb_seconds.round(), 1960.0 * 4.0 * 2.0);
    let arm =
        Fleet::on_lambda(&plan, &LambdaSettings { architecture: Some(Architecture::Arm64), ..settings }, &[], &FleetOptions::default());
    assert!(arm.cost(Duration::ZERO, Duration::ZERO).unwrap().most.dollars < cost.least.dollars * 0.81);
    assert_eq!(Fleet::of_processes(&plan, 2, &FleetOptions::default()).cost(Duration::ZERO, Duration::ZERO), None);
}

#[test]
fn function_of_any_fleet_fits_the_time_limit_of_lambda() {
    let graceful_stop = Duration::from_secs(30);
    // Invocations of large fleets take longer, so their functions are called earlier.
    for (clients, shards) in [(500, 1), (25_000, 50), (600_000, 1_200)] {
        let plan = plan(&format!("clients: {clients}, hatch_rate: 10000, duration: 3h"));
        let options = FleetOptions { graceful_stop, ..FleetOptions::default() };
        let fleet = Fleet::on_lambda(&plan, &LambdaSettings::default(), &[], &options);
        assert_eq!(fleet.count(), shards);
        let longest = fleet.intervals().map(|interval| interval.end().unwrap() - interval.from).max().unwrap();
        let whole = lead::on_lambda(shards) + longest + graceful_stop + FLUSH;
        assert!(whole <= LONGEST_RUN, "{clients} users: {whole:?}");
    }
}

#[test]
fn fleet_of_processes_has_one_per_core_in_one_interval() {
    let fleet = Fleet::of_processes(&plan("clients: 10, duration: 3h"), 4, &FleetOptions::default());
    assert_eq!((fleet.count(), fleet.threads, fleet.intervals().count()), (4, 1, 1));
    let few = Fleet::of_processes(&plan("clients: 2, duration: 3h"), 8, &FleetOptions::default());
    assert_eq!((few.count(), few.threads, few.processors_milli()), (2, 4, 4000));
    let many = Fleet::of_processes(&plan("clients: 20, duration: 3h"), 2, &FleetOptions { shards: Some(8), ..FleetOptions::default() });
    assert_eq!((many.threads, many.processors_milli()), (1, 250));
    let endless = Fleet::of_processes(&plan("clients: 2"), 8, &FleetOptions::default());
    assert_eq!(
        endless.interval(0),
        Some(Interval { number: 0, from: Duration::ZERO, to: None, enter: Duration::ZERO, leave: Duration::ZERO })
    );
}
