//! The brackets of a text, and which of them are broken over several lines.

use std::ops::Range;

use crate::token::{Bracket, Token, TokenKind};

/// An element of the layout: a token, or a hole that is copied whole because it has line breaks.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) token: Token,
    /// For an opening bracket: its group.
    pub(super) group: Option<usize>,
}

/// A bracket and what it contains.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) bracket: Bracket,
    /// The indices of the pieces from the opening to the closing bracket.
    pub(super) pieces: Range<usize>,
    /// Whether the author wrote it over several lines.
    pub(super) broken: bool,
    /// The first block of the statement. The blocks of one statement, such as `if` and `else`, are broken together.
    pub(super) chain: usize,
    /// Whether it contains only one other bracket. Then that one is broken instead.
    pub(super) hugs: bool,
    /// Whether it is within a string or a path.
    pub(super) in_hole: bool,
}

impl Group {
    /// Whether it contains nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.len() < 2
    }
}

/// Splits a text into pieces, and finds its groups.
pub(super) fn groups(text: &str, tokens: &[Token]) -> (Vec<Piece>, Vec<Group>) {
    let mut builder = Builder { text, pieces: whole_holes(text, tokens), groups: Vec::new(), open: Vec::new() };
    builder.run();
    let Builder { pieces, mut groups, .. } = builder;
    for group in 0..groups.len() {
        let chain = groups[group].chain;
        groups[chain].broken |= groups[group].broken;
    }
    for group in 0..groups.len() {
        groups[group].broken = groups[groups[group].chain].broken;
    }
    (pieces, groups)
}

/// The pieces of the tokens. The content of a hole with line breaks becomes one piece, because the indentation of a `"""` string depends on
/// all its lines.
fn whole_holes(text: &str, tokens: &[Token]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(tokens.len());
    let mut holes: Vec<usize> = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open(Bracket::Hole) => holes.push(pieces.len()),
            TokenKind::Close(Bracket::Hole) => {
                let start = holes.pop().unwrap_or(pieces.len());
                let range = pieces.get(start).map_or(token.range.start, |first| first.token.range.start)..token.range.end;
                if text[range.clone()].contains(['\n', '\r']) {
                    pieces.truncate(start);
                    let whole = Token { kind: TokenKind::TextPart, range, lines: 0, starts: false, column: None };
                    pieces.push(Piece { token: whole, group: None });
                    continue;
                }
            }
            _ => {}
        }
        pieces.push(Piece { token: token.clone(), group: None });
    }
    pieces
}

/// A group that is not closed yet.
struct OpenGroup {
    group: usize,
    /// Whether there is a line break in it, nested groups included.
    has_lines: bool,
    /// The last block of the current statement, if it has one.
    block: Option<usize>,
}

struct Builder<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    groups: Vec<Group>,
    open: Vec<OpenGroup>,
}

impl Builder<'_> {
    fn run(&mut self) {
        let mut top_block = None;
        for at in 0..self.pieces.len() {
            let Token { kind, range, lines, starts, .. } = self.pieces[at].token.clone();
            let before = at.checked_sub(1).map(|at| self.pieces[at].token.kind);
            let has_lines = lines > 0 || kind == TokenKind::Comment || self.text[range].contains('\n');
            if let Some(open) = self.open.last_mut() {
                open.has_lines |= has_lines;
                let is_edge = matches!(before, Some(TokenKind::Open(_))) || matches!(kind, TokenKind::Close(_));
                let is_item = before == Some(TokenKind::Comma) && self.groups[open.group].bracket.has_commas();
                self.groups[open.group].broken |= kind == TokenKind::Comment || lines > 0 && (is_edge || is_item);
            }
            let block = self.open.last_mut().map_or(&mut top_block, |open| &mut open.block);
            if starts {
                *block = None;
            }
            match kind {
                TokenKind::Open(bracket) => {
                    let group = self.groups.len();
                    let mut chain = group;
                    if bracket == Bracket::Block {
                        chain = block.map_or(group, |previous: usize| self.groups[previous].chain);
                        *block = Some(group);
                    }
                    let in_hole = bracket == Bracket::Hole || self.open.last().is_some_and(|open| self.groups[open.group].in_hole);
                    self.groups.push(Group { bracket, pieces: at..at, broken: false, chain, hugs: false, in_hole });
                    self.pieces[at].group = Some(group);
                    self.open.push(OpenGroup { group, has_lines: false, block: None });
                }
                TokenKind::Close(_) => self.close(at),
                _ => {}
            }
        }
    }

    fn close(&mut self, at: usize) {
        let Some(closed) = self.open.pop() else { return };
        let group = &mut self.groups[closed.group];
        group.pieces.end = at;
        group.broken |= group.bracket == Bracket::Block && closed.has_lines;
        let inner = self.pieces[group.pieces.start + 1].group.map_or(at, |inner| self.groups[inner].pieces.end);
        let is_comma = self.pieces[at - 1].token.kind == TokenKind::Comma;
        let group = &mut self.groups[closed.group];
        group.hugs = matches!(group.bracket, Bracket::Call | Bracket::List) && inner == at - 1 - usize::from(is_comma);
        group.broken &= !group.in_hole && !group.hugs;
        if let Some(outer) = self.open.last_mut() {
            outer.has_lines |= closed.has_lines;
        }
    }
}
