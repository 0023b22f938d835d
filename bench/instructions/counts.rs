//! The file with the known counts, and the comparison with new ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use super::super::Outcome;

/// The check fails if a count exceeds the known one by more than this percentage.
pub(super) const TOLERANCE_PERCENT: f64 = 2.0;

/// A scenario, which has one line in the file.
pub(super) struct Scenario {
    /// The user class in scenarios.lt.
    pub(super) class: &'static str,
    pub(super) what: &'static str,
    /// Iterations of the shorter run; the longer one has twice this number.
    pub(super) iterations: u64,
    /// Whether each of its requests is supposed to fail.
    pub(super) fails: bool,
}

/// Instructions per iteration, by scenario, and the tools with which they were counted.
#[derive(Default)]
pub(super) struct Counts {
    with: String,
    by_class: BTreeMap<String, u64>,
}

impl Counts {
    /// Empty counts, with the tools of this machine.
    pub(super) fn of_this_machine() -> Outcome<Self> {
        let output_of = |program: &str, args: &[&str]| -> Outcome<String> {
            let output = Command::new(program).args(args).output().map_err(|error| format!("`{program}` can't be run: {error}"))?;
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        let (rustc, valgrind) = (output_of("rustc", &["--version"])?, output_of("valgrind", &["--version"])?);
        let rustc = rustc.split(" (").next().unwrap_or(&rustc);
        // Systems without glibc do not support this query of `getconf`.
        let libc = output_of("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_else(|_| "another libc".into());
        Ok(Self { with: format!("{rustc}, {valgrind}, {libc}, {}", std::env::consts::ARCH), by_class: BTreeMap::new() })
    }

    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let mut counts = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(with) = line.strip_prefix("# Counted with ") {
                counts.with = with.trim_end_matches('.').to_owned();
            } else if !line.starts_with('#') {
                let mut words = line.split_whitespace();
                let (Some(class), Some(Ok(count))) = (words.next(), words.next().map(str::parse)) else {
                    return Err(format!("counts.txt: unexpected line `{line}`, expected `SCENARIO COUNT`").into());
                };
                counts.by_class.insert(class.to_owned(), count);
            }
        }
        Ok(counts)
    }

    pub(super) fn add(&mut self, class: &str, count: u64) {
        self.by_class.insert(class.to_owned(), count);
    }

    /// These counts, and the known ones of scenarios that were not counted.
    pub(super) fn over(mut self, known: &Self) -> Self {
        for (class, count) in &known.by_class {
            self.by_class.entry(class.clone()).or_insert(*count);
        }
        self
    }

    pub(super) fn to_text(&self, scenarios: &[Scenario]) -> String {
        let mut text = format!(
            "# Instructions of one iteration, outside the kernel: `bench -- instructions`. The check fails where a count has grown by more\n# than {TOLERANCE_PERCENT} %. A change that needs more writes the counts anew (`--bless`) and says why in its commit.\n# Counted with {}.\n",
            self.with
        );
        for Scenario { class, what, .. } in scenarios {
            if let Some(count) = self.by_class.get(*class) {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{class:<14} {count:>8}  {what}");
            }
        }
        text
    }

    pub(super) fn table(&self, known: &Self, scenarios: &[Scenario]) -> String {
        let mut text = format!("{:>12} {:>12} {:>9}  instructions of one iteration, {}\n", "counts.txt", "now", "change", self.with);
        for Scenario { class, what, .. } in scenarios {
            let Some(now) = self.by_class.get(*class) else { continue };
            let (before, change) = match known.by_class.get(*class) {
                Some(before) => (before.to_string(), format!("{:+.2} %", change_percent(*before, *now))),
                None => ("-".to_owned(), "new".to_owned()),
            };
            let _ = writeln!(text, "{before:>12} {now:>12} {change:>9}  {class}: {what}");
        }
        text
    }

    /// # Errors
    /// If a count has grown by more than the tolerance, or is unknown.
    pub(super) fn check(&self, known: &Self) -> Outcome {
        let mut wrong = Vec::new();
        for (class, now) in &self.by_class {
            match known.by_class.get(class) {
                None => wrong.push(format!("{class} has no count in counts.txt")),
                Some(before) if change_percent(*before, *now) > TOLERANCE_PERCENT => {
                    wrong.push(format!(
                        "{class} takes {now} instructions an iteration, {:+.2} % of {before}",
                        change_percent(*before, *now)
                    ));
                }
                Some(_) => {}
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let mut text = wrong.join("\n");
        if known.with != self.with {
            let _ = write!(text, "\nthe known counts are of another machine: {}, here {}", known.with, self.with);
        }
        text.push_str("\nwhere the change is worth it, run `cargo run --example bench -- instructions --bless` and say why in the commit");
        Err(text.into())
    }
}

fn change_percent(before: u64, now: u64) -> f64 {
    (now as f64 / before.max(1) as f64 - 1.0) * 100.0
}
