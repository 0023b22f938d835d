//! The fixes that a help names. A help that offers an example or describes what to do names none.

/// One way to fix an error, as a help names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fix<'h> {
    /// Write this code: "write `x`", "did you mean `x`?".
    Write(&'h str),
    /// Add this code: "add `x` …".
    Add(&'h str),
    /// Move this code.
    Move(&'h str),
    /// Remove the text at the location.
    Remove,
}

/// The words after which a help describes an example.
const EXAMPLE: [&str; 2] = ["such as", "for example"];
/// Words of a help that describes a change at another location, or leaves a choice to the author.
const ELSEWHERE: [&str; 17] = [
    "in the profile",
    "config/",
    "in a take",
    "in the user",
    "in the api",
    "in the environment",
    "top level",
    "beside the url",
    "before or after",
    "out of the",
    "one of them",
    "when the test runs",
    "in another step",
    "a condition:",
    "around",
    "in a sequence",
    "all arguments",
];
/// Parts of a code that stand for what only the author knows.
const PLACEHOLDERS: [&str; 18] = [
    "(key, data)",
    "Shopper",
    "some.key",
    "SomeSequence",
    "css selector",
    "/regex/",
    "/id=(",
    "{ key:",
    "\"$.a.b\"",
    "json.a.b",
    "item-{id}",
    "$.items[*].id",
    "name=value",
    "service, region",
    "user, password",
    "Name()",
    "if c then a else b",
    "\"item-",
];

/// The fixes that a help names: none, one, or several to choose from.
pub(crate) fn fixes<'h>(help: &'h str) -> Vec<Fix<'h>> {
    let verb = help.split([' ', ':', ',']).next().unwrap_or_default();
    // A backtick in the text that a fix repeats hides where the code ends.
    if ELSEWHERE.iter().any(|words| help.contains(words)) || !help.matches('`').count().is_multiple_of(2) {
        return Vec::new();
    }
    let make: fn(&'h str) -> Fix<'h> = match verb {
        "write" | "did" | "call" => Fix::Write,
        "use" if help.starts_with("use `") => Fix::Write,
        "add" => Fix::Add,
        "move" if help.starts_with("move `") => Fix::Move,
        "remove" => return if help.contains(" or ") || help.contains(", or ") { Vec::new() } else { vec![Fix::Remove] },
        _ => return Vec::new(),
    };
    // What follows a colon, a semicolon or `instead of` explains the fix, unless the code follows it.
    let first = help.find('`').unwrap_or(help.len());
    let end = [": ", "; ", " instead of ", ", not "].iter().filter_map(|sign| outside(help, sign)).filter(|at| *at > first).min();
    let named = &help[..end.unwrap_or(help.len())];
    if EXAMPLE.iter().any(|words| named.contains(words)) {
        return Vec::new();
    }
    let is_concrete = |code: &&str| !code.contains('…') && !PLACEHOLDERS.iter().any(|part| code.contains(part));
    let found: Vec<Fix<'_>> = quoted(named).filter(is_concrete).map(make).collect();
    if found.len() == quoted(named).count() { found } else { Vec::new() }
}

/// The only fix that a help names.
pub(crate) fn only(help: &str) -> Option<Fix<'_>> {
    match fixes(help)[..] {
        [one] if !help.contains(", or ") => Some(one),
        _ => None,
    }
}

/// The parts of a text in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|code| !code.is_empty())
}

/// The first occurrence of `sign` that is not in backticks.
fn outside(text: &str, sign: &str) -> Option<usize> {
    text.match_indices(sign).map(|(at, _)| at).find(|at| text[..*at].matches('`').count().is_multiple_of(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_with_one_concrete_code_names_one_fix() {
        for (help, code) in [
            ("write `expect 200`", "expect 200"),
            ("write `\"{item-}\": x`", "\"{item-}\": x"),
            ("did you mean `clients`?", "clients"),
            ("write `{id}` for the value", "{id}"),
            ("call it: `fake.name()`", "fake.name()"),
            ("write it in capitals: `GET`", "GET"),
            ("write a step: `step \"Name\" { shop.item(3) }`; `run` is for sequences and tasks", "step \"Name\" { shop.item(3) }"),
            ("write `import \"./login.lt\"`: it adds all names of that file", "import \"./login.lt\""),
            ("write `auth bearer(env.token)` instead of the header", "auth bearer(env.token)"),
            ("write `len(json.items)`; a member of this name is `json.items[\"length\"]`", "len(json.items)"),
        ] {
            assert_eq!(only(help), Some(Fix::Write(code)), "{help}");
        }
        assert_eq!(only("add a `)`"), Some(Fix::Add(")")));
        assert_eq!(only("remove it: a block may be empty"), Some(Fix::Remove));
    }

    #[test]
    fn help_with_a_choice_an_example_or_a_description_does_not() {
        for help in [
            "write `json` or `text` for the response's body",
            "write `log \"a`b\"`",
            "write `5s` for seconds, `5ms` for milliseconds",
            "write, for example, `sequence Shop {`",
            "write `expect …` in the step, such as `expect 200`",
            "use it, or remove it",
            "remove it, or add a `{` that is missing above",
            "write the number with its unit, such as `5s`",
            "write `repeat 3 { … }`",
            "use one of the methods: GET, POST",
            "write `env.some.key`: the key is in config/<env>.yml",
            "move the `wait` before or after the step",
            "remove one of them",
            "set it in the profile, which defines the number of users, the rate and the duration",
        ] {
            assert_eq!(only(help), None, "{help}");
        }
        assert_eq!(fixes("write `5s` for seconds, `5ms` for milliseconds"), [Fix::Write("5s"), Fix::Write("5ms")]);
    }
}
