//! The parts of an exchange that a step can read: the sources of the language.

use std::time::Duration;

use crate::http;
use crate::record::answer::Answer;
use crate::source::{self, Page, Pick, picked};
use crate::user::User;
use crate::value::{Eval, EvalError, Value};

/// A response and its user.
#[derive(Clone, Copy, Debug)]
pub struct Response<'r> {
    raw: &'r http::HttpResponse,
    answer: &'r Answer,
    user: &'r User,
}

impl<'r> Response<'r> {
    /// The response for an answer to a user.
    pub fn new(user: &'r User, answer: &'r Answer) -> Self {
        Self { raw: &answer.raw, answer, user }
    }

    /// `json.a[0]`, if it exists. Only that value is built.
    pub fn json(&self, path: &[source::PathStep<'_>]) -> Eval<Option<Value>> {
        let body = self.raw.body();
        let known =
            self.answer.with_members(&self.user.world().caches.members, |members| source::json_path_members(body, members, path)).flatten();
        known.map_or_else(|| source::json_path_bytes(body, path), Ok)
    }

    /// `json "$…"`.
    pub fn json_path(&self, path: usize, pick: Pick<'_>) -> Eval<Option<Value>> {
        self.take(self.user.world().query(path)?, pick)
    }

    /// A query that names at most one value reads it as `json` does, from the members that are already known.
    fn take(&self, query: &source::JsonPathQuery, pick: Pick<'_>) -> Eval<Option<Value>> {
        match query.steps() {
            Some(steps) => Ok(pick.of(self.json(&steps)?.into_iter())),
            None => query.take(self.raw.body(), pick),
        }
    }

    /// `header "X"`.
    pub fn header(&self, name: &Value, pick: Pick<'_>) -> Eval<Option<Value>> {
        let name = name.to_text()?;
        let mut all = self.raw.headers.get_all(&name).map(Value::str);
        Ok(match pick {
            Pick::One => all.next(),
            pick => picked(Some(all.collect::<Vec<_>>().into()), pick)?,
        })
    }

    /// `cookie "sid"`: the value in the user's jar for the final URL.
    pub fn cookie(&self, name: &Value) -> Eval<Option<Value>> {
        Ok(self.user.cookie(&self.raw.url.to_string(), &name.to_text()?).map(Value::Str))
    }

    /// `text`.
    pub fn text(&self) -> Value {
        Value::Str(self.answer.text().clone())
    }

    /// `status`.
    pub fn status(&self) -> Value {
        Value::Int(i64::from(self.raw.status))
    }

    /// `url`: the final one.
    pub fn url(&self) -> Value {
        Value::Str(ecow::eco_format!("{}", self.raw.url))
    }

    /// `elapsed`: the time from the send to the last byte.
    pub fn elapsed(&self) -> Value {
        Value::Duration(nanos(self.raw.timings.total))
    }

    /// `html "css"`, `html "css" @attribute`.
    pub fn html(&self, selector: usize, attribute: Option<&str>, pick: Pick<'_>) -> Eval<Option<Value>> {
        self.page()?.take(self.user.world().selector(selector), attribute, pick)
    }

    /// `json "$…{x}…"`.
    pub fn json_path_built(&self, parts: &[source::BuiltPart<'_>], pick: Pick<'_>) -> Eval<Option<Value>> {
        let path = source::build(parts)?;
        let query = source::JsonPathQuery::parse(&path).map_err(|_| EvalError(format!("{path:?} is not a JSONPath")))?;
        self.take(&query, pick)
    }

    /// `html "css{x}" @attribute`.
    pub fn html_built(&self, parts: &[source::BuiltPart<'_>], attribute: Option<&str>, pick: Pick<'_>) -> Eval<Option<Value>> {
        let css = source::build(parts)?;
        let selector = source::html::selector(&css).map_err(|_| EvalError(format!("{css:?} is not a CSS selector")))?;
        self.page()?.take(&selector, attribute, pick)
    }

    /// `form "css"`.
    pub fn form(&self, selector: usize) -> Eval<Option<Value>> {
        source::form_of(self.page()?, self.user.world().selector(selector), &self.page_url()?)
    }

    /// What a take of `html "css" @href` finds: relative links are resolved against the page.
    pub fn page_links(&self, found: Option<Value>) -> Eval<Option<Value>> {
        let base = || Ok(source::link::base_of(self.page()?, &self.page_url()?));
        found.map(|found| Ok(self.absolute(found, &base()?))).transpose()
    }

    /// What a take of `header "Location"` finds: relative URLs are resolved against the URL of the response.
    pub fn locations(&self, found: Option<Value>) -> Eval<Option<Value>> {
        found.map(|found| Ok(self.absolute(found, &self.page_url()?))).transpose()
    }

    fn absolute(&self, found: Value, base: &url::Url) -> Value {
        let bases = self.user.world().apis.iter().filter_map(|api| api.base.get());
        let is_host_of_api = http::Target::parse(base.as_str()).is_ok_and(|target| bases.into_iter().any(|api| api.same_origin(&target)));
        source::link::absolute(found, base, is_host_of_api)
    }

    fn page_url(&self) -> Eval<url::Url> {
        url::Url::parse(&self.raw.url.to_string()).map_err(|error| EvalError(format!("{}: {error}", self.raw.url)))
    }

    fn page(&self) -> Eval<&'r Page> {
        self.answer.page.get_or_init(|| Page::parse(self.answer.text())).as_ref().map_err(Clone::clone)
    }
}

pub(crate) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
