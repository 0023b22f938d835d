//! Code that the importers of single requests share: hosts become apis, requests of one shape become one request with parameters, and
//! secret values move to the environment.

mod body;
mod define;
mod headers;
mod hosts;
mod ids;
mod secrets;
mod shape;
mod titles;
mod tree;
mod url;

pub(crate) use body::{attachment, body, form_fields, graphql, grouped, json};
pub(crate) use define::{Defined, define};
pub(crate) use headers::{is_browser_header, is_content_header};
pub(crate) use hosts::{Hosts, site};
pub(crate) use ids::singular;
pub(crate) use secrets::{authorization, basic, is_secret_name, looks_secret, protect, protect_value, secret};
pub(crate) use titles::sentence;
pub(crate) use tree::{INDEX_MAX, Member, Trees};
pub(crate) use url::{Target, decode, is_unreserved};

use crate::draft::{Auth, Body, Expr, Options, Text};

/// A request of a recording or a command, with holes for values that have a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    /// Its api.
    pub(crate) api: String,
    /// The method in capitals.
    pub(crate) method: String,
    /// The segments of its path, encoded, without slashes: `/a/b/` has three, the last of which is empty.
    pub(crate) path: Vec<Text>,
    /// The query as it was, if it cannot be written as keys and values.
    pub(crate) raw_query: Option<Text>,
    /// Its query, decoded.
    pub(crate) query: Vec<(String, Expr)>,
    /// The headers, without those that a browser sets itself.
    pub(crate) headers: Vec<(String, Expr)>,
    /// Its auth.
    pub(crate) auth: Option<Auth>,
    /// Its body.
    pub(crate) body: Option<Body>,
    /// Other options.
    pub(crate) options: Options,
}

/// The methods of the language.
pub(crate) const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];

/// The words of an environment key in `snake_case`, never empty.
pub(crate) fn key(text: &str, otherwise: &str) -> String {
    let key = crate::names::snake(text);
    if key.is_empty() {
        otherwise.to_owned()
    } else if key.starts_with(|first: char| first.is_ascii_digit()) {
        format!("n{key}")
    } else {
        key
    }
}

/// A URL without its query, for messages.
pub(crate) fn shortened(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
