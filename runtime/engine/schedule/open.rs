//! The open model: when arrivals are due, as the inverse of the rate's integral.
//!
//! The rate is a chain of straight lines. The integral is exact, in units of 1/(2·D) arrivals, where D is the common denominator of all
//! rates. Arrival k is due at the first nanosecond at which the integral reaches k, in a segment whose rate is not 0.

use ltc_config::Rate;
use ltc_config::profile::RateStage;

/// A segment in which the rate changes linearly from `from` to `to`, both in arrivals per D nanoseconds.
#[derive(Clone, Copy, Debug)]
struct RateSegment {
    at: u64,
    /// The length in nanoseconds; `None`: it has no end, and its rate is constant.
    len: Option<u64>,
    from: i128,
    to: i128,
    /// The integral at its beginning, in 1/(2·D) arrivals.
    done: i128,
}

/// The rate over time and its integral.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    segments: Vec<RateSegment>,
    denominator: i128,
}

impl Curve {
    /// A curve that starts at `rate` and goes through the stages. The last rate stays. `None` if the numbers are too large to compute
    /// exactly, which needs ramps of months at rates of millions.
    pub(super) fn new(rate: Rate, stages: &[RateStage]) -> Option<Self> {
        let rates = || stages.iter().map(|stage| stage.rate).chain([rate]).filter(|rate| !rate.is_zero());
        let mut denominator: i128 = 1;
        for rate in rates() {
            let per = i128::from(rate.per_ns());
            denominator = (denominator / gcd(denominator, per)).checked_mul(per)?;
        }
        let scaled = |rate: Rate| i128::from(rate.count()).checked_mul(denominator / i128::from(rate.per_ns()));
        let mut from = scaled(rate)?;
        let (mut at, mut done) = (0u64, 0i128);
        let mut segments = Vec::new();
        for stage in stages {
            let len = u64::try_from(stage.duration.as_nanos()).ok()?;
            let to = scaled(stage.rate)?;
            if len > 0 {
                segments.push(RateSegment { at, len: Some(len), from, to, done });
                let wide = i128::from(len);
                // The products in `reached` must fit, with room for the arrivals on the other side of the comparison.
                from.max(to).checked_mul(wide)?.checked_mul(wide)?.checked_mul(8)?;
                done = done.checked_add((from + to).checked_mul(wide)?)?;
                done.checked_mul(wide)?.checked_mul(4)?;
                at = at.checked_add(len)?;
            }
            from = to;
        }
        segments.push(RateSegment { at, len: None, from, to: from, done });
        Some(Self { segments, denominator })
    }

    /// When arrival `k` (from 0) is due; `None`: never.
    pub(super) fn time(&self, k: u64) -> Option<u64> {
        let wanted = i128::from(k).checked_mul(2 * self.denominator)?;
        for (number, segment) in self.segments.iter().enumerate() {
            let last = self.segments.get(number + 1);
            // An arrival at the very end of a segment belongs to the next one, if the rate isn't 0 there.
            if segment.from == 0 && segment.to == 0 || last.is_some_and(|next| wanted >= next.done) {
                continue;
            }
            return segment.solve(wanted - segment.done);
        }
        None
    }

    /// The number of arrivals that are due before `t`.
    pub(super) fn before(&self, t: u64) -> u64 {
        let segment = self.segments.iter().rev().find(|segment| segment.at <= t).unwrap_or(&self.segments[0]);
        let passed = i128::from(t - segment.at);
        let bend = match segment.len {
            None => 0,
            Some(len) => (segment.to - segment.from) * passed * passed / i128::from(len),
        };
        let done = segment.done + 2 * segment.from * passed + bend;
        let count = u64::try_from(done / (2 * self.denominator)).unwrap_or(u64::MAX);
        // Times are rounded up to whole nanoseconds, in each of which less than one arrival is due: the quotient is right or one too small.
        if self.time(count).is_some_and(|due| due < t) { count + 1 } else { count }
    }

