//! The event contains everything that a function needs to know about its part of a test. It is sent as JSON: on Lambda as the payload of an
//! invocation, to a process as the first line of standard input.
//!
//! With the event and its own binary a function needs neither files nor variables, so all functions of a fleet do the same, whatever has
//! changed in the meantime. The event contains secrets: it is never logged, and its `Debug` shows none.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ltc_config::Profile;
use serde::{Deserialize, Serialize};

use super::fleet::Interval;
use ltc_engine::http::{ApiConfig, Permission};
use ltc_engine::program::Program;
use ltc_engine::schedule::{Cycle, Plan, Slice, WeightedClass};
use ltc_engine::stats::micros;
use ltc_engine::value::Value;

/// The version of the event and of the frames. A function refuses any other.
pub const FORMAT: u32 = 4;

/// A class of users with its weight in this environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassWeight {
    /// `Shopper`.
    pub name: String,
    /// Its weight. A class with weight 0 isn't used.
    pub weight: u64,
    /// The time from the start of an iteration to that of the next, in microseconds; 0: it is unknown.
    pub cycle_us: u64,
    /// Whether this time is exact: `wait pacing`.
    pub paced: bool,
}

impl ClassWeight {
    /// A class of the plan.
    pub fn of(class: &WeightedClass) -> Self {
        let (cycle, paced) = match class.cycle {
            Cycle::Unknown => (Duration::ZERO, false),
            Cycle::Wait(cycle) => (cycle, false),
            Cycle::Pacing(cycle) => (cycle, true),
        };
        Self { name: class.name.clone(), weight: class.weight, cycle_us: micros(cycle), paced }
    }

    /// The class in the form that the schedule needs.
    pub fn class(&self) -> WeightedClass {
        let time = Duration::from_micros(self.cycle_us);
        let cycle = match (time.is_zero(), self.paced) {
            (true, _) => Cycle::Unknown,
            (false, false) => Cycle::Wait(time),
            (false, true) => Cycle::Pacing(time),
        };
        WeightedClass::new(&self.name, self.weight).with_cycle(cycle)
    }
}

/// How a function hears that its orchestrator is alive, and when to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ControlChannel {
    /// Further lines on standard input. The end of the input means that the orchestrator has ended.
    Stdin {
        /// The directory of the run, in which the function keeps its frames, and reads the control channel after that end.
        directory: Option<PathBuf>,
    },
    /// An object in S3 that the function polls.
    S3 {
        /// The bucket's region.
        region: String,
        /// The bucket.
        bucket: String,
        /// The run that the objects belong to, so that a run can't stop another one.
        run: String,
    },
    /// No channel: the function runs to its end.
    Never,
}

/// One shard's load in one interval, or in the rest of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct SliceEvent {
    /// The sender's [`FORMAT`]. It is the first field, so that it can be checked before the rest is read.
    pub format: u32,
    /// [`Program::fingerprint`] of the binary that made the plan.
    pub program: String,
    /// The version of ltc that built that binary.
    pub compiler: String,
    /// The slice's unique name. A function that receives the same name again does nothing. Another attempt has another name.
    pub slice: String,
    /// The test's id.
    pub test_id: String,
    /// The number of the shard, from 0.
    pub shard: u32,
    /// The number of shards.
    pub shards: u32,
    /// The number of the interval, from 0.
    pub interval: u32,
    /// The beginning of the slice, in microseconds from the test's start. It is later than that of the interval if the slice replaces a
    /// lost function.
    pub from_us: u64,
    /// The beginning of the interval, in microseconds from the test's start.
    pub interval_from_us: u64,
    /// The end of the interval; `None`: until the function receives a stop.
    pub to_us: Option<u64>,
    /// How long users take to pass to it from the previous interval, in microseconds.
    pub enter_us: u64,
    /// How long users take to pass from it to the next interval, in microseconds.
    pub leave_us: u64,
    /// The start of the whole test, in microseconds since the Unix epoch. Slices begin by the clock, not when they are called.
    pub starts_at_us: u64,
    /// When the event was created, by the same clock. A function compares its own clock with it.
    pub sent_at_us: u64,
    /// The profile, including the command line's numbers.
    pub profile: Profile,
    /// The classes, in the program's order.
    pub classes: Vec<ClassWeight>,
    /// The seed of everything random.
    pub seed: u64,
    /// Values of [`Program::env`], in its order, secrets resolved.
    pub env: Vec<Value>,
    /// How to reach each api, in the program's order.
    pub apis: Vec<ApiConfig>,
    /// The hosts that requests may go to.
    pub permission: Permission,
    /// File-level values.
    pub globals: Vec<Value>,
    /// The values that `before test` returned.
    pub shared: Vec<Value>,
    /// Texts that must not be shown.
    pub secrets: Vec<String>,
    /// The most iterations per second that users of the closed model begin, on all shards together.
    pub iteration_rate: Option<f64>,
    /// The apis and their versions from the health checks.
    pub versions: Vec<(String, String)>,
    /// The number of worker threads. It is the same for all shards, because users and rows of data are distributed over shards and threads.
    pub threads: u32,
    /// The function's share of processors, in thousandths. Above it, the function itself is the bottleneck.
    pub processors_milli: u32,
    /// The interval of frames, in microseconds.
    pub stats_interval_us: u64,
    /// The time that users have to finish their iteration, in microseconds.
    pub graceful_stop_us: u64,
    /// How it hears from its orchestrator.
    pub control: ControlChannel,
    /// The key for values that are sent later, in base64. Empty if the test has none.
    pub channel_key: String,
}

