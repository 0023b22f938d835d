//! `ltc run`: builds a spec and runs its binary.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use ltc_config::command_line::last_value;

use super::build::{ConfigurationArgs, Order, here};
use super::messages::MessageArgs;
use super::screen::{Failure, INFRASTRUCTURE, Screen};
use super::{complete, foreign_options, rerun};
use crate::project;

const EXAMPLES: &str = "\
Examples:
  ltc run                                   build and run the current test
  ltc run shop --debug                      run each scenario once, and show every exchange
  ltc run shop --clients 50 --duration 2m   run with other numbers
  ltc run shop run --shards 4               run the distributed test
  ltc run --watch shop --debug              build and run again on each change

`ltc run SPEC ARGS…` is `ltc build SPEC`, then `./NAME ARGS…`: `ltc run SPEC help` shows the options of the binary. Options of
`ltc run` itself come before SPEC; `--color`, `-q` and `-v` also apply to the binary. The exit code is that of the binary.";

/// Builds a spec and runs the binary with the other arguments.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = "ltc run [OPTIONS] [SPEC] [ARGS]...")]
pub(super) struct RunSpec {
    /// Build and run again whenever one of the files changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    messages: MessageArgs,
    /// Do not access the network to build
    #[arg(long)]
    offline: bool,
    /// Path of a spec, or name of a registered test [default: the registry's `current`], then the arguments of the binary
    #[arg(value_name = "SPEC", trailing_var_arg = true, allow_hyphen_values = true, add = ArgValueCompleter::new(complete::run_words))]
    words: Vec<OsString>,
}

impl RunSpec {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let (spec, args) = split(&self.words)?;
        let here = here()?;
        if spec.is_none()
            && let Some(test) = foreign_options::late_test(args, &|word| project::is_test(&here, word))
        {
            let others: Vec<_> = args.iter().filter(|arg| **arg != *test).map(|arg| arg.to_string_lossy()).collect();
            return Err(Failure::wrong(format!("unexpected test `{test}` after the options of a test"))
                .help(format!("write its name first: `ltc run {test} {}`", others.join(" "))));
        }
        let found = project::find(&here, spec)?;
        foreign_options::check(args)?;
        // The binary gets these options, too, so that it runs with the profile and environment of its build.
        let configuration = ConfigurationArgs { env: last_value(args, "--env"), profile: last_value(args, "--profile").map(PathBuf::from) };
        let order = Order { offline: self.offline, messages: self.messages, ..Order::of(configuration.target(found)) };
        let args = [screen.options_for_a_test(args), args.to_vec()].concat();
        if self.watch {
            return rerun::on_changes(&order, &args, screen);
        }
        let made = order.build(screen)?;
        screen.note(&made.announcement);
        become_program(&made.path, &args)
    }
}

/// The spec, and the arguments of the binary. If the first word is an option, it already belongs to the binary.
fn split(words: &[OsString]) -> Result<(Option<&str>, &[OsString]), Failure> {
    let behind = |args: &'_ [OsString]| usize::from(args.first().is_some_and(|word| word == "--"));
    match words.split_first() {
        Some((first, rest)) if !first.to_string_lossy().starts_with('-') => {
            let spec = first.to_str().ok_or_else(|| Failure::wrong(format!("{} is not UTF-8", first.display())))?;
            Ok((Some(spec), &rest[behind(rest)..]))
        }
        _ => Ok((None, &words[behind(words)..])),
    }
}

/// The path of a program with a folder, because a bare name would be searched on the `PATH`.
pub(super) fn program(path: &Path) -> PathBuf {
    if path.is_absolute() { path.to_path_buf() } else { Path::new(".").join(path) }
}

/// Replaces this process with another program, which takes over its signals, terminal and exit code.
#[cfg(unix)]
pub(super) fn become_program(path: &Path, args: &[OsString]) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt;
    let error = Command::new(program(path)).args(args).exec();
    Err(Failure::Message(format!("cannot run {}: {error}", path.display()), None, INFRASTRUCTURE))
}

/// Runs another program to its end. If it fails, its exit code is the result.
#[cfg(not(unix))]
pub(super) fn become_program(path: &Path, args: &[OsString]) -> Result<(), Failure> {
    super::demo::stay_on_ctrl_c();
    let status = Command::new(program(path)).args(args).status();
    let status = status.map_err(|error| Failure::Message(format!("cannot run {}: {error}", path.display()), None, INFRASTRUCTURE))?;
    match status.code() {
        Some(0) => Ok(()),
        code => Err(Failure::Printed(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(INFRASTRUCTURE))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn words_are_a_spec_and_the_arguments_of_its_binary() {
        for (line, spec, args) in [
            ("", None, ""),
            ("shop", Some("shop"), ""),
            ("shop --debug", Some("shop"), "--debug"),
            ("shop run --shards 4", Some("shop"), "run --shards 4"),
            ("shop -- --debug", Some("shop"), "--debug"),
            ("--debug", None, "--debug"),
            ("-- --debug", None, "--debug"),
        ] {
            let words_of_line = words(line);
            let split = split(&words_of_line).unwrap();
            assert_eq!(split, (spec, words(args).as_slice()), "{line}");
        }
    }
}
