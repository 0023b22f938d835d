//! Storage that outlives a simulated orchestrator: the run's files, and the disk of its journal, which may be full for some time.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::backend::BoxFuture;
use super::super::run_store::{KEPT, RunStore};
use crate::journal::Disk;
use ltc_engine::clock::Clock;

/// Files in memory, with `RUN/FILE` as their key. Between two times, functions can keep nothing.
#[derive(Debug)]
pub(super) struct MemoryStore {
    files: Mutex<BTreeMap<String, String>>,
    clock: Clock,
    full: Range<Duration>,
}

impl MemoryStore {
    pub(super) fn new(clock: Clock, full: Range<Duration>) -> Self {
        Self { files: Mutex::default(), clock, full }
    }
}

impl RunStore for MemoryStore {
    fn runs(&self) -> BoxFuture<'_, Result<Vec<String>, String>> {
        Box::pin(async { Ok(vec!["t".to_owned()]) })
    }

    fn list<'a>(&'a self, run: &'a str, begin: &'a str) -> BoxFuture<'a, Result<Vec<String>, String>> {
        Box::pin(async move {
            let prefix = format!("{run}/");
            let files = self.files.lock().unwrap();
            Ok(files.keys().filter_map(|key| key.strip_prefix(&prefix)).filter(|file| file.starts_with(begin)).map(str::to_owned).collect())
        })
    }

    fn read<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<Option<String>, String>> {
        Box::pin(async move { Ok(self.files.lock().unwrap().get(&format!("{run}/{file}")).cloned()) })
    }

    fn write<'a>(&'a self, run: &'a str, file: &'a str, content: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            if file.starts_with(KEPT) && self.full.contains(&self.clock.elapsed()) {
                return Err("no space left on device".to_owned());
            }
            self.files.lock().unwrap().insert(format!("{run}/{file}"), content.to_owned());
            Ok(())
        })
    }

    fn remove<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.files.lock().unwrap().remove(&format!("{run}/{file}"));
            Ok(())
        })
    }

    fn place(&self, run: &str) -> String {
        format!("memory/{run}")
    }
}

/// A disk that is full between two times.
#[derive(Clone, Debug)]
pub(super) struct SimulatedDisk {
    pub(super) clock: Clock,
    pub(super) full: Range<Duration>,
    pub(super) written: Arc<Mutex<Vec<u8>>>,
}

impl Disk for SimulatedDisk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.full.contains(&self.clock.elapsed()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }
}
