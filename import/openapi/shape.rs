//! Converts the schema of a response to a matcher of `expect json`.

use super::refs::{At, Files};
use super::sample::literal;
use super::view::View;
use crate::document::Value;
use crate::draft::{Expr, Matcher};

/// The deepest members that an expectation names. Deeper ones make it hard to read.
const DEPTH_MAX: usize = 3;
/// The most members of one object in an expectation.
const MEMBERS_MAX: usize = 16;
/// The most members of an expectation.
const ALL_MEMBERS_MAX: usize = 80;
/// The longest enumeration; longer ones become `string`.
const CHOICES_MAX: usize = 6;

/// The matcher for a response with the schema `at`; `None` if the schema promises nothing.
pub(super) fn shape(files: &Files, at: At<'_>) -> Option<Matcher> {
    let shape = of(files, at, 0);
    // If a pattern is too long, a shallower one is used.
    let depths = (1..DEPTH_MAX).rev().map(|levels| of(files, at, DEPTH_MAX - levels));
    let shape = std::iter::once(shape).chain(depths).find(|shape| members(shape) <= ALL_MEMBERS_MAX)?;
    (shape != Matcher::Any).then_some(shape)
}

fn of(files: &Files, at: At<'_>, depth: usize) -> Matcher {
    let Some(view) = View::of(files, at) else { return Matcher::Any };
    let shape = not_null(files, &view, depth);
    match shape {
        Matcher::Any => Matcher::Any,
        Matcher::Either(mut some) if view.nullable => {
            some.push(Matcher::Value(Expr::Null));
            Matcher::Either(some)
        }
        shape if view.nullable && shape != Matcher::Value(Expr::Null) => Matcher::Either(vec![shape, Matcher::Value(Expr::Null)]),
        shape => shape,
    }
}

/// The number of members in a pattern.
fn members(matcher: &Matcher) -> usize {
    match matcher {
        Matcher::Object(entries) => entries.iter().map(|(_, matcher)| 1 + members(matcher)).sum(),
        Matcher::Each(matcher) => members(matcher),
        Matcher::Either(some) | Matcher::List(some, _) => some.iter().map(members).sum(),
        _ => 0,
    }
}

fn not_null(files: &Files, view: &View<'_>, depth: usize) -> Matcher {
    if view.types.len() > 1 {
        return union(view.types.iter().map(|kind| word(kind)).collect());
    }
    if let Some(constant) = view.constant {
        return Matcher::Value(literal(constant));
    }
    if view.kind() == "string" && !view.choices.is_empty() && view.choices.len() <= CHOICES_MAX {
        let texts: Vec<_> =
            view.choices.iter().filter(|choice| matches!(choice.value, Value::Text(_))).map(literal).map(Matcher::Value).collect();
        return union(texts);
    }
    match view.kind() {
        "array" => match view.items.filter(|_| depth < DEPTH_MAX).map(|items| of(files, items, depth + 1)) {
            Some(Matcher::Any | Matcher::Either(_)) | None => Matcher::Type("list"),
            Some(item) => Matcher::Each(Box::new(item)),
        },
        "object" => object(files, view, depth),
        "" if !view.alternatives.is_empty() => alternatives(files, view, depth),
        kind => word(kind),
    }
}

fn word(kind: &str) -> Matcher {
    match kind {
        "integer" => Matcher::Type("int"),
        "number" => Matcher::Type("number"),
        "string" => Matcher::Type("string"),
        "boolean" => Matcher::Type("bool"),
        "array" => Matcher::Type("list"),
        "object" => Matcher::Type("object"),
        "null" => Matcher::Value(Expr::Null),
        _ => Matcher::Any,
    }
}

/// Expects only the required members, because a missing optional one is not a failure.
fn object(files: &Files, view: &View<'_>, depth: usize) -> Matcher {
    if depth >= DEPTH_MAX {
        return Matcher::Type("object");
    }
    let mut members = Vec::new();
    for &name in view.required.iter().take(MEMBERS_MAX) {
        let shape = match view.properties.get(name) {
            Some(at) if files.resolve(*at).is_some_and(|at| at.node.flag("writeOnly")) => continue,
            Some(at) => of(files, *at, depth + 1),
            None => Matcher::Any,
        };
        members.push((name.to_owned(), shape));
    }
    if members.is_empty() { Matcher::Type("object") } else { Matcher::Object(members) }
}

/// The common part of all alternatives.
fn alternatives(files: &Files, view: &View<'_>, depth: usize) -> Matcher {
    let shapes: Vec<Matcher> = view.alternatives.iter().map(|at| of(files, *at, depth.max(DEPTH_MAX - 1))).collect();
    if shapes.contains(&Matcher::Any) {
        return Matcher::Any;
    }
    if shapes.iter().all(|shape| matches!(shape, Matcher::Object(_) | Matcher::Type("object"))) {
        return Matcher::Type("object");
    }
    if shapes.iter().all(|shape| matches!(shape, Matcher::Each(_) | Matcher::Type("list"))) {
        return Matcher::Type("list");
    }
    let plain = |shape: Matcher| match shape {
        Matcher::Object(_) => Matcher::Type("object"),
        Matcher::Each(_) => Matcher::Type("list"),
        other => other,
    };
    union(shapes.into_iter().map(plain).collect())
}

fn union(shapes: Vec<Matcher>) -> Matcher {
    let mut different: Vec<Matcher> = Vec::new();
    for shape in shapes.into_iter().flat_map(|shape| if let Matcher::Either(some) = shape { some } else { vec![shape] }) {
        if !different.contains(&shape) {
            different.push(shape);
        }
    }
    match different.len() {
        0 => Matcher::Any,
        1 => different.remove(0),
        _ if different.contains(&Matcher::Any) => Matcher::Any,
        _ => Matcher::Either(different),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document;

    fn of(schema: &str) -> Option<Matcher> {
        let files = Files::read(Path::new("a.yaml"), document::parse(schema).unwrap());
        shape(&files, files.root())
    }

    #[test]
    fn only_required_members_are_expected() {
        let schema = "{type: object, required: [id, tags], properties: {id: {type: integer}, tags: {type: array, items: {type: string, nullable: true}}, \
            note: {type: string}}}";
        let expected = [("id".to_owned(), Matcher::Type("int")), ("tags".to_owned(), Matcher::Type("list"))];
        assert_eq!(of(schema), Some(Matcher::Object(expected.into())));
        assert_eq!(of("{type: object, properties: {a: {type: string}}}"), Some(Matcher::Type("object")));
    }

    #[test]
    fn nullable_and_alternative_values_are_unions() {
        let word = |word| if word == "null" { Matcher::Value(Expr::Null) } else { Matcher::Type(word) };
        let either = |a, b| Some(Matcher::Either(vec![word(a), word(b)]));
        assert_eq!(of("{type: [string, 'null']}"), either("string", "null"));
        assert_eq!(of("{type: string, nullable: true}"), either("string", "null"));
        assert_eq!(of("{anyOf: [{type: string}, {type: integer}]}"), either("string", "int"));
        assert_eq!(of("{oneOf: [{type: object, required: [a]}, {type: object}]}"), Some(Matcher::Type("object")));
        assert_eq!(of("{}"), None);
    }

    #[test]
    fn a_recursive_schema_ends() {
        let schema = "{type: object, required: [next], properties: {next: {$ref: '#'}}}";
        let Some(Matcher::Object(members)) = of(schema) else { panic!("no map") };
        assert!(matches!(&members[0].1, Matcher::Object(_)));
    }
}
