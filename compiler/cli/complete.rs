//! Dynamic completions: the words that a shell offers at the cursor. The shell runs `ltc` (clap_complete's `COMPLETE`), which reads the
//! registered tests and the codes, and asks a test's binary for its options.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap_complete::CompletionCandidate;

use super::build::here;
use super::run::program;
use crate::build::{Builder, Options, Progress};
use crate::diagnostic::Code;
use crate::pipeline;
use crate::project::{self, Project};

/// Names of tests, and paths of specs.
pub(super) fn specs(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let Some(project) = here().ok().and_then(|here| Project::of(&here).ok()) else { return paths(current) };
    let names = project::names(&project).into_iter().filter(|name| name.starts_with(current)).map(CompletionCandidate::new);
    names.chain(paths(current)).collect()
}

/// The folders, and the specs, of the folder that the word names so far.
fn paths(current: &str) -> Vec<CompletionCandidate> {
    let (folder, start) = current.rsplit_once('/').map_or(("", current), |(folder, start)| (folder, start));
    let shown = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let read = fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) });
    let mut found: Vec<String> = read
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| name.starts_with(start) && !name.starts_with('.'))?;
            match entry.path().is_dir() {
                true => Some(format!("{}/", shown(&name))),
                false => name.ends_with(".lt").then(|| shown(&name)),
            }
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(CompletionCandidate::new).collect()
}

/// Names of environments.
pub(super) fn environments(current: &OsStr) -> Vec<CompletionCandidate> {
    let root = here().ok().and_then(|here| Project::of(&here).ok()).map(|project| project.root);
    let entries = root.and_then(|root| fs::read_dir(root.join("config")).ok()).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| ltc_config::environment::name_of(&entry.path())).collect();
    names.retain(|name| name != "common" && current.to_str().is_some_and(|current| name.starts_with(current)));
    names.sort_unstable();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// Codes of diagnostics, with their titles.
pub(super) fn codes(current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy().to_ascii_uppercase();
    let title = |code: &Code| code.page().lines().next().and_then(|line| line.split_once(": ")).map(|(_, title)| title.to_owned());
    let codes = Code::ALL.iter().filter(|code| code.as_str().starts_with(&current));
    codes.map(|code| CompletionCandidate::new(code.as_str()).help(title(code).map(Into::into))).collect()
}

/// The words of `ltc run`: the spec, followed by the completions of that spec's binary.
pub(super) fn run_words(current: &OsStr) -> Vec<CompletionCandidate> {
    match before("run") {
        Some((spec, args)) => of_binary(binary_of(&spec).or_else(any_binary), &args, current),
        None => specs(current),
    }
}

/// The words of `ltc try`: a URL, followed by the completions of a binary.
pub(super) fn try_words(current: &OsStr) -> Vec<CompletionCandidate> {
    before("try").map(|(_, args)| of_binary(any_binary(), &args, current)).unwrap_or_default()
}

/// The words of `ltc report`, `merge` and `compare`, which are those of every binary.
pub(super) fn result_words(current: &OsStr) -> Vec<CompletionCandidate> {
    let line = line().unwrap_or_default();
    let at = line.iter().position(|word| word == "report" || word == "merge" || word == "compare");
    at.map(|at| of_binary(any_binary(), &line[at..], current)).unwrap_or_default()
}

/// Options of `ltc` itself whose value is the next word.
const WITH_VALUE: [&str; 4] = ["--message-format", "--deny", "--color", "--save"];

/// The words of the command line before the cursor.
fn line() -> Option<Vec<OsString>> {
    // The shell's line follows `--`, and a variable has the cursor's index in it.
    let words: Vec<OsString> = std::env::args_os().skip_while(|arg| arg != "--").skip(1).collect();
    let cursor: usize = std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok()).unwrap_or(words.len().max(1) - 1);
    words.get(..cursor).map(<[_]>::to_vec)
}

/// The spec or the URL of a command, and the words between it and the cursor. Returns `None` if the cursor is at the spec itself.
fn before(command: &str) -> Option<(String, Vec<OsString>)> {
    let line = line()?;
    first_word(&line, command).map(|(spec, args)| (spec.to_owned(), args.to_vec()))
}

fn first_word<'l>(line: &'l [OsString], command: &str) -> Option<(&'l str, &'l [OsString])> {
    let rest = &line[line.iter().position(|word| word == command)? + 1..];
    let is_value = |at: usize| at > 0 && WITH_VALUE.iter().any(|option| rest[at - 1] == *option);
    let at = (0..rest.len()).find(|at| !rest[*at].to_string_lossy().starts_with('-') && !is_value(*at))?;
    Some((rest[at].to_str()?, &rest[at + 1..]))
}

/// The binary of a spec, if it has been built.
fn binary_of(spec: &str) -> Option<PathBuf> {
    let found = project::find(&here().ok()?, Some(spec)).ok()?;
    let target = super::build::ConfigurationArgs::default().target(found);
    let name = pipeline::check(&target).ok()?.name;
    Some(program(Path::new(&name))).filter(|path| path.is_file())
}

/// The binary with which this version of ltc reads results, if it has been built. All binaries have the same options.
fn any_binary() -> Option<PathBuf> {
    let builder = Builder::new(Options { progress: Progress::Silent, ..Options::default() }).ok()?;
    Some(super::results::path(&builder)).filter(|path| path.is_file())
}

/// The completions of a binary.
fn of_binary(binary: Option<PathBuf>, args: &[OsString], current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(binary) = binary else { return Vec::new() };
    // Of all shells' formats, that of fish is the simplest: one line for each word, with a tab before its description.
    let asked = Command::new(&binary).env("COMPLETE", "fish").arg("--").arg(&binary).args(args).arg(current).stderr(Stdio::null()).output();
    let text = asked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let line = |line: &str| {
        let (word, help) = line.split_once('\t').map_or((line, None), |(word, help)| (word, Some(help.to_owned())));
        CompletionCandidate::new(word).help(help.map(Into::into))
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_options_are_no_spec() {
        for (line, wanted) in [
            ("ltc run", None),
            ("ltc run shop", Some(("shop", ""))),
            ("ltc run --message-format short shop --debug", Some(("shop", "--debug"))),
            ("ltc --color never run --watch --deny warnings shop", Some(("shop", ""))),
            ("ltc run --color never", None),
        ] {
            let line_words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let found = first_word(&line_words, "run").map(|(spec, args)| (spec, args.join(" ".as_ref()).into_string().unwrap()));
            assert_eq!(found.as_ref().map(|(spec, args)| (*spec, args.as_str())), wanted, "{line}");
        }
    }
}
