//! Delivers one listener's messages to its sink: a thread with a bounded queue, retries with back-off, and counts of what was dropped.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::health::Health;
use super::post::{PostResult, SinkClient};
use super::{Format, ListenerEvent, LogSink, Message, Sink};
use crate::live::TestInfo;
use crate::report::Delivered;
use ltc_engine::clock;

/// The most events that may wait for the thread. It takes them immediately, whatever its sink does.
const QUEUE: usize = 64;

/// The limits for deliveries to a sink.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The time for one request, from connect to answer.
    pub(super) timeout: Duration,
    /// The wait before the first retry. It doubles with each retry.
    pub(super) first_wait: Duration,
    /// The longest wait between two retries.
    pub(super) longest_wait: Duration,
    /// How long the delivery of a message is tried.
    pub(super) age: Duration,
    /// The most bytes of messages that may wait. Beyond it, the oldest are dropped.
    pub(super) backlog: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(30),
            age: Duration::from_secs(300),
            backlog: 16 << 20,
        }
    }
}

/// Counts of a listener's items so far, for other threads to read.
#[derive(Debug, Default)]
pub(super) struct Counters {
    made: AtomicU64,
    sent: AtomicU64,
    retries: AtomicU64,
    error: Mutex<String>,
}

impl Counters {
    pub(super) fn made(&self, items: u64) {
        self.made.fetch_add(items, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, items: u64) {
        self.sent.fetch_add(items, Ordering::Relaxed);
    }

    fn failed(&self, why: String) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    fn outcome(&self, name: &str) -> Delivered {
        let sent = self.sent.load(Ordering::Relaxed);
        Delivered {
            name: name.to_owned(),
            sent,
            dropped: self.made.load(Ordering::Relaxed).saturating_sub(sent),
            retries: self.retries.load(Ordering::Relaxed),
            error: self.error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// A running listener.
pub(super) struct Delivery {
    name: &'static str,
    event: tokio::sync::mpsc::Sender<ListenerEvent>,
    done: mpsc::Receiver<()>,
    counters: Arc<Counters>,
}

/// A listener that gets no more events.
pub(super) struct Closing {
    name: &'static str,
    finished: bool,
    done: mpsc::Receiver<()>,
    counters: Arc<Counters>,
}

impl Delivery {
    /// Starts a thread that sends events to a sink.
    pub(super) fn start(sink: Sink, info: Arc<TestInfo>, limits: Limits, say: LogSink) -> Self {
        Self::spawn(sink.name, move |event, counters| async move {
            let mut health = Health::new(sink.name);
            match SinkClient::new(&sink, limits.timeout) {
                Ok(poster) => {
                    let mut post = Post { poster, health, counters: &counters, limits, say };
                    deliver(sink.format, &info, event, &mut post).await;
                }
                Err(why) => {
                    counters.made(1);
                    if let Some(line) = health.take(&PostResult::Never(why.clone())) {
                        say(&line);
                    }
                    counters.failed(why);
                }
            }
        })
    }

    /// Starts a thread that runs `job` with the events.
    pub(super) fn spawn<F>(
        name: &'static str,
        job: impl FnOnce(tokio::sync::mpsc::Receiver<ListenerEvent>, Arc<Counters>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()>,
    {
        let (event, incoming) = tokio::sync::mpsc::channel(QUEUE);
        let (finished, done) = mpsc::channel();
        let counters = Arc::new(Counters::default());
        let theirs = counters.clone();
        let thread = move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                runtime.block_on(job(incoming, theirs));
                // Requests that still look up a name must not delay the end.
                runtime.shutdown_background();
                // After the deadline, nobody waits for this any more.
                let _ = finished.send(());
            }
            Err(error) => theirs.failed(format!("its runtime cannot be started: {error}")),
        };
        if let Err(error) = std::thread::Builder::new().name(format!("listener-{name}")).spawn(thread) {
            counters.made(1);
            counters.failed(format!("its thread cannot be started: {error}"));
        }
        Self { name, event, done, counters }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Queues an event for the thread. If the queue is full, the event counts as dropped.
    pub(super) fn notify(&self, event: ListenerEvent) {
        if self.event.try_send(event).is_err() {
            self.counters.made(1);
        }
    }

    /// Closes the queue: no more events follow.
    pub(super) fn close(self) -> Closing {
        Closing { name: self.name, finished: false, done: self.done, counters: self.counters }
    }
}

impl Closing {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Waits until the thread has sent everything, or until the deadline. Returns whether it finished.
    pub(super) fn done_by(&mut self, deadline: Instant) -> bool {
        // If the thread has ended, it has sent everything it could.
        self.finished = self.finished
            || !matches!(self.done.recv_timeout(deadline.saturating_duration_since(clock::now())), Err(mpsc::RecvTimeoutError::Timeout));
        self.finished
    }

    /// The counts at the deadline. `None` for a listener that sends nothing over the network.
    pub(super) fn outcome(mut self, deadline: Instant) -> Option<Delivered> {
        let in_time = self.done_by(deadline);
        let mut outcome = self.counters.outcome(self.name);
        if !in_time && outcome.error.is_empty() && outcome.dropped > 0 {
            "no response in time".clone_into(&mut outcome.error);
        }
        Some(outcome).filter(|_| self.name != super::debug::NAME)
    }
}

/// The messages that wait to be sent.
#[derive(Default)]
struct Backlog {
    messages: RefCell<VecDeque<(Instant, Message)>>,
    bytes: Cell<usize>,
    closed: Cell<bool>,
    changed: Notify,
}

impl Backlog {
    fn push(&self, message: Message, cap: usize) {
        let mut messages = self.messages.borrow_mut();
        self.bytes.set(self.bytes.get() + message.body.len());
        messages.push_back((clock::now(), message));
        while self.bytes.get() > cap {
            let Some((_, dropped)) = messages.pop_front() else { break };
            self.bytes.set(self.bytes.get() - dropped.body.len());
        }
        self.changed.notify_one();
    }

    fn pop(&self) -> Option<(Instant, Message)> {
        let next = self.messages.borrow_mut().pop_front();
        if let Some((_, message)) = &next {
            self.bytes.set(self.bytes.get() - message.body.len());
        }
        next
    }
}

/// Everything needed to post a message.
struct Post<'d> {
    poster: SinkClient,
    health: Health,
    counters: &'d Counters,
    limits: Limits,
    say: LogSink,
}

async fn deliver(mut format: Box<dyn Format>, info: &TestInfo, mut event: tokio::sync::mpsc::Receiver<ListenerEvent>, post: &mut Post<'_>) {
    let (counters, limits) = (post.counters, post.limits);
    let backlog = Backlog::default();
    // Answers of the sink say which part it refused, so they are read while new messages are made.
    let format = RefCell::new(&mut format);
    let intake = async {
        while let Some(event) = event.recv().await {
            let messages = format.borrow_mut().encode(info, &event);
            for message in messages {
                counters.made(message.items);
                backlog.push(message, limits.backlog);
            }
        }
        backlog.closed.set(true);
        backlog.changed.notify_one();
    };
    let outgo = async {
        loop {
            match backlog.pop() {
                Some((since, message)) => {
                    if let Some(answer) = post.persist(&backlog, since, &message).await {
                        counters.sent(message.items.saturating_sub(format.borrow().refused(&answer)));
                    }
                }
                None if backlog.closed.get() => break,
                None => backlog.changed.notified().await,
            }
        }
    };
    tokio::join!(intake, outgo);
}

impl Post<'_> {
    /// Posts one message until the sink takes it (returns its answer), refuses it, or the message is too old.
    async fn persist(&mut self, backlog: &Backlog, since: Instant, message: &Message) -> Option<Vec<u8>> {
        let mut wait = self.limits.first_wait;
        loop {
            let fate = self.poster.post(message).await;
            if let Some(line) = self.health.take(&fate) {
                (self.say)(&line);
            }
            let (why, after) = match fate {
                PostResult::Taken(answer) => return Some(answer),
                PostResult::Never(why) => {
                    self.counters.failed(why);
                    return None;
                }
                PostResult::Later(why, after) => (why, after),
                PostResult::Unreached(why) => (why, None),
            };
            self.counters.failed(why);
            if clock::since(since) >= self.limits.age {
                return None;
            }
            pause(backlog, after.unwrap_or(wait).min(self.limits.longest_wait), self.limits.first_wait).await;
            wait = (wait * 2).min(self.limits.longest_wait);
            self.counters.retries.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Waits before a retry. The wait is short once the test is over, because little time is left then.
async fn pause(backlog: &Backlog, wait: Duration, least: Duration) {
    let until = clock::now() + wait;
    let soon = clock::now() + least.min(wait);
    while clock::now() < until && !(backlog.closed.get() && clock::now() >= soon) {
        let step = if backlog.closed.get() { soon } else { until };
        // New messages end this wait too; the loop then continues to wait.
        let _ = tokio::time::timeout_at(step.into(), backlog.changed.notified()).await;
    }
}
