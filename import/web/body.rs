//! Bodies by their content type.

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::url::{MARK, Marked, pairs};
use crate::draft::{self, Body, Draft, Expr, Text};

/// A body in the form of the spec, and the `Content-Type` to write besides it, if the default one of this kind of body differs.
pub(crate) fn body(draft: &mut Draft, content_type: Option<&str>, text: &Text) -> (Option<Body>, Option<String>) {
    if text.parts.is_empty() {
        return (None, content_type.filter(|ty| !ty.is_empty()).map(str::to_owned));
    }
    let sniffed = content_type.filter(|ty| !ty.is_empty()).map(str::to_owned).or_else(|| text.as_literal().and_then(sniff_multipart));
    let content_type = sniffed.as_deref();
    let kept = sniffed.clone();
    let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = media.ends_with("json");
    if is_json && let Some(query) = json(text).and_then(graphql) {
        return (Some(query), kept.filter(|_| media != "application/json"));
    }
    if media.is_empty() || is_json || media == "application/x-www-form-urlencoded" || media == "text/plain" {
        let looks_json = text.as_literal().is_none_or(|text| text.trim_start().starts_with(['{', '[']));
        if (is_json || looks_json)
            && let Some(value) = json(text)
        {
            return (Some(Body::Json(value)), kept.filter(|_| media != "application/json" && !media.is_empty()));
        }
    }
    if media == "application/x-www-form-urlencoded"
        && let Some(fields) = form_fields(text)
    {
        return (Some(Body::Form(fields)), None);
    }
    if media == "multipart/form-data"
        && let Some(boundary) = parameter(content_type.unwrap_or_default(), "boundary")
        && let Some(fields) = text.as_literal().and_then(|text| multipart(draft, text, &boundary))
    {
        return (Some(Body::Multipart(fields)), None);
    }
    (Some(Body::Text(Expr::Text(text.clone()))), kept.filter(|_| media != "text/plain"))
}

/// The type of a multipart body whose header was not recorded. Its first line is the boundary.
fn sniff_multipart(text: &str) -> Option<String> {
    let boundary = text.lines().next()?.strip_prefix("--").filter(|boundary| !boundary.is_empty())?;
    text.contains("form-data;").then(|| format!("multipart/form-data; boundary={boundary}"))
}

