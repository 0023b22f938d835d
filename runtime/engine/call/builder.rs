//! A request as the generated code lays it out: constant parts are copied, holes are encoded for where they stand.
//!
//! Order matters only for `body`: path, query and body come first, then headers and auth, whose expressions may sign the body.

use std::rc::Rc;
use std::time::Duration;

use ecow::EcoString;

use crate::request::template::{Said, Settled};
use crate::user::User;
use crate::value::{Eval, Fault, Value, path_segment, query_value};

/// How redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Up to 10, on the api's host: the default.
    SameHost,
    /// Not at all.
    Off,
    /// Up to 10, to any host.
    Any,
    /// The response after that many hops is the response.
    Hops(u32),
}

/// How many bytes the headers, or the body, of most requests have at most.
const USUAL: usize = 192;

/// A request that is being laid out.
#[derive(Debug)]
pub struct Request<'u> {
    user: &'u User,
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
    auth_settled: bool,
    pub(crate) aws: Option<(EcoString, EcoString)>,
    pub(crate) body: Vec<u8>,
    pub(crate) has_body: bool,
    text_body: bool,
    content_type: Option<EcoString>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) redirects: Option<Redirects>,
    boundary: Option<String>,
    /// What is said now replaces what was: a call's own options over its request's.
    overriding: bool,
    /// All but path, query and body, where it has been laid out before.
    settled: Option<Rc<Settled>>,
    /// By what number the world is to know it.
    number: Option<usize>,
}

impl<'u> Request<'u> {
    pub(crate) fn new(user: &'u User, api: usize, method: &'static str) -> Self {
        Self {
            user,
            api,
            method,
            path: user.world().take_text(),
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
            settled: None,
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

    /// Begins a body of this type; what follows is appended to it.
    pub fn body(&mut self, content_type: &'static str) {
        self.body.clear();
        self.body.reserve(USUAL);
        self.has_body = true;
        self.text_body = true;
        self.content_type = Some(content_type.into());
    }

    /// A constant part of the body.
    pub fn raw(&mut self, part: &str) {
        self.body.extend_from_slice(part.as_bytes());
    }

    /// A JSON value in the body.
    pub fn json(&mut self, value: &Value) -> Eval<()> {
        value.write_json(&mut self.body)
    }

    /// A comma in an object of the body, unless it has no member yet.
    pub fn comma(&mut self) {
        if self.body.last() != Some(&b'{') {
            self.body.push(b',');
        }
    }

    /// A member of an object in the body; `key` has its quotes and its colon. An absent value leaves it out.
    pub fn member(&mut self, key: &str, value: &Value) -> Eval<()> {
        if matches!(value, Value::Absent) {
            return Ok(());
        }
        self.comma();
        self.raw(key);
        self.json(value)
    }

    /// A `key=value` of a form body; lists, null and absent values as in [`Self::query`].
    pub fn form(&mut self, key: &str, value: &Value) -> Eval<()> {
        let mut line = String::from_utf8(std::mem::take(&mut self.body)).unwrap_or_default();
        let result = pairs(&mut line, key, value, &|text, out| {
            out.extend(url::form_urlencoded::byte_serialize(text.to_text()?.as_bytes()));
            Ok(())
        });
        self.body = line.into_bytes();
        result
    }

    /// The text of a body.
    pub fn text(&mut self, value: &Value) -> Eval<()> {
        self.body.extend_from_slice(value.to_text()?.as_bytes());
        Ok(())
    }

    /// The bytes of a body.
    pub fn bytes(&mut self, value: &Value) -> Eval<()> {
        self.text_body = false;
        match value {
            Value::Bytes(bytes) => self.body.extend_from_slice(bytes),
            Value::File(file) => {
                self.body.extend_from_slice(&file.bytes);
                self.content_type = Some(file.media_type.clone());
            }
            other => self.body.extend_from_slice(other.to_text()?.as_bytes()),
        }
        Ok(())
    }

    /// Begins a multipart body (RFC 7578), its boundary drawn from the user's randomness.
    pub fn multipart(&mut self) {
        let boundary = format!("ltc-{:016x}{:016x}", self.user.rng().next(), self.user.rng().next());
        self.body.clear();
        self.has_body = true;
        self.text_body = false;
        self.content_type = Some(format!("multipart/form-data; boundary={boundary}").into());
        self.boundary = Some(boundary);
    }

    /// A field or a file of a multipart body; lists, null and absent values as in [`Self::query`].
    pub fn part(&mut self, key: &str, value: &Value) -> Eval<()> {
        let boundary = self.boundary.clone().unwrap_or_default();
        let name = quoted(key);
        match value {
            Value::Absent | Value::Null => {}
            Value::List(items) => {
                for item in items {
                    self.part(key, item)?;
                }
            }
            Value::File(file) => {
                let head = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                    quoted(&file.name),
                    file.media_type
                );
                self.body.extend_from_slice(head.as_bytes());
                self.body.extend_from_slice(&file.bytes);
                self.body.extend_from_slice(b"\r\n");
            }
            Value::Bytes(bytes) => {
                let head = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                );
                self.body.extend_from_slice(head.as_bytes());
                self.body.extend_from_slice(bytes);
                self.body.extend_from_slice(b"\r\n");
            }
            other => {
                let text = other.to_text()?;
                let field = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
                self.body.extend_from_slice(field.as_bytes());
            }
        }
        Ok(())
    }

