//! Expectations and their matchers.

use std::collections::HashMap;

use crate::ast::{self, BinaryOp, ExpectKind as Ast, ExprKind, MatcherKind, StatusPattern};
use crate::check::Checker;
use crate::check::expr::key_spelling;
use crate::check::types::const_eval;
use crate::check::types::{self, Kinds, word};
use crate::diagnostic::{Code, Diagnostic};
use crate::foreign;
use crate::model::{Const, Expect, ExpectKind, Expr, HeaderMatcher, Matcher, Status, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks an expectation. The caller has allowed it to read the response.
    pub(in crate::check) fn expect(&mut self, expect: &'a ast::Expect) -> Option<Expect> {
        let kind = match &expect.kind {
            Ast::Status(patterns) => ExpectKind::Status(self.statuses(patterns)),
            Ast::Json { exactly, matcher } => ExpectKind::Json { exactly: *exactly, matcher: self.matcher(matcher, true) },
            Ast::Headers(entries) => ExpectKind::Headers(self.header_matchers(entries)),
            Ast::Text { negated, part } => {
                if let Some(found) = self.foreign_text(part, *negated, expect.span) {
                    self.report(found);
                    return None;
                }
                let part = self.expr(part);
                self.check_printable(&part);
                if const_eval::text(&part) == Some("") {
                    let help = "write the part of the body that you expect";
                    self.error(Code::AlwaysSame, part.span, "unexpected empty string: every body contains it", help);
                }
                ExpectKind::Text { negated: *negated, part }
            }
            Ast::Condition(e) => {
                let condition = self.expected(e, expect.span)?;
                let elapsed = crate::check::flow::about_time::is_about_time(&condition);
                ExpectKind::Condition { condition, elapsed }
            }
        };
        Some(Expect { kind, span: expect.span, written: self.written(expect.span).trim().to_owned() })
    }

    pub(super) fn statuses(&mut self, patterns: &[crate::span::Spanned<StatusPattern>]) -> Vec<Status> {
        let mut statuses = Vec::new();
        for pattern in patterns {
            match pattern.node {
                StatusPattern::Code(code) => match u16::try_from(code) {
                    Ok(code) if (100..600).contains(&code) => statuses.push(Status::Code(code)),
                    _ => {
                        let message = format!("status {code} is out of range, expected 100 to 599");
                        self.error(Code::BadStatus, pattern.span, message, "write a status from 100 to 599");
                    }
                },
                StatusPattern::Class(class @ 1..=5) => statuses.push(Status::Class(class)),
                StatusPattern::Class(class) => {
                    let message = format!("status {class}xx is out of range, expected 1xx to 5xx");
                    self.error(Code::BadStatus, pattern.span, message, "write a class from 1xx to 5xx");
                }
            }
        }
        statuses
    }

    /// Checks a boolean expression over sources.
    fn expected(&mut self, e: &'a ast::Expr, span: Span) -> Option<Expr> {
        if let ExprKind::Binary(left, BinaryOp::Or | BinaryOp::And, right) = &e.kind
            && let (ExprKind::Int(a), ExprKind::Int(b)) = (&left.kind, &right.kind)
        {
            let help = format!("write `expect {a} | {b}`");
            self.error(Code::NoExpectation, span, "unexpected operator, expected `|` between statuses", &help);
            return None;
        }
        if let Some(found) = self.foreign_expectation(e, span) {
            self.report(found);
            return None;
        }
        let value = self.expr(e);
        if Kinds::BOOL.takes(&value.ty) {
            match const_eval::value(&value) {
                Some(Const::Bool(b)) => {
                    let message = format!("the expectation is always {b}");
                    self.error(Code::AlwaysSame, e.span, message, "compare a value of the response");
                }
                Some(_) => self.no_expectation(e, &value),
                None => {}
            }
            return Some(value);
        }
        self.no_expectation(e, &value);
        None
    }

    fn no_expectation(&mut self, e: &ast::Expr, value: &Expr) {
        let help = match (&value.ty, &value.kind) {
            (Type::String, crate::model::ExprKind::Const(_)) => {
                format!("write `expect text {}`", self.written(e.span))
            }
            (Type::String, crate::model::ExprKind::Source(..)) => format!("write `expect {} != null`", self.written(e.span)),
            (Type::Object(_), crate::model::ExprKind::Object(..)) => {
                "write `expect json { … }` for members of the body, `expect headers { … }` for headers, `expect 200` for the status"
                    .to_owned()
            }
            (Type::Int, crate::model::ExprKind::Const(Const::Int(n))) => {
                format!("write a status from 100 to 599; {n} is out of range")
            }
            _ => format!("compare it with a value: `expect {} == …`", self.written(e.span)),
        };
        let message = format!("unexpected {}, expected a status or a `bool`", word(&value.ty));
        self.error(Code::NoExpectation, e.span, message, &help);
    }

    fn header_matchers(&mut self, entries: &'a [ast::MatcherEntry]) -> Vec<HeaderMatcher> {
        let mut matchers: Vec<HeaderMatcher> = Vec::new();
        let mut spans: HashMap<String, Span> = HashMap::new();
        for entry in entries {
            let names = key_spelling::header_alternatives(&entry.key, self.context.camel());
            self.check_header_name(&names[0], entry.key.span);
            let matcher = self.matcher(&entry.matcher, false);
            let lower = names[0].to_ascii_lowercase();
            if let Some(first) = spans.get(&lower) {
                self.key_twice(&names[0], entry.key.span, *first);
                continue;
            }
            spans.insert(lower, entry.key.span);
            matchers.push(HeaderMatcher { names, matcher });
        }
        matchers
    }

    /// Checks a matcher. In JSON, unquoted keys follow `keys camel`.
    fn matcher(&mut self, matcher: &'a ast::Matcher, json: bool) -> Matcher {
        match &matcher.kind {
            MatcherKind::Any => Matcher::Any,
            MatcherKind::Absent => Matcher::Absent,
            MatcherKind::Type(word) => self.type_matcher(word, matcher.span),
            MatcherKind::Compare(op, e) => {
                let ordered = Kinds::NUMBER.or(Kinds::STRING);
                let value = self.expr(e);
                let value = match op {
                    BinaryOp::Eq | BinaryOp::Ne => value,
                    _ if value.ty == Type::Duration => {
                        let help = "write the number without unit: JSON has no durations";
                        self.error(Code::WrongType, e.span, "unexpected duration, expected a number", help);
                        value
                    }
                    _ => {
                        let what = format!("`{}` compares", crate::check::types::ops::symbol(*op));
                        self.coerce(value, ordered, &what)
                    }
                };
                Matcher::Compare(*op, value)
            }
            MatcherKind::Regex { negated, regex } => Matcher::Regex(self.regex(regex).0, *negated),
            MatcherKind::Each(inner) => Matcher::Each(Box::new(self.matcher(inner, json))),
            MatcherKind::OneOf(items) => Matcher::OneOf(items.iter().map(|item| self.matcher(item, json)).collect()),
            MatcherKind::Object(entries) => self.object_matcher(entries, json),
            MatcherKind::List { items, rest } => {
                Matcher::List { items: items.iter().map(|item| self.matcher(item, json)).collect(), rest: *rest }
            }
            MatcherKind::Value(e) => self.value_matcher(e),
        }
    }

    fn object_matcher(&mut self, entries: &'a [ast::MatcherEntry], json: bool) -> Matcher {
        let mut members: Vec<(String, Matcher)> = Vec::with_capacity(entries.len());
        let mut seen: std::collections::HashMap<String, Span> = std::collections::HashMap::new();
        for entry in entries {
            let key = key_spelling::key(&entry.key, json && self.context.camel());
            let matcher = self.matcher(&entry.matcher, json);
            match seen.insert(key.clone(), entry.key.span) {
                Some(first) => self.key_twice(&key, entry.key.span, first),
                None => members.push((key, matcher)),
            }
        }
        Matcher::Object(members)
    }

    fn type_matcher(&mut self, word: &str, span: Span) -> Matcher {
        if let Some((ty, _)) = types::named(word).filter(|_| types::MATCHER_WORDS.contains(&word)) {
            return Matcher::Type(ty);
        }
        let mut d = Diagnostic::new(Code::UnknownWord, span, format!("unknown matcher `{word}`")).did_you_mean(word, types::MATCHER_WORDS);
        if d.help.is_none() {
            d = d.help(format!("use one of the matchers: {}", types::MATCHER_WORDS.join(", ")));
        }
        self.report(d);
        Matcher::Any
    }

    fn value_matcher(&mut self, e: &'a ast::Expr) -> Matcher {
        if let Some((message, code)) = self.condition_as_matcher(e) {
            self.report(Diagnostic::new(Code::UnknownWord, e.span, message).write(&code));
            return Matcher::Any;
        }
        if let Some(diagnostic) = self.foreign_matcher(e) {
            self.report(diagnostic);
            return Matcher::Any;
        }
        let value = self.expr(e);
        match &value.kind {
            crate::model::ExprKind::Const(Const::Duration(_)) => {
                let help = "write the number without unit: JSON has no durations";
                self.error(Code::WrongType, e.span, "unexpected duration, expected a number", help);
                Matcher::Any
            }
            crate::model::ExprKind::Const(constant) => {
                if let Const::Str(text) = constant
                    && let Some((marker, matcher)) = crate::foreign::MARKERS.iter().find(|(marker, _)| text == marker)
                {
                    let d =
                        Diagnostic::new(Code::LiteralPlaceholder, e.span, format!("this is the literal text `{marker}`, not a matcher"));
                    self.report(d.write(matcher));
                }
                Matcher::Const(constant.clone())
            }
            _ => {
                if matches!(value.ty, Type::Bytes | Type::File | Type::Form) {
                    self.check_printable(&value);
                }
                Matcher::Value(value)
            }
        }
    }
}

