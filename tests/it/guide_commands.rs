//! The commands of the tutorial and of how-to pages, in a new project with the tutorial's spec, one after the other as a reader types them.

use std::fs;

use crate::command::Run;
use crate::guide::{example_files, read};
use crate::machine;
use crate::project::{Project, ltc};

/// The pages whose commands need only the project of the tutorial.
const PAGES: &[&str] = &[
    "tutorial/2-first-spec.md",
    "tutorial/3-debug.md",
    "tutorial/4-load.md",
    "tutorial/5-ci.md",
    "how-to/debugging.md",
    "how-to/compare.md",
];

/// The commands of a page, as words. The first commands of the tutorial make the project and serve the demo, which the test does itself.
fn commands(page: &str) -> Vec<Vec<String>> {
    let text = read(page);
    let blocks = text.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines).map(|line| line.split(" # ").next().unwrap().trim());
    let is_command = |line: &&str| {
        ["./shop", "ltc ", "cp "].iter().any(|start| line.starts_with(start)) && !line.contains(" new ") && !line.contains("--serve")
    };
    lines.filter(is_command).map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// The mistake that step 2 of the tutorial makes on purpose is reported as the page shows it.
#[test]
fn mistake_of_the_tutorial_is_reported_as_shown() {
    let page = read("tutorial/2-first-spec.md");
    let shown = page.split("```text\n").find(|block| block.starts_with("LT0101")).unwrap().split("```").next().unwrap();
    let project = Project::new()
        .file("specs/shop.lt", example_files("tutorial/2-first-spec.md")["specs/shop.lt"].replace("one_of(ids)", "one_of(idz)"));
    let output = ltc(project.path(), &["check", "specs/shop.lt"]).exits(2);
    output.prints(&[shown.trim_end()]);
}

#[test]
fn commands_of_the_tutorial_and_of_how_to_pages_work() {
    // A page compares the times of two runs, which other tests delay by a few milliseconds.
    let mut options = ltc_demo::Options::any_port();
    options.faults.latency = Some("100ms".parse().unwrap());
    let server = ltc_demo::spawn(options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    ltc(folder.path(), &["new", "shop"]).exits(0);
    let project = folder.path().join("shop");
    fs::write(project.join("specs/shop.lt"), &example_files("tutorial/2-first-spec.md")["specs/shop.lt"]).unwrap();
    let environment = fs::read_to_string(project.join("config/local.yml")).unwrap();
    assert!(environment.contains("127.0.0.1:8137"), "{environment}");
    fs::write(project.join("config/local.yml"), environment.replace("127.0.0.1:8137", &server.addr().to_string())).unwrap();
    let profile = "test_header: { env: local }\nprofile: { runner: { clients: 2, duration: 2s }, logging: { stats_interval: 1s } }\n";
    fs::write(project.join("specs/shop.profile.yml"), profile).unwrap();
    let mut count = 0;
    for page in PAGES {
        for words in commands(page) {
            count += 1;
            let mut args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            // The reader's own duration takes too long for a test.
            if let Some(at) = args.iter().position(|arg| *arg == "--duration") {
                args[at + 1] = "2s";
            }
            // So do the profiles of a page.
            if let Some(at) = args.iter().position(|arg| *arg == "--profile") {
                fs::write(project.join(args[at + 1]), &example_files(page)[args[at + 1]]).unwrap();
                args.extend(["--duration", "2s"]);
            }
            let run = match words[0].as_str() {
                "ltc" => ltc(&project, &args),
                "cp" => Run::new("cp", &project).args(&args),
                _ => Run::new(project.join("shop"), &project).args(&args),
            };
            let loading = (words[0] == "./shop").then(machine::loading);
            let output = run.output();
            drop(loading);
            assert_eq!(output.code, Some(0), "docs/{page}: {}\n{output}", words.join(" "));
        }
    }
    assert!(count >= 10, "only {count} commands were found");
}
