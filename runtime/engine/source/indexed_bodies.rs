//! The member indexes of the bodies that a worker has read. A large body that comes again is compared, not read: that takes a tenth of the time.

use std::ops::RangeInclusive;

use super::member_index::MemberIndex;

/// The number of bodies that are kept, and their sizes in bytes. A smaller body is read in the time that it would take to keep it.
const KEPT: usize = 16;
const SIZES: RangeInclusive<usize> = 2048..=256 * 1024;

/// The place of the last body that is not kept.
const LAST: usize = 0;

/// Keeping a body takes about a tenth of the time that is saved when it comes again. So keeping one costs 1, and one that comes again earns
/// [`EARNED`]. Without credit, only one body in [`SAMPLED`] is kept.
const CREDIT: usize = 64;
const EARNED: usize = 8;
const SAMPLED: usize = 16;

/// Whether a body's members are indexed. The body keeps this state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IndexState {
    /// The index hasn't been needed yet.
    #[default]
    Unread,
    /// The body isn't an object, or has too many members.
    Other,
    /// The index with this number had the body's members.
    Number(u64),
}

/// The indexes. Their memory is reused.
#[derive(Debug)]
pub(crate) struct IndexedBodies {
    /// [`LAST`], then the bodies that are kept.
    places: Vec<Place>,
    /// The number of the newest index.
    number: u64,
    /// The place in which a body was kept last.
    newest: usize,
    credit: usize,
    /// How many bodies were not kept for lack of credit.
    passed: usize,
}

/// An index and, unless it is in [`LAST`], its body.
#[derive(Debug, Default)]
struct Place {
    number: u64,
    members: MemberIndex,
    /// Whether the body has an index.
    is_indexed: bool,
    fingerprint: u64,
    body: Vec<u8>,
    has_come_again: bool,
}

impl Default for IndexedBodies {
    fn default() -> Self {
        Self { places: vec![Place::default()], number: 0, newest: LAST, credit: CREDIT, passed: 0 }
    }
}

impl IndexedBodies {
    /// The members of a body, and its new state. A body that isn't a small object, or isn't JSON, has no index.
    pub(crate) fn read(&mut self, body: &[u8], state: IndexState) -> (IndexState, Option<&MemberIndex>) {
        let known = match state {
            IndexState::Other => return (state, None),
            IndexState::Number(number) => self.places.iter().position(|place| place.number == number),
            IndexState::Unread => None,
        };
        let at = known.unwrap_or_else(|| self.find(body));
        let place = &self.places[at];
        if place.is_indexed { (IndexState::Number(place.number), Some(&place.members)) } else { (IndexState::Other, None) }
    }

    /// The place that has the index of a body. Reads the body unless an identical one was kept.
    fn find(&mut self, body: &[u8]) -> usize {
        if !SIZES.contains(&body.len()) {
            return self.index(LAST, body);
        }
        let fingerprint = fingerprint(body);
        let same = self.places.iter().skip(1).position(|place| place.fingerprint == fingerprint).map(|at| at + 1);
        if let Some(at) = same
            && self.places[at].body == body
        {
            self.places[at].has_come_again = true;
            self.credit = CREDIT.min(self.credit + EARNED);
            return at;
        }
        if self.credit == 0 {
            self.passed += 1;
            if !self.passed.is_multiple_of(SAMPLED) {
                return self.index(LAST, body);
            }
        }
        self.credit = self.credit.saturating_sub(1);
        // At most one body of a fingerprint is kept, so at most one is compared.
        let at = same.unwrap_or_else(|| self.oldest());
        if at == self.places.len() {
            self.places.push(Place::default());
        }
        let place = &mut self.places[at];
        place.has_come_again = false;
        place.fingerprint = fingerprint;
        place.body.clear();
        // No more than it needs, as the next body may be smaller.
        place.body.reserve_exact(body.len());
        place.body.extend_from_slice(body);
        self.index(at, body)
    }

    /// The place after the newest one, without those whose body has come again since the last time that this was asked.
    fn oldest(&mut self) -> usize {
        loop {
            self.newest = self.newest % KEPT + 1;
            match self.places.get_mut(self.newest) {
                Some(place) if place.has_come_again => place.has_come_again = false,
                _ => return self.newest,
            }
        }
    }

    fn index(&mut self, at: usize, body: &[u8]) -> usize {
        self.number += 1;
        let place = &mut self.places[at];
        place.number = self.number;
        place.is_indexed = place.members.read(body);
        at
    }
}

