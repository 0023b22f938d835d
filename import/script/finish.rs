//! Turns a run into a draft: marks become captures, requests become requests of apis, and statements get their final form.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::prune::{counted, has_effect, prune, simplified};
use super::{Fate, Out, Run};
use crate::draft::{Call, Expr, Parts, Source, Step, Stmt, variables_read};
use crate::names::Names;
use crate::web::{Defined, Exchange, define, sentence};

/// The statements of a sequence or a block, before marks are resolved.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) out: Vec<Out>,
    pub(crate) names: Names,
}

/// A value that a step captures.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) or: Option<Expr>,
}

/// The state for resolving the marks of all bodies.
#[derive(Default)]
pub(super) struct Captures {
    pub(super) by_step: HashMap<usize, Vec<Capture>>,
    /// The body that contains each step.
    pub(super) bodies: HashMap<usize, usize>,
    pub(super) names: Vec<Names>,
    /// Whether the captures of the first body are visible everywhere.
    pub(super) is_first_global: bool,
    /// The names of captured values, by the number of their origin.
    pub(super) known: HashMap<usize, String>,
    /// Variables that a block assigns and that statements after it read.
    pub(super) hoisted: HashMap<usize, Vec<String>>,
    /// The numbers of `if` blocks.
    pub(super) branches: HashSet<usize>,
    /// Steps that have to succeed, because later statements need their values.
    pub(super) interrupt: HashSet<usize>,
}

