//! URLs as parts that a spec writes: origin, path and query.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use crate::draft::{Expr, Part, Text};

/// A URL whose parts may contain holes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// `https://example.org:8443`
    pub(crate) origin: Text,
    /// The segments of the path.
    pub(crate) path: Vec<Text>,
    /// The query, decoded.
    pub(crate) query: Vec<(String, Expr)>,
    /// The query as it was, if it cannot be written as keys and values.
    pub(crate) raw_query: Option<Text>,
    /// User and password before the host.
    pub(crate) user: Option<(Text, Text)>,
}

impl Target {
    /// Splits a URL into its parts. As in curl and browsers, the default scheme is `http`.
    pub(crate) fn new(url: &Text) -> Self {
        let marked = Marked::new(url);
        let mut rest = marked.text.as_str();
        rest = rest.split('#').next().unwrap_or_default();
        let (scheme, behind) = match rest.find("://") {
            Some(at) if rest[..at].chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char)) => {
                (rest[..at].to_ascii_lowercase() + "://", &rest[at + 3..])
            }
            _ if rest.starts_with(MARK) => (String::new(), rest),
            _ => ("http://".to_owned(), rest),
        };
        let (before, query) = behind.split_once('?').map_or((behind, None), |(before, query)| (before, Some(query)));
        let (authority, path) = before.split_at(before.find('/').unwrap_or(before.len()));
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let host = default_port(&scheme, &host.to_ascii_lowercase());
        let mut out = Self { origin: marked.restore(&format!("{scheme}{host}")), ..Self::default() };
        out.user = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            let part = |part: &str| marked.restore(&decode(part).unwrap_or_else(|| part.to_owned()));
            (part(name), part(password))
        });
        out.path = path.strip_prefix('/').unwrap_or(path).split('/').map(|segment| marked.restore(segment)).collect();
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            match pairs(query) {
                Some(pairs) => out.query = pairs.into_iter().map(|(key, values)| (key, marked.values(values))).collect(),
                None => out.raw_query = Some(marked.restore(query)),
            }
        }
        out
    }
}

/// Removes a port that is the default of its scheme.
fn default_port(scheme: &str, host: &str) -> String {
    let port = match scheme {
        "http://" => ":80",
        "https://" => ":443",
        _ => return host.to_owned(),
    };
    host.strip_suffix(port).unwrap_or(host).to_owned()
}

/// Keys with their decoded values; `None` if a map of them would be sent differently.
pub(super) fn pairs(query: &str) -> Option<Vec<(String, Vec<String>)>> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    let mut known = HashSet::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=')?;
        let key = decode(&key.replace('+', " "))?;
        let value = decode(&value.replace('+', " "))?;
        if key.is_empty() || key.contains(MARK) {
            return None;
        }
        if let Some((_, values)) = out.last_mut().filter(|(last, _)| *last == key) {
            values.push(value);
        } else if known.insert(key.clone()) {
            out.push((key, vec![value]));
        } else {
            return None;
        }
    }
    Some(out)
}

/// Percent-decoded text, if it is UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

/// Whether a text is known and consists of characters that no encoding changes.
pub(crate) fn is_unreserved(text: &Text) -> bool {
    text.as_literal().is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)))
}

/// Replaces a hole while the text around it is split.
pub(super) const MARK: char = '\u{f8ff}';

/// A text in which marks replace the holes.
pub(super) struct Marked {
    pub(super) text: String,
    pub(super) holes: Vec<String>,
}

impl Marked {
    pub(super) fn new(text: &Text) -> Self {
        let mut out = Self { text: String::new(), holes: Vec::new() };
        for part in &text.parts {
            match part {
                Part::Literal(literal) => out.text.push_str(&literal.replace(MARK, "")),
                Part::Hole(code) => {
                    out.text.push(MARK);
                    out.text.push_str(&out.holes.len().to_string());
                    out.text.push(MARK);
                    out.holes.push(code.clone());
                }
            }
        }
        out
    }

    pub(super) fn restore(&self, text: &str) -> Text {
        let mark = MARK.to_string();
        Text::template(text, &mark, &mark, |number| self.holes.get(number.parse::<usize>().ok()?).cloned())
    }

    pub(super) fn values(&self, values: Vec<String>) -> Expr {
        let mut values: Vec<Expr> = values.iter().map(|value| Expr::from(self.restore(value))).collect();
        if values.len() == 1 { values.remove(0) } else { Expr::List(values) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_origin_path_and_query() {
        let target = Target::new(&Text::literal("HTTPS://u:p%40@Example.org:443/a%20b/c?q=x+y&tag=1&tag=2#f"));
        assert_eq!(target.origin, Text::literal("https://example.org"));
        assert_eq!(target.user, Some((Text::literal("u"), Text::literal("p@"))));
        assert_eq!(target.path, [Text::literal("a%20b"), Text::literal("c")]);
        let tags = Expr::List(vec![Expr::text("1"), Expr::text("2")]);
        assert_eq!(target.query, [("q".to_owned(), Expr::text("x y")), ("tag".to_owned(), tags)]);
        let raw = Target::new(&Text::literal("example.org?flag&a=1"));
        assert_eq!((raw.origin, raw.raw_query), (Text::literal("http://example.org"), Some(Text::literal("flag&a=1"))));
    }

    #[test]
    fn holes_of_a_url_are_kept() {
        let mut url = Text::default();
        url.hole("env.base");
        url.push("/items/");
        url.hole("id");
        let target = Target::new(&url);
        assert_eq!(target.origin.parts, [Part::Hole("env.base".to_owned())]);
        assert_eq!(target.path[1].parts, [Part::Hole("id".to_owned())]);
    }
}
