//! The control channel, by which an orchestrator tells its functions that it is alive, and when to stop. A function that hears nothing from
//! its orchestrator stops on its own.
//!
//! Its text has one line `alive TIME`, which changes every few seconds, and further lines: `stop` or `now` for all functions, `now SLICE`
//! for one. On AWS Lambda it is an object in S3 that functions poll; processes receive the lines on standard input.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ltc_config::profile::WithoutOrchestrator;

use super::backend::Urgency;
use super::seal;
use ltc_engine::workers::Stop;

/// How often an orchestrator signals that it is alive.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(5);
/// The time that users have to finish their iteration if the function stops on its own.
const GRACE: Duration = Duration::from_secs(10);
/// The time in which a function notices the silence, and ends users in the middle of their iteration.
const REACTION: Duration = Duration::from_secs(10);

/// How long after the last signal the load of a function has certainly ended; `None`: the function goes on without signals.
pub(crate) fn longest_silence(rule: WithoutOrchestrator) -> Option<Duration> {
    match rule {
        WithoutOrchestrator::StopAfter(silence) => Some(silence + GRACE + REACTION),
        WithoutOrchestrator::Finish => None,
    }
}

/// The line that shows that the orchestrator is alive.
pub(crate) fn alive(unix: Duration) -> String {
    format!("alive {}", unix.as_millis())
}

/// The complete text of the channel.
pub(crate) fn text(unix: Duration, lines: &[String]) -> String {
    std::iter::once(alive(unix)).chain(lines.iter().cloned()).collect::<Vec<_>>().join("\n")
}

/// Adds a line with values. It replaces an earlier line with values.
pub(crate) fn share(lines: &mut Vec<String>, line: String) {
    lines.retain(|line| !seal::is_line(line));
    lines.push(line);
}

/// The time of the orchestrator's last signal, since the Unix epoch.
pub(crate) fn last_sign(text: &str) -> Option<Duration> {
    text.lines().find_map(|line| line.strip_prefix("alive ")?.trim().parse().ok()).map(Duration::from_millis)
}

/// The line that stops all functions.
pub(crate) fn word(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Gracefully => "stop",
        Urgency::Now => "now",
    }
}

/// The line that stops one slice.
pub(crate) fn abandoned(slice: &str) -> String {
    format!("now {slice}")
}

/// The stop that the text of the channel requests of a slice, if any.
pub(crate) fn asked(text: &str, slice: &str) -> Option<Urgency> {
    let own = abandoned(slice);
    let urgency = |line: &str| match line {
        "stop" => Some(Urgency::Gracefully),
        "now" => Some(Urgency::Now),
        line if line == own => Some(Urgency::Now),
        _ => None,
    };
    text.lines().filter_map(|line| urgency(line.trim())).max()
}

/// Whether a function stopped because its orchestrator was silent.
#[derive(Clone, Debug, Default)]
pub(crate) struct SilenceFlag(Arc<AtomicBool>);

impl SilenceFlag {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Watches for signals of the orchestrator, and stops the load without them (a dead man's switch). Times are arguments, so that tests need
/// not wait.
#[derive(Debug)]
pub(crate) struct OrchestratorWatch {
    rule: WithoutOrchestrator,
    sign: String,
    heard: Instant,
    stopped: Option<Instant>,
    flag: SilenceFlag,
}

impl OrchestratorWatch {
    pub(crate) fn new(rule: WithoutOrchestrator, now: Instant) -> Self {
        Self { rule, sign: String::new(), heard: now, stopped: None, flag: SilenceFlag::default() }
    }

    pub(crate) fn flag(&self) -> SilenceFlag {
        self.flag.clone()
    }

    /// Records a signal of the orchestrator.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Records the text of the channel. It is a signal only if it has changed, because the clocks of two machines may differ.
    pub(crate) fn read(&mut self, text: &str, now: Instant) {
        let sign = text.lines().find(|line| line.starts_with("alive ")).unwrap_or_default();
        if !sign.is_empty() && sign != self.sign {
            sign.clone_into(&mut self.sign);
            self.heard = now;
        }
    }

    /// Records that the orchestrator has certainly ended.
    pub(crate) fn ended(&mut self, now: Instant, stop: &Stop) {
        if self.rule != WithoutOrchestrator::Finish {
            self.stop(now, stop);
        }
    }

    /// Stops the load if the silence is too long, first gracefully. Returns a line for the log when it does.
    pub(crate) fn check(&mut self, now: Instant, stop: &Stop) -> Option<String> {
        if let Some(stopped) = self.stopped {
            if now.saturating_duration_since(stopped) >= GRACE {
                stop.at_once();
            }
            return None;
        }
        let WithoutOrchestrator::StopAfter(silence) = self.rule else { return None };
        if now.saturating_duration_since(self.heard) < silence {
            return None;
        }
        self.stop(now, stop);
        Some(format!("the orchestrator was silent for {}: this function stops", ltc_config::duration::print(silence)))
    }

    fn stop(&mut self, now: Instant, stop: &Stop) {
        self.stopped.get_or_insert(now);
        self.flag.set();
        stop.gracefully();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_for_all_or_for_this_slice_stops_it() {
        assert_eq!(asked("alive 5", "t/0/1/0"), None);
        assert_eq!(asked("alive 5\nstop\n", "t/0/1/0"), Some(Urgency::Gracefully));
        assert_eq!(asked("stop\nnow", "t/0/1/0"), Some(Urgency::Now));
        assert_eq!(asked(&abandoned("t/0/1/0"), "t/0/1/0"), Some(Urgency::Now));
        assert_eq!(asked(&abandoned("t/0/1/0"), "t/0/1/1"), None);
        assert_eq!(asked(&abandoned("t/0/1/01"), "t/0/1/0"), None);
    }

    #[test]
    fn function_stops_after_the_silence_of_its_orchestrator() {
        let (begin, stop) = (ltc_engine::clock::now(), Stop::default());
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut watch = OrchestratorWatch::new(WithoutOrchestrator::StopAfter(Duration::from_secs(60)), begin);
        watch.read("alive 1", at(50));
        assert_eq!((watch.check(at(100), &stop), stop.is_graceful()), (None, false));
        // The same text again is no new signal: the object contains what the orchestrator wrote last.
        watch.read("alive 1", at(105));
        let message = watch.check(at(110), &stop).unwrap();
        assert_eq!(message, "the orchestrator was silent for 1m: this function stops");
        assert!(watch.flag().is_set() && stop.is_graceful() && !stop.is_at_once());
        assert_eq!(watch.check(at(120), &stop), None);
        assert!(stop.is_at_once(), "users that do not finish are stopped");
    }

    #[test]
    fn function_that_is_to_finish_ignores_the_silence() {
        let (begin, stop) = (ltc_engine::clock::now(), Stop::default());
        let mut watch = OrchestratorWatch::new(WithoutOrchestrator::Finish, begin);
        watch.ended(begin, &stop);
        assert_eq!((watch.check(begin + Duration::from_secs(9_000), &stop), stop.is_graceful()), (None, false));
    }
}
