//! Steps before they are written, and the lifetimes of the variables that scripts set: a sequence, or the user.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::events::{Event, Gathered};
use super::script::{Set, What};
use super::variables::{Variables, words_of};
use crate::draft::{Call, Expect, Expr, Parts, Sequence, Source, Step, Stmt, Wait};
use crate::names::Names;
use crate::write::inline;

/// A step, and the actions of its scripts before and after it.
#[derive(Clone, Debug, Default)]
pub(super) struct StepPlan {
    pub(super) name: String,
    /// `shop.pets.create`; empty for scripts without a request.
    pub(super) call: String,
    /// The variables that the request takes as arguments.
    pub(super) args: Vec<String>,
    pub(super) expects: Vec<Expect>,
    /// The variables that are set before the request.
    pub(super) before: Vec<Set>,
    /// The variables that are set after the request.
    pub(super) after: Vec<Set>,
    /// Pauses before it, in milliseconds.
    pub(super) waits: Vec<u64>,
    pub(super) comments: Vec<String>,
}

/// A step, or a folder within a folder.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Step(Box<StepPlan>),
    Group(String, Vec<Node>),
}

/// A sequence.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
}

/// The lifetime of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    /// One call of its sequence.
    Sequence,
    /// The lifetime of the user.
    User,
    /// The variable is never read.
    Unused,
}

/// Writes the sequences, and the file-level variables that they need.
pub(super) fn write(plans: Vec<Plan>, variables: &mut Variables, api_code: &str) -> (Vec<Stmt>, Vec<Sequence>) {
    let mut gathered = Gathered { names: variables.names_in_use().clone(), events: IndexMap::new() };
    for (number, plan) in plans.iter().enumerate() {
        gathered.nodes(&plan.nodes, number, variables);
    }
    let events = gathered.live(api_code);
    let of_api: HashSet<&str> = words_of(api_code).collect();
    let lifetimes: HashMap<String, Lifetime> =
        events.iter().map(|(name, events)| (name.clone(), lifetime(events, of_api.contains(name.as_str())))).collect();
    let mut keeps = Vec::new();
    let mut texts = HashSet::new();
    for (name, events) in events.iter().filter(|(name, _)| lifetimes[*name] == Lifetime::User) {
        // The collection's value is needed if the variable is read before a script sets it.
        let initial = variables.key_of(name).filter(|key| variables.defined.get(key).is_some_and(|value| !value.is_empty()));
        let initial = initial.filter(|_| matches!(events.first(), Some((_, Event::Use))));
        let value = match initial {
            Some(key) => {
                texts.insert(name.clone());
                Expr::Code(variables.environment(&key))
            }
            None => Expr::Null,
        };
        keeps.push(Stmt::Keep(name.clone(), value));
    }
    let mut writer = Writer { lifetimes, texts, variables };
    let sequences = plans.into_iter().map(|plan| writer.sequence(plan)).collect();
    (keeps, sequences)
}

fn lifetime(events: &[(usize, Event)], in_api: bool) -> Lifetime {
    if !in_api && !events.iter().any(|(_, event)| *event == Event::Use) {
        return Lifetime::Unused;
    }
    let one = events.iter().all(|(sequence, _)| *sequence == events[0].0);
    let sets: Vec<Event> = events.iter().map(|(_, event)| *event).filter(|event| *event != Event::Use).collect();
    let takes = sets.iter().all(|event| *event == Event::Take);
    let once = sets.as_slice() == [Event::Set { reads: false }];
    let first = matches!(events.first(), Some((_, Event::Take | Event::Set { .. })));
    if one && first && !in_api && (takes || once) { Lifetime::Sequence } else { Lifetime::User }
}

struct Writer<'v> {
    lifetimes: HashMap<String, Lifetime>,
    /// Variables of the user whose first value is a text, so that all their values are texts.
    texts: HashSet<String>,
    variables: &'v mut Variables,
}

