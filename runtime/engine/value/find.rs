//! Finds members and items of a document by their keys and indices.

use super::ops::place;
use super::raw_str::RawStr;
use super::scan::{Scan, Scanner};

impl<'a> Scanner<'a> {
    /// Skips the next object, and calls `tell` with each member's key and the position of its value.
    pub(crate) fn pass_members(&mut self, mut tell: impl FnMut(RawStr<'a>, usize)) -> Scan<()> {
        self.enter()?;
        let mut first = true;
        loop {
            let key = match self.plain_key() {
                Some(key) => key,
                None => match self.member(&mut first)? {
                    Some(key) => key,
                    None => return Ok(()),
                },
            };
            tell(key, self.at);
            self.skip()?;
        }
    }

    /// The value of the next object's last member with this key, in a document that was checked.
    pub(crate) fn last_member(&mut self, key: &str) -> Scan<Option<Self>> {
        let mut found = None;
        let bytes = self.bytes;
        self.pass_members(|other, at| {
            if other.is(key) {
                found = Some(Self::at(bytes, at));
            }
        })?;
        Ok(found)
    }

    /// The item of the next list with this index, in a document that was checked. A negative index counts from the end.
    pub(crate) fn nth_item(&mut self, index: i64) -> Scan<Option<Self>> {
        self.enter()?;
        let count = if index < 0 { self.clone().skip_items(&mut true)? } else { usize::MAX };
        let Some(at) = place(index, count) else { return Ok(None) };
        Ok(self.skip_to_item(&mut true, at)?.then(|| self.clone()))
    }

    /// The next key, except the first one, in the form that programs write: without white space around it.
    #[inline(always)]
    fn plain_key(&mut self) -> Option<RawStr<'a>> {
        let start = self.at + 2;
        if self.bytes.get(self.at..start)? != b",\"" {
            return None;
        }
        let end = self.plain_end(start)?;
        if self.bytes.get(end + 1) != Some(&b':') {
            return None;
        }
        self.at = end + 2;
        Some(RawStr { raw: &self.bytes[start..end], escaped: false })
    }
}
