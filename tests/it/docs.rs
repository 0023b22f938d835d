//! The documentation is correct: the examples of the language reference form one program, which is compiled and run against the demo
//! server; every example of a profile or an environment is read; functions, links, paths and messages in pages exist.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ltc_config::environment::Source;
use ltc_config::{Environment, Profile};

use crate::project::{Project, files, root};

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The fenced blocks of a page: the words after the fence, the number of the first line, and the text.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<(&'p str, usize, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let block: String = lines.by_ref().map_while(|(_, line)| (line != "```").then(|| format!("{line}\n"))).collect();
        if let Some(rest) = info.strip_prefix(language).filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
            found.push((rest.trim(), number + 2, block));
        }
    }
    found
}

/// The reference's examples as one spec.
fn reference() -> String {
    let page = page("language.md");
    let mut spec = String::new();
    let mut sequences = Vec::new();
    for (place, line, block) in blocks(&page, "lt") {
        let _ = writeln!(spec, "# docs/language.md:{line}");
        match place {
            "" => {
                let heads = block.lines().filter_map(|line| line.strip_prefix("sequence ")?.strip_suffix('{'));
                sequences.extend(heads.filter(|head| !head.contains('(')).map(|head| head.split(' ').next().unwrap().to_owned()));
                spec.push_str(&block);
            }
            "in a sequence" => {
                let name = format!("Line{line}");
                let _ = writeln!(spec, "sequence {name} {{\n{block}}}");
                sequences.push(name);
            }
            other => panic!("docs/language.md:{line}: what is an example {other:?}?"),
        }
    }
    let members: String = sequences.iter().map(|name| format!("1 {name}; ")).collect();
    let _ = writeln!(spec, "tasks Everything {{ {members} }}\nuser Reader {{ run Everything }}");
    spec
}

#[test]
fn examples_of_the_reference_compile_and_run() {
    let spec = reference();
    let profile = "test_header: { env: cs1 }\nprofile: { runner: { clients: 4, duration: 3s }, test: { spec: specs/reference.lt } }\n";
    let project = Project::examples().spec("reference", &spec).file("specs/reference.profile.yml", profile);
    let numbered = || spec.lines().enumerate().map(|(number, line)| format!("{:4} {line}\n", number + 1)).collect::<String>();
    let output = project.ltc(&["build", "specs/reference.lt", "-o", "reference"]).output();
    assert!(output.code == Some(0), "{}\n{output}", numbered());
    assert!(!output.contains('⚠'), "the reference's examples are examples: {output}");
    let output = project.run("reference", &["--debug", "--seed", "7"]).output();
    let failed: Vec<&str> =
        output.lines().filter(|line| line.contains('✗') || line.contains("specs/reference.lt:") && !line.contains("--")).collect();
    assert!(output.code == Some(0), "{}\n{output}", failed.join("\n"));
    project.run("reference", &["--seed", "7"]).exits(0).prints(&["Total"]).omits(&["expected"]);
}

#[test]
fn every_function_and_every_word_of_the_table_is_in_the_reference() {
    let page = page("language.md");
    let missing: Vec<&str> = ltc::check::functions::FUNCTIONS
        .iter()
        .map(|function| function.name)
        .filter(|name| !page.contains(&format!("`{}(", name.trim_start_matches("fake."))))
        .collect();
    assert!(missing.is_empty(), "docs/language.md doesn't name {missing:?}");
    let specs = files(&root().join("tests/specs/conformance")).into_iter();
    let run: String = specs.map(|path| fs::read_to_string(path).unwrap()).collect();
    let names = ltc::check::functions::FUNCTIONS.iter().map(|function| function.name);
    let never: Vec<&str> = names.filter(|name| !run.contains(&format!("{name}("))).collect();
    assert!(never.is_empty(), "no conformance spec calls {never:?}");
}

#[test]
fn every_profile_and_every_environment_is_read() {
    let profiles = page("profile.md");
    let found = blocks(&profiles, "yaml");
    assert!(found.len() >= 6);
    for (_, line, block) in found {
        let profile = Profile::parse(&block, "profile.yml").unwrap_or_else(|errors| panic!("docs/profile.md:{line}: {errors:?}"));
        assert!(profile.warnings.is_empty(), "docs/profile.md:{line}: {:?}", profile.warnings);
    }
    let environments = page("environment.md");
    let found = blocks(&environments, "yaml");
    assert!(found.len() >= 4);
    for (_, line, block) in found {
        let source = Source { text: &block, file: "config/here.yml" };
        Environment::parse("here", source, None).unwrap_or_else(|errors| panic!("docs/environment.md:{line}: {errors:?}"));
    }
    for (_, line, block) in blocks(&environments, "lt") {
        let (_, diagnostics) = ltc::parse::parse(&block, ltc::span::FileId(0));
        assert!(diagnostics.is_empty(), "docs/environment.md:{line}: {diagnostics:?}");
    }
}

