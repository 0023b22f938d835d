//! Runs a script, and records its actions in order: expectations, variables, pauses, requests. All other actions are reported.

mod branch;
mod call;
mod chai;
mod condition;
mod eval;
mod outcome;
mod send;
mod value;

use std::collections::HashMap;

pub(super) use outcome::{Outcome, Set, What};
pub(super) use send::Sent;

use super::variables::Variables;
use crate::document::Node;
use crate::draft::{Expr, Source};
use crate::js::{self, Binding, Kind, Stmt, StmtKind};
use crate::patterns::Patterns;
use value::{Member, Value};

/// The most statements that the scripts of a collection run, and the most bytes of the values that they make.
const STATEMENTS_MAX: usize = 50_000;
const BYTES_MAX: usize = 1 << 25;

/// What the scripts of a collection did so far. Those of the collection and its folders run for each request in them.
#[derive(Debug, Default)]
pub(in crate::postman) struct Work {
    statements: usize,
    bytes: usize,
    patterns: Patterns,
}

impl Work {
    fn is_too_much(&self) -> bool {
        self.statements > STATEMENTS_MAX || self.bytes > BYTES_MAX
    }
}

/// A script of a collection.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    /// The lines of the file that contain the script's lines.
    lines: Vec<usize>,
    statements: Vec<Stmt>,
    /// The location and message of a syntax error.
    error: Option<(usize, String)>,
}

impl Script {
    /// The scripts of an item for an event: `prerequest` or `test`.
    pub(super) fn of(item: &Node, event: &str) -> Self {
        let mut script = Self::default();
        let mut source = String::new();
        let events = item.items_of("event").iter().filter(|it| it.text_of("listen") == Some(event) && !it.flag("disabled"));
        for exec in events.filter_map(|it| it.get("script")?.get("exec")) {
            let parts = if exec.items().is_empty() { std::slice::from_ref(exec) } else { exec.items() };
            for part in parts.iter().filter(|part| part.text().is_some()) {
                for line in part.text().unwrap_or_default().lines() {
                    source.push_str(line);
                    source.push('\n');
                    script.lines.push(part.line);
                }
            }
        }
        match js::parse(&source) {
            Ok(statements) => script.statements = statements,
            Err(error) => script.error = Some((script.line(error.line), error.message)),
        }
        script
    }

    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.error.is_none()
    }

    fn line(&self, line: usize) -> usize {
        self.lines.get(line.saturating_sub(1)).or(self.lines.last()).copied().unwrap_or(1)
    }

    /// The actions of the script of the item called `item`.
    pub(super) fn run(&self, variables: &mut Variables, item: &str) -> Outcome {
        let mut interpreter =
            Interpreter { variables, item, locals: HashMap::new(), outcome: Outcome::default(), depth: 0, in_loop: false };
        for statement in &self.statements {
            if interpreter.variables.work.is_too_much() {
                let what = format!("scripts that run more than {STATEMENTS_MAX} statements, or make large values");
                interpreter.outcome.left.push((statement.line, what));
                break;
            }
            interpreter.statement(statement);
        }
        let mut outcome = interpreter.outcome;
        outcome.left.iter_mut().for_each(|(line, _)| *line = self.line(*line));
        if let Some((line, message)) = &self.error {
            outcome.left.push((*line, format!("script with a syntax error: {}", crate::words::lower_first(message))));
        }
        outcome
    }
}

/// The state while a script is read.
struct Interpreter<'a> {
    variables: &'a mut Variables,
    /// The item's name.
    item: &'a str,
    locals: HashMap<String, Value>,
    outcome: Outcome,
    depth: usize,
    /// Whether the statement is in a loop over the items of a list.
    in_loop: bool,
}

