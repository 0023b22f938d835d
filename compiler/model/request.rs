//! Apis and their requests.

use super::{ApiId, Expect, Expr, Frame, TextPart};
use crate::span::Span;

/// A client.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its name.
    pub name: String,
    /// Its base URL.
    pub base: Expr,
    /// The options that its requests share.
    pub options: Options,
    /// `cookies on`.
    pub cookies: bool,
    /// Whether requests may be sent again; false for `resend off`.
    pub resend: bool,
    /// `forward_headers on`: its headers go to other hosts, too.
    pub forward_headers: bool,
    /// `max_body 64MB`, in bytes.
    pub max_body: u64,
    /// The health check; `None` for `healthcheck none`.
    pub health: Option<Health>,
    /// The location of its declaration.
    pub span: Span,
}

/// The options that an api, a resource and a request may each have. The innermost one applies, header by header.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How requests are authorized.
    pub auth: Option<Auth>,
    /// Header names in their final spelling, with their values.
    pub headers: Vec<(String, Expr)>,
    /// The time a request may take.
    pub timeout: Option<Expr>,
    /// How redirects are followed.
    pub redirects: Option<Redirects>,
}

/// An auth scheme.
#[derive(Clone, Debug)]
pub enum Auth {
    /// No auth.
    None,
    /// `Authorization: Bearer`.
    Bearer(Expr),
    /// `Authorization: Basic`.
    Basic(Expr, Expr),
    /// A header with this name.
    Header(String, Expr),
    /// AWS Signature Version 4: service, region.
    Aws(Expr, Expr),
}

/// How redirects are followed; the default is up to 10 on the api's host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Redirects are not followed.
    Off,
    /// Redirects to any host are followed.
    Any,
    /// After that many hops, no further redirect is followed.
    Hops(u32),
}

/// `healthcheck GET /x { version = json.version }`.
#[derive(Clone, Debug)]
pub struct Health {
    /// The request, which has no parameters.
    pub request: Request,
    /// The expression of the version.
    pub version: Option<Expr>,
}

/// A request, named or written in a step. The emitter makes a function of its parameters.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its api.
    pub api: ApiId,
    /// `["treatment", "create"]`; empty if it is written in a step.
    pub name: Vec<String>,
    /// The number of parameters, which are the first locals of the frame. A request written in a step uses the frame of its function, and
    /// this is 0.
    pub params: usize,
    /// The locals of a named request: its parameters.
    pub frame: Frame,
    /// `GET`, upper case.
    pub method: String,
    /// The path.
    pub path: Path,
    /// Query keys in their final spelling. A list value repeats the key, an absent one leaves it out.
    pub query: Vec<(String, Expr)>,
    /// The body.
    pub body: Body,
    /// The options of its resource, overridden by its own. Those of the api are not included.
    pub options: Options,
    /// Its own expectations.
    pub expects: Vec<Expect>,
    /// The location of its declaration.
    pub span: Span,
}

/// The path of a request.
#[derive(Clone, Debug)]
pub enum Path {
    /// Appended to the base. Holes before the first `?` are encoded as segments, those after it as query values.
    Plain {
        /// The path without the query.
        path: Vec<TextPart>,
        /// The query after `?`.
        query: Vec<TextPart>,
    },
    /// A URI reference, resolved against the base and sent without encoding.
    Quoted(Expr),
}

/// A body.
#[derive(Clone, Debug)]
pub enum Body {
    /// No body.
    None,
    /// JSON. A literal object has its final keys, and members whose value is absent are left out.
    Json(Expr),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Expr)>),
    /// `multipart/form-data`.
    Multipart(Vec<(String, Expr)>),
    /// Text, sent unchanged.
    Text(Expr),
    /// Bytes, sent unchanged.
    Bytes(Expr),
    /// A GraphQL query with variables.
    Graphql(String, Vec<(String, Expr)>),
}
