//! Converts the grammar's pairs to tokens.
//!
//! Pairs without parts are tokens. Between them are white space, comments, `;` and the marks that the grammar writes as literals. So a new
//! rule of the grammar needs no change here, unless its words need their own class.

use ltc_grammar::{LtParser, Rule};
use pest::Parser;

use super::edits::EditedText;
use super::{on_deep_stack, scan};
use crate::diagnostic::Diagnostic;
use crate::span::FileId;
use crate::token::{Bracket, Column, Token, TokenKind, WordClass};

/// The tokens of a text; `None` if it does not parse.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    let scanned = scan::scan(text, FileId(0));
    if scanned.diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let (tokens, is_whole) = lex(&scanned.edited?);
    is_whole.then_some(tokens)
}

/// The tokens of any text. Text that does not parse is split into words, numbers, strings and signs.
pub fn tokens_of_any(text: &str) -> Vec<Token> {
    scan::scan(text, FileId(0)).edited.map_or_else(Vec::new, |edited| lex(&edited).0)
}

/// The tokens of a scanned text, and whether all of it parses.
fn lex(edited: &EditedText<'_>) -> (Vec<Token>, bool) {
    let Ok(pairs) = on_deep_stack(|| LtParser::parse(Rule::file, &edited.text)) else { return (Vec::new(), false) };
    let mut events = pairs.tokens().peekable();
    let mut lexer = Lexer { text: &edited.text, ..Lexer::default() };
    let mut is_whole = true;
    while let Some(event) = events.next() {
        match event {
            pest::Token::Start { rule, pos } => {
                lexer.gap(pos.pos());
                match events.peek() {
                    Some(pest::Token::End { pos: end, .. }) => {
                        let end = end.pos();
                        events.next();
                        if matches!(rule, Rule::broken | Rule::broken_top) {
                            is_whole = false;
                            lexer.broken(end);
                        } else {
                            lexer.leaf(rule, end);
                        }
                    }
                    _ => lexer.rules.push((rule, rule == Rule::file)),
                }
            }
            pest::Token::End { pos, .. } => {
                lexer.gap(pos.pos());
                lexer.rules.pop();
            }
        }
    }
    lexer.gap(edited.text.len());
    let mut tokens = lexer.tokens;
    for token in &mut tokens {
        token.range = edited.source(token.range.start)..edited.source(token.range.end);
    }
    (tokens, is_whole)
}

#[derive(Default)]
struct Lexer<'t> {
    text: &'t str,
    /// The offset up to which the text has been converted.
    at: usize,
    tokens: Vec<Token>,
    /// The enclosing rules, each with whether it has statements or members.
    rules: Vec<(Rule, bool)>,
    brackets: Vec<Bracket>,
    lines: u8,
    starts: bool,
    column: Option<Column>,
}

