//! The store by which a run's orchestrator, its functions and later commands (`runs`, `stop`, `collect`) find each other: a folder on this
//! machine, or a bucket.
//!
//! A run has these files: `run.json` (the information that is known before the load), `control` (see [`super::control`]), `stop` (the
//! request of `stop` to the orchestrator) and `kept/SLICE` (the frames of a function).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backend::{BoxFuture, Urgency};
use super::control;

/// The information about a run that is known before the load.
pub(crate) const RECORD: &str = "run.json";
/// The control channel.
pub(crate) const CONTROL: &str = "control";
/// The request of `stop` to the orchestrator.
pub(crate) const STOP: &str = "stop";
/// Frames of functions: `kept/INTERVAL-SHARD-ATTEMPT`, with `.PART` if there are several parts.
pub(crate) const KEPT: &str = "kept/";

/// Stores small text files of runs.
pub(crate) trait RunStore: Send + Sync + fmt::Debug {
    /// The names of all runs that have a file.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn runs(&self) -> BoxFuture<'_, Result<Vec<String>, String>>;

    /// The files of a run whose names begin with `begin`.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn list<'a>(&'a self, run: &'a str, begin: &'a str) -> BoxFuture<'a, Result<Vec<String>, String>>;

    /// A file's content; `None` if it doesn't exist.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<Option<String>, String>>;

    /// Writes a whole file. It replaces an earlier one.
    ///
    /// # Errors
    /// If it cannot be written.
    fn write<'a>(&'a self, run: &'a str, file: &'a str, content: &'a str) -> BoxFuture<'a, Result<(), String>>;

    /// Removes a file, if it exists.
    ///
    /// # Errors
    /// If it cannot be removed.
    fn remove<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<(), String>>;

    /// The location of a run for messages: `runs/shop-20260103T120000Z`, `s3://bucket/runs/…`.
    fn place(&self, run: &str) -> String;
}

/// One run in its store.
#[derive(Clone, Debug)]
pub(crate) struct RunFiles {
    pub(crate) store: Arc<dyn RunStore>,
    pub(crate) run: String,
}

impl RunFiles {
    /// The files of a run in a directory.
    pub(crate) fn in_directory(directory: &Path) -> Self {
        let run = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy().into_owned();
        Self { store: Arc::new(Folder::of(directory.parent().unwrap_or(Path::new("")))), run }
    }

    pub(crate) fn place(&self) -> String {
        self.store.place(&self.run)
    }

    pub(crate) async fn read(&self, file: &str) -> Result<Option<String>, String> {
        self.store.read(&self.run, file).await
    }

    pub(crate) async fn write(&self, file: &str, content: &str) -> Result<(), String> {
        self.store.write(&self.run, file, content).await
    }

    pub(crate) async fn list(&self, begin: &str) -> Result<Vec<String>, String> {
        self.store.list(&self.run, begin).await
    }

    pub(crate) async fn remove(&self, file: &str) -> Result<(), String> {
        self.store.remove(&self.run, file).await
    }

    /// The request of `stop` to the orchestrator, if any.
    pub(crate) async fn stop_asked(&self) -> Result<Option<Urgency>, String> {
        Ok(self.read(STOP).await?.and_then(|text| control::asked(&text, "")))
    }

    /// Removes the files that only a run in progress needs.
    pub(crate) async fn clean_up(&self) -> Result<(), String> {
        self.remove(CONTROL).await?;
        self.remove(STOP).await?;
        for file in self.list(KEPT).await? {
            self.remove(&file).await?;
        }
        Ok(())
    }
}

/// A folder with a subfolder for each run.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn of(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn path(&self, run: &str, file: &str) -> PathBuf {
        self.0.join(run).join(file)
    }

    fn named(&self, folder: &Path) -> Result<Vec<String>, String> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| format!("cannot read {}: {error}", folder.display()))?,
        };
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }
}

impl RunStore for Folder {
    fn runs(&self) -> BoxFuture<'_, Result<Vec<String>, String>> {
        Box::pin(async {
            let mut names = self.named(if self.0.as_os_str().is_empty() { Path::new(".") } else { &self.0 })?;
            names.retain(|name| self.path(name, RECORD).is_file());
            Ok(names)
        })
    }

    fn list<'a>(&'a self, run: &'a str, begin: &'a str) -> BoxFuture<'a, Result<Vec<String>, String>> {
        Box::pin(async move {
            let (folder, start) = begin.rsplit_once('/').unwrap_or(("", begin));
            let names = self.named(&self.path(run, folder))?;
            let inside = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
            Ok(names.into_iter().filter(|name| name.starts_with(start)).map(inside).collect())
        })
    }

    fn read<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            let path = self.path(run, file);
            match std::fs::read(&path) {
                Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(format!("cannot read {}: {error}", path.display())),
            }
        })
    }

    /// Writes under another name and renames, so that a reader never sees half of the file.
    fn write<'a>(&'a self, run: &'a str, file: &'a str, content: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let path = self.path(run, file);
            let new = path.with_extension("new");
            let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            let written = written.and_then(|()| std::fs::write(&new, content)).and_then(|()| std::fs::rename(&new, &path));
            written.map_err(|error| {
                // On a full disk, an empty file is left.
                let _ = std::fs::remove_file(&new);
                format!("cannot write {}: {error}", path.display())
            })
        })
    }

    fn remove<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let path = self.path(run, file);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("cannot remove {}: {error}", path.display())),
                _ => {
                    // The folder for kept files is removed with its last file.
                    if let Some(folder) = path.parent().filter(|_| file.contains('/')) {
                        let _ = std::fs::remove_dir(folder);
                    }
                    Ok(())
                }
            }
        })
    }

    fn place(&self, run: &str) -> String {
        self.0.join(run).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn folder_keeps_the_files_of_each_run_apart() {
        let folder = tempfile::tempdir().unwrap();
        let run = |name: &str| RunFiles::in_directory(&folder.path().join(name));
        let (one, other) = (run("one"), run("other"));
        one.write(RECORD, "{}").await.unwrap();
        one.write("kept/0-1-0", "a frame").await.unwrap();
        other.write(STOP, "now").await.unwrap();
        assert_eq!(one.store.runs().await.unwrap(), ["one"], "a run has a record");
        assert_eq!(one.list(KEPT).await.unwrap(), ["kept/0-1-0"]);
        assert_eq!((one.read("kept/0-1-0").await, other.read("kept/0-1-0").await), (Ok(Some("a frame".into())), Ok(None)));
        assert_eq!((one.stop_asked().await, other.stop_asked().await), (Ok(None), Ok(Some(Urgency::Now))));
        one.clean_up().await.unwrap();
        assert_eq!((one.list("").await.unwrap(), one.place().ends_with("/one")), (vec![RECORD.to_owned()], true));
    }
}
