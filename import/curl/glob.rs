//! curl's URL globbing: `{a,b}` and `[1-5]` expand to several URLs.

use crate::draft::{Part, Text};

/// The most URLs that a pattern expands to.
const URLS_MAX: usize = 50;

/// Expands a pattern. `{id}`, with a single name, is a placeholder of a documentation, and becomes a variable. If a pattern has too many
/// URLs, only the first are returned, and the second value is true.
pub(super) fn expand(url: &Text) -> (Vec<Text>, bool) {
    let mut out = vec![Text::default()];
    let mut cut = false;
    for part in &url.parts {
        let Part::Literal(literal) = part else {
            out.iter_mut().for_each(|text| text.parts.push(part.clone()));
            continue;
        };
        let mut rest = literal.as_str();
        while let Some(at) = rest.find(['{', '[']) {
            let close = if rest[at..].starts_with('{') { '}' } else { ']' };
            let Some(end) = rest[at..].find(close).map(|end| at + end) else { break };
            out.iter_mut().for_each(|text| text.push(&rest[..at]));
            let inner = &rest[at + 1..end];
            match choices(inner, close) {
                Some(choices) => {
                    let all: Vec<Text> = out
                        .iter()
                        .flat_map(|text| {
                            choices.iter().map(|choice| {
                                let mut text = text.clone();
                                text.push(choice);
                                text
                            })
                        })
                        .take(URLS_MAX + 1)
                        .collect();
                    cut |= all.len() > URLS_MAX;
                    out = all;
                    out.truncate(URLS_MAX);
                }
                None if close == '}' && is_name(inner) => out.iter_mut().for_each(|text| text.hole(inner)),
                None => out.iter_mut().for_each(|text| text.push(&rest[at..=end])),
            }
            rest = &rest[end + 1..];
        }
        out.iter_mut().for_each(|text| text.push(rest));
    }
    (out, cut)
}

fn is_name(text: &str) -> bool {
    let text = text.trim_matches(['{', '}', ' ']);
    !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'))
}

/// The texts that a bracket expands to: a list, or a range with a step.
fn choices(inner: &str, close: char) -> Option<Vec<String>> {
    if close == '}' {
        return inner.contains(',').then(|| inner.split(',').map(str::to_owned).collect());
    }
    let (range, step) = inner.split_once(':').map_or((inner, "1"), |(range, step)| (range, step));
    let (from, to) = range.split_once('-')?;
    let step: usize = step.parse().ok().filter(|step| *step > 0)?;
    let (mut from_chars, mut to_chars) = (from.chars(), to.chars());
    if let (Some(first), None, Some(last), None) = (from_chars.next(), from_chars.next(), to_chars.next(), to_chars.next())
        && first.is_ascii_alphabetic()
        && last.is_ascii_alphabetic()
    {
        return Some((first..=last).step_by(step).map(String::from).collect());
    }
    let (first, last): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let width = if from.starts_with('0') { from.len() } else { 0 };
    Some((first..=last).step_by(step).take(URLS_MAX + 1).map(|number| format!("{number:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_expand_and_placeholders_stay_variables() {
        let (urls, cut) = expand(&Text::literal("http://x/{a,b}/[08-10]"));
        let urls: Vec<&str> = urls.iter().filter_map(Text::as_literal).collect();
        assert_eq!((urls[0], urls[5], urls.len(), cut), ("http://x/a/08", "http://x/b/10", 6, false));
        let (urls, _) = expand(&Text::literal("http://x/{account_id}"));
        assert_eq!(urls[0].parts, [Part::Literal("http://x/".to_owned()), Part::Hole("account_id".to_owned())]);
        assert!(expand(&Text::literal("http://x/[1-900]")).1);
        assert_eq!(expand(&Text::literal("http://[::1]/")).0[0], Text::literal("http://[::1]/"));
    }
}
