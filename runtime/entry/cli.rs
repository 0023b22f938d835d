//! The command line of a compiled test.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::{Args, ColorChoice, Parser, Subcommand};
use ltc_config::Rate;

use super::about::{CompletionsCommand, ManCommand};
use super::deploy::{DeployCommand, DestroyCommand, StatusCommand};
use super::foreign_options;
use super::outputs::Outputs;
use super::overrides::{Host, Setting};
use super::plan::PlanCommand;
use super::reports::{CompareCommand, MergeCommand, ReportCommand};
use super::run::RunCommand;
use super::runs::{CollectCommand, RunsCommand, StopCommand};
use super::shard::ShardCommand;
use crate::web::Listen;

const EXAMPLES: &str = "\
Examples:
  {bin} --debug                        run every scenario once, and show each exchange
  {bin}                                run the load of the profile
  {bin} --clients 50 --duration 2m     run with other numbers
  {bin} --rate 200/s --duration 2m     start 200 iterations per second, however long they take
  {bin} --host https://qa.example.com  test another server
  {bin} --csv out/run --json run.json  run, and write the results to files
  {bin} plan                           show how the load is split over functions, and its cost
  {bin} run --shards 4                 run the load from four processes, or from AWS Lambda
  {bin} deploy --region us-west-2      deploy this test to AWS Lambda; see also status, destroy
  {bin} stop                           end a distributed test, from any machine; see also runs, collect

Exit codes: 0 passed, or no thresholds; 1 a threshold (or a step of --debug) failed, or no request succeeded;
2 error in the profile, environment or command line; 3 the infrastructure failed (a health check, `before test`),
no request was begun, shards were lost, an output could not be written; 130 interrupted.";

/// The output of `--version`. `ltc build` recognizes a test's binary by these words, so the copy of this source in `ltc` must not contain
/// them in one piece.
const LONG_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\ncompiled by ltc,", " the load test compiler");

/// A compiled load test.
#[derive(Clone, Debug, Parser)]
#[command(
    version = env!("CARGO_PKG_VERSION"),
    long_version = LONG_VERSION,
    after_help = EXAMPLES.replace("{bin}", "./TEST"),
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    /// Run every scenario once with one user and show every exchange
    #[arg(long)]
    pub(crate) debug: bool,
    /// Like --debug, but show only the steps that fail
    #[arg(long)]
    pub(crate) failures: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// Options of all commands, which `ltc` has too.
#[derive(Args, Clone, Debug)]
#[command(next_display_order = 100)]
pub(crate) struct GlobalArgs {
    /// Use colors [default: on a terminal, unless NO_COLOR is set]
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto, hide_default_value = true)]
    color: ColorChoice,
    /// Print results only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print all messages, as `loglevel: debug` in the profile does
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

/// Commands. Without one, the test generates load from this machine, or debugs.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    Plan(PlanCommand),
    Run(Box<RunCommand>),
    Runs(RunsCommand),
    Stop(StopCommand),
    Collect(CollectCommand),
    Shard(ShardCommand),
    Report(ReportCommand),
    Merge(MergeCommand),
    Compare(CompareCommand),
    Deploy(DeployCommand),
    Status(StatusCommand),
    Destroy(DestroyCommand),
    Completions(CompletionsCommand),
    Man(ManCommand),
}

/// Options of every run of the test, independent of what generates its load.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) load: LoadArgs,

    #[command(flatten)]
    pub(crate) outputs: Outputs,
    /// Compare thresholds with `baseline` against this earlier run, a file of --json
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) baseline: Option<PathBuf>,
    /// Keep the run's journal in this directory; `report DIR` reads it [default: none, or runs/TEST-TIME for `run`]
    #[arg(long, value_name = "DIR", value_parser = PathBufValueParser::new().try_map(foreign_options::directory), help_heading = "Results")]
    pub(crate) out: Option<PathBuf>,
    /// Report progress and results at this interval [default: 5s; in a test of less than 100s, a twentieth of it, at least 1s]
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = "Results")]
    pub(crate) stats_interval: Option<Duration>,
    /// Show the running test as a web page, on this machine only unless an address is given (PORT or HOST:PORT)
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "", value_parser = Listen::parse, help_heading = "Results")]
    pub(crate) ui: Option<Listen>,
    /// Print progress as plain lines, also on a terminal
    #[arg(long, help_heading = "Results")]
    pub(crate) no_tui: bool,
    /// Whether only results are printed. It is set from [`GlobalArgs`].
    #[arg(skip)]
    pub(crate) quiet: bool,
}

