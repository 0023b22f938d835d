//! Tests everything that can go wrong with a fleet, with a backend that fails as the test says. No test asserts a time that a slow machine
//! could miss.

use ltc_config::Profile;

use super::super::event::sample;
use super::super::fake_backend::{Behavior, FakeBackend, FleetRecord, INTERVAL};
use super::super::fleet::FleetOptions;
use super::*;
use ltc_engine::schedule::WeightedClass;
use ltc_engine::stats::{Snapshot, micros};

/// What a test observes of a run.
struct TestRun {
    outcome: RunOutcome,
    record: Arc<FleetRecord>,
    total: Snapshot,
    intervals: usize,
}

impl TestRun {
    fn notes(&self) -> String {
        self.outcome.notes.join("\n")
    }

    fn has(&self, part: &str) -> bool {
        self.notes().contains(part)
    }
}

fn run_fleet_for(
    behaviors: &[Behavior],
    seconds: u64,
    interval: Option<Duration>,
    stop: &Stop,
    each: impl FnMut(usize) -> bool,
) -> TestRun {
    let record = FleetRecord { behaviors: behaviors.to_vec(), ..FleetRecord::default() };
    run_fleet_with(record, seconds, interval, stop, each)
}

fn run_fleet_with(
    record: FleetRecord,
    seconds: u64,
    interval: Option<Duration>,
    stop: &Stop,
    mut each: impl FnMut(usize) -> bool,
) -> TestRun {
    let runner = format!("clients: 4, hatch_rate: 1000, duration: {seconds}s");
    let template = sample::event(&runner);
    let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
    let plan = Plan::new(&profile, &[WeightedClass::new("User", 1)]).unwrap();
    let fleet = Fleet::of_processes(&plan, 2, &FleetOptions { shards: Some(2), interval, ..FleetOptions::default() });
    let record = Arc::new(record);
    let clock = Clock::starting_in(Duration::from_millis(150));
    let orchestrator = Orchestrator {
        backend: Arc::new(FakeBackend(record.clone())),
        fleet,
        plan,
        template: SliceEvent { starts_at_us: micros(clock.unix_start()), stats_interval_us: micros(INTERVAL), ..template },
        clock,
        with_suspensions: clock::with_suspensions,
        journal: None,
        renewed: RenewedValues::default(),
        names: 1,
        timeouts: Timeouts {
            accept: Duration::from_secs(5),
            start: Duration::from_millis(1500),
            silence: Duration::from_millis(1500),
            rest: Duration::from_millis(100),
            pause: Duration::from_millis(20),
            attempts: 4,
            outage: Duration::ZERO,
        },
        notice: |_, _| (),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut total = Snapshot::empty(1);
    let mut intervals = 0;
    let outcome = runtime.block_on(orchestrator.run(stop, |delta| {
        total.merge(&delta.snapshot);
        intervals += 1;
        each(intervals)
    }));
    TestRun { outcome, record, total, intervals }
}

#[test]
fn functions_without_control_channel_generate_no_load() {
    let run = run_fleet(&[Behavior::Uncontrolled]);
    assert_eq!(run.outcome.broken.as_deref(), Some("shard 1: NoControl"));
    assert_eq!((run.total.names[0].requests, *run.record.requested_stop.lock().unwrap()), (0, Some(Urgency::Now)));
}

#[test]
fn orchestrator_that_cannot_write_the_control_channel_starts_nothing() {
    let run = run_fleet_with(FleetRecord { no_control: true, ..FleetRecord::default() }, 3, None, &Stop::default(), |_| false);
    assert_eq!(run.outcome.broken.as_deref(), Some("cannot use the control channel, so no load was generated: access denied"));
    assert_eq!(*run.record.begun.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn healthy_shard_goes_on_while_another_one_cannot_start() {
    // Shard 1 cannot start in the second interval, after the load has begun.
    let run = run_fleet_for(&[Behavior::Well], 2, Some(Duration::from_secs(1)), &Stop::default(), |_| false);
    assert_eq!(run.outcome, RunOutcome::default());
    let record = FleetRecord { refused_from: Some(1), ..FleetRecord::default() };
    let run = run_fleet_with(record, 3, Some(Duration::from_secs(1)), &Stop::default(), |_| false);
    assert!(run.outcome.broken.is_some() && run.has("shard 1 lost 2 times between 00:00:01 and 00:00:03"), "{}", run.notes());
    assert_eq!(*run.record.requested_stop.lock().unwrap(), None, "nobody is stopped");
    assert!(run.record.begun.lock().unwrap().contains(&"t/2/0/0".to_owned()));
}

#[test]
fn running_functions_go_on_to_their_end_when_no_other_can_be_started() {
    let record = FleetRecord { refused_from: Some(1), refuses_all: true, ..FleetRecord::default() };
    let run = run_fleet_with(record, 6, Some(Duration::from_secs(2)), &Stop::default(), |_| false);
    assert!(
        run.outcome.broken.is_some() && run.has("no function could be started, so there is no load from 00:00:04 on"),
        "{}",
        run.notes()
    );
    assert!(run.has("shards 0, 1 lost from 00:00:02 to 00:00:05, 4 users: the security token is invalid"), "{}", run.notes());
    assert_eq!(*run.record.requested_stop.lock().unwrap(), None, "nobody is stopped");
    assert_eq!(*run.record.begun.lock().unwrap(), ["t/0/0/0", "t/0/1/0"]);
    assert_eq!(run.total.names[0].requests, *run.record.made.lock().unwrap());
    // Two functions make ten requests a second for two seconds and the window of the hand-over.
    assert!(run.total.names[0].requests > 25, "{}", run.total.names[0].requests);
}

fn run_fleet(behaviors: &[Behavior]) -> TestRun {
    run_fleet_for(behaviors, 3, None, &Stop::default(), |_| false)
}

#[test]
fn healthy_fleet_ends_without_notes() {
    let run = run_fleet(&[]);
    assert_eq!(run.outcome, RunOutcome::default());
    assert_eq!(*run.record.begun.lock().unwrap(), ["t/0/0/0", "t/0/1/0"]);
    assert!(run.intervals >= 5, "{}", run.intervals);
    assert_eq!(*run.record.cleaned.lock().unwrap(), 1);
    assert!(run.total.names[0].requests > 10);
}

#[test]
fn functions_of_each_interval_are_started_in_order() {
    let run = run_fleet_for(&[], 3, Some(Duration::from_secs(1)), &Stop::default(), |_| false);
    assert_eq!(run.outcome, RunOutcome::default());
    let mut begun = run.record.begun.lock().unwrap().clone();
    begun.sort();
    assert_eq!(begun, ["t/0/0/0", "t/0/1/0", "t/1/0/0", "t/1/1/0", "t/2/0/0", "t/2/1/0"]);
}

#[test]
fn dead_shard_is_restarted_for_the_rest() {
    for behavior in [Behavior::Dies, Behavior::Cut, Behavior::Deadline] {
        let run = run_fleet(&[behavior]);
        assert_eq!(run.outcome.broken, None, "{behavior:?}: {}", run.notes());
        assert!(run.record.begun.lock().unwrap().contains(&"t/0/1/1".to_owned()), "{behavior:?}");
        // Its results from before the loss count, and so do those from after.
        assert!(run.total.names[0].requests > 10, "{behavior:?}");
        if behavior == Behavior::Cut {
            // The length of the gap depends on the machine. A frame that was cut off is reported only for a long gap.
            assert!(run.outcome.notes.is_empty() || run.has("a frame was cut off after"), "{}", run.notes());
        }
    }
}

#[test]
fn hanging_shard_is_stopped_before_restart() {
    let run = run_fleet_for(&[Behavior::Hangs], 5, None, &Stop::default(), |_| false);
    assert_eq!(run.outcome.broken, None, "{}", run.notes());
    assert_eq!(*run.record.abandoned.lock().unwrap(), ["t/0/1/0"]);
    assert!(run.has("shard 1 lost from 00:00:0") && run.has("2 users: it hangs: no frame arrived"), "{}", run.notes());
    assert!(run.has("1 of 2 shards generated all of their load"), "{}", run.notes());
}

#[test]
fn unreachable_shard_is_not_doubled() {
    // The fake backend panics if a function is started again before it was abandoned.
    for behavior in [Behavior::OutOfSight, Behavior::Elsewhere] {
        let run = run_fleet(&[behavior]);
        assert_eq!(run.outcome.broken, None, "{}", run.notes());
        assert_eq!(*run.record.abandoned.lock().unwrap(), ["t/0/1/0"]);
        assert_eq!(run.record.begun.lock().unwrap().last().unwrap(), "t/0/1/1");
    }
}

#[test]
fn output_that_arrives_only_at_the_end_counts_and_is_reported() {
    // The first function is ended, because it seems not to start. Then it is clear that its output comes as a whole.
    let run = run_fleet_for(&[Behavior::Buffered, Behavior::Buffered], 5, None, &Stop::default(), |_| false);
    assert_eq!(*run.record.begun.lock().unwrap(), ["t/0/0/0", "t/0/1/0", "t/0/1/1"]);
    assert_eq!(*run.record.abandoned.lock().unwrap(), ["t/0/1/0"], "the second one is waited for");
    assert_eq!((run.outcome.broken.as_ref(), run.total.names[0].requests), (None, *run.record.made.lock().unwrap()), "{}", run.notes());
    assert!(run.has("let the proxy stream responses, or set NO_PROXY=.amazonaws.com"), "{}", run.notes());
}

#[test]
fn shard_that_never_starts_is_retried_then_reported() {
    let run = run_fleet(&[Behavior::Never, Behavior::NotStarted]);
    assert_eq!(run.outcome.broken, None, "{}", run.notes());
    assert_eq!(run.record.begun.lock().unwrap().last().unwrap(), "t/0/1/2");
    let never = run_fleet(&[Behavior::NotStarted; 4]);
    let broken = never.outcome.broken.clone().unwrap();
    assert_eq!(broken, "shard 1 lost from 00:00:00 to 00:00:03, 2 users: no route to host");
    assert!(never.total.names[0].requests > 5, "the other's results are kept");
    let mute = run_fleet(&[Behavior::Mute, Behavior::Mute]);
    assert!(mute.has("2 users: not ready within"), "{}", mute.notes());
}

#[test]
fn throttled_shards_start_late() {
    let run = run_fleet(&[Behavior::Throttled; 5]);
    assert_eq!(run.outcome.broken, None, "{}", run.notes());
    assert!(run.has("shard 1 lost from 00:00:00 to 00:00:0"), "{}", run.notes());
    assert!(run.has("2 users: throttled 5 times: Rate Exceeded"), "{}", run.notes());
}

#[test]
fn permanent_start_error_ends_the_test() {
    for (behavior, why) in [(Behavior::Refused, "shard 1: the security token is invalid"), (Behavior::Stranger, "shard 1: Refused")] {
        let run = run_fleet_for(&[behavior], 60, None, &Stop::default(), |_| false);
        assert_eq!(run.outcome.broken.as_deref(), Some(why), "{behavior:?}");
        assert_eq!(*run.record.requested_stop.lock().unwrap(), Some(Urgency::Now));
    }
}

#[test]
fn slice_delivered_twice_runs_once() {
    let run = run_fleet(&[Behavior::Twice]);
    assert_eq!(run.outcome.broken, None);
    assert_eq!(run.outcome.notes, ["shard 1: its event was delivered twice and run once: t was given to this function before"]);
    assert_eq!(run.record.begun.lock().unwrap().len(), 2);
}

#[test]
fn clock_ahead_of_the_orchestrator_is_noted() {
    let run = run_fleet(&[Behavior::Ahead]);
    assert_eq!(run.outcome.broken, None);
    assert!(run.has("shard 1: its clock is 2.0 s ahead of the orchestrator's"), "{}", run.notes());
}

#[test]
fn network_cut_of_a_second_loses_nothing() {
    let run = run_fleet(&[Behavior::Stalls]);
    assert_eq!(run.outcome, RunOutcome::default());
    assert_eq!(run.total.names[0].requests, *run.record.made.lock().unwrap());
    assert_eq!(run.record.begun.lock().unwrap().len(), 2);
}

#[test]
fn stopped_fleet_keeps_the_results_that_arrived() {
    let stop = Stop::default();
    let interrupt = stop.clone();
    let run = run_fleet_for(&[], 60, None, &stop, move |intervals| {
        if intervals == 5 {
            interrupt.interrupt();
        }
        false
    });
    assert_eq!(run.outcome, RunOutcome::default());
    assert_eq!(*run.record.requested_stop.lock().unwrap(), Some(Urgency::Gracefully));
    assert!(run.total.names[0].requests >= 5);
    // A threshold that stops the test requests the same.
    let judged = run_fleet_for(&[], 60, None, &Stop::default(), |intervals| intervals == 5);
    assert_eq!((judged.outcome, *judged.record.requested_stop.lock().unwrap()), (RunOutcome::default(), Some(Urgency::Gracefully)));
}

#[test]
fn shard_that_does_not_stop_is_not_waited_for() {
    let stop = Stop::default();
    stop.interrupt();
    stop.interrupt();
    let run = run_fleet_for(&[Behavior::Deaf], 60, None, &stop, |_| false);
    assert_eq!(*run.record.requested_stop.lock().unwrap(), Some(Urgency::Now));
    assert_eq!(*run.record.cleaned.lock().unwrap(), 1);
    assert!(run.has("some functions did not stop in time"), "{}", run.notes());
}
