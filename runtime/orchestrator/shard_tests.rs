//! Tests a function's answers to events: one that runs, one for another binary, one that comes twice, one that exceeds its time limit.

use super::super::event::{FORMAT, sample};
use super::super::frame::{FrameReader, Received};
use super::*;
use ltc_engine::User;
use ltc_engine::clock;
use ltc_engine::generated::Flow;
use ltc_engine::generated::at;
use ltc_engine::program::Wait;
use ltc_engine::program::{Embedded, RowInfo, UserClass};
use ltc_engine::value::Value;

async fn iterations(user: &User) -> Flow {
    loop {
        user.end_iteration(Ok(())).await;
    }
}

static PROGRAM: Program = Program {
    fingerprint: "00",
    name: "idle",
    spec: "specs/idle.lt",
    compiler: "0.1.0",
    files: &["specs/idle.lt"],
    locations: &[],
    lines: &[RowInfo { name: "Nothing", method: "GET", kind: RowKind::Step }],
    steps: &[],
    apis: &[],
    urls: &[],
    env: &[],
    data: &[],
    keeps: &[],
    reads_iteration: false,
    globals: &[],
    users: &[UserClass {
        name: "User",
        weight: |_| Ok(Value::Int(1)),
        iterations: |u| Box::pin(iterations(u)),
        wait: Some(|_| Ok(Wait::Between(Duration::from_millis(20), Duration::from_millis(20)))),
        on_start: None,
        on_stop: None,
        every: &[],
        scenarios: &[],
        at: at(1, 1),
    }],
    scenarios: &[],
    before_test: None,
    renewals: &[],
    after_test: None,
    regexes: &[],
    paths: &[],
    selectors: &[],
    secrets: &[],
    assets: &[],
    embedded: Embedded { profile: None, environments: &[] },
};

fn host(limit: Option<Duration>) -> Host {
    Host { place: "here".into(), init: Duration::from_millis(3), deadline: limit.map(|limit| clock::now() + limit) }
}

fn event(runner: &str, starts_in: i64) -> SliceEvent {
    let now = i64::try_from(micros(unix_now())).unwrap();
    let event = sample::event(runner);
    SliceEvent {
        starts_at_us: u64::try_from(now + starts_in * 1000).unwrap(),
        sent_at_us: now.unsigned_abs(),
        apis: Vec::new(),
        permission: ltc_engine::http::Permission::default(),
        env: Vec::new(),
        stats_interval_us: 100_000,
        to_us: None,
        ..event
    }
}

fn frames(json: &[u8], host: &Host, seen: &DeliveredSlices) -> Vec<Frame> {
    let mut reader = FrameReader::default();
    run(
        &PROGRAM,
        json,
        host,
        seen,
        &Stop::default(),
        |_, _, _| Ok(Connection { silence: SilenceFlag::default(), kept: Box::new(NoKeeper) }),
        |line| reader.push(&line),
    );
    let frames = reader.map(|received| match received {
        Received::Frame(_, frame) => *frame,
        other => panic!("{other:?}"),
    });
    frames.collect()
}

