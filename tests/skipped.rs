//! The last test program of `cargo test --workspace`, which prints one line about the skipped tests, and how to get the tools that they
//! need. Rust's test harness has no hook for the end of a run. Cargo runs the tests of packages in the order of their names, so this
//! program belongs to the last package. Under cargo-nextest it is a test; `.config/nextest.toml` runs it last.

use std::collections::{BTreeMap, BTreeSet};

#[path = "tools.rs"]
#[expect(dead_code, unused_imports, unused_macros, reason = "this program only reads what tests have noted")]
mod tools;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|arg| arg == "--list") {
        // This program is never an ignored test.
        if !args.iter().any(|arg| arg == "--ignored") {
            println!("report: test");
        }
        return;
    }
    let notes = std::fs::read_to_string(tools::notes()).unwrap_or_default();
    // The file does not exist if no test was skipped.
    let _ = std::fs::remove_file(tools::notes());
    println!("{}", line(&notes));
}

fn line(notes: &str) -> String {
    let mut modules: BTreeMap<&str, (u32, BTreeSet<&str>)> = BTreeMap::new();
    for (test, missing) in notes.lines().filter_map(|line| line.split_once(' ')) {
        let (count, tools) = modules.entry(test.rsplit_once("::").map_or("", |(module, _)| module)).or_default();
        *count += 1;
        tools.extend(missing.split(' '));
    }
    let count: u32 = modules.values().map(|(count, _)| count).sum();
    if count == 0 {
        return "no test was skipped".to_owned();
    }
    let part = |(module, (count, tools)): (&&str, &(u32, BTreeSet<&str>))| {
        format!("{count} in {module} ({})", tools.iter().copied().collect::<Vec<_>>().join(", "))
    };
    let parts: Vec<String> = modules.iter().map(part).collect();
    let tests = if count == 1 { "1 test was" } else { &format!("{count} tests were") };
    format!("{tests} skipped because tools are missing: {}. `.ci/tools` installs them", parts.join(", "))
}
