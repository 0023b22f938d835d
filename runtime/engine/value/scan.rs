//! A strict JSON scanner (RFC 8259) over raw bytes. It is the only parser: for [`Value::from_json`](super::Value::from_json), for
//! expectations that are judged without a tree, and for takes that need one member of a body.
//!
//! It allocates nothing. Every caller consumes values completely, so that all of them accept exactly the same documents.

use super::raw_str::{NONE, hex4, specials};
use super::{EvalError, Number};

pub use super::raw_str::RawStr;

/// The deepest nesting of lists and objects, because untrusted bodies must not exhaust the stack. Other parsers allow 1,000 (Python) and
/// 10,000 (Go) levels.
pub const MAX_DEPTH: usize = 512;

/// Whole numbers with at most this many bytes fit in 64 bits.
const MOST_DIGITS: usize = 18;

/// Where and why a document isn't JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanError {
    /// The byte at which it stopped.
    pub at: usize,
    /// What was expected there.
    pub why: &'static str,
}

/// The result of a scan.
pub type Scan<T> = Result<T, ScanError>;

impl ScanError {
    /// The message for a person who looks at `body`.
    pub fn explain(self, body: &[u8]) -> EvalError {
        if body.iter().all(u8::is_ascii_whitespace) {
            return EvalError::new("not JSON: it is empty");
        }
        let start = self.at.saturating_sub(10).min(body.len());
        let end = (self.at + 30).min(body.len());
        let near = String::from_utf8_lossy(&body[start..end]);
        EvalError(format!("not JSON: {} at byte {}, near `{}`", self.why, self.at, near.trim().escape_debug()))
    }
}

/// The kind of the next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number.
    Number,
    /// A string.
    Str,
    /// A list.
    List,
    /// An object.
    Object,
}

