//! Expressions and matchers, on one line if they fit.

use super::layout::WIDTH;
use super::text::{block, line, quoted, regex};
use crate::draft::{Expr, Matcher};
use crate::names::is_word;

/// The common form of expressions and matchers: a tree of items in brackets.
enum Shape {
    Leaf(String),
    /// The two brackets, and the items with the text before each.
    Items(&'static str, &'static str, Vec<(String, Shape)>),
}

/// An expression whose first line starts at `column`, and whose further lines are indented by at least `indent`.
pub(super) fn expr(expr: &Expr, indent: usize, column: usize) -> String {
    match expr {
        Expr::Text(text) if line(text).len() > 40 => block(text, indent + 2).unwrap_or_else(|| line(text)),
        _ => layout(&shape(expr), indent, column),
    }
}

/// An expression on one line.
pub fn inline(expr: &Expr) -> String {
    one_line(&shape(expr))
}

/// A matcher.
pub(super) fn matcher(matcher: &Matcher, indent: usize, column: usize) -> String {
    layout(&matcher_shape(matcher), indent, column)
}

/// `{ key: value }`; keys are unquoted if they are words.
pub(super) fn map(entries: &[(String, Expr)], indent: usize, column: usize) -> String {
    layout(&map_shape(entries), indent, column)
}

/// `{ "Header-Name": value }`
pub(super) fn headers(entries: &[(String, Expr)], indent: usize, column: usize) -> String {
    let items = entries.iter().map(|(key, value)| (format!("{}: ", quoted(key)), shape(value))).collect();
    layout(&Shape::Items("{", "}", items), indent, column)
}

/// `{ "Header-Name": matcher }`
pub(super) fn header_matchers(entries: &[(String, Matcher)], indent: usize, column: usize) -> String {
    let items = entries.iter().map(|(key, value)| (format!("{}: ", quoted(key)), matcher_shape(value))).collect();
    layout(&Shape::Items("{", "}", items), indent, column)
}

fn key(key: &str) -> String {
    if is_word(key) { key.to_owned() } else { quoted(key) }
}

fn map_shape(entries: &[(String, Expr)]) -> Shape {
    let item = |(name, value): &(String, Expr)| match value {
        // After a name in a map, a bracket would be read as an index.
        Expr::Code(code) if code == name && is_word(name) => (String::new(), Shape::Leaf(name.clone())),
        value => (format!("{}: ", key(name)), shape(value)),
    };
    Shape::Items("{", "}", entries.iter().map(item).collect())
}

fn shape(expr: &Expr) -> Shape {
    match expr {
        Expr::Null => Shape::Leaf("null".to_owned()),
        Expr::Absent => Shape::Leaf("absent".to_owned()),
        Expr::Bool(bool) => Shape::Leaf(bool.to_string()),
        Expr::Number(digits) | Expr::Code(digits) => Shape::Leaf(digits.clone()),
        Expr::Text(text) => Shape::Leaf(line(text)),
        Expr::List(items) => Shape::Items("[", "]", items.iter().map(|item| (String::new(), shape(item))).collect()),
        Expr::Map(entries) => map_shape(entries),
    }
}

fn matcher_shape(matcher: &Matcher) -> Shape {
    match matcher {
        Matcher::Value(expr) => shape(expr),
        Matcher::Compare(operator, expr) => Shape::Leaf(format!("{operator} {}", inline(expr))),
        Matcher::Regex { not, pattern } => Shape::Leaf(format!("{} {}", if *not { "!~" } else { "~" }, regex(pattern))),
        Matcher::Type(ty) => Shape::Leaf((*ty).to_owned()),
        Matcher::Any => Shape::Leaf("_".to_owned()),
        Matcher::Absent => Shape::Leaf("absent".to_owned()),
        Matcher::Either(options) => {
            Shape::Leaf(options.iter().map(|option| one_line(&matcher_shape(option))).collect::<Vec<_>>().join(" | "))
        }
        Matcher::Object(entries) => {
            Shape::Items("{", "}", entries.iter().map(|(name, value)| (format!("{}: ", key(name)), matcher_shape(value))).collect())
        }
        Matcher::List(items, open) => {
            let mut items: Vec<(String, Shape)> = items.iter().map(|item| (String::new(), matcher_shape(item))).collect();
            if *open {
                items.push((String::new(), Shape::Leaf("..".to_owned())));
            }
            Shape::Items("[", "]", items)
        }
        Matcher::Each(item) => match matcher_shape(item) {
            Shape::Leaf(text) => Shape::Leaf(format!("each {text}")),
            Shape::Items("{", close, items) => Shape::Items("each {", close, items),
            Shape::Items(_, close, items) => Shape::Items("each [", close, items),
        },
    }
}

