//! Connections in memory: the server is a value in the same thread. Instruction counts need them, because the cost of a socket differs from
//! run to run, and only the engine is to be measured.
//!
//! An answer is available as soon as the request is flushed, but the first read of it has to wait once, as with a socket. So a request
//! suspends and resumes the same code as over a network.

use std::fmt;
use std::task::{Context, Poll, Waker};

use bytes::BufMut;

/// The server of one connection.
pub trait Peer: fmt::Debug {
    /// Reads the bytes that the client has sent since the last call, and appends its answer.
    fn answer(&mut self, sent: &[u8], answer: &mut Vec<u8>);
}

/// Accepts a connection to a host.
pub type Accept = fn(host: &str) -> Accepted;

/// An accepted connection.
#[derive(Debug)]
pub struct Accepted {
    /// Its server.
    pub peer: Box<dyn Peer>,
    /// Whether it speaks HTTP/2. TLS is never used, whatever the URL's scheme.
    pub http2: bool,
}

/// The client's end of a connection.
#[derive(Debug)]
pub(crate) struct Pipe {
    peer: Box<dyn Peer>,
    pub(in crate::http) http2: bool,
    sent: Vec<u8>,
    answer: Vec<u8>,
    /// The number of bytes of the response that were read.
    read: usize,
    /// Whether the response has come since the client last waited.
    news: bool,
    waiting: Option<Waker>,
}

impl Pipe {
    pub(in crate::http) fn new(accepted: Accepted) -> Self {
        let Accepted { peer, http2 } = accepted;
        Self { peer, http2, sent: Vec::new(), answer: Vec::new(), read: 0, news: false, waiting: None }
    }

    /// Keeps the bytes until they are flushed.
    pub(in crate::http) fn write(&mut self, bytes: &[u8]) -> usize {
        self.sent.extend_from_slice(bytes);
        bytes.len()
    }

    /// Lets the server answer all written bytes.
    pub(in crate::http) fn flush(&mut self) {
        if !self.sent.is_empty() {
            let before = self.answer.len();
            self.peer.answer(&self.sent, &mut self.answer);
            self.sent.clear();
            if self.answer.len() > before {
                let waiting = self.waiting.take();
                self.news = waiting.is_none();
                waiting.into_iter().for_each(Waker::wake);
            }
        }
    }

    /// Waits until there is something to read.
    pub(in crate::http) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.read == self.answer.len() {
            self.waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if std::mem::take(&mut self.news) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Appends received bytes to `buffer`, at most `room` of them. Waits until there are some.
    pub(in crate::http) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut impl BufMut, room: usize) -> Poll<usize> {
        self.poll_readable(cx).map(|()| {
            let end = self.answer.len().min(self.read + room);
            buffer.put_slice(&self.answer[self.read..end]);
            let count = end - std::mem::replace(&mut self.read, end);
            if end == self.answer.len() {
                self.answer.clear();
                self.read = 0;
            }
            count
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    #[derive(Debug)]
    struct Echo;

    impl Peer for Echo {
        fn answer(&mut self, sent: &[u8], answer: &mut Vec<u8>) {
            answer.extend_from_slice(sent);
        }
    }

    #[test]
    fn first_read_of_an_answer_waits_once() {
        let mut pipe = Pipe::new(Accepted { peer: Box::new(Echo), http2: false });
        let cx = &mut Context::from_waker(Waker::noop());
        let mut read = BytesMut::new();
        assert_eq!(pipe.write(b"hello"), 5);
        pipe.flush();
        assert_eq!(pipe.poll_read(cx, &mut read, 4), Poll::Pending);
        assert_eq!(pipe.poll_read(cx, &mut read, 4), Poll::Ready(4));
        assert_eq!(pipe.poll_read(cx, &mut read, 4), Poll::Ready(1));
        assert_eq!(read, "hello");
        // A task that already waits is woken, and needn't wait a second time.
        assert_eq!(pipe.poll_read(cx, &mut read, 4), Poll::Pending);
        pipe.write(b"!");
        pipe.flush();
        assert_eq!(pipe.poll_read(cx, &mut read, 4), Poll::Ready(1));
    }
}
