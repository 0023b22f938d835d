//! A request's body: JSON, forms, text, bytes and multipart.

use super::builder::{Request, pairs};
use crate::request::lines::USUAL;
use crate::value::{Eval, Value};

impl Request<'_> {
    /// Begins a body of this type. The next parts are appended to it.
    pub fn body(&mut self, content_type: &'static str) {
        self.body.clear();
        self.body.reserve(USUAL);
        self.has_body = true;
        self.text_body = true;
        self.content_type = Some(content_type.into());
    }

    /// A constant part of the body.
    pub fn raw(&mut self, part: &str) {
        self.body.extend_from_slice(part.as_bytes());
    }

    /// A JSON value in the body.
    pub fn json(&mut self, value: &Value) -> Eval<()> {
        value.write_json(&mut self.body)
    }

    /// A comma in an object of the body, unless it has no member yet.
    pub fn comma(&mut self) {
        if self.body.last() != Some(&b'{') {
            self.body.push(b',');
        }
    }

    /// A member of an object in the body. `key` includes its quotes and its colon. An absent value leaves the member out.
    pub fn member(&mut self, key: &str, value: &Value) -> Eval<()> {
        if matches!(value, Value::Absent) {
            return Ok(());
        }
        self.comma();
        self.raw(key);
        self.json(value)
    }

    /// A `key=value` of a form body. Lists, null and absent values behave as in [`Self::query`].
    pub fn form(&mut self, key: &str, value: &Value) -> Eval<()> {
        let mut line = String::from_utf8(std::mem::take(&mut self.body)).unwrap_or_default();
        let result = pairs(&mut line, key, value, &|text, out| {
            out.extend(url::form_urlencoded::byte_serialize(text.to_text()?.as_bytes()));
            Ok(())
        });
        self.body = line.into_bytes();
        result
    }

    /// The text of a body.
    pub fn text(&mut self, value: &Value) -> Eval<()> {
        self.body.extend_from_slice(value.to_text()?.as_bytes());
        Ok(())
    }

    /// The bytes of a body.
    pub fn bytes(&mut self, value: &Value) -> Eval<()> {
        self.text_body = false;
        match value {
            Value::Bytes(bytes) => self.body.extend_from_slice(bytes),
            Value::File(file) => {
                self.body.extend_from_slice(&file.bytes);
                self.content_type = Some(file.media_type.clone());
            }
            other => self.body.extend_from_slice(other.to_text()?.as_bytes()),
        }
        Ok(())
    }

    /// Begins a multipart body (RFC 7578) with a boundary from the user's random numbers.
    pub fn multipart(&mut self) {
        let boundary = format!("ltc-{:016x}{:016x}", self.user.rng().next(), self.user.rng().next());
        self.body.clear();
        self.has_body = true;
        self.text_body = false;
        self.content_type = Some(format!("multipart/form-data; boundary={boundary}").into());
        self.boundary = Some(boundary);
    }

    /// A field or a file of a multipart body. Lists, null and absent values behave as in [`Self::query`].
    pub fn part(&mut self, key: &str, value: &Value) -> Eval<()> {
        let boundary = self.boundary.clone().unwrap_or_default();
        let name = quoted(key);
        match value {
            Value::Absent | Value::Null => {}
            Value::List(items) => {
                for item in items {
                    self.part(key, item)?;
                }
            }
            Value::File(file) => {
                let head = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                    quoted(&file.name),
                    file.media_type
                );
                self.body.extend_from_slice(head.as_bytes());
                self.body.extend_from_slice(&file.bytes);
                self.body.extend_from_slice(b"\r\n");
            }
            Value::Bytes(bytes) => {
                let head = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                );
                self.body.extend_from_slice(head.as_bytes());
                self.body.extend_from_slice(bytes);
                self.body.extend_from_slice(b"\r\n");
            }
            other => {
                let text = other.to_text()?;
                let field = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
                self.body.extend_from_slice(field.as_bytes());
            }
        }
        Ok(())
    }

    /// Ends a multipart body.
    pub fn end_multipart(&mut self) {
        if let Some(boundary) = &self.boundary {
            self.body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        }
    }

    /// The value of `body`: exactly the bytes that are sent.
    pub fn sent_body(&self) -> Value {
        match std::str::from_utf8(&self.body) {
            Ok(text) if self.text_body || self.body.is_empty() => Value::Str(text.into()),
            _ => Value::Bytes(self.body.clone().into()),
        }
    }
}

/// A name in a multipart head, in the form that browsers write.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A").replace('\0', "%00")
}
