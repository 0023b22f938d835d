//! Checked statements.

use super::BinaryOp;
use super::{
    ApiId, Auth, Body, Const, Expr, KeepId, LineId, LocalId, Options, Quantity, RegexId, Request, RequestId, SequenceId, StepId, TasksId,
    Type,
};
use crate::span::Span;

/// Statements in order.
pub type Block = Vec<Stmt>;

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Its location.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum StmtKind {
    /// A step.
    Step(Box<Step>),
    /// A sequence is called; the locals take what it gives.
    Run { takes: Vec<LocalId>, callee: TaskPick },
    /// `let x = …`, `set x = …` of a local.
    Assign(LocalId, Expr),
    /// `set kept = …`.
    AssignKeep(KeepId, Expr),
    /// `set shop.auth = …`.
    SetAuth(ApiId, Auth),
    /// `reset shop`.
    Reset(ApiId),
    /// `wait …` (a `between steps` wait was spread over the steps by the checker).
    Wait(Wait),
    /// `if … else if … else …`.
    If(Vec<(Expr, Block)>, Block),
    /// `repeat n { }`.
    Repeat(Expr, Block),
    /// `for x in … { }`. With `parallel`, the body has the locals `own` for itself in each of its runs.
    For { local: LocalId, iter: Iter, parallel: Option<Expr>, own: Vec<LocalId>, body: Block },
    /// `break`.
    Break,
    /// `leave`.
    Leave,
    /// `stop user`.
    StopUser,
    /// `fail "why"`, with the line of the report that counts it.
    Fail(LineId, Expr),
    /// `log "…"`.
    Log(Expr),
    /// `parallel { }`: one branch a statement.
    Parallel(Vec<Stmt>),
    /// `retry n times every d on 502 | 504 { }`; without statuses, every failure is tried again.
    Retry { times: Expr, every: Option<Expr>, on: Vec<Status>, body: Block },
    /// The statements before a `finally`, and its own, which run however those end.
    Finally { body: Block, always: Block },
    /// `poll every d up to n times until c { }`; the text of the condition as written, for the failure.
    Poll { every: Expr, times: Expr, until: Expr, written: String, body: Block },
    /// `group "Checkout" { }`.
    Group(LineId, Block),
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its entry in [`super::Program::steps`].
    pub id: StepId,
    /// `let`, `log` and the like before the request.
    pub before: Block,
    /// Its request.
    pub exchange: Exchange,
    /// Expectations, the request's own first, in order.
    pub expects: Vec<Expect>,
    /// What happens where all hold: takes, and `let`, `set`, `log` among them, in order.
    pub then: Vec<Then>,
}

/// What a step does once its expectations hold.
#[derive(Clone, Debug)]
pub enum Then {
    /// A take.
    Take(Take),
    /// An assignment or a `log`; its expressions may read sources.
    Stmt(Stmt),
}

/// The request of a step.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Exchange {
    /// A named request, with all its arguments, and what the call says over it.
    Call { request: RequestId, args: Vec<Expr>, over: Options, query: Vec<(String, Expr)>, body: Option<Body> },
    /// A request in place; its expressions see the locals of the function around.
    Inline(Box<Request>),
    /// A form is submitted, with the fields of the map over its own.
    Submit { api: ApiId, form: Expr, fields: Vec<(String, Expr)>, options: Options, span: Span },
}

/// An expectation.
#[derive(Clone, Debug)]
pub struct Expect {
    /// What is expected.
    pub kind: ExpectKind,
    /// The whole statement.
    pub span: Span,
    /// As written, for reports.
    pub written: String,
}

/// The kinds of expectation.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum ExpectKind {
    /// One of these.
    Status(Vec<Status>),
    /// The body matches.
    Json { exactly: bool, matcher: Matcher },
    /// Headers match.
    Headers(Vec<HeaderMatcher>),
    /// The body has (or hasn't) the part.
    Text { negated: bool, part: Expr },
    /// A boolean expression over sources. A comparison shows both its sides when it fails. `elapsed`: whether it is about the time that
    /// the answer took, and a failure of it is of that class.
    Condition { condition: Expr, elapsed: bool },
}

/// A status or a hundred of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `201`.
    Code(u16),
    /// `2xx`: 2.
    Class(u8),
}

/// A header's matcher.
#[derive(Clone, Debug)]
pub struct HeaderMatcher {
    /// Names it may have, compared without case; the first that the response has counts.
    pub names: Vec<String>,
    /// What its value must be.
    pub matcher: Matcher,
}

/// A matcher.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Matcher {
    /// Anything.
    Any,
    /// The key isn't there.
    Absent,
    /// A type's word.
    Type(Type),
    /// `> x`.
    Compare(BinaryOp, Expr),
    /// `~ /re/`; negated: `!~`.
    Regex(RegexId, bool),
    /// Each item of a list.
    Each(Box<Matcher>),
    /// One of them.
    OneOf(Vec<Matcher>),
    /// An object with at least these members.
    Object(Vec<(String, Matcher)>),
    /// A list; with `rest`, at least these first.
    List { items: Vec<Matcher>, rest: bool },
    /// This constant.
    Const(Const),
    /// This value.
    Value(Expr),
}

/// `take x: int = SOURCE else VALUE`.
#[derive(Clone, Debug)]
pub struct Take {
    /// Where it goes.
    pub local: LocalId,
    /// Its name.
    pub name: String,
    /// What it is converted to; `Json` where nothing was said.
    pub ty: Type,
    /// The source.
    pub source: Expr,
    /// `all`, `any` where the source is a plain list (JSONPath, HTML, headers and regexes carry theirs).
    pub quantity: Quantity,
    /// `else`.
    pub fallback: Option<Expr>,
    /// The whole statement.
    pub span: Span,
}

/// A sequence or tasks with their arguments, or a step in place.
#[derive(Clone, Debug)]
pub enum TaskPick {
    /// A sequence.
    Sequence(SequenceId, Vec<Expr>),
    /// Tasks: one member is drawn.
    Tasks(TasksId, Vec<Expr>),
    /// A step written in place in `tasks`; what it takes lies in the frame of the tasks.
    Step(Box<Step>),
}

/// A wait; all are durations.
#[derive(Clone, Debug)]
pub enum Wait {
    /// That long.
    Fixed(Expr),
    /// Evenly between the two.
    Between(Expr, Expr),
    /// One start in each such time. Only of a user.
    Pacing(Expr),
}

/// What a `for` goes over.
#[derive(Clone, Debug)]
pub enum Iter {
    /// A list.
    Each(Expr),
    /// Whole numbers, both ends included.
    Range(Expr, Expr),
}
