//! Builds a request for the generated code: it copies constant parts and encodes values for their position.
//!
//! Order matters only for `body`: path, query and body come first, then headers and auth, whose expressions may sign the body.

use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use ecow::EcoString;

use crate::http::Redirects;
use crate::request::template::RequestTemplate;
use crate::user::User;
use crate::value::{Eval, Value, path_segment, query_value};

/// A request that is being built.
#[derive(Debug)]
pub struct Request<'u> {
    pub(super) user: &'u User,
    pub(crate) api: usize,
    pub(crate) method: &'static str,
    /// Appended to the base, encoded. If `reference` is set, it is a URI reference instead.
    pub(crate) path: String,
    pub(crate) reference: bool,
    pub(crate) query: String,
    /// Lines of `Name: value\r\n`.
    pub(crate) headers: String,
    /// The bytes of `headers` that come from the api's declaration.
    pub(crate) api_headers: Range<usize>,
    /// Lines that are sent only to the api's own host.
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
    /// Whether later options replace earlier ones: a call's own options override those of its request.
    pub(super) overriding: bool,
    /// Everything but path, query and body, if the request was prepared before.
    pub(super) template: Option<Rc<RequestTemplate>>,
    /// The number under which the world keeps its template.
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
            api_headers: 0..0,
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

    /// A constant part of the path, which is already encoded.
    pub fn path(&mut self, part: &str) {
        self.path.push_str(part);
    }

    /// A value in the path, encoded as a segment. An empty one is an error, because the request would go to another resource.
    pub fn segment(&mut self, value: &Value) -> Eval<()> {
        path_segment(value, &mut self.path)
    }

    /// A URI reference, resolved against the base (RFC 3986). It isn't encoded.
    pub fn reference(&mut self, value: &Value) -> Eval<()> {
        self.path.push_str(&value.to_text()?);
        self.reference = true;
        Ok(())
    }

    /// A constant part of the query, which is already encoded.
    pub fn query_text(&mut self, part: &str) {
        self.query.push_str(part);
    }

    /// A value in the query part of the path.
    pub fn query_hole(&mut self, value: &Value) -> Eval<()> {
        query_value(value, &mut self.query)
    }

    /// `key=value`. A list repeats the key. An absent value and null are left out, also within a list.
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
