//! The values of a script: data, expressions of the language, responses, and functions of the tool.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;

use super::scope::Scope;
use crate::code::Function;
use crate::draft::{Expr, Segment, Source};

/// The value of an expression in a script.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// No value, such as a member that an object lacks.
    Undefined,
    /// Null, a bool, a number, or a text that may have holes.
    Data(Expr),
    /// An expression of the language.
    Code(Code),
    List(Rc<RefCell<Vec<Value>>>),
    Map(Rc<RefCell<IndexMap<String, Value>>>),
    Function(Rc<Closure>),
    Class(Rc<ClassValue>),
    Object(Rc<Object>),
    /// A value or a function of the tool or a library, by its path: `k6/http.get`, `random.randint`.
    Native(Rc<str>),
    /// A method of a value: `text.trim`.
    Method(Box<Value>, Rc<str>),
    /// The response of one of these steps. There are several if the script sends the request in different branches.
    Response(Rc<[usize]>),
    /// Elements of a response: its steps, a CSS selector, and whether to use all elements.
    Elements(Rc<[usize]>, Rc<str>, bool),
    /// A regular expression.
    Regex(String),
    /// The content of a file next to the script.
    File(Rc<str>),
    /// A variable of the process environment, and its default.
    Env(Rc<str>, Option<Rc<str>>),
    /// The rows of a `data` declaration.
    Rows(Rc<str>),
    /// A pause in seconds: `between(1, 3)`.
    Pause(Rc<crate::draft::Wait>),
    /// A value that the language cannot express, with its source text.
    Unknown(Rc<str>),
}

/// A function with the scope that it was defined in, and the object that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Closure {
    pub(crate) function: Rc<Function>,
    pub(crate) scope: Rc<Scope>,
    pub(crate) this: Option<Value>,
    /// The defining class, whose bases `super()` uses.
    pub(crate) class: Option<Rc<ClassValue>>,
}

/// A class.
#[derive(Debug)]
pub(crate) struct ClassValue {
    pub(crate) name: String,
    pub(crate) bases: Vec<Value>,
    pub(crate) members: RefCell<IndexMap<String, Value>>,
    /// The weights of the members with `@task`, by name.
    pub(crate) tasks: RefCell<Vec<(String, Value)>>,
    /// The positions of the members with `@seq_task`, in the order of `tasks`.
    pub(crate) orders: RefCell<Vec<f64>>,
    pub(crate) line: usize,
}

/// An instance of a class.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) class: Rc<ClassValue>,
    pub(crate) members: RefCell<IndexMap<String, Value>>,
}

/// An expression of the language.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// Its source text; values of responses are marks in it.
    pub(crate) text: String,
    pub(crate) ty: Ty,
    /// Whether it can be an operand without brackets.
    pub(crate) atom: bool,
    /// Whether it differs at each evaluation.
    pub(crate) changes: bool,
    /// Its structure, if that matters.
    pub(crate) shape: Option<Rc<Shape>>,
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Any,
    Text,
    Number,
    Bool,
    List,
    Map,
    Bytes,
    Time,
}

/// The structure of an expression.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Compare(Value, &'static str, Value),
    And(Value, Value),
    Or(Value, Value),
    Not(Value),
    /// The whole contains the part.
    Contains(Value, Value),
    Matches(Value, String),
    /// A member of the whole exists.
    Has(Value),
    /// The result of a function whose other results became failures of expectations.
    Assumed,
    /// The index of a part in a whole, or -1: used to test whether the whole contains it.
    IndexOf(Value),
    /// The steps' checks hold.
    Checked(Rc<[usize]>),
    /// The steps' status is below 400.
    Succeeded(Rc<[usize]>),
    /// A float between two numbers.
    Random(f64, f64),
    /// A float from 0 up to an expression.
    RandomUpTo(Code),
    /// A whole number between two numbers.
    RandomInt(i64, i64),
    /// The name of a value's type.
    TypeOf(Value),
    /// The numbers from one to another, both included.
    Range(Value, Value),
    /// Any index of a list.
    RandomIndex,
    /// Milliseconds, the unit of a response's durations in k6.
    Milliseconds,
    /// Seconds, the unit of a response's durations in Locust.
    Seconds,
}

