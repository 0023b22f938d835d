//! Values for bodies and parameters: the document's own examples, or else values that the schema allows.

use super::refs::{At, Files};
use super::view::View;
use crate::document::{Node, Value};
use crate::draft::Expr;
use crate::words;

/// The deepest nesting of schemas; deeper ones are left out if they are optional.
const DEPTH_MAX: usize = 8;
/// The most members of an object without required members.
const OPTIONAL_MAX: usize = 12;
/// The most parts of a value. Objects that require further objects could otherwise grow too large to read.
const PARTS_MAX: usize = 400;
/// The longest text, even if a schema requires a longer one.
const LENGTH_MAX: usize = 256;

/// A sample value for the schema `at` and the name `name`.
pub(super) fn sample(files: &Files, at: At<'_>, name: &str) -> Expr {
    Sampler { files, open: Vec::new(), parts: 0 }.of(at, name)
}

struct Sampler<'a> {
    files: &'a Files,
    /// The enclosing schemas: a recursive schema ends at its own repetition.
    open: Vec<At<'a>>,
    /// The number of parts so far.
    parts: usize,
}

impl<'a> Sampler<'a> {
    fn of(&mut self, at: At<'a>, name: &str) -> Expr {
        let Some(at) = self.files.resolve(at) else { return Expr::Null };
        let Some(view) = View::of(self.files, at) else { return Expr::Null };
        self.parts += 1;
        let given = view.example.or(view.constant).or(view.default).filter(|node| fits(node, view.kind()));
        if let Some(given) = given {
            return literal(given);
        }
        if let Some(choice) = view.choices.iter().find(|choice| choice.value != Value::Null) {
            return literal(choice);
        }
        self.open.push(at);
        let value = self.generated(&view, name);
        self.open.pop();
        value
    }

    fn generated(&mut self, view: &View<'a>, name: &str) -> Expr {
        match view.kind() {
            "" if !view.alternatives.is_empty() => self.alternative(view, name),
            "object" => self.object(view, name),
            "array" => Expr::List(self.items(view, name)),
            "integer" => Expr::number(&integer(view)),
            "number" => Expr::number(&number(view)),
            "boolean" => Expr::Bool(true),
            "null" => Expr::Null,
            "" if view.nullable => Expr::Null,
            "" => Expr::Map(Vec::new()),
            _ => text(view, name),
        }
    }

    /// The first alternative that does not enclose this one.
    fn alternative(&mut self, view: &View<'a>, name: &str) -> Expr {
        let open = |at: &At<'a>| self.open.iter().any(|open| open.is(*at));
        let Some(chosen) = view.alternatives.iter().copied().find(|at| !open(at)) else { return Expr::Null };
        self.of(chosen, name)
    }

    fn items(&mut self, view: &View<'a>, name: &str) -> Vec<Expr> {
        let Some(items) = view.items else { return Vec::new() };
        if self.closes(items) {
            return Vec::new();
        }
        let one = self.of(items, &words::singular(name));
        vec![one; view.items_min.clamp(1, 5)]
    }

    /// Whether `at` would repeat an enclosing schema, or nest too deep.
    fn closes(&self, at: At<'a>) -> bool {
        self.open.len() > DEPTH_MAX
            || self.parts > PARTS_MAX
            || self.files.resolve(at).is_none_or(|at| self.open.iter().any(|open| open.is(at)))
    }

    fn object(&mut self, view: &View<'a>, name: &str) -> Expr {
        let mut members = Vec::new();
        let all = !view.properties.keys().any(|key| view.required.contains(key));
        for (&key, &at) in &view.properties {
            let required = view.required.contains(&key);
            let Some(property) = View::of(self.files, at) else { continue };
            let wanted = required || property.example.is_some() || all && self.open.len() <= 2 && members.len() < OPTIONAL_MAX;
            if property.read_only || !wanted || !required && self.closes(at) {
                continue;
            }
            let value = if self.closes(at) { empty(&property) } else { self.of(at, key) };
            members.push((key.to_owned(), value));
        }
        // `oneOf` next to properties: the first alternative adds its own properties.
        let open = |at: &At<'a>| self.open.iter().any(|open| open.is(*at));
        if let Some(chosen) = view.alternatives.iter().copied().find(|at| !open(at))
            && let Expr::Map(more) = self.of(chosen, name)
        {
            for (key, value) in more {
                match members.iter_mut().find(|(known, _)| *known == key) {
                    Some(member) => member.1 = value,
                    None => members.push((key, value)),
                }
            }
        }
        Expr::Map(members)
    }
}

