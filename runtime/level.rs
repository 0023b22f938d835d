//! Decides which messages are printed: those at least as urgent as the profile's `loglevel`, or as `hyperclient_console_log_level` for the
//! HTTP layer.
//!
//! A process has one standard error, so the levels are global and messages need no handle.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use ltc_config::profile::{LogLevel, Logging};
use ltc_engine::observe;

/// The level before a profile is read.
static OWN: AtomicU8 = AtomicU8::new(LogLevel::Info as u8);
static HTTP: AtomicU8 = AtomicU8::new(LogLevel::Info as u8);

/// Whether the command line asks for all messages.
static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Prints messages of all levels down to `debug` from now on, whatever the profile sets.
pub(crate) fn be_verbose() {
    VERBOSE.store(true, Ordering::Relaxed);
    set(&Logging::default());
}

/// Uses the profile's levels from now on.
pub(crate) fn set(logging: &Logging) {
    let least = if VERBOSE.load(Ordering::Relaxed) { LogLevel::Debug } else { LogLevel::Off };
    let http = logging.http_level.unwrap_or(logging.level).max(least);
    let own = logging.level.max(least);
    OWN.store(own as u8, Ordering::Relaxed);
    HTTP.store(http as u8, Ordering::Relaxed);
    observe::set_shown(own >= LogLevel::Info, http >= LogLevel::Debug);
}

/// Whether messages of that level are printed.
pub(crate) fn is_enabled(level: LogLevel) -> bool {
    OWN.load(Ordering::Relaxed) >= level as u8
}

/// Whether messages of the HTTP layer of that level are printed.
pub(crate) fn is_enabled_for_http(level: LogLevel) -> bool {
    HTTP.load(Ordering::Relaxed) >= level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_includes_messages_that_are_at_least_as_urgent() {
        let heard = |level, http_level| {
            set(&Logging { level, http_level, ..Logging::default() });
            let levels = [LogLevel::Critical, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug];
            (levels.map(is_enabled), levels.map(is_enabled_for_http))
        };
        let (own, http) = heard(LogLevel::Warn, None);
        assert_eq!((own, http), ([true, true, true, false, false], [true, true, true, false, false]));
        let (own, http) = heard(LogLevel::Info, Some(LogLevel::Critical));
        assert_eq!((own, http), ([true, true, true, true, false], [true, false, false, false, false]));
        let (own, http) = heard(LogLevel::Off, Some(LogLevel::Trace));
        assert_eq!((own, http), ([false; 5], [true; 5]));
        set(&Logging::default());
    }
}
