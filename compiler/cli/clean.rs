//! `ltc clean`: empties the cache.

use clap::Args;

use super::build::size;
use super::screen::{Failure, INFRASTRUCTURE, Screen};
use crate::build;

const EXAMPLES: &str = "\
Examples:
  ltc clean                                 the next build compiles the run time anew
  LTC_CACHE_DIR=/tmp/ltc ltc clean          another cache's";

/// Removes what builds left in the cache: LTC_CACHE_DIR, or ltc's folder in the system's cache.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Clean {}

impl Clean {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let cleaned =
            build::clean(None).map_err(|error| Failure::Said(format!("the cache can't be removed: {error}"), None, INFRASTRUCTURE))?;
        if cleaned.in_use > 0 {
            screen.warn("a build is using the cache at this moment; its part was kept");
        }
        screen.say(format_args!("removed {} from {}", size(cleaned.bytes), cleaned.root.display()));
        Ok(())
    }
}
