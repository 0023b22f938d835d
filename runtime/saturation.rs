//! Whether the generator itself was the bottleneck, and how it showed. The measured times then include the generator's own delays.

use std::time::Duration;

use ltc_engine::stats::Snapshot;

/// The most of its processors that the generator may use, as a share.
const BUSY: f64 = 0.95;
/// The most of its processors that the machine's host may give to others, as a share.
const STOLEN: f64 = 0.05;
/// How late one iteration in a hundred may begin, whatever the response times.
const LATE: Duration = Duration::from_millis(50);
/// A smaller delay never counts as late.
const PROMPT: Duration = Duration::from_millis(1);
/// The greatest delay as a share of the response times' 99th percentile, if at least [`MANY`] iterations had a scheduled time.
const PART: f64 = 0.25;
const MANY: u64 = 100;
/// The most of their time that threads may wait for a processor, as a share. Other programs, or too many threads, use the processors.
const WAITED: f64 = 0.5;
/// If iterations began late, a share above this one is reported as a reason.
const REASON: f64 = 0.1;

/// The signs of saturation in the counts, if there are any. `p99_us` is the 99th percentile of all response times.
pub(crate) fn saturation(counted: &Snapshot, p99_us: u64) -> Option<String> {
    let (cpu, late_us) = (&counted.cpu, counted.lag.quantile_us(0.99));
    let percent = |share: f64| (share * 100.0).round();
    let mut signs = Vec::new();
    if cpu.share() > BUSY {
        signs.push(format!("{}% of its processors in use", percent(cpu.share())));
    }
    if cpu.stolen() > STOLEN {
        signs.push(format!("the machine's host took {}% of its processors", percent(cpu.stolen())));
    }
    let late = Duration::from_micros(late_us);
    let counts = p99_us > 0 && counted.lag.count() >= MANY;
    let is_late = late > LATE || counts && late > PROMPT && late_us as f64 > p99_us as f64 * PART;
    if is_late {
        signs.push(format!("one iteration in a hundred began {:.1} ms late or more", late_us as f64 / 1000.0));
    }
    if cpu.waited() > if is_late { REASON } else { WAITED } {
        signs.push(format!("its threads waited for a processor {}% of the time", percent(cpu.waited())));
    }
    (!signs.is_empty()).then(|| signs.join("; "))
}

#[cfg(test)]
mod tests {
    use ltc_engine::stats::{Cpu, Recorder};

    use super::*;

    /// One second of a processor, with its busy, waited and stolen time in milliseconds, and a hundred iterations that are all this late.
    fn second(late: Duration, [busy, waited, stolen]: [u64; 3]) -> Snapshot {
        let mut recorder = Recorder::new(1, 0);
        (0..100).for_each(|_| recorder.lag(late));
        recorder.cpu(&Cpu::of(
            Duration::from_millis(busy),
            Duration::from_secs(1),
            Duration::from_millis(waited),
            Duration::from_millis(stolen),
        ));
        recorder.snapshot(Duration::from_secs(1), 1, 1)
    }

    #[test]
    fn a_generator_that_keeps_up_is_not_marked() {
        assert_eq!(saturation(&second(Duration::from_micros(400), [780, 300, 20]), 500), None);
        assert_eq!(saturation(&second(Duration::from_millis(20), [500, 0, 0]), 100_000), None);
        // There are no response times to compare with, or too few iterations.
        assert_eq!(saturation(&second(Duration::from_millis(2), [500, 0, 0]), 0), None);
        let mut one = Recorder::new(1, 0);
        one.lag(Duration::from_millis(20));
        assert_eq!(saturation(&one.snapshot(Duration::from_secs(1), 1, 1), 500), None);
        assert_eq!(saturation(&Snapshot::empty(1), 0), None);
    }

    #[test]
    fn saturated_generator_is_reported_with_its_signs() {
        let reason = |late, cpu, p99_us| saturation(&second(late, cpu), p99_us).unwrap();
        assert_eq!(reason(Duration::ZERO, [970, 0, 0], 500), "97% of its processors in use");
        assert_eq!(reason(Duration::ZERO, [500, 0, 120], 500), "the machine's host took 12% of its processors");
        assert_eq!(reason(Duration::ZERO, [300, 600, 0], 500), "its threads waited for a processor 60% of the time");
        assert_eq!(reason(Duration::from_millis(60), [500, 0, 0], 10_000_000), "one iteration in a hundred began 60.0 ms late or more");
        assert_eq!(
            reason(Duration::from_millis(8), [500, 430, 90], 9000),
            "the machine's host took 9% of its processors; one iteration in a hundred began 8.0 ms late or more; its threads waited for a processor 43% of the time"
        );
    }
}
