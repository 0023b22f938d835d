//! Keeps a function's frames for `collect`, because its orchestrator may end before it.

use std::collections::BTreeMap;
use std::path::Path;

use super::event::SliceEvent;
use super::frame::{Frame, FrameReader, Received};
use super::run_store::{KEPT, RunFiles};
use crate::journal::{AppendFile, Disk};

/// Keeps the frames of one function.
pub(crate) trait FrameKeeper: Send {
    /// Keeps a frame in its sent form.
    fn keep(&mut self, line: &[u8]);

    /// Finishes after the last frame. It returns when all frames are kept, or after a few seconds.
    fn finish(self: Box<Self>);
}

/// Keeps nothing.
pub(crate) struct NoKeeper;

impl FrameKeeper for NoKeeper {
    fn keep(&mut self, _line: &[u8]) {}
    fn finish(self: Box<Self>) {}
}

/// The name of the file with the frames of a slice.
pub(crate) fn file_of(event: &SliceEvent) -> String {
    let attempt = event.slice.rsplit('/').next().unwrap_or_default();
    format!("{KEPT}{}-{}-{attempt}", event.interval, event.shard)
}

/// The same from the name of the slice, `TEST/INTERVAL/SHARD/ATTEMPT`.
fn file_of_slice(slice: &str) -> Option<String> {
    let mut numbers = slice.rsplit('/');
    let (attempt, shard, interval) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(format!("{KEPT}{interval}-{shard}-{attempt}"))
}

/// Keeps frames in a file. Lines that can't be written wait in memory.
pub(crate) struct FileKeeper {
    disk: Box<dyn Disk>,
    waiting: Vec<u8>,
}

impl FileKeeper {
    /// Creates the file in the directory of the run.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub(crate) fn create(directory: &Path, event: &SliceEvent) -> Result<Self, String> {
        let path = directory.join(file_of(event));
        let created = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| AppendFile::create(&path));
        created
            .map(|file| Self { disk: Box::new(file), waiting: Vec::new() })
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

impl FrameKeeper for FileKeeper {
    fn keep(&mut self, line: &[u8]) {
        self.waiting.extend_from_slice(line);
        if self.disk.append(&self.waiting).is_ok() {
            self.waiting.clear();
        }
    }

    fn finish(mut self: Box<Self>) {
        self.keep(b"");
    }
}

/// The kept frames of a slice.
#[derive(Debug, Default)]
pub(crate) struct KeptSlice {
    pub(crate) interval: u32,
    pub(crate) shard: u32,
    /// The frames by their numbers, because a part may have been written twice.
    pub(crate) frames: BTreeMap<u64, Frame>,
    /// Errors about frames that cannot be read.
    pub(crate) damaged: Vec<String>,
}

/// Reads everything that the functions of a run kept, in order of intervals and shards.
///
/// # Errors
/// If it cannot be read.
pub(crate) async fn read(files: &RunFiles) -> Result<Vec<KeptSlice>, String> {
    let mut slices: BTreeMap<(u32, u32, u32), KeptSlice> = BTreeMap::new();
    for file in files.list(KEPT).await? {
        let Some(key) = key_of(&file) else { continue };
        let Some(text) = files.read(&file).await? else { continue };
        slices.entry(key).or_insert_with(|| KeptSlice { interval: key.0, shard: key.1, ..KeptSlice::default() }).add(&text);
    }
    Ok(slices.into_values().collect())
}

/// The parts that a slice's function kept, in order.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn parts(files: &RunFiles, slice: &str) -> Result<Vec<String>, String> {
    let Some(file) = file_of_slice(slice) else { return Ok(Vec::new()) };
    let mut names = files.list(&file).await?;
    // Another slice's name may begin with this one.
    names.retain(|name| name.strip_prefix(&file).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    names.sort();
    let mut parts = Vec::new();
    for name in names {
        parts.extend(files.read(&name).await?);
    }
    Ok(parts)
}

impl KeptSlice {
    /// Adds a part.
    pub(crate) fn add(&mut self, part: &str) {
        let mut reader = FrameReader::default();
        reader.push(part.as_bytes());
        for received in reader.by_ref() {
            self.take(received);
        }
        reader.finish().into_iter().for_each(|received| self.take(received));
    }

