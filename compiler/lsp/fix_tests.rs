//! Fixes for every diagnostic of the golden corpus, and for the failing examples on the pages of the codes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::actions::quick_fixes;
use super::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, fix};
use crate::pipeline::{OpenFiles, Target};

pub(super) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language")
}

/// A text as a spec of the corpus.
pub(super) fn analysis(spec: PathBuf, text: &str) -> Analysis {
    let open = OpenFiles::new(HashMap::from([(spec.clone(), text.to_owned())]));
    Analysis::new(Target { root: corpus(), spec, env: Some("test".to_owned()), open, ..Target::default() }).unwrap()
}

/// The failing example of a code's page.
fn failing(code: Code) -> Option<String> {
    let rest = code.page().split_once("Fails:")?.1.split_once("```lt\n")?.1;
    Some(rest.split("```").next().unwrap_or_default().to_owned())
}

/// The titles of the fixes of a code in a text.
fn titles(code: Code, text: &str) -> Vec<String> {
    let analysis = analysis(corpus().join("page.lt"), text);
    let of_code = analysis.checked.diagnostics.iter().filter(|diagnostic| diagnostic.code == code);
    of_code.flat_map(|diagnostic| quick_fixes(&analysis, diagnostic)).map(|change| change.title).collect()
}

/// The cases of the corpus.
pub(super) fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(cases(&path));
        } else if path.extension().is_some_and(|ending| ending == "lt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Whether a diagnostic has exactly one fix: a change as data, or a help that names one.
fn has_one_fix(diagnostic: &Diagnostic) -> bool {
    !diagnostic.edits.is_empty() || diagnostic.help.as_deref().and_then(fix::only).is_some()
}

/// The diagnostics with exactly one fix that offer no change: the code and the help, with the files.
fn without_change(specs: &[(PathBuf, String)]) -> BTreeMap<String, BTreeSet<String>> {
    let of_specs = |specs: &[(PathBuf, String)]| {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, text) in specs {
            let analysis = analysis(path.clone(), text);
            for diagnostic in analysis.checked.diagnostics.iter().filter(|diagnostic| has_one_fix(diagnostic)) {
                if quick_fixes(&analysis, diagnostic).is_empty() {
                    let name = format!("{} {}", diagnostic.code.as_str(), diagnostic.help.as_deref().unwrap_or_default());
                    let file = path.strip_prefix(corpus()).unwrap_or(path).display().to_string();
                    found.entry(name).or_default().insert(file);
                }
            }
        }
        found
    };
    let (one, other) = specs.split_at(specs.len() / 2);
    std::thread::scope(|scope| {
        let half = scope.spawn(|| of_specs(one));
        let mut found = of_specs(other);
        for (name, files) in half.join().unwrap() {
            found.entry(name).or_default().extend(files);
        }
        found
    })
}

#[test]
fn every_diagnostic_with_one_fix_offers_it() {
    let pages = Code::ALL.iter().filter_map(|code| Some((corpus().join(format!("{}.lt", code.as_str())), failing(*code)?)));
    let golden = cases(&corpus()).into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap()));
    let specs: Vec<(PathBuf, String)> = golden.chain(pages).collect();
    // The diagnostics with one fix that no action makes, each with the reason. This list may only become shorter.
    let without = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("compiler/lsp/without_action.txt")).unwrap();
    let known: BTreeMap<&str, &str> =
        without.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" -- ")).collect();
    let found = without_change(&specs);
    let new: Vec<String> =
        found.iter().filter(|(name, _)| !known.contains_key(name.as_str())).map(|(name, files)| format!("{name} -- {files:?}")).collect();
    assert!(new.is_empty(), "{} diagnostics with one fix offer no action:\n{}", new.len(), new.join("\n"));
    let fixed: Vec<&&str> = known.keys().filter(|name| !found.contains_key(**name)).collect();
    assert!(fixed.is_empty(), "these diagnostics offer an action now, so remove them from without_action.txt: {fixed:#?}");
}

/// `text` with a character of several bytes or a line break in each line, before or instead of another character.
fn with_characters(text: &str, variant: usize) -> String {
    const CHARS: [char; 5] = ['ä', '\u{a0}', '\n', '€', '😀'];
    let changed = |(number, line): (usize, &str)| {
        let chars = line.chars().count();
        if line.starts_with('#') || chars == 0 {
            return line.to_owned();
        }
        let at = (variant * 5 + number * 3) % chars;
        let replaced = usize::from(variant.is_multiple_of(2));
        let (before, behind) = (line.chars().take(at), line.chars().skip(at + replaced));
        before.chain([CHARS[(variant + number) % CHARS.len()]]).chain(behind).collect()
    };
    text.lines().enumerate().map(|line| changed(line) + "\n").collect()
}

