//! The README's sequence of three requests, without its waits, against a server with the demo's responses; wrk sends plain GETs to nginx.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use super::load::{Measurement, limit, ltc, measure, median};
use super::nginx::Nginx;
use super::peers::{self, words};
use super::{Args, Bench, Outcome, canned, process, quiet, specs};

pub(crate) const NAME: &str = "tpdata sequence";

/// Where the server of the sequence listens.
fn server(args: &Args) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, args.port + 2).into()
}

/// If ltc keeps its core less busy than this, it has waited for the server.
const BUSY: f64 = 0.9;

struct Round {
    us: f64,
    /// The share of time in which it kept its core busy; no other program uses that core.
    busy: f64,
    wrk: Measurement,
}

pub(crate) fn run(bench: &Bench, nginx: &Nginx) -> Outcome {
    if cfg!(debug_assertions) {
        println!("\n{NAME}: left out, as this is a debug build and so would be its server: cargo run --release --example bench");
        return Ok(());
    }
    let binary = specs::build(bench, "tpdata", 1)?.display().to_string();
    let mut server = Command::new("taskset")
        .args(["-c", "0"])
        .arg(std::env::current_exe()?)
        .args(["canned", "--port", &bench.args.port.to_string()])
        .spawn()?;
    std::thread::sleep(Duration::from_secs(1));
    let rounds = quiet::rounds(bench, || round(bench, nginx, &binary));
    server.kill()?;
    server.wait()?;
    let (rounds, note) = rounds?;
    println!("\n{NAME} against a server that answers as the demo does, wrk's bare GET to nginx\n{note}");
    println!("{:<8} {:>10} {:>10}", "", "CPU us/req", "core busy");
    let middle = |of: fn(&Round) -> f64| median(rounds.iter().map(of));
    let busy = middle(|round| round.busy);
    println!("{:<8} {:>10.2} {:>9.0}%", "ltc", middle(|round| round.us), busy * 100.0);
    println!("{:<8} {:>10.2} {:>9.0}%", "wrk", middle(|round| round.wrk.us), middle(|round| round.wrk.cores) * 100.0);
    println!("ratio    {:>10.2}", middle(|round| round.us / round.wrk.us));
    if busy < BUSY {
        println!("The server was the bottleneck: ltc waited for it, and what it costs to wake a core is counted as ltc's.");
    }
    Ok(())
}

/// Measures ltc, then wrk. The requests of ltc are those in its report, plus those of the first step, which the report lists separately.
fn round(bench: &Bench, nginx: &Nginx, binary: &str) -> Outcome<Round> {
    let mut command = words(&["env", &format!("LTC_DEMO_URL=http://{}", server(&bench.args))]);
    command.extend(ltc(bench, binary, "1"));
    command.extend(words(&["--json", "sequence.json"]));
    let used = process::run(&command, "1", &bench.folder, limit(bench))?;
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(bench.folder.join("sequence.json"))?)?;
    let count = |key: &str| report["total"]["names"].as_array().into_iter().flatten().filter_map(|name| name[key].as_f64()).sum::<f64>();
    let requests = count("requests") + count("skipped");
    let failures = count("failures") + count("skipped_failures");
    // A few slow requests are no reason to stop.
    if requests == 0.0 || failures > requests / 100.0 {
        return Err(format!("{NAME}: {requests} requests, {failures} failures\n{}", used.stdout).into());
    }
    let wrk = measure(bench, nginx, &peers::wrk(bench, "/item"), "1")?;
    Ok(Round { us: used.cpu * 1e6 / requests, busy: used.cpu / used.seconds, wrk })
}

/// The server of the sequence, which runs until it is killed. `load` starts it as a separate process, to pin it to a core.
pub(crate) fn serve(args: &Args) -> Outcome {
    canned::serve(server(args))
}
