//! `plan`: shows how the load is spread over functions and intervals, and its cost. It sends nothing.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::Style;
use clap::Args;
use serde::Serialize;

use super::cli::LoadArgs;
use super::configuration::Configuration;
use super::fleet::{EngineName, FleetArgs};
use super::guards::{self, LoadTarget};
use super::load::{Load, summary};
use super::{ExitStatus, StartupError, engine};
use crate::orchestrator::fleet::{Fleet, Interval};
use crate::orchestrator::lead;
use crate::report::{Table, TextStyle, clock, count};
use ltc_config::limits::RunCost;
use ltc_engine::program::{AtEnd, Program};
use ltc_engine::schedule::Plan;

/// Show how the load is split over functions and intervals, and its cost [default: on AWS Lambda]
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
/// The number of listed intervals of a load without an end, and the most of any load.
const SHOWN_OF_ENDLESS: usize = 3;
const SHOWN: usize = 40;
/// The columns of the picture of the load.
const COLUMNS: u32 = 60;
/// The picture of a load without an end covers this time.
const HORIZON: Duration = Duration::from_secs(3600);

/// Prints the plan.
pub(super) fn run(program: &'static Program, command: &PlanCommand) -> Result<ExitStatus, StartupError> {
    let configuration = Configuration::load(program, &command.load)?;
    configuration.lasts()?;
    let load = Load::planned(program, &command.load, &configuration)?;
    let choice = engine::choose(program.name, &command.fleet, &configuration.profile, EngineName::Lambda)?;
    let engine = choice.engine;
    let fleet = choice.args.fleet(engine, &load, &configuration, command.load.threads);
    let mut shown = PlanSummary::of(program, &configuration, &load, &fleet, engine);
    let exceeded = configuration.limits.exceeded(load.plan.peak_rate(), load.plan.peak_clients(), shown.cost());
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
    invocations: Option<u64>,
    gb_seconds: Option<f64>,
    dollars: Option<f64>,
    warnings: Vec<String>,
    #[serde(skip)]
    picture: Option<String>,
}

#[derive(Debug, Serialize)]
struct RegionPlan {
    /// `null`: no region, or that of the SDK's configuration.
    region: Option<String>,
    shards: u64,
    share: f64,
}

/// How users pass from the functions of an interval to those of the next.
#[derive(Debug, Serialize)]
struct HandOverPlan {
    /// How often users pass; `null`: until the test is stopped.
    times: Option<u32>,
    /// The time in which the users pass one by one.
    window_seconds: f64,
    /// By how many percent `on start` and `on stop` raise the request rate in that time.
    added_percent: f64,
    /// User classes whose `on start` or `on stop` runs again.
    restarts: Vec<&'static str>,
    /// Names of the `keep`s that are evaluated again.
    keeps: Vec<&'static str>,
}

/// Rows that no two users hold at the same time.
#[derive(Debug, Serialize)]
struct RowsPlan {
    data: &'static str,
    rows: u64,
    /// The number with which each user can hold one.
    needed: u64,
    /// The number of one worker. A row belongs to only one worker.
    rows_per_worker: u64,
    /// The number that the iterations of one worker draw in an interval, if each row is used once in the test.
    rows_per_interval: Option<u64>,
}

#[derive(Debug, Serialize)]
struct IntervalPlan {
    number: u32,
    from_seconds: f64,
    to_seconds: Option<f64>,
    /// Users of the closed model at the beginning, and just before the end.
    users_from: u64,
    users_to: Option<u64>,
    functions: u32,
}

