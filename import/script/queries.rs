//! Converts functions on lists of responses to JSONPaths: `items.filter(item => item.ok).map(item => item.id)`.

use super::Run;
use super::calls::Arguments;
use super::value::{Code, OPEN, Ty, Value, What};
use crate::draft::{Segment, Source};
use crate::names::is_word;
use crate::write::quoted;

impl Run<'_> {
    /// `list.map(f)`, `list.filter(f)`, `list.find(f)` of a list in a response.
    pub(super) fn queried(&mut self, list: &Code, name: &str, arguments: &Arguments) -> Option<Value> {
        let origin = self.origins.get(list.mark()?)?.clone();
        let (path, is_query) = json_path(&origin.what)?;
        let of_item = self.apply(&arguments.at(0), Arguments::new(vec![Value::code("@", Ty::Any)]));
        let query = match name {
            "map" => {
                let code = self.code(&of_item)?.text;
                let member = code.strip_prefix('@').filter(|member| is_path(member))?;
                format!("{path}{}{member}", if is_query { "" } else { "[*]" })
            }
            _ if is_query => return None,
            _ => format!("{path}[?{}]", filter(&self.condition(&of_item)?)?),
        };
        let found = self.source_of(&origin.steps, Source::code(format!("json {}", quoted(&query))), Ty::List);
        if name == "find" { Some(self.function("first", &[found], Ty::Any)) } else { Some(found) }
    }
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
