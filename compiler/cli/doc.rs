//! `ltc doc`: a spec as an HTML page.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::build::{ConfigurationArgs, here, not_over};
use super::complete;
use super::messages::MessageArgs;
use super::output;
use super::screen::{Failure, Screen, bold};
use crate::output_path::write;
use crate::{doc, pipeline, project};

const EXAMPLES: &str = "\
Examples:
  ltc doc shop                         write shop.html
  ltc doc specs/shop.lt -o docs/       write docs/shop.html
  ltc doc shop -o - > page.html        write the page to standard output";

/// Describes a test as one HTML page: what its users do, the load, and when the test passes.
///
/// The page is for people who do not write specs. It needs no network and prints well. It contains no secrets: values of the environment
/// that are secret are masked.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doc {
    /// Path of a spec, or name of a registered test [default: the registry's `current`]
    #[arg(add = ArgValueCompleter::new(complete::specs))]
    spec: Option<String>,
    /// Write the page to this path, or to standard output with `-` [default: ./NAME.html]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Overwrite a file that ltc did not write
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    configuration: ConfigurationArgs,
    #[command(flatten)]
    messages: MessageArgs,
}

impl Doc {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let target = self.configuration.target(project::find(&here()?, self.spec.as_deref())?);
        let checked = pipeline::check(&target).map_err(Failure::wrong)?;
        self.messages.show(&target.root, &checked, screen)?;
        let page = doc::page(&checked, checked.profile().as_ref(), pipeline::environment(&target).as_ref());
        let file = format!("{}.html", checked.name);
        let path = match self.output.as_deref() {
            Some(path) if path == Path::new("-") => {
                screen.print(page.trim_end());
                return Ok(());
            }
            path => output::path(path, &file)?,
        };
        not_over(&path, &target)?;
        output::check(&path, output::Kind::Page, self.force)?;
        write(&path, page)
            .map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())).help("use another path: `-o PATH`"))?;
        screen.print_unless_quiet(format_args!("wrote {}", bold(path.display())));
        Ok(())
    }
}
