//! Waits for changes of files, for `--watch`.
//!
//! The system watches folders instead of files: editors save by writing a new file and renaming it, and a watch on the old file would end
//! there. An event only means that a file may have changed. What decides is the state of the files, compared with their state before they
//! were read, so that a change during the reading is not missed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, SystemTime};

use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};

use super::screen::{Failure, INFRASTRUCTURE};

/// Events that are at most this far apart are one change, because an editor causes several events when it saves.
const QUIET: Duration = Duration::from_millis(100);

/// The state of a file; `None` if it does not exist.
type Stamp = Option<(SystemTime, u64)>;

/// The states of the watched files, by their paths.
type Stamps = BTreeMap<PathBuf, Stamp>;

/// Watches files.
pub(super) struct Watch {
    debouncer: Debouncer<RecommendedWatcher>,
    events: Receiver<DebounceEventResult>,
    folders: BTreeSet<PathBuf>,
    /// The watched paths; the last part of each may be a pattern.
    files: BTreeSet<PathBuf>,
    stamps: Stamps,
}

impl Watch {
    /// Creates a watch without files.
    pub(super) fn new() -> Result<Self, Failure> {
        let (sender, events) = channel();
        let debouncer = new_debouncer(QUIET, sender).map_err(|error| unable(&error))?;
        Ok(Self { debouncer, events, folders: BTreeSet::new(), files: BTreeSet::new(), stamps: Stamps::new() })
    }

    /// Records the state of the files, and then reads them with `read`.
    pub(super) fn begin<T>(&mut self, read: impl FnOnce() -> T) -> T {
        self.stamps = stamps(&self.files);
        read()
    }

    /// Adds files. Earlier ones stay, because a file may be missing for a moment only.
    pub(super) fn follow(&mut self, files: impl IntoIterator<Item = PathBuf>) -> Result<(), Failure> {
        let new: BTreeSet<PathBuf> = files.into_iter().filter(|file| !self.files.contains(file)).collect();
        for file in &new {
            let Some(folder) = existing_folder(file) else { continue };
            if self.folders.insert(folder.clone()) {
                self.debouncer.watcher().watch(&folder, RecursiveMode::NonRecursive).map_err(|error| unable(&error))?;
            }
        }
        // These files were not watched before they were read, so their present state is the first.
        self.stamps.extend(stamps(&new));
        self.files.extend(new);
        Ok(())
    }

    /// Waits for a change, and returns a file that changed.
    pub(super) fn wait(&mut self) -> PathBuf {
        loop {
            if let Some(file) = self.changed(Duration::from_secs(3600)) {
                return file;
            }
        }
    }

    /// Waits for a change, at most for `timeout`, and then until the files stay as they are: a program that saves a file in place first
    /// empties it. A change that is undone within that time is none.
    pub(super) fn changed(&mut self, timeout: Duration) -> Option<PathBuf> {
        // The event of a change during the reading is already past.
        if self.difference().is_none() {
            match self.events.recv_timeout(timeout) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(timeout),
            }
            self.difference()?;
        }
        self.settle(|| std::thread::sleep(QUIET));
        self.difference()
    }

    /// Pauses until the files are the same before and after a pause.
    fn settle(&self, mut pause: impl FnMut()) {
        let mut before = stamps(&self.files);
        loop {
            pause();
            let now = stamps(&self.files);
            if now == before {
                return;
            }
            before = now;
        }
    }

    fn difference(&self) -> Option<PathBuf> {
        let now = stamps(&self.files);
        let differs = |(path, stamp): (&PathBuf, &Stamp)| (self.stamps.get(path).unwrap_or(&None) != stamp).then(|| path.clone());
        let gone = |path: &&PathBuf| !now.contains_key(*path);
        now.iter().find_map(differs).or_else(|| self.stamps.keys().find(gone).cloned())
    }
}

