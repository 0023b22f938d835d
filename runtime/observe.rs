//! What `--debug` looks at: each point of an exchange, as it happens. A load run looks at none of it.

use crate::exchange::Sent;
use crate::http;
use crate::place::Place;
use crate::program::StepInfo;
use crate::step::{Done, Expectation};
use crate::user::User;
use crate::value::Value;

/// Sees what users do.
pub(crate) trait Observer: std::fmt::Debug {
    /// A step begins.
    fn step(&self, _user: &User, _info: &'static StepInfo) {}
    /// A request was sent; nothing came back where there is no response.
    fn exchange(&self, _user: &User, _sent: &Sent, _response: Option<&http::Response>) {}
    /// An expectation was judged; with the message where it failed.
    fn verdict(&self, _user: &User, _expectation: Expectation, _failure: Option<&str>) {}
    /// A name was taken.
    fn took(&self, _user: &User, _name: &str, _value: &Value) {}
    /// A step is over.
    fn step_end(&self, _user: &User, _done: &Done) {}
    /// Something failed outside of a step.
    fn failure(&self, _user: &User, _at: Place, _message: &str) {}
    /// `log "…"`.
    fn log(&self, user: &User, at: Place, text: &str);
}

/// A load run's: only `log` is heard, on stderr.
#[derive(Debug)]
pub(crate) struct Quiet;

impl Observer for Quiet {
    fn log(&self, user: &User, at: Place, text: &str) {
        let file = user.world().program.files[usize::from(at.file)];
        anstream::eprintln!("{file}:{}:{} user {}: {text}", at.line, at.column, user.number());
    }
}
