//! Reports the state of a sink while the test runs: one line when it stops accepting data, and one when it accepts data again.

use super::post::PostResult;

/// The number of failures in a row before a busy sink is reported. A short restart is not worth a line.
const FAILURES_BEFORE_WARNING: u32 = 3;

/// The state of a sink.
#[derive(Debug)]
pub(super) struct Health {
    name: &'static str,
    failed: u32,
    reported: bool,
}

impl Health {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, failed: 0, reported: false }
    }

    /// Takes the result of a message, and returns a line if the state of the sink changed.
    pub(super) fn take(&mut self, fate: &PostResult) -> Option<String> {
        let name = self.name;
        let why = match fate {
            PostResult::Taken(_) => {
                self.failed = 0;
                return std::mem::take(&mut self.reported).then(|| format!("note: {name} accepts data again"));
            }
            PostResult::Never(why) => format!("warning: {name} refuses the data: {why}"),
            PostResult::Unreached(why) => format!("warning: cannot reach {name}: {why}; trying again"),
            PostResult::Later(why, _) => format!("warning: {name} rejects the data: {why}; trying again"),
        };
        self.failed += 1;
        let due = !matches!(fate, PostResult::Later(..)) || self.failed >= FAILURES_BEFORE_WARNING;
        let event = due && !self.reported;
        self.reported |= due;
        event.then_some(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_give_one_line_when_they_begin_and_one_when_they_end() {
        let mut health = Health::new("Splunk");
        let never = PostResult::Never("it answered 403".into());
        let busy = PostResult::Later("it answered 503".into(), None);
        assert_eq!(health.take(&PostResult::Taken(Vec::new())), None);
        assert_eq!(health.take(&never).unwrap(), "warning: Splunk refuses the data: it answered 403");
        assert_eq!((health.take(&never), health.take(&busy)), (None, None), "once is enough");
        assert_eq!(health.take(&PostResult::Taken(Vec::new())).unwrap(), "note: Splunk accepts data again");
        assert_eq!((health.take(&busy), health.take(&busy)), (None, None), "a restart is no event");
        assert_eq!(health.take(&busy).unwrap(), "warning: Splunk rejects the data: it answered 503; trying again");
        assert_eq!(health.take(&busy), None);
        let unknown = PostResult::Unreached("dns error".into());
        assert_eq!(Health::new("OTLP").take(&unknown).unwrap(), "warning: cannot reach OTLP: dns error; trying again");
    }
}