    fn take(&mut self, received: Received) {
        match received {
            Received::Frame(number, frame) => {
                self.frames.insert(number, *frame);
            }
            Received::Damaged(why) => self.damaged.push(why),
            Received::Text(_) => {}
        }
    }
}

/// What is known about a function from the parts that it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// It has ended.
    Ended,
    /// It has kept nothing, not even the first part that functions write before their load, and others have.
    NotBegun,
    /// It may be running.
    Unknown,
}

/// Looks for traces of a slice's function.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn trace(files: &RunFiles, slice: &str) -> Result<Trace, String> {
    let Some(file) = file_of_slice(slice) else { return Ok(Trace::Unknown) };
    let mut parts = files.list(&format!("{file}.")).await?;
    parts.sort();
    let Some(last) = parts.last() else {
        let others = files.list(KEPT).await?;
        return Ok(if others.is_empty() { Trace::Unknown } else { Trace::NotBegun });
    };
    let mut reader = FrameReader::default();
    reader.push(files.read(last).await?.unwrap_or_default().as_bytes());
    let is_end = |received: Received| matches!(received, Received::Frame(_, frame) if matches!(*frame, Frame::Ended(_)));
    Ok(if reader.by_ref().any(is_end) { Trace::Ended } else { Trace::Unknown })
}

/// The interval, shard and attempt in a file's name.
fn key_of(file: &str) -> Option<(u32, u32, u32)> {
    let slice = file.strip_prefix(KEPT)?.split('.').next()?;
    let mut numbers = slice.split('-').map(str::parse::<u32>);
    let key = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    numbers.next().is_none().then_some(key)
}

#[cfg(test)]
mod tests {
    use super::super::event::{ControlChannel, sample};
    use super::super::frame::{EndReason, Ended, FrameWriter};
    use super::*;

    #[tokio::test]
    async fn kept_frames_are_read_once_each() {
        let folder = tempfile::tempdir().unwrap();
        let event =
            SliceEvent { slice: "t/2/1/3".into(), interval: 2, shard: 1, control: ControlChannel::Never, ..sample::event("clients: 3") };
        let mut keeper = Box::new(FileKeeper::create(folder.path(), &event).unwrap());
        let mut writer = FrameWriter::default();
        let line = writer.write(&Frame::Ended(Ended { reason: EndReason::Done, message: String::new(), requests: 4 }));
        keeper.keep(&line);
        keeper.keep(&line);
        // The function was killed while it wrote this frame.
        keeper.keep(&line[..10]);
        keeper.finish();
        let files = RunFiles::in_directory(folder.path());
        let kept = read(&files).await.unwrap();
        assert_eq!((kept.len(), kept[0].interval, kept[0].shard, kept[0].frames.len(), kept[0].damaged.len()), (1, 2, 1, 1, 1));
        assert_eq!((key_of("kept/0-1-2.0003"), key_of("kept/0-1"), key_of("control")), (Some((0, 1, 2)), None, None));
        assert_eq!(file_of_slice(&event.slice).unwrap(), file_of(&event));
        files.write("kept/2-1-30", "of another slice").await.unwrap();
        files.write("kept/2-1-3.00001", "a second part").await.unwrap();
        let parts = parts(&files, &event.slice).await.unwrap();
        assert_eq!((parts.len(), parts[1].as_str()), (2, "a second part"));
    }

    #[tokio::test]
    async fn parts_of_a_function_tell_whether_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let files = RunFiles::in_directory(&folder.path().join("run"));
        let of = async |slice: &str| trace(&files, slice).await.unwrap();
        assert_eq!(of("t/0/1/0").await, Trace::Unknown, "functions may have no permission to keep anything");
        files.write("kept/0-1-0.00000", "").await.unwrap();
        assert_eq!([of("t/0/1/0").await, of("t/0/1/1").await, of("t/0/2/0").await], [Trace::Unknown, Trace::NotBegun, Trace::NotBegun]);
        let line = FrameWriter::default().write(&Frame::Ended(Ended { reason: EndReason::Stopped, message: String::new(), requests: 4 }));
        files.write("kept/0-1-0.00001", std::str::from_utf8(&line).unwrap()).await.unwrap();
        assert_eq!(of("t/0/1/0").await, Trace::Ended);
    }
}
