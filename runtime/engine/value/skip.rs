//! Skips lists and objects that nobody reads: checks each byte and builds no value.

use super::raw_str::{NONE, specials};
use super::scan::{MAX_DEPTH, Scanner};

/// For each open list or object, whether it is an object, with one bit per level.
struct Nesting {
    objects: [u64; MAX_DEPTH / 64],
    depth: usize,
    in_object: bool,
}

impl Nesting {
    /// Opens a level; `None` if it is too deep.
    #[inline(always)]
    fn open(&mut self, is_object: bool) -> Option<()> {
        let word = self.objects.get_mut(self.depth / 64)?;
        let bit = self.depth % 64;
        *word = *word & !(1 << bit) | u64::from(is_object) << bit;
        self.depth += 1;
        self.in_object = is_object;
        Some(())
    }

    #[inline(always)]
    fn close(&mut self) {
        self.depth -= 1;
        let at = self.depth.wrapping_sub(1);
        self.in_object = self.objects.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
    }
}

impl Scanner<'_> {
    /// Skips the next list or object. If it is invalid, it returns `None` and skips nothing; [`Scanner::skip`] then finds the error.
    #[inline(never)]
    pub(super) fn skip_nested(&mut self) -> Option<()> {
        let (bytes, outside) = (self.bytes, self.depth);
        let mut at = self.at;
        let mut nesting = Nesting { objects: [0; MAX_DEPTH / 64], depth: outside, in_object: false };
        loop {
            match *bytes.get(at)? {
                b'"' => at = string_end(bytes, at)?,
                b'{' => {
                    nesting.open(true)?;
                    at = space_end(bytes, at + 1);
                    if *bytes.get(at)? != b'}' {
                        at = key_end(bytes, at)?;
                        continue;
                    }
                    at += 1;
                    nesting.close();
                }
                b'[' => {
                    nesting.open(false)?;
                    at = space_end(bytes, at + 1);
                    if *bytes.get(at)? != b']' {
                        continue;
                    }
                    at += 1;
                    nesting.close();
                }
                b'-' | b'0'..=b'9' => at = number_end(bytes, at)?,
                b't' => at = word_end(bytes, at, b"true")?,
                b'f' => at = word_end(bytes, at, b"false")?,
                b'n' => at = word_end(bytes, at, b"null")?,
                _ => return None,
            }
            // The position is after a value.
            while nesting.depth > outside {
                at = space_end(bytes, at);
                match (*bytes.get(at)?, nesting.in_object) {
                    (b',', true) => {
                        at = key_end(bytes, space_end(bytes, at + 1))?;
                        break;
                    }
                    (b',', false) => {
                        at = space_end(bytes, at + 1);
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        at += 1;
                        nesting.close();
                    }
                    _ => return None,
                }
            }
            if nesting.depth == outside {
                self.at = at;
                return Some(());
            }
        }
    }
}

/// The end of the white space that begins at `at`.
#[inline(always)]
fn space_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The end of the string that begins at `at`.
#[inline(always)]
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1;
    while let Some(word) = bytes.get(end..).and_then(<[u8]>::first_chunk) {
        let special = specials(word);
        end += special;
        if special != NONE {
            break;
        }
    }
    if bytes.get(end) == Some(&b'"') { Some(end + 1) } else { any_string_end(bytes, at) }
}

#[cold]
#[inline(never)]
fn any_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut scanner = Scanner { bytes, at, depth: 0 };
    scanner.any_string().ok()?;
    Some(scanner.at)
}

/// The beginning of the value whose key begins at `at`.
#[inline(always)]
fn key_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let end = space_end(bytes, string_end(bytes, at)?);
    (bytes.get(end) == Some(&b':')).then(|| space_end(bytes, end + 1))
}

#[inline(always)]
fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut scanner = Scanner { bytes, at, depth: 0 };
    scanner.digits().ok()?;
    Some(scanner.at)
}

#[inline(always)]
fn word_end(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes[at..].starts_with(word).then_some(at + word.len())
}

#[cfg(test)]
mod tests {
    use crate::value::scan::Scanner;

    /// Whether a value is skipped. Checks that the explanation of errors agrees.
    fn passes(text: &str) -> bool {
        let mut scanner = Scanner::new(text.as_bytes());
        let passed = scanner.skip().and_then(|()| scanner.end()).is_ok();
        assert_eq!(passed, serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        passed
    }

    #[test]
    fn nested_values_are_passed_and_mistakes_in_them_are_found() {
        let good = r#" {"a" : [1, -2.5e+3, "x\"yé", {}, [ ], {"b":null}], "" : {"c":[true,false]} } "#;
        assert!(passes(good));
        // Removes, doubles or replaces each character.
        for (at, char) in good.char_indices() {
            let (before, after) = (&good[..at], &good[at + char.len_utf8()..]);
            for middle in ["", ",", "}", "]", "\"", "\\", "0", "\t", &char.to_string().repeat(2)] {
                passes(&format!("{before}{middle}{after}"));
            }
        }
    }

    #[test]
    fn nesting_is_limited_from_the_document_on() {
        for (depth, holds) in [(512, true), (513, false)] {
            for [open, close] in [["[", "]"], ["{\"a\":", "}"]] {
                let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                let mut scanner = Scanner::new(text.as_bytes());
                assert_eq!(scanner.skip().is_ok(), holds, "{depth} of {open}");
            }
        }
        let mut inner = Scanner::within(b"[[1]]", 0);
        assert!(inner.skip().is_ok());
    }
}
