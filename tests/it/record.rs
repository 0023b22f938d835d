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
    recording.interrupt();
    recording.exits(0).prints(&["wrote visit.har with 1 request"]);
    assert!(project.read("visit.har").contains("/shop/items?q=mug"));
    record(&project, &["--name", "visit"]).exits(2).prints(&["visit.har already exists", "--force"]);
    record(&project, &["--remove-ca"]).exits(0).prints(&["removed the certificate authority"]);
    assert!(!project.path().join("data/ltc/record/ca.key").exists());
}