/// The JSON of a text, in which holes may be parts of strings or whole values.
pub(crate) fn json(text: &Text) -> Option<Expr> {
    let marked = Marked::new(text);
    let mut quoted = String::new();
    let (mut in_string, mut escaped, mut in_mark) = (false, false, false);
    for char in marked.text.chars() {
        if char == MARK && !in_string {
            // The hole is a whole value. It becomes a string that starts with `!`.
            quoted.push_str(if in_mark { "\u{f8ff}\"" } else { "\"!\u{f8ff}" });
            in_mark = !in_mark;
            continue;
        }
        match char {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = char == '\\' && !escaped;
        quoted.push(char);
    }
    Some(restore(draft::json(&quoted)?, &marked))
}

fn restore(value: Expr, marked: &Marked) -> Expr {
    match value {
        Expr::Text(text) => {
            let literal = text.as_literal().unwrap_or_default();
            let whole = literal.strip_prefix("!\u{f8ff}").and_then(|rest| rest.strip_suffix(MARK));
            if let Some(code) = whole.and_then(|number| marked.holes.get(number.parse::<usize>().ok()?)) {
                return Expr::Code(code.clone());
            }
            Expr::from(marked.restore(literal))
        }
        Expr::List(items) => Expr::List(items.into_iter().map(|item| restore(item, marked)).collect()),
        Expr::Map(entries) => Expr::Map(entries.into_iter().map(|(key, value)| (key, restore(value, marked))).collect()),
        other => other,
    }
}

/// A GraphQL request, unless it has members that `graphql` would not send.
pub(crate) fn graphql(value: Expr) -> Option<Body> {
    let Expr::Map(members) = value else { return None };
    let query = members.iter().find(|(key, _)| key == "query")?.1.as_literal()?.to_owned();
    let starts = ["query", "mutation", "subscription", "fragment", "{"];
    // The name of the only operation selects nothing.
    let operations: usize = ["query ", "mutation ", "subscription "].iter().map(|word| query.matches(word).count()).sum();
    let is_known = |(key, value): &(String, Expr)| match key.as_str() {
        "query" | "variables" => true,
        "operationName" => *value == Expr::Null || operations == 1 && value.as_literal().is_some_and(|name| query.contains(name)),
        _ => false,
    };
    if !starts.iter().any(|start| query.trim_start().starts_with(start)) || !members.iter().all(is_known) {
        return None;
    }
    match members.into_iter().find(|(key, _)| key == "variables") {
        None => Some(Body::Graphql(query, Vec::new())),
        Some((_, Expr::Map(variables))) => Some(Body::Graphql(query, variables)),
        Some((_, Expr::Null)) => Some(Body::Graphql(query, Vec::new())),
        Some(_) => None,
    }
}

/// The decoded fields of a form; `None` if a map would be sent differently.
pub(crate) fn form_fields(text: &Text) -> Option<Vec<(String, Expr)>> {
    let marked = Marked::new(text);
    Some(pairs(marked.text.trim_end_matches(['\r', '\n']))?.into_iter().map(|(key, values)| (key, marked.values(values))).collect())
}

/// A parameter of a header's value: `boundary` of `multipart/form-data; boundary=x`.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The fields of a multipart body; `None` if it is incomplete.
fn multipart(draft: &mut Draft, text: &str, boundary: &str) -> Option<Vec<(String, Expr)>> {
    let text = text.replace("\r\n", "\n");
    let mut fields = Vec::new();
    let mut parts = format!("\n{text}");
    parts.push('\n');
    let separator = format!("\n--{boundary}");
    for part in parts.split(separator.as_str()).skip(1) {
        if part.starts_with("--") {
            break;
        }
        let (head, content) = part
            .trim_start_matches([' ', '\t'])
            .strip_prefix('\n')?
            .split_once("\n\n")
            .or_else(|| part.strip_prefix('\n').map(|head| (head.trim_end(), "")))?;
        let header = |name: &str| {
            head.lines().find_map(|line| {
                line.split_once(':').filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
            })
        };
        let disposition = header("content-disposition")?;
        let name = parameter(&disposition, "name")?;
        let value = match parameter(&disposition, "filename") {
            Some(file) => attachment(draft, &file, header("content-type").as_deref(), content.as_bytes().to_vec()),
            None => Expr::text(content),
        };
        fields.push((name, value));
    }
    if fields.is_empty() { None } else { Some(grouped(fields)) }
}

/// The entries of a map: the values of a repeated name become a list at its first occurrence.
pub(crate) fn grouped(fields: Vec<(String, Expr)>) -> Vec<(String, Expr)> {
    let mut out: IndexMap<String, Expr> = IndexMap::with_capacity(fields.len());
    for (name, value) in fields {
        match out.entry(name) {
            Entry::Occupied(mut known) => match (known.get_mut(), value) {
                (Expr::List(values), Expr::List(more)) => values.extend(more),
                (Expr::List(values), value) => values.push(value),
                (known, value) => {
                    let mut values = vec![std::mem::replace(known, Expr::Null)];
                    match value {
                        Expr::List(more) => values.extend(more),
                        value => values.push(value),
                    }
                    *known = Expr::List(values);
                }
            },
            Entry::Vacant(free) => drop(free.insert(value)),
        }
    }
    out.into_iter().collect()
}

/// Adds a file that a request sends. It is written next to the spec.
pub(crate) fn attachment(draft: &mut Draft, file: &str, content_type: Option<&str>, content: Vec<u8>) -> Expr {
    let stem = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = stem.chars().map(|char| if char.is_ascii_alphanumeric() || "._-".contains(char) { char } else { '_' }).collect();
    let safe = safe.trim_start_matches('.');
    let path = draft.file(&format!("data/{}", if safe.is_empty() { "file" } else { safe }), content);
    let name = if path.ends_with(&format!("/{stem}")) { String::new() } else { format!(", name: {}", crate::write::quoted(stem)) };
    let ty = content_type.map(|ty| format!(", type: {}", crate::write::quoted(ty))).unwrap_or_default();
    Expr::Code(format!("file({}{name}{ty})", crate::write::quoted(&path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, text: &str) -> (Option<Body>, Option<String>) {
        body(&mut Draft::default(), Some(content_type), &Text::literal(text))
    }

    #[test]
    fn bodies_are_converted_by_their_content_type() {
        let json = Body::Json(Expr::Map(vec![("a".to_owned(), Expr::Number("1".to_owned()))]));
        assert_eq!(read("application/json; charset=utf-8", r#"{"a": 1}"#), (Some(json.clone()), None));
        let form = Body::Form(vec![("a b".to_owned(), Expr::text("1&2"))]);
        assert_eq!(read("application/x-www-form-urlencoded", "a+b=1%262"), (Some(form), None));
        assert_eq!(
            read("application/x-www-form-urlencoded", r#"{"a": 1}"#),
            (Some(json), Some("application/x-www-form-urlencoded".to_owned()))
        );
        assert_eq!(read("text/xml", "<a/>"), (Some(Body::Text(Expr::text("<a/>"))), Some("text/xml".to_owned())));
        let query = Body::Graphql("{ a }".to_owned(), vec![("x".to_owned(), Expr::Number("1".to_owned()))]);
        assert_eq!(read("application/json", r#"{"query": "{ a }", "variables": {"x": 1}}"#), (Some(query), None));
        let named = Body::Graphql("query Q { a }".to_owned(), Vec::new());
        assert_eq!(read("application/json", r#"{"operationName": "Q", "query": "query Q { a }", "variables": null}"#), (Some(named), None));
    }

    #[test]
    fn multipart_bodies_keep_fields_and_files() {
        let mut draft = Draft::default();
        let text = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x y.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--\r\n";
        let (read, _) = body(&mut draft, Some("multipart/form-data; boundary=B"), &Text::literal(text));
        let file = Expr::code(r#"file("data/x_y.txt", name: "x y.txt", type: "text/plain")"#);
        assert_eq!(read, Some(Body::Multipart(vec![("a".to_owned(), Expr::text("1")), ("f".to_owned(), file)])));
        assert_eq!(draft.files, [("data/x_y.txt".to_owned(), b"hello".to_vec())]);
    }

    #[test]
    fn holes_may_be_in_strings_or_replace_values_of_json() {
        let mut text = Text::literal(r#"{"a": "x-"#);
        text.hole("one");
        text.push(r#"", "b": "#);
        text.hole("two");
        text.push("}");
        let mut inner = Text::literal("x-");
        inner.hole("one");
        let expected = Expr::Map(vec![("a".to_owned(), Expr::Text(inner)), ("b".to_owned(), Expr::code("two"))]);
        assert_eq!(body(&mut Draft::default(), Some("application/json"), &text).0, Some(Body::Json(expected)));
    }
}
