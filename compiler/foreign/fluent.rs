//! Assertions of other tools as calls: `expect(res.status).to.equal(200)`, `assertThat(json.id).isNotNull()`, `assertEquals(200, code)`.

use super::{arguments, values};

/// How a call of an assertion compares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compares {
    /// By this operator.
    By(&'static str),
    /// A part of a text or an item of a list.
    Contains,
    /// Any of a list of values.
    OneOf,
    /// The length.
    Length,
    /// A member that exists.
    Member,
    /// By a regex.
    Regex,
    /// With this value, without an argument.
    Is(&'static str),
    /// A successful status.
    Successful,
    /// The status itself.
    Status,
}

/// The last calls of assertions.
const CALLS: &[(&[&str], Compares)] = &[
    (
        &[
            "equal",
            "equals",
            "eql",
            "eq",
            "toBe",
            "toEqual",
            "toStrictEqual",
            "isEqualTo",
            "is",
            "equalTo",
            "isSameAs",
            "be",
            "toHaveText",
            "shouldBe",
            "toHaveURL",
        ],
        Compares::By("=="),
    ),
    (&["notEqual", "isNotEqualTo"], Compares::By("!=")),
    (&["above", "gt", "greaterThan", "toBeGreaterThan", "isGreaterThan"], Compares::By(">")),
    (&["least", "gte", "atLeast", "toBeGreaterThanOrEqual", "isGreaterThanOrEqualTo", "greaterThanOrEqualTo"], Compares::By(">=")),
    (&["below", "lt", "lessThan", "toBeLessThan", "isLessThan"], Compares::By("<")),
    (&["most", "lte", "atMost", "toBeLessThanOrEqual", "isLessThanOrEqualTo", "lessThanOrEqualTo"], Compares::By("<=")),
    (
        &["include", "includes", "contain", "contains", "toContain", "string", "containsString", "toContainText", "hasItem"],
        Compares::Contains,
    ),
    (&["oneOf", "isIn"], Compares::OneOf),
    (&["length", "lengthOf", "toHaveLength", "hasSize"], Compares::Length),
    (&["property", "toHaveProperty", "hasKey"], Compares::Member),
    (&["match", "toMatch", "matches", "matchesRegex"], Compares::Regex),
    (&["exist", "isNotNull", "notNullValue", "toBeDefined", "toBeTruthy", "exists"], Compares::Is("!= null")),
    (&["isNull", "nullValue", "toBeNull", "toBeUndefined", "toBeFalsy"], Compares::Is("== null")),
    (&["isTrue"], Compares::Is("== true")),
    (&["isFalse"], Compares::Is("== false")),
    (&["isNotEmpty"], Compares::Is("!= \"\"")),
    (&["isEmpty"], Compares::Is("== \"\"")),
    (&["toBeOK", "isOk", "is2xxSuccessful", "ok"], Compares::Successful),
    (&["status", "statusCode", "toHaveStatus", "hasStatusCode"], Compares::Status),
];

/// The heads of assertions whose brackets contain the value.
const HEADS: [&str; 7] = ["expect", "assertThat", "assert", "verify", "check", "soft", "that"];

/// The `expect` that an assertion means.
pub(crate) fn assertion(written: &str) -> Option<String> {
    let written = written.trim().trim_end_matches(';').trim_end();
    let written = written.strip_prefix("await ").unwrap_or(written);
    let written = if written.contains('"') { written.to_owned() } else { written.replace('\'', "\"") };
    let (head, inside, chain) = split_call(&written)?;
    let name = head.rsplit('.').next().unwrap_or(head);
    let args = arguments(inside);
    if chain.is_empty() {
        return of_two(name, &args);
    }
    if !HEADS.contains(&name) {
        return None;
    }
    // The last call of the chain compares; a `not` before it negates.
    let (last, argument) = match chain.rfind('(').filter(|_| chain.ends_with(')')) {
        Some(_) => last_call(chain)?,
        None => (chain, ""),
    };
    let words: Vec<&str> = last.split('.').filter(|word| !word.is_empty()).collect();
    let is_negated = words.contains(&"not");
    let compares = compares(words.last()?)?;
    expectation(&subject(args.first()?), compares, argument, is_negated)
}

/// `assertEquals(200, response.getStatus())`, `assertThat(json.id, is(3))`.
fn of_two(name: &str, args: &[&str]) -> Option<String> {
    match (name, args) {
        ("assertEquals" | "assert_equal" | "assertEqual", [one, two, ..]) => {
            // JUnit names the expected value first, other libraries last.
            let is_literal = |text: &str| text.starts_with(|char: char| char.is_ascii_digit() || char == '"');
            let (value, expected) = if is_literal(two) { (one, two) } else { (two, one) };
            expectation(&subject(value), Compares::By("=="), expected, false)
        }
        ("assertNotNull", [value]) => expectation(&subject(value), Compares::Is("!= null"), "", false),
        ("assertNull", [value]) => expectation(&subject(value), Compares::Is("== null"), "", false),
        ("assertThat", [value, matcher]) => {
            let is_negated = matcher.starts_with("not(");
            let matcher = matcher.strip_prefix("not(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(matcher);
            let (call, argument, rest) = split_call(matcher)?;
            let compares = compares(call.rsplit('.').next()?)?;
            expectation(&subject(value), compares, argument, is_negated).filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

fn compares(name: &str) -> Option<Compares> {
    CALLS.iter().find(|(names, _)| names.contains(&name)).map(|(_, compares)| *compares)
}

/// The expectation of one value.
fn expectation(subject: &str, compares: Compares, argument: &str, is_negated: bool) -> Option<String> {
    let argument = argument.trim();
    let is_status = subject == "status" && argument.len() == 3 && argument.bytes().all(|byte| byte.is_ascii_digit());
    let condition = match compares {
        Compares::Successful => "2xx".to_owned(),
        Compares::Status => argument.to_owned(),
        Compares::Is("!= null") if is_negated => format!("{subject} == null"),
        Compares::Is("== null") if is_negated => format!("{subject} != null"),
        Compares::Is(comparison) => format!("{subject} {comparison}"),
        _ if argument.is_empty() => return None,
        Compares::By("==") if is_status && !is_negated => argument.to_owned(),
        Compares::By("==") if subject == "json" && argument.starts_with('{') => format!("json exactly {argument}"),
        Compares::By("==") if is_negated => format!("{subject} != {argument}"),
        Compares::By(sign) if subject == "elapsed" && argument.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("elapsed {sign} {argument}ms")
        }
        Compares::By(sign) => format!("{subject} {sign} {argument}"),
        Compares::Contains if subject == "text" && argument.starts_with('"') && !is_negated => format!("text {argument}"),
        Compares::Contains if subject == "json" && argument.starts_with('{') => format!("json {argument}"),
        Compares::Contains if is_negated => format!("not contains({subject}, {argument})"),
        Compares::Contains => format!("contains({subject}, {argument})"),
        Compares::OneOf => {
            let values = arguments(argument.trim_start_matches('[').trim_end_matches(']'));
            if subject == "status" { values.join(" | ") } else { format!("{subject} in [{}]", values.join(", ")) }
        }
        Compares::Length => format!("len({subject}) == {argument}"),
        Compares::Member => {
            let args = arguments(argument);
            let name = args.first()?.trim_matches('"');
            let is_name = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
            let value = args.get(1).copied().unwrap_or("_");
            return (is_name && subject == "json").then(|| format!("expect json {{ {name}: {value} }}"));
        }
        Compares::Regex => format!("{subject} ~ {}", if argument.starts_with('/') { argument.to_owned() } else { "/regex/".to_owned() }),
    };
    Some(format!("expect {condition}"))
}

/// The source that a value of a response means; other values stay.
pub(super) fn subject(written: &str) -> String {
    let bare = written.strip_prefix("await ").unwrap_or(written).trim();
    let bare = bare.strip_prefix("pm.").unwrap_or(bare);
    let root = bare.split(['.', '(', '[']).next().unwrap_or_default();
    let end = bare.rsplit(['.', ' ']).next().unwrap_or_default().trim_end_matches("()");
    if ["response", "res", "r", "resp", "rsp", "result", "responseCode"].contains(&root) {
        match end {
            "status" | "statusCode" | "getStatus" | "getStatusCode" | "status_code" | "code" => return "status".to_owned(),
            "text" | "body" | "getBody" | "asString" | "content" | "responseText" => return "text".to_owned(),
            "json" | "data" => return "json".to_owned(),
            "duration" | "responseTime" | "getTime" | "elapsed" | "time" => return "elapsed".to_owned(),
            _ => {}
        }
        if let Some((_, path)) = bare.split_once(".json().").or_else(|| bare.split_once(".data.")).or_else(|| bare.split_once(".body.")) {
            return format!("json.{path}");
        }
    }
    let code = |fix: String| fix.strip_prefix("write `").and_then(|rest| rest.split('`').next().map(str::to_owned));
    values::source(bare)
        .and_then(code)
        .unwrap_or_else(|| if root == "jsonData" { bare.replacen("jsonData", "json", 1) } else { bare.to_owned() })
}

/// The name, the arguments and the rest of a call.
fn split_call(written: &str) -> Option<(&str, &str, &str)> {
    let open = written.find('(')?;
    let head = written[..open].trim_end();
    let close = super::closing(written, open)?;
    let is_name = !head.is_empty() && head.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'));
    is_name.then(|| (head, written[open + 1..close].trim(), written[close + 1..].trim()))
}

/// The names up to the last call of a chain, and its arguments.
fn last_call(chain: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let open = from + chain.get(from..)?.find('(')?;
        let close = super::closing(chain, open)?;
        if close + 1 == chain.len() {
            return Some((&chain[..open], chain[open + 1..close].trim()));
        }
        from = close + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::assertion;

    #[test]
    fn assertion_becomes_an_expectation() {
        for (written, expected) in [
            ("expect(res.status).to.equal(200)", "expect 200"),
            ("expect(response.status()).toBe(200);", "expect 200"),
            ("expect(response).toBeOK()", "expect 2xx"),
            ("await expect(response).toBeOK()", "expect 2xx"),
            ("pm.expect(pm.response.code).to.be.oneOf([200, 201])", "expect 200 | 201"),
            ("pm.expect(pm.response.responseTime).to.be.below(200)", "expect elapsed < 200ms"),
            ("pm.expect(jsonData.name).to.eql(\"a\")", "expect json.name == \"a\""),
            ("expect(res.body.id).to.not.equal(3)", "expect json.id != 3"),
            ("expect(await response.json()).toEqual({ id: 1 })", "expect json exactly { id: 1 }"),
            ("expect(await response.text()).toContain(\"x\")", "expect text \"x\""),
            ("expect(response.json()).to.have.property(\"id\")", "expect json { id: _ }"),
            ("expect(json.name).to.not.equal('x')", "expect json.name != \"x\""),
            ("expect(json.items).to.have.lengthOf(3)", "expect len(json.items) == 3"),
            ("assertThat(status).isEqualTo(200)", "expect 200"),
            ("assertThat(response.getStatus(), is(200))", "expect 200"),
            ("assertThat(json.id).isNotNull()", "expect json.id != null"),
            ("assertThat(json.id, not(equalTo(3)))", "expect json.id != 3"),
            ("assertEquals(200, response.getStatusCode())", "expect 200"),
            ("assertEquals(json.id, 3)", "expect json.id == 3"),
        ] {
            assert_eq!(assertion(written).as_deref(), Some(expected), "{written}");
        }
        for other in ["shop.item(3)", "exec(http(\"x\").get(\"/\"))", "expect(", "group(\"x\").to.equal(3)"] {
            assert_eq!(assertion(other), None, "{other}");
        }
    }
}
