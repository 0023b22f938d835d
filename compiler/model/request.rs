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
    /// What its requests have in common.
    pub options: Options,
    /// `cookies on`.
    pub cookies: bool,
    /// `resend off` is false.
    pub resend: bool,
    /// `max_body 64MB`, in bytes.
    pub max_body: u64,
    /// `None`: `healthcheck none`.
    pub health: Option<Health>,
    /// Where it is declared.
    pub span: Span,
}

/// What apis, resources and requests may each say; the innermost counts, header by header.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How requests are authorised.
    pub auth: Option<Auth>,
    /// Header names in their final spelling, with their values.
    pub headers: Vec<(String, Expr)>,
    /// The time a request may take.
    pub timeout: Option<Expr>,
    /// How redirects are followed.
    pub redirects: Option<Redirects>,
}

/// How a request is authorised.
#[derive(Clone, Debug)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer`.
    Bearer(Expr),
    /// `Authorization: Basic`.
    Basic(Expr, Expr),
    /// A header of this name.
    Header(String, Expr),
    /// AWS Signature Version 4: service, region.
    Aws(Expr, Expr),
}

/// How redirects are followed; the default is up to 10 on the api's host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Not at all.
    Off,
    /// To any host.
    Any,
    /// The response after that many hops is the response.
    Hops(u32),
}

/// `healthcheck GET /x { version = json.version }`.
#[derive(Clone, Debug)]
pub struct Health {
    /// What is sent; without parameters.
    pub request: Request,
    /// What is taken as the version.
    pub version: Option<Expr>,
}

/// A request, named or written in place. Emitted as a function of its parameters.
#[derive(Clone, Debug)]
pub struct Request {
    /// The api it belongs to.
    pub api: ApiId,
    /// `["treatment", "create"]`; empty where written in place.
    pub name: Vec<String>,
    /// Parameters, the first locals of the frame; for those in place the frame is that of the function around and this is 0.
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
    /// Options of its resource, then its own over them (the api's are the api's).
    pub options: Options,
    /// Expectations of its own.
    pub expects: Vec<Expect>,
    /// Where it is declared.
    pub span: Span,
}

/// The path of a request.
#[derive(Clone, Debug)]
pub enum Path {
    /// Appended to the base; parts before the first `?` encode their holes as segments, those after it as query values.
    Plain {
        /// The path proper.
        path: Vec<TextPart>,
        /// The query behind `?`.
        query: Vec<TextPart>,
    },
    /// A URI reference as it stands, resolved against the base.
    Quoted(Expr),
}

/// A body.
#[derive(Clone, Debug)]
pub enum Body {
    /// None.
    None,
    /// JSON: an object in place has final keys; a member whose value is absent is left out.
    Json(Expr),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Expr)>),
    /// `multipart/form-data`.
    Multipart(Vec<(String, Expr)>),
    /// Text as it is.
    Text(Expr),
    /// Bytes as they are.
    Bytes(Expr),
    /// A GraphQL query with variables.
    Graphql(String, Vec<(String, Expr)>),
}
