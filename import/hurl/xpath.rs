//! Converts XPath expressions to CSS selectors, if these can express them.

use crate::write::quoted;

/// The code that reads the result of an XPath, and whether it is a count. `None` if CSS has no such selector.
pub(super) fn css(path: &str) -> Option<(String, bool)> {
    let path = path.trim();
    if let Some(inner) = call(path, "count") {
        let (code, _) = css(inner)?;
        return Some((code, true));
    }
    for function in ["string", "normalize-space", "boolean"] {
        if let Some(inner) = call(path, function) {
            return css(inner);
        }
    }
    // `(//p)[1]`: the first of all nodes, which a selector gives.
    let path = path.strip_prefix('(').and_then(|path| path.strip_suffix(")[1]")).unwrap_or(path);
    let path = path.strip_suffix("/text()").unwrap_or(path);
    let (path, attribute) = match path.rsplit_once("/@") {
        Some((path, attribute)) => (path.trim_end_matches('/'), Some(attribute)),
        None => (path, None),
    };
    let mut selector = String::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (combinator, behind) = match rest.strip_prefix("//") {
            Some(behind) => (" ", behind),
            None => (" > ", rest.strip_prefix('/')?),
        };
        let end = step_end(behind);
        let step = &behind[..end];
        rest = &behind[end..];
        if !selector.is_empty() {
            selector.push_str(combinator);
        }
        selector.push_str(&step_css(step)?);
    }
    if selector.is_empty() {
        return None;
    }
    let attribute = attribute.map(|attribute| format!(" @{attribute}")).unwrap_or_default();
    Some((format!("html {}{attribute}", quoted(&selector)), false))
}

fn call<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    path.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')').map(str::trim)
}

/// The end of a step: the next slash outside of brackets and quotes.
fn step_end(path: &str) -> usize {
    let (mut depth, mut quote) = (0_i32, None);
    for (at, char) in path.char_indices() {
        match (quote, char) {
            (Some(open), char) if open == char => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(char),
            (None, '[') => depth += 1,
            (None, ']') => depth -= 1,
            (None, '/') if depth == 0 => return at,
            _ => {}
        }
    }
    path.len()
}

/// `tag[predicate][predicate]`
fn step_css(step: &str) -> Option<String> {
    let (tag, mut rest) = step.split_at(step.find('[').unwrap_or(step.len()));
    if tag.is_empty() || tag != "*" && !tag.chars().all(|char| char.is_ascii_alphanumeric() || char == '-') {
        return None;
    }
    let mut out = tag.to_owned();
    while let Some(inner) = rest.strip_prefix('[') {
        let end = inner.find(']')?;
        for predicate in inner[..end].split(" and ") {
            out.push_str(&predicate_css(predicate.trim())?);
        }
        rest = &inner[end + 1..];
    }
    rest.is_empty().then_some(out)
}

fn predicate_css(predicate: &str) -> Option<String> {
    if let Ok(number) = predicate.parse::<usize>() {
        return Some(format!(":nth-of-type({number})"));
    }
    let value = |text: &str| {
        let text = text.trim();
        let inner =
            text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).or_else(|| text.strip_prefix('"')?.strip_suffix('"'))?;
        Some(inner.replace('\\', "\\\\").replace('\'', "\\'"))
    };
    for (function, sign) in [("contains", "*="), ("starts-with", "^=")] {
        if let Some(inner) = call(predicate, function) {
            let (name, text) = inner.split_once(',')?;
            return Some(format!("[{}{sign}'{}']", name.trim().strip_prefix('@')?, value(text)?));
        }
    }
    let name = predicate.strip_prefix('@')?;
    match name.split_once('=') {
        Some((name, text)) => Some(format!("[{}='{}']", name.trim(), value(text)?)),
        None => Some(format!("[{name}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_paths_become_selectors() {
        for (path, expected) in [
            ("string(//title)", "html \"title\""),
            ("//div[@id='x']/p[2]/@class", "html \"div[id='x'] > p:nth-of-type(2)\" @class"),
            ("normalize-space(//h1[contains(@class, 'big')]/text())", "html \"h1[class*='big']\""),
            ("//a[@href]", "html \"a[href]\""),
        ] {
            assert_eq!(css(path), Some((expected.to_owned(), false)), "{path}");
        }
        assert_eq!(css("count(//li)"), Some(("html \"li\"".to_owned(), true)));
        assert_eq!(css("//p[contains(., 'x')]"), None);
    }
}