/// Every file and every heading that a page links to exists.
#[test]
fn links_have_an_existing_target() {
    let top = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "llms.txt"].map(|name| root().join(name));
    let pages = top.into_iter().chain(crate::guide::pages().into_iter().map(|page| root().join("docs").join(page)));
    let mut broken = Vec::new();
    for path in pages {
        let text = prose(&fs::read_to_string(&path).unwrap());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            // The book contains only the pages, which link to other files of the repository by their address.
            let target = match file.strip_prefix("https://github.com/ltc-rs/ltc/blob/main/") {
                Some(file) => root().join(file),
                None if link.contains("://") => continue,
                None if file.is_empty() => path.clone(),
                None => path.parent().unwrap().join(file),
            };
            let found = target.exists()
                && (heading.is_empty()
                    || fs::read_to_string(&target).unwrap().lines().any(|line| anchor(line).as_deref() == Some(heading)));
            if !found {
                broken.push(format!("{} links to {link}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The files and folders that contributors' pages name exist. Whoever moves one has to update the page.
#[test]
fn named_paths_exist() {
    let parts = ["bench/", "compiler/", "demo/", "docs/", "fuzz/", "grammar/", "import/", "record/", "runtime/", "specs/", "tests/"];
    // Files that `cargo fuzz` creates.
    let made = ["fuzz/corpus/response"];
    let mut missing = Vec::new();
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/performance.md"] {
        let text = prose(&fs::read_to_string(root().join(page)).unwrap());
        let paths =
            text.split('`').skip(1).step_by(2).filter(|name| parts.iter().any(|part| name.starts_with(part)) && !name.contains(' '));
        missing.extend(paths.filter(|path| !made.contains(path) && !root().join(path).exists()).map(|path| format!("{page} names {path}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The types, functions and modules that contributors' pages name by a path, such as `Plan::slice`, occur in the code.
#[test]
fn named_items_exist() {
    let mut code = String::new();
    ["compiler", "runtime"].iter().for_each(|part| sources(&root().join(part), &mut code));
    let words: HashSet<&str> = code.split(|char: char| !char.is_alphanumeric() && char != '_').collect();
    let is_path = |name: &str| name.contains("::") && name.chars().all(|char| char.is_alphanumeric() || matches!(char, ':' | '_'));
    let mut missing = Vec::new();
    for page in ["ARCHITECTURE.md", "docs/performance.md"] {
        let text = prose(&fs::read_to_string(root().join(page)).unwrap());
        let paths = text.split('`').skip(1).step_by(2).filter(|name| is_path(name));
        missing.extend(paths.filter(|path| !path.split("::").all(|part| words.contains(part))).map(|path| format!("{page} names {path}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Adds the Rust sources below a folder.
fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, all);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            all.push_str(&fs::read_to_string(entry).unwrap());
        }
    }
}

/// The runtime prints the messages that the page about the distributed test explains.
#[test]
fn explained_messages_are_printed() {
    let mut printed = String::new();
    sources(&root().join("runtime"), &mut printed);
    let page = page("distributed.md");
    let table = page.split("## Messages and what to do").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let rows: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next()).collect();
    assert!(rows.len() > 20, "{rows:?}");
    // The variable parts of a message: numbers, names in capitals, and omitted text.
    let filled =
        |word: &str| word == "…" || word.chars().all(|char| char.is_uppercase()) || word.starts_with(|char: char| char.is_ascii_digit());
    let mut missing = Vec::new();
    for message in rows.iter().flat_map(|row| row.split('`').step_by(2)).filter(|message| message.len() > 4) {
        let words: Vec<&str> = message.split(' ').collect();
        for part in words.split(|word| filled(word)).map(|part| part.join(" ")) {
            let parts = part.split([':', ',', '…']).map(str::trim).filter(|part| part.len() > 9);
            missing.extend(parts.filter(|part| !printed.contains(part)).map(|part| format!("{message}: no source has {part:?}")));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A page without its fenced blocks.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// The anchor of a heading, as GitHub builds it.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
    Some(
        title
            .chars()
            .filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'))
            .map(|char| if char == ' ' { '-' } else { char })
            .collect(),
    )
}
