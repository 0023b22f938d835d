//! Groups and names operations: by tag, by path, by `operationId`.

use indexmap::IndexMap;

use super::operation::Operation;
use super::request::path_name;
use crate::names;
use crate::words;

/// The number of literal segments with which all paths begin.
pub(super) fn shared_segments(operations: &[Operation<'_>]) -> usize {
    let segments = |operation: &Operation<'_>| -> Vec<String> {
        operation.path.split('/').skip(1).take_while(|part| !part.contains('{')).map(str::to_owned).collect()
    };
    let mut operations = operations.iter().map(segments);
    let first = operations.next().unwrap_or_default();
    let shared =
        operations.fold(first, |shared, other| shared.into_iter().zip(other).take_while(|(a, b)| a == b).map(|(a, _)| a).collect());
    shared.len()
}

/// Removes the words with which the names of all groups begin: `Api2010Account`, `Api2010Call` and so on.
pub(super) fn without_prefix(groups: IndexMap<String, Vec<usize>>) -> IndexMap<String, Vec<usize>> {
    let words: Vec<Vec<String>> = groups.keys().map(|name| names::snake(name).split('_').map(str::to_owned).collect()).collect();
    let shared = |number: usize| words.iter().all(|other| other.len() > number + 1 && other[number] == words[0][number]);
    let prefix = if groups.len() < 3 { 0 } else { (0..).take_while(|number| shared(*number)).count() };
    if prefix == 0 {
        return groups;
    }
    let mut short: IndexMap<String, Vec<usize>> = IndexMap::new();
    for ((_, members), words) in groups.into_iter().zip(&words) {
        short.entry(words[prefix..].join(" ")).or_default().extend(members);
    }
    short
}

/// The first literal segment of a path after those that all paths share, or the last segment.
pub(super) fn segment(path: &str, shared: usize) -> &str {
    let literals = || path.split(['/', '#', '?']).skip(1).filter(|part| !part.is_empty() && !part.contains('{'));
    literals().nth(shared).or_else(|| literals().last()).unwrap_or("root")
}

/// The name of a request: its `operationId`, or its method and the literals of its path.
pub(super) fn request_name(operation: &Operation<'_>, resource: &str) -> String {
    let name = match operation.id {
        Some(id) => names::snake(id),
        None => {
            let part = |part: &str| match part.strip_prefix('{') {
                Some(inside) => format!("by {}", path_name(inside.trim_end_matches('}'))),
                None => part.to_owned(),
            };
            let parts: Vec<String> = operation.path.split('/').filter(|part| !part.is_empty()).map(part).collect();
            // The last segments are the most specific; a long name is cut at its end.
            let from = parts.len().saturating_sub(4);
            names::snake(&format!("{} {}", operation.method.to_lowercase(), parts[from..].join(" ")))
        }
    };
    match name.strip_prefix(resource).and_then(|rest| rest.strip_prefix('_')) {
        Some(rest) if !resource.is_empty() && !rest.is_empty() => rest.to_owned(),
        _ => name,
    }
}

/// The name of a step: a short summary, or the request's name.
pub(super) fn title(operation: &Operation<'_>, name: &str) -> String {
    let summary = operation.at.node.text_of("summary").map(words::line).unwrap_or_default();
    let summary = summary.trim_end_matches('.');
    if !summary.is_empty() && summary.chars().count() <= 60 { summary.to_owned() } else { words::title(name) }
}