/// The smallest value of the same kind as a recursive schema.
fn empty(view: &View<'_>) -> Expr {
    match view.kind() {
        "array" => Expr::List(Vec::new()),
        "object" => Expr::Map(Vec::new()),
        _ => Expr::Null,
    }
}

/// Whether an example has the kind of its schema: documents often give `"3"` for an integer.
fn fits(node: &Node, kind: &str) -> bool {
    match (&node.value, kind) {
        (_, "") | (Value::Map(_), "object") | (Value::List(_), "array") | (Value::Bool(_), "boolean") => true,
        (Value::Number(text), "integer") => !text.contains(['.', 'e', 'E']),
        (Value::Number(_), "number") | (Value::Text(_), "string") => true,
        _ => false,
    }
}

/// Converts a value of the document.
pub(super) fn literal(node: &Node) -> Expr {
    match &node.value {
        Value::Null => Expr::Null,
        Value::Bool(flag) => Expr::Bool(*flag),
        Value::Number(text) => Expr::number(text),
        Value::Text(text) => Expr::text(text),
        Value::List(items) => Expr::List(items.iter().map(literal).collect()),
        Value::Map(entries) => Expr::Map(entries.iter().map(|(key, node)| (key.clone(), literal(node))).collect()),
    }
}

fn integer(view: &View<'_>) -> String {
    let least = view.minimum.map_or(1.0, |least| if view.above_minimum { least.floor() + 1.0 } else { least.ceil() });
    let value = if least > 1.0 || view.maximum.is_some_and(|most| most < 1.0) { least.min(view.maximum.unwrap_or(least)) } else { 1.0 };
    format!("{value:.0}")
}

fn number(view: &View<'_>) -> String {
    let value = match (view.minimum, view.maximum) {
        (Some(least), Some(most)) if !(least..=most).contains(&1.5) => (least + most) / 2.0,
        (Some(least), None) if least >= 1.5 => least + 1.0,
        (None, Some(most)) if most < 1.5 => most,
        _ => 1.5,
    };
    if value.abs() < 1e15 { format!("{value:?}") } else { format!("{value:.1}") }
}

fn text(view: &View<'_>, name: &str) -> Expr {
    if let Some(value) = view.pattern.and_then(matching) {
        return Expr::text(value);
    }
    let fits = |call: &'static str| view.length_max.is_none_or(|most| most >= 40).then_some(Expr::code(call));
    let by_format = match view.format.unwrap_or_default() {
        "uuid" => Some(Expr::code("uuid()")),
        "date-time" => Some(Expr::code("format_time(now(), \"%Y-%m-%dT%H:%M:%SZ\")")),
        "date" => Some(Expr::code("format_time(now(), \"%Y-%m-%d\")")),
        "time" => Some(Expr::text("12:00:00Z")),
        "duration" => Some(Expr::text("PT1H")),
        "email" => fits("fake.email()"),
        "uri" | "url" | "uri-reference" => fits("fake.url()"),
        "hostname" => fits("fake.domain()"),
        "ipv4" => Some(Expr::code("fake.ipv4()")),
        "ipv6" => Some(Expr::code("fake.ipv6()")),
        "password" => fits("fake.password()"),
        "byte" => Some(Expr::text("bHRj")),
        _ => None,
    };
    if let Some(value) = by_format.or_else(|| words::fake(name).and_then(fits)) {
        return value;
    }
    let mut value = if name.is_empty() { "text".to_owned() } else { name.to_owned() };
    while value.chars().count() < view.length_min.min(LENGTH_MAX) {
        value.push('x');
    }
    if let Some(most) = view.length_max {
        value = value.chars().take(most).collect();
    }
    Expr::text(value)
}

