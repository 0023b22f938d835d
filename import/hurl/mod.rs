//! Hurl: requests with captures, asserts, filters and options.
//!
//! `parse` reads the entries, `query` and `assert` convert captures and asserts, `request` makes exchanges, and this file puts them into a
//! draft. A file is one sequence; like Hurl, it ends at the first failure.

mod assert;
mod graphql;
mod merge;
mod parse;
mod query;
mod request;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod xpath;

use std::collections::{HashMap, HashSet};

use crate::draft::{Call, Draft, Expect, Expr, Matcher, Parts, Redirects, Sequence, Source as TakeSource, Step, Stmt, User, Wait};
use crate::names::Names;
use crate::web;
use crate::{ImportError, Options, Source};
pub(crate) use merge::merged;
use parse::{Body, Entry, Response};
use request::Reader;
use scan::Scan;

pub(crate) use query::Variables;

/// Imports a `.hurl` file.
///
/// # Errors
/// If it is not a Hurl file, or contains no request that a test can send.
pub(crate) fn import(source: &Source, _options: &Options) -> Result<Draft, ImportError> {
    let entries = parse::parse(source)?;
    let mut draft = Draft { description: "Requests of a Hurl file".to_owned(), ..Draft::default() };
    let mut reader = Reader::new(source, &mut draft, &entries);
    let mut exchanges = Vec::new();
    let mut steps = Vec::new();
    let mut comments = Vec::new();
    for entry in &entries {
        match reader.exchange(entry)? {
            Ok(exchange) => {
                exchanges.push(exchange);
                let step = reader.step(entry, std::mem::take(&mut comments));
                steps.push(step);
            }
            Err(comment) => comments.push(Stmt::Comment(comment)),
        }
    }
    let filtered = std::mem::take(&mut reader.filtered);
    if exchanges.is_empty() {
        return Err(source
            .error(0, "the file has no request that a test can send")
            .help("write a request, such as `GET https://example.org`"));
    }
    // Like Hurl without `location`, no request follows redirects. An option of the apis sets this once.
    if exchanges.iter().all(|exchange| exchange.options.redirects == Some(Redirects::Off)) {
        exchanges.iter_mut().for_each(|exchange| exchange.options.redirects = None);
        draft.apis.iter_mut().for_each(|api| api.options.redirects = Some(Redirects::Off));
    }
    draft.apis.iter_mut().for_each(|api| api.cookies = true);
    draft.tally.carry("requests", exchanges.len());
    let calls = web::define(&mut draft, &exchanges);
    let mut names = Names::new();
    let mut body = Vec::new();
    for (call, planned) in calls.into_iter().zip(steps) {
        let name = names.label(&web::sentence(&call.name));
        let request = Stmt::Call(Call::Request { path: call.path, args: call.args, parts: Parts::default() });
        let step = Step { name, body: std::iter::once(request).chain(planned.body).collect(), ..Step::default() };
        body.extend(planned.before);
        body.push(planned.around.wrap(Stmt::Step(step)));
        body.extend(planned.after);
    }
    body.extend(comments);
    // What is left out may have read another variable.
    let mut read = crate::draft::variables_read(&body);
    while leave_unread_out(&mut body, &read, &filtered) {
        read = crate::draft::variables_read(&body);
    }
    mark_unread(&mut body, &read);
    draft.sequences.push(Sequence { name: "Requests".to_owned(), interrupt: true, body, ..Sequence::default() });
    draft.users.push(User { name: "Client".to_owned(), run: "Requests".to_owned(), ..User::default() });
    Ok(draft)
}

/// Removes variables that are set but never read. Of a capture with filters, the part of the response that it reads stays, because a missing
/// one is a failure. Returns whether there were any.
fn leave_unread_out(body: &mut Vec<Stmt>, read: &HashSet<String>, filtered: &HashMap<String, TakeSource>) -> bool {
    let mut replaced = false;
    for stmt in body.iter_mut() {
        if let Stmt::Let(name, value) | Stmt::Set(name, value) = stmt
            && !read.contains(name)
            && let Some(source) = filtered.get(&crate::write::inline(value))
        {
            *stmt = Stmt::Take { name: name.clone(), ty: None, source: source.clone(), or: None };
            replaced = true;
        }
    }
    let before = body.len();
    body.retain(|stmt| !matches!(stmt, Stmt::Let(name, _) | Stmt::Set(name, _) if !read.contains(name)));
    let inner = body.iter_mut().fold(false, |left_out, stmt| match stmt {
        Stmt::Step(step) => leave_unread_out(&mut step.body, read, filtered) || left_out,
        Stmt::Repeat(_, body) | Stmt::Retry(_, _, body) => leave_unread_out(body, read, filtered) || left_out,
        _ => left_out,
    });
    inner || replaced || body.len() < before
}

