//! Observers of users: `--debug` shows each step in full, a load run only the texts of `log`.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::trace::Trace;
use crate::base::location::Location;
use crate::base::secrets::Secrets;
use crate::tables::Tables;

/// Knows the texts to mask.
pub trait KnownSecrets: std::fmt::Debug {
    /// The secrets at this moment.
    fn secrets(&self) -> Cow<'_, Secrets>;
}

/// The user of an event, and the data to show it.
#[derive(Clone, Copy, Debug)]
pub struct ObservedUser<'s> {
    /// The user's number.
    pub user: u64,
    /// The tables for locations and rows.
    pub tables: &'s Tables,
    /// The secrets to mask.
    pub secrets: &'s dyn KnownSecrets,
    /// Whether an enclosing `retry` repeats a failed step.
    pub tries_again: bool,
}

impl ObservedUser<'_> {
    /// `specs/tpdata.lt:31:5`.
    pub fn location(&self, at: Location) -> String {
        self.tables.location(at)
    }

    /// A text without secrets.
    pub fn mask(&self, text: &str) -> String {
        self.secrets.secrets().mask(text)
    }

    /// A text about a step, without secrets and without the credentials of its exchange.
    pub fn mask_step(&self, trace: &Trace, text: &str) -> String {
        trace.secrets(&self.secrets.secrets()).mask(text)
    }
}

/// Observes users.
pub trait Observer: std::fmt::Debug {
    /// Whether steps have to keep their [`super::detail::Detail`]s.
    fn wants_detail(&self) -> bool {
        false
    }
    /// Called after a step.
    fn step(&self, _observed: &ObservedUser<'_>, _trace: &Trace) {}
    /// Called after a failure outside of a step.
    fn failure(&self, _observed: &ObservedUser<'_>, _at: Location, _message: &str) {}
    /// `log "…"`.
    fn log(&self, observed: &ObservedUser<'_>, at: Location, text: &str);
}

/// Shows a line on the terminal.
pub type PrintLine = fn(&str);

/// Whether a load run shows the texts of `log`, and each request with its outcome.
static STATEMENTS: AtomicBool = AtomicBool::new(true);
static REQUESTS: AtomicBool = AtomicBool::new(false);

/// Sets what load runs show: the texts of the statement `log`, and each request with its outcome.
pub fn set_shown(statements: bool, requests: bool) {
    STATEMENTS.store(statements, Ordering::Relaxed);
    REQUESTS.store(requests, Ordering::Relaxed);
}

/// The observer of a load run. It prints the texts of `log`, and each request if that is wanted.
#[derive(Debug)]
pub struct Quiet(pub PrintLine);

impl Observer for Quiet {
    fn step(&self, observed: &ObservedUser<'_>, trace: &Trace) {
        if REQUESTS.load(Ordering::Relaxed) {
            (self.0)(&exchange(observed, trace));
        }
    }

    fn log(&self, observed: &ObservedUser<'_>, at: Location, text: &str) {
        if !STATEMENTS.load(Ordering::Relaxed) {
            return;
        }
        (self.0)(&format!("{} user {}: {}", observed.location(at), observed.user, observed.mask(text)));
    }
}

/// Describes a step's exchange: `debug: specs/shop.lt:12:3 user 4: GET http://…/items: 200 in 1.234 ms, 310 bytes`.
fn exchange(observed: &ObservedUser<'_>, trace: &Trace) -> String {
    let request = match &trace.sent {
        Some(sent) => format!("{} {}", sent.request.method.as_str(), sent.request.url),
        None => "no request".to_owned(),
    };
    let came = match (&trace.received, trace.failures.first()) {
        (Some(answer), _) => {
            format!("{} in {:.3} ms, {} bytes", answer.raw.status, trace.service.as_secs_f64() * 1000.0, trace.traffic().received)
        }
        (None, Some(failure)) => failure.message.clone(),
        (None, None) => "no response".to_owned(),
    };
    observed.mask_step(trace, &format!("debug: {} user {}: {request}: {came}", observed.location(trace.info.at), observed.user))
}
