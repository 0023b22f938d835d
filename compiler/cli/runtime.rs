//! `ltc runtime`: packs the compiled runtime for other machines.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ltc_config::size::bytes;

use super::output::{self, Kind};
use super::screen::{Failure, Screen, bold};
use crate::build::{Builder, Options, Progress};

const EXAMPLES: &str = "\
Examples:
  ltc runtime pack                                      write ltc-runtime-VERSION-RUSTC-TARGET.tar.zst to this folder
  LTC_RUNTIME=ltc-runtime-0.1.0-1.95.0-x86_64-unknown-linux-gnu.tar.zst ltc build shop";

const PACK_EXAMPLES: &str = "\
Examples:
  ltc runtime pack                pack the runtime into this folder
  ltc runtime pack -o out/        pack it into another folder
  ltc runtime pack --pie          pack it for `ltc build --pie`";

/// Packs the compiled runtime for other machines, so that their first build takes seconds.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Runtime {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile the runtime and pack it, with a checksum file
    Pack(Pack),
}

/// Compiles the runtime and packs what was compiled.
///
/// A machine with the same ltc, the same Rust and the same system builds specs with it: LTC_RUNTIME names the archive.
#[derive(Debug, Args)]
#[command(after_help = PACK_EXAMPLES)]
struct Pack {
    /// Write the archive to this file or folder [default: the current folder]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Overwrite a file that ltc did not write
    #[arg(long)]
    force: bool,
    /// Pack a runtime for `ltc build --release-lto`
    #[arg(long)]
    release_lto: bool,
    /// Pack a runtime for `ltc build --pie`
    #[arg(long)]
    pie: bool,
    /// Do not access the network
    #[arg(long)]
    offline: bool,
}

impl Runtime {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let Command::Pack(pack) = self.command;
        let options = Options {
            offline: pack.offline,
            thin_lto: pack.release_lto,
            pie: pack.pie,
            progress: if screen.quiet { Progress::Silent } else { Progress::for_stderr() },
            ..Options::default()
        };
        let builder = Builder::new(options)?;
        let archive = builder.archive(pack.output.as_deref())?;
        output::check(&archive.path, Kind::Runtime, pack.force)?;
        output::check(&archive.checksum, Kind::Checksum, pack.force)?;
        let packed = builder.pack(&archive)?;
        screen.print_unless_quiet(format_args!("wrote {} ({})", bold(packed.path.display()), bytes(packed.bytes)));
        screen.print_unless_quiet(format_args!("  sha256 {}", packed.sha256));
        screen.print_unless_quiet(format_args!("  to use it: LTC_RUNTIME={}#sha256={}", packed.path.display(), packed.sha256));
        Ok(())
    }
}
