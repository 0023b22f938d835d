//! Redirects: where they lead, and which parts of the request are sent again.

use std::ops::Range;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};

use super::fast_path::WireRequest;
use super::request::HttpRequest;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::{Headers, is_one_of, lines};
use crate::http::message::target::Target;
use crate::http::message::{Hop, Method, Redirects};
use crate::http::wire::head::{Via, write_head};
use crate::http::wire::outgoing::Outgoing;

/// The most redirects if the spec sets no number.
const MAX_REDIRECTS: u32 = 10;

/// Headers that are not sent to another host.
const PRIVATE: [&str; 4] = ["authorization", "cookie", "host", "proxy-authorization"];
/// Headers of an api that describe the client. They are sent to any host.
const PUBLIC: [&str; 4] = ["accept", "accept-encoding", "accept-language", "user-agent"];
/// Headers about a body that is no longer sent.
const OF_BODY: [&str; 5] = ["content-type", "content-length", "content-encoding", "content-language", "content-location"];

/// The current state of a chain of redirects.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) request: Rc<HttpRequest>,
    pub(crate) url: Target,
    pub(crate) method: Method,
    /// The request's header lines, if some of them were removed.
    headers: Option<Box<[u8]>>,
    body: Bytes,
    has_body: bool,
    /// Whether the current URL may receive secrets.
    trusted: bool,
    pub(crate) hops: Vec<Hop>,
}

impl Chain {
    pub(crate) fn new(request: Rc<HttpRequest>) -> Self {
        Self {
            url: request.url.clone(),
            method: request.method.clone(),
            headers: None,
            body: request.body.clone(),
            has_body: request.has_body,
            trusted: true,
            hops: Vec::new(),
            request,
        }
    }

    /// The next request to send.
    pub(crate) fn step(&self, cookie: String) -> Outgoing<'_> {
        Outgoing {
            method: &self.method,
            url: &self.url,
            headers: self.headers.as_deref().unwrap_or(&self.request.headers),
            auth: if self.trusted { &self.request.auth } else { &[] },
            cookie,
            body: &self.body,
            has_body: self.has_body,
        }
    }

    /// The current request, serialized without the jar's cookies. `None` if it is too large for the fast path.
    pub(crate) fn wire(&self) -> Option<WireRequest> {
        if self.headers.is_none()
            && self.trusted
            && self.method == self.request.method
            && let Some(first) = &self.request.wire
        {
            return first.at_path(self.method.as_str().len() + 1, self.request.url.path.len(), &self.url.path);
        }
        let mut bytes = BytesMut::new();
        let present = write_head(&mut bytes, &self.step(String::new()), Via::default());
        bytes.extend_from_slice(&self.body);
        WireRequest::fits(bytes.len()).then_some(WireRequest { bytes, close: present.close, own_cookies: present.special })
    }

    /// The `Content-Length` of the current request, if its head states one.
    pub(crate) fn length(&self) -> Option<usize> {
        self.method.says_length(self.has_body).then_some(self.body.len())
    }

    /// The length of the current request's body.
    pub(crate) fn body_length(&self) -> usize {
        self.body.len()
    }

    /// The target of a redirect. `None` if the response is the final one.
    ///
    /// # Errors
    /// Returns the failure of a redirect that can't be followed, or that exceeds the limit.
    pub(crate) fn next(&self, status: u16, headers: &Headers) -> Result<Option<Target>, HttpError> {
        if !is_redirect(status) {
            return Ok(None);
        }
        let (max, any_host) = match self.request.redirects {
            Redirects::Off => return Ok(None),
            Redirects::Hops(hops) if self.hops.len() >= hops as usize => return Ok(None),
            Redirects::Hops(_) => (u32::MAX, true),
            Redirects::SameHost => (MAX_REDIRECTS, false),
            Redirects::Any => (MAX_REDIRECTS, true),
        };
        // Browsers don't follow an empty `Location`.
        let Some(location) = headers.get("location").filter(|location| !location.trim().is_empty()) else { return Ok(None) };
        // Neither do they choose one of two: a proxy may have added one.
        if headers.get_all("location").any(|other| other != location) {
            return Err(HttpError::protocol("the response has two different Locations"));
        }
        let next = match self.url.resolve(location) {
            Ok(next) => next,
            // Web sites call apps back through custom schemes, so this isn't an error.
            Err(_) if !any_host => return Ok(None),
            Err(why) => return Err(HttpError::protocol(format!("the redirect to `{location}` can't be followed: {why}"))),
        };
        if !any_host && next.host() != self.request.url.host() {
            return Ok(None);
        }
        if self.hops.len() >= max as usize {
            return Err(HttpError::protocol(format!("more than {max} redirects")).came("too many redirects"));
        }
        Ok(Some(next))
    }

    /// Follows a redirect of this status to its target.
    pub(crate) fn follow(&mut self, status: u16, next: Target) {
        self.hops.push(Hop { status, url: next.to_eco() });
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
        let was_trusted = std::mem::replace(&mut self.trusted, self.request.url.trusts(&next));
        if !self.trusted {
            if was_trusted {
                self.leave_api_headers();
            }
            self.leave(&PRIVATE);
        }
        self.url = next;
    }

    /// The headers of the api's declaration are for its own host.
    fn leave_api_headers(&mut self) {
        let of_api = own_headers(&self.request.headers, &self.request.api_headers);
        if !of_api.is_empty() {
            let headers = self.headers.as_deref().unwrap_or(&self.request.headers);
            let kept = lines(headers).filter(|(.., line)| !of_api.contains(line));
            self.headers = Some(kept.flat_map(|(_, _, line)| line.iter().copied()).collect());
        }
    }

    fn leave(&mut self, names: &[&str]) {
        let headers = self.headers.as_deref().unwrap_or(&self.request.headers);
        if lines(headers).any(|(name, ..)| is_one_of(name, names)) {
            let kept = lines(headers).filter(|(name, ..)| !is_one_of(name, names));
            self.headers = Some(kept.flat_map(|(_, _, line)| line.iter().copied()).collect());
        }
    }
}

/// Whether a status redirects.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The lines of an api's own headers that no other host may see.
pub(crate) fn own_headers<'h>(headers: &'h [u8], api: &Range<usize>) -> Vec<&'h [u8]> {
    let of_api = lines(headers.get(api.clone()).unwrap_or_default());
    of_api.filter(|(name, ..)| !is_one_of(name, &PUBLIC) && !is_one_of(name, &OF_BODY)).map(|(_, _, line)| line).collect()
}
