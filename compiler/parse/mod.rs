//! Parses text into a tree. Parsing is pure and cannot fail: text that does not parse becomes a broken node in the tree and a diagnostic
//! beside it.
//!
//! First a linear scan (`scan`) finds errors that would mislead the grammar: texts and brackets that are never closed, and stray
//! characters. It reports them and edits the text, so that pest sees balanced brackets. Then the grammar skips text that does not parse up
//! to the end of its member, and `broken` reports what was expected there. If the head of a block is broken, it is replaced and the text is
//! parsed once more, so that the content of the block is checked too. Pest's rules and pairs stay inside this module.
//!
//! # Names are contracts
//!
//! - A method of `TreeBuilder` with the name of a rule of the grammar (`stmt`, `take_source`) takes a pair of that rule and returns its
//!   node. The grammar guarantees the content of the pair, so no such method fails: a writer's mistake becomes a diagnostic and a broken
//!   node.
//! - `only` and `children` return the parts of a pair that carry meaning. They rely on the grammar's guarantees; a violation is a bug in ltc.
//! - `bind` reads a name that is being declared and rejects reserved words; `word` reads a name that is used.
//! - In `errors`, a function that takes a `ParseStop` and returns an `Option<Mistake>` recognizes certain mistakes and returns `None` for
//!   all others. `found` is a mistake where parsing stopped, `found_at` one at the given bytes.
//! - In `lexical_fixes`, a function is called with the cursor on the character in question. It leaves the cursor there and returns `false`,
//!   or it reports, edits and moves the cursor past the text that it has explained.
//! - Rules of the grammar: `kw_x` is the word `x`, `p_x` a mark, `flag_x` an optional word, `only_x` is `x` up to the end of the text
//!   (applied again to broken text), and `broken` and `broken_top` are text that does not parse.

mod build;
mod builder;
mod cursor;
mod edits;
mod errors;
mod lexical_fixes;
mod placeholders;
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

/// The stack for the deepest text that the scan accepts. Only used parts of it take memory.
const STACK_BYTES: usize = 64 << 20;

/// Does work on a stack that suffices for it, whatever thread asks for it.
fn on_deep_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_BYTES / 2, STACK_BYTES, work)
}

/// Parses one file.
pub fn parse(text: &str, file: FileId) -> (ast::File, Diagnostics) {
    on_deep_stack(|| parse_here(text, file))
}

fn parse_here(text: &str, file: FileId) -> (ast::File, Diagnostics) {
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
        let mut rewritten = Vec::new();
        let mut repairs = match LtParser::parse(Rule::file, &edited.text) {
            Ok(pairs) => {
                let mut builder = builder::TreeBuilder::new(file, &edited, &scanned, &mut found);
                tree.items = builder.file(pairs);
                rewritten = builder.rewritten;
                builder.repairs
            }
            Err(error) => {
                // The grammar accepts any text with balanced brackets. If it ever does not, this reports an error instead of hiding it.
                let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
                let span = Span::new(file, edited.source(at), edited.source(at));
                found.push(Diagnostic::new(Code::Syntax, span, "the rest of the file cannot be parsed"));
                tree.items = vec![ast::Item::Broken(whole)];
                Vec::new()
            }
        };
        // A head that its repair does not change would only be reported again.
        repairs.retain(|repair| edited.text.get(repair.place.clone()) != Some(repair.with.as_str()));
        if repairs.is_empty() || round == errors::ROUNDS {
            let is_rewritten = |span: &Span| rewritten.iter().any(|whole| whole.start <= span.start && span.end <= whole.end);
            diagnostics.retain(|found| found.code != Code::SingleQuotes || !found.labels.iter().all(|(span, _)| is_rewritten(span)));
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
