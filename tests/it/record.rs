//! `ltc record`: with Chromium, and with another client that uses the proxy.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::command::Run;
use crate::project::Project;
use crate::tools::needs;

/// `ltc record` in a project, with its own home folder.
fn record(project: &Project, args: &[&str]) -> Run {
    project.ltc(&[&["record"], args].concat()).env("XDG_DATA_HOME", project.path().join("data"))
}

/// The permissions of a file.
fn mode(path: &std::path::Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

/// A program in place of the browser reports the folder that it gets.
#[test]
fn folder_of_the_browser_is_private_and_removed() {
    let script = "#!/bin/sh\nfor arg; do case \"$arg\" in --user-data-dir=*) ls -ld \"${arg#*=}\" ;; esac; done > folder.txt\n";
    let project = Project::examples().file("browser.sh", script);
    let path = project.path().join("browser.sh");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    record(&project, &["--browser", "--browser-path", "./browser.sh", "http://shop.test"]).exits(2).prints(&["nothing was recorded"]);
    let shown = project.read("folder.txt");
    assert!(shown.starts_with("drwx------"), "{shown}");
    let folder = shown.split_whitespace().last().unwrap();
    assert!(folder.contains("ltc-record-") && !std::path::Path::new(folder).exists(), "{folder}");
}

#[test]
fn chromium_is_recorded_imported_and_replayed() {
    needs!("chromium");
    let project = Project::examples();
    let url = format!("http://{}/notes/new", project.server().addr());
    let browser = ["--browser", "--browser-arg=--headless=new", "--browser-arg=--no-sandbox", "--browser-arg=--dump-dom"];
    let output = record(&project, &[&browser[..], &[&url, "--name", "visit", "--out", "imported"]].concat()).exits(0);
    output.prints(&["wrote visit.har with ", "specs/visit.lt", "imported: "]);
    let spec = project.read("imported/specs/visit.lt");
    assert!(spec.contains("GET /notes/new") && spec.contains("expect 200"), "{spec}");
    let har = project.read("visit.har");
    assert!(har.contains("\"pageref\": \"page_1\"") && !har.contains("gzip;"), "{har}");
    crate::import_replay::replay(&project.path().join("visit.har")).unwrap();
}

#[test]
fn other_clients_are_recorded_until_ctrl_c() {
    let project = Project::examples();
    let mut recording = record(&project, &["--name", "visit", "--port", "0", "--no-import", "--verbose"]).start();
    let line = recording.wait_for_line("proxy http://");
    let address = line.split("proxy http://").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let target = project.server().addr();
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(stream, "GET http://{target}/shop/items?q=mug HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    // A server that cannot be reached is named at the end.
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(stream, "GET http://127.0.0.1:1/gone HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 502"), "{response}");
    recording.interrupt();
    recording.exits(0).prints(&["wrote visit.har with ", "warning: no response from http://127.0.0.1:1 to 1 request: "]);
    assert!(project.read("visit.har").contains("/shop/items?q=mug"));
    assert_eq!(mode(&project.path().join("visit.har")), 0o600);
    record(&project, &["--name", "visit"]).exits(2).prints(&["visit.har already exists", "--force"]);
    record(&project, &["--remove-ca"]).exits(0).prints(&["removed the certificate authority"]);
    assert!(!project.path().join("data/ltc/record/ca.key").exists());
}
