//! Requests of a script.

use std::rc::Rc;

use indexmap::IndexMap;

use super::value::Value;
use super::{Out, Run, StepDraft};
use crate::draft::{Auth, Body, Call, Expr, Line, Part, Parts, Path, Redirects, Text, Value as Setting};
use crate::web::{Exchange, METHODS, Target};

/// A request as a script sends it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) url: Value,
    /// The query after the URL.
    pub(crate) query: Value,
    pub(crate) headers: Value,
    /// A body of JSON.
    pub(crate) json: Value,
    /// Any other body: a text, or the fields of a form.
    pub(crate) data: Value,
    /// Files of a form.
    pub(crate) files: Value,
    pub(crate) cookies: Value,
    /// User and password.
    pub(crate) auth: Value,
    pub(crate) name: Value,
    /// The timeout in milliseconds.
    pub(crate) timeout_ms: Option<f64>,
    /// The most redirects that are followed.
    pub(crate) redirects: Option<u32>,
    /// The statuses that are expected.
    pub(crate) statuses: Vec<String>,
    /// Whether the server's certificate is not checked.
    pub(crate) insecure: bool,
}

/// What a script sets for all requests of a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usual {
    pub(crate) headers: IndexMap<String, String>,
    pub(crate) timeout_ms: Option<f64>,
    pub(crate) connect_timeout_ms: Option<f64>,
    pub(crate) redirects: Option<Redirects>,
    pub(crate) insecure: bool,
}

impl Default for Sent {
    fn default() -> Self {
        let nothing = || Value::Undefined;
        Self {
            method: String::new(),
            url: nothing(),
            query: nothing(),
            headers: nothing(),
            json: nothing(),
            data: nothing(),
            files: nothing(),
            cookies: nothing(),
            auth: nothing(),
            name: nothing(),
            timeout_ms: None,
            redirects: None,
            statuses: Vec::new(),
            insecure: false,
        }
    }
}

