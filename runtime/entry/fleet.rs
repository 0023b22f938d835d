//! The options of `plan` and `run` that set how a load is spread.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::configuration::Configuration;
use super::load::{Load, cores};
use crate::orchestrator::fleet::{Fleet, FleetOptions};

/// The engine that runs slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// Processes of this machine
    Process,
    /// AWS Lambda
    Lambda,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fleet")]
pub(crate) struct FleetArgs {
    /// Generate the load here [default: the profile's `engine`, else Lambda if this test was deployed, else process, but for `plan` lambda]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) engine: Option<EngineName>,
    /// Number of functions that share the load [default: as many as the load needs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) shards: Option<u32>,
    /// Use this region; can be repeated; implies --engine lambda [default: the profile's `location`]
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Vec<String>,
    /// Name of the function on AWS Lambda [default: the profile's, or ltc-TEST]
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Option<String>,
    /// Replace functions after this time
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub(crate) interval: Option<Duration>,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = ltc_config::duration::parse(text)?;
    if interval < Duration::from_secs(1) { Err("it must be at least 1s".to_owned()) } else { Ok(interval) }
}

impl FleetArgs {
    /// The fleet for a load.
    pub(crate) fn fleet(&self, engine: EngineName, load: &Load, configuration: &Configuration, threads: Option<u16>) -> Fleet {
        self.fleet_of(engine, load, configuration, threads, None)
    }

    /// The fleet for a load, of at most this many functions.
    pub(crate) fn fleet_of(
        &self,
        engine: EngineName,
        load: &Load,
        configuration: &Configuration,
        threads: Option<u16>,
        most: Option<u64>,
    ) -> Fleet {
        let profile = &configuration.profile;
        let threads = threads.map(usize::from).or(profile.threads).and_then(|threads| u32::try_from(threads).ok());
        let options = FleetOptions {
            shards: self.shards,
            interval: self.interval,
            regions: self.region.clone(),
            threads,
            classes: load.requests.clone(),
            graceful_stop: profile.graceful_stop,
        };
        match engine {
            EngineName::Lambda => {
                let mut settings = profile.lambda.clone();
                settings.max_functions = settings.max_functions.into_iter().chain(most).min();
                Fleet::on_lambda(&load.plan, &settings, &profile.header.locations, &options)
            }
            EngineName::Process => Fleet::of_processes(&load.plan, u32::try_from(cores()).unwrap_or(1), &options),
        }
    }
}
