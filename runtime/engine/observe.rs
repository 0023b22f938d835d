//! What looks on while users run: `--debug` sees each step in full, a load run hears only `log`.

use crate::place::Place;
use crate::step::Expectation;
use crate::trace::Trace;
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

/// A load run's: only what `log` says is told.
#[derive(Debug)]
pub struct Quiet(pub Tell);

impl Observer for Quiet {
    fn log(&self, user: &User, at: Place, text: &str) {
        (self.0)(&format!("{} user {}: {}", user.world().place(at), user.number(), user.world().mask(text)));
    }
}
