//! Methods of values: of texts, lists, dictionaries and times.

use super::Run;
use super::bounds::{Growing, TEXT_BYTES_MAX};
use super::calls::Arguments;
use super::texts::is_trimmed;
use super::value::{Code, Shape, Ty, Value};
use crate::draft;

impl Run<'_> {
    /// `object.name(arguments)`
    pub(super) fn method(&mut self, object: &Value, name: &str, arguments: Arguments) -> Value {
        match object {
            _ if name == "expect" || name.starts_with("expect.") => return self.chai(object, name, &arguments),
            Value::Response(steps) => return self.method_of_response(&steps.clone(), name, &arguments),
            // `hashlib.sha256(data).hexdigest()`
            Value::Method(bytes, part) if &**part == "digest" && matches!(name, "digest" | "hexdigest") => {
                return if name == "digest" { (**bytes).clone() } else { self.function("hex", std::slice::from_ref(&**bytes), Ty::Text) };
            }
            Value::Method(inner, part) => {
                let (inner, part) = (inner.clone(), part.clone());
                return self.method_of_part(&inner, &part, name, &arguments);
            }
            Value::Elements(steps, css, all) => {
                let (steps, css) = (steps.clone(), css.clone());
                return self.method_of_elements(&steps, &css, *all, name, &arguments);
            }
            Value::Regex(pattern) if matches!(name, "test" | "exec" | "search" | "match") => {
                return self.matches(&arguments.at(0), &Value::Regex(pattern.clone()));
            }
            Value::Code(code) if matches!(name, "map" | "filter" | "find") => {
                if let Some(value) = self.queried(&code.clone(), name, &arguments) {
                    return value;
                }
            }
            Value::List(items) => {
                let items = items.borrow().clone();
                if let Some(value) = self.method_of_list(object, &items, name, &arguments) {
                    return value;
                }
            }
            Value::Map(members) => {
                let members = members.clone();
                if let Some(value) = self.method_of_map(&members, name, &arguments) {
                    return value;
                }
            }
            // `__ENV.BASE_URL.replace(/\/+$/, "")`: ltc ignores a slash at the end of an address.
            Value::Env(..) if is_trimmed(name, &arguments) => return object.clone(),
            Value::File(_) if matches!(name, "read" | "decode") => return object.clone(),
            Value::File(path) if matches!(name, "readlines" | "splitlines" | "split") => return self.lines(&path.clone()),
            Value::Unknown(what) => return Value::Unknown(what.clone()),
            _ => {}
        }
        if let Some(literal) = object.literal()
            && let Some(value) = self.method_of_literal(&literal, name, &arguments)
        {
            return value;
        }
        self.method_of_code(object, name, &arguments).unwrap_or_else(|| Value::unknown(name))
    }

    /// A method of a known text, computed during the import.
    fn method_of_literal(&mut self, text: &str, name: &str, arguments: &Arguments) -> Option<Value> {
        let first = arguments.at(0).literal();
        Some(match name {
            "toLowerCase" | "lower" => Value::text(text.to_lowercase()),
            "toUpperCase" | "upper" => Value::text(text.to_uppercase()),
            "trim" | "strip" if first.is_none() => Value::text(text.trim()),
            "strip" => Value::text(text.trim_matches(|char| first.as_deref().unwrap_or_default().contains(char))),
            "rstrip" => {
                Value::text(text.trim_end_matches(|char: char| first.as_deref().map_or(char.is_whitespace(), |set| set.contains(char))))
            }
            "lstrip" => {
                Value::text(text.trim_start_matches(|char: char| first.as_deref().map_or(char.is_whitespace(), |set| set.contains(char))))
            }
            "split" => match first {
                Some(separator) if !separator.is_empty() => Value::list(text.split(separator.as_str()).map(Value::text).collect()),
                Some(_) => Value::list(text.chars().map(|char| Value::text(char.to_string())).collect()),
                None => Value::list(text.split_whitespace().map(Value::text).collect()),
            },
            "charAt" | "at" => super::random::letter(text, &arguments.at(0))?,
            "splitlines" => Value::list(text.lines().map(Value::text).collect()),
            "startsWith" | "startswith" => Value::bool(text.starts_with(first?.as_str())),
            "endsWith" | "endswith" => Value::bool(text.ends_with(first?.as_str())),
            "includes" => Value::bool(text.contains(first?.as_str())),
            "replace" | "replaceAll" if first.is_some() => {
                let (from, to) = (first?, arguments.at(1).literal()?);
                if name == "replace" && self.language == super::Language::JavaScript {
                    Value::text(text.replacen(&from, &to, 1))
                } else if text.matches(&from).count().saturating_mul(to.len()) > TEXT_BYTES_MAX {
                    Value::unknown("replace")
                } else {
                    Value::text(text.replace(&from, &to))
                }
            }
            "format" => self.format(text, &arguments.list, &arguments.named),
            "join" => {
                let list = arguments.at(0);
                self.joined(&list, text)
            }
            "padStart" | "padEnd" | "zfill" | "rjust" | "ljust" => Value::text(super::texts::padded(text, name, arguments)?),
            "repeat" => Value::text(text.repeat((arguments.at(0).as_number()?.max(0.0) as usize).min(100_000 / text.len().max(1)))),
            "substring" | "slice" | "substr" => {
                let from = arguments.at(0).as_number()?.max(0.0) as usize;
                let to = arguments.list.get(1).map_or(Some(usize::MAX), |to| to.as_number().map(|to| to.max(0.0) as usize))?;
                let count = if name == "substr" { to } else { to.saturating_sub(from) };
                Value::text(text.chars().skip(from).take(count).collect::<String>())
            }
            _ => return None,
        })
    }

    /// `", ".join(list)`, `list.join(", ")`
    fn joined(&mut self, list: &Value, separator: &str) -> Value {
        if let Value::List(items) = list {
            let items = items.borrow().clone();
            let drawn = |item: &Value| matches!(item, Value::Code(code) if code.text.starts_with("one_of("));
            if separator.is_empty() && items.len() >= 3 && items.iter().all(drawn) {
                // The letters of the text are drawn one by one.
                return Value::changing(format!("random_string({})", items.len()), Ty::Text);
            }
            let mut out = Growing::default();
            for (number, item) in items.iter().enumerate() {
                out.push(if number == 0 { "" } else { separator });
                if self.as_text(item).and_then(|text| out.append(text)).is_none() {
                    return Value::unknown("join");
                }
            }
            return out.value();
        }
        self.function("join", &[list.clone(), Value::text(separator)], Ty::Text)
    }

    /// A method that corresponds to a function of the language.
    fn method_of_code(&mut self, object: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
        let code = self.code(object)?;
        let one = |run: &mut Self, function: &str, ty: Ty| run.function(function, std::slice::from_ref(object), ty);
        let two = |run: &mut Self, function: &str, ty: Ty| run.function(function, &[object.clone(), arguments.at(0)], ty);
        Some(match name {
            "toString" | "valueOf" | "toFixed" | "decode" | "encode" | "toLocaleString" | "copy" | "hex"
                if arguments.list.first().is_none_or(|_| name != "toString") =>
            {
                match name {
                    "toFixed" => {
                        let digits = arguments.at(0).as_number().unwrap_or_default();
                        let mut text = draft::Text::default();
                        text.hole(format!("{}:.{digits:.0}", code.operand()));
                        Value::Data(draft::Expr::Text(text))
                    }
                    _ if matches!(code.ty, Ty::Number) => {
                        let mut text = draft::Text::default();
                        text.hole(code.operand());
                        Value::Data(draft::Expr::Text(text))
                    }
                    "hex" => object.clone(),
                    _ => object.clone(),
                }
            }
            // `Math.random().toString(36)`
            "toString" => Value::changing("random_string(8)", Ty::Text),
            "toLowerCase" | "lower" => one(self, "lower", Ty::Text),
            "toUpperCase" | "upper" => one(self, "upper", Ty::Text),
            "trim" | "strip" => one(self, "trim", Ty::Text),
            "split" => two(self, "split", Ty::List),
            "startsWith" | "startswith" => two(self, "starts_with", Ty::Bool),
            "endsWith" | "endswith" => two(self, "ends_with", Ty::Bool),
            "includes" | "contains" => self.contains(object, &arguments.at(0)),
            "indexOf" | "find" | "search" if self.language == super::Language::JavaScript || code.ty == Ty::Text => {
                // Only `indexOf(x) > -1` and similar comparisons have a counterpart.
                let contains = self.contains(object, &arguments.at(0));
                let text = self.condition(&contains)?;
                Value::shaped(format!("(if {text} then 0 else -1)"), Ty::Number, Shape::IndexOf(contains))
            }
            "replace" | "replaceAll" => {
                let from = match arguments.at(0) {
                    Value::Regex(pattern) => Value::text(plain(&pattern)?),
                    other => other,
                };
                self.function("replace", &[object.clone(), from, arguments.at(1)], Ty::Text)
            }
            "match" => {
                let found = self.matches(object, &arguments.at(0));
                self.groups(object, &arguments.at(0)).unwrap_or(found)
            }
            "substring" | "slice" | "substr" => {
                let to = arguments.list.get(1).cloned();
                let to = match (name, to) {
                    ("substr", Some(count)) => Some(self.binary("+", &arguments.at(0), &count)),
                    (_, to) => to,
                };
                self.slice(object, Some(&arguments.at(0)), to.as_ref())
            }
            "concat" => self.binary("+", object, &arguments.at(0)),
            "padStart" => {
                let width = arguments.at(0).as_number()?;
                let mut text = draft::Text::default();
                text.hole(format!("int({}):0{width:.0}", code.text));
                Value::Data(draft::Expr::Text(text))
            }
            "join" => {
                let separator = arguments.list.first().map_or(Some(",".to_owned()), Value::literal)?;
                self.joined(object, &separator)
            }
            "isoformat" | "toISOString" => self.time_text(&code, "%Y-%m-%dT%H:%M:%SZ"),
            "strftime" => {
                let format = arguments.at(0).literal()?;
                self.time_text(&code, &format)
            }
            "getTime" => one(self, "unix_ms", Ty::Number),
            "timestamp" => one(self, "unix", Ty::Number),
            "getFullYear" => self.time_number(&code, "%Y"),
            "getMonth" => self.time_number(&code, "%m"),
            "getDate" => self.time_number(&code, "%d"),
            "get" if code.ty != Ty::Text => {
                let key = arguments.at(0).literal()?;
                self.member_or_header(object.clone(), &key)
            }
            "at" => self.index(object.clone(), &arguments.at(0)),
            "keys" => one(self, "keys", Ty::List),
            "hasOwnProperty" | "has" => self.contains(object, &arguments.at(0)),
            "reverse" => one(self, "reverse", Ty::List),
            "sort" => one(self, "sort", Ty::List),
            "total_seconds" => object.clone(),
            "json" if code.ty == Ty::Any => object.clone(),
            _ => return None,
        })
    }

    fn time_text(&mut self, code: &Code, format: &str) -> Value {
        let text = format!("format_time({}, {})", code.text, crate::write::quoted(format));
        Value::Code(Code { changes: code.changes, ..Code::new(text, Ty::Text) })
    }

    fn time_number(&mut self, code: &Code, format: &str) -> Value {
        let text = format!("int(format_time({}, {}))", code.text, crate::write::quoted(format));
        Value::Code(Code { changes: code.changes, ..Code::new(text, Ty::Number) })
    }

    /// A condition: the pattern matches.
    pub(super) fn matches(&mut self, subject: &Value, pattern: &Value) -> Value {
        let pattern = match pattern {
            Value::Regex(pattern) => pattern.clone(),
            other => match other.literal().and_then(|text| super::texts::regex(&text, "")) {
                Some(pattern) => pattern,
                None => return Value::unknown("a pattern"),
            },
        };
        let Some(code) = self.code(subject) else { return Value::unknown("a pattern") };
        let text = format!("{} ~ {}", code.operand(), crate::write::regex(&pattern));
        Value::shaped(text, Ty::Bool, Shape::Matches(subject.clone(), pattern))
    }

    /// `text.match(/id=(\d+)/)`, `re.search(…)`: a list of the whole match and the groups.
    pub(crate) fn groups(&mut self, subject: &Value, pattern: &Value) -> Option<Value> {
        let pattern = match pattern {
            Value::Regex(pattern) => pattern.clone(),
            other => super::texts::regex(&other.literal()?, "")?,
        };
        let Value::Code(code) = subject else { return None };
        let origin = self.origins.get_index(code.mark()?)?.clone();
        let source = origin.what.source();
        if source.pattern.is_some() {
            return None;
        }
        let group = self.source_of(&origin.steps, source.matching(pattern), Ty::Text);
        Some(Value::list(vec![group.clone(), group]))
    }

    fn method_of_list(&mut self, list: &Value, items: &[Value], name: &str, arguments: &Arguments) -> Option<Value> {
        let call = |run: &mut Self, item: &Value, index: usize| {
            run.apply(&arguments.at(0), Arguments::new(vec![item.clone(), Value::number(index as f64)]))
        };
        Some(match name {
            "map" => Value::list(items.iter().enumerate().map(|(index, item)| call(self, item, index)).collect()),
            "forEach" => {
                for (index, item) in items.iter().enumerate() {
                    call(self, item, index);
                }
                Value::Undefined
            }
            "filter" => {
                let mut kept = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let holds = call(self, item, index);
                    if self.truth(&holds)? {
                        kept.push(item.clone());
                    }
                }
                Value::list(kept)
            }
            "find" => {
                for (index, item) in items.iter().enumerate() {
                    let holds = call(self, item, index);
                    if self.truth(&holds)? {
                        return Some(item.clone());
                    }
                }
                Value::Undefined
            }
            "every" | "some" => {
                let mut whole: Option<Value> = None;
                for (index, item) in items.iter().enumerate() {
                    let one = call(self, item, index);
                    whole = Some(match whole {
                        Some(before) => self.joint(if name == "every" { "and" } else { "or" }, &before, &one)?,
                        None => one,
                    });
                }
                whole.unwrap_or_else(|| Value::bool(name == "every"))
            }
            "join" => {
                let separator = arguments.list.first().map_or(Some(",".to_owned()), Value::literal)?;
                self.joined(list, &separator)
            }
            "includes" => self.contains(list, &arguments.at(0)),
            "concat" => self.binary("+", list, &arguments.at(0)),
            "slice" => self.slice(list, Some(&arguments.at(0)), arguments.list.get(1)),
            "at" => self.index(list.clone(), &arguments.at(0)),
            "flat" | "copy" => list.clone(),
            "indexOf" | "index" => {
                let wanted = arguments.at(0).literal()?;
                let at = items.iter().position(|item| item.literal().as_deref() == Some(&wanted));
                Value::number(at.map_or(-1.0, |at| at as f64))
            }
            "reverse" => Value::list(items.iter().rev().cloned().collect()),
            "push" | "append" | "extend" => {
                if let Value::List(list) = list {
                    self.changes.push(super::scope::Change::List(list.clone(), items.to_vec()));
                    let outer = Value::List(list.clone());
                    let items: Vec<Value> = arguments.list.iter().map(|item| self.storable(item.clone(), Some(&outer))).collect();
                    list.borrow_mut().extend(items);
                }
                Value::Undefined
            }
            "group" | "groups" => {
                let at = arguments.at(0).as_number().unwrap_or(1.0) as usize;
                items.get(at).cloned().unwrap_or(Value::Undefined)
            }
            "pop" | "shift" => self.one_of(list),
            _ => return None,
        })
    }

    /// `a and b`, `a or b` of values.
    pub(super) fn joint(&mut self, word: &str, left: &Value, right: &Value) -> Option<Value> {
        let (one, other) = (self.condition(left)?, self.condition(right)?);
        let shape = if word == "and" { Shape::And(left.clone(), right.clone()) } else { Shape::Or(left.clone(), right.clone()) };
        Some(Value::shaped(format!("{one} {word} {other}"), Ty::Bool, shape))
    }

    fn method_of_map(
        &mut self,
        map: &std::rc::Rc<std::cell::RefCell<indexmap::IndexMap<String, Value>>>,
        name: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        let members = map.borrow().clone();
        if let (Some(algorithm), Some(key)) = (members.get("hash algorithm"), members.get("hash key")) {
            // `crypto.createHMAC("sha256", key)`
            let (algorithm, key, data) = (algorithm.literal()?, key.clone(), members.get("hash data").cloned());
            return Some(match name {
                "update" => {
                    self.changes.push(super::scope::Change::Map(map.clone(), members));
                    map.borrow_mut().insert("hash data".to_owned(), arguments.at(0));
                    Value::Undefined
                }
                _ if key.is_nothing() => self.digest(&algorithm, &data?, &arguments.at(0)),
                _ => self.hmac(&algorithm, &key, &data?, &arguments.at(0)),
            });
        }
        Some(match name {
            "get" | "pop" | "setdefault" => {
                let default = arguments.list.get(1).cloned().unwrap_or(Value::null());
                match arguments.at(0).literal() {
                    Some(key) => members.get(&key).cloned().unwrap_or(default),
                    None => self.index(Value::Map(map.clone()), &arguments.at(0)),
                }
            }
            "keys" => Value::list(members.keys().map(Value::text).collect()),
            "values" => Value::list(members.values().cloned().collect()),
            "items" => Value::list(members.iter().map(|(key, value)| Value::list(vec![Value::text(key), value.clone()])).collect()),
            "copy" => Value::map(members),
            "update" => {
                self.changes.push(super::scope::Change::Map(map.clone(), members));
                self.update(map, &arguments.at(0), &arguments.named);
                Value::Undefined
            }
            "hasOwnProperty" => Value::bool(members.contains_key(&arguments.at(0).literal()?)),
            _ => return None,
        })
    }
}

/// The only text that a pattern matches, if there is just one.
fn plain(pattern: &str) -> Option<String> {
    let pattern = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let is_plain = !pattern.chars().any(|char| ".*+?^$()[]{}|\\".contains(char));
    is_plain.then(|| pattern.to_owned())
}
