//! The request of an entry as an exchange, and the variables of a file.

use std::collections::{HashMap, HashSet};

use super::graphql::graphql;
use super::parse::{Body, Entry, Pair};
use super::query::Variables;
use crate::draft::{self, Auth, Draft, Expr, Part, Redirects, Stmt, Text, Value, duration};
use crate::names::Names;
use crate::web::{self, Exchange, Hosts, Target};
use crate::{ImportError, Source};

/// Converts entries one by one.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    pub(super) draft: &'s mut Draft,
    hosts: Hosts,
    names: Names,
    /// Variables that the file sets, by their names in Hurl.
    locals: HashMap<String, String>,
    /// The code of the current response's captures, because its expectations cannot read the variables yet.
    pub(super) captured: HashMap<String, String>,
    /// Variables whose values are literals.
    constants: HashMap<String, String>,
    /// Statements before the next step.
    pub(super) pending: Vec<Stmt>,
    /// The parts of responses that captures with filters read, by their expressions.
    pub(super) filtered: HashMap<String, crate::draft::Source>,
    comments: Vec<String>,
}

impl Variables for Reader<'_> {
    fn fits(&mut self, pattern: &str) -> bool {
        self.draft.patterns.fits(pattern)
    }

    fn code(&mut self, name: &str) -> String {
        match name {
            "newUuid" => return "uuid()".to_owned(),
            "newDate" => return "format_time(now(), \"%Y-%m-%dT%H:%M:%S%.6fZ\")".to_owned(),
            _ => {}
        }
        if let Some(code) = self.captured.get(name) {
            return code.clone();
        }
        if let Some(local) = self.locals.get(name) {
            return local.clone();
        }
        let key = web::key(name, "value");
        self.draft.tally.advise(format!("set {} before the test runs: the file reads it as a variable", variable(name)));
        match self.draft.env(&["variables", &key], Value::Secret(variable(name))) {
            Expr::Code(code) => code,
            _ => key,
        }
    }
}

/// The variable of the process environment for a variable of Hurl.
fn variable(name: &str) -> String {
    draft::variable(&[name])
}

