//! Golden tests of the language: the first lines of each `.lt` file under `tests/language/` contain the expected diagnostics.
//!
//! `# expect: LT0203 at 7:12 "part of the message" fix "the fix"` (several, ordered by location; the fix is optional), or `# expect: ok`.
//! Files whose names begin with `_` are only imported. `tests/language/config/test.yml` is the environment. `LTC_BLESS=1` writes those
//! lines; read them before you commit them. The expectations are in the cases themselves instead of snapshots, so that a reader sees both
//! at once.

use std::fs;
use std::path::{Path, PathBuf};

use ltc::diagnostic::{Code, Diagnostic};
use ltc::pipeline::{self, Checked, Target};

use crate::project::{Project, root};

fn folder() -> PathBuf {
    root().join("tests/language")
}

/// The compiler's result for a case of this folder.
fn check(folder: &Path, case: &Path) -> Checked {
    let target = Target { root: folder.to_owned(), spec: case.to_owned(), env: Some("test".to_owned()), ..Target::default() };
    let checked = pipeline::check(&target).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
    assert!(checked.config.is_empty(), "{}: {:?}", case.display(), checked.config);
    checked
}

/// A copy of the folder, for cases that tests generate.
struct Copy(Project);

impl Copy {
    fn new() -> Self {
        Self(Project::new().copy("tests/language", ""))
    }

    /// The compiler's result for the content of a case.
    fn check(&self, case: &str, content: &str) -> Checked {
        self.0.write(case, content);
        check(self.0.path(), &self.0.path().join(case))
    }
}

/// The line and the column of a diagnostic.
fn location(checked: &Checked, d: &Diagnostic) -> (usize, usize) {
    let span = d.labels[0].0;
    checked.sources.file(span.file).unwrap().line_column(span.start as usize)
}

fn show(checked: &Checked) -> Vec<String> {
    let show = |d: &Diagnostic| {
        let (line, column) = location(checked, d);
        let help = d.help.as_ref().map_or(String::new(), |help| format!(" fix \"{help}\""));
        format!("{} at {line}:{column} \"{}\"{help}", d.code.as_str(), d.message)
    };
    checked.diagnostics.iter().map(show).collect()
}

/// The separator between the message and the fix.
const FIX: &str = "\" fix \"";

/// Whether the diagnostic matches an expected one: `LT0203 at 7:12 "part" fix "the fix"`. The fix is compared only if the expectation has
/// one.
fn matches(wanted: &str, shown: &str) -> bool {
    let (wanted, fix) = wanted.split_once(FIX).map_or((wanted, None), |(wanted, fix)| (wanted, Some(fix)));
    let (shown, shown_fix) = shown.split_once(FIX).map_or((shown, None), |(shown, fix)| (shown, Some(fix)));
    if fix.is_some() && fix != shown_fix {
        return false;
    }
    let (head, part) = wanted.split_once(" \"").unwrap_or((wanted, ""));
    let part = part.strip_suffix('"').unwrap_or(part);
    shown.starts_with(&format!("{head} ")) && shown.contains(part)
}

/// The cases of a folder and its folders, sorted.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(cases(&path));
        } else if name.ends_with(".lt") && !name.starts_with('_') {
            found.push(path);
        }
    }
    found
}

/// Writes the reported diagnostics into the first lines of a case. The number of lines stays the same, so that locations do not change.
fn bless(path: &Path) {
    let source = fs::read_to_string(path).unwrap();
    let body: String = source.lines().filter(|line| !line.starts_with("# expect: ")).map(|line| format!("{line}\n")).collect();
    fs::write(path, &body).unwrap();
    let count = check(&folder(), path).diagnostics.len().max(1);
    fs::write(path, format!("{}{body}", "# expect: ok\n".repeat(count))).unwrap();
    let checked = check(&folder(), path);
    let mut head: String = show(&checked).iter().map(|line| format!("# expect: {line}\n")).collect();
    if head.is_empty() {
        head = "# expect: ok\n".to_owned();
    }
    fs::write(path, head + &body).unwrap();
}

/// A violation of docs/style.md: in the beginning or the end of the message, or in the first word of a fix.
fn unlike_the_style_guide(d: &Diagnostic) -> Option<String> {
    const FIXES: &[&str] = &[
        "add", "assign", "call", "change", "choose", "close", "compare", "complete", "convert", "copy", "declare", "did", "draw", "end",
        "join", "move", "name", "quote", "remove", "rename", "rewrite", "run", "save", "send", "set", "start", "take", "use", "write",
    ];
    let message = &d.message;
    if message.starts_with(char::is_uppercase) && !message.starts_with("JSON") || message.ends_with('.') || message.contains('\n') {
        return Some(format!("the message is not one line in lower case without a full stop: {message:?}"));
    }
    let help = d.help.as_deref().unwrap_or_default();
    let verb = help.split([' ', ':', ',']).next().unwrap_or_default();
    (!help.is_empty() && !FIXES.contains(&verb)).then(|| format!("the fix does not begin with a verb: {help:?}"))
}

