//! Secrets stay secret in what is sent and shown besides the reports of a run: multi-line keys, URLs, parts of a body, listeners, the package for
//! Lambda, the screen, the assistant, and reports that are made from kept results.

use std::fs;

use serde_json::json;

use super::mirror::Mirror;
use super::{files_below, shows_none, with_variables};
use crate::command::Run;
use crate::machine::wait_until;
use crate::project::Project;
use crate::terminal::Terminal;
use crate::tools::needs;

const PEM: &str =
    "-----BEGIN PRIVATE KEY-----\nmk-line-one-of-a-private-key-1\nmk-line-two-of-a-private-key-2\n-----END PRIVATE KEY-----\n";
const LINES: [&str; 2] = ["mk-line-one-of-a-private-key-1", "mk-line-two-of-a-private-key-2"];
/// The variables, with their values.
const VARIABLES: [(&str, &str); 8] = [
    ("N_PEM", PEM),
    ("N_PATH", "mk-path/é+ 1"),
    ("N_PART", "mk-part\"<&> 2"),
    ("N_COOKIE", "mk-cookie-3"),
    ("N_PROMETHEUS", "mk-prometheus-4"),
    ("N_INFLUX", "mk-influx-5"),
    ("N_OTLP", "mk-otlp-6"),
    ("N_PASSWORD", "mk-password-7"),
];

const SPEC: &str = r#"
api shop { base env.shop.url; healthcheck none }
sequence S {
  step "Key" { shop POST /bad { json { key: env.shop.pem, again: { list: [env.shop.pem] } } }; expect text "{env.shop.pem}" }
  step "Text" { shop POST /bad { text env.shop.pem }; expect json { a: env.shop.pem } }
  step "Path" { shop GET /bad/{env.shop.path}; expect url == "{env.shop.path}" }
  step "Whole" { shop GET "{env.shop.url}/bad?p={urlencode(env.shop.path)}#{urlencode(env.shop.path)}"; expect 200 }
  step "Refused" { shop GET "http://127.0.0.1:1/{urlencode(env.shop.path)}" }
  step "Broken" { shop GET "http://127.0.0.1:1 /{env.shop.path}" }
  step "Parts" { shop POST /bad { multipart { part: env.shop.part, password: "{env.shop.part}", key: bytes(env.shop.pem) } }; expect 200 }
  step "Variables" { shop POST /bad { graphql """query Q($p: String) { a(p: $p) }""" { p: env.shop.part, k: env.shop.pem } }; expect 200 }
  step "Cookie" { shop GET /bad { headers { cookie: "theme=1; sid={env.shop.cookie}" } }; expect 200 }
  let signed = jwt("RS256", env.shop.pem, { a: 1 })
}
user U { run S; wait 100ms }
"#;

fn markers() -> Vec<&'static str> {
    VARIABLES.iter().map(|(_, value)| *value).filter(|value| *value != PEM).chain(LINES).collect()
}

fn project(server: &Mirror) -> Project {
    let addr = server.addr;
    let env =
        format!("shop: {{ url: 'http://{addr}', pem: '${{N_PEM}}', path: '${{N_PATH}}', part: '${{N_PART}}', cookie: '${{N_COOKIE}}' }}\n");
    let sinks = format!(
        "Prometheus: {{ url: 'http://{addr}/prometheus', token: '${{N_PROMETHEUS}}' }}\nInfluxDB: {{ url: 'http://{addr}/influx', token: \
         '${{N_INFLUX}}', database: d }}\nOTLP: {{ url: 'http://{addr}/otlp', username: me, password: '${{N_PASSWORD}}', headers: {{ x-key: \
         '${{N_OTLP}}' }} }}\n"
    );
    let logging = "logging: { stats_interval: 1s, listeners: [Prometheus, InfluxDB, OTLP] }";
    let profile = format!("test_header: {{ env: here }}\nprofile:\n  runner: {{ clients: 2, hatch_rate: 2, duration: 3s }}\n  {logging}\n");
    Project::new()
        .spec("kept", SPEC)
        .env(env)
        .file("config/systems_credentials.yml", sinks)
        .file("specs/kept.profile.yml", profile)
        .build("kept")
}

fn marked(run: Run) -> Run {
    with_variables(run, &VARIABLES)
}