/// Milliseconds of `500`, `500ms`, `2s`, `1m`.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let number: u64 = digits.trim().parse().ok()?;
    match text[digits.len()..].trim() {
        "" | "ms" => Some(number),
        "s" => Some(number * 1000),
        "m" => Some(number * 60_000),
        "h" => Some(number * 3_600_000),
        _ => None,
    }
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source, draft: &'s mut Draft, entries: &[Entry]) -> Self {
        let mut names = Names::new();
        let mut hosts = Hosts::default();
        // A variable must not hide an api.
        for entry in entries {
            let origin = Target::new(&entry.url).origin;
            names.reserve(&hosts.api(draft, &origin, |name| format!("${{{}}}", variable(name))));
        }
        draft.apis.clear();
        Self {
            source,
            draft,
            hosts: Hosts::default(),
            names,
            locals: HashMap::new(),
            captured: HashMap::new(),
            constants: HashMap::new(),
            pending: Vec::new(),
            filtered: HashMap::new(),
            comments: Vec::new(),
        }
    }

    pub(super) fn leave(&mut self, kind: &str, what: &str, line: usize) -> String {
        self.draft.tally.leave(kind, what, &self.source.name, line)
    }

    /// Whether the file has set a variable before.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.locals.contains_key(name)
    }

    /// The name of a variable that the file sets at this point.
    pub(super) fn capture_name(&mut self, name: &str) -> String {
        if let Some(known) = self.locals.get(name) {
            return known.clone();
        }
        let local = self.names.variable(name, "value");
        self.locals.insert(name.to_owned(), local.clone());
        local
    }

    /// Replaces the variables in a text with their names in the spec.
    pub(super) fn bind(&mut self, text: &Text) -> Text {
        super::scan::bind(text, self)
    }

    /// Converts an entry to an exchange. Returns a comment if no step can send it.
    pub(super) fn exchange(&mut self, entry: &Entry) -> Result<Result<Exchange, String>, ImportError> {
        let option = |name: &str| entry.options.iter().find(|option| option.key.as_literal() == Some(name));
        if option("skip").is_some_and(|skip| skip.value.as_literal() == Some("true")) {
            self.draft.tally.skip("requests with `skip: true`", 1);
            return Ok(Err(format!("skipped, {}:{}: `skip: true`", self.source.name, entry.line)));
        }
        self.variables(entry);
        if !web::METHODS.contains(&entry.method.as_str()) {
            let what = format!("`{}`: a step cannot send this method", entry.method);
            return Ok(Err(self.leave("requests", &what, entry.line)));
        }
        let target = Target::new(&entry.url);
        // A variable of the file is known only while the test runs, so the whole address becomes a variable, too.
        let draft = &mut *self.draft;
        let api = self.hosts.api(draft, &target.origin, |name| format!("${{{}}}", variable(name)));
        for part in &target.origin.parts {
            if let Part::Hole(name) = part {
                draft.tally.advise(format!("set {} before the test runs: it is part of the address", variable(name)));
            }
        }
        let mut exchange = Exchange { api: api.clone(), method: entry.method.clone(), ..Exchange::default() };
        exchange.path = target.path.iter().map(|segment| self.bind(segment)).collect();
        exchange.raw_query = target.raw_query.as_ref().map(|query| self.bind(query));
        for (key, value) in target.query {
            let value = self.bind_expr(value);
            exchange.query.push((key.clone(), web::protect_value(self.draft, &api, &key, value)));
        }
        for pair in &entry.query {
            let (key, value) = self.field(&api, pair);
            exchange.query.push((key, value));
        }
        exchange.query = web::grouped(exchange.query);
        let content_type = self.headers(entry, &api, &mut exchange);
        self.auth(entry, &api, &mut exchange);
        self.body(entry, content_type, &mut exchange);
        self.options(entry, &api, &mut exchange);
        for comment in std::mem::take(&mut self.comments) {
            self.pending.push(Stmt::Comment(comment));
        }
        Ok(Ok(exchange))
    }

    fn bind_expr(&mut self, value: Expr) -> Expr {
        match value {
            Expr::Text(text) => Expr::from(self.bind(&text)),
            Expr::Code(name) => Expr::Code(self.code(&name)),
            Expr::List(items) => Expr::List(items.into_iter().map(|item| self.bind_expr(item)).collect()),
            other => other,
        }
    }

    /// Variables that `[Options]` sets.
    fn variables(&mut self, entry: &Entry) {
        for option in &entry.options {
            let text = option.value.clone();
            if option.key.as_literal() != Some("variable") {
                continue;
            }
            let Some(Part::Literal(first)) = text.parts.first() else { continue };
            let Some((name, start)) = first.split_once('=') else { continue };
            let mut value = Text::literal(start.trim_matches('"'));
            text.parts.iter().skip(1).for_each(|part| value.append(Text { parts: vec![part.clone()] }));
            let value = self.bind(&value);
            match value.as_literal() {
                Some(literal) => self.constants.insert(name.trim().to_owned(), literal.to_owned()),
                None => self.constants.remove(name.trim()),
            };
            let expr = match value.as_literal() {
                Some("true") => Expr::Bool(true),
                Some("false") => Expr::Bool(false),
                Some("null") => Expr::Null,
                Some(digits) if digits.parse::<f64>().is_ok() && !start.starts_with('"') => Expr::number(digits),
                _ => Expr::Text(value),
            };
            let name = name.trim().to_owned();
            let is_known = self.locals.contains_key(&name);
            let local = self.capture_name(&name);
            self.pending.push(if is_known { Stmt::Set(local, expr) } else { Stmt::Let(local, expr) });
        }
    }

    fn field(&mut self, api: &str, pair: &Pair) -> (String, Expr) {
        let mut key = Text::default();
        for part in &pair.key.parts {
            match part {
                Part::Hole(name) if self.constants.contains_key(name) => key.push(&self.constants[name]),
                part => key.append(Text { parts: vec![part.clone()] }),
            }
        }
        let key = match key.as_literal() {
            Some(literal) => literal.to_owned(),
            None => {
                let comment = self.leave("variables in names", "the name of a field or header is a variable", pair.line);
                self.comments.push(comment);
                key.parts.iter().map(|part| if let Part::Literal(text) = part { text.as_str() } else { "x" }).collect()
            }
        };
        let value = Expr::from(self.bind(&pair.value));
        let value = web::protect_value(self.draft, api, &key, value);
        (key, value)
    }

    /// Adds headers and cookies. Returns the `Content-Type`.
    fn headers(&mut self, entry: &Entry, api: &str, exchange: &mut Exchange) -> Option<Text> {
        let mut content_type = None;
        let mut known: HashSet<String> = HashSet::new();
        for header in &entry.headers {
            let name = header.key.as_literal().unwrap_or_default();
            if name.eq_ignore_ascii_case("content-type") {
                content_type = Some(self.bind(&header.value));
            } else if name.eq_ignore_ascii_case("authorization") {
                let value = self.bind(&header.value);
                exchange.auth = Some(web::authorization(self.draft, api, &value));
            } else if ["content-length", "connection", "transfer-encoding", "accept-encoding", "upgrade"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own))
            {
                let comment = self.leave("headers", &format!("`{name}`: ltc sets it itself"), header.line);
                self.comments.push(comment);
            } else {
                let (name, value) = self.field(api, header);
                // A map contains each name only once.
                if known.insert(name.to_ascii_lowercase()) {
                    exchange.headers.push((name, value));
                } else {
                    let comment = self.leave("headers", &format!("`{name}` a second time"), header.line);
                    self.comments.push(comment);
                }
            }
        }
        if !entry.cookies.is_empty() {
            let mut text = Text::default();
            for (number, cookie) in entry.cookies.iter().enumerate() {
                text.push(if number == 0 { "" } else { "; " });
                text.append(self.bind(&cookie.key));
                text.push("=");
                text.append(self.bind(&cookie.value));
            }
            exchange.headers.push(("Cookie".to_owned(), Expr::Text(text)));
        }
        content_type
    }

    fn auth(&mut self, entry: &Entry, api: &str, exchange: &mut Exchange) {
        let from_option = entry.options.iter().find(|option| option.key.as_literal() == Some("user"));
        let pair = match (&entry.auth, from_option) {
            (Some(pair), _) => Some((pair.key.clone(), pair.value.clone())),
            (None, Some(option)) => super::text::split_user(&option.value),
            (None, None) => Target::new(&entry.url).user,
        };
        if let Some((user, password)) = pair {
            let (user, password) = (self.bind(&user), self.bind(&password));
            exchange.auth = Some(web::basic(self.draft, api, &user, &password));
        }
        if let Some(provider) = entry.options.iter().find(|option| option.key.as_literal() == Some("aws-sigv4")) {
            let words: Vec<&str> = provider.value.as_literal().unwrap_or_default().split(':').collect();
            let region = words.get(2).copied().unwrap_or("us-east-1");
            exchange.auth = Some(Auth::Aws(Expr::text(words.get(3).copied().unwrap_or("execute-api")), Expr::text(region)));
        }
    }

    fn body(&mut self, entry: &Entry, content_type: Option<Text>, exchange: &mut Exchange) {
        let api = exchange.api.clone();
        let written = content_type.as_ref().and_then(Text::as_literal).map(str::to_owned);
        if !entry.form.is_empty() || !entry.multipart.is_empty() {
            let is_form = !entry.form.is_empty();
            let mut fields = Vec::new();
            for pair in if is_form { &entry.form } else { &entry.multipart } {
                let (key, value) = match pair.value.as_literal().and_then(|value| value.strip_prefix("file,")).filter(|_| !is_form) {
                    Some(file) => (pair.key.as_literal().unwrap_or("file").to_owned(), self.file(file)),
                    None => self.field(&api, pair),
                };
                fields.push((key, value));
            }
            let fields = web::grouped(fields);
            exchange.body = Some(if is_form { draft::Body::Form(fields) } else { draft::Body::Multipart(fields) });
            return;
        }
        let Some(body) = &entry.body else {
            exchange.headers.extend(content_type.map(|ty| ("Content-Type".to_owned(), Expr::from(ty))));
            return;
        };
        let (read, kept) = match body {
            Body::Json(text) => {
                let text = self.bind(text);
                web::body(self.draft, Some(written.as_deref().unwrap_or("application/json")), &text)
            }
            Body::Xml(text) => {
                let text = self.bind(text);
                web::body(self.draft, Some(written.as_deref().unwrap_or("application/xml")), &text)
            }
            Body::Text(language, text) => {
                let text = self.bind(text);
                match language.as_str() {
                    "graphql" => (Some(graphql(&text)), None),
                    "json" => web::body(self.draft, Some(written.as_deref().unwrap_or("application/json")), &text),
                    "xml" => web::body(self.draft, Some(written.as_deref().unwrap_or("application/xml")), &text),
                    _ => web::body(self.draft, Some(written.as_deref().unwrap_or("text/plain")), &text),
                }
            }
            Body::Bytes(bytes) => {
                use base64::Engine as _;
                let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
                (Some(draft::Body::Bytes(Expr::Code(format!("base64_decode({})", crate::write::quoted(&encoded))))), written.clone())
            }
            Body::File(path) => (Some(draft::Body::Bytes(self.file(&format!("{path};")))), written.clone()),
        };
        exchange.body = read.map(|body| web::protect(self.draft, &api, body));
        if !matches!(exchange.body, Some(draft::Body::Json(_) | draft::Body::Graphql(..))) || written.is_some() {
            exchange.headers.extend(kept.map(|ty| ("Content-Type".to_owned(), Expr::text(ty))));
        }
    }

    /// `name.png; image/png`: a file next to the Hurl file, copied next to the spec.
    fn file(&mut self, written: &str) -> Expr {
        let (path, ty) = written.split_once(';').unwrap_or((written, ""));
        let path = path.trim();
        let content = std::fs::read(self.source.beside(path)).ok();
        if content.is_none() {
            let stem = path.rsplit('/').next().unwrap_or(path);
            self.draft.tally.advise(format!("replace specs/data/{stem}, which is empty, with the file `{path}`"));
        }
        let ty = ty.trim().trim_end_matches(';').trim();
        web::attachment(self.draft, path, Some(ty).filter(|ty| !ty.is_empty()), content.unwrap_or_default())
    }

    fn options(&mut self, entry: &Entry, api: &str, exchange: &mut Exchange) {
        let mut known: HashSet<String> = exchange.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        exchange.options.redirects = Some(Redirects::Off);
        for option in &entry.options {
            let (Some(key), value) = (option.key.as_literal(), option.value.as_literal().unwrap_or_default().to_owned()) else { continue };
            match key {
                "location" | "location-trusted" if value == "true" => exchange.options.redirects = None,
                "max-redirs" => {
                    if exchange.options.redirects != Some(Redirects::Off) {
                        exchange.options.redirects = value.parse().ok().map(Redirects::UpTo);
                    }
                }
                "max-time" => exchange.options.timeout = milliseconds(&value).map(|ms| Expr::Code(duration(ms))),
                "connect-timeout" => {
                    if let Some(ms) = milliseconds(&value) {
                        self.draft.env(&[api, "connect_timeout"], Value::text(duration(ms)));
                    }
                }
                "insecure" if value == "true" => {
                    self.draft.env(&[api, "tls", "verify"], Value::Plain(false.into()));
                }
                "header" => {
                    if let Some((name, value)) = value.split_once(':') {
                        if known.insert(name.trim().to_ascii_lowercase()) {
                            exchange.headers.push((name.trim().to_owned(), Expr::text(value.trim())));
                        } else {
                            let comment = self.leave("headers", &format!("`{}` a second time", name.trim()), option.line);
                            self.comments.push(comment);
                        }
                    }
                }
                "user-agent" => exchange.headers.push(("User-Agent".to_owned(), Expr::text(&value))),
                "variable" | "retry" | "retry-interval" | "repeat" | "delay" | "user" | "aws-sigv4" | "skip" | "verbose"
                | "very-verbose" | "verbosity" | "output" | "compressed" | "path-as-is" | "http1.0" | "http1.1" | "http2" | "http3"
                | "ipv4" | "ipv6" | "location" | "location-trusted" | "insecure" | "color" => {}
                other => {
                    let comment = self.leave("options", &format!("`{other}: {value}` has no counterpart in ltc"), option.line);
                    self.comments.push(comment);
                }
            }
        }
    }
}
