//! Repeats rounds that the machine's host disturbs. Time that a virtual machine loses to others (`steal`) makes caches cold and requests
//! late, and is not caused by the measured program.

use std::fs;
use std::time::Instant;

use super::process::TICKS_PER_SECOND;
use super::{Bench, Outcome};

/// The most attempts of a round.
const TRIES: usize = 6;

/// Repeats a round, up to a limit, while the host takes more than `--steal` percent of the processors. Returns the result of the quietest
/// attempt, and the percentage that the host took.
pub(crate) fn round<T>(bench: &Bench, mut run: impl FnMut() -> Outcome<T>) -> Outcome<(T, f64)> {
    let mut best: Option<(T, f64)> = None;
    for _ in 0..TRIES {
        let (begun, before) = (Instant::now(), stolen()?);
        let gave = run()?;
        let percent = (stolen()? - before) / begun.elapsed().as_secs_f64() * 100.0;
        if best.as_ref().is_none_or(|(_, least)| percent < *least) {
            best = Some((gave, percent));
        }
        if percent <= bench.args.steal {
            break;
        }
    }
    best.ok_or_else(|| "no round was run".into())
}

/// Runs all rounds. Returns their results, and a line about the time that the host took.
pub(crate) fn rounds<T>(bench: &Bench, mut run: impl FnMut() -> Outcome<T>) -> Outcome<(Vec<T>, String)> {
    let rounds = (0..bench.args.rounds).map(|_| round(bench, &mut run)).collect::<Outcome<Vec<_>>>()?;
    let most = rounds.iter().map(|(_, percent)| *percent).fold(0.0, f64::max);
    let disturbed = rounds.iter().filter(|(_, percent)| *percent > bench.args.steal).count();
    let note =
        format!("{} rounds; the machine's host took {most:.1}% of one of them at most, and more than wanted of {disturbed}", rounds.len());
    Ok((rounds.into_iter().map(|(round, _)| round).collect(), note))
}

/// The time that the host has taken from each processor so far, in seconds, on average (proc(5): the eighth column of `/proc/stat`).
fn stolen() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let processors = stat.lines().filter(|line| line.starts_with("cpu")).count().saturating_sub(1).max(1);
    let ticks: f64 = stat.split_whitespace().nth(8).and_then(|ticks| ticks.parse().ok()).ok_or("/proc/stat tells no steal")?;
    Ok(ticks / TICKS_PER_SECOND / processors as f64)
}
