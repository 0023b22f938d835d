//! Infix operators: the types of their operands and results.

use crate::ast::{self, BinaryOp};
use crate::check::Checker;
use crate::check::types::const_eval;
use crate::check::types::{self, Kinds, a, comparable, word};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Const, Expr, ExprKind, Type};
use crate::span::Span;

/// An operator as written.
pub(in crate::check) fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::In => "in",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
    }
}

fn compares(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
}

impl<'a> Checker<'a> {
    /// Checks `left op right`.
    pub(in crate::check) fn binary(&mut self, left: &'a ast::Expr, op: BinaryOp, right: &'a ast::Expr, span: Span) -> Expr {
        let (left, right, ty) = match op {
            BinaryOp::Or | BinaryOp::And => (self.condition(left), self.condition(right), Type::Bool),
            BinaryOp::In => {
                let (left, right) = (self.expr(left), self.expr(right));
                let holders = Kinds::LIST.or(Kinds::STRING).or(Kinds::OBJECT);
                let right = self.coerce(right, holders, "`in` searches");
                if let Type::List(item) = &right.ty
                    && !comparable(&left.ty, item)
                {
                    self.never_equal(&left.ty, item, span);
                }
                (left, right, Type::Bool)
            }
            _ => {
                let written = (left, right);
                let (left, right) = (self.expr(left), self.expr(right));
                let left = self.read_beside(left, &right.ty);
                let right = self.read_beside(right, &left.ty);
                let ty = if is_comparison(op) {
                    self.comparison(&left, op, &right, span);
                    Type::Bool
                } else {
                    if let Some(large) = [&left, &right].into_iter().find(|side| is_too_large(side)) {
                        let help = "write `float(…)` to round it: arithmetic uses 64-bit integers";
                        return self
                            .bad(Diagnostic::new(Code::BadNumber, large.span, "the integer is too large for arithmetic").help(help));
                    }
                    match arithmetic(&left.ty, op, &right.ty) {
                        Some(ty) => ty,
                        None => return self.operands(&left, op, &right, written, span),
                    }
                };
                (left, right, ty)
            }
        };
        if matches!(op, BinaryOp::Div | BinaryOp::Rem) && const_eval::number(&right).is_some_and(|n| n == 0.0) {
            return self.bad(Diagnostic::new(Code::DivisionByZero, right.span, "division by zero"));
        }
        let result = Expr { kind: ExprKind::Binary(Box::new(left), op, Box::new(right)), ty, span };
        match const_eval::value(&result) {
            Some(value) if !matches!(value, Const::Bool(_)) => Expr { kind: ExprKind::Const(value), ..result },
            _ => result,
        }
    }

    /// Converts a text of the environment whose other operand is a number or duration.
    fn read_beside(&mut self, value: Expr, other: &Type) -> Expr {
        if !matches!(value.ty, Type::String | Type::Json) {
            return value;
        }
        let wanted = match other {
            Type::Duration => Kinds::DURATION,
            Type::Int | Type::Float => Kinds::NUMBER,
            _ => return value,
        };
        self.read_env(&value, wanted).unwrap_or(value)
    }

