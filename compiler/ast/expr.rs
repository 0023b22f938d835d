//! Expressions as written.

use crate::span::{Name, Span, Spanned};

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its kind, with its parts.
    pub kind: ExprKind,
    /// Its location.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `absent`: as a map's value, leaves the key out.
    Absent,
    /// `true`, `false`.
    Bool(bool),
    /// `42`.
    Int(i64),
    /// `1.5`.
    Float(f64),
    /// A number that neither `Int` nor `Float` prints as it is written: `18446744073709551615`, `1.10`.
    Number(String),
    /// `1h20m`, in nanoseconds.
    Duration(i64),
    /// `"ids:{n:09}"`, also a `"""` block.
    Text(Text),
    /// `[1, 2]`.
    List(Vec<Expr>),
    /// `{ a: 1, b }`.
    Object(Vec<Entry>),
    /// A variable, parameter, api, data source or `env`, `user`, `shard`, `test`, `rows`.
    Name(String),
    /// A word that reads the response (or, for `body`, the request): `json`, `text`, `status`, `url`, `elapsed`, `body`.
    Source(SourceWord),
    /// `json "$.a[*]"`.
    JsonPath(Text),
    /// `header "Location"`.
    Header(Box<Expr>),
    /// `cookie "sid"`.
    Cookie(Box<Expr>),
    /// `html "css" @attribute`.
    Html(Text, Option<Name>),
    /// `form "css"`.
    Form(Spanned<String>),
    /// `all html "h3"`, within an expression.
    Quantified(Quantifier, Box<Expr>),
    /// `form fields`: all members of an object, in place of a map of fields.
    Members(Box<Expr>),
    /// `a.b`.
    Member(Box<Expr>, Name),
    /// `a[0]`, `a["b-c"]`.
    Index(Box<Expr>, Box<Expr>),
    /// `s[1..3]`, both ends included.
    Slice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `f(a, b)`, `fake.name()`, `tpdata.treatment.create(iid)`.
    Call(Box<Expr>, Vec<Arg>),
    /// `-x`, `not x`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// `a ~ /re/`, `a !~ /re/`: the regex as written between the slashes.
    Match { value: Box<Expr>, negated: bool, regex: Spanned<String> },
    /// `if c then a else b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// An expression that did not parse; the parser has reported it.
    Broken,
}

/// Words that read the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceWord {
    /// The response's body as JSON.
    Json,
    /// The response's body as text.
    Text,
    /// The response's status.
    Status,
    /// The final URL.
    Url,
    /// The time the exchange took.
    Elapsed,
    /// The request's body exactly as it is sent: in headers and auth, for signatures.
    Body,
}

/// Text with holes.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// Its parts in order; adjacent literals are joined.
    pub parts: Vec<TextPart>,
    /// The whole literal, quotes included.
    pub span: Span,
}

/// A part of a text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// Unescaped literal text.
    Literal(String),
    /// `{expr:spec}`.
    Hole(Box<Expr>, Option<Spanned<String>>),
}

/// An argument: `x`, `name: x`, or, for `weighted`, `70: "a"`.
#[derive(Clone, Debug)]
pub struct Arg {
    /// The label before the colon: a name, or an expression for `weighted`.
    pub label: Option<Expr>,
    /// The value.
    pub value: Expr,
}

/// A key and value of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value; for the short form `{ iid }` a `Name` expression with the same text and location.
    pub value: Expr,
}

/// A key of a map.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its text, unescaped.
    pub text: String,
    /// Whether it was quoted. A quoted key keeps its spelling.
    pub quoted: bool,
    /// Its location.
    pub span: Span,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`.
    Neg,
    /// `not`.
    Not,
}

/// Infix operators, loosest first: `or`, `and`, comparisons and `in`, `+ -`, `* / %`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its operator")]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl BinaryOp {
    /// Whether the operator compares its sides.
    pub fn is_comparison(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }
}

/// `all`, `any` before a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// A list of all values that the source finds.
    All,
    /// One of the values that the source finds, chosen at random.
    Any,
}
