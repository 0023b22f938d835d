//! The fleet: how many functions share a load, in which regions, and in which intervals they follow each other.
//!
//! A fleet doesn't change the load itself: shard `i` of `n` generates what [`Plan::slice`] and its interval define, so that the sum is the
//! profile's load at every moment, whatever the numbers here.

use std::time::Duration;

use ltc_config::profile::{Architecture, LambdaSettings, RegionShare};
use serde::{Deserialize, Serialize};

use super::hand_over::{ClassRequests, HandOver, MOST_ADDED};
use super::lead;
use super::regions::Regions;
use super::shard::FLUSH;
use crate::open_files::{LoadSource, shortage};
use ltc_engine::schedule::{Plan, Slice};

/// The memory for which Lambda gives one whole processor.
pub const MB_PER_PROCESSOR: u32 = 1769;
/// The default number of users and of arrivals per second for one processor of Lambda. It is cautious, because the generator must not be
/// the bottleneck.
const CLIENTS_PER_PROCESSOR: u64 = 500;
const ARRIVALS_PER_PROCESSOR: f64 = 2_000.0;
/// The most users of a function. It may have 1,024 files open, and each user may hold a connection.
const CLIENTS_PER_FUNCTION: u64 = 900;
/// The time limit of a function on Lambda.
const LONGEST_RUN: Duration = Duration::from_secs(15 * 60);
/// One function of each interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// The number of the shard, from 0.
    pub number: u32,
    /// The region it runs in; `None`: the engine has no regions, or the configuration's region is used.
    pub region: Option<String>,
}

/// A part of the test's time that is short enough for one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The number of the interval, from 0.
    pub number: u32,
    /// The beginning, from the test's start.
    pub from: Duration,
    /// The end; `None`: until the test is stopped.
    pub to: Option<Duration>,
    /// The time after `from` in which users pass to it from the previous interval.
    pub enter: Duration,
    /// The time after `to` in which users pass from it to the next interval.
    pub leave: Duration,
}

impl Interval {
    /// When its last user has passed to the next interval; `None`: when the test is stopped.
    pub fn end(&self) -> Option<Duration> {
        self.to.map(|to| to.saturating_add(self.leave))
    }
}

/// Options of a fleet.
#[derive(Clone, Debug, Default)]
pub struct FleetOptions {
    /// The number of shards. Without it, the profile's settings determine it.
    pub shards: Option<u32>,
    /// The length of an interval. Without it, the profile sets it.
    pub interval: Option<Duration>,
    /// The regions, with equal shares. If empty, the profile's are used.
    pub regions: Vec<String>,
    /// The worker threads of a function. Without it, one for each processor.
    pub threads: Option<u32>,
    /// The requests of the user classes.
    pub classes: Vec<ClassRequests>,
    /// The time that users have to finish their iteration.
    pub graceful_stop: Duration,
}

/// All functions of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// The shards, in order of their numbers.
    pub shards: Vec<Shard>,
    /// The worker threads of each.
    pub threads: u32,
    /// The memory of each; `None` for processes.
    pub memory_mb: Option<u32>,
    /// The processor that they run on, as AWS names it; `None` for processes.
    pub architecture: Option<Architecture>,
    /// The reason for the number of shards.
    #[serde(default)]
    pub reason: String,
    /// Warnings for the reader of a plan.
    pub warnings: Vec<String>,
    /// The cores of this machine, if they are processes on it.
    cores: Option<u32>,
    total: Option<Duration>,
    /// `None`: the whole test is one interval.
    hand_over: Option<HandOver>,
}

