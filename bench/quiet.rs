//! Rounds while the machine's host leaves it alone: what a virtual machine loses to others (`steal`) makes caches cold and sends late, and is no
//! program's doing.

use std::fs;
use std::time::Instant;

use super::process::TICKS_PER_SECOND;
use super::{Bench, Outcome};

/// How often a round is tried.
const TRIES: usize = 6;

/// Runs a round again while the host took more than `--steal` percent of the processors, a few times at most: what the quietest gave, and what
/// the host took of it, in percent.
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

/// As many rounds as are wanted, and a line for what the host took of them.
pub(crate) fn rounds<T>(bench: &Bench, mut run: impl FnMut() -> Outcome<T>) -> Outcome<(Vec<T>, String)> {
    let rounds = (0..bench.args.rounds).map(|_| round(bench, &mut run)).collect::<Outcome<Vec<_>>>()?;
    let most = rounds.iter().map(|(_, percent)| *percent).fold(0.0, f64::max);
    let disturbed = rounds.iter().filter(|(_, percent)| *percent > bench.args.steal).count();
    let told =
        format!("{} rounds; the machine's host took {most:.1}% of one of them at most, and more than wanted of {disturbed}", rounds.len());
    Ok((rounds.into_iter().map(|(round, _)| round).collect(), told))
}

/// Seconds that the host has taken from each processor so far, the mean (proc(5): the eighth column of `/proc/stat`).
fn stolen() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let processors = stat.lines().filter(|line| line.starts_with("cpu")).count().saturating_sub(1).max(1);
    let ticks: f64 = stat.split_whitespace().nth(8).and_then(|ticks| ticks.parse().ok()).ok_or("/proc/stat tells no steal")?;
    Ok(ticks / TICKS_PER_SECOND / processors as f64)
}
