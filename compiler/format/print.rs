//! Prints pieces and groups as lines.

use super::WIDTH;
use super::align::{self, Line};
use super::groups::{Group, Piece, groups};
use super::spacing::has_space;
use super::texts;
use crate::token::{Bracket, Column, Token, TokenKind, WordClass};

/// The text of `tokens` in the canonical form; its lines end in `line_end`.
pub(super) fn print(text: &str, tokens: &[Token], line_end: &str) -> String {
    let (pieces, groups) = groups(text, tokens);
    let strings = texts::string_ends(text, &pieces);
    let mut printer = Printer::new(text, &pieces, &groups, &strings);
    for at in 0..pieces.len() {
        printer.piece(at);
    }
    align::text(printer.lines, line_end)
}

/// A bracket that is printed but not closed yet.
#[derive(Clone, Copy)]
struct Open {
    group: usize,
    broken: bool,
    /// The indentation of the line with the opening bracket.
    indent: usize,
}

struct Printer<'t> {
    text: &'t str,
    pieces: &'t [Piece],
    groups: &'t [Group],
    /// The remaining strings over several lines: the piece that begins each, and its end.
    strings: &'t [(usize, usize)],
    /// For each piece, the last one before it that is not a comment.
    code_before: Vec<Option<usize>>,
    open: Vec<Open>,
    /// For each group, whether it and the blocks of its chain are broken.
    decided: Vec<bool>,
    lines: Vec<Line<'t>>,
    /// The end of the current string, and how far its lines move.
    string: (usize, isize),
}

/// The separator between a piece and the one before it.
enum Gap {
    None,
    Space,
    Semicolon,
    /// A line break with this indentation, and whether an empty line comes first.
    Line(usize, bool),
}

impl<'t> Printer<'t> {
    fn new(text: &'t str, pieces: &'t [Piece], groups: &'t [Group], strings: &'t [(usize, usize)]) -> Self {
        let mut last = None;
        let mut code_before = Vec::with_capacity(pieces.len());
        for (at, piece) in pieces.iter().enumerate() {
            code_before.push(last);
            if piece.token.kind != TokenKind::Comment {
                last = Some(at);
            }
        }
        let decided = vec![false; groups.len()];
        Self { text, pieces, groups, strings, code_before, open: Vec::new(), decided, lines: Vec::new(), string: (0, 0) }
    }

