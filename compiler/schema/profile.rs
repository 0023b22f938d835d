//! The profile, `specs/NAME.profile.yml`.
#![expect(dead_code, reason = "only the schemas of these types are used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::values::{Architecture, Duration, Engine, Listener, LogLevel, Rate, Spacing, Text, Texts, Truth, Whole};

/// A profile: how much load a test generates, for how long, from where, and where the results go
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ProfileFile {
    /// The name of the test, its environment and its regions
    test_header: Option<TestHeader>,
    /// The load, and how the results are processed
    profile: ProfileSection,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct TestHeader {
    /// The test's name, if the registry does not name it
    name: Option<Text>,
    /// The purpose of the test
    description: Option<Text>,
    /// The environment: `local` is config/local.yml
    env: Option<Text>,
    /// The region, a list of regions, or regions with their shares of the load
    location: Option<Locations>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Locations {
    /// Regions that share the load equally
    Regions(Texts),
    /// Regions with shares, such as `us-west-2: 70%`
    Shares(BTreeMap<String, Text>),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ProfileSection {
    /// The amount of load, its start and its duration
    runner: Option<Runner>,
    /// The spec to run, and how to run it
    test: Option<Test>,
    /// Messages, statistics and the systems that receive results
    logging: Option<Logging>,
    /// Limits that the results must meet, such as `p95 < 500ms`; otherwise the exit code is 1
    thresholds: Option<Vec<String>>,
    /// Where the functions of the distributed test run
    engine: Option<Engine>,
    /// The functions on AWS Lambda
    lambda: Option<Lambda>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Runner {
    /// The number of virtual users
    clients: Option<Whole>,
    /// The spawn rate: users started per second
    hatch_rate: Option<Rate>,
    /// The duration of the test
    duration: Option<Duration>,
    /// Adds `step_clients` users every `step_duration` until `clients` is reached
    step_load: Option<Truth>,
    /// The duration of a step of the step load
    step_duration: Option<Duration>,
    /// The number of users that a step of the step load adds
    step_clients: Option<Whole>,
    /// Linear ramps, one after the other, of `clients` or of a `rate`
    stages: Option<Vec<Stage>>,
    /// The arrival rate: iterations started per second, however long the responses take
    rate: Option<Rate>,
    /// With `rate`, the maximum number of users
    max_clients: Option<Whole>,
    /// With `rate`, the spacing of the arrivals
    arrivals: Option<Spacing>,
    /// When this load starts, counted from the start of the test
    start: Option<Duration>,
    /// Each user of the spec by name, with a load of its own
    users: Option<BTreeMap<String, User>>,
    /// At the end, how long users may take to finish their iteration; 30s by default
    graceful_stop: Option<Duration>,
    /// The seed of all random values
    seed: Option<Whole>,
    /// The number of worker threads; one per core by default
    threads: Option<Whole>,
    /// How long a function of the distributed test runs without the orchestrator before it stops, at least 20s, or `finish`; 60s by default
    without_orchestrator: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum User {
    /// The number of users of this class
    Clients(Whole),
    /// A load
    Load(UserLoad),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct UserLoad {
    /// The number of virtual users; 0 turns this class off
    clients: Option<Whole>,
    /// The spawn rate: users started per second
    hatch_rate: Option<Rate>,
    /// The duration of this load
    duration: Option<Duration>,
    /// Adds `step_clients` users every `step_duration` until `clients` is reached
    step_load: Option<Truth>,
    /// The duration of a step of the step load
    step_duration: Option<Duration>,
    /// The number of users that a step of the step load adds
    step_clients: Option<Whole>,
    /// Linear ramps, one after the other, of `clients` or of a `rate`
    stages: Option<Vec<Stage>>,
    /// The arrival rate: iterations started per second, however long the responses take
    rate: Option<Rate>,
    /// With `rate`, the maximum number of users
    max_clients: Option<Whole>,
    /// With `rate`, the spacing of the arrivals
    arrivals: Option<Spacing>,
    /// When this load starts, counted from the start of the test
    start: Option<Duration>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Stage {
    /// The number of users at the end of this stage
    clients: Option<Whole>,
    /// The arrival rate at the end of this stage
    rate: Option<Rate>,
    /// The duration of this stage; 0s changes the load at once
    duration: Duration,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Test {
    /// The spec, such as specs/shop.lt
    spec: Option<String>,
    /// The spec, as profiles of the Locust framework name it
    locustfile: Option<String>,
    /// One user runs every scenario once, and every exchange is shown
    debug: Option<Truth>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Logging {
    /// The level of messages; `info` by default
    loglevel: Option<LogLevel>,
    /// The level of messages of the HTTP layer; by default that of `loglevel`
    hyperclient_console_log_level: Option<LogLevel>,
    /// yes: listeners receive statistics once, at the end; no: at each `stats_interval`
    final_stats: Option<Truth>,
    /// The interval at which statistics are sent and printed; by default 5s, or less in a test of less than 100s
    stats_interval: Option<Duration>,
    /// The systems that receive results; their keys are in config/systems_credentials.yml
    listeners: Option<Listeners>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Listeners {
    /// A list
    List(Vec<Listener>),
    /// One, or several separated by commas
    One(String),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Lambda {
    /// Memory of a function in MB, 128 to 10240; 1769 MB correspond to one processor
    memory_mb: Option<Whole>,
    /// The processor; by default that of the binary
    architecture: Option<Architecture>,
    /// The most users of one function
    clients_per_function: Option<Whole>,
    /// The most arrivals of one function
    rate_per_function: Option<Rate>,
    /// The function's name; ltc-TEST by default
    function: Option<Text>,
    /// The ARN or the name of the function's role; `deploy` creates one by default
    role: Option<Text>,
    /// The time after which the next function takes over, 10s to 14m30s; 14m by default
    interval: Option<Duration>,
    /// The most functions at the same time
    max_functions: Option<Whole>,
    /// Subnets of a VPC
    subnets: Option<Texts>,
    /// Security groups of the VPC
    security_groups: Option<Texts>,
    /// The S3 bucket for stops and large packages; `deploy` creates one by default
    bucket: Option<Text>,
    /// Tags of everything that `deploy` creates
    tags: Option<BTreeMap<String, Text>>,
    /// Environment variables of the function; no secrets, because anyone who may look at the function sees them
    environment: Option<BTreeMap<String, Text>>,
    /// The ARN of the KMS key that encrypts the environment variables; AWS's own by default
    kms_key: Option<Text>,
    /// How many concurrent functions are reserved for this function; by default `deploy` does not change it
    reserved_concurrency: Option<Whole>,
    /// How many days the functions' log is kept, as CloudWatch Logs has them: 1, 3, 5, 7, 14, 30, …; by default `deploy` does not change it
    log_retention_days: Option<Whole>,
}
