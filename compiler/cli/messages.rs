//! Prints errors and warnings for people, for programs and for CI, and decides which of them make a command fail.

use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::screen::{Failure, Screen, WRONG};
use crate::diagnostic::render::Message;
use crate::pipeline::Checked;

/// The form of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the source with each location underlined
    #[default]
    Human,
    /// A line each: `FILE:LINE:COLUMN: error: MESSAGE`, as editors and grep read it
    Short,
    /// For programs: one JSON object per line
    Json,
    /// For GitHub Actions: workflow commands that annotate the lines
    Github,
}

/// Diagnostics that count as errors, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings
    Warnings,
}

/// How findings are printed, for all commands that check.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct MessageArgs {
    /// Print errors and warnings in this format
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    message_format: Format,
    /// Fail on warnings, too
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
}

impl MessageArgs {
    /// Whether people read the messages, on standard error.
    pub(super) fn is_for_people(self) -> bool {
        self.message_format == Format::Human
    }

    /// Prints all errors and warnings of a check.
    ///
    /// # Errors
    /// If the spec cannot be compiled: it has errors, or warnings that are denied.
    pub(super) fn show(self, root: &Path, checked: &Checked, screen: &Screen) -> Result<(), Failure> {
        match self.message_format {
            Format::Human => screen.checked(root, checked),
            Format::Json => messages(checked).iter().for_each(|message| screen.print(message)),
            Format::Short => findings(checked).iter().for_each(|finding| screen.print(finding.within(root, &folder()).short())),
            Format::Github => {
                // GitHub resolves paths against the folder of the checkout, whatever the working directory of the step is.
                let checkout = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from).filter(|checkout| root.starts_with(checkout));
                let folder = checkout.unwrap_or_else(folder);
                findings(checked).iter().for_each(|finding| screen.print(finding.within(root, &folder).github()));
            }
        }
        if checked.has_errors() {
            return Err(Failure::Printed(WRONG));
        }
        let warnings = checked.diagnostics.warnings() + checked.config_warnings.len();
        if self.deny == Some(Deny::Warnings) && warnings > 0 {
            let message = if warnings == 1 { "1 warning is denied".to_owned() } else { format!("{warnings} warnings are denied") };
            return Err(Failure::wrong(message).help("fix it, or leave out `--deny warnings`"));
        }
        Ok(())
    }
}

/// All errors and warnings as JSON, one object each.
pub(super) fn messages(checked: &Checked) -> Vec<serde_json::Value> {
    let of_specs = checked.diagnostics.iter().map(|diagnostic| json!(Message::new(diagnostic, &checked.sources)));
    let of_config = [("error", &checked.config), ("warning", &checked.config_warnings)].into_iter().flat_map(|(severity, errors)| {
        errors.iter().map(move |error| {
            let place = &error.location;
            let places = json!([{"path": place.file, "line": place.line, "column": place.column,
                "end_line": place.line, "end_column": place.column + place.len, "label": ""}]);
            json!({"code": null, "severity": severity, "message": error.message, "help": error.help, "places": places, "edits": []})
        })
    });
    of_specs.chain(of_config).collect()
}

/// An error or a warning on one line, at its main location.
#[derive(Clone, Debug)]
struct Finding {
    severity: &'static str,
    code: Option<&'static str>,
    message: String,
    help: Option<String>,
    file: String,
    /// Line and column, starting at 1; 0 if only the file is known.
    start: (usize, usize),
    end: (usize, usize),
}

/// All errors and warnings, in the order of the JSON messages.
fn findings(checked: &Checked) -> Vec<Finding> {
    let of_specs = checked.diagnostics.iter().map(|diagnostic| {
        let message = Message::new(diagnostic, &checked.sources);
        let place = message.places.first();
        Finding {
            severity: message.severity,
            code: Some(message.code),
            message: message.message.to_owned(),
            help: message.help.map(str::to_owned),
            file: place.map(|place| place.path.to_owned()).unwrap_or_default(),
            start: place.map_or((0, 0), |place| (place.line, place.column)),
            end: place.map_or((0, 0), |place| (place.end_line, place.end_column)),
        }
    });
    let of_config = [("error", &checked.config), ("warning", &checked.config_warnings)].into_iter().flat_map(|(severity, errors)| {
        errors.iter().map(move |error| {
            let place = &error.location;
            Finding {
                severity,
                code: None,
                message: error.message.clone(),
                help: error.help.clone(),
                file: place.file.clone(),
                start: (place.line, place.column),
                end: (place.line, place.column + place.len),
            }
        })
    });
    of_specs.chain(of_config).collect()
}