impl Interpreter<'_> {
    fn block(&mut self, statements: &[Stmt]) {
        for statement in statements {
            if matches!(statement.kind, StmtKind::Return(_)) || self.variables.work.is_too_much() {
                break;
            }
            self.statement(statement);
        }
    }

    /// Reports a statement that has no counterpart.
    fn leave(&mut self, statement: &Stmt) {
        let first: Vec<&str> = statement.source.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let mut what: String = first.first().unwrap_or(&"").chars().take(100).collect();
        if first.len() > 1 || what.len() < first.first().map_or(0, |line| line.len()) {
            what.push_str(" …");
        }
        self.outcome.left.push((statement.line, what));
    }

    fn statement(&mut self, statement: &Stmt) {
        self.variables.work.statements += 1;
        let done = match &statement.kind {
            StmtKind::Expr(expr) => self.effect(expr),
            StmtKind::Let(bindings) => {
                for (binding, value) in bindings {
                    let value = value.as_ref().map_or(Value::Data(Expr::Null), |value| self.eval(value));
                    self.bind(binding, value);
                }
                true
            }
            StmtKind::Function(function) => {
                let name = function.name.clone().unwrap_or_default();
                self.locals.insert(name, Value::Function(function.clone()));
                true
            }
            StmtKind::Block(body) => {
                self.block(body);
                true
            }
            StmtKind::Try(body, _) => {
                self.block(body);
                true
            }
            StmtKind::If(test, then, otherwise) => self.branch(test, then, otherwise),
            StmtKind::ForOf(binding, list, body) => {
                let list = self.eval(list);
                self.each(list, binding, body)
            }
            StmtKind::Return(Some(expr)) => self.effect(expr),
            StmtKind::Return(None) | StmtKind::Empty => true,
            _ => false,
        };
        if !done {
            self.leave(statement);
        }
    }

    fn bind(&mut self, binding: &Binding, value: Value) {
        match binding {
            Binding::Name(name) => {
                self.locals.insert(name.clone(), value);
            }
            Binding::Members(members) => {
                for (member, name) in members {
                    let value = match &value {
                        Value::Json(path) => Value::Json(path.iter().cloned().chain([Member::Key(member.clone())]).collect()),
                        Value::Module(module) if module == "uuid" => Value::Module("uuid".to_owned()),
                        _ => Value::Unknown,
                    };
                    self.locals.insert(name.clone(), value);
                }
            }
            Binding::Items(_) | Binding::Other => {}
        }
    }

    /// Runs a body for each item of a list of the response.
    fn each(&mut self, list: Value, binding: &Binding, body: &[Stmt]) -> bool {
        let Value::Json(mut path) = list else { return false };
        path.push(Member::Each);
        self.bind(binding, Value::Json(path));
        let before = std::mem::replace(&mut self.in_loop, true);
        self.block(body);
        self.in_loop = before;
        true
    }

    /// Runs an expression statement. Returns whether it has a counterpart.
    fn effect(&mut self, expr: &js::Expr) -> bool {
        if is_output(expr) {
            return true;
        }
        if let Some(written) = self.assertion(expr) {
            return written;
        }
        match &expr.kind {
            Kind::Assign(target, "=", value) => self.assign(target, value),
            Kind::Call(callee, arguments) => self.call_effect(callee, arguments),
            // `"use strict"`
            Kind::Text(_) | Kind::Undefined | Kind::Null | Kind::Name(_) => true,
            _ => false,
        }
    }

    fn assign(&mut self, target: &js::Expr, value: &js::Expr) -> bool {
        match &target.kind {
            Kind::Name(name) => {
                let value = self.eval(value);
                self.locals.insert(name.clone(), value);
                true
            }
            Kind::Member(object, _) | Kind::Index(object, _) if object.path().as_deref() == Some(&["tests"]) => self.holds(value, false),
            Kind::Member(object, key) if matches!(object.path().as_deref(), Some(["environment" | "globals"])) => {
                let value = self.eval(value);
                self.set(key.clone(), value)
            }
            _ => false,
        }
    }

    fn call_effect(&mut self, callee: &js::Expr, arguments: &[js::Expr]) -> bool {
        let function = |value: &Value| if let Value::Function(function) = value { Some(function.clone()) } else { None };
        match callee.path().as_deref() {
            Some(["pm", "test"]) => {
                if let Some(function) = arguments.get(1).and_then(|it| function(&self.eval(it))) {
                    self.block(&function.body);
                    // An arrow function without a block returns its assertion.
                    if let [Stmt { kind: StmtKind::Return(Some(expr)), .. }] = function.body.as_slice() {
                        return self.effect(expr);
                    }
                }
                true
            }
            Some(["pm", "test", "skip"]) => true,
            Some(
                ["pm", "environment" | "globals" | "variables" | "collectionVariables" | "vault", "set"]
                | ["postman", "setEnvironmentVariable" | "setGlobalVariable"],
            ) => {
                let (Some(key), Some(value)) = (arguments.first(), arguments.get(1)) else { return false };
                let Some(key) = self.key(key) else { return false };
                let value = self.eval(value);
                self.set(key, value)
            }
            // A variable that is not read again needs no value.
            Some(
                ["pm", "environment" | "globals" | "variables" | "collectionVariables" | "vault", "unset" | "clear"]
                | ["postman", "clearEnvironmentVariable" | "clearEnvironmentVariables" | "clearGlobalVariable" | "clearGlobalVariables"],
            ) => true,
            Some(["pm", "sendRequest"]) => self.send(arguments),
            Some(["pm", "request", "headers", "add" | "upsert" | "append"] | ["pm", "request", "addHeader" | "upsertHeader"]) => {
                self.add_header(arguments).is_some()
            }
            Some(["setTimeout"]) => {
                match (arguments.first().and_then(|it| function(&self.eval(it))), arguments.get(1).map(|it| self.eval(it))) {
                    (Some(function), Some(Value::Data(Expr::Number(digits)))) => {
                        self.outcome.waits.extend(digits.parse::<u64>().ok());
                        self.block(&function.body);
                        true
                    }
                    _ => false,
                }
            }
            Some(["_", "each" | "forEach"] | ["__", "each" | "forEach"] | ["lodash", "each" | "forEach"]) => match arguments {
                [list, body] => {
                    let (list, body) = (self.eval(list), self.eval(body));
                    self.for_each(list, &body)
                }
                _ => false,
            },
            Some(["pm", "visualizer", _]) => true,
            _ => match &callee.kind {
                Kind::Member(list, method) if method == "forEach" => {
                    let (list, body) = (self.eval(list), arguments.first().map_or(Value::Unknown, |it| self.eval(it)));
                    self.for_each(list, &body)
                }
                Kind::Name(name) if self.locals.contains_key(name) => {
                    let before = self.outcome.left.len();
                    self.eval(&js::Expr { line: callee.line, kind: Kind::Call(Box::new(callee.clone()), arguments.to_vec()) });
                    self.outcome.left.len() == before
                }
                _ => false,
            },
        }
    }

    /// Adds a header to the request: `{ key: "X", value: … }` or `"X: …"`. `None` if it cannot be expressed.
    fn add_header(&mut self, arguments: &[js::Expr]) -> Option<()> {
        let [argument] = arguments else { return None };
        let (name, value) = match self.eval(argument) {
            Value::Data(Expr::Map(members)) => {
                let of = |key: &str| members.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
                (of("key")?.as_literal()?.to_owned(), of("value")?)
            }
            line => line.literal()?.split_once(':').map(|(name, value)| (name.to_owned(), Expr::text(value.trim())))?,
        };
        let value = match value {
            Expr::Number(digits) => Expr::text(digits),
            value @ (Expr::Text(_) | Expr::Code(_)) => value,
            _ => return None,
        };
        // A header cannot contain what its own response will have.
        let is_known = !self.in_loop && !value::reads(&value) && !name.trim().is_empty();
        is_known.then(|| self.outcome.headers.push((name.trim().to_owned(), value)))
    }

    fn for_each(&mut self, list: Value, body: &Value) -> bool {
        let Value::Function(function) = body else { return false };
        let item = function.parameters.first().map_or(Binding::Other, |it| it.binding.clone());
        match function.body.as_slice() {
            [Stmt { kind: StmtKind::Return(Some(expr)), line, source }] => {
                let body = [Stmt { kind: StmtKind::Expr(expr.clone()), line: *line, source: source.clone() }];
                self.each(list, &item, &body)
            }
            body => self.each(list, &item, body),
        }
    }

    /// Sets a variable. Returns whether its value can be expressed.
    fn set(&mut self, key: String, value: Value) -> bool {
        if self.in_loop {
            return false;
        }
        let is_text = match &value {
            Value::Data(expr) => matches!(expr, Expr::Text(_)),
            Value::Code(code) => code.is_text,
            _ => false,
        };
        let what = match &value {
            Value::Json(path) => value::source(path).map(What::Take),
            Value::Code(code) if code.reads && (code.text.starts_with("header ") || code.text.starts_with("cookie ")) => {
                Some(What::Take(Source::code(&code.text)))
            }
            other => other.to_expr().map(|expr| What::Is(expr, value.reads())),
        };
        let Some(value) = what else { return false };
        self.variables.declare(&key, is_text);
        self.outcome.sets.push(Set { key, value });
        true
    }
}

/// Whether an expression only prints.
fn is_output(expr: &js::Expr) -> bool {
    let Kind::Call(callee, _) = &expr.kind else { return false };
    matches!(callee.path().as_deref(), Some(["console", _] | ["alert"]))
}
