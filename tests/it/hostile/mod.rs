//! A hostile server: whatever it answers, each step ends within its timeout, is counted once, takes bounded memory, and says what happened.

mod cases;
mod server;
mod tls;
mod tls_server;

use std::fmt::Write as _;

use crate::machine::wait_until;
use crate::project::Project;
use crate::report::Report;
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

/// Runs a test until its last step, and checks the memory that it took, and that each step was counted once and ended as wanted.
fn judged<'c>(project: &Project, test: &str, is_over: impl Fn() -> bool, cases: impl Iterator<Item = (&'c str, &'c Wants)>) -> Report {
    let running = project.run(test, &["--json", "o.json"]).start();
    let process = running.child.id();
    let mut peak = 0;
    wait_until("the last step ran", || {
        peak = peak_mb(process).unwrap_or(peak);
        is_over()
    });
    running.interrupt();
    let output = running.exits(130);
    assert!(!output.contains("panicked"), "{output}");
    assert!(peak > 0 && peak < MEMORY_MB_MAX, "{peak} MB");
    let report = project.report("o.json");
    let kinds = report["total"]["failures"]["kinds"].as_array().unwrap();
    let mut wrong = Vec::new();
    for (name, wants) in cases {
        let (requests, failures) = (report.figure(name, "requests"), report.figure(name, "failures"));
        let said: Vec<&serde_json::Value> =
            kinds.iter().filter(|kind| report["names"][kind["name"].as_u64().unwrap() as usize]["name"] == name).collect();
        let holds = requests == 1
            && match wants {
                Wants::Answer => failures == 0,
                Wants::Fails(class, part) => {
                    failures == 1
                        && said.len() == 1
                        && (class.is_empty() || said[0]["class"] == *class)
                        && said[0].to_string().contains(part)
                }
            };
        let line = format!("{name}: {requests} requests, {failures} failures, expected {wants:?}: {said:?}");
        println!("{line}");
        if !holds {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report
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
    let cases = CASES.iter().map(|(path, _, wants)| (*path, wants));
    let report = judged(&project, "hostile", || server.count("/end") > 0, cases);
    let whole = report.figure("Reset", "failures");
    assert_eq!((report.figure("Reset", "requests"), whole), (WHOLE.len() as u64, WHOLE.len() as u64));
}
