//! A function's side of the control channel on AWS Lambda. The function polls one small object in S3, because Lambda doesn't end a function
//! when its client disconnects.

use std::time::Duration;

use ltc_config::profile::WithoutOrchestrator;

use super::run_keeper::PartsKeeper;
use super::storage::{RUNS, RoleObjects};
use crate::orchestrator::backend::Urgency;
use crate::orchestrator::control::{OrchestratorWatch, asked};
use crate::orchestrator::event::{ControlChannel, SliceEvent};
use crate::orchestrator::kept::{FrameKeeper, NoKeeper};
use crate::orchestrator::run_store::CONTROL;
use crate::orchestrator::seal;
use crate::orchestrator::shard::Connection;
use ltc_engine::clock;
use ltc_engine::program::renewed::RenewedValues;
use ltc_engine::workers::Stop;

/// How often a function reads the object. A hundred functions cost a cent in ten minutes.
const EVERY: Duration = Duration::from_secs(2);
/// The time limit of a read, so that a network that swallows packets does not hide the silence of the orchestrator.
const READ: Duration = Duration::from_secs(4);
/// After this time, a function that read the object before a change has written its first part.
pub(super) const BEGUN: Duration = Duration::from_secs(6);
/// A function has to read the object before it generates load: the time limit of an attempt, and the number of attempts. Together they are
/// shorter than the time from a function's invocation to its first user.
const FIRST_READ: Duration = Duration::from_millis(1500);
const FIRST_READS: u32 = 2;

/// Checks that the channel can be read, and then watches it while the slice runs. It has its own thread, so that it never delays the load.
///
/// # Errors
/// If the object cannot be read, because nothing could stop this function then.
pub(crate) fn connect(event: &SliceEvent, stop: &Stop, renewed: &RenewedValues) -> Result<Connection, String> {
    let mut signs = OrchestratorWatch::new(event.profile.without_orchestrator, clock::now());
    let silence = signs.flag();
    let ControlChannel::S3 { region, bucket, run } = &event.control else {
        return Ok(Connection { silence, kept: Box::new(NoKeeper) });
    };
    let object = format!("s3://{bucket}/{RUNS}{run}/{CONTROL}");
    let cannot = |why: &str| {
        format!(
            "cannot read the control channel {object}, so no load was generated: {why}; allow s3:GetObject to the function's role, and \
             add a gateway endpoint for S3 if the function is in a VPC"
        )
    };
    let reader = RoleObjects::new(region, bucket, run).map_err(|why| cannot(&why))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| cannot(&error.to_string()))?;
    let text = runtime.block_on(first(&reader)).map_err(|why| cannot(&why))?;
    signs.read(&text, clock::now());
    let values = (renewed.clone(), event.channel_key.clone());
    renew(&text, &values);
    let kept: Box<dyn FrameKeeper> = match PartsKeeper::start(reader.clone(), event, &runtime) {
        Ok(keeper) => Box::new(keeper),
        // With `finish`, the results must survive the orchestrator, so the slice can't run without a place to keep them.
        Err(why) if event.profile.without_orchestrator == WithoutOrchestrator::Finish => {
            return Err(format!(
                "cannot keep results, as `without_orchestrator: finish` needs, so no load was generated: {why}; allow s3:PutObject to the function's role: run `deploy` again"
            ));
        }
        Err(why) => {
            crate::say::warning!("results are not kept for `collect`: {why}");
            Box::new(NoKeeper)
        }
    };
    let (stop, slice) = (stop.clone(), event.slice.clone());
    let read = async move || reader.read(CONTROL).await.map_err(|error| error.to_string());
    let poll = move || runtime.block_on(poll_control(read, &slice, &stop, signs, &values));
    std::thread::Builder::new().name("control".into()).spawn(poll).map_err(|error| cannot(&error.to_string()))?;
    Ok(Connection { silence, kept })
}

