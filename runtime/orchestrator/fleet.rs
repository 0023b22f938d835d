//! The fleet: how many functions share a load, in which regions, and in which intervals they follow each other.
//!
//! A fleet doesn't change the load itself: shard `i` of `n` generates what [`Plan::slice`] and its interval define, so that the sum is the
//! profile's load at every moment, whatever the numbers here.

use std::time::Duration;

use ltc_config::profile::{Architecture, LambdaSettings, RegionShare};
use serde::{Deserialize, Serialize};

use super::hand_over::{ClassRequests, HandOver, MOST_ADDED};
use super::lead;
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
/// How far the regions' shares of the load may be off, as a share. Beyond it, more functions are used to come closer.
const SHARE_TOLERANCE: f64 = 0.01;

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
        let around = lead::on_lambda(options.shards.unwrap_or(0)) + options.graceful_stop + FLUSH;
        let wanted = options.interval.unwrap_or(settings.interval);
        let hand_over = hand_over(plan, options, Some(wanted), LONGEST_RUN.saturating_sub(around), &mut warnings);
        let regions = regions(locations, &options.regions);
        let most = settings.max_functions.unwrap_or(u64::MAX);
        let mut count = match options.shards {
            Some(shards) => u64::from(shards),
            None => fitting(needed.max(regions.len() as u64), &regions).min(most),
        };
        count = count.clamp(1, u64::from(u32::MAX));
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
        let counts = by_share(count, &regions);
        for ((region, share), functions) in regions.iter().zip(&counts) {
            let wanted = share_of(*share, &regions);
            if (*functions as f64 / count as f64 - wanted).abs() > SHARE_TOLERANCE {
                warnings.push(format!(
                    "{region} gets {functions} of {count} functions where its share is {:.0}%: more functions come nearer",
                    wanted * 100.0
                ));
            }
        }
        Self {
            shards: spread(count, &regions, &counts),
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

    /// The cost on Lambda. Functions are invoked `lead` before their time, and users may need `graceful_stop` after it. `None` for processes
    /// and for a load without an end.
    pub fn cost(&self, lead: Duration, graceful_stop: Duration) -> Option<Cost> {
        const REQUEST: f64 = 0.000_000_2;
        let (memory, architecture, _) = (self.memory_mb?, self.architecture?, self.total?);
        let gb_second = match architecture {
            Architecture::X86_64 => 0.000_016_666_7,
            Architecture::Arm64 => 0.000_013_333_4,
        };
        let (mut invocations, mut least, mut most) = (0, Duration::ZERO, Duration::ZERO);
        for interval in self.intervals() {
            invocations += u64::from(self.count());
            let time = interval.end().unwrap_or_default().saturating_sub(interval.from) + lead;
            least += time;
            most += time + graceful_stop;
        }
        let price = |time: Duration| {
            let gb_seconds = time.as_secs_f64() * f64::from(self.count()) * f64::from(memory) / 1024.0;
            Price { gb_seconds, dollars: gb_seconds * gb_second + invocations as f64 * REQUEST }
        };
        Some(Cost { invocations, least: price(least), most: price(most) })
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
        warnings.push(format!("{shards} shards for {} users: some have nothing to do", plan.peak_clients()));
    }
}

/// The processor that this binary was built for. The function could not start on another one.
fn this_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 }
}

fn regions(locations: &[RegionShare], wished: &[String]) -> Vec<(String, u64)> {
    if wished.is_empty() {
        locations.iter().filter(|location| location.share > 0).map(|location| (location.region.clone(), location.share)).collect()
    } else {
        wished.iter().map(|region| (region.clone(), 1)).collect()
    }
}

fn share_of(share: u64, regions: &[(String, u64)]) -> f64 {
    share as f64 / regions.iter().map(|(_, share)| share).sum::<u64>().max(1) as f64
}

/// The number of functions: at least `needed`, and a few more if the regions' shares are then closer.
fn fitting(needed: u64, regions: &[(String, u64)]) -> u64 {
    let off = |count: u64| {
        let counts = by_share(count, regions);
        let parts =
            regions.iter().zip(counts).map(|((_, share), functions)| (functions as f64 / count as f64 - share_of(*share, regions)).abs());
        parts.fold(0.0, f64::max)
    };
    let candidates = needed..=needed.saturating_mul(2).saturating_add(10);
    candidates.into_iter().find(|count| off(*count) <= SHARE_TOLERANCE).unwrap_or(needed)
}

/// Distributes functions over regions by their shares, by largest remainder: the sum is exact, and each number differs from its share by
/// less than one.
fn by_share(count: u64, regions: &[(String, u64)]) -> Vec<u64> {
    let total: u128 = regions.iter().map(|(_, share)| u128::from(*share)).sum();
    if total == 0 {
        return Vec::new();
    }
    let exact = |share: u64| u128::from(count) * u128::from(share);
    let mut counts: Vec<u64> = regions.iter().map(|(_, share)| u64::try_from(exact(*share) / total).unwrap_or(0)).collect();
    let mut order: Vec<usize> = (0..regions.len()).collect();
    order.sort_by_key(|&region| (std::cmp::Reverse(exact(regions[region].1) % total), region));
    let missing = count - counts.iter().sum::<u64>();
    for &region in order.iter().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
        counts[region] += 1;
    }
    counts
}

/// Numbers the shards so that consecutive shards are spread over the regions.
fn spread(count: u64, regions: &[(String, u64)], counts: &[u64]) -> Vec<Shard> {
    let mut given = vec![0u64; regions.len()];
    (0..u32::try_from(count).unwrap_or(u32::MAX))
        .map(|number| {
            // The region that is furthest behind its share.
            let behind = |region: usize| (given[region] + 1) as f64 / counts[region].max(1) as f64;
            let open = (0..regions.len()).filter(|&region| given[region] < counts[region]);
            let next = open.min_by(|&a, &b| behind(a).total_cmp(&behind(b)));
            let region = next.map(|region| {
                given[region] += 1;
                regions[region].0.clone()
            });
            Shard { number, region }
        })
        .collect()
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
