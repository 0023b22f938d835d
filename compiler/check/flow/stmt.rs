//! Statements, and the state of variables after each.

use crate::ast::{self, StmtKind as Ast};
use crate::check::Checker;
use crate::check::flow::assignment::Assigned;
use crate::check::scope::{FuncKind, Global, VarKind};
use crate::check::types::const_eval;
use crate::check::types::{self, Kinds, a, word};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Block, Expr, LocalId, Stmt, StmtKind, Type, Wait};
use crate::span::{Name, Span};

impl<'a> Checker<'a> {
    /// Checks the statements of a block.
    pub(in crate::check) fn block(&mut self, block: &'a ast::Block) -> Block {
        self.deeper(|checker| checker.stmts(&block.stmts))
    }

    /// Checks the statements of a function's body.
    pub(in crate::check) fn stmts(&mut self, stmts: &'a [ast::Stmt]) -> Block {
        let mut out = Vec::with_capacity(stmts.len());
        let mut reported = !self.func.state.live;
        for stmt in stmts {
            if !self.func.state.live && !reported && !matches!(stmt.kind, Ast::Finally(_)) {
                reported = true;
                self.error(
                    Code::Unreachable,
                    stmt.span,
                    "unreachable statement",
                    "remove it, or move it above the statement that ends the block",
                );
            }
            self.stmt(stmt, &mut out);
        }
        let last = stmts.len().saturating_sub(1);
        for stmt in stmts.iter().take(last).filter(|stmt| matches!(stmt.kind, Ast::Finally(_))) {
            let help = "move it to the end of the block";
            self.error(Code::NotHere, stmt.span, "unexpected statement after `finally`, expected `finally` as the last statement", help);
        }
        out
    }

