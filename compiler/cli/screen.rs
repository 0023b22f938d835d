//! The output of commands, and their exit codes.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style as Ansi};
use clap::ColorChoice;
use ltc_config::ConfigError;
use ltc_config::command_line::last_value;

use crate::build;
use crate::diagnostic::Diagnostics;
use crate::diagnostic::render::{self, Style};
use crate::pipeline::Checked;
use crate::project::Problem;
use crate::source::{SourceFile, SourceMap};
use crate::span::{FileId, Span};

/// The exit code for an error in the spec, profile, data or command line.
pub(super) const WRONG: u8 = 2;
/// The exit code if a build lacks a tool, the network or disk space.
pub(super) const INFRASTRUCTURE: u8 = 3;

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A message, its fix, and the exit code.
    Message(String, Option<String>, u8),
    /// An error in the configuration of a project.
    Project(Problem),
    /// The command has already printed the error.
    Printed(u8),
}

impl Failure {
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        Self::Message(message.into(), None, WRONG)
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        match self {
            Self::Message(message, _, code) => Self::Message(message, Some(help.into()), code),
            other => other,
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Project(problem)
    }
}

impl From<build::Error> for Failure {
    fn from(error: build::Error) -> Self {
        let code = if matches!(error, build::Error::Bug { .. }) { WRONG } else { INFRASTRUCTURE };
        Self::Message(error.to_string(), error.help(), code)
    }
}

/// The output of a command: results go to standard output, everything else to standard error.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    color: ColorChoice,
    style: Style,
}

impl Screen {
    pub(super) fn new(color: ColorChoice, quiet: bool, verbose: bool) -> Self {
        let detected = Style::of_stderr();
        let (choice, colour) = match color {
            ColorChoice::Always => (anstream::ColorChoice::Always, true),
            ColorChoice::Never => (anstream::ColorChoice::Never, false),
            ColorChoice::Auto => (anstream::ColorChoice::Auto, detected.colour),
        };
        choice.write_global();
        Self { quiet, verbose, color, style: Style { colour, ..detected } }
    }

    /// `--color`, `-q` and `-v` of this command line, for a test that the command runs. What the test's own arguments say counts more.
    pub(super) fn options_for_a_test(&self, args: &[OsString]) -> Vec<OsString> {
        let has =
            |names: [&str; 2]| args.iter().filter_map(|arg| arg.to_str()).take_while(|arg| *arg != "--").any(|arg| names.contains(&arg));
        let has_color = last_value(args, "--color").is_some();
        let is_free = !has(["-q", "--quiet"]) && !has(["-v", "--verbose"]);
        let color = match self.color {
            ColorChoice::Always => Some("--color=always"),
            ColorChoice::Never => Some("--color=never"),
            ColorChoice::Auto => None,
        };
        let options = [color.filter(|_| !has_color), (self.quiet && is_free).then_some("-q"), (self.verbose && is_free).then_some("-v")];
        options.into_iter().flatten().map(OsString::from).collect()
    }

    /// Prints a line of the result. It is not an error if the reader has closed the pipe (`ltc list | head -1`).
    pub(super) fn print(&self, line: impl Display) {
        let _ = writeln!(anstream::stdout(), "{line}");
    }

    /// Prints a line of the result that `--quiet` leaves out.
    pub(super) fn print_unless_quiet(&self, line: impl Display) {
        if !self.quiet {
            self.print(line);
        }
    }

    /// Prints a line to standard error.
    pub(super) fn note(&self, line: impl Display) {
        if !self.quiet {
            self.stderr(line);
        }
    }

    /// Prints a line of `--verbose`.
    pub(super) fn detail(&self, line: impl Display) {
        if self.verbose {
            self.stderr(line);
        }
    }

    pub(super) fn warn(&self, message: impl Display) {
        let style = AnsiColor::Yellow.on_default().bold();
        self.stderr(format_args!("{style}warning{style:#}: {message}"));
    }

    fn stderr(&self, line: impl Display) {
        // If standard error is closed, the message has no reader.
        let _ = writeln!(anstream::stderr(), "{line}");
    }

    /// Prints why a command failed, and returns the exit code.
    pub(super) fn fail(&self, failure: Failure) -> u8 {
        let (message, help, code) = match failure {
            Failure::Message(message, help, code) => (message, help, code),
            Failure::Project(Problem::Missing(message, help)) => (message, Some(help), WRONG),
            Failure::Project(Problem::Config(root, errors)) => {
                self.config(&root, &errors, false);
                return WRONG;
            }
            Failure::Printed(code) => return code,
        };
        let (red, cyan) = (AnsiColor::Red.on_default().bold(), AnsiColor::Cyan.on_default());
        self.stderr(format_args!("{red}error{red:#}: {message}"));
        if let Some(help) = help {
            self.stderr(format_args!("  {cyan}help{cyan:#}: {help}"));
        }
        code
    }

