//! curl: commands for various shells, including those copied from browsers.
//!
//! `shell` reads the words of a command line (POSIX shells, cmd.exe, PowerShell), `options` has curl's options, `command` turns commands
//! into requests, and this file puts the requests into a draft.

mod command;
mod glob;
mod options;
mod parts;
mod payload;
mod quoting;
mod shell;
#[cfg(test)]
mod tests;
mod windows;

use crate::draft::{Call, Draft, Expect, Parts, Redirects, Sequence, Step, Stmt, User};
use crate::web::{self, Hosts};
use crate::{ImportError, Options, Source};

/// Imports curl commands.
///
/// # Errors
/// If the text contains no curl command, or one that curl would reject.
pub(crate) fn import(source: &Source, _options: &Options) -> Result<Draft, ImportError> {
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
    let mut exchanges = Vec::new();
    let mut notes = Vec::new();
    // Comments about commands without a step go above the next step.
    let mut pending = Vec::new();
    for request in requests {
        let line = source.line(request.at);
        let (exchange, comments) = parts::exchange(source, &mut draft, &mut hosts, &script, request)?;
        pending.extend(comments);
        if web::METHODS.contains(&exchange.method.as_str()) {
            exchanges.push(exchange);
            notes.push(std::mem::take(&mut pending));
        } else {
            let what = format!("`{}`: a step cannot send this method", exchange.method);
            pending.push(draft.tally.leave("requests", what, &source.name, line));
        }
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
    let steps = calls.into_iter().zip(notes).flat_map(|(call, comments)| {
        let name = names.label(&web::sentence(&call.name));
        let call = Call::Request { path: call.path, args: call.args, parts: Parts::default() };
        let comments = comments.into_iter().map(Stmt::Comment);
        let step =
            Stmt::Step(Step { name, body: vec![Stmt::Call(call), Stmt::Expect(Expect::Status(expectation.clone()))], ..Step::default() });
        comments.chain([step]).collect::<Vec<_>>()
    });
    let mut body: Vec<Stmt> = steps.collect();
    body.extend(pending.into_iter().map(Stmt::Comment));
    draft.sequences.push(Sequence { name: "Requests".to_owned(), body, ..Sequence::default() });
    draft.users.push(User { name: "Client".to_owned(), run: "Requests".to_owned(), ..User::default() });
    Ok(draft)
}