    /// Ends a multipart body.
    pub fn end_multipart(&mut self) {
        if let Some(boundary) = &self.boundary {
            self.body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        }
    }

    /// What `body` reads: exactly what is sent.
    pub fn sent_body(&self) -> Value {
        match std::str::from_utf8(&self.body) {
            Ok(text) if self.text_body || self.body.is_empty() => Value::Str(text.into()),
            _ => Value::Bytes(self.body.clone().into()),
        }
    }

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
    pub fn unsettled(&mut self, number: usize) -> bool {
        if self.user.has_own_auth(self.api) {
            return true;
        }
        self.settled = self.user.world().settled(number);
        self.number = Some(number);
        self.settled.is_none()
    }

    pub(crate) fn settled(&mut self) -> Option<Rc<Settled>> {
        self.settled.take()
    }

    /// What is to be kept once the request has been laid out, and by which number. A URI reference may lead to another host.
    pub(crate) fn to_settle(&self) -> Option<(usize, Said)> {
        let number = self.number.filter(|_| !self.reference)?;
        let Self { headers, auth, auth_settled, timeout, redirects, .. } = self;
        let (headers, auth) = (headers.clone(), auth.clone());
        Some((number, Said { headers, auth, auth_settled: *auth_settled, timeout: *timeout, redirects: *redirects }))
    }

    /// What a call says over its request's own options follows.
    pub fn override_options(&mut self) {
        self.overriding = true;
        self.number = None;
        if let Some(settled) = self.settled.take() {
            let Said { headers, auth, auth_settled, timeout, redirects } = settled.said.clone();
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

/// Header lines for the kinds of auth; empty where a part is null.
pub(crate) mod auth {
    use base64::Engine as _;

    use super::{Eval, Value, header_text, push_line};

    pub(crate) fn bearer(token: &Value) -> Eval<String> {
        if matches!(token, Value::Null) {
            return Ok(String::new());
        }
        let token = header_text("Authorization", token)?;
        let mut line = String::with_capacity(token.len() + 24);
        for part in ["Authorization: Bearer ", &token, "\r\n"] {
            line.push_str(part);
        }
        Ok(line)
    }

    pub(crate) fn basic(user: &Value, password: &Value) -> Eval<String> {
        if matches!(user, Value::Null) || matches!(password, Value::Null) {
            return Ok(String::new());
        }
        let pair = format!("{}:{}", user.to_text()?, password.to_text()?);
        Ok(line("Authorization", &format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))))
    }

    pub(crate) fn header(name: &str, value: &Value) -> Eval<String> {
        if matches!(value, Value::Null) {
            return Ok(String::new());
        }
        Ok(line(name, &header_text(name, value)?))
    }

    fn line(name: &str, value: &str) -> String {
        let mut out = String::new();
        push_line(&mut out, name, value);
        out
    }
}

fn names_header(line: &str, name: &str) -> bool {
    line.trim_start_matches('\0').split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name))
}

fn push_line(out: &mut String, name: &str, value: &str) {
    if out.is_empty() {
        // Room for the lines that most requests have.
        out.reserve(USUAL.max(name.len() + value.len() + 4));
    }
    out.push_str(name);
    out.push_str(": ");
    out.push_str(value);
    out.push_str("\r\n");
}

/// A header's value as text; line breaks would start another header and are refused.
fn header_text(name: &str, value: &Value) -> Eval<EcoString> {
    one_line(value.to_text()?, || format!("the value of the header {name}"))
}

/// What is laid out into a head: a line break would begin a header of its own, and is refused; so is NUL.
pub(crate) fn one_line(text: EcoString, what: impl FnOnce() -> String) -> Eval<EcoString> {
    match text.bytes().find(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        None => Ok(text),
        Some(0) => Err(Fault(format!("{} has a NUL character in it", what()))),
        Some(_) => Err(Fault(format!("{} has a line break in it", what()))),
    }
}

fn pairs(out: &mut String, key: &str, value: &Value, encode: &dyn Fn(&Value, &mut String) -> Eval<()>) -> Eval<()> {
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

/// A name in a multipart head, as browsers write it.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A").replace('\0', "%00")
}

#[cfg(test)]
#[path = "builder_tests.rs"]
mod tests;
