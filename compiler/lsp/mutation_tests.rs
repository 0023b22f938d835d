//! The cases of the golden corpus with one mistake each, as a user types it: whatever a text is, checking it and the editor's questions
//! about it neither panic nor name a location that isn't in the text.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

use super::actions::quick_fixes;
use super::fix_tests::{analysis, cases, corpus};
use super::workspace::Workspace;
use super::{complete, fixes, hover, navigate, outline, refactor, rename, view};
use crate::diagnostic::render::{Style, render};
use crate::format;
use crate::span::{FileId, Span};

/// The characters that a mistake writes.
const CHARS: [&str; 20] = ["\"", "'", "{", "}", "(", ")", "[", "]", ":", "=", ",", ".", "/", "#", "ä", "-", "$", "\n", " ", "\"\"\""];

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    /// The next number below `end`.
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// `text` with a mistake, and its offset: the text ends there, or a character there is missing, doubled, replaced, or preceded by another
/// one, or a word there is replaced with a word of `other`.
fn mistaken(text: &str, other: &str, numbers: &mut Numbers) -> (String, usize) {
    let at = text.floor_char_boundary(numbers.below(text.len()));
    let (before, behind) = text.split_at(at);
    let mut chars = behind.chars();
    let (first, rest) = (chars.next().map(String::from).unwrap_or_default(), chars.as_str());
    let sign = CHARS[numbers.below(CHARS.len())];
    let mistaken = match numbers.below(8) {
        0 => before.to_owned(),
        1 => format!("{before}{rest}"),
        2 => format!("{before}{first}{first}{rest}"),
        3 | 4 => format!("{before}{sign}{rest}"),
        5 => format!("{before}{sign}{first}{rest}"),
        6 => {
            let words: Vec<&str> = other.split_whitespace().collect();
            let word = words.get(numbers.below(words.len())).copied().unwrap_or_default();
            let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
            format!("{before}{word}{}", &behind[end..])
        }
        _ => {
            let lines: Vec<&str> = other.lines().collect();
            let line = lines.get(numbers.below(lines.len())).copied().unwrap_or_default();
            let end = behind.find('\n').unwrap_or(behind.len());
            format!("{before}{line}{}", &behind[end..])
        }
    };
    let at = mistaken.floor_char_boundary(at);
    (mistaken, at)
}

/// Asks all that an editor asks about a text, with the cursor at `at`.
fn ask(path: &std::path::Path, text: &str, at: usize, fixed_max: usize) {
    let analysis = analysis(path.to_path_buf(), text);
    let (file, workspace) = (FileId(0), Workspace::default());
    let is_there = |span: &Span| span.file != file || text.get(span.range()).is_some();
    for (number, diagnostic) in analysis.checked.diagnostics.iter().enumerate() {
        for (span, _) in &diagnostic.labels {
            assert!(is_there(span), "{:?} at {:?}", diagnostic.message, span.range());
        }
        for (span, code) in &diagnostic.edits {
            assert!(is_there(span), "{:?} writes {code:?} at {:?}", diagnostic.message, span.range());
        }
        fixes::exact(&analysis, diagnostic);
        fixes::candidates(&analysis, diagnostic);
        if number < fixed_max {
            quick_fixes(&analysis, diagnostic);
        }
    }
    render(&analysis.checked.diagnostics, &analysis.checked.sources, Style::plain());
    outline::document(&analysis, file);
    outline::folding(&analysis, file);
    view::semantic_tokens(&analysis, file);
    let end = analysis.lines(file).position(text.len());
    view::inlay_hints(&analysis, file, &json!({ "start": { "line": 0, "character": 0 }, "end": end }));
    view::lenses(&analysis, file);
    hover::hover(&analysis, file, at);
    hover::signature(&analysis, file, at);
    navigate::definition(&analysis, file, at);
    navigate::highlights(&analysis, file, at);
    complete::completion(&workspace, &analysis, file, at);
    let _ = rename::prepare(&analysis, file, at);
    refactor::candidates(&workspace, &analysis, file, &(at..at));
    let _ = format::format(text);
}

/// Each case of the corpus with a few mistakes. `LTC_LINES=N` makes many, others for each N.
#[test]
fn no_mistake_causes_a_panic() {
    let many = std::env::var("LTC_LINES").ok().map(|number| number.parse::<u64>().unwrap_or(0));
    let rounds = if many.is_some() { 400 } else { 1 };
    let paths = cases(&corpus());
    let texts: Vec<String> = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut numbers = Numbers(many.unwrap_or(0));
    let mut failures = BTreeSet::new();
    for _ in 0..rounds {
        for (path, text) in paths.iter().zip(&texts) {
            let other = &texts[numbers.below(texts.len())];
            let (mut text, mut at) = mistaken(text, other, &mut numbers);
            if many.is_some() && numbers.below(3) == 0 {
                (text, at) = mistaken(&text, other, &mut numbers);
            }
            let started = std::time::Instant::now();
            if catch_unwind(AssertUnwindSafe(|| ask(path, &text, at, usize::from(many.is_some())))).is_err() {
                let line = text[..at].matches('\n').count();
                let near: Vec<&str> = text.lines().skip(line.saturating_sub(1)).take(3).collect();
                eprintln!("FOUND {} {near:?}", path.display());
                failures.insert(format!("{} at {at}: {near:?}", path.display()));
            }
            if many.is_some() && started.elapsed().as_secs() >= 5 {
                eprintln!("SLOW {} {:?} {:?}", path.display(), started.elapsed(), text.get(at.saturating_sub(30)..at));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.into_iter().collect::<Vec<_>>().join("\n"));
}
