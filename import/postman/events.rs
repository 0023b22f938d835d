//! Collects the assignments and uses of the variables that scripts set, in the order of the collection.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::plan::Node;
use super::script::{Set, What};
use super::variables::{Variables, words_of};
use crate::write::{expectation, inline};

/// An event of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A `take` sets it.
    Take,
    /// A `set` sets it; `reads` tells whether the expression reads the response.
    Set {
        reads: bool,
    },
    Use,
}

/// The events of a collection.
pub(super) struct Gathered {
    /// The variables of the spec.
    pub(super) names: IndexSet<String>,
    /// The events by variable: the sequence, the event, and, for a use in the value of another variable, the name of that variable.
    pub(super) events: IndexMap<String, Vec<(usize, Event, Option<String>)>>,
}

impl Gathered {
    /// Gathers the events of the nodes of a sequence.
    pub(super) fn nodes(&mut self, nodes: &[Node], sequence: usize, variables: &mut Variables) {
        for node in nodes {
            match node {
                Node::Group(_, nodes) => self.nodes(nodes, sequence, variables),
                Node::Step(step) => {
                    self.sets(&step.before, sequence, variables);
                    step.args.iter().for_each(|name| self.add(name, sequence, Event::Use, None));
                    for expect in &step.expects {
                        self.uses(&expectation(expect), sequence, None);
                    }
                    self.sets(&step.after, sequence, variables);
                }
            }
        }
    }

    fn add(&mut self, name: &str, sequence: usize, event: Event, within: Option<&str>) {
        self.events.entry(name.to_owned()).or_default().push((sequence, event, within.map(str::to_owned)));
    }

    fn uses(&mut self, code: &str, sequence: usize, within: Option<&str>) {
        let code = code_only(code);
        let mut used: Vec<usize> = words_of(&code).filter_map(|word| self.names.get_index_of(word)).collect();
        used.sort_unstable();
        used.dedup();
        let used: Vec<String> = used.into_iter().filter_map(|at| self.names.get_index(at).cloned()).collect();
        used.iter().for_each(|name| self.add(name, sequence, Event::Use, within));
    }

    fn sets(&mut self, sets: &[Set], sequence: usize, variables: &mut Variables) {
        for set in sets {
            let name = variables.name(&set.key);
            if let What::Is(value, _) = &set.value {
                self.uses(&inline(value), sequence, Some(&name));
                if is_same(value, &name) {
                    // Its value comes from outside of the collection.
                    self.add(&name, sequence, Event::Use, None);
                }
            }
            let event = match &set.value {
                What::Take(_) => Event::Take,
                What::Is(_, reads) => Event::Set { reads: *reads },
            };
            self.add(&name, sequence, event, None);
        }
    }

    /// The events without the uses in values of variables that are never read.
    pub(super) fn live(self, api_code: &str) -> IndexMap<String, Vec<(usize, Event)>> {
        let of_api: HashSet<&str> = words_of(api_code).collect();
        // A variable that is read only in its own value counts as never read.
        let is_use =
            |name: &str, (_, event, within): &(usize, Event, Option<String>)| *event == Event::Use && within.as_deref() != Some(name);
        let mut uses: HashMap<&str, usize> = HashMap::new();
        let mut within: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, events) in &self.events {
            let used = events.iter().filter(|event| is_use(name, event));
            uses.insert(name, used.clone().count());
            used.filter_map(|(_, _, outer)| outer.as_deref()).for_each(|outer| within.entry(outer).or_default().push(name));
        }
        let is_unread = |name: &str, uses: &HashMap<&str, usize>| uses.get(name) == Some(&0) && !of_api.contains(name);
        let mut unread: Vec<&str> = uses.keys().copied().filter(|name| is_unread(name, &uses)).collect();
        while let Some(name) = unread.pop() {
            for inner in within.remove(name).unwrap_or_default() {
                uses.entry(inner).and_modify(|count| *count -= 1);
                if is_unread(inner, &uses) {
                    unread.push(inner);
                }
            }
        }
        let is_read = |name: &str| !is_unread(name, &uses);
        let of = |name: &str, events: &[(usize, Event, Option<String>)]| -> Vec<(usize, Event)> {
            let live = events.iter().filter(|(.., outer)| outer.as_deref().is_none_or(|outer| outer != name && is_read(outer)));
            live.map(|(sequence, event, _)| (*sequence, *event)).collect()
        };
        self.events.iter().map(|(name, events)| (name.clone(), of(name, events))).collect()
    }
}

/// Whether a value is the variable itself, so that an assignment would change nothing.
pub(super) fn is_same(value: &crate::draft::Expr, name: &str) -> bool {
    let code = inline(value);
    code == name || code.strip_prefix("\"{").and_then(|rest| rest.strip_suffix("}\"")) == Some(name)
}

/// Code without the characters of its literal texts, but with the expressions in template literals.
pub(super) fn code_only(code: &str) -> String {
    let mut out = String::new();
    let mut depth: Vec<char> = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        let in_text = depth.last() == Some(&'"');
        match c {
            '\\' if in_text => {
                chars.next();
            }
            '"' if in_text => {
                depth.pop();
                out.push(' ');
            }
            '"' => depth.push('"'),
            '{' if in_text && chars.peek() == Some(&'{') => {
                chars.next();
            }
            '{' => {
                depth.push('{');
                out.push(' ');
            }
            '}' if !in_text => {
                depth.pop();
                out.push(' ');
            }
            _ if in_text => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_literal_texts_are_not_uses() {
        assert_eq!(
            code_only(r#"expect json { id: "id {name} {{x}}" }"#).split_whitespace().collect::<Vec<_>>(),
            ["expect", "json", "id:", "name"]
        );
    }
}