/// A value from a response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// The steps whose response contains it.
    pub(crate) steps: Rc<[usize]>,
    pub(crate) what: What,
}

/// The part of a response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Json(Vec<Segment>),
    Source(Source),
}

impl What {
    pub(crate) fn source(&self) -> Source {
        match self {
            Self::Json(path) => Source::json(path),
            Self::Source(source) => source.clone(),
        }
    }
}

/// Encloses the number of an [`Origin`] within code.
pub(crate) const OPEN: char = '\u{f8f0}';
pub(crate) const CLOSE: char = '\u{f8f1}';

impl Code {
    pub(crate) fn new(text: impl Into<String>, ty: Ty) -> Self {
        Self { text: text.into(), ty, atom: true, changes: false, shape: None }
    }

    /// The expression, in brackets if an operand needs them.
    pub(crate) fn operand(&self) -> String {
        if self.atom { self.text.clone() } else { format!("({})", self.text) }
    }

    /// The number of the origin, if the whole expression is one mark.
    pub(crate) fn mark(&self) -> Option<usize> {
        let number = self.text.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
        number.parse().ok()
    }
}

/// The numbers of the origins in code.
pub(crate) fn marks(text: &str) -> Vec<usize> {
    text.split(OPEN).skip(1).filter_map(|part| part.split(CLOSE).next()?.parse().ok()).collect()
}

impl Value {
    pub(crate) fn null() -> Self {
        Self::Data(Expr::Null)
    }

    pub(crate) fn bool(flag: bool) -> Self {
        Self::Data(Expr::Bool(flag))
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Data(Expr::text(text))
    }

    pub(crate) fn number(number: f64) -> Self {
        let digits = if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() };
        Self::Data(Expr::number(&digits))
    }

    pub(crate) fn code(text: impl Into<String>, ty: Ty) -> Self {
        Self::Code(Code::new(text, ty))
    }

    /// An expression that differs at each evaluation.
    pub(crate) fn changing(text: impl Into<String>, ty: Ty) -> Self {
        Self::Code(Code { changes: true, ..Code::new(text, ty) })
    }

    pub(crate) fn shaped(text: impl Into<String>, ty: Ty, shape: Shape) -> Self {
        Self::Code(Code { shape: Some(Rc::new(shape)), atom: false, ..Code::new(text, ty) })
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(RefCell::new(items)))
    }

    pub(crate) fn map(members: IndexMap<String, Self>) -> Self {
        Self::Map(Rc::new(RefCell::new(members)))
    }

    pub(crate) fn native(path: impl AsRef<str>) -> Self {
        Self::Native(path.as_ref().into())
    }

    pub(crate) fn unknown(what: impl AsRef<str>) -> Self {
        Self::Unknown(what.as_ref().into())
    }

    /// The text, if it has no holes.
    pub(crate) fn literal(&self) -> Option<String> {
        match self {
            Self::Data(expr) => expr.as_literal().map(str::to_owned),
            _ => None,
        }
    }

    /// The number, if it is known.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Data(Expr::Number(digits)) => digits.parse().ok(),
            Self::Data(Expr::Bool(flag)) => Some(if *flag { 1.0 } else { 0.0 }),
            _ => None,
        }
    }

    pub(crate) fn shape(&self) -> Option<&Shape> {
        match self {
            Self::Code(code) => code.shape.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn ty(&self) -> Ty {
        match self {
            Self::Data(Expr::Text(_)) | Self::Env(..) | Self::File(_) => Ty::Text,
            Self::Data(Expr::Number(_)) => Ty::Number,
            Self::Data(Expr::Bool(_)) => Ty::Bool,
            Self::Code(code) => code.ty,
            Self::List(_) | Self::Rows(_) => Ty::List,
            Self::Map(_) => Ty::Map,
            _ => Ty::Any,
        }
    }

    /// A text with holes.
    pub(crate) fn as_open_text(&self) -> Option<&crate::draft::Text> {
        match self {
            Self::Data(Expr::Text(text)) if text.as_literal().is_none() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Undefined | Self::Data(Expr::Null))
    }
}
