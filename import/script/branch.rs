//! Branches whose condition is known only when the test runs.
//!
//! Both branches are run twice. The first run, the probe, shows which variables they change, whether they send requests, and how they end.
//! A branch that only reports a failure becomes an expectation of the step. Any other becomes an `if`, and the values that it assigns
//! become variables.

use super::scope::{Change, Slot};
use super::value::{Ty, Value};
use super::{Cell, Fate, Flow, Out, Run};
use crate::code::{Expr, Stmt, StmtKind};
use crate::draft;

/// The most probes of the rest of a function within each other: each further one would double the time for every early end in it.
const REST_PROBES_MAX: usize = 2;

/// The result of a probe, the first run of statements.
#[derive(Debug)]
pub(super) struct Probe {
    flow: Flow,
    /// Whether requests were sent.
    pub(super) sends: bool,
    /// Variables from outside that the statements assigned, with their names and new values.
    pub(super) assigned: Vec<(Cell, String, Value)>,
    /// Names that were declared, with their values.
    declared: Vec<(String, Value)>,
    /// Whether the statements marked a response as successful.
    pub(super) accepted: bool,
    /// Whether the statements added expectations.
    expects: bool,
    /// Whether members of objects, lists or dictionaries were changed, or further statements would be written.
    acts: bool,
    failed: bool,
}

impl Probe {
    /// Whether the statements have no effect in a test, because they only write to a log.
    pub(super) fn is_quiet(&self) -> bool {
        !self.expects && self.only_expects()
    }

    /// Whether the statements at most add expectations.
    fn only_expects(&self) -> bool {
        !self.sends && !self.acts && self.assigned.is_empty() && !self.ends() && !self.failed
    }

    fn ends(&self) -> bool {
        !matches!(self.flow, Flow::Next)
    }

    /// Whether the statements only report a failure.
    pub(super) fn fails(&self) -> bool {
        let is_failure = match &self.flow {
            _ if self.accepted => false,
            Flow::Next => self.failed,
            Flow::Throw => true,
            Flow::Return(value) => self.failed || value.is_nothing() || matches!(value, Value::Data(draft::Expr::Bool(false))),
            Flow::Break | Flow::Continue => self.failed,
        };
        !self.sends && is_failure && (!self.acts || self.failed || matches!(self.flow, Flow::Throw))
    }
}

