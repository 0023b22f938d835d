//! Warns of maps that `keys camel` does not reach: it respells the keys of literal maps in a request, but a map that comes through an
//! argument or a variable is sent unchanged.
//!
//! The lint follows which map may end up in which variable through the whole program, whatever the order of its statements.

use std::collections::{HashMap, HashSet};

use crate::ast;
use crate::check::Checker;
use crate::check::expr::key_spelling;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Block, Body, Exchange, Expect, ExpectKind, Expr, ExprKind, GlobalId, Iter, KeepId, LocalId, Matcher, Program, Request, RequestId,
    Routine, SharedId, Step, Stmt, StmtKind, TaskPick, Then,
};
use crate::span::Span;

/// The function that a local belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum SlotOwner {
    Request(usize),
    Sequence(usize),
    Tasks(usize),
    /// Blocks that no statement calls, numbered in the order of the walk.
    Block(usize),
}

/// A variable, which holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Local(SlotOwner, LocalId),
    Keep(KeepId),
    Global(GlobalId),
    Shared(SharedId),
}

/// The origin of a value, or of a part of it.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// A literal object.
    Map(Span),
    Slot(Slot),
}

/// The flow of values between variables.
#[derive(Default)]
struct Flow {
    into: HashMap<Slot, Vec<Origin>>,
    /// JSON that is sent or expected under `keys camel`, with the location of its expression.
    sinks: Vec<(Vec<Origin>, Span)>,
    blocks: usize,
}

impl<'a> Checker<'a> {
    /// Records the first unquoted key of a map that `keys camel` would respell.
    pub(in crate::check) fn note_plain_keys(&mut self, entries: &'a [ast::Entry], span: Span) {
        let plain = |entry: &&ast::Entry| !entry.key.quoted && key_spelling::camel(&entry.key.text) != entry.key.text;
        if let Some(entry) = entries.iter().find(plain) {
            self.plain_keys.insert(span, (entry.key.text.clone(), entry.key.span));
        }
    }

    /// Warns of maps whose keys `keys camel` does not respell.
    pub(in crate::check) fn lint_plain_keys(&mut self) {
        if self.plain_keys.is_empty() || self.broken || self.incomplete() {
            return;
        }
        let camel: Vec<bool> = self.apis.iter().map(|api| api.camel).collect();
        let flow = Flow::of(&self.program, &camel);
        let mut reported: HashSet<Span> = HashSet::new();
        for (origins, sink) in &flow.sinks {
            for map in flow.maps(origins) {
                let Some((key, span)) = self.plain_keys.get(&map).cloned() else { continue };
                if !reported.insert(map) {
                    continue;
                }
                let written = self.written(*sink).split_whitespace().collect::<Vec<_>>().join(" ");
                let message = format!("`{key}` is sent unchanged: `keys camel` changes only keys of maps written in the body itself");
                let fix = format!("write `camel({written})` there, or quote the key to keep its spelling");
                self.report(Diagnostic::new(Code::PlainKeys, span, message).also(*sink, "used as JSON under `keys camel` here").help(fix));
            }
        }
    }
}

impl Flow {
    fn of(program: &Program, camel: &[bool]) -> Self {
        let mut flow = Self::default();
        let mut walk = OriginWalk { flow: &mut flow, program, camel };
        for (id, request) in program.requests.iter().enumerate() {
            walk.request(SlotOwner::Request(id), request);
        }
        for (id, global) in program.globals.iter().enumerate() {
            walk.assign(Slot::Global(GlobalId(id)), SlotOwner::Block(0), &global.value);
        }
        for (id, keep) in program.keeps.iter().enumerate() {
            walk.assign(Slot::Keep(KeepId(id)), SlotOwner::Block(0), &keep.value);
        }
        for (id, sequence) in program.sequences.iter().enumerate() {
            walk.block(SlotOwner::Sequence(id), &sequence.body);
        }
        for (id, tasks) in program.tasks.iter().enumerate() {
            tasks.members.iter().for_each(|(_, member)| walk.pick(SlotOwner::Tasks(id), member));
        }
        for user in &program.users {
            walk.pick(SlotOwner::Block(0), &user.run);
            let every = user.every.iter().map(|(_, routine)| routine);
            user.on_start.iter().chain(&user.on_stop).chain(every).for_each(|routine| walk.routine(routine));
        }
        program
            .before_test
            .iter()
            .chain(program.renewals.iter().map(|(_, routine)| routine))
            .chain(&program.after_test)
            .for_each(|routine| walk.routine(routine));
        flow
    }

