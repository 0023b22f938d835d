//! Values of a script: data, expressions of the language, members of the response.

use std::rc::Rc;

use crate::draft::{Expr, Segment, Source, Text};
use crate::js::Function;
use crate::names::is_word;
pub(super) use crate::web::Member;
use crate::write::{inline, quoted};

/// The value of an expression in a script.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Data, or a text with holes.
    Data(Expr),
    /// An expression of the language.
    Code(Code),
    /// A member of the JSON body.
    Json(Vec<Member>),
    Function(Rc<Function>),
    /// `require('uuid')`: a module by its name.
    Module(String),
    /// A time value of `moment` or `Date`: its expression.
    Time(String),
    /// A value that the language cannot express.
    Unknown,
}

/// An expression of the language.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) text: String,
    /// Whether it is a text.
    pub(super) is_text: bool,
    /// Whether it reads the response.
    pub(super) reads: bool,
    /// Whether it can be an operand without brackets.
    pub(super) atom: bool,
}

impl Code {
    /// A name, a call or a source.
    pub(super) fn atom(text: impl Into<String>, is_text: bool, reads: bool) -> Self {
        Self { text: text.into(), is_text, reads, atom: true }
    }

    /// The expression as an operand.
    pub(super) fn operand(&self) -> String {
        if self.atom { self.text.clone() } else { format!("({})", self.text) }
    }
}

impl Value {
    /// About how many bytes it has.
    pub(super) fn size(&self) -> usize {
        fn of(expr: &Expr) -> usize {
            1 + match expr {
                Expr::Text(text) => text.bytes(),
                Expr::Code(code) | Expr::Number(code) => code.len(),
                Expr::List(items) => items.iter().map(of).sum(),
                Expr::Map(entries) => entries.iter().map(|(key, value)| key.len() + of(value)).sum(),
                _ => 0,
            }
        }
        match self {
            Self::Data(expr) => of(expr),
            Self::Code(code) => code.text.len(),
            Self::Time(code) => code.len(),
            Self::Json(path) => path.len() * size_of::<Member>(),
            _ => 0,
        }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Data(Expr::text(text))
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self::Code(Code::atom(text, false, false))
    }

    pub(super) fn text_code(text: impl Into<String>) -> Self {
        Self::Code(Code::atom(text, true, false))
    }

    /// A source of the response.
    pub(super) fn source(text: impl Into<String>, is_text: bool) -> Self {
        Self::Code(Code::atom(text, is_text, true))
    }

    /// The literal text.
    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Data(expr) => expr.as_literal(),
            _ => None,
        }
    }

    /// The whole number.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Data(Expr::Number(digits)) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The expression of the language; `None` if there is none.
    pub(super) fn to_code(&self) -> Option<Code> {
        match self {
            Self::Data(expr) => {
                Some(Code { text: inline(expr), is_text: matches!(expr, Expr::Text(_)), reads: false, atom: !negative(expr) })
            }
            Self::Code(code) => Some(code.clone()),
            Self::Json(path) => Some(Code::atom(source(path)?.what, false, true)),
            Self::Time(time) => Some(Code::atom(time.clone(), false, false)),
            Self::Function(_) | Self::Module(_) | Self::Unknown => None,
        }
    }

    /// The value as data for a matcher or a body.
    pub(super) fn to_expr(&self) -> Option<Expr> {
        match self {
            Self::Data(expr) => Some(expr.clone()),
            other => Some(Expr::Code(other.to_code()?.text)),
        }
    }

    /// Appends the value to a text.
    pub(super) fn append_to(&self, text: &mut Text) -> Option<()> {
        match self {
            Self::Data(Expr::Text(part)) => text.append(part.clone()),
            Self::Data(Expr::Number(digits)) => text.push(digits),
            Self::Data(Expr::Bool(flag)) => text.push(&flag.to_string()),
            other => text.hole(other.to_code()?.operand()),
        }
        Some(())
    }

    /// Whether it reads the response.
    pub(super) fn reads(&self) -> bool {
        match self {
            Self::Json(_) => true,
            Self::Code(code) => code.reads,
            Self::Data(expr) => reads(expr),
            _ => false,
        }
    }
}

fn negative(expr: &Expr) -> bool {
    matches!(expr, Expr::Number(digits) if digits.starts_with('-'))
}

/// Whether an expression within data reads the response.
pub(super) fn reads(expr: &Expr) -> bool {
    let code =
        |code: &str| ["json", "header ", "cookie ", "text", "status", "elapsed", "html "].iter().any(|source| mentions(code, source));
    match expr {
        Expr::Code(text) => code(text),
        Expr::Text(text) => text.parts.iter().any(|part| matches!(part, crate::draft::Part::Hole(hole) if code(hole))),
        Expr::List(items) => items.iter().any(reads),
        Expr::Map(members) => members.iter().any(|(_, value)| reads(value)),
        _ => false,
    }
}

/// Whether code contains a word that is neither a part of a longer one nor a member.
fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !before.is_some_and(|c| part(c) || c == '.') && (word.ends_with(' ') || !after.is_some_and(|c| part(c) || c == '('))
    })
}

/// The source that reads a member; `None` if the path goes through every item of a list.
pub(super) fn source(path: &[Member]) -> Option<Source> {
    let segments = path.iter().map(|member| match member {
        Member::Key(key) => Some(Segment::Key(key.clone())),
        Member::Index(index) => Some(Segment::Index(*index)),
        Member::Each => None,
    });
    Some(Source::json(&segments.collect::<Option<Vec<_>>>()?))
}

/// `.name`, or `["odd name"]`.
pub(super) fn member(name: &str) -> String {
    if is_word(name) { format!(".{name}") } else { format!("[{}]", quoted(name)) }
}