#[test]
fn secrets_of_several_lines_and_in_urls_are_shown_nowhere() {
    let server = Mirror::start();
    let project = project(&server);
    let markers = markers();
    let debug = marked(project.run("kept", &["--debug"])).exits(1);
    debug.prints(&["-- step \"Key\"", "-- step \"Parts\"", "-- step \"Refused\"", "***"]);
    shows_none("--debug", debug.as_bytes(), &markers);

    for out in ["one", "two"] {
        let [json, junit] = ["json", "xml"].map(|end| format!("{out}.{end}"));
        let reports = ["--json", &json, "--junit", &junit];
        let output = marked(project.run("kept", &reports)).exits(1);
        shows_none("the output of a load", output.as_bytes(), &markers);
        output.prints(&["Prometheus"]);
    }
    for path in ["/prometheus", "/influx", "/otlp"] {
        let sent = server.of(path);
        assert!(!sent.is_empty(), "nothing was sent to {path}");
        for request in sent {
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            shows_none(path, body.as_bytes(), &markers);
        }
    }
    // Reports that are made from kept results.
    for args in [
        &["report", "one.json", "--junit", "again.xml", "--html", "again.html"][..],
        &["compare", "one.json", "two.json"],
        &["merge", "one.json", "two.json", "--output", "merged.json"],
    ] {
        let output = project.ltc(args).output();
        shows_none(&args.join(" "), output.as_bytes(), &markers);
        assert!(!output.contains("error:"), "{output}");
    }

    // The package for Lambda.
    marked(project.run("kept", &["deploy", "--build-only"])).exits(0).prints(&["kept.zip"]);
    Run::new("python3", project.path()).args(&["-m", "zipfile", "-e", "kept.zip", "unzipped"]).exits(0);
    let unzipped = fs::read(project.path().join("unzipped/bootstrap")).unwrap();
    assert!(unzipped == fs::read(project.path().join("kept")).unwrap(), "the package has another binary");
    for marker in &markers {
        assert!(memchr::memmem::find(&unzipped, marker.as_bytes()).is_none(), "the package contains {marker}");
    }
    let others = files_below(project.path()).into_iter().filter(|file| !file.ends_with("kept") && !file.ends_with("bootstrap"));
    for file in others {
        shows_none(&file.display().to_string(), &fs::read(&file).unwrap(), &markers);
    }
    // The masked exchanges really contained the markers.
    let received = server.received.lock().unwrap().join("\n");
    for marker in [LINES[0], "mk-part\"<&> 2", "mk-cookie-3", "mk-influx-5"] {
        assert!(received.contains(marker), "{marker} was not sent");
    }
}

#[test]
fn screen_and_assistant_show_no_secret() {
    needs!("tmux");
    let server = Mirror::start();
    let project = project(&server);
    let markers = markers();
    let exports: String = VARIABLES.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    project.write("variables.sh", exports);
    let terminal = Terminal::new("secrets", &project, "sh -c '. ./variables.sh; exec ./kept --duration 10m'");
    terminal.shows(&[" kept · here", "running"]);
    wait_until("failures are counted", || server.of("/bad").len() > 30);
    let screen = terminal.shows(&["running", "Key"]);
    shows_none("the screen", screen.as_bytes(), &markers);
    terminal.press("q");
    terminal.shows(&["Stop the test?"]);
    terminal.press("y");
    let screen = terminal.shows(&["EXIT"]);
    shows_none("the screen after the test", screen.as_bytes(), &markers);

    let mut client = crate::mcp::Client::start_with(&project, &["--max-clients", "2", "--max-duration", "10s"], &VARIABLES);
    for (tool, arguments) in [
        ("check", json!({ "spec": "specs/kept.lt" })),
        ("build", json!({ "spec": "specs/kept.lt" })),
        ("debug", json!({ "spec": "specs/kept.lt" })),
        ("run", json!({ "spec": "specs/kept.lt", "clients": 1, "duration": "2s" })),
    ] {
        let (text, _) = client.call(tool, &arguments);
        shows_none(&format!("the tool {tool}"), text.as_bytes(), &markers);
    }
    let (text, _) = client.call("debug", &json!({ "spec": "specs/kept.lt" }));
    assert!(text.contains("-- step \"Key\"") && text.contains("***"), "{text}");
}
