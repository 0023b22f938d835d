//! Dynamic completions: the words that a shell offers at the cursor. The shell runs `ltc` (clap_complete's `COMPLETE`), which reads the
//! registered tests and the codes, and asks a test's binary for its options.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap_complete::CompletionCandidate;

use super::build::here;
use super::run::program;
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
    match before() {
        Some((spec, args)) => of_binary(&spec, &args, current),
        None => specs(current),
    }
}

/// The spec on the command line, and the words between it and the cursor. Returns `None` if the cursor is at the spec itself.
fn before() -> Option<(String, Vec<OsString>)> {
    // The shell's line follows `--`, and a variable has the cursor's index in it.
    let words: Vec<OsString> = std::env::args_os().skip_while(|arg| arg != "--").skip(1).collect();
    let cursor: usize = std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok()).unwrap_or(words.len().max(1) - 1);
    let line = words.get(..cursor)?;
    let run = line.iter().position(|word| word == "run")?;
    let rest = &line[run + 1..];
    let spec = rest.iter().position(|word| !word.to_string_lossy().starts_with('-'))?;
    Some((rest[spec].to_str()?.to_owned(), rest[spec + 1..].to_vec()))
}

/// The completions of a built binary; empty if it has not been built.
fn of_binary(spec: &str, args: &[OsString], current: &OsStr) -> Vec<CompletionCandidate> {
    let binary = || {
        let found = project::find(&here().ok()?, Some(spec)).ok()?;
        let target = super::build::ConfigurationArgs::default().target(found);
        let name = pipeline::check(&target).ok()?.name;
        Some(program(Path::new(&name))).filter(|path| path.is_file())
    };
    let Some(binary) = binary() else { return Vec::new() };
    // Of all shells' formats, that of fish is the simplest: one line for each word, with a tab before its description.
    let asked = Command::new(&binary).env("COMPLETE", "fish").arg("--").arg(&binary).args(args).arg(current).stderr(Stdio::null()).output();
    let text = asked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let line = |line: &str| {
        let (word, help) = line.split_once('\t').map_or((line, None), |(word, help)| (word, Some(help.to_owned())));
        CompletionCandidate::new(word).help(help.map(Into::into))
    };
    text.lines().map(line).collect()
}
