//! Members, items and slices: `a.b`, `a["b"]`, `a[0]`, `a[1..3]`.

use ecow::{EcoString, EcoVec};

use ltc_config::suggest::did_you_mean;

use super::{Eval, EvalError, Value};

/// `a.b`, `a["b"]`: a member that has to exist.
pub fn member(a: &Value, key: &str) -> Eval {
    match a {
        Value::Object(members) => match members.get(key) {
            Some(value) => Ok(value.clone()),
            None => Err(EvalError(no_member(key, members.keys()))),
        },
        Value::File(file) if key == "name" => Ok(Value::Str(file.name.clone())),
        Value::File(file) if key == "type" => Ok(Value::Str(file.media_type.clone())),
        Value::Form(form) if key == "action" => Ok(Value::Str(form.action.clone())),
        Value::Form(form) if key == "method" => Ok(Value::Str(form.method.clone())),
        Value::Form(form) => match form.fields.iter().chain(&form.buttons).find(|(name, _)| name == key) {
            Some((_, value)) => Ok(Value::Str(value.clone())),
            None => Err(EvalError(no_member(key, form.fields.iter().map(|(name, _)| name)).replace("member", "field"))),
        },
        other => Err(EvalError(format!("no member {key:?} in {}", other.describe()))),
    }
}

/// `no member "iid": it has id, name`, or with the name that was probably meant.
pub(crate) fn no_member<'a>(key: &str, keys: impl Iterator<Item = &'a EcoString>) -> String {
    let keys: Vec<&EcoString> = keys.collect();
    match did_you_mean(key, keys.iter().map(|known| known.as_str())) {
        Some(help) => format!("no member {key:?}: {help}"),
        None if keys.is_empty() => format!("no member {key:?}: the object is empty"),
        None => {
            let more = if keys.len() > 10 { ", …" } else { "" };
            let names: Vec<&str> = keys.iter().take(10).map(|key| key.as_str()).collect();
            format!("no member {key:?}: it has {}{more}", names.join(", "))
        }
    }
}

/// `a[i]`: an item by its index from 0, or from the end if negative; a character, a byte; or a member by its key.
pub fn index(a: &Value, i: &Value) -> Eval {
    match (a, i) {
        (Value::Object(_) | Value::Form(_) | Value::File(_), Value::Str(key)) => member(a, key),
        (Value::List(items), Value::Int(n)) => match place(*n, items.len()) {
            Some(at) => Ok(items[at].clone()),
            None => Err(out_of_range(*n, items.len(), "item")),
        },
        (Value::Str(text), Value::Int(n)) => {
            let count = text.chars().count();
            match place(*n, count).and_then(|at| text.chars().nth(at)) {
                Some(c) => Ok(Value::Str(EcoString::from(c))),
                None => Err(out_of_range(*n, count, "character")),
            }
        }
        (Value::Bytes(bytes), Value::Int(n)) => match place(*n, bytes.len()) {
            Some(at) => Ok(Value::Int(bytes[at].into())),
            None => Err(out_of_range(*n, bytes.len(), "byte")),
        },
        (Value::List(_), other) => Err(EvalError(format!("the index of a list must be an int, got {}", other.describe()))),
        (Value::Object(_), other) => Err(EvalError(format!("an object's key is a string, got {}", other.describe()))),
        (other, _) => Err(EvalError(format!("no item {} in {}", i.literal(), other.describe()))),
    }
}

/// The index that `n` means. A negative one counts from the end.
pub(crate) fn place(n: i64, count: usize) -> Option<usize> {
    let at = if n < 0 { n.checked_add(i64::try_from(count).ok()?)? } else { n };
    usize::try_from(at).ok().filter(|at| *at < count)
}

fn out_of_range(n: i64, count: usize, what: &str) -> EvalError {
    let s = if count == 1 { "" } else { "s" };
    EvalError(format!("no {what} {n}: there are {count} {what}s").replace(&format!("are 1 {what}s"), &format!("is 1 {what}{s}")))
}

