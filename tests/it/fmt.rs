//! The command `ltc fmt`: which files it finds, where it writes what, and its exit codes.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use crate::project::Project;

const UNFORMATTED: &str = "let x=1;let y=2   # why\n";
const FORMATTED: &str = "let x = 1\nlet y = 2  # why\n";

fn standard_input(args: &[&str], text: &str) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ltc"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn fmt_formats_all_specs_of_a_project() {
    let project = Project::new().file("config/common.yml", "").file("specs/a.lt", UNFORMATTED).file("more/deep/b.lt", UNFORMATTED);
    let project = project.file(".git/c.lt", UNFORMATTED).file("target/d.lt", UNFORMATTED).file("specs/tame.lt", FORMATTED);
    project
        .ltc(&["fmt", "--check"])
        .exits(1)
        .prints(&["specs/a.lt", "more/deep/b.lt", "2 specs not formatted"])
        .omits(&["tame", "c.lt", "d.lt"]);
    assert_eq!(project.read("specs/a.lt"), UNFORMATTED);
    project.ltc(&["fmt"]).exits(0).prints(&["specs/a.lt", "more/deep/b.lt"]);
    assert_eq!((project.read("specs/a.lt"), project.read("more/deep/b.lt")), (FORMATTED.to_owned(), FORMATTED.to_owned()));
    assert_eq!((project.read(".git/c.lt"), project.read("target/d.lt")), (UNFORMATTED.to_owned(), UNFORMATTED.to_owned()));
    project.ltc(&["fmt", "--check"]).exits(0).omits(&["lt"]);
}

#[test]
fn fmt_leaves_specs_that_do_not_parse_and_formats_the_others() {
    let project = Project::new().file("a.lt", "let x==1\n").file("b.lt", UNFORMATTED);
    project.ltc(&["fmt", "a.lt", "b.lt"]).exits(2).prints(&["LT0025", "a.lt:1:"]);
    assert_eq!((project.read("a.lt"), project.read("b.lt")), ("let x==1\n".to_owned(), FORMATTED.to_owned()));
    project.ltc(&["fmt", "gone.lt"]).exits(2).prints(&["cannot read gone.lt: file not found"]);
    fs::write(project.path().join("c.lt"), b"let x = \"\xff\"").unwrap();
    project.ltc(&["fmt", "c.lt"]).exits(2).prints(&["it is not UTF-8"]);
}

#[test]
fn fmt_keeps_permissions_and_links_and_writes_only_what_changes() {
    let project = Project::new().file("a.lt", UNFORMATTED).file("same.lt", FORMATTED);
    let path = project.path().join("a.lt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.lt", project.path().join("link.lt")).unwrap();
    let modified = || fs::metadata(project.path().join("same.lt")).unwrap().modified().unwrap();
    let before = modified();
    project.ltc(&["fmt", "link.lt", "same.lt"]).exits(0);
    assert_eq!(project.read("a.lt"), FORMATTED);
    assert!(fs::symlink_metadata(project.path().join("link.lt")).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(modified(), before);
}

#[test]
fn fmt_formats_standard_input() {
    assert_eq!(standard_input(&["fmt", "-"], UNFORMATTED), (Some(0), FORMATTED.to_owned()));
    assert_eq!(standard_input(&["fmt", "--check", "-"], UNFORMATTED), (Some(1), String::new()));
    assert_eq!(standard_input(&["fmt", "--check", "-"], FORMATTED), (Some(0), String::new()));
    assert_eq!(standard_input(&["fmt", "-"], "let x = = 1"), (Some(2), String::new()));
}
