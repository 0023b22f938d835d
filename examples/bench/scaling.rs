//! From one worker thread to two: one binary, the same 64 users, both cores. The server takes its part of one of them, so what is compared
//! is CPU time a request, which stays the same where threads share nothing.

use super::load::{Turn, ltc, median, turn};
use super::nginx::Nginx;
use super::{Bench, Outcome, specs};

pub(crate) const NAME: &str = "scaling from 1 to 2 worker threads";

pub(crate) fn run(bench: &Bench, nginx: &Nginx) -> Outcome {
    let binary = specs::build(bench, "get", 1)?.display().to_string();
    let commands = ["1", "2"].map(|threads| ltc(bench, &binary, threads));
    let mut rounds: Vec<[Turn; 2]> = Vec::new();
    for _ in 0..bench.args.rounds {
        rounds.push([turn(bench, nginx, &commands[0], "0,1")?, turn(bench, nginx, &commands[1], "0,1")?]);
    }
    println!("\n{NAME}: bare GET, nginx on one of the two cores");
    println!("{:<8} {:>10} {:>12} {:>10}", "threads", "CPU us/req", "requests/s", "cores busy");
    for (index, threads) in [1, 2].into_iter().enumerate() {
        let middle = |of: fn(&Turn) -> f64| median(rounds.iter().map(|round| of(&round[index])));
        println!("{threads:<8} {:>10.2} {:>12.0} {:>10.2}", middle(|turn| turn.us), middle(|turn| turn.rps), middle(|turn| turn.cores));
    }
    let factor = median(rounds.iter().map(|[one, two]| 2.0 * one.us / two.us));
    println!("factor   {factor:>10.2} (twice the CPU time a request of 1 thread by that of 2; 2 is ideal)");
    Ok(())
}