    /// All maps from which these origins may come.
    fn maps(&self, origins: &[Origin]) -> Vec<Span> {
        let mut seen: HashSet<Slot> = HashSet::new();
        let mut open: Vec<Origin> = origins.to_vec();
        let mut maps = Vec::new();
        while let Some(origin) = open.pop() {
            match origin {
                Origin::Map(span) => maps.push(span),
                Origin::Slot(slot) if seen.insert(slot) => open.extend(self.into.get(&slot).into_iter().flatten()),
                Origin::Slot(_) => {}
            }
        }
        maps.sort_by_key(|span| (span.file, span.start));
        maps
    }
}

struct OriginWalk<'w> {
    flow: &'w mut Flow,
    program: &'w Program,
    /// Whether an api has `keys camel`, by [`crate::model::ApiId`].
    camel: &'w [bool],
}

impl OriginWalk<'_> {
    fn assign(&mut self, slot: Slot, function: SlotOwner, value: &Expr) {
        let origins = origins(function, value);
        self.flow.into.entry(slot).or_default().extend(origins);
    }

    fn sink(&mut self, function: SlotOwner, value: &Expr) {
        self.flow.sinks.push((origins(function, value), value.span));
    }

    fn request(&mut self, function: SlotOwner, request: &Request) {
        if self.is_camel(request.api.0) {
            self.body(function, &request.body);
        }
    }

    fn is_camel(&self, api: usize) -> bool {
        self.camel.get(api).copied().unwrap_or(false)
    }

    fn body(&mut self, function: SlotOwner, body: &Body) {
        if let Body::Json(value) = body {
            // Each value of a literal map is checked on its own, so that the fix names its location.
            self.within(function, value);
        }
    }

    fn within(&mut self, function: SlotOwner, value: &Expr) {
        match &value.kind {
            ExprKind::Object(members) => members.iter().for_each(|(_, member)| self.within(function, member)),
            ExprKind::List(items) => items.iter().for_each(|item| self.within(function, item)),
            ExprKind::If(_, yes, no) => [yes, no].into_iter().for_each(|value| self.within(function, value)),
            _ => self.sink(function, value),
        }
    }

    fn expects(&mut self, function: SlotOwner, expects: &[Expect]) {
        for expect in expects {
            if let ExpectKind::Json { matcher, .. } = &expect.kind {
                self.matcher(function, matcher);
            }
        }
    }

    fn matcher(&mut self, function: SlotOwner, matcher: &Matcher) {
        match matcher {
            Matcher::Value(value) | Matcher::Compare(_, value) => self.sink(function, value),
            Matcher::Each(inner) => self.matcher(function, inner),
            Matcher::OneOf(items) | Matcher::List { items, .. } => items.iter().for_each(|item| self.matcher(function, item)),
            Matcher::Object(members) => members.iter().for_each(|(_, member)| self.matcher(function, member)),
            Matcher::Any | Matcher::Absent | Matcher::Type(_) | Matcher::Regex(..) | Matcher::Const(_) => {}
        }
    }

    fn routine(&mut self, routine: &Routine) {
        self.flow.blocks += 1;
        let function = SlotOwner::Block(self.flow.blocks);
        self.block(function, &routine.body);
        for (local, shared) in &routine.shares {
            let origin = Origin::Slot(Slot::Local(function, *local));
            self.flow.into.entry(Slot::Shared(*shared)).or_default().push(origin);
        }
    }

    fn block(&mut self, function: SlotOwner, block: &Block) {
        block.iter().for_each(|stmt| self.stmt(function, stmt));
    }

    fn stmt(&mut self, function: SlotOwner, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Step(step) => self.step(function, step),
            StmtKind::Run { takes, callee } => {
                self.pick(function, callee);
                if let TaskPick::Sequence(id, _) = callee
                    && let Some(sequence) = self.program.sequences.get(id.0)
                {
                    for (take, give) in takes.iter().zip(&sequence.gives) {
                        let origin = Origin::Slot(Slot::Local(SlotOwner::Sequence(id.0), *give));
                        self.flow.into.entry(Slot::Local(function, *take)).or_default().push(origin);
                    }
                }
            }
            StmtKind::Assign(local, value) => self.assign(Slot::Local(function, *local), function, value),
            StmtKind::AssignKeep(keep, value) => self.assign(Slot::Keep(*keep), function, value),
            StmtKind::If(branches, otherwise) => {
                branches.iter().for_each(|(_, block)| self.block(function, block));
                self.block(function, otherwise);
            }
            StmtKind::For { local, iter, body, .. } => {
                if let Iter::Each(list) = iter {
                    self.assign(Slot::Local(function, *local), function, list);
                }
                self.block(function, body);
            }
            StmtKind::Finally { body, always } => {
                self.block(function, body);
                self.block(function, always);
            }
            StmtKind::Repeat(_, body) | StmtKind::Retry { body, .. } | StmtKind::Poll { body, .. } | StmtKind::Group(_, body) => {
                self.block(function, body);
            }
            StmtKind::Parallel(branches) => branches.iter().for_each(|stmt| self.stmt(function, stmt)),
            _ => {}
        }
    }

    fn step(&mut self, function: SlotOwner, step: &Step) {
        self.block(function, &step.before);
        let api = match &step.exchange {
            Exchange::Call { request: RequestId(id), args, body, .. } => {
                for (param, arg) in args.iter().enumerate() {
                    self.assign(Slot::Local(SlotOwner::Request(*id), LocalId(param)), function, arg);
                }
                let api = self.program.requests.get(*id).map(|request| request.api.0);
                if let Some(body) = body.as_ref().filter(|_| api.is_some_and(|api| self.is_camel(api))) {
                    self.body(function, body);
                }
                api
            }
            Exchange::Inline(request) => {
                self.request(function, request);
                Some(request.api.0)
            }
            Exchange::Submit { api, .. } => Some(api.0),
        };
        if api.is_some_and(|api| self.is_camel(api)) {
            self.expects(function, &step.expects);
        }
        for then in &step.then {
            match then {
                Then::Take(take) => {
                    if let Some(fallback) = &take.fallback {
                        self.assign(Slot::Local(function, take.local), function, fallback);
                    }
                }
                Then::Stmt(stmt) => self.stmt(function, stmt),
            }
        }
    }

    fn pick(&mut self, function: SlotOwner, pick: &TaskPick) {
        let (callee, args) = match pick {
            TaskPick::Sequence(id, args) => (SlotOwner::Sequence(id.0), args),
            TaskPick::Tasks(id, args) => (SlotOwner::Tasks(id.0), args),
            TaskPick::Step(step) => return self.step(function, step),
        };
        for (param, arg) in args.iter().enumerate() {
            self.assign(Slot::Local(callee, LocalId(param)), function, arg);
        }
    }
}