impl Run<'_> {
    /// Adds a step with this request. Returns its response.
    pub(crate) fn send(&mut self, sent: Sent) -> Value {
        let method = sent.method.to_ascii_uppercase();
        let Some(url) = self.as_text(&sent.url).filter(|_| METHODS.contains(&method.as_str())) else {
            return Value::unknown(format!("{method}: the URL is not known"));
        };
        if !self.is_running && !self.is_preparing && self.probing == 0 {
            return Value::unknown(format!("{method}: a request outside of the test's functions"));
        }
        let mut step = StepDraft { name: self.label_of(&sent.name), blocks: self.blocks.clone(), line: self.line, ..StepDraft::default() };
        step.usual.clone_from(if sent.statuses.is_empty() { &self.usual_statuses } else { &sent.statuses });
        let (url, base) = self.split_base(url);
        let reference = base.is_some() || self.is_reference(&url);
        let target = Target::new(&match (base, reference) {
            (Some(base), _) => base,
            (None, true) => Text::literal("http://localhost/"),
            (None, false) => self.absolute(url.clone()),
        });
        let api = if reference && target.origin == Text::literal("http://localhost") {
            self.last_api.clone().unwrap_or_else(|| self.default_api())
        } else {
            self.api_of(&target.origin)
        };
        self.last_api = Some(api.clone());
        let mut exchange = Exchange { api: api.clone(), method: method.clone(), ..Exchange::default() };
        exchange.path = target.path;
        exchange.query = target.query;
        exchange.query.iter_mut().for_each(|(_, value)| not_encoded_twice(value));
        exchange.raw_query = target.raw_query;
        if let Some((user, password)) = &target.user {
            exchange.auth = Some(crate::web::basic(self.draft, &api, user, password));
        }
        if let Value::Map(map) = &sent.query {
            let members = map.borrow().clone();
            for (key, value) in members {
                let Some(mut value) = self.expr(&value) else {
                    if !value.is_nothing() {
                        self.leave("parameters", &format!("parameter `{key}`: its value is not known"));
                    }
                    continue;
                };
                super::bodies::flatten(&mut value);
                exchange.query.retain(|(known, _)| *known != key);
                exchange.query.push((key, value));
            }
        }
        for (key, value) in &mut exchange.query {
            *value = crate::web::protect_value(self.draft, &api, key, value.clone());
        }
        self.headers(&mut exchange, &sent);
        self.body(&mut exchange, &sent);
        if let Value::List(pair) = &sent.auth {
            let pair = pair.borrow().clone();
            if let [user, password] = pair.as_slice()
                && let (Some(user), Some(password)) = (self.as_text(user), self.as_text(password))
            {
                exchange.auth = Some(crate::web::basic(self.draft, &api, &user, &password));
            }
        }
        if exchange.auth.is_none() {
            exchange.auth.clone_from(&self.default_auth);
        }
        if sent.insecure || self.usual.insecure {
            self.draft.env(&[&api, "tls", "verify"], Setting::Plain(false.into()));
        }
        if let Some(ms) = self.usual.connect_timeout_ms {
            self.draft.env(&[&api, "connect_timeout"], Setting::text(crate::draft::duration(ms as u64)));
        }
        if let Some(ms) = sent.timeout_ms.or(self.usual.timeout_ms).filter(|ms| *ms > 0.0) {
            exchange.options.timeout = Some(Expr::code(crate::draft::duration(ms as u64)));
        }
        exchange.options.redirects = sent
            .redirects
            .map(|most| if most == 0 { Redirects::Off } else { Redirects::UpTo(most) })
            .or_else(|| self.usual.redirects.clone());
        if reference {
            let mut options = exchange.options.clone();
            options.headers.clone_from(&exchange.headers);
            options.auth.clone_from(&exchange.auth);
            let parts = Parts { options, query: exchange.query.clone(), body: exchange.body.clone(), expects: Vec::new() };
            step.inline = Some(Call::Inline { api, line: Line { method, path: Path::Reference(url) }, parts });
        }
        step.exchange = exchange;
        self.add_step(step)
    }

    fn add_step(&mut self, step: StepDraft) -> Value {
        let number = self.steps.len();
        self.steps.push(step);
        self.push(Out::Step(number));
        Value::Response(Rc::from([number]))
    }

    /// `response.submitForm(…)`
    pub(super) fn send_form(&mut self, form: &str, fields: &Value) -> Value {
        let api = self.last_api.clone().unwrap_or_else(|| self.default_api());
        let body = match self.expr(fields) {
            Some(Expr::Map(fields)) if !fields.is_empty() => Some(crate::web::protect(self.draft, &api, Body::Form(fields))),
            _ => None,
        };
        let parts = Parts { body, ..Parts::default() };
        let inline = Some(Call::Submit { api: api.clone(), form: form.to_owned(), parts });
        let exchange = Exchange { api, ..Exchange::default() };
        self.add_step(StepDraft { inline, exchange, blocks: self.blocks.clone(), ..StepDraft::default() })
    }

    fn label_of(&mut self, name: &Value) -> Option<String> {
        match name {
            value if value.is_nothing() => None,
            value => self.label(value),
        }
    }

    /// Whether a URL comes from a response.
    fn is_reference(&self, url: &Text) -> bool {
        match url.parts.first() {
            Some(Part::Hole(code)) => !code.contains("env.settings."),
            _ => false,
        }
    }

    /// Splits a URL whose path after the address is random or comes from a variable: returns the path and the address.
    fn split_base(&self, url: Text) -> (Text, Option<Text>) {
        let is_base = |part: &Part| match part {
            Part::Literal(text) => text.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains(['/', '?', ':'])),
            Part::Hole(code) => code.starts_with("env.settings.") && crate::names::is_word(&code["env.settings.".len()..]),
        };
        match url.parts.as_slice() {
            [base, Part::Hole(path), ..] if is_base(base) && !path.contains("env.settings.") => {
                let address = Text { parts: vec![base.clone()] };
                (Text { parts: url.parts[1..].to_vec() }, Some(address))
            }
            _ => (url, None),
        }
    }

    /// A URL with its origin.
    fn absolute(&mut self, url: Text) -> Text {
        let starts = match url.parts.first() {
            Some(Part::Literal(text)) => text.clone(),
            _ => return url,
        };
        let has_scheme = starts.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|char| char.is_ascii_alphanumeric()));
        if has_scheme || self.language == super::Language::JavaScript && !starts.starts_with('/') {
            return url;
        }
        let host = self.host.clone().unwrap_or(Value::Env("LOCUST_HOST".into(), Some("http://localhost:8080".into())));
        let mut out = self.as_text(&host).unwrap_or_else(|| Text::literal("http://localhost:8080"));
        if let Some(Part::Literal(last)) = out.parts.last_mut() {
            let length = last.trim_end_matches('/').len();
            last.truncate(length);
        }
        if !starts.starts_with('/') {
            out.push("/");
        }
        out.append(url);
        out
    }

    fn default_api(&mut self) -> String {
        let target = self.absolute(Text::literal("/"));
        let target = Target::new(&target);
        self.api_of(&target.origin)
    }

    /// The api of an origin. A variable of the environment in the origin becomes one in the address.
    fn api_of(&mut self, origin: &Text) -> String {
        let settings = self.settings.clone();
        let mut hosts = std::mem::take(&mut self.hosts);
        let api = hosts.api(self.draft, origin, |code| match settings.get(code.trim_matches(['(', ')'])) {
            Some((_, Setting::Default(variable, default))) => format!("${{{variable}:-{}}}", default.trim_end_matches('/')),
            Some((_, Setting::Secret(variable))) => format!("${{{variable}}}"),
            _ => {
                let known = settings.iter().find(|(key, _)| code.contains(key.as_str()));
                match known {
                    Some((_, (_, Setting::Default(variable, _) | Setting::Secret(variable)))) => format!("${{{variable}_URL}}"),
                    _ => "${BASE_URL}".to_owned(),
                }
            }
        });
        self.hosts = hosts;
        api
    }

    fn headers(&mut self, exchange: &mut Exchange, sent: &Sent) {
        let api = exchange.api.clone();
        if let Value::Map(map) = &sent.headers {
            let members = map.borrow().clone();
            for (name, value) in members {
                if value.is_nothing() || name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("host") {
                    continue;
                }
                let Some(text) = self.as_text(&value) else {
                    self.leave("headers", &format!("header `{name}`: its value is not known"));
                    continue;
                };
                if name.eq_ignore_ascii_case("authorization") {
                    exchange.auth = Some(crate::web::authorization(self.draft, &api, &text));
                } else if name.eq_ignore_ascii_case("content-type") {
                    exchange.headers.push(("Content-Type".to_owned(), Expr::Text(text)));
                } else {
                    let value = match text.as_literal() {
                        Some(_) => crate::web::protect_value(self.draft, &api, &name, Expr::Text(text)),
                        None => Expr::from(text),
                    };
                    exchange.headers.push((name, value));
                }
            }
        }
        for (name, value) in self.usual.headers.clone() {
            let is_own = exchange.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name));
            // The client sets the type of a body.
            if !is_own && !name.eq_ignore_ascii_case("content-type") {
                let value = crate::web::protect_value(self.draft, &api, &name, Expr::text(&value));
                exchange.headers.push((name, value));
            }
        }
        if let Value::Map(map) = &sent.cookies {
            let members = map.borrow().clone();
            let mut cookie = Text::default();
            for (number, (name, value)) in members.iter().enumerate() {
                let value = match value {
                    Value::Map(inner) => inner.borrow().get("value").cloned().unwrap_or(Value::Undefined),
                    other => other.clone(),
                };
                if let Some(text) = self.as_text(&value) {
                    cookie.push(&format!("{}{name}=", if number == 0 { "" } else { "; " }));
                    cookie.append(text);
                }
            }
            if !cookie.parts.is_empty() {
                exchange.headers.push(("Cookie".to_owned(), Expr::Text(cookie)));
            }
        }
    }

    /// Bearer auth of the last step's api, for all further requests: `client.headers.update({"Authorization": …})`.
    pub(crate) fn set_auth(&mut self, value: &Value) -> Option<()> {
        let text = self.as_text(value)?;
        let api = self.last_api.clone().unwrap_or_else(|| self.default_api());
        let auth = crate::web::authorization(self.draft, &api, &text);
        if matches!(auth, Auth::None) {
            return None;
        }
        self.emit(crate::draft::Stmt::SetAuth(api, auth));
        Some(())
    }

    /// The api of the last step, or of the user's host.
    pub(crate) fn api_in_use(&mut self) -> String {
        self.last_api.clone().unwrap_or_else(|| self.default_api())
    }

    /// Drops the cookies and the auth of the last step's api.
    pub(crate) fn reset(&mut self) {
        let api = self.last_api.clone().unwrap_or_else(|| self.default_api());
        self.emit(crate::draft::Stmt::Reset(api));
    }
}

/// Queries are encoded when they are sent. A script that encodes its query itself need not do so any more.
fn not_encoded_twice(value: &mut Expr) {
    let plain = |code: &str| code.strip_prefix("urlencode(").and_then(|rest| rest.strip_suffix(')')).map(str::to_owned);
    let hole = match value {
        Expr::Code(code) => plain(code),
        Expr::Text(text) => match text.parts.as_slice() {
            [Part::Hole(code)] => plain(code),
            _ => None,
        },
        _ => None,
    };
    if let Some(code) = hole {
        *value = Expr::Code(code);
    }
}
