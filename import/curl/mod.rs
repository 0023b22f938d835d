//! curl: commands for various shells, including those copied from browsers.
//!
//! `shell` reads the words of a command line (POSIX shells, cmd.exe, PowerShell), `options` has curl's options, `command` turns commands
//! into requests, and this file puts the requests into a draft.

mod command;
mod commands;
mod cursor;
mod glob;
mod options;
mod parts;
mod payload;
mod quoting;
mod shell;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::HashMap;

use crate::draft::{Call, Draft, Expect, Part, Parts, Redirects, Segment, Sequence, Source, Step, Stmt, Text, User};
use crate::web::{self, Hosts};
use crate::{ImportError, Options};

/// Imports curl commands.
///
/// # Errors
/// If the text contains no curl command, or one that curl would reject.
pub(crate) fn import(source: &crate::Source, _options: &Options) -> Result<Draft, ImportError> {
    for command in ["Invoke-WebRequest", "Invoke-RestMethod"] {
        if let Some(at) = source.text.find(command).filter(|_| !source.text.contains("curl")) {
            return Err(source
                .error(at, format!("unexpected `{command}`, expected a `curl` command"))
                .help("copy the request as cURL (cmd) or cURL (bash) instead of PowerShell"));
        }
    }
    let script = shell::read(source)?;
    if script.commands.is_empty() {
        return Err(source
            .error(0, "unexpected text, expected a `curl` command")
            .help("copy a request as cURL, or name another kind with `--from`"));
    }
    let mut draft = Draft { description: "Requests of curl commands".to_owned(), ..Draft::default() };
    let mut hosts = Hosts::default();
    let mut requests = Vec::new();
    for command in &script.commands {
        requests.extend(command::requests(source, command, &mut draft)?);
    }
    let outputs = outputs(&script, &requests);
    let mut exchanges = Vec::new();
    let mut notes = Vec::new();
    let mut takes = Vec::new();
    // Comments about commands without a step go above the next step.
    let mut pending = Vec::new();
    for request in requests {
        let line = source.line(request.at);
        let take = request.output.as_ref().and_then(|(command, path)| Some((outputs.get(command)?.clone(), path.clone())));
        if let Some(method) = parts::unknown_method(&request, &script) {
            pending.extend(request.comments);
            pending.push(draft.tally.leave("requests", format!("`{method}`: a step cannot send this method"), &source.name, line));
            continue;
        }
        let (exchange, comments) = parts::exchange(source, &mut draft, &mut hosts, &script, &outputs, request)?;
        pending.extend(comments);
        exchanges.push(exchange);
        takes.push(take);
        notes.push(std::mem::take(&mut pending));
    }
    if exchanges.is_empty() {
        let left = draft.tally.left.first().map_or("nothing to import".to_owned(), |left| left.what.clone());
        return Err(source.error(0, left).help(format!("use one of the methods that ltc sends: {}", web::METHODS.join(", "))));
    }
    draft.tally.carry("requests", exchanges.len());
    let follows = exchanges.iter().any(|exchange| exchange.options.redirects.is_none());
    if !follows {
        // Like curl without `-L`, no request follows redirects. An option of the apis sets this once.
        exchanges.iter_mut().for_each(|exchange| exchange.options.redirects = None);
        draft.apis.iter_mut().for_each(|api| api.options.redirects = Some(Redirects::Off));
    }
    // Without `-L`, a redirect is a normal response.
    let expectation = if follows { vec!["2xx".to_owned()] } else { vec!["2xx".to_owned(), "3xx".to_owned()] };
    let calls = web::define(&mut draft, &exchanges);
    let mut names = crate::names::Names::new();
    let steps = calls.into_iter().zip(notes).zip(takes).flat_map(|((call, comments), take)| {
        let name = names.label(&web::sentence(&call.name));
        let call = Call::Request { path: call.path, args: call.args, parts: Parts::default() };
        let comments = comments.into_iter().map(Stmt::Comment);
        let interrupt = take.is_some();
        let mut body = vec![Stmt::Call(call), Stmt::Expect(Expect::Status(expectation.clone()))];
        body.extend(take.map(|(name, path)| Stmt::Take { name, ty: None, source: Source::json(&path), or: None }));
        let step = Stmt::Step(Step { name, interrupt, body, ..Step::default() });
        comments.chain([step]).collect::<Vec<_>>()
    });
    let mut body: Vec<Stmt> = steps.collect();
    body.extend(pending.into_iter().map(Stmt::Comment));
    mark_unread(&mut body, &mut draft);
    draft.sequences.push(Sequence { name: "Requests".to_owned(), body, ..Sequence::default() });
    draft.users.push(User { name: "Client".to_owned(), run: "Requests".to_owned(), ..User::default() });
    Ok(draft)
}

/// The variables for the outputs of commands such as `TOKEN=$(curl … | jq -r .token)`.
fn outputs(script: &shell::Script, requests: &[command::Request]) -> HashMap<String, String> {
    let mut names = crate::names::Names::new();
    let mut out = HashMap::new();
    for (command, path) in requests.iter().filter_map(|request| request.output.as_ref()) {
        let is_value = |text: &Text| matches!(text.parts.as_slice(), [Part::Hole(hole)] if hole == command);
        let assigned = script.variables.iter().filter(|(_, value)| is_value(value)).map(|(name, _)| name.as_str()).min();
        let member = path.iter().rev().find_map(|segment| if let Segment::Key(key) = segment { Some(key.as_str()) } else { None });
        let hint = assigned.or(member).unwrap_or("value");
        out.entry(command.clone()).or_insert_with(|| names.variable(&hint.to_ascii_lowercase(), "value"));
    }
    out
}

/// Counts the captures, and marks those that no request reads as unused.
fn mark_unread(body: &mut [Stmt], draft: &mut Draft) {
    let read = crate::draft::variables_read(body);
    for stmt in body {
        let Stmt::Step(step) = stmt else { continue };
        for inner in &mut step.body {
            if let Stmt::Take { name, .. } = inner {
                draft.tally.carry("captures", 1);
                if !read.contains(name) {
                    *name = format!("_{name}");
                }
            }
        }
    }
}
