//! Writes the journal. A full disk neither stops nor fails the run: lines wait in memory until they can be written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ltc_config::profile::LogLevel;

use super::disk::{AppendFile, Disk};
use super::{Begin, End, Entry, FILE, FORMAT};
use crate::orchestrator::frame::{Counted, Frame, FrameWriter};
use crate::progress::notice_at;
use crate::thresholds::Verdict;
use ltc_engine::stats::Snapshot;

/// The directory with the journals of all runs, unless `--out` sets another.
pub(crate) const RUNS: &str = "runs";

/// The directory of a run, reserved for it before its load. If the run writes nothing into it, the directory is removed again.
#[derive(Debug)]
pub(crate) struct RunDirectory(PathBuf);

impl RunDirectory {
    /// Reserves `runs/TEST-20260103T120000Z`, or the same name with a number if another run has it; `unix` is the start of the run.
    pub(crate) fn reserve(test: &str, unix: Duration) -> Self {
        Self::reserve_in(Path::new(RUNS), test, unix)
    }

    pub(super) fn reserve_in(runs: &Path, test: &str, unix: Duration) -> Self {
        let time = jiff::Timestamp::from_second(i64::try_from(unix.as_secs()).unwrap_or(0)).map(|time| time.to_string());
        let time: String = time.unwrap_or_default().chars().filter(|char| !"-:".contains(*char)).collect();
        let name = format!("{}-{time}", ltc_config::identity::plain(test));
        // Creating a directory is atomic, so two runs that start at the same time get different ones.
        let _ = std::fs::create_dir_all(runs);
        let is_taken = |path: &Path| matches!(std::fs::create_dir(path), Err(error) if error.kind() == io::ErrorKind::AlreadyExists);
        let mut names = (2..).map(|nth| format!("{name}-{nth}"));
        let mut path = runs.join(&name);
        // The first writer of a file there reports any other error.
        while is_taken(&path) {
            path = runs.join(names.next().unwrap_or_default());
        }
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        // Fails unless they are empty.
        let _ = std::fs::remove_dir(&self.0);
        let _ = self.0.parent().map(std::fs::remove_dir);
    }
}

/// The journal of a run in progress. Clones write to the same journal.
#[derive(Clone, Debug)]
pub(crate) struct Journal(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    disk: Box<dyn Disk>,
    frames: FrameWriter,
    /// Lines that could not be written yet.
    waiting: Vec<u8>,
    /// Its path, for messages.
    shown: String,
}

impl Journal {
    /// Creates the journal of a run in a directory.
    ///
    /// # Errors
    /// If the directory cannot be created, or contains the journal of another run.
    pub(crate) fn create(directory: &Path) -> Result<Self, String> {
        let path = directory.join(FILE);
        if let Err(error) = std::fs::create_dir_all(directory) {
            let help = if directory.exists() { "; name a directory" } else { "" };
            return Err(format!("cannot write {}: {error}{help}", path.display()));
        }
        match AppendFile::create(&path) {
            Ok(file) => Ok(Self::at(Box::new(file), path.display().to_string())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(format!("{} is the journal of another run: choose another directory", path.display()))
            }
            Err(error) => Err(format!("cannot write {}: {error}", path.display())),
        }
    }

    /// A journal on any disk.
    #[cfg(test)]
    pub(crate) fn on(disk: Box<dyn Disk>) -> Self {
        Self::at(disk, FILE.to_owned())
    }

    fn at(disk: Box<dyn Disk>, shown: String) -> Self {
        Self(Arc::new(Mutex::new(Inner { disk, frames: FrameWriter::default(), waiting: Vec::new(), shown })))
    }

    /// Writes that the load begins.
    pub(crate) fn begin(&self, begin: Begin) {
        self.entry(&Entry::Begin(Box::new(Begin { format: FORMAT, ..begin })));
    }

    /// Writes the results of an interval, merged from all machines.
    pub(crate) fn interval(&self, delta: &Snapshot, thresholds: &[Verdict]) {
        let mut inner = self.inner();
        let frame = inner.frames.write(&Frame::Counted(Counted::new(delta)));
        inner.append(&frame);
        drop(inner);
        if !thresholds.is_empty() {
            self.entry(&Entry::Thresholds(thresholds.to_vec()));
        }
    }

    /// Writes a note for the report.
    pub(crate) fn note(&self, note: &str) {
        self.entry(&Entry::Note(note.to_owned()));
    }

    /// Writes that the run is over.
    pub(crate) fn end(&self, end: End) {
        self.entry(&Entry::End(Box::new(end)));
        let inner = self.inner();
        if !inner.waiting.is_empty() {
            notice_at(LogLevel::Warn, &format!("warning: {} lacks the end of the run: it could not be written", inner.shown));
        }
    }

    fn entry(&self, entry: &Entry) {
        // This can't fail: all keys are strings and all numbers are finite.
        if let Ok(mut line) = serde_json::to_vec(entry) {
            line.push(b'\n');
            self.inner().append(&line);
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn append(&mut self, line: &[u8]) {
        let failed = !self.waiting.is_empty();
        self.waiting.extend_from_slice(line);
        match self.disk.append(&self.waiting) {
            Ok(()) => {
                self.waiting.clear();
                if failed {
                    notice_at(LogLevel::Info, "note: the journal can be written again and is complete");
                }
            }
            Err(_) if failed => {}
            Err(error) => {
                notice_at(
                    LogLevel::Warn,
                    &format!("warning: cannot write {}: {error}; the run goes on, and its results stay in memory", self.shown),
                );
            }
        }
    }
}
