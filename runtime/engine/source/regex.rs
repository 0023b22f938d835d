//! Regular expressions over text: `text ~ /csrf=(\w+)/`.

use regex::{Captures, Regex};

use super::Pick;
use crate::value::Value;

/// The result of a regex: its first group, the whole match if it has no group, or an object if its groups have names.
pub fn take_regex(regex: &Regex, text: &str, pick: Pick<'_>) -> Option<Value> {
    pick.of(regex.captures_iter(text).map(|captures| value(regex, &captures)))
}

fn value(regex: &Regex, captures: &Captures<'_>) -> Value {
    let group = |group: Option<regex::Match<'_>>| group.map_or(Value::Null, |group| Value::str(group.as_str()));
    if regex.capture_names().flatten().next().is_some() {
        return Value::object(regex.capture_names().flatten().map(|name| (name, group(captures.name(name)))));
    }
    // For alternatives such as `a(x)|b(y)`, this is the group that took part. Index 0 is the whole match.
    let first = captures.iter().skip(1).flatten().next();
    group(first.or_else(|| captures.get(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regexes_find_groups() {
        for (pattern, one, all) in [
            (r"k=(\w+)", r#""a""#, r#"["a","b"]"#),
            (r"k=\w+", r#""k=a""#, r#"["k=a","k=b"]"#),
            (r"(?<key>\w)=(?<value>\w)?", r#"{"key":"k","value":"a"}"#, r#"[{"key":"k","value":"a"},{"key":"k","value":"b"}]"#),
            (r"x=(\w)|k=(\w)", r#""a""#, r#"["a","b"]"#),
        ] {
            let regex = Regex::new(pattern).unwrap();
            let v = |json: &str| Value::from_json(json.as_bytes()).unwrap();
            assert_eq!(take_regex(&regex, "k=a; k=b", Pick::One), Some(v(one)));
            assert_eq!(take_regex(&regex, "k=a; k=b", Pick::All), Some(v(all)));
            assert_eq!(take_regex(&regex, "nothing", Pick::All), None);
        }
    }
}