impl<'a> Checker<'a> {
    /// Recognizes a matcher of another tool in a pattern: `integer`, `exists`, `len(3)`, `length == 3`, `regex("x")`, `not empty`.
    fn foreign_matcher(&self, e: &'a ast::Expr) -> Option<Diagnostic> {
        let (word, of) = match &e.kind {
            ExprKind::Name(name) => (name.as_str(), None),
            ExprKind::Call(callee, _) => match &callee.kind {
                ExprKind::Name(name) => (name.as_str(), Some(self.argument_text(callee.span, e.span))),
                _ => return None,
            },
            ExprKind::Binary(left, BinaryOp::Eq | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Lt | BinaryOp::Le, right) => match &left.kind {
                ExprKind::Name(name) => (name.as_str(), Some(self.written(right.span))),
                _ => return None,
            },
            ExprKind::Unary(ast::UnaryOp::Not, of) => match &of.kind {
                ExprKind::Name(name) => (name.as_str(), Some("")),
                _ => return None,
            },
            _ => return None,
        };
        if self.func.names.contains_key(word) || self.values.contains_key(word) {
            return None;
        }
        let (start, end) = match word {
            "startsWith" | "starts_with" | "startswith" | "hasPrefix" => ("^", ""),
            "endsWith" | "ends_with" | "endswith" | "hasSuffix" => ("", "$"),
            _ => ("", ""),
        };
        let compare = match word {
            "gt" | "greaterThan" | "greater_than" | "above" => Some(">"),
            "gte" | "ge" | "greaterThanOrEqual" | "at_least" => Some(">="),
            "lt" | "lessThan" | "less_than" | "below" => Some("<"),
            "lte" | "le" | "lessThanOrEqual" | "at_most" => Some("<="),
            "ne" | "not_equal" | "notEqual" => Some("!="),
            _ => None,
        };
        if let Some((sign, value)) = compare.zip(of.filter(|of| !of.is_empty() && !of.contains(','))) {
            let d = Diagnostic::new(Code::UnknownWord, e.span, format!("unknown matcher `{word}`"));
            return Some(d.write(&format!("{sign} {value}")));
        }
        if let (Some(values), "oneOf" | "anyOf" | "one_of" | "any_of" | "isIn") = (of, word) {
            let values: Vec<&str> = foreign::arguments(values.trim_matches(['[', ']']));
            if values.len() > 1 {
                let d = Diagnostic::new(Code::UnknownWord, e.span, format!("unknown matcher `{word}`"));
                return Some(d.write(&values.join(" | ")));
            }
        }
        if let (Some(ty), "Optional" | "optional" | "nullable" | "Nullable" | "maybe") =
            (of.filter(|of| types::MATCHER_WORDS.contains(of)), word)
        {
            let d = Diagnostic::new(Code::UnknownWord, e.span, format!("unknown matcher `{word}`"));
            return Some(d.help(format!("write `{ty} | null`, or `{ty} | absent` where the member may be missing")));
        }
        if start != end {
            let text = of.and_then(|of| of.strip_prefix('"')?.strip_suffix('"')).filter(|text| text.chars().all(char::is_alphanumeric))?;
            let d = Diagnostic::new(Code::UnknownWord, e.span, format!("unknown matcher `{word}`"));
            return Some(d.write(&format!("~ /{start}{text}{end}/")));
        }
        let not = matches!(e.kind, ExprKind::Unary(..));
        let is_name = matches!(e.kind, ExprKind::Name(_));
        let d = Diagnostic::new(Code::UnknownWord, e.span, format!("unknown matcher `{}`", self.written(e.span)));
        let key = self.key_before(e.span);
        Some(match foreign::matcher(word)? {
            foreign::Meant::Matcher(code) if is_name => d.write(code),
            foreign::Meant::Matcher("_" | "absent") if not => d.write("absent"),
            foreign::Meant::Empty if not => d.help(format!("write a condition beside it, such as `expect len(json.{key}) > 0`")),
            foreign::Meant::Empty if is_name => d.help("write `[]` for an empty list, `\"\"` for an empty text"),
            // `len(xs)` of a value is a value.
            foreign::Meant::Length if of.is_some_and(|of| of.starts_with(|c: char| c.is_ascii_digit())) => {
                let sign = match &e.kind {
                    ExprKind::Binary(_, op, _) => types::ops::symbol(*op),
                    _ => "==",
                };
                let number = of.unwrap_or_default();
                d.help(format!("write a condition beside it, such as `expect len(json.{key}) {sign} {number}`"))
            }
            foreign::Meant::Regex => {
                let text = of.and_then(|of| of.strip_prefix('"')?.strip_suffix('"')).filter(|text| !text.contains(['/', '\\']))?;
                d.write(&format!("~ /{text}/"))
            }
            _ => return None,
        })
    }

