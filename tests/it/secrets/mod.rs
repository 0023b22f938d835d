//! Secrets stay secret: every place that takes one has a marker, a server repeats them in every encoding, and no output of any run, no file of the
//! build and no process argument contains one.

mod editor;
mod encodings;
mod mirror;
mod origins;
mod outputs;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::command::Run;
use crate::machine;
use crate::project::{Project, shared_folder};
use encodings::encodings;
use mirror::Mirror;

/// Each place that takes a secret, with the value that it gets. Headers and cookies allow fewer characters than the others.
const OF_THE_PROCESS: [(&str, &str); 8] = [
    ("M_BEARER", "mk-bearer/+=&'1"),
    ("M_BASIC", "mk-basic:p\"w<é"),
    ("M_QUERY", "mk-query/+ &\"<é\\2"),
    ("M_HEADER", "mk-header \"<&>3"),
    ("M_BODY", "mk-body\t\"\\/é😀4"),
    ("M_SET", "mk-set-by-option-5"),
    ("M_SFX", "mk-signalfx-token-6"),
    ("M_HEC", "mk-splunk-token-7"),
];
const TICKET: &str = "mk-ticket.of/the+server=8";
const SESSION: &str = "mk-session-cookie-9";
const PIN: &str = "mk-pin\"<&é of the answer 10";
const ACCESS: &str = "mk-access_token/é+11";
const CODE: &str = "mk-code\" of <a> row 12";
/// The values that the server returns, and the one of the data.
const OF_OTHERS: [&str; 5] = [TICKET, SESSION, PIN, ACCESS, CODE];

const SPEC: &str = r#"
api plain { base env.shop.url; healthcheck none }
api shop { base env.shop.url; auth header("X-Shop", ticket); cookies on; headers { "X-Neutral": env.shop.neutral }; healthcheck none }
api bank { base env.shop.url; auth bearer(env.bank.first); healthcheck none }
api desk { base env.shop.url; auth basic("me", env.bank.second); healthcheck none }

data accounts from "accounts.csv" { secret code }
keep secret pin = ""

before test { step "Ticket" interrupt { plain POST /ticket; take ticket = json.ticket } }

sequence S {
  let row = next(accounts)
  step "Missed" { shop POST /session; expect 201; set pin = json.pin }
  step "Query" { shop GET /bad { query { q: env.shop.query, code: row.code, set: env.shop.set } }; expect 200 }
  step "Body" { bank POST /bad { json { neutral: env.bank.body, row } }; expect json { a: env.bank.body } }
  step "Session" interrupt {
    shop POST /session
    take session = cookie "sid"
    take other = json.access_token
    set pin = json.pin
  }
  step "Late" { desk POST /bad?pin={pin} { form { other, session } }; expect text "{other}" }
  log "{env.shop.query} {session} {pin} {row.code} {other} {ticket}"
  if env.bank.body ~ /mk/ { fail "{env.bank.body} {pin} {row.code} {session} {ticket}" }
}
user U { run S; wait 100ms }
"#;

fn markers() -> Vec<&'static str> {
    OF_THE_PROCESS.iter().map(|(_, value)| *value).chain(OF_OTHERS).collect()
}

/// Asserts that a text contains none of the markers, in any encoding.
#[track_caller]
fn shows_none(what: &str, text: &[u8], markers: &[&str]) {
    for marker in markers {
        for spelled in encodings(marker) {
            if let Some(at) = memchr::memmem::find(text, spelled.as_bytes()) {
                let around = String::from_utf8_lossy(&text[at.saturating_sub(200)..text.len().min(at + 200)]).into_owned();
                panic!("{what} shows {marker:?} as {spelled:?}: …{around}…");
            }
        }
    }
}

/// All files of a folder, at any depth.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

