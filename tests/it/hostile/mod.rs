//! A hostile server: whatever it answers, each step ends within its timeout, is counted once, takes bounded memory, and says what happened.

mod cases;
mod server;
mod tls;
mod tls_server;

use std::fmt::Write as _;

use crate::machine::{self, wait_until};
use crate::project::Project;
use cases::{BOMB, CASES, WHOLE, Wants, answer};
use server::Server;

/// The most memory that the process may take, in MB: a body of 64 MB, as received and decoded, and the process itself.
const MEMORY_MB_MAX: u64 = 400;

/// The most memory that a process has taken so far, in MB.
fn peak_mb(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

#[test]
fn hostile_server_harms_no_run() {
    std::sync::LazyLock::force(&BOMB);
    let server = Server::start(answer);
    let mut spec =
        "api bad { base env.shop.url; timeout 2s; cookies on; healthcheck none }\nuser U { run All }\nsequence All {\n".to_owned();
    for (path, reads, _) in CASES {
        let _ = writeln!(spec, "step \"{path}\" {{ bad GET {path}; {reads} }}");
    }
    // A connection that is lost after each byte of an answer.
    for bytes in 0..WHOLE.len() {
        let _ = writeln!(spec, "step \"Reset\" {{ bad GET /reset/{bytes} }}");
    }
    spec += "step \"/end\" { bad GET /end }\nwait 1h\n}\n";
    let env = format!("shop: {{ url: 'http://{}' }}\n", server.addr);
    let project = Project::new().spec("hostile", spec).env(env).profile("hostile", "clients: 1, duration: 10m").build("hostile");
    let running = project.run("hostile", &["--json", "o.json"]).start();
    let process = running.child.id();
    let mut peak = 0;
    wait_until("the last step ran", || {
        peak = peak_mb(process).unwrap_or(peak);
        server.count("/end") > 0
    });
    machine::wait_until("it is recorded", || true);
    running.interrupt();
    let output = running.exits(130);
    assert!(!output.contains("panicked"), "{output}");
    assert!(peak > 0 && peak < MEMORY_MB_MAX, "{peak} MB");
    let report = project.report("o.json");
    let kinds = report["total"]["failures"]["kinds"].as_array().unwrap();
    let mut wrong = Vec::new();
    for (path, _, wants) in CASES {
        let (requests, failures) = (report.figure(path, "requests"), report.figure(path, "failures"));
        let said: Vec<&serde_json::Value> =
            kinds.iter().filter(|kind| report["names"][kind["name"].as_u64().unwrap() as usize]["name"] == *path).collect();
        println!("{path}: {requests} requests, {failures} failures, sent {}: {said:?}", server.count(path));
        let holds = requests == 1
            && match wants {
                Wants::Answer => failures == 0,
                Wants::Fails(class, part) => {
                    failures == 1 && said.len() == 1 && said[0]["class"] == *class && said[0].to_string().contains(part)
                }
            };
        if !holds {
            wrong.push(format!("{path}: {requests} requests, {failures} failures, expected {wants:?}: {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let whole = report.figure("Reset", "failures");
    assert_eq!((report.figure("Reset", "requests"), whole), (WHOLE.len() as u64, WHOLE.len() as u64), "{output}");
}
