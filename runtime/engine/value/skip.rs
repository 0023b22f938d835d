//! Skips values that nobody reads: checks each byte and builds no value.
//!
//! A short list or object is read token by token, and a longer one in blocks ([`check`]). An invalid value is not skipped: the caller
//! then reads it token by token until it finds the error.

use std::sync::LazyLock;

use fearless_simd::{Level, dispatch};

use super::check::{Checked, Task, check};
use super::nesting::{Nesting, Outer};
use super::raw_str::{NONE, specials};
use super::scan::{Scan, Scanner};

/// The bytes of a list or an object that are read token by token. For fewer bytes, that takes fewer instructions than a block.
const SHORT: usize = 32;

/// The vector instructions of this machine.
static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

fn in_blocks(task: Task<'_>) -> Option<Checked> {
    let level = *LEVEL;
    dispatch!(level, simd => check(simd, task))
}

impl Scanner<'_> {
    /// Skips the next list or object. If it is invalid, it returns `None` and skips nothing; [`Scanner::skip`] then finds the error.
    #[inline(never)]
    pub(super) fn skip_nested(&mut self) -> Option<()> {
        let (bytes, outside) = (self.bytes, self.depth);
        let mut at = self.at;
        let long = at + SHORT;
        let (mut nesting, mut outer) = (Nesting::new(outside), Outer::default());
        loop {
            if at > long {
                let task = Task { bytes, at, expects_value: true, nesting, outer, outside, commas: None };
                self.at = in_blocks(task)?.end;
                return Some(());
            }
            match *bytes.get(at)? {
                b'"' => at = string_end(bytes, at)?,
                b'{' => {
                    nesting.open(&mut outer, 1)?;
                    at = space_end(bytes, at + 1);
                    if *bytes.get(at)? != b'}' {
                        at = key_end(bytes, at)?;
                        continue;
                    }
                    at += 1;
                    nesting.close(&outer);
                }
                b'[' => {
                    nesting.open(&mut outer, 0)?;
                    at = space_end(bytes, at + 1);
                    if *bytes.get(at)? != b']' {
                        continue;
                    }
                    at += 1;
                    nesting.close(&outer);
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
                match (*bytes.get(at)?, nesting.object_bit() == 1) {
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
                        nesting.close(&outer);
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

    /// Skips the rest of the entered list or object, but at most up to its comma number `commas`. It begins at a value if `expects_value`,
    /// else after one. Returns `None` and skips nothing if the rest is invalid.
    fn rest_in_blocks(&mut self, is_object: bool, expects_value: bool, commas: usize) -> Option<Checked> {
        let outside = self.depth - 1;
        let (mut nesting, mut outer) = (Nesting::new(outside), Outer::default());
        nesting.open(&mut outer, u64::from(is_object))?;
        let checked = in_blocks(Task { bytes: self.bytes, at: self.at, expects_value, nesting, outer, outside, commas: Some(commas) })?;
        self.at = checked.end;
        if checked.is_closed {
            self.depth = outside;
        }
        Some(checked)
    }

    /// Skips the rest of the entered list, and returns the number of skipped items. `first` is true before the first item.
    pub fn skip_items(&mut self, first: &mut bool) -> Scan<usize> {
        let is_first = *first;
        if is_first && !self.item(first)? {
            return Ok(0);
        }
        if let Some(rest) = self.rest_in_blocks(false, is_first, usize::MAX) {
            return Ok(rest.commas + usize::from(is_first));
        }
        let mut count = 0;
        while (is_first && count == 0) || self.item(first)? {
            self.skip()?;
            count += 1;
        }
        Ok(count)
    }

    /// Skips `count` items of the entered list and moves to the next one; `false` at the list's end.
    pub fn skip_to_item(&mut self, first: &mut bool, count: usize) -> Scan<bool> {
        let is_first = *first;
        if count == 0 || is_first {
            let is_there = self.item(first)?;
            if count == 0 || !is_there {
                return Ok(is_there);
            }
        }
        if let Some(passed) = self.rest_in_blocks(false, is_first, count.saturating_add(usize::from(!is_first))) {
            return if passed.is_closed { Ok(false) } else { self.no_end(b']').map(|()| true) };
        }
        if !is_first && !self.item(first)? {
            return Ok(false);
        }
        for _ in 0..count {
            self.skip()?;
            if !self.item(first)? {
                return Ok(false);
            }
        }
        Ok(true)
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
