//! README's own words: its spec is built and run, and every command in it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::project::{ltc, root, shelf, text};

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The contents of the fenced blocks of one language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_first_spec_passes_against_the_demo_server() {
    let server = ltc::demo::spawn(ltc::demo::Options::any_port()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("specs")).unwrap();
    fs::create_dir_all(path("config")).unwrap();
    fs::write(path("specs/browse.lt"), blocks(&readme(), "lt")[0]).unwrap();
    fs::write(path("config/local.yml"), format!("shop: {{ url: \"http://{}/shop\" }}\n", server.addr())).unwrap();
    let profile = "test_header: { env: local }\nprofile: { runner: { clients: 2, duration: 1s } }\n";
    fs::write(path("specs/browse.profile.yml"), profile).unwrap();
    let output = ltc().current_dir(folder.path()).args(["build", "specs/browse.lt"]).output().unwrap();
    assert!(output.status.success() && !text(&output).contains("warning"), "{}", text(&output));
    for args in [&["--debug"][..], &[]] {
        let output = Command::new(path("browse")).current_dir(folder.path()).args(args).output().unwrap();
        assert!(output.status.success() && text(&output).contains("Look"), "{}", text(&output));
    }
}

/// The first spec with two mistakes, as `ltc check` reports them.
#[test]
fn shown_errors_are_those_that_check_reports() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let readme = readme();
    let right = blocks(&readme, "lt")[0];
    let wrong = right.replacen("expect 200\n", "expect 200 or 304\n", 1).replacen("one_of(ids)", "one_of(idz)", 1);
    write("specs/browse.lt", &wrong);
    write("specs/browse.profile.yml", "test_header: { env: local }\nprofile: { runner: { clients: 2, duration: 1s } }\n");
    write("config/local.yml", "shop: { url: \"http://127.0.0.1:8137/shop\" }\n");
    let output = ltc().current_dir(folder.path()).env("NO_COLOR", "1").args(["check", "specs/browse.lt"]).output().unwrap();
    let shown = blocks(&readme, "text").into_iter().find_map(|block| block.strip_prefix("$ ltc check\n")).unwrap();
    assert_eq!(text(&output).trim(), shown.trim());
}

/// Runs all commands in README's order, in a copy of the repository; `ltc` is the one that `cargo install` makes of this checkout.
#[test]
fn every_command_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = folder.path().join("ltc");
    copy_tracked(&checkout);
    let home = folder.path().join("installed");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut script = String::from("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\nwhere=$PWD\n");
    for block in blocks(&readme(), "sh") {
        script.push_str("cd \"$where\"\n");
        for line in block.lines().filter(|line| !line.is_empty()) {
            let line = match line {
                // That is what runs this.
                "cargo test --workspace" => continue,
                "cargo run --release -- demo" => format!("{} demo", env!("CARGO_BIN_EXE_ltc")),
                // With what is compiled for the tests already.
                "cargo install --path . --locked" => format!(
                    "cargo install -q --path {} --locked --debug --root {} --target-dir {}",
                    root().display(),
                    home.display(),
                    target.display()
                ),
                line => line.to_owned(),
            };
            script.push_str(&format!("echo '$ '{}\n{line}\n", shell_word(&line)));
            if line.ends_with('&') {
                script.push_str(
                    "for _ in $(seq 300); do if (: </dev/tcp/127.0.0.1/$LTC_DEMO_PORT) 2>/dev/null; then break; fi; sleep 0.1; done\n",
                );
            }
        }
    }
    let port = free_port();
    let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&checkout)
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env("LTC_CACHE_DIR", shelf("ltc-cache"))
        .env("LTC_DEMO_PORT", port.to_string())
        .env("LTC_DEMO_URL", format!("http://127.0.0.1:{port}"))
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}\n--- of the script:\n{script}");
    for part in ["What to try next", "wrote ./shop", "3 steps, 0 failed", "2 steps, 0 failed", "Get treatment variant", "* tpdata"] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert!(checkout.join("shop/out/run_stats.csv").is_file() && checkout.join("shop/out/run.json").is_file());
}

fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What the repository holds, without what was built in it.
fn copy_tracked(to: &Path) {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
            let name = entry.file_name();
            if entry.path().is_dir() {
                copy(&entry.path(), &to.join(name));
            } else {
                fs::copy(entry.path(), to.join(name)).unwrap();
            }
        }
    }
    for part in ["specs", "config"] {
        copy(&root().join(part), &to.join(part));
    }
}
