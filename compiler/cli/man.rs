//! `ltc man`: manual pages, generated from the definition of the command line.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::screen::{Failure, Screen};

const EXAMPLES: &str = "\
Examples:
  ltc man | man -l -                   read the page of `ltc`
  ltc man ~/.local/share/man/man1      install the pages of all commands
  ./shop man | man -l -                read the page of a built test";

/// Prints the manual page of ltc, or writes the pages of all its commands.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Man {
    /// Write a page for ltc and one for each command to this folder
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let command = super::Cli::command();
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::wrong(format!("cannot write the page: {error}")))?;
            // If the reader has closed the pipe, it needs no more output.
            let _ = std::io::stdout().write_all(&page);
            return Ok(());
        };
        let written = std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(command, &folder));
        written.map_err(|error| Failure::wrong(format!("cannot write to {}: {error}", folder.display())))?;
        screen.print_unless_quiet(format_args!("wrote ltc.1 and a page for each command to {}", folder.display()));
        Ok(())
    }
}