/// Reads the object that the orchestrator wrote before it invoked this function.
async fn first(reader: &RoleObjects) -> Result<String, String> {
    let mut why = String::new();
    for _ in 0..FIRST_READS {
        match tokio::time::timeout(FIRST_READ, reader.read(CONTROL)).await {
            Ok(Ok(Some(text))) => return Ok(text),
            Ok(Ok(None)) => return Err("it does not exist, so the test is over".to_owned()),
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => why = format!("no response within {:.1} seconds", FIRST_READ.as_secs_f64()),
        }
    }
    Err(why)
}

/// Takes over values that the orchestrator sent.
fn renew(text: &str, (renewed, key): &(RenewedValues, String)) {
    match seal::newer(text, key, renewed.version()) {
        Ok(newer) => newer.into_iter().for_each(|(version, values)| renewed.set(version, values)),
        Err(why) => crate::say::warning!("{why}"),
    }
}

async fn poll_control(
    read: impl AsyncFn() -> Result<Option<String>, String>,
    slice: &str,
    stop: &Stop,
    mut signs: OrchestratorWatch,
    values: &(RenewedValues, String),
) {
    let mut failed = false;
    loop {
        let no_response = || Err(format!("no response within {} seconds", READ.as_secs()));
        match tokio::time::timeout(READ, read()).await.unwrap_or_else(|_| no_response()) {
            Ok(text) => {
                let text = text.unwrap_or_default();
                signs.read(&text, clock::now());
                renew(&text, values);
                match asked(&text, slice) {
                    None => {}
                    // A graceful stop is passed on only once, because a second one would stop immediately.
                    Some(Urgency::Gracefully) if stop.is_graceful() => {}
                    Some(Urgency::Gracefully) => stop.interrupt(),
                    Some(Urgency::Now) => {
                        stop.interrupt();
                        stop.at_once();
                        return;
                    }
                }
            }
            // S3 may fail once without a message.
            Err(error) if !failed => {
                failed = true;
                crate::say::warning!("cannot read the control channel: {error}");
            }
            Err(_) => {}
        }
        if let Some(line) = signs.check(clock::now(), stop) {
            crate::say::warning!("{line}");
        }
        // A warm process outlives its slice, so it must not watch a test that is over.
        if stop.is_at_once() || stop.is_last() {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_noticed_although_no_read_is_answered() {
        let (begin, stop) = (clock::now(), Stop::default());
        let _load = stop.clone();
        let silence = Duration::from_secs(20);
        let signs = OrchestratorWatch::new(WithoutOrchestrator::StopAfter(silence), begin);
        let flag = signs.flag();
        let watched = stop.clone();
        let noticed = async move {
            while !watched.is_graceful() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            clock::since(begin)
        };
        // The network swallows each request.
        let values = (RenewedValues::default(), String::new());
        let polls = poll_control(async || std::future::pending().await, "t/0/0/0", &stop, signs, &values);
        let (noticed, ()) = tokio::join!(noticed, polls);
        assert!(noticed >= silence && noticed <= silence + READ + EVERY + Duration::from_millis(100), "{noticed:?}");
        assert!(flag.is_set() && stop.is_at_once(), "users that do not finish are stopped");
    }

    #[tokio::test(start_paused = true)]
    async fn read_that_hangs_once_delays_a_stop_by_its_limit_only() {
        let (begin, stop) = (clock::now(), Stop::default());
        let _load = stop.clone();
        let signs = OrchestratorWatch::new(WithoutOrchestrator::Finish, begin);
        let reads = std::cell::Cell::new(0);
        let read = async || {
            reads.set(reads.get() + 1);
            match reads.get() {
                1 => Ok(Some("alive 1".to_owned())),
                2 => std::future::pending().await,
                _ => Ok(Some("alive 2\nnow t/0/0/0".to_owned())),
            }
        };
        poll_control(read, "t/0/0/0", &stop, signs, &(RenewedValues::default(), String::new())).await;
        assert!(stop.is_at_once());
        assert_eq!((clock::since(begin), reads.get()), (EVERY + READ + EVERY, 3));
    }
}
