//! Bodies of a script's requests: JSON, forms, files, text.

use super::Run;
use super::requests::Sent;
use super::value::{Ty, Value, What};
use crate::draft::{Body, Expr};
use crate::web::Exchange;

impl Run<'_> {
    pub(super) fn body(&mut self, exchange: &mut Exchange, sent: &Sent) {
        let api = exchange.api.clone();
        let at = exchange.headers.iter().position(|(name, _)| name == "Content-Type");
        let content_type = at.and_then(|at| exchange.headers[at].1.as_literal().map(str::to_owned));
        let (body, content_type_to_keep) = self.body_of(sent, content_type.as_deref());
        if let Some(at) = at {
            exchange.headers.remove(at);
        }
        if let Some(content_type) = content_type_to_keep {
            exchange.headers.push(("Content-Type".to_owned(), Expr::text(content_type)));
        }
        let body = match body {
            Some(Body::Json(value)) => Some(crate::web::graphql(value.clone()).unwrap_or(Body::Json(value))),
            other => other,
        };
        exchange.body = body.map(|body| crate::web::protect(self.draft, &api, body));
    }

    /// The body, and the `Content-Type` to write besides it.
    fn body_of(&mut self, sent: &Sent, content_type: Option<&str>) -> (Option<Body>, Option<String>) {
        let media = content_type.map(|ty| ty.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        let other_type = |usual: &str| content_type.filter(|_| media.as_deref().is_some_and(|media| media != usual)).map(str::to_owned);
        if !matches!(sent.json, Value::Undefined) && (!sent.json.is_nothing() || sent.data.is_nothing()) {
            return match self.known_part(&sent.json) {
                Some(json) => (Some(Body::Json(json)), other_type("application/json")),
                None => {
                    self.leave("bodies", "the body is not known");
                    (None, None)
                }
            };
        }
        if let Value::Map(files) = &sent.files
            && !files.borrow().is_empty()
        {
            let mut fields = self.fields(&sent.data).unwrap_or_default();
            fields.extend(self.fields(&sent.files).unwrap_or_default());
            fields.iter_mut().for_each(|(_, value)| flatten(value));
            return (Some(Body::Multipart(fields)), None);
        }
        match &sent.data {
            value if value.is_nothing() => (None, content_type.map(str::to_owned)),
            Value::Method(object, part) if &**part == "to_json" => match self.known_part(object) {
                Some(json) => (Some(Body::Json(json)), other_type("application/json")),
                None => {
                    self.leave("bodies", "the body is not known");
                    (None, None)
                }
            },
            Value::Map(map) if map.borrow().is_empty() => (None, content_type.map(str::to_owned)),
            Value::Map(map) => {
                let has_file = map
                    .borrow()
                    .values()
                    .any(|value| matches!(value, Value::File(_)) || matches!(value, Value::Code(code) if code.text.starts_with("file(")));
                let is_json = media.as_deref().is_some_and(|media| media.ends_with("json"));
                match self.fields(&sent.data) {
                    Some(fields) if fields.is_empty() => {
                        self.leave("bodies", "the body is not known");
                        (None, None)
                    }
                    Some(fields) if has_file => (Some(Body::Multipart(fields)), None),
                    Some(fields) if is_json && self.language == super::Language::JavaScript => {
                        (Some(Body::Json(Expr::Map(fields))), other_type("application/json"))
                    }
                    Some(mut fields) => {
                        fields.iter_mut().for_each(|(_, value)| flatten(value));
                        (Some(Body::Form(fields)), other_type("application/x-www-form-urlencoded"))
                    }
                    None => {
                        self.leave("bodies", "the body is not known");
                        (None, None)
                    }
                }
            }
            Value::File(path) => {
                let json = content_type
                    .filter(|ty| ty.contains("json"))
                    .and_then(|_| self.text_of(path))
                    .and_then(|text| crate::draft::json(&text));
                if let Some(json) = json {
                    return (Some(Body::Json(json)), other_type("application/json"));
                }
                match self.file_expression(path) {
                    Some(code) => (Some(Body::Bytes(Expr::code(code))), content_type.map(str::to_owned)),
                    None => (None, None),
                }
            }
            value if self.is_whole_json(value) && !media.as_deref().is_some_and(|media| media.ends_with("json")) => {
                self.leave("bodies", "the body is a form with the members of a response, which only the test knows");
                (None, content_type.map(str::to_owned))
            }
            value => {
                let ty = value.ty();
                match self.as_text(value) {
                    Some(text) if matches!(ty, Ty::Bytes) => (Some(Body::Bytes(Expr::from(text))), content_type.map(str::to_owned)),
                    Some(text) if !matches!(ty, Ty::Text | Ty::Any) || text.parts.len() == 1 && text.as_literal().is_none() => {
                        let is_json = media.as_deref().is_some_and(|media| media.ends_with("json"));
                        if is_json && ty != Ty::Text {
                            (Some(Body::Json(Expr::from(text))), other_type("application/json"))
                        } else {
                            (Some(Body::Text(Expr::Text(text))), content_type.map(str::to_owned))
                        }
                    }
                    Some(text) => crate::web::body(self.draft, content_type, &text),
                    None => {
                        self.leave("bodies", "the body is not known");
                        (None, None)
                    }
                }
            }
        }
    }

    /// Whether a value is the whole JSON of a response.
    fn is_whole_json(&self, value: &Value) -> bool {
        let Value::Code(code) = value else { return false };
        let origin = code.mark().and_then(|mark| self.origins.get_index(mark));
        code.ty == Ty::Any && origin.is_some_and(|origin| matches!(&origin.what, What::Json(path) if path.is_empty()))
    }

    /// The fields of a form.
    fn fields(&mut self, value: &Value) -> Option<Vec<(String, Expr)>> {
        let Value::Map(map) = value else { return (value.is_nothing()).then(Vec::new) };
        let members = map.borrow().clone();
        let mut out = Vec::new();
        for (name, value) in members {
            // The script gives a part as `("name", content, "type")`.
            let value = match &value {
                Value::List(parts) if is_part(&parts.borrow()) => self.part(&name, &parts.borrow()),
                other => other.clone(),
            };
            if !matches!(value, Value::Undefined) {
                match self.expr(&value) {
                    Some(expr) => out.push((name, expr)),
                    None => self.leave("members", &format!("field `{name}` of the body: its value is not known")),
                }
            }
        }
        Some(out)
    }

    /// The content of `("name", content, "type")`. Only files have a name and a content type.
    fn part(&mut self, field: &str, parts: &[Value]) -> Value {
        let (name, content_type) = (parts[0].literal(), parts.get(2).and_then(Value::literal));
        if let Value::File(path) = &parts[1] {
            let file = self.attached_file(path, name.as_deref(), content_type.as_deref());
            return file.map_or(Value::Undefined, |code| Value::Data(Expr::code(code)));
        }
        if let Some(content_type) = content_type {
            self.leave("content types", &format!("field `{field}` of the body: the content type {content_type} of a text"));
        }
        parts[1].clone()
    }
}

/// A field of a form or a query has no members: an object becomes its JSON.
pub(super) fn flatten(value: &mut Expr) {
    match value {
        Expr::Map(_) => *value = Expr::code(format!("to_json({})", crate::write::inline(value))),
        Expr::List(items) => items.iter_mut().for_each(flatten),
        _ => {}
    }
}

/// Whether a list is `("name", content, "type")`, as in the `files` argument of `requests`.
fn is_part(parts: &[Value]) -> bool {
    match parts {
        [_, Value::File(_), ..] => true,
        [name, _, ty] => (name.is_nothing() || name.literal().is_some()) && ty.literal().is_some_and(|ty| ty.contains('/')),
        _ => false,
    }
}
