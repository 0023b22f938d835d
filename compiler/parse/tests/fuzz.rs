//! For any text, parsing does not panic or hang, and every reported location is within the text.

use super::{SPECS, run, shown};

fn try_it(text: &str) {
    let (_, diagnostics) = run(text);
    for d in diagnostics.iter() {
        for (span, _) in &d.labels {
            assert!(span.start <= span.end && span.range().end <= text.len(), "{text}\n{d:?}");
            assert!(text.get(span.range()).is_some(), "{text}\n{d:?}");
        }
        assert!(!d.message.is_empty());
    }
    let _ = shown(text, &diagnostics);
}

/// A small random number generator with a fixed seed.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }
}

#[test]
fn truncated_specs_are_parsed() {
    for (_, text) in SPECS {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            // In an unoptimized build, testing every prefix of the longer specs takes too long.
            if text.len() < 1200 || end % 11 == 0 {
                try_it(&text[..end]);
            }
        }
    }
}

#[test]
fn randomly_changed_specs_are_parsed() {
    let mut rng = Rng(42);
    let odd =
        ['{', '}', '(', ')', '[', ']', '"', '\'', '\n', '#', '/', '~', '\\', '$', '=', '.', '\u{201c}', '\0', 'é', ' ', ';', '|', '5'];
    for _ in 0..800 {
        let (_, text) = SPECS[rng.below(SPECS.len())];
        let start = rng.below(text.len());
        let mut chars: Vec<char> = text.chars().skip(start).take(600).collect();
        for _ in 0..=rng.below(4) {
            let at = rng.below(chars.len());
            match rng.below(3) {
                0 if !chars.is_empty() => drop(chars.remove(at)),
                1 => chars.insert(at, odd[rng.below(odd.len())]),
                _ => {
                    let end = (at + rng.below(30)).min(chars.len());
                    chars.drain(at.min(end)..end);
                }
            }
        }
        try_it(&chars.into_iter().collect::<String>());
    }
}

#[test]
fn extreme_texts_are_parsed() {
    for part in [
        "{",
        "(",
        "[",
        "\"",
        "\"\"\"",
        "\"{",
        "}",
        "~/",
        "not ",
        "-",
        "if x then ",
        "each ",
        "a.",
        "1+",
        "f(",
        "{a:",
        "\0",
        "\u{feff}",
        "/*",
        "'",
        "\r",
        "${",
        "{{",
    ] {
        for before in ["", "let x = ", "sequence S {\n expect json {a: ", "sequence S { log \"x"] {
            try_it(&format!("{before}{}", part.repeat(1500)));
        }
    }
    try_it(&format!("let x = \"{}\"", "x".repeat(5_000_000)));
    try_it(&format!("let x = [{}]", "1, ".repeat(100_000)));
    try_it(&"é".repeat(10_000));
    let deep = format!("let x = {}1{}", "(".repeat(199), ")".repeat(199));
    let (_, diagnostics) = run(&deep);
    assert!(diagnostics.is_empty(), "{}", shown(&deep, &diagnostics));
}

/// Each of these texts once caused a panic, or took time that doubled with every bracket. After a regression, a case with 60 brackets would
/// not end.
#[test]
fn brackets_around_broken_text_cost_linear_time() {
    let deep = |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(60), close.repeat(60));
    for text in [
        deep("(", "\" }", ""),
        deep("\"{", "@", ""),
        deep("header(", "@", ")"),
        deep("cookie(", "\"", ")"),
        deep("each(", "@ ", ")"),
        deep("(", "\"\"\"()(((1", "))"),
    ] {
        try_it(&text);
        try_it(&format!("sequence S {{\n  let x = {text}\n  step \"A\" {{ s GET /; expect json {text} }}\n}}\n"));
    }
    for text in
        ["sequence e{take x=\n.}", "sequence e{take x=1\n,}", "sequence S { log \"a\" ~ /[ }", "sequence S { expect 1 ~ /[ ~/[ ~/[ }"]
    {
        try_it(text);
    }
}

#[test]
fn hundred_thousand_mistakes_are_counted_and_few_are_kept() {
    let (_, diagnostics) = run(&format!("sequence S {{ {} }}", "@;".repeat(100_000)));
    assert!(diagnostics.len() <= 2_000 && diagnostics.errors() >= 100_000, "{}", diagnostics.errors());
}