    /// The key directly before a value of a map.
    fn key_before(&self, span: Span) -> &'a str {
        let before = self.written(Span::new(span.file, span.range().start.saturating_sub(64), span.range().start));
        let key = before.trim_end().strip_suffix(':').unwrap_or_default();
        let key = &key[key.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len()..];
        if key.is_empty() { "items" } else { key }
    }

    /// Recognizes `3 or 4` and `not null` in a pattern: the message, and the matcher that is meant.
    fn condition_as_matcher(&self, e: &'a ast::Expr) -> Option<(&'static str, String)> {
        match &e.kind {
            ExprKind::Binary(left, BinaryOp::Or, right)
                if is_literal(left)
                    || matches!(left.kind, ExprKind::List(_) | ExprKind::Object(_))
                    || matches!(right.kind, ExprKind::Absent) =>
            {
                let code = format!("{} | {}", self.written(left.span), self.written(right.span));
                Some(("unexpected `or` between the values of a pattern, expected `|`", code))
            }
            ExprKind::Unary(ast::UnaryOp::Not, of) if is_literal(of) => {
                Some(("unexpected `not` in a pattern, expected `!=`", format!("!= {}", self.written(of.span))))
            }
            _ => None,
        }
    }
}

/// Whether an expression is a literal value other than a bool.
fn is_literal(e: &ast::Expr) -> bool {
    matches!(e.kind, ExprKind::Null | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Text(_))
}
