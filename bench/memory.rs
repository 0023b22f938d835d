//! The memory of users that mostly wait with open connections: each sends one request per second, or one every six seconds. Users of a session
//! have a cookie, 20 captured values, and a TLS connection.

use std::time::Duration;

use super::nginx::Nginx;
use super::process;
use super::{Bench, Outcome, specs};

pub(crate) fn run(bench: &Bench) -> Outcome {
    let _nginx = Nginx::start(bench)?;
    for (name, spec, users) in [
        ("waiting users", "waiting", &[1, 1000, 5000, 15_000][..]),
        ("users that wait for 6 s", "long_waits", &[1, 15_000]),
        ("users of a session", "session", &[1, 1000, 5000]),
    ] {
        if bench.wants(name) {
            println!("\n{name}");
            measure(bench, spec, users)?;
        }
    }
    Ok(())
}

fn measure(bench: &Bench, spec: &str, users: &[u64]) -> Outcome {
    let binary = specs::build(bench, spec, 1)?.display().to_string();
    println!("{:>8} {:>10} {:>12} {:>14}", "users", "RSS MiB", "KiB a user", "CPU us/req");
    let mut base = 0.0;
    for users in users.iter().copied() {
        let (clients, rate) = (users.to_string(), (users / 4).max(1).to_string());
        let args = [&binary, "--threads", "1", "--clients", &clients, "--hatch-rate", &rate, "--duration", "10s", "--json", "memory.json"];
        let used = process::run(&args.map(String::from), "1", &bench.folder, Duration::from_secs(60))?;
        let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(bench.folder.join("memory.json"))?)?;
        let total = &report["summary"]["total"];
        if total["failures"] != 0 {
            return Err(format!("{users} users: {} failures", total["failures"]).into());
        }
        let kib = used.rss_kib as f64;
        if users == 1 {
            base = kib;
        }
        let each = (kib - base) / users as f64;
        let us = used.cpu * 1e6 / total["requests"].as_f64().unwrap_or(f64::NAN);
        println!("{users:>8} {:>10.1} {each:>12.2} {us:>14.1}", kib / 1024.0);
    }
    Ok(())
}
