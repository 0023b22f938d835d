//! The checked program: every name resolved, every type known, keys in their final spelling. `check` builds it, and `emit` turns it into
//! Rust.
//!
//! The program contains no reference to the tree. It keeps locations for messages while the test runs (`specs/tpdata.lt:31:5`).

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
    /// Index into the [`Frame::locals`] of the function that contains it.
    LocalId,
}

/// A whole checked spec.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Its name: the spec's file stem.
    pub name: String,
    /// The paths of the files in order of [`crate::span::FileId`], as messages show them.
    pub files: Vec<String>,
    /// Clients.
    pub apis: Vec<Api>,
    /// All named requests of all apis and resources.
    pub requests: Vec<Request>,
    /// Data sources, with rows that are read, typed and filtered.
    pub data: Vec<Data>,
    /// Environment keys in use.
    pub env: Vec<EnvKey>,
    /// `keep`s: each user has its own value.
    pub keeps: Vec<Variable>,
    /// `let`s at file level: one value per test. Each may use those before it.
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
    /// The steps of the source, in order.
    pub steps: Vec<StepInfo>,
    /// Report rows in order of appearance. Steps of the same name share one.
    pub lines: Vec<Line>,
    /// Regexes in use, as written, checked to compile.
    pub regexes: Vec<String>,
    /// JSONPaths in use, checked to parse.
    pub paths: Vec<String>,
    /// CSS selectors in use, checked to parse.
    pub selectors: Vec<String>,
    /// Files that `file` and `files` name.
    pub assets: Vec<Asset>,
    /// Variables whose values are never shown, each with the members that lead to the secret.
    pub secrets: Vec<(SecretHolder, Vec<String>)>,
}

/// A variable that outlives an iteration and holds a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretHolder {
    /// A `keep`.
    Keep(KeepId),
    /// A file-level `let`.
    Global(GlobalId),
    /// A name of `before test`.
    Shared(SharedId),
}

/// A data source.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name.
    pub name: String,
    /// The file, as messages show it.
    pub path: String,
    /// Columns and their types.
    pub columns: Vec<(String, Type)>,
    /// The columns whose cells are never shown.
    pub secrets: Vec<String>,
    /// The rows that `where` selects, with one JSON text for each column. The cells of a JSON file keep their spelling.
    pub rows: Vec<Vec<String>>,
    /// `order random`.
    pub random: bool,
    /// `share unique`.
    pub unique: bool,
    /// The action when no row is left.
    pub at_end: AtEnd,
    /// The location of its declaration.
    pub span: Span,
}

/// `at_end recycle | stop_user | stop_test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// Starts again with the first row.
    Recycle,
    /// Stops the user.
    StopUser,
    /// Stops the test.
    StopTest,
}

/// A key of the environment with the type that its use needs.
#[derive(Clone, Debug)]
pub struct EnvKey {
    /// `["tpdata", "url"]`.
    pub path: Vec<String>,
    /// The type that its value is converted to: a string becomes a duration if its use needs one.
    pub ty: Type,
    /// The location of its first use.
    pub span: Span,
    /// Whether it is sent as a credential: by `auth`, or in a header or member whose name indicates one.
    pub is_credential: bool,
}

/// A `keep` or a file-level `let`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether it is marked `secret`.
    pub secret: bool,
    /// Its first value.
    pub value: Expr,
    /// The location of its declaration.
    pub span: Span,
}

/// The local variables of a function.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The variables in order of [`LocalId`], parameters first. Names may repeat; the emitter makes them unique.
    pub locals: Vec<Local>,
    /// The variables that hold a secret, each with the members that lead to it.
    pub secrets: Vec<(LocalId, Vec<String>)>,
}

/// A local variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name as written.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A block with its own variables: `before test`, `on start`.
#[derive(Clone, Debug)]
pub struct Routine {
    /// Its variables. In `before test`, [`Routine::shares`] lists those that are shared.
    pub frame: Frame,
    /// Its statements.
    pub body: Block,
    /// For `before test`: the locals and the shared names that they become.
    pub shares: Vec<(LocalId, SharedId)>,
}

/// A sequence.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// The number of parameters among the locals.
    pub params: usize,
    /// Its variables, the parameters first.
    pub frame: Frame,
    /// The locals that it gives.
    pub gives: Vec<LocalId>,
    /// Its statements.
    pub body: Block,
    /// The location of its declaration.
    pub span: Span,
}

/// `tasks`.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// Its name.
    pub name: String,
    /// The number of parameters among the locals.
    pub params: usize,
    /// Its variables, the parameters first.
    pub frame: Frame,
    /// Members: a weight (an int, constant or of the environment) and its target.
    pub members: Vec<(Expr, TaskPick)>,
    /// The location of its declaration.
    pub span: Span,
}

/// A class of virtual users.
#[derive(Clone, Debug)]
pub struct User {
    /// Its name.
    pub name: String,
    /// An int, constant or of the environment.
    pub weight: Expr,
    /// The target of an iteration.
    pub run: TaskPick,
    /// The wait between iterations.
    pub wait: Option<Wait>,
    /// `on start`.
    pub on_start: Option<Routine>,
    /// `on stop`.
    pub on_stop: Option<Routine>,
    /// `every 20m { }`.
    pub every: Vec<(Expr, Routine)>,
    /// The location of its declaration.
    pub span: Span,
}

/// The properties of a step that statistics and messages need.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// Its report row.
    pub line: LineId,
    /// The name of its sequence (or `before test`, `on start` of …), for messages.
    pub context: String,
    /// `skip`.
    pub skip: bool,
    /// `interrupt`, its own or its sequence's.
    pub interrupt: bool,
    /// Whether an expression reads the body of the response.
    pub reads_body: bool,
    /// Whether a status is expected; if not, 400 and above fails.
    pub expects_status: bool,
    /// Its location.
    pub span: Span,
}

/// The kinds of report row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// A step.
    Step,
    /// A group, which has no requests of its own.
    Group,
    /// The `fail` statements of a sequence, outside of steps.
    Fail,
}

/// A report row.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `Checkout / Pay`.
    pub name: String,
    /// Its kind.
    pub kind: LineKind,
    /// The method of the (first) step's request; empty if it has none.
    pub method: String,
}

/// A file that the binary embeds.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its path as written, relative to the spec's folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: String,
}
