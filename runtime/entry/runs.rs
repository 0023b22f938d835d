//! `runs`, `stop` and `collect`: commands for distributed tests that are running, or that ended without their orchestrator.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anstyle::Style;
use clap::Args;

use super::configuration::Configuration;
use super::deploy::{CloudArgs, FileArgs, names, open_session, refused};
use super::engine;
use super::fleet::{EngineName, FleetArgs};
use super::outputs::Outputs;
use super::{ExitStatus, StartupError};
use crate::journal;
use crate::orchestrator::aws::{Names, RunBucket, Session};
use crate::orchestrator::backend::Urgency;
use crate::orchestrator::control;
use crate::orchestrator::run_store::{CONTROL, Folder, KEPT, RECORD, RunFiles, RunStore, STOP};
use crate::report::{Table, TextStyle};
use crate::runs::{FoundRun, RunState, find};
use ltc_engine::clock::unix_now;
use ltc_engine::program::Program;

/// How often, and for how long, `stop` checks whether the orchestrator has read the stop.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
const STOP_TIMEOUT: Duration = Duration::from_secs(3 * control::HEARTBEAT.as_secs());

/// The engine whose runs are listed.
#[derive(Args, Clone, Debug, Default)]
struct WhereArgs {
    /// Look for runs of this engine [default: this machine, and Lambda if this test was deployed]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Fleet")]
    engine: Option<EngineName>,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    files: FileArgs,
}

/// List distributed tests: those that are going on, and what ended ones kept
#[derive(Args, Clone, Debug)]
pub(crate) struct RunsCommand {
    #[command(flatten)]
    place: WhereArgs,
}

/// End a distributed test that is going on, from any machine
#[derive(Args, Clone, Debug)]
#[command(after_help = "Users finish their iteration. The orchestrator of the run writes the report; if it is gone, `collect` does.")]
pub(crate) struct StopCommand {
    /// The run: its id, or its directory [default: the one that is going on]
    run: Option<String>,
    /// Stop users in the middle of their iteration
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    place: WhereArgs,
}

/// Report what the functions of a distributed test kept, after its orchestrator has ended; the exit code is that of its verdict
#[derive(Args, Clone, Debug)]
pub(crate) struct CollectCommand {
    /// The run: its id, or its directory [default: the last one that kept results]
    run: Option<String>,
    #[command(flatten)]
    outputs: Outputs,
    /// Remove what was kept, after the report was written
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    place: WhereArgs,
}

/// `runs`.
pub(super) fn runs(program: &'static Program, command: &RunsCommand) -> Result<ExitStatus, StartupError> {
    let configuration = command.place.files.load(program)?;
    block_on(async {
        let found = all(program, &command.place, &configuration).await?;
        if found.is_empty() {
            crate::say::out!("no runs");
            return Ok(ExitStatus::Passed);
        }
        let mut table = Table::new(["Run", "State", "Started", "Shards", "Where"]);
        for run in &found {
            let kept = !run.files.list(KEPT).await.map_err(StartupError::broken)?.is_empty();
            let cells = vec![
                run.id().to_owned(),
                state_text(run, kept),
                run.record.begin.run.started_at.chars().take("2026-01-03T12:00:00".len()).collect(),
                run.record.fleet.count().to_string(),
                run.files.place(),
            ];
            table.row(Style::new(), cells);
        }
        table.lines(TextStyle::of_stdout()).iter().for_each(|line| crate::say::out!("{line}"));
        Ok(ExitStatus::Passed)
    })
}

/// The state of a run in words.
fn state_text(run: &FoundRun, kept: bool) -> String {
    match run.state {
        RunState::Running => "running".to_owned(),
        RunState::Stopping => "stopping".to_owned(),
        RunState::Silent { since, .. } => format!("no orchestrator for {}", ltc_config::duration::print(whole(since))),
        RunState::Over if kept => "over, results kept".to_owned(),
        RunState::Over => match journal::read(Path::new(&run.files.place())) {
            Ok(report) => report.outcome.word().to_owned(),
            Err(_) => "over".to_owned(),
        },
    }
}

fn whole(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}

