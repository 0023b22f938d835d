//! `ltc fmt`: writes specs in their canonical form.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::build::here;
use super::screen::{Failure, Screen, WRONG};
use crate::format::{self, Unformatted};
use crate::pipeline;
use crate::project::{self, Project};
use crate::source::SourceMap;

const EXAMPLES: &str = "\
Examples:
  ltc fmt                         format all specs of the project
  ltc fmt specs/shop.lt shared    format a spec, and all specs of a folder
  ltc fmt --check                 change nothing; list the specs that are not formatted
  ltc fmt - < specs/shop.lt       print the formatted spec, for editors

Exit codes: 0 success · 1 with --check, a spec is not formatted · 2 a spec does not parse or cannot be read; it stays unchanged";

/// The exit code if a spec is not formatted.
const UNFORMATTED: u8 = 1;
/// Folders that are skipped, because they contain no specs of the project itself.
const SKIPPED: [&str; 3] = ["node_modules", "runs", "target"];

/// Formats specs: one form, without options.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Fmt {
    /// Specs, or folders with specs; `-` is standard input [default: the project]
    path: Vec<PathBuf>,
    /// Change nothing; list the specs that are not formatted
    #[arg(long)]
    check: bool,
}

/// The result of formatting a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Unchanged,
    Changed,
    Wrong,
}

impl Fmt {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let here = here()?;
        if self.path.iter().any(|path| path.as_os_str() == "-") {
            if self.path.len() > 1 {
                return Err(Failure::wrong("unexpected `-` beside other paths").help("format standard input alone"));
            }
            return self.standard_input(screen);
        }
        let paths = if self.path.is_empty() { vec![Project::of(&here)?.root] } else { self.path.clone() };
        let mut specs = Vec::new();
        for path in &paths {
            let full = here.join(path);
            if full.is_dir() {
                let before = specs.len();
                find(&full, &mut specs, usize::MAX);
                if specs.len() == before {
                    screen.warn(format_args!("no specs in {}", path.display()));
                }
            } else {
                project::not_foreign(&path.display().to_string())?;
                specs.push(full);
            }
        }
        let outcomes: Vec<Outcome> = specs.iter().map(|spec| self.file(screen, spec.strip_prefix(&here).unwrap_or(spec), spec)).collect();
        let changed = outcomes.iter().filter(|outcome| **outcome == Outcome::Changed).count();
        let count = |number: usize| if number == 1 { "1 spec".to_owned() } else { format!("{number} specs") };
        match outcomes.iter().max() {
            Some(Outcome::Wrong) => Err(Failure::Printed(WRONG)),
            Some(Outcome::Changed) if self.check => {
                screen.note(format_args!("{} not formatted; run `ltc fmt`", count(changed)));
                Err(Failure::Printed(UNFORMATTED))
            }
            _ => {
                screen.detail(format_args!("{} formatted, {} unchanged", count(changed), outcomes.len() - changed));
                Ok(())
            }
        }
    }

    fn file(&self, screen: &Screen, shown: &Path, path: &Path) -> Outcome {
        let text = match pipeline::read_spec(path) {
            Ok(text) => text,
            Err(why) => {
                screen.fail(Failure::wrong(format!("cannot read {}: {why}", shown.display())));
                return Outcome::Wrong;
            }
        };
        let Some(formatted) = formatted(screen, &shown.display().to_string(), &text) else { return Outcome::Wrong };
        if formatted == text {
            return Outcome::Unchanged;
        }
        if !self.check
            && let Err(error) = replace(path, &formatted)
        {
            screen.fail(Failure::wrong(format!("cannot write {}: {error}", shown.display())));
            return Outcome::Wrong;
        }
        screen.print_unless_quiet(shown.display());
        Outcome::Changed
    }

    fn standard_input(&self, screen: &Screen) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(pipeline::LARGEST_SPEC + 1).read_to_end(&mut bytes);
        read.map_err(|error| Failure::wrong(format!("cannot read standard input: {error}")))?;
        if bytes.len() as u64 > pipeline::LARGEST_SPEC {
            return Err(Failure::wrong("standard input is too large for a spec"));
        }
        let text = String::from_utf8(bytes).map_err(|_| Failure::wrong("standard input is not UTF-8 text"))?;
        let Some(formatted) = formatted(screen, "standard input", &text) else { return Err(Failure::Printed(WRONG)) };
        if !self.check {
            let written = io::stdout().lock().write_all(formatted.as_bytes());
            return match written {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::wrong(format!("cannot write: {error}"))),
                _ => Ok(()),
            };
        }
        if formatted == text {
            return Ok(());
        }
        screen.note("standard input is not formatted");
        Err(Failure::Printed(UNFORMATTED))
    }
}

/// The formatted text. If it does not parse, prints the diagnostics and returns `None`.
fn formatted(screen: &Screen, shown: &str, text: &str) -> Option<String> {
    match format::format(text) {
        Ok(formatted) => Some(formatted),
        Err(Unformatted::Broken(diagnostics)) => {
            let mut sources = SourceMap::default();
            sources.add(shown, text);
            screen.diagnostics(&diagnostics, &sources);
            None
        }
        Err(Unformatted::Changed) => {
            let message = format!("{shown} is not formatted, because the result would not be the same spec, which is a bug in ltc");
            screen.fail(Failure::Message(message, Some("report it with the spec".to_owned()), WRONG));
            None
        }
    }
}

/// Finds the specs below a folder. It looks at `most` files and folders at most, and skips hidden folders and links to folders.
pub(crate) fn find(folder: &Path, found: &mut Vec<PathBuf>, most: usize) {
    let before = found.len();
    let mut left = most;
    let mut folders = VecDeque::from([folder.to_path_buf()]);
    // Specs near the folder are found first.
    while let Some(folder) = folders.pop_front() {
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let Some(rest) = left.checked_sub(1) else { break };
            left = rest;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) {
                folders.push_back(entry.path());
            } else if !kind.is_dir() && name.ends_with(".lt") && entry.path().is_file() {
                found.push(entry.path());
            }
        }
    }
    found[before..].sort_unstable();
}

/// Replaces a file atomically, so that a full disk or an interruption keeps the old content. A link stays a link.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let written =
        fs::write(&beside, text).and_then(|()| fs::set_permissions(&beside, permissions)).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // The first error has the reason, and the rest of the copy is useless.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_near_the_folder_are_found_within_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["b.lt", "a/far/far/deep.lt", "a/c.lt", "target/x.lt", ".git/x.lt"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = |most: usize| {
            let mut found = Vec::new();
            find(folder.path(), &mut found, most);
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found(usize::MAX), ["a/c.lt", "a/far/far/deep.lt", "b.lt"]);
        // Four files and folders are next to the first one, and two below `a`.
        assert_eq!(found(6), ["a/c.lt", "b.lt"]);
        assert!(found(0).is_empty());
    }
}