/// The fields that every version of the event has.
#[derive(Deserialize)]
struct Head {
    format: u32,
    program: String,
    compiler: String,
}

impl SliceEvent {
    /// Reads an event that is for this program.
    ///
    /// # Errors
    /// If it is of another version or another spec. The message contains the fix.
    pub fn read(program: &Program, json: &[u8]) -> Result<Self, String> {
        let head: Head = serde_json::from_slice(json).map_err(|error| format!("not an event of ltc: {error}"))?;
        let both = format!(
            "it was built from {} by ltc {} ({}), the orchestrator by ltc {} ({})",
            program.spec, program.compiler, program.fingerprint, head.compiler, head.program
        );
        if head.format != FORMAT {
            return Err(format!(
                "the function uses format {FORMAT}, the orchestrator format {}: {both}; build and deploy both again",
                head.format
            ));
        }
        if head.program != program.fingerprint {
            return Err(format!("the function's binary differs from the orchestrator's: {both}; run `deploy` again"));
        }
        serde_json::from_slice(json).map_err(|error| format!("cannot read the event: {error}"))
    }

    /// The event as JSON.
    ///
    /// # Errors
    /// If a value can't be sent, such as an infinite float.
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|error| format!("cannot write the event: {error}"))
    }

    /// Checks the size of all events that are made from this template.
    ///
    /// # Errors
    /// If an event exceeds the limit of its backend, in bytes.
    pub fn check_size(&self, limit: Option<usize>) -> Result<(), String> {
        // The longest name of a slice, and the digits of times.
        const REST: usize = 512;
        let size = self.to_json()?.len() + REST;
        match limit {
            Some(limit) if size > limit => Err(format!(
                "unexpected event of {}, expected at most {}: shorten the environment, the `let` values of the file and the values of \
                 `before test`, or read large values from `data` files",
                ltc_config::size::bytes(size as u64),
                ltc_config::size::bytes(limit as u64)
            )),
            _ => Ok(()),
        }
    }

    /// The beginning of the slice, from the test's start.
    pub fn from(&self) -> Duration {
        Duration::from_micros(self.from_us)
    }

    /// The beginning of the interval, from the test's start.
    pub fn interval_from(&self) -> Duration {
        Duration::from_micros(self.interval_from_us)
    }

    /// The end of the interval, from the test's start.
    pub fn to(&self) -> Option<Duration> {
        self.to_us.map(Duration::from_micros)
    }

    /// When its last user has passed to the next interval, from the test's start.
    pub fn end(&self) -> Duration {
        self.to().map_or(Duration::MAX, |to| to.saturating_add(Duration::from_micros(self.leave_us)))
    }

    /// The function's part of the plan: its shard's users in its interval, each from the moment at which it passes to this function.
    pub fn part_of(&self, plan: &Plan) -> Slice {
        let (enter, leave) = (Duration::from_micros(self.enter_us), Duration::from_micros(self.leave_us));
        let shard = plan.slice(u64::from(self.shard), u64::from(self.shards));
        shard.interval(self.interval_from(), self.to(), enter, leave).since(self.from())
    }

    /// The classes in the form that the schedule needs.
    pub fn user_classes(&self) -> Vec<WeightedClass> {
        self.classes.iter().map(ClassWeight::class).collect()
    }

    /// Turns the template into the event of another part of the same test.
    #[must_use]
    pub fn for_slice(&self, shard: u32, interval: Interval, from: Duration, attempt: u32) -> Self {
        let Interval { number, .. } = interval;
        Self {
            slice: format!("{}/{number}/{shard}/{attempt}", self.test_id),
            shard,
            interval: number,
            from_us: micros(from),
            interval_from_us: micros(interval.from),
            to_us: interval.to.map(micros),
            enter_us: micros(interval.enter),
            leave_us: micros(interval.leave),
            ..self.clone()
        }
    }
}