/// `stop`.
pub(super) fn stop(program: &'static Program, command: &StopCommand) -> Result<ExitStatus, StartupError> {
    let configuration = command.place.files.load(program)?;
    let urgency = if command.now { Urgency::Now } else { Urgency::Gracefully };
    block_on(async {
        let found = all_of(program, &command.place, &configuration, command.run.as_deref()).await?;
        let run = chosen(found, command.run.as_deref(), FoundRun::is_live, "is going on")?;
        let id = run.id().to_owned();
        if run.state == RunState::Over {
            crate::say::out!("{id}: it is over");
            return Ok(ExitStatus::Passed);
        }
        run.files.write(STOP, control::word(urgency)).await.map_err(StartupError::broken)?;
        if !matches!(run.state, RunState::Silent { .. }) && is_stopping(&run.files, urgency).await.map_err(StartupError::broken)? {
            crate::say::out!("{id}: stopping; its orchestrator writes the report");
            return Ok(ExitStatus::Passed);
        }
        // The orchestrator no longer writes the channel, so this command does.
        let text = run.files.read(CONTROL).await.map_err(StartupError::broken)?.unwrap_or_default();
        run.files.write(CONTROL, &format!("{text}\n{}", control::word(urgency))).await.map_err(StartupError::broken)?;
        let name = command.run.as_deref().unwrap_or(&id);
        crate::say::out!(
            "{id}: its orchestrator does not answer, so its functions were told to stop; `collect {name}` reports what they kept"
        );
        Ok(ExitStatus::Passed)
    })
}

/// Waits until the orchestrator has told its functions to stop, or has ended. Returns whether it has.
async fn is_stopping(files: &RunFiles, urgency: Urgency) -> Result<bool, String> {
    let poll = async {
        loop {
            match files.read(CONTROL).await? {
                Some(text) if control::asked(&text, "") < Some(urgency) => tokio::time::sleep(POLL_INTERVAL).await,
                _ => return Ok(true),
            }
        }
    };
    tokio::time::timeout(STOP_TIMEOUT, poll).await.unwrap_or(Ok(false))
}

/// `collect`.
pub(super) fn collect(program: &'static Program, command: &CollectCommand) -> Result<ExitStatus, StartupError> {
    command.outputs.check()?;
    let configuration = command.place.files.load(program)?;
    block_on(async {
        let mut found = all_of(program, &command.place, &configuration, command.run.as_deref()).await?;
        if command.run.is_none() {
            let mut kept = Vec::new();
            for run in found {
                if !run.files.list(KEPT).await.map_err(StartupError::broken)?.is_empty() {
                    kept.push(run);
                }
            }
            found = kept.into_iter().next_back().into_iter().collect();
        }
        let run = chosen(found, command.run.as_deref(), |_| true, "kept results")?;
        if command.remove && !run.is_live() && is_empty(&run.files).await.map_err(StartupError::broken)? {
            remove(&run.files).await?;
            crate::say::out!("{}: it ended before its functions kept anything; removed", run.id());
            return Ok(ExitStatus::Passed);
        }
        let collected = crate::runs::collect(&run.files, &run.record).await.map_err(|why| StartupError::wrong([why]))?;
        let (report, is_live) = (collected.report, run.is_live() && !collected.ended);
        if command.remove && is_live {
            return Err(StartupError::wrong([format!("{}: it is still going on: leave out --remove, or end it with `stop`", run.id())]));
        }
        if is_live {
            crate::say::warning!("{}: its functions may still generate load: their later results are missing", run.id());
        }
        let status = command.outputs.write(&report).print(report.outcome.into());
        if command.remove {
            remove(&run.files).await?;
        }
        Ok(status)
    })
}

/// Whether neither the functions nor the orchestrator of a run stored any results.
async fn is_empty(files: &RunFiles) -> Result<bool, String> {
    Ok(files.list(KEPT).await?.is_empty() && files.read(journal::FILE).await?.is_none())
}

/// Removes a run from its store.
async fn remove(files: &RunFiles) -> Result<(), StartupError> {
    files.clean_up().await.map_err(StartupError::broken)?;
    files.remove(RECORD).await.map_err(StartupError::broken)
}

/// The run with that name. Without a name, the only one that fits.
fn chosen(found: Vec<FoundRun>, name: Option<&str>, fits: impl Fn(&FoundRun) -> bool, what: &str) -> Result<FoundRun, StartupError> {
    let known: Vec<String> = found.iter().map(|run| run.id().to_owned()).collect();
    let mut fitting: Vec<FoundRun> = found.into_iter().filter(|run| name.map_or_else(|| fits(run), |name| is_named(run, name))).collect();
    match (fitting.pop(), fitting.len(), name) {
        (Some(run), 0, _) => Ok(run),
        (Some(last), ..) => {
            let ids: Vec<&str> = fitting.iter().chain([&last]).map(FoundRun::id).collect();
            Err(StartupError::wrong([format!("several runs fit: name one of {}", ids.join(", "))]))
        }
        (None, _, Some(name)) => {
            let near = ltc_config::suggest::did_you_mean(name, known.iter().map(String::as_str));
            Err(StartupError::wrong([format!("unknown run `{name}` ({})", near.unwrap_or_else(|| "`runs` lists all".to_owned()))]))
        }
        (None, _, None) => Err(StartupError::wrong([format!("no run {what}: `runs` lists all; name a run with --out by its directory")])),
    }
}

