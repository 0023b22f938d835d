//! The `ltc` command in a shell: where it finds files, where it prints what, and its exit codes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{Output, Run};
use crate::project::{Project, ltc, ltc_at, root, shared_folder};

#[test]
fn new_project_builds_and_runs_without_the_checkout() {
    let project = Project::created();
    let local = project.read("config/local.yml");
    project.write("config/local.yml", format!("{local}\nledger: {{ key: UNREAD-MARKER }}   # COMMENT-MARKER\n"));
    project.write("config/system_credentials.yml", "SFx: { token: TOKEN-MARKER }\n");
    fs::remove_file(project.path().join("config/systems_credentials.yml")).unwrap();
    // A copy of the command elsewhere, which must need no file next to the original.
    let moved = project.outside().join("ltc");
    fs::copy(env!("CARGO_BIN_EXE_ltc"), &moved).unwrap();
    ltc_at(&moved, &project.path().join("specs"), &["build"]).exits(0);
    let server = ltc_demo::spawn(ltc_demo::Options::any_port()).unwrap();
    let url = format!("http://{}", server.addr());
    let binary = project.path().join("specs/shop");
    Run::new(&binary, project.path()).args(&["--debug"]).env("LTC_DEMO_URL", &url).exits(0).prints(&["2 steps, 0 failed"]);
    // Without any file next to it, the binary uses what it embeds.
    let alone = project.outside().join("alone");
    fs::create_dir(&alone).unwrap();
    fs::copy(&binary, alone.join("shop")).unwrap();
    Run::new(alone.join("shop"), &alone).args(&["--duration", "1s"]).env("LTC_DEMO_URL", &url).exits(0).prints(&["Search"]);
    assert!(has(&binary, "/shop") && !has(&binary, "-MARKER"), "a binary contains only the values of an environment that its spec reads");
}

#[test]
fn changed_profile_is_used_and_reported_unless_embedded() {
    let project = Project::created();
    project.ltc(&["build"]).exits(0);
    let server = ltc::demo::spawn(ltc::demo::Options::any_port()).unwrap();
    let profile = "specs/shop.profile.yml";
    project.edit(profile, "clients: 20 ", "clients: 3 ");
    let load = |args: &[&str]| {
        let run = project.run("shop", &["--duration", "1s"]).args(args);
        run.env("LTC_DEMO_URL", format!("http://{}", server.addr())).exits(0)
    };
    load(&[]).prints(&["specs/shop.profile.yml has changed since the test was built", "up to 3 users"]);
    load(&["--embedded"]).prints(&["up to 20 users"]).omits(&["has changed"]);
    // The log levels of the profile also apply with -q.
    let levels = |own: &str, http: &str| {
        let text = project.read(profile);
        let start = text.split("  logging:").next().unwrap();
        project.write(profile, format!("{start}  logging: {{ loglevel: {own}, hyperclient_console_log_level: {http} }}\n"));
    };
    levels("WARNING", "CRITICAL");
    load(&[]).omits(&["has changed", "up to 3 users", "debug: "]);
    levels("INFO", "DEBUG");
    for args in [&[][..], &["-q"]] {
        load(args).prints(&["has changed since", "debug: specs/shop.lt:", ": GET http://", ": 200 in "]);
    }
}

#[test]
fn all_errors_are_reported_together_and_nothing_is_built() {
    let project = Project::created();
    project.edit("specs/shop.lt", "shop.item(id)", "shop.itm(id)");
    project.edit("specs/shop.lt", "one_of(ids)", "one_of(idz)");
    for args in [&["build"][..], &["check"], &["build", "--emit", "rust"]] {
        let output = project.ltc(args).exits(2);
        output.prints(&["did you mean `shop.item`?", "did you mean `ids`?", "2 errors"]);
        assert_eq!(output.stdout, "", "errors are no results");
    }
    assert!(!project.path().join("shop").exists());
    let output = project.ltc(&["check", "--message-format", "json"]).exits(2);
    let lines: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["code"] == "LT0101"), "{lines:?}");
}

#[test]
fn unknown_names_are_reported_with_known_ones() {
    let project = Project::created();
    project.ltc(&["build", "shup"]).exits(2).prints(&["did you mean `shop`?"]);
    project.ltc(&["check", "specs/none.lt"]).exits(2).prints(&["file specs/none.lt not found"]);
    project.ltc(&["explain", "LT9999"]).exits(2).prints(&["LT9999"]);
    project.ltc(&["biuld"]).exits(2).prints(&["build"]);
    Project::new().ltc(&["build"]).exits(2).prints(&["config/loadtest_registry.yml"]);
    project.ltc(&["new", "../x y"]).exits(2).prints(&["name"]);
    ltc(project.outside(), &["new", "shop"]).exits(2).prints(&["shop"]);
}

