//! The checked program: every name resolved, every type known, keys in their final spelling. What `check` yields and `emit` turns into Rust.
//!
//! Nothing here refers to the tree; places are kept for the run-time messages (`specs/tpdata.lt:31:5`).

mod expr;
mod request;
mod sections;
mod stmt;

pub use crate::ast::BinaryOp;
pub use expr::{BuiltPart, Const, Expr, ExprKind, PathStep, Pattern, Quantity, Quoting, Source, TextPart, Type, World};
pub use request::{Api, Auth, Body, Health, Options, Path, Redirects, Request};
pub use sections::sections;
pub use stmt::{
    Block, Exchange, Expect, ExpectKind, HeaderMatcher, Iter, Matcher, Status, Step, Stmt, StmtKind, Take, TaskPick, Then, Wait,
};

use crate::span::Span;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)] pub struct $name(pub usize);)*
    };
}

ids! {
    /// Index into [`Program::apis`].
    ApiId,
    /// Index into [`Program::requests`].
    RequestId,
    /// Index into [`Program::data`].
    DataId,
    /// Index into [`Program::env`].
    EnvId,
    /// Index into [`Program::keeps`].
    KeepId,
    /// Index into [`Program::globals`].
    GlobalId,
    /// Index into [`Program::shared`].
    SharedId,
    /// Index into [`Program::sequences`].
    SequenceId,
    /// Index into [`Program::tasks`].
    TasksId,
    /// Index into [`Program::steps`].
    StepId,
    /// Index into [`Program::lines`].
    LineId,
    /// Index into [`Program::regexes`].
    RegexId,
    /// Index into [`Program::paths`].
    PathId,
    /// Index into [`Program::selectors`].
    SelectorId,
    /// Index into [`Program::assets`].
    AssetId,
    /// Index into the [`Frame::locals`] of the function it stands in.
    LocalId,
}

/// A whole checked spec.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Its name: the spec's file stem.
    pub name: String,
    /// The files in order of [`crate::span::FileId`], as they are shown.
    pub files: Vec<String>,
    /// Clients.
    pub apis: Vec<Api>,
    /// All named requests of all apis and resources.
    pub requests: Vec<Request>,
    /// Data sources, their rows read, typed and filtered.
    pub data: Vec<Data>,
    /// Environment keys in use.
    pub env: Vec<EnvKey>,
    /// `keep`s: one value for each user.
    pub keeps: Vec<Variable>,
    /// `let`s at file level: one value for a test. Each may use those before it.
    pub globals: Vec<Variable>,
    /// Names of `before test`, read-only elsewhere.
    pub shared: Vec<String>,
    /// Sequences in order of appearance.
    pub sequences: Vec<Sequence>,
    /// Tasks.
    pub tasks: Vec<Tasks>,
    /// Users.
    pub users: Vec<User>,
    /// `before test`.
    pub before_test: Option<Routine>,
    /// `before test every`, with their periods.
    pub renewals: Vec<(Expr, Routine)>,
    /// `after test`.
    pub after_test: Option<Routine>,
    /// One for each step of the source, in order.
    pub steps: Vec<StepInfo>,
    /// Lines of the report in order of appearance: equal names share one.
    pub lines: Vec<Line>,
    /// Regexes in use, as written, checked to compile.
    pub regexes: Vec<String>,
    /// JSONPaths in use, checked to parse.
    pub paths: Vec<String>,
    /// CSS selectors in use, checked to parse.
    pub selectors: Vec<String>,
    /// Files that `file` and `files` name.
    pub assets: Vec<Asset>,
}

/// A data source.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name.
    pub name: String,
    /// The file, as shown.
    pub path: String,
    /// Columns and their types.
    pub columns: Vec<(String, Type)>,
    /// Rows that `where` keeps, with one JSON text for each column. A JSON file's cells keep their text.
    pub rows: Vec<Vec<String>>,
    /// `order random`.
    pub random: bool,
    /// `share unique`.
    pub unique: bool,
    /// What happens when no row is left.
    pub at_end: AtEnd,
    /// Where it is declared.
    pub span: Span,
}

/// `at_end recycle | stop_user | stop_test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// Start again at the first.
    Recycle,
    /// The user stops.
    StopUser,
    /// The test stops.
    StopTest,
}

/// A key of the environment with the type that its use wants.
#[derive(Clone, Debug)]
pub struct EnvKey {
    /// `["tpdata", "url"]`.
    pub path: Vec<String>,
    /// What its value is read as (a string where a duration is wanted is read as one).
    pub ty: Type,
    /// Where it is used first.
    pub span: Span,
    /// Whether it is sent as a credential: by `auth`, or in a header or member whose name says so.
    pub is_credential: bool,
}

/// A `keep` or a file-level `let`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its first value.
    pub value: Expr,
    /// Where it is declared.
    pub span: Span,
}

/// The local variables of a function.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Names in order of [`LocalId`], parameters first. Equal names may occur; emission tells them apart.
    pub locals: Vec<Local>,
}

/// A local variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name as written.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A block with the variables of its own: `before test`, `on start`.
#[derive(Clone, Debug)]
pub struct Routine {
    /// Its variables. In `before test`, those at an index `i` of [`Routine::shares`] are shared.
    pub frame: Frame,
    /// Its statements.
    pub body: Block,
    /// For `before test`: which local becomes which shared name.
    pub shares: Vec<(LocalId, SharedId)>,
}

/// A sequence.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// How many of the locals are parameters.
    pub params: usize,
    /// Its variables, the parameters first.
    pub frame: Frame,
    /// What it gives.
    pub gives: Vec<LocalId>,
    /// Its statements.
    pub body: Block,
    /// Where it is declared.
    pub span: Span,
}

/// `tasks`.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// Its name.
    pub name: String,
    /// How many of the locals are parameters.
    pub params: usize,
    /// Its variables, the parameters first.
    pub frame: Frame,
    /// Members: a weight (an int, constant or of the environment) and what is run.
    pub members: Vec<(Expr, TaskPick)>,
    /// Where it is declared.
    pub span: Span,
}

/// A class of virtual users.
#[derive(Clone, Debug)]
pub struct User {
    /// Its name.
    pub name: String,
    /// An int, constant or of the environment.
    pub weight: Expr,
    /// What an iteration runs.
    pub run: TaskPick,
    /// The wait between iterations.
    pub wait: Option<Wait>,
    /// `on start`.
    pub on_start: Option<Routine>,
    /// `on stop`.
    pub on_stop: Option<Routine>,
    /// `every 20m { }`.
    pub every: Vec<(Expr, Routine)>,
    /// Where it is declared.
    pub span: Span,
}

/// A step as the statistics know it.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// Its line of the report.
    pub line: LineId,
    /// The sequence (or `before test`, `on start` of …) it stands in, for messages.
    pub context: String,
    /// `skip`.
    pub skip: bool,
    /// `interrupt`, its own or its sequence's.
    pub interrupt: bool,
    /// Whether anything reads the body of the answer.
    pub reads_body: bool,
    /// Whether a status is expected; where not, 400 and above fails.
    pub expects_status: bool,
    /// Its location.
    pub span: Span,
}

/// What a line of the report stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// A step.
    Step,
    /// A group: no requests of its own.
    Group,
    /// The `fail` statements of a sequence, outside of steps.
    Fail,
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `Checkout / Pay`.
    pub name: String,
    /// What it stands for.
    pub kind: LineKind,
    /// The method of the (first) step's request; empty where it has none.
    pub method: String,
}

/// A file that is carried in the binary.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Relative to the spec's folder, as written.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: String,
}