/// Marks a captured variable that is never read as unused. It stays, because its capture is also an expectation.
fn mark_unread(body: &mut [Stmt], read: &HashSet<String>) {
    for stmt in body {
        match stmt {
            Stmt::Take { name, .. } if !read.contains(name) => *name = format!("_{name}"),
            Stmt::Step(step) => mark_unread(&mut step.body, read),
            Stmt::Repeat(_, body) | Stmt::Retry(_, _, body) => mark_unread(body, read),
            _ => {}
        }
    }
}

/// A step whose call is still missing.
#[derive(Debug, Default)]
struct Planned {
    before: Vec<Stmt>,
    body: Vec<Stmt>,
    after: Vec<Stmt>,
    around: Around,
}

/// The statement that repeats a step.
#[derive(Debug, Default)]
struct Around {
    retry: Option<(u64, u64)>,
    repeat: Option<u64>,
}

impl Around {
    fn wrap(self, step: Stmt) -> Stmt {
        let step = match self.retry {
            Some((times, every_ms)) => {
                Stmt::Retry(Expr::Number(times.to_string()), Some(Expr::Code(crate::draft::duration(every_ms))), vec![step])
            }
            None => step,
        };
        match self.repeat {
            Some(times) => Stmt::Repeat(Expr::Number(times.to_string()), vec![step]),
            None => step,
        }
    }
}

