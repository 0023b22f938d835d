//! ARCHITECTURE.md's rules about which part may not name which other, as far as neither the compiler nor a lint enforces them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A rule: in these folders, no source contains any of these words in its code.
struct Rule {
    folders: &'static [&'static str],
    /// Files in these folders to which the rule does not apply.
    except: &'static [&'static str],
    words: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        folders: &["compiler/ast", "compiler/check", "compiler/emit", "compiler/model", "compiler/parse", "grammar"],
        except: &[],
        words: &[
            "std::fs",
            "fs::",
            "File::open",
            "File::create",
            "std::env::",
            "env::var",
            "std::net",
            "process::Command",
            "Instant",
            "SystemTime",
        ],
        why: "parse, check and emit are pure functions of their input: no files, no environment, no clock (pipeline/ reads files for them)",
    },
    Rule {
        folders: &["compiler"],
        except: &["compiler/parse"],
        words: &["ltc_grammar", "pest::"],
        why: "pest's `Rule` and `Pair` stay inside parse: the grammar can be replaced",
    },
    Rule {
        folders: &["import"],
        except: &[],
        words: &["ltc::", "ltc_engine", "ltc_runtime", "std::env::"],
        why: "importers are functions of their source: they know neither the compiler nor the runtime",
    },
    Rule {
        folders: &["record"],
        except: &[],
        words: &["ltc::", "ltc_engine", "ltc_runtime", "ltc_import"],
        why: "the recording proxy gives a HAR, which is imported like any other",
    },
    Rule { folders: &["compiler/emit"], except: &[], words: &["crate::ast"], why: "emit sees the model, never the tree" },
    Rule {
        folders: &["compiler"],
        except: &[],
        words: &["ltc_engine"],
        why: "the compiler doesn't know the runtime: the generated crate is the only link",
    },
    Rule {
        folders: &["runtime"],
        except: &["runtime/orchestrator/aws", "runtime/entry/bootstrap.rs"],
        words: &["aws_config::", "aws_credential_types", "aws_sdk_", "aws_smithy_", "lambda_runtime"],
        why: "AWS's crates stay under orchestrator/aws and Lambda's handler: the rest runs, and compiles, without them",
    },
    Rule {
        folders: &["runtime/engine"],
        except: &[],
        words: &["ltc_runtime", "crate::report", "clap::", "hyper::server"],
        why: "the engine knows nothing of what stands on it",
    },
    Rule {
        folders: &[
            "runtime/engine/functions",
            "runtime/engine/matcher",
            "runtime/engine/schedule",
            "runtime/engine/source",
            "runtime/engine/stats",
            "runtime/engine/value",
            "runtime/report",
            "runtime/thresholds",
        ],
        except: &[],
        words: &["Instant::now", "clock::now", "clock::since", "SystemTime", "unix_now"],
        why: "what is computed of a test doesn't depend on when it is computed: times are handed in",
    },
    Rule {
        folders: &["runtime/engine/schedule"],
        except: &[],
        words: &["crate::http", "crate::user", "crate::stats", "Instant", "crate::base::clock", "SystemTime"],
        why: "the schedule yields times and knows neither HTTP nor the clock: its tests simulate the clock",
    },
    Rule {
        folders: &["runtime/engine/stats"],
        except: &[],
        words: &["crate::http", "crate::user", "crate::workers"],
        why: "statistics know samples, and nothing of who makes or reads them",
    },
    Rule {
        folders: &["runtime/report", "runtime/listeners", "runtime/progress", "runtime/web"],
        except: &[],
        words: &["stats::Sample", "stats::Recorder"],
        why: "reports and listeners see snapshots, never samples",
    },
];

#[test]
fn rules_between_parts_are_kept() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for rule in RULES {
        for folder in rule.folders {
            let mut files = Vec::new();
            sources(&root.join(folder), &mut files);
            assert!(!files.is_empty(), "no sources below {folder}: adapt the rule to where they are now");
            for file in files {
                let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
                if rule.except.iter().any(|except| name.starts_with(except)) {
                    continue;
                }
                let text = fs::read_to_string(&file).expect("sources are text");
                for (number, line) in (1..).zip(code(&text)) {
                    if let Some(word) = rule.words.iter().find(|word| has_word(line, word)) {
                        broken.push(format!("{name}:{number}: unexpected `{word}`: {}", rule.why));
                    }
                }
            }
        }
        for except in rule.except {
            assert!(root.join(except).exists(), "{except} is gone: adapt the rule's exceptions");
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// All sources below a folder, except tests.
pub(crate) fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, into);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" && !name.ends_with("_tests.rs") {
            into.push(path);
        }
    }
}

/// The lines before a file's own tests, without comments.
pub(crate) fn code(text: &str) -> impl Iterator<Item = &str> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().map(|line| line.split("//").next().unwrap_or_default())
}

