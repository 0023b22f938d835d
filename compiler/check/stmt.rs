//! Statements, and what is known behind each.

use super::flow::Status;
use super::scope::{FuncKind, Global, Loop, VarKind};
use super::types::{self, Kinds, a};
use super::{Checker, const_eval};
use crate::ast::{self, ForIter, StmtKind as Ast};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Block, Expr, ExprKind, Iter, LocalId, Stmt, StmtKind, Type, Wait};
use crate::span::{Name, Span};

impl<'a> Checker<'a> {
    /// The statements of a block.
    pub(super) fn block(&mut self, block: &'a ast::Block) -> Block {
        self.func.depth += 1;
        let checked = self.stmts(&block.stmts);
        self.func.depth -= 1;
        checked
    }

    /// The statements of a function's body.
    pub(super) fn stmts(&mut self, stmts: &'a [ast::Stmt]) -> Block {
        let mut out = Vec::with_capacity(stmts.len());
        let mut said = !self.func.state.live;
        for stmt in stmts {
            if !self.func.state.live && !said {
                said = true;
                self.error(
                    Code::Unreachable,
                    stmt.span,
                    "this is never reached",
                    "leave it out, or move it above what ends the block",
                );
            }
            self.stmt(stmt, &mut out);
        }
        out
    }

    /// A statement.
    pub(super) fn stmt(&mut self, stmt: &'a ast::Stmt, out: &mut Block) {
        let span = stmt.span;
        let kind = match &stmt.kind {
            Ast::Step(step) => self.step(step).map(|step| StmtKind::Step(Box::new(step))),
            Ast::Exchange(_) => {
                let help = "put it into one: `step \"Name\" { … }`";
                self.error(Code::OutsideStep, span, "a request is sent by a step", help);
                None
            }
            Ast::Expect(_) => {
                let help = "put it into the step of the request that it is about";
                self.error(Code::OutsideStep, span, "an expectation belongs to a step", help);
                None
            }
            Ast::Take(take) => {
                let help = "put it into the step of the request; for anything else say `let`";
                self.error(Code::OutsideStep, span, "a take belongs to a step", help);
                self.assign(&take.name, Type::Json, VarKind::Take);
                None
            }
            Ast::Run {
                takes,
                callee,
                args,
            } => self.run_stmt(takes, callee, args, span),
            Ast::Let(it) => {
                let value = self.typed_value(it);
                let ty = match &value.ty {
                    Type::Null => Type::Json,
                    other => other.clone(),
                };
                let local = self.assign(&it.name, ty, VarKind::Let);
                Some(StmtKind::Assign(local, value))
            }
            Ast::Keep(it) => {
                let help = "a `keep` lives through all turns of a user: declare it at file level, and `set` it here";
                self.error(Code::NotHere, span, "`keep` stands at file level", help);
                self.assign(&it.name, Type::Json, VarKind::Let);
                None
            }
            Ast::Set(target, value) => self.set(&target.name, value),
            Ast::SetAuth(api, auth) => {
                let found = self.find_api(api);
                let auth = self.auth(auth);
                found.map(|api| StmtKind::SetAuth(api, auth))
            }
            Ast::Reset(api) => self.find_api(api).map(StmtKind::Reset),
            Ast::Wait {
                wait,
                between_steps,
            } => self.wait_stmt(wait, *between_steps, span),
            Ast::If {
                branches,
                otherwise,
            } => Some(self.branches(branches, otherwise.as_ref(), span)),
            Ast::Repeat(times, body) => {
                let times = self.count(times, "`repeat` takes", 0);
                let surely = const_eval::int(&times).is_some_and(|n| n > 0);
                let body = self.round(body, surely, span);
                Some(StmtKind::Repeat(times, body))
            }
            Ast::For {
                name,
                iter,
                parallel,
                body,
            } => Some(self.each(name, iter, parallel.as_ref(), body, span)),
            Ast::Break => self.break_stmt(span),
            Ast::Leave => self.leave(span),
            Ast::StopUser => {
                if matches!(self.func.kind, FuncKind::BeforeTest | FuncKind::AfterTest) {
                    self.error(Code::NotHere, span, "here is no user to stop", "say `fail \"why\"` to end the test");
                } else if self.func.parallel > 0 {
                    self.out_of_parallel("stop user", span);
                }
                self.func.state.live = false;
                Some(StmtKind::StopUser)
            }
            Ast::Fail(why) => {
                let why = self.printed(why);
                self.func.state.live = false;
                Some(StmtKind::Fail(why))
            }
            Ast::Log(what) => Some(StmtKind::Log(self.printed(what))),
            Ast::Parallel(body) => Some(self.parallel(body)),
            Ast::Retry(retry) => {
                let times = self.count(&retry.times, "`retry` takes", 1);
                let every = retry.every.as_ref().map(|e| self.duration(e, "the time between tries is"));
                let body = self.round(&retry.body, true, span);
                Some(StmtKind::Retry { times, every, body })
            }
            Ast::Poll(poll) => Some(self.poll(poll, span)),
            Ast::Group(name, body) => {
                if name.node.trim().is_empty() {
                    self.error(Code::StepName, name.span, "a group needs a name", "say what its steps do together, such as \"Checkout\"");
                }
                let line = self.groups.get(&(name.span.file, name.span.start)).copied();
                let body = self.block(body);
                line.map(|line| StmtKind::Group(line, body))
            }
            Ast::Broken => {
                self.func.broken = true;
                None
            }
        };
        out.extend(kind.map(|kind| Stmt { kind, span }));
    }

