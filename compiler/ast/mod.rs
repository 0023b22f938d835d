//! The tree that the parser builds: the source as written, with locations and without resolved names.
//!
//! Parsing cannot fail. Text that does not parse becomes a `Broken` item, member or statement, and the parser returns its diagnostic beside
//! the tree, so that checking continues with the rest.

mod expr;
mod stmt;

pub use expr::{Arg, BinaryOp, Entry, Expr, ExprKind, Key, Quantifier, SourceWord, Text, TextPart, UnaryOp};
pub use stmt::{
    Block, Exchange, Expect, ExpectKind, ForIter, Matcher, MatcherEntry, MatcherKind, Poll, Retry, SetTarget, StatusPattern, Step, Stmt,
    StmtKind, Take, Wait,
};

use crate::span::{Name, Span, Spanned};

/// One source file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Its items in order.
    pub items: Vec<Item>,
    /// Whether a part of the file did not parse. Then nobody knows which names the file uses and which it does not.
    pub incomplete: bool,
    /// Blocks whose heads did not parse and were replaced. The names that the heads declared are unknown.
    pub repaired: Vec<Span>,
}

/// A top-level item.
#[derive(Clone, Debug)]
pub enum Item {
    /// `import "shop.lt"`.
    Import(Import),
    /// `api shop { … }`.
    Api(Api),
    /// `data rows from "x.csv" { … }`.
    Data(Data),
    /// `let x = …` at file level: evaluated once per test, equal on all shards.
    Let(Let),
    /// `keep seen = []`: each user has its own value.
    Keep(Let),
    /// `sequence Browse { … }`.
    Sequence(Sequence),
    /// `tasks Shopping { … }`.
    Tasks(Tasks),
    /// `user Shopper { … }`.
    User(User),
    /// `before test { … }`.
    BeforeTest(Block),
    /// `before test every 20m { … }`.
    BeforeTestEvery(Expr, Block),
    /// `after test { … }`.
    AfterTest(Block),
    /// An item that did not parse; the parser has reported it.
    Broken(Span),
}

/// `import "shop.lt"`.
#[derive(Clone, Debug)]
pub struct Import {
    /// The path as written, relative to the importing file.
    pub path: Spanned<String>,
    /// The whole item.
    pub span: Span,
}

/// A client: the base of its requests, and the options that they share.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its name.
    pub name: Name,
    /// Its members in order.
    pub members: Vec<ApiMember>,
    /// The whole item.
    pub span: Span,
}

/// A member of an `api` or a `resource`.
#[derive(Clone, Debug)]
pub enum ApiMember {
    /// `base env.x.url`.
    Base(Expr),
    /// `keys camel`: the word after `keys`.
    Keys(Name),
    /// `cookies on`: the word after `cookies`.
    Cookies(Name),
    /// `resend off`: the word after `resend`.
    Resend(Name),
    /// `forward_headers on`: the word behind `forward_headers`.
    ForwardHeaders(Name),
    /// `max_body 64MB`: the size as written.
    MaxBody(Name),
    /// An option that an api, a resource and a request may each have.
    Option(RequestOption),
    /// `healthcheck GET /x { version = … }`; `None` is `healthcheck none`.
    Healthcheck(Option<Box<Healthcheck>>, Span),
    /// `create(iid) = POST /treatments { … }`.
    Request(Box<RequestDef>),
    /// `resource treatment { … }`.
    Resource(Resource),
    /// A member that did not parse; the parser has reported it.
    Broken(Span),
}

/// An option of an api, a resource or a request.
#[derive(Clone, Debug)]
pub enum RequestOption {
    /// `auth bearer(token)`.
    Auth(AuthExpr),
    /// `headers { … }`.
    Headers(Vec<Entry>, Span),
    /// `timeout 5s`.
    Timeout(Expr),
    /// `redirects off | any | N`.
    Redirects(Redirects, Span),
}

/// How redirects are followed.
#[derive(Clone, Debug, PartialEq)]
pub enum Redirects {
    /// `redirects off`.
    Off,
    /// `redirects any`: to any host.
    Any,
    /// `redirects 2`: after that many hops, the client follows no further redirect.
    Hops(i64),
    /// Any other word; the checker rejects it.
    Other(String),
}

/// `bearer(x)`, `basic(u, p)`, `header("X-Key", v)`, `aws(service, region)`, `none`: the word and its arguments.
#[derive(Clone, Debug)]
pub struct AuthExpr {
    /// The scheme's word.
    pub scheme: Name,
    /// Its arguments; empty for `none`.
    pub args: Vec<Arg>,
    /// The whole expression.
    pub span: Span,
}

/// `healthcheck GET /x { version = json.version }`.
#[derive(Clone, Debug)]
pub struct Healthcheck {
    /// The request.
    pub line: RequestLine,
    /// Parts other than the version.
    pub parts: Vec<Part>,
    /// `version = SOURCE`, a source or an expression over sources.
    pub version: Option<Take>,
}

/// `resource treatment { … }`: requests under one name, with options of their own.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name.
    pub name: Name,
    /// Its members: options and requests only.
    pub members: Vec<ApiMember>,
    /// The whole member.
    pub span: Span,
}

