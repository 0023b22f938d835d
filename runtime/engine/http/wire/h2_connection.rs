//! An open connection over HTTP/2, and how many requests it may carry at once.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Ping, SendStream};
use tokio::sync::Notify;

use super::h2_driver::Driver;
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
    driver: Rc<Driver>,
    /// Notified when one of them ends.
    ended: Notify,
}

impl fmt::Debug for H2Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("H2Connection").field("driver", &self.0.driver).finish_non_exhaustive()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Without handles, the connection closes when it is polled next.
        self.driver.wake_own_task();
    }
}

/// Begins HTTP/2 on a connection. If users share it, this also waits until the server has told how many requests it takes at once.
pub(crate) async fn handshake(stream: Stream, is_shared: bool) -> Result<H2Connection, HttpError> {
    let (sender, mut connection) = Builder::new()
        .enable_push(false)
        .max_header_list_size(MAX_HEAD as u32)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake(stream)
        .await
        .map_err(|error| failure(&error))?;
    let pings = connection.ping_pong().filter(|_| is_shared);
    let driver = Driver::start(connection, is_shared);
    if let Some(mut pings) = pings {
        // The server's settings are the first that it sends (RFC 9113, 3.4), so they come before this answer.
        pings.ping(Ping::opaque()).await.map_err(|error| failure(&error))?;
    }
    Ok(H2Connection(Rc::new(Open { sender: RefCell::new(sender), driver, ended: Notify::new() })))
}

impl H2Connection {
    /// Whether it takes further requests: it is neither closed nor about to be (GOAWAY).
    pub(crate) fn is_open(&self) -> bool {
        let ready = self.0.sender.borrow_mut().poll_ready(&mut Context::from_waker(Waker::noop()));
        !matches!(ready, Poll::Ready(Err(_)))
    }

    /// Whether the server takes one more request at this time (`SETTINGS_MAX_CONCURRENT_STREAMS`).
    pub(crate) fn has_room(&self) -> bool {
        self.0.driver.active() < self.0.sender.borrow().current_max_send_streams()
    }

    /// Whether two handles are of the same connection.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Waits until the server takes one more request, and counts it until the result is dropped. The first request does not wait.
    pub(super) async fn room(&self) -> Room {
        while self.0.driver.active() > 0 && self.is_open() && !self.has_room() {
            self.0.ended.notified().await;
        }
        self.0.driver.begin();
        Room { open: self.0.clone(), is_whole: Cell::new(false) }
    }
}

/// The room of a request among those that the connection carries.
pub(super) struct Room {
    open: Rc<Open>,
    is_whole: Cell<bool>,
}

impl Room {
    /// Sends a request's head.
    ///
    /// # Errors
    /// If the connection takes no requests any more. Nothing was sent then.
    pub(super) fn send(&self, request: http::Request<()>, whole: bool) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        self.open.driver.take_over();
        let mut sender = self.open.sender.borrow_mut();
        match sender.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => sender.send_request(request, whole),
            Poll::Ready(Err(error)) => Err(error),
            // The server has lowered its limit meanwhile, and the request before waits for it.
            Poll::Pending => sender.clone().send_request(request, whole),
        }
    }

    /// Polls a part of the exchange, and the connection if this request drives it.
    pub(super) fn poll<T>(&self, cx: &mut Context<'_>, part: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.open.driver.poll(cx, part)
    }

    /// Records that the request was sent completely and its response has been read.
    pub(super) fn done(&self) {
        self.is_whole.set(true);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.open.driver.end(self.is_whole.get());
        self.open.ended.notify_one();
    }
}
