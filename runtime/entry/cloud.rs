//! Prepares the engine `lambda` of a run: the account, the functions, and how many of them may run at once.

use std::sync::Arc;

use super::configuration::Configuration;
use super::deploy::{names, open_session, refused};
use super::{ExitStatus, StartupError};
use crate::orchestrator::aws::LambdaBackend;
use crate::orchestrator::backend::{Backend, InvokeError};
use crate::orchestrator::fleet::Fleet;
use ltc_engine::program::Program;

/// Finds the account and the test's functions in it. `requested` are the regions of the command line.
pub(super) async fn open(
    program: &'static Program,
    requested: &[String],
    function: Option<String>,
    configuration: &Configuration,
    test_id: &str,
) -> Result<Arc<LambdaBackend>, StartupError> {
    let session = open_session().await?;
    let profile = &configuration.profile;
    let regions = if requested.is_empty() {
        profile.header.locations.iter().filter(|location| location.share > 0).map(|location| location.region.clone()).collect()
    } else {
        requested.to_vec()
    };
    let regions = session.regions(regions).map_err(|error| StartupError::wrong([error]))?;
    let names = names(program, function, None, &profile.lambda, regions)?;
    LambdaBackend::open(session, names, program.fingerprint, test_id).await.map(Arc::new).map_err(refused)
}

/// Fits a fleet to the account's free capacity. `again` makes a fleet of at most this many functions.
pub(super) async fn fitted(backend: &dyn Backend, fleet: Fleet, again: impl Fn(u64) -> Fleet) -> Result<Fleet, StartupError> {
    let mut most = u64::from(fleet.count());
    let mut room = String::new();
    for (region, count) in fleet.regions() {
        let free = match backend.capacity(region).await {
            Ok(Some(free)) => free,
            Ok(None) => continue,
            Err(InvokeError::Refused(why)) => return Err(StartupError { ending: ExitStatus::Broken, lines: vec![why] }),
            Err(error) => return Err(StartupError::broken(error.message())),
        };
        let at_once = at_once(&fleet, count);
        if at_once > free {
            most = most.min(u64::from(fleet.count()) * free / at_once);
            room = format!("{} has capacity for {free} functions at once, but the test needs {at_once}", region.unwrap_or("the region"));
        }
    }
    if room.is_empty() {
        return Ok(fleet);
    }
    let smaller = again(most.max(1));
    let still = smaller.regions().into_iter().map(|(_, count)| count).sum::<u64>() > most;
    if still {
        return Err(StartupError::broken(format!(
            "{room}: request a higher concurrency from AWS, or use fewer functions or another region"
        )));
    }
    crate::say::warning!("{room}: {} functions are used instead of {}", smaller.count(), fleet.count());
    Ok(smaller)
}

/// The number of functions at once. If intervals follow each other, the next functions start before the current ones end.
fn at_once(fleet: &Fleet, count: u64) -> u64 {
    if fleet.interval(1).is_some() { count * 2 } else { count }
}

/// From this number of functions on, the traffic may need an agreement with AWS.
const TOLD_FROM_FUNCTIONS: u32 = 10;

/// A note about AWS's policy for network stress tests, if the load may come near its limit.
pub(super) fn policy_note(fleet: &Fleet) -> Option<String> {
    (fleet.count() >= TOLD_FROM_FUNCTIONS).then(|| {
        format!(
            "note: {} functions together can send over 1 Gbit/s; for more than a minute that is a network stress test, for which AWS has a \
             policy: https://aws.amazon.com/ec2/testing/",
            fleet.count()
        )
    })
}