impl Run<'_> {
    pub(super) fn probe(&mut self, statements: &[Stmt]) -> Probe {
        let failed = std::mem::replace(&mut self.failed, false);
        let accepted = std::mem::replace(&mut self.accepted, false);
        let moment = self.scope.moment();
        let line = self.line;
        let probe = self.muted(|run| {
            let start = run.changes.len();
            let (steps, probed) = (run.steps.len(), run.probed.len());
            let (_, out, flow) = run.block(|run| run.exec(statements));
            let mut assigned: Vec<(Cell, String, Value)> = Vec::new();
            let mut acts =
                out.iter().any(|out| !matches!(out, Out::Stmt(draft::Stmt::Comment(_) | draft::Stmt::Set(..) | draft::Stmt::Fail(_))));
            for change in &run.changes[start..] {
                match change {
                    Change::Variable(cell, _, name) if !assigned.iter().any(|(known, ..)| std::rc::Rc::ptr_eq(known, cell)) => {
                        assigned.push((cell.clone(), name.clone(), cell.borrow().value.clone()));
                    }
                    Change::Variable(..) => {}
                    _ => acts = true,
                }
            }
            // Only variables that outlive the branch count.
            let replaced: std::collections::HashSet<_> = run.scope.replaced_since(moment).iter().map(std::rc::Rc::as_ptr).collect();
            assigned.retain(|(cell, ..)| std::rc::Rc::strong_count(cell) - usize::from(replaced.contains(&std::rc::Rc::as_ptr(cell))) > 2);
            let declared = run.scope.declared_since(moment).into_iter();
            let declared = declared.map(|(name, cell)| (name, cell.borrow().value.clone())).collect();
            Probe {
                flow,
                sends: run.steps.len() > steps,
                assigned,
                declared,
                acts,
                failed: run.failed,
                accepted: run.accepted,
                expects: run.probed.len() > probed,
            }
        });
        self.failed = failed;
        self.accepted = accepted;
        self.line = line;
        probe
    }

    /// Probes the statements after an early end.
    fn probe_rest(&mut self, rest: &[Stmt]) -> Probe {
        self.rest_probes += 1;
        let probe = self.probe(rest);
        self.rest_probes -= 1;
        probe
    }

    /// Runs an `if`. Returns how it ends, and whether it has also run the statements after it.
    pub(super) fn branch(&mut self, statement: &Stmt, test: &Expr, then: &[Stmt], otherwise: &[Stmt], rest: &[Stmt]) -> (Flow, bool) {
        let condition = self.eval(test);
        self.line = statement.line;
        match self.truth(&condition) {
            Some(true) => {
                self.skip_assumed(&condition, otherwise);
                return (self.exec(then), false);
            }
            Some(false) => {
                self.skip_assumed(&condition, then);
                return (self.exec(otherwise), false);
            }
            None => {}
        }
        if condition.is_unknown() {
            self.uncertain |= super::spoil::returns(then) || super::spoil::returns(otherwise);
            self.leave("statements", &statement.source);
            self.fate(statement, Fate::Left);
            self.fates_of(then, &Fate::Left);
            self.fates_of(otherwise, &Fate::Left);
            self.spoil(None, then);
            self.spoil(None, otherwise);
            return (Flow::Next, false);
        }
        let (first, second) = (self.probe(then), self.probe(otherwise));
        if !self.is_running && matches!(first.flow, Flow::Throw) && !first.sends {
            self.fates_of(then, &Fate::Skipped("checks of settings"));
            return (self.exec(otherwise), false);
        }
        let all_named = first.accepted && self.accept(&condition, otherwise);
        if first.is_quiet() && (second.is_quiet() || all_named && !second.sends) {
            let fate = if first.accepted || second.accepted { Fate::Carried } else { Fate::Skipped("log statements") };
            self.fates_of(then, &fate);
            self.fates_of(otherwise, &fate);
            return (Flow::Next, false);
        }
        if first.only_expects() && second.only_expects() && !(second.is_quiet() && self.is_success(&condition)) {
            let source = statement.source.lines().next().unwrap_or_default();
            if second.is_quiet() && self.is_guard(&condition) {
                // `if message := body.get("message"): …`
                self.leave_at(statement.line, "conditions", &format!("the expectations in it always apply: {source}"));
                return (self.exec(then), false);
            }
            // A step has its expectations in every case.
            self.leave("statements", source);
            self.fate(statement, Fate::Left);
            self.fates_of(then, &Fate::Left);
            self.fates_of(otherwise, &Fate::Left);
            return (Flow::Next, false);
        }
        if self.is_about_response(&condition) {
            let is_success = self.is_success(&condition);
            // `if (status === 201) { return; }`: what follows is for other responses.
            let is_early_end = is_success && first.ends() && !first.failed && !matches!(first.flow, Flow::Throw) && otherwise.is_empty();
            let after = (is_early_end && !rest.is_empty() && self.rest_probes < REST_PROBES_MAX).then(|| self.probe_rest(rest));
            if after.as_ref().is_some_and(Probe::fails) && self.expect(&condition, false) {
                self.assumes = true;
                self.fates_of(rest, &Fate::Carried);
                return (self.exec(then), false);
            }
            let rest_matters = after.as_ref().map_or(is_early_end && !rest.is_empty(), |after| after.accepted || !after.is_quiet());
            if !is_early_end && first.fails() && self.expect(&condition, true) {
                self.assumes = true;
                self.interrupt(&condition, first.ends());
                self.fates_of(then, &Fate::Carried);
                return (self.exec(otherwise), false);
            }
            let ends_well = is_success && !otherwise.is_empty() && second.fails();
            if (ends_well || is_success && second.is_quiet() && !rest_matters) && !first.is_quiet() && self.expect(&condition, false) {
                self.assumes = true;
                self.interrupt(&condition, first.sends || second.ends());
                self.fates_of(otherwise, &Fate::Carried);
                return (self.exec(then), false);
            }
            if second.fails() && !otherwise.is_empty() && self.expect(&condition, false) {
                self.assumes = true;
                self.interrupt(&condition, second.ends());
                self.fates_of(otherwise, &Fate::Carried);
                return (self.exec(then), false);
            }
        }
        let Some(text) = self.condition(&condition) else {
            self.leave("statements", &statement.source);
            self.fate(statement, Fate::Left);
            return (self.exec(then), false);
        };
        self.name_type_test(&condition, statement);
        self.both(&text, (then, &first), (otherwise, &second), rest)
    }

    /// Writes both branches as an `if`.
    fn both(&mut self, condition: &str, then: (&[Stmt], &Probe), otherwise: (&[Stmt], &Probe), rest: &[Stmt]) -> (Flow, bool) {
        let ((then, first), (otherwise, second)) = (then, otherwise);
        let shared = self.declared_by_both(first, second);
        let others = self.make_variables(first.assigned.iter().chain(&second.assigned).chain(&shared));
        let is_outermost = self.depth <= 1;
        let leaves = |flow: &Flow| matches!(flow, Flow::Return(_) | Flow::Throw);
        // At the end of a sequence's own function, `leave` expresses a `return`. Elsewhere, what follows becomes the other branch.
        let nests = |one: &Probe, other: &Probe| match one.flow {
            Flow::Next | Flow::Break | Flow::Throw => false,
            Flow::Return(_) => !(matches!(other.flow, Flow::Return(_)) || is_outermost && leaves(&one.flow)),
            Flow::Continue => true,
        };
        let (rest_in_else, rest_in_then) = (nests(first, second), nests(second, first));
        let result = self.result_variable(first, second);
        let before: Vec<Slot> = others.iter().map(|(cell, _)| cell.borrow().clone()).collect();
        let one = self.branch_block(then, if rest_in_then { rest } else { &[] }, result.as_deref(), is_outermost);
        let values: Vec<Value> = others.iter().map(|(cell, _)| cell.borrow().value.clone()).collect();
        for ((cell, _), slot) in others.iter().zip(before) {
            *cell.borrow_mut() = slot;
        }
        let other = self.branch_block(otherwise, if rest_in_else { rest } else { &[] }, result.as_deref(), is_outermost);
        for ((cell, name), value) in others.iter().zip(values) {
            let merged = merge(value, cell.borrow().value.clone());
            let before = cell.borrow().clone();
            self.changes.push(Change::Variable(cell.clone(), before, name.clone()));
            cell.borrow_mut().value = merged;
        }
        let (number, one_out, one_flow) = one;
        let (_, other_out, other_flow) = other;
        self.push(Out::If(number, vec![(condition.to_owned(), one_out)], other_out));
        let did_rest = rest_in_then || rest_in_else;
        let flow = match (one_flow, other_flow) {
            (Flow::Return(one), Flow::Return(other)) => Flow::Return(match result {
                Some(name) => Value::code(name, if one.ty() == other.ty() { one.ty() } else { Ty::Any }),
                None => {
                    if matches!((&one, &other), (Value::Function(_), Value::Function(_))) {
                        self.leave("statements", "one of several functions: only one of them was imported");
                    }
                    merge(one, other)
                }
            }),
            // The rest of the loop's body is in a branch: what follows the loop still runs.
            (Flow::Continue, Flow::Next | Flow::Continue | Flow::Break) | (Flow::Next | Flow::Break, Flow::Continue) => Flow::Continue,
            (Flow::Return(one), _) | (_, Flow::Return(one)) if did_rest => {
                self.returns_sometimes = true;
                let ty = if one.ty() == Ty::Bool { Ty::Bool } else { Ty::Any };
                Flow::Return(result.map_or(one, |name| Value::code(name, ty)))
            }
            (Flow::Throw, Flow::Throw) => Flow::Throw,
            _ if did_rest => Flow::Return(Value::Undefined),
            _ => Flow::Next,
        };
        (flow, did_rest)
    }

    /// Names that both branches declare are needed after the `if`, so they are declared before it.
    fn declared_by_both(&mut self, first: &Probe, second: &Probe) -> Vec<(Cell, String, Value)> {
        if self.language == super::Language::JavaScript {
            return Vec::new();
        }
        let both = first.declared.iter().filter(|(name, _)| second.declared.iter().any(|(other, _)| other == name));
        both.map(|(name, value)| (self.scope.declare(name, Value::Undefined), name.clone(), value.clone())).collect()
    }

    /// Writes the statements of a branch. Returns how it ends.
    fn branch_block(&mut self, statements: &[Stmt], rest: &[Stmt], result: Option<&str>, is_outermost: bool) -> (usize, Vec<Out>, Flow) {
        self.block(|run| {
            let mut flow = run.exec(statements);
            if matches!(flow, Flow::Next) && !rest.is_empty() {
                flow = run.exec(rest);
            }
            match &flow {
                Flow::Return(value) => {
                    if let Some(result) = result {
                        run.set_variable(result, &value.clone());
                    }
                    if is_outermost && rest.is_empty() {
                        run.emit(draft::Stmt::Leave);
                    }
                }
                Flow::Break => run.emit(draft::Stmt::Break),
                Flow::Throw if !matches!(run.out.last().and_then(|out| out.last()), Some(Out::Stmt(draft::Stmt::Fail(_)))) => {
                    run.emit(draft::Stmt::Fail(draft::Expr::text("the script raises an error")));
                }
                _ => {}
            }
            flow
        })
    }

    /// The variable for the results of both branches, if these differ and are not responses.
    fn result_variable(&mut self, first: &Probe, second: &Probe) -> Option<String> {
        let value = |probe: &Probe| match &probe.flow {
            Flow::Return(value) if !value.is_nothing() => Some(value.clone()),
            _ => None,
        };
        let is_plain = |value: &Value| matches!(value, Value::Data(_) | Value::Code(_) | Value::Env(..) | Value::Map(_) | Value::List(_));
        if !value(first).iter().chain(&value(second)).any(is_plain) || self.depth <= 1 {
            return None;
        }
        let name = self.variable("result");
        let is_flag = value(first).iter().chain(&value(second)).all(|value| value.ty() == Ty::Bool);
        self.emit(draft::Stmt::Let(name.clone(), if is_flag { draft::Expr::Bool(false) } else { draft::Expr::Null }));
        Some(name)
    }

    /// Turns the names that branches or loops assign into variables of the language. Returns those that cannot become one, such as
    /// responses.
    pub(super) fn make_variables<'p>(&mut self, assigned: impl Iterator<Item = &'p (Cell, String, Value)>) -> Vec<(Cell, String)> {
        let mut others: Vec<(Cell, String)> = Vec::new();
        for (cell, name, value) in assigned {
            if cell.borrow().variable.is_some() || others.iter().any(|(known, _)| std::rc::Rc::ptr_eq(known, cell)) {
                continue;
            }
            let before = cell.borrow().value.clone();
            let is_of_module = self.scope().root().own(name).is_some_and(|own| std::rc::Rc::ptr_eq(&own, cell));
            if is_of_module && self.is_running && self.expr(value).is_some() {
                let keep = self.keep(name, name, &before);
                self.changes.push(Change::Variable(cell.clone(), cell.borrow().clone(), name.clone()));
                *cell.borrow_mut() = Slot { value: Value::code(keep.clone(), Ty::Any), variable: Some(keep) };
                continue;
            }
            let is_variable =
                self.expr(value).is_some() && (before.is_nothing() || self.expr(&before).is_some()) && !matches!(value, Value::File(_));
            if !is_variable {
                others.push((cell.clone(), name.clone()));
                continue;
            }
            let variable = self.variable(name);
            let first = if before.is_nothing() || before.ty() != value.ty() {
                draft::Expr::Null
            } else {
                self.expr(&before).unwrap_or(draft::Expr::Null)
            };
            self.emit(draft::Stmt::Let(variable.clone(), first));
            let ty = if before.ty() == value.ty() { value.ty() } else { Ty::Any };
            self.changes.push(Change::Variable(cell.clone(), cell.borrow().clone(), name.clone()));
            *cell.borrow_mut() = Slot { value: Value::code(variable.clone(), ty), variable: Some(variable) };
        }
        others
    }

    /// Records the fate of statements and of those within them.
    pub(super) fn fates_of(&mut self, statements: &[Stmt], fate: &Fate) {
        for statement in statements {
            self.fate(statement, fate.clone());
            match &statement.kind {
                StmtKind::If(_, then, otherwise) => {
                    self.fates_of(then, fate);
                    self.fates_of(otherwise, fate);
                }
                StmtKind::Block(body)
                | StmtKind::ForOf(_, _, body)
                | StmtKind::While(_, body)
                | StmtKind::With(_, body)
                | StmtKind::Try(body, _)
                | StmtKind::For(_, _, _, body) => {
                    self.fates_of(body, fate);
                }
                _ => {}
            }
        }
    }
}

/// The value of a variable after two branches: for responses, the response of either.
fn merge(one: Value, other: Value) -> Value {
    match (&one, &other) {
        (Value::Response(left), Value::Response(right)) => {
            let mut steps: Vec<usize> = left.iter().chain(right.iter()).copied().collect();
            steps.sort_unstable();
            steps.dedup();
            Value::Response(steps.into())
        }
        _ if other.is_nothing() || other.is_unknown() => one,
        _ => other,
    }
}
