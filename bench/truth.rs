//! Checks the accuracy of the measurements: known delays, stalls with a computable effect, counts that the server has too, and send times.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::{is_there, run as run_pinned};
use super::server::Server;
use super::{Bench, Outcome, nginx::Nginx, quiet, specs};

pub(crate) fn run(bench: &Bench) -> Outcome {
    for (name, check) in [("delays", delays as fn(&Bench) -> Outcome), ("stall", stall), ("arrivals", arrivals)] {
        if bench.wants(name) {
            check(bench)?;
        }
    }
    Ok(())
}

/// Compares ltc's percentiles with those that the server measured, and both counts.
fn delays(bench: &Bench) -> Outcome {
    // 1 to 20 ms, but 50 ms for every fortieth request.
    let plan = |number: u64, begun: Instant| {
        let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        begun + if number % 40 == 39 { Duration::from_millis(50) } else { Duration::from_micros(1000 + spread % 19_000) }
    };
    let server = Server::start(Arc::new(plan))?;
    let report = ltc(bench, "slow", server.port, "clients: 8, hatch_rate: 100, duration: 10s", "0,1")?;
    let (took, total) = (server.took(), &report["summary"]["total"]);
    println!("\ndelays: 1 to 20 ms, one in forty 50 ms");
    println!("{:>8} {:>12} {:>12} {:>12} {:>10}", "", "server ms", "ltc ms", "off by ms", "allowed");
    for (name, part) in [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)] {
        let rank = ((took.len() as f64 * part).ceil() as usize).clamp(1, took.len());
        let (server, ltc) = (took[rank - 1] as f64 / 1e3, percentile(&report, name));
        println!("{name:>8} {server:>12.3} {ltc:>12.3} {:>12.3} {:>10.3}", ltc - server, 0.2 + ltc / 1000.0);
    }
    let (sent, received): (u64, u64) = sums(&report);
    println!("requests: the server counted {}, ltc {}", server.requests(), total["requests"]);
    println!("bytes: the server read {}, ltc wrote {sent}; ltc read {received}", server.bytes_in());
    Ok(())
}

/// A server that stalls for 2 s in every 20, at a constant rate: requests that are due during the stall wait for its end.
fn stall(bench: &Bench) -> Outcome {
    const RATE: u64 = 200;
    specs::build(bench, "slow", 1)?;
    let begun = Instant::now();
    let plan = move |_: u64, now: Instant| {
        let at = now.duration_since(begun).as_millis() as u64 % 20_000;
        if (9_000..11_000).contains(&at) { now + Duration::from_millis(11_000 - at) } else { now }
    };
    let server = Server::start(Arc::new(plan))?;
    let runner = format!("rate: {RATE}/s, max_clients: 600, duration: 40s");
    let report = ltc(bench, "slow", server.port, &runner, "0,1")?;
    println!("\nstall: 2 s in 20 at {RATE}/s; a tenth of the requests waits, evenly from 0 to 2 s");
    println!("{:>8} {:>14} {:>10} {:>10} {:>10} {:>10}", "", "arithmetic ms", "ltc ms", "off by", "wrk ms", "oha ms");
    let there = |name| bench.meets(name) && is_there(name);
    let wrk = if there("wrk") { wrk(bench, server.port)? } else { Vec::new() };
    let oha = if there("oha") { oha(bench, server.port, RATE)? } else { Vec::new() };
    for (name, part) in [("p95", 0.95), ("p98", 0.98), ("p99", 0.99), ("p99.9", 0.999)] {
        let expected = 2000.0 * (1.0 - (1.0 - part) / 0.1);
        let ltc = percentile(&report, name);
        let [wrk, oha] = [&wrk, &oha].map(|peer| {
            let measured = peer.iter().find(|(known, _)| *known == name);
            measured.map_or_else(|| "-".to_owned(), |(_, ms)| format!("{ms:.1}"))
        });
        println!("{name:>8} {expected:>14.1} {ltc:>10.1} {:>9.2}% {wrk:>10} {oha:>10}", (ltc - expected) / expected * 100.0);
    }
    println!(
        "missed: {}; requests: the server counted {} with the peers', ltc {}",
        report["total"]["missed"],
        server.requests(),
        report["summary"]["total"]["requests"]
    );
    Ok(())
}

