//! What comes from one function: its output, as frames and as lines for people.

use std::pin::Pin;

use futures_util::StreamExt as _;

use super::backend::Output;
use super::frame::{EndReason, Ended, Frame, FrameReader, Received};

/// The output of a function, and what came of it so far.
pub(super) struct Listening {
    output: Output,
    reader: FrameReader,
    /// The number of the next frame.
    expected: u64,
    /// The last line for people.
    said: String,
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
pub(super) enum Heard {
    Frame(Box<Frame>),
    /// Something that belongs in the report.
    Note(String),
    /// So many frames are missing.
    Missing(u64),
}

impl Listening {
    pub(super) fn to(output: Output) -> Self {
        Self { output, reader: FrameReader::default(), expected: 0, said: String::new(), repeated: false, over: None }
    }

    /// Whether no frame has come.
    pub(super) fn is_silent(&self) -> bool {
        self.expected == 0
    }

    /// What comes next, in order; `over` is set where nothing comes after it. Nothing is lost where it is dropped.
    pub(super) async fn next(&mut self) -> Vec<Heard> {
        let mut damaged = None;
        let mut heard = Vec::new();
        match Pin::new(&mut self.output).next().await {
            Some(Ok(bytes)) => {
                self.reader.push(&bytes);
                while let Some(received) = self.reader.next() {
                    self.take(received, &mut heard, &mut damaged);
                }
                heard.extend(damaged.map(Heard::Note));
            }
            Some(Err(error)) => self.over = Some(Over::OutOfSight(format!("the connection to it was lost: {error}"))),
            None => {
                if let Some(received) = self.reader.finish() {
                    self.take(received, &mut heard, &mut damaged);
                }
                let said = std::mem::take(&mut self.said);
                let word = damaged.unwrap_or(if said.is_empty() { "it ended without output".into() } else { said });
                // The first delivery's answer went elsewhere, and its load goes on.
                self.over = Some(if self.repeated && self.is_silent() {
                    Over::OutOfSight("the response to its first delivery was lost".into())
                } else {
                    Over::Ended(word)
                });
            }
        }
        heard
    }

    fn take(&mut self, received: Received, heard: &mut Vec<Heard>, damaged: &mut Option<String>) {
        match received {
            Received::Said(line) => line.trim().clone_into(&mut self.said),
            Received::Damaged(what) => *damaged = Some(what),
            Received::Frame(_, frame) if matches!(&*frame, Frame::Ended(Ended { reason: EndReason::Repeated, .. })) => {
                if let Frame::Ended(Ended { message, .. }) = &*frame {
                    heard.push(Heard::Note(format!("its event was delivered twice and run once: {message}")));
                }
                self.repeated = true;
            }
            // One that comes twice counts once.
            Received::Frame(number, _) if number < self.expected => {}
            Received::Frame(number, frame) => {
                if number > self.expected {
                    heard.push(Heard::Missing(number - self.expected));
                }
                self.expected = number + 1;
                heard.push(Heard::Frame(frame));
            }
        }
    }
}
