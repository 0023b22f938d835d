//! An open connection over HTTP/2, and how many requests it may carry at once.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Ping, SendStream};
use tokio::sync::Notify;

use super::h2_error::failure;
use crate::http::io::stream::Stream;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::MAX_HEAD;

/// How much of a response may arrive before it is read, and of all responses of a connection together.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// An open connection. Clones share it.
#[derive(Clone)]
pub(crate) struct H2Connection(Rc<Open>);

struct Open {
    sender: RefCell<SendRequest<Bytes>>,
    /// The requests in progress.
    active: Cell<usize>,
    /// Notified when one of them ends.
    ended: Notify,
}

impl fmt::Debug for H2Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("H2Connection").field("active", &self.0.active.get()).finish_non_exhaustive()
    }
}

/// Begins HTTP/2 on a connection. With `settled`, it also waits until the server has told how many requests it takes at once.
pub(crate) async fn handshake(stream: Stream, settled: bool) -> Result<H2Connection, HttpError> {
    let (sender, mut connection) = Builder::new()
        .enable_push(false)
        .max_header_list_size(MAX_HEAD as u32)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake(stream)
        .await
        .map_err(|error| failure(&error))?;
    let pings = connection.ping_pong().filter(|_| settled);
    tokio::task::spawn_local(async move {
        // The requests on the connection report its failures.
        let _ = connection.await;
    });
    if let Some(mut pings) = pings {
        // The server's settings are the first that it sends (RFC 9113, 3.4), so they come before this answer.
        pings.ping(Ping::opaque()).await.map_err(|error| failure(&error))?;
    }
    Ok(H2Connection(Rc::new(Open { sender: RefCell::new(sender), active: Cell::new(0), ended: Notify::new() })))
}

impl H2Connection {
    /// Whether it takes further requests: it is neither closed nor about to be (GOAWAY).
    pub(crate) fn is_open(&self) -> bool {
        let ready = self.0.sender.borrow_mut().poll_ready(&mut Context::from_waker(Waker::noop()));
        !matches!(ready, Poll::Ready(Err(_)))
    }

    /// Whether the server takes one more request at this time (`SETTINGS_MAX_CONCURRENT_STREAMS`).
    pub(crate) fn has_room(&self) -> bool {
        self.0.active.get() < self.0.sender.borrow().current_max_send_streams()
    }

    /// Whether two handles are of the same connection.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Waits until the server takes one more request, and counts it until the result is dropped. The first request does not wait.
    pub(super) async fn room(&self) -> Room {
        while self.0.active.get() > 0 && self.is_open() && !self.has_room() {
            self.0.ended.notified().await;
        }
        self.0.active.set(self.0.active.get() + 1);
        Room(self.0.clone())
    }
}

/// The room of a request among those that the connection carries.
pub(super) struct Room(Rc<Open>);

impl Room {
    /// Sends a request's head.
    ///
    /// # Errors
    /// If the connection takes no requests any more. Nothing was sent then.
    pub(super) fn send(&self, request: http::Request<()>, whole: bool) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        let mut sender = self.0.sender.borrow_mut();
        match sender.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => sender.send_request(request, whole),
            Poll::Ready(Err(error)) => Err(error),
            // The server has lowered its limit meanwhile, and the request before waits for it.
            Poll::Pending => sender.clone().send_request(request, whole),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get() - 1);
        self.0.ended.notify_one();
    }
}