    fn printed(&mut self, e: &'a ast::Expr) -> Expr {
        let value = self.expr(e);
        self.check_printable(&value);
        value
    }

    /// A whole number that is at least `least`.
    pub(super) fn count(&mut self, e: &'a ast::Expr, what: &str, least: i64) -> Expr {
        let value = self.want(e, Kinds::INT, what);
        if const_eval::int(&value).is_some_and(|n| n < least) {
            let message = format!("{what} {least} at least");
            self.error(Code::Impossible, e.span, message, "");
        }
        value
    }

    fn set(&mut self, name: &'a Name, value: &'a ast::Expr) -> Option<StmtKind> {
        let new = self.expr(value);
        let word = name.node.as_str();
        if let Some(&id) = self.func.names.get(word) {
            return self.set_local(id, name, new);
        }
        let Some(decl) = self.values.get(word) else {
            if !self.broken && !self.func.broken {
                let locals = self.func.names.keys().copied();
                let keeps = self.values.iter().filter(|(_, d)| matches!(d.what, Global::Keep(_)));
                let mut all: Vec<&str> = locals.chain(keeps.map(|(name, _)| *name)).collect();
                all.sort_unstable();
                let mut d = Diagnostic::new(Code::UnknownName, name.span, format!("there is no `{word}` to set"))
                    .did_you_mean(word, all);
                if d.help.is_none() {
                    d = d.help(format!("say `let {word} = …` where it begins"));
                }
                self.report(d);
            }
            return None;
        };
        let declared = decl.span;
        let (message, help) = match decl.what {
            Global::Keep(id) => {
                self.cross(name.span, declared);
                if let Some(old) = self.keep_types.get(id.0).cloned() {
                    self.check_type_stays(word, &new, &old, declared);
                }
                return Some(StmtKind::AssignKeep(id, new));
            }
            Global::Api(_) => (format!("`{word}` is an api"), format!("say `set {word}.auth = bearer(token)`, or `reset {word}`")),
            Global::Data(_) => (format!("`{word}` is a data source"), "its rows are what its file says".to_owned()),
            Global::Let(_) => (
                format!("`{word}` is one value for the whole test, equal on all machines"),
                format!("declare it as `keep {word} = …` to have one for each user"),
            ),
            Global::Shared(_) => (
                format!("`{word}` comes from `before test`, it is read-only"),
                "copy it: `let mine = …`".to_owned(),
            ),
        };
        let d = Diagnostic::new(Code::NotSettable, name.span, message)
            .also(declared, "declared here")
            .help(help);
        self.report(d);
        None
    }

    fn set_local(&mut self, id: LocalId, name: &'a Name, new: Expr) -> Option<StmtKind> {
        let word = name.node.as_str();
        let var = &self.func.vars[id.0];
        let declared = var.span;
        if matches!(var.kind, VarKind::Param | VarKind::Loop) {
            let what = if var.kind == VarKind::Param { "a parameter" } else { "what the loop goes over" };
            let d = Diagnostic::new(Code::NotSettable, name.span, format!("`{word}` is {what}, it stays"))
                .also(declared, "declared here")
                .help(format!("say `let my_{word} = {word}`, and set that"));
            self.report(d);
            return None;
        }
        let status = self.func.state.status(id);
        let failed = matches!(status, Status::Failed(_));
        if !failed && let Some(d) = status.complaint(word, name.span, declared).filter(|_| self.func.state.live) {
            self.report(d);
        } else if id.0 < self.func.floor {
            self.shared_by_rounds(word, name.span, declared);
        } else if let Some(&(_, other)) = self.func.others.iter().find(|(n, _)| *n == word) {
            let d = Diagnostic::new(Code::SharedByBranches, name.span, format!("two branches of `parallel` assign `{word}`"))
                .also(other, "assigned here too")
                .help("give each branch a name of its own");
            self.report(d);
        }
        let old = self.func.state.ty(id);
        self.check_type_stays(word, &new, &old, declared);
        if old == Type::Json || matches!(old, Type::List(_)) {
            let joined = if old == Type::Json { Type::Json } else { types::join(&old, &new.ty) };
            self.func.state.set(id, Status::Set, joined);
        } else {
            self.func.state.mark(id, Status::Set);
        }
        Some(StmtKind::Assign(id, new))
    }