/// The origins of an expression's value. The result of `camel` has none, because its keys are already respelled.
fn origins(function: SlotOwner, value: &Expr) -> Vec<Origin> {
    let mut found = Vec::new();
    gather(function, value, &mut found);
    found
}

fn gather(function: SlotOwner, value: &Expr, found: &mut Vec<Origin>) {
    /// Functions whose result contains the maps of their arguments.
    const HANDED_ON: [&str; 9] = ["merge", "without", "one_of", "sample", "first", "last", "reverse", "sort", "unique"];
    let mut within = |value: &Expr| gather(function, value, found);
    match &value.kind {
        ExprKind::Object(members) => {
            members.iter().for_each(|(_, member)| within(member));
            found.push(Origin::Map(value.span));
        }
        ExprKind::List(items) => items.iter().for_each(within),
        ExprKind::If(_, yes, no) => [yes, no].into_iter().for_each(|value| within(value)),
        ExprKind::Weighted(choices) => choices.iter().for_each(|(_, value)| within(value)),
        ExprKind::Call(name, args) if HANDED_ON.contains(name) => args.iter().for_each(within),
        ExprKind::Binary(left, crate::ast::BinaryOp::Add, right) => [left, right].into_iter().for_each(|value| within(value)),
        ExprKind::Local(local) => found.push(Origin::Slot(Slot::Local(function, *local))),
        ExprKind::Keep(keep) => found.push(Origin::Slot(Slot::Keep(*keep))),
        ExprKind::Global(global) => found.push(Origin::Slot(Slot::Global(*global))),
        ExprKind::Shared(shared) => found.push(Origin::Slot(Slot::Shared(*shared))),
        _ => {}
    }
}