impl Writer<'_> {
    fn sequence(&mut self, plan: Plan) -> Sequence {
        let body = self.nodes(plan.nodes, &mut Names::new());
        Sequence { name: plan.name, body, ..Sequence::default() }
    }

    fn nodes(&mut self, nodes: Vec<Node>, labels: &mut Names) -> Vec<Stmt> {
        let mut body = Vec::new();
        for node in nodes {
            match node {
                Node::Group(name, nodes) => {
                    let inner = self.nodes(nodes, &mut Names::new());
                    body.push(Stmt::Group(labels.label(&name), inner));
                }
                Node::Step(step) => self.step(*step, labels, &mut body),
            }
        }
        body
    }

    fn step(&mut self, plan: StepPlan, labels: &mut Names, body: &mut Vec<Stmt>) {
        for set in &plan.before {
            body.extend(self.outside(set));
        }
        body.extend(plan.waits.into_iter().map(|ms| Stmt::Wait(Wait::ms(ms))));
        if plan.call.is_empty() {
            body.extend(plan.comments.into_iter().map(Stmt::Comment));
            return;
        }
        let mut step = Step { name: labels.label(&plan.name), ..Step::default() };
        step.body.extend(plan.comments.into_iter().map(Stmt::Comment));
        let args = plan.args.into_iter().map(|name| (None, Expr::Code(name))).collect();
        step.body.push(Stmt::Call(Call::Request { path: plan.call, args, parts: Parts::default() }));
        step.body.extend(plan.expects.into_iter().map(Stmt::Expect));
        let mut behind = Vec::new();
        for set in &plan.after {
            let name = self.variables.name(&set.key);
            match (&set.value, self.lifetimes.get(&name)) {
                (_, None | Some(Lifetime::Unused)) => {}
                (What::Take(source), Some(Lifetime::Sequence)) => {
                    step.interrupt = true;
                    step.body.push(Stmt::Take { name, ty: None, source: source.clone(), or: None });
                }
                (What::Take(source), Some(Lifetime::User)) => step.body.push(Stmt::Set(name, code(source))),
                (What::Is(value, true), Some(_)) => step.body.push(Stmt::Set(name.clone(), self.typed(&name, value))),
                (What::Is(_, false), Some(_)) => behind.extend(self.outside(set)),
            }
        }
        body.push(Stmt::Step(step));
        body.extend(behind);
    }

    /// An assignment outside of a step.
    fn outside(&mut self, set: &Set) -> Option<Stmt> {
        let name = self.variables.name(&set.key);
        let What::Is(value, false) = &set.value else { return None };
        if super::events::is_same(value, &name) {
            // The script keeps the value that the variable already has.
            return None;
        }
        match self.lifetimes.get(&name)? {
            Lifetime::Unused => None,
            Lifetime::Sequence => Some(Stmt::Let(name, value.clone())),
            Lifetime::User => Some(Stmt::Set(name.clone(), self.typed(&name, value))),
        }
    }

    /// A value with the type of the variable.
    fn typed(&self, name: &str, value: &Expr) -> Expr {
        match value {
            value if !self.texts.contains(name) => value.clone(),
            Expr::Text(_) => value.clone(),
            Expr::Number(digits) => Expr::text(digits),
            Expr::Bool(flag) => Expr::text(flag.to_string()),
            other => Expr::Code(format!("string({})", inline(other))),
        }
    }
}

fn code(source: &Source) -> Expr {
    Expr::Code(source.what.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_of_one_sequence_is_local() {
        use Event::{Set, Take, Use};
        assert_eq!(lifetime(&[(0, Take), (0, Use)], false), Lifetime::Sequence);
        assert_eq!(lifetime(&[(0, Take), (1, Use)], false), Lifetime::User);
        assert_eq!(lifetime(&[(0, Use), (0, Take)], false), Lifetime::User);
        assert_eq!(lifetime(&[(0, Take)], false), Lifetime::Unused);
        assert_eq!(lifetime(&[(0, Set { reads: false }), (0, Take), (0, Use)], false), Lifetime::User);
        assert_eq!(lifetime(&[(0, Take), (0, Use)], true), Lifetime::User);
    }
}
