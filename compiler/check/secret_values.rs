//! Finds the variables and data columns that hold secrets: those that are marked `secret`, and those from which a credential comes, through
//! any number of variables and calls. The generated code masks their values in everything that it shows.

use std::collections::{HashMap, HashSet};

use crate::ast::BinaryOp;
use crate::check::Checker;
use crate::check::lints::secrets::names_secret;
use crate::check::value_flow::{self, Additions, Slot, SlotOwner, Visitor};
use crate::model::{
    ApiId, Auth, Body, Const, DataId, EnvId, Expr, ExprKind, KeepId, Options, PathStep, Pattern, Program, Request, SecretHolder, Source,
    Take, TextPart,
};

/// The members that lead from a value to the secret in it; empty if the whole value is one.
type Members = Vec<String>;

/// The most members of a path. A longer one comes from a loop such as `set node = node.next`; the value at this depth counts as secret.
const DEEPEST: usize = 8;
/// The most paths in one variable. With more, its whole value counts as secret.
const PATHS: usize = 16;

impl Checker<'_> {
    /// Notes in the program which of its variables, columns and environment keys hold secrets.
    pub(super) fn find_secrets(&mut self) {
        let Found { slots, columns, env } = SecretFlow::of(&self.program);
        let program = &mut self.program;
        env.into_iter().for_each(|EnvId(id)| program.env[id].is_credential = true);
        for (DataId(id), column) in columns {
            let data = &mut program.data[id];
            if data.columns.iter().any(|(name, _)| *name == column) && !data.secrets.contains(&column) {
                data.secrets.push(column);
            }
        }
        let mut blocks = HashMap::new();
        let mut slots: Vec<(Slot, Members)> =
            slots.into_iter().flat_map(|(slot, all)| shortest(all).into_iter().map(move |one| (slot, one))).collect();
        // The order of a map is random, but a spec always compiles to the same code.
        slots.sort_by(|a, b| a.1.cmp(&b.1));
        for (slot, members) in slots {
            let (owner, local) = match slot {
                Slot::Keep(id) => {
                    program.secrets.push((SecretHolder::Keep(id), members));
                    continue;
                }
                Slot::Global(id) => {
                    program.secrets.push((SecretHolder::Global(id), members));
                    continue;
                }
                Slot::Shared(id) => {
                    program.secrets.push((SecretHolder::Shared(id), members));
                    continue;
                }
                Slot::Local(owner, local) => (owner, local),
            };
            match owner {
                SlotOwner::Sequence(id) => program.sequences[id].frame.secrets.push((local, members)),
                SlotOwner::Tasks(id) => program.tasks[id].frame.secrets.push((local, members)),
                SlotOwner::Block(id) => blocks.entry(id).or_insert_with(Vec::new).push((local, members)),
                // The parameters of a request are used in its own exchange only, which masks what it sends as a credential.
                SlotOwner::Request(_) | SlotOwner::File => {}
            }
        }
        for (id, routine) in value_flow::routines_mut(program).enumerate() {
            routine.frame.secrets = blocks.remove(&id).unwrap_or_default();
        }
        let frames =
            program.sequences.iter_mut().map(|sequence| &mut sequence.frame).chain(program.tasks.iter_mut().map(|tasks| &mut tasks.frame));
        frames.for_each(|frame| frame.secrets.sort());
        value_flow::routines_mut(program).for_each(|routine| routine.frame.secrets.sort());
        program.secrets.sort_by_key(|(holder, _)| match holder {
            SecretHolder::Keep(id) => (0, id.0),
            SecretHolder::Global(id) => (1, id.0),
            SecretHolder::Shared(id) => (2, id.0),
        });
        program.data.iter_mut().for_each(|data| data.secrets.sort());
    }
}

/// Without those that a shorter one covers.
fn shortest(mut all: Vec<Members>) -> Vec<Members> {
    all.sort();
    let mut kept: Vec<Members> = Vec::new();
    for members in all {
        if !kept.iter().any(|shorter| members.starts_with(shorter)) {
            kept.push(members);
        }
    }
    kept
}

