//! Expressions: resolves their names and infers their types.

pub(super) mod built;
pub(super) mod call;
pub(super) mod key_spelling;
pub(super) mod member_access;
pub(super) mod registered_fields;
pub(super) mod single_line;
pub(super) mod source;
pub(super) mod substitute;
pub(super) mod unknown_names;

use crate::ast::{self, ExprKind as Ast, UnaryOp};
use crate::check::Checker;
use crate::check::types::const_eval;
use crate::check::types::{self, Kinds, a, join, word};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Const, Expr, ExprKind, TextPart, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks an expression of any type.
    pub(super) fn expr(&mut self, e: &'a ast::Expr) -> Expr {
        let span = e.span;
        let constant = |value, ty| Expr { kind: ExprKind::Const(value), ty, span };
        match &e.kind {
            Ast::Null => constant(Const::Null, Type::Null),
            Ast::Absent => self.bad(
                Diagnostic::new(Code::AbsentHere, span, "unexpected `absent`, expected a value: `absent` only omits keys of a map")
                    .help("write `null`"),
            ),
            Ast::Bool(b) => constant(Const::Bool(*b), Type::Bool),
            Ast::Int(n) => constant(Const::Int(*n), Type::Int),
            Ast::Float(x) => constant(Const::Float(*x), Type::Float),
            Ast::Number(text) => constant(Const::Number(text.clone()), if text.contains('.') { Type::Float } else { Type::Int }),
            Ast::Duration(n) => constant(Const::Duration(*n), Type::Duration),
            Ast::Text(text) => self.text(text),
            Ast::List(items) => {
                let items: Vec<Expr> = items.iter().map(|item| self.expr(item)).collect();
                self.list(items, span)
            }
            Ast::Object(entries) => self.object(entries, false, span),
            Ast::Name(name) => self.name(name, span),
            Ast::Member(..) | Ast::Index(..) => self.chain(e),
            Ast::Slice(of, from, to) => self.slice(of, from, to, span),
            Ast::Call(callee, args) => self.call(callee, args, span),
            Ast::Unary(op, of) => self.unary(*op, of, span),
            Ast::Binary(left, op, right) => self.binary(left, *op, right, span),
            Ast::Match { value, negated, regex } => {
                let value = self.want(value, Kinds::STRING, "a regex matches");
                let (id, _) = self.regex(regex);
                Expr { kind: ExprKind::Match(Box::new(value), id, *negated), ty: Type::Bool, span }
            }
            Ast::If(condition, yes, no) => {
                let condition = self.condition(condition);
                let (yes, no) = (self.expr(yes), self.expr(no));
                let ty = join(&yes.ty, &no.ty);
                Expr { kind: ExprKind::If(Box::new(condition), Box::new(yes), Box::new(no)), ty, span }
            }
            Ast::Source(_) | Ast::JsonPath(_) | Ast::Header(_) | Ast::Cookie(_) | Ast::Html(..) | Ast::Form(_) => {
                self.source(e, crate::model::Quantity::One)
            }
            Ast::Quantified(quantifier, source) => {
                let mut value = self.source(source, crate::check::flow::takes::quantity(*quantifier));
                value.span = span;
                value
            }
            Ast::Members(value) => {
                let value = self.want(value, Kinds::OBJECT.or(Kinds::NULL), "the fields are");
                let ty = value.ty.clone();
                Expr { kind: ExprKind::Members(Box::new(value)), ty, span }
            }
            Ast::Broken => crate::check::broken(span),
        }
    }

    /// Makes a list of checked items.
    pub(super) fn list(&mut self, items: Vec<Expr>, span: Span) -> Expr {
        let item = types::join_all(items.iter().map(|item| &item.ty));
        Expr { kind: ExprKind::List(items), ty: types::list(item), span }
    }

    /// Checks a literal object. With `camel`, its unquoted keys follow `keys camel`.
    pub(super) fn object(&mut self, entries: &'a [ast::Entry], camel: bool, span: Span) -> Expr {
        if !camel {
            self.note_plain_keys(entries, span);
        }
        let members = self.entries(entries, camel);
        let optional = |e: &Expr| matches!(e.kind, ExprKind::Const(Const::Absent) | ExprKind::If(..));
        let types =
            (!members.iter().any(|(_, e)| optional(e))).then(|| members.iter().map(|(key, e)| (key.clone(), e.ty.clone())).collect());
        Expr { kind: ExprKind::Object(members), ty: Type::Object(types), span }
    }

    /// The keys in their final spelling with their values. Reports duplicate keys.
    pub(super) fn entries(&mut self, entries: &'a [ast::Entry], camel: bool) -> Vec<(String, Expr)> {
        let mut members: Vec<(String, Expr)> = Vec::with_capacity(entries.len());
        let mut seen: std::collections::HashMap<String, Span> = std::collections::HashMap::new();
        for entry in entries {
            let key = crate::check::expr::key_spelling::key(&entry.key, camel);
            let value = self.map_value(&entry.value, camel);
            match seen.insert(key.clone(), entry.key.span) {
                Some(first) => self.key_twice(&key, entry.key.span, first),
                None => members.push((key, value)),
            }
        }
        members
    }

    pub(super) fn key_twice(&mut self, key: &str, span: Span, first: Span) {
        self.report(
            Diagnostic::new(Code::KeyTwice, span, format!("duplicate key `{key}`"))
                .also(first, "first one here")
                .help("remove one of them"),
        );
    }

    /// Checks the value of a key. It may be `absent`, and maps in it are literal maps, too.
    pub(super) fn map_value(&mut self, e: &'a ast::Expr, camel: bool) -> Expr {
        match &e.kind {
            Ast::Absent => Expr { kind: ExprKind::Const(Const::Absent), ty: Type::Json, span: e.span },
            Ast::Object(entries) => self.object(entries, camel, e.span),
            Ast::List(items) => {
                let items = items.iter().map(|item| self.map_value(item, camel)).collect();
                self.list(items, e.span)
            }
            Ast::If(condition, yes, no) => {
                let condition = self.condition(condition);
                let (yes, no) = (self.map_value(yes, camel), self.map_value(no, camel));
                let ty = join(&yes.ty, &no.ty);
                Expr { kind: ExprKind::If(Box::new(condition), Box::new(yes), Box::new(no)), ty, span: e.span }
            }
            _ => self.expr(e),
        }
    }

    /// Checks text with holes.
    pub(super) fn text(&mut self, text: &'a ast::Text) -> Expr {
        let mut parts = self.text_parts(text);
        let plain = match parts.as_mut_slice() {
            [] => Some(String::new()),
            [TextPart::Literal(literal)] => Some(std::mem::take(literal)),
            _ => None,
        };
        let kind = match plain {
            Some(literal) => ExprKind::Const(Const::Str(literal)),
            None => ExprKind::Text(parts),
        };
        Expr { kind, ty: Type::String, span: text.span }
    }

    /// Checks the parts of a text.
    pub(super) fn text_parts(&mut self, text: &'a ast::Text) -> Vec<TextPart> {
        self.text_or_path(text, false)
    }

    /// Checks the parts of a text. In a path, `{x:path}` keeps the slashes of its value.
    pub(super) fn text_or_path(&mut self, text: &'a ast::Text, in_path: bool) -> Vec<TextPart> {
        let mut parts = Vec::with_capacity(text.parts.len());
        for part in &text.parts {
            parts.push(match part {
                ast::TextPart::Literal(literal) => TextPart::Literal(literal.clone()),
                ast::TextPart::Hole(e, format) => {
                    let value = self.expr(e);
                    self.check_printable(&value);
                    let spec = format.as_ref().map(|format| {
                        if !(in_path && format.node == "path") {
                            self.check_format(format, &value.ty);
                        }
                        format.node.clone()
                    });
                    TextPart::Hole(value, spec)
                }
            });
        }
        parts
    }

    /// Rejects a value that cannot be converted to a string.
    pub(super) fn check_printable(&mut self, value: &Expr) {
        let help = match value.ty {
            Type::Bytes | Type::File => "write `hex(…)`, `base64(…)` or `text(…)`",
            Type::Form => "send it with `submit`",
            Type::Null => "assign it a value first",
            _ => return,
        };
        let message = format!("{} cannot be converted to a string", types::a(&value.ty));
        self.error(Code::NotText, value.span, message, help);
    }

    fn check_format(&mut self, format: &crate::span::Spanned<String>, ty: &Type) {
        let spec = format.node.as_str();
        let body = spec.trim_start_matches(['<', '>', '^']);
        let body = body.strip_prefix('+').unwrap_or(body);
        let (width, rest) = body.split_at(body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len()));
        let (precision, kind) = match rest.strip_prefix('.') {
            Some(rest) => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        let valid =
            spec.len() - body.len() <= 2 && !spec.is_empty() && precision != Some("") && width.len() <= 4 && matches!(kind, "" | "x" | "X");
        let number = Kinds::NUMBER.takes(ty);
        let fits = match kind {
            "" => number || (!width.starts_with('0') && (precision.is_none() || *ty == Type::String)),
            _ => *ty == Type::Int || *ty == Type::Json,
        };
        if valid && fits {
            return;
        }
        let message = if valid { format!("the format `{spec}` does not apply to {}", a(ty)) } else { format!("unknown format `{spec}`") };
        let help = "write, for example, `{n:09}` (nine digits), `{x:.2}` (two decimals), `{s:>8}` (width 8), `{n:x}` (hexadecimal)";
        self.error(Code::BadFormat, format.span, message, help);
    }

    /// Checks a condition: a boolean, or a value whose type is known only when the test runs.
    pub(super) fn condition(&mut self, e: &'a ast::Expr) -> Expr {
        let value = self.expr(e);
        let value = self.read_env(&value, Kinds::BOOL).unwrap_or(value);
        if !Kinds::BOOL.takes(&value.ty) {
            let help = match value.ty {
                Type::List(_) | Type::String | Type::Object(_) => "write `len(…) > 0`, or compare it with a value",
                _ => "compare it with a value, such as `x > 0` or `x != null`",
            };
            let message = format!("unexpected {}, expected a `bool`", word(&value.ty));
            self.error(Code::NotACondition, e.span, message, help);
            return crate::check::broken(e.span);
        }
        value
    }

    /// Checks the condition of a statement, and warns if it is always the same.
    pub(super) fn branch_condition(&mut self, e: &'a ast::Expr) -> Expr {
        let value = self.condition(e);
        if let Some(Const::Bool(b)) = const_eval::value(&value) {
            let message = format!("the condition is always {b}");
            self.error(Code::AlwaysSame, e.span, message, "remove it, or compare a value that changes");
        }
        value
    }

    /// Checks an expression whose type must be among `kinds`. `what` begins the message: "`len` takes".
    pub(super) fn want(&mut self, e: &'a ast::Expr, kinds: Kinds, what: &str) -> Expr {
        let value = self.expr(e);
        self.coerce(value, kinds, what)
    }

    /// Checks a duration.
    pub(super) fn duration(&mut self, e: &'a ast::Expr, what: &str) -> Expr {
        let value = self.want(e, Kinds::DURATION, what);
        if const_eval::number(&value).is_some_and(|n| n < 0.0) {
            let help = match self.written(e.span).split_once('-').map(|(from, to)| (from.trim(), to.trim())) {
                Some((from, to)) if !from.is_empty() => format!("write `{from}..{to}` for a range"),
                _ => "remove the `-`".to_owned(),
            };
            self.error(Code::Impossible, e.span, "unexpected negative duration, expected zero or more", &help);
        }
        value
    }

    /// Checks the type of a value. A text of the environment is converted to the wanted kind.
    pub(super) fn coerce(&mut self, value: Expr, kinds: Kinds, what: &str) -> Expr {
        if let Some(read) = self.read_env(&value, kinds) {
            return read;
        }
        if kinds.takes(&value.ty) {
            return value;
        }
        let span = value.span;
        let wrong = if let ExprKind::Env(id) = value.kind {
            let name = self.program.env[id.0].path.join(".");
            let mut d =
                Diagnostic::new(Code::EnvKind, span, format!("unexpected {} in `env.{name}`, expected {}", word(&value.ty), kinds.words()))
                    .label(format!("{what} {}", kinds.words()));
            if kinds == Kinds::DURATION && value.ty == Type::Int {
                d = d.help("write it with its unit in the environment's file, such as `5s`");
            } else {
                d = d.help("change it in the environment's file");
            }
            d
        } else if kinds == Kinds::DURATION && matches!(value.ty, Type::Int | Type::Float) {
            let n = self.written(span);
            let n = n.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(n);
            let help = if let Some((from, to)) = n.split_once('-').filter(|(from, to)| digits(from) && digits(to)) {
                format!("write `{}s..{}s` for a range of seconds", from.trim(), to.trim())
            } else if n.ends_with(|c: char| c.is_ascii_digit()) && !n.contains(' ') {
                format!("write `{n}s` for seconds, `{n}ms` for milliseconds")
            } else {
                format!("write `{n} * 1s` for seconds, `{n} * 1ms` for milliseconds")
            };
            Diagnostic::new(Code::NoUnit, span, format!("unexpected {}, expected a duration with its unit", word(&value.ty)))
                .label(format!("{what} a duration"))
                .help(help)
        } else {
            let d = Diagnostic::new(Code::WrongType, span, format!("unexpected {}, expected {}", word(&value.ty), kinds.words()))
                .label(format!("{what} {}", kinds.words()));
            let in_quotes = const_eval::text(&value).filter(|_| kinds == Kinds::DURATION);
            if let Some(text) = in_quotes.filter(|text| ltc_config::duration::parse(text).is_ok() && !digits(text)) {
                return self.bad(d.write(text));
            }
            if kinds.takes(&Type::Object(None))
                && let Some(fields) = crate::foreign::fields(self.written(span))
            {
                return self.bad(d.write(&fields));
            }
            // A text that is no number cannot become one.
            if kinds.takes(&Type::Int)
                && let Some(text) = const_eval::text(&value)
            {
                let is_number = text.parse::<i64>().is_ok() || kinds.takes(&Type::Float) && text.parse::<f64>().is_ok_and(f64::is_finite);
                let d = if is_number { d.write(text) } else { d };
                return self.bad(d);
            }
            if kinds == Kinds::LIST && value.ty == Type::Int {
                return self.bad(d.help(format!("write a range, such as `1..{}`, which includes both ends", self.written(span))));
            }
            if value.ty == Type::Null && what.ends_with(" is") {
                return self.bad(d.help("write `?` after the type, such as `int?`, if the value may be null"));
            }
            match conversion(kinds, &value.ty) {
                Some(function) => d.help(format!("write `{function}({})`", self.written(span))),
                None => d,
            }
        };
        self.bad(wrong)
    }

    /// Reports a range whose first bound is above the second.
    pub(super) fn check_order(&mut self, from: f64, to: f64, span: Span, from_the_end: bool) {
        if from > to && !from_the_end {
            self.error(Code::Reversed, span, "the start of the range is greater than its end", "write the smaller one first");
        }
    }

    fn unary(&mut self, op: UnaryOp, of: &'a ast::Expr, span: Span) -> Expr {
        match op {
            UnaryOp::Not => Expr { kind: ExprKind::Not(Box::new(self.condition(of))), ty: Type::Bool, span },
            UnaryOp::Neg => {
                let of = self.want(of, Kinds::NUMBER.or(Kinds::DURATION), "`-` takes");
                let ty = of.ty.clone();
                let neg = Expr { kind: ExprKind::Neg(Box::new(of)), ty, span };
                match const_eval::value(&neg) {
                    Some(value) => Expr { kind: ExprKind::Const(value), ..neg },
                    None => neg,
                }
            }
        }
    }
}

/// The function that converts to the wanted kind.
fn conversion(kinds: Kinds, ty: &Type) -> Option<&'static str> {
    match ty {
        Type::String if kinds == Kinds::INT || kinds == Kinds::NUMBER => Some("int"),
        Type::Float if kinds == Kinds::INT => Some("round"),
        Type::Bytes if kinds == Kinds::STRING => Some("text"),
        _ if kinds == Kinds::STRING && *ty != Type::Null => Some("string"),
        _ => None,
    }
}

fn digits(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