/// Of the length and of words at equal distances, including the first and the last one. The body has at least 2048 bytes.
fn fingerprint(body: &[u8]) -> u64 {
    const WORDS: usize = 16;
    let words = (0..WORDS).filter_map(|word| body.get((body.len() - 8) * word / (WORDS - 1)..)?.first_chunk());
    // The odd number is 2^64 divided by the golden ratio, which spreads the bits (Knuth, The Art of Computer Programming, volume 3, section 6.4).
    words.fold(body.len() as u64, |hash, word| (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object of 4 KB or more, with this number in its middle.
    fn body(number: usize) -> Vec<u8> {
        let (before, after) = ("x".repeat(2000 + number), "x".repeat(2000));
        format!(r#"{{"a": "{before}", "number": {number}, "b": "{after}"}}"#).into_bytes()
    }

    fn number(found: Option<&MemberIndex>, body: &[u8]) -> String {
        let mut value = found.unwrap().value(body, "number").unwrap();
        crate::value::Value::scan(&mut value).unwrap().to_text().unwrap().to_string()
    }

    #[test]
    fn body_that_comes_again_is_not_read_again() {
        let mut bodies = IndexedBodies::default();
        for round in 0..3 {
            for one in 0..KEPT {
                let body = body(one);
                let (_, found) = bodies.read(&body, IndexState::Unread);
                assert_eq!(number(found, &body), one.to_string(), "round {round}");
            }
        }
        assert_eq!(bodies.number, KEPT as u64);
    }

    #[test]
    fn bodies_with_one_fingerprint_are_different_bodies() {
        let (one, mut other) = (body(1), body(1));
        let at = one.iter().position(|byte| *byte == b'1').unwrap();
        other[at] = b'2';
        assert_eq!(fingerprint(&one), fingerprint(&other), "the words of the fingerprint are elsewhere");
        let mut bodies = IndexedBodies::default();
        for (body, expected) in [(&one, "1"), (&other, "2"), (&one, "1"), (&one, "1")] {
            let (state, found) = bodies.read(body, IndexState::Unread);
            assert_eq!(number(found, body), expected);
            assert_eq!(bodies.read(body, state).0, state);
        }
        assert_eq!(bodies.number, 3);
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let good = body(7);
        let mut bodies = IndexedBodies::default();
        bodies.read(&good, IndexState::Unread);
        for at in [0, 1, good.len() / 2, good.len() - 1] {
            let mut damaged = good.clone();
            damaged[at] = b'\n';
            for _ in 0..2 {
                assert_eq!(bodies.read(&damaged, IndexState::Unread), (IndexState::Other, None), "byte {at}");
            }
        }
        assert_eq!(bodies.read(&good[..good.len() - 1], IndexState::Unread).0, IndexState::Other);
        assert!(bodies.read(&good, IndexState::Unread).1.is_some());
    }

    #[test]
    fn kept_bodies_take_no_more_memory_than_the_largest_of_them() {
        let mut bodies = IndexedBodies::default();
        for length in (*SIZES.start()..*SIZES.end() + 2).step_by(1999).chain([*SIZES.end(), *SIZES.end() + 1]) {
            // They come again, so that all are kept.
            let body = format!("{{\"a\":{}1}}", " ".repeat(length - 7)).into_bytes();
            assert_eq!(body.len(), length);
            bodies.read(&body, IndexState::Unread);
            bodies.read(&body, IndexState::Unread);
        }
        assert_eq!(bodies.places.len(), 1 + KEPT);
        assert!(bodies.places.iter().all(|place| place.body.capacity() <= *SIZES.end()));
    }

    #[test]
    fn bodies_that_never_come_again_are_rarely_kept() {
        let mut bodies = IndexedBodies::default();
        let mut kept = 0;
        for one in 0..1064 {
            let body = body(one);
            bodies.read(&body, IndexState::Unread);
            kept += usize::from(bodies.places.iter().skip(1).any(|place| place.body == body));
        }
        assert_eq!(kept, CREDIT + (1064 - CREDIT) / SAMPLED);
        // One that comes again is found, earns credit, and stays.
        let same = body(5000);
        for _ in 0..2 * SAMPLED {
            bodies.read(&same, IndexState::Unread);
        }
        let read = bodies.number;
        for one in 6000..6100 {
            bodies.read(&body(one), IndexState::Unread);
            bodies.read(&same, IndexState::Unread);
        }
        assert_eq!(bodies.number, read + 100);
    }

    #[test]
    fn state_names_the_index_of_its_body() {
        let mut bodies = IndexedBodies::default();
        let (one, other, large) = (&br#"{"number":1}"#[..], &br#"{"number":2}"#[..], body(3));
        let first = bodies.read(one, IndexState::Unread).0;
        assert_eq!(bodies.read(one, first).0, first);
        let third = bodies.read(&large, IndexState::Unread).0;
        assert_eq!(bodies.read(one, first).0, first, "the large body has a place of its own");
        let second = bodies.read(other, IndexState::Unread).0;
        let (again, found) = bodies.read(one, first);
        assert_ne!(again, first);
        assert_eq!(number(found, one), "1");
        assert_ne!(bodies.read(other, second).0, second);
        assert_eq!(bodies.read(&large, third).0, third);
        assert_eq!(bodies.read(b"[1]", IndexState::Unread).0, IndexState::Other);
        assert_eq!(bodies.read(one, IndexState::Other).0, IndexState::Other);
    }
}