fn project(server: &Mirror) -> Project {
    let addr = server.addr;
    let env = format!(
        "shop: {{ url: 'http://{addr}', query: '${{M_QUERY}}', neutral: 'x ${{M_HEADER}}', set: '${{M_SET}}' }}\nbank: {{ first: '${{M_BEARER}}', second: \
         '${{M_BASIC}}', body: '${{M_BODY}}' }}\n"
    );
    let sinks = format!("SFx: {{ url: 'http://{addr}', token: '${{M_SFX}}' }}\nSplunk: {{ url: 'http://{addr}', token: '${{M_HEC}}' }}\n");
    let logging = "logging: { loglevel: DEBUG, stats_interval: 1s, listeners: [SignalFx, Splunk, Debug] }";
    let profile = format!("test_header: {{ env: here }}\nprofile:\n  runner: {{ clients: 2, hatch_rate: 2, duration: 4s }}\n  {logging}\n");
    Project::new()
        .spec("marked", SPEC)
        .env(env)
        .file("config/systems_credentials.yml", sinks)
        .file("specs/accounts.csv", format!("name,code\nanna,\"{}\"\n", CODE.replace('"', "\"\"")))
        .file("specs/marked.profile.yml", profile)
}

/// A command with these variables in its environment.
fn with_variables(run: Run, variables: &[(&str, &str)]) -> Run {
    variables.iter().fold(run, |run, (name, value)| run.env(name, value))
}

/// A command with the markers in its environment.
fn marked(run: Run) -> Run {
    with_variables(run, &OF_THE_PROCESS)
}

#[test]
fn no_output_shows_a_secret_in_any_encoding() {
    let server = Mirror::start();
    let project = project(&server);
    let markers = markers();

    // The build, and all that it writes. The rows of data are part of a binary, so the marker in the data is not searched there.
    let of_process: Vec<&str> = OF_THE_PROCESS.iter().map(|(_, value)| *value).collect();
    let built = marked(project.ltc(&["build", "specs/marked.lt", "-o", "marked"])).exits(0);
    shows_none("the build", built.as_bytes(), &markers);
    // A binary is searched for the forms that a build could write.
    let plain: Vec<String> =
        of_process.iter().flat_map(|marker| [(*marker).to_owned(), hex::encode(marker), STANDARD.encode(marker)]).collect();
    let binary = fs::read(project.path().join("marked")).unwrap();
    for marker in &plain {
        assert!(memchr::memmem::find(&binary, marker.as_bytes()).is_none(), "the binary contains {marker}");
    }
    let emitted = project.check("marked").unwrap().emit().unwrap().main;
    shows_none("the emitted Rust", emitted.as_bytes(), &markers);
    for file in files_below(&shared_folder("ltc-cache")).iter().filter(|file| file.to_string_lossy().contains("marked")) {
        // What is larger is the binary.
        if fs::metadata(file).unwrap().len() < 1_000_000 {
            shows_none(&file.display().to_string(), &fs::read(file).unwrap(), &of_process);
        }
    }
    for args in [&["check", "specs/marked.lt"][..], &["doc", "specs/marked.lt", "-o", "doc.html"], &["fmt", "--check", "specs/marked.lt"]] {
        shows_none(&args.join(" "), marked(project.ltc(args)).output().as_bytes(), &markers);
    }
    shows_none("ltc doc", project.read("doc.html").as_bytes(), &markers);

    // Each exchange in full.
    let debug = marked(project.run("marked", &["--debug"])).exits(1);
    debug.prints(&["-- step \"Query\"", "-- step \"Late\"", "***", "take session"]);
    shows_none("--debug", debug.as_bytes(), &markers);

    // A load with all reports, listeners and the live page.
    let reports = ["--json", "o.json", "--html", "o.html", "--csv", "o", "--junit", "o.xml", "--summary-md", "o.md", "--out", "kept"];
    let mut running = marked(project.run("marked", &[&reports[..], &["--ui", "127.0.0.1:0"]].concat())).start();
    // Both outputs are read, or the test would block on them.
    let printed = running.child.stdout.take().unwrap();
    let printed = std::thread::spawn(move || std::io::read_to_string(printed).unwrap());
    let mut lines = BufReader::new(running.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let host = lines.find_map(|line| line.strip_prefix("live at http://").map(str::to_owned)).unwrap();
    let rest = std::thread::spawn(move || lines.collect::<Vec<_>>().join("\n"));
    let host = host.split("/#").next().unwrap();
    let mut feed = TcpStream::connect(host).unwrap();
    write!(feed, "GET /events HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut fed = Vec::new();
    // The page's connection may end without a last line when the process does.
    let _ = feed.read_to_end(&mut fed);
    running.child.wait().unwrap();
    let (printed, warned) = (printed.join().unwrap(), rest.join().unwrap());
    assert!(String::from_utf8_lossy(&fed).contains("event: interval"), "{warned}");
    shows_none("the live page", &fed, &markers);
    shows_none("the output of a load", printed.as_bytes(), &markers);
    shows_none("the log of a load", warned.as_bytes(), &markers);
    assert!(warned.contains("SignalFx refuses the data") && warned.contains("debug: "), "{warned}");
    for report in ["o.json", "o.html", "o_failures.csv", "o.xml", "o.md"] {
        shows_none(report, project.read(report).as_bytes(), &markers);
    }
    assert!(project.read("o.json").contains("got 503") && project.read("o.json").contains("***"));
    let events = server.of("/services/collector");
    assert!(events.iter().any(|event| event.contains("failure")), "{events:?}");
    for event in events {
        let (_, body) = event.split_once("\r\n\r\n").unwrap();
        shows_none("an event of Splunk", body.as_bytes(), &markers);
    }

    // The same, on two processes: their arguments, their frames, and what they leave behind.
    let args = [
        "run",
        "--shards",
        "2",
        "--set",
        "env.shop.set=mk-set-by-option-5",
        "--duration",
        "10m",
        "--json",
        "f.json",
        "--html",
        "f.html",
        "--out",
        "fleet",
    ];
    let running = marked(project.run("marked", &args)).start();
    let own = running.child.id();
    let mut arguments = Vec::new();
    machine::wait_until("its shards send requests", || {
        arguments = arguments_of_children(own);
        arguments.len() >= 2 && server.of("/bad").iter().any(|request| request.contains("mk-"))
    });
    running.interrupt();
    let output = running.output();
    arguments.iter().for_each(|arguments| shows_none("the arguments of a shard", arguments, &markers));
    shows_none("the output of a fleet", output.as_bytes(), &markers);
    for report in ["f.json", "f.html"] {
        shows_none(report, project.read(report).as_bytes(), &markers);
    }
    let data = project.path().join("specs/accounts.csv");
    let binary = project.path().join("marked");
    for file in files_below(project.path()).iter().filter(|file| **file != data && **file != binary) {
        shows_none(&file.display().to_string(), &fs::read(file).unwrap(), &markers);
    }

    // The masked exchanges really contained the markers.
    let received = server.received.lock().unwrap().join("\n");
    for marker in [TICKET, SESSION, "mk-bearer/+=&'1", "mk-header \"<&>3", "mk-signalfx-token-6"] {
        assert!(received.contains(marker), "{marker} was not sent");
    }
}

/// The arguments of the processes that a process started.
fn arguments_of_children(parent: u32) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    // A process that has just been forked still has the arguments of its parent.
    let own = fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        // `4711 (marked) S 4710 …`: the state follows the name, and the parent's number the state.
        let stat = String::from_utf8_lossy(&read("stat")).into_owned();
        let of = stat.rsplit(") ").next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        let arguments = read("cmdline");
        if of == Some(parent) && arguments != own && !arguments.is_empty() {
            found.push(arguments);
        }
    }
    found
}

