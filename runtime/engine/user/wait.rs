//! Waits within an iteration.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::User;
use crate::base::clock;
use crate::base::flow::Flow;
use crate::base::location::Location;
use crate::value::{Eval, Value};

/// A boxed future that generated code awaits, apart from exchanges. It is boxed so that it isn't compiled into each spec.
pub(crate) type Later<'l, T> = Pin<Box<dyn Future<Output = T> + 'l>>;

impl User {
    /// `wait 1s`, `wait 1s..3s`: waits for a random time between the two, both included.
    pub fn wait(&self, at: Location, ends: impl FnOnce() -> Eval<(Value, Value)>) -> Later<'_, Flow> {
        self.wait_between(at, ends())
    }

    fn wait_between(&self, at: Location, ends: Eval<(Value, Value)>) -> Later<'_, Flow> {
        let ends = self.eval(at, || {
            let (least, most) = ends?;
            Ok((least.as_duration()?, most.as_duration()?))
        });
        Box::pin(async move {
            let (least, most) = ends?;
            self.pause(self.between(least, most)).await;
            Ok(())
        })
    }

    /// A random duration between the two.
    pub(crate) fn between(&self, least: Duration, most: Duration) -> Duration {
        let spread = most.saturating_sub(least).as_nanos();
        let spread = u64::try_from(spread).unwrap_or(u64::MAX - 1);
        least + Duration::from_nanos(self.rng.below(spread + 1))
    }

    /// Sleeps. The time doesn't count in groups.
    pub(crate) async fn pause(&self, duration: Duration) {
        let end = self.world.timers.end_of(duration);
        self.control.waited(end.saturating_duration_since(clock::now()));
        self.world.timers.until(end).await;
    }
}
