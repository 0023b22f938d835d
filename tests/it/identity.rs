//! The counting identity of docs/results.md, end to end: the report counts exactly the requests that a server read, from one process and
//! from several, whatever the server does. Also which requests count as failures.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::command::Output;
use crate::machine::wait_until;
use crate::project::Project;
use crate::report::Report;

const SPEC: &str = r#"
api srv { base env.srv.url; timeout 2s; healthcheck GET /health }
before test { step "Set up" { srv GET /setup; expect 200 } }
after test { step "Tear down" { srv GET /teardown; expect 200 } }
sequence Mix {
  step "Ok" { srv GET /ok; expect 200 }
  step "Vary" { srv GET /vary; expect 200; expect json { a: 2 }; expect elapsed < 1h }
  step "Late" { srv GET /ok; expect 1h < elapsed }
  step "Dropped post" { srv POST /drop { json { a: 1 } }; expect 200 }
  step "Dropped get" { srv GET /drop; expect 200 }
  step "Moved" { srv GET /moved; expect 200 }
  step "Clear" skip { srv GET /flip; expect 200 }
  retry 2 times every 1ms { step "Flip" { srv GET /flip; expect 200 } }
  let tries = 0
  poll every 1ms up to 3 times until tries == 3 { step "Poll" { srv GET /ok; expect 200; set tries = tries + 1 } }
  step "Body" { srv GET /body; expect json { a: 1 } }
  step "Header" { srv GET /header; expect headers { x_n: "1" } }
  step "Timeout" { srv GET /never { timeout 20ms }; expect 200 }
  group "Buying" { step "Pay" { srv GET /ok; expect 200 } }
  if user.id < 2 { step "Hangs" { srv GET /never { timeout 60s }; expect 200 } }
  fail "always"
}
user U { run Mix; wait 5ms }
"#;

/// A server that counts what it reads.
#[derive(Default)]
struct Counting {
    /// Requests by path; connections as `CONN`.
    seen: Mutex<BTreeMap<String, u64>>,
    open: AtomicUsize,
}

