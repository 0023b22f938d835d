//! Sequences, tasks, users, and the blocks that run before and after a test.

pub(super) mod call_groups;
mod call_order;
pub(super) mod group_copies;
pub(super) mod sequences;
pub(super) mod weights;

use indexmap::IndexMap;

use crate::ast::{self, Item, UserMember};
use crate::check::Checker;
use crate::check::scope::{FuncKind, Global};
use crate::check::types::const_eval;
use crate::diagnostic::Code;
use crate::model::{Expr, Frame, LocalId, Routine, Type, User};
use crate::span::{FileId, Span};

impl<'a> Checker<'a> {
    pub(super) fn routine(&mut self, kind: FuncKind, context: String, blocks: &[&'a ast::Block]) -> Routine {
        self.apart(kind, context, |checker| checker.routine_body(kind, blocks))
    }

    fn routine_body(&mut self, kind: FuncKind, blocks: &[&'a ast::Block]) -> Routine {
        self.func.interrupt = Self::always_interrupts(kind);
        let mut body = Vec::new();
        for block in blocks {
            self.func.body = Some(block);
            body.extend(self.stmts(&block.stmts));
        }
        let shares = if kind == FuncKind::BeforeTest {
            self.shares()
        } else {
            self.unused_locals();
            Vec::new()
        };
        Routine { frame: std::mem::take::<Frame>(&mut self.func.frame), body, shares }
    }

    /// The locals of `before test` that become names for all users.
    pub(super) fn shares(&mut self) -> Vec<(LocalId, crate::model::SharedId)> {
        let mut shares = Vec::new();
        let mut names: Vec<(&'a str, LocalId)> = self.func.names.iter().map(|(n, id)| (*n, *id)).collect();
        names.sort_by_key(|(_, id)| *id);
        for (name, local) in names {
            let Some(Global::Shared(shared)) = self.values.get(name).map(|decl| decl.what) else {
                continue;
            };
            if self.shared_types[shared.0] == Type::Json {
                self.shared_types[shared.0] = self.func.state.ty(local);
            }
            shares.push((local, shared));
        }
        shares
    }

    pub(super) fn check_before_test(&mut self, order: &[FileId]) {
        let blocks = self.blocks(order, |item| match item {
            Item::BeforeTest(block) => Some(block),
            _ => None,
        });
        if !blocks.is_empty() {
            let routine = self.routine(FuncKind::BeforeTest, "before test".to_owned(), &blocks);
            self.program.before_test = Some(routine);
        }
        let renewal = |item: &'a Item| match item {
            Item::BeforeTestEvery(period, block) => Some((period, block)),
            _ => None,
        };
        let renewals: Vec<_> = order.iter().flat_map(|file| self.items(*file)).filter_map(renewal).collect();
        for (period, block) in renewals {
            let period = self.apart(FuncKind::File, "before test every".to_owned(), |checker| checker.period(period, "before test every"));
            let routine = self.routine(FuncKind::BeforeTest, "before test".to_owned(), &[block]);
            self.program.renewals.push((period, routine));
        }
    }

    /// Checks the period of `every`.
    fn period(&mut self, period: &'a ast::Expr, word: &str) -> Expr {
        let time = self.duration(period, &format!("`{word}` takes"));
        if const_eval::number(&time) == Some(0.0) {
            self.error(
                Code::Impossible,
                period.span,
                format!("missing time of `{word}`"),
                &format!("write, for example, `{word} 20m {{ }}`"),
            );
        }
        time
    }

    pub(super) fn check_after_test(&mut self, order: &[FileId]) {
        let blocks = self.blocks(order, |item| match item {
            Item::AfterTest(block) => Some(block),
            _ => None,
        });
        if !blocks.is_empty() {
            let routine = self.routine(FuncKind::AfterTest, "after test".to_owned(), &blocks);
            self.program.after_test = Some(routine);
        }
    }

    pub(super) fn blocks(&self, order: &[FileId], pick: fn(&'a Item) -> Option<&'a ast::Block>) -> Vec<&'a ast::Block> {
        order.iter().flat_map(|file| self.items(*file)).filter_map(pick).collect()
    }

    pub(super) fn check_users(&mut self) {
        let mut names: IndexMap<&'a str, Span> = IndexMap::new();
        for item in self.items(FileId(0)) {
            let Item::User(user) = item else {
                continue;
            };
            if let Some(first) = names.get(user.name.node.as_str()) {
                self.declared_twice(&user.name, *first);
            }
            names.insert(&user.name.node, user.name.span);
            self.user(user);
        }
        if names.is_empty() && !self.broken {
            let span = Span::new(FileId(0), 0, 0);
            let help = "add what a virtual user does: `user Shopper { run Shopping; wait 1s }`";
            self.error(Code::NothingRuns, span, "the spec has no user", help);
        }
        let weights: Vec<Expr> = self.program.users.iter().map(|user| user.weight.clone()).collect();
        if let Some((_, first)) = names.first() {
            self.check_weights(weights.iter(), *first, "the users");
        }
    }

    pub(super) fn user(&mut self, user: &'a ast::User) {
        let context = format!("user {}", user.name.node);
        let checked = self.apart(FuncKind::File, context, |checker| checker.user_members(user));
        self.program.users.extend(checked);
    }

    /// Checks a user. Returns `None` if it runs nothing, which it reports.
    fn user_members(&mut self, user: &'a ast::User) -> Option<User> {
        let name = &user.name.node;
        let mut seen: Vec<(&str, Span)> = Vec::new();
        let mut weight = user.weight.as_ref();
        let (mut run, mut wait, mut on_start, mut on_stop) = (None, None, None, None);
        let (mut every, mut runs, mut broken) = (Vec::new(), false, false);
        for member in &user.members {
            let (what, span) = match member {
                UserMember::Run(name, _, _) => ("run", name.span),
                UserMember::Wait(wait) => ("wait", wait_span(wait)),
                UserMember::Weight(e) => ("weight", e.span),
                UserMember::OnStart(block) => ("on start", block.span),
                UserMember::OnStop(block) => ("on stop", block.span),
                UserMember::Every(..) => ("every", Span::default()),
                UserMember::Broken(_) => {
                    broken = true;
                    continue;
                }
            };
            // A user may have any number of `every`.
            match seen.iter().find(|(other, _)| *other == what) {
                _ if what == "every" => {}
                Some(&(_, first)) => self.said_twice(what, span, first),
                None => seen.push((what, span)),
            }
            match member {
                UserMember::Run(name, args, _) => {
                    runs = true;
                    run = self.callee(name, args).map(|(pick, ..)| pick).or(run);
                }
                UserMember::Wait(it) => wait = self.wait(it, true),
                UserMember::Weight(e) => {
                    if let Some(first) = user.weight.as_ref().map(|first| first.span) {
                        self.said_twice("weight", e.span, first);
                    }
                    weight = Some(e);
                }
                UserMember::OnStart(block) => {
                    on_start = Some(self.routine(FuncKind::OnStart, format!("on start of {name}"), &[block]));
                }
                UserMember::OnStop(block) => {
                    on_stop = Some(self.routine(FuncKind::OnStop, format!("on stop of {name}"), &[block]));
                }
                UserMember::Every(e, block) => {
                    let time = self.period(e, "every");
                    every.push((time, self.routine(FuncKind::Every, format!("every of {name}"), &[block])));
                }
                UserMember::Broken(_) => {}
            }
        }
        let weight = self.weight(weight, user.name.span);
        if !runs && !broken {
            let help = "write `run SomeSequence` in it";
            self.error(Code::NothingRuns, user.name.span, format!("user `{name}` has nothing to run"), help);
        }
        Some(User { name: name.clone(), weight, run: run?, wait, on_start, on_stop, every, span: user.name.span })
    }
}

fn wait_span(wait: &ast::Wait) -> Span {
    match wait {
        ast::Wait::Fixed(e) | ast::Wait::Pacing(e) => e.span,
        ast::Wait::Between(from, to) => from.span.to(to.span),
    }
}
