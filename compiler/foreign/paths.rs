//! JSONPaths and selectors of other tools: JMESPath, Jayway's functions, XPath, and selectors with an attribute.

/// The fix for a text that is no JSONPath.
pub(crate) fn json_path(path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    if !path.starts_with('$') {
        if path.starts_with("//") || path.starts_with("/") {
            // A JSON pointer: `/items/0/id`.
            let parts = path.split('/').filter(|part| !part.is_empty());
            let parts =
                parts.map(|part| if part.bytes().all(|byte| byte.is_ascii_digit()) { format!("[{part}]") } else { format!(".{part}") });
            return Some(format!("write `\"${}\"`", parts.collect::<String>()));
        }
        let dot = if path.starts_with(['.', '[']) { "" } else { "." };
        let is_path = path.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '[' | ']' | '*'));
        return is_path.then(|| format!("write `\"${dot}{}\"`", path.replace("[]", "[*]")));
    }
    if let Some(of) = ["(@.length-1)", "(@.length - 1)"].into_iter().find(|index| path.contains(index)) {
        return Some(format!("write `\"{}\"`", path.replace(of, "-1")));
    }
    if let Some(list) = [".length()", ".size()", ".count()", ".length"].into_iter().find_map(|end| path.strip_suffix(end)) {
        return Some(format!("write `len(json \"{list}\")` in an expectation or a `let`"));
    }
    if let Some(list) = [".first()", ".last()", ".min()", ".max()", ".sum()", ".keys()"].into_iter().find(|end| path.ends_with(end)) {
        let name = list.trim_matches(['.', '(', ')']);
        return Some(format!("write `{name}(json \"{}\")` in an expectation or a `let`", &path[..path.len() - list.len()]));
    }
    if let Some((left, regex)) = path.split_once("=~") {
        let regex = regex.trim().trim_start_matches('/').split('/').next()?;
        let (before, member) = left.rsplit_once('?')?;
        let member = member.trim().trim_start_matches('(').trim();
        let is_plain = !regex.contains(['\'', '\\', '"']);
        return is_plain.then(|| format!("write `\"{before}?search({member}, '{regex}')]\"`"));
    }
    if let Some(at) = single_equals(path) {
        return Some(format!("write `\"{}=={}\"`", &path[..at], &path[at + 1..]));
    }
    if path.contains(" and ") || path.contains(" or ") {
        return Some(format!("write `\"{}\"`", path.replace(" and ", " && ").replace(" or ", " || ")));
    }
    None
}

/// The position of a single `=` in a filter.
fn single_equals(path: &str) -> Option<usize> {
    let filter = path.find('?')?;
    let bytes = path.as_bytes();
    let at = path[filter..].find('=').map(|at| filter + at)?;
    let alone = bytes.get(at + 1) != Some(&b'=') && !matches!(bytes[at - 1], b'=' | b'!' | b'<' | b'>');
    alone.then_some(at)
}

/// The fix for a text that is no CSS selector: the source that is meant.
pub(crate) fn selector(selector: &str) -> Option<String> {
    let name = |text: &str| !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'));
    if let Some((css, attribute)) = selector.split_once("::attr(").and_then(|(css, rest)| Some((css, rest.strip_suffix(')')?))) {
        return name(attribute).then(|| format!("write `html \"{css}\" @{attribute}`"));
    }
    if let Some(css) = selector.strip_suffix("::text").or_else(|| selector.strip_suffix("/text()")).filter(|css| !css.contains('/')) {
        return Some(format!("write `html \"{css}\"`: it gives the text"));
    }
    if selector.starts_with('/') || selector.contains("//") {
        return Some(match css(selector) {
            Some((css, None)) => format!("write `html \"{css}\"`: XPath is not supported"),
            Some((css, Some(attribute))) => format!("write `html \"{css}\" @{attribute}`: XPath is not supported"),
            None => "write a CSS selector, such as `div#main > a.next`: XPath is not supported".to_owned(),
        });
    }
    let (css, attribute) = selector.split_once('@')?;
    (name(attribute) && !css.contains('[')).then(|| format!("write `html \"{}\" @{attribute}`", css.trim_end_matches(['/', ' '])))
}

/// A simple XPath as a CSS selector, with the attribute that it reads: `//div[@id='x']/a/@href`.
fn css(path: &str) -> Option<(String, Option<&str>)> {
    let mut css = String::new();
    let mut attribute = None;
    let mut join = "";
    for step in path.trim_start_matches('/').split('/') {
        match step {
            "" => join = " ",
            "text()" => {}
            _ if step.starts_with('@') => attribute = Some(&step[1..]),
            _ => {
                let (tag, rest) = step.split_once('[').map_or((step, None), |(tag, rest)| (tag, Some(rest)));
                css.push_str(join);
                css.push_str(if tag == "*" { "" } else { tag });
                if let Some(rest) = rest {
                    let (name, value) = rest.strip_suffix(']')?.strip_prefix('@')?.split_once('=')?;
                    css.push_str(&format!("[{name}={value}]"));
                }
                join = " > ";
            }
        }
    }
    let plain = !css.is_empty() && !css.contains(['(', '@', ':', '"']);
    plain.then_some((css, attribute))
}

#[cfg(test)]
mod tests {
    use super::{json_path, selector};

    #[test]
    fn paths_of_other_tools_have_their_equivalent() {
        for (path, fix) in [
            ("items[0].id", "write `\"$.items[0].id\"`"),
            (".items[].id", "write `\"$.items[*].id\"`"),
            ("/items/0/id", "write `\"$.items[0].id\"`"),
            ("$.items[(@.length-1)]", "write `\"$.items[-1]\"`"),
            ("$.items.length()", "write `len(json \"$.items\")` in an expectation or a `let`"),
            ("$.items[?(@.id = 3)]", "write `\"$.items[?(@.id == 3)]\"`"),
            ("$.items[?(@.name =~ /a/)]", "write `\"$.items[?search(@.name, 'a')]\"`"),
        ] {
            assert_eq!(json_path(path).as_deref(), Some(fix), "{path}");
            if let Some(fixed) = fix.strip_prefix("write `\"").and_then(|fix| fix.strip_suffix("\"`")) {
                assert!(serde_json_path::JsonPath::parse(fixed).is_ok(), "{fixed}");
            }
        }
        assert_eq!(json_path("$.items["), None);
    }

    #[test]
    fn selectors_of_other_tools_have_their_equivalent() {
        for (css, fix) in [
            ("a@href", "write `html \"a\" @href`"),
            ("a::attr(href)", "write `html \"a\" @href`"),
            ("h1::text", "write `html \"h1\"`: it gives the text"),
            ("//div[@id='x']/a/@href", "write `html \"div[id='x'] > a\" @href`: XPath is not supported"),
            ("//a", "write `html \"a\"`: XPath is not supported"),
            ("//a[1]", "write a CSS selector, such as `div#main > a.next`: XPath is not supported"),
        ] {
            assert_eq!(selector(css).as_deref(), Some(fix), "{css}");
        }
        assert_eq!(selector("a["), None);
    }
}
