//! From text to tree. Parsing is pure and cannot fail: what does not parse is a broken node in the tree and a diagnostic beside it.
//!
//! First a linear scan (`scan`) finds what would lead the grammar astray: texts and brackets that are never closed, signs that have no
//! place; it reports them and mends the text, so that pest sees balanced brackets. Then the grammar swallows what does not parse
//! within its member, and `broken` says of each such place what was expected. Pest's rules and pairs stay inside this module.

mod api;
mod broken;
mod build;
mod expr;
mod habits;
mod item;
mod matcher;
mod mend;
mod scan;
mod slips;
mod stmt;
mod text;

#[cfg(test)]
mod tests;

use ltc_grammar::{LtParser, Rule};
use pest::Parser;
use pest::error::InputLocation;

use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::{FileId, Span};

/// Parses one file.
pub fn parse(text: &str, file: FileId) -> (ast::File, Vec<Diagnostic>) {
    let scan::Scanned { mended, mut diagnostics } = scan::scan(text, file);
    let mut tree = ast::File::default();
    let whole = Span::new(file, 0, text.len());
    let Some(mended) = mended else {
        tree.items.push(ast::Item::Broken(whole));
        return (tree, diagnostics);
    };
    match LtParser::parse(Rule::file, &mended.text) {
        Ok(pairs) => tree.items = build::Builder::new(file, &mended, &mut diagnostics).file(pairs),
        Err(error) => {
            // The grammar takes any text with balanced brackets; should it ever not, it is said, not hidden.
            let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
            let span = Span::new(file, mended.source(at), mended.source(at));
            diagnostics.push(Diagnostic::new(Code::Syntax, span, "the file cannot be read from here on"));
            tree.items.push(ast::Item::Broken(whole));
        }
    }
    diagnostics.sort_by_key(|d| d.labels.first().map_or(0, |(span, _)| span.start));
    (tree, diagnostics)
}
