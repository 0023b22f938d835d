//! The guide: its pages are in the book, each of its examples compiles, the runnable ones run against the demo server, and the pages that
//! are generated from the code (command lines, list of diagnostics) are up to date. `LTC_BLESS=1` writes those.
//!
//! A fenced block is a file of the page's project if its first line is a comment with a path, or its fence names a path. An `lt` block
//! without a path continues the page's last spec; with `in a sequence` after the fence, it is the content of a sequence.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ltc::diagnostic::Code;
use ltc_config::{Environment, Profile, environment::Source};

use crate::command::Run;
use crate::project::{Project, binary, ltc, root};
use crate::tools::{needs, program};

/// The folders whose pages contain complete examples.
const FOLDERS: &[&str] = &["tutorial", "how-to", "explanations", "coming-from"];

/// The specs of these pages need only the demo server, and pass there.
const RUN: &[&str] = &[
    "tutorial/2-first-spec.md",
    "how-to/open-model.md",
    "how-to/login.md",
    "how-to/csv-users.md",
    "how-to/paging.md",
    "how-to/polling.md",
    "how-to/uploads.md",
    "how-to/graphql.md",
    "how-to/csrf-forms.md",
    "coming-from/framework.md",
    "coming-from/locust.md",
    "coming-from/k6.md",
    "coming-from/gatling.md",
    "coming-from/artillery.md",
    "coming-from/jmeter.md",
    "coming-from/postman.md",
    "coming-from/hurl.md",
];

/// All pages below `docs/`, as paths relative to it.
pub(crate) fn pages() -> Vec<String> {
    let docs = root().join("docs");
    let mut folders = vec![docs.clone()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path.strip_prefix(&docs).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    pages.sort();
    pages
}

pub(crate) fn read(page: &str) -> String {
    fs::read_to_string(root().join("docs").join(page)).unwrap()
}

/// The files in a page's examples, by path.
pub(crate) fn example_files(page: &str) -> BTreeMap<String, String> {
    let text = read(page);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut spec = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let block: String = lines.by_ref().map_while(|(_, line)| (line != "```").then(|| format!("{line}\n"))).collect();
        let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
        let named = block.lines().next().and_then(|first| first.strip_prefix("# ")).filter(|path| is_path(path));
        match (named.or(Some(rest).filter(|rest| is_path(rest))), language) {
            (Some(path), _) => {
                if language == "lt" {
                    spec = Some(path.to_owned());
                }
                assert!(files.insert(path.to_owned(), block.clone()).is_none(), "docs/{page} has {path} twice");
            }
            (None, "lt") => {
                let spec = spec.as_ref().unwrap_or_else(|| panic!("docs/{page}:{}: this example is part of no spec", number + 1));
                let text = files.get_mut(spec).unwrap();
                match rest {
                    "" => text.push_str(&block),
                    "in a sequence" => write!(text, "sequence Line{number} {{\n{block}}}\n").unwrap(),
                    other => panic!("docs/{page}:{}: unknown kind of example {other:?}", number + 1),
                }
            }
            _ => {}
        }
    }
    files
}

fn is_path(text: &str) -> bool {
    (text.starts_with("specs/") || text.starts_with("config/")) && !text.contains(' ')
}

/// The project of a page: its files over the project that `ltc demo` writes, which docs/README.md tells the reader to use.
fn project(page: &str) -> (Project, Vec<String>) {
    let mut project = Project::with_server();
    for file in ["data/accounts.csv", "data/cat.png"].map(|file| format!("specs/{file}")) {
        project = project.file(&file, fs::read(root().join(&file)).unwrap());
    }
    let mut specs = Vec::new();
    for (path, content) in example_files(page) {
        if let Some(name) = path.strip_prefix("specs/").and_then(|path| path.strip_suffix(".lt")) {
            specs.push(name.to_owned());
        }
        project = project.file(&path, content);
    }
    // The environment `local` is that of the demo's project, unless the page has its own.
    if !project.path().join("config/local.yml").is_file() {
        project.write("config/local.yml", fs::read(root().join("compiler/cli/template/demo.yml")).unwrap());
    }
    project.at_server();
    for name in &specs {
        let profile = format!("specs/{name}.profile.yml");
        if !example_files(page).contains_key(&profile) {
            project.write(&profile, "test_header: { env: local }\nprofile: { runner: { clients: 2, duration: 1s } }\n");
        }
    }
    (project, specs)
}

fn guide_pages() -> impl Iterator<Item = String> {
    pages().into_iter().filter(|page| FOLDERS.iter().any(|folder| page.starts_with(&format!("{folder}/"))))
}

