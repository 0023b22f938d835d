//! Frames: the messages that a function streams back. It sends the first one when it is ready, one for each interval with the counts, and a
//! last one about how it ended.
//!
//! A frame is a line: `ltc2:`, then base64 of zlib of a protobuf message, then a line feed. Text survives any wrapping by an engine (a JSON
//! string, a log). Zlib's checksum and the line feed show whether a frame was cut off, and each frame has a number, so that a missing one
//! is noticed. Other lines are kept as output of the function. Histograms are in HdrHistogram V2.
//!
//! ```
//! use ltc_runtime::orchestrator::frame::{Ended, EndReason, Frame, FrameWriter, FrameReader, Received};
//!
//! let ended = Ended { reason: EndReason::Done, message: String::new(), requests: 12 };
//! let line = FrameWriter::default().write(&Frame::Ended(ended.clone()));
//! let mut reader = FrameReader::default();
//! reader.push(&line);
//! let Some(Received::Frame(number, frame)) = reader.next() else { panic!("a whole frame") };
//! assert_eq!((number, *frame), (0, Frame::Ended(ended)));
//! assert!(reader.finish().is_none());
//! ```

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use prost::Message;

use super::wire;
use ltc_engine::stats::Snapshot;

/// The beginning of a frame. Another format has another number.
const MARK: &[u8] = b"ltc2:";
/// The beginning of a frame in any format, before the number.
const ANY_MARK: &[u8] = b"ltc";
/// The longest frame. A longer line isn't a frame.
const LONGEST: usize = 64 << 20;

/// A message of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The function is ready, and waits for its beginning.
    Started(Started),
    /// The counts since the last frame.
    Counted(Counted),
    /// The function has ended. This is always the last frame; without it the function was lost.
    Ended(Ended),
}

/// The message of a function that is ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// The slice's name.
    pub slice: String,
    /// The function's own clock, microseconds since the Unix epoch.
    pub clock_us: u64,
    /// The time from the start of its process until it could receive events, in microseconds.
    pub init_us: u64,
    /// How long after its slice's beginning it was ready, in microseconds; 0 if it was in time.
    pub late_us: u64,
    /// Where it runs: the name of a log stream, or a process.
    pub place: String,
}

/// How a slice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The slice ran to its end as planned.
    Done,
    /// The orchestrator stopped it.
    Stopped,
    /// The spec stopped the test (`at_end stop_test`).
    StoppedItself,
    /// The engine's time limit came before the end of the slice.
    Deadline,
    /// The function had already received this slice, so it did nothing.
    Repeated,
    /// The event isn't for this binary, so it did nothing.
    Refused,
    /// The engine failed.
    Failed,
    /// The function cannot read the control channel, so it did nothing.
    NoControl,
    /// The function stopped on its own, because its orchestrator was silent.
    Silent,
}

impl EndReason {
    /// Whether the end was expected, so that no load is missing.
    pub fn is_planned(self) -> bool {
        matches!(self, Self::Done | Self::Stopped | Self::StoppedItself)
    }
}

/// The message about a slice's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The reason.
    pub reason: EndReason,
    /// The explanation, if the end wasn't planned.
    pub message: String,
    /// The number of requests in all frames.
    pub requests: u64,
}

/// Counts in packed form. They are merged without unpacking them first.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted(wire::CountedMessage);

impl Counted {
    /// Packs a snapshot.
    pub fn new(snapshot: &Snapshot) -> Self {
        Self(wire::CountedMessage::from(snapshot))
    }

    pub(super) fn packed(&self) -> &wire::CountedMessage {
        &self.0
    }

    pub(super) fn from_packed(counted: wire::CountedMessage) -> Self {
        Self(counted)
    }

    /// The middle of its window, in microseconds from the test's start. It determines the interval that the counts belong to.
    pub fn middle_us(&self) -> u64 {
        self.0.middle_us()
    }

    /// The beginning of its window, microseconds from the test's start.
    pub fn from_us(&self) -> u64 {
        (self.middle_us() * 2).saturating_sub(self.to_us())
    }

    /// The end of its window, microseconds from the test's start.
    pub fn to_us(&self) -> u64 {
        self.0.to_us()
    }

    /// The number of users, and the planned number.
    pub fn users(&self) -> (u64, u64) {
        self.0.users()
    }