/// Each case of the corpus with characters of several bytes and broken lines. `LTC_LINES=1` tries them at every location, with all fixes.
#[test]
fn no_character_is_cut() {
    let (variants, fixes_max) = if std::env::var_os("LTC_LINES").is_some() { (0..160, usize::MAX) } else { (0..1, 4) };
    let mut failures = Vec::new();
    for (number, path) in cases(&corpus()).into_iter().enumerate() {
        let text = fs::read_to_string(&path).unwrap();
        for variant in variants.clone() {
            let text = with_characters(&text, number + variant);
            let fixes = || {
                let analysis = analysis(path.clone(), &text);
                let mut reported = BTreeSet::new();
                for (at, diagnostic) in analysis.checked.diagnostics.iter().enumerate() {
                    for (span, _) in &diagnostic.labels {
                        assert!(text.get(span.range()).is_some() || span.file.0 > 0, "{:?} at {:?}", diagnostic.message, span.range());
                    }
                    let place = diagnostic.labels.first().map(|(span, _)| (span.file.0, span.start));
                    assert!(reported.insert((place, &diagnostic.message)), "reported twice: {:?} at {place:?}", diagnostic.message);
                    if at < fixes_max {
                        quick_fixes(&analysis, diagnostic);
                    }
                }
            };
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(fixes)).is_err() {
                failures.push(format!("{} {variant}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn mistakes_beside_characters_of_several_bytes_and_line_breaks_are_explained() {
    let head = "api shop { base env.shop.url; healthcheck none }\nuser U { run S }\nsequence S {\n";
    for statement in [
        "step \"A\" { shop GET /ä5 sec }",
        "step \"A\" { shop GET /ä5 % { } }",
        "step \"A\" { shop GET /a?q=k\"ä ö\" }",
        "let, x = 3",
        "let e =\n / 2",
        "step \"A\" { shop POST /a { form @\"ä\" } }",
        "step \"A\" { shop POST /a { @\"ä\" } }",
        "step \"A\" { shop GET /äint) \"x\" }",
        "step ä ö { shop GET /a; expect 200 }",
        "step ä €€ { shop GET /a }",
        "log '''ä",
        "log '''ä\n€''' + ä",
        "let x = len(json.a,json.b.0)",
        "for i in [0:-9223372036854775808] { log \"{i}\" }",
        "poll every 0s for 30s until done { step \"A\" { shop GET /a } }",
        "  \n  ä",
        "expect json \"\" 3",
        "if n = 3 then ä {\n }",
    ] {
        let text = format!("{head}  {statement}\n}}\n");
        explained(&text);
    }
    for text in [
        "api shop { base env.shop.url; GET items() ; = /x }",
        "api shop { base env.shop.url; GET items() = /ä ; }",
        "api shop { base env.shop.url; item() = GET /a { \"Value",
        "api shop { base env.shop.url; healthcheck none }\nsequence S {\n  step \"B\" { shop GET / { headers { \"X GET / { x { \"X-N",
        "api shop { base env.shop.url; item() = GET /a { \"ä\n",
        "def Sä ä ä ä ä {\n}",
        "scenario S ä € {\n  step \"A\" { }\n}",
        "  \u{a0}",
        "data d from \"x.csv\"ä unique",
    ] {
        explained(text);
    }
}

/// Checks that a text has an error, and that all of its locations and changes are in it.
fn explained(text: &str) {
    let analysis = analysis(corpus().join("page.lt"), text);
    assert!(analysis.checked.diagnostics.iter().any(Diagnostic::is_error), "{text} is accepted");
    for diagnostic in analysis.checked.diagnostics.iter() {
        let labels = diagnostic.labels.iter().map(|(span, _)| span);
        for span in labels.chain(diagnostic.edits.iter().map(|(span, _)| span)) {
            assert!(text.get(span.range()).is_some(), "{text}: {:?} at {:?}", diagnostic.message, span.range());
        }
        quick_fixes(&analysis, diagnostic);
    }
    super::outline::document(&analysis, crate::span::FileId(0));
    super::view::semantic_tokens(&analysis, crate::span::FileId(0));
}

#[test]
fn title_of_a_fix_describes_it() {
    for (code, title) in [
        (Code::StatusOr, "Write `expect 200 | 304`"),
        (Code::LineBreak, "Move `+` to the line before"),
        (Code::NoEnvKey, "Write `env.shop.url`"),
        (Code::UnusedVariable, "Remove `n`"),
        (Code::ExpectsNothing, "Add `expect 2xx`"),
        (Code::Reversed, "Write `1s..3s`"),
    ] {
        assert_eq!(titles(code, &failing(code).unwrap()), [title], "{}", code.as_str());
    }
}

#[test]
fn help_that_offers_a_choice_gives_an_action_for_each() {
    let text = "api shop { base env.shop.url; healthcheck none }\nuser U { run S; wait 5 }\nsequence S { step \"A\" { shop GET /a; expect 200 } }\n";
    assert_eq!(titles(Code::NoUnit, text), ["Write `5s`", "Write `5ms`"]);
}

/// A spec with a statement.
fn spec_with(statement: &str) -> String {
    format!(
        "api shop {{ base env.shop.url; healthcheck none }}\nuser U {{ run S }}\nsequence S {{\n  let n = 3\n  {statement}\n  log \"{{n}}\"\n}}\n"
    )
}

/// Checks that the only fix of the first error in a statement makes another one of it.
fn becomes(statement: &str, fixed: &str) {
    file_becomes(&spec_with(statement), &spec_with(fixed));
}

/// Checks that the only fix of the first error in a text makes another one of it.
fn file_becomes(text: &str, fixed: &str) {
    let analysis = analysis(corpus().join("page.lt"), text);
    let error = analysis.checked.diagnostics.iter().find(|found| found.is_error()).unwrap_or_else(|| panic!("{text} is accepted"));
    let changes = quick_fixes(&analysis, error);
    let [change] = &changes[..] else { panic!("{text}: {changes:?}, {error:?}") };
    let mut becomes = text.to_owned();
    for edit in change.edits.iter().rev() {
        becomes.replace_range(edit.range.clone(), &edit.text);
    }
    assert_eq!(becomes, fixed, "{text}");
}

#[test]
fn change_never_merges_words_or_lines() {
    for (statement, fixed) in [
        ("let k = n == 3&&n > 1", "let k = n == 3 and n > 1"),
        ("let k = 5 seconds", "let k = 5s"),
        ("let my-n = 3", "let my_n = 3"),
        ("for i in 1..=n { log \"{i}\" }", "for i in 1..n { log \"{i}\" }"),
        ("step \"A\" { shop GET /a; expect 200; take id = json.id! }", "step \"A\" { shop GET /a; expect 200; take id = json.id }"),
        (
            "step \"A\" { shop GET /a, headers { \"X\": \"y\" }; expect 200 }",
            "step \"A\" { shop GET /a { headers { \"X\": \"y\" } }; expect 200 }",
        ),
    ] {
        becomes(statement, fixed);
    }
}

/// The text to replace is also elsewhere in the statement.
#[test]
fn change_replaces_the_text_that_is_meant() {
    for (statement, fixed) in [
        ("let k = n mod m", "let k = n % m"),
        ("step e { shop GET /a; expect 200 }", "step \"e\" { shop GET /a; expect 200 }"),
        ("step \"A\" { shop POST /a { json { a.b: b } }; expect 200 }", "step \"A\" { shop POST /a { json { a: { b: b } } }; expect 200 }"),
        (
            "step \"A\" { shop POST /a { bytes @\"ä.png\" }; expect 200 }",
            "step \"A\" { shop POST /a { bytes file(\"ä.png\") }; expect 200 }",
        ),
        (
            "step \"A\" { shop GET /a; expect 200; take x = header \"a!~b\" !~ /(x)/ }",
            "step \"A\" { shop GET /a; expect 200; take x = header \"a!~b\" ~ /(x)/ }",
        ),
    ] {
        becomes(statement, fixed);
    }
    let file = |part: &str| {
        let (auth, head) = if part.starts_with("auth") { (part, "sequence Name {") } else { ("cookies on", part) };
        format!(
            "api shop {{ base env.shop.url; healthcheck none; {auth} }}\n{head}\n  step \"A\" {{ shop GET /a; expect 200 }}\n}}\nuser U {{ run Name }}\n"
        )
    };
    for (part, fixed) in [("auth bearer {env.token}", "auth bearer(env.token)"), ("sequence \"ä\" {", "sequence Name {")] {
        file_becomes(&file(part), &file(fixed));
    }
}

#[test]
fn example_in_a_help_is_not_a_fix() {
    for code in [Code::Impossible, Code::ChainedComparison, Code::UnknownMethod, Code::SharedByBranches] {
        assert!(titles(code, &failing(code).unwrap()).is_empty(), "{}", code.as_str());
    }
}
