//! `site submit f { form { … } }`: sends what a browser would send if no button was pressed, with the fields of the map.

use super::builder::Request;
use crate::source::fill_form;
use crate::user::User;
use crate::value::{Eval, EvalError, Map, Value};

/// A request that sends `form` with `fields` in place of its own. A button is sent only if a field names it.
pub(super) fn submit<'u>(user: &'u User, api: usize, form: &Value, fields: &[(&str, Value)]) -> Eval<Request<'u>> {
    let Value::Form(form) = form else {
        return Err(EvalError(format!("submit needs a form, as `take f = form \"css\"` gives, not {}", form.type_name())));
    };
    let get = form.method.eq_ignore_ascii_case("get");
    let mut request = user.request(api, if get { "GET" } else { "POST" });
    let fields: Map = fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    let pairs = fill_form(form, &fields)?;
    if get {
        // A browser replaces the action's query with the fields.
        let action = form.action.split('?').next().unwrap_or_default();
        request.reference(&Value::Str(action.into()))?;
        pairs.iter().try_for_each(|(key, value)| request.query(key, value))?;
        return Ok(request);
    }
    request.reference(&Value::Str(form.action.clone()))?;
    match form.enctype.as_str() {
        "multipart/form-data" => {
            request.multipart();
            pairs.iter().try_for_each(|(key, value)| request.part(key, value))?;
            request.end_multipart();
        }
        "text/plain" => {
            request.body("text/plain");
            for (key, value) in &pairs {
                request.raw(key);
                request.raw("=");
                request.text(value)?;
                request.raw("\r\n");
            }
        }
        _ => {
            request.body("application/x-www-form-urlencoded");
            pairs.iter().try_for_each(|(key, value)| request.form(key, value))?;
        }
    }
    Ok(request)
}
