//! The `ltc` command as it is used from a shell: where it finds things, what it prints where, how it exits.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::project::{ltc, root, text};

fn run(folder: &Path, args: &[&str]) -> Output {
    ltc().current_dir(folder).args(args).output().unwrap()
}

fn said(output: &Output, code: i32) -> String {
    let said = text(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// A project as `ltc new` writes it.
fn project() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    said(&run(folder.path(), &["new", "shop"]), 0);
    let project = folder.path().join("shop");
    (folder, project)
}

#[test]
fn a_new_project_builds_and_runs_with_the_checkout_gone() {
    let (folder, project) = project();
    let local = project.join("config/local.yml");
    let text = fs::read_to_string(&local).unwrap();
    fs::write(&local, format!("{text}\nledger: {{ key: UNREAD-MARKER }}   # COMMENT-MARKER\n")).unwrap();
    fs::write(project.join("config/system_credentials.yml"), "SFx: { token: TOKEN-MARKER }\n").unwrap();
    fs::remove_file(project.join("config/systems_credentials.yml")).unwrap();
    // The command itself, elsewhere: it must need nothing that lies beside it.
    let moved = folder.path().join("ltc");
    fs::copy(env!("CARGO_BIN_EXE_ltc"), &moved).unwrap();
    let mut command = Command::new(&moved);
    command.env("LTC_CACHE_DIR", crate::project::shelf("ltc-cache")).env("NO_COLOR", "1");
    let output = command.current_dir(project.join("specs")).arg("build").output().unwrap();
    said(&output, 0);
    let server = ltc::demo::spawn(ltc::demo::Options::any_port()).unwrap();
    let binary = project.join("specs/shop");
    let output = Command::new(&binary)
        .current_dir(&project)
        .args(["--debug"])
        .env("LTC_DEMO_URL", format!("http://{}", server.addr()))
        .output()
        .unwrap();
    let debugged = said(&output, 0);
    assert!(debugged.contains("2 steps, 0 failed"), "{debugged}");
    // Without any file beside it, it runs with what it carries.
    let alone = folder.path().join("alone");
    fs::create_dir(&alone).unwrap();
    fs::copy(&binary, alone.join("shop")).unwrap();
    let output = Command::new(alone.join("shop"))
        .current_dir(&alone)
        .args(["--duration", "1s"])
        .env("LTC_DEMO_URL", format!("http://{}", server.addr()))
        .output()
        .unwrap();
    assert!(said(&output, 0).contains("Search"));
    assert!(has(&binary, "/shop") && !has(&binary, "-MARKER"), "of an environment only what is read is in the binary");
}

#[test]
fn a_profile_that_changed_is_used_and_said_unless_embedded() {
    let (_folder, project) = project();
    said(&run(&project, &["build"]), 0);
    let server = ltc::demo::spawn(ltc::demo::Options::any_port()).unwrap();
    let profile = project.join("specs/shop.profile.yml");
    let changed = fs::read_to_string(&profile).unwrap().replace("clients: 20 ", "clients: 3 ");
    fs::write(&profile, changed).unwrap();
    let load = |args: &[&str]| {
        let mut command = Command::new(project.join("shop"));
        command.current_dir(&project).args(["--duration", "1s"]).args(args);
        said(&command.env("LTC_DEMO_URL", format!("http://{}", server.addr())).output().unwrap(), 0)
    };
    let with_file = load(&[]);
    assert!(with_file.contains("specs/shop.profile.yml has changed since the test was built"), "{with_file}");
    assert!(with_file.contains("up to 3 users"), "{with_file}");
    let embedded = load(&["--embedded"]);
    assert!(embedded.contains("up to 20 users") && !embedded.contains("has changed"), "{embedded}");
    // The levels of the profile say which messages appear, also with -q.
    let levels = |own: &str, http: &str| {
        let text = fs::read_to_string(&profile).unwrap();
        let start = text.split("  logging:").next().unwrap().to_owned();
        fs::write(&profile, format!("{start}  logging: {{ loglevel: {own}, hyperclient_console_log_level: {http} }}\n")).unwrap();
    };
    levels("WARNING", "CRITICAL");
    let quiet = load(&[]);
    assert!(!quiet.contains("has changed") && !quiet.contains("up to 3 users") && !quiet.contains("debug: "), "{quiet}");
    levels("INFO", "DEBUG");
    for args in [&[][..], &["-q"]] {
        let debugged = load(args);
        assert!(debugged.contains("has changed since") && debugged.contains("debug: specs/shop.lt:"), "{debugged}");
        assert!(debugged.contains(": GET http://") && debugged.contains(": 200 in "), "{debugged}");
    }
}

#[test]
fn all_mistakes_come_in_one_go_and_nothing_is_built() {
    let (_folder, project) = project();
    let spec = project.join("specs/shop.lt");
    let wrong = fs::read_to_string(&spec).unwrap().replace("shop.item(id)", "shop.itm(id)").replace("one_of(ids)", "one_of(idz)");
    fs::write(&spec, wrong).unwrap();
    for args in [&["build"][..], &["check"], &["build", "--emit", "rust"]] {
        let output = run(&project, args);
        let said = said(&output, 2);
        assert!(said.contains("did you mean `shop.item`?") && said.contains("did you mean `ids`?") && said.contains("2 errors"), "{said}");
        assert!(output.stdout.is_empty(), "errors are no results: {said}");
    }
    assert!(!project.join("shop").exists());
    let output = run(&project, &["check", "--message-format", "json"]);
    let lines: Vec<serde_json::Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(output.status.code(), Some(2));
    assert!(lines.iter().any(|line| line["code"] == "LT0101"), "{lines:?}");
}

#[test]
fn names_that_are_not_there_are_answered_with_those_that_are() {
    let (_folder, project) = project();
    assert!(said(&run(&project, &["build", "shup"]), 2).contains("did you mean `shop`?"));
    assert!(said(&run(&project, &["check", "specs/none.lt"]), 2).contains("file specs/none.lt not found"));
    assert!(said(&run(&project, &["explain", "LT9999"]), 2).contains("LT9999"));
    assert!(said(&run(&project, &["biuld"]), 2).contains("build"));
    let empty = tempfile::tempdir().unwrap();
    assert!(said(&run(empty.path(), &["build"]), 2).contains("config/loadtest_registry.yml"));
    assert!(said(&run(&project, &["new", "../x y"]), 2).contains("name"));
    assert!(said(&run(project.parent().unwrap(), &["new", "shop"]), 2).contains("shop"));
}

#[test]
fn a_test_has_one_name_wherever_it_is_named() {
    let (_folder, project) = project();
    let registry = "current: Buy\nregistered:\n  Buy: { profile: specs/shop.profile.yml, spec: specs/shop.lt }\n";
    fs::write(project.join("config/loadtest_registry.yml"), registry).unwrap();
    for said_as in ["Buy", "specs/shop.lt"] {
        let built = said(&run(&project, &["build", said_as]), 0);
        assert!(built.contains("./Buy") && project.join("Buy").is_file() && !project.join("shop").exists(), "{built}");
        fs::remove_file(project.join("Buy")).unwrap_or_default();
    }
    said(&run(&project, &["build"]), 0);
    let of = |args: &[&str]| text(&Command::new(project.join("Buy")).current_dir(&project).args(args).output().unwrap());
    assert!(of(&["plan"]).starts_with("Buy on "), "{}", of(&["plan"]));
    assert!(of(&["--help"]).contains("Usage: Buy"), "{}", of(&["--help"]));
    let deploy = of(&["deploy", "--dry-run", "--region", "us-west-2"]);
    assert!(deploy.contains("ltc-Buy") && !deploy.contains("ltc-shop"), "{deploy}");
    // Not registered, it has the name that its profile gives it.
    fs::write(project.join("config/loadtest_registry.yml"), "registered: { other: { profile: specs/other.yml } }\n").unwrap();
    let profile = project.join("specs/shop.profile.yml");
    let named = fs::read_to_string(&profile).unwrap().replacen("name: shop", "name: Buy a lamp", 1);
    fs::write(&profile, named).unwrap();
    let built = said(&run(&project, &["build", "specs/shop.lt"]), 0);
    assert!(built.contains("./Buy-a-lamp") && project.join("Buy-a-lamp").is_file(), "{built}");
}

#[test]
fn a_registered_test_whose_spec_is_not_there_says_who_named_it() {
    let (_folder, project) = project();
    fs::create_dir_all(project.join("tests/Buy")).unwrap();
    let profile = "test_header: { env: local }\nprofile:\n  runner: { cleints: 1 }\n  test:\n    locustfile: tests/Buy/locustfile.py\n";
    fs::write(project.join("tests/Buy/profile.yml"), profile).unwrap();
    fs::write(project.join("config/loadtest_registry.yml"), "current: Buy\nregistered:\n  Buy: { profile: tests/Buy/profile.yml }\n")
        .unwrap();
    for args in [&["check"][..], &["check", "--all"], &["build", "Buy"]] {
        let output = run(&project, args);
        // Messages are broken where the window ends.
        let said = said(&output, 2).split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(said.contains("tests/Buy/profile.yml:5:17"), "{said}");
        assert!(said.contains("looked for tests/Buy/locustfile.lt, then specs/Buy.lt"), "{said}");
        assert!(said.contains("did you mean `clients`?"), "the profile's own errors, too: {said}");
    }
    let output = run(&project, &["check", "--message-format", "json"]);
    let first: serde_json::Value = serde_json::from_str(String::from_utf8_lossy(&output.stdout).lines().next().unwrap()).unwrap();
    assert_eq!((first["places"][0]["path"].as_str(), first["places"][0]["line"].as_u64()), (Some("tests/Buy/profile.yml"), Some(5)));
    // Two tests whose binaries would overwrite each other.
    let twice = "registered:\n  shop: { profile: specs/shop.profile.yml }\n  SHOP: { profile: specs/shop.profile.yml }\n";
    fs::write(project.join("config/loadtest_registry.yml"), twice).unwrap();
    let refused = said(&run(&project, &["build", "shop"]), 2);
    assert!(refused.contains("loadtest_registry.yml:3:3") && refused.contains("loadtest_registry.yml:2:3"), "{refused}");
}

#[test]
fn results_go_to_stdout() {
    let output = run(root(), &["list"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("* tpdata"), "{}", text(&output));
    let output = run(root(), &["list", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list.as_array().or_else(|| list["tests"].as_array()).unwrap().len(), 6, "{list}");
    let output = run(root(), &["build", "--emit", "rust", "specs/tpdata.lt"]);
    let code = String::from_utf8_lossy(&output.stdout);
    assert!(code.contains("fn main()") && syn::parse_file(&code).is_ok(), "{code}");
    let output = run(root(), &["build", "--emit", "model", "specs/tpdata.lt"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("Get treatment variant"), "{}", text(&output));
    let output = run(root(), &["explain", "LT0101"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("LT0101"), "{}", text(&output));
}

/// A program in a folder that is put on PATH.
fn tool(folder: &Path, name: &str, script: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// PATH with this folder before all others.
fn before_path(tools: &Path) -> String {
    format!("{}:{}", tools.display(), std::env::var("PATH").unwrap())
}

/// A build on a PATH that has nothing but, perhaps, a `cargo` that is this script.
fn with_cargo(script: Option<&str>) -> (tempfile::TempDir, Output) {
    let (folder, project) = project();
    let tools = folder.path().join("tools");
    if let Some(script) = script {
        tool(&tools, "cargo", script);
    }
    let mut command = ltc();
    command.current_dir(&project).arg("build").env("PATH", &tools).env("HOME", folder.path()).env_remove("CARGO").env_remove("CARGO_HOME");
    let output = command.env("LTC_CACHE_DIR", folder.path().join("cache")).output().unwrap();
    (folder, output)
}

/// Where a build's generated crate lies.
fn crate_of(said: &str) -> PathBuf {
    PathBuf::from(said.split("generated crate and log: ").nth(1).unwrap().lines().next().unwrap())
}

/// Changes a project's spec.
fn edit(project: &Path, from: &str, to: &str) {
    let spec = project.join("specs/shop.lt");
    fs::write(&spec, fs::read_to_string(&spec).unwrap().replace(from, to)).unwrap();
}

/// Whether a project's binary carries a name, as it does those of its sequences.
fn knows(project: &Path, name: &str) -> bool {
    has(&project.join("shop"), name)
}

/// Whether a file holds a text.
fn has(file: &Path, text: &str) -> bool {
    fs::read(file).unwrap().windows(text.len()).any(|part| part == text.as_bytes())
}

/// `ltc build --verbose` in a project.
fn build(project: &Path) -> Command {
    let mut command = ltc();
    command.current_dir(project).args(["build", "--verbose"]);
    command
}

#[test]
fn a_build_after_an_edit_needs_no_cargo() {
    let (folder, project) = project();
    let tools = folder.path().join("tools");
    tool(&tools, "cargo", "exit 101");
    let package = crate_of(&said(&build(&project).output().unwrap(), 0));
    edit(&project, "Browse", "StrollAlong");
    said(&build(&project).env("PATH", before_path(&tools)).output().unwrap(), 0);
    assert!(knows(&project, "StrollAlong"));
    // Nothing changed: nothing is compiled, so that not even a compiler is needed.
    let before = fs::metadata(package.join("binary")).unwrap().modified().unwrap();
    said(&build(&project).env("PATH", &tools).output().unwrap(), 0);
    assert_eq!(fs::metadata(package.join("binary")).unwrap().modified().unwrap(), before);
    // What was recorded holds no longer: cargo is asked, and says what is wrong, if anything.
    let record = package.join("rustc-release.json");
    let mut replay: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    replay["args"] = serde_json::json!(["--no-such-flag"]);
    fs::write(&record, replay.to_string()).unwrap();
    edit(&project, "StrollAlong", "AmbleAlong");
    assert!(said(&build(&project).env("PATH", before_path(&tools)).output().unwrap(), 2).contains("a bug in ltc"));
    said(&build(&project).output().unwrap(), 0);
    assert!(knows(&project, "AmbleAlong") && !knows(&project, "StrollAlong"));
}

#[test]
fn projects_whose_tests_have_the_same_name_keep_their_binaries() {
    let ((_folder, one), (_other, two)) = (project(), project());
    said(&build(&one).output().unwrap(), 0);
    edit(&two, "Browse", "StrollAlong");
    said(&build(&two).output().unwrap(), 0);
    assert!(knows(&two, "StrollAlong"));
    fs::remove_file(one.join("shop")).unwrap();
    said(&build(&one).output().unwrap(), 0);
    assert!(knows(&one, "Browse") && !knows(&one, "StrollAlong"));
}

#[test]
fn half_a_binary_is_not_taken_for_one() {
    let (folder, project) = project();
    said(&build(&project).output().unwrap(), 0);
    let whole = fs::metadata(project.join("shop")).unwrap().len();
    // Somebody kills the build while it links, as the system does where memory runs out.
    let tools = folder.path().join("tools");
    tool(&tools, "cargo", "exit 101");
    let killed = r#"while [ "$1" != -o ]; do shift || exit 1; done; echo half >"$2"; kill -9 $PPID"#;
    tool(&tools, "cc", killed);
    edit(&project, "Browse", "StrollAlong");
    said(&build(&project).env("PATH", before_path(&tools)).output().unwrap(), 2);
    assert_eq!(fs::metadata(project.join("shop")).unwrap().len(), whole, "what was there stays");
    said(&build(&project).output().unwrap(), 0);
    assert!(knows(&project, "StrollAlong"));
}

#[test]
fn without_a_toolchain_it_says_so() {
    let (_folder, output) = with_cargo(None);
    let said = said(&output, 3);
    assert!(said.contains("`cargo` not found on PATH") && said.contains("https://rustup.rs"), "{said}");
}

#[test]
fn what_rustc_says_stays_in_a_log() {
    let script = "echo 'error[E0308]: mismatched types, said rustc' >&2; exit 101";
    let (_folder, output) = with_cargo(Some(script));
    let said = said(&output, 2);
    assert!(said.contains("a bug in ltc, not in your spec") && !said.contains("E0308"), "{said}");
    let log = said.split("log: ").nth(1).unwrap().split(')').next().unwrap();
    assert!(fs::read_to_string(log).unwrap().contains("E0308"), "{log}");
}
