//! Classes and objects of a script.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use super::Run;
use super::calls::Arguments;
use super::value::{ClassValue, Closure, Object, Value};
use crate::code::{Class, Function, Kind, Stmt, StmtKind};

impl Run<'_> {
    /// Declares a class: its methods and attributes.
    pub(super) fn class(&mut self, class: &Class, line: usize) -> Value {
        let bases = class.bases.iter().map(|base| self.eval(base)).collect();
        let value = Rc::new(ClassValue {
            name: class.name.clone(),
            bases,
            members: RefCell::default(),
            tasks: RefCell::default(),
            orders: RefCell::default(),
            line,
        });
        let scope = super::Scope::within(&self.scope);
        let outer = std::mem::replace(&mut self.scope, scope.clone());
        for statement in &class.body {
            self.class_statement(&value, statement, &outer);
        }
        self.scope = outer;
        // Attributes are variables during the declaration of the class.
        for (name, cell) in scope.all() {
            let attribute = cell.borrow().value.clone();
            value.members.borrow_mut().entry(name).or_insert(attribute);
        }
        Value::Class(value)
    }

    fn class_statement(&mut self, class: &Rc<ClassValue>, statement: &Stmt, outer: &Rc<super::Scope>) {
        match &statement.kind {
            StmtKind::Function(function) => {
                self.fate(statement, super::Fate::Carried);
                let closure = Closure { function: function.clone(), scope: outer.clone(), this: None, class: Some(class.clone()) };
                let name = function.name.clone().unwrap_or_default();
                let method = Value::Function(Rc::new(closure));
                for decorator in &function.decorators {
                    let decorator = self.eval(decorator);
                    if let Some(weight) = task_weight(&decorator) {
                        class.tasks.borrow_mut().retain(|(known, _)| *known != name);
                        class.tasks.borrow_mut().push((name.clone(), weight));
                    }
                    if let Some(order) = seq_order(&decorator) {
                        // `@seq_task(2)`: the number is a position, and not a weight.
                        let mut tasks = class.tasks.borrow_mut();
                        tasks.retain(|(known, _)| *known != name);
                        let mut orders = class.orders.borrow_mut();
                        let at = orders.iter().position(|known| *known > order).unwrap_or(orders.len()).min(tasks.len());
                        orders.insert(at, order);
                        tasks.insert(at, (name.clone(), Value::number(1.0)));
                    }
                }
                self.scope.declare(&name, method.clone());
                class.members.borrow_mut().insert(name, method);
            }
            StmtKind::Class(inner) => {
                self.fate(statement, super::Fate::Carried);
                let nested = self.class(inner, statement.line);
                for decorator in &inner.decorators {
                    let decorator = self.eval(decorator);
                    if let Some(weight) = task_weight(&decorator) {
                        class.tasks.borrow_mut().push((inner.name.clone(), weight));
                    }
                }
                self.scope.declare(&inner.name, nested.clone());
                class.members.borrow_mut().insert(inner.name.clone(), nested);
            }
            _ => {
                self.exec(std::slice::from_ref(statement));
            }
        }
    }

    /// Handles the decorators of a function of a module, such as those of listeners.
    pub(super) fn decorate(&mut self, statement: &Stmt, function: &Function) {
        for decorator in &function.decorators {
            let value = self.eval(decorator);
            let Value::Native(path) = &value else { continue };
            if path.contains("events.") {
                let name = path.split('.').nth(2).unwrap_or("event").to_owned();
                if matches!(name.as_str(), "test_start" | "test_stop") && self.language == super::Language::Python {
                    let closure = self.scope.find(function.name.as_deref().unwrap_or_default()).map(|cell| cell.borrow().value.clone());
                    if let Some(closure) = closure {
                        self.listeners.push((name, closure));
                        continue;
                    }
                }
                self.line = statement.line;
                self.leave("events", &format!("@{path}: a listener has no counterpart"));
                self.fate(statement, super::Fate::Left);
                self.fates_of(&function.body, &super::Fate::Left);
            }
        }
    }

    pub(crate) fn instance(&mut self, class: &Rc<ClassValue>, arguments: Arguments) -> Value {
        let object = Rc::new(Object { class: class.clone(), members: RefCell::new(IndexMap::new()) });
        let value = Value::Object(object.clone());
        if self.native_base(class).is_some_and(|base| base.ends_with("BaseAPI") || base.ends_with("APIClient")) {
            self.framework_client(class, &object, &arguments);
        }
        for name in ["__init__", "constructor"] {
            if let Some(Value::Function(closure)) = self.member_of_class(class, name) {
                let bound = Closure { this: Some(value.clone()), ..(*closure).clone() };
                self.inline(&bound, arguments);
                break;
            }
        }
        value
    }

    /// A member of a class or of one of its bases.
    pub(crate) fn member_of_class(&self, class: &Rc<ClassValue>, name: &str) -> Option<Value> {
        bases(class).iter().find_map(|class| class.members.borrow().get(name).cloned())
    }

    /// The path of the tool's class that a class extends, directly or not.
    pub(crate) fn native_base(&self, class: &Rc<ClassValue>) -> Option<Rc<str>> {
        let classes = bases(class);
        let mut paths = classes.iter().flat_map(|class| &class.bases).filter_map(|base| match base {
            Value::Native(path) => Some(path.clone()),
            _ => None,
        });
        // A mixin of a module that is not there may come before the class of the tool.
        let first = paths.next()?;
        if is_of_tool(&first) { Some(first) } else { paths.find(|path| is_of_tool(path)).or(Some(first)) }
    }

    pub(super) fn member_of_object(&mut self, object: &Rc<Object>, name: &str) -> Value {
        let own = object.members.borrow().get(name).cloned();
        if let Some((keep, first)) = self.keeps.get(&format!("self.{name}"))
            && self.is_running
            && !matches!(own, Some(Value::Code(_)))
        {
            // Another task may have assigned it.
            return Value::code(keep.clone(), kept_type(first));
        }
        if let Some(value) = own {
            return value;
        }
        match self.member_of_class(&object.class, name) {
            Some(Value::Function(closure)) => {
                let is_static = closure
                    .function
                    .decorators
                    .iter()
                    .any(|decorator| matches!(&decorator.kind, Kind::Name(name) if name == "staticmethod"));
                let is_property = closure
                    .function
                    .decorators
                    .iter()
                    .any(|decorator| matches!(&decorator.kind, Kind::Name(name) if name.ends_with("property")));
                let this = if is_static { None } else { Some(Value::Object(object.clone())) };
                let bound = Closure { this, ..(*closure).clone() };
                if is_property { self.inline(&bound, Arguments::default()) } else { Value::Function(Rc::new(bound)) }
            }
            Some(value) => value,
            None => match name {
                "client" => {
                    let user = object.members.borrow().get("user").cloned();
                    match user {
                        Some(Value::Object(user)) if !std::rc::Rc::ptr_eq(&user, object) => self.member_of_object(&user, name),
                        _ => Value::native(name),
                    }
                }
                // `FastHttpUser.rest`
                "rest" | "rest_" => Value::native(format!("client.{name}")),
                "change_client" => Value::native("framework.change_client"),
                "environment" | "host" => Value::native(name),
                "user" | "parent" | "locust" => object.members.borrow().get("user").cloned().unwrap_or_else(|| Value::native(name)),
                "interrupt" | "wait" | "schedule_task" => Value::native(format!("self.{name}")),
                "__class__" => Value::Class(object.class.clone()),
                _ => Value::Undefined,
            },
        }
    }

    /// `super().method`: the method of a base of the defining class.
    pub(super) fn inherited(&mut self, name: &str) -> Value {
        let (class, this) = (self.scope().find("class of this"), self.scope().find("this"));
        let (Some(class), Some(this)) = (class, this) else { return Value::Undefined };
        let Value::Class(class) = class.borrow().value.clone() else { return Value::Undefined };
        let this = this.borrow().value.clone();
        let found = class.bases.iter().find_map(|base| match base {
            Value::Class(base) => self.member_of_class(base, name),
            _ => None,
        });
        match found {
            Some(Value::Function(closure)) => Value::Function(Rc::new(Closure { this: Some(this), ..(*closure).clone() })),
            Some(value) => value,
            None if matches!(name, "rest" | "rest_") => Value::native("client.rest"),
            None => Value::native("nothing"),
        }
    }
}

