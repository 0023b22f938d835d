//! Checks the arguments of a tool against its JSON Schema, so that an error is in the words of ltc and names what is allowed.

use ltc_config::suggest::nearest;
use serde_json::{Map, Value};

/// An object of JSON.
type Object = Map<String, Value>;

/// Checks the arguments of a call of the tool `name`. The error lists all mistakes, one per line.
pub(super) fn check(name: &str, schema: &Object, given: &Object) -> Result<(), String> {
    let none = Object::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut wrong = Vec::new();
    for (key, value) in given {
        match known.get(key) {
            None => wrong.push(unknown(name, key, known)),
            Some(property) => wrong.extend(wrong_type(key, value, property)),
        }
    }
    for key in required.into_iter().filter(|key| !given.contains_key(*key)) {
        let about = known.get(key).and_then(|property| property["description"].as_str()).unwrap_or_default();
        wrong.push(format!("missing argument `{key}` of `{name}`: {}", sentence(about)));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Words of other tools for the arguments of a run.
const MEANT: [(&[&str], &str); 3] = [
    (&["vus", "users", "virtual_users", "concurrency", "threads", "connections"], "clients"),
    (&["rps", "arrival_rate", "arrivalRate", "spawn_rate"], "rate"),
    (&["run_time", "time", "length", "seconds"], "duration"),
];

fn unknown(name: &str, key: &str, known: &Object) -> String {
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    let meant = MEANT.iter().find(|(words, meant)| words.contains(&key) && names.contains(meant)).map(|(_, meant)| *meant);
    let fix = match meant.or_else(|| nearest(key, names.iter().copied())) {
        Some(near) => format!("use `{near}`"),
        None => format!("use only {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    format!("unknown argument `{key}` of `{name}`: {fix}")
}

/// The error of a value whose type the schema does not allow.
fn wrong_type(key: &str, value: &Value, property: &Value) -> Option<String> {
    let allowed: Vec<&str> = match &property["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let is_below = value.as_i64().zip(property["minimum"].as_i64()).is_some_and(|(value, minimum)| value < minimum);
    let fits = allowed.iter().any(|ty| match *ty {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => true,
    });
    if fits && !is_below {
        return None;
    }
    let expected = match allowed.iter().find(|ty| **ty != "null").copied() {
        Some("string") => "a string",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        _ => "another value",
    };
    let about = property["description"].as_str().unwrap_or_default();
    Some(format!("unexpected {value} for the argument `{key}`, expected {expected}: {}", sentence(about)))
}

/// A description as the rest of a sentence.
fn sentence(description: &str) -> String {
    let mut letters = description.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mistake_names_what_is_allowed() {
        let schema = json!({
            "properties": {
                "spec": { "type": ["string", "null"], "description": "Path of a spec" },
                "clients": { "type": ["integer", "null"], "minimum": 0, "description": "The number of virtual users" },
                "duration": { "type": "string", "description": "The duration, such as 30s" },
            },
            "required": ["duration"],
        });
        for (given, wrong) in [
            (json!({ "duration": "1s", "spec": null, "clients": 2 }), ""),
            (json!({}), "missing argument `duration` of `run`: the duration, such as 30s"),
            (json!({ "duration": 30 }), "unexpected 30 for the argument `duration`, expected a string: the duration, such as 30s"),
            (
                json!({ "duration": "1s", "clients": "2" }),
                "unexpected \"2\" for the argument `clients`, expected a whole number: the number of virtual users",
            ),
            (
                json!({ "duration": "1s", "clients": -1 }),
                "unexpected -1 for the argument `clients`, expected a whole number: the number of virtual users",
            ),
            (json!({ "duration": "1s", "vus": 2 }), "unknown argument `vus` of `run`: use `clients`"),
            (json!({ "duration": "1s", "specs": "x" }), "unknown argument `specs` of `run`: use `spec`"),
            (json!({ "duration": "1s", "host": "x" }), "unknown argument `host` of `run`: use only `spec`, `clients`, `duration`"),
        ] {
            let found = check("run", schema.as_object().unwrap(), given.as_object().unwrap()).err().unwrap_or_default();
            assert_eq!(found, wrong, "{given}");
        }
    }
}
