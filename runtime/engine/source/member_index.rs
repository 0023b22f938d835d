//! The members of a body that is an object, indexed in one pass for all expectations and takes of a step.

use crate::value::scan::{JsonKind, RawStr, Scan, Scanner};

/// The most members of an index. For a larger body, each expectation and take reads the body.
const MOST: usize = 1024;

/// The members of a body. The memory is reused.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MemberIndex(Vec<Member>);

/// The position of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Member {
    key: u32,
    length: u32,
    value: u32,
    escaped: bool,
}

impl Member {
    fn key(self, body: &[u8]) -> RawStr<'_> {
        let start = self.key as usize;
        RawStr::within(body.get(start..start + self.length as usize).unwrap_or_default(), self.escaped)
    }
}

impl MemberIndex {
    /// Indexes the members of a body. Returns whether it has an index: one that isn't a small object, or isn't JSON, has none.
    pub(crate) fn read(&mut self, body: &[u8]) -> bool {
        u32::try_from(body.len()).is_ok() && self.find_all(body) == Ok(true)
    }

    fn find_all(&mut self, body: &[u8]) -> Scan<bool> {
        self.0.clear();
        let mut scanner = Scanner::new(body);
        if scanner.kind()? != JsonKind::Object {
            return Ok(false);
        }
        scanner.pass_members(|key, value| {
            let (start, length, escaped) = key.place(body);
            if self.0.len() <= MOST {
                // The positions fit in 32 bits, because the body's length does.
                self.0.push(Member { key: start as u32, length: length as u32, escaped, value: value as u32 });
            }
        })?;
        scanner.end()?;
        Ok(self.0.len() <= MOST)
    }

    /// A scanner at a member's value. Of a repeated key, the last one counts.
    pub(crate) fn value<'b>(&self, body: &'b [u8], key: &str) -> Option<Scanner<'b>> {
        let is = |member: &&Member| if member.escaped || member.length as usize == key.len() { member.key(body).is(key) } else { false };
        let member = self.0.iter().rev().find(is)?;
        Some(Scanner::within(body, member.value as usize))
    }

    /// All keys.
    pub(crate) fn keys<'b>(&self, body: &'b [u8]) -> impl Iterator<Item = RawStr<'b>> {
        self.0.iter().map(move |member| member.key(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn values_are_found_by_their_keys() {
        let body = br#" {"a": 1, "\u0062": [2, {"a": 3}], "a": "last", "": null} "#;
        let mut members = MemberIndex::default();
        assert!(members.read(body));
        let value = |key: &str| members.value(body, key).map(|mut scanner| Value::scan(&mut scanner).unwrap().to_json().unwrap());
        assert_eq!(value("a").as_deref(), Some("\"last\""));
        assert_eq!(value("b").as_deref(), Some("[2,{\"a\":3}]"));
        assert_eq!(value("").as_deref(), Some("null"));
        assert_eq!(value("c"), None);
        assert_eq!(members.keys(body).map(|key| key.text().into_owned()).collect::<Vec<_>>(), ["a", "b", "a", ""]);
    }

    #[test]
    fn only_objects_have_members() {
        let many = (0..=MOST).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(",");
        let many = format!("{{{many}}}");
        for body in ["", "[1]", "7", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}", "{\"a\":01}", &many] {
            assert!(!MemberIndex::default().read(body.as_bytes()), "{body}");
        }
    }
}