#[test]
fn variable_that_is_too_short_to_mask_is_refused_as_a_secret() {
    let server = Mirror::start();
    let env = format!("shop: {{ url: 'http://{}', neutral: '${{NEUTRAL}}', ticket: '${{TICKET}}' }}\n", server.addr);
    let spec = "api shop { base env.shop.url; auth header(\"X-Shop\", env.shop.ticket); healthcheck none }\nsequence S { step \"A\" { shop GET /ticket?q={env.shop.neutral} } }\nuser U { run S }\n";
    let project = Project::new().spec("short", spec).env(env).profile("short", "clients: 1, duration: 1s").build("short");
    let run = |neutral: &str, ticket: &str| project.run("short", &["--debug"]).env("NEUTRAL", neutral).env("TICKET", ticket);
    let refused = run("long enough", "abc").exits(2);
    refused.prints(&["config/here.yml:1:", "shop.ticket is the value of ${TICKET}: a secret of fewer than 4 characters cannot be masked"]);
    assert!(server.received.lock().unwrap().is_empty(), "{refused}");
    let warned = run("abc", "long enough").exits(0);
    warned.prints(&["warning: config/here.yml:1:", "the value of ${NEUTRAL} in shop.neutral has fewer than 4 characters"]);
    run("long enough", "long enough").exits(0).omits(&["warning"]);
}