/// Options that determine the plan.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LoadArgs {
    /// Run only this scenario or user class; can be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Use this seed to repeat the random values of an earlier run
    #[arg(long)]
    pub(crate) seed: Option<u64>,

    /// Use the environment config/NAME.yml [default: the profile's]
    #[arg(long, value_name = "NAME", value_parser = foreign_options::environment, help_heading = "Configuration")]
    pub(crate) env: Option<String>,
    /// Use this profile [default: the one the test was built with]
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub(crate) profile: Option<PathBuf>,
    /// Use the profile and environments in the binary, and ignore files
    #[arg(long, help_heading = "Configuration")]
    pub(crate) embedded: bool,

    /// Set a key of the environment that the spec reads; can be repeated
    #[arg(long, value_name = "env.KEY=VALUE", value_parser = Setting::parse, help_heading = "Configuration")]
    pub(crate) set: Vec<Setting>,
    /// Test this server in place of the one in the environment; an address with a path replaces the whole base; for one api of several:
    /// NAME=URL
    #[arg(long, value_name = "URL", value_parser = Host::parse, help_heading = "Configuration")]
    pub(crate) host: Vec<Host>,

    /// Allow load on this public host; can be repeated. `allow_hosts` of the environment file allows it always
    #[arg(long, value_name = "HOST", value_parser = ltc_config::allowed_hosts::host, help_heading = "Configuration")]
    pub(crate) allow_host: Vec<String>,
    /// Send requests only to this machine and to the hosts of --allow-host, whatever the environment allows
    #[arg(long, hide = true)]
    pub(crate) this_machine_only: bool,

    /// Number of virtual users
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Load, over the profile's")]
    pub(crate) clients: Option<u64>,
    /// Spawn rate: users started per second
    #[arg(long, value_name = "RATE", value_parser = rate, help_heading = "Load, over the profile's")]
    pub(crate) hatch_rate: Option<Rate>,
    /// Arrival rate: iterations started per second, such as 200/s or 30/m, in place of a number of users
    #[arg(long, value_name = "RATE", value_parser = rate, conflicts_with_all = ["clients", "hatch_rate"], help_heading = "Load, over the profile's")]
    pub(crate) rate: Option<Rate>,
    /// Duration of the test, such as 30s, 20m or 1h30m
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = "Load, over the profile's")]
    pub(crate) duration: Option<Duration>,
    /// Time for users to finish their iteration at the end
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Load, over the profile's")]
    pub(crate) graceful_stop: Option<Duration>,
    /// Number of worker threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Load, over the profile's")]
    pub(crate) threads: Option<u16>,
}

fn duration(text: &str) -> Result<Duration, String> {
    ltc_config::duration::parse(text)
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() { Err("it must be longer than 0".to_owned()) } else { Ok(duration) }
}

fn rate(text: &str) -> Result<Rate, String> {
    let rate = Rate::parse(text)?;
    if rate.is_zero() { Err("must be more than 0".to_owned()) } else { Ok(rate) }
}

impl Cli {
    /// The given options that have no effect if every scenario runs once with one user.
    pub(crate) fn idle_in_debug(&self) -> Vec<&'static str> {
        let (run, load) = (&self.run, &self.run.load);
        let given = [
            ("--clients", load.clients.is_some()),
            ("--hatch-rate", load.hatch_rate.is_some()),
            ("--rate", load.rate.is_some()),
            ("--duration", load.duration.is_some()),
            ("--graceful-stop", load.graceful_stop.is_some()),
            ("--threads", load.threads.is_some()),
            ("--baseline", run.baseline.is_some()),
            ("--out", run.out.is_some()),
            ("--stats-interval", run.stats_interval.is_some()),
            ("--ui", run.ui.is_some()),
            ("--no-tui", run.no_tui),
        ];
        given.into_iter().filter_map(|(option, given)| given.then_some(option)).chain(run.outputs.given()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Cli, String> {
        Cli::try_parse_from(std::iter::once("test").chain(words.split_whitespace())).map_err(|error| error.to_string())
    }

    #[test]
    fn duration_of_zero_is_refused() {
        for words in ["--duration 0", "--duration 0s", "--stats-interval 0", "run --duration 0", "plan --duration 0m"] {
            let error = parse(words).unwrap_err();
            assert!(error.contains("it must be longer than 0"), "{words}: {error}");
        }
        assert!(parse("--rate 0").is_err() && parse("--rate 5/s --clients 3").is_err());
        assert!(parse("--graceful-stop 0 --duration 1ms").is_ok());
    }

    #[test]
    fn options_without_effect_in_debug_are_known() {
        let cli = parse("--debug --clients 5 --duration 3s --json out.json --csv x --only A --seed 7").unwrap();
        assert_eq!(cli.idle_in_debug(), ["--clients", "--duration", "--csv", "--json"]);
        assert!(parse("--debug --only A --env cs1").unwrap().idle_in_debug().is_empty());
    }
}
