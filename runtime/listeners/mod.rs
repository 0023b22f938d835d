//! Listeners send a test's results to other systems while it runs, as the profile's `logging.listeners` says.
//!
//! ```text
//! Results ─ LiveSnapshot ─┬─ queue ─ thread: Format (what goes where) ─ backlog ─ post, retry      SignalFx Splunk Prometheus OTLP InfluxDB
//!                   └─ queue ─ thread: lines on standard error                               Debug
//! ```
//!
//! Each listener has its own thread and a bounded queue, so none of them can slow the load or another listener. What a sink doesn't accept
//! in time is dropped and counted, and every report says so. Only the machine that merges the results talks to sinks; shards never do.

mod choose;
mod debug;
mod delivery;
mod health;
mod influxdb;
mod otlp;
mod post;
mod prometheus;
mod signalfx;
mod splunk;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use crate::live::{LiveSnapshot, TestInfo};
use crate::report::Delivered;
use delivery::{Delivery, Limits};
use ltc_engine::clock;

/// How long the end may take before a line tells the reason.
const NOTICE_AFTER: Duration = Duration::from_secs(1);

/// An event that listeners receive.
#[derive(Clone, Debug)]
pub(crate) enum ListenerEvent {
    /// The load begins.
    Started,
    /// An interval is over.
    Interval(Arc<LiveSnapshot>),
    /// The test is over. The snapshot covers all of it.
    Ended(Arc<LiveSnapshot>),
}

/// Shows the tester a line.
type LogSink = Arc<dyn Fn(&str) + Send + Sync>;

/// One request to a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    url: String,
    body: Bytes,
    /// The number of events or data points in it.
    items: u64,
}

/// Encodes events for a kind of sink.
trait Format: Send {
    /// The requests for this event.
    fn encode(&mut self, info: &TestInfo, event: &ListenerEvent) -> Vec<Message>;

    /// The number of items that the sink refused according to an otherwise successful answer.
    fn refused(&self, _answer: &[u8]) -> u64 {
        0
    }
}

/// A sink, ready to be started.
struct Sink {
    name: &'static str,
    format: Box<dyn Format>,
    /// The headers of every request. Secret values are marked as sensitive.
    headers: HeaderMap,
    verify: bool,
}

/// The snapshot whose statistics are sent with this event, if any.
fn statistics<'n>(info: &TestInfo, event: &'n ListenerEvent) -> Option<&'n LiveSnapshot> {
    match event {
        ListenerEvent::Interval(live) if info.periodic => Some(live),
        ListenerEvent::Ended(live) if !info.periodic => Some(live),
        _ => None,
    }
}

/// All listeners of a test.
#[derive(Default)]
pub(crate) struct Listeners {
    sinks: Vec<Sink>,
    debug: bool,
    running: Vec<Delivery>,
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.sinks.iter().map(|sink| sink.name).chain(self.running.iter().map(Delivery::name))).finish()
    }
}

impl Listeners {
    /// Whether the test has no listeners.
    pub(crate) fn is_empty(&self) -> bool {
        self.sinks.is_empty() && !self.debug && self.running.is_empty()
    }

    /// Whether a listener writes to standard error, so that no screen may be drawn there.
    pub(crate) fn print(&self) -> bool {
        self.debug
    }

    /// Starts the threads and tells them that the load begins.
    pub(crate) fn start(&mut self, info: &Arc<TestInfo>) {
        self.start_within(info, Limits::default(), &(Arc::new(crate::progress::notice) as LogSink));
    }

    /// Starts the threads. The start event checks each sink: `say` names one that refuses it or can't be reached immediately, not at the
    /// end.
    fn start_within(&mut self, info: &Arc<TestInfo>, limits: Limits, say: &LogSink) {
        let sinks = std::mem::take(&mut self.sinks);
        self.running.extend(sinks.into_iter().map(|sink| Delivery::start(sink, info.clone(), limits, say.clone())));
        if self.debug {
            self.running.push(debug::start(info.clone()));
        }
        self.notify(&ListenerEvent::Started);
    }

    /// Sends an event to all listeners. Never blocks.
    pub(crate) fn notify(&self, event: &ListenerEvent) {
        for delivery in &self.running {
            delivery.notify(event.clone());
        }
    }

    /// Lets all listeners send their remaining messages, together for no longer than `timeout`, and returns their counts.
    pub(crate) fn finish(self, timeout: Duration) -> Vec<Delivered> {
        let deadline = clock::now() + timeout;
        let mut closing: Vec<_> = self.running.into_iter().map(Delivery::close).collect();
        let soon = deadline.min(clock::now() + NOTICE_AFTER);
        let late: Vec<&str> = closing.iter_mut().filter_map(|delivery| (!delivery.done_by(soon)).then(|| delivery.name())).collect();
        if !late.is_empty() {
            crate::say::err!("sending the last results to {} (up to {} s)", late.join(", "), timeout.as_secs());
        }
        closing.into_iter().filter_map(|delivery| delivery.outcome(deadline)).collect()
    }
}

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
