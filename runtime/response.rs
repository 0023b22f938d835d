//! What a step reads of an exchange: every source of the language, parsed at most once and only where it is wanted.

use std::cell::OnceCell;
use std::time::Duration;

use bytes::Bytes;
use ecow::EcoString;

use crate::http;
use crate::program::Program;
use crate::source;
use crate::user::User;
use crate::value::{Eval, Fault, Value};

/// A response with the user it came to.
#[derive(Debug)]
pub struct Response<'u> {
    pub(crate) raw: http::Response,
    user: &'u User,
    text: OnceCell<EcoString>,
    json: OnceCell<Result<Value, Fault>>,
}

impl<'u> Response<'u> {
    pub(crate) fn new(user: &'u User, raw: http::Response) -> Self {
        Self { raw, user, text: OnceCell::new(), json: OnceCell::new() }
    }

    fn program(&self) -> &'static Program {
        self.user.world().program
    }

    pub(crate) fn body_bytes(&self) -> &Bytes {
        &self.raw.body
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    pub(crate) fn body_text(&self) -> &EcoString {
        self.text.get_or_init(|| String::from_utf8_lossy(&self.raw.body).into())
    }

    /// The body as a tree.
    pub(crate) fn tree(&self) -> Eval<&Value> {
        self.json.get_or_init(|| Value::from_json(&self.raw.body)).as_ref().map_err(Clone::clone)
    }

    /// `json.a[0]`, where it is there.
    pub fn json(&self, path: &[source::Step]) -> Eval<Option<Value>> {
        if let Some(tree) = self.json.get() {
            let tree = tree.as_ref().map_err(Clone::clone)?;
            return Ok(source::json::path(tree, path));
        }
        if path.is_empty() {
            return self.tree().map(|tree| Some(tree.clone()));
        }
        source::json::path_bytes(&self.raw.body, path)
    }

    /// `json "$…"`.
    pub fn json_path(&self, path: usize) -> Eval<Option<Value>> {
        self.user.world().query(path).one(self.tree()?)
    }

    /// `all json "$…"`: a list.
    pub fn json_path_all(&self, path: usize) -> Eval<Vec<Value>> {
        self.user.world().query(path).all(self.tree()?)
    }

    /// `header "X"`: the first of that name.
    pub fn header(&self, name: &Value) -> Eval<Option<Value>> {
        Ok(self.raw.headers.get(&name.to_text()?).map(|value| Value::Str(value.into())))
    }

    /// `all header "X"`.
    pub fn header_all(&self, name: &Value) -> Eval<Vec<Value>> {
        Ok(self.raw.headers.get_all(&name.to_text()?).map(|value| Value::Str(value.into())).collect())
    }

    /// `cookie "sid"`: what the user's jar holds for the final URL.
    pub fn cookie(&self, name: &Value) -> Eval<Option<Value>> {
        Ok(self.user.cookie(&self.raw.url, &name.to_text()?).map(Value::Str))
    }

    /// `text`.
    pub fn text(&self) -> Value {
        Value::Str(self.body_text().clone())
    }

    /// `status`.
    pub fn status(&self) -> Value {
        Value::Int(i64::from(self.raw.status))
    }

    /// `url`: the final one.
    pub fn url(&self) -> Value {
        Value::Str(self.raw.url.clone())
    }

    /// `elapsed`: from the send to the last byte.
    pub fn elapsed(&self) -> Value {
        Value::Duration(nanos(self.raw.timings.total))
    }

    /// `html "css"`, `html "css" @attribute`: all that is found.
    pub fn html(&self, selector: usize, attribute: Option<&str>) -> Eval<Vec<Value>> {
        Ok(source::html::select(self.body_text(), self.user.world().selector(selector), attribute))
    }

    /// `form "css"`.
    pub fn form(&self, selector: usize) -> Eval<Option<Value>> {
        source::html::form(self.body_text(), self.user.world().selector(selector), &self.raw.url)
    }

    /// The source of a selector, for messages.
    pub(crate) fn selector_text(&self, selector: usize) -> &'static str {
        self.program().selectors[selector]
    }
}

pub(crate) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