/// Measures how late requests are sent at a constant rate.
fn arrivals(bench: &Bench) -> Outcome {
    let _nginx = Nginx::start(bench)?;
    println!("\narrivals: how late they begin, the median of {} rounds by lag p99", bench.args.rounds);
    println!(
        "{:>10} {:>10} {:>12} {:>12} {:>10} {:>8} {:>10}  marked",
        "rate/s", "done/s", "lag p99 ms", "lag max ms", "missed", "CPU", "host took"
    );
    for rate in [100, 1000, 5000, 10_000, 20_000] {
        let runner = format!("rate: {rate}/s, max_clients: 2000, duration: 6s");
        let (mut reports, _) = quiet::rounds(bench, || ltc(bench, "arrivals", 1, &runner, "1"))?;
        reports.sort_by(|one, other| late(one).total_cmp(&late(other)));
        let report = reports.get(reports.len() / 2).ok_or("no rounds")?;
        let summary = &report["summary"];
        println!(
            "{rate:>10} {:>10.0} {:>12.3} {:>12.3} {:>10} {:>7.0}% {:>9.1}%  {}",
            number(&summary["total"]["rps"]),
            late(report),
            number(&summary["lag_ms"]["max"]),
            report["total"]["missed"],
            number(&summary["cpu"]["average"]) * 100.0,
            number(&summary["cpu"]["stolen"]) * 100.0,
            report["run"]["saturated"].as_str().unwrap_or("no"),
        );
    }
    Ok(())
}

/// The 99th percentile of the delay with which iterations began, in milliseconds.
fn late(report: &Value) -> f64 {
    number(&report["summary"]["lag_ms"]["p99"])
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn ltc(bench: &Bench, name: &str, port: u16, runner: &str, cores: &str) -> Outcome<Value> {
    let binary = specs::build(bench, name, port)?.display().to_string();
    specs::profile(bench, name, runner)?;
    let report = bench.folder.join("report.json");
    let command = [&binary, "--threads", "1", "--json", &report.display().to_string()].map(str::to_owned);
    run_pinned(&command, cores, &bench.folder, Duration::from_secs(90))?;
    read(&report)
}

fn read(path: &Path) -> Outcome<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}

fn percentile(report: &Value, name: &str) -> f64 {
    number(&report["summary"]["total"]["response_ms"]["percentiles"][name])
}

/// Bytes sent and received.
fn sums(report: &Value) -> (u64, u64) {
    let sum = |key: &str| report["total"]["names"].as_array().into_iter().flatten().filter_map(|name| name[key].as_u64()).sum();
    (sum("bytes_sent"), sum("bytes_received"))
}

/// The percentiles of wrk, measured from the time at which it sent each request.
fn wrk(bench: &Bench, port: u16) -> Outcome<Vec<(&'static str, f64)>> {
    let script = "done = function(summary, latency) for _, p in ipairs({95, 98, 99, 99.9}) do print(string.format('p%g %.3f', p, latency:percentile(p) / 1000)) end end\n";
    std::fs::write(bench.folder.join("percentiles.lua"), script)?;
    let url = format!("http://127.0.0.1:{port}/item");
    let command = ["wrk", "-t", "1", "-c", "10", "-d", "40s", "--timeout", "10s", "-s", "percentiles.lua", &url].map(str::to_owned);
    let used = run_pinned(&command, "0,1", &bench.folder, Duration::from_secs(90))?;
    let of = |name: &'static str| {
        let line = used.stdout.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some((name, line.trim().parse().ok()?))
    };
    Ok(["p95", "p98", "p99", "p99.9"].into_iter().filter_map(of).collect())
}

/// The percentiles of oha at the same rate, measured from the time at which each request should have begun; it has no p98.
fn oha(bench: &Bench, port: u16, rate: u64) -> Outcome<Vec<(&'static str, f64)>> {
    let (rate, url) = (rate.to_string(), format!("http://127.0.0.1:{port}/item"));
    let users = ["oha", "--no-tui", "-c", "64", "-q", &rate, "-z", "40s", "--latency-correction", "--output-format", "json", &url];
    let used = run_pinned(&users.map(str::to_owned), "0,1", &bench.folder, Duration::from_secs(90))?;
    let report: Value = serde_json::from_str(&used.stdout)?;
    let of = |name| Some((name, report["latencyPercentiles"][name].as_f64()? * 1000.0));
    Ok(["p95", "p99", "p99.9"].into_iter().filter_map(of).collect())
}
