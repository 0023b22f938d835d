//! Names of values: equal values share a name, and other values of the same name are numbered.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The names of values. Each costs the same, also the last of thousands with the same name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbered {
    /// The names that values were given, by the wanted name and the hash of the value.
    given: HashMap<(String, u64), Vec<String>>,
    /// The next number to try for a name.
    next: HashMap<String, usize>,
}

impl Numbered {
    /// The name of a value: that of an equal value, or the first free one of `numbered`, whose numbers start at 1. `is_same` compares the
    /// value with that of a name, and returns `None` for a name without a value.
    pub(crate) fn name(
        &mut self,
        wanted: &str,
        value: &[u8],
        numbered: impl Fn(usize) -> String,
        is_same: impl Fn(&str) -> Option<bool>,
    ) -> String {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        let given = self.given.entry((wanted.to_owned(), hasher.finish())).or_default();
        if let Some(name) = given.iter().find(|name| is_same(name) == Some(true)) {
            return name.clone();
        }
        let next = self.next.entry(wanted.to_owned()).or_insert(1);
        loop {
            let name = numbered(*next);
            *next += 1;
            if is_same(&name) != Some(false) {
                given.push(name.clone());
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::draft::Draft;

    /// With a search from the first number, this would take hours.
    #[test]
    fn files_of_one_name_are_numbered_and_equal_ones_shared() {
        let mut draft = Draft::default();
        let mut add = |path: &str, content: usize| draft.file(path, content.to_string().into_bytes());
        assert_eq!(add("data/a_2.txt", 7), "data/a_2.txt");
        let names: Vec<String> = (0..50_000).map(|content| add("data/a.txt", content)).collect();
        assert_eq!(names[..3], ["data/a.txt", "data/a_3.txt", "data/a_4.txt"]);
        assert_eq!(
            (add("data/a.txt", 0), add("data/a.txt", 1), add("data/a_2.txt", 7)),
            (names[0].clone(), names[1].clone(), "data/a_2.txt".into())
        );
        assert_eq!(draft.files.len(), 50_001);
    }
}
