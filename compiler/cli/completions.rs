//! `ltc completions`: what a shell needs to complete `ltc`'s command line.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::screen::{Failure, Screen};

const EXAMPLES: &str = "\
Examples:
  ltc completions bash > ~/.local/share/bash-completion/completions/ltc
  ltc completions zsh  > ~/.zfunc/_ltc
  ltc completions fish > ~/.config/fish/completions/ltc.fish";

/// Prints completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// Print completions for this shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, _screen: &Screen) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "ltc", &mut script);
        // A reader that has gone wants no more of it.
        let _ = std::io::stdout().write_all(&script);
        Ok(())
    }
}
