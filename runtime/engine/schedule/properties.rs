//! Tests properties over random profiles: however a load is divided, the parts add up to the whole.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A small random number generator. A failing case can be repeated by its number.
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
            // There are too few slots for the random weights, so it draws again.
            Err(_) => self.plan(),
        }
    }
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
            pools.sort_unstable_by_key(|server| server.user);
            assert_eq!(parts, whole, "{seed}: {runner}");
            assert_eq!(pools, plan.whole().pool(class), "{seed}: {runner}");
        }
    }
}

/// A shard's slices of consecutive intervals, and the borders between them.
fn intervals(dice: &mut Dice, slice: &Slice) -> (Vec<Slice>, Duration) {
    let total = slice.plan().total_duration().unwrap_or_default() + Duration::from_secs(1);
    let length = Duration::from_nanos(500_000_000 + dice.roll(5_000) * 1_000_003);
    let window = length * u32::try_from(dice.roll(11)).unwrap() / 10;
    let count = u32::try_from(total.as_nanos() / length.as_nanos()).unwrap();
    let at = |number: u32| {
        let (enter, last) = (if number == 0 { Duration::ZERO } else { window }, number == count);
        let (to, leave) = if last { (None, Duration::ZERO) } else { (Some(length * (number + 1)), window) };
        slice.clone().interval(length * number, to, enter, leave)
    };
    ((0..=count).map(at).collect(), window)
}

#[test]
fn intervals_sum_to_the_whole_at_every_instant() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (runner, plan) = dice.plan();
        let slice = plan.slice(dice.roll(3), 3);
        let (parts, window) = intervals(&mut dice, &slice);
        let said = format!("{seed}: {runner}, handed over within {window:?}");
        let mut events: Vec<(Event, usize)> =
            parts.iter().enumerate().flat_map(|(part, slice)| slice.events().map(move |event| (event, part))).collect();
        // At the same time, a user leaves one function before it enters the next.
        events.sort_by_key(|(event, part)| (event.at, *part));
        let mut replay = Replay::default();
        for (number, (event, part)) in events.iter().enumerate() {
            replay.apply(*event);
            if let EventKind::Continue(began) = event.kind {
                assert!(began < event.at && *part > 0, "{said}: {event:?}");
                assert!(event.at <= parts[*part].begin() + window, "{said}: {event:?}");
            }
            if events.get(number + 1).is_none_or(|(next, _)| next.at > event.at) {
                let whole = slice.users_at(event.at);
                assert_eq!(replay.counts(plan.classes().len()), whole, "{said} at {:?}", event.at);
                let mut sum = vec![0; whole.len()];
                parts.iter().for_each(|part| part.users_at(event.at).iter().zip(&mut sum).for_each(|(part, sum)| *sum += part));
                assert_eq!(sum, whole, "{said} at {:?}", event.at);
            }
        }
        assert!(replay.users.is_empty(), "{said}");
    }
}

#[test]
fn intervals_partition_the_arrivals_and_each_arrival_has_a_user() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (runner, plan) = dice.plan();
        let slice = plan.slice(dice.roll(3), 3);
        let (parts, window) = intervals(&mut dice, &slice);
        for class in 0..plan.classes().len() {
            let whole: Vec<Duration> = slice.arrivals(class).collect();
            let mut all = Vec::new();
            for part in &parts {
                let pool = part.pool(class);
                for due in part.arrivals(class) {
                    assert!(pool.iter().any(|server| server.from <= due && due < server.until), "{seed}: {runner} within {window:?}");
                    all.push(due);
                }
            }
            all.sort();
            assert_eq!(all, whole, "{seed}: {runner}, handed over within {window:?}");
            let mut pools: Vec<_> = parts.iter().flat_map(|part| part.pool(class)).collect();
            pools.sort_by_key(|server| (server.user, server.from));
            for pair in pools.windows(2).filter(|pair| pair[0].user == pair[1].user) {
                assert_eq!(pair[0].until, pair[1].from, "{seed}: {runner}: one function at a time has a user");
            }
        }
    }
}

#[test]
fn replacement_continues_the_load_of_the_lost_function() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (runner, plan) = dice.plan();
        let slice = plan.slice(dice.roll(3), 3);
        let (parts, window) = intervals(&mut dice, &slice);
        let part = &parts[usize::try_from(dice.roll(parts.len() as u64)).unwrap()];
        let since = part.begin() + Duration::from_nanos(dice.roll(4_000) * 1_000_003);
        let said = format!("{seed}: {runner}, handed over within {window:?}, replaced at {since:?}");
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
            assert!(event.at >= since, "{said}: {event:?}");
            // An active user continues immediately.
            if event.at == since && matches!(event.kind, EventKind::Continue(_)) && lost.users.contains_key(&event.user) {
                replay.apply(event);
            } else {
                later.push(event);
            }
        }
        let gone: BTreeSet<u64> = rest.iter().filter(|event| event.at == since && !event.is_start()).map(|event| event.user).collect();
        lost.users.retain(|user, _| !gone.contains(user));
        assert_eq!(replay.users, lost.users, "{said}");
        let key = |event: &Event| (event.at, event.user, event.is_start());
        let expected: BTreeSet<_> =
            rest.iter().filter(|event| event.is_start() || event.at > since || !gone.contains(&event.user)).map(key).collect();
        assert_eq!(later.iter().map(key).collect::<BTreeSet<_>>(), expected, "{said}");
        for class in 0..plan.classes().len() {
            let whole: Vec<Duration> = part.arrivals(class).filter(|due| *due >= since).collect();
            assert_eq!(replacement.arrivals(class).collect::<Vec<_>>(), whole, "{said}");
        }
    }
}

#[test]
fn number_of_arrivals_equals_the_integral() {
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
