//! Information about a binary: `--version`, completions for shells, and its manual page.

use std::io::Write as _;
use std::time::UNIX_EPOCH;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_complete::env::Shells;
use ltc_engine::program::Program;

use super::cli::Cli;
use super::{ExitStatus, StartupError};

/// Print completions for a shell
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example:\n  ./TEST completions bash > ~/.local/share/bash-completion/completions/TEST")]
pub(crate) struct CompletionsCommand {
    /// Print completions for this shell
    shell: Shell,
}

/// Print the manual page
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example:\n  ./TEST man | man -l -")]
pub(crate) struct ManCommand {}

/// The command line of a test, with the test's name and the text of `--version`.
pub(super) fn command(program: &Program) -> clap::Command {
    let about = format!("{}, a load test compiled from {}", program.name, program.spec);
    // clap needs texts that live as long as the process, and a process builds its command line only once or twice.
    let version: &'static str = version(program, built().as_deref()).leak();
    Cli::command().name(program.name).about(about).version(program.compiler).long_version(version)
}

/// Spec, hash, time and compiler, one line each, after the name, which clap writes. The hash covers the spec and its imports, but not the
/// profile and the environments.
fn version(program: &Program, built: Option<&str>) -> String {
    let built = built.map(|time| format!("built     {time}\n")).unwrap_or_default();
    format!("load test\nspec      {}\nhash      {}\n{built}compiler  ltc {}", program.spec, program.fingerprint, program.compiler)
}

/// When the binary was written. The time is that of the file and not part of its content, so that a spec gives the same binary at any time.
fn built() -> Option<String> {
    let modified = std::env::current_exe().and_then(|path| path.metadata()?.modified()).ok()?;
    let seconds = modified.duration_since(UNIX_EPOCH).ok()?.as_secs();
    jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok().map(|time| time.to_string())
}

/// `completions`: prints a script that calls this binary at each completion.
pub(super) fn completions(program: &Program, command: &CompletionsCommand) -> Result<ExitStatus, StartupError> {
    let (shells, name) = (Shells::builtins(), command.shell.to_string());
    let completer = shells.completer(&name).ok_or_else(|| StartupError::wrong([format!("unknown shell `{name}`")]))?;
    let binary = std::env::args().next().unwrap_or_else(|| program.name.to_owned());
    let mut script = Vec::new();
    let written = completer.write_registration("COMPLETE", program.name, &binary, &binary, &mut script);
    print(written, &script)
}

/// `man`: prints the page in roff.
pub(super) fn man(program: &Program) -> Result<ExitStatus, StartupError> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(self::command(program)).render(&mut page);
    print(written, &page)
}

fn print(written: std::io::Result<()>, text: &[u8]) -> Result<ExitStatus, StartupError> {
    let printed = written.and_then(|()| crate::say::unless_gone(std::io::stdout().write_all(text)));
    printed.map(|()| ExitStatus::Passed).map_err(|error| StartupError::broken(format!("cannot write standard output: {error}")))
}