    /// The highest rate from `from` until `until`, in arrivals per second. A rate is a chain of lines, so it is that of an end of one.
    pub(super) fn peak(&self, from: u64, until: u64) -> f64 {
        let of_segment = |segment: &RateSegment| {
            let end = segment.len.map_or(u64::MAX, |len| segment.at + len);
            let (first, last) = (from.max(segment.at), until.min(end));
            (first < last).then(|| segment.rate(first).max(segment.rate(last)))
        };
        let peak = self.segments.iter().filter_map(of_segment).fold(0.0, f64::max);
        peak / as_f64(self.denominator) * 1e9
    }

    /// When the integral reaches `arrivals`, which may be a fraction. The result is accurate enough for random arrivals.
    pub(super) fn time_of(&self, arrivals: f64) -> Option<u64> {
        let unit = 2.0 * as_f64(self.denominator);
        let wanted = arrivals * unit;
        for (number, segment) in self.segments.iter().enumerate() {
            let beyond = self.segments.get(number + 1).is_some_and(|next| wanted >= as_f64(next.done));
            if beyond || segment.from == 0 && segment.to == 0 {
                continue;
            }
            return segment.estimate(wanted - as_f64(segment.done));
        }
        None
    }
}

impl RateSegment {
    /// The rate at a moment of the segment, per D nanoseconds.
    fn rate(&self, t: u64) -> f64 {
        let rise = self.len.map_or(0.0, |len| as_f64(self.to - self.from) / len as f64);
        as_f64(self.from) + rise * (t - self.at) as f64
    }

    /// The first nanosecond at which the integral within the segment has reached `wanted` (in 1/(2·D)).
    fn solve(&self, wanted: i128) -> Option<u64> {
        let wanted = wanted.max(0);
        let Some(len) = self.len else {
            let passed = (wanted + 2 * self.from - 1) / (2 * self.from);
            return self.at.checked_add(u64::try_from(passed).ok()?);
        };
        // Searches by bisection around the estimate.
        let guess = self.estimate(as_f64(wanted)).unwrap_or(self.at).saturating_sub(self.at).min(len);
        let (mut low, mut high) = (guess.saturating_sub(64), guess.saturating_add(64).min(len));
        if self.reached(low, wanted, len) {
            low = 0;
        }
        if !self.reached(high, wanted, len) {
            high = len;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.reached(middle, wanted, len) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // If the rate is 0 at the segment's beginning, nothing is due before it has risen.
        if low == 0 && self.from == 0 { Some(self.at + 1) } else { Some(self.at + low) }
    }

    /// Whether 2·from·t + (to − from)·t²/len ≥ wanted.
    fn reached(&self, t: u64, wanted: i128, len: u64) -> bool {
        let (t, len) = (i128::from(t), i128::from(len));
        2 * self.from * t * len + (self.to - self.from) * t * t >= wanted * len
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, clamped to what is positive")]
    fn estimate(&self, wanted: f64) -> Option<u64> {
        let from = as_f64(self.from);
        let passed = match self.len {
            None => wanted / (2.0 * from),
            Some(len) => {
                // bend·t² + 2·from·t − wanted = 0, in the form that is stable for a bend near 0
                let bend = (as_f64(self.to) - from) / as_f64(i128::from(len));
                2.0 * wanted / (2.0 * from + (4.0 * from * from + 4.0 * bend * wanted).max(0.0).sqrt())
            }
        };
        let passed = if passed.is_finite() { passed.max(0.0) as u64 } else { 0 };
        self.at.checked_add(passed)
    }
}

/// Random distances with a unit exponential distribution. The sum of the first k + 1 is the time of arrival k on the scale of the integral.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    state: u64,
}

impl Chance {
    pub(super) fn new(seed: u64, group: u64) -> Self {
        Self { state: seed ^ group.wrapping_add(1).wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    /// The next distance, by SplitMix64 and the inverse of the exponential distribution.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(super) fn distance(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let uniform = ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        -uniform.ln()
    }
}

#[expect(clippy::cast_precision_loss, reason = "estimates only")]
fn as_f64(number: i128) -> f64 {
    number as f64
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
