//! Expressions: pest's Pratt parser over the grammar's flat sequence of operands and operators.

use std::cell::Cell;
use std::sync::LazyLock;

use ltc_grammar::Rule;
use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::number::{float, int};
use crate::ast::{Arg, BinaryOp, Entry, Expr, ExprKind, Key, Quantifier, SourceWord, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::builder::{P, Places, TreeBuilder, children};
use crate::span::{Name, Span, Spanned};

/// The most operators or postfixes of one expression. The functions that walk a tree recurse, so its depth is limited.
const LONGEST: usize = 400;

/// The deepest nesting of expressions, with or without brackets.
const DEEPEST: usize = 250;

static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::op_or))
        .op(left(Rule::op_and))
        .op(Op::prefix(Rule::op_not))
        .op(left(Rule::op_eq)
            | left(Rule::op_ne)
            | left(Rule::op_lt)
            | left(Rule::op_le)
            | left(Rule::op_gt)
            | left(Rule::op_ge)
            | left(Rule::op_in)
            | Op::postfix(Rule::match_tail))
        .op(left(Rule::op_add) | left(Rule::op_sub))
        .op(left(Rule::op_mul) | left(Rule::op_div) | left(Rule::op_rem))
        .op(Op::prefix(Rule::op_neg))
});

/// The operator of `rule`.
pub(super) fn binary_op(rule: Rule) -> BinaryOp {
    match rule {
        Rule::op_or => BinaryOp::Or,
        Rule::op_and => BinaryOp::And,
        Rule::op_ne => BinaryOp::Ne,
        Rule::op_lt => BinaryOp::Lt,
        Rule::op_le => BinaryOp::Le,
        Rule::op_gt => BinaryOp::Gt,
        Rule::op_ge => BinaryOp::Ge,
        Rule::op_in => BinaryOp::In,
        Rule::op_add => BinaryOp::Add,
        Rule::op_sub => BinaryOp::Sub,
        Rule::op_mul => BinaryOp::Mul,
        Rule::op_div => BinaryOp::Div,
        Rule::op_rem => BinaryOp::Rem,
        _ => BinaryOp::Eq,
    }
}

/// The word of `source`.
fn source_name(source: SourceWord) -> &'static str {
    match source {
        SourceWord::Json => "json",
        SourceWord::Text => "text",
        SourceWord::Status => "status",
        SourceWord::Url => "url",
        SourceWord::Elapsed => "elapsed",
        SourceWord::Body => "body",
    }
}

/// A node, and whether it is a comparison without brackets, which cannot be compared again.
struct Node {
    expr: Expr,
    comparison: bool,
}

impl Node {
    fn new(kind: ExprKind, span: Span, comparison: bool) -> Self {
        Self { expr: Expr { kind, span }, comparison }
    }
}

/// The regex of a `match_tail` or `m_regex`: whether negated, and the text between the slashes.
pub(in crate::parse) fn regex(places: Places<'_>, pair: P<'_>) -> (bool, Spanned<String>) {
    let mut negated = false;
    let mut regex = Spanned::new(String::new(), places.of(&pair));
    for part in children(pair) {
        if part.as_rule() == Rule::match_op {
            negated = part.as_str().starts_with('!');
        } else {
            let written = part.as_str();
            let inner = written.strip_prefix('/').and_then(|s| s.strip_suffix('/')).unwrap_or(written);
            let start = part.as_span().start() + 1;
            regex = Spanned::new(inner.to_owned(), places.at(start, start + inner.len()));
        }
    }
    (negated, regex)
}