impl fmt::Debug for SliceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliceEvent").field("slice", &self.slice).field("shards", &self.shards).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod sample {
    //! An event for tests.

    use super::*;

    pub(crate) fn event(runner: &str) -> SliceEvent {
        SliceEvent {
            format: FORMAT,
            program: "00".into(),
            compiler: "0.1.0".into(),
            slice: "t/0/0/0".into(),
            test_id: "t".into(),
            shard: 0,
            shards: 2,
            interval: 0,
            from_us: 0,
            interval_from_us: 0,
            to_us: Some(5_000_000),
            enter_us: 0,
            leave_us: 0,
            starts_at_us: 0,
            sent_at_us: 0,
            profile: Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.profile.yml").unwrap(),
            classes: vec![ClassWeight::of(&WeightedClass::new("User", 1))],
            seed: 7,
            env: vec![Value::Str("top secret".into()), Value::Time(5)],
            apis: vec![ApiConfig::default()],
            permission: Permission::default(),
            globals: Vec::new(),
            shared: Vec::new(),
            secrets: vec!["top secret".into()],
            iteration_rate: Some(12.5),
            versions: vec![("shop".into(), "1.2".into())],
            threads: 1,
            processors_milli: 1000,
            stats_interval_us: 1_000_000,
            graceful_stop_us: 1_000_000,
            control: ControlChannel::Never,
            channel_key: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fleet::{Fleet, FleetOptions};
    use super::*;

    #[test]
    fn event_over_the_limit_is_refused_with_its_fix() {
        let event = SliceEvent { globals: vec![Value::Str("x".repeat(7_000_000).into())], ..sample::event("clients: 3") };
        assert_eq!(event.check_size(None), Ok(()));
        let error = event.check_size(Some(6 << 20)).unwrap_err();
        assert!(error.starts_with("unexpected event of 7.0 MB, expected at most 6.3 MB") && error.contains("`data` files"), "{error}");
        assert_eq!(sample::event("clients: 3").check_size(Some(6 << 20)), Ok(()));
    }

    #[test]
    fn event_survives_json_and_shows_no_secret() {
        let interval = Interval { number: 2, from: Duration::from_secs(1), to: None, enter: Duration::ZERO, leave: Duration::ZERO };
        let event = sample::event("clients: 3, duration: 5s").for_slice(1, interval, Duration::from_secs(1), 4);
        let back: SliceEvent = serde_json::from_slice(&event.to_json().unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(&event).unwrap());
        assert_eq!((back.slice.as_str(), back.from(), back.to(), back.end()), ("t/2/1/4", Duration::from_secs(1), None, Duration::MAX));
        assert_eq!((back.env, back.profile), (event.env.clone(), event.profile.clone()));
        assert!(!format!("{event:?}").contains("secret"));
    }

    #[test]
    fn event_tells_a_function_the_part_that_the_fleet_gives_to_it() {
        let runner = "clients: 37, hatch_rate: 50, duration: 9s";
        let event = sample::event(runner);
        let plan = Plan::seeded(&event.profile, &event.user_classes(), event.seed).unwrap();
        let options = FleetOptions { shards: Some(5), interval: Some(Duration::from_secs(4)), ..FleetOptions::default() };
        let fleet = Fleet::of_processes(&plan, 4, &options);
        let template = SliceEvent { shards: fleet.count(), ..event };
        for (interval, shard) in fleet.intervals().flat_map(|interval| fleet.shards.iter().map(move |shard| (interval, shard.number))) {
            let whole = fleet.slice(&plan, shard, interval);
            // A function that replaces a lost one gets the rest of its part.
            for from in [interval.from, interval.from + Duration::from_millis(1_300)] {
                let part = template.for_slice(shard, interval, from, 0).part_of(&plan);
                let events = |slice: &Slice| slice.events().map(|event| (event.at, event.user, event.kind)).collect::<Vec<_>>();
                assert_eq!(events(&part), events(&whole.clone().since(from)), "shard {shard} in {interval:?} from {from:?}");
            }
        }
    }
}
