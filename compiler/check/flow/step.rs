//! Steps: the request, its expectations, and the statements that run after they pass.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::ast::{self, StmtKind as AstStmt};
use crate::check::Checker;
use crate::check::expr::substitute;
use crate::check::flow::assignment::Assigned;
use crate::check::scope::{FuncKind, VarKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Expect, ExpectKind, ExprKind, LineId, LocalId, Source, Status, Step, StepId, StmtKind, Then, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks a step. Returns `None` if it has no request, which it reports.
    pub(in crate::check) fn step(&mut self, step: &'a ast::Step) -> Option<Step> {
        let id = self.step_name(step);
        let stmts = &step.body.stmts;
        // Calls in the syntax of other languages may come before the request; they are reported as such.
        let request = |stmt: &ast::Stmt| matches!(&stmt.kind, AstStmt::Exchange(exchange) if self.may_be_request(exchange));
        let Some(at) = stmts.iter().position(request) else {
            self.no_request(step);
            return None;
        };
        let mut before = Vec::new();
        for stmt in &stmts[..at] {
            match &stmt.kind {
                AstStmt::Let(_) | AstStmt::Set(..) | AstStmt::SetAuth(..) | AstStmt::Reset(_) | AstStmt::Log(_) => {
                    self.stmt(stmt, &mut before);
                }
                AstStmt::Exchange(exchange) => {
                    self.not_a_request(exchange, stmt.span);
                }
                AstStmt::Expect(_) | AstStmt::Take(_) => {
                    let help = "move it after the request";
                    self.error(Code::NotInStep, stmt.span, "unexpected statement before the step's request", help);
                }
                _ => self.not_in_step(stmt),
            }
        }
        let AstStmt::Exchange(exchange) = &stmts[at].kind else {
            return None;
        };
        let sent = self.exchange(exchange, stmts[at].span, &mut before);
        let rest = &stmts[at + 1..];
        let camel = sent.as_ref().is_some_and(|sent| sent.camel);
        let mut expects = sent.as_ref().map_or_else(Vec::new, |sent| sent.expects.clone());
        // A head that did not parse may have contained `interrupt`.
        let interrupt = step.interrupt.is_some() || self.func.interrupt || self.repaired(step.name.span);
        let ((own, then), reads_body) =
            self.with_response(camel, |checker| (checker.own_expectations(rest), checker.then(rest, interrupt, step.name.span)));
        expects.extend(own);
        self.check_contradiction(&expects);
        let says_more = stmts.iter().any(|stmt| !matches!(stmt.kind, AstStmt::Exchange(_) | AstStmt::Let(_) | AstStmt::Log(_)));
        if expects.is_empty() && sent.is_some() && !says_more {
            let help = "write at least `expect 2xx`; without it, only a status of 400 or more fails the step";
            self.error(Code::ExpectsNothing, step.name.span, "the step has no expectation", help);
        }
        let info = &mut self.program.steps[id.0];
        info.interrupt = interrupt;
        info.context.clone_from(&self.func.context);
        info.expects_status = expects.iter().any(expects_status);
        info.reads_body = reads_body || expects.iter().any(substitute::reads_body);
        let sent = sent?;
        let line: LineId = info.line;
        let line = &mut self.program.lines[line.0];
        if line.method.is_empty() {
            line.method = sent.method;
        }
        Some(Step { id, before, exchange: sent.exchange, expects, then })
    }

    /// Checks the expectations of a step. They cannot read names that the step takes afterwards.
    fn own_expectations(&mut self, stmts: &'a [ast::Stmt]) -> Vec<Expect> {
        let mut taken_later = HashMap::new();
        for assigned in stmts.iter().flat_map(crate::check::flow::parallel::assigned_by) {
            taken_later.entry(assigned.name.node.as_str()).or_insert(assigned.name.span);
        }
        self.with_taken_later(taken_later, |checker| {
            let mut expects = Vec::new();
            for stmt in stmts {
                if let AstStmt::Expect(expect) = &stmt.kind {
                    expects.extend(checker.expect(expect));
                }
            }
            expects
        })
    }

    fn step_name(&mut self, step: &ast::Step) -> StepId {
        match crate::check::declare::needs::literal(&step.name) {
            None => {
                let help = "write what the step does, such as \"Get item\": names must not grow with the data";
                self.error(Code::StepName, step.name.span, "unexpected `{…}` in a step's name, expected a literal", help);
            }
            // If the step's head did not parse, its name is unknown.
            Some(name) if name.trim().is_empty() && !self.repaired(step.name.span) => {
                self.error(Code::StepName, step.name.span, "missing name of a step", "write what it does, such as \"Get item\"");
            }
            Some(_) => {}
        }
        let key = (step.name.span.file, step.name.span.start);
        self.steps.get(&key).copied().unwrap_or(StepId(0))
    }

    fn no_request(&mut self, step: &'a ast::Step) {
        let mut nested = false;
        for stmt in &step.body.stmts {
            if matches!(stmt.kind, AstStmt::Broken) {
                self.func.broken = true;
                nested = true;
            } else if let AstStmt::Exchange(exchange) = &stmt.kind {
                nested |= self.not_a_request(exchange, stmt.span);
            } else if !matches!(stmt.kind, AstStmt::Expect(_) | AstStmt::Take(_) | AstStmt::Let(_) | AstStmt::Log(_) | AstStmt::Set(..)) {
                self.not_in_step(stmt);
                nested = true;
            }
        }
        if !nested {
            let help = "write the request on its first line: `shop.item(id)` or `shop GET /items`";
            self.error(Code::NoRequest, step.name.span, "the step has no request", help);
        }
        for assigned in crate::check::flow::parallel::assigned(&step.body) {
            let (name, ty) = (assigned.name, Type::Json);
            self.assign(name, ty, VarKind::Take);
        }
    }

    fn not_in_step(&mut self, stmt: &'a ast::Stmt) {
        let (message, help) = match &stmt.kind {
            AstStmt::Broken => {
                self.func.broken = true;
                return;
            }
            AstStmt::Step(_) => {
                ("unexpected step in a step", "write steps one after the other; for one report row over several, use `group \"…\" { }`")
            }
            AstStmt::Run { .. } => ("unexpected `run` in a step", "move the `run` before or after the step"),
            AstStmt::Wait { .. } => {
                ("unexpected `wait` in a step: a step's time is its request's", "move the `wait` before or after the step")
            }
            AstStmt::If { .. } => ("unexpected `if` in a step", "write it around the step, or use `let x = if c then a else b`"),
            _ => (
                "unexpected statement in a step",
                "move it out of the step; a step has a request, expectations, takes, and `let`, `set`, `log`",
            ),
        };
        self.error(Code::NotInStep, stmt.span, message, help);
    }

    fn then(&mut self, stmts: &'a [ast::Stmt], interrupt: bool, step: Span) -> Vec<Then> {
        let mut then = Vec::new();
        let (mut doubtful, certain) = (Rc::<HashSet<LocalId>>::default(), Rc::default());
        let known = self.func.state.clone();
        for stmt in stmts {
            let mut out = Vec::new();
            let local = match &stmt.kind {
                AstStmt::Expect(_) => continue,
                AstStmt::Take(take) => {
                    let unsure = if interrupt { &certain } else { &doubtful };
                    let take = self.take(take, stmt.span, unsure, step);
                    let local = take.fallback.is_none().then_some(take.local);
                    then.push(Then::Take(take));
                    local
                }
                AstStmt::Let(_) | AstStmt::Set(..) | AstStmt::SetAuth(..) | AstStmt::Log(_) => {
                    self.stmt(stmt, &mut out);
                    match out.first().map(|stmt| &stmt.kind) {
                        Some(StmtKind::Assign(local, _)) => Some(*local),
                        _ => None,
                    }
                }
                AstStmt::Exchange(exchange) if self.not_a_request(exchange, stmt.span) => None,
                AstStmt::Exchange(_) => {
                    let help = "move it to a step of its own";
                    self.error(Code::TwoRequests, stmt.span, "unexpected second request in a step", help);
                    None
                }
                _ => {
                    self.not_in_step(stmt);
                    None
                }
            };
            if let Some(local) = local.filter(|local| known.status(*local) != Assigned::Set) {
                Rc::make_mut(&mut doubtful).insert(local);
            }
            then.extend(out.into_iter().map(Then::Stmt));
        }
        if !interrupt {
            for local in doubtful.iter() {
                self.func.state.mark(*local, Assigned::Failed(step));
            }
        }
        then
    }

    /// Reports expectations that contradict each other: no status satisfies all of them.
    fn check_contradiction(&mut self, expects: &[Expect]) {
        let mut statuses = expects.iter().filter_map(|expect| match &expect.kind {
            ExpectKind::Status(statuses) if !statuses.is_empty() => Some((statuses, expect.span)),
            _ => None,
        });
        let Some((of_first, first)) = statuses.next() else { return };
        // Most steps have one, for which no codes are listed.
        let mut codes: Option<Vec<u16>> = None;
        for (of_next, span) in statuses {
            let before = codes.unwrap_or_else(|| (100..600).filter(|code| allows(of_first, *code)).collect());
            let both: Vec<u16> = before.into_iter().filter(|code| allows(of_next, *code)).collect();
            if both.is_empty() {
                let text = "these expectations contradict each other: no status satisfies all of them";
                let d = Diagnostic::new(Code::Contradiction, span, text).also(first, "expected here");
                self.report(d.help("join them: `expect 200 | 404`"));
                return;
            }
            codes = Some(both);
        }
    }

    /// Whether every failed step ends the function, with or without `interrupt`.
    pub(in crate::check) fn always_interrupts(kind: FuncKind) -> bool {
        matches!(kind, FuncKind::BeforeTest)
    }
}

fn allows(statuses: &[Status], code: u16) -> bool {
    statuses.iter().any(|status| match status {
        Status::Code(one) => *one == code,
        Status::Class(class) => code / 100 == u16::from(*class),
    })
}

fn expects_status(expect: &Expect) -> bool {
    match &expect.kind {
        ExpectKind::Status(_) => true,
        ExpectKind::Condition { condition: e, .. } => {
            let mut found = false;
            substitute::each(e, &mut |e| found |= matches!(e.kind, ExprKind::Source(Source::Status)));
            found
        }
        _ => false,
    }
}
