//! URLs: the base of an api, and the path of a request.

use percent_encoding::percent_decode_str;

use super::collection::{Pair, Url, outside};
use super::variables::{Piece, Variables, pieces};
use crate::draft::{Expr, Path, Text};

/// Splits a URL into the part before its path, as a template, and the rest. A URL without a scheme has `http`.
pub(super) fn base(url: &Url) -> (String, String) {
    let address = url.address.trim();
    // Browsers read backslashes as slashes.
    let address = if address.contains("://") { address.to_owned() } else { address.replace('\\', "/") };
    let scheme = outside(&address, ':').filter(|at| address[*at..].starts_with("://"));
    let from = scheme.map_or(0, |at| at + 3);
    let end = outside(&address[from..], '/').map_or(address.len(), |at| from + at);
    let (base, path) = address.split_at(end);
    let base = if from > 0 || base.starts_with("{{") { base.to_owned() } else { format!("http://{base}") };
    (base, path.to_owned())
}

/// A base without the user and the password in it.
pub(super) fn credentials(base: &str) -> (String, Option<(String, String)>) {
    let from = outside(base, ':').filter(|at| base[*at..].starts_with("://")).map_or(0, |at| at + 3);
    let Some(at) = last_outside(&base[from..], '@') else { return (base.to_owned(), None) };
    let (user, password) = base[from..from + at].split_once(':').unwrap_or((&base[from..from + at], ""));
    (format!("{}{}", &base[..from], &base[from + at + 1..]), Some((user.to_owned(), password.to_owned())))
}

/// Whether a base contains a host, whatever its variables are.
pub(super) fn has_host(base: &str) -> bool {
    let text: String = pieces(base).into_iter().map(|piece| if let Piece::Text(text) = piece { text } else { "1".to_owned() }).collect();
    if base.starts_with("{{") {
        return true;
    }
    ::url::Url::parse(&text).is_ok_and(|url| url.has_host() && matches!(url.scheme(), "http" | "https"))
}

/// The last `mark` outside of variables.
fn last_outside(text: &str, mark: char) -> Option<usize> {
    let mut last = None;
    let mut from = 0;
    while let Some(at) = outside(&text[from..], mark) {
        last = Some(from + at);
        from += at + mark.len_utf8();
    }
    last
}

/// A path. Its query is a part of it if it cannot be a map; otherwise the query's entries are returned separately.
pub(super) fn path(url: &Url, path: &str, variables: &mut Variables) -> (Path, Vec<(String, Expr)>) {
    let mut text = Text::default();
    let path = if path.starts_with('/') { path } else { "" };
    for (number, segment) in segments(path).into_iter().enumerate() {
        if number > 0 {
            text.push("/");
        }
        match segment.strip_prefix(':').filter(|name| !name.is_empty()) {
            Some(name) => named(name, url, variables, &mut text),
            None => append(segment, variables, &mut text),
        }
    }
    let is_map =
        url.query.iter().all(|pair| pair.value.is_some() && !pair.key.is_empty() && !has_variable(&pair.key) && !pair.text().contains('+'));
    if text.parts.is_empty() && (is_map || url.query.is_empty()) {
        // The URL is the base itself, which may have a path.
        return (Path::Reference(text), query(&url.query, variables));
    }
    if is_map {
        return (Path::Template(text), query(&url.query, variables));
    }
    for (number, pair) in url.query.iter().enumerate() {
        text.push(if number == 0 { "?" } else { "&" });
        append(&pair.key, variables, &mut text);
        if let Some(value) = &pair.value {
            text.push("=");
            append(value, variables, &mut text);
        }
    }
    if !matches!(text.parts.first(), Some(crate::draft::Part::Literal(start)) if start.starts_with('/')) {
        let mut whole = Text::literal("/");
        whole.append(text);
        text = whole;
    }
    (Path::Template(text), Vec::new())
}

