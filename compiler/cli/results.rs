//! `ltc report`, `merge` and `compare`: print, merge and compare the results of finished runs.
//!
//! The code for reports is a part of the runtime, which every binary contains, but `ltc` does not. So for each version of ltc, `ltc`
//! compiles a binary from an empty spec, keeps it in the cache, and replaces itself with this binary. The two command lines cannot differ.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::complete;
use super::run::become_program;
use super::screen::{Failure, Screen};
use crate::build::{self, Builder, Options, Progress};
use crate::pipeline::{self, Target};

const REPORT: &str = "\
Examples:
  ltc report run.json --html run.html --summary-md run.md
  ltc report runs/shop-20260103T120000Z --html run.html     the directory of a run, also of one that was cut off
  ltc report --help                                         all options, which are those of the binaries";
const MERGE: &str = "\
Examples:
  ltc merge a.json b.json -o all.json
  ltc merge --help                         all options, which are those of the binaries";
const COMPARE: &str = "\
Examples:
  ltc compare last-week.json today.json
  ltc compare last-week.json today.json --tolerance 10%
  ltc compare --help                                        all options, which are those of the binaries";

/// Prints the results of an earlier run from its JSON report or its directory; the exit code is that of its verdict.
#[derive(Debug, Args)]
#[command(after_help = REPORT, disable_help_flag = true, override_usage = "ltc report [OPTIONS] <FILE>")]
pub(super) struct Report {
    #[command(flatten)]
    words: Words,
}

/// Merges the JSON reports of several runs, or of parts of one; the exit code is that of the whole.
#[derive(Debug, Args)]
#[command(after_help = MERGE, disable_help_flag = true, override_usage = "ltc merge --output <FILE> <FILES> <FILES>...")]
pub(super) struct Merge {
    #[command(flatten)]
    words: Words,
}

/// Compares a run with an earlier one; the exit code is 1 if it is worse, 3 if it is broken.
#[derive(Debug, Args)]
#[command(after_help = COMPARE, disable_help_flag = true, override_usage = "ltc compare [OPTIONS] <BASE> <NEW>")]
pub(super) struct Compare {
    #[command(flatten)]
    words: Words,
}

#[derive(Debug, Args)]
struct Words {
    /// JSON reports, and options, as the command of the same name of every binary takes them
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true, add = ArgValueCompleter::new(complete::result_words))]
    args: Vec<OsString>,
}

impl Report {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        self.words.run("report", screen)
    }
}

impl Merge {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        self.words.run("merge", screen)
    }
}

impl Compare {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        self.words.run("compare", screen)
    }
}

impl Words {
    fn run(self, command: &str, screen: &Screen) -> Result<(), Failure> {
        let binary = binary(screen)?;
        let options = screen.options_for_a_test(&self.args);
        let args: Vec<OsString> = std::iter::once(command.into()).chain(options).chain(self.args).collect();
        become_program(&binary, &args)
    }
}

/// The spec of the binary that reads results: its user does nothing.
const SPEC: &str = "sequence Nothing { }\n\nuser Nobody {\n  run Nothing\n}\n";

/// The path of the binary for this version of ltc.
pub(super) fn path(builder: &Builder) -> PathBuf {
    builder.own_folder("results").join("ltc")
}

/// The binary for this version of ltc, from the cache.
pub(super) fn binary(screen: &Screen) -> Result<PathBuf, Failure> {
    let progress = if screen.quiet { Progress::Silent } else { Progress::for_stderr() };
    let builder = Builder::new(Options { progress, ..Options::default() })?;
    let unable = |path: &std::path::Path, error| Failure::from(build::Error::Cache(path.to_path_buf(), error));
    let folder = builder.own_folder("results");
    let (spec, binary) = (folder.join("results.lt"), path(&builder));
    std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&spec, SPEC)).map_err(|error| unable(&folder, error))?;
    let target = Target { root: folder, spec, ..Target::default() };
    let checked = pipeline::check(&target).map_err(Failure::wrong)?;
    let emitted = checked.emit().map_err(Failure::wrong)?;
    let built = builder.compile(&checked.name, &target.spec, &emitted)?;
    // A damaged one is replaced.
    let same = std::fs::read(&binary).ok().zip(std::fs::read(&built.binary).ok()).is_some_and(|(installed, built)| installed == built);
    if !same {
        build::install(&built, &binary).map_err(|error| unable(&binary, error))?;
    }
    Ok(binary)
}
