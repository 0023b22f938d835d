//! A scenario: the load of a simulated run, and its faults, drawn from a seed.

use std::ops::Range;
use std::time::Duration;

use ltc_config::Profile;
use ltc_config::profile::WithoutOrchestrator;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::super::control;
use super::super::fleet::{Fleet, FleetOptions};
use super::super::timeouts::Timeouts;
use super::killed::Kill;
use super::server::Server;
use super::verdict::Limit;
use super::world::Control;
use ltc_engine::schedule::{Plan, WeightedClass};

/// A load, and the faults that concern the whole run.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) profile: Profile,
    pub(super) classes: Vec<WeightedClass>,
    pub(super) plan: Plan,
    pub(super) fleet: Fleet,
    pub(super) stats_interval: Duration,
    pub(super) graceful_stop: Duration,
    pub(super) faulty: bool,
    pub(super) control: Control,
    pub(super) server: Server,
    pub(super) limits: Vec<Limit>,
    /// When the tester stops the test, and whether it is an immediate stop in the end.
    pub(super) stopped: Option<(Duration, bool)>,
    /// The number of intervals after which a threshold stops it.
    pub(super) threshold_after: Option<usize>,
    /// When the orchestrator is killed.
    pub(super) kill: Option<Kill>,
    pub(super) rule: WithoutOrchestrator,
    /// When the disk of the journal is full.
    pub(super) disk_full: Range<Duration>,
    /// When values are renewed.
    pub(super) renewals: Vec<Duration>,
}

