//! What `main` of a compiled test calls: reads the command line and the configuration, then debugs or loads.

mod bootstrap;
mod cli;
mod cloud;
mod configuration;
mod debug_run;
mod deploy;
mod engine;
mod expiry;
mod fleet;
mod load;
mod load_run;
mod outputs;
mod plan;
mod prepare;
mod reports;
mod results;
mod run;
mod runs;
mod shard;

use std::process::ExitCode;
use std::time::Instant;

use clap::{CommandFactory, FromArgMatches};

use crate::report::Outcome;
use cli::{Cli, Command};
use configuration::Configuration;
use ltc_engine::clock;
use ltc_engine::program::Program;

/// How a run ends (DESIGN: exit codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0.
    Passed,
    /// 1: a threshold, or a step of `--debug`, failed.
    Failed,
    /// 2: the profile, the environment or the command line is wrong.
    Wrong,
    /// 3: the infrastructure failed, no request was begun, shards were lost for good, or an output could not be written.
    Broken,
    /// 130: Ctrl-C.
    Interrupted,
}

impl ExitStatus {
    fn code(self) -> u8 {
        match self {
            Self::Passed => Outcome::Passed.exit_code(),
            Self::Failed => Outcome::Failed.exit_code(),
            Self::Wrong => 2,
            Self::Broken => Outcome::Broken.exit_code(),
            Self::Interrupted => Outcome::Interrupted.exit_code(),
        }
    }
}

impl From<Outcome> for ExitStatus {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NoThresholds | Outcome::Passed => Self::Passed,
            Outcome::Failed => Self::Failed,
            Outcome::Interrupted => Self::Interrupted,
            Outcome::Broken => Self::Broken,
        }
    }
}

/// Why a run can't go on; what is to be said was not said yet.
#[derive(Debug)]
pub(crate) struct StartupError {
    ending: ExitStatus,
    lines: Vec<String>,
}

impl StartupError {
    pub(crate) fn wrong(lines: impl IntoIterator<Item = impl ToString>) -> Self {
        Self { ending: ExitStatus::Wrong, lines: lines.into_iter().map(|line| line.to_string()).collect() }
    }

    pub(crate) fn broken(line: impl Into<String>) -> Self {
        Self { ending: ExitStatus::Broken, lines: vec![line.into()] }
    }

    /// Whether what the test stands on failed, and not what was said to it.
    pub(crate) fn is_broken(&self) -> bool {
        self.ending == ExitStatus::Broken
    }
}

/// Runs a compiled test as the command line says.
pub fn main(program: &'static Program) -> ExitCode {
    let born = clock::now();
    let files = crate::open_files::raise();
    if bootstrap::is_function() {
        return bootstrap::run(program, born);
    }
    let command = Cli::command().name(program.name).about(format!("{}, a load test compiled from {}", program.name, program.spec));
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout and are no error.
            let code = if error.use_stderr() { ExitStatus::Wrong } else { ExitStatus::Passed };
            let _ = error.print();
            return ExitCode::from(code.code());
        }
    };
    match run(program, &cli, born, files) {
        Ok(ending) => ExitCode::from(ending.code()),
        Err(refusal) => {
            for line in &refusal.lines {
                crate::say::err!("error: {line}");
            }
            ExitCode::from(refusal.ending.code())
        }
    }
}

/// `files` is how many files this process may have open.
fn run(program: &'static Program, cli: &Cli, born: Instant, files: Option<u64>) -> Result<ExitStatus, StartupError> {
    match &cli.command {
        Some(Command::Plan(command)) => return plan::run(program, command),
        Some(Command::Run(command)) => return run::run(program, command, files),
        Some(Command::Shard(_)) => return shard::run(program, born),
        Some(Command::Report(command)) => return reports::report(command),
        Some(Command::Merge(command)) => return reports::merge(command),
        Some(Command::Compare(command)) => return reports::compare(command),
        Some(Command::Deploy(command)) => return deploy::deploy(program, command),
        Some(Command::Status(command)) => return deploy::status(program, command),
        Some(Command::Destroy(command)) => return deploy::destroy(program, command),
        Some(Command::Runs(command)) => return runs::runs(program, command),
        Some(Command::Stop(command)) => return runs::stop(program, command),
        Some(Command::Collect(command)) => return runs::collect(program, command),
        None => {}
    }
    let configuration = Configuration::load(program, &cli.run.load)?;
    if cli.debug || cli.failures || configuration.profile.test.debug {
        debug_run::run(program, cli, &configuration)
    } else {
        load_run::run(program, &cli.run, &configuration, files)
    }
}
