//! Lists and objects.

use std::cmp::Ordering;
use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use super::{list_of, refuse};
use crate::value::{Eval, EvalError, Map, Number, Value, ops};

/// `len(x)`: the number of characters, items, members or bytes.
pub fn len(x: &Value) -> Eval {
    let count = match x {
        Value::Str(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Object(members) => members.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::File(file) => file.bytes.len(),
        other => return refuse("len", other, "a string, list, object, bytes or file"),
    };
    i64::try_from(count).map(Value::Int).map_err(|_| EvalError::new("len: too long"))
}

/// `first(xs)`
pub fn first(xs: &Value) -> Eval {
    end("first", xs, 0)
}

/// `last(xs)`
pub fn last(xs: &Value) -> Eval {
    end("last", xs, -1)
}

fn end(function: &str, xs: &Value, at: i64) -> Eval {
    match xs {
        Value::List(items) if items.is_empty() => Err(EvalError(format!("{function} of an empty list: test len(…) first"))),
        Value::Str(text) if text.is_empty() => Err(EvalError(format!("{function} of an empty string: test len(…) first"))),
        Value::List(_) | Value::Str(_) => ops::index(xs, &Value::Int(at)),
        other => refuse(function, other, "a list or a string"),
    }
}

/// `keys(x)`
pub fn keys(x: &Value) -> Eval {
    match x {
        Value::Object(members) => Ok(Value::list(members.keys().map(|key| Value::Str(key.clone())))),
        other => refuse("keys", other, "an object"),
    }
}

/// `camel(x)`: the value with the keys of all its objects in camelCase. If two keys become the same, the last one counts.
pub fn camel(x: &Value) -> Eval {
    match x {
        Value::List(_) | Value::Object(_) => Ok(camel_within(x)),
        other => refuse("camel", other, "a list or an object"),
    }
}

fn camel_within(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(camel_within)),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| (camel_key(key), camel_within(value)));
            Value::Object(Arc::new(members.collect::<Map>()))
        }
        other => other.clone(),
    }
}

/// Turns `price_cents` into `priceCents`. Leading underscores stay. The compiler spells keys the same way (`check/expr/key_spelling.rs`).
fn camel_key(key: &str) -> EcoString {
    let body = key.trim_start_matches('_');
    let mut out = EcoString::from(&key[..key.len() - body.len()]);
    let mut upper = false;
    for char in body.chars() {
        match char {
            '_' => upper = true,
            char if upper => {
                out.extend(char.to_uppercase());
                upper = false;
            }
            char => out.push(char),
        }
    }
    out
}

/// `merge(a, b, …)`: all members; those of later objects replace those of earlier ones. Nested objects aren't merged.
pub fn merge(objects: &[Value]) -> Eval {
    let mut all = Map::new();
    for object in objects {
        match object {
            Value::Object(members) => all.extend(members.iter().map(|(key, value)| (key.clone(), value.clone()))),
            other => return refuse("merge", other, "objects"),
        }
    }
    Ok(Value::Object(Arc::new(all)))
}

/// `without(x, y)`: a list without the items equal to `y`; an object without the key `y`, or the keys of the list `y`.
pub fn without(x: &Value, y: &Value) -> Eval {
    let keys: &[Value] = match y {
        Value::List(keys) => keys,
        one => std::slice::from_ref(one),
    };
    match x {
        Value::List(items) => Ok(Value::list(items.iter().filter(|item| *item != y).cloned())),
        Value::Object(members) => match keys.iter().find(|key| key.as_str().is_none()) {
            Some(other) => refuse("the key of without", other, "a string, or a list of strings"),
            None => {
                let kept = members.iter().filter(|(key, _)| !keys.iter().any(|gone| gone.as_str() == Some(key)));
                Ok(Value::Object(Arc::new(kept.map(|(key, value)| (key.clone(), value.clone())).collect())))
            }
        },
        other => refuse("without", other, "a list or an object"),
    }
}

/// `contains(x, y)`: whether a string contains a part, a list an item, or an object a key.
pub fn contains(x: &Value, y: &Value) -> Eval {
    ops::contained(y, x).map(Value::Bool)
}

