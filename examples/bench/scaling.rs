//! From one worker thread to two: one binary, the same 64 users, both cores. The server takes its part of one of them, so what is compared
//! is CPU time a request: of one thread, of two, and of two processes of one thread each, which meet the server as two threads do and can't
//! share anything.

use std::fs;

use super::load::{CONNECTIONS, Turn, limit, ltc, median, turn};
use super::nginx::Nginx;
use super::{Bench, Outcome, process, quiet, specs};

pub(crate) const NAME: &str = "scaling from 1 to 2 worker threads";

pub(crate) fn run(bench: &Bench, nginx: &Nginx) -> Outcome {
    let binary = specs::build(bench, "get", 1)?.display().to_string();
    let commands = ["1", "2"].map(|threads| ltc(bench, &binary, threads));
    let [one, two] = &commands;
    let round = || Ok([turn(bench, nginx, one, "0,1")?, turn(bench, nginx, two, "0,1")?, apart(bench, nginx, one)?]);
    let (rounds, told) = quiet::rounds(bench, round)?;
    println!("\n{NAME}: bare GET, nginx on one of the two cores\n{told}");
    println!("{:<15} {:>10} {:>12} {:>10}", "", "CPU us/req", "requests/s", "cores busy");
    for (index, name) in ["1 thread", "2 threads", "2 processes"].into_iter().enumerate() {
        let middle = |of: fn(&Turn) -> f64| median(rounds.iter().map(|round| of(&round[index])));
        println!("{name:<15} {:>10.2} {:>12.0} {:>10.2}", middle(|turn| turn.us), middle(|turn| turn.rps), middle(|turn| turn.cores));
    }
    let factor = |base: usize| median(rounds.iter().map(|round| 2.0 * round[base].us / round[1].us));
    println!("factor          {:>10.2} (twice the CPU time a request of 1 thread by that of 2; 2 is ideal)", factor(0));
    println!("against 2 processes {:>6.2} (the same with theirs: what threads share among themselves)", factor(2));
    Ok(())
}

/// The turn of two processes at once, with half of the users each.
fn apart(bench: &Bench, nginx: &Nginx, command: &[String]) -> Outcome<Turn> {
    let half = (CONNECTIONS.parse::<usize>()? / 2).to_string();
    let command: Vec<String> = command.iter().map(|word| if word == CONNECTIONS { half.clone() } else { word.clone() }).collect();
    let folders = ["first", "second"].map(|name| bench.folder.join(name));
    folders.iter().try_for_each(fs::create_dir_all)?;
    let before = nginx.requests()?;
    let [first, second] = std::thread::scope(|scope| {
        let run = |core, folder| {
            let command = &command;
            // The error of a thread has to be one that can be sent.
            move || process::run(command, core, folder, limit(bench)).map_err(|error| error.to_string())
        };
        let threads = [scope.spawn(run("0", &folders[0])), scope.spawn(run("1", &folders[1]))];
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err("a thread of the harness panicked".to_owned())))
    });
    let (first, second) = (first?, second?);
    let requests = (nginx.requests()? - before - 1) as f64;
    Ok(Turn::of(first.cpu + second.cpu, first.seconds.max(second.seconds), requests, first.rss_kib + second.rss_kib))
}
