//! The scopes around a step: `retry`, `poll` and `group` each change how a finished step is recorded.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll as Ready;
use std::time::{Duration, Instant};

use super::samples::{record_group, retried};
use crate::base::clock;
use crate::base::flow::{Exit, Flow};
use crate::base::location::Location;
use crate::stats::FailureClass;
use crate::user::{Later, NO_VALUE, User};
use crate::value::Eval;

/// Clears the scopes at the end of an iteration, however it ended.
pub(crate) fn clear(user: &User) {
    user.control.retries.set(0);
    user.control.retry_on.set(&[]);
    user.control.polls.set(0);
    if let Some(trace) = user.control.held_back.take() {
        // The iteration is already over, so it doesn't matter whether this step interrupts.
        let _ = trace.record(user);
    }
}

/// Runs a block of the spec, and clears its scopes.
pub async fn run<T>(user: &User, mut block: Later<'_, Flow<T>>) -> Flow<T> {
    let outcome = std::future::poll_fn(|context| user.control.run(|| block.as_mut().poll(context))).await;
    clear(user);
    outcome
}

/// `retry n times every d { }`.
#[derive(Debug)]
pub struct Retry<'u> {
    user: &'u User,
    left: u64,
    every: Duration,
    armed: bool,
    /// The statuses that it retries, and those of the enclosing `retry`.
    on: &'static [(u16, u16)],
    around: &'static [(u16, u16)],
}

impl User {
    /// Begins a `retry`.
    pub fn retry(&self, times: u64, every: Duration) -> Retry<'_> {
        let mut retry = Retry { user: self, left: times, every, armed: false, on: &[], around: self.control.retry_on.get() };
        retry.arm();
        retry
    }

    /// Begins a `poll`.
    pub fn poll(&self, at: Location, written: &'static str, times: u64, every: Duration) -> Poll<'_> {
        self.control.polls.set(self.control.polls.get() + 1);
        let failed = self.control.failed.get();
        Poll { user: self, at, written, times, left: times, every, failed }
    }

    /// Begins a `group`. It ends when the returned guard is dropped.
    pub fn group(&self, line: u32) -> Group<'_> {
        Group { user: self, line, begun: clock::now(), waited: self.control.waited.get(), failed: self.control.failed.get() }
    }

    /// Runs `f` for each of `items`, with at most `limit` at a time.
    pub async fn for_each<'f, T, F>(&self, limit: u64, items: impl Iterator<Item = T>, mut f: impl FnMut(T) -> F) -> Flow
    where
        F: Future<Output = Flow> + 'f,
    {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
        let mut items = items.fuse();
        let mut running: Vec<Pin<Box<F>>> = Vec::new();
        let mut outcome = Ok(());
        std::future::poll_fn(|context| {
            loop {
                while outcome.is_ok() && running.len() < limit {
                    let Some(item) = items.next() else { break };
                    running.push(Box::pin(f(item)));
                }
                let before = running.len();
                running.retain_mut(|one| match one.as_mut().poll(context) {
                    Ready::Ready(result) => {
                        if outcome.is_ok() {
                            outcome = result;
                        }
                        false
                    }
                    Ready::Pending => true,
                });
                if running.is_empty() && (outcome.is_err() || before == 0) {
                    return Ready::Ready(outcome);
                }
                if running.len() == before {
                    return Ready::Pending;
                }
            }
        })
        .await
    }
}

impl Retry<'_> {
    fn arm(&mut self) {
        if self.left > 0 && !self.armed {
            self.armed = true;
            self.user.control.retries.set(self.user.control.retries.get() + 1);
            self.user.control.retry_on.set(self.on);
        }
    }

    fn disarm(&mut self) {
        if std::mem::take(&mut self.armed) {
            let retries = &self.user.control.retries;
            retries.set(retries.get().saturating_sub(1));
            self.user.control.retry_on.set(self.around);
        }
    }

    /// Restricts the retries to failures with a status in one of these ranges.
    #[must_use]
    pub fn on(mut self, statuses: &'static [(u16, u16)]) -> Self {
        self.on = statuses;
        if self.armed {
            self.user.control.retry_on.set(statuses);
        }
        self
    }

    /// Returns whether the block runs once more, or how it ended.
    pub fn again(&mut self, round: Flow) -> Later<'_, Flow<bool>> {
        Box::pin(async move {
            self.disarm();
            match round {
                Err(Exit::Retry) if self.left > 0 => {
                    self.left -= 1;
                    self.user.pause(self.every).await;
                    self.arm();
                    Ok(true)
                }
                other => other.map(|()| false),
            }
        })
    }
}