/// The most classes in which a member is looked up.
const BASES_MAX: usize = 200;

/// A class and its bases, each once and before its own bases: the bases of a class may share a base.
fn bases(class: &Rc<ClassValue>) -> Vec<Rc<ClassValue>> {
    let mut known = HashSet::new();
    let (mut out, mut open) = (Vec::new(), vec![class.clone()]);
    while let Some(class) = open.pop().filter(|_| out.len() < BASES_MAX) {
        if known.insert(Rc::as_ptr(&class)) {
            let bases = class.bases.iter().rev().filter_map(|base| if let Value::Class(base) = base { Some(base.clone()) } else { None });
            open.extend(bases);
            out.push(class);
        }
    }
    out
}

/// Whether a path is a class that a tool runs or calls.
fn is_of_tool(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or_default();
    let ends = ["User", "Locust", "TaskSet", "TaskSequence", "BaseAPI", "APIClient"];
    path.starts_with("locust.") || ends.iter().any(|end| name.ends_with(end)) || name.contains("HttpUser")
}

/// The weight of `@task` or `@task(3)`.
fn task_weight(decorator: &Value) -> Option<Value> {
    match decorator {
        Value::Native(path) if is_task(path) => Some(Value::number(1.0)),
        // A state of a `MarkovTaskSet`.
        Value::Native(path) if &**path == "transition" => Some(Value::number(1.0)),
        Value::Native(path) => path.strip_prefix("task:").and_then(|weight| weight.parse().ok()).map(Value::number),
        _ => None,
    }
}

/// The position of `@seq_task(2)`.
fn seq_order(decorator: &Value) -> Option<f64> {
    match decorator {
        Value::Native(path) => path.strip_prefix("seq_task:")?.parse().ok(),
        _ => None,
    }
}

/// Whether a path is `task` of Locust, or a similar decorator.
pub(crate) fn is_task(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("task" | "seq_task"))
}

/// The type of a variable that lives through iterations, by its first value.
pub(super) fn kept_type(first: &crate::draft::Expr) -> super::Ty {
    use crate::draft::Expr;
    match first {
        Expr::List(_) => super::Ty::List,
        Expr::Bool(_) => super::Ty::Bool,
        Expr::Number(_) => super::Ty::Number,
        Expr::Text(_) => super::Ty::Text,
        _ => super::Ty::Any,
    }
}
