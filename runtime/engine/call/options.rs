//! What a request says beside its path, its query and its body: headers, auth, timeout, redirects.

use std::rc::Rc;

use super::builder::Request;
use crate::http::Redirects;
use crate::request::auth;
use crate::request::lines::{header_text, names_header, one_line, push_line};
use crate::request::template::{Options, RequestTemplate};
use crate::value::{Eval, Value};

impl Request<'_> {
    /// A header. The innermost says it first: one that is there already stays. A null is not sent, and keeps outer ones from being sent.
    pub fn header(&mut self, name: &str, value: &Value) -> Eval<()> {
        if self.wants_header(name) { self.header_value(name, value) } else { Ok(()) }
    }

    /// A header that is wanted.
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

    /// Whether its options, which never change, are still to be said. `number` is the request's among those of which that is known. Where
    /// the user has auth of its own, all is said anew.
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

    /// What is to be kept once the request has been prepared, and by which number. A URI reference may lead to another host.
    pub(crate) fn to_keep(&self) -> Option<(usize, Options)> {
        let number = self.number.filter(|_| !self.reference)?;
        let Self { headers, auth, auth_settled, timeout, redirects, .. } = self;
        let (headers, auth) = (headers.clone(), auth.clone());
        Some((number, Options { headers, auth, auth_settled: *auth_settled, timeout: *timeout, redirects: *redirects }))
    }

    /// What a call says over its request's own options follows.
    pub fn override_options(&mut self) {
        self.overriding = true;
        self.number = None;
        if let Some(template) = self.template.take() {
            let Options { headers, auth, auth_settled, timeout, redirects } = template.options.clone();
            (self.headers, self.auth, self.auth_settled, self.timeout, self.redirects) = (headers, auth, auth_settled, timeout, redirects);
        }
    }

    /// Whether a header is still to be said. One whose value may fail is evaluated only then: what is nearer to the request replaces it.
    pub fn wants_header(&mut self, name: &str) -> bool {
        if !self.has_header(name) {
            return true;
        }
        if self.overriding {
            self.headers = self.headers.split_inclusive('\n').filter(|line| !names_header(line, name)).collect();
        }
        self.overriding
    }

    /// An empty name marks a header that a null keeps out; [`Self::finish_headers`] drops the mark.
    fn hide(&mut self, name: &str) {
        self.headers.push('\0');
        push_line(&mut self.headers, name, "");
    }

    fn has_header(&self, name: &str) -> bool {
        self.headers.lines().any(|line| names_header(line, name))
    }

    /// Whether auth of the request itself, of its resource or of its call is still to be said: a `set` of the api's doesn't touch these.
    pub fn wants_own_auth(&self) -> bool {
        !self.auth_settled || self.overriding
    }

    /// Whether the api's auth is still to be said: nothing nearer to the request said it, nor a `set`.
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

    /// `auth aws(service, region)`: signed once all else is laid out.
    pub fn aws(&mut self, service: &Value, region: &Value) -> Eval<()> {
        let part = |value: &Value, what: &str| one_line(value.to_text()?, || what.to_owned());
        self.aws = Some((part(service, "the service")?, part(region, "the region")?));
        self.auth_settled = true;
        Ok(())
    }

    /// The time the whole exchange may take; the innermost says it first.
    pub fn timeout(&mut self, value: &Value) -> Eval<()> {
        if self.wants_timeout() {
            self.timeout = Some(value.as_duration()?);
        }
        Ok(())
    }

    /// Whether a timeout is still to be said.
    pub fn wants_timeout(&self) -> bool {
        self.timeout.is_none() || self.overriding
    }

    /// How redirects are followed; the innermost says it first.
    pub fn redirects(&mut self, redirects: Redirects) {
        if self.redirects.is_none() || self.overriding {
            self.redirects = Some(redirects);
        }
    }

    /// Drops the marks of hidden headers and adds the body's type where none was said.
    pub(crate) fn finish_headers(&mut self) {
        if let Some(content_type) = self.content_type.take()
            && !self.has_header("content-type")
        {
            push_line(&mut self.headers, "Content-Type", &content_type);
        }
        if memchr::memchr(0, self.headers.as_bytes()).is_some() {
            self.headers = self.headers.split_inclusive('\n').filter(|line| !line.starts_with('\0')).collect();
        }
    }
}
