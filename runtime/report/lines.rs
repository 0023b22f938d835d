//! `final_stats`: one plain line a step, for logs; periodic or at the end.

use std::time::Duration;

use super::figures::{clock, percent, rate, short_ms};
use crate::stats::{Name, NameStats, Snapshot};

/// One line for each line of the report that has run, and one for the total: of the window that the snapshot covers.
pub fn lines(snapshot: &Snapshot, names: &[Name]) -> Vec<String> {
    let at = snapshot.window.map_or(0, |window| window.to_us);
    let at = clock(Duration::from_micros(at));
    let total = snapshot.total(names);
    let mut lines: Vec<String> = names
        .iter()
        .map(|name| name.name.as_str())
        .zip(&snapshot.names)
        .filter(|(_, stats)| stats.requests > 0)
        .map(|(name, stats)| line(&at, name, stats, snapshot))
        .collect();
    lines.push(line(&at, "Total", &total, snapshot));
    lines
}

fn line(at: &str, name: &str, stats: &NameStats, snapshot: &Snapshot) -> String {
    let times = stats.response();
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|q| short_ms(times.quantile_us(q)));
    format!(
        "{at}  {name}: requests {}  failures {} ({})  rps {}  avg {}  p50 {p50}  p95 {p95}  p99 {p99}  max {}",
        stats.requests,
        stats.failures,
        percent(stats.failures, stats.requests),
        rate(snapshot.rate(stats.requests)),
        short_ms(times.mean_us().round() as u64),
        short_ms(times.max_us()),
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample::report;
    use super::*;

    #[test]
    fn a_line_a_step() {
        let report = report();
        assert_eq!(
            lines(&report.total, &report.names),
            [
                "00:00:10  Checkout / Create: requests 200  failures 4 (2.0%)  rps 20.0  avg 5.1ms  p50 5.0ms  p95 9.5ms  p99 9.9ms  max 10ms",
                "00:00:10  Checkout / Pay: requests 200  failures 0 (0.0%)  rps 20.0  avg 1011ms  p50 1001ms  p95 1902ms  p99 1981ms  max 2001ms",
                "00:00:10  Checkout: requests 200  failures 0 (0.0%)  rps 20.0  avg 1016ms  p50 1007ms  p95 1912ms  p99 1992ms  max 2011ms",
                "00:00:10  Total: requests 400  failures 4 (1.0%)  rps 40.0  avg 508ms  p50 10ms  p95 1802ms  p99 1962ms  max 2001ms",
            ]
        );
    }
}