/// Whether a line contains the word, other than as the end of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
}

/// The engine's rooms, lowest first: a room uses only those before it.
const ENGINE_ROOMS: &[&str] = &[
    "base",
    "value",
    "functions",
    "source",
    "matcher",
    "stats",
    "schedule",
    "http",
    "tables",
    "request",
    "record",
    "user",
    "call",
    "step",
    "program",
    "workers",
    "generated",
];

/// The rooms of its HTTP client, lowest first.
const HTTP_ROOMS: &[&str] = &["message", "io", "wire", "net", "client"];

#[test]
fn engine_rooms_use_only_the_rooms_below_them() {
    rooms_know_only_those_below("runtime/engine", "crate::", ENGINE_ROOMS, &["lib.rs", "fixture.rs", "counting.rs"]);
}

#[test]
fn http_rooms_use_only_the_rooms_below_them() {
    rooms_know_only_those_below("runtime/engine/http", "crate::http::", HTTP_ROOMS, &["mod.rs"]);
}

/// Asserts that no source in a room below `folder`, which is the module `path`, names a room after its own. The files `apart` belong to no
/// room.
fn rooms_know_only_those_below(folder: &str, path: &str, rooms: &[&str], apart: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let mut upward = Vec::new();
    for file in files {
        let name = file.strip_prefix(&folder).unwrap_or(&file).display().to_string();
        if apart.contains(&name.as_str()) {
            continue;
        }
        let room = name.split(['/', '.']).next().unwrap_or_default();
        let own = rooms.iter().position(|known| *known == room);
        let own = own.unwrap_or_else(|| panic!("{name} is in no room: add its room to the list here and in ARCHITECTURE.md"));
        let text = fs::read_to_string(&file).expect("sources are text");
        for (number, line) in (1..).zip(code(&text)) {
            let above = rooms[own + 1..].iter().find(|above| names_room(line, path, above));
            upward.extend(above.map(|above| format!("{name}:{number}: unexpected `{path}{above}`: {above} stands above {room}")));
        }
    }
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

/// Whether a line names a room of the module `path`.
fn names_room(line: &str, path: &str, room: &str) -> bool {
    let path = format!("{path}{room}");
    line.match_indices(&path).any(|(at, _)| !line[at + path.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

/// Crates in which each type has a unique name, and the names that two of their types share for a reason.
const CRATES: &[(&str, &[&str])] = &[
    ("runtime/config", &[]),
    // One timer for Linux and one for other systems: a binary contains only one of them.
    ("runtime/engine", &["Timer"]),
];

#[test]
fn types_of_a_crate_have_unique_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut shared = Vec::new();
    for (folder, except) in CRATES {
        let mut files = Vec::new();
        sources(&root.join(folder), &mut files);
        let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files {
            let text = fs::read_to_string(&file).expect("sources are text");
            let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            for (number, line) in (1..).zip(code(&text)) {
                defined.entry(defined_type(line).unwrap_or_default().to_owned()).or_default().push(format!("{name}:{number}"));
            }
        }
        defined.remove("");
        let twice = defined.iter().filter(|(name, at)| at.len() > 1 && !except.contains(&name.as_str()));
        shared.extend(twice.map(|(name, at)| format!("{name}: {}", at.join(", "))));
    }
    assert!(shared.is_empty(), "several types of a crate have the same name, rename all but one:\n{}", shared.join("\n"));
}

/// The type that a line defines. Associated types, which are indented and private, do not count.
fn defined_type(line: &str) -> Option<&str> {
    let item = line.trim_start();
    let item = match item.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.trim_start(),
        None if item.starts_with("type ") && item.len() < line.len() => return None,
        None => item,
    };
    let name = ["struct ", "enum ", "trait ", "type "].iter().find_map(|keyword| item.strip_prefix(keyword))?;
    Some(name.split(|next: char| !next.is_alphanumeric() && next != '_').next().unwrap_or_default())
}

#[test]
fn defined_types_are_found_in_a_line() {
    let names =
        ["pub(crate) struct A<'a>(&'a str);", "    enum B {", "pub type C = u8;", "    type Output = ();", "// struct D;", "impl E {"];
    assert_eq!(names.map(|line| code(line).next().and_then(defined_type)), [Some("A"), Some("B"), Some("C"), None, None, None]);
}

#[test]
fn rules_find_forbidden_words() {
    let text = "use std::fs; // std::net\nlet profile_fs::x = 1;\n#[cfg(test)]\nmod tests {\n    use std::env::var;\n}\n";
    let found: Vec<bool> = code(text).map(|line| RULES[0].words.iter().any(|word| has_word(line, word))).collect();
    assert_eq!(found, [true, false]);
}
