//! Connections over HTTP/2 that all users of a thread share, for apis with `http2: shared`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use tokio::sync::Mutex;

use crate::base::clock;
use crate::http::io::stream::WORTH_ASKING;
use crate::http::message::target::Origin;
use crate::http::wire::h2_connection::H2Connection;

/// Lets only one request at a time connect to a server that may speak HTTP/2. The others wait for the connection that they will share.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    pub(crate) lock: Mutex<()>,
    /// The server speaks HTTP/1.1, so each request needs its own connection.
    pub(crate) one_each: Cell<bool>,
}

/// The shared connections of an api, by origin.
#[derive(Debug, Default)]
pub(crate) struct SharedConnections(RefCell<Vec<Shared>>);

#[derive(Debug)]
struct Shared {
    origin: Rc<Origin>,
    gate: Rc<Gate>,
    /// In the order in which they were opened. The first one with room is used, so no more are used than are needed.
    open: Vec<H2Connection>,
    last_used: Instant,
}

impl SharedConnections {
    /// The gate of an origin.
    pub(crate) fn gate(&self, origin: &Rc<Origin>) -> Rc<Gate> {
        self.of(origin, |shared| shared.gate.clone())
    }

    /// An open connection that takes one more request, if there is one.
    pub(crate) async fn take(&self, origin: &Rc<Origin>) -> Option<H2Connection> {
        let now = clock::now();
        let last_used = self.of(origin, |shared| std::mem::replace(&mut shared.last_used, now));
        if now.saturating_duration_since(last_used) >= WORTH_ASKING {
            // Only the tasks of the connections notice messages of the server and the end of a connection, so they have to run first.
            tokio::task::yield_now().await;
        }
        self.of(origin, |shared| {
            shared.open.retain(H2Connection::is_open);
            shared.open.iter().find(|connection| connection.has_room()).cloned()
        })
    }

    /// Keeps a new connection.
    pub(crate) fn put(&self, origin: &Rc<Origin>, connection: H2Connection) {
        self.of(origin, |shared| shared.open.push(connection));
    }

    /// Sends no further requests on a connection. Those in progress continue.
    pub(crate) fn retire(&self, origin: &Rc<Origin>, connection: &H2Connection) {
        self.of(origin, |shared| shared.open.retain(|open| !open.is_same(connection)));
    }

    fn of<T>(&self, origin: &Rc<Origin>, with: impl FnOnce(&mut Shared) -> T) -> T {
        let mut all = self.0.borrow_mut();
        let known = all.iter().position(|shared| Rc::ptr_eq(&shared.origin, origin) || shared.origin == *origin);
        let at = known.unwrap_or_else(|| {
            all.push(Shared { origin: origin.clone(), gate: Rc::default(), open: Vec::new(), last_used: clock::now() });
            all.len() - 1
        });
        with(&mut all[at])
    }
}
