//! Converts a curl request to an exchange: URL, headers, auth and the options of the connection.

use std::collections::{HashMap, HashSet};

use super::command::Request;
use super::payload;
use super::shell::Script;
use crate::draft::{Auth, Draft, Expr, Part, Redirects, Text, Value, duration, variable};
use crate::web::{self, Exchange, Hosts, Target};
use crate::{ImportError, Source, names};

/// The state that the conversion of a request needs.
pub(super) struct Context<'c> {
    pub(super) source: &'c Source,
    pub(super) draft: &'c mut Draft,
    pub(super) script: &'c Script,
    /// The variables for the outputs of curl commands.
    pub(super) outputs: &'c HashMap<String, String>,
    pub(super) api: String,
    pub(super) line: usize,
    pub(super) comments: Vec<String>,
}

impl Context<'_> {
    /// Counts a part that cannot be imported, and adds a comment before the step.
    pub(super) fn leave(&mut self, kind: &str, what: &str) {
        let comment = self.draft.tally.leave(kind, what, &self.source.name, self.line);
        self.comments.push(comment);
    }

    /// Replaces variables: those that the script sets have their values, and all others are read from the environment.
    pub(super) fn bind(&mut self, text: &Text) -> Text {
        let resolved = resolve(text, self.script, 0);
        let parts = resolved.parts.into_iter().map(|part| match part {
            Part::Hole(name) => Part::Hole(self.variable(&name)),
            literal @ Part::Literal(_) => literal,
        });
        Text { parts: parts.collect() }
    }

    /// The code for a shell variable.
    fn variable(&mut self, name: &str) -> String {
        if let Some(variable) = self.outputs.get(name) {
            return variable.clone();
        }
        if let Some(command) = name.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) {
            match command.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["uuidgen", ..] | ["cat", "/proc/sys/kernel/random/uuid"] => return "uuid()".to_owned(),
                ["openssl", "rand", "-hex", bytes] if bytes.parse::<u32>().is_ok_and(|bytes| bytes > 0 && bytes <= 64) => {
                    return format!("random_string({})", bytes.parse::<u32>().unwrap_or(16) * 2);
                }
                ["date", "+%s"] => return "unix(now())".to_owned(),
                ["date", "+%s%3N"] => return "unix_ms(now())".to_owned(),
                ["date", options @ .., format] if options.iter().all(|option| *option == "-u") => {
                    let format = format.trim_matches(['"', '\'']);
                    if let Some(format) = format.strip_prefix('+').filter(|format| format.chars().all(|char| "%YmdHMSTZ-:".contains(char)))
                    {
                        return format!("format_time(now(), {})", crate::write::quoted(format));
                    }
                }
                _ => {}
            }
            self.leave("shell commands", &format!("`$({command})`: its output is a variable of the environment"));
        }
        if name == "RANDOM" {
            return "random(0, 32767)".to_owned();
        }
        let key = web::key(&names::snake(name), "value");
        let variable = environment_variable(name);
        let value = match self.script.defaults.get(name).filter(|_| !web::is_secret_name(name)) {
            Some(default) => Value::Default(variable, default.clone()),
            None => {
                self.draft.tally.advise(format!("set {variable} in the process environment before the test starts"));
                Value::Secret(variable)
            }
        };
        match self.draft.env(&["variables", &key], value) {
            Expr::Code(code) => code,
            _ => key,
        }
    }
}

/// The variable of the process environment for a shell variable: `$TOKEN` keeps its name.
fn environment_variable(name: &str) -> String {
    let is_name =
        name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_name { name.to_owned() } else { variable(&[name]) }
}

/// Replaces the variables that the script sets with their values.
fn resolve(text: &Text, script: &Script, depth: usize) -> Text {
    let mut out = Text::default();
    for part in &text.parts {
        match part {
            Part::Hole(name) if depth < 8 && script.variables.contains_key(name) => {
                out.append(resolve(&script.variables[name], script, depth + 1))
            }
            Part::Hole(name) => out.hole(name),
            Part::Literal(literal) => out.push(literal),
        }
    }
    out
}

/// The exchange of a request, and the comments above its step.
pub(super) fn exchange(
    source: &Source,
    draft: &mut Draft,
    hosts: &mut Hosts,
    script: &Script,
    outputs: &HashMap<String, String>,
    request: Request,
) -> Result<(Exchange, Vec<String>), ImportError> {
    let target = Target::new(&resolve(&request.url, script, 0));
    if target.origin.as_literal().is_some_and(|origin| origin.ends_with("://")) {
        return Err(source.error(request.at, "unexpected empty URL, expected a host").help("add the URL of the request"));
    }
    if let Some(origin) = target.origin.as_literal().filter(|origin| !origin.starts_with("http")) {
        return Err(source.error(request.at, format!("unexpected URL `{origin}`, expected `http` or `https`")).help("remove the command"));
    }
    let api = hosts.api(draft, &target.origin, |name| match script.defaults.get(name) {
        Some(default) => format!("${{{}:-{}}}", environment_variable(name), default.trim_end_matches('/')),
        None => format!("${{{}}}", environment_variable(name)),
    });
    let line = source.line(request.at);
    let mut context = Context { source, draft, script, outputs, api: api.clone(), line, comments: request.comments.clone() };
    let mut exchange = Exchange { api, ..Exchange::default() };
    exchange.path = target.path.iter().map(|segment| context.bind(segment)).collect();
    exchange.raw_query = target.raw_query.as_ref().map(|query| context.bind(query));
    exchange.query = target.query.iter().map(|(key, value)| (key.clone(), query_value(&mut context, key, value))).collect();
    let content_type = headers(&mut context, &request, &mut exchange);
    auth(&mut context, &request, &target, &mut exchange);
    payload::payload(&mut context, &request, content_type, &mut exchange)?;
    exchange.method = method(&mut context, &request);
    connection(&mut context, &request, &mut exchange);
    Ok((exchange, context.comments))
}