    /// Prints diagnostics with their source.
    pub(super) fn diagnostics(&self, diagnostics: &Diagnostics, sources: &SourceMap) {
        self.stderr(render::render(diagnostics, sources, self.style).trim_end());
    }

    /// Prints all errors and warnings of a check.
    pub(super) fn checked(&self, root: &Path, checked: &Checked) {
        let wrong = checked.has_errors();
        if !self.quiet || wrong {
            let shown = render::render(&checked.diagnostics, &checked.sources, self.style);
            if !shown.is_empty() {
                self.stderr(shown.trim_end());
            }
            self.config(root, &checked.config_warnings, true);
        }
        self.config(root, &checked.config, false);
    }

    /// Prints errors or warnings in configuration files, with their locations underlined.
    fn config(&self, root: &Path, errors: &[ConfigError], warnings: bool) {
        for error in errors.iter().take(render::SHOWN_MAX) {
            self.stderr(config_error(root, error, warnings, self.style).trim_end());
            self.stderr("");
        }
        let hidden = errors.len().saturating_sub(render::SHOWN_MAX);
        if hidden > 0 {
            self.stderr(format!("{hidden} more are not shown; fix those above first"));
        }
    }
}

/// Renders an error of a configuration file like one in a spec.
fn config_error(root: &Path, error: &ConfigError, warning: bool, style: Style) -> String {
    let text = std::fs::read_to_string(root.join(&error.location.file)).ok().filter(|_| error.location.line > 0);
    let range = error.location.offset..error.location.offset + error.location.len;
    let file = text.filter(|text| text.get(range.clone()).is_some()).map(|text| SourceFile::new(&error.location.file, text));
    let place = file.as_ref().map(|file| (file, Span::new(FileId(0), range.start, range.end)));
    let alone = format!("{}: {}", error.location, error.message);
    let message = if place.is_some() { &error.message } else { &alone };
    let message = render::FileMessage { message, help: error.help.as_deref(), is_error: !warning, place };
    render::render_in_file(message, style)
}

/// Text in bold, for names in a line.
pub(super) fn bold(text: impl Display) -> String {
    let bold = Ansi::new().bold();
    format!("{bold}{text}{bold:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_gets_the_options_that_it_does_not_have() {
        let given = |screen: Screen, args: &[&str]| {
            screen.options_for_a_test(&args.iter().map(OsString::from).collect::<Vec<_>>()).join(" ".as_ref()).into_string().unwrap()
        };
        assert_eq!(given(Screen::new(ColorChoice::Never, true, false), &["--debug"]), "--color=never -q");
        assert_eq!(given(Screen::new(ColorChoice::Never, true, false), &["--color", "always", "-v"]), "");
        assert_eq!(given(Screen::new(ColorChoice::Always, false, true), &["run", "--shards", "2"]), "--color=always -v");
        assert_eq!(given(Screen::new(ColorChoice::Auto, false, false), &[]), "");
    }

    #[test]
    fn an_error_in_yaml_is_underlined() {
        let folder = tempfile::tempdir().unwrap();
        let text = "current: a\nregisterd: {}\n";
        std::fs::write(folder.path().join("r.yml"), text).unwrap();
        let errors = ltc_config::Registry::parse(text, "r.yml").unwrap_err();
        let shown: String = errors.iter().map(|error| config_error(folder.path(), error, false, Style::plain())).collect();
        assert!(shown.contains("r.yml:2:1") && shown.contains("registerd: {}") && shown.contains("did you mean"), "{shown}");
        // A line of a configuration file may be longer than miette can underline.
        let long = format!("{{current: a,{}registerd: {{}}}}\n", " ".repeat(100_000));
        std::fs::write(folder.path().join("long.yml"), &long).unwrap();
        let far = ltc_config::Registry::parse(&long, "long.yml").unwrap_err();
        let shown: String = far.iter().map(|error| config_error(folder.path(), error, false, Style::plain())).collect();
        assert!(shown.contains("long.yml:1:1000") && shown.len() < 5000, "{shown}");
        let gone = config_error(Path::new("/nowhere"), &errors[0], false, Style::plain());
        assert!(gone.contains("r.yml"), "{gone}");
    }
}
