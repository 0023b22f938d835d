//! From text to tree. Parsing is pure and cannot fail: what does not parse is a broken node in the tree and a diagnostic beside it.
//!
//! First a linear scan (`scan`) finds what would lead the grammar astray: texts and brackets that are never closed, signs that have no
//! place; it reports them and edits the text, so that pest sees balanced brackets. Then the grammar swallows what does not parse
//! within its member, and `broken` says of each such place what was expected. Where that was the head of a block, it is repaired and the
//! text parsed once more, for the contents of the block. Pest's rules and pairs stay inside this module.
//!
//! # Names are contracts
//!
//! - A method of `TreeBuilder` with the name of a rule of the grammar (`stmt`, `take_source`) takes a pair of that rule and gives its node. What the
//!   pair contains is the grammar's promise, so no such method fails: a writer's mistake becomes a diagnostic and a broken node.
//! - `only` and `kids` give the parts of a pair that carry meaning. They rely on the grammar: where it broke its promise, that is our bug.
//! - `bind` reads a name that is declared from here on and refuses reserved words; `word` reads a name that is used.
//! - In `errors`, a function of a `ParseStop` that gives an `Option<Mistake>` recognizes some mistakes and gives `None` for all others. `found` is a mistake
//!   where parsing stopped, `found_at` one at the bytes that it names.
//! - In `lexical_fixes`, a function gets the cursor on the character that it is about. It leaves the cursor there and returns `false`, or reports,
//!   edits and moves the cursor behind what it has explained.
//! - Rules of the grammar: `kw_x` is the word `x`, `p_x` a mark, `flag_x` a word that may be absent, `only_x` is `x` to its end (run again over broken
//!   text), `broken` and `broken_top` are what did not parse.

mod build;
mod builder;
mod cursor;
mod edits;
mod errors;
mod lexical_fixes;
mod scan;
mod scan_texts;
mod tokens;

#[cfg(test)]
mod tests;

pub use ltc_grammar::words::{PREDEFINED, is_reserved};
use ltc_grammar::{LtParser, Rule};
use pest::Parser;
use pest::error::InputLocation;
pub use tokens::{tokens, tokens_of_any};

use crate::ast;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::span::{FileId, Span};

/// Parses one file.
pub fn parse(text: &str, file: FileId) -> (ast::File, Diagnostics) {
    let scan::Scanned { edited, mut diagnostics } = scan::scan(text, file);
    let mut tree = ast::File::default();
    let whole = Span::new(file, 0, text.len());
    let Some(mut edited) = edited else {
        tree.items.push(ast::Item::Broken(whole));
        return (tree, diagnostics);
    };
    let scanned = diagnostics.clone();
    for round in 0..=errors::ROUNDS {
        let mut found = Diagnostics::default();
        let repairs = match LtParser::parse(Rule::file, &edited.text) {
            Ok(pairs) => {
                let mut builder = builder::TreeBuilder::new(file, &edited, &scanned, &mut found);
                tree.items = builder.file(pairs);
                builder.repairs
            }
            Err(error) => {
                // The grammar takes any text with balanced brackets; should it ever not, it is said, not hidden.
                let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
                let span = Span::new(file, edited.source(at), edited.source(at));
                found.push(Diagnostic::new(Code::Syntax, span, "the rest of the file cannot be parsed"));
                tree.items = vec![ast::Item::Broken(whole)];
                Vec::new()
            }
        };
        if repairs.is_empty() || round == errors::ROUNDS {
            diagnostics.append(found);
            break;
        }
        for repair in repairs {
            edited.replace(repair.place, &repair.with);
            tree.repaired.push(repair.span);
            diagnostics.push(repair.diagnostic);
        }
    }
    tree.incomplete = diagnostics.iter().any(Diagnostic::is_error);
    diagnostics.sort_by_key(|d| d.labels.first().map_or(0, |(span, _)| span.start));
    (tree, diagnostics)
}