    fn check_type_stays(&mut self, name: &str, new: &Expr, old: &Type, declared: Span) {
        if !types::fits(&new.ty, old) {
            let d = Diagnostic::new(
                Code::TypeStays,
                new.span,
                format!("`{name}` is {}, and stays so; this is {}", a(old), a(&new.ty)),
            )
            .also(declared, "declared here")
            .help("use another variable, or begin with null");
            self.report(d);
        }
    }

    fn wait_stmt(&mut self, wait: &'a ast::Wait, between: bool, span: Span) -> Option<StmtKind> {
        let checked = self.wait(wait, false)?;
        if !between {
            return Some(StmtKind::Wait(checked));
        }
        if self.func.depth > 0 || self.func.kind != FuncKind::Sequence {
            let help = "put it among the first lines of the sequence: it holds for all its steps";
            self.error(Code::BetweenSteps, span, "`between steps` is said of a whole sequence", help);
        } else if self.func.between.replace(checked).is_some() {
            self.error(Code::BetweenSteps, span, "`between steps` is said twice", "leave one of them out");
        }
        None
    }

    /// A wait; `pacing` only where there are turns.
    pub(super) fn wait(&mut self, wait: &'a ast::Wait, of_user: bool) -> Option<Wait> {
        Some(match wait {
            ast::Wait::Fixed(e) => Wait::Fixed(self.duration(e, "a wait is")),
            ast::Wait::Between(from, to) => {
                let (from, to) = (self.duration(from, "a wait is"), self.duration(to, "a wait is"));
                if let (Some(x), Some(y)) = (const_eval::number(&from), const_eval::number(&to)) {
                    self.check_order(x, y, from.span.to(to.span), false);
                }
                Wait::Between(from, to)
            }
            ast::Wait::Pacing(e) => {
                let time = self.duration(e, "a pacing is");
                if !of_user {
                    let help = "say `wait pacing …` in a `user`: one turn starts in each such time";
                    self.error(Code::PacingHere, e.span, "here are no turns to pace", help);
                    return None;
                }
                if const_eval::number(&time) == Some(0.0) {
                    self.error(Code::Impossible, e.span, "a pacing of nothing paces nothing", "leave it out");
                }
                Wait::Pacing(time)
            }
        })
    }

