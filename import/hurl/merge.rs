//! Merges expectations of members of the body into one map.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::draft::{Expect, Matcher};

/// A matcher to which members are added.
enum Tree {
    Object(IndexMap<String, Tree>),
    /// The items of an open list.
    List(Vec<Tree>),
    Leaf(Matcher),
}

impl Tree {
    fn new(matcher: Matcher) -> Self {
        match matcher {
            Matcher::Object(members) => {
                // A key that occurs twice stays as it was written.
                let count = members.iter().map(|(key, _)| key).collect::<HashSet<_>>().len();
                if count < members.len() {
                    return Self::Leaf(Matcher::Object(members));
                }
                Self::Object(members.into_iter().map(|(key, value)| (key, Self::new(value))).collect())
            }
            Matcher::List(items, true) => Self::List(items.into_iter().map(Self::new).collect()),
            other => Self::Leaf(other),
        }
    }

    /// Whether a matcher has no member in common with this one.
    fn fits(&self, new: &Matcher) -> bool {
        match (self, new) {
            (_, Matcher::Any) | (Self::Leaf(Matcher::Any), _) => true,
            (Self::Object(known), Matcher::Object(new)) => {
                new.iter().all(|(key, value)| known.get(key).is_none_or(|known| known.fits(value)))
            }
            (Self::List(known), Matcher::List(new, true)) => known.iter().zip(new).all(|(known, value)| known.fits(value)),
            _ => false,
        }
    }

    /// Adds a matcher that fits.
    fn add(&mut self, new: Matcher) {
        match (self, new) {
            (_, Matcher::Any) => {}
            (Self::Object(known), Matcher::Object(new)) => {
                for (key, value) in new {
                    match known.get_mut(&key) {
                        Some(known) => known.add(value),
                        None => drop(known.insert(key, Self::new(value))),
                    }
                }
            }
            (Self::List(known), Matcher::List(new, _)) => {
                for (at, value) in new.into_iter().enumerate() {
                    match known.get_mut(at) {
                        Some(known) => known.add(value),
                        None => known.push(Self::new(value)),
                    }
                }
            }
            (known, new) => *known = Self::new(new),
        }
    }

    fn matcher(self) -> Matcher {
        match self {
            Self::Object(members) => Matcher::Object(members.into_iter().map(|(key, value)| (key, value.matcher())).collect()),
            Self::List(items) => Matcher::List(items.into_iter().map(Self::matcher).collect(), true),
            Self::Leaf(matcher) => matcher,
        }
    }
}

/// Expectations that follow each other.
enum Part {
    Json(Tree),
    Headers(Vec<(String, Matcher)>, HashSet<String>),
    Other(Expect),
}

/// Merges the expectations of several members of the body into one map, and those of headers, too.
pub(crate) fn merged(expects: Vec<Expect>) -> Vec<Expect> {
    let mut out: Vec<Part> = Vec::new();
    let lower = |headers: &[(String, Matcher)]| headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect::<Vec<_>>();
    for expect in expects {
        match (out.last_mut(), expect) {
            (Some(Part::Headers(known, names)), Expect::Headers(new)) if lower(&new).iter().all(|name| !names.contains(name)) => {
                names.extend(lower(&new));
                known.extend(new);
            }
            (_, Expect::Headers(new)) => {
                let names = lower(&new).into_iter().collect();
                out.push(Part::Headers(new, names));
            }
            (Some(Part::Json(tree)), Expect::Json { exactly: false, matcher }) if tree.fits(&matcher) => tree.add(matcher),
            (_, Expect::Json { exactly: false, matcher }) => out.push(Part::Json(Tree::new(matcher))),
            (_, other) => out.push(Part::Other(other)),
        }
    }
    let expect = |part| match part {
        Part::Json(tree) => Expect::Json { exactly: false, matcher: tree.matcher() },
        Part::Headers(headers, _) => Expect::Headers(headers),
        Part::Other(other) => other,
    };
    out.into_iter().map(expect).collect()
}