impl Reader<'_> {
    /// The step of an entry, without its call.
    fn step(&mut self, entry: &Entry, comments: Vec<Stmt>) -> Planned {
        let mut out = Planned { before: comments, ..Planned::default() };
        out.before.append(&mut self.pending);
        self.repeats(entry, &mut out);
        if let Some(response) = &entry.response {
            self.expect(response, &mut out);
        }
        if !out.body.iter().any(|stmt| matches!(stmt, Stmt::Expect(_))) {
            // Without a status, Hurl accepts any.
            out.body.insert(0, Stmt::Expect(Expect::Condition("status > 0".to_owned())));
        }
        out
    }

    fn repeats(&mut self, entry: &Entry, out: &mut Planned) {
        let mut retry = None;
        let mut every_ms = 1000;
        for option in &entry.options {
            let (Some(key), value) = (option.key.as_literal(), option.value.as_literal().unwrap_or_default()) else { continue };
            let number = value.parse::<i64>();
            match key {
                "retry" => retry = number.ok().map(|times| if times < 0 { 100 } else { times.unsigned_abs() }).filter(|times| *times > 0),
                "retry-interval" => every_ms = request::milliseconds(value).unwrap_or(1000),
                "repeat" => out.around.repeat = number.ok().filter(|times| *times > 1).map(i64::unsigned_abs),
                "delay" => out.before.extend(request::milliseconds(value).map(|ms| Stmt::Wait(Wait::ms(ms)))),
                _ => {}
            }
        }
        out.around.retry = retry.map(|times| (times, every_ms));
    }

    fn expect(&mut self, response: &Response, out: &mut Planned) {
        let mut expects: Vec<Expect> = Vec::new();
        expects.extend(response.status.map(Expect::status));
        // Hurl captures values before it checks asserts, but a step captures at its end. So an expectation reads the source of a captured value;
        // only one of a value that a pattern captures follows the capture.
        let (mut late, mut lost) = (Vec::new(), Vec::new());
        for (_, name, text) in &response.captures {
            match query::query(&mut Scan::new(text), self) {
                Ok(query) if query.pattern.is_none() => {
                    self.captured.insert(name.clone(), query.code);
                }
                Ok(_) => {
                    self.capture_name(name);
                    late.push(name.as_str());
                }
                Err(_) => lost.push(name.as_str()),
            }
        }
        let mut expects_late: Vec<Expect> = Vec::new();
        for header in &response.headers {
            let (name, value) = (self.bind(&header.key), self.bind(&header.value));
            if let Some(name) = name.as_literal() {
                expects.push(Expect::Headers(vec![(name.to_owned(), Matcher::Value(Expr::from(value)))]));
            }
        }
        for (line, text) in &response.asserts {
            if let Some((name, is_there)) = assert::existence(text) {
                match (self.is_known(name) || self.captured.contains_key(name), is_there) {
                    // Without the variable, the capture has failed already.
                    (true, true) => {
                        self.draft.tally.carry("expectations", 1);
                        continue;
                    }
                    (false, false) => {
                        out.body.push(Stmt::Comment(self.leave("assertions", &format!("`{name}`, which nothing sets"), *line)));
                        continue;
                    }
                    _ => {}
                }
            }
            if let Some(name) = lost.iter().find(|name| assert::reads(text, name)) {
                out.body.push(Stmt::Comment(self.leave("assertions", &format!("`{name}` was not imported"), *line)));
                continue;
            }
            match assert::assert(text, self) {
                Ok(expect) if late.iter().any(|name| assert::reads(text, name)) => expects_late.push(expect),
                Ok(expect) => expects.push(expect),
                Err(why) => out.body.push(Stmt::Comment(self.leave("assertions", &why, *line))),
            }
        }
        if let Some(body) = &response.body {
            match self.expected_body(body) {
                Ok(expect) => expects.push(expect),
                Err(why) => out.body.push(Stmt::Comment(self.leave("assertions", &why, response.body_line))),
            }
        }
        self.captured.clear();
        self.draft.tally.carry("expectations", expects.len() + expects_late.len());
        out.body.splice(0..0, merged(expects).into_iter().map(Stmt::Expect));
        for (line, name, text) in &response.captures {
            self.capture(*line, name, text, out);
        }
        out.body.extend(expects_late.into_iter().map(Stmt::Expect));
    }

    fn expected_body(&mut self, body: &Body) -> Result<Expect, String> {
        match body {
            Body::Json(text) => {
                let bound = self.bind(text);
                match web::json(&bound) {
                    Some(value @ (Expr::Map(_) | Expr::List(_))) => Ok(Expect::Json { exactly: true, matcher: Matcher::Value(value) }),
                    Some(value) => Ok(Expect::Condition(format!("json == {}", crate::write::inline(&value)))),
                    None => Err("a body that is no JSON".to_owned()),
                }
            }
            Body::Text(_, text) | Body::Xml(text) => {
                let bound = self.bind(text);
                Ok(Expect::Condition(format!("text == {}", crate::write::inline(&Expr::Text(bound)))))
            }
            // A file or bytes that are a text.
            Body::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Expect::Condition(format!("text == {}", crate::write::inline(&Expr::text(text))))),
                Err(_) => Err("the bytes of a response".to_owned()),
            },
            Body::File(name) => match self.source.read(name).ok() {
                Some(file) => Ok(Expect::Condition(format!("text == {}", crate::write::inline(&Expr::text(&file.text))))),
                None => Err("the content of a file that cannot be read".to_owned()),
            },
        }
    }

    fn capture(&mut self, line: usize, name: &str, text: &str, out: &mut Planned) {
        let mut scan = Scan::new(text);
        match query::query(&mut scan, self) {
            Ok(query) if query.is_nodes && query.is_count => {
                let variable = self.capture_name(name);
                self.draft.tally.carry("captures", 1);
                out.body.push(Stmt::Let(variable, Expr::Code(format!("len(all {})", query.code))));
            }
            Ok(query) => {
                let is_known = self.is_known(name);
                let variable = self.capture_name(name);
                self.draft.tally.carry("captures", 1);
                if query.is_source || query.pattern.is_some() {
                    out.body.push(Stmt::Take { name: variable, ty: None, source: query.source, or: None });
                } else {
                    if let Some(source) = query.origin {
                        self.filtered.insert(query.code.clone(), source);
                    }
                    let value = Expr::Code(query.code);
                    out.body.push(if is_known { Stmt::Set(variable, value) } else { Stmt::Let(variable, value) });
                }
            }
            Err(why) => {
                let comment = self.leave("captures", &format!("`{name}`: {why}"), line);
                out.body.push(Stmt::Comment(comment));
            }
        }
    }
}

/// Converts an assertion in Hurl's syntax. The error names the part without a counterpart.
pub(crate) fn assertion(text: &str, variables: &mut dyn Variables) -> Result<Expect, String> {
    assert::assert(text, variables)
}

/// The source of a query in Hurl's syntax, such as `jsonpath "$.id"`.
pub(crate) fn source(text: &str, variables: &mut dyn Variables) -> Option<TakeSource> {
    query::query(&mut Scan::new(text), variables).ok().map(|query| query.source)
}
