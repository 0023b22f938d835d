use super::*;
use ltc_config::secret_reference::NotFetched;

fn profile(runner: &str) -> Profile {
    Profile::parse(&format!("profile:\n  runner: {{{runner}}}\n"), "x.profile.yml").unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn plan_of(runner: &str, classes: &[(&str, u64)]) -> Result<Plan, Vec<ConfigError>> {
    let classes: Vec<WeightedClass> = classes.iter().map(|(name, weight)| WeightedClass::new(name, *weight)).collect();
    Plan::new(&profile(runner), &classes)
}

fn plan(runner: &str) -> Plan {
    plan_of(runner, &[("User", 1)]).unwrap()
}

fn running(plan: &Plan, millis: u64) -> u64 {
    plan.users_at(Duration::from_millis(millis)).iter().sum()
}

/// The events as `+0@0 +1@500 -0@2000`: kind, user and milliseconds.
fn events_text(events: impl Iterator<Item = Event>) -> String {
    let words: Vec<String> = events
        .map(|event| format!("{}{}@{}", if event.is_start() { '+' } else { '-' }, event.user, event.at.as_nanos() as f64 / 1e6))
        .collect();
    words.join(" ")
}

fn pool(slice: &Slice, class: usize) -> Vec<u64> {
    slice.pool(class).into_iter().map(|server| server.user).collect()
}

fn millis(arrivals: Arrivals) -> Vec<f64> {
    arrivals.map(|due| due.as_nanos() as f64 / 1e6).collect()
}

#[test]
fn users_are_spawned_like_locust() {
    let plan = plan("clients: 3, hatch_rate: 2, duration: 5s");
    assert_eq!(events_text(plan.events(0, 1)), "+0@0 +1@500 +2@1000 -0@5000 -1@5000 -2@5000");
    assert_eq!([0, 499, 500, 1000, 4999, 5000].map(|t| running(&plan, t)), [1, 1, 2, 3, 3, 0]);
    assert_eq!(plan.total_duration(), Some(Duration::from_secs(5)));
    assert_eq!((plan.peak_clients(), plan.is_open(0), plan.is_active(0)), (3, false, true));
}

#[test]
fn spawn_times_at_a_third_of_a_second_are_exact() {
    let starts: Vec<u128> =
        plan("clients: 4, hatch_rate: 3, duration: 5s").events(0, 1).filter(Event::is_start).map(|e| e.at.as_nanos()).collect();
    assert_eq!(starts, [0, 333_333_334, 666_666_667, 1_000_000_000]);
}

#[test]
fn duration_may_end_before_all_users_are_spawned() {
    let plan = plan("clients: 10, hatch_rate: 1, duration: 2s, start: 1s");
    assert_eq!(events_text(plan.events(0, 1)), "+0@1000 +1@2000 -0@3000 -1@3000");
    assert_eq!(plan.total_duration(), Some(Duration::from_secs(3)));
}

#[test]
fn users_that_start_too_slowly_are_not_reached() {
    for (runner, most, reached) in [
        ("clients: 10, hatch_rate: 1, duration: 2s, start: 1s", 10, 2),
        ("clients: 10, hatch_rate: 1, duration: 10s", 10, 10),
        ("clients: 10, hatch_rate: 1", 10, 10),
        ("clients: 6, step_load: yes, step_clients: 2, step_duration: 2s, duration: 3s", 6, 4),
        ("duration: 5s, stages: [{clients: 10, duration: 10s}, {clients: 0, duration: 10s}]", 10, 4),
        ("stages: [{clients: 10, duration: 10s}, {clients: 0, duration: 10s}]", 10, 10),
        ("rate: 5/s, max_clients: 7, duration: 1s", 7, 7),
    ] {
        let plan = plan(runner);
        assert_eq!((plan.peak_clients(), plan.reached_clients()), (most, reached), "{runner}");
    }
}

#[test]
fn without_a_duration_nothing_ends() {
    let plan = plan("clients: 2, hatch_rate: 1");
    assert_eq!((events_text(plan.events(0, 1)).as_str(), plan.total_duration()), ("+0@0 +1@1000", None));
    assert_eq!(running(&plan, 1_000_000_000), 2);
    let second = plan.whole().interval(Duration::from_secs(1), Some(Duration::from_secs(2)), Duration::ZERO, Duration::ZERO);
    assert_eq!(second.events().count(), 4);
}

#[test]
fn step_load_follows_its_settings() {
    let plan = plan("clients: 25, hatch_rate: 5, step_load: true, step_clients: 10, step_duration: 60, duration: 4m");
    let at = |seconds: u64| running(&plan, seconds * 1000);
    assert_eq!([0, 1, 2, 30, 59].map(at), [1, 6, 10, 10, 10]);
    assert_eq!([60, 61, 62, 119].map(at), [11, 16, 20, 20]);
    assert_eq!([120, 121, 239, 240].map(at), [21, 25, 25, 0]);
    assert_eq!(running(&plan, 59_999), 10);
    assert_eq!((running(&plan, 1_799), running(&plan, 1_800)), (9, 10));
}

#[test]
fn incomplete_step_continues_at_its_rate() {
    let plan = plan("clients: 30, hatch_rate: 1, step_load: true, step_clients: 10, step_duration: 5s, duration: 1m");
    assert_eq!([0, 5, 10, 20, 29, 59].map(|second| running(&plan, second * 1000)), [1, 6, 11, 21, 30, 30]);
}

#[test]
fn stages_ramp_and_leave_last_in_first_out() {
    let plan = plan(
        "stages: [{clients: 2, duration: 2s}, {clients: 2, duration: 1s}, {clients: 0, duration: 1s}, {clients: 1, duration: 0s}, {clients: 1, duration: 1s}]",
    );
    assert_eq!(events_text(plan.events(0, 1)), "+0@1000 +1@2000 -1@3500 -0@4000 +0@4000 -0@5000");
    assert_eq!([999, 1000, 1999, 2000, 3499, 3500, 3999, 4000, 5000].map(|t| running(&plan, t)), [0, 1, 1, 2, 2, 1, 1, 1, 0]);
    assert_eq!(plan.peak_clients(), 2);
}

#[test]
fn user_that_stops_when_it_starts_does_both() {
    let plan = plan("stages: [{clients: 1, duration: 1s}, {clients: 0, duration: 0s}, {clients: 0, duration: 1s}]");
    assert_eq!(events_text(plan.events(0, 1)), "+0@1000 -0@1000");
}

#[test]
fn a_duration_cuts_stages_or_holds_the_last() {
    let cut = plan("stages: [{clients: 10, duration: 10s}], duration: 5s");
    assert_eq!((running(&cut, 4999), running(&cut, 5000)), (4, 0));
    let held = plan("stages: [{clients: 10, duration: 10s}], duration: 20s");
    assert_eq!((running(&held, 15_000), held.total_duration()), (10, Some(Duration::from_secs(20))));
}

#[test]
fn classes_share_by_weight() {
    let plan = plan_of("clients: 20, hatch_rate: 1, duration: 1m", &[("Shopper", 9), ("Auditor", 1)]).unwrap();
    assert_eq!(plan.users_at(Duration::from_secs(30)), [18, 2]);
    assert_eq!(plan.users_at(Duration::from_secs(4)), [5, 0]);
    assert_eq!(plan.users_at(Duration::from_secs(5)), [5, 1]);
    let off = plan_of("clients: 20, duration: 1m", &[("A", 1), ("B", 0)]).unwrap();
    assert_eq!((off.users_at(Duration::from_secs(1)), off.is_active(1)), (vec![20, 0], false));
}

#[test]
fn users_with_their_own_load_are_independent() {
    let runner = "clients: 4, hatch_rate: 4, duration: 20s, users: {C: {clients: 2, hatch_rate: 1, start: 5s, duration: 5s}, D: {rate: 2/s, start: 10s, max_clients: 3}, E: {clients: 0}}";
    let plan = plan_of(runner, &[("A", 1), ("B", 1), ("C", 100), ("D", 1), ("E", 1)]).unwrap();
    assert_eq!(plan.users_at(Duration::from_secs(4)), [2, 2, 0, 0, 0]);
    assert_eq!(plan.users_at(Duration::from_secs(7)), [2, 2, 2, 0, 0]);
    assert_eq!(plan.users_at(Duration::from_secs(10)), [2, 2, 0, 0, 0]);
    assert!(plan.is_open(3) && !plan.is_open(2) && !plan.is_active(4));
    let due = millis(plan.arrivals(3, 0, 1));
    assert_eq!((due.len(), due[0], due[19]), (20, 10_000.0, 19_500.0));
    assert_eq!(pool(&plan.whole(), 3), [6, 7, 8]);
    assert_eq!((pool(&plan.whole(), 0), plan.arrivals(0, 0, 1).count(), plan.arrivals(99, 0, 1).count()), (vec![], 0, 0));
    assert_eq!((plan.peak_clients(), plan.peak_rate()), (9, 2.0));
    assert_eq!(plan.peaks(), (vec![2, 2, 2, 3, 0], vec![0.0, 0.0, 0.0, 2.0, 0.0]));
    assert_eq!((plan.is_even(0), plan.is_even(3)), (false, true));
    assert!(!self::plan("rate: 2/s, arrivals: poisson").is_even(0));
    let mut users: Vec<u64> = plan.events(0, 1).filter(Event::is_start).map(|event| event.user).chain(pool(&plan.whole(), 3)).collect();
    users.sort_unstable();
    assert_eq!(users, (0..9).collect::<Vec<_>>());
}

#[test]
fn users_end_in_the_planned_order() {
    let end = |runner: &str| {
        let planned = plan_of(runner, &[("A", 1), ("B", 1)]).unwrap().total_duration();
        // The duration that thresholds use before there is a plan is the same.
        assert_eq!(profile(runner).planned_duration(), planned, "{runner}");
        planned.map(|d| d.as_secs())
    };
    assert_eq!(end("users: {A: {clients: 1, duration: 5s, start: 2s}, B: {clients: 1}}"), Some(7));
    assert_eq!(end("users: {A: {clients: 1}, B: {clients: 1}}"), None);
    assert_eq!(end("duration: 3s, users: {A: {clients: 1, duration: 5s}, B: {clients: 1}}"), Some(3));
    assert_eq!(end("stages: [{clients: 2, duration: 4s}], users: {B: {clients: 1}}"), Some(4));
    assert_eq!(end("stages: [{clients: 2, duration: 4s}], users: {B: {clients: 1, duration: 9s}}"), Some(9));
}

#[test]
fn even_arrivals_have_equal_distances() {
    assert_eq!(millis(plan("rate: 4/s, duration: 1s").arrivals(0, 0, 1)), [0.0, 250.0, 500.0, 750.0]);
    assert_eq!(plan("rate: 500/s, duration: 10s").arrivals(0, 0, 1).count(), 5000);
    assert_eq!(plan("rate: 1/m, duration: 10m").arrivals(0, 0, 1).count(), 10);
    assert_eq!(plan("rate: 3/s").arrivals(0, 0, 1).nth(3_000_000), Some(Duration::from_secs(1_000_000)));
}

#[test]
fn ramps_of_rates_follow_the_integral() {
    // With rate 2·t the integral is t², so arrival k is due at √k.
    let due = millis(plan("stages: [{rate: 20/s, duration: 10s}]").arrivals(0, 0, 1));
    assert_eq!(due.len(), 100);
    for (k, due) in due.iter().enumerate().skip(1) {
        assert!((due - (k as f64).sqrt() * 1000.0).abs() < 0.001, "{k}: {due}");
    }
    assert_eq!((due[0], due[25]), (0.000_001, 5000.0));
    // A falling ramp, which is the reverse.
    let due = millis(plan("rate: 20/s, stages: [{rate: 0, duration: 10s}], duration: 1h").arrivals(0, 0, 1));
    assert_eq!(due.len(), 100);
    assert!(due[99] < 10_000.0 && (due[75] - 5000.0).abs() < 1e-5, "{}", due[75]);
}

#[test]
fn no_arrivals_while_the_rate_is_zero() {
    let due = millis(plan("stages: [{rate: 0, duration: 5s}, {rate: 2/s, duration: 0s}, {rate: 2/s, duration: 2s}, {rate: 0, duration: 0s}, {rate: 0, duration: 3s}, {rate: 1/s, duration: 0s}, {rate: 1/s, duration: 2s}]").arrivals(0, 0, 1));
    assert_eq!(due, [5000.0, 5500.0, 6000.0, 6500.0, 10_000.0, 11_000.0]);
}

#[test]
fn poisson_arrivals_are_random_repeatable_and_of_the_right_number() {
    let of_seed = |seed: u64| -> Vec<Duration> {
        let classes = [WeightedClass::new("U", 1)];
        Plan::seeded(&profile("rate: 100/s, arrivals: poisson, duration: 100s"), &classes, seed).unwrap().arrivals(0, 0, 1).collect()
    };
    let (one, two) = (of_seed(1), of_seed(2));
    assert_eq!(one, of_seed(1));
    assert_ne!(one, two);
    for due in [&one, &two] {
        assert!((9_600..=10_400).contains(&due.len()), "{}", due.len());
        let gaps: Vec<f64> = due.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
        assert!((deviation / mean - 1.0).abs() < 0.05, "{deviation} {mean}");
    }
}

#[test]
fn poisson_arrivals_follow_the_rate() {
    let stages = "{rate: 200/s, duration: 10s}, {rate: 200/s, duration: 5s}, {rate: 0, duration: 10s}, {rate: 0, duration: 5s}, {rate: 100/s, duration: 0s}, {rate: 100/s, duration: 5s}";
    let due = millis(plan(&format!("stages: [{stages}], arrivals: poisson")).arrivals(0, 0, 1));
    let between = |from: f64, to: f64| due.iter().filter(|due| (from * 1000.0..to * 1000.0).contains(*due)).count();
    for (from, to, mean) in
        [(0.0, 5.0, 250), (5.0, 10.0, 750), (10.0, 15.0, 1000), (15.0, 20.0, 750), (20.0, 25.0, 250), (25.0, 30.0, 0), (30.0, 35.0, 500)]
    {
        assert!(between(from, to).abs_diff(mean) <= mean / 5, "{} from {from} to {to}", between(from, to));
    }
    assert!(due.is_sorted() && due.len() == between(0.0, 35.0));
    assert!(plan("rate: 7/s, arrivals: poisson, duration: 100s").arrivals(0, 0, 1).count().abs_diff(700) < 100);
}

#[test]
fn random_distances_are_those_of_splitmix64() {
    // The published first numbers of the generator for the state 1234567.
    let numbers = [6_457_827_717_110_365_317u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    let mut chance = super::open::Chance::new(1_234_567 ^ 0xD1B5_4A32_D192_ED03, 0);
    for number in numbers {
        let uniform = (number as f64 / 2f64.powi(64)).ln();
        let distance = chance.distance();
        assert!((distance + uniform).abs() < 1e-14, "{distance} {uniform}");
    }
}

#[test]
fn last_arrivals_of_a_long_falling_ramp_are_exact() {
    // At this length, the estimates of the last arrivals are microseconds too early or too late.
    let (length, before_end) = (Duration::from_secs(22 * 3600), Duration::from_millis(200));
    let plan = plan("rate: 100000000/s, stages: [{rate: 0, duration: 22h}], max_clients: 5");
    let from = length - before_end;
    let due: Vec<Duration> = plan.whole().interval(from, None, Duration::ZERO, Duration::ZERO).arrivals(0).collect();
    assert!((20..30).contains(&due.len()), "{}", due.len());
    // With the rate 1/10 per nanosecond at the beginning, the integral at t is t/10 − t²/(20·length).
    let reached = |t: u128, k: u64| 2 * length.as_nanos() * t - t * t >= 20 * length.as_nanos() * u128::from(k);
    for (k, due) in (plan.arrivals_before(from)..).zip(due) {
        assert!(reached(due.as_nanos(), k) && !reached(due.as_nanos() - 1, k), "{k}: {due:?}");
    }
}

#[test]
fn arrivals_follow_the_weights_of_classes() {
    let plan = plan_of("rate: 10/s, duration: 10s, max_clients: 10", &[("A", 7), ("B", 3)]).unwrap();
    assert_eq!((plan.arrivals(0, 0, 1).count(), plan.arrivals(1, 0, 1).count()), (70, 30));
    let mut all: Vec<Duration> = plan.arrivals(0, 0, 1).chain(plan.arrivals(1, 0, 1)).collect();
    all.sort();
    assert!(all.iter().enumerate().all(|(k, due)| due.as_millis() == 100 * k as u128));
    assert_eq!((plan.whole().pool(0).len(), plan.whole().pool(1).len()), (7, 3));
    assert_eq!(plan.peaks(), (vec![7, 3], vec![7.0, 3.0]));
}

#[test]
fn every_error_of_a_plan_has_a_location_and_a_fix() {
    let error = |runner: &str, classes: &[(&str, u64)]| plan_of(runner, classes).unwrap_err()[0].to_string();
    let both = [("Shopper", 9), ("Auditor", 1)];
    for (runner, classes, part) in [
        ("users: {Shoper: {clients: 1}}", &both[..], "the spec has no user \"Shoper\" (did you mean `Shopper`?)"),
        ("users: {Shopper: {clients: 1}}", &both, "no load is given for the user Auditor (name it under users:"),
        ("clients: 3, users: {Shopper: 1, Auditor: 2}", &both, "each user of the spec has one of its own"),
        ("clients: 3", &[("A", 0)], "all users of the spec have the weight 0"),
        ("clients: 3", &[], "the spec has no user"),
        ("rate: 3, max_clients: 1", &both, "max_clients: 1 is too small: the user Auditor gets none"),
        ("stages: [{rate: 1000000/h, duration: 9000d}, {rate: 999983/h, duration: 9000d}]", &[("A", 1)], "too long for rates that great"),
    ] {
        let found = error(runner, classes);
        assert!(found.contains(part), "{runner}: {found}");
    }
    assert!(error("users: {Shoper: {clients: 1}, Auditor: 1, Shopper: 1}", &both).starts_with("x.profile.yml:2:20: "));
}

#[test]
fn interval_takes_over_and_hands_over() {
    let plan = plan("clients: 4, hatch_rate: 1, duration: 10s");
    let window = |from, to| plan.whole().interval(Duration::from_secs(from), Some(Duration::from_secs(to)), Duration::ZERO, Duration::ZERO);
    assert_eq!(events_text(window(0, 2).events()), "+0@0 +1@1000 -0@2000 -1@2000");
    assert_eq!(events_text(window(2, 20).events()), "+0@2000 +1@2000 +2@2000 +3@3000 -0@10000 -1@10000 -2@10000 -3@10000");
    assert_eq!(window(10, 20).events().count(), 0);
    assert_eq!(window(2, 5).users_at(Duration::from_secs(5)), [0]);
    assert_eq!(window(2, 5).users_at(Duration::from_secs(2)), [3]);
}

#[test]
fn slice_of_an_interval_knows_its_users_and_times() {
    let second = Duration::from_secs(1);
    let runner = "clients: 4, hatch_rate: 4, duration: 20s, users: {D: {rate: 2/s, max_clients: 3}}";
    let plan = plan_of(runner, &[("A", 3), ("B", 1), ("D", 1)]).unwrap();
    let slice = |enter: u32, leave: u32| plan.whole().interval(second * 5, Some(second * 10), second * enter, second * leave);
    // User 1 and slot 1 pass after a share of the window: that of the golden ratio.
    let share = Duration::from_nanos(1_236_067_977);
    let passing = [(0, 0), (0, 2), (2, 0), (2, 2)].map(|(enter, leave)| slice(enter, leave).passing(1));
    let (from, until) = (second * 5 + share, second * 10 + share);
    assert_eq!(passing, [None, Some((Duration::ZERO, until)), Some((from, Duration::MAX)), Some((from, until))]);
    assert_eq!([1, 4, 5, 7].map(|user| slice(0, 2).hand_over(user)), [Some(until), Some(second * 10), Some(until), None]);
    assert_eq!(plan.whole().hand_over(1), None);
    let ends = [slice(0, 2), plan.whole(), slice(0, 20), self::plan("clients: 1").whole()].map(|slice| slice.end());
    assert_eq!(ends, [Some(second * 12), Some(second * 20), Some(second * 20), None]);
    assert_eq!(plan.whole().holders(&[2]), [(4, true), (5, true), (6, true)]);
    let parts = [0, 1].map(|part| plan.slice(part, 2).holders(&[0, 1, 2]));
    assert!((0..7).zip(parts[0].iter().zip(&parts[1])).all(|(user, (one, other))| (one.0, other.0) == (user, user) && one.1 != other.1));
    // A function that replaces another when its interval ends has nothing left to do.
    assert_eq!(slice(0, 0).since(second * 10).pool(2), []);
    let (earlier, later) = (plan.whole().interval(Duration::ZERO, Some(second * 5), Duration::ZERO, second * 2), slice(2, 0));
    let users = [earlier, later].map(|slice| slice.users_at(second * 6).iter().sum::<u64>());
    assert!(users.iter().all(|users| *users > 0) && users.iter().sum::<u64>() == 4, "{users:?}");
}

#[test]
fn a_million_users_are_quickly_counted() {
    let plan = plan_of("clients: 1000000, hatch_rate: 10000, duration: 1h", &[("A", 9), ("B", 1)]).unwrap();
    assert_eq!(plan.users_at(Duration::from_secs(50)), [450_001, 50_000]);
    let slice = plan.slice(3, 1000);
    assert_eq!((slice.peak_clients(), slice.events().count()), (1000, 2000));
}

#[test]
fn expected_iterations_are_those_of_the_assumed_or_known_cycle() {
    let millis = Duration::from_millis;
    let of = |runner: &str, cycle: Cycle| Plan::new(&profile(runner), &[WeightedClass::new("User", 1).with_cycle(cycle)]).unwrap();
    for (cycle, total) in
        [(Cycle::Unknown, 5), (Cycle::Wait(Duration::ZERO), 5), (Cycle::Wait(millis(2000)), 3), (Cycle::Pacing(millis(400)), 13)]
    {
        assert_eq!(of("clients: 1, duration: 5s", cycle).whole().expected(&[0]).total(), total, "{cycle:?}");
    }
    // What comes before and after an interval of a load without an end isn't known.
    let endless =
        of("clients: 2", Cycle::Wait(millis(1000))).whole().interval(millis(3000), Some(millis(5000)), Duration::ZERO, Duration::ZERO);
    assert_eq!(endless.expected(&[0]).all, [0, 4_000_000, 0]);
}

#[test]
fn billions_of_arrivals_are_counted_from_the_integral() {
    let plan = plan("stages: [{rate: 1000000/s, duration: 1h}, {rate: 1000000/s, duration: 1h}]");
    let before = [30, 60, 90].map(|minutes| plan.arrivals_before(Duration::from_secs(60 * minutes)));
    assert_eq!(before, [450_000_000, 1_800_000_000, 3_600_000_000]);
    let fastest = self::plan("rate: 100000000/s, max_clients: 5");
    assert_eq!([0, 1, 10, 11].map(|nanos| fastest.arrivals_before(Duration::from_nanos(nanos))), [0, 1, 1, 2]);
}

#[test]
fn serialized_profile_gives_the_same_plan() {
    let text = include_str!("../../../specs/shop.profile.yml");
    let profile = Profile::parse(text, "specs/shop.profile.yml").unwrap();
    let carried: Profile = serde_json::from_str(&serde_json::to_string(&profile).unwrap()).unwrap();
    assert_eq!(carried, profile);
    let classes = [WeightedClass::new("Shopper", 9), WeightedClass::new("Auditor", 1)];
    let plans = [&profile, &carried].map(|profile| Plan::new(profile, &classes).unwrap());
    assert_eq!(plans[0].events(1, 3).collect::<Vec<_>>(), plans[1].events(1, 3).collect::<Vec<_>>());
    assert_eq!(plans[0].arrivals(1, 1, 3).collect::<Vec<_>>(), plans[1].arrivals(1, 1, 3).collect::<Vec<_>>());
    assert_eq!(plans[0].total_duration(), Some(Duration::from_secs(30)));
    let env =
        ltc_config::Environment::parse("cs1", ltc_config::environment::Source { text: "a: {b: \"x${T}\"}", file: "config/cs1.yml" }, None);
    let env = env.unwrap().resolve(&ltc_config::Reads::everything(), &|_| Some("secret".to_owned()), &NotFetched).unwrap();
    let carried: ltc_config::Environment = serde_json::from_str(&serde_json::to_string(&env).unwrap()).unwrap();
    assert_eq!((carried.secrets(), &carried), (vec!["secret".to_owned()], &env));
}

#[test]
fn arrivals_and_rates_of_a_part_of_the_time_are_those_of_the_profile() {
    let second = Duration::from_secs(1);
    let plan = plan("rate: 0/s, stages: [{rate: 10/s, duration: 10s}, {rate: 10/s, duration: 10s}], max_clients: 50");
    let before = |seconds: u32| plan.arrivals_before(second * seconds);
    assert_eq!((before(0), before(10), before(20), before(60)), (0, 50, 150, 150));
    let peak = |from: u32, until: u32| plan.peak_rate_between(second * from, second * until);
    assert_eq!((peak(0, 5), peak(5, 10), peak(12, 14), peak(20, 30)), (5.0, 10.0, 10.0, 0.0));
    let late = self::plan("rate: 4/s, duration: 10s, start: 5s, max_clients: 5");
    assert_eq!((late.arrivals_before(second * 5), late.arrivals_before(second * 7)), (0, 8));
    assert_eq!((late.peak_rate_between(Duration::ZERO, second * 5), late.peak_rate_between(Duration::ZERO, second * 6)), (0.0, 4.0));
    let late = self::plan("rate: 0/s, stages: [{rate: 10/s, duration: 10s}, {rate: 20/s, duration: 10s}], start: 5s, max_clients: 5");
    let peak = |from: u32, until: u32| late.peak_rate_between(second * from, second * until);
    assert!((peak(2, 10) - 5.0).abs() < 1e-9 && (peak(10, 20) - 15.0).abs() < 1e-9, "{} {}", peak(2, 10), peak(10, 20));
    assert_eq!(self::plan("clients: 3, duration: 1s").arrivals_before(second), 0);
}
