//! What looks on while users run: `--debug` sees each step in full, a load run hears only `log`.

use std::sync::atomic::{AtomicBool, Ordering};

use super::trace::Trace;
use crate::base::location::Location;
use crate::base::secrets::Secrets;
use crate::tables::Tables;

/// The user that something happened to, and how it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'s> {
    /// The user's number.
    pub user: u64,
    /// What locations and rows are looked up in.
    pub tables: &'s Tables,
    /// What is never shown.
    pub secrets: &'s Secrets,
    /// Whether a `retry` around tries a failed step again.
    pub tries_again: bool,
}

impl Scene<'_> {
    /// `specs/tpdata.lt:31:5`.
    pub fn location(&self, at: Location) -> String {
        self.tables.location(at)
    }

    /// A text without secrets.
    pub fn mask(&self, text: &str) -> String {
        self.secrets.mask(text)
    }

    /// A text about a step, without secrets and without the credentials of its exchange.
    pub fn mask_step(&self, trace: &Trace, text: &str) -> String {
        trace.secrets(self.secrets).mask(text)
    }
}

/// Sees what users do.
pub trait Observer: std::fmt::Debug {
    /// Whether steps are to keep their [`super::detail::Detail`]s.
    fn wants_detail(&self) -> bool {
        false
    }
    /// A step is over.
    fn step(&self, _scene: &Scene<'_>, _trace: &Trace) {}
    /// Something failed outside of a step.
    fn failure(&self, _scene: &Scene<'_>, _at: Location, _message: &str) {}
    /// `log "…"`.
    fn log(&self, scene: &Scene<'_>, at: Location, text: &str);
}

/// Shows a line on the terminal.
pub type Tell = fn(&str);

/// Whether a load run shows the texts of `log`, and each request with its outcome.
static STATEMENTS: AtomicBool = AtomicBool::new(true);
static REQUESTS: AtomicBool = AtomicBool::new(false);

/// Sets what load runs show: the texts of the statement `log`, and each request with its outcome.
pub fn tell_of(statements: bool, requests: bool) {
    STATEMENTS.store(statements, Ordering::Relaxed);
    REQUESTS.store(requests, Ordering::Relaxed);
}

/// A load run's: what `log` says is told, and each request where that is wanted.
#[derive(Debug)]
pub struct Quiet(pub Tell);

impl Observer for Quiet {
    fn step(&self, scene: &Scene<'_>, trace: &Trace) {
        if REQUESTS.load(Ordering::Relaxed) {
            (self.0)(&exchange(scene, trace));
        }
    }

    fn log(&self, scene: &Scene<'_>, at: Location, text: &str) {
        if !STATEMENTS.load(Ordering::Relaxed) {
            return;
        }
        (self.0)(&format!("{} user {}: {}", scene.location(at), scene.user, scene.mask(text)));
    }
}

/// `debug: specs/shop.lt:12:3 user 4: GET http://…/items: 200 in 1.234 ms, 310 bytes`: what the HTTP layer did in a step.
fn exchange(scene: &Scene<'_>, trace: &Trace) -> String {
    let request = match &trace.sent {
        Some(sent) => format!("{} {}", sent.request.method.as_str(), sent.request.url),
        None => "no request".to_owned(),
    };
    let came = match (&trace.received, trace.failures.first()) {
        (Some(answer), _) => {
            format!("{} in {:.3} ms, {} bytes", answer.raw.status, trace.service.as_secs_f64() * 1000.0, trace.traffic().received)
        }
        (None, Some(failure)) => failure.message.clone(),
        (None, None) => "no answer".to_owned(),
    };
    scene.mask_step(trace, &format!("debug: {} user {}: {request}: {came}", scene.location(trace.info.at), scene.user))
}