    /// Adds the counts to a snapshot.
    ///
    /// # Errors
    /// If they can't be read, because they are of another version or damaged in a way that the checksum doesn't detect.
    pub fn merge_into(&self, snapshot: &mut Snapshot) -> Result<(), String> {
        self.0.merge_into(snapshot)
    }
}

/// Writes numbered frames.
#[derive(Debug, Default)]
pub struct FrameWriter {
    number: u64,
}

impl FrameWriter {
    /// The bytes of the next frame.
    pub fn write(&mut self, frame: &Frame) -> Vec<u8> {
        let message = wire::FrameMessage::new(self.number, frame).encode_to_vec();
        self.number += 1;
        let mut packer = flate2::write::ZlibEncoder::new(Vec::with_capacity(message.len() / 2), flate2::Compression::fast());
        // Writing to memory can't fail.
        let packed = packer.write_all(&message).and_then(|()| packer.finish()).unwrap_or_default();
        let mut line = Vec::with_capacity(MARK.len() + packed.len() * 4 / 3 + 4);
        line.extend_from_slice(MARK);
        line.extend_from_slice(BASE64.encode(packed).as_bytes());
        line.push(b'\n');
        line
    }
}

/// One item that a reader found.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A frame, with its number.
    Frame(u64, Box<Frame>),
    /// Other output of the function.
    Text(String),
    /// A frame that can't be read, and why.
    Damaged(String),
}

/// Assembles frames from pieces of any length.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    /// The number of bytes that were returned, and the number that were searched for a line's end.
    taken: usize,
    searched: usize,
}

impl FrameReader {
    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.searched -= self.taken;
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The rest at the end of the output: a frame that was cut off, or a last line without a line feed.
    pub fn finish(&mut self) -> Option<Received> {
        let rest = self.buffer.split_off(self.taken);
        *self = Self::default();
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with(MARK) || MARK.starts_with(&rest) {
            return Some(Received::Damaged(format!("a frame was cut off after {} bytes", rest.len())));
        }
        Some(Received::Text(String::from_utf8_lossy(&rest).into_owned()))
    }
}

impl Iterator for FrameReader {
    type Item = Received;

    /// The next complete item.
    fn next(&mut self) -> Option<Received> {
        loop {
            let Some(found) = memchr::memchr(b'\n', &self.buffer[self.searched..]) else {
                self.searched = self.buffer.len();
                if self.searched - self.taken > LONGEST {
                    let dropped = self.searched - self.taken;
                    *self = Self::default();
                    return Some(Received::Damaged(format!("{dropped} bytes came without a line's end")));
                }
                return None;
            };
            let end = self.searched + found;
            let line = &self.buffer[self.taken..end];
            self.taken = end + 1;
            self.searched = self.taken;
            match line.strip_prefix(MARK) {
                // The prelude that Lambda adds to a response ends with NULs.
                None if line.is_empty() || line.contains(&0) => {}
                None if let Some(version) = other_version(line) => {
                    return Some(Received::Damaged(format!(
                        "a frame has format {version}, and this binary reads 2: another version of ltc built the function, deploy it again"
                    )));
                }
                None => return Some(Received::Text(String::from_utf8_lossy(line).into_owned())),
                Some(text) => {
                    return Some(match read(text) {
                        Ok((number, frame)) => Received::Frame(number, Box::new(frame)),
                        Err(why) => Received::Damaged(why),
                    });
                }
            }
        }
    }
}

