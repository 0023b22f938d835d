//! A request as the generated code lays it out: constant parts are copied, holes are encoded for where they stand.
//!
//! Order matters only for `body`: path, query and body come first, then headers and auth, whose expressions may sign the body.

use std::rc::Rc;
use std::time::Duration;

use ecow::EcoString;

use crate::http::Redirects;
use crate::request::template::RequestTemplate;
use crate::user::User;
use crate::value::{Eval, Value, path_segment, query_value};

/// A request that is being laid out.
#[derive(Debug)]
pub struct Request<'u> {
    pub(super) user: &'u User,
    pub(crate) api: usize,
    pub(crate) method: &'static str,
    /// Appended to the base, encoded; or a URI reference where `reference` is set.
    pub(crate) path: String,
    pub(crate) reference: bool,
    pub(crate) query: String,
    /// Lines of `Name: value\r\n`.
    pub(crate) headers: String,
    /// Lines that only the api's own host gets.
    pub(crate) auth: String,
    pub(super) auth_settled: bool,
    pub(crate) aws: Option<(EcoString, EcoString)>,
    pub(crate) body: Vec<u8>,
    pub(crate) has_body: bool,
    pub(super) text_body: bool,
    pub(super) content_type: Option<EcoString>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) redirects: Option<Redirects>,
    pub(super) boundary: Option<String>,
    /// What is said now replaces what was: a call's own options over its request's.
    pub(super) overriding: bool,
    /// All but path, query and body, where it has been prepared before.
    pub(super) template: Option<Rc<RequestTemplate>>,
    /// By what number the world is to know it.
    pub(super) number: Option<usize>,
}

impl<'u> Request<'u> {
    pub(crate) fn new(user: &'u User, api: usize, method: &'static str) -> Self {
        Self {
            user,
            api,
            method,
            path: user.world().caches.take_text(),
            reference: false,
            query: String::new(),
            headers: String::new(),
            auth: String::new(),
            auth_settled: false,
            aws: None,
            body: Vec::new(),
            has_body: false,
            text_body: false,
            content_type: None,
            timeout: None,
            redirects: None,
            boundary: None,
            overriding: false,
            template: None,
            number: None,
        }
    }

    /// A constant part of the path, as it stands.
    pub fn path(&mut self, part: &str) {
        self.path.push_str(part);
    }

    /// A hole of the path: encoded as a segment. An empty one is an error: the request would go somewhere else.
    pub fn segment(&mut self, value: &Value) -> Eval<()> {
        path_segment(value, &mut self.path)
    }

    /// A URI reference as it stands, resolved against the base (RFC 3986).
    pub fn reference(&mut self, value: &Value) -> Eval<()> {
        self.path.push_str(&value.to_text()?);
        self.reference = true;
        Ok(())
    }

    /// A constant part of the query, as it stands.
    pub fn query_text(&mut self, part: &str) {
        self.query.push_str(part);
    }

    /// A hole in the path's query part.
    pub fn query_hole(&mut self, value: &Value) -> Eval<()> {
        query_value(value, &mut self.query)
    }

    /// `key=value`; a list repeats the key, an absent value and null leave it out, also in a list.
    pub fn query(&mut self, key: &str, value: &Value) -> Eval<()> {
        pairs(&mut self.query, key, value, &|text, out| query_value(text, out))
    }
}

/// `key=value`, for each item of a list.
pub(super) fn pairs(out: &mut String, key: &str, value: &Value, encode: &dyn Fn(&Value, &mut String) -> Eval<()>) -> Eval<()> {
    match value {
        Value::Absent | Value::Null => Ok(()),
        Value::List(items) => items.iter().try_for_each(|item| pairs(out, key, item, encode)),
        value => {
            if !out.is_empty() && !out.ends_with(['&', '?']) {
                out.push('&');
            }
            encode(&Value::str(key), out)?;
            out.push('=');
            encode(value, out)
        }
    }
}

#[cfg(test)]
#[path = "builder_tests.rs"]
mod tests;
