//! `report`, `merge` and `compare`: commands that work on the JSON reports of runs that have ended.

use std::path::{Path, PathBuf};

use clap::Args;

use super::outputs::{Outputs, save_json};
use super::{ExitStatus, StartupError};
use crate::journal;
use crate::report::compare::{self, Comparison};
use crate::report::{Outcome, Report, TextStyle};

/// Print the results of an earlier run from its JSON report or its directory; the exit code is that of its verdict
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  ./TEST report run.json --html run.html --summary-md run.md\n  ./TEST report runs/TEST-20260103T120000Z --html run.html"
)]
pub(crate) struct ReportCommand {
    /// JSON report, written by --json FILE, or the directory of a run, also of one that was cut off
    file: PathBuf,
    #[command(flatten)]
    outputs: Outputs,
}

/// Merge the JSON reports of several runs, or of parts of one; the exit code is that of the whole
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example:\n  ./TEST merge a.json b.json -o all.json")]
pub(crate) struct MergeCommand {
    /// JSON reports, written by --json FILE
    #[arg(required = true, num_args = 2..)]
    files: Vec<PathBuf>,
    /// Write the merged report as JSON to this file
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// Compare a run with an earlier one; the exit code is 1 if it is worse, 3 if it is broken
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example:\n  ./TEST compare last-week.json today.json --tolerance 10%")]
pub(crate) struct CompareCommand {
    /// JSON report of the earlier run
    base: PathBuf,
    /// JSON report of the newer run
    new: PathBuf,
    /// Accept figures that are worse by up to this
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = tolerance)]
    tolerance: f64,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').map(str::trim).and_then(|number| number.parse::<f64>().ok());
    match number.filter(|percent| (0.0..1000.0).contains(percent)) {
        Some(percent) => Ok(percent / 100.0),
        None => Err("write a percentage such as 5%".to_owned()),
    }
}

fn read(path: &Path) -> Result<Report, StartupError> {
    Report::read(path).map_err(|why| StartupError::wrong([why]))
}

/// `report`.
pub(super) fn report(command: &ReportCommand) -> Result<ExitStatus, StartupError> {
    let report =
        if command.file.is_dir() { journal::read(&command.file).map_err(|why| StartupError::wrong([why]))? } else { read(&command.file)? };
    command.outputs.check()?;
    Ok(command.outputs.write(&report).print(report.outcome.into()))
}

/// `merge`.
pub(super) fn merge(command: &MergeCommand) -> Result<ExitStatus, StartupError> {
    let parts = command.files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    if let Some((first, second, id)) = Report::twice(&parts) {
        let (first, second) = (command.files[first].display(), command.files[second].display());
        return Err(StartupError::wrong([format!("{first} and {second} are of the same run ({id}), which would count twice")]));
    }
    let merged = Report::merged(&parts).map_err(|why| StartupError::wrong([why]))?;
    for note in merged.run.notes.iter().filter(|note| note.starts_with(crate::report::DIFFER)) {
        crate::say::warning!("{note}");
    }
    save_json(&command.output, &merged)?;
    let total = merged.total.total(&merged.names);
    let requests = crate::report::count(total.requests);
    crate::say::err!("{}: {requests} requests of {} runs, {}", command.output.display(), parts.len(), merged.verdict());
    Ok(merged.outcome.into())
}

/// `compare`.
pub(super) fn compare(command: &CompareCommand) -> Result<ExitStatus, StartupError> {
    let (base, new) = (read(&command.base)?, read(&command.new)?);
    if base.total.total(&base.names).tried() == 0 {
        return Err(StartupError::wrong([format!("cannot compare with {}: it has no requests", command.base.display())]));
    }
    if let Some((_, _, id)) = Report::twice(&[base.clone(), new.clone()]) {
        crate::say::warning!("{} and {} are of the same run ({id})", command.base.display(), command.new.display());
    }
    let comparison = Comparison::of(&base, &new, command.tolerance);
    let printed = compare::write(&mut anstream::stdout(), &base, &new, &comparison, TextStyle::of_stdout());
    crate::say::unless_gone(printed).map_err(|error| StartupError::broken(format!("standard output: {error}")))?;
    // Measurements of a broken run are neither good nor bad.
    Ok(match new.outcome {
        Outcome::Broken => ExitStatus::Broken,
        _ if comparison.is_worse() => ExitStatus::Failed,
        _ => ExitStatus::Passed,
    })
}
