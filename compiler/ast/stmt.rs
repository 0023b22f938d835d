//! Statements as written.

use super::{Arg, AuthExpr, Expr, Let, Part, Quantifier, RequestLine, Text};
use crate::span::{Name, Span, Spanned};

/// Statements between braces.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// In order.
    pub stmts: Vec<Stmt>,
    /// Braces included.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Its location.
    pub span: Span,
}

/// The kinds of statement. Where each may stand is the checker's business.
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
    /// `run Login(a)`, `take x, y = run Login(a)`: what is taken, the callee, its arguments.
    Run { takes: Vec<Name>, callee: Name, args: Vec<Arg> },
    /// `let x = …`.
    Let(Box<Let>),
    /// `keep x = …` below file level, for the checker to refuse.
    Keep(Box<Let>),
    /// `set x = …`.
    Set(SetTarget, Box<Expr>),
    /// `set shop.auth = bearer(token)`.
    SetAuth(Name, AuthExpr),
    /// `reset shop`.
    Reset(Name),
    /// `wait 1s..3s`; `wait 1s..3s between steps` with the flag.
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
    /// `stop user`; `stop test` is refused by the checker.
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
    /// Something that did not parse; already reported.
    Broken,
}

/// `step "Name" skip interrupt { … }`.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its literal name; a text with holes is refused by the checker, so the text is kept whole.
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
    /// What is expected.
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
    /// One status; the checker wants 100 to 599.
    Code(i64),
    /// A hundred: 2 for `2xx`.
    Class(u8),
}

/// A matcher.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// What it is.
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
    /// What its value must be.
    pub matcher: Matcher,
}

/// `take x: int = all SOURCE else VALUE`.
#[derive(Clone, Debug)]
pub struct Take {
    /// The name it is given; in a health check `version`.
    pub name: Name,
    /// `: int`.
    pub ty: Option<Name>,
    /// `all`, `any`.
    pub quantifier: Option<Spanned<Quantifier>>,
    /// The source, possibly with members, indices or a regex behind it.
    pub source: Expr,
    /// `else VALUE`.
    pub fallback: Option<Expr>,
}

/// What `set` changes.
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

/// What a `for` goes over.
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
    /// How many more tries there may be.
    pub times: Expr,
    /// The time between them.
    pub every: Option<Expr>,
    /// `on 502 | 504`: only failures with such a status are tried again.
    pub on: Vec<Spanned<StatusPattern>>,
    /// What is tried.
    pub body: Block,
}

/// `poll every 500ms up to 20 times until state == "done" { }`.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The time between rounds.
    pub every: Expr,
    /// How many rounds at most.
    pub times: Expr,
    /// What ends it; sees what the body takes.
    pub until: Expr,
    /// A round.
    pub body: Block,
}
