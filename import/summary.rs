//! The summary of an import: counts of the imported parts and of those left out.

use indexmap::IndexMap;

use crate::draft::Tally;

/// Lines for the user.
pub fn summary(tally: &Tally) -> Vec<String> {
    let mut out = Vec::new();
    let list = |counts: &IndexMap<String, usize>| counts.iter().map(|(kind, count)| counted(kind, *count)).collect::<Vec<_>>().join(", ");
    if !tally.carried.is_empty() {
        out.push(format!("imported: {}", list(&tally.carried)));
    }
    if !tally.skipped.is_empty() {
        out.push(format!("left out: {}", list(&tally.skipped)));
    }
    if !tally.left.is_empty() {
        let mut kinds: IndexMap<String, usize> = IndexMap::new();
        for left in &tally.left {
            *kinds.entry(left.kind.clone()).or_default() += 1;
        }
        out.push(format!("not imported: {}", list(&kinds)));
        out.extend(tally.left.iter().map(|left| format!("  {}:{}: {}", left.file, left.line, left.what)));
    }
    out.extend(tally.advice.iter().cloned());
    out
}

/// Converts a plural to the form for `count`: `1 request`, `2 requests`.
fn counted(plural: &str, count: usize) -> String {
    if count != 1 {
        return format!("{count} {plural}");
    }
    // The noun is the word before a preposition, or else the last word.
    let mut words: Vec<String> = plural.split(' ').map(str::to_owned).collect();
    let noun = words
        .iter()
        .position(|word| matches!(word.as_str(), "to" | "of" | "from" | "with" | "without" | "in" | "for" | "that"))
        .unwrap_or(words.len());
    if let Some(word) = noun.checked_sub(1).and_then(|noun| words.get_mut(noun)) {
        let singular = match word.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => word.strip_suffix('s').unwrap_or(word).to_owned(),
        };
        *word = singular;
    }
    format!("1 {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imported_parts_are_counted_and_missing_ones_are_named() {
        let mut tally = Tally::default();
        tally.carry("requests", 3);
        tally.carry("queries", 1);
        tally.skip("requests to third parties", 1);
        tally.leave("options", "`--proxy`\n is not supported", "a.txt", 4);
        assert_eq!(
            summary(&tally),
            [
                "imported: 3 requests, 1 query",
                "left out: 1 request to third parties",
                "not imported: 1 option",
                "  a.txt:4: `--proxy` is not supported",
            ]
        );
    }
}
