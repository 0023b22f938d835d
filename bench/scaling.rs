//! Compares one worker thread with two: one binary, the same 64 users, both cores. The server also uses one of the cores, with priority, so
//! that it answers as if it were on another machine. Compared is the CPU time per request of one thread, of two threads, and of two
//! processes with one thread each, which load the server like two threads but cannot share anything. wrk's threads, which share nothing
//! either, show what the machine allows.

use std::fs;

use super::load::{CONNECTIONS, Measurement, limit, ltc, measure, median};
use super::nginx::Nginx;
use super::peers::words;
use super::process::{is_there, run as run_pinned};
use super::{Bench, Outcome, quiet, specs};

pub(crate) const NAME: &str = "scaling from 1 to 2 worker threads";

pub(crate) fn run(bench: &Bench) -> Outcome {
    let binary = specs::build(bench, "get", 1)?.display().to_string();
    let nginx = match Nginx::start_first(bench) {
        Ok(nginx) => nginx,
        Err(error) => {
            println!("\n{NAME}: left out, as it needs the right to real-time priority ({error})");
            return Ok(());
        }
    };
    let [one, two] = ["1", "2"].map(|threads| ltc(bench, &binary, threads));
    let peers = if bench.meets("wrk") && is_there("wrk") { ["1", "2"].map(|threads| wrk(bench, threads)).to_vec() } else { Vec::new() };
    let round = || {
        let mut measurements =
            vec![measure(bench, &nginx, &one, "0,1")?, measure(bench, &nginx, &two, "0,1")?, apart(bench, &nginx, &one)?];
        for peer in &peers {
            measurements.push(measure(bench, &nginx, peer, "0,1")?);
        }
        Ok(measurements)
    };
    let (rounds, note) = quiet::rounds(bench, round)?;
    println!("\n{NAME}: bare GET, nginx on one of the two cores, before all others there\n{note}");
    println!("{:<16} {:>10} {:>12} {:>10}", "", "CPU us/req", "requests/s", "cores busy");
    let names = ["ltc, 1 thread", "ltc, 2 threads", "ltc, 2 processes", "wrk, 1 thread", "wrk, 2 threads"];
    for (index, name) in names.into_iter().take(3 + peers.len()).enumerate() {
        let middle = |of: fn(&Measurement) -> f64| median(rounds.iter().map(|round| of(&round[index])));
        println!("{name:<16} {:>10.2} {:>12.0} {:>10.2}", middle(|one| one.us), middle(|one| one.rps), middle(|one| one.cores));
    }
    println!("Factors: twice the CPU time a request, of what is named, by that of two threads; 2 is ideal.");
    let factor = |base: usize, other: usize| median(rounds.iter().map(|round| 2.0 * round[base].us / round[other].us));
    println!("{:<28} {:>6.2}", "ltc, by one thread", factor(0, 1));
    println!("{:<28} {:>6.2}", "ltc, by two processes", factor(2, 1));
    if !peers.is_empty() {
        println!("{:<28} {:>6.2}", "wrk, by one thread", factor(3, 4));
    }
    Ok(())
}

fn wrk(bench: &Bench, threads: &str) -> Vec<String> {
    let (time, url) = (format!("{}s", bench.args.seconds), bench.origin(false) + "/item");
    words(&["wrk", "-t", threads, "-c", CONNECTIONS, "-d", &time, &url])
}

/// Measures two processes at the same time, with half of the users each.
fn apart(bench: &Bench, nginx: &Nginx, command: &[String]) -> Outcome<Measurement> {
    let half = (CONNECTIONS.parse::<usize>()? / 2).to_string();
    let command: Vec<String> = command.iter().map(|word| if word == CONNECTIONS { half.clone() } else { word.clone() }).collect();
    let folders = ["first", "second"].map(|name| bench.folder.join(name));
    folders.iter().try_for_each(fs::create_dir_all)?;
    let before = nginx.requests()?;
    let [first, second] = std::thread::scope(|scope| {
        let run = |core, folder| {
            let command = &command;
            // The error of a thread must be `Send`.
            move || run_pinned(command, core, folder, limit(bench)).map_err(|error| error.to_string())
        };
        let threads = [scope.spawn(run("0", &folders[0])), scope.spawn(run("1", &folders[1]))];
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err("a thread of the harness panicked".to_owned())))
    });
    let (first, second) = (first?, second?);
    let requests = (nginx.requests()? - before - 1) as f64;
    Ok(Measurement::of(first.cpu + second.cpu, first.seconds.max(second.seconds), requests, first.rss_kib + second.rss_kib))
}