fn unable(error: &dyn std::fmt::Display) -> Failure {
    Failure::Message(format!("cannot watch for changes: {error}"), Some("run the command without `--watch`".to_owned()), INFRASTRUCTURE)
}

/// The folder of a file, or the nearest existing folder above it.
fn existing_folder(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|folder| folder.is_dir()).map(Path::to_path_buf)
}

fn stamps(files: &BTreeSet<PathBuf>) -> Stamps {
    let mut found = Stamps::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if !name.contains(['*', '?']) {
            found.insert(file.clone(), stamp(file));
            continue;
        }
        let folder = fs::read_dir(file.parent().unwrap_or(file)).into_iter().flatten().flatten();
        let alike = folder.map(|entry| entry.path()).filter(|path| path.extension() == file.extension() && path.is_file());
        found.extend(alike.map(|path| (path.clone(), stamp(&path))));
    }
    found
}

fn stamp(file: &Path) -> Stamp {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A limit that only keeps a broken test from hanging.
    const TIMEOUT: Duration = Duration::from_secs(60);

    fn watch(folder: &Path, files: &[&str]) -> Watch {
        let mut watch = Watch::new().unwrap();
        watch.follow(files.iter().map(|file| folder.join(file))).unwrap();
        watch
    }

    #[test]
    fn file_that_an_editor_renames_over_the_old_one_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shop.lt"), "one").unwrap();
        let mut watch = watch(folder.path(), &["shop.lt"]);
        assert_eq!(watch.difference(), None);
        fs::write(folder.path().join(".shop.lt.swp"), "other").unwrap();
        assert_eq!(watch.difference(), None, "a file that does not count");
        fs::write(folder.path().join("new"), "two and more").unwrap();
        fs::rename(folder.path().join("new"), folder.path().join("shop.lt")).unwrap();
        assert_eq!(watch.changed(TIMEOUT), Some(folder.path().join("shop.lt")));
        // The second save is detected like the first.
        watch.begin(|| ());
        assert_eq!(watch.difference(), None);
        fs::write(folder.path().join("new"), "three").unwrap();
        fs::rename(folder.path().join("new"), folder.path().join("shop.lt")).unwrap();
        assert_eq!(watch.wait(), folder.path().join("shop.lt"));
    }

    #[test]
    fn change_while_the_files_are_read_is_not_missed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.lt");
        fs::write(&file, "one").unwrap();
        let mut watch = watch(folder.path(), &["shop.lt"]);
        watch.begin(|| fs::write(&file, "another").unwrap());
        watch.follow([file.clone()]).unwrap();
        assert_eq!(watch.changed(TIMEOUT), Some(file));
    }

    #[test]
    fn file_that_is_emptied_and_then_written_is_one_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.lt");
        fs::write(&file, "one").unwrap();
        let watch = watch(folder.path(), &["shop.lt"]);
        fs::write(&file, "").unwrap();
        let mut texts = ["an", "another"].into_iter();
        watch.settle(|| texts.next().into_iter().for_each(|text| fs::write(&file, text).unwrap()));
        assert_eq!(texts.next(), None, "it returned before the file was written");
        assert_eq!(watch.difference(), Some(file));
    }

    #[test]
    fn missing_file_that_appears_and_file_that_is_removed_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data/a.csv"), "x").unwrap();
        let mut watch = watch(folder.path(), &["data/*.csv", "data/one.json"]);
        assert_eq!(watch.difference(), None);
        fs::write(folder.path().join("data/one.json"), "{}").unwrap();
        assert_eq!(watch.difference(), Some(folder.path().join("data/one.json")));
        watch.begin(|| ());
        fs::write(folder.path().join("data/b.csv"), "y").unwrap();
        assert_eq!(watch.difference(), Some(folder.path().join("data/b.csv")));
        watch.begin(|| ());
        fs::remove_file(folder.path().join("data/a.csv")).unwrap();
        assert_eq!(watch.difference(), Some(folder.path().join("data/a.csv")));
    }
}
