//! Values known at build time: those of literals, and those of a `where` for each row.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use ltc_config::number::{compare, prints_as_it_reads};

use crate::ast::BinaryOp;
use crate::model::{Const, Expr, ExprKind, Type};

/// The row that an expression reads.
pub(in crate::check) struct DataRow<'r> {
    pub(in crate::check) columns: &'r [(String, Type)],
    /// The cells, as JSON texts.
    pub(in crate::check) cells: &'r [String],
    pub(in crate::check) regexes: &'r Regexes<'r>,
}

/// The regexes of a spec, each compiled when it is first matched.
pub(in crate::check) struct Regexes<'r> {
    texts: &'r [String],
    compiled: RefCell<HashMap<usize, Option<regex::Regex>>>,
}

impl<'r> Regexes<'r> {
    pub(in crate::check) fn new(texts: &'r [String]) -> Self {
        Self { texts, compiled: RefCell::default() }
    }

    fn is_match(&self, id: usize, text: &str) -> Option<bool> {
        let mut compiled = self.compiled.borrow_mut();
        let regex = compiled.entry(id).or_insert_with(|| regex::Regex::new(self.texts.get(id)?).ok());
        Some(regex.as_ref()?.is_match(text))
    }
}

/// The value of an expression over literals. An erroneous expression has none.
pub(in crate::check) fn value(expr: &Expr) -> Option<Const> {
    eval(expr, None)
}

/// The value of a literal whole number.
pub(in crate::check) fn int(expr: &Expr) -> Option<i64> {
    match value(expr)? {
        Const::Int(n) => Some(n),
        _ => None,
    }
}

/// The value of a literal number or duration, for comparisons.
pub(in crate::check) fn number(expr: &Expr) -> Option<f64> {
    as_number(&value(expr)?)
}

/// The value of a literal text.
pub(in crate::check) fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Const(Const::Str(text)) => Some(text),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "only for comparisons")]
fn as_number(value: &Const) -> Option<f64> {
    match value {
        Const::Int(n) | Const::Duration(n) => Some(*n as f64),
        Const::Float(x) => Some(*x),
        Const::Number(text) if !is_whole(text) => text.parse().ok(),
        _ => None,
    }
}

