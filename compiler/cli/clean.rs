//! `ltc clean`: empties the cache.

use clap::Args;
use ltc_config::size::bytes;

use super::screen::{Failure, Screen};
use crate::build;

const EXAMPLES: &str = "\
Examples:
  ltc clean                                 remove all; the next build recompiles the runtime
  ltc clean --specs                         keep the compiled runtime
  LTC_CACHE_DIR=./cache ltc clean           remove another cache";

/// Removes cached build artifacts from LTC_CACHE_DIR, or from ltc's folder in the system's cache.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Clean {
    /// Remove only the artifacts of specs, and keep the compiled runtime
    #[arg(long)]
    specs: bool,
}

impl Clean {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let cleaned = build::clean(None, self.specs)?;
        if cleaned.in_use > 0 {
            screen.warn("a build is using the cache; its files were kept");
        }
        screen.print_unless_quiet(format_args!("removed {} from {}", bytes(cleaned.bytes), cleaned.root.display()));
        Ok(())
    }
}
