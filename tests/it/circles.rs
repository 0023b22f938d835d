//! The files of a crate do not use each other in a cycle. A `mod.rs`, which declares the modules of its folder, is not counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::rules::{code, sources};

/// Crates without cycles.
const CRATES: &[&str] = &["runtime/config", "runtime/engine"];

#[test]
fn files_of_a_crate_do_not_use_each_other_in_a_cycle() {
    for folder in CRATES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut files = Vec::new();
        sources(&folder, &mut files);
        let text = |file: &Path| fs::read_to_string(file).expect("sources are text");
        let modules: BTreeMap<String, String> = files
            .iter()
            .filter(|file| !file.ends_with("mod.rs") && !file.ends_with("lib.rs"))
            .map(|file| {
                let name = file.with_extension("").strip_prefix(&folder).unwrap_or(file).display().to_string();
                (name.replace('/', "::"), text(file))
            })
            .collect();
        let uses: Uses = modules.iter().map(|(module, text)| (module.clone(), used(module, text, &modules))).collect();
        let circles = circles(&uses);
        assert!(circles.is_empty(), "{}: files that use each other, move what both need into a third: {circles:?}", folder.display());
    }
}

/// The modules that each module uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The modules that the paths in a module's text name.
fn used(module: &str, text: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let text: String = code(text).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | ':')) {
                continue;
            }
            for path in paths(&text[at..]) {
                let full = absolute(module, &path);
                let name = (1..=full.len()).rev().map(|length| full[..length].join("::")).find(|name| modules.contains_key(name));
                found.extend(name.filter(|name| name != module));
            }
        }
    }
    found
}

/// The paths that a text begins with: several where braces follow.
fn paths(text: &str) -> Vec<String> {
    let end = text.find(|next: char| !next.is_alphanumeric() && !matches!(next, '_' | ':')).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let Some(rest) = rest.strip_prefix('{').filter(|_| path.ends_with("::")) else { return vec![path.to_owned()] };
    let mut all = Vec::new();
    let (mut depth, mut begin) = (0, 0);
    for (at, next) in rest.char_indices() {
        match next {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let part = rest[begin..at].trim();
                all.extend(paths(part).into_iter().map(|part| format!("{path}{part}")));
                begin = at + 1;
                if next == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    all
}

/// The names of a path from the crate's root.
fn absolute(module: &str, path: &str) -> Vec<String> {
    let mut base: Vec<String> = module.split("::").map(str::to_owned).collect();
    for name in path.split("::").filter(|name| !name.is_empty()) {
        match name {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            name => base.push(name.to_owned()),
        }
    }
    base
}

/// Modules that use each other, directly or through others.
fn circles(uses: &Uses) -> Vec<BTreeSet<&str>> {
    let reached = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(module) = next.pop() {
            for used in uses.get(&module).into_iter().flatten() {
                if seen.insert(used.clone()) {
                    next.push(used.clone());
                }
            }
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<String>> = uses.keys().map(|module| (module.as_str(), reached(module))).collect();
    let mut found: Vec<BTreeSet<&str>> = Vec::new();
    for (module, reached) in all.iter().filter(|(module, reached)| reached.contains(**module)) {
        if found.iter().all(|circle| !circle.contains(module)) {
            found.push(
                all.iter().filter(|(other, back)| reached.contains(**other) && back.contains(*module)).map(|(other, _)| *other).collect(),
            );
        }
    }
    found
}

#[test]
fn cycles_are_found_through_braces_and_inner_modules() {
    let modules: BTreeMap<String, String> = [
        ("a::one", "use super::{two::Two, three};"),
        ("a::two", "use crate::a::{\n    three::{self, Three},\n};"),
        ("a::three", "fn f() -> super::one::One {}"),
        ("a::three::inner", "use super::Three; // crate::a::one"),
        ("b", "use crate::a::one::One;"),
    ]
    .map(|(module, text)| (module.to_owned(), text.to_owned()))
    .into();
    let uses: Uses = modules.iter().map(|(module, text)| (module.clone(), used(module, text, &modules))).collect();
    assert_eq!(circles(&uses), [BTreeSet::from(["a::one", "a::two", "a::three"])]);
    assert_eq!(uses["a::three::inner"], BTreeSet::from(["a::three".to_owned()]));
}