/// `create(iid: string, n = 1) = POST /treatments { parts }`.
#[derive(Clone, Debug)]
pub struct RequestDef {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Method and path.
    pub line: RequestLine,
    /// The content of its braces.
    pub parts: Vec<Part>,
    /// The whole definition.
    pub span: Span,
}

/// A parameter of a request, a sequence or tasks.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// `: string`, the type's word as written.
    pub ty: Option<Name>,
    /// `= 1`.
    pub default: Option<Expr>,
}

/// Method and path.
#[derive(Clone, Debug)]
pub struct RequestLine {
    /// The method's word, as written.
    pub method: Name,
    /// The path.
    pub path: PathExpr,
}

/// The path after a method.
#[derive(Clone, Debug)]
pub enum PathExpr {
    /// `/treatments/{id}?page={n}`: appended to the base; holes encoded as a segment, after `?` as a query value.
    Plain(Text),
    /// `"{place}"`: a URI reference, resolved against the base and sent without encoding.
    Quoted(Text),
}

/// A part within the braces of a request.
#[derive(Clone, Debug)]
pub enum Part {
    /// Headers, auth, timeout, redirects.
    Option(RequestOption),
    /// `query { … }`.
    Query(Vec<Entry>, Span),
    /// The body.
    Body(Body),
    /// An expectation that applies to each use of the request.
    Expect(Expect),
    /// A part that did not parse; the parser has reported it.
    Broken(Span),
}

/// A body and its kind.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its kind, with its content.
    pub kind: BodyKind,
    /// The whole part.
    pub span: Span,
}

/// The kinds of body.
#[derive(Clone, Debug)]
pub enum BodyKind {
    /// `json { … }`: a literal map, whose unquoted keys follow `keys camel`.
    JsonMap(Vec<Entry>),
    /// `json EXPR`.
    Json(Expr),
    /// `form { … }`.
    Form(Vec<Entry>),
    /// `multipart { … }`.
    Multipart(Vec<Entry>),
    /// `text EXPR`.
    Text(Expr),
    /// `bytes EXPR`.
    Bytes(Expr),
    /// `graphql """…""" { vars }`; the query is raw text.
    Graphql(Spanned<String>, Vec<Entry>),
}

/// `data rows from "x.csv" { share unique; … }`.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name.
    pub name: Name,
    /// The file as written.
    pub path: Spanned<String>,
    /// `order`, `share`, `at_end`: the option's word and the word that follows it.
    pub options: Vec<(Name, Name)>,
    /// `where role == "buyer"`.
    pub filter: Option<Expr>,
    /// `secret password, pin`: columns.
    pub secrets: Vec<Name>,
    /// The whole item.
    pub span: Span,
}

/// `let x: int = …`, also `keep x = …`.
#[derive(Clone, Debug)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// `keep secret`.
    pub secret: bool,
    /// `: int`.
    pub ty: Option<Name>,
    /// Its value.
    pub value: Expr,
    /// The whole statement.
    pub span: Span,
}

/// `sequence Login(name, password) interrupt gives token { … }`.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// `interrupt`: every step of the sequence interrupts.
    pub interrupt: Option<Span>,
    /// `gives a, b`.
    pub gives: Vec<Name>,
    /// Its statements.
    pub body: Block,
    /// The whole item.
    pub span: Span,
}

/// `tasks Shopping { 7 Browse; 3 Buy }`.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its members.
    pub members: Vec<TaskMember>,
    /// The whole item.
    pub span: Span,
}

/// A weighted member of `tasks`.
#[derive(Clone, Debug)]
pub struct TaskMember {
    /// An integer or `env.x`; `None` if the member has no weight, which means 1.
    pub weight: Option<Expr>,
    /// The sequence, tasks or step to run.
    pub target: TaskTarget,
    /// The whole member.
    pub span: Span,
}

/// The target of a member of `tasks`.
#[derive(Clone, Debug)]
pub enum TaskTarget {
    /// A sequence or `tasks` by name.
    Run(Name, Vec<Arg>),
    /// A step that is written as the member.
    Step(Box<Step>),
    /// A target that did not parse; the parser has reported it.
    Broken,
}

/// `user Shopper weight 9 { … }`.
#[derive(Clone, Debug)]
pub struct User {
    /// Its name.
    pub name: Name,
    /// `weight 9`, an integer or `env.x`.
    pub weight: Option<Expr>,
    /// Its members in order.
    pub members: Vec<UserMember>,
    /// The whole item.
    pub span: Span,
}

/// A member of a `user`.
#[derive(Clone, Debug)]
pub enum UserMember {
    /// `run Shopping`.
    Run(Name, Vec<Arg>, Span),
    /// `wait 1s..3s`.
    Wait(Wait),
    /// `weight 9` inside the braces.
    Weight(Expr),
    /// `on start { … }`.
    OnStart(Block),
    /// `on stop { … }`.
    OnStop(Block),
    /// `every 20m { … }`.
    Every(Expr, Block),
    /// A member that did not parse; the parser has reported it.
    Broken(Span),
}
