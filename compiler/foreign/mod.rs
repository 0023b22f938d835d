//! Words of other tools and languages, and their equivalents in a spec: k6, Locust, Gatling, Artillery, JMeter, Postman, JavaScript,
//! Python.
//!
//! A pattern is a dotted name: `http.get` matches exactly that, `*.push` a member of any value, `pm.*` everything below `pm`. A fix is a
//! text with holes: `{of}` is the text before the last dot, `{name}` the text after it, `{args}` the text in the brackets, `{1}` to `{3}`
//! the first three arguments, `{wait}` the arguments as a wait, `{pacing}` a rate as its period, `{path}` the path of a URL in them, `{api}` the name of an api of the file,
//! `{method}` the HTTP method that the function is named after. An exact pattern takes precedence over `pm.*`, and that over `*.push`.

mod assigned;
mod calls;
mod files;
mod fluent;
mod matchers;
mod members;
mod paths;
mod postman_jmeter;
mod sql;
mod test_tools;
mod values;

pub(crate) use assigned::{assigned, assigned_members};
pub(crate) use files::file;
pub(crate) use fluent::assertion;
pub(crate) use matchers::{MARKERS, Meant, matcher};
pub(crate) use members::{api_member, data_option, item, user_member};
pub(crate) use paths::{json_path, selector};
pub(crate) use values::{fields, source};

/// HTTP methods, as functions of other tools are named after them.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// All tables of calls.
const TABLES: [&[(&str, &str)]; 4] = [calls::CALLS, postman_jmeter::CALLS, test_tools::CALLS, sql::CALLS];

/// The longest text of the source that a fix repeats, in bytes. A longer one is shown as `…`.
const REPEATED_BYTES_MAX: usize = 40;

/// The fix for a call. `of` is the text before the last dot.
pub(crate) fn call(of: Option<&str>, name: &str, args: &str, api: &str) -> Option<String> {
    let method = name.to_uppercase();
    let is_method = METHODS.contains(&method.as_str());
    // `client.get("/items")` is a request, `row.get("id")` reads a member.
    let is_request =
        is_method && of.is_some() && args.trim_start_matches(['"', '\'', '`', '(']).starts_with(['/', 'h']) && args.contains('/');
    // `hashlib.sha256(x).hexdigest()` is what the call before it means.
    if let Some((before, inner)) =
        of.filter(|_| matches!(name, "hexdigest" | "digest")).and_then(|of| of.strip_suffix(')')?.split_once('('))
    {
        let (of, name) = before.rsplit_once('.').map_or((None, before), |(of, name)| (Some(of), name));
        if let Some(fix) = self::call(of, name, inner, api) {
            return Some(fix);
        }
    }
    let fix = match find(&TABLES, of, name) {
        Some(fix) if !is_request || fix.contains("{api}") => fix,
        _ if is_request => "write a step: `step \"Name\" { {api} {method} {path} }`",
        _ => return None,
    };
    Some(fill(fix, of, name, args).replace("{api}", api).replace("{method}", if is_method { &method } else { "GET" }))
}

/// The fix for a value that is not called: `response.status_code`, `__ENV.HOST`.
pub(crate) fn value(of: Option<&str>, name: &str) -> Option<String> {
    let fix = find(&[values::VALUES], of, name)?;
    // `config.shop.url`: what follows the first name.
    let below = of.and_then(|of| of.split_once('.')).map_or_else(|| name.to_owned(), |(_, below)| format!("{below}.{name}"));
    Some(fill(&fix.replace("{below}", &below), of, name, ""))
}

/// Whether a name is a constant or an object of another language. Nobody gives a variable such a name, so its use is reported even if a
/// part of the sequence did not parse.
pub(crate) fn is_constant(name: &str) -> bool {
    values::CONSTANTS.contains(&name)
}

