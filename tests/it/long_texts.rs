//! Long texts of every kind: the time to check and to format a text grows in proportion to its length, whatever it contains.
//!
//! `tests/long/` has the kinds. `LTC_LONG_BYTES=250000 cargo test --test it long_texts` tries longer texts than CI does.

use std::fs;
use std::sync::LazyLock;
use std::time::Instant;

use ltc::check::{Assets, Input, ParsedFile, check, needs};
use ltc::diagnostic::render::{Style, render};
use ltc::format::format;
use ltc::parse::parse;
use ltc::source::SourceMap;
use ltc::span::FileId;

use crate::project::root;

/// The length of the shorter text of each pair.
const BYTES: usize = 20_000;

/// How much longer the second text of a pair is.
pub(crate) const FACTOR: usize = 4;

/// How many times longer the second text may take. Work that grows with the square of the length takes 16 times as long.
pub(crate) const FACTOR_MAX: f64 = 7.0;

/// Shorter differences are measurement noise, or the cost of the first use of a table.
pub(crate) const NOISE_S: f64 = 0.2;

/// The number of tests that share the kinds, so that they run beside each other.
const TESTS: usize = 4;

/// The declarations that each text begins with.
const HEAD: &str = "api shop { base env.shop.url; healthcheck none }\nuser Idle { run Wait; wait 1s }\nsequence Wait { wait 1s }\n";

/// How the parts of a kind become a text.
enum Layout {
    /// A part that is repeated, each time on lines of its own.
    Lines,
    /// A part that is repeated within a line.
    Line,
    /// An opening part that is repeated, a middle, and a closing part that is repeated as often.
    Nested,
    /// Two parts that are repeated.
    TwoLists,
}

/// A kind of long text.
pub(crate) struct Kind {
    pub(crate) name: String,
    layout: Layout,
    parts: Vec<String>,
}

