//! HAR: a recording of a browser, a proxy or `ltc record`.
//!
//! `log` reads the entries, `select` keeps those that a test needs, `correlate` finds values of responses that later requests send,
//! `expect` describes the responses, `extended` reads what k6 adds to a HAR, and `steps` makes steps with pages, pauses and loops. This
//! file combines them.

mod correlate;
mod expect;
mod extended;
mod find;
mod log;
mod page;
mod select;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::draft::{Auth, Body, Draft, Expect, Expr, Redirects, Sequence, Source as TakeSource, Stmt, Text, User, Wait};
use crate::web::{self, Exchange, Hosts, Target};
use crate::{ImportError, Options, Source, names};
use correlate::{As, Capture, Correlation};
use log::{Entry, Posted};
use steps::Action;

/// Larger bodies, in bytes, go to a file next to the spec.
const INLINE_MAX: usize = 8 * 1024;

/// Imports a recording.
///
/// # Errors
/// If it is not a HAR, or contains no request that a test can send.
pub(crate) fn import(source: &Source, options: &Options) -> Result<Draft, ImportError> {
    let recording = log::read(source)?;
    let (pages, k6_options, last_pause_ms) = (recording.pages.clone(), recording.options.clone(), recording.last_pause_ms);
    let mut draft = Draft { description: "A recorded visit".to_owned(), ..Draft::default() };
    let total = recording.entries.len();
    let entries = select::select(recording, options, &mut draft.tally, &source.name);
    if entries.is_empty() {
        let why = if total == 0 {
            "the recording has no entries".to_owned()
        } else {
            format!("none of the {total} entries is a request that a test can send")
        };
        return Err(source.error(0, why).help("record again, or add `--third-parties` and `--static`"));
    }
    let entries = join_redirects(entries, &mut draft);
    let mut reader = Reader::new(&mut draft, source.name.clone());
    let exchanges = reader.exchanges(&entries);
    let captures = std::mem::take(&mut reader.correlation.captures);
    let (mut checked, mut comments) = (std::mem::take(&mut reader.expects), std::mem::take(&mut reader.comments));
    draft.tally.carry("requests", exchanges.len());
    let (exchanges, auth) = login(exchanges);
    let calls = web::define(&mut draft, &exchanges);
    let mut actions = Vec::new();
    for (number, (call, entry)) in calls.into_iter().zip(&entries).enumerate() {
        let expects = extended::merged(expect::expectations(entry), checked.remove(&number).unwrap_or_default());
        draft.tally.carry("expectations", expects.len());
        let takes: Vec<Stmt> = captures.get(&number).into_iter().flatten().map(|capture| take(&capture.name, &capture.source)).collect();
        draft.tally.carry("captures", takes.len());
        let before = auth.get(&number).cloned().into_iter().chain(comments.remove(&number).unwrap_or_default()).collect();
        let (page, start_ms, end_ms) = (entry.page.clone(), entry.start_ms, entry.start_ms + entry.duration_ms);
        actions.push(Action { call, comment: entry.extra.comment.clone(), before, expects, takes, page, start_ms, end_ms });
    }
    let body = steps::statements(&mut draft, &pages, actions);
    draft.sequences.push(Sequence { name: "Visit".to_owned(), body, ..Sequence::default() });
    extended::options(&mut draft, &k6_options, source);
    if draft.users.is_empty() {
        draft.users.push(User { name: "Visitor".to_owned(), run: "Visit".to_owned(), ..User::default() });
    }
    if let Ok(ms @ 1..) = u64::try_from(last_pause_ms) {
        draft.users.iter_mut().for_each(|user| user.wait = Some(Wait::ms(ms)));
    }
    Ok(draft)
}

fn take(name: &str, source: &TakeSource) -> Stmt {
    Stmt::Take { name: name.to_owned(), ty: None, source: source.clone(), or: None }
}

/// Joins redirects within one host, which ltc follows itself: the entry gets the final response.
fn join_redirects(entries: Vec<Entry>, draft: &mut Draft) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    // The entries that expect a redirect, by its target URL.
    let mut open: Vec<(String, usize)> = Vec::new();
    for entry in entries {
        let target =
            Some(&entry).filter(|entry| entry.is_redirect()).and_then(|entry| resolve(&entry.url, entry.response_header("location")?));
        let follows = open.iter().position(|(url, _)| *url == without_fragment(&entry.url));
        let at = match follows {
            Some(position) => {
                let (_, at) = open.remove(position);
                draft.tally.skip("hops of redirects", 1);
                let first = &mut out[at];
                first.duration_ms = entry.start_ms + entry.duration_ms - first.start_ms;
                first.status = entry.status;
                first.media = entry.media;
                first.text = entry.text;
                // The cookies of all hops count.
                let cookies =
                    first.response_headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).cloned().collect::<Vec<_>>();
                first.response_headers = entry.response_headers;
                first.response_headers.extend(cookies);
                at
            }
            None => {
                out.push(entry);
                out.len() - 1
            }
        };
        if let Some(target) = target
            && origin(&target) == origin(&out[at].url)
        {
            open.push((target, at));
        }
    }
    out
}

