//! The scenarios of `load`: ltc's spec, the other programs that are measured in the same rounds, and those with which ltc is compared.

/// The measurements in the rounds of a scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The spec that ltc runs.
    pub(crate) spec: &'static str,
    pub(crate) server: Server,
    /// The request of the other programs, if they can send the same as ltc.
    pub(crate) peers: Option<Request>,
    /// Further measurements in the same rounds: a name and the program.
    pub(crate) references: &'static [(&'static str, Reference)],
    /// The program that ratios refer to.
    pub(crate) base: &'static str,
    /// The ratio that ltc should not exceed.
    pub(crate) goal: Option<f64>,
}

/// The port of nginx that is used.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Server {
    Plain,
    Tls,
    Http2,
}

/// The request of a peer.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) body: Option<&'static str>,
}

/// A program that ltc is compared with, besides peers that send the same request.
#[derive(Clone, Copy)]
pub(crate) enum Reference {
    /// ltc with another spec.
    Spec(&'static str),
    /// wrk with a GET of a path, whose response it does not check.
    Wrk(&'static str),
    /// h2load with a GET of a path over one connection, which carries the requests of all users.
    H2load(&'static str),
}

const ITEM: Option<Request> = Some(Request { path: "/item", body: None });
const ORDER: &str = r#"{"sku":"sku-00042","count":3,"note":"ring twice","gift":false}"#;
/// The checked GET, the cheapest of all checked requests.
const CHECKED: &[(&str, Reference)] = &[("checked", Reference::Spec("checked"))];

const PLAIN: Scenario = Scenario { name: "", spec: "", server: Server::Plain, peers: None, references: &[], base: "wrk", goal: None };

pub(crate) const SCENARIOS: [Scenario; 15] = [
    Scenario { name: "bare GET", spec: "get", peers: ITEM, ..PLAIN },
    Scenario { name: "GET, status, header and JSON checked", spec: "checked", peers: ITEM, base: "floor", goal: Some(1.10), ..PLAIN },
    Scenario { name: "the same, no two answers alike", spec: "varied", peers: Some(Request { path: "/varied", body: None }), ..PLAIN },
    Scenario {
        name: "the same with a cookie of the jar, compared with none",
        spec: "cookie",
        references: CHECKED,
        base: "checked",
        goal: Some(1.10),
        ..PLAIN
    },
    Scenario {
        name: "the same with an answer in gzip, compared with plain",
        spec: "gzip",
        references: CHECKED,
        base: "checked",
        goal: Some(1.5),
        ..PLAIN
    },
    Scenario {
        name: "a redirect and its GET, each counted, compared with the checked GET",
        spec: "redirect",
        references: CHECKED,
        base: "checked",
        goal: Some(1.2),
        ..PLAIN
    },
    Scenario { name: "POST, JSON in and out", spec: "post", peers: Some(Request { path: "/orders", body: Some(ORDER) }), ..PLAIN },
    Scenario {
        name: "the same POST, compared with wrk's GET",
        spec: "post",
        references: &[("wrk's GET", Reference::Wrk("/item"))],
        base: "wrk's GET",
        goal: Some(1.0),
        ..PLAIN
    },
    Scenario { name: "HTTPS GET, status and JSON checked", spec: "https", server: Server::Tls, peers: ITEM, ..PLAIN },
    Scenario {
        name: "HTTP/2 GET, one stream a connection",
        spec: "http2",
        server: Server::Http2,
        peers: ITEM,
        base: "h2load",
        goal: Some(1.15),
        ..PLAIN
    },
    Scenario {
        name: "HTTP/2 GET, all users on one connection",
        spec: "shared",
        server: Server::Http2,
        references: &[("h2load -m", Reference::H2load("/item"))],
        base: "h2load -m",
        ..PLAIN
    },
    Scenario {
        name: "40 KB of JSON, members at its end; others don't read it",
        spec: "large",
        peers: Some(Request { path: "/large.json", body: None }),
        goal: Some(1.6),
        ..PLAIN
    },
    Scenario {
        name: "40 KB of JSON, 256 different responses; others don't read them",
        spec: "large-varied",
        peers: Some(Request { path: "/varied.json", body: None }),
        ..PLAIN
    },
    Scenario {
        name: "1 MB of JSON, a JSONPath and a list; others don't read it",
        spec: "huge",
        peers: Some(Request { path: "/huge.json", body: None }),
        ..PLAIN
    },
    Scenario {
        name: "a new connection for each request",
        spec: "new",
        peers: Some(Request { path: "/close", body: None }),
        goal: Some(1.05),
        ..PLAIN
    },
];