impl Counting {
    /// Starts the server and returns its port.
    fn serve(self: &Arc<Self>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                server.open.fetch_add(1, Ordering::SeqCst);
                *server.seen.lock().unwrap().entry("CONN".into()).or_default() += 1;
                let server = server.clone();
                std::thread::spawn(move || {
                    answer(stream.unwrap(), &server.seen);
                    server.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        port
    }
}

fn answer(mut stream: TcpStream, seen: &Mutex<BTreeMap<String, u64>>) {
    let (mut buffer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let (path, length) = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
                let body = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0usize);
                if buffer.len() >= end + 4 + body {
                    break (head.split(' ').nth(1).unwrap_or_default().to_owned(), end + 4 + body);
                }
            }
            match stream.read(&mut piece) {
                Ok(count) if count > 0 => buffer.extend_from_slice(&piece[..count]),
                _ => return,
            }
        };
        buffer.drain(..length);
        let nth = {
            let mut seen = seen.lock().unwrap();
            let count = seen.entry(path.clone()).or_default();
            *count += 1;
            *count
        };
        let (status, more) = match path.as_str() {
            "/drop" => return,
            "/never" => continue,
            "/moved" => (302, "Location: /ok\r\n"),
            "/flip" if nth % 2 == 1 => (503, ""),
            "/vary" => ([500, 502, 503, 200][(nth % 4) as usize], ""),
            _ => (200, ""),
        };
        // Two good bodies and a bad one: an expectation that has passed for a response must still see that another one differs.
        let n = if nth % 3 == 0 { 2 } else { 1 };
        let body = if path == "/body" { format!(r#"{{"a":{n}}}"#) } else { r#"{"a":1}"#.to_owned() };
        let more = if path == "/header" { format!("X-N: {n}\r\n") } else { more.to_owned() };
        let head = format!("HTTP/1.1 {status} X\r\n{more}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn project(port: u16) -> Project {
    let profile = "test_header: { name: mix, env: here }\nprofile:\n  runner: { clients: 6, hatch_rate: 1000, duration: 2s }\n  \
                   logging: { stats_interval: 500ms }\n  thresholds: ['failures < 1', '\"fail in Mix\".failures < 1']\n";
    let env = format!("srv: {{ url: 'http://127.0.0.1:{port}' }}\n");
    Project::new().spec("mix", SPEC).file("specs/mix.profile.yml", profile).env(env).build("mix")
}

/// Runs the binary against its own server. Returns the report, the server's counts, and the output.
fn run(args: &[&str]) -> (Report, BTreeMap<String, u64>, Output) {
    let server = Arc::new(Counting::default());
    let project = project(server.serve());
    // Both thresholds fail.
    let output = project.run("mix", &[args, &["--json", "run.json", "--graceful-stop", "400ms"]].concat()).exits(1);
    // The server may still be reading the last requests.
    wait_until("the server has seen the end of every connection", || server.open.load(Ordering::SeqCst) == 0);
    let seen = server.seen.lock().unwrap().clone();
    (project.report("run.json"), seen, output)
}

/// The right side of the identity, for rows of the JSON report.
fn reached<'v>(rows: impl IntoIterator<Item = &'v Value>) -> u64 {
    let sum = |row: &Value| {
        let get = |name: &str| row[name].as_u64().unwrap_or_else(|| panic!("no {name} in {row}"));
        get("requests") - get("unsent") + get("unfinished") + get("skipped") + get("retried") + get("redirects") + get("resends")
    };
    rows.into_iter().map(sum).sum()
}

fn steps(report: &Report) -> Vec<&Value> {
    let rows = report["names"].as_array().unwrap().iter().zip(report["total"]["names"].as_array().unwrap());
    rows.filter(|(name, _)| name["kind"] == "step").map(|(_, row)| row).collect()
}

#[test]
fn report_counts_the_requests_that_the_server_read() {
    for args in [&["--threads", "2"][..], &["run", "--shards", "2", "--threads", "1"]] {
        let (report, seen, output) = run(args);
        let path = |path: &str| seen.get(path).copied().unwrap_or(0);
        let all: u64 = seen.iter().filter(|(path, _)| *path != "CONN").map(|(_, count)| count).sum();
        let setup = &report["setup"];
        let around: Vec<&Value> = ["health_checks", "before_test", "after_test"].iter().map(|part| &setup[part]).collect();
        assert_eq!(around.iter().map(|row| row["requests"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 1, 1], "{setup}");
        assert_eq!(all, reached(steps(&report)) + reached(around.iter().copied()), "{args:?}: {output}");
        let opened: u64 = steps(&report).iter().chain(&around).map(|row| row["opened"].as_u64().unwrap()).sum();
        assert_eq!(path("CONN"), opened, "{args:?}: connections");

        // The identity also holds for each single step with its own path.
        assert_eq!(path("/vary"), reached([report.row("Vary")]));
        assert_eq!(path("/moved") * 2, reached([report.row("Moved")]));
        assert_eq!(path("/flip"), reached([report.row("Flip"), report.row("Clear")]));
        assert_eq!(path("/never"), reached([report.row("Timeout"), report.row("Hangs")]));
        assert_eq!(path("/drop"), reached([report.row("Dropped post"), report.row("Dropped get")]));
        assert_eq!(report.row("Dropped post")["resends"], 0, "a POST isn't sent twice");
        assert!(report.row("Hangs")["unfinished"].as_u64().unwrap() > 0 && report.row("Hangs")["requests"] == 0, "{}", report.0);
        assert!(report.row("Hangs")["unfinished_longest_us"].as_u64().unwrap() > 400_000);

        for (name, path) in [("Body", path("/body")), ("Header", path("/header"))] {
            let figure = |key: &str| report.figure(name, key);
            let judged = figure("requests") - figure("unsent") - figure("unfinished");
            assert!(figure("failures") <= path / 3 && figure("failures") + path - judged >= path / 3, "{name}: {}", report.row(name));
        }
        what_a_failure_is(&report);
    }
}

/// A failed request is one failure, grouped by its cause; `fail` has its own row; failures have no response time.
fn what_a_failure_is(report: &Report) {
    let get = |row: &Value, name: &str| row[name].as_u64().unwrap();
    let vary = report["names"].as_array().unwrap().iter().position(|row| row["name"] == "Vary").unwrap();
    let all = report["total"]["failures"]["kinds"].as_array().unwrap();
    let kinds: Vec<&Value> = all.iter().filter(|kind| kind["name"] == vary).collect();
    let mut statuses: Vec<&str> =
        kinds.iter().filter(|kind| kind["class"] == "status").map(|kind| kind["kind"].as_str().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["got 500", "got 502", "got 503"]);
    let counted: u64 = kinds.iter().map(|kind| get(kind, "count")).sum();
    assert_eq!(counted, get(report.row("Vary"), "failures"), "each once: {kinds:?}");
    let json = kinds.iter().find(|kind| kind["class"] == "json").unwrap();
    assert!(get(json, "reasons") > get(json, "count"), "a further reason of those with a status: {json}");
    assert!(kinds.iter().all(|kind| kind["class"] != "elapsed"));
    let late = report.row("Late");
    assert_eq!(
        (get(late, "failures"), get(&late["service"], "count"), get(&late["failed"], "count")),
        (get(late, "requests"), get(late, "requests"), 0)
    );
    let dropped = report.row("Dropped post");
    assert_eq!((get(&dropped["service"], "count"), get(&dropped["failed"], "count")), (0, get(dropped, "requests")));
    let fail = report.row("fail in Mix");
    assert!(get(fail, "failures") > 0 && get(fail, "requests") == 0, "{fail}");
    assert_eq!(
        get(&report["summary"]["total"], "failures"),
        steps(report).iter().map(|row| get(row, "failures")).sum::<u64>() + get(fail, "fails")
    );
}
