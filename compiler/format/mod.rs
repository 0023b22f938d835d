//! The canonical form of a spec: `ltc fmt`, and formatting in editors.
//!
//! The formatter lays out the tokens of a text anew. It changes only white space, `;`, and the comma after the last item of a bracket, and
//! it keeps the author's decisions: a block or a bracket with line breaks is written over several lines, one item on each; one without is
//! written on one line if it fits. A line break after an operator or `=` stays, and so does one empty line between lines.
//!
//! `groups` finds the brackets and which of them have line breaks, `spacing` decides where spaces go, `print` makes lines, and `align` puts
//! neighboring lines into columns. Each step is linear in the length of the text.
//!
//! **Invariants.** A text that does not parse is not changed. The tree of the result is the tree of the text, apart from locations.
//! Formatting a result again does not change it.

mod align;
#[cfg(test)]
mod generated_tests;
mod groups;
mod print;
mod spacing;
#[cfg(test)]
mod tests;
mod texts;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::parse;
use crate::span::FileId;
use crate::token::{Token, TokenKind};

/// The longest line, in characters, that is not broken. Comments at the ends of lines do not count.
pub const WIDTH: usize = 120;

/// Why a text has no canonical form.
#[derive(Clone, Debug)]
pub enum Unformatted {
    /// It does not parse.
    Broken(Diagnostics),
    /// The result would not have the same tokens, which is a bug in ltc.
    Changed,
}

/// The canonical form of a text.
///
/// # Errors
/// If the text does not parse.
pub fn format(text: &str) -> Result<String, Unformatted> {
    let (_, diagnostics) = parse::parse(text, FileId(0));
    let errors: Diagnostics = diagnostics.iter().filter(|found| Diagnostic::is_error(found)).cloned().collect();
    if !errors.is_empty() {
        return Err(Unformatted::Broken(errors));
    }
    let tokens = parse::tokens(text).ok_or(Unformatted::Changed)?;
    let is_crlf = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    let formatted = print::print(text, &tokens, if is_crlf { "\r\n" } else { "\n" });
    let same = parse::tokens(&formatted).is_some_and(|after| has_same_tokens((text, &tokens), (&formatted, &after)));
    if same { Ok(formatted) } else { Err(Unformatted::Changed) }
}

/// Whether two texts have the same tokens, apart from the commas after last items and the indentation of strings.
fn has_same_tokens(before: (&str, &[Token]), after: (&str, &[Token])) -> bool {
    let (mut left, mut right) = (code(before), code(after));
    let comments = |(text, tokens): (&'_ str, &'_ [Token])| -> Vec<String> {
        let comments = tokens.iter().filter(|token| token.kind == TokenKind::Comment);
        comments.map(|token| text[token.range.clone()].trim_end().to_owned()).collect()
    };
    loop {
        match (left.next(), right.next()) {
            (None, None) => return comments(before) == comments(after),
            (Some((kind, one)), Some((other_kind, other))) if kind == other_kind => {
                let is_same = one == other || one.lines().map(str::trim_start).eq(other.lines().map(str::trim_start));
                if !is_same {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// The tokens without comments and without commas after last items.
fn code<'t>((text, tokens): (&'t str, &'t [Token])) -> impl Iterator<Item = (TokenKind, &'t str)> {
    let mut code = tokens.iter().filter(|token| token.kind != TokenKind::Comment).peekable();
    std::iter::from_fn(move || {
        let mut token = code.next()?;
        if token.kind == TokenKind::Comma
            && let Some(close) = code.next_if(|next| matches!(next.kind, TokenKind::Close(bracket) if bracket.has_commas()))
        {
            token = close;
        }
        Some((token.kind, &text[token.range.clone()]))
    })
}