    /// Checks a statement.
    pub(in crate::check) fn stmt(&mut self, stmt: &'a ast::Stmt, out: &mut Block) {
        let span = stmt.span;
        let kind = match &stmt.kind {
            Ast::Step(step) => self.step(step).map(|step| StmtKind::Step(Box::new(step))),
            Ast::Exchange(exchange) if self.not_a_request(exchange, span) => None,
            Ast::Exchange(_) => {
                let help = "write it in a step: `step \"Name\" { … }`";
                self.error(Code::OutsideStep, span, "unexpected request outside a step", help);
                None
            }
            Ast::Expect(_) => {
                let help = "move it to the step of its request";
                self.error(Code::OutsideStep, span, "unexpected expectation outside a step", help);
                None
            }
            Ast::Take(take) => {
                let help = "move it to the step of its request; for other values, write `let`";
                self.error(Code::OutsideStep, span, "unexpected `take` outside a step", help);
                self.assign(&take.name, Type::Json, VarKind::Take);
                None
            }
            Ast::Run { takes, callee, args } => self.run_stmt(takes, callee, args, span),
            Ast::Let(it) => {
                let (value, kinds) = self.typed_value(it);
                let ty = match &value.ty {
                    Type::Null => Type::Json,
                    other => other.clone(),
                };
                let known = self.func.vars.len();
                let local = self.assign(&it.name, ty, VarKind::Let);
                let var = &mut self.func.vars[local.0];
                // Each branch may declare the variable.
                var.kinds = if local.0 < known { var.kinds.zip(kinds).map(|(one, other)| one.or(other)) } else { kinds };
                Some(StmtKind::Assign(local, value))
            }
            Ast::Keep(it) => {
                let help = "move it to the top level and `set` it here: a `keep` lasts through all iterations of a user";
                self.error(Code::NotHere, span, "unexpected `keep`, expected at the top level of the file", help);
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
            Ast::Wait { wait, between_steps } => self.wait_stmt(wait, *between_steps, span),
            Ast::If { branches, otherwise } => Some(self.branches(branches, otherwise.as_ref(), span)),
            Ast::Repeat(times, body) => {
                let times = self.count(times, "`repeat` takes", 0);
                let surely = const_eval::int(&times).is_some_and(|n| n > 0);
                let body = self.round(body, surely, span);
                Some(StmtKind::Repeat(times, body))
            }
            Ast::For { name, iter, parallel, body } => Some(self.each(name, iter, parallel.as_ref(), body, span)),
            Ast::Break => self.break_stmt(span),
            Ast::Leave if self.func.finally => {
                let help = "write an `if` around the statements that should not always run";
                self.error(Code::NotHere, span, "unexpected `leave` in `finally`: it would hide an earlier failure", help);
                None
            }
            Ast::Leave => self.leave(span),
            Ast::StopUser => {
                if matches!(self.func.kind, FuncKind::BeforeTest | FuncKind::AfterTest) {
                    self.error(Code::NotHere, span, "unexpected `stop user` outside a user", "write `fail \"why\"` to end the test");
                } else if self.func.parallel > 0 {
                    self.out_of_parallel("stop user", span);
                }
                self.func.state.live = false;
                Some(StmtKind::StopUser)
            }
            Ast::Fail(why) => {
                let why = self.printed(why);
                self.func.state.live = false;
                self.fails.get(&(span.file, span.start)).map(|line| StmtKind::Fail(*line, why))
            }
            Ast::Log(what) => Some(StmtKind::Log(self.printed(what))),
            Ast::Parallel(body) => Some(self.parallel(body)),
            Ast::Retry(retry) => {
                let times = self.count(&retry.times, "`retry` takes", 1);
                let every = retry.every.as_ref().map(|e| self.duration(e, "the time between tries is"));
                let on = self.statuses(&retry.on);
                let body = self.round(&retry.body, true, span);
                Some(StmtKind::Retry { times, every, on, body })
            }
            Ast::Finally(always) => self.finally(always, span, out),
            Ast::Poll(poll) => Some(self.poll(poll, span)),
            Ast::Group(name, body) => {
                if name.node.trim().is_empty() && !self.repaired(name.span) {
                    self.error(
                        Code::StepName,
                        name.span,
                        "missing name of a group",
                        "write what its steps do together, such as \"Checkout\"",
                    );
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

    pub(super) fn printed(&mut self, e: &'a ast::Expr) -> Expr {
        let value = self.expr(e);
        self.check_printable(&value);
        value
    }

    /// Checks a whole number that is at least `least`.
    pub(in crate::check) fn count(&mut self, e: &'a ast::Expr, what: &str, least: i64) -> Expr {
        let value = self.want_int(e, what);
        if const_eval::int(&value).is_some_and(|n| n < least) {
            let message = format!("number out of range: {what} {least} or more");
            self.error(Code::Impossible, e.span, message, "");
        }
        value
    }

    /// Checks an int that the program calculates with, which must fit into 64 bits.
    pub(super) fn want_int(&mut self, e: &'a ast::Expr, what: &str) -> Expr {
        let value = self.want(e, Kinds::INT, what);
        if crate::check::types::ops::is_too_large(&value) {
            self.error(Code::BadNumber, e.span, "the integer is too large for a count", "write at most 9223372036854775807");
        }
        value
    }

    pub(in crate::check) fn set(&mut self, name: &'a Name, value: &'a ast::Expr) -> Option<StmtKind> {
        let new = self.expr(value);
        let word = name.node.as_str();
        if let Some(&id) = self.func.names.get(word) {
            return self.set_local(id, name, new);
        }
        let Some(decl) = self.values.get(word) else {
            if !self.broken && !self.func.broken && !self.explains() {
                self.error(Code::UnknownName, name.span, format!("unknown variable `{word}`"), "");
            } else if !self.broken && !self.func.broken {
                let locals = self.func.names.keys().copied();
                let keeps = self.values.iter().filter(|(_, d)| matches!(d.what, Global::Keep(_)));
                let mut all: Vec<&str> = locals.chain(keeps.map(|(name, _)| *name)).collect();
                all.sort_unstable();
                let mut d = Diagnostic::new(Code::UnknownName, name.span, format!("unknown variable `{word}`")).did_you_mean(word, all);
                if d.help.is_none() {
                    d = d.help(format!("write `let {word} = …` to declare it"));
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
                    let kinds = self.keep_kinds.get(id.0).copied().flatten();
                    let new = self.new_value(word, new, &old, kinds, declared);
                    return Some(StmtKind::AssignKeep(id, new));
                }
                return Some(StmtKind::AssignKeep(id, new));
            }
            Global::Api(_) => {
                (format!("cannot set `{word}`: it is an api"), format!("write `set {word}.auth = bearer(token)`, or `reset {word}`"))
            }
            Global::Data(_) => {
                (format!("cannot set `{word}`: it is a data source"), format!("change its file, or draw a row: `let row = next({word})`"))
            }
            Global::Let(_) => (
                format!("cannot set `{word}`: a `let` of the file is one value for the whole test"),
                format!("declare it with `keep {word} = …` for one value for each user"),
            ),
            Global::Shared(_) => {
                (format!("cannot set `{word}`: values from `before test` are read-only"), "copy it: `let mine = …`".to_owned())
            }
        };
        let d = Diagnostic::new(Code::NotSettable, name.span, message).also(declared, "declared here").help(help);
        self.report(d);
        None
    }

    pub(super) fn set_local(&mut self, id: LocalId, name: &'a Name, new: Expr) -> Option<StmtKind> {
        let word = name.node.as_str();
        let var = &self.func.vars[id.0];
        let declared = var.span;
        if matches!(var.kind, VarKind::Param | VarKind::Loop) {
            let what = if var.kind == VarKind::Param { "a parameter" } else { "the loop's variable" };
            let d = Diagnostic::new(Code::NotSettable, name.span, format!("cannot set `{word}`: it is {what}"))
                .also(declared, "declared here")
                .help(format!("write `let my_{word} = {word}`, and set that"));
            self.report(d);
            return None;
        }
        let status = self.func.status(id);
        let failed = matches!(status, Assigned::Failed(_));
        if !failed && let Some(d) = status.complaint(word, name.span, declared).filter(|_| self.func.state.live) {
            self.report(d);
        } else if id.0 < self.func.floor {
            self.shared_by_rounds(word, name.span, declared);
        } else if let Some(other) = self.func.assigned_beside(word) {
            let d = Diagnostic::new(Code::SharedByBranches, name.span, format!("`{word}` is assigned by two branches of `parallel`"))
                .also(other, "assigned here too")
                .help("use a different name in each branch");
            self.report(d);
        }
        let old = self.func.state.ty(id);
        let kinds = self.func.vars[id.0].kinds;
        let new = self.new_value(word, new, &old, kinds, declared);
        if old == Type::Json || matches!(old, Type::List(_)) {
            let joined = if old == Type::Json { Type::Json } else { types::join(&old, &new.ty) };
            self.func.state.set(id, Assigned::Set, joined);
        } else {
            self.func.state.mark(id, Assigned::Set);
        }
        Some(StmtKind::Assign(id, new))
    }

    /// Checks a new value of a variable: its declared type takes these kinds, or its first value had the type `old`.
    fn new_value(&mut self, name: &str, new: Expr, old: &Type, kinds: Option<Kinds>, declared: Span) -> Expr {
        if let Some(read) = kinds.and_then(|kinds| self.read_env(&new, kinds)) {
            return read;
        }
        let fits = match kinds {
            Some(kinds) => kinds.takes(&new.ty) || new.ty == Type::Null,
            None => types::fits(&new.ty, old),
        };
        if fits {
            return new;
        }
        let expected = kinds.map_or_else(|| a(old), Kinds::words);
        let help = match (old, &new.ty) {
            (Type::Int, Type::Float) if kinds.is_none() => format!("declare it as `{name}: number`, or use another variable"),
            _ => format!("use another variable, or declare it as `{name}: any`"),
        };
        let message = format!("unexpected {}, expected {expected}: a variable keeps its type", word(&new.ty));
        self.report(Diagnostic::new(Code::TypeStays, new.span, message).also(declared, "declared here").help(help));
        new
    }

    pub(super) fn wait_stmt(&mut self, wait: &'a ast::Wait, between: bool, span: Span) -> Option<StmtKind> {
        let checked = self.wait(wait, false)?;
        if !between {
            return Some(StmtKind::Wait(checked));
        }
        if self.func.depth > 0 || self.func.kind != FuncKind::Sequence {
            let help = "move it to the first lines of the sequence: it applies to all its steps";
            self.error(Code::BetweenSteps, span, "unexpected `wait between steps`, expected at the start of a sequence", help);
        } else if self.func.between.replace(checked).is_some() {
            self.error(Code::BetweenSteps, span, "duplicate `wait between steps`", "remove one of them");
        }
        None
    }

    /// Checks a wait. `pacing` is allowed only for iterations.
    pub(in crate::check) fn wait(&mut self, wait: &'a ast::Wait, of_user: bool) -> Option<Wait> {
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
                    let help = "write `wait pacing …` in a `user`, where it starts one iteration in each such period";
                    self.error(Code::PacingHere, e.span, "unexpected `wait pacing` outside a user", help);
                    return None;
                }
                if const_eval::number(&time) == Some(0.0) {
                    self.error(Code::Impossible, e.span, "unexpected zero, expected a pacing longer than zero", "remove it");
                }
                Wait::Pacing(time)
            }
        })
    }
}
