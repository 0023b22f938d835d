//! Combines the expectations of members of a JSON body into patterns as a person would write them.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::draft::Matcher;

/// The highest index of a list's item that is written explicitly.
pub(crate) const INDEX_MAX: usize = 5;

/// A part of the path to a member of the JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Key(String),
    Index(usize),
    /// Every item of a list.
    Each,
}

/// A pattern that is being built.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(Matcher),
    Object(IndexMap<String, Tree>),
    Items(BTreeMap<usize, Tree>),
    Each(Box<Tree>),
}

/// Patterns for the whole body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trees {
    trees: Vec<Tree>,
}

impl Trees {
    /// Adds an expectation of the member at `path`.
    pub(crate) fn expect(&mut self, path: &[Member], matcher: Matcher) {
        for tree in &mut self.trees {
            if tree.insert(path, &matcher) {
                return;
            }
        }
        self.trees.push(Tree::of(path, matcher));
    }

    /// The patterns.
    pub(crate) fn matchers(self) -> impl Iterator<Item = Matcher> {
        self.trees.into_iter().map(Tree::matcher)
    }
}

impl Tree {
    fn of(path: &[Member], matcher: Matcher) -> Self {
        match path.split_first() {
            None => Self::Leaf(matcher),
            Some((Member::Key(key), rest)) => Self::Object(IndexMap::from([(key.clone(), Self::of(rest, matcher))])),
            Some((Member::Index(index), rest)) => Self::Items(BTreeMap::from([(*index, Self::of(rest, matcher))])),
            Some((Member::Each, rest)) => Self::Each(Box::new(Self::of(rest, matcher))),
        }
    }

    /// Adds the expectation to this pattern. Returns whether that was possible.
    fn insert(&mut self, path: &[Member], matcher: &Matcher) -> bool {
        match (&mut *self, path.split_first()) {
            // `Any` adds nothing, and a pattern replaces a type, because it is more specific.
            (Self::Leaf(known), None) if known == matcher || *matcher == Matcher::Any => true,
            (Self::Leaf(known), None) if *known == Matcher::Any => {
                *known = matcher.clone();
                true
            }
            (Self::Leaf(Matcher::Any | Matcher::Type("object" | "list")), Some(_)) => {
                *self = Self::of(path, matcher.clone());
                true
            }
            (Self::Object(_), None) => matches!(matcher, Matcher::Any | Matcher::Type("object")),
            (Self::Items(_) | Self::Each(_), None) => matches!(matcher, Matcher::Any | Matcher::Type("list")),
            (Self::Object(members), Some((Member::Key(key), rest))) => match members.get_mut(key) {
                Some(tree) => tree.insert(rest, matcher),
                None => {
                    members.insert(key.clone(), Self::of(rest, matcher.clone()));
                    true
                }
            },
            (Self::Items(items), Some((Member::Index(index), rest))) => match items.get_mut(index) {
                Some(tree) => tree.insert(rest, matcher),
                None => {
                    items.insert(*index, Self::of(rest, matcher.clone()));
                    true
                }
            },
            (Self::Each(tree), Some((Member::Each, rest))) => tree.insert(rest, matcher),
            _ => false,
        }
    }

    fn matcher(self) -> Matcher {
        match self {
            Self::Leaf(matcher) => matcher,
            Self::Object(members) => Matcher::Object(members.into_iter().map(|(key, tree)| (key, tree.matcher())).collect()),
            Self::Each(tree) => Matcher::Each(Box::new(tree.matcher())),
            Self::Items(mut items) => {
                let last = items.keys().next_back().copied().unwrap_or_default();
                let list = (0..=last).map(|index| items.remove(&index).map_or(Matcher::Any, Self::matcher)).collect();
                Matcher::List(list, true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Expr;

    #[test]
    fn expectations_of_members_become_one_pattern() {
        let key = |key: &str| Member::Key(key.to_owned());
        let mut trees = Trees::default();
        trees.expect(&[], Matcher::Type("object"));
        trees.expect(&[key("id")], Matcher::Type("number"));
        trees.expect(&[key("items"), Member::Index(1), key("a")], Matcher::Value(Expr::Null));
        trees.expect(&[key("items"), Member::Each], Matcher::Type("object"));
        trees.expect(&[key("id")], Matcher::Any);
        let matchers: Vec<Matcher> = trees.matchers().collect();
        assert_eq!(matchers.len(), 2);
        let Matcher::Object(members) = &matchers[0] else { panic!("{matchers:?}") };
        assert_eq!(members[0], ("id".to_owned(), Matcher::Type("number")));
        assert!(matches!(&members[1].1, Matcher::List(items, true) if items[0] == Matcher::Any && items.len() == 2));
    }
}
