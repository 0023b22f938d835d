//! `ltc check`: all that can be known before anything is compiled.

use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::build::{ConfigurationArgs, here, seconds};
use super::screen::{Failure, Screen, WRONG};
use crate::diagnostic::render::Message;
use crate::pipeline::{self, Checked};
use crate::project::{self, Project};
use crate::span::FileId;

const EXAMPLES: &str = "\
Examples:
  ltc check                                  check the current test
  ltc check shop specs/notes.lt              check several tests, by name or path
  ltc check --all                            check all registered tests
  ltc check shop --env staging               check against config/staging.yml
  ltc check --message-format json            print JSON, for editors and CI
  ltc explain LT0101                         explain an error code";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the source with each location underlined
    Human,
    /// For programs: one JSON object per line
    Json,
}

/// Checks specs with their profiles, environments and data.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// Paths of specs, or names of registered tests [default: the registry's `current`]
    spec: Vec<String>,
    /// Check all registered tests
    #[arg(long, conflicts_with = "spec")]
    all: bool,
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// Print errors in this format
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    message_format: Format,
}

impl Check {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let here = here()?;
        let found = if self.all {
            Project::of(&here)?.all()?
        } else if self.spec.is_empty() {
            vec![project::find(&here, None)?]
        } else {
            self.spec.iter().map(|spec| project::find(&here, Some(spec))).collect::<Result<_, _>>()?
        };
        let mut wrong = false;
        for found in found {
            let begun = Instant::now();
            let target = self.configuration.target(found);
            let checked = match pipeline::check(&target) {
                Ok(checked) => checked,
                Err(why) => {
                    screen.fail(Failure::wrong(why));
                    wrong = true;
                    continue;
                }
            };
            wrong |= checked.has_errors();
            if self.message_format == Format::Json {
                messages(&checked).iter().for_each(|line| screen.print(line));
            } else if screen.checked(&target.root, &checked) {
                let spec = checked.sources.file(FileId(0)).map_or(checked.name.as_str(), |file| file.path.as_str());
                screen.say(format_args!("{spec}: no errors"));
            }
            screen.detail(format_args!("checked in {}", seconds(begun.elapsed())));
        }
        if wrong { Err(Failure::Shown(WRONG)) } else { Ok(()) }
    }
}

fn messages(checked: &Checked) -> Vec<String> {
    let of_specs = checked.diagnostics.iter().map(|diagnostic| json!(Message::new(diagnostic, &checked.sources)).to_string());
    let of_config = [("error", &checked.config), ("warning", &checked.config_warnings)].into_iter().flat_map(|(severity, errors)| {
        errors.iter().map(move |error| {
            let place = &error.location;
            let places = json!([{"path": place.file, "line": place.line, "column": place.column,
                "end_line": place.line, "end_column": place.column + place.len, "label": ""}]);
            json!({"code": null, "severity": severity, "message": error.message, "help": error.help, "places": places}).to_string()
        })
    });
    of_specs.chain(of_config).collect()
}
