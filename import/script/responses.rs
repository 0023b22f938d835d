//! Members of values: of data, of objects, and of responses.

use std::rc::Rc;

use super::Run;
use super::scope::Change;
use super::value::{Code, Origin, Shape, Ty, Value, What};
use crate::draft::{self, Segment, Source};
use crate::names::is_word;
use crate::write::quoted;

impl Run<'_> {
    /// The code of a value from responses: a mark.
    pub(super) fn origin(&mut self, steps: &Rc<[usize]>, what: What) -> String {
        let origin = Origin { steps: steps.clone(), what };
        let (number, _) = self.origins.insert_full(origin);
        format!("{}{number}{}", super::value::OPEN, super::value::CLOSE)
    }

    pub(super) fn of_response(&mut self, steps: &Rc<[usize]>, what: What, ty: Ty) -> Value {
        if matches!(&what, What::Json(path) if path.len() > super::bounds::LEVELS_MAX) {
            return Value::unknown("a member that is too deep");
        }
        Value::code(self.origin(steps, what), ty)
    }

    pub(crate) fn source_of(&mut self, steps: &Rc<[usize]>, source: Source, ty: Ty) -> Value {
        self.of_response(steps, What::Source(source), ty)
    }

    pub(super) fn is_json(&self, mark: usize) -> bool {
        self.origins.get_index(mark).is_some_and(|origin| matches!(origin.what, What::Json(_)))
    }

    /// `any json "$.items[*]"`: an item of a list in a response, at random.
    pub(super) fn any_of(&mut self, mark: usize) -> Option<Value> {
        let origin = self.origins.get_index(mark)?.clone();
        let source = match &origin.what {
            What::Json(path) => {
                let mut text = String::from("$");
                for segment in path {
                    match segment {
                        Segment::Key(key) if is_word(key) => text.push_str(&format!(".{key}")),
                        Segment::Key(key) => text.push_str(&format!("['{}']", key.replace('\'', "\\'"))),
                        Segment::Index(index) => text.push_str(&format!("[{index}]")),
                    }
                }
                let mut source = Source::json_path(&format!("{text}[*]"));
                source.quantifier = Some("any");
                source
            }
            What::Source(source) if source.quantifier == Some("all") => Source { quantifier: Some("any"), ..source.clone() },
            What::Source(_) => return None,
        };
        Some(self.source_of(&origin.steps, source, Ty::Any))
    }

    /// `object.member`
    pub(crate) fn member(&mut self, object: Value, member: &str) -> Value {
        match &object {
            Value::Map(map) => match map.borrow().get(member) {
                Some(value) => value.clone(),
                None if is_method_of_map(member) => Value::Method(Box::new(object.clone()), member.into()),
                None => Value::Undefined,
            },
            Value::List(list) if member == "length" => Value::number(list.borrow().len() as f64),
            Value::Object(instance) => self.member_of_object(&instance.clone(), member),
            Value::Class(class) => self.member_of_class(&class.clone(), member).unwrap_or(Value::Undefined),
            Value::Native(path) => self.member_of_native(&path.clone(), member),
            Value::Response(steps) => self.member_of_response(&steps.clone(), member),
            Value::Rows(name) if self.samples.contains(&**name) && member != "length" && !self.is_method(member) => object.clone(),
            Value::Rows(name) if member == "length" => Value::code(format!("len({name}.all)"), Ty::Number),
            Value::Code(code) if member == "length" => {
                Value::Code(Code { changes: false, ..Code::new(format!("len({})", code.text), Ty::Number) })
            }
            Value::Code(code) if member == "hex" && code.text == "uuid()" => {
                let text = Value::code("uuid()", Ty::Text);
                match self.function("replace", &[text, Value::text("-"), Value::text("")], Ty::Text) {
                    Value::Code(code) => Value::Code(Code { changes: true, ..code }),
                    other => other,
                }
            }
            Value::Code(code) => self.member_of_code(&code.clone(), member),
            Value::Data(draft::Expr::Text(text)) if member == "length" => match text.as_literal() {
                Some(literal) => Value::number(literal.chars().count() as f64),
                None => self.function("len", std::slice::from_ref(&object), Ty::Number),
            },
            Value::Data(draft::Expr::Null) | Value::Undefined => Value::Undefined,
            Value::Method(inner, name) if matches!((&**inner, &**name), (Value::Response(_), "timings")) => {
                let Value::Response(steps) = &**inner else { return Value::Undefined };
                self.timing(&steps.clone(), member)
            }
            Value::Method(inner, name)
                if matches!((&**inner, &**name), (Value::Response(_), "headers" | "cookies")) && !matches!(member, "get" | "get_dict") =>
            {
                self.member_or_header(object.clone(), member)
            }
            Value::Method(inner, name) if &**name == "expect" || name.starts_with("expect.") => {
                let (inner, name) = (inner.clone(), name.clone());
                if let Some(done) = self.chai_word(&inner, member, name.contains(".not")) {
                    return done;
                }
                let name = super::checks::chained(&name, member);
                Value::Method(inner.clone(), name.as_str().into())
            }
            Value::Elements(..) if member == "length" => self.function("len", std::slice::from_ref(&object), Ty::Number),
            Value::Elements(..) if matches!(member, "attrib" | "attributes") => object.clone(),
            Value::Elements(steps, css, all) if member == "text" && self.language == super::Language::Python => {
                Value::Code(self.elements_text(&steps.clone(), &css.clone(), *all))
            }
            Value::Unknown(what) => Value::Unknown(what.clone()),
            _ => Value::Method(Box::new(object.clone()), member.into()),
        }
    }

    /// A member of an expression: of JSON, of a row, of an object.
    fn member_of_code(&mut self, code: &Code, member: &str) -> Value {
        if member == "value" && self.is_cookie(code) {
            return Value::Code(code.clone());
        }
        if let Some(mark) = code.mark()
            && let Some(Origin { steps, what: What::Json(path) }) = self.origins.get_index(mark).cloned()
        {
            if code.ty == Ty::Any && !self.is_method(member) {
                let mut path = path;
                path.push(Segment::Key(member.to_owned()));
                return self.of_response(&steps, What::Json(path), Ty::Any);
            }
            return Value::Method(Box::new(Value::Code(code.clone())), member.into());
        }
        if matches!(code.ty, Ty::Any | Ty::Map) && !self.is_method(member) {
            self.sample_column(&code.text, member);
            let text =
                if is_word(member) { format!("{}.{member}", code.operand()) } else { format!("{}[{}]", code.operand(), quoted(member)) };
            return Value::Code(Code { changes: code.changes, ..Code::new(text, Ty::Any) });
        }
        Value::Method(Box::new(Value::Code(code.clone())), member.into())
    }

    fn member_of_response(&mut self, steps: &Rc<[usize]>, member: &str) -> Value {
        let source = |text: &str| Source::code(text);
        match member {
            "status" | "status_code" => self.source_of(steps, source("status"), Ty::Number),
            "body" | "text" | "content" => self.source_of(steps, source("text"), Ty::Text),
            "url" => self.source_of(steps, source("url"), Ty::Text),
            "js" => self.of_response(steps, What::Json(Vec::new()), Ty::Any),
            "ok" => {
                let text = format!("{} < 400", self.origin(steps, What::Source(source("status"))));
                Value::shaped(text, Ty::Bool, Shape::Succeeded(steps.clone()))
            }
            "timings" | "elapsed" | "headers" | "cookies" | "request" => {
                Value::Method(Box::new(Value::Response(steps.clone())), member.into())
            }
            // The response of the framework is a member of the client's.
            "response" => Value::Response(steps.clone()),
            "error" | "error_code" => {
                // A connection error fails the step anyway.
                Value::null()
            }
            _ => Value::Method(Box::new(Value::Response(steps.clone())), member.into()),
        }
    }

    /// `object[index]`
    pub(crate) fn index(&mut self, object: Value, index: &Value) -> Value {
        if let Some(key) = index.literal() {
            return self.member_or_header(object, &key);
        }
        match &object {
            Value::List(list) => {
                let items = list.borrow().clone();
                if let Some(number) = index.as_number() {
                    let at = if number < 0.0 { items.len() as f64 + number } else { number };
                    return items.get(at as usize).cloned().unwrap_or(Value::Undefined);
                }
                match index.shape() {
                    Some(Shape::RandomIndex) => return self.one_of(&object),
                    Some(Shape::RandomInt(0, last)) if *last + 1 == items.len() as i64 => return self.one_of(&object),
                    _ => {}
                }
                let (Some(list), Some(at)) = (self.code(&object), self.code(index)) else { return Value::unknown("[ ]") };
                Value::Code(Code {
                    changes: at.changes,
                    ..Code::new(format!("{}[{}]", list.text, at.text), items.first().map_or(Ty::Any, Value::ty))
                })
            }
            Value::Data(draft::Expr::Text(text))
                if let Some(letter) = text.as_literal().and_then(|text| super::random::letter(text, index)) =>
            {
                letter
            }
            Value::Rows(name) => self.row(&name.clone(), index),
            Value::Code(code) if index.as_number() == Some(0.0) && self.is_cookie(code) => object,
            Value::Code(code) => {
                if matches!(index.shape(), Some(Shape::RandomIndex)) {
                    return self.one_of(&object);
                }
                if let Some(mark) = code.mark()
                    && let Some(Origin { steps, what: What::Json(mut path) }) = self.origins.get_index(mark).cloned()
                    && let Some(number) = index.as_number().filter(|number| *number >= 0.0)
                {
                    path.push(Segment::Index(number as usize));
                    return self.of_response(&steps, What::Json(path), Ty::Any);
                }
                if let Some(number) = index.as_number().filter(|number| *number >= 0.0)
                    && let Some(column) = self.numbered_column(&code.text, number as usize)
                {
                    return self.member_or_header(object, &column);
                }
                let Some(at) = self.code(index) else { return Value::unknown("[ ]") };
                Value::Code(Code { changes: code.changes || at.changes, ..Code::new(format!("{}[{}]", code.operand(), at.text), Ty::Any) })
            }
            Value::Map(map) => self.choice(&map.borrow().clone(), index),
            Value::Elements(steps, css, true) if index.as_number() == Some(0.0) => Value::Elements(steps.clone(), css.clone(), false),
            Value::Unknown(_) => object,
            other if other.is_nothing() => Value::Undefined,
            _ => {
                let (Some(code), Some(at)) = (self.code(&object), self.code(index)) else { return Value::unknown("[ ]") };
                Value::code(format!("{}[{}]", code.operand(), at.text), Ty::Any)
            }
        }
    }

    /// The member of a map that a variable of the environment selects: the first one that is not a production system.
    fn choice(&mut self, map: &indexmap::IndexMap<String, Value>, index: &Value) -> Value {
        if let Value::Env(_, Some(default)) = index
            && let Some(value) = map.get(&**default)
        {
            return value.clone();
        }
        if let (true, Some((key, value))) = (
            matches!(index, Value::Env(..) | Value::Data(_) | Value::Code(_)),
            map.iter().find(|(key, _)| !key.to_ascii_lowercase().starts_with("prod")),
        ) {
            let has_env = matches!(index, Value::Env(..)) || self.code(index).is_some_and(|code| code.text.contains("env.settings."));
            if has_env {
                if self.probing == 0 {
                    self.draft.tally.advise(format!("the script knows several environments: the values of `{key}` were imported"));
                }
                return value.clone();
            }
        }
        let (Some(all), Some(at)) = (self.code(&Value::map(map.clone())), self.code(index)) else { return Value::unknown("[ ]") };
        Value::Code(Code { changes: at.changes, ..Code::new(format!("{}[{}]", all.text, at.text), Ty::Any) })
    }

    /// `response.headers["Location"]`, or a member.
    pub(crate) fn member_or_header(&mut self, object: Value, key: &str) -> Value {
        match &object {
            Value::Method(inner, name) => match (&**inner, &**name) {
                (Value::Response(steps), "headers") => self.source_of(&steps.clone(), Source::header(key), Ty::Text),
                (Value::Response(steps), "cookies") => self.source_of(&steps.clone(), Source::cookie(key), Ty::Text),
                _ => self.member(object.clone(), key),
            },
            Value::Elements(steps, css, all) => self.attribute(&steps.clone(), &css.clone(), *all, key),
            Value::Code(code) if !self.is_method(key) => self.member_of_code(&code.clone(), key),
            Value::Code(code) => {
                self.sample_column(&code.text, key);
                // `response.json()["items"]` reads a member, never a method.
                if let Some(mark) = code.mark()
                    && let Some(Origin { steps, what: What::Json(mut path) }) = self.origins.get_index(mark).cloned()
                {
                    path.push(Segment::Key(key.to_owned()));
                    return self.of_response(&steps, What::Json(path), Ty::Any);
                }
                let member = if is_word(key) { format!(".{key}") } else { format!("[{}]", quoted(key)) };
                Value::code(format!("{}{member}", code.operand()), Ty::Any)
            }
            _ => self.member(object, key),
        }
    }

    pub(super) fn slice(&mut self, object: &Value, from: Option<&Value>, to: Option<&Value>) -> Value {
        let from = from.map_or(Some(0.0), Value::as_number);
        if let (Value::List(list), Some(from)) = (object, from) {
            let items = list.borrow();
            let length = items.len() as f64;
            let bound = |number: f64| if number < 0.0 { (length + number).max(0.0) } else { number.min(length) } as usize;
            let end = to.map_or(Some(length), Value::as_number).map(bound);
            if let Some(end) = end {
                return Value::list(items.get(bound(from)..end).map(<[Value]>::to_vec).unwrap_or_default());
            }
        }
        if let (Some(text), Some(0.0), Some(to)) = (object.as_open_text(), from, to.and_then(Value::as_number))
            && let (Some(draft::Part::Literal(last)), true) = (text.parts.last(), to < 0.0)
            && last.chars().count() as f64 >= -to
        {
            // `text.slice(0, -1)`: without its last characters.
            let kept: String = last.chars().take((last.chars().count() as f64 + to) as usize).collect();
            let mut text = text.clone();
            text.parts.pop();
            text.push(&kept);
            return Value::Data(draft::Expr::Text(text));
        }
        let (Some(code), Some(from)) = (self.code(object), from) else { return Value::unknown("a slice") };
        let last = match to.map(Value::as_number) {
            None => -1.0,
            Some(Some(to)) if to != 0.0 => to - 1.0,
            _ => return Value::unknown("a slice"),
        };
        Value::Code(Code { changes: code.changes, ..Code::new(format!("{}[{from:.0}..{last:.0}]", code.operand()), code.ty) })
    }

    /// `object.member = value`
    pub(super) fn set_member(&mut self, object: &Value, member: &str, value: Value) {
        match object {
            Value::Map(map) => {
                self.changes.push(Change::Map(map.clone(), map.borrow().clone()));
                if member == "response" {
                    let asserter = map.borrow().clone();
                    self.asserted(&asserter, &value);
                }
                let value = self.storable(value, Some(object));
                map.borrow_mut().insert(member.to_owned(), value);
            }
            Value::Object(instance) => {
                let before = instance.members.borrow().get(member).cloned();
                // An attribute of the class is the first value.
                let of_class = || self.member_of_class(&instance.class, member).filter(|value| matches!(value, Value::Data(_)));
                let first = before.clone().or_else(of_class).filter(|value| !matches!(value, Value::Code(_))).unwrap_or(Value::Undefined);
                let value = if self.is_running && (self.is_dynamic(&value) || matches!(&before, Some(Value::Code(_)))) {
                    let hint = format!("self.{member}");
                    let keep = self.keep(&hint, member, &first);
                    self.set_variable(&keep, &value)
                } else {
                    value
                };
                self.changes.push(Change::Member(instance.clone(), member.to_owned(), before));
                instance.members.borrow_mut().insert(member.to_owned(), value);
            }
            Value::Class(class) => {
                class.members.borrow_mut().insert(member.to_owned(), value);
            }
            Value::Native(path) if &**path == "client" && member == "headers" && matches!(value, Value::Map(_)) => {
                self.client_headers(&value);
            }
            Value::Native(path) if &**path == "client.headers" => {
                self.client_headers(&Value::map(indexmap::IndexMap::from([(member.to_owned(), value)])));
            }
            Value::Native(path) if path.starts_with("client") => {
                self.leave("settings of the client", &format!("{path}.{member}: set it in the api"));
            }
            _ => {}
        }
    }

    /// Whether a name is a method of texts, lists or dictionaries. In Python, every member of them is.
    fn is_method(&self, name: &str) -> bool {
        const NAMES: [&str; 37] = [
            "toString",
            "toLowerCase",
            "toUpperCase",
            "trim",
            "split",
            "includes",
            "indexOf",
            "startsWith",
            "endsWith",
            "replace",
            "replaceAll",
            "substring",
            "substr",
            "slice",
            "match",
            "matchAll",
            "padStart",
            "concat",
            "map",
            "filter",
            "find",
            "findIndex",
            "forEach",
            "some",
            "every",
            "join",
            "push",
            "toISOString",
            "getTime",
            "toFixed",
            "hasOwnProperty",
            "at",
            "flat",
            "reverse",
            "charAt",
            "reduce",
            "lastIndexOf",
        ];
        self.language == super::Language::Python || NAMES.contains(&name)
    }
}

fn is_method_of_map(name: &str) -> bool {
    matches!(
        name,
        "digest" | "get" | "keys" | "values" | "items" | "update" | "copy" | "pop" | "hasOwnProperty" | "toString" | "setdefault"
    )
}
