//! Bodies that were judged and found good: the same body, byte for byte, needs no second look by the same expectation.

use super::Matcher;

/// How many expectations have a place, and how large a body is kept for one.
const PLACES: usize = 64;
const LARGEST: usize = 2048;

/// The last good body of each expectation. It holds of expectations without arguments only: what they come to depends on nothing else.
#[derive(Debug)]
pub(crate) struct Judged(Box<[(usize, Vec<u8>)]>);

impl Default for Judged {
    fn default() -> Self {
        Self(vec![(0, Vec::new()); PLACES].into())
    }
}

impl Judged {
    /// Whether this body is the one that this expectation found good last.
    pub(crate) fn is_good(&self, matcher: &'static Matcher, body: &[u8]) -> bool {
        let address = address(matcher);
        let (known, good) = &self.0[place(address)];
        *known == address && good == body
    }

    /// A body was judged and found good.
    pub(crate) fn learn(&mut self, matcher: &'static Matcher, body: &[u8]) {
        if body.len() > LARGEST {
            return;
        }
        let address = address(matcher);
        let (known, good) = &mut self.0[place(address)];
        *known = address;
        good.clear();
        good.extend_from_slice(body);
    }
}

/// Expectations are constants of the generated crate: where one stands tells it from the others.
fn address(matcher: &'static Matcher) -> usize {
    std::ptr::from_ref(matcher).addr()
}

fn place(address: usize) -> usize {
    (address / align_of::<Matcher>()).wrapping_mul(0x9E37_79B9) >> 8 & (PLACES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_body_for_the_same_expectation_is_good() {
        static ONE: Matcher = Matcher::Int(1);
        static OTHER: Matcher = Matcher::Any;
        let mut judged = Judged::default();
        assert!(!judged.is_good(&ONE, b"1"));
        judged.learn(&ONE, b"1");
        assert!(judged.is_good(&ONE, b"1"));
        assert!(!judged.is_good(&ONE, b"1 ") && !judged.is_good(&ONE, b"2") && !judged.is_good(&OTHER, b"1"));
        judged.learn(&ONE, b" 1");
        assert!(judged.is_good(&ONE, b" 1") && !judged.is_good(&ONE, b"1"));
        judged.learn(&ONE, &[b' '; LARGEST + 1]);
        assert!(judged.is_good(&ONE, b" 1"));
    }
}
