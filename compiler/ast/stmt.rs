//! Statements as written.

use super::{Arg, AuthExpr, Expr, Let, Part, Quantifier, RequestLine, Text};
use crate::span::{Name, Span, Spanned};

/// Statements between braces.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The statements in order.
    pub stmts: Vec<Stmt>,
    /// The location, braces included.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// Its kind, with its parts.
    pub kind: StmtKind,
    /// Its location.
    pub span: Span,
}

/// The kinds of statement. The checker decides where each is allowed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum StmtKind {
    /// `step "Name" skip interrupt { … }`.
    Step(Box<Step>),
    /// The request of a step.
    Exchange(Box<Exchange>),
    /// `expect …`.
    Expect(Expect),
    /// `take x = SOURCE`.
    Take(Box<Take>),
    /// `run Login(a)`, `take x, y = run Login(a)`: the taken names, the callee and its arguments.
    Run { takes: Vec<Name>, callee: Name, args: Vec<Arg> },
    /// `let x = …`.
    Let(Box<Let>),
    /// `keep x = …` below file level; the checker rejects it.
    Keep(Box<Let>),
    /// `set x = …`.
    Set(SetTarget, Box<Expr>),
    /// `set shop.auth = bearer(token)`.
    SetAuth(Name, AuthExpr),
    /// `reset shop`.
    Reset(Name),
    /// `wait 1s..3s`; `between_steps` is set for `wait 1s..3s between steps`.
    Wait { wait: Wait, between_steps: bool },
    /// `if c { } else if d { } else { }`.
    If { branches: Vec<(Expr, Block)>, otherwise: Option<Block> },
    /// `repeat 3 { }`.
    Repeat(Expr, Block),
    /// `for x in xs parallel 6 { }`.
    For { name: Name, iter: ForIter, parallel: Option<Expr>, body: Block },
    /// `break`.
    Break,
    /// `leave`.
    Leave,
    /// `stop user`; the checker rejects `stop test`.
    StopUser,
    /// `fail "why"`.
    Fail(Expr),
    /// `log "…"`.
    Log(Expr),
    /// `parallel { }`.
    Parallel(Block),
    /// `retry 2 times every 1s { }`.
    Retry(Box<Retry>),
    /// `poll every 500ms up to 20 times until state == "done" { }`.
    Poll(Box<Poll>),
    /// `group "Checkout" { }`.
    Group(Spanned<String>, Block),
    /// `finally { … }`.
    Finally(Block),
    /// A statement that did not parse; the parser has reported it.
    Broken,
}

/// `step "Name" skip interrupt { … }`.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name. The checker rejects a name with holes, so the tree keeps the whole text.
    pub name: Text,
    /// `skip`.
    pub skip: Option<Span>,
    /// `interrupt`.
    pub interrupt: Option<Span>,
    /// Its statements.
    pub body: Block,
}

/// The request of a step.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Exchange {
    /// `tpdata.treatment.create(iid)`: the dotted path and the arguments.
    Call { path: Vec<Name>, args: Vec<Arg>, parts: Vec<Part> },
    /// `shop GET /carts/{id} { … }`.
    Inline { api: Name, line: RequestLine, parts: Vec<Part> },
    /// `notes submit page { form { … } }`.
    Submit { api: Name, form: Expr, parts: Vec<Part> },
}

/// An expectation.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Its kind, with its parts.
    pub kind: ExpectKind,
    /// The whole statement.
    pub span: Span,
}

/// The kinds of expectation.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum ExpectKind {
    /// `expect 200 | 204`, `expect 2xx`.
    Status(Vec<Spanned<StatusPattern>>),
    /// `expect json { … }`, `expect json exactly [ … ]`.
    Json { exactly: bool, matcher: Matcher },
    /// `expect headers { … }`.
    Headers(Vec<MatcherEntry>),
    /// `expect text "part"`, `expect not text "part"`.
    Text { negated: bool, part: Expr },
    /// `expect elapsed < 1s`, `expect len(json.items) == 3`.
    Condition(Expr),
}

/// `201`, `2xx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusPattern {
    /// One status; the checker requires 100 to 599.
    Code(i64),
    /// A class of statuses: 2 for `2xx`.
    Class(u8),
}

/// A matcher.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// Its kind, with its parts.
    pub kind: MatcherKind,
    /// Its location.
    pub span: Span,
}

/// The kinds of matcher.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum MatcherKind {
    /// `_`.
    Any,
    /// `absent`.
    Absent,
    /// `string`, `int`, …: the word as written.
    Type(String),
    /// `> 0`.
    Compare(super::BinaryOp, Box<Expr>),
    /// `~ /re/`, `!~ /re/`.
    Regex { negated: bool, regex: Spanned<String> },
    /// `each M`.
    Each(Box<Matcher>),
    /// `A | B`.
    OneOf(Vec<Matcher>),
    /// `{ … }`.
    Object(Vec<MatcherEntry>),
    /// `[ …, .. ]`.
    List { items: Vec<Matcher>, rest: bool },
    /// An expression's value.
    Value(Box<Expr>),
}

/// A key and its matcher; the short form `{ iid }` has a `Value(Name)`.
#[derive(Clone, Debug)]
pub struct MatcherEntry {
    /// The key.
    pub key: super::Key,
    /// The matcher of the key's value.
    pub matcher: Matcher,
}

/// `take x: int = all SOURCE else VALUE`.
#[derive(Clone, Debug)]
pub struct Take {
    /// The variable's name; in a health check `version`.
    pub name: Name,
    /// `: int`.
    pub ty: Option<Name>,
    /// `all`, `any`.
    pub quantifier: Option<Spanned<Quantifier>>,
    /// The source, possibly followed by members, indices or a regex.
    pub source: Expr,
    /// `else VALUE`.
    pub fallback: Option<Expr>,
}

/// The target of `set`.
#[derive(Clone, Debug)]
pub struct SetTarget {
    /// The variable's name.
    pub name: Name,
}

/// A wait.
#[derive(Clone, Debug)]
pub enum Wait {
    /// `1s`.
    Fixed(Expr),
    /// `100ms..200ms`.
    Between(Expr, Expr),
    /// `pacing 5s`.
    Pacing(Expr),
}

/// The values that a `for` iterates over.
#[derive(Clone, Debug)]
pub enum ForIter {
    /// A list.
    Each(Expr),
    /// `1..n`, both ends included.
    Range(Expr, Expr),
}

/// `retry 2 times every 1s { }`.
#[derive(Clone, Debug)]
pub struct Retry {
    /// The number of further attempts.
    pub times: Expr,
    /// The time between attempts.
    pub every: Option<Expr>,
    /// `on 502 | 504`: repeats only after a failure with such a status.
    pub on: Vec<Spanned<StatusPattern>>,
    /// The statements to repeat.
    pub body: Block,
}

/// `poll every 500ms up to 20 times until state == "done" { }`.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The time between attempts.
    pub every: Expr,
    /// The highest number of attempts.
    pub times: Expr,
    /// The condition that ends it; it sees the names that the body takes.
    pub until: Expr,
    /// The statements of one attempt.
    pub body: Block,
}
