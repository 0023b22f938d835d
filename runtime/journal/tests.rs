use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::report::{Outcome, Report};
use ltc_engine::stats::{Gauge, Recorder, Sample, Snapshot};

/// The results of one second, counted by two shards.
fn second(recorder: &mut Recorder, number: u64) -> Snapshot {
    for _ in 0..10 {
        recorder.record(&Sample { ok: true, service: Duration::from_millis(number), ..Sample::default() });
    }
    let mut delta = recorder.snapshot(Duration::from_secs(number), 5, 5);
    delta.sources.insert(1, Gauge { at_us: number * 1_000_000, users: 2, planned: 2, ..Gauge::default() });
    delta
}

fn begin() -> Begin {
    let names = vec![ReportRow::step("Buy".to_owned(), "POST")];
    let run = RunInfo { id: "x-1".into(), test: "shop".into(), ..RunInfo::default() };
    Begin { run, names, places: vec!["shop.lt:1:1".into()], interval_us: 1_000_000, ..Begin::default() }
}

fn requests(report: &Report) -> u64 {
    report.total.total(&report.names).requests
}

#[test]
fn journal_of_a_run_that_was_cut_off_has_all_whole_intervals() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path()).unwrap();
    journal.begin(begin());
    let mut recorder = Recorder::new(1, 0);
    for number in 1..=3 {
        journal.interval(&second(&mut recorder, number), &[]);
    }
    journal.note("shard 1 lost from 00:00:01 to 00:00:02, 2 users: x");
    // The last line is cut off, as by `kill -9`.
    let path = folder.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    journal.interval(&second(&mut recorder, 4), &[]);
    let length = std::fs::read(&path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len((whole.len() + (length - whole.len()) / 2) as u64).unwrap();
    let report = read(folder.path()).unwrap();
    assert_eq!((requests(&report), report.outcome, report.timeline.points().len()), (30, Outcome::Broken, 3));
    assert_eq!(report.run.broken, ["the run has not recorded its end: it was cut off or is still going on; results until 00:00:03"]);
    assert_eq!(report.run.notes, ["shard 1 lost from 00:00:01 to 00:00:02, 2 users: x"]);
    assert_eq!(report.total.users(), 7);
}

#[test]
fn journal_of_a_whole_run_gives_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path()).unwrap();
    journal.begin(begin());
    let mut recorder = Recorder::new(1, 0);
    journal.interval(&second(&mut recorder, 1), &[]);
    let run = RunInfo { duration_us: 1_000_000, notes: vec!["folded".into()], ..begin().run };
    journal.end(End { run: run.clone(), ..End::default() });
    let report = read(folder.path()).unwrap();
    assert_eq!((&report.run, report.outcome, requests(&report)), (&run, Outcome::NoThresholds, 10));
    assert!(Journal::create(folder.path()).unwrap_err().ends_with("is the journal of another run: choose another directory"));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(Journal::create(&file).unwrap_err().ends_with("; name a directory"));
}

#[test]
fn damaged_line_is_named_and_the_others_count() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path()).unwrap();
    journal.begin(begin());
    let mut recorder = Recorder::new(1, 0);
    journal.interval(&second(&mut recorder, 1), &[]);
    let path = folder.path().join(FILE);
    let mut text = std::fs::read(&path).unwrap();
    text.extend_from_slice(b"ltc2:!!!!\n");
    std::fs::write(&path, text).unwrap();
    let report = read(folder.path()).unwrap();
    assert_eq!(requests(&report), 10);
    assert!(report.run.notes[0].starts_with("the journal is damaged: "), "{:?}", report.run.notes);
    std::fs::write(&path, "hello\n").unwrap();
    assert!(read(folder.path()).unwrap_err().ends_with("its first line is missing"));
}

/// A disk that is full until the test frees it.
#[derive(Clone, Debug, Default)]
struct FullDisk(Arc<Mutex<(bool, Vec<u8>)>>);

impl Disk for FullDisk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        if disk.0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.1.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn full_disk_loses_nothing_once_it_has_room_again() {
    let disk = FullDisk::default();
    let journal = Journal::on(Box::new(disk.clone()));
    journal.begin(begin());
    let mut recorder = Recorder::new(1, 0);
    disk.0.lock().unwrap().0 = true;
    journal.interval(&second(&mut recorder, 1), &[]);
    journal.interval(&second(&mut recorder, 2), &[]);
    disk.0.lock().unwrap().0 = false;
    journal.interval(&second(&mut recorder, 3), &[]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), &disk.0.lock().unwrap().1).unwrap();
    assert_eq!(requests(&read(folder.path()).unwrap()), 30);
}

#[test]
fn directory_of_a_run_is_reserved_for_it_and_removed_if_it_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let reserve = || RunDirectory::reserve_in(&runs, "my shop", Duration::from_secs(1_767_441_600));
    let (one, other) = (reserve(), reserve());
    let name = |directory: &RunDirectory| directory.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!((name(&one), name(&other)), ("my-shop-20260103T120000Z".into(), "my-shop-20260103T120000Z-2".into()));
    Journal::create(one.path()).unwrap().begin(begin());
    drop((one, other));
    assert_eq!(std::fs::read_dir(&runs).unwrap().count(), 1, "only the directory with a journal stays");
    drop(RunDirectory::reserve_in(&folder.path().join("other"), "x", Duration::ZERO));
    assert!(!folder.path().join("other").exists());
}