/// All kinds.
pub(crate) fn kinds() -> Vec<Kind> {
    let mut paths: Vec<_> = fs::read_dir(root().join("tests/long")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let files = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    files.flat_map(|text| text.split("\n== ").skip(1).map(kind).collect::<Vec<_>>()).collect()
}

/// Reads a kind: its name and layout, and its parts between lines of `---`.
fn kind(text: &str) -> Kind {
    let (head, body) = text.split_once('\n').unwrap();
    let (name, layout) = match head.strip_suffix(')').and_then(|head| head.rsplit_once(" (")) {
        Some((name, "one line")) => (name, Layout::Line),
        Some((name, "nested")) => (name, Layout::Nested),
        Some((name, "two lists")) => (name, Layout::TwoLists),
        _ => (head, Layout::Lines),
    };
    let body = format!("\n{}\n", body.trim_end_matches('\n'));
    let mut parts: Vec<String> = body.split("\n---").map(|part| part.strip_prefix('\n').unwrap_or(part).to_owned()).collect();
    match layout {
        Layout::Lines => parts.iter_mut().for_each(|part| part.push('\n')),
        Layout::TwoLists => {
            // A part of a list that continues a line begins with its separator. Any other one is a line.
            let is_line = |part: Option<&String>| part.is_some_and(|part| !part.is_empty() && !part.starts_with([',', ';']));
            let lines = [is_line(parts.get(1)), is_line(parts.get(3))];
            let ends = [lines[0], lines[0], lines[1], lines[1]];
            parts.iter_mut().zip(ends).filter(|(_, ends)| *ends).for_each(|(part, _)| part.push('\n'));
        }
        Layout::Line | Layout::Nested => {}
    }
    // Characters that an editor would not keep.
    parts.iter_mut().for_each(|part| *part = part.replace('␍', "\r").replace('␉', "\t").replace('␀', "\0").replace('⍰', "\u{feff}"));
    Kind { name: name.to_owned(), layout, parts }
}

impl Kind {
    /// A text of about this length.
    pub(crate) fn text(&self, bytes: usize) -> String {
        let part = |index: usize| self.parts.get(index).map_or("", String::as_str);
        match self.layout {
            Layout::Lines | Layout::Line => format!("{HEAD}{}{}{}\n", part(0), repeated(part(1), bytes), part(2)),
            Layout::TwoLists => {
                format!("{HEAD}{}{}{}{}{}\n", part(0), repeated(part(1), bytes / 2), part(2), repeated(part(3), bytes / 2), part(4))
            }
            Layout::Nested => {
                let count = bytes / (part(1).len() + part(3).len()).max(1);
                format!("{HEAD}{}{}{}{}{}\n", part(0), part(1).repeat(count), part(2), part(3).repeat(count), part(4))
            }
        }
    }
}

/// A part, repeated with the numbers from 0 in place of `§`, and the following numbers in place of `§+`.
fn repeated(part: &str, bytes: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < bytes && !part.is_empty() {
        text.push_str(&part.replace("§+", &(number + 1).to_string()).replace('§', &number.to_string()));
        number += 1;
    }
    text
}

/// The processor time of this thread in seconds. Unlike the time of day, it hardly depends on what else the machine does.
pub(crate) fn processor_seconds() -> f64 {
    match fs::read_to_string("/proc/thread-self/schedstat") {
        Ok(times) => times.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9,
        Err(_) => {
            static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
            BEGUN.elapsed().as_secs_f64()
        }
    }
}

/// The time to check and to format a text.
fn seconds(text: &str) -> f64 {
    let begun = processor_seconds();
    let (ast, mut diagnostics) = parse(text, FileId(0));
    let assets: Assets = needs(&ast).into_iter().map(|asset| ((FileId(0), asset.path), Err("file not found".to_owned()))).collect();
    // Every import leads back to the file itself.
    let imports = vec![Some(FileId(0)); text.matches("import").count()];
    let files = [ParsedFile { path: "x.lt".to_owned(), text, ast: &ast, imports }];
    let (_, found) = check(&Input { name: "x", files: &files, env: None, assets: &assets });
    diagnostics.append(found);
    let mut sources = SourceMap::default();
    sources.add("x.lt", text);
    assert!(render(&diagnostics, &sources, Style::plain()).len() < 1_000_000, "the messages are too long to read");
    let _ = format(text);
    processor_seconds() - begun
}

/// The length of the shorter text of each pair: this one, unless `LTC_LONG_BYTES` sets another.
pub(crate) fn bytes(default: usize) -> usize {
    std::env::var("LTC_LONG_BYTES").map_or(default, |bytes| bytes.parse().unwrap())
}

fn try_kinds(test: usize) {
    let bytes = bytes(BYTES);
    let mut slow = Vec::new();
    for kind in kinds().into_iter().skip(test).step_by(TESTS) {
        let short = seconds(&kind.text(bytes));
        let long = seconds(&kind.text(bytes * FACTOR));
        println!("{}: {short:.2} s, {long:.2} s", kind.name);
        if long > short * FACTOR_MAX + NOISE_S {
            slow.push(format!("{}: {short:.2} s for {bytes} bytes, {long:.2} s for {FACTOR} times as many", kind.name));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

#[test]
fn kinds_are_read() {
    let all = kinds();
    assert!(all.len() > 250, "{}", all.len());
    let text = |name: &str| all.iter().find(|kind| kind.name == name).unwrap().text(20);
    assert!(text("steps").contains("\n  step \"Step 0\" { shop GET /items/0; expect 200 }\n}\n"), "{}", text("steps"));
    assert!(text("items of a list").contains("let x = [1, 0, 1, 2, 3, 4, 5, 6]"), "{}", text("items of a list"));
    assert!(text("nested brackets").contains("let x = ((((((((((1))))))))))\n"), "{}", text("nested brackets"));
    assert!(text("gives and takes").contains("sequence S gives a, g0, g1, g2 {"), "{}", text("gives and takes"));
}

#[test]
fn first_quarter_takes_linear_time() {
    try_kinds(0);
}

#[test]
fn second_quarter_takes_linear_time() {
    try_kinds(1);
}

#[test]
fn third_quarter_takes_linear_time() {
    try_kinds(2);
}

#[test]
fn fourth_quarter_takes_linear_time() {
    try_kinds(3);
}
