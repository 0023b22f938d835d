//! The members of a small body that is an object: found in one pass, for all expectations and takes of a step to look in.

use crate::value::scan::{JsonKind, RawStr, Scan, Scanner};

/// A larger body is passed anew by each who wants something of it: its values are passed twice where they are found here first.
const LARGEST: usize = 4096;

/// Whether a body's members have been found; a body carries it along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IndexState {
    /// Nobody has asked yet.
    #[default]
    Unread,
    /// It is no object, or too large a one.
    Other,
    /// They were the ones of this number.
    Number(u64),
}

/// The members of the body that was looked at last, in memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct MemberIndex {
    number: u64,
    all: Vec<Member>,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug)]
struct Member {
    key: u16,
    length: u16,
    escaped: bool,
    value: u16,
}

impl Member {
    fn key(self, body: &[u8]) -> RawStr<'_> {
        let start = usize::from(self.key);
        RawStr::within(body.get(start..start + usize::from(self.length)).unwrap_or_default(), self.escaped)
    }
}

impl MemberIndex {
    /// Finds the members of a body, unless these are its own already; gives the body's new mark. What is no small object, or no JSON, has
    /// none.
    pub(crate) fn read(&mut self, body: &[u8], mark: IndexState) -> IndexState {
        match mark {
            IndexState::Other => return mark,
            IndexState::Number(number) if number == self.number => return mark,
            _ => {}
        }
        self.number += 1;
        if body.len() <= LARGEST && self.find_all(body) == Ok(true) { IndexState::Number(self.number) } else { IndexState::Other }
    }

    fn find_all(&mut self, body: &[u8]) -> Scan<bool> {
        self.all.clear();
        let mut scanner = Scanner::new(body);
        if scanner.kind()? != JsonKind::Object {
            return Ok(false);
        }
        scanner.pass_members(|key, value| {
            let (start, length, escaped) = key.place(body);
            // Places fit, since bodies are small.
            self.all.push(Member { key: start as u16, length: length as u16, escaped, value: value as u16 });
        })?;
        scanner.end()?;
        Ok(true)
    }

    /// Stands at a member's value. Of a key given twice the last counts.
    pub(crate) fn value<'b>(&self, body: &'b [u8], key: &str) -> Option<Scanner<'b>> {
        let is =
            |member: &&Member| if member.escaped || usize::from(member.length) == key.len() { member.key(body).is(key) } else { false };
        let member = self.all.iter().rev().find(is)?;
        Some(Scanner::within(body, usize::from(member.value)))
    }

    /// All keys.
    pub(crate) fn keys<'b>(&self, body: &'b [u8]) -> impl Iterator<Item = RawStr<'b>> {
        self.all.iter().map(move |member| member.key(body))
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
        let mark = members.read(body, IndexState::Unread);
        assert_eq!(mark, IndexState::Number(1));
        let value = |key: &str| members.value(body, key).map(|mut scanner| Value::scan(&mut scanner).unwrap().to_json().unwrap());
        assert_eq!(value("a").as_deref(), Some("\"last\""));
        assert_eq!(value("b").as_deref(), Some("[2,{\"a\":3}]"));
        assert_eq!(value("").as_deref(), Some("null"));
        assert_eq!(value("c"), None);
        assert_eq!(members.keys(body).map(|key| key.text().into_owned()).collect::<Vec<_>>(), ["a", "b", "a", ""]);
    }

    #[test]
    fn only_the_last_body_is_known() {
        let mut members = MemberIndex::default();
        let (one, other) = (br#"{"a":1}"#, br#"{"b":1}"#);
        let first = members.read(one, IndexState::Unread);
        assert_eq!(members.read(one, first), first);
        let second = members.read(other, IndexState::Unread);
        assert_ne!(members.read(one, first), first);
        assert!(members.value(one, "a").is_some());
        assert_ne!(members.read(other, second), second);
    }

    #[test]
    fn only_objects_have_members() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGEST));
        for body in ["", "[1]", "7", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}", "{\"a\":01}", &large] {
            assert_eq!(MemberIndex::default().read(body.as_bytes(), IndexState::Unread), IndexState::Other, "{body}");
        }
    }
}
