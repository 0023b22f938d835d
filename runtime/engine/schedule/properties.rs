//! Properties over random profiles: whatever the load and however it is cut, the parts sum to the whole.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A small random number generator, so that a failing case is repeated by its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }

    fn millis(&mut self) -> String {
        format!("{}ms", 1 + self.roll(4000))
    }

    fn load(&mut self) -> String {
        match self.roll(5) {
            0 => format!("clients: {}, hatch_rate: {}", 1 + self.roll(60), self.pick(&["0.7", "3", "10", "33.3", "200"])),
            1 => format!(
                "clients: {}, hatch_rate: {}, step_load: true, step_clients: {}, step_duration: {}",
                1 + self.roll(60),
                self.pick(&["1.5", "7", "50"]),
                1 + self.roll(20),
                self.millis()
            ),
            2 => {
                let stages: Vec<String> =
                    (0..=self.roll(4)).map(|_| format!("{{clients: {}, duration: {}}}", self.roll(40), self.millis())).collect();
                format!("stages: [{}]", stages.join(", "))
            }
            3 => format!(
                "rate: {}, max_clients: {}, arrivals: {}",
                self.pick(&["7/s", "90/m", "41.3/s"]),
                5 + self.roll(30),
                self.pick(&["even", "poisson"])
            ),
            _ => {
                let stages: Vec<String> = (0..=self.roll(4))
                    .map(|_| format!("{{rate: {}, duration: {}}}", self.pick(&["0", "5/s", "700/m", "33.7/s"]), self.millis()))
                    .collect();
                format!(
                    "stages: [{}], max_clients: {}, arrivals: {}",
                    stages.join(", "),
                    5 + self.roll(30),
                    self.pick(&["even", "poisson"])
                )
            }
        }
    }

    fn plan(&mut self) -> (String, Plan) {
        let mut classes: Vec<WeightedClass> = (0..=self.roll(3)).map(|n| WeightedClass::new(&format!("U{n}"), 1 + self.roll(4))).collect();
        let mut runner = format!("{}, duration: {}s, start: {}", self.load(), 1 + self.roll(9), self.millis());
        if self.roll(2) == 0 {
            classes.push(WeightedClass::new("Own", 1));
            runner.push_str(&format!(", users: {{Own: {{{}, start: {}}}}}", self.load(), self.millis()));
        }
        let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
        match Plan::seeded(&profile, &classes, self.roll(1000)) {
            Ok(plan) => (runner, plan),
            // Too few slots for the weights drawn: another throw.
            Err(_) => self.plan(),
        }
    }
}

/// Replays events; fails where a running user starts, or a stopped one stops.
#[derive(Default)]
struct Replay {
    users: BTreeMap<u64, usize>,
}

impl Replay {
    fn apply(&mut self, event: Event) {
        match event.kind {
            EventKind::Start => assert_eq!(self.users.insert(event.user, event.class), None, "{event:?}"),
            EventKind::Stop => assert_eq!(self.users.remove(&event.user), Some(event.class), "{event:?}"),
        }
    }

    fn counts(&self, classes: usize) -> Vec<u64> {
        let mut counts = vec![0; classes];
        self.users.values().for_each(|class| counts[*class] += 1);
        counts
    }
}

#[test]
fn events_agree_with_counts_at_every_instant() {
    for seed in 0..300 {
        let (runner, plan) = Dice(seed).plan();
        let mut replay = Replay::default();
        let events: Vec<Event> = plan.events(0, 1).collect();
        assert!(events.is_sorted_by_key(|event| event.at), "{seed}: {runner}");
        for (number, event) in events.iter().enumerate() {
            replay.apply(*event);
            if events.get(number + 1).is_none_or(|next| next.at > event.at) {
                assert_eq!(replay.counts(plan.classes().len()), plan.users_at(event.at), "{seed}: {runner} at {:?}", event.at);
            }
        }
        assert!(replay.users.is_empty(), "{seed}: {runner}");
    }
}

