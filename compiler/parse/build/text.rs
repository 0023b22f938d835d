//! Texts: escapes, holes, and the indentation of `"""` blocks.

use ltc_grammar::Rule;

use crate::ast::{Text, TextPart};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::builder::{P, TreeBuilder, children};
use crate::span::Spanned;

/// Removes the first line break and the common indentation of a block, which is read run by run.
pub(super) struct Dedent {
    indent: usize,
    /// How much of the current line's indentation is still to be removed.
    left: usize,
    first: bool,
}

impl Dedent {
    fn new(content: &str) -> Self {
        let indent = content
            .split('\n')
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
            .min()
            .unwrap_or(0);
        Self { indent, left: 0, first: true }
    }

    /// Appends a run of source text to the text's value.
    fn run(&mut self, run: &str, into: &mut String) {
        let mut chars = run.chars().peekable();
        while let Some(c) = chars.next() {
            let first = std::mem::replace(&mut self.first, false);
            match c {
                '\r' if chars.peek() == Some(&'\n') => self.first = first,
                '\n' => {
                    if !first {
                        into.push('\n');
                    }
                    self.left = self.indent;
                }
                ' ' | '\t' if self.left > 0 => self.left -= 1,
                _ => {
                    self.left = 0;
                    into.push(c);
                }
            }
        }
    }
}

/// Removes the indentation before the closing quotes.
fn without_last_indent(content: &str) -> &str {
    match content.rfind('\n') {
        Some(at) if content[at..].trim().is_empty() => &content[..=at],
        _ => content,
    }
}

impl TreeBuilder<'_> {
    /// A `text`.
    pub(in crate::parse) fn text(&mut self, pair: P<'_>) -> Text {
        let span = self.span(&pair);
        let inner = self.only(pair);
        let mut dedent = None;
        let mut content_end = usize::MAX;
        if inner.as_rule() == Rule::block_text {
            let written = inner.as_str();
            let content = written.get(3..written.len().saturating_sub(3)).unwrap_or_default();
            dedent = Some(Dedent::new(content));
            content_end = inner.as_span().start() + 3 + without_last_indent(content).len();
        }
        let mut text = self.text_parts(inner, dedent, content_end);
        text.span = span;
        text
    }

    /// The runs, braces, escapes and holes of a text or a path.
    pub(super) fn text_parts(&mut self, pair: P<'_>, mut dedent: Option<Dedent>, content_end: usize) -> Text {
        let span = self.span(&pair);
        let mut parts = Vec::new();
        let mut literal = String::new();
        for part in children(pair) {
            match part.as_rule() {
                Rule::hole => {
                    if !literal.is_empty() {
                        parts.push(TextPart::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(self.hole(part));
                }
                Rule::escape => self.escape(&part, &mut literal),
                Rule::brace => literal.push_str(&part.as_str()[..1]),
                _ => {
                    let start = part.as_span().start();
                    let run = part.as_str();
                    let run = run.get(..content_end.saturating_sub(start)).unwrap_or(run);
                    match &mut dedent {
                        Some(dedent) => dedent.run(run, &mut literal),
                        None => literal.push_str(run),
                    }
                    continue;
                }
            }
            if let Some(dedent) = &mut dedent {
                dedent.left = 0;
                dedent.first = false;
            }
        }
        if !literal.is_empty() {
            parts.push(TextPart::Literal(literal));
        }
        Text { parts, span }
    }

    /// The text of a path, from its `/` on.
    pub(in crate::parse) fn path(&mut self, pair: P<'_>) -> Text {
        let mut text = self.text_parts(pair, None, usize::MAX);
        match text.parts.first_mut() {
            Some(TextPart::Literal(first)) => first.insert(0, '/'),
            _ => text.parts.insert(0, TextPart::Literal("/".to_owned())),
        }
        text
    }

    fn hole(&mut self, pair: P<'_>) -> TextPart {
        let span = self.span(&pair);
        let mut expr = None;
        let mut format = None;
        for part in children(pair) {
            if part.as_rule() == Rule::format {
                let spec = self.only(part);
                format = Some(Spanned::new(spec.as_str().trim_end().to_owned(), self.span(&spec)));
            } else {
                expr = Some(self.expr(part));
            }
        }
        let broken = crate::ast::Expr { kind: crate::ast::ExprKind::Broken, span };
        TextPart::Hole(Box::new(expr.unwrap_or(broken)), format)
    }

    fn escape(&mut self, pair: &P<'_>, into: &mut String) {
        let written = pair.as_str();
        let hex = written.strip_prefix("\\u{").and_then(|s| s.strip_suffix('}'));
        match (written, hex) {
            (_, Some(hex)) => match u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) {
                Some(c) => into.push(c),
                None => {
                    let span = self.span(pair);
                    self.report(
                        Diagnostic::new(Code::BadEscape, span, format!("unknown character U+{}", hex.to_uppercase()))
                            .help("write a character from `\\u{0}` to `\\u{10ffff}`"),
                    );
                }
            },
            ("\\n", _) => into.push('\n'),
            ("\\t", _) => into.push('\t'),
            ("\\r", _) => into.push('\r'),
            ("\\\"", _) => into.push('"'),
            ("\\\\", _) => into.push('\\'),
            _ => {
                let span = self.span(pair);
                let help = match written {
                    "\\{" => "write `{{` for a literal brace".to_owned(),
                    "\\}" => "write `}}` for a literal brace".to_owned(),
                    "\\'" => "write `'` without a backslash".to_owned(),
                    "\\u" => "write a character by its number, such as `\\u{e9}`; `\\\\` is a backslash".to_owned(),
                    _ => "use `\\n`, `\\t`, `\\r`, `\\\"`, `\\\\` or `\\u{…}`; write `\\\\` for a backslash".to_owned(),
                };
                self.report(Diagnostic::new(Code::BadEscape, span, format!("unknown escape `{written}`")).help(help));
            }
        }
    }

    /// A `text` without holes; `what` names its use in the error message.
    pub(in crate::parse) fn plain(&mut self, pair: P<'_>, what: &str) -> Spanned<String> {
        let text = self.text(pair);
        let mut plain = String::new();
        for part in text.parts {
            match part {
                TextPart::Literal(literal) => plain.push_str(&literal),
                TextPart::Hole(expr, _) => {
                    self.report(
                        Diagnostic::new(
                            Code::HoleInLiteral,
                            expr.span,
                            format!("unexpected `{{…}}` in {what}, expected a literal: it is checked at build time"),
                        )
                        .help("write it without `{…}`; for literal braces, write `{{` and `}}`"),
                    );
                }
            }
        }
        Spanned::new(plain, text.span)
    }

    /// Raw text after `graphql`, without holes; escapes only in a `"…"` line.
    pub(in crate::parse) fn raw(&mut self, pair: P<'_>) -> Spanned<String> {
        let span = self.span(&pair);
        let inner = self.only(pair);
        let written = inner.as_str();
        let mut text = String::new();
        if inner.as_rule() == Rule::raw_block {
            let content = written.get(3..written.len().saturating_sub(3)).unwrap_or_default();
            Dedent::new(content).run(without_last_indent(content), &mut text);
        } else {
            let content = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
            text = content.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\");
        }
        Spanned::new(text, span)
    }
}
