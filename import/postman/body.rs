//! Bodies of requests.

use super::collection::{Body, Field, Pair};
use super::variables::{Piece, Variables, pieces};
use crate::document::{self, Node, Value};
use crate::draft::{self, Draft, Expr, Text};
use crate::write::quoted;

/// Mark the number of a variable while a body is read as JSON: this one within a text, the other in place of a value.
const IN_TEXT: char = '\u{e000}';
const AS_VALUE: char = '\u{e001}';
const END: char = '\u{e002}';

/// Words in the names of secret values.
const SECRETS: [&str; 8] = ["password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "authorization"];

/// The body, and the `Content-Type` that it needs besides the request's own headers.
pub(super) fn body(
    body: &Body,
    content_type: Option<&str>,
    folder: &std::path::Path,
    draft: &mut Draft,
    variables: &mut Variables,
) -> (Option<draft::Body>, Option<String>) {
    match body {
        Body::None => (None, None),
        Body::Raw { text, language } => raw(text, language.as_deref(), content_type, variables),
        Body::Form(pairs) => (Some(draft::Body::Form(form(pairs, variables))), None),
        Body::Multipart(fields) => (Some(draft::Body::Multipart(multipart(fields, folder, draft, variables))), None),
        Body::File(path) => {
            let path = file(path, folder, draft);
            (Some(draft::Body::Bytes(Expr::Code(format!("file({})", quoted(&path))))), None)
        }
        Body::Graphql { query, .. } if query.trim().is_empty() => (None, None),
        Body::Graphql { query, variables: given } => (Some(graphql(query, given, variables)), None),
    }
}

fn raw(text: &str, language: Option<&str>, content_type: Option<&str>, variables: &mut Variables) -> (Option<draft::Body>, Option<String>) {
    let says_json = match content_type {
        Some(media) => media.to_lowercase().contains("json"),
        None => language == Some("json"),
    };
    if says_json && let Some(value) = json(text, variables) {
        return (Some(draft::Body::Json(value)), None);
    }
    let media = match language {
        _ if content_type.is_some() => None,
        Some("json") => Some("application/json"),
        Some("xml") => Some("application/xml"),
        Some("html") => Some("text/html"),
        Some("javascript") => Some("application/javascript"),
        _ => None,
    };
    (Some(draft::Body::Text(Expr::Text(variables.text(text)))), media.map(str::to_owned))
}

/// A text that becomes JSON when its variables have values.
pub(super) fn json(template: &str, variables: &mut Variables) -> Option<Expr> {
    let mut text = String::new();
    let mut names: Vec<String> = Vec::new();
    let mut quoted = false;
    for piece in pieces(template) {
        match piece {
            Piece::Text(part) => {
                let mut escaped = false;
                for c in part.chars() {
                    match c {
                        '"' if !escaped => quoted = !quoted,
                        // A line break in a text is not valid JSON, but Postman sends it.
                        '\n' if quoted => {
                            text.push_str("\\n");
                            continue;
                        }
                        '\t' if quoted => {
                            text.push_str("\\t");
                            continue;
                        }
                        _ => {}
                    }
                    escaped = c == '\\' && !escaped;
                    text.push(c);
                }
            }
            Piece::Variable(name) => {
                let (open, close) = if quoted { (IN_TEXT, "") } else { (AS_VALUE, "\"") };
                text.push_str(&format!("{close}{open}{}{END}{close}", names.len()));
                names.push(name);
            }
        }
    }
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let node = document::parse(&text).ok()?;
    value(&node, "", &names, variables)
}

fn value(node: &Node, key: &str, names: &[String], variables: &mut Variables) -> Option<Expr> {
    Some(match &node.value {
        Value::Null => Expr::Null,
        Value::Bool(flag) => Expr::Bool(*flag),
        Value::Number(digits) => Expr::number(digits),
        Value::List(items) => Expr::List(items.iter().map(|item| value(item, key, names, variables)).collect::<Option<_>>()?),
        Value::Map(members) => {
            let member = |(key, node): (&String, &Node)| {
                // The language has no computed keys.
                (!key.contains([IN_TEXT, AS_VALUE])).then_some(())?;
                Some((key.clone(), value(node, key, names, &mut *variables)?))
            };
            Expr::Map(members.iter().map(member).collect::<Option<_>>()?)
        }
        Value::Text(text) => {
            if let Some(number) = text.strip_prefix(AS_VALUE).and_then(|rest| rest.strip_suffix(END)) {
                let name = names.get(number.parse::<usize>().ok()?)?;
                variables.raw.insert(name.clone());
                return Some(Expr::Code(variables.reading(name).code().to_owned()));
            }
            let mut template = String::new();
            let mut rest = text.as_str();
            while let Some((before, (number, after))) =
                rest.split_once(IN_TEXT).and_then(|(before, rest)| Some((before, rest.split_once(END)?)))
            {
                template.push_str(before);
                template.push_str(&format!("{{{{{}}}}}", names.get(number.parse::<usize>().ok()?)?));
                rest = after;
            }
            template.push_str(rest);
            secret_or(key, &template, variables)
        }
    })
}

/// A literal value with the name of a secret becomes a key of the environment.
pub(super) fn secret_or(key: &str, template: &str, variables: &mut Variables) -> Expr {
    let name = key.to_lowercase();
    let is_literal = pieces(template).iter().all(|piece| matches!(piece, Piece::Text(_)));
    if is_literal && !template.is_empty() && SECRETS.iter().any(|word| name.contains(word)) && !name.contains("csrf") {
        return variables.secret(key, template);
    }
    variables.value(template)
}

/// The fields of a form. A repeated key has a list.
fn form(pairs: &[Pair], variables: &mut Variables) -> Vec<(String, Expr)> {
    let mut fields: Vec<(String, Expr)> = Vec::new();
    for pair in pairs.iter().filter(|pair| !pair.key.is_empty()) {
        let value = secret_or(&pair.key, pair.text(), variables);
        add(&mut fields, &pair.key, value);
    }
    fields
}

/// Adds a value to a key.
pub(super) fn add(fields: &mut Vec<(String, Expr)>, key: &str, value: Expr) {
    match fields.iter_mut().find(|(known, _)| known == key) {
        Some((_, Expr::List(items))) => items.push(value),
        Some((_, known)) => *known = Expr::List(vec![known.clone(), value]),
        None => fields.push((key.to_owned(), value)),
    }
}

fn multipart(fields: &[Field], folder: &std::path::Path, draft: &mut Draft, variables: &mut Variables) -> Vec<(String, Expr)> {
    let mut all = Vec::new();
    for field in fields.iter().filter(|field| !field.key.is_empty()) {
        let Some(files) = &field.files else {
            let value = secret_or(&field.key, &field.value, variables);
            add(&mut all, &field.key, value);
            continue;
        };
        for path in files {
            let kind = field.content_type.as_ref().map(|kind| format!(", type: {}", quoted(kind))).unwrap_or_default();
            let path = file(path, folder, draft);
            add(&mut all, &field.key, Expr::Code(format!("file({}{kind})", quoted(&path))));
        }
    }
    all
}

/// Adds a file next to the spec: its content if it is next to the collection, or a sample.
fn file(path: &str, folder: &std::path::Path, draft: &mut Draft) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' }).collect();
    let plain = if plain.trim_matches(['.', '-']).is_empty() { "upload.bin".to_owned() } else { plain };
    let content = [folder.join(path), folder.join(name)].iter().find_map(|path| std::fs::read(path).ok());
    let is_sample = content.is_none();
    let written = draft.file(&format!("data/{plain}"), content.unwrap_or_else(|| b"sample\n".to_vec()));
    if is_sample {
        draft.tally.advise(format!("specs/{written} is a sample: put your own file there"));
    }
    written
}

