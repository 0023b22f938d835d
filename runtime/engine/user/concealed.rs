//! The secrets that a user learns while it runs: values that its spec marks as secret or uses as credentials.

use std::borrow::Cow;
use std::collections::VecDeque;

use ecow::EcoString;

use super::User;
use crate::base::secrets::Secrets;
use crate::record::observe::KnownSecrets;
use crate::tables::Holder;
use crate::value::Value;

/// The most values that a user remembers. The oldest ones are dropped first.
const REMEMBERED: usize = 1000;
/// A shorter text is a word. Masking it would garble reports.
const SHORTEST: usize = 4;
/// A shorter cookie counts as a setting, such as `theme=dark`.
const SHORTEST_COOKIE: usize = 8;
/// A shorter number is a count or a status.
const SHORTEST_NUMBER: usize = 6;

/// The values that a user has learned, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Concealed(VecDeque<Learned>);

#[derive(Debug)]
struct Learned {
    text: EcoString,
    /// The iteration in which it was learned; `None` if the user holds it until it stops.
    iteration: Option<u64>,
}

impl User {
    /// Masks a value from now on: the part that `members` leads to, or the whole value if there are none.
    pub fn conceal(&self, value: &Value, members: &[&str]) {
        self.learn(value, members, self.starting.get());
    }

    /// Does the same. With `kept`, the user holds the value until it stops.
    pub(crate) fn learn(&self, value: &Value, members: &[&str], kept: bool) {
        let now = self.iteration.get();
        let values = &mut self.concealed.borrow_mut().0;
        // An answer may still show a value of the previous iteration, but none of an earlier one.
        values.retain(|known| known.iteration.is_none_or(|iteration| iteration + 1 >= now));
        texts(value, members, &mut |text| match values.iter_mut().find(|known| known.text == text) {
            Some(known) => known.iteration = known.iteration.and((!kept).then_some(now)),
            None => values.push_back(Learned { text, iteration: (!kept).then_some(now) }),
        });
        let excess = values.len().saturating_sub(REMEMBERED);
        values.drain(..excess);
    }

    /// A text without the secrets that the user knows.
    pub fn mask(&self, text: &str) -> String {
        self.secrets().mask(text)
    }
}

impl KnownSecrets for User {
    /// The secrets of the test, those that the user has learned, its cookies, and the present values of its secret variables.
    fn secrets(&self) -> Cow<'_, Secrets> {
        let mut found: Vec<String> = self.concealed.borrow().0.iter().map(|known| known.text.to_string()).collect();
        // A shorter cookie counts as a setting.
        found.extend(self.session.cookie_values().into_iter().filter(|value| value.len() >= SHORTEST_COOKIE));
        for secret in self.world.tables.secrets {
            let value = match secret.variable {
                Holder::Keep(index) => self.keeps.borrow().get(index).cloned(),
                Holder::Global(index) => self.world.globals.borrow().get(index).cloned(),
                Holder::Shared(index) => self.world.shared.borrow().get(index).cloned(),
            };
            if let Some(value) = value {
                texts(&value, secret.members, &mut |text| found.push(text.to_string()));
            }
        }
        if found.is_empty() { Cow::Borrowed(&self.world.secrets) } else { Cow::Owned(self.world.secrets.with(found)) }
    }
}

/// The texts and long numbers of a value, or of the part that `members` leads to. A list is searched item by item.
fn texts(value: &Value, members: &[&str], found: &mut dyn FnMut(EcoString)) {
    match (value, members) {
        (Value::List(items), _) => items.iter().for_each(|item| texts(item, members, found)),
        (Value::Object(object), [first, rest @ ..]) => {
            if let Some(member) = object.get(*first) {
                texts(member, rest, found);
            }
        }
        (Value::Object(object), []) => object.values().for_each(|member| texts(member, &[], found)),
        (Value::Str(text), []) if text.chars().nth(SHORTEST - 1).is_some() => found(text.clone()),
        (Value::Bytes(bytes), []) if bytes.len() >= SHORTEST => {
            if let Ok(text) = str::from_utf8(bytes) {
                found(text.into());
            }
        }
        (Value::Int(_) | Value::Exact(_), []) => {
            if let Ok(text) = value.to_text()
                && text.len() >= SHORTEST_NUMBER
            {
                found(text);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &str, members: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        texts(&Value::from_json(value.as_bytes()).unwrap(), members, &mut |text| all.push(text.to_string()));
        all
    }

    #[test]
    fn texts_of_a_value_are_found_at_the_end_of_its_members() {
        assert_eq!(found(r#""t0ken""#, &[]), ["t0ken"]);
        assert_eq!(found(r#"{"user":"anna","token":{"value":"t0ken"}}"#, &["token", "value"]), ["t0ken"]);
        assert_eq!(found(r#"[{"token":"t-one","x":"other"},{"token":"t-two"},{}]"#, &["token"]), ["t-one", "t-two"]);
        assert_eq!(
            found(r#"{"a":"long text","b":["item"],"c":"abc","d":12345,"e":123456,"f":null,"g":true}"#, &[]),
            ["long text", "item", "123456"]
        );
        assert!(found(r#""t0ken""#, &["member"]).is_empty());
    }
}
