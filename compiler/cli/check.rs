//! `ltc check`: reports every error that can be found without compiling.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::build::{ConfigurationArgs, here, seconds};
use super::complete;
use super::messages::MessageArgs;
use super::screen::{Failure, Screen};
use super::watch::Watch;
use crate::pipeline;
use crate::project::{self, Found, Project};
use crate::span::FileId;

const EXAMPLES: &str = "\
Examples:
  ltc check                                  check the current test
  ltc check shop specs/notes.lt              check several tests, by name or path
  ltc check --all                            check all registered tests
  ltc check shop --env staging               check against config/staging.yml
  ltc check --watch                          check again on each change
  ltc check --all --deny warnings            let CI fail on warnings, too
  ltc check --message-format github          annotate the lines of a pull request
  ltc explain LT0101                         explain an error code";

/// Checks specs with their profiles, environments and data.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// Paths of specs, or names of registered tests [default: the registry's `current`]
    #[arg(add = ArgValueCompleter::new(complete::specs))]
    spec: Vec<String>,
    /// Check all registered tests
    #[arg(long, conflicts_with = "spec")]
    all: bool,
    #[command(flatten)]
    configuration: ConfigurationArgs,
    #[command(flatten)]
    messages: MessageArgs,
    /// Check again whenever one of the files changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

impl Check {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        if !self.watch {
            return self.once(screen).1;
        }
        let mut watch = Watch::new()?;
        loop {
            let (files, done) = watch.begin(|| self.once(screen));
            if let Err(failure) = done {
                screen.fail(failure);
            }
            watch.follow(files)?;
            screen.note("watching for changes; Ctrl-C ends it");
            let changed = watch.wait();
            screen.note(format_args!("\n{} changed", super::messages::written_here(&changed)));
        }
    }

    /// Checks all specs once. Also returns the files that it read.
    fn once(&self, screen: &Screen) -> (Vec<PathBuf>, Result<(), Failure>) {
        let mut files = Vec::new();
        let done = self.found().and_then(|found| self.check(found, &mut files, screen));
        (files, done)
    }

    fn found(&self) -> Result<Vec<Found>, Failure> {
        let here = here()?;
        if self.all {
            return Ok(Project::of(&here)?.all()?);
        }
        if self.spec.is_empty() {
            return Ok(vec![project::find(&here, None)?]);
        }
        self.spec.iter().map(|spec| Ok(project::find(&here, Some(spec))?)).collect()
    }

    fn check(&self, found: Vec<Found>, files: &mut Vec<PathBuf>, screen: &Screen) -> Result<(), Failure> {
        let mut wrong = None;
        for found in found {
            let begun = Instant::now();
            let target = self.configuration.target(found);
            files.extend(target.files());
            let checked = match pipeline::check(&target) {
                Ok(checked) => checked,
                Err(why) => {
                    wrong = Some(Failure::Printed(screen.fail(Failure::wrong(why))));
                    continue;
                }
            };
            files.extend(checked.files.iter().cloned());
            match self.messages.show(&target.root, &checked, screen) {
                Ok(()) if self.messages.is_for_people() => {
                    let spec = checked.sources.file(FileId(0)).map_or(checked.name.as_str(), |file| file.path.as_str());
                    screen.print_unless_quiet(format_args!("{spec}: no errors"));
                }
                Ok(()) => {}
                Err(failure) => wrong = Some(Failure::Printed(screen.fail(failure))),
            }
            screen.detail(format_args!("checked in {}", seconds(begun.elapsed())));
        }
        wrong.map_or(Ok(()), Err)
    }
}