fn find(tables: &[&[(&str, &'static str)]], of: Option<&str>, name: &str) -> Option<&'static str> {
    let exact = |pattern: &str| match of {
        Some(of) => pattern.rsplit_once('.') == Some((of, name)),
        None => pattern == name,
    };
    let member = |pattern: &str| of.is_some() && pattern.strip_prefix("*.") == Some(name);
    let below = |pattern: &str| {
        let (Some(of), Some(root)) = (of, pattern.strip_suffix(".*")) else { return false };
        of.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(', '[']))
    };
    let by = |matches: &dyn Fn(&str) -> bool| tables.iter().copied().flatten().find(|(pattern, _)| matches(pattern)).map(|(_, fix)| *fix);
    by(&exact).or_else(|| by(&below)).or_else(|| by(&member))
}

fn fill(fix: &str, of: Option<&str>, name: &str, args: &str) -> String {
    let short = |text: &str| if text.len() > REPEATED_BYTES_MAX || text.contains('\n') { "…".to_owned() } else { translated(text) };
    let of = of.unwrap_or_default();
    let each = arguments(args);
    let nth = |n: usize| each.get(n).map_or_else(|| "…".to_owned(), |arg| short(arg));
    fix.replace("{of}", &short(of))
        .replace("{name}", name)
        .replace("{wait}", &wait(&each))
        .replace("{pacing}", &pacing(&each))
        .replace("{path}", &path(each.first().copied().unwrap_or_default()))
        .replace("{1}", &nth(0))
        .replace("{2}", &nth(1))
        .replace("{3}", &nth(2))
        .replace("{args}", &short(args))
}

/// A value in which a call at its start is replaced with the function that is meant: `Math.random() * 10`.
pub(crate) fn translated(value: &str) -> String {
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '$');
    let open = value.find(|char: char| !is_name(char)).unwrap_or(value.len());
    let code = || {
        let close = closing(value, open).filter(|_| value[open..].starts_with('('))?;
        let (of, name) = value[..open].rsplit_once('.').map_or((None, &value[..open]), |(of, name)| (Some(of), name));
        let fix = find(&TABLES, of, name).map(|fix| fill(fix, of, name, &value[open + 1..close]))?;
        let code = fix.strip_prefix("write `")?.split('`').next()?;
        // A statement is no value.
        let is_call = code.find(|char: char| !is_name(char)).is_some_and(|end| code[end..].starts_with('('));
        is_call.then(|| format!("{code}{}", &value[close + 1..]))
    };
    code().unwrap_or_else(|| value.to_owned())
}

/// The bracket that closes the one at `open`, outside of strings.
pub(crate) fn closing(text: &str, open: usize) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    let mut before = b' ';
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'"' if before != b'\\' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        before = byte;
    }
    None
}

/// The path of a URL that is written as a string.
fn path(arg: &str) -> String {
    let url = arg.trim_matches(['"', '\'', '`']);
    let path = url.split_once("://").map_or(url, |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
    let path = path.replace("${", "{");
    if path.starts_with('/') && !path.contains(['"', ' ']) { path } else { "/items".to_owned() }
}

/// The arguments of a call, split at the commas outside of brackets and quotes.
pub(crate) fn arguments(args: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start, mut found) = (0_usize, None, 0, Vec::new());
    for (at, byte) in args.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, b',') if depth == 0 => {
                found.push(args[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = args[start..].trim();
    if !last.is_empty() {
        found.push(last);
    }
    found
}

/// The arguments of `sleep` or `pause` as a wait; plain numbers are seconds.
fn wait(args: &[&str]) -> String {
    match args {
        [one] => seconds(one).unwrap_or_else(|| "1s".to_owned()),
        [from, to] => match (seconds(from), seconds(to)) {
            (Some(from), Some(to)) => format!("{from}..{to}"),
            _ => "1s..3s".to_owned(),
        },
        _ => "1s".to_owned(),
    }
}

/// The period of a rate per second.
fn pacing(args: &[&str]) -> String {
    let rate = args.first().and_then(|rate| rate.parse::<f64>().ok()).filter(|rate| *rate > 0.0);
    let period = rate.map_or(10.0, |rate| (1_000.0 / rate).round() / 1_000.0);
    if period < 1.0 { format!("{}ms", (period * 1_000.0).round()) } else { format!("{period}s") }
}

/// Converts `3`, `0.5`, `5s`, `5.seconds` or `500.millis` to a duration.
fn seconds(arg: &str) -> Option<String> {
    let digits = arg.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(arg.len());
    let number = arg[..digits].trim_end_matches('.');
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let unit = match arg[digits..].trim() {
        "" | "s" | "second" | "seconds" => "s",
        "ms" | "milli" | "millis" | "milliseconds" => "ms",
        "m" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::{TABLES, call, value, values};

    #[test]
    fn exact_pattern_precedes_a_root_and_a_root_precedes_a_member() {
        assert_eq!(call(Some("Math"), "max", "1, 2", "shop").as_deref(), Some("write `max(1, 2)`"));
        assert_eq!(call(Some("xs"), "push", "1", "shop").as_deref(), Some("write `set xs = xs + [1]`"));
        assert!(call(Some("pm.response.to"), "be", "", "shop").unwrap().contains("expect"));
        assert_eq!(call(Some("vars"), "get", "\"id\"", "shop").as_deref(), Some("write the variable's name"), "of any table");
        assert_eq!(call(None, "shop", "", "shop"), None);
        let url = "\"https://shop.example/cart\"";
        assert_eq!(call(Some("http"), "get", url, "api").as_deref(), Some("write a step: `step \"Name\" { api GET /cart }`"));
        assert!(call(Some("self.client"), "get", "", "shop").unwrap().contains("step"));
        assert!(call(Some("client"), "put", "\"/items/3\", x", "api").unwrap().contains("`step \"Name\" { api PUT /items/3 }`"));
        assert_eq!(call(Some("row"), "get", "\"id\"", "api").as_deref(), Some("write the member: `row[\"id\"]`"));
        assert_eq!(value(Some("__ENV"), "HOST").as_deref(), Some("write `env.some.key`: the key is in config/<env>.yml"));
    }

    #[test]
    fn waits_keep_their_numbers() {
        assert_eq!(call(None, "pause", "1, 3", "shop").as_deref(), Some("write `wait 1s..3s`"));
        assert_eq!(call(None, "pause", "5.seconds", "shop").as_deref(), Some("write `wait 5s`"));
        assert_eq!(call(None, "sleep", "0.5", "shop").as_deref(), Some("write `wait 0.5s`"));
        assert_eq!(call(None, "sleep", "Math.random() * 3", "shop").as_deref(), Some("write `wait 1s`"));
    }

    #[test]
    fn foreign_call_within_a_fix_is_translated() {
        for (of, name, args, fix) in [
            ("Math", "floor", "Math.random() * 10", "write `floor(random(0.0, 1.0) * 10)`"),
            ("UUID.randomUUID()", "toString", "", "write `string(uuid())`"),
            ("item.name", "toString", "", "write `string(item.name)`"),
        ] {
            assert_eq!(call(Some(of), name, args, "shop").as_deref(), Some(fix), "{of}.{name}({args})");
        }
        assert_eq!(call(None, "constant_throughput", "0.5", "shop").as_deref(), Some("write `wait pacing 2s` in the user"));
        assert_eq!(call(None, "constant_throughput", "4", "shop").as_deref(), Some("write `wait pacing 250ms` in the user"));
    }

    #[test]
    fn fix_of_every_pattern_begins_with_a_verb_and_patterns_are_unique() {
        let mut seen = std::collections::HashSet::new();
        for table in TABLES {
            assert!(table.iter().all(|(pattern, _)| seen.insert(pattern)), "a pattern is in two tables");
        }
        for table in TABLES.into_iter().chain([values::VALUES]) {
            let mut seen = std::collections::HashSet::new();
            for (pattern, fix) in table {
                assert!(seen.insert(pattern), "{pattern} twice");
                let verb = fix.split([' ', ':']).next().unwrap();
                assert!(["write", "use", "remove", "move", "declare", "set", "call", "send", "take"].contains(&verb), "{pattern}: {fix}");
            }
        }
    }
}