fn is_named(run: &FoundRun, name: &str) -> bool {
    let real = |path: &str| Path::new(path).canonicalize().ok();
    run.id() == name || run.files.run == name || real(name).is_some_and(|named| real(&run.files.place()) == Some(named))
}

/// The runs of all stores, or the one in the named directory.
async fn all_of(
    program: &'static Program,
    place: &WhereArgs,
    configuration: &Configuration,
    name: Option<&str>,
) -> Result<Vec<FoundRun>, StartupError> {
    let directory = name.map(Path::new).filter(|path| path.join(RECORD).is_file());
    match directory {
        Some(directory) => {
            // `.` and `..` have no name of their own.
            let files = RunFiles::in_directory(&directory.canonicalize().unwrap_or_else(|_| directory.to_owned()));
            let (mut found, _) = find(files.store, unix_now()).await.map_err(StartupError::broken)?;
            found.retain(|run| run.files.run == files.run);
            Ok(found)
        }
        None => all(program, place, configuration).await,
    }
}

/// The runs of all stores, in the order of their starts.
async fn all(program: &'static Program, place: &WhereArgs, configuration: &Configuration) -> Result<Vec<FoundRun>, StartupError> {
    let mut runs = Vec::new();
    for store in stores(program, place, configuration).await? {
        let (found, unread) = find(store, unix_now()).await.map_err(StartupError::broken)?;
        unread.iter().for_each(|why| crate::say::warning!("{why}"));
        runs.extend(found);
    }
    // A bucket may contain runs of other tests.
    runs.retain(|run| run.record.begin.run.test == program.name);
    runs.sort_by_key(|run| run.record.starts_at());
    Ok(runs)
}

async fn stores(
    program: &'static Program,
    place: &WhereArgs,
    configuration: &Configuration,
) -> Result<Vec<Arc<dyn RunStore>>, StartupError> {
    let cloud = &place.cloud;
    let args = FleetArgs { engine: place.engine, region: cloud.region.clone(), function: cloud.function.clone(), ..FleetArgs::default() };
    let choice = engine::choose(program.name, &args, &configuration.profile, EngineName::Process)?;
    let mut stores: Vec<Arc<dyn RunStore>> = Vec::new();
    if place.engine != Some(EngineName::Lambda) {
        stores.push(Arc::new(Folder::of(Path::new(journal::RUNS))));
    }
    if choice.engine == EngineName::Lambda {
        let session = open_session().await?;
        let located = configuration.profile.header.locations.iter().map(|location| location.region.clone()).collect();
        let regions = if choice.args.region.is_empty() { located } else { choice.args.region };
        let regions = session.regions(regions).map_err(|error| StartupError::wrong([error]))?;
        let names = names(program, choice.args.function, None, &configuration.profile.lambda, regions)?;
        stores.push(Arc::new(RunBucket::of(session, &names).await.map_err(refused)?));
    }
    Ok(stores)
}

/// The runs of a deployment whose functions kept results.
///
/// # Errors
/// If functions may generate load, because nothing could stop them without the bucket.
pub(super) async fn kept_before_destroy(program: &Program, session: &Session, names: &Names) -> Result<Vec<String>, StartupError> {
    let bucket = RunBucket::of(session.clone(), names).await.map_err(refused)?;
    if !bucket.exists().await.map_err(refused)? {
        return Ok(Vec::new());
    }
    let (found, _) = find(Arc::new(bucket), unix_now()).await.map_err(StartupError::broken)?;
    let mut kept = Vec::new();
    for run in found.into_iter().filter(|run| run.record.begin.run.test == program.name) {
        let control = run.files.read(CONTROL).await.map_err(StartupError::broken)?.unwrap_or_default();
        // Functions without an orchestrator have read the stop, or end by themselves.
        let was_stopped = matches!(run.state, RunState::Silent { .. }) && control::asked(&control, "").is_some();
        if run.is_live() && !was_stopped {
            return Err(StartupError::wrong([format!("{}: it is going on: end it with `stop` before `destroy`", run.id())]));
        }
        if !run.files.list(KEPT).await.map_err(StartupError::broken)?.is_empty() {
            kept.push(run.id().to_owned());
        }
    }
    Ok(kept)
}

fn block_on<T>(job: impl Future<Output = Result<T, StartupError>>) -> Result<T, StartupError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| StartupError::broken(format!("cannot start the async runtime: {error}")))?.block_on(job)
}
