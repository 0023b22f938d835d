//! The stop: a client that goes away doesn't end a function, so functions look at one small object in S3. A line of it says `stop` or
//! `now`, to all, or `now SLICE`, to one that was lost out of sight. Without the object they go on.

use std::time::Duration;

use super::storage::ObjectReader;
use crate::orchestrator::backend::Urgency;
use crate::orchestrator::event::{SliceEvent, StopSign};
use ltc_engine::workers::Stop;

/// How often a function looks. A hundred functions cost a cent in ten minutes.
const EVERY: Duration = Duration::from_secs(2);
/// After so long a function has seen what was written, and its last requests are over.
pub(super) const SEEN: Duration = Duration::from_secs(6);

/// The line for all.
pub(super) fn word(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Gracefully => "stop",
        Urgency::Now => "now",
    }
}

/// The line for one.
pub(super) fn abandoned(slice: &str) -> String {
    format!("now {slice}")
}

/// Looks whether this slice is to stop, for as long as the process lives or until it is told so. It never holds up the load: it has a
/// thread of its own.
pub(crate) fn watch(event: &SliceEvent, stop: &Stop) {
    let StopSign::S3 { region, bucket, key } = &event.stop else { return };
    let (stop, slice, place) = (stop.clone(), event.slice.clone(), format!("s3://{bucket}/{key}"));
    let cant = move |why: String| crate::say::warning!("cannot read {place}, so this function cannot be stopped before its end: {why}");
    let reader = match ObjectReader::new(region, bucket, key) {
        Ok(reader) => reader,
        Err(why) => return cant(why),
    };
    let unwatched = cant.clone();
    let looks = move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(look(&reader, &slice, &stop, &cant)),
        Err(error) => cant(error.to_string()),
    };
    if let Err(error) = std::thread::Builder::new().name("stop".into()).spawn(looks) {
        unwatched(error.to_string());
    }
}

async fn look(reader: &ObjectReader, slice: &str, stop: &Stop, cant: &dyn Fn(String)) {
    let mut said = false;
    loop {
        match reader.read().await {
            Ok(content) => match told(content.as_deref().unwrap_or_default(), slice) {
                None => {}
                // Once: a second time means at once.
                Some(Urgency::Gracefully) if stop.is_graceful() => {}
                Some(Urgency::Gracefully) => stop.interrupt(),
                Some(Urgency::Now) => {
                    stop.interrupt();
                    stop.at_once();
                    return;
                }
            },
            // S3 may fail once; what never works is said once.
            Err(error) if !said => {
                said = true;
                cant(error.to_string());
            }
            Err(_) => {}
        }
        // A warm process outlives its slice: it doesn't look for a test that is over.
        if stop.is_at_once() || stop.is_last() {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What the object says to a slice.
fn told(content: &str, slice: &str) -> Option<Urgency> {
    let own = abandoned(slice);
    let judge = |line: &str| match line {
        "stop" => Some(Urgency::Gracefully),
        "now" => Some(Urgency::Now),
        line if line == own => Some(Urgency::Now),
        _ => None,
    };
    content.lines().filter_map(|line| judge(line.trim())).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_all_or_for_this_slice_stops_it() {
        assert_eq!(told("", "t/0/1/0"), None);
        assert_eq!(told("stop\n", "t/0/1/0"), Some(Urgency::Gracefully));
        assert_eq!(told("stop\nnow", "t/0/1/0"), Some(Urgency::Now));
        assert_eq!(told(&abandoned("t/0/1/0"), "t/0/1/0"), Some(Urgency::Now));
        assert_eq!(told(&abandoned("t/0/1/0"), "t/0/1/1"), None);
        assert_eq!(told(&abandoned("t/0/1/01"), "t/0/1/0"), None);
    }
}