impl Run<'_> {
    /// Converts bodies to statements. The first may be `before test`, whose captures are visible everywhere.
    pub(crate) fn finish(mut self, mut bodies: Vec<Body>, is_first_global: bool) -> Vec<Vec<Stmt>> {
        let mut captures = Captures { is_first_global, ..Captures::default() };
        for (number, body) in bodies.iter_mut().enumerate() {
            captures.names.push(std::mem::take(&mut body.names));
            each_step(&body.out, &mut |step| {
                captures.bodies.insert(step, number);
            });
        }
        if is_first_global {
            let others: Vec<Names> = captures.names[1..].to_vec();
            let first = &mut captures.names[0];
            others.iter().for_each(|names| first.reserve_all(names));
            first.reserve_all(&self.file_names);
        }
        for (number, body) in bodies.iter_mut().enumerate() {
            let mut out = std::mem::take(&mut body.out);
            self.resolve_block(&mut out, &mut captures, &mut Vec::new());
            body.out = out;
            if number == 0 && is_first_global {
                let first = captures.names[0].clone();
                captures.names[1..].iter_mut().for_each(|names| names.reserve_all(&first));
            }
        }
        let used: Vec<usize> = (0..self.steps.len()).filter(|step| captures.bodies.contains_key(step)).collect();
        let defined: Vec<usize> = used.iter().copied().filter(|step| self.steps[*step].inline.is_none()).collect();
        let exchanges: Vec<Exchange> = defined.iter().map(|step| self.steps[*step].exchange.clone()).collect();
        let calls: HashMap<usize, Defined> = defined.iter().copied().zip(define(self.draft, &exchanges)).collect();
        let mut labels = Labels::default();
        let expectations: usize = used.iter().map(|step| self.steps[*step].expectations.count()).sum();
        self.draft.tally.carry("requests", used.len());
        self.draft.tally.carry("expectations", expectations);
        self.draft.tally.carry("captures", captures.by_step.values().map(Vec::len).sum());
        let mut finished: Vec<Vec<Stmt>> =
            bodies.into_iter().map(|body| self.statements(body.out, &captures, &calls, &mut labels)).collect();
        self.declare_keeps(&mut finished);
        // The captures of the first body may be read everywhere.
        let elsewhere: HashSet<String> = match is_first_global {
            true => finished[1..].iter().flat_map(|body| variables_read(body)).collect(),
            false => HashSet::new(),
        };
        let none = HashSet::new();
        for (number, body) in finished.iter_mut().enumerate() {
            prune(body, &self.draft.variables, if number == 0 { &elsewhere } else { &none });
        }
        self.tally();
        self.settings_used(&finished);
        let text = format!("{finished:?} {:?} {:?}", self.draft.apis, self.draft.variables);
        self.draft.data.retain(|data| text.contains(&format!("next({})", data.name)) || text.contains(&format!("{}.all", data.name)));
        for api in &mut self.draft.apis {
            // k6 and Locust both keep cookies.
            api.cookies = true;
            if let Some(line) = self.health.get(&api.name) {
                api.healthcheck = Some((line.clone(), None));
                self.draft.tally.advise(format!("add the version to the health check of `{}`: `{{ version = json.MEMBER }}`", api.name));
            }
        }
        finished
    }

    /// Declares the variables of users.
    fn declare_keeps(&mut self, bodies: &mut [Vec<Stmt>]) {
        let read: HashSet<String> = bodies.iter().flat_map(|body| variables_read(body)).collect();
        let keeps = std::mem::take(&mut self.keeps);
        for (key, (name, first)) in keeps {
            if read.contains(&name) {
                let is_shared = key.starts_with("list ");
                self.draft.variables.push(if is_shared { Stmt::Let(name, first) } else { Stmt::Keep(name, first) });
            }
        }
    }

    /// Counts the fates of the statements.
    fn tally(&mut self) {
        let mut skipped: IndexMap<&'static str, usize> = IndexMap::new();
        let mut carried = 0;
        for fate in self.fates.values() {
            match fate {
                Fate::Carried => carried += 1,
                Fate::Skipped(kind) => *skipped.entry(kind).or_default() += 1,
                Fate::Left => {}
            }
        }
        self.draft.tally.carry("statements", carried);
        skipped.into_iter().for_each(|(kind, count)| self.draft.tally.skip(kind, count));
    }

    /// Adds the keys of the environment that the spec reads.
    fn settings_used(&mut self, bodies: &[Vec<Stmt>]) {
        let text = format!("{bodies:?} {:?} {:?} {}", self.draft.apis, self.draft.variables, self.outside);
        for (code, (key, value)) in std::mem::take(&mut self.settings) {
            let is_used = text
                .match_indices(&code)
                .any(|(at, _)| !text[at + code.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_'));
            if is_used {
                if let crate::draft::Value::Secret(variable) = &value {
                    self.draft.tally.advise(format!("set {variable} in the process environment before the test starts"));
                }
                self.draft.env(&["settings", &key], value);
            }
        }
    }

    fn statements(&mut self, block: Vec<Out>, captures: &Captures, calls: &HashMap<usize, Defined>, labels: &mut Labels) -> Vec<Stmt> {
        let mut statements: Vec<Stmt> = Vec::new();
        for out in block {
            if let Out::If(number, ..) | Out::For(number, ..) | Out::Repeat(number, ..) | Out::Poll(number, ..) = &out {
                for name in captures.hoisted.get(number).into_iter().flatten() {
                    statements.push(Stmt::Let(name.clone(), Expr::Null));
                }
            }
            let statement = match out {
                Out::Stmt(statement) => statement,
                Out::Step(number) => self.step(number, captures, calls, labels),
                Out::Group(name, body) => Stmt::Group(name, self.statements(body, captures, calls, labels)),
                Out::Parallel(body) => Stmt::Parallel(self.statements(body, captures, calls, labels)),
                Out::If(_, branches, otherwise) => {
                    let branches: Vec<(String, Vec<Stmt>)> =
                        branches.into_iter().map(|(condition, body)| (condition, self.statements(body, captures, calls, labels))).collect();
                    let otherwise = self.statements(otherwise, captures, calls, labels);
                    match simplified(branches, otherwise) {
                        Some(statement) => statement,
                        None => continue,
                    }
                }
                Out::For(_, name, over, body) => {
                    let body = self.statements(body, captures, calls, labels);
                    if !has_effect(&body) {
                        continue;
                    }
                    match counted(&over).filter(|_| !variables_read(&body).contains(&name)) {
                        Some(times) => Stmt::Repeat(Expr::code(times), body),
                        None => Stmt::For { name, over: Expr::code(over), parallel: None, body },
                    }
                }
                Out::Repeat(_, times, body) => Stmt::Repeat(Expr::code(times), self.statements(body, captures, calls, labels)),
                Out::Poll(_, every, times, until, body) => {
                    let body = self.statements(body, captures, calls, labels);
                    Stmt::Poll { every, times: Expr::Number(times.to_string()), until, body }
                }
            };
            statements.push(statement);
        }
        statements
    }

    fn step(&mut self, number: usize, captures: &Captures, calls: &HashMap<usize, Defined>, labels: &mut Labels) -> Stmt {
        let Some(draft) = self.steps.get(number).cloned() else { return Stmt::Blank };
        let (call, usual) = match (&draft.inline, calls.get(&number)) {
            (Some(Call::Submit { .. }), _) => (draft.inline.clone(), "Submit form".to_owned()),
            (Some(_), _) => (draft.inline.clone(), "Follow link".to_owned()),
            (None, Some(defined)) => {
                let call = Call::Request { path: defined.path.clone(), args: defined.args.clone(), parts: Parts::default() };
                (Some(call), labels.of(&defined.path, &sentence(&defined.name)))
            }
            (None, None) => (None, "Request".to_owned()),
        };
        let mut body: Vec<Stmt> = call.into_iter().map(Stmt::Call).collect();
        body.extend(draft.expectations.others.into_iter().map(Stmt::Expect));
        for capture in captures.by_step.get(&number).into_iter().flatten() {
            body.push(Stmt::Take { name: capture.name.clone(), ty: None, source: capture.source.clone(), or: capture.or.clone() });
        }
        let interrupt = draft.interrupt || captures.interrupt.contains(&number);
        let name = draft.name.unwrap_or(usual);
        for (trend, added) in &self.trends {
            if added.iter().all(|steps| !steps.is_empty()) && added.iter().flatten().any(|step| *step == number) {
                let names = self.draft.measured.entry(trend.clone()).or_default();
                names.push(name.clone());
                names.dedup();
            }
        }
        for (rate, added) in &self.rates {
            let of_failures = added.iter().any(|(of_failures, _)| *of_failures);
            let is_clear = added.iter().all(|(failures, steps)| *failures == of_failures && !steps.is_empty());
            if is_clear && added.iter().any(|(_, steps)| steps.contains(&number)) {
                let (_, names) = self.draft.rated.entry(rate.clone()).or_insert_with(|| (of_failures, Vec::new()));
                names.push(name.clone());
            }
        }
        Stmt::Step(Step { name, skip: draft.skip, interrupt, body })
    }
}

/// The names of steps. Each request has its own.
#[derive(Default)]
struct Labels {
    by_path: HashMap<String, String>,
    names: Names,
}

impl Labels {
    fn of(&mut self, path: &str, usual: &str) -> String {
        if let Some(known) = self.by_path.get(path) {
            return known.clone();
        }
        let label = self.names.label(usual);
        self.by_path.insert(path.to_owned(), label.clone());
        label
    }
}

fn each_step(block: &[Out], found: &mut impl FnMut(usize)) {
    for out in block {
        match out {
            Out::Step(step) => found(*step),
            Out::Group(_, body) | Out::Parallel(body) | Out::For(_, _, _, body) | Out::Repeat(_, _, body) | Out::Poll(_, _, _, _, body) => {
                each_step(body, found);
            }
            Out::If(_, branches, otherwise) => {
                branches.iter().for_each(|(_, body)| each_step(body, found));
                each_step(otherwise, found);
            }
            Out::Stmt(_) => {}
        }
    }
}