impl Drop for Retry<'_> {
    fn drop(&mut self) {
        self.disarm();
    }
}

/// `poll every d up to n times until c { }`.
#[derive(Debug)]
pub struct Poll<'u> {
    user: &'u User,
    at: Location,
    written: &'static str,
    times: u64,
    left: u64,
    every: Duration,
    /// The number of failed steps before this round.
    failed: u64,
}

impl Poll<'_> {
    /// Ends a round. Returns whether another one follows. If the last round did not meet the condition, its last step fails.
    pub fn again(&mut self, met: impl FnOnce() -> Eval<bool>) -> Later<'_, Flow<bool>> {
        // If a step failed, its captures are missing, so the condition isn't evaluated.
        let failed = self.user.control.failed.get();
        let judged = if std::mem::replace(&mut self.failed, failed) == failed { met() } else { Ok(false) };
        Box::pin(self.go_on(judged))
    }

    async fn go_on(&mut self, judged: Eval<bool>) -> Flow<bool> {
        let met = match judged {
            Ok(met) => met,
            Err(fault) => {
                self.fail_last(FailureClass::Expression, NO_VALUE, fault.0)?;
                return Ok(false);
            }
        };
        self.left = self.left.saturating_sub(1);
        if met {
            self.record_last()?;
            return Ok(false);
        }
        if self.left == 0 {
            let message = format!("polled {} times, never {}", self.times, self.written);
            self.fail_last(FailureClass::Expectation, "never met", message)?;
            return Ok(false);
        }
        self.record_last()?;
        self.user.pause(self.every).await;
        Ok(true)
    }

    fn record_last(&self) -> Flow {
        match self.user.control.held_back.take() {
            Some(trace) => trace.record(self.user),
            None => Ok(()),
        }
    }

    fn fail_last(&self, class: FailureClass, kind: &'static str, message: String) -> Flow {
        match self.user.control.held_back.take() {
            Some(mut trace) => {
                trace.fail(class, self.at, kind, message);
                if self.user.control.tries_again(trace.status()) {
                    retried(self.user, &mut trace);
                    trace.release(self.user);
                    return Err(Exit::Retry);
                }
                trace.record(self.user)
            }
            None => {
                self.user.failed_outside(class, kind, self.at, &message);
                Err(Exit::Interrupt)
            }
        }
    }
}

impl Drop for Poll<'_> {
    fn drop(&mut self) {
        let polls = &self.user.control.polls;
        polls.set(polls.get().saturating_sub(1));
        // After `break` or an exit, the step that was held back is recorded unchanged.
        let _ = self.record_last();
    }
}

/// `group "Checkout" { }`: a report row for several steps. Its time doesn't include waits.
#[derive(Debug)]
pub struct Group<'u> {
    user: &'u User,
    line: u32,
    begun: Instant,
    waited: Duration,
    failed: u64,
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        let control = &self.user.control;
        let took = clock::since(self.begun).saturating_sub(control.waited.get() - self.waited);
        let ok = control.running.get().then(|| control.failed.get() == self.failed);
        record_group(self.user, self.line, took, ok);
    }
}

/// Awaits all branches of a `parallel`, and returns the first exit.
pub async fn together(mut branches: Vec<Pin<Box<dyn Future<Output = Flow> + '_>>>) -> Flow {
    let mut outcome = Ok(());
    std::future::poll_fn(|context| {
        branches.retain_mut(|branch| match branch.as_mut().poll(context) {
            Ready::Ready(result) => {
                if outcome.is_ok() {
                    outcome = result;
                }
                false
            }
            Ready::Pending => true,
        });
        if branches.is_empty() { Ready::Ready(outcome) } else { Ready::Pending }
    })
    .await
}
