//! The specs of the tree, cut, doubled and spliced: no phase panics, every location is within the text, and what has no error becomes Rust.
//!
//! `PROPTEST_CASES=100000 cargo test --test it mutated` tries more of them.

use std::path::{Path, PathBuf};

use ltc::check::{Assets, Input, ParsedFile, check};
use ltc::diagnostic::Diagnostic;
use ltc::diagnostic::render::{Style, render};
use ltc::emit::{EmitInput, emit};
use ltc::format::{Unformatted, format};
use ltc::parse::parse;
use ltc::source::SourceMap;
use ltc::span::FileId;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::choices::Choices;
use super::config;
use crate::project::root;

/// The longest piece of a spec that is mutated, in bytes.
const PIECE_MAX: usize = 2_000;

/// Characters that open, close or join something, and some that do not belong into a spec.
const ODD: &[&str] = &[
    "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "~ /", "/", "\\", "$", "=", "|", ".", "..", "\n", "\r", ";", "#", "@", "é", "\0",
    "\u{feff}", "\u{201c}", "'", "not ", "else ", "5", "-", "all ", "json ", "header(", "in ",
];

fn mutated(specs: &[String], list: &[u16]) -> String {
    let choices = &mut Choices::new(list);
    let mut text = piece(specs, choices).to_owned();
    while choices.is_left() {
        let (start, end) = range(&text, choices);
        match choices.below(5) {
            0 => text.replace_range(start..end, ""),
            1 => {
                let doubled = text[start..end].to_owned();
                text.insert_str(start, &doubled);
            }
            2 => text.insert_str(start, choices.one_of(ODD)),
            3 => {
                let other = piece(specs, choices);
                let (from, to) = range(other, choices);
                text.replace_range(start..end, &other[from..to]);
            }
            _ => text.truncate(text.floor_char_boundary(text.len() / 2 + start / 2)),
        }
    }
    text
}

/// A piece of a spec, from the beginning of a line.
fn piece<'s>(specs: &'s [String], choices: &mut Choices<'_>) -> &'s str {
    let text = &specs[choices.below(specs.len())];
    let start = text[..text.floor_char_boundary(choices.below(text.len()))].rfind('\n').map_or(0, |at| at + 1);
    &text[start..text.floor_char_boundary(start + PIECE_MAX)]
}

/// A short range of a text.
fn range(text: &str, choices: &mut Choices<'_>) -> (usize, usize) {
    let start = text.floor_char_boundary(choices.below(text.len()));
    (start, text.ceil_char_boundary((start + choices.below(40)).min(text.len())))
}

fn try_it(text: &str) -> Result<(), TestCaseError> {
    let (ast, mut diagnostics) = parse(text, FileId(0));
    let files = [ParsedFile { path: "x.lt".to_owned(), text, ast: &ast, imports: vec![None; text.matches("import").count()] }];
    let (program, found) = check(&Input { name: "x", files: &files, env: None, assets: &Assets::new() });
    diagnostics.append(found);
    for (span, _) in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        prop_assert!(text.get(span.range()).is_some(), "{span:?} in {text}");
    }
    let mut sources = SourceMap::default();
    sources.add("x.lt", text);
    let _ = render(&diagnostics, &sources, Style::plain());
    prop_assert!(!matches!(format(text), Err(Unformatted::Changed)), "{text}");
    let is_wrong = diagnostics.iter().any(Diagnostic::is_error);
    prop_assert!(program.is_some() || is_wrong, "{text}");
    if let Some(program) = program.filter(|_| !is_wrong) {
        let input = EmitInput { locate: &|_| (0, 1, 1), spec: "x.lt", profile: None, environments: &[] };
        let emitted = emit(&program, &input).map_err(|why| TestCaseError::fail(format!("{why}\n{text}")))?;
        prop_assert!(syn::parse_file(&emitted.main).is_ok(), "{text}");
    }
    Ok(())
}

/// The texts of all specs in a folder.
fn read(folder: &Path, specs: &mut Vec<String>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, specs);
        } else if path.extension().is_some_and(|ending| ending == "lt") {
            specs.extend(std::fs::read_to_string(&path).ok().filter(|text| !text.is_empty()));
        }
    }
}

#[test]
fn mutated_specs_neither_panic_nor_mislead() {
    let mut specs = Vec::new();
    ["specs", "tests", "compiler", "bench"].into_iter().for_each(|folder| read(&root().join(folder), &mut specs));
    assert!(specs.len() > 100, "{} specs", specs.len());
    TestRunner::new(config(400)).run(&prop::collection::vec(any::<u16>(), 2..40), |list| try_it(&mutated(&specs, &list))).unwrap();
}
