//! `plan`: shows how the load is spread over functions and intervals, and its cost. It sends nothing.

mod cost;
mod hand_over;
mod intervals;
mod rows;
mod text;

use clap::Args;
use serde::Serialize;

use super::cli::LoadArgs;
use super::configuration::Configuration;
use super::fleet::{EngineName, FleetArgs};
use super::guards::LoadTarget;
use super::load::Load;
use super::{ExitStatus, StartupError, engine};
use crate::orchestrator::fleet::Fleet;
use crate::orchestrator::lead;
use crate::report::TextStyle;
use cost::CostPlan;
use hand_over::HandOverPlan;
use intervals::IntervalPlan;
use ltc_config::limits::RunCost;
use ltc_engine::program::Program;
use rows::RowsPlan;

/// Show how the load is split over functions and intervals, and its cost
#[derive(Args, Clone, Debug)]
pub(crate) struct PlanCommand {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    load: LoadArgs,
}

/// The name of the engine in `--json`.
const LAMBDA: &str = "lambda";
const PROCESSES: &str = "process";
/// The number of listed intervals of a load without an end.
const SHOWN_OF_ENDLESS: usize = 3;

/// Prints the plan.
pub(super) fn run(program: &'static Program, command: &PlanCommand) -> Result<ExitStatus, StartupError> {
    let configuration = Configuration::load_offline(program, &command.load)?;
    configuration.lasts()?;
    let load = Load::planned(program, &command.load, &configuration)?;
    let choice = engine::choose(program.name, &command.fleet, &configuration.profile, EngineName::Lambda)?;
    let engine = choice.engine;
    let fleet = choice.args.fleet(engine, &load, &configuration, command.load.threads);
    let mut shown = PlanSummary::of(program, &configuration, &load, &fleet, engine);
    let exceeded = load.exceeded(&configuration.limits, shown.cost());
    shown.warnings.extend(exceeded.iter().map(|why| format!("this load is refused: {why}")));
    if command.json {
        let json = serde_json::to_string_pretty(&shown).map_err(|error| StartupError::broken(error.to_string()))?;
        crate::say::out!("{json}");
    } else {
        crate::say::text(&mut anstream::stdout(), &shown.text(TextStyle::of_stdout()));
    }
    Ok(ExitStatus::Passed)
}

/// A plan in the form of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct PlanSummary {
    test: String,
    environment: String,
    engine: &'static str,
    load: String,
    peak_clients: u64,
    peak_rate: f64,
    targets: Vec<LoadTarget>,
    /// `null`: until it is stopped.
    duration_seconds: Option<f64>,
    shards: u32,
    /// The reason for the number of shards.
    shards_reason: String,
    /// The most users in one shard.
    clients_per_shard: u64,
    threads_per_shard: u32,
    memory_mb: Option<u32>,
    architecture: Option<&'static str>,
    regions: Vec<RegionPlan>,
    intervals: Vec<IntervalPlan>,
    /// `null`: there is only one interval.
    hand_over: Option<HandOverPlan>,
    /// The data of `share unique`.
    unique_rows: Vec<RowsPlan>,
    /// How early a function is called.
    lead_seconds: f64,
    graceful_stop_seconds: f64,
    /// `null`: it runs on this machine, or until it is stopped.
    #[serde(flatten)]
    cost: Option<CostPlan>,
    warnings: Vec<String>,
    #[serde(skip)]
    users_picture: Option<String>,
    #[serde(skip)]
    rates_picture: Option<String>,
}

#[derive(Debug, Serialize)]
struct RegionPlan {
    /// `null`: no region, or that of the SDK's configuration.
    region: Option<String>,
    shards: u64,
    share: f64,
}

impl PlanSummary {
    pub(super) fn of(program: &Program, configuration: &Configuration, load: &Load, fleet: &Fleet, engine: EngineName) -> Self {
        let plan = &load.plan;
        let shown = if fleet.total().is_some() { usize::MAX } else { SHOWN_OF_ENDLESS };
        let lead = match engine {
            EngineName::Lambda => lead::on_lambda(fleet.count()),
            EngineName::Process => lead::of_processes(fleet.count()),
        };
        let graceful_stop = configuration.profile.graceful_stop;
        let unique_rows = RowsPlan::of(program, plan);
        let mut warnings = fleet.warnings.clone();
        warnings.extend(unique_rows.iter().filter_map(RowsPlan::warning));
        let clients = fleet.shards.iter().map(|shard| plan.slice(u64::from(shard.number), u64::from(fleet.count())).peak_clients()).max();
        Self {
            test: program.name.to_owned(),
            environment: configuration.env_name.clone(),
            engine: match engine {
                EngineName::Lambda => LAMBDA,
                EngineName::Process => PROCESSES,
            },
            load: load.summary(false),
            peak_clients: plan.peak_clients(),
            peak_rate: plan.peak_rate(),
            targets: load.targets.clone(),
            duration_seconds: fleet.total().map(|total| total.as_secs_f64()),
            shards: fleet.count(),
            shards_reason: fleet.reason.clone(),
            clients_per_shard: clients.unwrap_or(0),
            threads_per_shard: fleet.threads,
            memory_mb: fleet.memory_mb,
            architecture: fleet.architecture.map(ltc_config::profile::Architecture::name),
            regions: fleet
                .regions()
                .into_iter()
                .map(|(region, shards)| RegionPlan {
                    region: region.map(str::to_owned),
                    shards,
                    share: shards as f64 / f64::from(fleet.count().max(1)),
                })
                .collect(),
            intervals: fleet.intervals().take(shown).map(|interval| IntervalPlan::of(plan, interval, fleet.count())).collect(),
            hand_over: HandOverPlan::of(program, plan, fleet),
            lead_seconds: lead.as_secs_f64(),
            graceful_stop_seconds: graceful_stop.as_secs_f64(),
            cost: fleet.cost(lead, graceful_stop).map(CostPlan::from),
            warnings,
            unique_rows,
            users_picture: intervals::users(plan, fleet),
            rates_picture: intervals::rates(plan, fleet),
        }
    }

    /// The cost of the run.
    pub(super) fn cost(&self) -> RunCost {
        match (self.engine, &self.cost) {
            (PROCESSES, _) => RunCost::Nothing,
            (_, Some(cost)) => RunCost::Dollars(cost.dollars),
            (_, None) => RunCost::Endless,
        }
    }
}
