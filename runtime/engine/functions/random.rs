//! Random numbers: each user has a small generator, seeded from the run's seed.

use std::cell::Cell;

use ecow::{EcoString, EcoVec};

use super::{count_of, list_of, refuse, text_of};
use crate::value::{Eval, EvalError, Value};

/// A user's generator: xoshiro256++ with its state from SplitMix64, 32 bytes for each user. It isn't suitable for secrets.
#[derive(Debug)]
pub struct Rng(Cell<[u64; 4]>);

impl Rng {
    /// The generator of a stream (a user, a shard, a data set) of the run with this seed. Equal arguments give equal numbers on every
    /// machine.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut state = mixed(seed) ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let mut word = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            mixed(state)
        };
        Self(Cell::new([word(), word(), word(), word()]))
    }

    /// 64 random bits.
    pub fn next(&self) -> u64 {
        let [mut a, mut b, mut c, mut d] = self.0.get();
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let shifted = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = d.rotate_left(45);
        self.0.set([a, b, c, d]);
        result
    }

    /// A uniformly distributed number below `limit` (Lemire's method); 0 if `limit` is 0.
    pub fn below(&self, limit: u64) -> u64 {
        let mut product = u128::from(self.next()) * u128::from(limit);
        if low(product) < limit {
            let unfair = limit.wrapping_neg() % limit.max(1);
            while low(product) < unfair {
                product = u128::from(self.next()) * u128::from(limit);
            }
        }
        high(product)
    }

    /// A random index of a list with `len` items; 0 if the list is empty.
    pub fn place(&self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// A whole number from `from` to `to`, both included. If `to` is less than `from`, it is `from`.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        if from >= to {
            return from;
        }
        let span = to.abs_diff(from);
        let offset = if span == u64::MAX { self.next() } else { self.below(span + 1) };
        from.wrapping_add_unsigned(offset)
    }

    /// A number from 0 to 1, where 1 is not included.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn unit(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A random item of a non-empty slice.
    pub fn pick<'a, T: ?Sized>(&self, items: &[&'a T]) -> &'a T {
        items[self.place(items.len())]
    }
}

fn mixed(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
fn low(product: u128) -> u64 {
    product as u64
}

fn high(product: u128) -> u64 {
    (product >> 64) as u64
}

/// `random(a, b)`: a number or duration between them, both included. If one of two numbers is a float, so is the result.
pub fn random(rng: &Rng, a: &Value, b: &Value) -> Eval {
    if a.compare(b).is_some_and(std::cmp::Ordering::is_gt) {
        return Err(EvalError(format!("random({}, {}): the smaller number comes first", a.literal(), b.literal())));
    }
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(rng.between(*a, *b))),
        (Value::Duration(a), Value::Duration(b)) => Ok(Value::Duration(rng.between(*a, *b))),
        _ => match (a.as_number(), b.as_number()) {
            (Some(low), Some(high)) => crate::value::ops::float((low + rng.unit() * (high - low)).clamp(low, high)),
            _ => Err(EvalError(format!("random of {} and {}: it takes two numbers or two durations", a.describe(), b.describe()))),
        },
    }
}

/// `chance(p)`: true with this probability.
pub fn chance(rng: &Rng, p: &Value) -> Eval {
    match p.as_number() {
        Some(p) if (0.0..=1.0).contains(&p) => Ok(Value::Bool(rng.unit() < p)),
        _ => refuse("chance", p, "a number from 0 to 1"),
    }
}

/// `one_of(xs)`
pub fn one_of(rng: &Rng, xs: &Value) -> Eval {
    let items = list_of("one_of", xs)?;
    match items.get(rng.place(items.len())) {
        Some(item) => Ok(item.clone()),
        None => Err(EvalError::new("one_of of an empty list: test len(…) first")),
    }
}

/// `sample(xs, n)`: `n` items from different positions, in random order. If there are fewer, all of them.
pub fn sample(rng: &Rng, xs: &Value, n: &Value) -> Eval {
    let mut items: EcoVec<Value> = list_of("sample", xs)?.into();
    let count = count_of("the count of sample", n)?.min(items.len());
    let slots = items.make_mut();
    for at in 0..count {
        let other = at + rng.place(slots.len() - at);
        slots.swap(at, other);
    }
    items.truncate(count);
    Ok(Value::List(items))
}

/// `weighted(70: "a", 30: "b")`: pairs of weight and value.
pub fn weighted(rng: &Rng, choices: &[(Value, Value)]) -> Eval {
    let mut total = 0.0;
    for (weight, _) in choices {
        match weight.as_number() {
            Some(weight) if weight >= 0.0 => total += weight,
            _ => return refuse("a weight", weight, "a number from 0"),
        }
    }
    let mut drawn = rng.unit() * total;
    let mut chosen = None;
    for (weight, value) in choices {
        let weight = weight.as_number().unwrap_or(0.0);
        if weight > 0.0 {
            chosen = Some(value);
            if drawn < weight {
                break;
            }
            drawn -= weight;
        }
    }
    chosen.cloned().ok_or_else(|| EvalError::new("weighted: every weight is 0"))
}

