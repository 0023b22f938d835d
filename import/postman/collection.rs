//! A collection as folders and requests, in one form for the formats 2.0 and 2.1.

use crate::document::{Node, Value};

/// The deepest nesting of folders that is read.
const DEPTH_MAX: usize = 64;

/// A folder or a request.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) name: String,
    pub(super) node: &'a Node,
    pub(super) kind: Kind<'a>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind<'a> {
    Folder(Vec<Item<'a>>),
    Request(Box<Request>),
    /// An item with neither a request nor items, and the reason.
    Broken(&'static str),
}

/// A request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) line: usize,
    pub(super) method: String,
    pub(super) url: Url,
    pub(super) headers: Vec<Pair>,
    pub(super) body: Body,
    pub(super) auth: Option<Auth>,
    pub(super) redirects: Option<usize>,
    /// Whether a GET request keeps its body.
    pub(super) keeps_body: bool,
    pub(super) insecure: bool,
    /// The statuses of saved responses.
    pub(super) examples: Vec<String>,
}

/// A URL as a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    /// The address, without query and fragment.
    pub(super) address: String,
    pub(super) query: Vec<Pair>,
    /// The values of `:name` in the path.
    pub(super) variables: Vec<Pair>,
}

/// A key and its value, as templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) key: String,
    /// The value; `None` for `?key` without `=`.
    pub(super) value: Option<String>,
}

impl Pair {
    pub(super) fn new(key: &str, value: String) -> Self {
        Self { key: key.to_owned(), value: Some(value) }
    }

    pub(super) fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }
}

/// A body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Body {
    #[default]
    None,
    Raw {
        text: String,
        language: Option<String>,
    },
    Form(Vec<Pair>),
    Multipart(Vec<Field>),
    /// The path of a file.
    File(String),
    Graphql {
        query: String,
        variables: String,
    },
}

/// A field of a multipart form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) value: String,
    /// Files, instead of a value.
    pub(super) files: Option<Vec<String>>,
    pub(super) content_type: Option<String>,
}

/// The auth of an item: its kind and its parameters, as templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Auth {
    pub(super) kind: String,
    pub(super) parameters: Vec<Pair>,
    pub(super) line: usize,
}

impl Auth {
    /// A parameter.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.parameters.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_deref()).filter(|value| !value.is_empty())
    }
}

/// The items of a collection or a folder.
pub(super) fn items(node: &Node) -> Vec<Item<'_>> {
    within(node, 0)
}

fn within(node: &Node, depth: usize) -> Vec<Item<'_>> {
    let of = |node| {
        let node: &Node = node;
        let name = node.text_of("name").map(crate::words::line).filter(|name| !name.is_empty());
        let kind = match (node.get("item"), node.get("request")) {
            (Some(_), _) if depth < DEPTH_MAX => Kind::Folder(within(node, depth + 1)),
            (_, Some(request)) => self::request(node, request),
            _ => Kind::Broken("item with neither a request nor items"),
        };
        let name = name.unwrap_or_else(|| match &kind {
            Kind::Request(request) => format!("{} {}", request.method, request.url.address),
            _ => "Unnamed".to_owned(),
        });
        Item { name, node, kind }
    };
    node.items_of("item").iter().filter(|item| item.is_map()).map(of).collect()
}

fn request<'a>(item: &Node, request: &Node) -> Kind<'a> {
    // A request may consist of only its URL.
    if let Some(url) = request.text() {
        return Kind::Request(Box::new(Request { line: request.line, method: "GET".to_owned(), url: Url::of(url), ..Request::default() }));
    }
    let Some(url) = request.get("url").map(url).filter(|url| !url.address.trim().is_empty()) else {
        return Kind::Broken("request without a URL");
    };
    let method = request.text_of("method").map(str::trim).filter(|method| !method.is_empty()).unwrap_or("GET").to_uppercase();
    if !method.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-') {
        return Kind::Broken("request with a malformed method");
    }
    let behavior = item.get("protocolProfileBehavior").or(request.get("protocolProfileBehavior"));
    let behavior = |key: &str| behavior.and_then(|it| it.get(key));
    let off = |key: &str| behavior(key).is_some_and(|it| it.value == Value::Bool(false));
    let redirects = behavior("maxRedirects").and_then(Node::scalar).and_then(|count| count.parse().ok());
    Kind::Request(Box::new(Request {
        line: request.line,
        method,
        url,
        headers: headers(request),
        body: request.get("body").map(body).unwrap_or_default(),
        auth: auth(request),
        redirects: if off("followRedirects") { Some(0) } else { redirects },
        keeps_body: behavior("disableBodyPruning").is_some_and(Node::is_true),
        insecure: off("strictSSL"),
        examples: item.items_of("response").iter().filter_map(|response| response.get("code")?.scalar()).collect(),
    }))
}

impl Url {
    /// A URL from its text.
    pub(super) fn of(raw: &str) -> Self {
        let raw = cut(raw.trim(), '#').0;
        let (address, query) = cut(raw, '?');
        let pair = |part: &str| match part.split_once('=') {
            Some((key, value)) => Pair::new(key, value.to_owned()),
            None => Pair { key: part.to_owned(), value: None },
        };
        let query =
            query.map(|query| split(query, '&').into_iter().filter(|part| !part.is_empty()).map(pair).collect()).unwrap_or_default();
        Self { address: address.to_owned(), query, variables: Vec::new() }
    }
}

/// The text before and after the first `mark` outside of variables.
fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    match outside(text, mark) {
        Some(at) => (&text[..at], Some(&text[at + mark.len_utf8()..])),
        None => (text, None),
    }
}