/// The value of a cell; lists and objects are not constants.
fn constant(cell: &str) -> Option<Const> {
    use serde_json::Value;
    if cell.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Some(read(cell.to_owned()));
    }
    Some(match serde_json::from_str(cell).ok()? {
        Value::Null => Const::Null,
        Value::Bool(truth) => Const::Bool(truth),
        Value::String(text) => Const::Str(text),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Parses a number as JSON writes it.
fn read(text: String) -> Const {
    if let Ok(n) = text.parse() {
        return Const::Int(n);
    }
    match text.parse() {
        Ok(x) if prints_as_it_reads(&text) => Const::Float(x),
        _ => Const::Number(text),
    }
}

/// Whether a number is written without fraction and exponent.
fn is_whole(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

/// The order of two numbers, compared as the engine does: digit by digit, or as floats if one of them is a float.
fn order_numbers(a: &Const, b: &Const) -> Option<Ordering> {
    let digits = |side: &Const| match side {
        Const::Int(n) => Some(n.to_string()),
        Const::Float(x) => Some(format!("{x:.0}")),
        Const::Number(text) => Some(text.clone()),
        _ => None,
    };
    match (a, b) {
        (Const::Number(text), Const::Float(_)) | (Const::Float(_), Const::Number(text)) if !is_whole(text) => {
            as_number(a)?.partial_cmp(&as_number(b)?)
        }
        (Const::Number(_), _) | (_, Const::Number(_)) => Some(compare(&digits(a)?, &digits(b)?)),
        _ => as_number(a)?.partial_cmp(&as_number(b)?),
    }
}

/// The value of an expression over literals and, with a row, its columns.
pub(in crate::check) fn eval(expr: &Expr, row: Option<&DataRow<'_>>) -> Option<Const> {
    Some(match &expr.kind {
        ExprKind::Const(Const::Null) if expr.ty == Type::Json => return None,
        ExprKind::Const(value) => value.clone(),
        ExprKind::Column(name) => {
            let row = row?;
            let index = row.columns.iter().position(|(column, _)| column == name)?;
            constant(row.cells.get(index)?)?
        }
        ExprKind::Neg(of) => match eval(of, row)? {
            Const::Int(n) => Const::Int(n.checked_neg()?),
            Const::Float(x) => Const::Float(-x),
            Const::Number(text) => read(text.strip_prefix('-').map_or_else(|| format!("-{text}"), str::to_owned)),
            Const::Duration(n) => Const::Duration(n.checked_neg()?),
            _ => return None,
        },
        ExprKind::Not(of) => Const::Bool(!truth(eval(of, row)?)?),
        ExprKind::If(condition, yes, no) => {
            if truth(eval(condition, row)?)? {
                eval(yes, row)?
            } else {
                eval(no, row)?
            }
        }
        ExprKind::Match(of, regex, negated) => {
            let Const::Str(text) = eval(of, row)? else {
                return None;
            };
            Const::Bool(row?.regexes.is_match(regex.0, &text)? != *negated)
        }
        ExprKind::Binary(left, BinaryOp::And, right) => Const::Bool(truth(eval(left, row)?)? && truth(eval(right, row)?)?),
        ExprKind::Binary(left, BinaryOp::Or, right) => Const::Bool(truth(eval(left, row)?)? || truth(eval(right, row)?)?),
        ExprKind::Binary(left, BinaryOp::In, right) => {
            let item = eval(left, row)?;
            match &right.kind {
                ExprKind::List(items) => {
                    let mut found = false;
                    for other in items {
                        found |= equal(&item, &eval(other, row)?);
                    }
                    Const::Bool(found)
                }
                _ => match (item, eval(right, row)?) {
                    (Const::Str(part), Const::Str(whole)) => Const::Bool(whole.contains(&part)),
                    _ => return None,
                },
            }
        }
        ExprKind::Binary(left, op, right) => binary(&eval(left, row)?, *op, &eval(right, row)?)?,
        _ => return None,
    })
}

fn truth(value: Const) -> Option<bool> {
    match value {
        Const::Bool(b) => Some(b),
        _ => None,
    }
}

fn equal(a: &Const, b: &Const) -> bool {
    match order_numbers(a, b) {
        Some(order) => order == Ordering::Equal,
        None => a == b,
    }
}

fn order(a: &Const, b: &Const) -> Option<Ordering> {
    match (a, b) {
        (Const::Str(a), Const::Str(b)) => Some(a.cmp(b)),
        _ => order_numbers(a, b),
    }
}

fn binary(a: &Const, op: BinaryOp, b: &Const) -> Option<Const> {
    Some(match op {
        BinaryOp::Eq => Const::Bool(equal(a, b)),
        BinaryOp::Ne => Const::Bool(!equal(a, b)),
        BinaryOp::Lt => Const::Bool(order(a, b)? == Ordering::Less),
        BinaryOp::Le => Const::Bool(order(a, b)? != Ordering::Greater),
        BinaryOp::Gt => Const::Bool(order(a, b)? == Ordering::Greater),
        BinaryOp::Ge => Const::Bool(order(a, b)? != Ordering::Less),
        _ => arithmetic(a, op, b)?,
    })
}

fn arithmetic(a: &Const, op: BinaryOp, b: &Const) -> Option<Const> {
    if let (Const::Str(a), Const::Str(b), BinaryOp::Add) = (a, b, op) {
        return Some(Const::Str(format!("{a}{b}")));
    }
    let whole = |a: i64, b: i64| match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::Rem => a.checked_rem(b),
        _ => None,
    };
    match (a, b) {
        (Const::Int(a), Const::Int(b)) if op != BinaryOp::Div => {
            return whole(*a, *b).map(Const::Int);
        }
        (Const::Duration(a), Const::Duration(b)) if op != BinaryOp::Div && op != BinaryOp::Mul => {
            return whole(*a, *b).map(Const::Duration);
        }
        (Const::Duration(a), Const::Int(b)) | (Const::Int(b), Const::Duration(a)) if op == BinaryOp::Mul => {
            return a.checked_mul(*b).map(Const::Duration);
        }
        (Const::Duration(_), _) | (_, Const::Duration(_)) => return None,
        _ => {}
    }
    let (a, b) = (as_number(a)?, as_number(b)?);
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        BinaryOp::Rem if b != 0.0 => a % b,
        _ => return None,
    };
    // What is beyond the largest float fails when the test runs.
    result.is_finite().then_some(Const::Float(result))
}
