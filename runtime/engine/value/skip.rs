//! Passing lists and objects that nobody reads: each byte is checked, and no value is made.

use super::scan::{MAX_DEPTH, Scanner};

/// Whether each list or object that is open is an object, a bit a level.
struct Nesting {
    objects: [u64; MAX_DEPTH / 64],
    depth: usize,
}

impl Nesting {
    /// Nothing where it is too deep.
    #[inline(always)]
    fn open(&mut self, is_object: bool) -> Option<()> {
        let word = self.objects.get_mut(self.depth / 64)?;
        let bit = self.depth % 64;
        *word = *word & !(1 << bit) | u64::from(is_object) << bit;
        self.depth += 1;
        Some(())
    }

    #[inline(always)]
    fn in_object(&self) -> bool {
        let at = self.depth - 1;
        self.objects[at / 64] >> (at % 64) & 1 == 1
    }
}

impl Scanner<'_> {
    /// Passes the list or object that stands next. Nothing, and no byte is passed, where something is wrong with it:
    /// [`Scanner::skip`] then says what.
    #[inline(never)]
    pub(super) fn skip_nested(&mut self) -> Option<()> {
        let mut next = self.clone();
        let mut nesting = Nesting { objects: [0; MAX_DEPTH / 64], depth: self.depth };
        loop {
            match *next.bytes.get(next.at)? {
                b'"' => next.pass_string()?,
                open @ (b'{' | b'[') => {
                    nesting.open(open == b'{')?;
                    next.at += 1;
                    let first = next.pass_space()?;
                    // `{` and `[` are two below what closes them.
                    if first == open + 2 {
                        next.at += 1;
                        nesting.depth -= 1;
                    } else {
                        if open == b'{' {
                            next.pass_key(first)?;
                        }
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => next.digits().map(drop).ok()?,
                b't' => next.pass_word(b"true")?,
                b'f' => next.pass_word(b"false")?,
                b'n' => next.pass_word(b"null")?,
                _ => return None,
            }
            // Behind a value.
            loop {
                if nesting.depth == self.depth {
                    self.at = next.at;
                    return Some(());
                }
                let in_object = nesting.in_object();
                match next.pass_space()? {
                    b',' => {
                        next.at += 1;
                        let first = next.pass_space()?;
                        if in_object {
                            next.pass_key(first)?;
                        }
                        break;
                    }
                    b'}' if in_object => {}
                    b']' if !in_object => {}
                    _ => return None,
                }
                next.at += 1;
                nesting.depth -= 1;
            }
        }
    }

    /// The next byte that isn't white space.
    #[inline(always)]
    fn pass_space(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline(always)]
    fn pass_string(&mut self) -> Option<()> {
        match self.plain_end(self.at + 1) {
            Some(end) => self.at = end + 1,
            None => self.any_string().map(drop).ok()?,
        }
        Some(())
    }

    /// A key that begins with this byte, its colon, and the space up to the value.
    #[inline(always)]
    fn pass_key(&mut self, first: u8) -> Option<()> {
        if first != b'"' {
            return None;
        }
        self.pass_string()?;
        if self.pass_space()? != b':' {
            return None;
        }
        self.at += 1;
        self.pass_space().map(drop)
    }

    #[inline(always)]
    fn pass_word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then(|| self.at += word.len())
    }
}

#[cfg(test)]
mod tests {
    use crate::value::scan::Scanner;

    /// Whether a value is passed, and whether what says why not agrees.
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
        // Each character left out, and each one doubled or replaced.
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
