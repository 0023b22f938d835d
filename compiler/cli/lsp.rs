//! `ltc lsp`: the language server.

use clap::Args;

use super::screen::{Failure, INFRASTRUCTURE};

const EXAMPLES: &str = "\
Examples:
  ltc lsp                     serve an editor over standard input and output

Editors start it themselves. docs/editors.md has the configuration of Neovim, Helix and Visual Studio Code.";

/// Serves editors: the language server, over standard input and output.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Lsp {
    /// Ignored: editors may name the transport
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self { stdio: _ } = self;
        crate::lsp::serve().map_err(|why| Failure::Message(why, None, INFRASTRUCTURE))
    }
}
