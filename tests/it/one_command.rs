//! Commands that lead from a spec to a result: `ltc run`, `try`, `init`, `new test`, `report`, and the output of checks for programs.

use std::fs;

use crate::command::Run;
use crate::project::{Project, ltc, root, shared_folder};

/// The project of `ltc new`, with a demo server.
fn shop() -> (Project, ltc_demo::Handle, String) {
    let server = ltc_demo::spawn(ltc_demo::Options::any_port()).unwrap();
    let url = format!("http://{}", server.addr());
    (Project::created(), server, url)
}

#[test]
fn run_builds_a_spec_and_passes_arguments_and_exit_code_on() {
    let (project, _server, url) = shop();
    let run = |args: &[&str]| project.ltc(&[&["run"], args].concat()).env("LTC_DEMO_URL", &url);
    let output = run(&["shop", "--debug"]).exits(0);
    output.prints(&["built ./shop", "2 steps, 0 failed"]);
    assert!(output.stdout.contains("2 steps") && !output.stdout.contains("built"), "the words of the build are no result: {output}");
    assert!(project.path().join("shop").is_file());
    // The current test, with another environment, fails.
    project.write("config/other.yml", "shop: { url: http://127.0.0.1:1 }\n");
    run(&["--debug", "--env", "other"]).exits(3);
    run(&["shop", "plan", "--env=none"]).exits(2).prints(&["none"]);
    run(&["shop", "--no-such-option"]).exits(2).prints(&["--no-such-option"]);
    let plain = project.ltc(&["-q", "run", "--color", "always", "shop", "--clients", "1", "--duration", "1s"]).env("LTC_DEMO_URL", &url);
    let plain = plain.env_remove("NO_COLOR").exits(0);
    assert!(plain.stdout.contains('\u{1b}'), "`--color` also applies to the binary: {plain}");
    plain.prints(&["Verdict"]).omits(&["00:00:01  users", "built"]);
    project.edit("specs/shop.lt", "one_of(ids)", "one_of(idz)");
    run(&["shop", "--debug"]).exits(2).prints(&["did you mean `ids`?"]).omits(&["2 steps"]);
    run(&["shup"]).exits(2).prints(&["did you mean `shop`?"]);
    // Mistakes that are reported before anything is built.
    run(&["--env", "local", "shop", "--debug"])
        .exits(2)
        .prints(&["unexpected test `shop`", "`ltc run shop --env local --debug`"])
        .omits(&["built"]);
    run(&["locustfile.py", "-u", "5"]).exits(2).prints(&["it is a Python file", "ltc import locustfile.py"]);
    project.ltc(&["fmt", "load.js"]).exits(2).prints(&["it is a JavaScript file"]);
    project.ltc(&["new", "test", "2nd"]).exits(2).prints(&["`ltc new test nd`"]);
}

#[test]
fn run_watch_builds_and_runs_again_when_an_editor_saves() {
    let (project, _server, url) = shop();
    let mut running = project.ltc(&["run", "--watch", "shop", "--debug"]).env("LTC_DEMO_URL", &url).start();
    let save = |from: &str, to: &str| project.edit("specs/shop.lt", from, to);
    running.wait_for_line("exit code 0; watching for changes");
    save("expect 200", "expect 204");
    running.wait_for_line("specs/shop.lt changed");
    running.wait_for_line("exit code 1; watching for changes");
    save("expect 204", "expect two");
    running.wait_for_line("specs/shop.lt changed");
    running.wait_for_line("watching for changes; Ctrl-C ends it");
    save("expect two", "expect 200");
    running.wait_for_line("exit code 0; watching for changes");
    running.interrupt();
    running.exits(130).prints(&["2 steps, 0 failed"]);
}

#[test]
fn check_watch_checks_again_when_a_file_changes() {
    let project = Project::created();
    let mut running = project.ltc(&["check", "--watch"]).start();
    running.wait_for_line("watching for changes");
    project.edit("config/local.yml", "  url:", "  address:");
    running.wait_for_line("config/local.yml changed");
    running.wait_for_line("env.shop.url");
    project.edit("config/local.yml", "  address:", "  url:");
    running.wait_for_line("config/local.yml changed");
    running.wait_for_line("watching for changes");
    running.child.kill().unwrap();
    assert_eq!(running.output().stdout.matches("specs/shop.lt: no errors").count(), 2);
}

#[test]
fn url_is_tested_without_a_spec() {
    let (project, _server, url) = shop();
    let items = format!("{url}/shop/items");
    let output =
        project.ltc(&["try", "--save", "specs/items.lt", &items, "--clients", "2", "--duration", "1s", "--json", "run.json"]).exits(0);
    output.prints(&["site GET \"/shop/items\"", "up to 2 users in 1s", "GET /shop/items"]);
    project.ltc(&["check", "specs/items.lt", "--deny", "warnings"]).exits(0);
    project.ltc(&["try", "--save", "specs/items.lt", &items]).exits(2).prints(&["specs/items.lt already exists"]);
    project.ltc(&["try", &format!("{url}/shop/none")]).exits(1).prints(&["got 404"]);
    project.ltc(&["try", "127.0.0.1:1"]).exits(2).prints(&["write `http://127.0.0.1:1`"]);
    // `ltc` reads results like the binaries do.
    let report = project.ltc(&["report", "run.json"]).exits(0);
    report.prints(&["GET /shop/items", "Verdict: no thresholds"]);
    project.ltc(&["compare", "run.json", "run.json"]).exits(0).prints(&["not worse"]);
    project.ltc(&["merge", "run.json", "run.json", "-o", "all.json"]).exits(2).prints(&["the same run"]);
    project.ltc(&["report", "none.json"]).exits(2).prints(&["none.json"]);
}

