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
    /// Its kind, with its parts.
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
    /// A call of a sequence or tasks; the locals take the given values.
    Run { takes: Vec<LocalId>, callee: TaskPick },
    /// `let x = …`, `set x = …` of a local.
    Assign(LocalId, Expr),
    /// `set kept = …`.
    AssignKeep(KeepId, Expr),
    /// `set shop.auth = …`.
    SetAuth(ApiId, Auth),
    /// `reset shop`.
    Reset(ApiId),
    /// `wait …`. The checker has replaced `between steps` with single waits.
    Wait(Wait),
    /// `if … else if … else …`.
    If(Vec<(Expr, Block)>, Block),
    /// `repeat n { }`.
    Repeat(Expr, Block),
    /// `for x in … { }`. With `parallel`, each pass of the body has its own copies of the locals `own`.
    For { local: LocalId, iter: Iter, parallel: Option<Expr>, own: Vec<LocalId>, body: Block },
    /// `break`.
    Break,
    /// `leave`.
    Leave,
    /// `stop user`.
    StopUser,
    /// `fail "why"`, with the report row that counts it.
    Fail(LineId, Expr),
    /// `log "…"`.
    Log(Expr),
    /// `parallel { }`, with one statement for each branch.
    Parallel(Vec<Stmt>),
    /// `retry n times every d on 502 | 504 { }`; without statuses, it repeats after every failure.
    Retry { times: Expr, every: Option<Expr>, on: Vec<Status>, body: Block },
    /// The statements before a `finally`, and the `finally`'s own, which run however the former end.
    Finally { body: Block, always: Block },
    /// `poll every d up to n times until c { }`, with the text of the condition, for the failure message.
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
    /// The statements that run if all expectations hold: takes, and `let`, `set` and `log` among them, in order.
    pub then: Vec<Then>,
}

/// A statement that a step runs after its expectations hold.
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
    /// A named request, with all its arguments, and the options, query and body that the call overrides.
    Call { request: RequestId, args: Vec<Expr>, over: Options, query: Vec<(String, Expr)>, body: Option<Body> },
    /// A request written in the step; its expressions see the locals of the function.
    Inline(Box<Request>),
    /// Submits a form; the fields of the map override its own.
    Submit { api: ApiId, form: Expr, fields: Vec<(String, Expr)>, options: Options, span: Span },
}

/// An expectation.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Its kind, with its parts.
    pub kind: ExpectKind,
    /// The whole statement.
    pub span: Span,
    /// The source text, for reports.
    pub written: String,
}

/// The kinds of expectation.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum ExpectKind {
    /// The status is one of these.
    Status(Vec<Status>),
    /// The body matches.
    Json { exactly: bool, matcher: Matcher },
    /// Headers match.
    Headers(Vec<HeaderMatcher>),
    /// The body contains the part, or does not.
    Text { negated: bool, part: Expr },
    /// A boolean expression over sources. A failed comparison shows both its sides. `elapsed`: whether the condition is about the response
    /// time, so that its failure has the class `elapsed`.
    Condition { condition: Expr, elapsed: bool },
}

/// A status or a class of statuses.
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
    /// The names that it may have, compared without regard to case. The first one in the response counts.
    pub names: Vec<String>,
    /// The matcher of its value.
    pub matcher: Matcher,
}

/// A matcher.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Matcher {
    /// Any value.
    Any,
    /// The key is absent.
    Absent,
    /// A value of this type.
    Type(Type),
    /// `> x`.
    Compare(BinaryOp, Expr),
    /// `~ /re/`; negated: `!~`.
    Regex(RegexId, bool),
    /// Each item of a list.
    Each(Box<Matcher>),
    /// A value that one of these matches.
    OneOf(Vec<Matcher>),
    /// An object with at least these members.
    Object(Vec<(String, Matcher)>),
    /// A list; with `rest`, its first items.
    List { items: Vec<Matcher>, rest: bool },
    /// This constant.
    Const(Const),
    /// This value.
    Value(Expr),
}

/// `take x: int = SOURCE else VALUE`.
#[derive(Clone, Debug)]
pub struct Take {
    /// The local that it assigns.
    pub local: LocalId,
    /// Its name.
    pub name: String,
    /// The type of the value; `Json` if the take has no type.
    pub ty: Type,
    /// The source.
    pub source: Expr,
    /// `all` or `any` of a source that is a plain list (JSONPath, HTML, headers and regexes have their own).
    pub quantity: Quantity,
    /// `else`.
    pub fallback: Option<Expr>,
    /// The whole statement.
    pub span: Span,
}

/// A sequence or tasks with arguments, or a step that is written as the member.
#[derive(Clone, Debug)]
pub enum TaskPick {
    /// A sequence.
    Sequence(SequenceId, Vec<Expr>),
    /// Tasks, of which one member is drawn.
    Tasks(TasksId, Vec<Expr>),
    /// A step that is written in `tasks`; the frame of the tasks has the names that it takes.
    Step(Box<Step>),
}

/// A wait; all are durations.
#[derive(Clone, Debug)]
pub enum Wait {
    /// This long.
    Fixed(Expr),
    /// A random time between the two, uniformly distributed.
    Between(Expr, Expr),
    /// The time from one iteration's start to the next. Only for a user.
    Pacing(Expr),
}

/// The values that a `for` iterates over.
#[derive(Clone, Debug)]
pub enum Iter {
    /// A list.
    Each(Expr),
    /// Whole numbers, both ends included.
    Range(Expr, Expr),
}