    fn token(&self, at: usize) -> &'t Token {
        &self.pieces[at].token
    }

    fn kind(&self, at: usize) -> TokenKind {
        self.pieces[at].token.kind
    }

    fn written(&self, at: usize) -> &'t str {
        &self.text[self.token(at).range.clone()]
    }

    /// Whether only comments and a comma are between the piece and the end of a bracket with commas.
    fn is_last_in(&self, at: usize, group: &Group) -> bool {
        let close = group.pieces.end;
        let last = self.code_before[close]
            .filter(|last| self.kind(*last) == TokenKind::Comma)
            .map_or(self.code_before[close], |comma| self.code_before[comma]);
        group.bracket.has_commas() && last == Some(at)
    }

    /// Whether this comma follows the last item of a bracket: only a broken one has it.
    fn is_last_comma(&self, at: usize) -> bool {
        self.pieces.get(at + 1).is_some_and(|next| matches!(next.token.kind, TokenKind::Close(bracket) if bracket.has_commas()))
    }

    /// The indentation of the content of a broken bracket.
    fn indent(&self) -> usize {
        self.open.iter().rev().find(|open| open.broken).map_or(0, |open| open.indent + 2)
    }

    fn piece(&mut self, at: usize) {
        let token = self.token(at);
        let around = self.open.last().map(|open| &self.groups[open.group]);
        if token.kind == TokenKind::Comma
            && around.is_some_and(|group| group.bracket.has_commas() && self.code_before[group.pieces.end] == Some(at))
        {
            return;
        }
        if token.kind == TokenKind::Comment && !token.starts && token.lines == 0 {
            let comment = self.written(at).trim_end();
            if let Some(line) = self.lines.last_mut() {
                line.comment = Some(comment);
            }
            return;
        }
        match self.gap(at) {
            Gap::None => {}
            Gap::Space => self.push(" "),
            Gap::Semicolon => self.push("; "),
            Gap::Line(indent, blank) => {
                self.lines.push(Line::new(indent, blank, token.starts, token.kind == TokenKind::Comment));
            }
        }
        if let TokenKind::Close(_) = token.kind {
            self.open.pop();
        }
        self.write(at);
        if let Some(group) = self.pieces[at].group {
            let broken = self.breaks(at, group);
            let Some(line) = self.lines.last_mut() else { return };
            if broken && line.column.is_some_and(|(column, ..)| column == Column::Step) {
                line.column = None;
            }
            self.open.push(Open { group, broken, indent: line.indent });
        } else if self.open.last().is_some_and(|open| open.broken && self.is_last_in(at, &self.groups[open.group])) {
            self.push(",");
        }
    }

    fn push(&mut self, part: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.push(part);
        }
    }

    fn write(&mut self, at: usize) {
        let written = self.written(at);
        let token = self.token(at);
        let is_broken = self.open.last().is_none_or(|open| open.broken);
        let Some(line) = self.lines.last_mut() else { return };
        if let Some(column) = token.column
            && line.starts
            && is_broken
            && line.column.is_none()
        {
            line.column = Some((column, line.text.len(), line.width()));
        }
        if let Some(((begin, end), rest)) = self.strings.split_first().map(|(first, rest)| (*first, rest))
            && begin == at
        {
            self.strings = rest;
            let start = token.range.start;
            self.string = (end, texts::shift(&self.text[start..end], texts::indent_at(self.text, start), line.last_indent()));
        }
        let (end, shift) = self.string;
        if token.range.start < end && shift != 0 {
            let mut moved = String::with_capacity(written.len());
            texts::push_shifted(written, shift, &mut moved);
            line.push(&moved);
        } else {
            line.push(if token.kind == TokenKind::Comment { written.trim_end() } else { written });
        }
    }

    fn gap(&self, at: usize) -> Gap {
        let Some(before) = at.checked_sub(1) else { return Gap::Line(0, false) };
        let token = self.token(at);
        let blank = token.lines > 1;
        let open = self.open.last();
        let is_broken = open.is_none_or(|open| open.broken);
        let follows_open = matches!(self.kind(before), TokenKind::Open(_));
        if let (TokenKind::Close(_), Some(Open { broken: true, indent, .. })) = (token.kind, open) {
            return Gap::Line(*indent, false);
        }
        if token.starts {
            return match (is_broken, follows_open) {
                (true, _) => Gap::Line(self.indent(), blank && !follows_open),
                (false, true) => Gap::Space,
                (false, false) => Gap::Semicolon,
            };
        }
        if let Some(Open { broken: true, group, .. }) = open {
            let group = &self.groups[*group];
            let code = self.code_before[at];
            let is_item = match code.map(|at| self.kind(at)) {
                Some(TokenKind::Open(_)) => true,
                Some(TokenKind::Comma) => group.bracket.has_commas(),
                _ => false,
            };
            let is_after_last = token.kind == TokenKind::Comment && code.is_some_and(|code| self.is_last_in(code, group));
            if is_item || is_after_last {
                return Gap::Line(self.indent(), blank && !follows_open);
            }
        }
        if self.continues(at) {
            return Gap::Line(self.indent() + 2, false);
        }
        if has_space(self.kind(before), token.kind) { Gap::Space } else { Gap::None }
    }

    /// Whether the author's line break before the piece, within a statement, stays.
    fn continues(&self, at: usize) -> bool {
        if self.kind(at - 1) == TokenKind::Comment || self.kind(at) == TokenKind::Comment {
            return true;
        }
        self.token(at).lines > 0
            && match self.kind(at - 1) {
                TokenKind::Operator | TokenKind::Assign => true,
                // Before a closing bracket it is the last comma, which is not printed.
                TokenKind::Comma => !matches!(self.kind(at), TokenKind::Close(_)),
                TokenKind::Word(WordClass::Keyword) => matches!(self.written(at - 1), "and" | "or" | "in" | "then" | "else"),
                _ => false,
            }
    }

    /// Whether the bracket that was just printed is broken: because the author broke it, or because the line would be too long.
    fn breaks(&mut self, at: usize, group: usize) -> bool {
        let Group { bracket, broken, hugs, in_hole, chain, .. } = self.groups[group];
        let may = !in_hole && !hugs && (bracket.has_commas() || bracket == Bracket::Block);
        // The blocks of one statement are broken together: the first one decides.
        self.decided[group] = if chain == group { broken || may && !self.fits(at, chain) } else { self.decided[chain] };
        self.decided[group] && !self.groups[group].is_empty()
    }

    /// Whether the line stays within the width if the bracket of `chain` that was just printed is not broken. The line ends at the next
    /// bracket that can be broken.
    fn fits(&self, at: usize, chain: usize) -> bool {
        let mut width = self.lines.last().map_or(0, Line::width);
        let mut depth = 1;
        let mut around = self.open.len();
        for at in at + 1..self.pieces.len() {
            let token = self.token(at);
            if token.kind == TokenKind::Comment || self.continues(at) {
                break;
            }
            if depth == 0 {
                let outer = around.checked_sub(1).map(|n| self.open[n]);
                let has_commas = outer.is_some_and(|open| self.groups[open.group].bracket.has_commas());
                let is_close = matches!(token.kind, TokenKind::Close(_));
                let is_line = is_close || token.starts || has_commas && self.kind(at - 1) == TokenKind::Comma;
                if is_line && outer.is_none_or(|open| open.broken) {
                    width += usize::from(is_close && has_commas && self.kind(at - 1) != TokenKind::Comma);
                    break;
                }
            } else if self.pieces[at - 1].group.is_some_and(|group| self.groups[group].broken && !self.groups[group].is_empty()) {
                break;
            }
            let is_broken = depth == 0 && around.checked_sub(1).is_none_or(|n| self.open[n].broken);
            if token.kind == TokenKind::Comma && !is_broken && self.is_last_comma(at) {
                continue;
            }
            let follows_open = matches!(self.kind(at - 1), TokenKind::Open(_));
            let spaces = if token.starts && !follows_open { 2 } else { usize::from(has_space(self.kind(at - 1), token.kind)) };
            let written = self.written(at);
            width += spaces + written.lines().next().unwrap_or_default().chars().count();
            if width > WIDTH || written.contains('\n') {
                break;
            }
            match (token.kind, self.pieces[at].group) {
                (TokenKind::Open(bracket), Some(group)) => {
                    let is_own = self.groups[group].chain == chain;
                    if depth == 0 && !is_own && (bracket.has_commas() || bracket == Bracket::Block) {
                        break;
                    }
                    depth += 1;
                }
                (TokenKind::Close(_), _) if depth > 0 => depth -= 1,
                (TokenKind::Close(_), _) => around = around.saturating_sub(1),
                _ => {}
            }
        }
        width <= WIDTH
    }
}
