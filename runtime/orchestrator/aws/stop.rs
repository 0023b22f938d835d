//! A function's side of the control channel on AWS Lambda: it polls one small object in S3, because a client that disconnects does not end
//! a function.

use std::time::Duration;

use super::storage::ObjectReader;
use crate::orchestrator::backend::Urgency;
use crate::orchestrator::control::{OrchestratorWatch, SilenceFlag, asked};
use crate::orchestrator::event::{ControlChannel, SliceEvent};
use ltc_engine::clock;
use ltc_engine::workers::Stop;

/// How often a function reads the object. A hundred functions cost a cent in ten minutes.
const EVERY: Duration = Duration::from_secs(2);
/// After this time, a function has read what was written, and its last requests are over.
pub(super) const SEEN: Duration = Duration::from_secs(6);
/// A function has to read the object before it generates load: the time for an attempt, and how many there are. Together they are
/// shorter than the time from a function's invocation to its first user.
const FIRST_READ: Duration = Duration::from_millis(1500);
const FIRST_READS: u32 = 2;

/// Proves that the channel can be read, then watches it for as long as the slice runs, on a thread of its own, so that it never holds up
/// the load.
///
/// # Errors
/// Where the object cannot be read: without it, nothing could stop this function.
pub(crate) fn watch(event: &SliceEvent, stop: &Stop) -> Result<SilenceFlag, String> {
    let mut signs = OrchestratorWatch::new(event.profile.without_orchestrator, clock::now());
    let flag = signs.flag();
    let ControlChannel::S3 { region, bucket, key } = &event.control else { return Ok(flag) };
    let object = format!("s3://{bucket}/{key}");
    let cannot = |why: &str| {
        format!(
            "cannot read the control channel {object}, so no load was generated: {why}; allow s3:GetObject to the function's role, and \
             add a gateway endpoint for S3 if the function is in a VPC"
        )
    };
    let reader = ObjectReader::new(region, bucket, key).map_err(|why| cannot(&why))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| cannot(&error.to_string()))?;
    let text = runtime.block_on(first(&reader)).map_err(|why| cannot(&why))?;
    signs.read(&text, clock::now());
    let (stop, slice) = (stop.clone(), event.slice.clone());
    let looks = move || runtime.block_on(look(&reader, &slice, &stop, signs));
    std::thread::Builder::new().name("control".into()).spawn(looks).map_err(|error| cannot(&error.to_string()))?;
    Ok(flag)
}

/// Reads the object, which the orchestrator wrote before it invoked this function.
async fn first(reader: &ObjectReader) -> Result<String, String> {
    let mut why = String::new();
    for _ in 0..FIRST_READS {
        match tokio::time::timeout(FIRST_READ, reader.read()).await {
            Ok(Ok(Some(text))) => return Ok(text),
            Ok(Ok(None)) => return Err("it does not exist, so the test is over".to_owned()),
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => why = format!("no response within {:.1} seconds", FIRST_READ.as_secs_f64()),
        }
    }
    Err(why)
}

async fn look(reader: &ObjectReader, slice: &str, stop: &Stop, mut signs: OrchestratorWatch) {
    let mut failed = false;
    loop {
        match reader.read().await {
            Ok(text) => {
                let text = text.unwrap_or_default();
                signs.read(&text, clock::now());
                match asked(&text, slice) {
                    None => {}
                    // Once: a second time means at once.
                    Some(Urgency::Gracefully) if stop.is_graceful() => {}
                    Some(Urgency::Gracefully) => stop.interrupt(),
                    Some(Urgency::Now) => {
                        stop.interrupt();
                        stop.at_once();
                        return;
                    }
                }
            }
            // S3 may fail once.
            Err(error) if !failed => {
                failed = true;
                crate::say::warning!("cannot read the control channel: {error}");
            }
            Err(_) => {}
        }
        if let Some(line) = signs.check(clock::now(), stop) {
            crate::say::warning!("{line}");
        }
        // A warm process outlives its slice: it does not watch a test that is over.
        if stop.is_at_once() || stop.is_last() {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}
