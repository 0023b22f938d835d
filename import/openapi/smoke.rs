//! A smoke sequence for each group of operations: operations that create items come first, those that delete come last, and later steps use
//! the ids from earlier ones.

use std::collections::HashMap;

use super::Planned;
use super::chain::{Chains, hole};
use super::operation::{Operation, Response};
use super::refs::Files;
use super::request::{Argument, path_name};
use super::shape::shape;
use crate::draft::{Call, Draft, Expect, Expr, Matcher, Parts, Sequence, Source, Step, Stmt, Value};
use crate::names::Names;
use crate::web::is_secret_name;
use crate::words::singular;

/// The longest chain of operations that need each other's ids.
const CHAIN_MAX: usize = 4;

pub(super) struct Smoke<'a, 'd> {
    pub(super) files: &'a Files,
    pub(super) operations: &'a [Operation<'a>],
    pub(super) planned: &'a [Planned],
    pub(super) chains: &'a Chains<'a>,
    pub(super) draft: &'d mut Draft,
    /// The section of the environment.
    pub(super) section: &'a str,
    /// The names of the keys in it.
    pub(super) keys: Names,
    /// The keys of parameters that no response contains.
    pub(super) given: HashMap<String, Expr>,
}

/// A step that is being planned.
struct Planning {
    operation: usize,
    args: Vec<Expr>,
    takes: Vec<(String, Source)>,
}

/// The steps of a sequence so far.
struct Planner<'s> {
    steps: &'s mut Vec<Planning>,
    names: &'s mut Names,
    /// The operations that need the response of the one that is being planned.
    open: Vec<usize>,
}

impl Smoke<'_, '_> {
    /// The sequence `name` of the operations `members`.
    pub(super) fn sequence(&mut self, name: String, members: &[usize]) -> Sequence {
        let mut steps: Vec<Planning> = Vec::new();
        let mut names = Names::new();
        self.draft.apis.iter().for_each(|api| names.reserve(&api.name));
        let (mut last, first): (Vec<usize>, Vec<usize>) = members.iter().partition(|at| self.operations[**at].method == "DELETE");
        last.sort_by_key(|at| std::cmp::Reverse(self.operations[*at].path.matches('/').count()));
        for operation in first.into_iter().chain(last) {
            self.plan(operation, members, &mut Planner { steps: &mut steps, names: &mut names, open: Vec::new() });
        }
        let mut labels = Names::new();
        let body = steps.into_iter().map(|step| Stmt::Step(self.step(step, &mut labels))).collect();
        Sequence { name, body, ..Sequence::default() }
    }

    /// Plans an operation after those whose responses it needs.
    fn plan(&mut self, operation: usize, members: &[usize], planner: &mut Planner<'_>) {
        if planner.steps.iter().any(|step| step.operation == operation) {
            return;
        }
        planner.open.push(operation);
        let planned = self.planned;
        let args = planned[operation].arguments.iter().map(|argument| match argument {
            Argument::Value(value) => value.clone(),
            Argument::Path(number, value) => self.path_argument(operation, *number, value, members, planner),
        });
        let args = args.collect();
        planner.open.pop();
        planner.steps.push(Planning { operation, args, takes: Vec::new() });
    }

    fn path_argument(&mut self, operation: usize, number: usize, value: &Expr, members: &[usize], planner: &mut Planner<'_>) -> Expr {
        let (before, inside) = hole(self.operations[operation].path, number).unwrap_or_default();
        let wanted = variable(before, path_name(inside));
        let origin = self.chains.origin(operation, number, members);
        let Some(origin) = origin.filter(|origin| !planner.open.contains(&origin.operation) && planner.open.len() < CHAIN_MAX) else {
            return self.environment_key(&wanted, value);
        };
        self.plan(origin.operation, members, planner);
        let Some(step) = planner.steps.iter_mut().find(|step| step.operation == origin.operation) else { return value.clone() };
        if let Some((known, _)) = step.takes.iter().find(|(_, source)| *source == origin.source) {
            return Expr::code(known);
        }
        let name = planner.names.variable(&wanted, "id");
        step.takes.push((name.clone(), origin.source));
        Expr::Code(name)
    }