/// The flow of secrets, against the direction of the values.
#[derive(Default)]
struct SecretFlow<'p> {
    /// The JSONPaths of the program.
    paths: &'p [String],
    assigned: HashMap<Slot, Vec<(SlotOwner, &'p Expr)>>,
    copied: HashMap<Slot, Vec<Slot>>,
    /// Expressions whose values are secrets, and the variables that are known to hold some.
    sinks: Vec<(SlotOwner, &'p Expr)>,
    sources: Vec<Slot>,
    found: Found,
}

/// What holds a secret.
#[derive(Default)]
struct Found {
    slots: HashMap<Slot, Vec<Members>>,
    columns: HashSet<(DataId, String)>,
    env: HashSet<EnvId>,
}

impl<'p> SecretFlow<'p> {
    fn of(program: &'p Program) -> Found {
        let mut flow = Self { paths: &program.paths, ..Self::default() };
        value_flow::walk(program, &mut flow);
        let marked = |(id, _)| Slot::Keep(KeepId(id));
        let marked = program.keeps.iter().enumerate().filter(|(_, keep)| keep.secret).map(marked);
        let mut open: Vec<(Slot, Members)> = marked.chain(std::mem::take(&mut flow.sources)).map(|slot| (slot, Members::new())).collect();
        for (owner, value) in std::mem::take(&mut flow.sinks) {
            flow.expr(owner, value, &[], &mut open);
        }
        while let Some((slot, mut members)) = open.pop() {
            let known = flow.found.slots.entry(slot).or_default();
            members.truncate(if known.len() < PATHS { DEEPEST } else { 0 });
            if known.iter().any(|shorter| members.starts_with(shorter)) {
                continue;
            }
            known.push(members.clone());
            open.extend(flow.copied.get(&slot).into_iter().flatten().map(|from| (*from, members.clone())));
            for (owner, value) in flow.assigned.get(&slot).cloned().unwrap_or_default() {
                flow.expr(owner, value, &members, &mut open);
            }
        }
        flow.found
    }

    /// Adds the variables from which an expression, or the part of it that `members` leads to, gets its value.
    fn expr(&mut self, owner: SlotOwner, value: &'p Expr, members: &[String], open: &mut Vec<(Slot, Members)>) {
        match &value.kind {
            ExprKind::Local(local) => open.push((Slot::Local(owner, *local), members.to_vec())),
            ExprKind::Keep(keep) => open.push((Slot::Keep(*keep), members.to_vec())),
            ExprKind::Global(global) => open.push((Slot::Global(*global), members.to_vec())),
            ExprKind::Shared(shared) => open.push((Slot::Shared(*shared), members.to_vec())),
            ExprKind::Env(key) if members.is_empty() => {
                self.found.env.insert(*key);
            }
            ExprKind::Next(data, _) | ExprKind::Rows(data) => {
                if let Some(column) = members.first() {
                    self.found.columns.insert((*data, column.clone()));
                }
            }
            ExprKind::Member(base, name) => self.member(owner, base, name, members, open),
            ExprKind::Index(base, index) => match &index.kind {
                ExprKind::Const(Const::Str(name)) => self.member(owner, base, name, members, open),
                _ => self.expr(owner, base, members, open),
            },
            ExprKind::Object(entries) => match members {
                [] => entries.iter().for_each(|(_, value)| self.expr(owner, value, &[], open)),
                [first, rest @ ..] => {
                    entries.iter().filter(|(key, _)| key == first).for_each(|(_, value)| self.expr(owner, value, rest, open));
                }
            },
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(owner, item, members, open)),
            ExprKind::If(_, yes, no) => [yes, no].into_iter().for_each(|value| self.expr(owner, value, members, open)),
            ExprKind::Weighted(choices) => choices.iter().for_each(|(_, value)| self.expr(owner, value, members, open)),
            ExprKind::Members(value) => self.expr(owner, value, members, open),
            ExprKind::Text(parts) => {
                for part in parts {
                    if let TextPart::Hole(value, _) = part {
                        self.expr(owner, value, &[], open);
                    }
                }
            }
            ExprKind::Slice(value, ..) | ExprKind::Capture(value, ..) => self.expr(owner, value, &[], open),
            ExprKind::Binary(left, BinaryOp::Add, right) => {
                [left, right].into_iter().for_each(|value| self.expr(owner, value, members, open))
            }
            ExprKind::Call(name, args) => {
                let within = if HANDED_ON.contains(name) { members } else { &[] };
                let secret = secret_arguments(name, args.len());
                args.iter()
                    .enumerate()
                    .filter(|(index, _)| secret.contains(index))
                    .for_each(|(_, arg)| self.expr(owner, arg, within, open));
            }
            _ => {}
        }
    }

    fn member(&mut self, owner: SlotOwner, base: &'p Expr, name: &str, members: &[String], open: &mut Vec<(Slot, Members)>) {
        let mut path = vec![name.to_owned()];
        path.extend_from_slice(members);
        self.expr(owner, base, &path, open);
    }

    /// The members of a value whose names are those of credentials.
    fn named(&mut self, owner: SlotOwner, key: &str, value: &'p Expr) {
        if names_secret(key) {
            self.sinks.push((owner, value));
            return;
        }
        self.within(owner, value);
    }

    fn within(&mut self, owner: SlotOwner, value: &'p Expr) {
        match &value.kind {
            ExprKind::Object(members) => members.iter().for_each(|(key, member)| self.named(owner, key, member)),
            ExprKind::List(items) => items.iter().for_each(|item| self.within(owner, item)),
            ExprKind::If(_, yes, no) => [yes, no].into_iter().for_each(|value| self.within(owner, value)),
            _ => {}
        }
    }

    fn fields(&mut self, owner: SlotOwner, fields: &'p [(String, Expr)]) {
        fields.iter().for_each(|(key, value)| self.named(owner, key, value));
    }

    fn body(&mut self, owner: SlotOwner, body: &'p Body) {
        match body {
            Body::Json(value) => self.within(owner, value),
            Body::Form(fields) | Body::Multipart(fields) | Body::Graphql(_, fields) => self.fields(owner, fields),
            Body::None | Body::Text(_) | Body::Bytes(_) => {}
        }
    }

    fn sent(&mut self, owner: SlotOwner, options: &'p Options) {
        self.fields(owner, &options.headers);
        if let Some(auth) = &options.auth {
            self.auth(owner, auth);
        }
    }
}

