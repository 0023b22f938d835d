//! The `main` of a compiled test: reads the command line and the configuration, then debugs or generates load.

mod about;
mod aws_profile;
mod bootstrap;
mod cli;
mod cloud;
mod configuration;
mod debug_run;
mod deploy;
mod engine;
mod expiry;
mod fleet;
mod foreign_options;
mod guards;
mod load;
mod load_run;
mod outputs;
mod overrides;
mod plan;
mod prepare;
mod renewal;
mod reports;
mod results;
mod run;
mod runs;
mod shard;
mod short_secrets;
mod signals;
mod stats_interval;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches};

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
    /// 1: a threshold failed, or a step of `--debug`.
    Failed,
    /// 2: the profile, the environment or the command line is wrong.
    Wrong,
    /// 3: the infrastructure failed, no request was started, shards were lost for good, or an output could not be written.
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

/// Why a run can't start or continue. Its lines haven't been printed yet.
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

    /// Whether the infrastructure failed, and not the configuration or the command line.
    pub(crate) fn is_broken(&self) -> bool {
        self.ending == ExitStatus::Broken
    }
}

/// Runs a compiled test as the command line says.
pub fn main(program: &'static Program) -> ExitCode {
    let born = clock::now();
    let files = crate::open_files::raise();
    // Without the handler, only a limit of the size of files would have another effect.
    let _ = signals::survive_file_limit();
    if bootstrap::is_function() {
        return bootstrap::run(program, born);
    }
    // If a shell asks for completions, this call answers and ends the process.
    clap_complete::CompleteEnv::with_factory(|| about::command(program)).complete();
    let args: Vec<OsString> = std::env::args_os().collect();
    let color = color(&args);
    let parsed = about::command(program).color(color).try_get_matches_from(args).and_then(|matches| {
        misplaced(&matches)?;
        Cli::from_arg_matches(&matches)
    });
    let mut cli = match parsed.map_err(foreign_options::explained) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and aren't errors.
            let code = if error.use_stderr() { ExitStatus::Wrong } else { ExitStatus::Passed };
            let _ = error.print();
            return ExitCode::from(code.code());
        }
    };
    if cli.global.verbose {
        crate::level::be_verbose();
    }
    cli.run.quiet = cli.global.quiet;
    if let Some(Command::Run(command)) = &mut cli.command {
        command.be_quiet(cli.global.quiet);
    }
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

/// The value of `--color`. It is read first, because errors in the rest of the command line are printed in color too.
fn color(args: &[OsString]) -> ColorChoice {
    let (choice, color) = match ltc_config::command_line::last_value(args, "--color").as_deref() {
        Some("always") => (ColorChoice::Always, anstream::ColorChoice::Always),
        Some("never") => (ColorChoice::Never, anstream::ColorChoice::Never),
        _ => return ColorChoice::Auto,
    };
    color.write_global();
    choice
}

/// Refuses options of a run before a command, because they would have no effect there.
fn misplaced(matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some(command) = matches.subcommand_name() else { return Ok(()) };
    let own = Cli::command();
    let given = |arg: &&clap::Arg| {
        let id = arg.get_id().as_str();
        !arg.is_global_set() && matches.try_contains_id(id).unwrap_or(false) && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    match own.get_arguments().find(given).and_then(clap::Arg::get_long) {
        None => Ok(()),
        Some(option) => {
            let message =
                format!("unexpected --{option} before `{command}`, expected it after the command: write `{command} --{option} …`\n");
            Err(clap::Error::raw(ErrorKind::ArgumentConflict, message))
        }
    }
}

/// `files` is the number of files that this process may have open.
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
        Some(Command::Completions(command)) => return about::completions(program, command),
        Some(Command::Man(_)) => return about::man(program),
        None => {}
    }
    let configuration = Configuration::load(program, &cli.run.load)?;
    if cli.debug || cli.failures || configuration.profile.test.debug {
        debug_run::run(program, cli, &configuration)
    } else {
        load_run::run(program, &cli.run, &configuration, files)
    }
}