impl Fleet {
    /// A fleet of functions on Lambda with the profile's settings.
    pub fn on_lambda(plan: &Plan, settings: &LambdaSettings, locations: &[RegionShare], options: &FleetOptions) -> Self {
        let mut warnings = Vec::new();
        let processors = settings.memory_mb.div_ceil(MB_PER_PROCESSOR).max(1);
        let clients = settings.clients_per_function.unwrap_or_else(|| {
            (CLIENTS_PER_PROCESSOR * u64::from(settings.memory_mb) / u64::from(MB_PER_PROCESSOR)).clamp(1, CLIENTS_PER_FUNCTION)
        });
        let rate = settings
            .rate_per_function
            .map_or_else(|| ARRIVALS_PER_PROCESSOR * f64::from(settings.memory_mb) / f64::from(MB_PER_PROCESSOR), |rate| rate.as_f64());
        let by_rate = (plan.peak_rate() / rate).ceil() as u64;
        let by_clients = plan.peak_clients().div_ceil(clients);
        let needed = by_clients.max(by_rate).max(1);
        let regions = Regions::of(locations, &options.regions);
        let most = settings.max_functions.unwrap_or(u64::MAX);
        let mut count = match options.shards {
            Some(shards) => u64::from(shards),
            None => regions.fitting(needed).min(most),
        };
        count = count.clamp(1, u64::from(u32::MAX));
        let around = lead::on_lambda(u32::try_from(count).unwrap_or(u32::MAX)) + options.graceful_stop + FLUSH;
        let wanted = options.interval.unwrap_or(settings.interval);
        let hand_over = hand_over(plan, options, Some(wanted), LONGEST_RUN.saturating_sub(around), &mut warnings);
        let mut reason = if by_rate > by_clients {
            format!("{} arrivals/s at up to {}/s in each function need {needed}", whole(plan.peak_rate()), whole(rate))
        } else {
            format!("{} users at up to {clients} in each function need {needed}", plan.peak_clients())
        };
        match options.shards {
            Some(_) => reason.push_str(", and --shards is set"),
            None if count < needed => reason.push_str(", and max_functions is lower"),
            None if count > needed => reason.push_str(", and more give each region its share"),
            None => {}
        }
        if count < needed {
            warnings.push(format!(
                "{needed} functions would be needed for {clients} users and {rate:.0} arrivals/s each; with {count} each has up to {} users",
                plan.peak_clients().div_ceil(count)
            ));
        }
        // `run` refuses this plan.
        warnings.extend(shortage(plan.peak_clients(), LoadSource::Functions(count), None));
        few_users(plan, count, &mut warnings);
        warnings.extend(regions.far_off(count));
        Self {
            shards: regions.shards(count),
            threads: options.threads.unwrap_or(processors),
            memory_mb: Some(settings.memory_mb),
            architecture: Some(settings.architecture.unwrap_or_else(this_architecture)),
            reason,
            warnings,
            cores: None,
            total: plan.total_duration(),
            hand_over,
        }
    }

    /// A fleet of processes on this machine: one for each core, unless the options set another number. Processes have no time limit, so
    /// there is one interval, unless the options set a length.
    pub fn of_processes(plan: &Plan, cores: u32, options: &FleetOptions) -> Self {
        let mut warnings = Vec::new();
        let shards = options.shards.unwrap_or_else(|| cores.min(u32::try_from(plan.peak_clients()).unwrap_or(u32::MAX))).max(1);
        few_users(plan, u64::from(shards), &mut warnings);
        if !options.regions.is_empty() {
            warnings.push("processes run here, in no region".into());
        }
        let hand_over = hand_over(plan, options, options.interval, Duration::MAX, &mut warnings);
        Self {
            shards: (0..shards).map(|number| Shard { number, region: None }).collect(),
            threads: options.threads.unwrap_or((cores / shards).max(1)),
            memory_mb: None,
            architecture: None,
            reason: if options.shards.is_some() { "--shards is set" } else { "one for each core, at most one for each user" }.to_owned(),
            warnings,
            cores: Some(cores),
            total: plan.total_duration(),
            hand_over,
        }
    }

    /// A function's share of processors, in thousandths. On Lambda it depends on the memory; on one machine all share the cores.
    pub fn processors_milli(&self) -> u32 {
        let milli = match (self.memory_mb, self.cores) {
            (Some(memory), _) => u64::from(memory) * 1000 / u64::from(MB_PER_PROCESSOR),
            (None, cores) => u64::from(cores.unwrap_or(1)) * 1000 / u64::from(self.count().max(1)),
        };
        u32::try_from(milli).unwrap_or(u32::MAX).max(1)
    }

