//! `ltc completions`: the scripts with which shells complete `ltc`'s command line. A script runs `ltc` at each completion (`complete.rs`),
//! so that it knows the tests of the current project.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::screen::{Failure, Screen};

const EXAMPLES: &str = "\
Examples:
  ltc completions bash > ~/.local/share/bash-completion/completions/ltc
  ltc completions zsh  > ~/.zfunc/_ltc
  ltc completions fish > ~/.config/fish/completions/ltc.fish

Built tests complete their own command line: `./shop completions bash`.";

/// Prints completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// Print completions for this shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, _screen: &Screen) -> Result<(), Failure> {
        let name = self.shell.to_string();
        let shells = Shells::builtins();
        let completer = shells.completer(&name).ok_or_else(|| Failure::wrong(format!("unknown shell `{name}`")))?;
        let mut script = Vec::new();
        completer
            .write_registration("COMPLETE", "ltc", "ltc", "ltc", &mut script)
            .map_err(|error| Failure::wrong(format!("cannot write the script: {error}")))?;
        // If the reader has closed the pipe, it needs no more output.
        let _ = std::io::stdout().write_all(&script);
        Ok(())
    }
}
