//! The cost of a fleet on Lambda.

use std::time::Duration;

use ltc_config::profile::Architecture;

use super::fleet::Fleet;

/// The price of an invocation in US dollars.
const INVOCATION: f64 = 0.000_000_2;

/// The cost of a test on Lambda.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// The number of invocations.
    pub invocations: u64,
    /// If no user needs time to finish its last iteration.
    pub least: Price,
    /// If users need all of the graceful stop, in each interval.
    pub most: Price,
}

/// The cost of functions for the time that they run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// The time of all functions in seconds, times their memory in GB.
    pub gb_seconds: f64,
    /// The cost of that and of the invocations in US dollars, without network traffic.
    pub dollars: f64,
}

/// The price of a GB-second in US dollars.
fn gb_second(architecture: Architecture) -> f64 {
    match architecture {
        Architecture::X86_64 => 0.000_016_666_7,
        Architecture::Arm64 => 0.000_013_333_4,
    }
}

impl Fleet {
    /// The cost on Lambda. Functions are invoked `lead` before their time, and users may need `graceful_stop` after it. `None` for processes
    /// and for a load without an end.
    pub fn cost(&self, lead: Duration, graceful_stop: Duration) -> Option<Cost> {
        let (memory, architecture, _) = (self.memory_mb?, self.architecture?, self.total()?);
        let (mut invocations, mut least, mut most) = (0, Duration::ZERO, Duration::ZERO);
        for interval in self.intervals() {
            invocations += u64::from(self.count());
            let time = interval.end().unwrap_or_default().saturating_sub(interval.from) + lead;
            least += time;
            most += time + graceful_stop;
        }
        let price = |time: Duration| {
            let gb_seconds = time.as_secs_f64() * f64::from(self.count()) * f64::from(memory) / 1024.0;
            Price { gb_seconds, dollars: gb_seconds * gb_second(architecture) + invocations as f64 * INVOCATION }
        };
        Some(Cost { invocations, least: price(least), most: price(most) })
    }
}
