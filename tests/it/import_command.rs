//! The command `ltc import`: what it writes and rejects, and its exit codes.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::project::Project;

const COMMANDS: &str = "curl https://api.shop.test/items/7 -H 'Authorization: Bearer s3cr3t-token'\n";

#[test]
fn imported_project_is_written_checked_and_registered() {
    let project = Project::new().file("shop.txt", COMMANDS);
    let output = project.ltc(&["import", "shop.txt"]).exits(0);
    output.prints(&["wrote shop:", "specs/shop.lt", "config/imported.yml", "imported: 1 request", "set SHOP_TOKEN before the test runs"]);
    let all: String =
        ["specs/shop.lt", "specs/shop.profile.yml", "config/imported.yml"].map(|path| project.read(&format!("shop/{path}"))).concat();
    assert!(all.contains("get_item(item_id) = GET /items/{item_id}") && all.contains("${SHOP_TOKEN}") && !all.contains("s3cr3t"), "{all}");
    crate::project::ltc(&project.path().join("shop"), &["check"]).exits(0).prints(&["specs/shop.lt: no errors"]);
    crate::project::ltc(&project.path().join("shop"), &["fmt", "--check"]).exits(0);
}

#[test]
fn existing_files_are_kept_unless_forced() {
    let project = Project::new().file("shop.txt", COMMANDS);
    project.ltc(&["import", "shop.txt", "--out", "."]).exits(0);
    // The same import again changes nothing, so it is not refused.
    project.ltc(&["import", "shop.txt", "--out", "."]).exits(0).prints(&["add `shop: { profile: specs/shop.profile.yml }`"]);
    project.edit("specs/shop.lt", "Get item", "Read item");
    project.ltc(&["import", "shop.txt", "--out", "."]).exits(2).prints(&["specs/shop.lt already exists", "--force"]);
    assert!(project.read("specs/shop.lt").contains("Read item"));
    project.ltc(&["import", "shop.txt", "--out", ".", "--force"]).exits(0);
    assert!(project.read("specs/shop.lt").contains("Get item"));
}

#[test]
fn standard_input_is_imported() {
    let project = Project::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ltc"))
        .args(["import", "-", "--name", "login", "--env", "qa"])
        .current_dir(project.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(COMMANDS.as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(project.read("login/config/qa.yml").contains("https://api.shop.test"));
}

#[test]
fn files_that_cannot_be_imported_are_refused_with_a_fix() {
    let project = Project::new().file("odd.txt", "hello").file("bad.har", "{\n  \"log\": ");
    project.ltc(&["import", "odd.txt"]).exits(2).prints(&["odd.txt:1:1: cannot recognize the file", "help: name the kind with `--from`"]);
    project.ltc(&["import", "bad.har"]).exits(2).prints(&["bad.har:2:", "invalid JSON", "help: "]);
    project.ltc(&["import", "gone.har"]).exits(2).prints(&["cannot read gone.har: file not found"]);
    project.ltc(&["import", "specs"]).exits(2).prints(&["it is a folder"]);
    project.ltc(&["import", "odd.txt", "--from", "curl"]).exits(2).prints(&["expected a `curl` command"]);
    project.ltc(&["import", "odd.txt", "--env", "common"]).exits(2).prints(&["no other file of config/"]);
    assert!(fs::read_dir(project.path()).unwrap().all(|entry| entry.unwrap().file_name() != "odd"));
}