fn resolve(base: &str, location: &str) -> Option<String> {
    url::Url::parse(base).ok()?.join(location).ok().map(|url| without_fragment(url.as_str()))
}

fn without_fragment(url: &str) -> String {
    url::Url::parse(url).map_or_else(
        |_| url.to_owned(),
        |mut parsed| {
            parsed.set_fragment(None);
            parsed.to_string()
        },
    )
}

fn origin(url: &str) -> String {
    url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// Finds bearer tokens that a response returned. From its first use on, a token is the user's auth.
fn login(exchanges: Vec<Exchange>) -> (Vec<Exchange>, HashMap<usize, Stmt>) {
    let mut set = HashMap::new();
    let mut current: HashMap<String, Auth> = HashMap::new();
    let mut out = Vec::new();
    for (number, mut exchange) in exchanges.into_iter().enumerate() {
        match &exchange.auth {
            Some(auth @ Auth::Bearer(Expr::Code(code))) if !code.starts_with("env.") => {
                if current.get(&exchange.api) != Some(auth) {
                    set.insert(number, Stmt::SetAuth(exchange.api.clone(), auth.clone()));
                    current.insert(exchange.api.clone(), auth.clone());
                }
                exchange.auth = None;
            }
            None if current.contains_key(&exchange.api) => exchange.auth = Some(Auth::None),
            _ => {}
        }
        out.push(exchange);
    }
    (out, set)
}

struct Reader<'d> {
    draft: &'d mut Draft,
    file: String,
    hosts: Hosts,
    correlation: Correlation,
    /// The variables that the file declares, so far, with their names in the spec, and those that are read.
    variables: HashMap<String, String>,
    used: HashSet<String>,
    declared: Vec<(usize, Capture)>,
    /// The expectations of the file's checks, and the parts that could not be imported, by entry.
    expects: HashMap<usize, Vec<Expect>>,
    comments: HashMap<usize, Vec<Stmt>>,
}

impl<'d> Reader<'d> {
    fn new(draft: &'d mut Draft, file: String) -> Self {
        Self {
            draft,
            file,
            hosts: Hosts::default(),
            correlation: Correlation::default(),
            variables: HashMap::new(),
            used: HashSet::new(),
            declared: Vec::new(),
            expects: HashMap::new(),
            comments: HashMap::new(),
        }
    }

    /// The exchanges of all entries, with captured values as holes.
    fn exchanges(&mut self, entries: &[Entry]) -> Vec<Exchange> {
        for entry in entries {
            let target = Target::new(&Text::literal(&entry.url));
            if !entry.url.starts_with("${") {
                let api = self.hosts.api(self.draft, &target.origin, str::to_owned);
                self.correlation.reserve(&api);
            }
        }
        self.correlation.reserve("row");
        let mut out = Vec::new();
        for (number, entry) in entries.iter().enumerate() {
            out.push(self.exchange(entry));
            self.add_checks(number, entry);
            self.add_variables(number, entry);
            self.correlation.add(number, entry);
        }
        self.keep_used();
        out
    }

    fn exchange(&mut self, entry: &Entry) -> Exchange {
        let target = Target::new(&self.address(entry));
        let api = self.hosts.api(self.draft, &target.origin, str::to_owned);
        let mut exchange = Exchange { api: api.clone(), method: entry.method.clone(), ..Exchange::default() };
        for segment in target.path {
            let literal = segment.as_literal().unwrap_or_default().to_owned();
            let found = web::decode(&literal).and_then(|decoded| {
                let found = self.correlation.value(&decoded, As::Id);
                if found.is_none() {
                    self.correlation.send(&decoded);
                }
                found
            });
            exchange.path.push(found.unwrap_or(segment));
        }
        exchange.raw_query = target.raw_query;
        exchange.query = target.query.into_iter().map(|(key, value)| self.field(&api, key, value)).collect();
        self.headers(entry, &api, &mut exchange);
        if let Some(posted) = &entry.body {
            self.body(posted, &mut exchange);
        } else if let Some(ty) = entry.header("content-type").filter(|_| entry.method != "GET" && entry.method != "HEAD") {
            exchange.headers.push(("Content-Type".to_owned(), Expr::text(ty)));
        }
        if entry.is_redirect() {
            exchange.options.redirects = Some(Redirects::Off);
        }
        exchange
    }

    /// A query parameter or a field of a form: captured, secret, or unchanged.
    fn field(&mut self, api: &str, key: String, value: Expr) -> (String, Expr) {
        let found = self.correlation.json(&key, value.clone());
        if found != value {
            return (key, found);
        }
        if let Some(literal) = value.as_literal() {
            self.correlation.send(literal);
        }
        let value = web::protect_value(self.draft, api, &key, value);
        (key, value)
    }