/// The number in a frame of another format.
fn other_version(line: &[u8]) -> Option<&str> {
    let rest = line.strip_prefix(ANY_MARK)?;
    let digits = rest.iter().position(|byte| *byte == b':')?;
    let version = std::str::from_utf8(rest.get(..digits)?).ok()?;
    (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some(version)
}

fn read(text: &[u8]) -> Result<(u64, Frame), String> {
    let packed = BASE64.decode(text).map_err(|error| format!("a frame is damaged: {error}"))?;
    let mut message = Vec::with_capacity(packed.len() * 4);
    flate2::read::ZlibDecoder::new(packed.as_slice())
        .take(LONGEST as u64)
        .read_to_end(&mut message)
        .map_err(|error| format!("a frame is damaged: {error}"))?;
    let frame = wire::FrameMessage::decode(message.as_slice()).map_err(|error| format!("a frame is damaged: {error}"))?;
    frame.into_frame()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use ltc_engine::stats::{Cpu, Example, FailureClass, FailureKey, Recorder, Sample, Traffic};

    pub(crate) fn snapshot() -> Snapshot {
        let mut recorder = Recorder::new(3, 4);
        for n in 1..200u64 {
            let service = Duration::from_micros(n * n * 3);
            let traffic = Traffic { sent: n % 7, redirects: 1, resends: 2, opened: 3, ..Traffic::default() };
            if n % 30 == 0 {
                recorder.unfinished(1, service, Some(&traffic));
                recorder.fail(2);
            }
            let response = if n % 50 == 0 { service * 2 } else { service };
            recorder.record(&Sample { name: (n % 2) as u32, service, response, ok: n % 9 > 0, traffic, ..Sample::default() });
            recorder.lag(Duration::from_micros(n));
        }
        let key = FailureKey { name: 0, class: FailureClass::Status, place: 2, kind: "got 503".into() };
        recorder.failure(key, Duration::from_secs(3), || Example { message: "no".into(), ..Example::default() });
        recorder.reason(FailureKey { name: 0, class: FailureClass::Json, place: 2, kind: "missing".into() });
        recorder.missed(2);
        recorder.in_flight(4, Duration::from_millis(70));
        let ms = Duration::from_millis;
        recorder.cpu(&Cpu::of(ms(3), ms(9), ms(2), ms(1)));
        recorder.snapshot(Duration::from_secs(5), 7, 8)
    }

    #[test]
    fn frame_keeps_every_count() {
        let counted = snapshot();
        let mut writer = FrameWriter::default();
        let first = Frame::Started(Started { slice: "t/0/0/0".into(), clock_us: 9, init_us: 8, late_us: 7, place: "here".into() });
        let mut bytes = writer.write(&first);
        bytes.extend(b"a stray line\n");
        bytes.extend(writer.write(&Frame::Counted(Counted::new(&counted))));
        // Pushes the bytes in pieces of several lengths.
        for step in [1, 7, 1000] {
            let mut reader = FrameReader::default();
            let mut got = Vec::new();
            for piece in bytes.chunks(step) {
                reader.push(piece);
                got.extend(&mut reader);
            }
            assert_eq!(reader.finish(), None);
            assert_eq!(got[0], Received::Frame(0, Box::new(first.clone())));
            assert_eq!(got[1], Received::Text("a stray line".into()));
            let Received::Frame(1, frame) = &got[2] else { panic!("{got:?}") };
            let Frame::Counted(packed) = &**frame else { panic!("{frame:?}") };
            assert_eq!((packed.middle_us(), packed.to_us(), packed.users()), (2_500_000, 5_000_000, (7, 8)));
            let mut back = Snapshot::default();
            packed.merge_into(&mut back).unwrap();
            assert_eq!(back, counted);
            // Merges the counts twice, as from two shards.
            packed.merge_into(&mut back).unwrap();
            let mut twice = counted.clone();
            twice.merge(&counted);
            assert_eq!(back, twice);
        }
    }

    #[test]
    fn cut_off_or_damaged_frame_is_reported() {
        let bytes = FrameWriter::default().write(&Frame::Counted(Counted::new(&snapshot())));
        for length in [3, 20, bytes.len() - 1] {
            let mut reader = FrameReader::default();
            reader.push(&bytes[..length]);
            assert_eq!(reader.next(), None);
            assert_eq!(reader.finish(), Some(Received::Damaged(format!("a frame was cut off after {length} bytes"))));
        }
        let mut damaged = bytes.clone();
        let mut other = FrameReader::default();
        other.push(b"ltc1:abc\nltc: a line\n");
        assert!(matches!(other.next(), Some(Received::Damaged(why)) if why.starts_with("a frame has format 1, and this binary reads 2")));
        assert_eq!(other.next(), Some(Received::Text("ltc: a line".into())));
        damaged[60] = if damaged[60] == b'A' { b'B' } else { b'A' };
        let mut reader = FrameReader::default();
        reader.push(&damaged);
        assert!(matches!(reader.next(), Some(Received::Damaged(_))));
        reader.push(&bytes);
        assert!(matches!(reader.next(), Some(Received::Frame(0, _))), "the next is read again");
    }
}
