//! From text to tree. Parsing is pure and cannot fail: what does not parse is a broken node in the tree and a diagnostic beside it.
//!
//! First a linear scan (`scan`) finds what would lead the grammar astray: texts and brackets that are never closed, signs that have no
//! place; it reports them and mends the text, so that pest sees balanced brackets. Then the grammar swallows what does not parse
//! within its member, and `broken` says of each such place what was expected. Pest's rules and pairs stay inside this module.

mod api;
mod broken;
mod build;
mod expr;
mod item;
mod matcher;
mod scan;
mod slips;
mod stmt;
mod text;

#[cfg(test)]
mod tests;

use ltc_grammar::{LtParser, Rule};
use pest::Parser;

use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::{FileId, Span};

/// Parses one file.
pub fn parse(text: &str, file: FileId) -> (ast::File, Vec<Diagnostic>) {
    let scanned = scan::scan(text, file);
    let mut diagnostics = scanned.diagnostics;
    let mut tree = ast::File::default();
    for chunk in &scanned.chunks {
        match LtParser::parse(Rule::file, &chunk.text) {
            Ok(pairs) => {
                let mut builder = build::Builder::new(file, chunk, &mut diagnostics);
                tree.items.extend(builder.file(pairs));
            }
            Err(error) => {
                let at = match error.location {
                    pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
                };
                let span = Span::new(file, chunk.source(at), chunk.source(at));
                diagnostics.push(Diagnostic::new(Code::Syntax, span, "the file cannot be read from here on"));
                tree.items.push(ast::Item::Broken(span));
            }
        }
    }
    diagnostics.sort_by_key(|d| d.labels.first().map_or(0, |(span, _)| span.start));
    (tree, diagnostics)
}