#[test]
fn init_makes_a_folder_a_project_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("config")).unwrap();
    let own = [("README.md", "mine"), (".gitignore", "/target"), ("config/local.yml", "a: 1\n"), ("config/common.yml", "b: 2\n")];
    own.iter().for_each(|(name, text)| fs::write(path(name), text).unwrap());
    ltc(folder.path(), &["init", "shop"]).exits(0).prints(&["wrote specs/shop.lt", "wrote config/demo.yml"]);
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    assert_eq!(read(".gitignore"), "/target\n/shop\n/runs\n/.ltc\n");
    own.iter().filter(|(name, _)| *name != ".gitignore").for_each(|(name, text)| assert_eq!(read(name), *text));
    ltc(folder.path(), &["check", "--deny", "warnings"]).exits(0);
    let output = ltc(folder.path(), &["init", "other"]).exits(2);
    output.prints(&["already exists", "ltc new test other"]);
    ltc(folder.path(), &["new", "test", "other"]).exits(0).prints(&["registered other"]);
    ltc(folder.path(), &["check", "--all", "--deny", "warnings"])
        .exits(0)
        .prints(&["specs/shop.lt: no errors", "specs/other.lt: no errors"]);
    ltc(folder.path(), &["new", "test", "other"]).exits(2).prints(&["already registered"]);
    let elsewhere = tempfile::tempdir().unwrap();
    ltc(elsewhere.path(), &["new", "test", "other"]).exits(2).prints(&["ltc init"]);
}

#[test]
fn example_specs_have_no_warnings() {
    ltc(root(), &["check", "--all", "--deny", "warnings"]).exits(0);
    for file in crate::project::files(&root().join("specs")) {
        let file = file.display().to_string();
        if file.ends_with(".lt") {
            ltc(root(), &["check", &file, "--deny", "warnings"]).exits(0);
        }
    }
}

#[test]
fn findings_are_printed_for_editors_and_for_ci() {
    let project = Project::created();
    project.edit("specs/shop.lt", "one_of(ids)", "one_of(idz)");
    project.edit("specs/shop.profile.yml", "clients:", "cleints:");
    let short = project.ltc(&["check", "--message-format", "short"]).exits(2).stdout;
    assert!(short.contains("specs/shop.lt:25:19: error[LT0101]: unknown name `idz` (did you mean `ids`?)"), "{short}");
    assert!(short.contains("specs/shop.profile.yml:12:5: error: unknown key \"cleints\""), "{short}");
    let github = project.ltc(&["build", "--message-format", "github"]).exits(2).stdout;
    assert!(
        github.contains("::error file=specs/shop.lt,line=25,endLine=25,col=19,endColumn=21,title=LT0101::unknown name `idz`"),
        "{github}"
    );
    // A warning alone is no failure, unless warnings are denied.
    let project = Project::created();
    project.edit("specs/shop.lt", "  item(id)     = ", "  unused()     = GET /unused\n  item(id)     = ");
    project.ltc(&["check"]).exits(0).prints(&["LT0901", "no errors"]);
    project.ltc(&["check", "--deny", "warnings"]).exits(2).prints(&["LT0901", "1 warning is denied"]).omits(&["no errors"]);
    project.ltc(&["build", "--deny", "warnings"]).exits(2).prints(&["1 warning is denied"]);
    assert!(!project.path().join("shop").exists());
}

/// The completions that a shell offers at the end of a line.
fn offered(project: &Project, line: &[&str]) -> String {
    let words = [&["--"], line].concat();
    let run = Run::new(env!("CARGO_BIN_EXE_ltc"), project.path()).args(&words);
    run.env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (line.len() - 1).to_string())
        .env("LTC_CACHE_DIR", shared_folder("ltc-cache"))
        .exits(0)
        .stdout
}

#[test]
fn completions_know_tests_codes_and_environments() {
    let project = Project::created();
    assert!(offered(&project, &["ltc", "build", "sh"]).contains("shop"));
    assert!(offered(&project, &["ltc", "run", "sh"]).contains("shop"));
    assert!(offered(&project, &["ltc", "check", "specs/"]).contains("specs/shop.lt"));
    assert!(offered(&project, &["ltc", "explain", "lt010"]).contains("LT0101"));
    assert!(offered(&project, &["ltc", "build", "--env", ""]).contains("local"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(project.ltc(&["completions", shell]).exits(0).stdout.contains("COMPLETE"), "{shell}");
    }
    assert!(project.ltc(&["man"]).exits(0).stdout.contains(".TH ltc"));
    project.ltc(&["man", "man1"]).exits(0);
    assert!(project.read("man1/ltc-build.1").contains(".TH"));
}
