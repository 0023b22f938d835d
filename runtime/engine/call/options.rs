//! The options of a request apart from its path, query and body: headers, auth, timeout, redirects.

use std::rc::Rc;

use super::builder::Request;
use crate::http::Redirects;
use crate::request::auth;
use crate::request::lines::{header_text, names_header, one_line, push_line};
use crate::request::template::{Options, RequestTemplate};
use crate::value::{Eval, Value};

impl Request<'_> {
    /// A header. The innermost level comes first, so an existing header stays. Null isn't sent, and hides headers of outer levels.
    pub fn header(&mut self, name: &str, value: &Value) -> Eval<()> {
        if self.wants_header(name) { self.header_value(name, value) } else { Ok(()) }
    }

    /// A header that [`Self::wants_header`] asked for.
    pub fn header_value(&mut self, name: &str, value: &Value) -> Eval<()> {
        match value {
            Value::Null | Value::Absent => self.hide(name),
            value => {
                let text = header_text(name, value)?;
                push_line(&mut self.headers, name, &text);
            }
        }
        Ok(())
    }

    /// A header whose value is constant.
    pub fn header_text(&mut self, name: &str, value: &str) {
        if self.wants_header(name) {
            push_line(&mut self.headers, name, value);
        }
    }

    /// Whether the generated code has to set the constant options, because no template has them. `number` identifies the request. If the
    /// user has its own auth, all options are set again.
    pub fn needs_options(&mut self, number: usize) -> bool {
        if self.user.has_own_auth(self.api) {
            return true;
        }
        self.template = self.user.world().caches.template(number);
        self.number = Some(number);
        self.template.is_none()
    }

    pub(crate) fn template(&mut self) -> Option<Rc<RequestTemplate>> {
        self.template.take()
    }

    /// The options to keep in a template after the request is prepared, with its number. A request with a URI reference has none, because
    /// it may go to another host.
    pub(crate) fn to_keep(&self) -> Option<(usize, Options)> {
        let number = self.number.filter(|_| !self.reference)?;
        let Self { headers, api_headers, auth, auth_settled, timeout, redirects, .. } = self;
        let (headers, api_headers, auth) = (headers.clone(), api_headers.clone(), auth.clone());
        Some((number, Options { headers, api_headers, auth, auth_settled: *auth_settled, timeout: *timeout, redirects: *redirects }))
    }

    /// What the api's declaration says of headers follows, up to the end or to what a call says.
    pub fn api_headers(&mut self) {
        self.api_headers = self.headers.len()..usize::MAX;
    }

    fn end_api_headers(&mut self) {
        self.api_headers.end = self.api_headers.end.min(self.headers.len());
    }

    /// Leaves out the lines that aren't to stay.
    fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        let mut kept = String::with_capacity(self.headers.len());
        let (mut at, mut api) = (0, 0..0);
        for line in self.headers.split_inclusive('\n') {
            if stays(line) {
                kept.push_str(line);
            }
            at += line.len();
            if at <= self.api_headers.start {
                api.start = kept.len();
            }
            if at <= self.api_headers.end {
                api.end = kept.len();
            }
        }
        (self.headers, self.api_headers) = (kept, api);
    }

    /// From now on, options of the call replace those of its request.
    pub fn override_options(&mut self) {
        self.overriding = true;
        self.number = None;
        if let Some(template) = self.template.take() {
            let Options { headers, api_headers, auth, auth_settled, timeout, redirects } = template.options.clone();
            (self.headers, self.api_headers, self.auth) = (headers, api_headers, auth);
            (self.auth_settled, self.timeout, self.redirects) = (auth_settled, timeout, redirects);
        }
        self.end_api_headers();
    }

    /// Whether a header has to be set. Its value is evaluated only then, because an inner level may replace one whose value fails.
    pub fn wants_header(&mut self, name: &str) -> bool {
        if !self.has_header(name) {
            return true;
        }
        if self.overriding {
            self.retain(|line| !names_header(line, name));
        }
        self.overriding
    }

    /// Hides a header of outer levels. The marker has an empty name, and [`Self::finish_headers`] removes it.
    fn hide(&mut self, name: &str) {
        self.headers.push('\0');
        push_line(&mut self.headers, name, "");
    }

    fn has_header(&self, name: &str) -> bool {
        self.headers.lines().any(|line| names_header(line, name))
    }

    /// Whether the auth of the request, its resource or its call has to be set. A `set` of the api's auth doesn't change these.
    pub fn wants_own_auth(&self) -> bool {
        !self.auth_settled || self.overriding
    }

    /// Whether the api's auth has to be set, because neither an inner level nor a `set` did so.
    pub fn wants_auth(&mut self) -> bool {
        if !self.auth_settled
            && let Some(line) = self.user.auth_override(self.api)
        {
            self.auth = line.to_string();
            self.auth_settled = true;
        }
        !self.auth_settled
    }

    /// `auth none`.
    pub fn no_auth(&mut self) {
        self.auth.clear();
        self.auth_settled = true;
    }

    /// `auth bearer(x)`; null sends none.
    pub fn bearer(&mut self, token: &Value) -> Eval<()> {
        self.auth = auth::bearer(token)?;
        self.auth_settled = true;
        Ok(())
    }

    /// `auth basic(user, password)`; null sends none.
    pub fn basic(&mut self, user: &Value, password: &Value) -> Eval<()> {
        self.auth = auth::basic(user, password)?;
        self.auth_settled = true;
        Ok(())
    }

    /// `auth header("X-Key", value)`; null sends none.
    pub fn auth_header(&mut self, name: &str, value: &Value) -> Eval<()> {
        self.auth = auth::header(name, value)?;
        self.auth_settled = true;
        Ok(())
    }

    /// `auth aws(service, region)`. The request is signed when it is complete.
    pub fn aws(&mut self, service: &Value, region: &Value) -> Eval<()> {
        let part = |value: &Value, what: &str| one_line(value.to_text()?, || what.to_owned());
        self.aws = Some((part(service, "the service")?, part(region, "the region")?));
        self.auth_settled = true;
        Ok(())
    }

    /// The time limit of the whole exchange. The innermost level sets it first.
    pub fn timeout(&mut self, value: &Value) -> Eval<()> {
        if self.wants_timeout() {
            self.timeout = Some(value.as_duration()?);
        }
        Ok(())
    }

    /// Whether a timeout has to be set.
    pub fn wants_timeout(&self) -> bool {
        self.timeout.is_none() || self.overriding
    }

    /// How to follow redirects. The innermost level sets it first.
    pub fn redirects(&mut self, redirects: Redirects) {
        if self.redirects.is_none() || self.overriding {
            self.redirects = Some(redirects);
        }
    }

    /// Removes the markers of hidden headers, and adds the body's type if no header sets it.
    pub(crate) fn finish_headers(&mut self) {
        self.end_api_headers();
        if let Some(content_type) = self.content_type.take()
            && !self.has_header("content-type")
        {
            push_line(&mut self.headers, "Content-Type", &content_type);
        }
        if memchr::memchr(0, self.headers.as_bytes()).is_some() {
            self.retain(|line| !line.starts_with('\0'));
        }
    }
}