fn ended(frames: &[Frame]) -> (EndReason, &str) {
    match frames.last() {
        Some(Frame::Ended(ended)) => (ended.reason, &ended.message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn slice_runs_once_and_its_second_delivery_does_nothing() {
    let json = event("clients: 4, hatch_rate: 100, duration: 1s", 100).to_json().unwrap();
    let seen = DeliveredSlices::default();
    let first = frames(&json, &host(None), &seen);
    let Frame::Started(started) = &first[0] else { panic!("{first:?}") };
    assert_eq!((started.slice.as_str(), started.place.as_str(), started.init_us), ("t/0/0/0", "here", 3000));
    let counted: Vec<&Counted> =
        first.iter().filter_map(|frame| if let Frame::Counted(counted) = frame { Some(counted) } else { None }).collect();
    // The other shard has the other half of the users.
    assert!(counted.iter().any(|counted| counted.users().0 == 2) && counted.iter().all(|counted| counted.users().1 <= 2));
    assert!(counted.len() >= 3, "{}", counted.len());
    assert_eq!(ended(&first), (EndReason::Done, ""));

    let again = frames(&json, &host(None), &seen);
    assert_eq!(again.len(), 1);
    assert_eq!(ended(&again), (EndReason::Repeated, "t/0/0/0 was given to this function before: nothing was done"));
}

#[test]
fn shard_stops_before_the_invocation_limit() {
    let json = event("clients: 2, duration: 10m", 0).to_json().unwrap();
    let begun = clock::now();
    let frames = frames(&json, &host(Some(Duration::from_secs(4))), &DeliveredSlices::default());
    assert_eq!(ended(&frames).0, EndReason::Deadline);
    assert!(frames.len() > 3, "the counts were sent");
    assert!(clock::since(begun) < Duration::from_secs(4), "{:?}", clock::since(begun));
}

#[test]
fn slice_of_a_test_that_began_long_ago_begins_immediately() {
    let mut event = event("clients: 4, hatch_rate: 100, duration: 1h", -600_000);
    (event.from_us, event.to_us) = (600_000_000, Some(601_000_000));
    let frames = frames(&event.to_json().unwrap(), &host(None), &DeliveredSlices::default());
    assert_eq!(ended(&frames), (EndReason::Done, ""));
    let windows: Vec<u64> =
        frames.iter().filter_map(|frame| if let Frame::Counted(counted) = frame { Some(counted.middle_us()) } else { None }).collect();
    assert!(windows.iter().all(|middle| *middle >= 600_000_000) && windows.len() >= 3, "{windows:?}");
}

#[test]
fn load_that_was_due_before_a_late_function_is_missing() {
    let mut event = event("rate: 400/s, duration: 1h, max_clients: 400", -3_000);
    event.to_us = Some(4_000_000);
    let frames = frames(&event.to_json().unwrap(), &host(None), &DeliveredSlices::default());
    let Frame::Started(started) = &frames[0] else { panic!("{frames:?}") };
    let late = Duration::from_micros(started.late_us);
    assert!(late >= Duration::from_secs(3), "{late:?}");
    let mut total = Snapshot::empty(1);
    for frame in &frames {
        if let Frame::Counted(counted) = frame {
            counted.merge_into(&mut total).unwrap();
        }
    }
    let plan = Plan::seeded(&event.profile, &event.user_classes(), event.seed).unwrap();
    let due = event.part_of(&plan).since(late).arrivals(0).count() as u64;
    // Half of the arrivals belong to the other shard.
    assert!(due <= 200, "{due}");
    assert_eq!(total.lag.count() + total.missed, due);
}

#[test]
fn function_gives_its_users_away_within_the_window_after_its_interval() {
    let mut event = event("clients: 200, hatch_rate: 100000, duration: 1h", 100);
    (event.to_us, event.leave_us) = (Some(200_000), 900_000);
    let frames = frames(&event.to_json().unwrap(), &host(None), &DeliveredSlices::default());
    assert_eq!(ended(&frames), (EndReason::Done, ""));
    let counted = frames.iter().filter_map(|frame| if let Frame::Counted(counted) = frame { Some(counted) } else { None });
    let users: Vec<(u64, u64)> = counted.map(|counted| (counted.to_us(), counted.users().1)).collect();
    // Of its hundred users half are left in the middle of the window.
    let middle: Vec<u64> = users.iter().filter(|(at, _)| (450_000..850_000).contains(at)).map(|(_, users)| *users).collect();
    assert!(middle.iter().any(|users| (10..90).contains(users)) && middle.is_sorted_by(|a, b| a >= b), "{users:?}");
    assert!(users.last().is_some_and(|(at, _)| *at >= 1_000_000), "{users:?}");
}

#[test]
fn clock_that_is_behind_is_corrected() {
    let mut event = event("clients: 2, duration: 1s", 5_100);
    // The event of an orchestrator whose clock is five seconds ahead.
    event.sent_at_us += 5_000_000;
    let begun = clock::now();
    assert_eq!(ended(&frames(&event.to_json().unwrap(), &host(None), &DeliveredSlices::default())).0, EndReason::Done);
    assert!(clock::since(begun) < Duration::from_secs(5), "the slice waited for the clock of its own machine");
}

#[test]
fn event_of_another_version_is_refused_with_a_fix() {
    let good = event("clients: 2, duration: 1s", 0);
    let refused = |event: &SliceEvent| {
        let frames = frames(&event.to_json().unwrap(), &host(None), &DeliveredSlices::default());
        assert_eq!((frames.len(), ended(&frames).0), (1, EndReason::Refused));
        ended(&frames).1.to_owned()
    };
    let other = refused(&SliceEvent { program: "0123".into(), ..good.clone() });
    assert!(other.starts_with("the function's binary differs from the orchestrator's: it was built from specs/idle.lt"), "{other}");
    assert!(other.ends_with("run `deploy` again"), "{other}");
    let format = refused(&SliceEvent { format: FORMAT + 1, ..good.clone() });
    assert!(format.starts_with(&format!("the function uses format {FORMAT}, the orchestrator format {}", FORMAT + 1)), "{format}");
    assert_eq!(ended(&frames(b"nonsense", &host(None), &DeliveredSlices::default())).0, EndReason::Refused);
    let profile = refused(&SliceEvent { classes: Vec::new(), ..good });
    assert!(profile.contains("the profile cannot be used: ") && profile.contains("the spec has no user"), "{profile}");
}
