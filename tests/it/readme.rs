//! The README is correct: its spec is built and run, and so is every command in it and in the overview.

use std::fs;

use crate::command::Run;
use crate::project::{Project, root, shared_folder};
use crate::server::free_port;

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The contents of the fenced blocks of one language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn readme_is_short() {
    assert!(readme().lines().count() <= 60, "README.md is an introduction: what is longer belongs to docs/");
}

#[test]
fn first_spec_passes_against_the_demo_server() {
    let server = ltc_demo::spawn(ltc_demo::Options::any_port()).unwrap();
    let project = Project::new()
        .spec("browse", blocks(&readme(), "lt")[0])
        .env(format!("shop: {{ url: \"http://{}/shop\" }}\n", server.addr()))
        .profile("browse", "clients: 2, duration: 1s");
    project.ltc(&["build", "specs/browse.lt"]).exits(0).omits(&["warning"]);
    project.run("browse", &["--debug"]).exits(0).prints(&["Look"]);
    project.run("browse", &[]).exits(0).prints(&["Look"]);
}

/// The errors in the README's broken spec are the output of `ltc check`.
#[test]
fn shown_errors_are_those_that_check_reports() {
    let readme = readme();
    let right = blocks(&readme, "lt")[0];
    let wrong = right.replacen("one_of(ids)", "one_of(idz)", 1);
    let env = "shop: { url: \"http://127.0.0.1:8137/shop\" }\n";
    let project = Project::new().spec("browse", wrong).env(env).profile("browse", "clients: 2, duration: 1s");
    let output = project.ltc(&["check", "specs/browse.lt"]).output();
    let shown = blocks(&readme, "text").into_iter().find_map(|block| block.strip_prefix("$ ltc check\n")).unwrap();
    assert_eq!(output.trim(), shown.trim());
}

/// Runs all commands of the README and of the overview in their order, in a copy of the repository; `ltc` is the program that `cargo
/// install` builds from this checkout.
#[test]
fn every_command_of_the_readme_works() {
    let project = Project::new().copy("specs", "ltc/specs").copy("config", "ltc/config");
    let checkout = project.path().join("ltc");
    let home = project.path().join("installed");
    let mut script = String::from("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\nwhere=$PWD\n");
    let overview = fs::read_to_string(root().join("docs/overview.md")).unwrap();
    for block in [blocks(&readme(), "sh"), blocks(&overview, "sh")].concat() {
        script.push_str("cd \"$where\"\n");
        for line in block.lines().filter(|line| !line.is_empty()) {
            let line = match line {
                // This test itself is part of that command.
                "cargo test --workspace" => continue,
                "cargo run --release -- demo" => format!("{} demo", env!("CARGO_BIN_EXE_ltc")),
                // Installs the program that cargo has built for this test: another build would compile half of the crates once more, with the
                // features of one package.
                "cargo install --path . --locked" => {
                    format!("mkdir -p {0} && cp {1} {0}/ltc", home.join("bin").display(), env!("CARGO_BIN_EXE_ltc"))
                }
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
    let run = Run::new("bash", &checkout).args(&["-c", &script]).env("PATH", path).env("LTC_CACHE_DIR", shared_folder("ltc-cache"));
    let run = run.env("LTC_DEMO_PORT", port.to_string()).env("LTC_DEMO_URL", format!("http://127.0.0.1:{port}"));
    let output = run.beside_no_measurement().output();
    assert!(output.code == Some(0), "{output}\n--- of the script:\n{script}");
    output.prints(&["What to try next", "wrote ./shop", "3 steps, 0 failed", "2 steps, 0 failed", "Get treatment variant", "* tpdata"]);
    assert!(checkout.join("shop/out/run_stats.csv").is_file() && checkout.join("shop/out/run.json").is_file());
}

fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