impl Scenario {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let clients = rng.random_range(1..=40);
        let seconds = rng.random_range(4..=60);
        let load = match rng.random_range(0..5) {
            0 => format!("clients: {clients}, hatch_rate: {}", rng.random_range(1..=50)),
            1 => format!("clients: {clients}, hatch_rate: 100, step_load: true, step_clients: 5, step_duration: 4s"),
            2 => format!("stages: [{{clients: {clients}, duration: {}s}}, {{clients: 3, duration: {}s}}]", seconds / 2, seconds / 3 + 1),
            3 => format!("rate: {}/s, max_clients: {clients}", rng.random_range(1..=30)),
            _ => format!("rate: {}/s, max_clients: {clients}, arrivals: poisson", rng.random_range(1..=30)),
        };
        let rule = if rng.random() { "finish".to_owned() } else { format!("{}s", rng.random_range(20..=60)) };
        let limits: Vec<Limit> = (0..rng.random_range(0..4)).map(|_| Limit::draw(rng)).collect();
        let thresholds: Vec<String> = limits.iter().map(|limit| limit.text()).collect();
        let text =
            format!("profile: {{runner: {{{load}, duration: {seconds}s, without_orchestrator: {rule}}}, thresholds: {thresholds:?}}}");
        let profile = Profile::parse(&text, "x.yml").unwrap();
        let mut classes = vec![WeightedClass::new("Buyer", 1)];
        // Each class needs a user.
        if clients >= 8 && rng.random() {
            classes.push(WeightedClass::new("Visitor", rng.random_range(1..=3)));
        }
        let plan = Plan::seeded(&profile, &classes, 7).unwrap();
        let interval = (rng.random_range(0..4) > 0).then(|| Duration::from_secs(rng.random_range(2..=25)));
        let options = FleetOptions { shards: Some(rng.random_range(1..=5)), interval, ..FleetOptions::default() };
        let fleet = Fleet::of_processes(&plan, 2, &options);
        let faulty = rng.random_range(0..5) > 0;
        let mut control = Control::default();
        if faulty && rng.random_range(0..3) == 0 {
            let until = Duration::from_secs(rng.random_range(0..=seconds + 5));
            control =
                Control { stop_fails_until: Some((until, rng.random())), abandon_fails: 30, hangs: rng.random(), ..Control::default() };
        }
        let mostly_well = |rng: &mut ChaCha8Rng| if rng.random_range(0..3) == 0 { rng.random_range(1..=100) } else { 2 };
        let server = Server { fails: mostly_well(rng), is_slow: mostly_well(rng) };
        let mut stopped = (rng.random_range(0..3) == 0).then(|| (Duration::from_millis(rng.random_range(0..seconds * 1000)), rng.random()));
        let threshold_after = (rng.random_range(0..8) == 0).then(|| rng.random_range(1..20));
        let stats_interval = Duration::from_secs(rng.random_range(2..=6));
        let graceful_stop = Duration::from_millis(rng.random_range(0..=3000));
        let millis = |rng: &mut ChaCha8Rng| Duration::from_millis(rng.random_range(0..seconds * 1000));
        let mut kill = (rng.random_range(0..4) == 0).then(|| Kill {
            at: millis(rng),
            stopped_after: (rng.random_range(0..3) == 0).then(|| Duration::from_secs(rng.random_range(1..=30))),
        });
        let disk_full = if rng.random_range(0..4) == 0 { millis(rng)..millis(rng) } else { Duration::MAX..Duration::MAX };
        if faulty && kill.is_none() && rng.random_range(0..4) == 0 {
            let from = Duration::from_secs(rng.random_range(0..seconds));
            control.unwritable = from..from + Duration::from_secs(rng.random_range(1..=60));
        }
        if faulty && kill.is_none() && control.unwritable.is_empty() && rng.random_range(0..6) == 0 {
            control.expire(Duration::from_secs(rng.random_range(0..seconds)));
        }
        if faulty && kill.is_none() && control.unwritable.is_empty() && rng.random_range(0..4) == 0 {
            let from = Duration::from_millis(rng.random_range(0..seconds * 1000));
            control.interrupt(from..from + Duration::from_secs(rng.random_range(5..=45)), rng.random());
        }
        let mut renewals = Vec::new();
        if rng.random_range(0..4) == 0 {
            // A renewal that fails sets no values, so the times between renewals differ.
            let mut at = Duration::ZERO;
            while at < Duration::from_secs(seconds) {
                at += Duration::from_millis(rng.random_range(500..=20_000));
                renewals.push(at);
            }
            control.share_takes = Duration::from_millis(rng.random_range(0..=3_500));
            control.share_fails = if faulty { rng.random_range(0..=60) } else { 0 };
        }
        // Some things happen together at a border, where functions of two intervals run.
        if faulty
            && rng.random_range(0..4) == 0
            && let Some(interval) = fleet.interval(rng.random_range(1..4))
        {
            let mut near = || (interval.from + Duration::from_millis(rng.random_range(0..=9_000))).saturating_sub(Duration::from_secs(2));
            let from = near();
            control.throttled = from..from.max(near());
            stopped = stopped.map(|(_, again)| (near(), again));
            kill = kill.map(|kill| Kill { at: near(), ..kill });
            if !renewals.is_empty() {
                renewals.push(near());
                renewals.sort();
            }
        }
        let rule = profile.without_orchestrator;
        Self {
            profile,
            classes,
            plan,
            fleet,
            stats_interval,
            graceful_stop,
            faulty,
            control,
            server,
            limits,
            stopped,
            threshold_after,
            kill,
            rule,
            disk_full,
            renewals,
        }
    }

    /// The longest time that a run may take. Each wait has a limit, so the sum has one.
    pub(super) fn bound(&self) -> Duration {
        let timeouts = self.timeouts();
        let own_end = control::longest_silence(self.rule).unwrap_or_default();
        let outage = timeouts.outage + self.control.outage.end.saturating_sub(self.control.outage.start);
        let attempt = timeouts.accept * 2 + timeouts.start + timeouts.silence + Timeouts::LONGEST_PAUSE + own_end;
        self.plan.total_duration().unwrap() + self.graceful_stop + outage + attempt * timeouts.attempts
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        Timeouts::for_interval(self.stats_interval)
    }
}
