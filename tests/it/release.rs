//! What makes a release: workflows, scripts and the image pass their linters, and the names agree with each other. `.ci/release` and
//! `.ci/install-check` do the work; a release runs them on every system.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::project::{files, root};
use crate::tools::{needs, program};

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Runs a linter in the checkout, with a text as its standard input; it must find nothing.
fn lint(tool: &str, args: &[&str], files: &[PathBuf], input: &str) {
    // On the PATH, actionlint finds shellcheck and checks the scripts within workflows.
    let mut linter = Command::new(program(tool));
    linter.args(args).args(files).current_dir(root()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut linter = linter.spawn().unwrap();
    linter.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = linter.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{tool}: {text}");
}

#[test]
fn workflows_have_no_mistakes() {
    needs!("actionlint", "shellcheck");
    lint("actionlint", &[], &files(&root().join(".github/workflows")), "");
}

#[test]
fn workflow_of_the_guide_has_no_mistakes() {
    needs!("actionlint", "shellcheck");
    let page = text("docs/how-to/ci.md");
    let (_, rest) = page.split_once("```yaml github\n").expect("an example for GitHub");
    lint("actionlint", &["-"], &[], rest.split("```").next().unwrap());
}

#[test]
fn scripts_have_no_mistakes() {
    needs!("shellcheck");
    lint("shellcheck", &[], &files(&root().join(".ci")), "");
}

#[test]
fn image_has_no_mistakes() {
    needs!("hadolint");
    lint("hadolint", &["Containerfile"], &[], "");
}

#[test]
fn image_has_the_rust_of_the_prebuilt_runtime() {
    let toolchain = text("rust-toolchain.toml");
    let rust = toolchain.lines().find_map(|line| line.strip_prefix("channel = \"")?.strip_suffix('"')).unwrap();
    let image = text("Containerfile");
    let bases: Vec<&str> = image.lines().filter(|line| line.starts_with("FROM ")).collect();
    assert!(bases.iter().all(|base| base.starts_with(&format!("FROM rust:{rust}-slim"))), "{bases:?}");
    assert!(image.contains(&format!("RUSTUP_TOOLCHAIN={rust}\n")), "the build uses what the image has");
}

#[test]
fn cargo_binstall_finds_the_archive_that_the_script_packs() {
    let manifest = text("Cargo.toml");
    let (_, binstall) = manifest.split_once("[package.metadata.binstall]\n").unwrap();
    for line in [
        r#"pkg-url = "{ repo }/releases/download/v{ version }/ltc-{ version }-{ target }.tar.gz""#,
        r#"bin-dir = "ltc-{ version }-{ target }/{ bin }{ binary-ext }""#,
        r#"pkg-fmt = "tgz""#,
    ] {
        assert!(binstall.contains(line), "{line}");
    }
    let script = text(".ci/release");
    assert!(script.contains("name=ltc-$version-$target\n") && script.contains("\"$dist/$name.tar.gz\" \"$name\"\n"));
}

#[test]
fn release_notes_refuse_a_version_that_is_not_ready() {
    let notes = |version: &str| Command::new(root().join(".ci/release-notes")).arg(version).output().unwrap();
    let other = notes("v99.0.0");
    assert!(!other.status.success());
    assert!(String::from_utf8_lossy(&other.stderr).contains("unexpected version 99.0.0, expected "), "{other:?}");
    let ours = notes(&format!("v{}", env!("CARGO_PKG_VERSION")));
    let dated = text("CHANGELOG.md").contains(&format!("## [{}] - 2", env!("CARGO_PKG_VERSION")));
    assert_eq!(ours.status.success(), dated, "{ours:?}");
}
