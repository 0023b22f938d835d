//! Converts functions and comprehensions on lists of responses to JSONPaths: `items.filter(item => item.ok).map(item => item.id)`,
//! `[item["id"] for item in items if item["ok"]]`.

use super::Run;
use super::calls::Arguments;
use super::value::{Code, OPEN, Shape, Ty, Value, What};
use crate::code::Each;
use crate::draft::{Segment, Source};
use crate::names::is_word;
use crate::write::quoted;

impl Run<'_> {
    /// `list.map(f)`, `list.filter(f)`, `list.find(f)` of a list in a response.
    pub(super) fn queried(&mut self, list: &Code, name: &str, arguments: &Arguments) -> Option<Value> {
        let origin = self.origins.get_index(list.mark()?)?.clone();
        let (path, is_query) = json_path(&origin.what)?;
        if name == "filter" && matches!(arguments.at(0), Value::Native(path) if &*path == "Boolean") {
            return Some(Value::Code(list.clone()));
        }
        let of_item = self.apply(&arguments.at(0), Arguments::new(vec![Value::code("@", Ty::Any)]));
        let query = match name {
            "map" => format!("{path}{}{}", if is_query { "" } else { "[*]" }, self.member_of_item(&of_item)?),
            _ if is_query => return None,
            _ => format!("{path}[?{}]", self.filter(&of_item)?),
        };
        let found = self.source_of(&origin.steps, Source::code(format!("json {}", quoted(&query))), Ty::List);
        if name == "find" { Some(self.function("first", &[found], Ty::Any)) } else { Some(found) }
    }

    /// `[item["id"] for item in list if item["ok"]]`
    pub(super) fn queried_each(&mut self, list: &Value, each: &Each) -> Option<Value> {
        let Value::Code(list) = list else { return None };
        let origin = self.origins.get_index(list.mark()?)?.clone();
        let (path, is_query) = json_path(&origin.what)?;
        if each.key.is_some() || is_query && !each.conditions.is_empty() {
            return None;
        }
        let (filters, member) = self.muted(|run| {
            run.bind(&each.binding, Value::code("@", Ty::Any));
            let mut filters = Vec::new();
            for condition in &each.conditions {
                let condition = run.eval(condition);
                filters.push(run.filter(&condition)?);
            }
            let item = run.eval(&each.item);
            Some((filters, run.member_of_item(&item)?))
        })?;
        let items = match (is_query, filters.as_slice()) {
            (true, _) => String::new(),
            (false, []) => "[*]".to_owned(),
            (false, [only]) => format!("[?{only}]"),
            (false, all) => {
                let side = |filter: &String| if filter.contains(" || ") { format!("({filter})") } else { filter.clone() };
                format!("[?{}]", all.iter().map(side).collect::<Vec<_>>().join(" && "))
            }
        };
        Some(self.source_of(&origin.steps, Source::code(format!("json {}", quoted(&format!("{path}{items}{member}")))), Ty::List))
    }

    /// `any(flags)`, `all(flags)`
    pub(super) fn any_or_all(&mut self, name: &str, flags: &Value) -> Value {
        match flags {
            Value::List(items) => {
                let items = items.borrow().clone();
                let mut whole: Option<Value> = None;
                for one in &items {
                    whole = match whole {
                        Some(before) => match self.joint(if name == "all" { "and" } else { "or" }, &before, one) {
                            Some(joint) => Some(joint),
                            None => return Value::unknown(name),
                        },
                        None => Some(one.clone()),
                    };
                }
                whole.unwrap_or_else(|| Value::bool(name == "all"))
            }
            Value::Code(code) if code.ty == Ty::List => {
                let text = match name {
                    "all" => format!("not contains({}, false)", code.text),
                    _ => format!("contains({}, true)", code.text),
                };
                Value::Code(Code { atom: false, ..Code::new(text, Ty::Bool) })
            }
            _ => Value::unknown(name),
        }
    }

    /// The path of a member of an item, `@.a.b`, without the item.
    fn member_of_item(&mut self, item: &Value) -> Option<String> {
        let code = plain_members(&self.code(item)?.text);
        code.strip_prefix('@').filter(|member| member.is_empty() || is_path(member)).map(str::to_owned)
    }

    /// The filter of a JSONPath for a condition on an item.
    fn filter(&mut self, condition: &Value) -> Option<String> {
        match condition.shape().cloned() {
            Some(Shape::And(left, right)) => return Some(format!("{} && {}", self.side_of_filter(&left)?, self.side_of_filter(&right)?)),
            Some(Shape::Or(left, right)) => return Some(format!("{} || {}", self.filter(&left)?, self.filter(&right)?)),
            Some(Shape::Not(inner)) => return Some(format!("!({})", self.filter(&inner)?)),
            _ => {}
        }
        let found = filter(&plain_members(&self.condition(condition)?))?;
        // A member that is only tested for whether it is set may be false.
        let is_plain = matches!(condition, Value::Code(code) if code.shape.is_none() && code.ty == Ty::Any);
        match found.strip_suffix(" != null").filter(|_| is_plain) {
            Some(member) => Some(format!("{found} && {member} != false")),
            None => Some(found),
        }
    }

    fn side_of_filter(&mut self, side: &Value) -> Option<String> {
        let text = self.filter(side)?;
        Some(if text.contains(" || ") { format!("({text})") } else { text })
    }
}

/// `@["a"]["b"]` as `@.a.b`.
fn plain_members(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("[\"") {
        let behind = &rest[at + 2..];
        match behind.find("\"]") {
            Some(end) if is_word(&behind[..end]) => {
                out.push_str(&format!("{}.{}", &rest[..at], &behind[..end]));
                rest = &behind[end + 2..];
            }
            _ => {
                out.push_str(&rest[..at + 2]);
                rest = behind;
            }
        }
    }
    out + rest
}

/// The JSONPath of a value, and whether it may match several.
fn json_path(what: &What) -> Option<(String, bool)> {
    match what {
        What::Json(path) => {
            let mut out = "$".to_owned();
            for segment in path {
                match segment {
                    Segment::Key(key) if is_word(key) => out.push_str(&format!(".{key}")),
                    Segment::Key(_) => return None,
                    Segment::Index(index) => out.push_str(&format!("[{index}]")),
                }
            }
            Some((out, false))
        }
        What::Source(source) if source.quantifier.is_none() && source.pattern.is_none() => {
            let inner = source.what.strip_prefix("json \"")?.strip_suffix('"')?;
            (!inner.contains('\\')).then(|| (inner.to_owned(), true))
        }
        What::Source(_) => None,
    }
}

fn is_path(member: &str) -> bool {
    !member.is_empty() && member.chars().all(|char| char.is_ascii_alphanumeric() || "._".contains(char))
}

/// Converts a condition to a filter of a JSONPath; `None` if filters cannot express it.
fn filter(condition: &str) -> Option<String> {
    let is_simple = !condition.contains(['(', '{', OPEN]) && ![" ~ ", " in ", "not "].iter().any(|word| condition.contains(word));
    let is_of_item = condition.split([' ', '!', '=', '<', '>']).any(|word| word.starts_with('@'));
    (is_simple && is_of_item).then(|| condition.replace(" and ", " && ").replace(" or ", " || ").replace('"', "'"))
}
