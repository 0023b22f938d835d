//! Warns of maps that `keys camel` does not reach: it respells the keys of literal maps in a request, but a map that comes through an
//! argument or a variable is sent unchanged.
//!
//! The lint follows which map may end up in which variable through the whole program, whatever the order of its statements.

use std::collections::{HashMap, HashSet};

use crate::ast;
use crate::check::Checker;
use crate::check::expr::key_spelling;
use crate::check::value_flow::{self, Additions, Slot, SlotOwner, Visitor};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ApiId, Body, Expect, ExpectKind, Expr, ExprKind, Matcher, Program, Request};
use crate::span::Span;

/// The origin of a value, or of a part of it.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// A literal object.
    Map(Span),
    Slot(Slot),
}

/// The flow of maps between variables.
struct Flow<'w> {
    into: HashMap<Slot, Vec<Origin>>,
    /// JSON that is sent or expected under `keys camel`, with the location of its expression.
    sinks: Vec<(Vec<Origin>, Span)>,
    /// Whether an api has `keys camel`, by [`ApiId`].
    camel: &'w [bool],
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

impl<'w> Flow<'w> {
    fn of(program: &Program, camel: &'w [bool]) -> Self {
        let mut flow = Self { into: HashMap::new(), sinks: Vec::new(), camel };
        value_flow::walk(program, &mut flow);
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

    fn sink(&mut self, function: SlotOwner, value: &Expr) {
        self.sinks.push((origins(function, value), value.span));
    }

    fn is_camel(&self, api: ApiId) -> bool {
        self.camel.get(api.0).copied().unwrap_or(false)
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

    fn matcher(&mut self, function: SlotOwner, matcher: &Matcher) {
        match matcher {
            Matcher::Value(value) | Matcher::Compare(_, value) => self.sink(function, value),
            Matcher::Each(inner) => self.matcher(function, inner),
            Matcher::OneOf(items) | Matcher::List { items, .. } => items.iter().for_each(|item| self.matcher(function, item)),
            Matcher::Object(members) => members.iter().for_each(|(_, member)| self.matcher(function, member)),
            Matcher::Any | Matcher::Absent | Matcher::Type(_) | Matcher::Regex(..) | Matcher::Const(_) => {}
        }
    }
}

impl<'p> Visitor<'p> for Flow<'_> {
    fn assign(&mut self, slot: Slot, owner: SlotOwner, value: &'p Expr) {
        self.into.entry(slot).or_default().extend(origins(owner, value));
    }

    fn copy(&mut self, slot: Slot, from: Slot) {
        self.into.entry(slot).or_default().push(Origin::Slot(from));
    }

    fn request(&mut self, owner: SlotOwner, request: &'p Request) {
        if self.is_camel(request.api) {
            self.body(owner, &request.body);
        }
    }

    fn additions(&mut self, owner: SlotOwner, api: ApiId, additions: Additions<'p>) {
        if let Some(body) = additions.body.filter(|_| self.is_camel(api)) {
            self.body(owner, body);
        }
    }

    fn expects(&mut self, owner: SlotOwner, api: ApiId, expects: &'p [Expect]) {
        if !self.is_camel(api) {
            return;
        }
        for expect in expects {
            if let ExpectKind::Json { matcher, .. } = &expect.kind {
                self.matcher(owner, matcher);
            }
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
