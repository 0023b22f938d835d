//! What comes from one function: its output, as frames and as lines for people.

use std::pin::Pin;
use std::time::Instant;

use futures_util::StreamExt as _;

use super::backend::Output;
use super::frame::{EndReason, Ended, Frame, FrameReader, Received};
use super::received::ReceivedFrames;
use ltc_engine::clock;

/// The output of a function, and what came of it so far.
pub(super) struct Listening {
    output: Output,
    reader: FrameReader,
    /// The frames that have come.
    pub(super) frames: ReceivedFrames,
    /// When it was last noticed that frames are missing before another one.
    pub(super) gap_seen: Option<Instant>,
    /// The last line for people.
    last_line: String,
    /// The event came to the function before.
    repeated: bool,
    /// How the output ended, if it did.
    pub(super) over: Option<Over>,
}

/// How an output ended without a last frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The function has ended.
    Ended(String),
    /// The connection is lost, and the function may go on.
    OutOfSight(String),
}

/// A part of what came.
#[derive(Debug)]
pub(super) enum ReceivedItem {
    Frame(Box<Frame>),
    /// Something that belongs in the report.
    Note(String),
}

impl Listening {
    pub(super) fn to(output: Output) -> Self {
        Self {
            output,
            reader: FrameReader::default(),
            frames: ReceivedFrames::default(),
            gap_seen: None,
            last_line: String::new(),
            repeated: false,
            over: None,
        }
    }

    /// There is no output to listen to.
    pub(super) fn to_nothing() -> Self {
        Self { over: Some(Over::OutOfSight(String::new())), ..Self::to(futures_util::stream::empty().boxed()) }
    }

    /// Whether no frame has come.
    pub(super) fn is_silent(&self) -> bool {
        self.frames.next() == 0
    }

    /// What comes next, in order; `over` is set where nothing comes after it. Nothing is lost where it is dropped.
    pub(super) async fn next(&mut self) -> Vec<ReceivedItem> {
        let mut damaged = None;
        let mut items = Vec::new();
        match Pin::new(&mut self.output).next().await {
            Some(Ok(bytes)) => {
                self.reader.push(&bytes);
                while let Some(received) = self.reader.next() {
                    self.take(received, &mut items, &mut damaged);
                }
                items.extend(damaged.map(ReceivedItem::Note));
            }
            Some(Err(error)) => self.over = Some(Over::OutOfSight(format!("the connection to it was lost: {error}"))),
            None => {
                if let Some(received) = self.reader.finish() {
                    self.take(received, &mut items, &mut damaged);
                }
                let last_line = std::mem::take(&mut self.last_line);
                let word = damaged.unwrap_or(if last_line.is_empty() { "it ended without output".into() } else { last_line });
                // The first delivery's answer went elsewhere, and its load goes on.
                self.over = Some(if self.repeated && self.is_silent() {
                    Over::OutOfSight("the response to its first delivery was lost".into())
                } else {
                    Over::Ended(word)
                });
            }
        }
        items
    }

    fn take(&mut self, received: Received, items: &mut Vec<ReceivedItem>, damaged: &mut Option<String>) {
        match received {
            Received::Text(line) => line.trim().clone_into(&mut self.last_line),
            Received::Damaged(what) => *damaged = Some(what),
            Received::Frame(_, frame) if matches!(&*frame, Frame::Ended(Ended { reason: EndReason::Repeated, .. })) => {
                if let Frame::Ended(Ended { message, .. }) = &*frame {
                    items.push(ReceivedItem::Note(format!("its event was delivered twice and run once: {message}")));
                }
                self.repeated = true;
            }
            Received::Frame(number, frame) => {
                let before = self.frames.next();
                // One that comes twice counts once.
                if self.frames.add(number) {
                    if number > before {
                        self.gap_seen = Some(clock::now());
                    }
                    if matches!(&*frame, Frame::Ended(_)) {
                        self.frames.end();
                    }
                    items.push(ReceivedItem::Frame(frame));
                }
            }
        }
    }
}
