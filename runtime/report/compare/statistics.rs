//! Compares two runs from their counts and histograms alone, whatever the shape of their distributions.
//!
//! Percentiles: order statistics. The number of values below the true q-quantile is binomial, so a rank whose binomial tail is at most α
//! bounds the quantile with confidence 1 − α, for any distribution. Rates: of all events of two Poisson processes, the number from one of
//! them is binomial (Przyborowski and Wilenski 1940), which is exact even for few events or none. Requests that are close in time are
//! correlated, so counts are divided by the design effect (Kish): how much more the share of an interval scatters than by chance.

use ltc_engine::stats::Durations;

/// The least number of windows that a design effect is estimated from.
const LEAST: usize = 5;

/// Bounds of a quantile. The chance that the quantile is beyond a bound is at most `alpha` for each. With too few values there is no upper
/// bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub(super) low_us: f64,
    pub(super) high_us: Option<f64>,
}

pub(super) fn bounds(times: &Durations, quantile: f64, effect: f64, alpha: f64) -> Bounds {
    let count = (times.count() as f64 / effect.max(1.0)).floor().max(1.0) as u64;
    let value = |rank: u64| times.quantile_us(rank as f64 / count as f64) as f64;
    // The greatest rank that is above the quantile with at most this chance: then at most rank - 1 values are below the quantile.
    let below = last(count, |rank| at_most(rank - 1, count, quantile) <= alpha);
    // The least rank that is below the quantile with at most this chance: then at least this many values are below the quantile.
    let above = last(count, |rank| at_least(rank, count, quantile) > alpha) + 1;
    Bounds { low_us: if below == 0 { 0.0 } else { value(below) }, high_us: (above <= count).then(|| value(above)) }
}

/// The greatest number from 1 to `most` for which `holds` is true, if it is true for all smaller ones. 0 if it is true for none.
fn last(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

/// The chance that the second process has at least this many of all the events, if its rate is at most `factor` times that of the first.
/// Each process is a pair of its number of events and its exposure.
pub(super) fn chance_of_more(first: (f64, f64), second: (f64, f64), factor: f64) -> f64 {
    let ((events_1, exposure_1), (events_2, exposure_2)) = (first, second);
    let share = exposure_2 * factor / (exposure_2 * factor + exposure_1);
    at_least(events_2.floor() as u64, (events_1 + events_2).floor() as u64, share)
}

/// The chance that the second process has at most this many of all the events, if its rate is at least `factor` times that of the first.
pub(super) fn chance_of_fewer(first: (f64, f64), second: (f64, f64), factor: f64) -> f64 {
    let ((events_1, exposure_1), (events_2, exposure_2)) = (first, second);
    let share = exposure_2 * factor / (exposure_2 * factor + exposure_1);
    at_most(events_2.ceil() as u64, (events_1 + events_2).ceil() as u64, share)
}

/// How much more a share scatters over time than by chance. Each window gives its number of requests and the number that the share counts.
/// 1 if there is too little data to estimate it.
pub(super) fn design_effect(windows: impl Iterator<Item = (u64, u64)>) -> f64 {
    let shares: Vec<(f64, f64)> =
        windows.filter(|(requests, _)| *requests > 0).map(|(requests, part)| (requests as f64, part as f64)).collect();
    let all: f64 = shares.iter().map(|(requests, _)| requests).sum();
    let share = shares.iter().map(|(_, part)| part).sum::<f64>() / all.max(1.0);
    if shares.len() < LEAST || share <= 0.0 || share >= 1.0 {
        return 1.0;
    }
    let scatter: f64 = shares.iter().map(|(requests, part)| requests * (part / requests - share).powi(2)).sum();
    (scatter / (shares.len() - 1) as f64 / (share * (1.0 - share))).max(1.0)
}

/// P(X ≥ k) of a binomial X.
fn at_least(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        1.0
    } else if k > n {
        0.0
    } else {
        incomplete_beta(k as f64, (n - k + 1) as f64, p)
    }
}

/// P(X ≤ k) of a binomial X.
fn at_most(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { incomplete_beta((n - k) as f64, (k + 1) as f64, 1.0 - p) }
}