fn one_line(shape: &Shape) -> String {
    match shape {
        Shape::Leaf(text) => text.clone(),
        Shape::Items(open, close, items) => {
            let inner = items.iter().map(|(before, item)| format!("{before}{}", one_line(item))).collect::<Vec<_>>().join(", ");
            match (inner.is_empty(), open.ends_with('{')) {
                (false, true) => format!("{open} {inner} {close}"),
                _ => format!("{open}{inner}{close}"),
            }
        }
    }
}

/// Prints a tree on one line if it fits. Otherwise it breaks the outermost bracket: short items of a list share lines, and each other item
/// has its own.
fn layout(shape: &Shape, indent: usize, column: usize) -> String {
    let flat = one_line(shape);
    let Shape::Items(open, close, items) = shape else { return flat };
    if column + flat.chars().count() <= WIDTH || items.is_empty() {
        return flat;
    }
    let inner = indent + 2;
    let margin = " ".repeat(inner);
    let mut out = (*open).to_owned();
    let fills = open.ends_with('[') && items.iter().all(|(_, item)| matches!(item, Shape::Leaf(text) if text.len() <= 30));
    let mut at = usize::MAX;
    for (number, (before, item)) in items.iter().enumerate() {
        let text = format!("{before}{}", layout(item, inner, inner + before.chars().count() + 1));
        // Nothing may follow the `..` of an open list, not even a comma.
        let comma = if number + 1 == items.len() && matches!(item, Shape::Leaf(text) if text == "..") { "" } else { "," };
        if fills && at.saturating_add(text.len() + 2) <= WIDTH {
            out.push(' ');
            at += text.len() + 2;
        } else {
            out.push('\n');
            out.push_str(&margin);
            at = inner + text.len() + 1;
        }
        out.push_str(&text);
        out.push_str(comma);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push_str(close);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_stay_on_a_line_until_it_is_full() {
        let short = Expr::Map(vec![("id".to_owned(), Expr::code("id")), ("odd key".to_owned(), Expr::Null)]);
        assert_eq!(expr(&short, 0, 0), r#"{ id, "odd key": null }"#);
        let long = Expr::Map(vec![
            ("a".to_owned(), Expr::text("x".repeat(60))),
            ("b".to_owned(), Expr::List((1..60).map(|n| Expr::Number(n.to_string())).collect())),
        ]);
        let written = expr(&long, 2, 10);
        assert!(written.starts_with("{\n    a: \"xxx") && written.ends_with("    ],\n  }"), "{written}");
        assert!(written.lines().all(|line| line.len() <= WIDTH), "{written}");
    }

    #[test]
    fn matchers_read_like_the_language() {
        let matched = Matcher::Object(vec![
            ("id".to_owned(), Matcher::Type("int")),
            ("tags".to_owned(), Matcher::List(vec![Matcher::Any], true)),
            (
                "all".to_owned(),
                Matcher::Each(Box::new(Matcher::Object(vec![("x".to_owned(), Matcher::Compare(">", Expr::Number("0".to_owned())))]))),
            ),
            (
                "s".to_owned(),
                Matcher::Either(vec![Matcher::Value(Expr::text("a")), Matcher::Regex { not: false, pattern: "^b/".to_owned() }]),
            ),
        ]);
        assert_eq!(matcher(&matched, 0, 0), r#"{ id: int, tags: [_, ..], all: each { x: > 0 }, s: "a" | ~ /^b\// }"#);
    }
}
