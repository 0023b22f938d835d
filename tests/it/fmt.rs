//! The command `ltc fmt`: which files it finds, where it writes what, and its exit codes.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use crate::project::Project;

const WILD: &str = "let x=1;let y=2   # why\n";
const TAME: &str = "let x = 1\nlet y = 2  # why\n";

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
    let project = Project::new().file("config/common.yml", "").file("specs/a.lt", WILD).file("more/deep/b.lt", WILD);
    let project = project.file(".git/c.lt", WILD).file("target/d.lt", WILD).file("specs/tame.lt", TAME);
    project
        .ltc(&["fmt", "--check"])
        .ends(1)
        .says(&["specs/a.lt", "more/deep/b.lt", "2 specs not formatted"])
        .lacks(&["tame", "c.lt", "d.lt"]);
    assert_eq!(project.read("specs/a.lt"), WILD);
    project.ltc(&["fmt"]).ends(0).says(&["specs/a.lt", "more/deep/b.lt"]);
    assert_eq!((project.read("specs/a.lt"), project.read("more/deep/b.lt")), (TAME.to_owned(), TAME.to_owned()));
    assert_eq!((project.read(".git/c.lt"), project.read("target/d.lt")), (WILD.to_owned(), WILD.to_owned()));
    project.ltc(&["fmt", "--check"]).ends(0).lacks(&["lt"]);
}

#[test]
fn fmt_leaves_specs_that_do_not_parse_and_formats_the_others() {
    let project = Project::new().file("a.lt", "let x==1\n").file("b.lt", WILD);
    project.ltc(&["fmt", "a.lt", "b.lt"]).ends(2).says(&["LT0025", "a.lt:1:"]);
    assert_eq!((project.read("a.lt"), project.read("b.lt")), ("let x==1\n".to_owned(), TAME.to_owned()));
    project.ltc(&["fmt", "gone.lt"]).ends(2).says(&["cannot read gone.lt: file not found"]);
    fs::write(project.path().join("c.lt"), b"let x = \"\xff\"").unwrap();
    project.ltc(&["fmt", "c.lt"]).ends(2).says(&["it is not UTF-8"]);
}

#[test]
fn fmt_keeps_permissions_and_links_and_writes_only_what_changes() {
    let project = Project::new().file("a.lt", WILD).file("same.lt", TAME);
    let path = project.path().join("a.lt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.lt", project.path().join("link.lt")).unwrap();
    let modified = || fs::metadata(project.path().join("same.lt")).unwrap().modified().unwrap();
    let before = modified();
    project.ltc(&["fmt", "link.lt", "same.lt"]).ends(0);
    assert_eq!(project.read("a.lt"), TAME);
    assert!(fs::symlink_metadata(project.path().join("link.lt")).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(modified(), before);
}

#[test]
fn fmt_formats_standard_input() {
    assert_eq!(standard_input(&["fmt", "-"], WILD), (Some(0), TAME.to_owned()));
    assert_eq!(standard_input(&["fmt", "--check", "-"], WILD), (Some(1), String::new()));
    assert_eq!(standard_input(&["fmt", "--check", "-"], TAME), (Some(0), String::new()));
    assert_eq!(standard_input(&["fmt", "-"], "let x = = 1"), (Some(2), String::new()));
}