impl TreeBuilder<'_> {
    /// An `expr`.
    pub(in crate::parse) fn expr(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        self.depth += 1;
        let expr = if self.depth > DEEPEST {
            self.report(Diagnostic::new(Code::TooDeep, span, "expression is nested too deeply").help("name the inner parts with `let`"));
            Expr { kind: ExprKind::Broken, span }
        } else {
            self.expr_within(pair, span)
        };
        self.depth -= 1;
        expr
    }

    fn expr_within(&mut self, pair: P<'_>, span: Span) -> Expr {
        let parts: Vec<P<'_>> = children(pair).collect();
        if parts.len() > LONGEST {
            self.report(
                Diagnostic::new(Code::TooDeep, span, format!("expression has more than {LONGEST} parts"))
                    .help("name parts of it with `let`"),
            );
            return Expr { kind: ExprKind::Broken, span };
        }
        if parts.len() == 1 {
            return parts.into_iter().next().map_or(Expr { kind: ExprKind::Broken, span }, |p| self.operand(p));
        }
        let places = self.places;
        let chained = Cell::new(None);
        let node = PRATT
            .map_primary(|p| Node { expr: self.operand(p), comparison: false })
            .map_prefix(|op, node: Node| {
                let span = places.of(&op).to(node.expr.span);
                let op = if op.as_rule() == Rule::op_not { UnaryOp::Not } else { UnaryOp::Neg };
                Node::new(ExprKind::Unary(op, Box::new(node.expr)), span, false)
            })
            .map_postfix(|node: Node, tail| {
                if node.comparison {
                    chained.set(Some(places.of(&tail)));
                }
                let span = node.expr.span.to(places.of(&tail));
                let (negated, regex) = regex(places, tail);
                Node::new(ExprKind::Match { value: Box::new(node.expr), negated, regex }, span, true)
            })
            .map_infix(|left: Node, op, right: Node| {
                let rule = op.as_rule();
                let comparison =
                    matches!(rule, Rule::op_eq | Rule::op_ne | Rule::op_lt | Rule::op_le | Rule::op_gt | Rule::op_ge | Rule::op_in);
                if comparison && left.comparison {
                    chained.set(Some(places.of(&op)));
                }
                let span = left.expr.span.to(right.expr.span);
                let kind = ExprKind::Binary(Box::new(left.expr), binary_op(rule), Box::new(right.expr));
                Node::new(kind, span, comparison)
            })
            .parse(parts.into_iter());
        if let Some(at) = chained.get() {
            self.report(
                Diagnostic::new(Code::ChainedComparison, at, "unexpected second comparison")
                    .label("second comparison")
                    .help("join two with `and`: `1 <= x and x <= 5`; or write brackets around the first"),
            );
        }
        node.expr
    }

    /// An `operand`: a primary and its postfixes.
    pub(in crate::parse) fn operand(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        let mut parts = children(pair);
        let Some(first) = parts.next() else { return Expr { kind: ExprKind::Broken, span } };
        let mut expr = self.primary(first);
        for (count, postfix) in parts.enumerate() {
            if count == LONGEST {
                self.report(Diagnostic::new(Code::TooDeep, span, format!("more than {LONGEST} members, indices and calls in a row")));
                return Expr { kind: ExprKind::Broken, span };
            }
            let whole = expr.span.to(self.span(&postfix));
            let kind = match postfix.as_rule() {
                Rule::member => {
                    let word = self.only(postfix);
                    ExprKind::Member(Box::new(expr), self.word(&word))
                }
                Rule::args => {
                    // `text(b)` calls a function; `text` alone is the response's text.
                    if let ExprKind::Source(word) = expr.kind {
                        expr.kind = ExprKind::Name(source_name(word).to_owned());
                    }
                    ExprKind::Call(Box::new(expr), self.args(postfix))
                }
                _ => {
                    let mut ends = children(postfix);
                    match (ends.next().map(|p| self.expr(p)), ends.next().map(|p| self.expr(p))) {
                        (Some(from), Some(to)) => ExprKind::Slice(Box::new(expr), Box::new(from), Box::new(to)),
                        (Some(index), None) => ExprKind::Index(Box::new(expr), Box::new(index)),
                        (None, _) => ExprKind::Broken,
                    }
                }
            };
            expr = Expr { kind, span: whole };
        }
        expr
    }

    /// The arguments of a call.
    pub(in crate::parse) fn args(&mut self, pair: P<'_>) -> Vec<Arg> {
        children(pair)
            .filter_map(|arg| {
                let mut parts = children(arg).map(|p| self.expr(p)).collect::<Vec<_>>().into_iter();
                match (parts.next()?, parts.next()) {
                    (label, Some(value)) => Some(Arg { label: Some(label), value }),
                    (value, None) => Some(Arg { label: None, value }),
                }
            })
            .collect()
    }

    fn primary(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::int => int(pair.as_str()),
            Rule::float => float(pair.as_str()),
            Rule::duration => self.duration(&pair),
            Rule::text => ExprKind::Text(self.text(pair)),
            Rule::list => ExprKind::List(children(pair).map(|p| self.expr(p)).collect()),
            Rule::map => ExprKind::Object(self.map(pair)),
            Rule::paren => {
                let inner = self.only(pair);
                let mut inner = self.expr(inner);
                inner.span = span;
                return inner;
            }
            Rule::if_expr => {
                let mut parts = children(pair).map(|p| self.expr(p)).collect::<Vec<_>>().into_iter();
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(c), Some(a), Some(b)) => ExprKind::If(Box::new(c), Box::new(a), Box::new(b)),
                    _ => ExprKind::Broken,
                }
            }
            Rule::literal => match pair.as_str() {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                "null" => ExprKind::Null,
                _ => ExprKind::Absent,
            },
            Rule::json_path => {
                let text = self.only(pair);
                ExprKind::JsonPath(self.text(text))
            }
            Rule::quantified => {
                let mut parts = children(pair);
                let which =
                    parts.next().map_or(Quantifier::All, |word| if word.as_str() == "any" { Quantifier::Any } else { Quantifier::All });
                match parts.next() {
                    Some(source) => ExprKind::Quantified(which, Box::new(self.primary(source))),
                    None => ExprKind::Broken,
                }
            }
            Rule::form => {
                let text = self.only(pair);
                ExprKind::Form(self.plain(text, "a CSS selector"))
            }
            Rule::header | Rule::cookie => {
                let kind = if pair.as_rule() == Rule::header { ExprKind::Header } else { ExprKind::Cookie };
                let inner = self.only(pair);
                kind(Box::new(self.operand(inner)))
            }
            Rule::html => {
                let attribute = children(pair.clone()).find(|p| p.as_rule() == Rule::attribute).map(|p| {
                    let mut word = self.word(&p);
                    word.node.remove(0);
                    word
                });
                let text = self.only(pair);
                ExprKind::Html(self.text(text), attribute)
            }
            Rule::source_word => ExprKind::Source(match pair.as_str() {
                "json" => SourceWord::Json,
                "text" => SourceWord::Text,
                "status" => SourceWord::Status,
                "url" => SourceWord::Url,
                "elapsed" => SourceWord::Elapsed,
                _ => SourceWord::Body,
            }),
            Rule::variable => ExprKind::Name(pair.as_str().to_owned()),
            _ => ExprKind::Broken,
        };
        Expr { kind, span }
    }

    /// The entries of a map.
    pub(in crate::parse) fn map(&mut self, pair: P<'_>) -> Vec<Entry> {
        let mut entries = Vec::new();
        for entry in children(pair) {
            let mut parts = children(entry);
            let Some(key) = parts.next() else { continue };
            let key = self.key(key);
            let value = match parts.next() {
                Some(value) => self.expr(value),
                None => self.short(&key),
            };
            entries.push(Entry { key, value });
        }
        entries
    }

    /// `{ iid }` is `{ iid: iid }`; a quoted key needs its value.
    pub(super) fn short(&mut self, key: &Key) -> Expr {
        if key.quoted {
            let d = Diagnostic::new(Code::Syntax, key.span, "missing value of a quoted key");
            // `"Content-Type: application/json"`: the value is in the quotes, too.
            let d = match key.text.split_once(": ") {
                Some((name, value)) if !value.contains(['"', '\\', '{']) => d.write(&format!("\"{name}\": \"{}\"", value.trim())),
                _ => d.help(format!(
                    "write its value behind it, such as `\"{}\": \"x\"`; only an unquoted name is short for a variable",
                    key.text
                )),
            };
            self.report(d);
            return Expr { kind: ExprKind::Broken, span: key.span };
        }
        let kind = match key.text.as_str() {
            "json" => ExprKind::Source(SourceWord::Json),
            "text" => ExprKind::Source(SourceWord::Text),
            "status" => ExprKind::Source(SourceWord::Status),
            "url" => ExprKind::Source(SourceWord::Url),
            "elapsed" => ExprKind::Source(SourceWord::Elapsed),
            "body" => ExprKind::Source(SourceWord::Body),
            name => ExprKind::Name(name.to_owned()),
        };
        Expr { kind, span: key.span }
    }

    /// A key of a map.
    pub(in crate::parse) fn key(&mut self, pair: P<'_>) -> Key {
        let span = self.span(&pair);
        let inner = self.only(pair);
        if inner.as_rule() == Rule::word {
            return Key { text: inner.as_str().to_owned(), quoted: false, span };
        }
        Key { text: self.plain(inner, "a key").node, quoted: true, span }
    }

    /// `callee(args)`.
    pub(in crate::parse) fn callee(&mut self, pair: P<'_>) -> (Name, Vec<Arg>) {
        let mut name = Spanned::new(String::new(), self.span(&pair));
        let mut args = Vec::new();
        for part in children(pair) {
            match part.as_rule() {
                Rule::args => args = self.args(part),
                _ => name = self.word(&part),
            }
        }
        (name, args)
    }
}