#[test]
fn shards_partition_the_events() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let (runner, plan) = dice.plan();
        let shards = 1 + dice.roll(9);
        let workers = 1 + dice.roll(3);
        let key = |event: &Event| (event.at, event.user, event.is_start(), event.class);
        let whole: BTreeSet<_> = plan.events(0, 1).map(|event| key(&event)).collect();
        let mut parts = Vec::new();
        for shard in 0..shards {
            for worker in 0..workers {
                parts.extend(plan.slice(shard, shards).part(worker, workers).events().map(|event| key(&event)));
            }
        }
        assert_eq!(parts.len(), whole.len(), "{seed}: {runner}");
        assert_eq!(parts.into_iter().collect::<BTreeSet<_>>(), whole, "{seed}: {runner}");
        for at in (0..12_000).step_by(730).map(Duration::from_millis) {
            let mut sum = vec![0; plan.classes().len()];
            for shard in 0..shards {
                plan.slice(shard, shards).users_at(at).iter().zip(&mut sum).for_each(|(part, sum)| *sum += part);
            }
            assert_eq!(sum, plan.users_at(at), "{seed}: {runner} at {at:?}");
        }
    }
}

#[test]
fn shards_partition_the_arrivals_and_their_users() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (runner, plan) = dice.plan();
        let shards = 1 + dice.roll(9);
        for class in 0..plan.classes().len() {
            let whole: Vec<Duration> = plan.arrivals(class, 0, 1).collect();
            assert!(whole.is_sorted(), "{seed}: {runner}");
            let mut parts = Vec::new();
            let mut pools = Vec::new();
            for shard in 0..shards {
                let slice = plan.slice(shard, shards);
                let due: Vec<Duration> = slice.arrivals(class).collect();
                let pool = slice.pool(class);
                assert!(due.is_empty() || !pool.is_empty(), "{seed}: {runner}: arrivals where no user is");
                parts.extend(due);
                pools.extend(pool);
            }
            parts.sort();
            pools.sort_unstable();
            assert_eq!(parts, whole, "{seed}: {runner}");
            assert_eq!(pools, plan.whole().pool(class), "{seed}: {runner}");
        }
    }
}

#[test]
fn windows_follow_each_other_without_gap_or_double_load() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let (runner, plan) = dice.plan();
        let (shard, shards) = (dice.roll(3), 3);
        let slice = plan.slice(shard, shards);
        let mut cuts: Vec<Duration> = (0..dice.roll(5)).map(|_| Duration::from_nanos(dice.roll(9_000) * 1_000_003)).collect();
        cuts.extend([Duration::ZERO, plan.total_duration().unwrap() + Duration::from_secs(1)]);
        cuts.sort();
        for class in 0..plan.classes().len() {
            let whole: Vec<Duration> = slice.arrivals(class).collect();
            let parts: Vec<Duration> = cuts.windows(2).flat_map(|cut| slice.clone().window(cut[0], cut[1]).arrivals(class)).collect();
            assert_eq!(parts, whole, "{seed}: {runner} cut at {cuts:?}");
        }
        for cut in cuts.windows(2) {
            let window = slice.clone().window(cut[0], cut[1]);
            let mut replay = Replay::default();
            let events: Vec<Event> = window.events().collect();
            for (number, event) in events.iter().enumerate() {
                assert!(event.at >= cut[0] && event.at <= cut[1], "{seed}: {runner}");
                replay.apply(*event);
                if events.get(number + 1).is_none_or(|next| next.at > event.at) && event.at < cut[1] {
                    assert_eq!(replay.counts(plan.classes().len()), slice.users_at(event.at), "{seed}: {runner} at {:?}", event.at);
                }
            }
            assert!(replay.users.is_empty(), "{seed}: {runner}: all are handed over");
        }
    }
}

#[test]
fn arrivals_are_as_many_as_the_integral_says() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let rates = [0u64, 3, 20, 55];
        let mut area = 0.0;
        let mut from = 0u64;
        let mut stages = Vec::new();
        for _ in 0..=dice.roll(4) {
            let to = rates[usize::try_from(dice.roll(4)).unwrap()];
            let seconds = 2 * (1 + dice.roll(5));
            area += (from + to) as f64 / 2.0 * seconds as f64;
            stages.push(format!("{{rate: {to}, duration: {seconds}s}}"));
            from = to;
        }
        if area == 0.0 {
            continue;
        }
        let text = format!("profile: {{runner: {{stages: [{}]}}}}", stages.join(", "));
        let plan = Plan::new(&Profile::parse(&text, "x.yml").unwrap(), &[WeightedClass::new("U", 1)]).unwrap();
        assert_eq!(plan.arrivals(0, 0, 1).count() as f64, area.ceil(), "{text}");
    }
}