fn query_value(context: &mut Context<'_>, key: &str, value: &Expr) -> Expr {
    match value {
        Expr::Text(text) => {
            let bound = context.bind(text);
            if web::is_secret_name(key) || text.as_literal().is_some_and(web::looks_secret) {
                let api = context.api.clone();
                return web::secret(context.draft, &api, key, &bound);
            }
            Expr::from(bound)
        }
        // The whole value is one variable.
        Expr::Code(name) => Expr::Code(context.variable(name)),
        Expr::List(items) => Expr::List(items.iter().map(|item| query_value(context, key, item)).collect()),
        other => other.clone(),
    }
}

/// The method of a request that no step can send.
pub(super) fn unknown_method(request: &Request, script: &Script) -> Option<String> {
    let method = word(&resolve(request.method.as_ref()?, script, 0))?;
    (!web::METHODS.contains(&method.as_str())).then_some(method)
}

/// A word of letters, in capitals.
fn word(method: &Text) -> Option<String> {
    let method = method.as_literal()?;
    (!method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| method.to_ascii_uppercase())
}

fn method(context: &mut Context<'_>, request: &Request) -> String {
    let by_body = if request.head {
        "HEAD"
    } else if request.upload.is_some() {
        "PUT"
    } else if !request.get && (!request.data.is_empty() || !request.form.is_empty()) {
        "POST"
    } else {
        "GET"
    };
    let Some(method) = &request.method else { return by_body.to_owned() };
    word(&resolve(method, context.script, 0)).unwrap_or_else(|| {
        context.leave("methods", "the method is no word of letters");
        by_body.to_owned()
    })
}

/// Adds the headers. Returns the `Content-Type`.
fn headers(context: &mut Context<'_>, request: &Request, exchange: &mut Exchange) -> Option<Text> {
    let lines: Vec<Text> = request.headers.iter().flat_map(|header| header_lines(context, header)).collect();
    // Only headers of a browser are dropped; a header in a command written by hand is intended.
    let from_browser = lines.iter().any(|line| {
        let start = line
            .parts
            .first()
            .map(|part| if let Part::Literal(text) = part { text.to_ascii_lowercase() } else { String::new() })
            .unwrap_or_default();
        start.starts_with("sec-") || start.starts_with("user-agent: mozilla/")
    });
    let mut content_type = None;
    for line in lines {
        let Some((name, value)) = split_header(&line) else { continue };
        let literal = value.as_literal().unwrap_or("$").to_owned();
        if name.eq_ignore_ascii_case("content-type") {
            content_type = Some(value);
            continue;
        }
        if name.eq_ignore_ascii_case("authorization") {
            let api = context.api.clone();
            exchange.auth = Some(web::authorization(context.draft, &api, &value));
            continue;
        }
        let set_by_ltc = ["content-length", "connection", "accept-encoding", "transfer-encoding"];
        if name.eq_ignore_ascii_case("cookie") {
            cookie(context, &value, exchange);
        } else if from_browser && web::is_browser_header(&name, &literal) {
            context.draft.tally.skip("headers of the browser", 1);
        } else if set_by_ltc.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            context.draft.tally.skip("headers that ltc sets", 1);
        } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
            || literal.contains(['\n', '\r', '\0'])
        {
            context.leave("headers", &format!("`{name}` is no valid header"));
        } else {
            let secret = web::is_secret_name(&name) || web::looks_secret(&literal);
            let api = context.api.clone();
            let value = if secret { web::secret(context.draft, &api, &name, &value) } else { Expr::from(value) };
            exchange.headers.push((name, value));
        }
    }
    for text in &request.cookies {
        let bound = context.bind(text);
        if bound.as_literal().is_some_and(|text| !text.contains('=')) {
            keep_cookies(context);
        } else {
            cookie(context, &bound, exchange);
        }
    }
    if request.cookie_jar {
        keep_cookies(context);
    }
    // The last header of a name counts.
    let mut known = HashSet::new();
    exchange.headers.reverse();
    exchange.headers.retain(|(name, _)| known.insert(name.to_ascii_lowercase()));
    exchange.headers.reverse();
    content_type
}

