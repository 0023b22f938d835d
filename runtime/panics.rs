//! What a panic prints: its message without the secrets of the test.

use std::backtrace::{Backtrace, BacktraceStatus};

use ltc_engine::Secrets;

/// Masks secrets in the messages of all further panics.
pub(crate) fn mask(secrets: &[String]) {
    let secrets = Secrets::new(secrets.to_vec());
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let message = secrets.mask(&panic.to_string());
        crate::say::err!("thread '{}' {message}", thread.name().unwrap_or("unnamed"));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            crate::say::err!("{backtrace}");
        }
    }));
}
