//! Tests reports of kept results: whole runs, runs whose orchestrator ended early, functions that were killed.

use super::sample::record;
use super::*;
use crate::orchestrator::event::{SliceEvent, sample as events};
use crate::orchestrator::frame::{Counted, Ended, FrameWriter};
use crate::orchestrator::kept::{FileKeeper, FrameKeeper};
use crate::report::Outcome;
use ltc_engine::stats::{Recorder, Sample};

/// Keeps the frames of a function that counts a request every ten seconds, and its end, if it has one.
fn keep(folder: &std::path::Path, shard: u32, interval: u32, seconds: std::ops::Range<u64>, reason: Option<EndReason>) {
    let event = SliceEvent { slice: format!("t/{interval}/{shard}/0"), interval, shard, ..events::event("clients: 4") };
    let mut keeper = Box::new(FileKeeper::create(folder, &event).unwrap());
    let mut writer = FrameWriter::default();
    let mut recorder = Recorder::new(1, shard);
    recorder.begin_at(Duration::from_secs(seconds.start), 0);
    for until in (seconds.start + 10..=seconds.end).step_by(10) {
        recorder.record(&Sample { ok: true, ..Sample::default() });
        keeper.keep(&writer.write(&Frame::Counted(Counted::new(&recorder.snapshot(Duration::from_secs(until), 2, 2)))));
    }
    if let Some(reason) = reason {
        keeper.keep(&writer.write(&Frame::Ended(Ended { reason, message: String::new(), requests: 0 })));
    }
    keeper.finish();
}

async fn collected(folder: &std::path::Path) -> Report {
    collect(&RunFiles::in_directory(folder), &record("clients: 4, hatch_rate: 100, duration: 180s")).await.unwrap().report
}

#[tokio::test]
async fn functions_that_ran_to_the_end_give_the_whole_report() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        collect(&RunFiles::in_directory(folder.path()), &record("clients: 4, duration: 180s"))
            .await
            .unwrap_err()
            .contains("nothing was kept")
    );
    for shard in 0..2 {
        keep(folder.path(), shard, 0, 0..120, Some(EndReason::Done));
        keep(folder.path(), shard, 1, 100..180, Some(EndReason::Done));
    }
    let report = collected(folder.path()).await;
    assert_eq!((report.total.names[0].requests, report.outcome, report.run.duration_us), (40, Outcome::NoThresholds, 180_000_000));
    assert_eq!(report.run.notes, ["collected from what 4 functions kept; `after test` did not run"]);
}

#[tokio::test]
async fn missing_results_are_named_and_break_the_run() {
    let folder = tempfile::tempdir().unwrap();
    keep(folder.path(), 0, 0, 0..120, Some(EndReason::Done));
    // The first interval was killed, and the second one never started.
    keep(folder.path(), 1, 0, 0..60, None);
    let report = collected(folder.path()).await;
    assert_eq!((report.total.names[0].requests, report.outcome), (18, Outcome::Broken));
    assert!(
        report.run.broken[0].contains("1 of 4 functions kept all of their results; results until 00:02:00 of 00:03:00"),
        "{:?}",
        report.run.broken
    );
    assert!(
        report.run.notes[0].contains("shards 0, 1 lost 3 times between 00:01:00 and 00:02:00, 4 users in all: no results were kept"),
        "{:?}",
        report.run.notes
    );
}

#[tokio::test]
async fn stopped_run_is_interrupted_and_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for shard in 0..2 {
        keep(folder.path(), shard, 0, 0..50, Some(EndReason::Stopped));
    }
    let report = collected(folder.path()).await;
    assert_eq!((report.total.names[0].requests, report.outcome, report.run.broken.len()), (10, Outcome::Interrupted, 0));
    assert_eq!(report.run.notes.len(), 1, "{:?}", report.run.notes);
}
