//! Expressions that need resources of the user's worker: regexes and files.

use std::sync::Arc;

use crate::base::search::check_cost;
use crate::request::lines::one_line;
use crate::source::{Pick, take_regex};
use crate::user::User;
use crate::value::{Eval, EvalError, FileValue, Value};

/// `a ~ /re/`.
pub fn matches(user: &User, value: &Value, regex: usize) -> Eval<bool> {
    match value {
        Value::Null => Ok(false),
        value => {
            let (regex, text) = (user.regex(regex), value.to_text()?);
            check_cost(regex, &text).map_err(EvalError)?;
            Ok(regex.is_match(&text))
        }
    }
}

/// `take x = a ~ /re/`.
pub fn capture(user: &User, value: &Value, regex: usize, pick: Pick<'_>) -> Eval<Option<Value>> {
    take_regex(user.regex(regex), &value.to_text()?, pick)
}

/// `file("x", name:, type:)`.
pub fn file(user: &User, asset: usize, name: Option<&Value>, media_type: Option<&Value>) -> Eval {
    let Value::File(file) = user.asset(asset) else { return Err(EvalError("the file is missing".into())) };
    if name.is_none() && media_type.is_none() {
        return Ok(Value::File(file));
    }
    let mut file = FileValue::clone(&file);
    if let Some(name) = name {
        file.name = name.to_text()?;
    }
    if let Some(media_type) = media_type {
        file.media_type = one_line(media_type.to_text()?, || "the type of the file".into())?;
    }
    Ok(Value::File(Arc::new(file)))
}