#[test]
fn test_has_the_same_name_everywhere() {
    let project = Project::created();
    let path = |name: &str| project.path().join(name);
    let registry = "current: Buy\nregistered:\n  Buy: { profile: specs/shop.profile.yml, spec: specs/shop.lt }\n";
    project.write("config/loadtest_registry.yml", registry);
    for said_as in ["Buy", "specs/shop.lt"] {
        project.ltc(&["build", said_as]).exits(0).prints(&["./Buy"]);
        assert!(path("Buy").is_file() && !path("shop").exists());
        fs::remove_file(path("Buy")).unwrap();
    }
    project.ltc(&["build"]).exits(0);
    let of = |args: &[&str]| project.run("Buy", args).output();
    assert!(of(&["plan"]).starts_with("Buy on "), "{}", of(&["plan"]));
    of(&["--help"]).prints(&["Usage: Buy"]);
    of(&["deploy", "--dry-run", "--region", "us-west-2"]).prints(&["ltc-Buy"]).omits(&["ltc-shop"]);
    // An unregistered test has the name in its profile.
    project.write("config/loadtest_registry.yml", "registered: { other: { profile: specs/other.yml } }\n");
    project.edit("specs/shop.profile.yml", "name: shop", "name: Buy a lamp");
    project.ltc(&["build", "specs/shop.lt"]).exits(0).prints(&["./Buy-a-lamp"]);
    assert!(path("Buy-a-lamp").is_file());
}

#[test]
fn missing_spec_is_reported_with_the_file_that_names_it() {
    let project = Project::created();
    let profile = "test_header: { env: local }\nprofile:\n  runner: { cleints: 1 }\n  test:\n    locustfile: tests/Buy/locustfile.py\n";
    project.write("tests/Buy/profile.yml", profile);
    project.write("config/loadtest_registry.yml", "current: Buy\nregistered:\n  Buy: { profile: tests/Buy/profile.yml }\n");
    for args in [&["check"][..], &["check", "--all"], &["build", "Buy"]] {
        let output = project.ltc(args).exits(2);
        // Messages are wrapped at the width of the window.
        let words = output.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains("tests/Buy/profile.yml:5:17"), "{output}");
        assert!(words.contains("looked for tests/Buy/locustfile.lt, then specs/Buy.lt"), "{output}");
        assert!(words.contains("did you mean `clients`?"), "the profile's own errors, too: {output}");
    }
    let output = project.ltc(&["check", "--message-format", "json"]).exits(2);
    let first: Value = serde_json::from_str(output.stdout.lines().next().unwrap()).unwrap();
    assert_eq!((first["places"][0]["path"].as_str(), first["places"][0]["line"].as_u64()), (Some("tests/Buy/profile.yml"), Some(5)));
    // Two tests whose binaries would overwrite each other.
    let twice = "registered:\n  shop: { profile: specs/shop.profile.yml }\n  SHOP: { profile: specs/shop.profile.yml }\n";
    project.write("config/loadtest_registry.yml", twice);
    project.ltc(&["build", "shop"]).exits(2).prints(&["loadtest_registry.yml:3:3", "loadtest_registry.yml:2:3"]);
}

#[test]
fn results_go_to_stdout() {
    let stdout = |args: &[&str]| ltc(root(), args).exits(0).stdout;
    assert!(stdout(&["list"]).contains("* tpdata"));
    let list: Value = serde_json::from_str(&stdout(&["list", "--json"])).unwrap();
    assert_eq!(list.as_array().or_else(|| list["tests"].as_array()).unwrap().len(), 6, "{list}");
    let code = stdout(&["build", "--emit", "rust", "specs/tpdata.lt"]);
    assert!(code.contains("fn main()") && syn::parse_file(&code).is_ok(), "{code}");
    assert!(stdout(&["build", "--emit", "model", "specs/tpdata.lt"]).contains("Get treatment variant"));
    assert!(stdout(&["explain", "LT0101"]).contains("LT0101"));
}

