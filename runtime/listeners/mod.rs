//! Listeners: where a test's results go while it runs, as the profile's `logging.listeners` says.
//!
//! ```text
//! Results ─ LiveSnapshot ─┬─ queue ─ thread: Format (what goes where) ─ backlog ─ post, retry      SignalFx Splunk Prometheus OTLP InfluxDB
//!                   └─ queue ─ thread: lines on standard error                               Debug
//! ```
//!
//! Each has a thread of its own and a bounded queue, so none of them can slow the load, or another; what a sink doesn't take in time is
//! dropped and counted, and every report says so. Only the machine that merges the results talks to sinks: shards never do.

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

/// How long the end may take before it is said why.
const UNSAID: Duration = Duration::from_secs(1);

/// What listeners are told.
#[derive(Clone, Debug)]
pub(crate) enum ListenerEvent {
    /// The load begins.
    Started,
    /// An interval is over.
    Interval(Arc<LiveSnapshot>),
    /// The test is over; this is all of it.
    Ended(Arc<LiveSnapshot>),
}

/// Shows the tester a line.
type LogSink = Arc<dyn Fn(&str) + Send + Sync>;

/// One request to a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    url: String,
    body: Bytes,
    /// How many events or data points it carries.
    items: u64,
}

/// What a sink wants to be sent.
trait Format: Send {
    /// The requests that this event makes.
    fn encode(&mut self, info: &TestInfo, event: &ListenerEvent) -> Vec<Message>;

    /// How many items the sink says it refused, in an answer that is otherwise good.
    fn refused(&self, _answer: &[u8]) -> u64 {
        0
    }
}

/// A sink, ready to be started.
struct Sink {
    name: &'static str,
    format: Box<dyn Format>,
    /// Sent with every request; values that are secret are marked so.
    headers: HeaderMap,
    verify: bool,
}

/// The window whose statistics go out with this event, if any do.
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
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.sinks.is_empty() && !self.debug && self.running.is_empty()
    }

    /// Whether standard error is written to by one of them: no screen may be drawn there.
    pub(crate) fn print(&self) -> bool {
        self.debug
    }

    /// Starts their threads and tells them that the load begins.
    pub(crate) fn start(&mut self, info: &Arc<TestInfo>) {
        self.start_within(info, Limits::default(), &(Arc::new(crate::progress::notice) as LogSink));
    }

    /// The start event is the check of each sink: one that refuses it, or can't be reached, is named at once (`say`), not at the end.
    fn start_within(&mut self, info: &Arc<TestInfo>, limits: Limits, say: &LogSink) {
        let sinks = std::mem::take(&mut self.sinks);
        self.running.extend(sinks.into_iter().map(|sink| Delivery::start(sink, info.clone(), limits, say.clone())));
        if self.debug {
            self.running.push(debug::start(info.clone()));
        }
        self.tell(&ListenerEvent::Started);
    }

    /// Tells all of them. Never waits.
    pub(crate) fn tell(&self, event: &ListenerEvent) {
        for delivery in &self.running {
            delivery.tell(event.clone());
        }
    }

    /// Lets them send what they have, all together for no longer than `patience`, and says what became of it.
    pub(crate) fn finish(self, patience: Duration) -> Vec<Delivered> {
        let deadline = clock::now() + patience;
        let mut closing: Vec<_> = self.running.into_iter().map(Delivery::close).collect();
        let soon = deadline.min(clock::now() + UNSAID);
        let late: Vec<&str> = closing.iter_mut().filter_map(|delivery| (!delivery.done_by(soon)).then(|| delivery.name())).collect();
        if !late.is_empty() {
            crate::say::err!("sending the last results to {} (up to {} s)", late.join(", "), patience.as_secs());
        }
        closing.into_iter().filter_map(|delivery| delivery.outcome(deadline)).collect()
    }
}

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
