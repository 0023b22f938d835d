//! Checked expressions.

use std::sync::Arc;

use indexmap::IndexMap;

use super::BinaryOp;
use super::{AssetId, DataId, EnvId, GlobalId, KeepId, LocalId, PathId, RegexId, SelectorId, SharedId};
use crate::span::Span;

/// The types of the language.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// A type that is known only while the test runs.
    Json,
    /// Only `null`.
    Null,
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// `true`, `false`.
    Bool,
    /// A span of time.
    Duration,
    /// An instant.
    Time,
    /// Bytes.
    Bytes,
    /// A list of one type; `Json` if its items have several types or are unknown.
    List(Box<Type>),
    /// An object. Its keys are known, or `None`.
    Object(Option<Members>),
    /// A file.
    File,
    /// A page's form.
    Form,
}

/// The members of an object whose keys are known, with their types. Copies share them, because each use of a variable copies its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Members(Arc<IndexMap<String, Type>>);

impl Members {
    /// The type of a member.
    pub fn get(&self, key: &str) -> Option<&Type> {
        self.0.get(key)
    }

    /// All members, in the order of the source.
    pub fn iter(&self) -> indexmap::map::Iter<'_, String, Type> {
        self.0.iter()
    }
}

impl FromIterator<(String, Type)> for Members {
    fn from_iter<I: IntoIterator<Item = (String, Type)>>(members: I) -> Self {
        Self(Arc::new(members.into_iter().collect()))
    }
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its kind, with its parts.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Its location.
    pub span: Span,
}

/// A value known at build time.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is its value")]
pub enum Const {
    Null,
    Absent,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A number that neither `Int` nor `Float` prints as it is written.
    Number(String),
    /// Nanoseconds.
    Duration(i64),
    Str(String),
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A constant.
    Const(Const),
    /// Text with holes; one without is a `Const`.
    Text(Vec<TextPart>),
    /// A list.
    List(Vec<Expr>),
    /// An object with its final keys; members whose value is absent are left out.
    Object(Vec<(String, Expr)>),
    /// A variable or parameter of this function.
    Local(LocalId),
    /// A user's own variable.
    Keep(KeepId),
    /// A file-level `let`.
    Global(GlobalId),
    /// A name of `before test`.
    Shared(SharedId),
    /// A key of the environment.
    Env(EnvId),
    /// `user.id` and the like.
    World(World),
    /// `rows.all`.
    Rows(DataId),
    /// `next(rows)`; with the flag the user holds the row until it stops, else until the iteration ends.
    Next(DataId, bool),
    /// A column of the row that a `where` reads. It occurs only during the check.
    Column(String),
    /// A function of the language: its name, and one expression for each parameter (defaults filled in; variadic ones in order).
    Call(&'static str, Vec<Expr>),
    /// `weighted(70: "a", 30: "b")`.
    Weighted(Vec<(Expr, Expr)>),
    /// `file("x", name:, type:)`.
    File(AssetId, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `files("dir/*.png")`.
    Files(Vec<AssetId>),
    /// `-x`.
    Neg(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `a + b`; `and` and `or` evaluate their right side only if needed.
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// `a ~ /re/`: a bool.
    Match(Box<Expr>, RegexId, bool),
    /// `take x = a ~ /re/`: the first group, or an object of named groups.
    Capture(Box<Expr>, RegexId, Quantity),
    /// All members of an object, as fields of a query, a form or of headers.
    Members(Box<Expr>),
    /// `if c then a else b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a.b`: fails if there is no such member, unless `a` is an object whose keys are known.
    Member(Box<Expr>, String),
    /// `a[i]`, `a["k"]`.
    Index(Box<Expr>, Box<Expr>),
    /// `a[i..j]`, both ends included.
    Slice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A part of the exchange.
    Source(Source),
}

/// Which of the values that a source finds are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The only one (for a JSONPath that is not singular: a list).
    One,
    /// `all`: a list.
    All,
    /// `any`: one at random.
    Any,
}

/// A readable part of an exchange.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Source {
    /// `json.a[0].b`: the constant path after `json`, with keys in their final spelling.
    Json(Vec<PathStep>),
    /// `json "$…"`; `singular`: yields a value instead of a list.
    JsonPath { path: Pattern<PathId>, singular: bool, quantity: Quantity },
    /// `header "X"`.
    Header(Box<Expr>, Quantity),
    /// `cookie "sid"`.
    Cookie(Box<Expr>),
    /// `cookie "sid"` in a request: the cookie that the jar has for its URL.
    JarCookie(Box<Expr>),
    /// The body as text.
    Text,
    /// The status.
    Status,
    /// The final URL.
    Url,
    /// The time that the exchange took.
    Elapsed,
    /// `html "css" @attribute`.
    Html { selector: Pattern<SelectorId>, attribute: Option<String>, quantity: Quantity },
    /// `form "css"`.
    Form(SelectorId),
    /// The body of the request as sent (in headers and auth).
    Body,
}

impl Source {
    /// Whether the source reads the body of the response.
    pub fn is_of_body(&self) -> bool {
        match self {
            Self::Json(_) | Self::JsonPath { .. } | Self::Text | Self::Html { .. } | Self::Form(_) => true,
            Self::Header(..) | Self::Cookie(_) | Self::JarCookie(_) | Self::Status | Self::Url | Self::Elapsed | Self::Body => false,
        }
    }
}

/// A JSONPath or a CSS selector.
#[derive(Clone, Debug)]
pub enum Pattern<Id> {
    /// A pattern without values, compiled once.
    Known(Id),
    /// A pattern with values of the test, built at each use.
    Built(Vec<BuiltPart>),
}

impl<Id> Pattern<Id> {
    /// The values in it.
    pub fn values(&self) -> impl Iterator<Item = &Expr> {
        let parts = match self {
            Self::Known(_) => &[][..],
            Self::Built(parts) => parts,
        };
        parts.iter().filter_map(|part| match part {
            BuiltPart::Literal(_) => None,
            BuiltPart::Value(value, _) => Some(value),
        })
    }

    /// The values in it.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let parts = match self {
            Self::Known(_) => &mut [][..],
            Self::Built(parts) => parts,
        };
        parts.iter_mut().filter_map(|part| match part {
            BuiltPart::Literal(_) => None,
            BuiltPart::Value(value, _) => Some(value),
        })
    }
}

/// A part of a JSONPath or a CSS selector with values.
#[derive(Clone, Debug)]
pub enum BuiltPart {
    /// Literal text.
    Literal(String),
    /// A value, quoted according to its position.
    Value(Expr, Quoting),
}

/// How a value is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// A literal of a JSONPath.
    Json,
    /// Within a string of a JSONPath, in these quotes.
    JsonText(char),
    /// A string of a CSS selector, with its quotes.
    Css,
    /// Within a string of a CSS selector.
    CssText,
    /// A part of a name in a CSS selector: `#item-{id}`.
    CssName,
}

/// An access in the path after `json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// A member.
    Key(String),
    /// An item.
    Index(i64),
}

/// A part of a text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// Literal text.
    Literal(String),
    /// A value and its valid format spec.
    Hole(Expr, Option<String>),
}

/// Values about the user and its test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// `user.id`.
    UserId,
    /// `user.iteration`.
    UserIteration,
    /// `shard.index`.
    ShardIndex,
    /// `test.id`.
    TestId,
}
