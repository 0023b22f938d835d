//! JSONPaths and CSS selectors that contain values of the test, and how each value is quoted.

use crate::ast;
use crate::check::Checker;
use crate::check::expr::source::{is_singular, unclosed};
use crate::diagnostic::Code;
use crate::model::{BuiltPart, PathId, Pattern, Quoting, SelectorId, Type};
use crate::span::Spanned;

impl<'a> Checker<'a> {
    /// Checks a JSONPath, and returns whether it finds one value at most.
    pub(super) fn json_pattern(&mut self, text: &'a ast::Text) -> (Pattern<PathId>, bool) {
        if let Some(literal) = crate::check::declare::needs::literal(text) {
            let (id, singular) = self.json_path(&Spanned::new(literal, text.span));
            return (Pattern::Known(id), singular);
        }
        // Values may be strings or numbers, so the path is valid if one of the two makes it valid.
        let (number, string) = (sample(text, "1", "x"), sample(text, "\"x\"", "x"));
        let parses = |path: &str| serde_json_path::JsonPath::parse(path).is_ok();
        if !parses(&number) && !parses(&string) {
            let help = "write it where JSONPath takes a value: `$.items[?@.name == {name}].id`, `$.items[{n}]`";
            self.error(Code::BadJsonPath, text.span, "invalid JSONPath around a value", help);
        }
        (Pattern::Built(self.built(text, |_, open| open.map_or(Quoting::Json, Quoting::JsonText))), is_singular(&number))
    }

    /// Checks a CSS selector.
    pub(super) fn css_pattern(&mut self, text: &'a ast::Text) -> Pattern<SelectorId> {
        if let Some(literal) = crate::check::declare::needs::literal(text) {
            return Pattern::Known(self.selector(&Spanned::new(literal, text.span)));
        }
        let sample = sample(text, "x", "x");
        if unclosed(&sample).is_some()
            || scraper::Selector::parse(&sample).is_err() && scraper::Selector::parse(&sample.replace("(x)", "(1)")).is_err()
        {
            let help = "write it as the value of an attribute, or as a name: `input[name={name}]`, `#item-{id}`";
            self.error(Code::BadSelector, text.span, "invalid CSS selector around a value", help);
        }
        Pattern::Built(self.built(text, css_quoting))
    }

    fn built(&mut self, text: &'a ast::Text, quoting: fn(&str, Option<char>) -> Quoting) -> Vec<BuiltPart> {
        let mut parts = Vec::new();
        let (mut before, mut quotes) = ("", Quotes::default());
        for part in &text.parts {
            parts.push(match part {
                ast::TextPart::Literal(literal) => {
                    quotes.read(literal);
                    before = literal;
                    BuiltPart::Literal(literal.clone())
                }
                ast::TextPart::Hole(e, format) => {
                    let value = self.expr(e);
                    if let Some(format) = format {
                        let help = "write `let formatted = …` before it, and use that";
                        self.error(Code::BadFormat, format.span, "unexpected format in a JSONPath or a CSS selector", help);
                    }
                    if matches!(value.ty, Type::List(_) | Type::Object(_) | Type::Bytes | Type::File | Type::Form) {
                        let message = format!("unexpected {}, expected a text, a number or a bool", crate::check::types::word(&value.ty));
                        self.error(Code::WrongType, value.span, message, "use one of its values");
                    }
                    quotes.escaped = false;
                    BuiltPart::Value(value, quoting(before, quotes.open))
                }
            });
        }
        parts
    }
}

/// The pattern with `plain` in place of each value, and with `inside` in place of each value within quotes.
fn sample(text: &ast::Text, plain: &str, inside: &str) -> String {
    let (mut sample, mut quotes) = (String::new(), Quotes::default());
    for part in &text.parts {
        match part {
            ast::TextPart::Literal(literal) => {
                quotes.read(literal);
                sample.push_str(literal);
            }
            ast::TextPart::Hole(..) => {
                sample.push_str(if quotes.open.is_some() { inside } else { plain });
                quotes.escaped = false;
            }
        }
    }
    sample
}

/// The state of the quotes at the end of the literal parts of a pattern. It is updated part by part: reading the whole text before each value
/// would be quadratic.
#[derive(Clone, Copy, Debug, Default)]
struct Quotes {
    /// The quote that is open.
    open: Option<char>,
    /// Whether the last character escapes the next one.
    escaped: bool,
}

impl Quotes {
    fn read(&mut self, literal: &str) {
        for c in literal.chars() {
            let escaped = std::mem::take(&mut self.escaped);
            match (self.open, c) {
                _ if escaped => {}
                (_, '\\') => self.escaped = true,
                (Some(quote), _) if quote == c => self.open = None,
                (None, '"' | '\'') => self.open = Some(c),
                _ => {}
            }
        }
    }
}

/// How to quote a value in a selector: after `=` as a string, elsewhere as a part of a name.
fn css_quoting(before: &str, open: Option<char>) -> Quoting {
    match open {
        Some(_) => Quoting::CssText,
        None if before.ends_with('=') => Quoting::Css,
        None => Quoting::CssName,
    }
}
