//! The input of handlers: the request, their service's state, and the state that all services share.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};
use serde_json::Value;

use crate::faults::Faults;
use crate::respond::{Answer, Refusal, bad, refuse, unauthorized};
use crate::stats::Stats;
use crate::tokens::{TokenSigner, same};
use crate::{Options, wire};

/// A row of a service's table; `{…}` in the path matches one segment. The method `*` matches all methods.
pub(crate) struct Route<S> {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) run: for<'c> fn(&Call<'c, S>) -> Answer,
}

/// Makes a row of a service's table.
pub(crate) const fn route<S>(method: &'static str, path: &'static str, run: for<'c> fn(&Call<'c, S>) -> Answer) -> Route<S> {
    Route { method, path, run }
}

/// The state that all services share.
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) stats: Stats,
    pub(crate) signer: TokenSigner,
    faults: RwLock<Arc<(Faults, Instant)>>,
}

impl Core {
    pub(crate) fn new(options: Options, stats: Stats) -> Self {
        let faults = RwLock::new(Arc::new((options.faults.clone(), Instant::now())));
        Core { options, stats, signer: TokenSigner::new(), faults }
    }

    /// The current faults, and the time at which they were set.
    pub(crate) fn faults(&self) -> Arc<(Faults, Instant)> {
        Arc::clone(&self.faults.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the current faults.
    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = Arc::new((faults, Instant::now()));
    }
}

/// One request, as its handler sees it.
pub(crate) struct Call<'c, S> {
    pub(crate) core: &'c Core,
    /// The state of its service.
    pub(crate) state: &'c S,
    pub(crate) parts: &'c Parts,
    pub(crate) body: &'c Bytes,
    pub(crate) open: &'c [&'c str],
}

impl<S> Call<'_, S> {
    /// An open segment of the path, decoded.
    pub(crate) fn param(&self, at: usize) -> Cow<'_, str> {
        wire::unescape(self.open.get(at).copied().unwrap_or_default())
    }

    /// A header's text; empty without the header.
    pub(crate) fn header(&self, name: impl AsHeader) -> &str {
        name.of(&self.parts.headers).unwrap_or_default()
    }

    /// The query's pairs.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        wire::pairs(self.parts.uri.query().unwrap_or_default())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        let kind = self.header(header::CONTENT_TYPE);
        if !kind.to_ascii_lowercase().contains("json") {
            return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("Content-Type is {kind:?}; send application/json")));
        }
        serde_json::from_slice(self.body).map_err(|error| bad(format!("the body is not JSON: {error}")))
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Result<Vec<(String, String)>, Refusal> {
        let kind = self.header(header::CONTENT_TYPE);
        if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return Err(refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!("Content-Type is {kind:?}; send application/x-www-form-urlencoded"),
            ));
        }
        let text = std::str::from_utf8(self.body).map_err(|_| bad("the form is not UTF-8"))?;
        Ok(wire::pairs(text))
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Result<&str, Refusal> {
        let value = self.header(header::AUTHORIZATION);
        if value.is_empty() {
            return Err(unauthorized("no Authorization header; send Authorization: Bearer <token>"));
        }
        match value.split_once(' ') {
            Some((kind, token)) if kind.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
            _ => Err(unauthorized("the Authorization header is not a bearer token; send Authorization: Bearer <token>")),
        }
    }

    /// Rejects requests without the server's token.
    pub(crate) fn guard(&self) -> Result<(), Refusal> {
        if same(self.bearer()?, &self.core.options.token) { Ok(()) } else { Err(unauthorized("the bearer token is wrong")) }
    }
}

/// A type that names a header: a constant or a text.
pub(crate) trait AsHeader {
    /// The header's text.
    fn of<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str>;
}

impl AsHeader for HeaderName {
    fn of<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        headers.get(self)?.to_str().ok()
    }
}

impl AsHeader for &str {
    fn of<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        headers.get(*self)?.to_str().ok()
    }
}