impl<'p> Visitor<'p> for SecretFlow<'p> {
    fn assign(&mut self, slot: Slot, owner: SlotOwner, value: &'p Expr) {
        self.assigned.entry(slot).or_default().push((owner, value));
        self.within(owner, value);
    }

    fn copy(&mut self, slot: Slot, from: Slot) {
        self.copied.entry(slot).or_default().push(from);
    }

    fn take(&mut self, owner: SlotOwner, take: &'p Take) {
        let is_cookie = matches!(take.source.kind, ExprKind::Source(Source::Cookie(_)));
        if is_cookie || source_name(&take.source, self.paths).is_some_and(|name| names_secret(&name)) {
            self.sources.push(Slot::Local(owner, take.local));
        }
    }

    fn request(&mut self, owner: SlotOwner, request: &'p Request) {
        self.sent(owner, &request.options);
        self.fields(owner, &request.query);
        self.body(owner, &request.body);
    }

    fn additions(&mut self, owner: SlotOwner, _api: ApiId, additions: Additions<'p>) {
        self.sent(owner, additions.options);
        self.fields(owner, additions.fields);
        additions.body.into_iter().for_each(|body| self.body(owner, body));
    }

    fn options(&mut self, options: &'p Options) {
        self.sent(SlotOwner::File, options);
    }

    fn auth(&mut self, owner: SlotOwner, auth: &'p Auth) {
        match auth {
            Auth::Bearer(value) | Auth::Basic(_, value) | Auth::Header(_, value) => self.sinks.push((owner, value)),
            Auth::None | Auth::Aws(..) => {}
        }
    }
}

/// Functions whose result contains their arguments with their members.
const HANDED_ON: [&str; 10] = ["merge", "without", "one_of", "sample", "first", "last", "reverse", "sort", "unique", "camel"];

/// The arguments of a function that are secret if its result is: of a signature the key, of other functions all.
fn secret_arguments(name: &str, count: usize) -> std::ops::Range<usize> {
    match name {
        "jwt" => 1..2,
        "totp" => 0..1,
        name if name.starts_with("hmac_") => 0..1,
        _ => 0..count,
    }
}

/// The name of what a take reads: the last member of a JSON path, a header.
fn source_name(source: &Expr, paths: &[String]) -> Option<String> {
    match &source.kind {
        ExprKind::Source(Source::Json(path)) => path.iter().rev().find_map(|step| match step {
            PathStep::Key(key) => Some(key.clone()),
            PathStep::Index(_) => None,
        }),
        ExprKind::Source(Source::Header(name, _)) => match &name.kind {
            ExprKind::Const(Const::Str(name)) => Some(name.clone()),
            _ => None,
        },
        ExprKind::Source(Source::JsonPath { path: Pattern::Known(id), .. }) => {
            let path = paths.get(id.0)?.trim_end_matches("[*]").trim_end_matches([']', '\'', '"']);
            path.rsplit(|character: char| !character.is_alphanumeric() && !matches!(character, '_' | '-')).next().map(str::to_owned)
        }
        ExprKind::Member(_, name) => Some(name.clone()),
        _ => None,
    }
}
