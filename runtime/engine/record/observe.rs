//! What looks on while users run: `--debug` sees each step in full, a load run hears only `log`.

use std::sync::atomic::{AtomicBool, Ordering};

use super::trace::Trace;
use crate::base::place::Place;
use crate::step::Expectation;
use crate::user::User;
use crate::value::Value;

/// What was judged and taken in a step, in order; kept only where the observer wants it.
#[derive(Debug)]
pub enum Detail {
    /// An expectation: what was found where that says more than the expectation itself, or the message where it failed.
    Verdict(Expectation, Result<Option<String>, String>),
    /// A name and what it took.
    Took(String, Value),
    /// A name found nothing, so that its `else` counts.
    Missed(String),
}

/// Sees what users do.
pub trait Observer: std::fmt::Debug {
    /// Whether steps are to keep their [`Detail`]s.
    fn wants_detail(&self) -> bool {
        false
    }
    /// A step is over.
    fn step(&self, _user: &User, _trace: &Trace) {}
    /// Something failed outside of a step.
    fn failure(&self, _user: &User, _at: Place, _message: &str) {}
    /// `log "…"`.
    fn log(&self, user: &User, at: Place, text: &str);
}

/// Tells a line to whoever is at the terminal.
pub type Tell = fn(&str);

/// Whether a load run tells what `log` says, and each request with what came of it.
static STATEMENTS: AtomicBool = AtomicBool::new(true);
static REQUESTS: AtomicBool = AtomicBool::new(false);

/// Says what load runs tell: what the statement `log` says, and each request with what came of it.
pub fn tell_of(statements: bool, requests: bool) {
    STATEMENTS.store(statements, Ordering::Relaxed);
    REQUESTS.store(requests, Ordering::Relaxed);
}

/// A load run's: what `log` says is told, and each request where that is wanted.
#[derive(Debug)]
pub struct Quiet(pub Tell);

impl Observer for Quiet {
    fn step(&self, user: &User, trace: &Trace) {
        if REQUESTS.load(Ordering::Relaxed) {
            (self.0)(&exchange(user, trace));
        }
    }

    fn log(&self, user: &User, at: Place, text: &str) {
        if !STATEMENTS.load(Ordering::Relaxed) {
            return;
        }
        (self.0)(&format!("{} user {}: {}", user.world().place(at), user.number(), user.world().mask(text)));
    }
}

/// `debug: specs/shop.lt:12:3 user 4: GET http://…/items: 200 in 1.234 ms, 310 bytes`: what the HTTP layer did in a step.
fn exchange(user: &User, trace: &Trace) -> String {
    let world = user.world();
    let request = match &trace.sent {
        Some(sent) => format!("{} {}", sent.request.method.as_str(), sent.request.url),
        None => "no request".to_owned(),
    };
    let came = match (&trace.received, trace.failures.first()) {
        (Some(answer), _) => {
            format!("{} in {:.3} ms, {} bytes", answer.raw.status, trace.service.as_secs_f64() * 1000.0, trace.traffic.received)
        }
        (None, Some(failure)) => failure.message.clone(),
        (None, None) => "no answer".to_owned(),
    };
    world.mask(&format!("debug: {} user {}: {request}: {came}", world.place(trace.info.at), user.number()))
}
