//! A test suite: the folder of its data, its expected failures, and its row in `docs/conformance.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::tools;

/// A third-party suite of test cases.
pub(crate) struct Suite {
    /// The name of its list of expected failures, `expected/<name>.txt`.
    pub(crate) name: &'static str,
    /// Its title in `docs/conformance.md`.
    pub(crate) title: &'static str,
    /// The part of ltc that it tests.
    pub(crate) against: &'static str,
    /// The least number of cases. Fewer mean that the data is incomplete.
    pub(crate) cases: usize,
    /// The least number of cases that must pass. It may only increase.
    pub(crate) floor: usize,
}

/// The result of a case; the error is the reason of a failure.
pub(crate) type Outcome = Result<(), String>;

/// The folder of a suite's data. If it does not exist on this machine, the test is recorded as skipped.
pub(crate) fn data(folder: &str) -> Option<PathBuf> {
    let beside = || root().join("../shared/suites");
    let found = std::env::var_os("LTC_SUITES").map_or_else(beside, PathBuf::from).join(folder);
    if found.is_dir() {
        return Some(found);
    }
    tools::note_skipped(&format!("suites::{folder}"), "the data of the test suites (LTC_SUITES names its folder)");
    None
}

/// The files of a folder whose names have this ending, ordered by name.
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| name(path).ends_with(end)).collect();
    files.sort();
    files
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The JSON of a file.
pub(crate) fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Whether two JSON values are equal; `1` and `1.0` are the same number, and so are `0` and `-0`.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b))),
        _ => a == b,
    }
}

impl Suite {
    /// Compares the outcomes of all cases with the list of expected failures, and the counts with `docs/conformance.md`.
    pub(crate) fn judge(&self, outcomes: impl IntoIterator<Item = (String, Outcome)>) {
        let mut seen = BTreeSet::new();
        let mut failed = BTreeMap::new();
        for (case, outcome) in outcomes {
            if let Err(why) = outcome {
                failed.insert(case.clone(), why);
            }
            assert!(seen.insert(case.clone()), "two cases are named `{case}`");
        }
        let expected = self.expected();
        let mut wrong = String::new();
        for (case, why) in failed.iter().filter(|(case, _)| !expected.contains_key(*case)) {
            let _ = writeln!(wrong, "{case}: {why}");
        }
        for case in expected.keys().filter(|case| !failed.contains_key(*case)) {
            let why = if seen.contains(case) { "passes" } else { "is no case of the suite" };
            let _ = writeln!(wrong, "{case}: {why}: remove it from {}", self.list().display());
        }
        let passed = seen.len() - failed.len();
        assert!(wrong.is_empty(), "{}: {passed} of {} pass; these are not as expected:\n{wrong}", self.title, seen.len());
        assert!(seen.len() >= self.cases, "{}: {} cases, expected at least {}: is the data complete?", self.title, seen.len(), self.cases);
        assert!(passed >= self.floor, "{}: {passed} cases pass, expected at least {}", self.title, self.floor);
        self.show(seen.len(), passed);
    }

    fn list(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("expected").join(format!("{}.txt", self.name))
    }

    /// The cases that should fail, with the reasons: a line that ends with a colon is the reason of the indented cases below it.
    fn expected(&self) -> BTreeMap<String, String> {
        let Ok(list) = fs::read_to_string(self.list()) else { return BTreeMap::new() };
        let mut expected = BTreeMap::new();
        let mut reason = String::new();
        for line in list.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if let Some(case) = line.strip_prefix("    ") {
                assert!(!reason.is_empty(), "{}: `{case}` has no reason", self.list().display());
                let old = expected.insert(case.to_owned(), reason.clone());
                assert!(old.is_none(), "{}: `{case}` is listed twice", self.list().display());
            } else {
                let text = line.strip_suffix(':');
                text.unwrap_or_else(|| panic!("{}: `{line}`: expected `reason:` or an indented case", self.list().display()))
                    .clone_into(&mut reason);
            }
        }
        expected
    }

    /// Compares this suite's row in `docs/conformance.md`, or writes it if `LTC_BLESS` is set.
    fn show(&self, cases: usize, passed: usize) {
        let failing = match cases - passed {
            0 => "0".to_owned(),
            some => format!("[{some}](https://github.com/ltc-rs/ltc/blob/main/tests/suites/expected/{}.txt)", self.name),
        };
        let row = format!("| {} | {} | {cases} | {passed} | {failing} |", self.title, self.against);
        let page = root().join("docs/conformance.md");
        let file = File::open(&page).unwrap();
        // The tests of other suites write their own rows at the same time.
        file.lock().unwrap();
        let text = fs::read_to_string(&page).unwrap();
        let start = format!("| {} |", self.title);
        let old = text.lines().find(|line| line.starts_with(&start));
        if old == Some(row.as_str()) {
            return;
        }
        let page = page.display();
        assert!(std::env::var_os("LTC_BLESS").is_some(), "{page} is stale; run this test with LTC_BLESS=1. Expected the row\n{row}");
        let old = old.unwrap_or_else(|| panic!("{page} has no row that begins with `{start}`: add one to its table"));
        fs::write(page.to_string(), text.replace(old, &row)).unwrap();
    }
}

/// The workspace's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}
