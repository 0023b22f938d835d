//! Finds runs, and tells whether they are in progress.

use std::sync::Arc;
use std::time::Duration;

use ltc_config::profile::WithoutOrchestrator;

use super::record::RunRecord;
use crate::orchestrator::control::{HEARTBEAT, asked, last_sign};
use crate::orchestrator::run_store::{CONTROL, RunFiles, RunStore};

/// If the last signal of an orchestrator is older than this, it has ended or cannot be reached.
const SILENT_AFTER: Duration = Duration::from_secs(3 * HEARTBEAT.as_secs());
/// A function that was called before the last signal starts within this time, and then waits for a signal.
const START: Duration = Duration::from_secs(30);
/// Upper bound of the time after which the users of a function that stops on its own are stopped in the middle of their iteration.
const GRACE: Duration = Duration::from_secs(15);

/// Whether a run is in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunState {
    /// Its orchestrator sends signals.
    Running,
    /// Its orchestrator sends signals, and somebody requested a stop.
    Stopping,
    /// Its orchestrator has sent no signal for some time.
    Silent {
        /// The time since its last signal.
        since: Duration,
        /// Functions may run until this time, since the Unix epoch; `None`: until they are stopped.
        until: Option<Duration>,
    },
    /// No function runs any more.
    Over,
}

/// A run in a store.
#[derive(Debug)]
pub(crate) struct FoundRun {
    pub(crate) files: RunFiles,
    pub(crate) record: RunRecord,
    pub(crate) state: RunState,
}

impl FoundRun {
    pub(crate) fn id(&self) -> &str {
        &self.record.begin.run.id
    }

    /// Whether functions of the run may still generate load.
    pub(crate) fn is_live(&self) -> bool {
        self.state != RunState::Over
    }
}

/// The readable runs of a store, and errors for the others. `now` is the time since the Unix epoch.
///
/// # Errors
/// If the store cannot be listed.
pub(crate) async fn find(store: Arc<dyn RunStore>, now: Duration) -> Result<(Vec<FoundRun>, Vec<String>), String> {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for run in store.runs().await? {
        let files = RunFiles { store: store.clone(), run };
        match read(&files, now).await {
            Ok(Some((record, state))) => found.push(FoundRun { files, record, state }),
            Ok(None) => {}
            Err(why) => unread.push(why),
        }
    }
    found.sort_by_key(|run| run.record.starts_at());
    Ok((found, unread))
}

async fn read(files: &RunFiles, now: Duration) -> Result<Option<(RunRecord, RunState)>, String> {
    let Some(record) = RunRecord::read(files).await? else { return Ok(None) };
    let control = files.read(CONTROL).await?;
    let state = state(&record, control.as_deref(), now);
    Ok(Some((record, state)))
}

/// The state of a run with the content of its control channel.
fn state(record: &RunRecord, control: Option<&str>, now: Duration) -> RunState {
    // The channel is removed at the end of a run.
    let Some((text, sign)) = control.and_then(|text| Some((text, last_sign(text)?))) else { return RunState::Over };
    let since = now.saturating_sub(sign);
    if since < SILENT_AFTER {
        return if asked(text, "").is_some() { RunState::Stopping } else { RunState::Running };
    }
    let until = latest_end(record, sign);
    if until.is_some_and(|until| until <= now) { RunState::Over } else { RunState::Silent { since, until } }
}

/// When the last function ends, given the last signal of the orchestrator. Both are times since the Unix epoch.
fn latest_end(record: &RunRecord, sign: Duration) -> Option<Duration> {
    let planned = match record.profile.without_orchestrator {
        WithoutOrchestrator::StopAfter(silence) => return Some(sign + START + silence + GRACE),
        WithoutOrchestrator::Finish => {
            // Functions of the next interval are called a few seconds early.
            let called = (sign + HEARTBEAT * 3).saturating_sub(record.starts_at());
            let begun = record.fleet.intervals().take_while(|interval| interval.from <= called).last()?;
            begun.end()?
        }
    };
    Some(record.starts_at() + planned + record.graceful_stop() + GRACE)
}

#[cfg(test)]
mod tests {
    use super::super::collect::sample::record;
    use super::*;

    #[test]
    fn run_is_over_when_no_function_can_run_any_more() {
        let second = Duration::from_secs;
        // The run starts at 1,000 s and has intervals of 100 s with a window of 20 s.
        let stops = record("clients: 4, duration: 300s, without_orchestrator: 60s");
        let control = |sign: u64, more: &str| format!("alive {}\n{more}", sign * 1000);
        let of = |record: &RunRecord, control: &str, now| state(record, Some(control), second(now));
        assert_eq!(of(&stops, &control(1_100, ""), 1_110), RunState::Running);
        assert_eq!(of(&stops, &control(1_100, "stop"), 1_110), RunState::Stopping);
        assert_eq!(of(&stops, &control(1_100, ""), 1_130), RunState::Silent { since: second(30), until: Some(second(1_205)) });
        assert_eq!(of(&stops, &control(1_100, ""), 1_210), RunState::Over);
        assert_eq!(state(&stops, None, second(1_100)), RunState::Over);
        let finishes = record("clients: 4, duration: 300s, without_orchestrator: finish");
        // The functions of the second interval, from 100 s to 220 s, may have been called.
        let RunState::Silent { until: Some(until), .. } = of(&finishes, &control(1_095, ""), 1_130) else { panic!() };
        assert!(until >= second(1_220) && until < second(1_250), "{until:?}");
        assert_eq!(of(&finishes, &control(1_095, ""), 1_260), RunState::Over);
    }
}