impl PlanSummary {
    pub(super) fn of(program: &Program, configuration: &Configuration, load: &Load, fleet: &Fleet, engine: EngineName) -> Self {
        let plan = &load.plan;
        let shown = if fleet.total().is_some() { usize::MAX } else { SHOWN_OF_ENDLESS };
        let lead = match engine {
            EngineName::Lambda => lead::on_lambda(fleet.count()),
            EngineName::Process => lead::of_processes(fleet.count()),
        };
        let cost = fleet.cost(lead);
        let unique_rows = unique_rows(program, plan, fleet);
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
            load: summary(plan, false),
            peak_clients: plan.peak_clients(),
            peak_rate: plan.peak_rate(),
            targets: load.targets.clone(),
            duration_seconds: fleet.total().map(|total| total.as_secs_f64()),
            shards: fleet.count(),
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
            intervals: fleet.intervals().take(shown).map(|interval| part(plan, interval, fleet.count())).collect(),
            hand_over: hand_over(program, plan, fleet),
            lead_seconds: lead.as_secs_f64(),
            graceful_stop_seconds: configuration.profile.graceful_stop.as_secs_f64(),
            invocations: cost.map(|cost| cost.invocations),
            gb_seconds: cost.map(|cost| cost.gb_seconds),
            dollars: cost.map(|cost| cost.dollars),
            warnings,
            unique_rows,
            picture: picture(plan, fleet),
        }
    }

    /// The cost of the run.
    pub(super) fn cost(&self) -> RunCost {
        match (self.engine, self.dollars) {
            (PROCESSES, _) => RunCost::Nothing,
            (_, Some(dollars)) => RunCost::Dollars(dollars),
            (_, None) => RunCost::Endless,
        }
    }

    /// The plan as text for people.
    pub(super) fn text(&self, look: TextStyle) -> String {
        let mut text = String::new();
        let on = if self.engine == LAMBDA { "AWS Lambda" } else { "processes on this machine" };
        let title = look.paint(Style::new().bold(), &self.test);
        // Writing to a string can't fail.
        let _ = writeln!(text, "{title} on {on}: {}, environment {}", self.load, self.environment);
        let memory = match (self.memory_mb, self.architecture) {
            (Some(memory), Some(architecture)) => format!(", {} MB {architecture}", count(u64::from(memory))),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "Shards     {} at once, up to {} users each, {} thread{} each{memory}",
            self.shards,
            self.clients_per_shard,
            self.threads_per_shard,
            if self.threads_per_shard == 1 { "" } else { "s" },
        );
        let regions: Vec<String> = self
            .regions
            .iter()
            .filter_map(|region| Some(format!("{} {} ({:.0}%)", region.region.as_ref()?, region.shards, region.share * 100.0)))
            .collect();
        if !regions.is_empty() {
            let _ = writeln!(text, "Regions    {}", regions.join(", "));
        }
        if !self.targets.is_empty() {
            let _ = writeln!(text, "Targets    {}", guards::origins(&self.targets));
        }
        if let Some(picture) = &self.picture {
            let _ = writeln!(text, "Users      {picture} at most {}", count(self.peak_clients));
        }
        let mut table = Table::new(["Interval", "from", "to", "users at start", "at end", "functions"]);
        for part in self.intervals.iter().take(SHOWN) {
            let time = |seconds: f64| clock(Duration::from_secs_f64(seconds));
            table.row(
                Style::new(),
                vec![
                    part.number.to_string(),
                    time(part.from_seconds),
                    part.to_seconds.map_or_else(|| "stopped".to_owned(), time),
                    count(part.users_from),
                    part.users_to.map(count).unwrap_or_default(),
                    part.functions.to_string(),
                ],
            );
        }
        text.push('\n');
        for line in table.lines(look) {
            let _ = writeln!(text, "{line}");
        }
        if self.intervals.len() > SHOWN {
            let _ = writeln!(text, "… and {} more", self.intervals.len() - SHOWN);
        } else if self.duration_seconds.is_none() {
            let _ = writeln!(text, "… and so on, until it is stopped");
        }
        if let Some(hand_over) = &self.hand_over {
            let _ = writeln!(text, "\n{}", hand_over.text());
        }
        for rows in &self.unique_rows {
            let _ = writeln!(text, "{}", rows.text());
        }
        if let (Some(invocations), Some(gb_seconds), Some(dollars)) = (self.invocations, self.gb_seconds, self.dollars) {
            let _ = writeln!(
                text,
                "\nCost       {} invocations, {} GB-seconds, about ${dollars:.2} (without data transfer)",
                count(invocations),
                count(gb_seconds.round() as u64),
            );
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "warning: {warning}");
        }
        text
    }
}