/// The folder that paths on the command line start from.
fn folder() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// An absolute path as it is written in the folder that paths on the command line start from.
pub(super) fn written_here(path: &Path) -> String {
    written_in(&folder(), Path::new("/"), &path.display().to_string())
}

/// A path of the project as it is written in `folder`. Editors and CI look for it there, and not in the project's folder.
fn written_in(folder: &Path, root: &Path, file: &str) -> String {
    let path = root.join(file);
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) = (folder.components().collect(), path.components().collect());
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    // Nothing but the root of the file system is shared.
    if shared <= 1 {
        return path.display().to_string();
    }
    let ups = std::iter::repeat_n("..", from.len() - shared).map(PathBuf::from);
    let written: PathBuf = ups.chain(to[shared..].iter().map(PathBuf::from)).collect();
    written.display().to_string()
}

impl Finding {
    /// The same finding with its path as it is written in `folder`.
    fn within(&self, root: &Path, folder: &Path) -> Self {
        Self { file: written_in(folder, root, &self.file), ..self.clone() }
    }

    /// The message and its fix, on one line.
    fn text(&self) -> String {
        let help = self.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}{help}", self.message).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// `specs/shop.lt:3:5: error: …`, the format of compilers.
    fn short(&self) -> String {
        let place = match self.start {
            (0, _) => self.file.clone(),
            (line, column) => format!("{}:{line}:{column}", self.file),
        };
        let code = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        format!("{place}: {}{code}: {}", self.severity, self.text())
    }

    /// A workflow command: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>. Columns are used only if
    /// the location is within one line.
    fn github(&self) -> String {
        let mut properties = vec![format!("file={}", property(&self.file))];
        let ((line, column), (end_line, end_column)) = (self.start, self.end);
        if line > 0 {
            properties.push(format!("line={line}"));
            properties.push(format!("endLine={}", end_line.max(line)));
            if end_line <= line {
                properties.push(format!("col={column}"));
                // GitHub's end column is that of the last character.
                properties.push(format!("endColumn={}", end_column.saturating_sub(1).max(column)));
            }
        }
        properties.extend(self.code.map(|code| format!("title={}", property(code))));
        format!("::{} {}::{}", self.severity, properties.join(","), data(&self.text()))
    }
}

/// Escapes the text after the `::` of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        Finding {
            severity: "error",
            code: Some("LT0101"),
            message: "unknown name `idz`:\n  100%".to_owned(),
            help: Some("did you mean `ids`?".to_owned()),
            file: "specs/a,b.lt".to_owned(),
            start: (3, 5),
            end: (3, 8),
        }
    }

    #[test]
    fn path_is_written_as_the_folder_of_the_command_sees_it() {
        let (root, file) = (Path::new("/work/loadtests"), "specs/shop.lt");
        for (folder, written) in [
            ("/work/loadtests", "specs/shop.lt"),
            ("/work", "loadtests/specs/shop.lt"),
            ("/work/loadtests/specs", "shop.lt"),
            ("/work/loadtests/data/more", "../../specs/shop.lt"),
            ("/other", "/work/loadtests/specs/shop.lt"),
        ] {
            assert_eq!(written_in(Path::new(folder), root, file), written, "{folder}");
        }
    }

    #[test]
    fn short_message_is_one_line_with_location_code_and_fix() {
        assert_eq!(finding().short(), "specs/a,b.lt:3:5: error[LT0101]: unknown name `idz`: 100% (did you mean `ids`?)");
        let of_a_file = Finding { start: (0, 0), code: None, help: None, ..finding() };
        assert_eq!(of_a_file.short(), "specs/a,b.lt: error: unknown name `idz`: 100%");
    }

    #[test]
    fn workflow_command_escapes_what_github_reads() {
        assert_eq!(
            finding().github(),
            "::error file=specs/a%2Cb.lt,line=3,endLine=3,col=5,endColumn=7,title=LT0101::unknown name `idz`: 100%25 (did you mean `ids`?)"
        );
        let long = Finding { end: (4, 2), ..finding() };
        assert!(long.github().starts_with("::error file=specs/a%2Cb.lt,line=3,endLine=4,title=LT0101::"), "{}", long.github());
        let of_a_file = Finding { start: (0, 0), ..finding() };
        assert!(of_a_file.github().starts_with("::error file=specs/a%2Cb.lt,title=LT0101::"), "{}", of_a_file.github());
    }
}
