//! Spaces between tokens that are on one line.

use crate::token::Bracket::{Call, Hole, Index, List, Map, Paren};
use crate::token::TokenKind::{self, Close, Colon, Comma, Dot, Minus, Open, PathPart, Range, TextClose, TextOpen, TextPart};

/// Whether there is a space between two tokens of one line.
pub(super) fn has_space(before: TokenKind, after: TokenKind) -> bool {
    match (before, after) {
        // `{{` and `}}` are literal braces.
        (Open(Hole), Open(Map)) | (Close(Map), Close(Hole)) => true,
        (Open(open), Close(close)) if open == close => false,
        (Open(Call | Paren | List | Index | Hole) | Dot | Range | Minus | TextOpen, _) => false,
        (_, Close(Call | Paren | List | Index | Hole) | Open(Call | Index | Hole)) => false,
        (_, Comma | Colon | Dot | Range | TextPart | TextClose | PathPart) => false,
        _ => true,
    }
}