#[test]
fn examples_of_the_guide_compile_without_a_warning() {
    let mut wrong = String::new();
    let mut checked = 0;
    for page in guide_pages() {
        let (project, specs) = project(&page);
        for name in specs {
            checked += 1;
            let result = project.check(&name).unwrap();
            if result.has_errors() || !result.diagnostics.is_empty() || !result.config_warnings.is_empty() {
                let found =
                    (&result.config, &result.config_warnings, result.diagnostics.iter().map(|one| &one.message).collect::<Vec<_>>());
                writeln!(wrong, "docs/{page}: specs/{name}.lt: {found:?}").unwrap();
            }
        }
        for (path, content) in example_files(&page) {
            if path.ends_with(".profile.yml") {
                let profile = Profile::parse(&content, &path).unwrap_or_else(|errors| panic!("docs/{page}: {path}: {errors:?}"));
                assert!(profile.warnings.is_empty(), "docs/{page}: {path}: {:?}", profile.warnings);
            } else if path.starts_with("config/") && !path.contains("credentials") && !path.contains("registry") {
                let source = Source { text: &content, file: &path };
                Environment::parse("here", source, None).unwrap_or_else(|errors| panic!("docs/{page}: {path}: {errors:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(checked >= 15, "only {checked} specs were found");
}

/// A YAML example without a path is a file of another tool, which its fence names. Each of them is valid YAML.
#[test]
fn each_yaml_example_of_the_guide_is_a_file() {
    for page in guide_pages() {
        let text = read(&page);
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(info) = line.strip_prefix("```yaml") else { continue };
            let block: String = lines.by_ref().map_while(|(_, line)| (line != "```").then(|| format!("{line}\n"))).collect();
            let named = block.lines().next().and_then(|first| first.strip_prefix("# ")).is_some_and(is_path);
            let is_other = matches!(info.trim(), "github" | "gitlab" | "artillery");
            assert!(named || is_other, "docs/{page}:{}: this example needs the path of its file in its first line", number + 1);
            let parsed: Result<serde_yaml::Value, _> = serde_yaml::from_str(&block);
            assert!(parsed.is_ok(), "docs/{page}:{}: {parsed:?}", number + 1);
        }
    }
}

#[test]
fn examples_of_the_guide_pass_against_the_demo_server() {
    for page in RUN {
        let (project, specs) = project(page);
        assert!(!specs.is_empty(), "docs/{page} has no spec");
        for name in specs {
            project.ltc(&["build", &format!("specs/{name}.lt"), "-o", &name]).exits(0);
            project.run(&name, &["--debug"]).exits(0).prints(&[", 0 failed"]);
        }
    }
}

/// Each concept of the framework's manual, as it is written there, has a row with its counterpart.
#[test]
fn page_of_the_framework_has_each_concept_of_its_manual() {
    const CONCEPTS: &[&str] = &[
        "`BaseAPI`",
        "`resources`",
        "`.healthcheck`",
        "`TaskSet`",
        "`TaskSequence`",
        "`wait_time = between",
        "`ExpectedResponse(code=",
        "`ExpectedResponse(header=",
        "`ExpectedResponse(json=",
        "`ExpectedResponse(text=",
        "snake_case",
        "LocustAsserter",
        "`interrupt_flow=True`",
        "`skip_transaction=True`",
        "`loadtest_registry.yml`",
        "`current`",
        "`registered`",
        "`test_header.name`",
        "`profile.yml`",
        "`clients`",
        "`hatch_rate`",
        "`duration`",
        "`step_load`",
        "`loglevel`",
        "`hyperclient_console_log_level`",
        "`cs1.yml`",
        "`common.yml`",
        "`systems_credentials.yml`",
        "`system_credentials.yml`",
        "debug mode",
        "`prepare_lambda.py -b -u -r",
        "`load_test.py`",
        "a Lambda function for each region",
        "SignalFx",
        "Splunk",
        "Debug",
        "`final_stats`",
        "`stats_interval`",
        "percentiles of all Lambda functions",
        "`env_config`",
        "`datapool`",
        "`change_client(",
        "`rextract_data(",
    ];
    let page = read("coming-from/framework.md");
    let rows: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(_, here)| !here.is_empty())
        .collect();
    let missing: Vec<&&str> = CONCEPTS.iter().filter(|concept| !rows.iter().any(|(there, _)| there.contains(**concept))).collect();
    assert!(missing.is_empty(), "docs/coming-from/framework.md has no row for {missing:?}");
}

/// The summary lists each page once, and its part below `diagnostics` is generated from the codes.
#[test]
fn every_page_is_in_the_book() {
    let summary = read("SUMMARY.md");
    let (written, _) = summary.split_once("- [Diagnostics](errors/index.md)\n").expect("the summary ends with the diagnostics");
    let codes: String = titles().iter().map(|(code, title)| format!("  - [{code}: {title}](errors/{code}.md)\n")).collect();
    bless("SUMMARY.md", &format!("{written}- [Diagnostics](errors/index.md)\n{codes}"));
    let summary = read("SUMMARY.md");
    let wrong: Vec<String> = pages()
        .into_iter()
        .filter(|page| page != "SUMMARY.md")
        .filter(|page| summary.matches(&format!("]({page})")).count() != 1)
        .collect();
    assert!(wrong.is_empty(), "docs/SUMMARY.md does not list these pages exactly once: {wrong:?}");
}

/// The codes with the titles of their pages.
fn titles() -> Vec<(&'static str, &'static str)> {
    let title = |code: &Code| code.page().lines().next().and_then(|line| line.split_once(": ")).expect("a title").1;
    Code::ALL.iter().map(|code| (code.as_str(), title(code))).collect()
}

#[test]
fn list_of_diagnostics_has_every_code() {
    const HEAD: &str = "# Diagnostics

`ltc explain LT0203` prints the page of a code: the reason, an example that fails, and one that passes. LT0901 to LT0989 are warnings, LT0990 is a note;
all others are errors.

| code | title |
|---|---|
";
    let rows: String = titles().iter().map(|(code, title)| format!("| [{code}]({code}.md) | {} |\n", title.replace('|', "\\|"))).collect();
    bless("errors/index.md", &format!("{HEAD}{rows}"));
}

/// The page of the command lines is the output of `--help` for each command.
#[test]
fn command_lines_are_those_of_the_programs() {
    let mut page = String::from(
        "# The command lines

This page has the help text of each command of `ltc`, and of a test's binary. A binary is named after its test; here it is `tpdata`.

## ltc

",
    );
    commands(&mut page, "###", "ltc", &|args| ltc(root(), args));
    page.push_str("## The test's binary\n\n");
    // The help contains the name of the started file.
    let folder = tempfile::tempdir().unwrap();
    let tpdata = folder.path().join("tpdata");
    fs::copy(binary("tpdata"), &tpdata).unwrap();
    commands(&mut page, "###", "tpdata", &|args| Run::new(&tpdata, root()).args(args));
    bless("command-line.md", &page);
}

/// Writes the help of a program, then that of its commands.
fn commands(page: &mut String, level: &str, name: &str, run: &dyn Fn(&[&str]) -> Run) {
    let help = |args: &[&str]| run(args).exits(0).stdout.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
    let own = help(&["--help"]);
    write!(page, "```text\n{own}```\n\n").unwrap();
    let listed = own.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // The line of a command is indented by two spaces, and its continuation lines by more.
    let commands = listed.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.split(' ').next());
    for command in commands.filter(|command| *command != "help").map(str::to_owned).collect::<Vec<_>>() {
        write!(page, "{level} {name} {command}\n\n```text\n{}```\n\n", help(&[&command, "--help"])).unwrap();
    }
}

/// Compares a generated page with its file, or writes it if `LTC_BLESS` is set.
fn bless(page: &str, content: &str) {
    let path = root().join("docs").join(page);
    let content = format!("{}\n", content.trim_end());
    if fs::read_to_string(&path).is_ok_and(|old| old == content) {
        return;
    }
    let command = "LTC_BLESS=1 cargo test --test it guide";
    assert!(std::env::var_os("LTC_BLESS").is_some(), "docs/{page} is out of date: run `{command}`, and read the difference");
    fs::write(path, content).unwrap();
}

/// mdBook builds the guide, and each link leads to a file and an anchor of the book.
#[test]
fn book_builds_and_its_links_lead_somewhere() {
    needs!("mdbook");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    Run::new(program("mdbook"), root()).args(&["build", "--dest-dir", &out]).exits(0).omits(&["ERROR", "WARN"]);
    let mut broken = Vec::new();
    for page in pages().iter().filter(|page| *page != "SUMMARY.md") {
        let file = html(folder.path(), page);
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let main = text.split("<main>").nth(1).and_then(|rest| rest.split("</main>").next()).expect("a page has a main part");
        for link in main.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let outside = link.contains("://") || link.starts_with("mailto:");
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { file.clone() } else { file.parent().unwrap().join(target) };
            let has_anchor =
                || anchor.is_empty() || fs::read_to_string(&target).is_ok_and(|page| page.contains(&format!("id=\"{anchor}\"")));
            if !outside && (!target.exists() || !has_anchor()) {
                broken.push(format!("docs/{page} links to {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The file that mdBook writes for a page.
fn html(book: &Path, page: &str) -> PathBuf {
    let path = book.join(page);
    if path.file_name().is_some_and(|name| name == "README.md") { path.with_file_name("index.html") } else { path.with_extension("html") }
}
