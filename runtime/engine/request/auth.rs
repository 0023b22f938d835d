//! Header lines for the kinds of auth. A line is empty if a part of it is null.

use base64::Engine as _;

use super::lines::{header_text, push_line};
use crate::value::{Eval, Value};

pub(crate) fn bearer(token: &Value) -> Eval<String> {
    if matches!(token, Value::Null) {
        return Ok(String::new());
    }
    let token = header_text("Authorization", token)?;
    let mut line = String::with_capacity(token.len() + 24);
    for part in ["Authorization: Bearer ", &token, "\r\n"] {
        line.push_str(part);
    }
    Ok(line)
}

pub(crate) fn basic(user: &Value, password: &Value) -> Eval<String> {
    if matches!(user, Value::Null) || matches!(password, Value::Null) {
        return Ok(String::new());
    }
    let pair = format!("{}:{}", user.to_text()?, password.to_text()?);
    Ok(line("Authorization", &format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))))
}

pub(crate) fn header(name: &str, value: &Value) -> Eval<String> {
    if matches!(value, Value::Null) {
        return Ok(String::new());
    }
    Ok(line(name, &header_text(name, value)?))
}

fn line(name: &str, value: &str) -> String {
    let mut out = String::new();
    push_line(&mut out, name, value);
    out
}