/// `a[from..to]`, both ends included. Indices beyond the end are ignored, and negative ones count from the end.
pub fn slice(a: &Value, from: &Value, to: &Value) -> Eval {
    let (Value::Int(from), Value::Int(to)) = (from, to) else {
        return Err(EvalError(format!("the bounds of a slice must be ints, got {} and {}", from.describe(), to.describe())));
    };
    let range = |count: usize| {
        let len = i64::try_from(count).unwrap_or(i64::MAX);
        let from = if *from < 0 { from.saturating_add(len) } else { *from }.clamp(0, len);
        let to = if *to < 0 { to.saturating_add(len) } else { *to }.saturating_add(1).clamp(from, len);
        (usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0))
    };
    match a {
        Value::Str(text) if text.is_ascii() => {
            let (from, to) = range(text.len());
            Ok(Value::str(&text[from..to]))
        }
        Value::Str(text) => {
            let (from, to) = range(text.chars().count());
            Ok(Value::Str(text.chars().skip(from).take(to - from).collect()))
        }
        Value::List(items) => {
            let (from, to) = range(items.len());
            Ok(Value::List(EcoVec::from(&items[from..to])))
        }
        Value::Bytes(bytes) => {
            let (from, to) = range(bytes.len());
            Ok(Value::Bytes(bytes.slice(from..to)))
        }
        Value::File(file) => {
            let (from, to) = range(file.bytes.len());
            Ok(Value::Bytes(file.bytes.slice(from..to)))
        }
        other => Err(EvalError(format!("no slice of {}: strings, lists, bytes and files have them", other.describe()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(json: &str) -> Value {
        Value::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn items_members_and_slices_are_read() {
        let object = v(r#"{"id":1,"name":"x"}"#);
        assert_eq!(member(&object, "name").unwrap(), v("\"x\""));
        assert_eq!(member(&object, "nam").unwrap_err().0, "no member \"nam\": did you mean `name`?");
        assert_eq!(member(&object, "price").unwrap_err().0, "no member \"price\": it has id, name");
        assert_eq!(member(&v("{}"), "price").unwrap_err().0, "no member \"price\": the object is empty");
        assert_eq!(member(&Value::Null, "a").unwrap_err().0, "no member \"a\" in null");
        assert_eq!(index(&v("[1,2,3]"), &v("-1")).unwrap(), v("3"));
        assert_eq!(index(&v("[1]"), &v("3")).unwrap_err().0, "no item 3: there is 1 item");
        assert_eq!(index(&v("[1,2]"), &v("-3")).unwrap_err().0, "no item -3: there are 2 items");
        assert_eq!(index(&v("\"aéb\""), &v("1")).unwrap(), v("\"é\""));
        assert_eq!(index(&object, &v("\"id\"")).unwrap(), v("1"));
        assert!(index(&object, &v("1")).is_err());
    }

    #[test]
    fn slices_include_both_ends() {
        for (value, from, to, expected) in [
            ("\"abcdef\"", 0, 2, "\"abc\""),
            ("\"aébc\"", 1, 2, "\"éb\""),
            ("\"abc\"", 1, 99, "\"bc\""),
            ("\"abc\"", 5, 9, "\"\""),
            ("\"abc\"", 2, 1, "\"\""),
            ("\"abc\"", -2, -1, "\"bc\""),
            ("[1,2,3]", 1, 1, "[2]"),
        ] {
            assert_eq!(slice(&v(value), &Value::Int(from), &Value::Int(to)).unwrap(), v(expected));
        }
        assert_eq!(slice(&Value::bytes(vec![1, 2, 3]), &v("1"), &v("2")).unwrap(), Value::bytes(vec![2, 3]));
        assert!(slice(&v("1"), &v("0"), &v("1")).is_err());
    }
}
