//! Fields from an object: `query EXPR`, `form EXPR`, `headers EXPR`, and a cookie of the jar as a value.

use super::builder::Request;
use super::resolve::base;
use crate::value::{Eval, EvalError, Value};

impl Request<'_> {
    /// Adds all members of an object to the query. Lists, null and absent values behave as in [`Self::query`].
    pub fn query_members(&mut self, object: &Value) -> Eval<()> {
        each(object, "query", |key, value| self.query(key, value))
    }

    /// Adds all members of an object to a form body.
    pub fn form_members(&mut self, object: &Value) -> Eval<()> {
        each(object, "form", |key, value| self.form(key, value))
    }

    /// Adds all members of an object to the headers. Null hides a header of an outer level.
    pub fn header_members(&mut self, object: &Value) -> Eval<()> {
        each(object, "headers", |name, value| {
            if !is_field_name(name) {
                return Err(EvalError(format!("{name:?} is not the name of a header")));
            }
            self.header(name, value)
        })
    }

    /// The value of a cookie in the user's jar for this request's URL; null if the jar has none. The path has to be complete, because it
    /// decides which cookies are sent.
    pub fn jar_cookie(&self, name: &Value) -> Eval<Value> {
        let base = base(self.user, self.api)?;
        let target = if self.reference { base.join(&self.path, "")? } else { base.append(&self.path, "")? };
        Ok(self.user.cookie(&target.to_string(), &name.to_text()?).map_or(Value::Null, Value::Str))
    }

    /// A part of the path that keeps its slashes, with an optional query after `?`. It stays below the existing path.
    pub fn path_below(&mut self, value: &Value) -> Eval<()> {
        let text = value.to_text()?;
        let reference = text.split('#').next().unwrap_or_default();
        let (path, query) = reference.split_once('?').unwrap_or((reference, ""));
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(EvalError(format!("{} as a part of a path would lead out of it", value.describe())));
        }
        let path = if self.path.ends_with('/') { path.trim_start_matches('/') } else { path };
        self.path.push_str(path);
        if !query.is_empty() {
            if !self.query.is_empty() {
                self.query.push('&');
            }
            self.query.push_str(query);
        }
        Ok(())
    }
}

fn each(object: &Value, what: &str, mut field: impl FnMut(&str, &Value) -> Eval<()>) -> Eval<()> {
    match object {
        Value::Null | Value::Absent => Ok(()),
        Value::Object(members) => members.iter().try_for_each(|(key, value)| field(key, value)),
        other => Err(EvalError(format!("`{what}` takes an object, not {}", other.describe()))),
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::program::Program;

    static PROGRAM: Program = fixture::PROGRAM;

    #[test]
    fn members_of_an_object_become_fields() {
        let u = fixture::user(&PROGRAM, "http://here/");
        let fields = Value::object([("a", Value::from("x y")), ("b", Value::list([Value::Int(1), Value::Int(2)])), ("c", Value::Null)]);
        let mut r = u.request(0, "POST");
        r.query_members(&fields).unwrap();
        r.body("application/x-www-form-urlencoded");
        r.form_members(&fields).unwrap();
        assert_eq!(r.query, "a=x%20y&b=1&b=2");
        assert_eq!(r.body, b"a=x+y&b=1&b=2");
        r.header_members(&Value::object([("X-A", Value::from("1")), ("X-B", Value::Null)])).unwrap();
        // Null leaves a marker, which is removed before the request is sent, so that a header of an outer level stays hidden.
        assert!(r.headers.starts_with("X-A: 1\r\n") && !r.wants_header("x-b"), "{}", r.headers);
        assert!(r.header_members(&Value::object([("X A", Value::from("1"))])).unwrap_err().0.contains("not the name of a header"));
        assert!(r.header_members(&Value::object([("X-C", Value::from("1\r\nX-Evil: 2"))])).is_err());
        assert!(r.query_members(&Value::from("text")).unwrap_err().0.contains("takes an object"));
    }

    #[test]
    fn path_from_data_stays_below_the_existing_path() {
        let u = fixture::user(&PROGRAM, "http://here/");
        let path = |text: &str| {
            let mut r = u.request(0, "GET");
            r.path("/");
            r.path_below(&Value::from(text)).map(|()| format!("{}?{}", r.path, r.query))
        };
        assert_eq!(path("/items/7?x=1#top").unwrap(), "/items/7?x=1");
        assert_eq!(path("items/7").unwrap(), "/items/7?");
        assert!(path("/../admin").is_err());
        assert!(path("a/./b").is_err());
    }
}
