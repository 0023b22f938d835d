//! Redirects: where they lead, and which parts of the request are sent again.

use std::borrow::Cow;

use bytes::Bytes;
use ecow::eco_format;

use super::request::HttpRequest;
use super::response::HttpResponse;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::{is_one_of, lines};
use crate::http::message::target::Target;
use crate::http::message::{Hop, Method, Redirects};
use crate::http::wire::outgoing::Outgoing;

/// The most redirects if the spec sets no number.
const MAX_REDIRECTS: u32 = 10;

/// Headers that are not sent to another host.
const PRIVATE: [&str; 4] = ["authorization", "cookie", "host", "proxy-authorization"];
/// Headers about a body that is no longer sent.
const OF_BODY: [&str; 5] = ["content-type", "content-length", "content-encoding", "content-language", "content-location"];

/// The current state of a chain of redirects.
#[derive(Debug)]
pub(crate) struct Chain<'r> {
    request: &'r HttpRequest,
    pub(crate) url: Target,
    method: Method,
    headers: Cow<'r, [u8]>,
    body: Bytes,
    has_body: bool,
    /// Whether the current URL may receive secrets.
    trusted: bool,
    pub(crate) hops: Vec<Hop>,
}

impl<'r> Chain<'r> {
    pub(crate) fn new(request: &'r HttpRequest) -> Self {
        Self {
            request,
            url: request.url.clone(),
            method: request.method.clone(),
            headers: Cow::Borrowed(&*request.headers),
            body: request.body.clone(),
            has_body: request.has_body,
            trusted: true,
            hops: Vec::new(),
        }
    }

    /// The next request to send.
    pub(crate) fn step(&self, cookie: String) -> Outgoing<'_> {
        Outgoing {
            method: &self.method,
            url: &self.url,
            headers: &self.headers,
            auth: if self.trusted { &self.request.auth } else { &[] },
            cookie,
            body: &self.body,
            has_body: self.has_body,
        }
    }

    /// Whether the jar's cookies are sent.
    pub(crate) fn cookies(&self) -> bool {
        self.request.cookies
    }

    /// Continues if a response is a redirect. Returns false if it is the final response.
    pub(crate) fn follow(&mut self, response: &HttpResponse) -> Result<bool, HttpError> {
        if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(false);
        }
        let (max, any_host) = match self.request.redirects {
            Redirects::Off => return Ok(false),
            Redirects::Hops(hops) if self.hops.len() >= hops as usize => return Ok(false),
            Redirects::Hops(_) => (u32::MAX, true),
            Redirects::SameHost => (MAX_REDIRECTS, false),
            Redirects::Any => (MAX_REDIRECTS, true),
        };
        // Browsers don't follow an empty `Location`.
        let Some(location) = response.headers.get("location").filter(|location| !location.trim().is_empty()) else { return Ok(false) };
        let next = match self.url.resolve(location) {
            Ok(next) => next,
            // Web sites call apps back through custom schemes, so this isn't an error.
            Err(_) if !any_host => return Ok(false),
            Err(why) => return Err(HttpError::protocol(format!("the redirect to `{location}` can't be followed: {why}"))),
        };
        if !any_host && next.host() != self.request.url.host() {
            return Ok(false);
        }
        if self.hops.len() >= max as usize {
            return Err(HttpError::protocol(format!("more than {max} redirects")).came("too many redirects"));
        }
        self.hops.push(Hop { status: response.status, url: eco_format!("{next}") });
        self.change_method(response.status, next);
        Ok(true)
    }

    fn change_method(&mut self, status: u16, next: Target) {
        let to_get = match status {
            301 | 302 => self.method.is("POST"),
            303 => !self.method.is("HEAD") && !self.method.is("GET"),
            _ => false,
        };
        if to_get {
            self.method = Method::from_name("GET");
            self.body = Bytes::new();
            self.has_body = false;
            self.leave(&OF_BODY);
        }
        self.trusted = self.request.url.trusts(&next);
        if !self.trusted {
            self.leave(&PRIVATE);
        }
        self.url = next;
    }

    fn leave(&mut self, names: &[&str]) {
        if lines(&self.headers).any(|(name, ..)| is_one_of(name, names)) {
            let kept = lines(&self.headers).filter(|(name, ..)| !is_one_of(name, names));
            self.headers = Cow::Owned(kept.flat_map(|(_, _, line)| line.iter().copied()).collect());
        }
    }
}
