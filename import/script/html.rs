//! The parts of responses that scripts read: members of JSON, headers, elements of pages.

use std::rc::Rc;

use super::Run;
use super::calls::Arguments;
use super::value::{Code, Shape, Ty, Value, What};
use crate::draft::{Segment, Source};
use crate::write::quoted;

impl Run<'_> {
    pub(super) fn method_of_response(&mut self, steps: &Rc<[usize]>, name: &str, arguments: &Arguments) -> Value {
        match name {
            "json" => match arguments.at(0).literal() {
                None => self.of_response(steps, What::Json(Vec::new()), Ty::Any),
                Some(path) => self.selected(steps, &path),
            },
            "html" => Value::Elements(steps.clone(), arguments.at(0).literal().unwrap_or_default().as_str().into(), false),
            "success" => {
                self.accepted = true;
                Value::Undefined
            }
            "failure" => {
                self.failed = true;
                Value::native("failure")
            }
            "raise_for_status" => {
                if self.probing == 0 {
                    for step in steps.iter() {
                        if let Some(step) = self.steps.get_mut(*step) {
                            step.interrupt = true;
                        }
                    }
                }
                Value::Undefined
            }
            "submitForm" => self.submit(steps, arguments),
            "clickLink" => self.click(steps, arguments),
            "__enter__" => Value::Response(steps.clone()),
            _ => Value::unknown(format!("response.{name}")),
        }
    }

    /// `response.json("items.0.name")`: a path of gjson.
    pub(crate) fn selected(&mut self, steps: &Rc<[usize]>, path: &str) -> Value {
        if path.contains(['#', '*', '?', '@', '|', '(']) {
            return match path.strip_suffix(".#") {
                Some(list) => {
                    let list = self.selected(steps, list);
                    self.function("len", &[list], Ty::Number)
                }
                None => {
                    let json_path = path.replace(".#.", "[*].").replace("#.", "[*].");
                    if json_path.contains(['#', '?', '@', '|', '(']) {
                        return Value::unknown(path);
                    }
                    let separator = if json_path.starts_with('[') { "" } else { "." };
                    let source = Source::json_path(&format!("${separator}{json_path}"));
                    self.source_of(steps, source, Ty::List)
                }
            };
        }
        let segment = |part: &str| part.parse().map_or_else(|_| Segment::Key(part.to_owned()), Segment::Index);
        self.of_response(steps, What::Json(path.split('.').map(segment).collect()), Ty::Any)
    }

    /// `response.headers.get("X")`, `response.timings.duration`
    pub(super) fn method_of_part(&mut self, object: &Value, part: &str, name: &str, arguments: &Arguments) -> Value {
        let Value::Response(steps) = object else {
            if part == "client" {
                // A client of another host: `HttpSession(base_url="https://b.test")`.
                let host = std::mem::replace(&mut self.host, Some(object.clone()).filter(|host| !host.is_nothing()));
                let value = self.client(name, arguments);
                self.host = host;
                return value;
            }
            if part == "to_json" {
                return self.method(&Value::Code(Code::new(String::new(), Ty::Text)), name, arguments.clone());
            }
            return Value::unknown(name);
        };
        match (part, name) {
            ("headers", "get") => {
                let Some(key) = arguments.at(0).literal() else { return Value::unknown(name) };
                self.source_of(steps, Source::header(&key), Ty::Text)
            }
            ("cookies", "get") => {
                let Some(key) = arguments.at(0).literal() else { return Value::unknown(name) };
                self.source_of(steps, Source::cookie(&key), Ty::Text)
            }
            ("elapsed", "total_seconds") => {
                let text = self.origin(steps, What::Source(Source::code("elapsed")));
                Value::Code(Code { shape: Some(Rc::new(Shape::Seconds)), ..Code::new(text, Ty::Any) })
            }
            _ => Value::unknown(name),
        }
    }

    /// Whether a value is a cookie. In k6, it is a list of objects: `response.cookies.sid[0].value`.
    pub(super) fn is_cookie(&self, code: &Code) -> bool {
        code.mark().and_then(|mark| self.origins.get_index(mark)).is_some_and(|origin| match &origin.what {
            What::Source(source) => source.what.starts_with("cookie \"") && source.pattern.is_none(),
            What::Json(_) => false,
        })
    }

    /// Whether every response contains the value.
    pub(super) fn is_always(&self, mark: usize) -> bool {
        self.origins.get_index(mark).is_some_and(|origin| match &origin.what {
            What::Source(source) => matches!(source.what.as_str(), "url" | "text") && source.pattern.is_none(),
            What::Json(path) => path.is_empty(),
        })
    }

    /// `response.timings.duration`
    pub(super) fn timing(&mut self, steps: &Rc<[usize]>, name: &str) -> Value {
        match name {
            "duration" | "waiting" => {
                let text = self.origin(steps, What::Source(Source::code("elapsed")));
                Value::Code(Code { shape: Some(Rc::new(Shape::Milliseconds)), ..Code::new(text, Ty::Any) })
            }
            _ => Value::unknown(format!("timings.{name}")),
        }
    }

    /// The text of elements.
    pub(super) fn elements_text(&mut self, steps: &Rc<[usize]>, css: &str, all: bool) -> Code {
        let css = if css.is_empty() { "html" } else { css };
        let mut source = Source::html(css, None);
        if all {
            source = source.all();
        }
        Code::new(self.origin(steps, What::Source(source)), if all { Ty::List } else { Ty::Text })
    }

    pub(super) fn method_of_elements(&mut self, steps: &Rc<[usize]>, css: &str, all: bool, name: &str, arguments: &Arguments) -> Value {
        let inner = |selector: &str| -> Rc<str> { format!("{css} {selector}").trim().into() };
        let first = arguments.at(0).literal();
        match (name, first) {
            ("find" | "select" | "find_all" | "findAll" | "select_one" | "css" | "xpath", Some(selector)) => {
                let is_soup =
                    matches!(name, "find_all" | "findAll") || name == "find" && (arguments.list.len() > 1 || !arguments.named.is_empty());
                let selector = if is_soup { soup(&selector, arguments) } else { selector };
                if selector.starts_with('/') || !is_css(&selector) {
                    return Value::unknown(selector);
                }
                Value::Elements(steps.clone(), inner(&selector), matches!(name, "select" | "find_all" | "findAll"))
            }
            ("attr" | "get" | "attribute", Some(name)) => self.attribute(steps, css, all, &name),
            ("val", _) => self.source_of(steps, Source::html(css, Some("value")), Ty::Text),
            ("text" | "get_text" | "contents" | "html" | "textContent" | "innerHTML", _) => {
                Value::Code(self.elements_text(steps, css, false))
            }
            ("first" | "children" | "end", _) => Value::Elements(steps.clone(), css.into(), false),
            ("eq" | "get", _) if arguments.at(0).as_number() == Some(0.0) => Value::Elements(steps.clone(), css.into(), false),
            ("size" | "__len__", _) => {
                let all = self.elements_text(steps, css, true);
                Value::code(format!("len({})", all.text), Ty::Number)
            }
            ("attrib" | "attributes", _) => Value::Elements(steps.clone(), css.into(), all),
            (name, _) => Value::unknown(format!("elements.{name}")),
        }
    }

    /// `element["href"]`
    pub(super) fn attribute(&mut self, steps: &Rc<[usize]>, css: &str, all: bool, name: &str) -> Value {
        let source = Source::html(css, Some(name));
        if all { self.source_of(steps, source.all(), Ty::List) } else { self.source_of(steps, source, Ty::Text) }
    }

    /// `response.submitForm({ formSelector, fields })`
    fn submit(&mut self, steps: &Rc<[usize]>, arguments: &Arguments) -> Value {
        let options = arguments.at(0);
        let css = self.member(options.clone(), "formSelector").literal().unwrap_or_else(|| "form".to_owned());
        let fields = self.member(options, "fields");
        let form = self.origin(steps, What::Source(Source::code(format!("form {}", quoted(&css)))));
        self.send_form(&form, &fields)
    }

    /// `response.clickLink({ selector })`
    fn click(&mut self, steps: &Rc<[usize]>, arguments: &Arguments) -> Value {
        let selector = self.member(arguments.at(0), "selector").literal().unwrap_or_else(|| "a".to_owned());
        if !is_css(&selector) {
            return Value::unknown(selector);
        }
        let link = self.source_of(steps, Source::html(&selector, Some("href")), Ty::Text);
        self.send(super::Sent { method: "GET".to_owned(), url: link, ..super::Sent::default() })
    }
}

/// Whether the language supports a selector.
fn is_css(selector: &str) -> bool {
    scraper::Selector::parse(selector).is_ok()
}

/// A selector of Beautiful Soup: `find("input", {"name": "x"})`, `find("a", class_="x")`.
fn soup(tag: &str, arguments: &Arguments) -> String {
    let mut out = tag.to_owned();
    let mut add = |name: &str, value: &Value| match (name.trim_end_matches('_'), value.literal()) {
        ("class", Some(value)) => out.push_str(&format!(".{value}")),
        ("id", Some(value)) => out.push_str(&format!("#{value}")),
        ("string" | "text" | "recursive" | "limit", _) => {}
        ("attrs", _) => {}
        (name, Some(value)) => out.push_str(&format!("[{name}=\"{value}\"]")),
        (name, None) => out.push_str(&format!("[{name}]")),
    };
    let attrs = arguments.named("attrs").unwrap_or_else(|| arguments.at(1));
    if let Value::Map(map) = &attrs {
        map.borrow().iter().for_each(|(name, value)| add(name, value));
    }
    arguments.named.iter().for_each(|(name, value)| add(name, value));
    out
}
