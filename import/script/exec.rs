//! Runs the statements of a script.

use std::collections::HashSet;
use std::rc::Rc;

use super::value::{Closure, Value};
use super::{Fate, Flow, Language, Run, Scope};
use crate::code::{Binding, Expr, Kind, Stmt, StmtKind};

impl Run<'_> {
    /// Runs statements until one of them ends the block.
    pub(crate) fn exec(&mut self, statements: &[Stmt]) -> Flow {
        if self.language == Language::JavaScript {
            self.hoist(statements);
        }
        for (number, statement) in statements.iter().enumerate() {
            self.statements_run += 1;
            if self.is_exhausted() {
                self.leave("statements", &statement.source);
                return Flow::Throw;
            }
            if let StmtKind::If(test, then, otherwise) = &statement.kind {
                self.line = statement.line;
                self.fate(statement, Fate::Carried);
                let rest = statements.get(number + 1..).unwrap_or_default();
                let (flow, did_rest) = self.branch(statement, test, then, otherwise, rest);
                if did_rest || !matches!(flow, Flow::Next) {
                    return flow;
                }
                continue;
            }
            let flow = self.statement(statement);
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    /// Declares functions first, because they can be called above their declaration.
    fn hoist(&mut self, statements: &[Stmt]) {
        for statement in statements {
            let inner = if let StmtKind::Export(inner) = &statement.kind { inner } else { statement };
            if let StmtKind::Function(function) = &inner.kind
                && let Some(name) = &function.name
            {
                let closure = Closure { function: function.clone(), scope: self.scope.clone(), this: None, class: None };
                self.scope.declare(name, Value::Function(Rc::new(closure)));
            }
        }
    }

    /// Records the fate of a statement. Once a statement is left out, this does not change.
    pub(super) fn fate(&mut self, statement: &Stmt, fate: Fate) {
        let is_nothing = matches!(statement.kind, StmtKind::Empty | StmtKind::Block(_) | StmtKind::Other) && fate == Fate::Carried;
        if self.probing > 0 || is_nothing || self.in_check && fate == Fate::Left {
            return;
        }
        let key = (self.scope.file.clone(), statement.line, statement.source.len());
        let known = self.fates.entry(key).or_insert_with(|| fate.clone());
        if fate == Fate::Left || *known != Fate::Left && fate == Fate::Carried {
            *known = fate;
        }
    }

    fn leave_statement(&mut self, statement: &Stmt) {
        self.line = statement.line;
        self.leave("statements", &statement.source);
        self.fate(statement, Fate::Left);
    }

    fn statement(&mut self, statement: &Stmt) -> Flow {
        self.line = statement.line;
        self.fate(statement, Fate::Carried);
        match &statement.kind {
            StmtKind::Expr(expr) => return self.effect(statement, expr),
            StmtKind::Let(bindings) => {
                for (binding, value) in bindings {
                    let value = value.as_ref().map_or(Value::Undefined, |value| self.eval(value));
                    self.line = statement.line;
                    if value.is_unknown() {
                        self.leave_statement(statement);
                    }
                    self.bind(binding, value);
                }
            }
            StmtKind::If(..) => return self.exec(std::slice::from_ref(statement)),
            StmtKind::Block(body) => return self.exec(body),
            StmtKind::Return(value) => {
                let returned = value.as_ref().map_or(Value::Undefined, |value| self.eval(value));
                if returned.is_unknown() {
                    self.leave_statement(statement);
                }
                return Flow::Return(returned);
            }
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    self.muted(|run| run.eval(value));
                }
                self.failed = true;
                return Flow::Throw;
            }
            StmtKind::Try(body, _) => {
                // An exception ends the iteration, so only the block itself is run, without its handler.
                return self.exec(body);
            }
            StmtKind::ForOf(binding, list, body) => return self.for_each(statement, binding, list, body),
            StmtKind::For(init, test, update, body) => {
                return self.for_count(statement, init, test.as_ref(), update.as_ref(), body);
            }
            StmtKind::While(test, body) => return self.while_loop(statement, test, body),
            StmtKind::With(items, body) => return self.with(statement, items, body),
            StmtKind::Break => return Flow::Break,
            StmtKind::Continue => return Flow::Continue,
            StmtKind::Function(function) => {
                let closure = Closure { function: function.clone(), scope: self.scope.clone(), this: None, class: None };
                let name = function.name.clone().unwrap_or_default();
                self.scope.declare(&name, Value::Function(Rc::new(closure)));
                self.decorate(statement, function);
            }
            StmtKind::Class(class) => {
                let value = self.class(class, statement.line);
                self.scope.declare(&class.name, value);
            }
            StmtKind::Import(module, names) => self.import(statement, module, names),
            StmtKind::Export(inner) => return self.statement(inner),
            StmtKind::ExportDefault(value) => {
                let value = self.eval(value);
                self.scope.declare("default", value);
            }
            StmtKind::ExportNames(module, names) => self.export(module.as_deref(), names),
            StmtKind::Global(names) => {
                let root = self.scope.root();
                for name in names {
                    let cell = root.own(name).unwrap_or_else(|| root.declare(name, Value::Undefined));
                    self.scope.share(name, cell);
                }
            }
            StmtKind::Empty => {}
            StmtKind::Other => self.leave_statement(statement),
        }
        Flow::Next
    }

    /// Runs an expression statement.
    fn effect(&mut self, statement: &Stmt, expr: &Expr) -> Flow {
        if let Kind::Assign(target, operator, value) = &expr.kind {
            let value = self.assigned(target, operator, value);
            self.line = statement.line;
            if value.is_unknown() {
                self.leave_statement(statement);
            }
            match &target.kind {
                // The loop around it goes on with the text: `word += letter`.
                Kind::Name(name) if operator == &"+=" && super::random::ends_with_letter(&value) => self.set_name(name, value),
                _ => self.assign(target, value),
            }
            return Flow::Next;
        }
        if let Kind::Binary("&&" | "||", test, action) = &expr.kind {
            // `failed && fail("…")`
            let action = vec![Stmt { line: statement.line, source: statement.source.clone(), kind: StmtKind::Expr((**action).clone()) }];
            let is_and = matches!(expr.kind, Kind::Binary("&&", ..));
            let (then, otherwise) = if is_and { (action, Vec::new()) } else { (Vec::new(), action) };
            return self.branch(statement, test, &then, &otherwise, &[]).0;
        }
        if let Kind::Conditional(test, then, otherwise) = &expr.kind {
            let one = |expr: &Expr| vec![Stmt { line: expr.line, source: statement.source.clone(), kind: StmtKind::Expr(expr.clone()) }];
            return self.branch(statement, test, &one(then), &one(otherwise), &[]).0;
        }
        let before = self.failed;
        self.failed = false;
        let value = self.eval(expr);
        self.line = statement.line;
        let failed = std::mem::replace(&mut self.failed, before);
        let threw = failed && matches!(&value, Value::Native(path) if &**path == "throw");
        match &value {
            Value::Native(path) if &**path == "throw" => {
                self.failed = true;
                if threw { Flow::Throw } else { Flow::Next }
            }
            Value::Native(path) if path.starts_with("skip:") => {
                let kind = match &**path {
                    "skip:logs" => "log statements",
                    "skip:metrics" => "custom metrics",
                    _ => "settings of the tool",
                };
                self.fate(statement, Fate::Skipped(kind));
                Flow::Next
            }
            Value::Unknown(_) => {
                self.leave_statement(statement);
                Flow::Next
            }
            _ => {
                self.failed = failed || before;
                Flow::Next
            }
        }
    }

    /// Runs code without changes to the draft.
    pub(crate) fn muted<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.probing += 1;
        let (steps, changes, probed) = (self.steps.len(), self.changes.len(), self.probed.len());
        let declared = self.scope.snapshot();
        self.out.push(Vec::new());
        self.probed_steps.push(HashSet::new());
        let value = run(self);
        self.probed_steps.pop();
        self.out.pop();
        self.steps.truncate(steps);
        while self.probed.len() > probed {
            if let Some((number, expectations, interrupt)) = self.probed.pop()
                && let Some(step) = self.steps.get_mut(number)
            {
                (step.expectations, step.interrupt) = (expectations, interrupt);
            }
        }
        while self.changes.len() > changes {
            if let Some(change) = self.changes.pop() {
                change.undo();
            }
        }
        Scope::restore(declared);
        self.probing -= 1;
        value
    }

    /// `with a as b:`
    fn with(&mut self, statement: &Stmt, items: &[(Expr, Option<Binding>)], body: &[Stmt]) -> Flow {
        for (number, (expr, binding)) in items.iter().enumerate() {
            // A context manager of the script runs the block where it yields.
            let (scope, depth) = (self.scope.clone(), self.with_blocks.len());
            self.with_blocks.push(Some(super::Block {
                binding: binding.clone(),
                items: items[number + 1..].to_vec(),
                statement: statement.clone(),
                body: body.to_vec(),
                scope,
            }));
            let value = self.eval(expr);
            let has_run = self.with_blocks.get(depth).is_some_and(Option::is_none);
            self.with_blocks.truncate(depth);
            if has_run {
                return std::mem::replace(&mut self.block_flow, Flow::Next);
            }
            if value.is_unknown() {
                self.leave_statement(statement);
            }
            if let Some(binding) = binding {
                self.bind(binding, value);
            }
        }
        self.exec(body)
    }

    /// `yield value`, in a context manager of the script: runs the block of the innermost `with`.
    pub(super) fn yielded(&mut self, value: &Expr) -> Value {
        let value = self.eval(value);
        let Some(block) = self.with_blocks.last_mut().and_then(Option::take) else { return Value::unknown("yield") };
        let own = std::mem::replace(&mut self.scope, block.scope);
        if let Some(binding) = &block.binding {
            self.bind(binding, value);
        }
        self.block_flow = self.with(&block.statement, &block.items, &block.body);
        self.scope = own;
        Value::Undefined
    }

    /// Declares the names in a binding.
    pub(super) fn bind(&mut self, binding: &Binding, value: Value) {
        match binding {
            Binding::Name(name) => {
                let value = self.settle(name, value);
                if self.language == Language::Python || self.scope.is_module() {
                    self.set_name(name, value);
                } else {
                    self.scope.declare(name, value);
                }
            }
            Binding::Members(members) => {
                for (member, name) in members {
                    let value = self.member(value.clone(), member);
                    self.bind(&Binding::Name(name.clone()), value);
                }
            }
            Binding::Items(items) => {
                // A random value is drawn only once.
                let value = if matches!(value, Value::Code(_)) { self.settle("drawn", value) } else { value };
                for (index, item) in items.iter().enumerate() {
                    let value = self.index(value.clone(), &Value::number(index as f64));
                    self.bind(item, value);
                }
            }
            Binding::Other => {}
        }
    }
}