    fn comparison(&mut self, left: &Expr, op: BinaryOp, right: &Expr, span: Span) {
        let ordered = Kinds::NUMBER.or(Kinds::STRING).or(Kinds::DURATION).or(Kinds::TIME);
        let equality = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
        let unit = |a: &Type, b: &Type| *a == Type::Duration && matches!(b, Type::Int | Type::Float);
        let bare = if unit(&left.ty, &right.ty) { Some(right.span) } else { unit(&right.ty, &left.ty).then_some(left.span) };
        if let Some(bare) = bare {
            let n = self.written(bare);
            self.error(Code::NoUnit, bare, "unexpected number, expected a duration with its unit", &format!("write `{n}ms` or `{n}s`"));
        } else if self.incomplete() && matches!(left.kind, ExprKind::Binary(_, op, _) if compares(op)) {
            // The parser has already reported chained comparisons.
        } else if !comparable(&left.ty, &right.ty) {
            let path = [left, right].into_iter().find_map(const_eval::text).filter(|text| text.starts_with("$.") || text.starts_with("$["));
            match path.map(str::to_owned) {
                Some(path) => {
                    self.error(Code::NeverEqual, span, "unexpected string, expected a source", &format!("write `json \"{path}\"`"))
                }
                None if left.ty == Type::Duration && duration(right).is_some() => {
                    let text = duration(right).unwrap_or_default().to_owned();
                    let d = Diagnostic::new(Code::NeverEqual, right.span, "unexpected string, expected a duration");
                    self.report(d.write(&text));
                }
                None if matches!((&left.ty, op), (Type::List(_), BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)) => {
                    let function = if matches!(op, BinaryOp::Lt | BinaryOp::Le) { "max" } else { "min" };
                    let list = self.written(left.span);
                    let d = Diagnostic::new(Code::NeverEqual, span, format!("cannot compare a list with {}", a(&right.ty)));
                    self.report(d.help_replacing(left.span, format!("write `{function}({list})` for all items; `len(…)` is their number")));
                }
                None => self.never_equal(&left.ty, &right.ty, span),
            }
        } else if !equality {
            for side in [left, right] {
                if !ordered.takes(&side.ty) {
                    let message = format!(
                        "unexpected {1}, expected a number, string, duration or time: `{0}` cannot compare it",
                        symbol(op),
                        word(&side.ty)
                    );
                    self.error(Code::Operands, side.span, message, "");
                    return;
                }
            }
        }
    }

    fn never_equal(&mut self, one: &Type, other: &Type, span: Span) {
        let message = format!("{} and {} are never equal", a(one), a(other));
        let help = match (one, other) {
            (Type::String, Type::Int | Type::Float) | (Type::Int | Type::Float, Type::String) => {
                "convert one of them with `int(…)` or `string(…)`"
            }
            _ => "compare values of one type",
        };
        self.error(Code::NeverEqual, span, message, help);
    }

    fn operands(&mut self, left: &Expr, op: BinaryOp, right: &Expr, written: (&ast::Expr, &ast::Expr), span: Span) -> Expr {
        let symbol = symbol(op);
        // `header Content-Type`
        let name = self.written(span).strip_prefix("header ").unwrap_or_default();
        if op == BinaryOp::Sub && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && name.contains('-') {
            let is_within = |found: &Diagnostic| {
                let of = found.labels.first().map(|(part, _)| *part);
                of.is_some_and(|part| part.file == span.file && part.start >= span.start && part.end <= span.end)
            };
            self.diagnostics.retain(|found| !(found.code == Code::UnknownName && is_within(found)));
            let d = Diagnostic::new(Code::UnknownName, span, "missing quotes around the name of a header");
            return self.bad(d.help_replacing(span, format!("write `header \"{name}\"`")));
        }
        let message = format!("`{symbol}` cannot combine {} and {}", a(&left.ty), a(&right.ty));
        let d = Diagnostic::new(Code::Operands, span, message);
        let text = |ty: &Type| *ty == Type::String;
        let d = match (&left.ty, &right.ty, op) {
            (l, r, BinaryOp::Add) if (text(l) || text(r)) && *l != Type::Bytes && *r != Type::Bytes => {
                // Of a chain, one fix for all of it.
                let is_part = |found: &Diagnostic| {
                    let part = found.labels.first().map(|(part, _)| *part);
                    found.code == Code::Operands
                        && part.is_some_and(|part| part.file == span.file && part.start == span.start && part.end <= span.end)
                };
                self.diagnostics.retain(|found| !is_part(found));
                d.help(format!("write them in a string: `\"{}{}\"`", self.inside_text(written.0), self.inside_text(written.1)))
            }
            (Type::String, _, BinaryOp::Rem) => d.help("write the value in the string: `\"item-{id}\"`"),
            (Type::Bytes, ..) | (_, Type::Bytes, _) => {
                d.help_replacing(span, format!("write `concat({}, {})`", self.written(left.span), self.written(right.span)))
            }
            (Type::Object(_), Type::Object(_), BinaryOp::Add) => {
                d.help_replacing(span, format!("write `merge({}, {})`", self.written(left.span), self.written(right.span)))
            }
            (Type::List(_), _, BinaryOp::Add) => {
                let item = self.written(right.span);
                d.help(format!("write brackets around it: `+ [{item}]`")).edit(right.span, format!("[{item}]"))
            }
            (Type::List(_), _, BinaryOp::Sub) => d.help("write `without(list, item)`"),
            (Type::Time | Type::Duration, Type::String, _) if duration(right).is_some() => {
                d.help_replacing(right.span, format!("write `{}`", duration(right).unwrap_or_default()))
            }
            (Type::String, _, BinaryOp::Mul) if const_eval::text(left).is_some_and(|text| text.chars().count() == 1) => {
                let (count, letter) = (self.written(right.span), self.written(left.span));
                d.help_replacing(
                    span,
                    format!("write `random_string({count}, {letter})`: it draws from the characters of its last argument"),
                )
            }
            (Type::String | Type::List(_), Type::Int, BinaryOp::Mul) => d.help("write its parts in full: values cannot be repeated"),
            (Type::Duration, _, _) | (_, Type::Duration, _) => d.help("write the number with its unit, such as `5s`"),
            (Type::String, _, _) | (_, Type::String, _) => d.help("convert it with `int(…)` or `float(…)`"),
            _ => d,
        };
        self.bad(d)
    }
}