#[test]
fn cases_report_what_they_expect() {
    let paths = cases(&folder());
    assert!(!paths.is_empty());
    let mut failures = Vec::new();
    for path in &paths {
        if std::env::var_os("LTC_BLESS").is_some() {
            bless(path);
        }
        let source = fs::read_to_string(path).unwrap();
        let wanted: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix("# expect: ")).filter(|line| *line != "ok").collect();
        let checked = check(&folder(), path);
        let shown = show(&checked);
        let fine = wanted.len() == shown.len() && wanted.iter().zip(&shown).all(|(w, s)| matches(w, s));
        let name = path.strip_prefix(folder()).unwrap().display();
        failures.extend(checked.diagnostics.iter().filter_map(unlike_the_style_guide).map(|why| format!("{name}: {why}")));
        if !fine {
            failures.push(format!("{name}\n  wanted:\n    {}\n  found:\n    {}", wanted.join("\n    "), shown.join("\n    ")));
        }
        let erroneous = checked.diagnostics.iter().any(Diagnostic::is_error);
        if fine && !erroneous && checked.program.is_none() {
            failures.push(format!("{name}: no error and no program"));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), paths.len(), failures.join("\n"));
}

/// Codes that need a profile, which `tests/it/field.rs` tests.
const ELSEWHERE: [Code; 1] = [Code::TooFewRows];

#[test]
fn every_code_has_a_case() {
    let paths = cases(&folder());
    assert!(paths.len() >= 120, "{} cases", paths.len());
    let all: String = paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect();
    let without: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !ELSEWHERE.contains(code))
        .map(|code| code.as_str())
        .filter(|code| !all.contains(&format!("# expect: {code} at ")))
        .collect();
    assert!(without.is_empty(), "no case for {without:?}");
}

#[test]
fn examples_of_error_pages_fail_and_pass() {
    let copy = Copy::new();
    let mut failures = Vec::new();
    for code in Code::ALL {
        let page = code.page();
        let example = |title: &str| {
            let behind = page.split_once(title)?.1;
            Some(behind.split_once("```lt\n")?.1.split_once("```")?.0.to_owned())
        };
        let (Some(fails), Some(passes)) = (example("Fails:"), example("Passes:")) else {
            // The parser has its own tests for syntax errors, and the pipeline for errors that need a profile.
            if !code.as_str().starts_with("LT00") && *code != Code::TooFewRows {
                failures.push(format!("{}: its page lacks an example", code.as_str()));
            }
            continue;
        };
        let checked = copy.check("page.lt", &fails);
        if !checked.diagnostics.iter().any(|d| d.code == *code) {
            failures.push(format!("{}: \"Fails\" gives {:?}", code.as_str(), show(&checked)));
        }
        let checked = copy.check("page.lt", &passes);
        if checked.diagnostics.iter().any(|d| d.is_error() || d.code == *code) {
            failures.push(format!("{}: \"Passes\" gives {:?}", code.as_str(), show(&checked)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A case without one of its lines yields a program or an error. `LTC_LINES=1` tries all cases instead of only those without errors.
#[test]
fn missing_line_gives_a_program_or_an_error() {
    let all = std::env::var_os("LTC_LINES").is_some();
    let copy = Copy::new();
    for path in cases(&if all { folder() } else { folder().join("ok") }) {
        let case = path.strip_prefix(folder()).unwrap().display().to_string();
        let source = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = source.lines().collect();
        for left_out in 0..lines.len() {
            let mut rest = lines.clone();
            rest.remove(left_out);
            let checked = copy.check(&case, &rest.join("\n"));
            let erroneous = checked.diagnostics.iter().any(Diagnostic::is_error);
            assert!(checked.program.is_some() || erroneous, "{case} without line {}", left_out + 1);
        }
        copy.0.write(&case, source);
    }
}

/// A response's body is kept whole only if an expression reads it.
#[test]
fn steps_that_read_a_body_are_known() {
    let source = r#"
api shop { base env.shop.url; healthcheck none; max_body 1GB
  own() = GET / { expect json { id: int } }
  plain() = GET / { expect 200 }
  odd() = GET / { expect len(text) > 1 }
}
sequence S {
  step "no: status" { shop.plain() }
  step "no: header" { shop GET /; expect headers { server: "x" }; take h = header "Location" else null; log "{h}" }
  step "no: condition" { shop GET /; expect status < 300; expect elapsed < 1s; expect url ~ /x/ }
  step "no: cookie" { shop GET /; expect 200; take c = cookie "sid" else null; log "{c}" }
  step "yes: json" { shop GET /; expect json { id: 1 } }
  step "yes: text" { shop GET /; expect not text "x" }
  step "yes: own" { shop.own() }
  step "yes: own condition" { shop.odd() }
  step "yes: condition" { shop GET /; expect json.id == 1 }
  step "yes: take" { shop GET /; take id = json.id; log "{id}" }
  step "yes: regex" { shop GET /; take r = text ~ /(a)/; log "{r}" }
  step "yes: html" { shop GET /; take t = html "h1" else null; log "{t}" }
  step "yes: form" { shop GET /; take f = form "form"; log "{f.csrf}" }
  step "yes: path" { shop GET /; take p = json "$.a[*]"; log "{p}" }
  step "yes: log" { shop GET /; expect 200; log "{text}" }
  step "yes: let" { shop GET /; expect 200; let x = json.a; log "{x}" }
  step "no: after" { shop GET /; expect 200 }
}
user U { run S }
"#;
    let checked = Copy::new().check("reads.lt", source);
    let program = checked.program.as_ref().unwrap_or_else(|| panic!("{:?}", show(&checked)));
    assert_eq!(program.apis[0].max_body, 1 << 30);
    for step in &program.steps {
        let name = &program.lines[step.line.0].name;
        assert_eq!(step.reads_body, name.starts_with("yes"), "{name}");
    }
    assert_eq!(program.steps.len(), 17);
}