    fn branches(
        &mut self,
        branches: &'a [(ast::Expr, ast::Block)],
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> StmtKind {
        let mut checked = Vec::with_capacity(branches.len());
        let mut ends = Vec::with_capacity(branches.len());
        for (condition, body) in branches {
            let condition = self.branch_condition(condition);
            let entry = self.func.state.clone();
            let body = self.block(body);
            ends.push(std::mem::replace(&mut self.func.state, entry));
            checked.push((condition, body));
        }
        let otherwise = otherwise.map_or_else(Vec::new, |body| self.block(body));
        for end in ends {
            let last = std::mem::take(&mut self.func.state);
            self.func.state = last.meet(end, Status::Branch(head(span)));
        }
        StmtKind::If(checked, otherwise)
    }

    /// The body of a loop.
    fn round(&mut self, body: &'a ast::Block, surely: bool, span: Span) -> Block {
        let entry = self.func.state.clone();
        self.func.loops.push(Loop::Plain(Vec::new()));
        let body = self.block(body);
        let why = Status::Loop(head(span));
        let end = std::mem::take(&mut self.func.state);
        let mut exit = if surely { end } else { entry.meet(end, why) };
        if let Some(Loop::Plain(breaks)) = self.func.loops.pop() {
            for state in breaks {
                exit = exit.meet(state, why);
            }
        }
        self.func.state = exit;
        body
    }

    fn each(
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
                let list = self.want(e, Kinds::LIST, "`for` goes over");
                let item = match &list.ty {
                    Type::List(item) => (**item).clone(),
                    _ => Type::Json,
                };
                surely = matches!(&list.kind, ExprKind::List(items) if !items.is_empty());
                (Iter::Each(list), item)
            }
            ForIter::Range(from, to) => {
                let from = self.want(from, Kinds::INT, "a range begins at");
                let to = self.want(to, Kinds::INT, "a range ends at");
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
        if let Some(id) = hidden.filter(|id| self.func.state.status(*id) == Status::Set && !self.func.vars[id.0].retired) {
            let first = self.func.vars[id.0].span;
            self.declared_twice(name, first);
        }
        let first = self.func.frame.locals.len();
        let entry = self.func.state.clone();
        let floor = self.func.floor;
        if parallel.is_some() {
            self.func.floor = first;
            self.func.parallel += 1;
            self.func.loops.push(Loop::Border);
        }
        let local = self.new_local(&name.node, item, name.span, VarKind::Loop);
        let body = if parallel.is_some() {
            self.block(body)
        } else {
            self.round(body, surely, span)
        };
        let mut own = Vec::new();
        if parallel.is_some() {
            self.func.floor = floor;
            self.func.parallel -= 1;
            self.func.loops.pop();
            self.func.state = entry;
            for index in first..self.func.frame.locals.len() {
                let id = LocalId(index);
                self.func.vars[index].retired = true;
                self.func.state.mark(id, Status::Loop(head(span)));
                if id != local {
                    own.push(id);
                }
            }
        }
        self.func.vars[local.0].retired = true;
        self.func.state.mark(local, Status::Loop(head(span)));
        if let Some(hidden) = hidden {
            self.func.names.insert(&name.node, hidden);
        }
        StmtKind::For {
            local,
            iter,
            parallel,
            own,
            body,
        }
    }

    fn break_stmt(&mut self, span: Span) -> Option<StmtKind> {
        let state = self.func.state.clone();
        self.func.state.live = false;
        match self.func.loops.last_mut() {
            Some(Loop::Plain(breaks)) => {
                breaks.push(state);
                Some(StmtKind::Break)
            }
            Some(Loop::Border) => {
                self.out_of_parallel("break", span);
                None
            }
            None => {
                let help = "say `leave` to end the sequence";
                self.error(Code::NoLoop, span, "`break` ends a loop, and here is none", help);
                None
            }
        }
    }

    fn leave(&mut self, span: Span) -> Option<StmtKind> {
        if self.func.parallel > 0 {
            self.out_of_parallel("leave", span);
        }
        self.check_gives(Some(span));
        self.func.state.live = false;
        Some(StmtKind::Leave)
    }

    fn out_of_parallel(&mut self, what: &str, span: Span) {
        let message = format!("`{what}` cannot end what runs at the same time");
        self.error(Code::NoLoop, span, message, "decide it behind the parallel part");
    }

    fn poll(&mut self, poll: &'a ast::Poll, span: Span) -> StmtKind {
        let every = self.duration(&poll.every, "the time between rounds is");
        let times = self.count(&poll.times, "`up to` takes", 1);
        let body = self.round(&poll.body, true, span);
        // A round whose step failed is not judged, so its takes count as taken here.
        let known = self.func.state.clone();
        for index in 0..self.func.vars.len() {
            if matches!(known.status(LocalId(index)), Status::Failed(_)) {
                self.func.state.mark(LocalId(index), Status::Set);
            }
        }
        let until = self.branch_condition(&poll.until);
        self.func.state = known;
        StmtKind::Poll {
            every,
            times,
            until,
            written: self.written(poll.until.span).to_owned(),
            body,
        }
    }

    fn parallel(&mut self, body: &'a ast::Block) -> StmtKind {
        let assigned: Vec<Vec<(&'a str, Span)>> = body
            .stmts
            .iter()
            .map(|stmt| {
                let names = super::parallel::assigned_by(stmt).into_iter();
                names.map(|assigned| (assigned.name.node.as_str(), assigned.name.span)).collect()
            })
            .collect();
        let around = self.func.others.clone();
        let entry = self.func.state.clone();
        let mut branches = Vec::new();
        let mut out = Vec::new();
        self.func.loops.push(Loop::Border);
        self.func.parallel += 1;
        self.func.depth += 1;
        for (index, stmt) in body.stmts.iter().enumerate() {
            let is_branch = matches!(
                stmt.kind,
                Ast::Step(_) | Ast::Run { .. } | Ast::Group(..) | Ast::If { .. } | Ast::For { .. }
                    | Ast::Repeat(..) | Ast::Retry(_) | Ast::Poll(_) | Ast::Broken
            );
            if !is_branch {
                let help = "its branches are steps, `run`, groups and loops; put this before or behind it";
                self.error(Code::NotABranch, stmt.span, "this is no branch of `parallel`", help);
                continue;
            }
            self.func.others.clone_from(&around);
            for (other, names) in assigned.iter().enumerate() {
                if other != index {
                    self.func.others.extend(names);
                }
            }
            self.func.state = entry.clone();
            self.stmt(stmt, &mut out);
            branches.push(std::mem::take(&mut self.func.state));
        }
        self.func.depth -= 1;
        self.func.parallel -= 1;
        self.func.loops.pop();
        self.func.others = around;
        self.func.state = entry.gather(branches);
        StmtKind::Parallel(out)
    }
}

/// The beginning of a statement, to point at without its whole body.
fn head(span: Span) -> Span {
    Span {
        end: span.start.saturating_add(2).min(span.end),
        ..span
    }
}
