//! What looks on while users run: `--debug` sees each step in full, a load run hears only `log`.

use crate::place::Place;
use crate::step::{Done, Expectation};
use crate::user::User;
use crate::value::Value;

/// What was judged and taken in a step, in order; kept only where the observer wants it.
#[derive(Debug)]
pub(crate) enum Detail {
    /// An expectation: what was found where that says more than the expectation itself, or the message where it failed.
    Verdict(Expectation, Result<Option<String>, String>),
    /// A name and what it took.
    Took(String, Value),
    /// A name found nothing, so that its `else` counts.
    Missed(String),
}

/// Sees what users do.
pub(crate) trait Observer: std::fmt::Debug {
    /// Whether steps are to keep their [`Detail`]s.
    fn wants_detail(&self) -> bool {
        false
    }
    /// A step is over.
    fn step(&self, _user: &User, _done: &Done) {}
    /// Something failed outside of a step.
    fn failure(&self, _user: &User, _at: Place, _message: &str) {}
    /// `log "…"`.
    fn log(&self, user: &User, at: Place, text: &str);
}

/// A load run's.
#[derive(Debug)]
pub(crate) struct Quiet;

impl Observer for Quiet {
    fn log(&self, user: &User, at: Place, text: &str) {
        crate::progress::notice(&format!("{} user {}: {}", user.world().place(at), user.number(), user.world().mask(text)));
    }
}