/// Writes a program to a folder for the PATH.
fn tool(folder: &Path, name: &str, script: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// The PATH, with this folder before all others.
fn before_path(tools: &Path) -> String {
    format!("{}:{}", tools.display(), std::env::var("PATH").unwrap())
}

/// A build whose PATH contains at most a `cargo` with this script.
fn build_with_cargo(project: &Project, script: Option<&str>) -> Run {
    let tools = project.outside().join("tools");
    if let Some(script) = script {
        tool(&tools, "cargo", script);
    }
    let build = project.ltc(&["build"]).env("PATH", &tools).env("HOME", project.outside());
    build.env_remove("CARGO").env_remove("CARGO_HOME").env("LTC_CACHE_DIR", project.outside().join("cache"))
}

/// The folder of a build's generated crate.
fn crate_of(output: &Output) -> PathBuf {
    PathBuf::from(output.split("generated crate and log: ").nth(1).unwrap().lines().next().unwrap())
}

/// Whether a project's binary contains a name, such as that of a sequence.
fn knows(project: &Project, name: &str) -> bool {
    has(&project.path().join("shop"), name)
}

/// Whether a file contains a text.
fn has(file: &Path, text: &str) -> bool {
    fs::read(file).unwrap().windows(text.len()).any(|part| part == text.as_bytes())
}

fn build(project: &Project) -> Run {
    project.ltc(&["build", "--verbose"])
}

#[test]
fn build_after_an_edit_needs_no_cargo() {
    let project = Project::created();
    let tools = project.outside().join("tools");
    tool(&tools, "cargo", "exit 101");
    let package = crate_of(&build(&project).exits(0));
    project.edit("specs/shop.lt", "Browse", "StrollAlong");
    build(&project).env("PATH", before_path(&tools)).exits(0);
    assert!(knows(&project, "StrollAlong"));
    // Nothing has changed, so nothing is compiled, and no compiler is needed.
    let before = fs::metadata(package.join("binary")).unwrap().modified().unwrap();
    build(&project).env("PATH", &tools).exits(0);
    assert_eq!(fs::metadata(package.join("binary")).unwrap().modified().unwrap(), before);
    project.edit("specs/shop.lt", "StrollAlong", "AmbleAlong");
    build(&project).exits(0);
    assert!(knows(&project, "AmbleAlong") && !knows(&project, "StrollAlong"));
}

#[test]
fn builds_run_at_the_same_time_once_the_runtime_is_compiled() {
    let project = Project::created();
    build(&project).exits(0);
    let other_build = fs::File::create(shared_folder("ltc-cache").join("target/lock")).unwrap();
    other_build.lock_shared().unwrap();
    project.edit("specs/shop.lt", "Browse", "StrollAlong");
    // If the build waited, the lock's end would let it finish.
    let release = std::thread::spawn(move || {
        std::thread::park_timeout(std::time::Duration::from_secs(120));
        drop(other_build);
    });
    build(&project).exits(0).omits(&["waiting for another"]);
    release.thread().unpark();
    release.join().unwrap();
    assert!(knows(&project, "StrollAlong"));
}

#[test]
fn projects_whose_tests_have_the_same_name_keep_their_binaries() {
    let (one, two) = (Project::created(), Project::created());
    build(&one).exits(0);
    two.edit("specs/shop.lt", "Browse", "StrollAlong");
    build(&two).exits(0);
    assert!(knows(&two, "StrollAlong"));
    fs::remove_file(one.path().join("shop")).unwrap();
    build(&one).exits(0);
    assert!(knows(&one, "Browse") && !knows(&one, "StrollAlong"));
}

#[test]
fn half_a_binary_is_never_reused() {
    let project = Project::created();
    build(&project).exits(0);
    let whole = fs::metadata(project.path().join("shop")).unwrap().len();
    // The build is killed while it links, as the system does when memory runs out.
    let tools = project.outside().join("tools");
    tool(&tools, "cargo", "echo 'error: could not compile (signal: 9, SIGKILL: kill)' >&2; exit 101");
    let killed = r#"while [ "$1" != -o ]; do shift || exit 1; done; echo half >"$2"; kill -9 $PPID"#;
    tool(&tools, "cc", killed);
    project.edit("specs/shop.lt", "Browse", "StrollAlong");
    build(&project).env("PATH", before_path(&tools)).exits(3).prints(&["the compiler was killed"]);
    assert_eq!(fs::metadata(project.path().join("shop")).unwrap().len(), whole, "what was there stays");
    build(&project).exits(0);
    assert!(knows(&project, "StrollAlong"));
}

#[test]
fn build_without_cargo_says_how_to_install_it() {
    let project = Project::created();
    build_with_cargo(&project, None).exits(3).prints(&["`cargo` not found on PATH", "https://rustup.rs"]);
}

#[test]
fn output_of_rustc_goes_to_a_log() {
    let project = Project::created();
    let script = "printf 'error[E0308]: mismatched types\\n --> src/main.rs:1:5\\n' >&2; exit 101";
    let output = build_with_cargo(&project, Some(script)).exits(2);
    output.prints(&["a bug in ltc, not in your spec"]).omits(&["E0308"]);
    let log = output.split("log: ").nth(1).unwrap().split(')').next().unwrap();
    assert!(fs::read_to_string(log).unwrap().contains("E0308"), "{log}");
}