    /// A key of the environment for a value that no response contains; the tester has to provide one that exists.
    fn environment_key(&mut self, wanted: &str, value: &Expr) -> Expr {
        // Operations may disagree on the type of a parameter.
        let name = format!("{wanted} {:?}", std::mem::discriminant(value));
        if let Some(known) = self.given.get(&name) {
            return known.clone();
        }
        let plain = match value {
            Expr::Number(digits) => serde_yaml::from_str(digits).ok(),
            Expr::Bool(flag) => Some(serde_yaml::Value::Bool(*flag)),
            Expr::Text(text) => text.as_literal().map(|text| serde_yaml::Value::String(text.to_owned())),
            _ => None,
        };
        let read = match plain {
            Some(serde_yaml::Value::String(_)) if is_secret_name(wanted) => {
                let key = self.keys.word(wanted, "id");
                let process = crate::draft::variable(&[self.section, &key]);
                self.draft.tally.advise(format!("set {process} in the process environment before the test starts"));
                self.draft.env(&[self.section, &key], Value::Secret(process))
            }
            Some(plain) => {
                let key = self.keys.word(wanted, "id");
                self.draft.env(&[self.section, &key], Value::Plain(plain))
            }
            None => value.clone(),
        };
        self.given.insert(name, read.clone());
        read
    }

    fn step(&mut self, planning: Planning, labels: &mut Names) -> Step {
        let planned = &self.planned[planning.operation];
        let operation = &self.operations[planning.operation];
        let mut body: Vec<Stmt> = planned.comments.iter().cloned().map(Stmt::Comment).collect();
        let args = planning.args.into_iter().map(|arg| (None, arg)).collect();
        body.push(Stmt::Call(Call::Request { path: planned.call.clone(), args, parts: Parts::default() }));
        let responses = operation.responses(self.files);
        let expects = expectations(self.files, operation, &responses);
        self.draft.tally.carry("expectations", expects.len());
        body.extend(expects.into_iter().map(Stmt::Expect));
        let interrupt = !planning.takes.is_empty();
        self.draft.tally.carry("captures", planning.takes.len());
        body.extend(planning.takes.into_iter().map(|(name, source)| Stmt::Take { name, ty: None, source, or: None }));
        Step { name: labels.label(&planned.title), interrupt, body, ..Step::default() }
    }
}

/// The expectations from the documented responses.
fn expectations(files: &Files, operation: &Operation<'_>, responses: &[Response<'_>]) -> Vec<Expect> {
    let good: Vec<&Response<'_>> = responses.iter().filter(|response| response.status.starts_with('2')).collect();
    let statuses: Vec<String> = if good.is_empty() {
        let hops: Vec<String> =
            responses.iter().map(|response| response.status).filter(|status| status.starts_with('3')).map(status).collect();
        let any = responses.iter().any(|response| response.status == "default") || responses.is_empty();
        match responses.iter().find(|response| response.status != "default") {
            _ if !hops.is_empty() => hops,
            Some(only) if !any => vec![status(only.status)],
            _ => vec!["2xx".to_owned()],
        }
    } else {
        good.iter().map(|response| status(response.status)).collect()
    };
    let mut expects = vec![Expect::Status(statuses)];
    let shapes: Vec<Option<Matcher>> = good.iter().map(|response| response.schema.and_then(|schema| shape(files, schema))).collect();
    if let Some(Some(matcher)) = shapes.first()
        && shapes.iter().all(|other| other.as_ref() == Some(matcher))
        && operation.method != "HEAD"
    {
        expects.push(Expect::Json { exactly: false, matcher: matcher.clone() });
    }
    expects
}

/// Converts the status in a document: `200`, and `2xx` for `2XX`.
fn status(status: &str) -> String {
    status.to_lowercase()
}

/// The variable for a path parameter: `id` of `/pets/{id}` is `pet_id`.
fn variable(before: &str, name: &str) -> String {
    let generic = ["id", "uuid", "key", "name", "slug", "sid", "code", "number", "value"];
    if !generic.contains(&name.to_lowercase().as_str()) {
        return name.to_owned();
    }
    let owner = before.rsplit('/').find(|part| !part.is_empty() && !part.contains('{')).unwrap_or_default();
    format!("{} {name}", singular(owner))
}
