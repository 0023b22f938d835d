//! Branches and loops: the state of variables after them, and the statements that can end them.

use std::rc::Rc;

use crate::ast::{self, ForIter, StmtKind as Ast};
use crate::check::Checker;
use crate::check::flow::assignment::{Assigned, State};
use crate::check::scope::{BranchNames, Loop, VarKind};
use crate::check::types::Kinds;
use crate::check::types::const_eval;
use crate::diagnostic::Code;
use crate::model::{Block, ExprKind, Iter, LocalId, StmtKind, Type};
use crate::span::{Name, Span};

impl<'a> Checker<'a> {
    pub(in crate::check) fn branches(
        &mut self,
        branches: &'a [(ast::Expr, ast::Block)],
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> StmtKind {
        let mut checked = Vec::with_capacity(branches.len());
        let mut ends = Vec::with_capacity(branches.len() + 1);
        for (condition, body) in branches {
            let condition = self.branch_condition(condition);
            let entry = self.func.state.clone();
            let body = self.block(body);
            ends.push(std::mem::replace(&mut self.func.state, entry));
            checked.push((condition, body));
        }
        let otherwise = otherwise.map_or_else(Vec::new, |body| self.block(body));
        ends.insert(0, std::mem::take(&mut self.func.state));
        self.func.state = State::meet_all(ends, Assigned::Branch(head(span)));
        StmtKind::If(checked, otherwise)
    }

    /// Checks the body of a loop.
    pub(in crate::check) fn round(&mut self, body: &'a ast::Block, surely: bool, span: Span) -> Block {
        let entry = self.func.state.clone();
        self.func.loops.push(Loop::Plain(Vec::new()));
        let body = self.block(body);
        let why = Assigned::Loop(head(span));
        let end = std::mem::take(&mut self.func.state);
        let mut exits = if surely { vec![end] } else { vec![entry, end] };
        if let Some(Loop::Plain(breaks)) = self.func.loops.pop() {
            exits.extend(breaks);
        }
        self.func.state = State::meet_all(exits, why);
        body
    }

    pub(in crate::check) fn each(
        &mut self,
        name: &'a Name,
        iter: &'a ForIter,
        parallel: Option<&'a ast::Expr>,
        body: &'a ast::Block,
        span: Span,
    ) -> StmtKind {
        let mut surely = false;
        let (iter, item) = match iter {
            ForIter::Each(e) => {
                let list = self.want(e, Kinds::LIST, "`for` iterates over");
                let item = match &list.ty {
                    Type::List(item) => (**item).clone(),
                    _ => Type::Json,
                };
                surely = matches!(&list.kind, ExprKind::List(items) if !items.is_empty());
                (Iter::Each(list), item)
            }
            ForIter::Range(from, to) => {
                let from = self.want_int(from, "the start of a range is");
                let to = self.want_int(to, "the end of a range is");
                if let (Some(x), Some(y)) = (const_eval::int(&from), const_eval::int(&to)) {
                    self.check_order(x as f64, y as f64, from.span.to(to.span), false);
                    surely = x <= y;
                }
                (Iter::Range(from, to), Type::Int)
            }
        };
        let parallel = parallel.map(|e| self.count(e, "`parallel` takes", 1));
        self.check_hides(name);
        let hidden = self.func.names.get(name.node.as_str()).copied();
        if let Some(id) = hidden.filter(|id| self.func.state.status(*id) == Assigned::Set && !self.func.vars[id.0].retired) {
            let first = self.func.vars[id.0].span;
            self.declared_twice(name, first);
        }
        let first = self.func.frame.locals.len();
        let entry = self.func.state.clone();
        let local = self.new_local(&name.node, item, name.span, VarKind::Loop);
        let body = if parallel.is_some() { self.in_parallel(first, |checker| checker.block(body)) } else { self.round(body, surely, span) };
        let mut own = Vec::new();
        if parallel.is_some() {
            self.func.state = entry;
            for index in first..self.func.frame.locals.len() {
                let id = LocalId(index);
                self.func.vars[index].retired = true;
                self.func.state.mark(id, Assigned::Own(head(span)));
                if id != local {
                    own.push(id);
                }
            }
        }
        self.func.vars[local.0].retired = true;
        self.func.state.mark(local, Assigned::Own(head(span)));
        if let Some(hidden) = hidden {
            self.func.names.insert(&name.node, hidden);
        }
        StmtKind::For { local, iter, parallel, own, body }
    }

    pub(super) fn break_stmt(&mut self, span: Span) -> Option<StmtKind> {
        match self.func.loops.last_mut() {
            Some(Loop::Plain(breaks)) => {
                breaks.push(self.func.state.clone());
                self.func.state.live = false;
                Some(StmtKind::Break)
            }
            Some(Loop::Border) => {
                self.out_of_parallel("break", span);
                None
            }
            None => {
                let help = "write `leave` to end the sequence";
                self.error(Code::NoLoop, span, "unexpected `break` outside a loop", help);
                None
            }
        }
    }

    pub(in crate::check) fn leave(&mut self, span: Span) -> Option<StmtKind> {
        if self.func.parallel > 0 {
            self.out_of_parallel("leave", span);
        }
        self.check_gives(Some(span));
        self.func.state.live = false;
        Some(StmtKind::Leave)
    }

    pub(super) fn out_of_parallel(&mut self, what: &str, span: Span) {
        let message = format!("unexpected `{what}` in a parallel branch");
        self.error(Code::NoLoop, span, message, "move it after the parallel part");
    }

    pub(in crate::check) fn poll(&mut self, poll: &'a ast::Poll, span: Span) -> StmtKind {
        let every = self.duration(&poll.every, "the time between tries is");
        let times = self.count(&poll.times, "`up to` takes", 1);
        let body = self.round(&poll.body, true, span);
        // After a failed step, `until` is not evaluated, so here all takes count as assigned.
        let known = self.func.state.clone();
        let trusted = std::mem::replace(&mut self.func.trusts_all, true);
        let until = self.branch_condition(&poll.until);
        self.func.trusts_all = trusted;
        self.func.state = known;
        StmtKind::Poll { every, times, until, written: self.written(poll.until.span).to_owned(), body }
    }

    pub(in crate::check) fn parallel(&mut self, body: &'a ast::Block) -> StmtKind {
        let mut names = BranchNames::new();
        for (branch, stmt) in body.stmts.iter().enumerate() {
            for assigned in crate::check::flow::parallel::assigned_by(stmt) {
                names.entry(&assigned.name.node).or_default().push((branch, assigned.name.span));
            }
        }
        let names = Rc::new(names);
        let entry = self.func.state.clone();
        let mut branches = Vec::new();
        let mut out = Vec::new();
        for (index, stmt) in body.stmts.iter().enumerate() {
            let is_branch = matches!(
                stmt.kind,
                Ast::Step(_)
                    | Ast::Run { .. }
                    | Ast::Group(..)
                    | Ast::If { .. }
                    | Ast::For { .. }
                    | Ast::Repeat(..)
                    | Ast::Retry(_)
                    | Ast::Poll(_)
                    | Ast::Broken
            );
            if !is_branch {
                let help = "move it before or after the `parallel`; its branches are steps, `run`, groups and loops";
                self.error(Code::NotABranch, stmt.span, "unexpected statement, expected a branch of `parallel`", help);
                continue;
            }
            self.func.state = entry.clone();
            let floor = self.func.floor;
            self.in_parallel(floor, |checker| {
                checker.deeper(|checker| checker.beside(&names, index, |checker| checker.stmt(stmt, &mut out)))
            });
            branches.push(std::mem::take(&mut self.func.state));
        }
        self.func.state = entry.gather(branches);
        StmtKind::Parallel(out)
    }
}

/// The first line of a statement, so that a label does not underline its whole body.
fn head(span: Span) -> Span {
    Span { end: span.start.saturating_add(2).min(span.end), ..span }
}