/// `reverse(xs)`
pub fn reverse(xs: &Value) -> Eval {
    match xs {
        Value::Str(text) => Ok(Value::Str(text.chars().rev().collect::<EcoString>())),
        _ => Ok(Value::list(list_of("reverse", xs)?.iter().rev().cloned())),
    }
}

/// `sort(xs)`: in ascending order. The items are all numbers, all strings, all durations or all times.
pub fn sort(xs: &Value) -> Eval {
    let mut items: EcoVec<Value> = list_of("sort", xs)?.into();
    if let Some(odd) = items.windows(2).find(|pair| pair[0].compare(&pair[1]).is_none()) {
        return Err(EvalError(format!("sort: {} and {} have no order", odd[0].describe(), odd[1].describe())));
    }
    // If a float is compared with a rounded exact number, two numbers may both equal a third one without being equal. That isn't an order
    // to sort by.
    let by_text = items.iter().any(|item| matches!(item, Value::Exact(_)));
    items.make_mut().sort_by(|a, b| match (Number::of(a), Number::of(b)) {
        (Some(a), Some(b)) if by_text => a.by_text(b),
        _ => a.compare(b).unwrap_or(Ordering::Equal),
    });
    Ok(Value::List(items))
}

/// `unique(xs)`: each item once, in the order of the first occurrences.
pub fn unique(xs: &Value) -> Eval {
    let mut seen = EcoVec::new();
    for item in list_of("unique", xs)? {
        if !seen.contains(item) {
            seen.push(item.clone());
        }
    }
    Ok(Value::List(seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(json: &str) -> Value {
        Value::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn list_functions_give_their_results() {
        let cases = [
            (len(&v("\"aé\"")), "2"),
            (len(&v("[1,2]")), "2"),
            (len(&v("{\"a\":1}")), "1"),
            (first(&v("[1,2]")), "1"),
            (last(&v("[1,2]")), "2"),
            (last(&v("\"ab\"")), "\"b\""),
            (keys(&v("{\"b\":1,\"a\":2}")), "[\"b\",\"a\"]"),
            (merge(&[v("{\"a\":1,\"b\":1}"), v("{\"b\":2}")]), "{\"a\":1,\"b\":2}"),
            (without(&v("[1,2,1.0]"), &v("1")), "[2]"),
            (without(&v("{\"a\":1,\"b\":2}"), &v("\"a\"")), "{\"b\":2}"),
            (without(&v("{\"a\":1,\"b\":2}"), &v("[\"a\",\"b\"]")), "{}"),
            (contains(&v("[1]"), &v("1")), "true"),
            (reverse(&v("[1,2]")), "[2,1]"),
            (sort(&v("[3,1.5,2]")), "[1.5,2,3]"),
            (unique(&v("[1,2,1]")), "[1,2]"),
            (
                camel(&v("{\"a_b\":{\"c_d\":\"e_f\",\"_id_x\":[{\"g__h_\":1}]},\"i\":2}")),
                "{\"aB\":{\"cD\":\"e_f\",\"_idX\":[{\"gH\":1}]},\"i\":2}",
            ),
            (camel(&v("[{\"a_b\":1,\"aB\":2},3]")), "[{\"aB\":2},3]"),
            (sort(&v("[18446744073709551616,1.10,18446744073709551615,1,-5]")), "[-5,1,1.10,18446744073709551615,18446744073709551616]"),
        ];
        for (got, expected) in cases {
            assert_eq!(got.unwrap(), v(expected));
        }
    }

    #[test]
    fn list_functions_refuse_other_values() {
        assert_eq!(len(&v("1")).unwrap_err().0, "len of the int 1: it takes a string, list, object, bytes or file");
        assert_eq!(first(&v("[]")).unwrap_err().0, "first of an empty list: test len(…) first");
        assert!(merge(&[v("1")]).is_err());
        assert!(sort(&v("[1,\"a\"]")).is_err());
        assert!(without(&v("{}"), &v("1")).is_err());
        assert!(keys(&v("[]")).is_err());
        assert_eq!(camel(&v("\"a_b\"")).unwrap_err().0, "camel of the string \"a_b\": it takes a list or an object");
    }
}