fn graphql(query: &str, given: &str, variables: &mut Variables) -> draft::Body {
    let values = if given.trim().is_empty() { Some(Expr::Map(Vec::new())) } else { json(given, variables) };
    let has_holes = pieces(query).iter().any(|piece| matches!(piece, Piece::Variable(_)));
    match values {
        Some(Expr::Map(values)) if !has_holes => draft::Body::Graphql(query.trim().to_owned(), values),
        values => {
            let query = Expr::Text(variables.text(query));
            let values = values.unwrap_or_else(|| Expr::Code(format!("from_json({})", text_code(variables.text(given)))));
            draft::Body::Json(Expr::Map(vec![("query".to_owned(), query), ("variables".to_owned(), values)]))
        }
    }
}

fn text_code(text: Text) -> String {
    crate::write::inline(&Expr::Text(text))
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::write::inline;

    #[test]
    fn variables_in_json_keep_their_position() {
        let mut variables = Variables::new("shop", IndexMap::new());
        variables.declare("id", false);
        let body = json(
            "{\n\t\"a\": {{id}}, \"b\": \"x {{id}} y\", // why\n\"c\": \"{{base}}\", \"password\": \"p\", \"d\": [{{price}}],\n}",
            &mut variables,
        );
        assert_eq!(
            inline(&body.unwrap()),
            "{ a: id, b: \"x {id} y\", c: env.shop.base, password: env.shop.password, d: [env.shop.price] }"
        );
        assert!(variables.raw.contains("price"));
        assert!(json("{\"{{id}}\": 1}", &mut variables).is_none());
        assert!(json("plain {{id}}", &mut variables).is_none());
    }
}
