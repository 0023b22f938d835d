//! Apis, requests and expectations of a draft.

use super::{Expr, Source, Text};

/// `api NAME { … }`
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// Its name.
    pub name: String,
    /// Comment lines above it.
    pub comments: Vec<String>,
    /// Its base: `env.shop.url`.
    pub base: Option<Expr>,
    /// Options for all of its requests.
    pub options: Options,
    /// Whether users keep cookies.
    pub cookies: bool,
    /// Whether unquoted keys are sent in camelCase.
    pub keys_camel: bool,
    /// The request of its health check, and the source of the version; `None` means `healthcheck none`.
    pub healthcheck: Option<(Line, Option<Source>)>,
    /// Requests.
    pub requests: Vec<Request>,
    /// Groups of requests.
    pub resources: Vec<Resource>,
}

/// `resource NAME { … }`
#[derive(Clone, Debug, Default)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Options for all of its requests.
    pub options: Options,
    /// Requests.
    pub requests: Vec<Request>,
    /// Resources within it.
    pub resources: Vec<Resource>,
}

/// `NAME(params) = METHOD /path { … }`
#[derive(Clone, Debug)]
pub struct Request {
    /// Comment lines above it.
    pub comments: Vec<String>,
    /// Its name, which may be any word.
    pub name: String,
    /// Its parameters. Each must be used.
    pub params: Vec<Param>,
    /// Method and path.
    pub line: Line,
    /// The content of its braces.
    pub parts: Parts,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type: `string`, `int`, `number`, `bool`, `list`, `object`.
    pub ty: Option<&'static str>,
    /// Its default.
    pub default: Option<Expr>,
}

impl Param {
    /// A parameter with neither type nor default.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ty: None, default: None }
    }
}

/// Method and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The method in capitals.
    pub method: String,
    /// The path.
    pub path: Path,
}

/// A path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// `/items/{id}`: starts with `/`, is appended to the base, and may have a query. Literals are already encoded; the writer encodes only
    /// the few characters that end a path in the language. Holes are encoded when the request is sent.
    Template(Text),
    /// `"{target}"`: resolved against the base and sent without encoding.
    Reference(Text),
}

/// The parts within the braces of a request.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Options.
    pub options: Options,
    /// `query { … }`
    pub query: Vec<(String, Expr)>,
    /// The body.
    pub body: Option<Body>,
    /// `expect …`
    pub expects: Vec<Expect>,
}

impl Parts {
    /// Whether the braces would be empty.
    pub fn is_empty(&self) -> bool {
        self.options.is_empty() && self.query.is_empty() && self.body.is_none() && self.expects.is_empty()
    }
}

/// Options of an api, a resource, a request or a call.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `auth …`
    pub auth: Option<Auth>,
    /// `headers { … }`, with names as sent.
    pub headers: Vec<(String, Expr)>,
    /// `timeout 5s`
    pub timeout: Option<Expr>,
    /// `redirects …`
    pub redirects: Option<Redirects>,
}

impl Options {
    /// Whether no option is set.
    pub fn is_empty(&self) -> bool {
        self.auth.is_none() && self.headers.is_empty() && self.timeout.is_none() && self.redirects.is_none()
    }
}

/// `auth …`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `bearer(x)`
    Bearer(Expr),
    /// `basic(user, password)`
    Basic(Expr, Expr),
    /// `header("X-Key", x)`
    Header(String, Expr),
    /// `aws(service, region)`
    Aws(Expr, Expr),
    /// `none`
    None,
}

/// `redirects …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Follows no redirects.
    Off,
    /// Follows redirects to any host.
    Any,
    /// Follows at most this number of redirects.
    UpTo(u32),
}

/// A body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// `json …`
    Json(Expr),
    /// `form { … }`
    Form(Vec<(String, Expr)>),
    /// `multipart { … }`
    Multipart(Vec<(String, Expr)>),
    /// `text …`
    Text(Expr),
    /// `bytes …`
    Bytes(Expr),
    /// `graphql """…""" { … }`, with the query as sent.
    Graphql(String, Vec<(String, Expr)>),
}

/// The request of a step.
#[derive(Clone, Debug)]
pub enum Call {
    /// `shop.cart.add(1, quantity: 2) { … }`
    Request {
        /// The api, resources and request: `shop.cart.add`.
        path: String,
        /// Arguments, some with a name.
        args: Vec<(Option<String>, Expr)>,
        /// The options and parts that this call adds to the request.
        parts: Parts,
    },
    /// `shop GET /items { … }`
    Inline {
        /// The api.
        api: String,
        /// Method and path.
        line: Line,
        /// The content of its braces.
        parts: Parts,
    },
    /// `shop submit page { … }`
    Submit {
        /// The api.
        api: String,
        /// The variable with the form.
        form: String,
        /// The content of its braces.
        parts: Parts,
    },
}

/// `expect …`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expect {
    /// `200 | 304`, `2xx`: the source text of each.
    Status(Vec<String>),
    /// `json …`, `json exactly …`
    Json {
        /// Whether further members are forbidden.
        exactly: bool,
        /// The matcher of the body.
        matcher: Matcher,
    },
    /// `headers { … }`, with names as sent.
    Headers(Vec<(String, Matcher)>),
    /// `text "part"`, `not text "part"`
    Text {
        /// Whether the text must not contain the part.
        not: bool,
        /// The part.
        part: Expr,
    },
    /// The source text of any condition: `elapsed < 500ms`, `text ~ /x/`, `len(json.items) == 3`.
    Condition(String),
}

impl Expect {
    /// The expectation of one status.
    pub fn status(status: impl ToString) -> Self {
        Self::Status(vec![status.to_string()])
    }
}

/// The pattern for a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Matcher {
    /// An equal value.
    Value(Expr),
    /// `> 0`, `!= 3`, `== x`
    Compare(&'static str, Expr),
    /// `~ /re/`, `!~ /re/`. See [`crate::write::regex`].
    Regex {
        /// Whether the text must not match.
        not: bool,
        /// The pattern, without slashes and with `/` unescaped.
        pattern: String,
    },
    /// `string` `int` `number` `bool` `list` `object`
    Type(&'static str),
    /// `_`
    Any,
    /// `absent`
    Absent,
    /// `A | B`
    Either(Vec<Matcher>),
    /// `{ a: M }`
    Object(Vec<(String, Matcher)>),
    /// `[A, B, ..]`
    List(Vec<Matcher>, bool),
    /// `each M`
    Each(Box<Matcher>),
}