/// The parts of a text between the `mark`s outside of variables.
fn split(text: &str, mark: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (part, after) = cut(text, mark);
        parts.push(part);
        rest = after;
    }
    parts
}

/// The first `mark` outside of variables.
pub(super) fn outside(text: &str, mark: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            _ if text[at..].starts_with("{{") => depth += 1,
            _ if text[at..].starts_with("}}") => depth = depth.saturating_sub(1),
            c if c == mark && depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn url(node: &Node) -> Url {
    if let Some(raw) = node.text() {
        return Url::of(raw);
    }
    let joined = |key: &str, by: &str| match node.get(key).map(|it| &it.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        Some(Value::List(parts)) => {
            let part = |part: &Node| part.scalar().or_else(|| part.get("value")?.scalar()).unwrap_or_default();
            Some(parts.iter().map(part).collect::<Vec<_>>().join(by))
        }
        _ => None,
    };
    let raw = node.text_of("raw").map(str::to_owned).filter(|raw| !raw.trim().is_empty()).or_else(|| {
        let host = joined("host", ".")?;
        let protocol = node.text_of("protocol").map(|it| format!("{it}://")).unwrap_or_default();
        let port = node.get("port").and_then(Node::scalar).map(|port| format!(":{port}")).unwrap_or_default();
        let path = joined("path", "/").map(|path| format!("/{}", path.trim_start_matches('/'))).unwrap_or_default();
        Some(format!("{protocol}{host}{port}{path}"))
    });
    let mut url = Url::of(&raw.unwrap_or_default());
    if let Some(Value::List(_)) = node.get("query").map(|it| &it.value) {
        url.query = pairs(node, "query");
    }
    let id =
        |it: &Node| Some(Pair { key: it.text_of("key").or(it.text_of("id"))?.to_owned(), value: it.get("value").and_then(Node::scalar) });
    url.variables = node.items_of("variable").iter().filter_map(id).collect();
    url
}

/// The enabled pairs of a list of `{ key, value }`.
fn pairs(node: &Node, key: &str) -> Vec<Pair> {
    let of = |it: &Node| Some(Pair { key: it.get("key")?.scalar()?, value: it.get("value").and_then(Node::scalar) });
    node.items_of(key).iter().filter(|it| !disabled(it)).filter_map(of).collect()
}

fn disabled(node: &Node) -> bool {
    node.flag("disabled") || node.get("enabled").is_some_and(|it| it.value == Value::Bool(false))
}

fn headers(request: &Node) -> Vec<Pair> {
    match request.get("header").map(|it| &it.value) {
        // The old form: one text with a pair on each line.
        Some(Value::Text(text)) => text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| Pair::new(key.trim(), value.trim().to_owned()))
            .collect(),
        _ => pairs(request, "header"),
    }
}

fn body(node: &Node) -> Body {
    if node.flag("disabled") {
        return Body::None;
    }
    let form = |key: &str| match node.get(key).map(|it| &it.value) {
        Some(Value::Text(text)) => Url::of(&format!("?{text}")).query,
        _ => pairs(node, key).into_iter().map(|pair| Pair::new(&pair.key, pair.value.unwrap_or_default())).collect(),
    };
    match node.text_of("mode") {
        Some("raw") => {
            let text = node.text_of("raw").unwrap_or_default().replace("\r\n", "\n");
            let language = node.get("options").and_then(|it| it.get("raw")?.text_of("language")).map(str::to_owned);
            if text.trim().is_empty() { Body::None } else { Body::Raw { text, language } }
        }
        Some("urlencoded") => Some(form("urlencoded")).filter(|pairs: &Vec<Pair>| !pairs.is_empty()).map_or(Body::None, Body::Form),
        Some("formdata") => {
            let fields: Vec<Field> = node.items_of("formdata").iter().filter(|it| !disabled(it)).filter_map(field).collect();
            if fields.is_empty() { Body::None } else { Body::Multipart(fields) }
        }
        Some("file") => {
            let file = node.get("file").and_then(|file| file.text().or_else(|| file.text_of("src")));
            Body::File(file.unwrap_or("upload.bin").to_owned())
        }
        Some("graphql") => {
            let graphql = node.get("graphql");
            let text = |key: &str| graphql.and_then(|it| it.text_of(key)).unwrap_or_default().to_owned();
            Body::Graphql { query: text("query"), variables: text("variables") }
        }
        _ => Body::None,
    }
}

fn field(node: &Node) -> Option<Field> {
    let files = (node.text_of("type") == Some("file")).then(|| match node.get("src").map(|it| &it.value) {
        Some(Value::Text(path)) => vec![path.clone()],
        Some(Value::List(paths)) => paths.iter().filter_map(Node::text).map(str::to_owned).collect(),
        _ => vec!["upload.bin".to_owned()],
    });
    Some(Field {
        key: node.get("key")?.scalar()?,
        value: node.get("value").and_then(Node::scalar).unwrap_or_default(),
        files,
        content_type: node.text_of("contentType").filter(|it| !it.is_empty()).map(str::to_owned),
    })
}

/// The auth that an item declares; `None` if it inherits one.
pub(super) fn auth(node: &Node) -> Option<Auth> {
    let auth = node.get("auth")?;
    let kind = auth.text_of("type")?.to_owned();
    let parameters = match auth.get(&kind).map(|it| &it.value) {
        // Format 2.0: a map.
        Some(Value::Map(members)) => members.iter().map(|(key, value)| Pair { key: key.clone(), value: value.scalar() }).collect(),
        Some(Value::List(_)) => pairs(auth, &kind),
        _ => Vec::new(),
    };
    (kind != "inherit").then_some(Auth { kind, parameters, line: auth.line })
}
