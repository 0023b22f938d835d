//! Loops of a script.

use super::value::{Shape, Ty, Value};
use super::{Fate, Flow, Out, Run};
use crate::code::{Binding, Expr, Kind, Stmt, StmtKind};
use crate::draft;

/// The longest list of data whose loop is unrolled, so that every item has its own steps.
const WRITTEN_OUT_MAX: usize = 12;
/// The most passes of a loop without a request.
const PASSES_MAX: usize = 1000;
/// The attempts of a `poll` for a loop without a limit.
const POLL_TIMES: u32 = 20;

impl Run<'_> {
    /// `for x of xs`, `for x in xs:`
    pub(super) fn for_each(&mut self, statement: &Stmt, binding: &Binding, list: &Expr, body: &[Stmt]) -> Flow {
        let value = self.eval(list);
        self.line = statement.line;
        // `for _ in range(8): word += letter`
        let computes = match (value.shape(), binding) {
            (Some(Shape::Range(..)), Binding::Name(name)) => !self.probe_item(name, &Value::number(0.0), body).sends,
            _ => false,
        };
        if let Some(items) = self.items(&value, if computes { PASSES_MAX } else { WRITTEN_OUT_MAX }) {
            let last = items.len().saturating_sub(1);
            let before = self.changes.len();
            for (number, item) in items.into_iter().enumerate() {
                self.bind(binding, item);
                self.returns_sometimes = false;
                match self.exec(body) {
                    Flow::Next | Flow::Continue => {}
                    Flow::Break => break,
                    other => {
                        if self.returns_sometimes && number < last {
                            self.line = statement.line;
                            self.leave("statements", &statement.source);
                            self.fate(statement, Fate::Left);
                        }
                        return other;
                    }
                }
            }
            self.settle_letters(before);
            return Flow::Next;
        }
        let (over, item) = match (&value, value.shape()) {
            (_, Some(Shape::Range(from, to))) => {
                let (from, to) = (from.clone(), to.clone());
                let (Some(from), Some(to)) = (self.code(&from), self.code(&to)) else {
                    return self.leave_loop(statement, Some(binding), body);
                };
                (format!("{}..{}", from.operand(), to.operand()), Ty::Number)
            }
            _ => match self.code(&value) {
                Some(code) => (code.text, Ty::Any),
                None => return self.leave_loop(statement, Some(binding), body),
            },
        };
        self.symbolic(binding, &over, item, body)
    }

    fn leave_loop(&mut self, statement: &Stmt, item: Option<&Binding>, body: &[Stmt]) -> Flow {
        self.leave("statements", &statement.source);
        self.fate(statement, Fate::Left);
        self.fates_of(body, &Fate::Left);
        self.spoil(item, body);
        Flow::Next
    }

    /// Writes a loop of the language.
    fn symbolic(&mut self, binding: &Binding, over: &str, item: Ty, body: &[Stmt]) -> Flow {
        let hint = match binding {
            Binding::Name(name) => name.clone(),
            _ => "item".to_owned(),
        };
        let name = self.variable(if hint.trim_matches('_').is_empty() { "item" } else { &hint });
        let value = Value::code(name.clone(), item);
        self.bind_item(binding, &value);
        let probe = self.probe(body);
        self.make_variables(probe.assigned.iter());
        let (number, out, flow) = self.block(|run| {
            run.bind_item(binding, &value);
            run.exec(body)
        });
        self.push(Out::For(number, name, over.to_owned(), out));
        match flow {
            Flow::Return(value) => Flow::Return(value),
            _ => Flow::Next,
        }
    }

    /// Declares the variable of a loop, which exists only within it.
    fn bind_item(&mut self, binding: &Binding, value: &Value) {
        match binding {
            Binding::Name(name) => {
                self.scope.declare(name, value.clone());
            }
            // `for key, value in pairs`
            other => self.bind(other, value.clone()),
        }
    }

    /// `for (let i = 0; i < n; i++)`
    pub(super) fn for_count(&mut self, statement: &Stmt, init: &[Stmt], test: Option<&Expr>, update: Option<&Expr>, body: &[Stmt]) -> Flow {
        let counted = self.counted(init, test, update);
        let Some((name, from, to)) = counted else { return self.leave_loop(statement, None, body) };
        if let (Some(from), Some(to)) = (from.as_number(), to.as_number()) {
            if to < from {
                return Flow::Next;
            }
            let has_step = self.probe_item(&name, &Value::number(from), body).sends;
            if to == from || !has_step && to - from < 1000.0 {
                let before = self.changes.len();
                let mut at = from;
                while at <= to {
                    self.scope.declare(&name, Value::number(at));
                    match self.exec(body) {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        other => return other,
                    }
                    at += 1.0;
                }
                self.settle_letters(before);
                return Flow::Next;
            }
        }
        let (Some(from), Some(to)) = (self.code(&from), self.code(&to)) else { return self.leave_loop(statement, None, body) };
        self.symbolic(&Binding::Name(name), &format!("{}..{}", from.operand(), to.operand()), Ty::Number, body)
    }

    fn probe_item(&mut self, name: &str, value: &Value, body: &[Stmt]) -> super::branch::Probe {
        self.scope.declare(name, value.clone());
        self.probe(body)
    }

    /// The variable of a counting loop, with its first and its last value.
    fn counted(&mut self, init: &[Stmt], test: Option<&Expr>, update: Option<&Expr>) -> Option<(String, Value, Value)> {
        let (name, first) = match &init.first()?.kind {
            StmtKind::Let(bindings) => match bindings.first()? {
                (Binding::Name(name), Some(first)) => (name.clone(), first.clone()),
                _ => return None,
            },
            StmtKind::Expr(Expr { kind: Kind::Assign(target, "=", first), .. }) => (target.path()?.first()?.to_string(), (**first).clone()),
            _ => return None,
        };
        let counts = |expr: &Expr| matches!(&expr.kind, Kind::Name(known) if *known == name);
        let Kind::Assign(target, "+=", one) = &update?.kind else { return None };
        let is_one = matches!(&one.kind, Kind::Number(digits) if digits == "1");
        let Kind::Binary(operator, left, right) = &test?.kind else { return None };
        if !counts(target) || !is_one || !counts(left) {
            return None;
        }
        let (first, limit) = (self.eval(&first), self.eval(right));
        let last = match *operator {
            "<" => self.binary("-", &limit, &Value::number(1.0)),
            "<=" => limit,
            _ => return None,
        };
        Some((name, first, last))
    }

    /// `while (state != "done") { … }`: becomes a `poll`.
    pub(super) fn while_loop(&mut self, statement: &Stmt, test: &Expr, body: &[Stmt]) -> Flow {
        let probe = self.probe(body);
        if !probe.sends {
            if self.muted(|run| run.while_known(test, body)).is_none() {
                // `while user in used: user = random()` draws until a value is acceptable.
                return self.leave_loop(statement, None, body);
            }
            return self.while_known(test, body).unwrap_or(Flow::Next);
        }
        let counted = self.counter(test, &probe);
        self.make_variables(probe.assigned.iter());
        if let Some(times) = counted {
            let (number, out, _) = self.block(|run| run.exec(body));
            self.push(Out::Repeat(number, times.to_string(), out));
            return Flow::Next;
        }
        let condition = self.eval(test);
        let mut times = POLL_TIMES;
        let condition = match condition.shape().cloned() {
            // `state != "done" && tries < 10`
            Some(Shape::And(state, Value::Code(limit))) => match limit.shape.as_deref() {
                Some(Shape::Compare(_, operator, most))
                    if operator.starts_with('<') && most.as_number().is_some_and(|most| most >= 1.0) =>
                {
                    times = most.as_number().map_or(POLL_TIMES, |most| most as u32);
                    state
                }
                _ => condition,
            },
            _ => condition,
        };
        let until = match self.truth(&condition) {
            Some(false) => return Flow::Next,
            Some(true) => "false".to_owned(),
            None => {
                let not = self.not(&condition);
                match self.condition(&not) {
                    Some(text) => text,
                    None => return self.leave_loop(statement, None, body),
                }
            }
        };
        let (number, mut out, _) = self.block(|run| run.exec(body));
        let mut every = draft::Expr::code("1s");
        out.retain(|out| match out {
            Out::Stmt(draft::Stmt::Wait(draft::Wait::Fixed(pause))) => {
                every = pause.clone();
                false
            }
            _ => true,
        });
        if until == "false" {
            self.push(Out::Repeat(number, POLL_TIMES.to_string(), out));
        } else {
            self.push(Out::Poll(number, every, times, until, out));
        }
        Flow::Next
    }

    /// Runs a loop whose condition is known before each pass; `None` if it is not.
    fn while_known(&mut self, test: &Expr, body: &[Stmt]) -> Option<Flow> {
        let before = self.changes.len();
        for _ in 0..PASSES_MAX {
            let condition = self.eval(test);
            if matches!(condition, Value::Env(..)) || !self.truth(&condition)? {
                self.settle_letters(before);
                return Some(Flow::Next);
            }
            match self.exec(body) {
                Flow::Next | Flow::Continue => {}
                Flow::Break => {
                    self.settle_letters(before);
                    return Some(Flow::Next);
                }
                other => return Some(other),
            }
        }
        None
    }

    /// The number of passes of `while (i < 3) { …; i++ }`.
    fn counter(&mut self, test: &Expr, probe: &super::branch::Probe) -> Option<u32> {
        let Kind::Binary(operator @ ("<" | "<="), left, right) = &test.kind else { return None };
        let Kind::Name(name) = &left.kind else { return None };
        let (first, limit) = (self.eval(left).as_number()?, self.eval(right).as_number()?);
        let after = probe.assigned.iter().find(|(_, known, _)| known == name)?.2.as_number()?;
        let times = limit - first + if *operator == "<=" { 1.0 } else { 0.0 };
        (after - first == 1.0 && times >= 1.0).then_some(times as u32)
    }

    /// The items of a list, if they are known and not too many.
    pub(super) fn items(&mut self, list: &Value, most: usize) -> Option<Vec<Value>> {
        match list {
            Value::List(list) => {
                let items = list.borrow().clone();
                let is_short = items.len() <= most || !items.iter().all(|item| matches!(item, Value::Data(_)));
                (is_short && items.len() <= 200).then_some(items)
            }
            Value::Map(map) => Some(map.borrow().keys().map(Value::text).collect()),
            Value::Code(code) => match code.shape.as_deref() {
                Some(Shape::Range(from, to)) => {
                    let (from, to) = (from.as_number()?, to.as_number()?);
                    let count = (to - from + 1.0).max(0.0);
                    (count <= 1.0 || most > WRITTEN_OUT_MAX && count <= most as f64)
                        .then(|| (0..count as usize).map(|at| Value::number(from + at as f64)).collect())
                }
                _ => None,
            },
            other if other.is_nothing() => Some(Vec::new()),
            _ => None,
        }
    }
}
