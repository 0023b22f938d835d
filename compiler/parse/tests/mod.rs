//! Tests of parsing, by subject.

use super::parse;
use crate::ast::File;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::FileId;

/// The specs of the design, and one that has every construct.
const SPECS: &[(&str, &str)] = &[
    ("graph", include_str!("specs/graph.lt")),
    ("notes", include_str!("specs/notes.lt")),
    ("shop", include_str!("specs/shop.lt")),
    ("signed", include_str!("specs/signed.lt")),
    ("tpdata", include_str!("specs/tpdata.lt")),
    ("all", include_str!("specs/all.lt")),
];

fn run(text: &str) -> (File, Diagnostics) {
    parse(text, FileId(0))
}

fn shown(text: &str, diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|d| {
            let span = d.labels[0].0;
            let line = text[..span.range().start.min(text.len())].matches('\n').count() + 1;
            let at = text.get(span.range()).unwrap_or("?");
            format!("{line}: {} {} [{at}] {} ({})\n", d.code.as_str(), d.message, d.labels[0].1, d.help.as_deref().unwrap_or(""))
        })
        .collect()
}

#[test]
fn specs_parse_without_diagnostics() {
    for (name, text) in SPECS {
        let (_, diagnostics) = run(text);
        assert!(diagnostics.is_empty(), "{name}:\n{}", shown(text, &diagnostics));
    }
}

mod fuzz;
mod pages;
mod rules;
mod tree;