    /// The number of shards.
    pub fn count(&self) -> u32 {
        u32::try_from(self.shards.len()).unwrap_or(u32::MAX)
    }

    /// How long the load lasts; `None`: until it is stopped.
    pub fn total(&self) -> Option<Duration> {
        self.total
    }

    /// How users pass from one interval to the next; `None`: there is only one interval.
    pub fn hand_over(&self) -> Option<HandOver> {
        self.hand_over
    }

    /// The interval with this number, if the test lasts that long.
    pub fn interval(&self, number: u32) -> Option<Interval> {
        let Some(HandOver { interval: length, window, .. }) = self.hand_over else {
            let (enter, leave) = (Duration::ZERO, Duration::ZERO);
            return (number == 0).then_some(Interval { number, from: Duration::ZERO, to: self.total, enter, leave });
        };
        let from = length.checked_mul(number)?;
        // The current function lives long enough for the rest after its hand-over window, so no further interval is needed.
        let is_last = |to: Duration| self.total.is_some_and(|total| total <= to.saturating_add(window));
        if number > 0 && is_last(from) {
            return None;
        }
        let to = from.saturating_add(length);
        let (to, leave) = if is_last(to) { (self.total.unwrap_or(to), Duration::ZERO) } else { (to, window) };
        let enter = if number == 0 { Duration::ZERO } else { window };
        Some(Interval { number, from, to: Some(to), enter, leave })
    }

    /// All intervals. The iterator has no end if the load has none.
    pub fn intervals(&self) -> impl Iterator<Item = Interval> + '_ {
        (0..).map_while(|number| self.interval(number))
    }

    /// The load of a shard in an interval.
    pub fn slice(&self, plan: &Plan, shard: u32, interval: Interval) -> Slice {
        plan.slice(u64::from(shard), u64::from(self.count())).interval(interval.from, interval.to, interval.enter, interval.leave)
    }

    /// The regions and how many shards run in each, in order of their first shard.
    pub fn regions(&self) -> Vec<(Option<&str>, u64)> {
        let mut regions: Vec<(Option<&str>, u64)> = Vec::new();
        for shard in &self.shards {
            match regions.iter_mut().find(|(region, _)| *region == shard.region.as_deref()) {
                Some((_, count)) => *count += 1,
                None => regions.push((shard.region.as_deref(), 1)),
            }
        }
        regions
    }
}

/// How users pass from one interval to the next, if the test needs several.
fn hand_over(
    plan: &Plan,
    options: &FleetOptions,
    wanted: Option<Duration>,
    limit: Duration,
    warnings: &mut Vec<String>,
) -> Option<HandOver> {
    let wanted = wanted.filter(|wanted| !wanted.is_zero() && plan.total_duration().is_none_or(|total| total > *wanted))?;
    let hand_over = HandOver::of(plan, &options.classes, wanted, limit);
    if hand_over.added > MOST_ADDED * 1.001 {
        warnings.push(format!(
            "`on start` and `on stop` at each hand-over raise the request rate by {:.0}% for {}: longer intervals permit a longer hand-over",
            hand_over.added * 100.0,
            ltc_config::duration::print(hand_over.window)
        ));
    }
    Some(hand_over)
}

/// A rate, rounded for reading: `1500`, `0.5`.
fn whole(rate: f64) -> f64 {
    if rate >= 10.0 { rate.round() } else { (rate * 100.0).round() / 100.0 }
}

fn few_users(plan: &Plan, shards: u64, warnings: &mut Vec<String>) {
    if shards > plan.peak_clients() {
        let (users, s) = (plan.peak_clients(), if plan.peak_clients() == 1 { "" } else { "s" });
        warnings.push(format!("{shards} shards for {users} user{s}: some have nothing to do"));
    }
}

/// The processor that this binary was built for. The function could not start on another one.
fn this_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 }
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