/// The regularized incomplete beta function, by its continued fraction (Lentz), to about twelve digits.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) { front * fraction(a, b, x) / a } else { 1.0 - front * fraction(b, a, 1.0 - x) / b }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let off_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / off_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for m in 1..5_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / off_zero(1.0 + even * d);
        c = off_zero(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / off_zero(1.0 + odd * d);
        c = off_zero(1.0 + odd / c);
        result *= d * c;
        if (d * c - 1.0).abs() < 1e-13 {
            break;
        }
    }
    result
}

/// Lanczos' approximation, g = 7, nine terms.
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let sum = (1..).zip(TERMS).fold(0.999_999_999_999_809_9, |sum, (n, term)| sum + term / (x + f64::from(n)));
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn binomial_tails_are_exact() {
        // Computed by hand: P(Bin(10, 0.3) ≥ 6) and P(Bin(20, 0.5) ≤ 5).
        assert!((at_least(6, 10, 0.3) - 0.047_348_987_4).abs() < 1e-10);
        assert!((at_most(5, 20, 0.5) - 0.020_694_732_666_0).abs() < 1e-12);
        assert_eq!((at_least(0, 5, 0.1), at_most(5, 5, 0.1), at_least(6, 5, 0.1)), (1.0, 1.0, 0.0));
        let all: f64 = (0..=100).map(|k| at_least(k, 100, 0.95) - at_least(k + 1, 100, 0.95)).sum();
        assert!((all - 1.0).abs() < 1e-12);
        // A million values, near the middle: each tail is close to one half, and their sum is 1.
        let (more, fewer) = (at_least(990_000, 1_000_000, 0.99), at_most(989_999, 1_000_000, 0.99));
        assert!((more + fewer - 1.0).abs() < 1e-9 && (more - 0.5).abs() < 0.01, "{more} {fewer}");
        assert!((ln_gamma(11.0) - 3_628_800f64.ln()).abs() < 1e-10);
    }

    #[test]
    fn bounds_of_a_quantile_hold_as_often_as_alpha_allows() {
        // The true quantile of exponential times is known. It may be beyond each bound in 5 % of the runs.
        let (alpha, runs, quantile) = (0.05, 400, 0.95);
        let truth = -(1.0f64 - quantile).ln() * 10_000.0;
        let (mut above, mut below) = (0, 0);
        for seed in 0..runs {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut times = Durations::default();
            (0..500).for_each(|_| times.record_us((-(1.0 - rng.random::<f64>()).ln() * 10_000.0) as u64));
            let found = bounds(&times, quantile, 1.0, alpha);
            above += u32::from(found.low_us > truth * 1.001);
            below += u32::from(found.high_us.unwrap() < truth * 0.999);
        }
        assert!((2..=30).contains(&above) && (2..=30).contains(&below), "of {runs}: {above} {below}");
    }

    #[test]
    fn too_few_values_have_no_upper_bound() {
        let mut times = Durations::default();
        (1..=200).for_each(|us| times.record_us(us));
        assert_eq!(bounds(&times, 0.999, 1.0, 0.01).high_us, None, "0.999^200 is 0.82");
        assert!(bounds(&times, 0.5, 1.0, 0.01).high_us.is_some());
        let (free, bound) = (bounds(&times, 0.5, 1.0, 0.01), bounds(&times, 0.5, 4.0, 0.01));
        assert!(bound.low_us < free.low_us && bound.high_us > free.high_us, "what clusters says less: {free:?} {bound:?}");
    }

    #[test]
    fn different_rates_are_significant_even_without_events() {
        assert!(chance_of_more((0.0, 1000.0), (12.0, 1000.0), 1.05) < 0.001);
        assert!(chance_of_more((0.0, 1000.0), (2.0, 1000.0), 1.05) > 0.2);
        assert!(chance_of_more((100.0, 1000.0), (104.0, 1000.0), 1.05) > 0.4);
        assert!(chance_of_fewer((10_000.0, 60.0), (9_000.0, 60.0), 0.95) < 0.001);
        assert!(chance_of_fewer((10_000.0, 60.0), (9_600.0, 60.0), 0.95) > 0.5);
    }

    #[test]
    fn events_in_bursts_count_for_less() {
        let burst = |n| (100, if n == 1 { 100 } else { 5 });
        assert_eq!(design_effect((0..20).map(|n| (100, 9 + n % 3))), 1.0);
        assert!(design_effect((0..20).map(burst)) > 20.0);
        assert_eq!(design_effect((0..4).map(burst)), 1.0, "too few to tell");
    }
}
