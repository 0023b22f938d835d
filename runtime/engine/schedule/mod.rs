//! The load schedule: when each user starts and stops. It doesn't depend on HTTP, clocks or threads.
//!
//! A [`Plan`] is computed from a profile and the spec's user classes. A [`Slice`] of it is the load of one shard, or of one worker of a
//! shard, in an interval. Each user and each arrival belongs to exactly one slice of a fleet, so that the shards always add up to the
//! profile without a master. All times are computed in whole nanoseconds from exact fractions.
//!
//! ```
//! use ltc_config::Profile;
//! use ltc_engine::schedule::{Plan, WeightedClass};
//!
//! let profile = Profile::parse("profile: {runner: {clients: 4, hatch_rate: 2, duration: 10s}}", "x.profile.yml").unwrap();
//! let plan = Plan::new(&profile, &[WeightedClass::new("Shopper", 3), WeightedClass::new("Auditor", 1)]).unwrap();
//! let starts: Vec<u64> = plan.events(0, 1).filter(|event| event.is_start()).map(|event| event.at.as_millis() as u64).collect();
//! assert_eq!(starts, [0, 500, 1000, 1500]);
//! ```

mod class;
mod closed;
mod events;
mod expected;
mod open;
mod slice;
mod span;
mod spread;

use std::sync::Arc;
use std::time::Duration;

use ltc_config::profile::{Load, Shape, Spacing};
use ltc_config::suggest::did_you_mean_or_list;
use ltc_config::{ConfigError, Profile, Rate};

pub use class::{Cycle, WeightedClass};
pub use events::Events;
pub use expected::Expected;
pub use slice::{Arrivals, Server, Slice};

use closed::Move;
use open::Curve;
use spread::ClassPattern;

/// An event of a user of the closed model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The time from the start of the whole test.
    pub at: Duration,
    /// The class, as an index into the plan's classes.
    pub class: usize,
    /// The user's number, which is unique over all classes and shards. A user that stopped may start again with the same number.
    pub user: u64,
    /// The kind of the event.
    pub kind: EventKind,
}

impl Event {
    /// Whether the user is active after the event.
    pub fn is_start(&self) -> bool {
        matches!(self.kind, EventKind::Start | EventKind::Continue(_))
    }
}

/// What happens to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It begins its first iteration.
    Start,
    /// It continues what another function began at that time, from the start of the test.
    Continue(Duration),
    /// It begins no further iteration.
    Stop,
    /// It begins no further iteration, and another function continues it.
    HandOver,
}

/// All load of a test. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Plan {
    inner: Arc<PlanData>,
}

#[derive(Debug)]
struct PlanData {
    classes: Vec<WeightedClass>,
    groups: Vec<LoadGroup>,
    /// The group of each class and its number in it; `None` for a class that is turned off.
    of_class: Vec<Option<(usize, usize)>>,
    seed: u64,
}

/// Classes that share a load.
#[derive(Debug)]
struct LoadGroup {
    members: Vec<usize>,
    pattern: ClassPattern,
    /// The number of its first user.
    base: u64,
    start: u64,
    end: Option<u64>,
    kind: LoadKind,
}

#[derive(Debug)]
enum LoadKind {
    Closed { moves: Vec<Move> },
    Open { curve: Curve, slots: u64, spacing: Spacing, peak: Rate },
}

impl Plan {
    /// The plan of a profile for the spec's classes. Random arrivals use the profile's seed, or 0.
    pub fn new(profile: &Profile, classes: &[WeightedClass]) -> Result<Self, Vec<ConfigError>> {
        Self::seeded(profile, classes, profile.seed.unwrap_or(0))
    }

