//! From a request to its handler: a static table of routes for each service.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};
use serde_json::Value;

use crate::faults::Faults;
use crate::respond::{Answer, Refusal, Reply, bad, missing, refuse, stranger, with};
use crate::seal::{Seal, same};
use crate::stats::Stats;
use crate::{Options, corner, graph, ledger, notes, shop, tpdata, wire};

/// A line of a service's table; `{…}` in the path stands for one segment. The method `*` stands for all.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) run: for<'c> fn(&Call<'c>) -> Answer,
}

/// A line of a service's table.
pub(crate) const fn route(method: &'static str, path: &'static str, run: for<'c> fn(&Call<'c>) -> Answer) -> Route {
    Route { method, path, run }
}

/// The services by the first segment of the path.
pub(crate) const SERVICES: [(&str, &[Route]); 6] = [
    ("tpdata", tpdata::ROUTES),
    ("shop", shop::ROUTES),
    ("notes", notes::ROUTES),
    ("graph", graph::ROUTES),
    ("ledger", ledger::ROUTES),
    ("_demo", corner::ROUTES),
];

/// Everything that the server holds.
pub(crate) struct Demo {
    pub(crate) options: Options,
    pub(crate) faults: RwLock<Arc<(Faults, Instant)>>,
    pub(crate) stats: Stats,
    pub(crate) seal: Seal,
    pub(crate) tpdata: tpdata::State,
    pub(crate) shop: shop::State,
    pub(crate) notes: notes::State,
    pub(crate) graph: graph::State,
    pub(crate) ledger: ledger::State,
}

impl Demo {
    pub(crate) fn new(options: Options) -> Result<Self, String> {
        options.faults.check()?;
        Ok(Demo {
            faults: RwLock::new(Arc::new((options.faults.clone(), Instant::now()))),
            stats: Stats::new(),
            seal: Seal::new(),
            tpdata: tpdata::State::new(options.keep),
            shop: shop::State::new(options.keep),
            notes: notes::State::new(options.keep),
            graph: graph::State::new(options.keep),
            ledger: ledger::State::new(&options)?,
            options,
        })
    }

    /// The faults in force, and since when.
    pub(crate) fn faults(&self) -> Arc<(Faults, Instant)> {
        Arc::clone(&self.faults.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the faults in force.
    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = Arc::new((faults, Instant::now()));
    }
}

/// Where a request goes.
#[derive(Debug, PartialEq)]
pub(crate) enum Found<'p> {
    /// The route at this place of this service, and the segments that its path leaves open.
    Route(usize, usize, Vec<&'p str>),
    /// The path is known, with other methods.
    Methods(String),
    /// Nothing here.
    Nowhere,
}

/// Looks a request up.
pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Found<'p> {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (first, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let Some(service) = SERVICES.iter().position(|(name, _)| *name == first) else {
        return Found::Nowhere;
    };
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut allowed: Vec<&str> = Vec::new();
    for (at, route) in SERVICES[service].1.iter().enumerate() {
        if let Some(open) = fit(&route.path[1..], rest) {
            if route.method == method || route.method == "*" {
                return Found::Route(service, at, open);
            }
            allowed.push(route.method);
        }
    }
    if allowed.is_empty() { Found::Nowhere } else { Found::Methods(allowed.join(", ")) }
}

/// The open segments of a path that the pattern fits.
fn fit<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut open = Vec::new();
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        let segment = segments.next()?;
        if wanted.starts_with('{') {
            if segment.is_empty() {
                return None;
            }
            open.push(segment);
        } else if wanted != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(open)
}

/// One request, as its handler sees it.
pub(crate) struct Call<'c> {
    pub(crate) demo: &'c Demo,
    pub(crate) parts: &'c Parts,
    pub(crate) body: &'c Bytes,
    pub(crate) open: &'c [&'c str],
}

impl Call<'_> {
    /// An open segment of the path, decoded.
    pub(crate) fn param(&self, at: usize) -> Cow<'_, str> {
        wire::unescape(self.open.get(at).copied().unwrap_or_default())
    }

    /// A header's text, empty where there is none.
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
            return Err(stranger("no Authorization header; send Authorization: Bearer <token>"));
        }
        match value.split_once(' ') {
            Some((kind, token)) if kind.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
            _ => Err(stranger("the Authorization header is not a bearer token; send Authorization: Bearer <token>")),
        }
    }

    /// Refuses all that do not bear the server's token.
    pub(crate) fn guard(&self) -> Result<(), Refusal> {
        if same(self.bearer()?, &self.demo.options.token) { Ok(()) } else { Err(stranger("the bearer token is not the right one")) }
    }
}

/// What names a header: a constant or a text.
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

/// Answers a request that no fault has caught.
pub(crate) fn answer(demo: &Demo, parts: &Parts, body: &Bytes, found: &Found<'_>) -> Reply {
    match found {
        Found::Route(service, at, open) => {
            let call = Call { demo, parts, body, open };
            (SERVICES[*service].1[*at].run)(&call).unwrap_or_else(Reply::from)
        }
        Found::Methods(allowed) => with(
            Reply::from(refuse(StatusCode::METHOD_NOT_ALLOWED, format!("this path takes {allowed}, not {}", parts.method))),
            header::ALLOW,
            allowed,
        ),
        Found::Nowhere => {
            let names: Vec<String> = SERVICES.iter().map(|(name, _)| format!("/{name}")).collect();
            Reply::from(missing(format!("nothing at {}; the services are {}", parts.uri.path(), names.join(", "))))
        }
    }
}