/// `random_string(n)`: letters and digits, or characters of the given alphabet.
pub fn random_string(rng: &Rng, n: &Value, alphabet: Option<&Value>) -> Eval {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const MOST: usize = 16 * 1024 * 1024;
    let count = count_of("random_string", n)?;
    if count > MOST {
        return refuse("random_string", n, "a length up to 16 MB");
    }
    let alphabet = alphabet.map_or(Ok(LETTERS), |value| text_of("the alphabet of random_string", value))?;
    let letters: Vec<char> = alphabet.chars().collect();
    if letters.is_empty() {
        return Err(EvalError::new("random_string: its alphabet is empty"));
    }
    Ok(Value::Str((0..count).map(|_| letters[rng.place(letters.len())]).collect()))
}

/// `uuid()`: version 4.
pub fn uuid(rng: &Rng) -> Eval {
    let bits = u128::from(rng.next()) << 64 | u128::from(rng.next());
    let id = ::uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
    let mut buffer = ::uuid::Uuid::encode_buffer();
    Ok(Value::Str(EcoString::from(&*id.hyphenated().encode_lower(&mut buffer))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(items: &[i64]) -> Value {
        Value::list(items.iter().map(|n| Value::Int(*n)))
    }

    #[test]
    fn seed_repeats_random_numbers_and_streams_differ() {
        let draw = |seed, stream| {
            let rng = Rng::new(seed, stream);
            [rng.next(), rng.next(), rng.next()]
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
        assert_ne!(draw(1, 0), draw(0, 1));
    }

    #[test]
    fn random_numbers_are_uniform_and_include_both_ends() {
        let rng = Rng::new(1, 1);
        let mut seen = [0_u32; 6];
        for _ in 0..6000 {
            let Value::Int(n) = random(&rng, &Value::Int(-2), &Value::Int(3)).unwrap() else { panic!() };
            seen[usize::try_from(n + 2).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
        assert_eq!(random(&rng, &Value::Int(7), &Value::Int(7)).unwrap(), Value::Int(7));
        random(&rng, &Value::Int(i64::MIN), &Value::Int(i64::MAX)).unwrap();
        let x = random(&rng, &Value::Int(0), &Value::Float(0.5)).unwrap();
        assert!(matches!(x, Value::Float(x) if (0.0..=0.5).contains(&x)));
        let d = random(&rng, &Value::Duration(5), &Value::Duration(9)).unwrap();
        assert!(matches!(d, Value::Duration(5..=9)));
        assert!(random(&rng, &Value::Int(3), &Value::Int(1)).is_err());
        assert!(random(&rng, &Value::Int(3), &Value::from("x")).is_err());
    }

    #[test]
    fn random_draws_stay_within_their_bounds() {
        let rng = Rng::new(3, 1);
        assert_eq!(chance(&rng, &Value::Int(1)).unwrap(), Value::Bool(true));
        assert_eq!(chance(&rng, &Value::Float(0.0)).unwrap(), Value::Bool(false));
        assert!(chance(&rng, &Value::Int(30)).is_err());
        assert!(one_of(&rng, &Value::list([])).is_err());
        assert_eq!(one_of(&rng, &ints(&[4])).unwrap(), Value::Int(4));
        let Value::List(mut drawn) = sample(&rng, &ints(&[1, 2, 3, 4]), &Value::Int(9)).unwrap() else { panic!() };
        drawn.make_mut().sort_by(|a, b| a.compare(b).unwrap());
        assert_eq!(Value::List(drawn), ints(&[1, 2, 3, 4]));
        assert_eq!(sample(&rng, &ints(&[]), &Value::Int(3)).unwrap(), ints(&[]));
        assert!(sample(&rng, &ints(&[1]), &Value::Int(-1)).is_err());
    }

    #[test]
    fn weighted_draws_follow_their_weights() {
        let rng = Rng::new(3, 1);
        let choices = [(Value::Int(70), Value::from("a")), (Value::Int(0), Value::from("no")), (Value::Float(30.0), Value::from("b"))];
        let mut a = 0;
        for _ in 0..1000 {
            let drawn = weighted(&rng, &choices).unwrap();
            assert_ne!(drawn, Value::from("no"));
            a += i32::from(drawn == Value::from("a"));
        }
        assert!((640..760).contains(&a), "{a}");
        assert!(weighted(&rng, &[(Value::Int(0), Value::Null)]).is_err());
    }

    #[test]
    fn random_strings_have_length_and_alphabet() {
        let rng = Rng::new(3, 1);
        let text = random_string(&rng, &Value::Int(40), None).unwrap();
        assert!(text.as_str().is_some_and(|t| t.len() == 40 && t.bytes().all(|b| b.is_ascii_alphanumeric())));
        assert_eq!(random_string(&rng, &Value::Int(3), Some(&Value::from("é"))).unwrap(), Value::from("ééé"));
        let id = uuid(&rng).unwrap();
        let parsed = ::uuid::Uuid::parse_str(id.as_str().unwrap()).unwrap();
        assert_eq!(parsed.get_version_num(), 4);
    }
}