/// The lines of a header option: `@file` has one header on each line.
fn header_lines(context: &mut Context<'_>, header: &Text) -> Vec<Text> {
    let bound = context.bind(header);
    let Some(file) = bound.as_literal().and_then(|text| text.strip_prefix('@')) else { return vec![bound] };
    match context.source.read(file) {
        Ok(file) => file.text.lines().map(Text::literal).collect(),
        Err(error) => {
            context.leave("headers", &error.message);
            Vec::new()
        }
    }
}

/// Splits `Name: value`. `Name;` is a header without a value, and `Name:` removes one.
fn split_header(line: &Text) -> Option<(String, Text)> {
    let Some(Part::Literal(first)) = line.parts.first() else { return None };
    if let Some(name) = line.as_literal().and_then(|text| text.trim_end().strip_suffix(';')).filter(|name| !name.contains(':')) {
        return Some((name.trim().to_owned(), Text::default()));
    }
    let (name, start) = first.split_once(':')?;
    let mut value = Text::literal(start.trim_start());
    value.parts.extend(line.parts.iter().skip(1).cloned());
    let value = match value.as_literal() {
        Some(literal) => Text::literal(literal.trim()),
        None => value,
    };
    // `Name:` removes a header that curl would send by default.
    (!value.parts.is_empty()).then(|| (name.trim().to_owned(), value))
}

fn cookie(context: &mut Context<'_>, value: &Text, exchange: &mut Exchange) {
    let api = context.api.clone();
    let value = web::secret(context.draft, &api, "cookie", value);
    exchange.headers.push(("Cookie".to_owned(), value));
}

fn keep_cookies(context: &mut Context<'_>) {
    if let Some(api) = context.draft.apis.iter_mut().find(|api| api.name == context.api) {
        api.cookies = true;
    }
}

fn auth(context: &mut Context<'_>, request: &Request, target: &Target, exchange: &mut Exchange) {
    let api = context.api.clone();
    if let Some(provider) = &request.aws {
        let provider = context.bind(provider);
        let words: Vec<&str> = provider.as_literal().unwrap_or_default().split(':').collect();
        let host = target.origin.as_literal().unwrap_or_default();
        let labels: Vec<&str> = host.split("://").last().unwrap_or_default().split('.').collect();
        let region = words.get(2).or(labels.get(1)).copied().unwrap_or("us-east-1");
        let service = words.get(3).or(labels.first()).copied().unwrap_or("execute-api");
        exchange.auth = Some(Auth::Aws(Expr::text(service), Expr::text(region)));
        context.draft.tally.advise("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY before the test runs: `auth aws` reads them");
        return;
    }
    if let Some(token) = &request.bearer {
        let token = context.bind(token);
        exchange.auth = Some(Auth::Bearer(web::secret(context.draft, &api, "token", &token)));
    }
    let of_url = target.user.as_ref().map(|(user, password)| {
        let mut pair = user.clone();
        pair.push(":");
        pair.append(password.clone());
        pair
    });
    let Some(pair) = request.user.as_ref().or(of_url.as_ref()) else { return };
    let pair = context.bind(pair);
    let (mut user, mut password, mut behind) = (Text::default(), Text::default(), false);
    for part in pair.parts {
        match part {
            Part::Literal(text) if !behind => {
                let (before, rest) = text.split_once(':').map_or((text.as_str(), None), |(before, rest)| (before, Some(rest)));
                user.push(before);
                behind = rest.is_some();
                password.push(rest.unwrap_or_default());
            }
            part if behind => password.append(Text { parts: vec![part] }),
            part => user.append(Text { parts: vec![part] }),
        }
    }
    exchange.auth = Some(web::basic(context.draft, &api, &user, &password));
}

fn connection(context: &mut Context<'_>, request: &Request, exchange: &mut Exchange) {
    let seconds = |text: &Text| text.as_literal().and_then(|text| text.parse::<f64>().ok()).filter(|seconds| *seconds > 0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a command line are positive and small")]
    let milliseconds = |text: &Text| seconds(text).map(|seconds| (seconds * 1000.0) as u64);
    exchange.options.timeout = request.timeout.as_ref().and_then(milliseconds).map(|ms| Expr::Code(duration(ms)));
    let limit = request.redirects_max.as_ref().and_then(Text::as_literal).and_then(|text| text.parse::<u32>().ok());
    exchange.options.redirects = match (request.follow, limit) {
        (false, _) => Some(Redirects::Off),
        (true, Some(0)) => Some(Redirects::Off),
        (true, limit) => limit.map(Redirects::UpTo),
    };
    let api = context.api.clone();
    if request.insecure {
        context.draft.env(&[&api, "tls", "verify"], Value::Plain(false.into()));
    }
    if let Some(ms) = request.connect_timeout.as_ref().and_then(milliseconds) {
        context.draft.env(&[&api, "connect_timeout"], Value::text(duration(ms)));
    }
    for (name, key, file) in [("--cacert", "ca", &request.ca), ("--cert", "cert", &request.cert), ("--key", "key", &request.key)] {
        if let Some(file) = file {
            let file = file.as_literal().unwrap_or("FILE").to_owned();
            context.leave("options", &format!("`{name} {file}`: copy the file into the project and write `tls: {{ {key}: PATH }}` into the section `{api}` of the environment"));
        }
    }
}