/// A position in a document.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) depth: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner at the document's start. It skips a byte order mark.
    pub fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Self { bytes, at, depth: 0 }
    }

    /// A scanner at a known value within a document that is an object.
    pub(crate) fn within(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, depth: 1 }
    }

    /// A scanner at a value whose position is known, in a document that was checked.
    pub(crate) fn at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, depth: 0 }
    }

    /// The position of the next byte.
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    fn fail<T>(&self, why: &'static str) -> Scan<T> {
        Err(ScanError { at: self.at, why })
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The kind of the next value. Moves to its first byte.
    #[inline]
    pub fn kind(&mut self) -> Scan<JsonKind> {
        self.space();
        match self.bytes.get(self.at) {
            Some(b'"') => Ok(JsonKind::Str),
            Some(b'{') => Ok(JsonKind::Object),
            Some(b'[') => Ok(JsonKind::List),
            Some(b'-' | b'0'..=b'9') => Ok(JsonKind::Number),
            Some(b't') => Ok(JsonKind::True),
            Some(b'f') => Ok(JsonKind::False),
            Some(b'n') => Ok(JsonKind::Null),
            Some(_) => self.fail("expected a value"),
            None => self.fail("it ends too early"),
        }
    }

    /// Checks the end of the document: only white space may follow.
    pub fn end(&mut self) -> Scan<()> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { self.fail("expected the end") }
    }

    /// Skips `null`, `true` or `false`.
    pub fn literal(&mut self, kind: JsonKind) -> Scan<()> {
        let word: &[u8] = match kind {
            JsonKind::True => b"true",
            JsonKind::False => b"false",
            _ => b"null",
        };
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            self.fail("expected true, false or null")
        }
    }

    /// Skips a number's digits, and returns whether it is written as a whole number.
    pub(super) fn digits(&mut self) -> Scan<bool> {
        let byte = |at: usize| self.bytes.get(at).copied().unwrap_or(0);
        let mut at = self.at;
        let mut whole = true;
        let run = |mut at: usize| {
            while byte(at).is_ascii_digit() {
                at += 1;
            }
            at
        };
        if byte(at) == b'-' {
            at += 1;
        }
        let start = at;
        at = run(at);
        let mut bad = at == start || (byte(start) == b'0' && at > start + 1);
        if !bad && byte(at) == b'.' {
            whole = false;
            let fraction = at + 1;
            at = run(fraction);
            bad = at == fraction;
        }
        if !bad && matches!(byte(at), b'e' | b'E') {
            whole = false;
            at += 1;
            if matches!(byte(at), b'+' | b'-') {
                at += 1;
            }
            let exponent = at;
            at = run(exponent);
            bad = at == exponent;
        }
        if bad {
            return self.fail("a malformed number");
        }
        self.at = at;
        Ok(whole)
    }

    /// Reads a number.
    pub fn number(&mut self) -> Scan<Number<'a>> {
        let start = self.at;
        let whole = self.digits()?;
        let digits = &self.bytes[start..self.at];
        if whole && digits.len() <= MOST_DIGITS {
            let (negative, digits) =
                digits.split_first().filter(|(sign, _)| **sign == b'-').map_or((false, digits), |(_, rest)| (true, rest));
            let n = digits.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
            return Ok(Number::Int(if negative { -n } else { n }));
        }
        Ok(Number::read(std::str::from_utf8(digits).unwrap_or("0"), whole))
    }

    /// Reads a string. Nearly all strings are ASCII without escapes, which are skipped a word at a time.
    #[inline(always)]
    pub fn string(&mut self) -> Scan<RawStr<'a>> {
        let start = self.at + 1;
        match self.plain_end(start) {
            Some(end) => {
                self.at = end + 1;
                Ok(RawStr { raw: &self.bytes[start..end], escaped: false })
            }
            None => self.any_string(),
        }
    }

    /// The position of the closing quote of a string that begins at `at`; `None` if the string isn't plain ASCII, or the document ends
    /// soon.
    #[inline(always)]
    pub(super) fn plain_end(&self, mut at: usize) -> Option<usize> {
        loop {
            let special = specials(self.bytes.get(at..)?.first_chunk()?);
            if special != NONE {
                at += special;
                return (self.bytes.get(at) == Some(&b'"')).then_some(at);
            }
            at += NONE;
        }
    }

    /// Reads any string, byte by byte.
    #[cold]
    #[inline(never)]
    pub(super) fn any_string(&mut self) -> Scan<RawStr<'a>> {
        let start = self.at + 1;
        let mut at = start;
        let (mut escaped, mut ascii) = (false, true);
        loop {
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at = self.escape(at + 1)?;
                }
                Some(..0x20) => return Err(ScanError { at, why: "a control character in a string" }),
                Some(byte) => {
                    ascii &= byte.is_ascii();
                    at += 1;
                }
                None => return Err(ScanError { at: self.bytes.len(), why: "a string without its end" }),
            }
        }
        let raw = &self.bytes[start..at];
        if !ascii && std::str::from_utf8(raw).is_err() {
            return Err(ScanError { at: start, why: "a string that is not UTF-8" });
        }
        self.at = at + 1;
        Ok(RawStr { raw, escaped })
    }

    /// Checks the escape whose letter is at `at`; returns the offset after it. A lone surrogate is accepted, as in browsers.
    fn escape(&self, at: usize) -> Scan<usize> {
        let bad = Err(ScanError { at, why: "an unknown escape in a string" });
        match self.bytes.get(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
            Some(b'u') => hex4(self.bytes, at + 1).map_or(bad, |_| Ok(at + 5)),
            _ => bad,
        }
    }

    /// Enters the next list or object.
    pub fn enter(&mut self) -> Scan<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail("lists and objects nested too deep");
        }
        self.at += 1;
        Ok(())
    }

    /// Moves to the next item of the entered list; `false` at its end. `first` is true before the first item.
    #[inline]
    pub fn item(&mut self, first: &mut bool) -> Scan<bool> {
        self.next(first, b']', "expected `,` or `]`")
    }

    /// Moves to the next member of the entered object and reads its key; `None` at its end.
    #[inline(always)]
    pub fn member(&mut self, first: &mut bool) -> Scan<Option<RawStr<'a>>> {
        if !self.next(first, b'}', "expected `,` or `}`")? {
            return Ok(None);
        }
        self.space();
        if self.bytes.get(self.at) != Some(&b'"') {
            return self.fail("expected a key in quotes");
        }
        let key = self.string()?;
        self.space();
        if self.bytes.get(self.at) != Some(&b':') {
            return self.fail("expected `:`");
        }
        self.at += 1;
        Ok(Some(key))
    }

    #[inline(always)]
    fn next(&mut self, first: &mut bool, close: u8, why: &'static str) -> Scan<bool> {
        self.space();
        match self.bytes.get(self.at) {
            Some(byte) if *byte == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(_) if std::mem::take(first) => Ok(true),
            Some(b',') => {
                self.at += 1;
                self.no_end(close).map(|()| true)
            }
            Some(_) => self.fail(why),
            None => self.fail("it ends too early"),
        }
    }

    /// Checks that the end does not follow a comma.
    #[inline(always)]
    pub(super) fn no_end(&mut self, close: u8) -> Scan<()> {
        self.space();
        if self.bytes.get(self.at) == Some(&close) { self.fail("a comma too many") } else { Ok(()) }
    }

    /// Skips the next value of any kind.
    #[inline(always)]
    pub fn skip(&mut self) -> Scan<()> {
        self.space();
        if self.bytes.get(self.at) == Some(&b'"')
            && let Some(end) = self.plain_end(self.at + 1)
        {
            self.at = end + 1;
            return Ok(());
        }
        self.skip_any()
    }

    #[inline(never)]
    fn skip_any(&mut self) -> Scan<()> {
        match self.kind()? {
            JsonKind::Str => self.string().map(drop),
            JsonKind::Number => self.digits().map(drop),
            JsonKind::List | JsonKind::Object if self.skip_nested().is_some() => Ok(()),
            JsonKind::List | JsonKind::Object => self.explain_nested(),
            literal => self.literal(literal),
        }
    }

    /// Skips a list or an object that is invalid, and returns the error.
    #[cold]
    fn explain_nested(&mut self) -> Scan<()> {
        let is_list = self.kind()? == JsonKind::List;
        self.enter()?;
        let mut first = true;
        while if is_list { self.item(&mut first)? } else { self.member(&mut first)?.is_some() } {
            match self.kind()? {
                JsonKind::List | JsonKind::Object => self.explain_nested()?,
                _ => self.skip()?,
            }
        }
        Ok(())
    }
}
