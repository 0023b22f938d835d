//! The information about a run that is known before its load: its plan and settings, without secrets. It is the file `run.json` of the run.

use std::time::Duration;

use ltc_config::Profile;
use serde::{Deserialize, Serialize};

use crate::journal::Begin;
use crate::orchestrator::event::{ClassWeight, SliceEvent};
use crate::orchestrator::fleet::Fleet;
use crate::orchestrator::run_store::{RECORD, RunFiles};
use ltc_engine::schedule::Plan;

/// The version of the format.
const FORMAT: u32 = 1;

/// The record of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    format: u32,
    /// The engine: `process`, `lambda`.
    pub(crate) engine: String,
    pub(crate) begin: Begin,
    /// The start of the load, microseconds since the Unix epoch.
    starts_at_us: u64,
    graceful_stop_us: u64,
    pub(crate) fleet: Fleet,
    pub(crate) profile: Profile,
    classes: Vec<ClassWeight>,
}

impl RunRecord {
    /// The record of a run whose functions get such events.
    pub(crate) fn new(engine: &str, begin: Begin, event: &SliceEvent, fleet: Fleet) -> Self {
        Self {
            format: FORMAT,
            engine: engine.to_owned(),
            begin,
            starts_at_us: event.starts_at_us,
            graceful_stop_us: event.graceful_stop_us,
            fleet,
            profile: event.profile.clone(),
            classes: event.classes.clone(),
        }
    }

    /// Writes the record.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub(crate) async fn write(&self, files: &RunFiles) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| format!("cannot write the record of the run: {error}"))?;
        files.write(RECORD, &text).await
    }

    /// Reads the record; `None` if the run has none.
    ///
    /// # Errors
    /// If the store cannot be read, or another version of ltc wrote the record.
    pub(crate) async fn read(files: &RunFiles) -> Result<Option<Self>, String> {
        let Some(text) = files.read(RECORD).await? else { return Ok(None) };
        let place = files.place();
        let record: Self = serde_json::from_str(&text).map_err(|error| format!("cannot read {place}/{RECORD}: {error}"))?;
        if record.format != FORMAT {
            return Err(format!(
                "{place}/{RECORD} has format {}, and this binary reads {FORMAT}: use the binary that wrote it",
                record.format
            ));
        }
        Ok(Some(record))
    }

    /// The start of the load, since the Unix epoch.
    pub(crate) fn starts_at(&self) -> Duration {
        Duration::from_micros(self.starts_at_us)
    }

    /// The time that users have to finish their iteration.
    pub(crate) fn graceful_stop(&self) -> Duration {
        Duration::from_micros(self.graceful_stop_us)
    }

    /// The plan of the whole test.
    ///
    /// # Errors
    /// If the profile cannot be used, for example because another version of ltc wrote it.
    pub(crate) fn plan(&self) -> Result<Plan, String> {
        let classes: Vec<_> = self.classes.iter().map(ClassWeight::class).collect();
        Plan::seeded(&self.profile, &classes, self.begin.run.seed)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}