    fn headers(&mut self, entry: &Entry, api: &str, exchange: &mut Exchange) {
        let mut known: HashMap<String, usize> = HashMap::new();
        for (name, value) in &entry.headers {
            if name.eq_ignore_ascii_case("cookie") {
                self.keep_cookies(api);
            } else if name.eq_ignore_ascii_case("authorization") {
                let text = self.credentials(value).unwrap_or_else(|| self.text(value));
                exchange.auth = Some(web::authorization(self.draft, api, &text));
            } else if web::is_browser_header(name, value) || web::is_content_header(name) {
                self.draft.tally.skip("headers of the browser", 1);
            } else if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
                && !value.contains(['\n', '\r', '\0'])
            {
                let value = Expr::from(self.text(value));
                let (_, value) = self.field(api, name.clone(), value);
                let at = *known.entry(name.to_ascii_lowercase()).or_insert(exchange.headers.len());
                match exchange.headers.get_mut(at) {
                    Some((_, known)) => *known = value,
                    None => exchange.headers.push((name.clone(), value)),
                }
            }
        }
        if entry.response_headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            self.keep_cookies(api);
        }
    }

    /// An `Authorization` header whose token comes from a response.
    fn credentials(&mut self, value: &str) -> Option<Text> {
        if let Some(found) = self.correlation.value(value, As::Token) {
            return Some(found);
        }
        let (scheme, token) = value.split_once(' ')?;
        let mut text = Text::literal(format!("{scheme} "));
        text.append(self.correlation.value(token.trim(), As::Token)?);
        Some(text)
    }

    fn keep_cookies(&mut self, api: &str) {
        if let Some(api) = self.draft.apis.iter_mut().find(|known| known.name == api) {
            api.cookies = true;
        }
    }

    fn body(&mut self, posted: &Posted, exchange: &mut Exchange) {
        let api = exchange.api.clone();
        let media = posted.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if let Some(bytes) = &posted.bytes {
            self.file(bytes.clone(), "bin", posted, exchange);
            return;
        }
        if posted.text.is_empty() {
            let is_multipart = media == "multipart/form-data";
            let mut fields = Vec::new();
            for (name, value, file, ty) in &posted.fields {
                let value = match file {
                    Some(file) if is_multipart => web::attachment(self.draft, file, ty.as_deref(), value.clone().into_bytes()),
                    // Some recorders write the fields of a form decoded, others as sent.
                    _ if is_multipart => Expr::from(self.text(value)),
                    _ => Expr::from(self.text(&web::decode(&value.replace('+', " ")).unwrap_or_else(|| value.clone()))),
                };
                let (name, value) = self.field(&api, name.clone(), value);
                fields.push((name, value));
            }
            let fields = web::grouped(fields);
            exchange.body = Some(if is_multipart { Body::Multipart(fields) } else { Body::Form(fields) });
            return;
        }
        let (body, kept) = {
            let text = self.text(&posted.text);
            web::body(self.draft, Some(&posted.content_type), &text)
        };
        exchange.headers.extend(kept.map(|ty| ("Content-Type".to_owned(), Expr::text(ty))));
        let body = match body {
            Some(Body::Json(value)) => {
                let value = self.correlation.json("", value);
                Body::Json(web::protect_value(self.draft, &api, "", value))
            }
            Some(Body::Form(fields)) => Body::Form(fields.into_iter().map(|(key, value)| self.field(&api, key, value)).collect()),
            Some(Body::Multipart(fields)) => Body::Multipart(fields.into_iter().map(|(key, value)| self.field(&api, key, value)).collect()),
            Some(Body::Graphql(query, variables)) => {
                Body::Graphql(query, variables.into_iter().map(|(key, value)| self.field(&api, key, value)).collect())
            }
            Some(Body::Text(_)) => {
                let found = self.correlation.value(&posted.text, As::Plain);
                if found.is_none() && posted.text.len() > INLINE_MAX {
                    exchange.headers.retain(|(name, _)| name != "Content-Type");
                    self.file(posted.text.clone().into_bytes(), "txt", posted, exchange);
                    return;
                }
                Body::Text(Expr::Text(found.unwrap_or_else(|| self.text(&posted.text))))
            }
            other => {
                exchange.body = other;
                return;
            }
        };
        exchange.body = Some(body);
    }

    /// Sends a body from a file, if it is too large for the spec or not text.
    fn file(&mut self, content: Vec<u8>, ending: &str, posted: &Posted, exchange: &mut Exchange) {
        let last = exchange.path.iter().rev().find_map(Text::as_literal).filter(|text| !text.is_empty()).unwrap_or("body");
        let name = format!("{}.{ending}", names::file(last));
        exchange.body = Some(Body::Bytes(web::attachment(self.draft, &name, None, content)));
        if !posted.content_type.is_empty() {
            exchange.headers.push(("Content-Type".to_owned(), Expr::text(&posted.content_type)));
        }
    }
}
