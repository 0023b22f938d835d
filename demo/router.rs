//! Routes requests to their handlers: a table of routes for each service.

use bytes::Bytes;
use http::{Method, StatusCode, header, request::Parts};

use crate::call::{Call, Core, Route};
use crate::respond::{Answer, Reply, missing, refuse, with};
use crate::stats::Stats;
use crate::{Options, admin, graph, ledger, notes, shop, tpdata};

/// The whole state of the server.
pub(crate) struct Demo {
    pub(crate) core: Core,
    services: Vec<Service>,
}

/// A service without the type of its state.
struct Service {
    /// The first segment of its paths.
    name: &'static str,
    /// The method and the path of each route.
    routes: Vec<(&'static str, &'static str)>,
    run: Box<Run>,
}

/// Runs the handler of the route with this index.
type Run = dyn Fn(usize, &Core, &Parts, &Bytes, &[&str]) -> Answer + Send + Sync;

impl Service {
    fn new<S: Send + Sync + 'static>(name: &'static str, routes: &'static [Route<S>], state: S) -> Self {
        Service {
            name,
            routes: routes.iter().map(|route| (route.method, route.path)).collect(),
            run: Box::new(move |at, core, parts, body, open| (routes[at].run)(&Call { core, state: &state, parts, body, open })),
        }
    }
}

/// The result of routing a request.
#[derive(Debug, PartialEq)]
pub(crate) enum Found<'p> {
    /// The route with this index of the service with this index, and the values of the open segments.
    Route(usize, usize, Vec<&'p str>),
    /// The path exists, with other methods.
    Methods(String),
    /// The path does not exist.
    Nowhere,
}

impl Found<'_> {
    /// The indices of the service and of its route.
    pub(crate) fn route(&self) -> Option<(usize, usize)> {
        match self {
            Found::Route(service, at, _) => Some((*service, *at)),
            Found::Methods(_) | Found::Nowhere => None,
        }
    }
}

impl Demo {
    pub(crate) fn new(options: Options) -> Result<Self, String> {
        options.faults.check()?;
        let keep = options.keep;
        let services = vec![
            Service::new("tpdata", tpdata::ROUTES, tpdata::State::new(keep)),
            Service::new("shop", shop::ROUTES, shop::State::new(keep)),
            Service::new("notes", notes::ROUTES, notes::State::new(keep)),
            Service::new("graph", graph::ROUTES, graph::State::new(keep)),
            Service::new("ledger", ledger::ROUTES, ledger::State::new(&options)?),
            Service::new("_demo", admin::ROUTES, ()),
        ];
        let stats = Stats::new(services.iter().map(|service| (service.name, service.routes.as_slice())));
        Ok(Demo { core: Core::new(options, stats), services })
    }

    /// Finds the route of a request.
    pub(crate) fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'p> {
        let rest = path.strip_prefix('/').unwrap_or(path);
        let (first, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let Some(service) = self.services.iter().position(|service| service.name == first) else {
            return Found::Nowhere;
        };
        let method = if method == Method::HEAD { "GET" } else { method.as_str() };
        let mut allowed: Vec<&str> = Vec::new();
        for (at, (taken, path)) in self.services[service].routes.iter().enumerate() {
            if let Some(open) = fit(&path[1..], rest) {
                if *taken == method || *taken == "*" {
                    return Found::Route(service, at, open);
                }
                allowed.push(taken);
            }
        }
        if allowed.is_empty() { Found::Nowhere } else { Found::Methods(allowed.join(", ")) }
    }

    /// Answers a request that no fault affects.
    pub(crate) fn answer(&self, parts: &Parts, body: &Bytes, found: &Found<'_>) -> Reply {
        match found {
            Found::Route(service, at, open) => {
                (self.services[*service].run)(*at, &self.core, parts, body, open).unwrap_or_else(Reply::from)
            }
            Found::Methods(allowed) => with(
                Reply::from(refuse(StatusCode::METHOD_NOT_ALLOWED, format!("this path takes {allowed}, not {}", parts.method))),
                header::ALLOW,
                allowed,
            ),
            Found::Nowhere => {
                let names: Vec<String> = self.services.iter().map(|service| format!("/{}", service.name)).collect();
                Reply::from(missing(format!("nothing at {}; the services are {}", parts.uri.path(), names.join(", "))))
            }
        }
    }
}

/// The values of the open segments, if the path fits the pattern.
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
