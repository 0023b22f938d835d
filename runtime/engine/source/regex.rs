//! Regular expressions over text: `text ~ /csrf=(\w+)/`.

use regex::{Captures, Regex};

use super::Pick;
use crate::base::search::{MATCHES, check_cost};
use crate::base::work::WorkLimit;
use crate::value::{Eval, EvalError, Value};

/// The result of a regex: its first group, the whole match if it has no group, or an object if its groups have names.
///
/// # Errors
/// If it takes too long: a search can be slow, and the search for each match can read the whole text.
pub fn take_regex(regex: &Regex, text: &str, pick: Pick<'_>) -> Eval<Option<Value>> {
    check_cost(regex, text).map_err(EvalError)?;
    let limit = WorkLimit::of(text.len());
    let work = limit.start();
    let mut is_too_much = false;
    let matches = regex.captures_iter(text).enumerate().take_while(|(number, _)| {
        is_too_much = number % MATCHES == MATCHES - 1 && work.is_too_much();
        !is_too_much
    });
    let found = pick.of(matches.map(|(_, captures)| value(regex, &captures)));
    if is_too_much { Err(EvalError(format!("the regex can't be applied: {}", work.excess()))) } else { Ok(found) }
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
            assert_eq!(take_regex(&regex, "k=a; k=b", Pick::One).unwrap(), Some(v(one)));
            assert_eq!(take_regex(&regex, "k=a; k=b", Pick::All).unwrap(), Some(v(all)));
            assert_eq!(take_regex(&regex, "nothing", Pick::All).unwrap(), None);
        }
    }

    #[test]
    fn regex_that_reads_the_text_again_for_each_match_is_limited() {
        let why = take_regex(&Regex::new("a(?:[^;]*;)?").unwrap(), &"a".repeat(1_000_000), Pick::All).unwrap_err().0;
        assert_eq!(why, "the regex can't be applied: it takes more than 1.1s of processor time");
    }
}