impl Lexer<'_> {
    /// The `n`th enclosing rule, from the innermost.
    fn around(&self, n: usize) -> Option<Rule> {
        self.rules.iter().rev().nth(n).map(|(rule, _)| *rule)
    }

    fn push(&mut self, kind: TokenKind, len: usize) {
        let range = self.at..self.at + len;
        self.at = range.end;
        let is_close = matches!(kind, TokenKind::Close(Bracket::Block));
        let is_trailing = kind == TokenKind::Comment && self.lines == 0 && !self.tokens.is_empty();
        let starts = !is_close && !is_trailing && (self.starts || self.tokens.is_empty());
        self.tokens.push(Token { kind, range, lines: self.lines, starts, column: self.column.take() });
        self.lines = 0;
        if kind != TokenKind::Comment {
            self.starts = kind == TokenKind::Open(Bracket::Block);
        }
    }

    fn open(&mut self, bracket: Bracket) {
        self.push(TokenKind::Open(bracket), 1);
        self.brackets.push(bracket);
    }

    fn close(&mut self) {
        let bracket = self.brackets.pop().unwrap_or(Bracket::Paren);
        self.push(TokenKind::Close(bracket), 1);
    }

    /// Converts the text up to `end` that the grammar writes as literals, or skips.
    fn gap(&mut self, end: usize) {
        let is_block = self.rules.last().is_none_or(|(_, is_block)| *is_block);
        let rule = self.around(0);
        while self.at < end {
            let rest = &self.text[self.at..end];
            match rest.as_bytes()[0] {
                b' ' | b'\t' => self.at += 1,
                b'\n' | b'\r' => {
                    self.at += if rest.starts_with("\r\n") { 2 } else { 1 };
                    self.lines = (self.lines + 1).min(2);
                    self.starts |= is_block;
                }
                b';' if is_block => {
                    self.at += 1;
                    self.starts = true;
                }
                b'#' => {
                    let len = self.text[self.at..].find(['\n', '\r']).unwrap_or(self.text.len() - self.at);
                    self.push(TokenKind::Comment, len);
                }
                b'"' => {
                    let len = if rest.starts_with("\"\"\"") { 3 } else { 1 };
                    let is_end = self.tokens.last().is_some_and(|last| {
                        last.range.end == self.at
                            && matches!(last.kind, TokenKind::TextOpen | TokenKind::TextPart | TokenKind::Close(Bracket::Hole))
                    });
                    self.push(if is_end { TokenKind::TextClose } else { TokenKind::TextOpen }, len);
                }
                b'{' if rule == Some(Rule::hole) => self.open(Bracket::Hole),
                b'{' => self.open(Bracket::Map),
                b'(' if rule == Some(Rule::paren) => self.open(Bracket::Paren),
                b'(' => self.open(Bracket::Call),
                b'[' if rule == Some(Rule::index) => self.open(Bracket::Index),
                b'[' => self.open(Bracket::List),
                b'.' => self.push(TokenKind::Dot, 1),
                b'/' if rule == Some(Rule::path) => self.push(TokenKind::PathStart, 1),
                b':' if rule == Some(Rule::format) => self.push(TokenKind::TextPart, 1),
                byte if byte.is_ascii_alphabetic() => {
                    let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                    self.push(TokenKind::Word(WordClass::Keyword), len);
                }
                _ => {
                    let len = rest.chars().next().map_or(1, char::len_utf8);
                    self.push(TokenKind::Operator, len);
                }
            }
        }
    }

    /// Converts text that does not parse, up to `end`.
    fn broken(&mut self, end: usize) {
        self.rules.push((Rule::broken, false));
        while self.at < end {
            let rest = &self.text[self.at..end];
            let first = rest.as_bytes()[0];
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let word = rest.bytes().take_while(|byte| is_word(*byte)).count();
            match first {
                b'"' => {
                    let len = rest.match_indices(['"', '\n']).nth(1).map_or(rest.len(), |(at, found)| at + usize::from(found == "\""));
                    self.push(TokenKind::TextPart, len);
                }
                _ if first.is_ascii_digit() => self.push(TokenKind::Number, word),
                _ if word > 0 => {
                    let is_reserved = ltc_grammar::words::is_reserved(&rest[..word]);
                    self.push(TokenKind::Word(if is_reserved { WordClass::Keyword } else { WordClass::Name }), word);
                }
                _ => {
                    let len = rest.chars().next().map_or(1, char::len_utf8);
                    let space = rest.len() - rest.trim_start().len();
                    self.gap(self.at + if first == b'#' { rest.find('\n').unwrap_or(rest.len()) } else { space.max(len) });
                }
            }
        }
        self.rules.pop();
    }

    /// Converts a pair without parts, which ends at `end`.
    fn leaf(&mut self, rule: Rule, end: usize) {
        let written = &self.text[self.at..end];
        // After a lookahead of the grammar, a pair includes the spaces that it looked over.
        let len = if rule == Rule::p_assign { 1 } else { written.trim_end_matches([' ', '\t', '\r', '\n']).len() };
        let is_text = matches!(rule, Rule::line_run | Rule::block_run | Rule::spec | Rule::path_text);
        let len = if is_text { written.len() } else { len };
        if len == 0 || rule == Rule::EOI {
            return;
        }
        match rule {
            Rule::p_open => {
                if let Some((_, is_block)) = self.rules.last_mut() {
                    *is_block = true;
                }
                if self.around(1) == Some(Rule::step) && matches!(self.around(2), Some(Rule::block | Rule::file)) {
                    self.column = Some(Column::Step);
                }
                self.open(Bracket::Block);
            }
            Rule::p_close | Rule::p_rpar | Rule::p_rsq => self.close(),
            Rule::line_text | Rule::block_text | Rule::path => {
                self.rules.push((rule, false));
                self.gap(end);
                self.rules.pop();
            }
            _ => {
                if rule == Rule::p_assign && self.around(0) == Some(Rule::request_def) {
                    self.column = Some(Column::Assign);
                }
                let kind = self.kind(rule, len);
                self.push(kind, len);
                if self.has_value_column(rule) {
                    self.column = Some(Column::Value);
                }
            }
        }
    }

    /// Whether `rule` is the word of an option that has a value.
    fn has_value_column(&self, rule: Rule) -> bool {
        let within = match self.around(1) {
            Some(Rule::option) => self.around(2),
            other => other,
        };
        match rule {
            Rule::kw_base | Rule::kw_keys | Rule::kw_cookies | Rule::kw_resend | Rule::kw_forward | Rule::kw_max_body => true,
            Rule::kw_headers | Rule::kw_auth | Rule::kw_timeout | Rule::kw_redirects => within == Some(Rule::api_block),
            Rule::kw_run | Rule::kw_wait | Rule::kw_weight => within == Some(Rule::user_block),
            _ => false,
        }
    }

    fn kind(&self, rule: Rule, len: usize) -> TokenKind {
        use TokenKind as Kind;
        use WordClass as Class;
        match rule {
            Rule::p_assign => Kind::Assign,
            Rule::p_comma => Kind::Comma,
            Rule::p_colon => Kind::Colon,
            Rule::p_dots => Kind::Range,
            Rule::m_rest => Kind::Rest,
            Rule::op_neg => Kind::Minus,
            Rule::regex => Kind::Regex,
            Rule::attribute => Kind::Attribute,
            Rule::path_text => Kind::PathPart,
            Rule::line_run | Rule::block_run | Rule::brace | Rule::escape | Rule::spec => Kind::TextPart,
            Rule::raw_block | Rule::raw_line => Kind::Raw,
            Rule::method => Kind::Word(Class::Method),
            Rule::literal | Rule::m_absent | Rule::m_any => Kind::Word(Class::Literal),
            Rule::m_type => Kind::Word(Class::Type),
            Rule::source_word | Rule::json_space | Rule::text_space | Rule::kw_header | Rule::kw_cookie | Rule::kw_html => {
                Kind::Word(Class::Source)
            }
            Rule::name | Rule::variable => Kind::Word(Class::Name),
            Rule::word => Kind::Word(match self.around(0) {
                Some(Rule::member) => Class::Member,
                Some(Rule::key) => Class::Key,
                Some(Rule::type_of) => Class::Type,
                Some(Rule::call_head | Rule::callee | Rule::request_head) => Class::Name,
                _ => Class::Keyword,
            }),
            _ => match self.text.as_bytes()[self.at] {
                byte if byte.is_ascii_digit() && len > 0 => Kind::Number,
                byte if byte.is_ascii_alphabetic() || byte == b'_' => Kind::Word(Class::Keyword),
                _ => Kind::Operator,
            },
        }
    }
}
