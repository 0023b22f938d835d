//! Fixes for the failing examples on the pages of the codes.

use std::collections::HashMap;
use std::path::Path;

use super::analysis::Analysis;
use super::text::Lines;
use super::workspace::Workspace;
use super::{actions, fixes};
use crate::diagnostic::Code;
use crate::pipeline::{OpenFiles, Target};
use crate::span::FileId;

/// The failing example of a code's page.
fn failing(code: Code) -> Option<String> {
    let rest = code.page().split_once("Fails:")?.1.split_once("```lt\n")?.1;
    Some(rest.split("```").next().unwrap_or_default().to_owned())
}

/// The titles of the fixes of a code's failing example.
fn titles(code: Code, text: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let spec = root.join("page.lt");
    let open = OpenFiles::new(HashMap::from([(spec.clone(), text.to_owned())]));
    let analysis = Analysis::new(Target { root, spec, env: Some("test".to_owned()), open, ..Target::default() }).unwrap();
    let whole = Lines::new(text).range(0..text.len());
    let found = actions::actions(&Workspace::default(), &analysis, FileId(0), &whole);
    let of_code = |action: &&serde_json::Value| action["kind"] == "quickfix" && action["diagnostics"][0]["code"] == code.as_str();
    found.as_array().unwrap().iter().filter(of_code).map(|action| action["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_with_one_fix_have_it() {
    // The failing examples of these codes have another mistake, or offer a choice; sessions in `tests/lsp/` cover these codes.
    let others = [Code::Syntax, Code::UnclosedText, Code::UnknownFunction, Code::NotGiven, Code::UnusedParameter];
    let without: Vec<&str> = fixes::FIXED
        .iter()
        .filter(|code| !others.contains(code))
        .filter(|code| failing(**code).is_some_and(|text| titles(**code, &text).is_empty()))
        .map(|code| code.as_str())
        .collect();
    assert!(without.is_empty(), "no fix for the pages of {without:?}");
}

#[test]
fn title_of_a_fix_describes_it() {
    for (code, title) in [
        (Code::StatusOr, "Write `expect 200 | 304`"),
        (Code::LineBreak, "Move `+` to the line before"),
        (Code::NoEnvKey, "Write `url`"),
        (Code::UnusedVariable, "Remove `n`"),
        (Code::ExpectsNothing, "Add `expect 2xx`"),
        (Code::Reversed, "Write `1s..3s`"),
    ] {
        assert_eq!(titles(code, &failing(code).unwrap()), [title], "{}", code.as_str());
    }
}

#[test]
fn example_in_a_help_is_not_a_fix() {
    for code in [Code::BadRegex, Code::Impossible, Code::ChainedComparison, Code::UnknownMethod, Code::SharedByBranches] {
        assert!(titles(code, &failing(code).unwrap()).is_empty(), "{}", code.as_str());
    }
}
