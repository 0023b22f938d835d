//! Methods, paths and missing quotes.

use super::stop::{Mistake, ParseStop, found, found_at, offset};
use super::vocabulary::{METHODS, word};
use crate::diagnostic::Code;
use ltc_grammar::Rule;

/// Mistakes in methods and paths.
pub(super) fn request(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let first_end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len());
    for (at, part) in line.match_indices([' ', '=']) {
        let start = at + part.len();
        let method = word(&line[start..]);
        // A line may have a megabyte of spaces, so the text around is read only for a method.
        if !METHODS.contains(&method.to_lowercase().as_str()) || !method.chars().any(char::is_lowercase) {
            continue;
        }
        let behind = line[start + method.len()..].trim_start();
        let before = line[..at].trim_end();
        let target = before.is_empty() || before.ends_with(['=', ')']) || before.len() <= first_end;
        if behind.starts_with(['/', '"']) && target {
            return found_at(
                start..start + method.len(),
                Code::BadMethod,
                "unexpected lower-case method, expected capitals",
                format!("write `{}`", method.to_uppercase()),
            );
        }
    }
    let method_before =
        stop.text[..stop.at].split_whitespace().next_back().is_some_and(|w| w.len() > 2 && w.chars().all(|c| c.is_ascii_uppercase()));
    if method_before && (stop.wants(Rule::path) || stop.wants(Rule::text)) {
        return match stop.token {
            "" | "{" => found(Code::BadPath, "missing path of a request", "write a path that starts with `/`, such as `/items/{id}`"),
            token if token.starts_with(|c: char| c.is_alphanumeric() || c == ':') => {
                let path = stop.text[stop.at..].split([' ', '\n', ';']).next().unwrap_or(token);
                let help = if path.contains("://") {
                    format!("quote an absolute URL: `\"{path}\"`, or move the host to the api's `base`")
                } else {
                    format!("write `/{path}`")
                };
                found_at(stop.at..stop.at + path.len(), Code::BadPath, "unexpected path, expected one that starts with `/`", help)
            }
            _ => found(
                Code::BadPath,
                "unexpected path, expected one that starts with `/`",
                "write, for example, `/items/{id}`; a quoted path is sent unchanged",
            ),
        };
    }
    let written = stop.text[..stop.at].trim_end();
    let target = written.rsplit(char::is_whitespace).next().unwrap_or_default();
    let after_query = target.starts_with('/') && target.contains('?') && written.len() < stop.at;
    if after_query && stop.token.starts_with(|c: char| c.is_alphanumeric()) && (stop.wants(Rule::parts) || stop.wants(Rule::p_open)) {
        let help = "write `%20` for a space, or the parameters in `query { q: \"a b\" }`";
        return found(Code::BadPath, "unexpected space in a path", help);
    }
    if stop.wants(Rule::method) || stop.wants(Rule::request_line) {
        if stop.token.starts_with('/') {
            return found(Code::BadMethod, "missing method before the path", "write, for example, `GET /items/{id}`");
        }
        if stop.wants(Rule::request_line) && stop.text[..stop.at].trim_end().ends_with('=') {
            return found(Code::BadMethod, "missing method and path of a request", "write, for example, `get(id) = GET /items/{id}`");
        }
    }
    if stop.strict == Rule::only_api && METHODS.contains(&stop.first().to_lowercase().as_str()) && !stop.text.contains(") =") {
        return found_at(
            0..stop.first().len(),
            Code::BadMethod,
            "missing name of a request in an api",
            "write, for example, `get(id) = GET /items/{id}`",
        );
    }
    None
}

/// Missing quotes.
pub(super) fn quotes(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let behind = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let wants_text = stop.wants(Rule::text) || stop.wants(Rule::block_text) || stop.wants(Rule::line_text);
    // `step O {` and `step Log in {` could be requests to an api named `step`, so parsing continues past the name.
    let first = stop.first();
    if matches!(first, "step" | "group") && stop.strict == Rule::only_stmt {
        let rest = &stop.line()[first.len()..];
        let name = rest.split(['{', ';']).next().unwrap_or(rest).trim();
        let bare = name.trim_end_matches(" interrupt").trim_end_matches(" skip").trim_matches(['(', ')', ' ']);
        if name.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(') && !matches!(bare, "skip" | "interrupt") {
            let start = offset(stop.text, name);
            let quoted = bare.trim_matches('"');
            let message = if name.starts_with('(') {
                "unexpected brackets around the name of a step or a group"
            } else {
                "missing quotes around the name of a step or a group"
            };
            return found_at(start..start + name.len(), Code::MissingQuotes, message, format!("write `{first} \"{quoted}\"`"));
        }
    }
    if matches!(behind, "step" | "group" | "import" | "from" | "html" | "form")
        && wants_text
        && stop.token.starts_with(|c: char| c.is_alphanumeric() || c == '.' || c == '_')
    {
        let rest = stop.line().get(stop.at..).unwrap_or_default();
        let name = if matches!(behind, "step" | "group") {
            rest.split(['{', ';']).next().unwrap_or(rest)
        } else {
            rest.split([' ', ';', '{']).next().unwrap_or(rest)
        };
        let name = name.trim_end().trim_end_matches(" interrupt").trim_end_matches(" skip").trim_end();
        let what = if matches!(behind, "step" | "group") {
            "the name of a step or a group"
        } else if matches!(behind, "html" | "form") {
            "a CSS selector"
        } else {
            "the path of a file"
        };
        return found_at(
            stop.at..stop.at + name.len(),
            Code::MissingQuotes,
            format!("missing quotes around {what}"),
            format!("write `{behind} \"{name}\"`"),
        )?
        .replacing(before.len() - behind.len()..stop.at + name.len());
    }
    if behind == "run" && stop.token.starts_with('"') {
        return found(
            Code::Syntax,
            "unexpected quotes around the name of a sequence",
            format!("write `run {}`", stop.token.trim_matches('"')),
        );
    }
    if behind == "step" && stop.token == "{" {
        return found(Code::MissingQuotes, "missing name of a step", "write `step \"Name\" {`");
    }
    if stop.token.starts_with('-') && stop.wants(Rule::p_colon) {
        let start = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        let rest = &stop.text[start..];
        let key = &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len())];
        return found_at(
            start..start + key.len(),
            Code::MissingQuotes,
            "missing quotes around a key with `-`",
            format!("write `\"{key}\"`"),
        );
    }
    None
}