/// A short text that matches a pattern; `None` for patterns that the `regex` crate does not support.
fn matching(pattern: &str) -> Option<String> {
    let mut text = String::new();
    shortest(&regex_syntax::parse(pattern).ok()?, &mut text)?;
    // Assertions such as `\b` may require more than the generated text has.
    regex::Regex::new(pattern).ok()?.is_match(&text).then_some(text)
}

fn shortest(pattern: &regex_syntax::hir::Hir, text: &mut String) -> Option<()> {
    use regex_syntax::hir::{Class, HirKind};
    if text.len() > LENGTH_MAX {
        return None;
    }
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let has = |c: char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
            let readable = ['a', 'A', '1', '0', '-', '_', ' '].into_iter().find(|c| has(*c));
            text.push(readable.or_else(|| class.ranges().first().map(|range| range.start()))?);
        }
        HirKind::Class(Class::Bytes(class)) => text.push(char::from(class.ranges().first()?.start())),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                shortest(&repetition.sub, text)?;
            }
        }
        HirKind::Capture(capture) => shortest(&capture.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| shortest(part, text))?,
        HirKind::Alternation(parts) => shortest(parts.first()?, text)?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document;

    fn of(schema: &str) -> Expr {
        let files = Files::read(Path::new("a.yaml"), document::parse(schema).unwrap());
        sample(&files, files.root(), "code")
    }

    fn text(text: &str) -> Expr {
        Expr::text(text)
    }

    #[test]
    fn a_sample_keeps_the_limits_of_its_schema() {
        assert_eq!(of("{type: integer, minimum: 10}"), Expr::number("10"));
        assert_eq!(of("{type: integer, exclusiveMinimum: 10}"), Expr::number("11"));
        assert_eq!(of("{type: integer, maximum: -3}"), Expr::number("-3"));
        assert_eq!(of("{type: number, minimum: 0, maximum: 1}"), Expr::number("0.5"));
        assert_eq!(of("{type: string, minLength: 6}"), text("codexx"));
        assert_eq!(of("{type: string, maxLength: 2}"), text("co"));
        assert_eq!(of("{type: string, pattern: '^[A-Z]{3}-\\d+$'}"), text("AAA-1"));
        assert_eq!(of("{type: string, enum: [open, done]}"), text("open"));
        assert_eq!(of("{type: integer, example: '12'}"), Expr::number("1"));
        assert_eq!(of("{type: array, minItems: 2, items: {type: boolean}}"), Expr::List(vec![Expr::Bool(true); 2]));
    }

    #[test]
    fn recursive_schema_ends_at_its_own_repetition() {
        let schema = "{type: object, required: [name, self], properties: {name: {type: string}, self: {$ref: '#'}, more: {$ref: '#'}}}";
        let expected = [("name".to_owned(), Expr::code("fake.name()")), ("self".to_owned(), Expr::Map(Vec::new()))];
        assert_eq!(of(schema), Expr::Map(expected.into()));
    }

    #[test]
    fn value_stays_small_even_if_its_schema_requires_many_members() {
        let level = |number: usize| {
            let members = (0..10).map(|n| format!("p{n}: {{$ref: '#/s/l{}'}}", number + 1)).collect::<Vec<_>>().join(", ");
            let required = (0..10).map(|n| format!("p{n}")).collect::<Vec<_>>().join(", ");
            format!("  l{number}: {{type: object, required: [{required}], properties: {{{members}}}}}\n")
        };
        let schema = format!("$ref: '#/s/l0'\ns:\n{}  l20: {{type: string}}\n", (0..20).map(level).collect::<String>());
        assert!(format!("{:?}", of(&schema)).len() < 200_000);
    }

    #[test]
    fn merged_and_alternative_schemas_give_one_object() {
        let schema = "{allOf: [{type: object, required: [a], properties: {a: {type: string}}}, {required: [b], properties: {b: {type: boolean}}}], \
            oneOf: [{properties: {c: {type: string, example: x}}}, {properties: {d: {type: string}}}]}";
        let expected = [("a".to_owned(), text("a")), ("b".to_owned(), Expr::Bool(true)), ("c".to_owned(), text("x"))];
        assert_eq!(of(schema), Expr::Map(expected.into()));
    }
}