/// The segments of a path, between the slashes outside of variables.
fn segments(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some(at) = outside(rest, '/') {
        parts.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    parts.push(rest);
    parts
}

/// Adds `:id` in a path: its value, or the variable with that name.
fn named(name: &str, url: &Url, variables: &mut Variables, text: &mut Text) {
    // The name may be followed by other text: `:id.json`.
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(name.len());
    let known = |name: &str| url.variables.iter().find(|pair| pair.key == name);
    let (name, after) = if known(name).is_some() { (name, "") } else { name.split_at(end) };
    match known(name).map(Pair::text).filter(|value| !value.is_empty()) {
        Some(value) => append(value, variables, text),
        None if name.is_empty() => text.push(":"),
        None => text.hole(variables.reading(name).code()),
    }
    append(after, variables, text);
}

fn append(template: &str, variables: &mut Variables, text: &mut Text) {
    for piece in pieces(template) {
        match piece {
            Piece::Text(part) => text.push(&encoded(&part)),
            Piece::Variable(name) => text.hole(variables.reading(&name).code()),
        }
    }
}

/// Encodes characters that are not allowed in a URL; encoded text stays.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c) {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    out
}

fn has_variable(template: &str) -> bool {
    pieces(template).iter().any(|piece| matches!(piece, Piece::Variable(_)))
}

fn query(pairs: &[Pair], variables: &mut Variables) -> Vec<(String, Expr)> {
    let mut query = Vec::new();
    for pair in pairs {
        // The language encodes values when it sends them.
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), |text| text.into_owned());
        let value = variables.any(&decoded(pair.text()));
        super::body::add(&mut query, &decoded(&pair.key), value);
    }
    query
}

/// A short name for an api from its base: the variable, or the host without its domain.
pub(super) fn label(base: &str) -> String {
    match pieces(base).into_iter().next() {
        Some(Piece::Variable(key)) => key.to_lowercase().replace("base", "").replace("url", ""),
        _ => {
            let host = base.split("://").nth(1).unwrap_or(base);
            host.split(['.', ':']).find(|part| !["www", "api"].contains(part) && !part.is_empty()).unwrap_or(host).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::write::inline;

    fn read(raw: &str) -> (String, String, String) {
        let mut variables = Variables::new("shop", IndexMap::new());
        let url = Url { variables: vec![Pair::new("id", "{{petId}}".to_owned())], ..Url::of(raw) };
        let (base, rest) = base(&url);
        let (path, query) = path(&url, &rest, &mut variables);
        let (Path::Template(text) | Path::Reference(text)) = path;
        (base, inline(&Expr::Text(text)), inline(&Expr::Map(query)))
    }

    #[test]
    fn a_scheme_and_credentials_are_found_outside_of_variables() {
        let url = Url::of("{{p://}}://{{@}}:{{#}}@{{h.a}}/x");
        let (base, path) = base(&url);
        assert_eq!((base.as_str(), path.as_str()), ("{{p://}}://{{@}}:{{#}}@{{h.a}}", "/x"));
        assert_eq!(credentials(&base), ("{{p://}}://{{h.a}}".to_owned(), Some(("{{@}}".to_owned(), "{{#}}".to_owned()))));
    }

    #[test]
    fn urls_have_a_base_a_path_and_a_query() {
        let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            read("{{url}}/pets/:id?a=b%20c&a={{x}}"),
            three("{{url}}", "\"/pets/{env.shop.pet_id}\"", "{ a: [\"b c\", env.shop.x] }")
        );
        assert_eq!(read("https://a.example.com"), three("https://a.example.com", "\"\"", "{}"));
        assert_eq!(read("a.example.com/x?foo&b=1+2#f"), three("http://a.example.com", "\"/x?foo&b=1+2\"", "{}"));
        assert_eq!(read("{{host}}{{port}}/é/{{a/b}}"), three("{{host}}{{port}}", "\"/%C3%A9/{env.shop.a_b}\"", "{}"));
    }
}
