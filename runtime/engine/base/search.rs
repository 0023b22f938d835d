//! Regular expressions over long texts: a search can't be interrupted, so the text is tried in pieces first.

use regex::Regex;

use super::work::WorkLimit;

/// A text that is not longer needs no limit. A longer one is tried in pieces of this length, and the limit is checked after each of them.
const PIECE: usize = 1 << 16;
/// The matches between two checks of the limit, for code that searches for all matches: each search can read the whole text.
pub(crate) const MATCHES: usize = 16;

/// Whether a search through a text stays within the limit of processor time, judged by a search through each of its pieces until one matches.
///
/// Automata read an ordinary text of 10 MB in some 10 ms. A text that makes one forget its states again and again takes a thousand times as long.
///
/// # Errors
/// If it doesn't: the limit, in words.
pub(crate) fn check_cost(regex: &Regex, text: &str) -> Result<(), String> {
    if text.len() <= PIECE {
        return Ok(());
    }
    let limit = WorkLimit::of(text.len());
    let work = limit.start();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        if regex.is_match(piece) {
            break;
        }
        if work.is_too_much() {
            return Err(format!("the regex can't be applied: {}", work.excess()));
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_that_takes_too_long_is_refused() {
        // An automaton has to remember which of the last 400 bytes were an `a`, which are more states than it can keep.
        let regex = Regex::new("a[ab]{400}c").unwrap();
        let mut random = 1_u32;
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if random >> 31 == 0 { 'a' } else { 'b' }
        };
        let text: String = (0..4_000_000).map(|_| next()).collect();
        assert_eq!(check_cost(&regex, &text), Err("the regex can't be applied: it takes more than 1.4s of processor time".to_owned()));
        assert_eq!(check_cost(&regex, &text[..1000]), Ok(()));
        assert_eq!(check_cost(&Regex::new("é+").unwrap(), &"é".repeat(100_000)), Ok(()));
        assert_eq!(check_cost(&Regex::new("x").unwrap(), &"é".repeat(100_000)), Ok(()));
    }
}
