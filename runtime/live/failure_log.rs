//! The kinds of failure that have occurred so far, with the first message of each, for the screen and the live page.

use std::time::Duration;

use super::LiveSnapshot;

/// The most entries of the list.
const ENTRIES: usize = 200;

/// A kind of failure, or a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogEntry {
    /// When it first occurred.
    pub(crate) at: Duration,
    /// How often it occurred; 0 for a line of text.
    pub(crate) count: u64,
    pub(crate) step: String,
    pub(crate) class: &'static str,
    pub(crate) kind: String,
    pub(crate) place: String,
    /// The first message.
    pub(crate) text: String,
}

/// The entries in the order in which they occurred.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailureLog(Vec<LogEntry>);

impl FailureLog {
    /// Adds the failures of an interval.
    pub(crate) fn add_failures(&mut self, live: &LiveSnapshot) {
        for failed in &live.failed {
            let known = self.0.iter_mut().find(|entry| {
                (&entry.step, entry.class, &entry.kind, &entry.place) == (&failed.step, failed.class, &failed.kind, &failed.place)
            });
            if let Some(entry) = known {
                entry.count += failed.count;
                continue;
            }
            let first = failed.examples.first();
            self.push(LogEntry {
                at: first.map_or(live.at, |example| Duration::from_micros(example.at_us)),
                count: failed.count,
                step: failed.step.clone(),
                class: failed.class,
                kind: failed.kind.clone(),
                place: failed.place.clone(),
                text: first.map_or_else(|| failed.kind.clone(), |example| example.message.clone()),
            });
        }
    }

    /// Adds a line that would otherwise be printed on standard error.
    pub(crate) fn add_line(&mut self, at: Duration, text: String) {
        self.push(LogEntry { at, count: 0, step: String::new(), class: "", kind: String::new(), place: String::new(), text });
    }

    fn push(&mut self, entry: LogEntry) {
        if self.0.len() < ENTRIES {
            self.0.push(entry);
        }
    }

    pub(crate) fn entries(&self) -> &[LogEntry] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::live_snapshot;
    use super::*;

    #[test]
    fn failures_of_a_kind_are_one_entry() {
        let mut log = FailureLog::default();
        log.add_failures(&live_snapshot());
        log.add_failures(&live_snapshot());
        log.add_line(Duration::from_secs(3), "stopping".into());
        assert_eq!(log.entries().iter().map(|entry| entry.count).collect::<Vec<_>>(), [8, 0]);
        assert_eq!((log.entries()[0].at, log.entries()[0].class), (Duration::from_secs(1), "status"));
        for second in 0..1000 {
            log.add_line(Duration::from_secs(second), "again".into());
        }
        assert_eq!(log.entries().len(), ENTRIES);
    }
}
