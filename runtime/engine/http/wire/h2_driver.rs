//! Reads and writes the frames of a connection over HTTP/2.
//!
//! h2 needs somebody who polls the connection. A task of the connection would be woken by each request three times: to send it, to read the
//! response, and at its end; and it would wake the user's task. So a user's own task drives its connection while a request is in progress.
//! Between requests, the connection's task does, which answers a PING and notices the end of the connection. It also drives connections
//! that users share.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use h2::client::Connection;

use crate::http::io::stream::Stream;

/// Polls a connection, for a request or in the connection's task.
pub(super) struct Driver {
    /// `None` after the connection's end.
    connection: RefCell<Option<Connection<Stream, Bytes>>>,
    relay: Arc<Relay>,
    /// The waker of the relay, which the connection knows.
    waker: Waker,
    /// The waker of the connection's task, after its first poll.
    own_task: RefCell<Option<Waker>>,
    /// The requests in progress.
    active: Cell<usize>,
    /// Whether several users share the connection.
    is_shared: bool,
}

/// Passes the wake-ups of a connection on to the task that drives it.
struct Relay {
    task: Mutex<Waker>,
    /// Whether that task is running. It polls the connection before it waits, so it needs no wake-up.
    is_running: AtomicBool,
    /// Whether a wake-up came meanwhile.
    is_due: AtomicBool,
}

impl Relay {
    fn task(&self) -> MutexGuard<'_, Waker> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on_to(&self, waker: &Waker) {
        let mut task = self.task();
        if !task.will_wake(waker) {
            task.clone_from(waker);
        }
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_running.load(Relaxed) {
            self.is_due.store(true, Relaxed);
        } else {
            self.task().wake_by_ref();
        }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("active", &self.active.get()).finish_non_exhaustive()
    }
}

impl Driver {
    /// Starts the connection's task.
    pub(super) fn start(connection: Connection<Stream, Bytes>, is_shared: bool) -> Rc<Self> {
        let relay =
            Arc::new(Relay { task: Mutex::new(Waker::noop().clone()), is_running: AtomicBool::new(false), is_due: AtomicBool::new(false) });
        let driver = Rc::new(Self {
            connection: RefCell::new(Some(connection)),
            waker: Waker::from(relay.clone()),
            relay,
            own_task: RefCell::default(),
            active: Cell::new(0),
            is_shared,
        });
        let task = driver.clone();
        tokio::task::spawn_local(std::future::poll_fn(move |cx| task.poll_alone(cx)));
        driver
    }

    /// The number of requests in progress.
    pub(super) fn active(&self) -> usize {
        self.active.get()
    }

    /// Counts a request. It has to end with [`Self::end`].
    pub(super) fn begin(&self) {
        if self.active.get() > 0 && !self.is_shared {
            // The request before waited for the connection only, and now has to wait for its own response.
            self.relay.task().wake_by_ref();
        }
        self.active.set(self.active.get() + 1);
    }

    /// Ends a request. `is_whole` tells whether nothing is left to send for it.
    pub(super) fn end(&self, is_whole: bool) {
        self.active.set(self.active.get() - 1);
        if self.is_shared {
            return;
        }
        self.relay.is_running.store(false, Relaxed);
        if let Some(own_task) = &*self.own_task.borrow() {
            self.relay.pass_on_to(own_task);
        }
        if !is_whole || self.active.get() > 0 {
            self.wake_own_task();
        }
    }

    /// Lets the connection's task poll the connection.
    pub(super) fn wake_own_task(&self) {
        self.own_task.borrow().iter().for_each(Waker::wake_by_ref);
    }

    /// Announces that the running task will drive the connection, so nothing that it does with it has to wake anybody.
    pub(super) fn take_over(&self) {
        if !self.is_shared {
            self.relay.is_running.store(true, Relaxed);
        }
    }

    /// Polls a part of a request's exchange, and the connection as far as the part needs it.
    pub(super) fn poll<T>(&self, cx: &mut Context<'_>, mut part: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        if self.is_shared {
            return part(cx);
        }
        self.take_over();
        self.relay.pass_on_to(cx.waker());
        // A request that is alone needs no wake-up for its response, because it reads that response from the connection itself.
        let is_alone = self.active.get() == 1;
        let mut poll_part = || if is_alone { part(&mut Context::from_waker(Waker::noop())) } else { part(cx) };
        let first = poll_part();
        if first.is_ready() {
            return first;
        }
        self.relay.is_due.store(false, Relaxed);
        self.poll_connection();
        let second = poll_part();
        if second.is_pending() {
            self.relay.is_running.store(false, Relaxed);
            if self.relay.is_due.load(Relaxed) {
                cx.waker().wake_by_ref();
            }
        }
        second
    }

    /// Polls the connection in its own task, unless a request drives it.
    fn poll_alone(&self, cx: &mut Context<'_>) -> Poll<()> {
        let is_known = self.own_task.borrow().as_ref().is_some_and(|known| known.will_wake(cx.waker()));
        if !is_known {
            *self.own_task.borrow_mut() = Some(cx.waker().clone());
        }
        if self.is_shared || self.active.get() == 0 {
            self.relay.pass_on_to(cx.waker());
        }
        if self.relay.task().will_wake(cx.waker()) {
            self.poll_connection();
        }
        if self.connection.borrow().is_none() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn poll_connection(&self) {
        let mut connection = self.connection.borrow_mut();
        let Some(open) = &mut *connection else { return };
        // The requests on the connection report its failures.
        if Pin::new(open).poll(&mut Context::from_waker(&self.waker)).is_ready() {
            *connection = None;
            self.wake_own_task();
        }
    }
}