/// A duration that is written as a text.
fn duration(value: &Expr) -> Option<&str> {
    const_eval::text(value).filter(|text| text.ends_with(|c: char| c.is_ascii_lowercase()) && ltc_config::duration::parse(text).is_ok())
}

impl Checker<'_> {
    /// A value as it is written within a string: a string's content, any other value in braces.
    fn inside_text(&self, value: &ast::Expr) -> String {
        if let ast::ExprKind::Binary(left, BinaryOp::Add, right) = &value.kind
            && has_text(value)
        {
            return self.inside_text(left) + &self.inside_text(right);
        }
        let written = self.written(value.span).trim();
        // Quotes of another language were read as `"`.
        let content = written.trim_matches(['"', '\'', '`']);
        if matches!(value.kind, ast::ExprKind::Text(_)) && !content.contains('"') { content.to_owned() } else { format!("{{{written}}}") }
    }
}

/// Whether a sum has a text in it.
fn has_text(value: &ast::Expr) -> bool {
    match &value.kind {
        ast::ExprKind::Binary(left, BinaryOp::Add, right) => has_text(left) || has_text(right),
        kind => matches!(kind, ast::ExprKind::Text(_)),
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
}

/// Whether the expression is a whole number of more than 64 bits.
pub(in crate::check) fn is_too_large(e: &Expr) -> bool {
    matches!(&e.kind, ExprKind::Const(Const::Number(_))) && e.ty == Type::Int
}

/// The type of an arithmetic operation; `None` if the operator does not support these operands.
fn arithmetic(left: &Type, op: BinaryOp, right: &Type) -> Option<Type> {
    use Type::{Duration, Float, Int, Json, List, String, Time};
    if matches!(left, Type::Null | Type::Bool | Type::File | Type::Form | Type::Object(_) | Type::Bytes)
        || matches!(right, Type::Null | Type::Bool | Type::File | Type::Form | Type::Object(_) | Type::Bytes)
    {
        return None;
    }
    Some(match (left, op, right) {
        (Json, _, other) | (other, _, Json) => match (op, other) {
            (BinaryOp::Add, List(_)) => types::list(Json),
            (BinaryOp::Add, String) => String,
            (_, String | List(_)) => return None,
            _ => Json,
        },
        (Int, BinaryOp::Div, Int) => Float,
        (Int, _, Int) => Int,
        (Int | Float, _, Int | Float) => Float,
        (String, BinaryOp::Add, String) => String,
        (List(a), BinaryOp::Add, List(b)) => types::list(join_items(a, b)),
        (Time, BinaryOp::Add | BinaryOp::Sub, Duration) | (Duration, BinaryOp::Add, Time) => Time,
        (Time, BinaryOp::Sub, Time) => Duration,
        (Duration, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Rem, Duration) => Duration,
        (Duration, BinaryOp::Mul | BinaryOp::Div, Int | Float) => Duration,
        (Int | Float, BinaryOp::Mul, Duration) => Duration,
        (Duration, BinaryOp::Div, Duration) => Float,
        _ => return None,
    })
}

/// The type of the items of two joined lists; an empty list takes the type of the other.
fn join_items(a: &Type, b: &Type) -> Type {
    types::join(a, b)
}