    /// The plan with the seed of the run.
    pub fn seeded(profile: &Profile, classes: &[WeightedClass], seed: u64) -> Result<Self, Vec<ConfigError>> {
        let mut errors = names(profile, classes);
        let mut loads: Vec<(&Load, Vec<usize>)> = Vec::new();
        let shared: Vec<usize> = (0..classes.len()).filter(|&class| !profile.users.contains_key(&classes[class].name)).collect();
        let weighted: Vec<usize> = shared.iter().copied().filter(|&class| classes[class].weight > 0).collect();
        match (&profile.load.shape, shared.is_empty(), weighted.is_empty()) {
            (Shape::None, true, _) | (Shape::None, false, true) => {}
            (Shape::None, false, false) => errors.extend(weighted.iter().map(|&class| {
                let name = &classes[class].name;
                ConfigError::new(profile.load.location.clone(), format!("no load is given for the user {name}")).with_help(format!(
                    "name it under users:, with {name}: {{clients: 0}} to turn it off, or give clients, rate or stages to all"
                ))
            })),
            (_, true, _) if !classes.is_empty() => {
                let message = "profile.runner gives a load to all, but each user of the spec has one of its own under users:";
                errors.push(ConfigError::new(profile.load.location.clone(), message).with_help("leave the former out"));
            }
            (_, _, true) => {
                let message = if classes.is_empty() { "the spec has no user" } else { "all users of the spec have the weight 0" };
                errors.push(ConfigError::new(profile.load.location.clone(), message).with_help("give one a weight of 1 or more"));
            }
            _ => loads.push((&profile.load, weighted)),
        }
        for (class, load) in classes.iter().enumerate().filter_map(|(i, class)| Some((i, profile.users.get(&class.name)?))) {
            loads.push((load, vec![class]));
        }
        let (ends, explicit) = ends(profile, &loads);
        let mut groups = Vec::new();
        let mut base = 0;
        for ((load, members), end) in loads.into_iter().zip(ends) {
            match group(load, members, classes, base) {
                Ok(None) => {}
                Ok(Some(mut group)) => {
                    group.end = [end, explicit].into_iter().flatten().min();
                    base += group.users();
                    groups.push(group);
                }
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut of_class = vec![None; classes.len()];
        for (number, group) in groups.iter().enumerate() {
            for (member, &class) in group.members.iter().enumerate() {
                of_class[class] = Some((number, member));
            }
        }
        Ok(Self { inner: Arc::new(PlanData { classes: classes.to_vec(), groups, of_class, seed }) })
    }

    /// The plan's classes.
    pub fn classes(&self) -> &[WeightedClass] {
        &self.inner.classes
    }

    /// How long the load lasts from the start of the test; `None`: until it is stopped.
    pub fn total_duration(&self) -> Option<Duration> {
        let ends: Option<Vec<u64>> = self.inner.groups.iter().map(|group| group.end).collect();
        ends.map(|ends| Duration::from_nanos(ends.into_iter().max().unwrap_or(0)))
    }

    /// Whether arrivals drive the class.
    pub fn is_open(&self, class: usize) -> bool {
        self.group_of(class).is_some_and(|(group, _)| matches!(group.kind, LoadKind::Open { .. }))
    }

    /// Whether arrivals at even distances drive the class, so that their number is known exactly.
    pub fn is_even(&self, class: usize) -> bool {
        self.group_of(class).is_some_and(|(group, _)| matches!(group.kind, LoadKind::Open { spacing: Spacing::Even, .. }))
    }

    /// Whether the class has any load at all.
    pub fn is_active(&self, class: usize) -> bool {
        self.group_of(class).is_some()
    }

    /// The most users at once, including those that wait for arrivals.
    pub fn peak_clients(&self) -> u64 {
        self.inner.groups.iter().map(LoadGroup::users).sum()
    }

    /// The most users that are active at once before the end of the load: fewer than [`Self::peak_clients`] if they start too slowly.
    pub fn reached_clients(&self) -> u64 {
        self.inner.groups.iter().map(LoadGroup::reached).sum()
    }

    /// The greatest arrival rate per second of all classes together.
    pub fn peak_rate(&self) -> f64 {
        let peak = |group: &LoadGroup| match &group.kind {
            LoadKind::Open { peak, .. } => peak.as_f64(),
            LoadKind::Closed { .. } => 0.0,
        };
        self.inner.groups.iter().map(peak).sum()
    }

    /// The most users, and the greatest arrival rate per second, of each class.
    pub fn peaks(&self) -> (Vec<u64>, Vec<f64>) {
        let peak = |class| {
            let Some((group, member)) = self.group_of(class) else { return (0, 0.0) };
            let users = group.pattern.count(member, group.users());
            match &group.kind {
                LoadKind::Closed { .. } => (users, 0.0),
                LoadKind::Open { peak, .. } => (users, peak.as_f64() * group.pattern.share(member)),
            }
        };
        (0..self.classes().len()).map(peak).unzip()
    }

    /// The whole load, which [`Slice::part`] and [`Slice::interval`] divide.
    pub fn whole(&self) -> Slice {
        Slice::new(self.clone())
    }

    /// The load of shard `shard` of `shards`, from 0.
    pub fn slice(&self, shard: u64, shards: u64) -> Slice {
        self.whole().part(shard, shards)
    }

    /// The number of users of each class that are active at `t`, without those that wait for arrivals.
    pub fn users_at(&self, t: Duration) -> Vec<u64> {
        self.whole().users_at(t)
    }

    /// How many arrivals of all classes are due before `t`. Random arrivals have this number as their mean.
    pub fn arrivals_before(&self, t: Duration) -> u64 {
        let t = nanos(t);
        let of_group = |group: &LoadGroup| match &group.kind {
            LoadKind::Open { curve, .. } => curve.before(group.end.map_or(t, |end| t.min(end)).saturating_sub(group.start)),
            LoadKind::Closed { .. } => 0,
        };
        self.inner.groups.iter().map(of_group).sum()
    }

    /// The most arrivals per second of all classes from `from` until `until`.
    pub fn peak_rate_between(&self, from: Duration, until: Duration) -> f64 {
        let of_group = |group: &LoadGroup| {
            let LoadKind::Open { curve, .. } = &group.kind else { return 0.0 };
            let until = group.end.map_or(nanos(until), |end| nanos(until).min(end));
            curve.peak(nanos(from).saturating_sub(group.start), until.saturating_sub(group.start))
        };
        self.inner.groups.iter().map(of_group).sum()
    }

    /// The starts and stops of a shard's users, in order of time.
    pub fn events(&self, shard: u64, shards: u64) -> Events {
        self.slice(shard, shards).events()
    }

    /// The times at which a shard's arrivals of a class are due.
    pub fn arrivals(&self, class: usize, shard: u64, shards: u64) -> Arrivals {
        self.slice(shard, shards).arrivals(class)
    }

    fn group_of(&self, class: usize) -> Option<(&LoadGroup, usize)> {
        let (group, member) = (*self.inner.of_class.get(class)?)?;
        Some((&self.inner.groups[group], member))
    }
}

impl LoadGroup {
    /// The number of users in the group, active or not.
    fn users(&self) -> u64 {
        match &self.kind {
            LoadKind::Closed { moves } => closed::peak(moves),
            LoadKind::Open { slots, .. } => *slots,
        }
    }

    /// The most users at once before the end.
    fn reached(&self) -> u64 {
        match (&self.kind, self.end) {
            (LoadKind::Closed { moves }, Some(end)) => closed::peak_before(moves, end.saturating_sub(self.start)),
            _ => self.users(),
        }
    }
}

/// Errors for users of the profile that the spec doesn't have.
fn names(profile: &Profile, classes: &[WeightedClass]) -> Vec<ConfigError> {
    let known: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let unknown = profile.users.iter().filter(|(name, _)| !known.contains(&name.as_str()));
    unknown
        .map(|(name, load)| {
            ConfigError::new(load.location.clone(), format!("the spec has no user \"{name}\"")).with_help_if(did_you_mean_or_list(
                name,
                &known,
                "its users",
            ))
        })
        .collect()
}

/// When each load ends on its own or with the others, and the end that the profile's `duration` sets for all.
///
/// A load without an end lasts as long as the shared one, or else as long as the longest of the others.
fn ends(profile: &Profile, loads: &[(&Load, Vec<usize>)]) -> (Vec<Option<u64>>, Option<u64>) {
    let end = |load: &Load, duration: Duration| nanos(load.start.saturating_add(duration));
    let explicit = profile.load.duration.map(|duration| end(&profile.load, duration));
    let own: Vec<Option<u64>> = loads.iter().map(|(load, _)| load.own_duration().map(|duration| end(load, duration))).collect();
    let shared = profile.load.own_duration().map(|duration| end(&profile.load, duration));
    let others = shared.or_else(|| own.iter().copied().flatten().max());
    (own.into_iter().map(|own| own.or(others)).collect(), explicit)
}

fn group(load: &Load, members: Vec<usize>, classes: &[WeightedClass], base: u64) -> Result<Option<LoadGroup>, ConfigError> {
    // A class without others has the whole load, whatever its weight.
    let weights: Vec<u64> = match members.as_slice() {
        [_] => vec![1],
        several => several.iter().map(|&class| classes[class].weight).collect(),
    };
    let pattern = ClassPattern::new(&weights);
    let kind = match &load.shape {
        Shape::None => return Ok(None),
        Shape::Clients { clients: 0, .. } => return Ok(None),
        Shape::Clients { clients, hatch_rate } => LoadKind::Closed { moves: closed::hatch(*clients, *hatch_rate) },
        Shape::Steps { clients, hatch_rate, step_clients, step_duration } => {
            LoadKind::Closed { moves: closed::steps(*clients, *hatch_rate, *step_clients, nanos(*step_duration)) }
        }
        Shape::ClientStages(stages) => LoadKind::Closed { moves: closed::stages(stages) },
        Shape::Arrivals { rate, stages, max_clients, spacing } => {
            let peak = stages.iter().map(|stage| stage.rate).fold(*rate, Rate::max);
            if peak.is_zero() {
                return Ok(None);
            }
            if let Some(member) = (0..members.len()).find(|&member| pattern.count(member, *max_clients) == 0) {
                let name = &classes[members[member]].name;
                let message =
                    format!("max_clients: {max_clients} is too small: the user {name} gets none, so all its arrivals would be missed");
                return Err(
                    ConfigError::new(load.location.clone(), message).with_help("raise max_clients, or give the user a load of its own")
                );
            }
            let Some(curve) = Curve::new(*rate, stages) else {
                let message = "the ramps of rates are too long for rates that great to be computed exactly";
                return Err(
                    ConfigError::new(load.location.clone(), message).with_help("split them into several stages, or use rates per second")
                );
            };
            LoadKind::Open { curve, slots: *max_clients, spacing: *spacing, peak }
        }
    };
    Ok(Some(LoadGroup { members, pattern, base, start: nanos(load.start), end: None, kind }))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