impl HandOverPlan {
    fn text(&self) -> String {
        let times = self.times.map_or_else(
            || "after each interval".to_owned(),
            |times| match times {
                1 => "once".to_owned(),
                _ => format!("{times} times"),
            },
        );
        let window = ltc_config::duration::print(Duration::from_secs_f64(self.window_seconds));
        let mut text = format!("Hand-over  {times}: users pass one by one within {window}, and `user.iteration` starts again at 0");
        let named = |names: &[&str]| names.join(", ");
        if !self.restarts.is_empty() {
            let _ = write!(
                text,
                "\n           `on start` and `on stop` of {} run again: {:.1}% more requests in this time",
                named(&self.restarts),
                self.added_percent
            );
        }
        if !self.keeps.is_empty() {
            let _ = write!(text, "\n           `keep` values are evaluated again: {}", named(&self.keeps));
        }
        text
    }
}

impl RowsPlan {
    fn text(&self) -> String {
        let interval =
            self.rows_per_interval.map_or_else(String::new, |rows| format!(", iterations draw {} of them in an interval", count(rows)));
        format!(
            "Rows       {}: {} rows, {} needed for one each; {} per worker{interval}",
            self.data,
            count(self.rows),
            count(self.needed),
            count(self.rows_per_worker)
        )
    }

    fn warning(&self) -> Option<String> {
        (self.rows < self.needed).then(|| {
            format!(
                "{} has {} rows for {} users: where each user holds a row, {} of them find none",
                self.data,
                count(self.rows),
                count(self.needed),
                count(self.needed - self.rows)
            )
        })
    }
}

fn unique_rows(program: &Program, plan: &Plan, fleet: &Fleet) -> Vec<RowsPlan> {
    let workers = u64::from(fleet.count()) * u64::from(fleet.threads.max(1));
    let intervals = fleet.total().map(|_| fleet.intervals().count() as u64);
    let unique = program.data.iter().filter(|data| data.unique);
    unique
        .map(|data| {
            let rows = data.count();
            let rows_per_worker = rows / workers.max(1);
            let once = data.at_end != AtEnd::Recycle;
            let rows_per_interval = intervals.filter(|intervals| once && *intervals > 1).map(|intervals| rows_per_worker / intervals);
            RowsPlan { data: data.name, rows, needed: plan.peak_clients(), rows_per_worker, rows_per_interval }
        })
        .collect()
}

fn hand_over(program: &Program, plan: &Plan, fleet: &Fleet) -> Option<HandOverPlan> {
    let hand_over = fleet.hand_over()?;
    let active = program.users.iter().enumerate().filter(|(class, _)| plan.is_active(*class)).map(|(_, class)| class);
    let restarts = active.filter(|class| class.on_start.is_some() || class.on_stop.is_some());
    Some(HandOverPlan {
        times: fleet.total().and_then(|_| u32::try_from(fleet.intervals().count().saturating_sub(1)).ok()),
        window_seconds: hand_over.window.as_secs_f64(),
        added_percent: hand_over.added * 100.0,
        restarts: restarts.map(|class| class.name).collect(),
        keeps: program.keeps.iter().map(|keep| keep.name).collect(),
    })
}

fn part(plan: &Plan, interval: Interval, functions: u32) -> IntervalPlan {
    let users = |t: Duration| plan.users_at(t).iter().sum();
    IntervalPlan {
        // Intervals are numbered from 1, in JSON and in the text.
        number: interval.number + 1,
        from_seconds: interval.from.as_secs_f64(),
        to_seconds: interval.to.map(|to| to.as_secs_f64()),
        users_from: users(interval.from),
        users_to: interval.to.map(|to| users(to.saturating_sub(Duration::from_nanos(1)))),
        functions,
    }
}

/// The number of users of the closed model over time, as `▁▂▄▆█`.
fn picture(plan: &Plan, fleet: &Fleet) -> Option<String> {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let total = fleet.total().unwrap_or(HORIZON);
    let users: Vec<u64> = (0..COLUMNS).map(|column| plan.users_at(total * (2 * column + 1) / (2 * COLUMNS)).iter().sum()).collect();
    let most = users.iter().copied().max().filter(|most| *most > 0)?;
    let bar = |users: u64| {
        let height = (users * 8).div_ceil(most);
        BARS.get(usize::try_from(height).unwrap_or(8)).copied().unwrap_or('█')
    };
    Some(users.into_iter().map(bar).collect())
}
