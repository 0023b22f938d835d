//! Calls: the functions of the script are run in place.

use std::rc::Rc;

use indexmap::IndexMap;

use super::value::{Closure, Value};
use super::{DEPTH_MAX, Flow, Language, Run};
use crate::code::{Expr, Kind, Rest};

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) list: Vec<Value>,
    pub(crate) named: Vec<(String, Value)>,
}

impl Arguments {
    pub(crate) fn new(list: Vec<Value>) -> Self {
        Self { list, named: Vec::new() }
    }

    /// An argument by its position.
    pub(crate) fn at(&self, index: usize) -> Value {
        self.list.get(index).cloned().unwrap_or(Value::Undefined)
    }

    /// An argument by its name.
    pub(crate) fn named(&self, name: &str) -> Option<Value> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// An argument by its name or its position.
    pub(crate) fn get(&self, name: &str, index: usize) -> Value {
        self.named(name).unwrap_or_else(|| self.at(index))
    }
}

impl Run<'_> {
    pub(super) fn arguments(&mut self, arguments: &[Expr]) -> Arguments {
        let mut out = Arguments::default();
        for argument in arguments {
            match &argument.kind {
                Kind::Keyword(name, value) => {
                    let value = self.eval(value);
                    match (name.as_str(), value) {
                        ("**", Value::Map(map)) => out.named.extend(map.borrow().iter().map(|(key, value)| (key.clone(), value.clone()))),
                        ("**", _) => {}
                        (name, value) => out.named.push((name.to_owned(), value)),
                    }
                }
                Kind::Spread(list) => match self.eval(list) {
                    Value::List(items) => out.list.extend(items.borrow().iter().cloned()),
                    other => out.list.push(other),
                },
                _ => {
                    let value = self.eval(argument);
                    out.list.push(value);
                }
            }
        }
        out
    }

    pub(super) fn call(&mut self, callee: &Expr, arguments: &[Expr]) -> Value {
        let line = callee.line;
        if let Kind::Member(object, method) = &callee.kind {
            let object_value = self.eval(object);
            if matches!(method.as_str(), "push" | "append") && self.append(object, &object_value, arguments) {
                return Value::Undefined;
            }
            self.is_callee = true;
            let function = self.member(object_value, method);
            self.is_callee = false;
            let arguments = self.arguments(arguments);
            self.line = line;
            return self.apply(&function, arguments);
        }
        let function = self.eval(callee);
        let arguments = self.arguments(arguments);
        self.line = line;
        self.apply(&function, arguments)
    }

    /// `list.push(value)` on a list that a test builds while it runs: `set list = list + [value]`.
    fn append(&mut self, target: &Expr, list: &Value, arguments: &[Expr]) -> bool {
        if !matches!(list, Value::List(_) | Value::Code(_)) || !self.is_running {
            return false;
        }
        let values = self.arguments(arguments);
        let item = values.at(0);
        let is_of_test = match &target.kind {
            Kind::Member(..) => true,
            Kind::Name(name) => self.scope.root().own(name).is_some(),
            _ => false,
        };
        if matches!(list, Value::List(_)) && !(is_of_test && self.is_dynamic(&item)) {
            if let Value::List(list) = list {
                self.changes.push(super::scope::Change::List(list.clone(), list.borrow().clone()));
                let outer = Value::List(list.clone());
                let items: Vec<Value> = values.list.into_iter().map(|item| self.storable(item, Some(&outer))).collect();
                list.borrow_mut().extend(items);
            }
            return true;
        }
        if let (Value::List(items), true) = (list, is_of_test) {
            // The variable is declared at the beginning, with an empty list.
            let name = match &target.kind {
                Kind::Member(_, member) => member.clone(),
                Kind::Name(name) => name.clone(),
                _ => return false,
            };
            let key = if matches!(target.kind, Kind::Member(..)) { format!("self.{name}") } else { name.clone() };
            let keep = self.keep(&key, &name, &Value::list(items.borrow().clone()));
            let Some(item) = self.code(&item) else { return false };
            self.emit(crate::draft::Stmt::Set(keep.clone(), crate::draft::Expr::code(format!("{keep} + [{}]", item.text))));
            let value = Value::code(keep.clone(), super::Ty::List);
            match &target.kind {
                Kind::Member(object, member) => {
                    if let Value::Object(instance) = self.eval(object) {
                        let before = instance.members.borrow().get(member).cloned();
                        self.changes.push(super::scope::Change::Member(instance.clone(), member.clone(), before));
                        instance.members.borrow_mut().insert(member.clone(), value);
                    }
                }
                _ => {
                    if let Some(cell) = self.scope.find(&name) {
                        let before = cell.borrow().clone();
                        self.changes.push(super::scope::Change::Variable(cell.clone(), before, name));
                        *cell.borrow_mut() = super::scope::Slot { value, variable: Some(keep) };
                    }
                }
            }
            return true;
        }
        let (Value::Code(code), Some(item)) = (list, self.code(&item)) else { return false };
        if !crate::names::is_word(&code.text) {
            return false;
        }
        self.emit(crate::draft::Stmt::Set(code.text.clone(), crate::draft::Expr::code(format!("{} + [{}]", code.text, item.text))));
        true
    }

    /// Calls a function.
    pub(crate) fn apply(&mut self, function: &Value, arguments: Arguments) -> Value {
        match function {
            Value::Function(closure) => self.inline(&closure.clone(), arguments),
            Value::Native(path) => self.library(&path.clone(), arguments),
            Value::Method(object, name) => self.method(&object.clone(), &name.clone(), arguments),
            Value::Class(_) => self.construct(function, arguments),
            // `page("css")` of pyquery.
            Value::Elements(steps, css, _) => {
                let (steps, css) = (steps.clone(), css.clone());
                self.method_of_elements(&steps, &css, false, "select", &arguments)
            }
            Value::Unknown(what) => Value::Unknown(what.clone()),
            _ => Value::unknown("a call"),
        }
    }

    /// Runs a function in place.
    pub(crate) fn inline(&mut self, closure: &Closure, arguments: Arguments) -> Value {
        if self.depth >= DEPTH_MAX {
            return Value::unknown("a function that calls itself");
        }
        if closure.function.body.iter().any(|it| it.source.contains("getRandomValues")) {
            // The script computes a random number in an unusual way.
            self.ran.insert(Rc::as_ptr(&closure.function));
            return super::random::float(0.0, 1.0);
        }
        let scope = super::Scope::within(&closure.scope);
        let outer = std::mem::replace(&mut self.scope, scope);
        self.depth += 1;
        self.bind_parameters(closure, arguments);
        self.ran.insert(Rc::as_ptr(&closure.function));
        let assumes = std::mem::replace(&mut self.assumes, false);
        let uncertain = std::mem::replace(&mut self.uncertain, false);
        let flow = self.exec(&closure.function.body);
        let uncertain = std::mem::replace(&mut self.uncertain, uncertain);
        let assumes = std::mem::replace(&mut self.assumes, assumes);
        self.depth -= 1;
        self.scope = outer;
        match flow {
            Flow::Return(Value::Data(crate::draft::Expr::Bool(flag))) if assumes => super::operators::assumed(flag),
            // One of several constants: which one is not known.
            Flow::Return(value) if uncertain && value.literal().is_some() => {
                Value::unknown(closure.function.name.as_deref().unwrap_or("a function"))
            }
            Flow::Return(value) => value,
            Flow::Throw => Value::native("throw"),
            _ => Value::Undefined,
        }
    }

    fn bind_parameters(&mut self, closure: &Closure, arguments: Arguments) {
        let mut list = arguments.list.into_iter();
        let mut named: IndexMap<String, Value> = arguments.named.into_iter().collect();
        let mut parameters = closure.function.parameters.iter();
        if let Some(this) = &closure.this {
            self.scope.declare("this", this.clone());
            if self.language == Language::Python
                && let Some(name) = parameters.next().and_then(|parameter| parameter.name())
            {
                self.scope.declare(name, this.clone());
            }
        }
        if let Some(class) = &closure.class {
            self.scope.declare("class of this", Value::Class(class.clone()));
        }
        for parameter in parameters {
            let value = match parameter.rest {
                Rest::List => Value::list(list.by_ref().collect()),
                Rest::Map => Value::map(std::mem::take(&mut named)),
                Rest::No => {
                    let by_name = parameter.name().and_then(|name| named.shift_remove(name));
                    let given =
                        by_name.or_else(|| list.next()).filter(|value| !matches!(value, Value::Undefined) || parameter.default.is_none());
                    match (given, &parameter.default) {
                        (Some(value), _) => value,
                        (None, Some(default)) => self.eval(default),
                        (None, None) => Value::Undefined,
                    }
                }
            };
            match &parameter.binding {
                crate::code::Binding::Name(name) => {
                    let value = self.settle(name, value);
                    self.scope.declare(name, value);
                }
                binding => self.bind(binding, value),
            }
        }
    }

    /// `new A(b)`, `A(b)`
    pub(super) fn construct(&mut self, class: &Value, arguments: Arguments) -> Value {
        match class {
            Value::Class(class) => self.instance(&class.clone(), arguments),
            Value::Native(path) => self.library(&format!("new {path}"), arguments),
            Value::Function(closure) => self.inline(&closure.clone(), arguments),
            _ => Value::unknown("new"),
        }
    }

    /// Calls a function of the language.
    pub(super) fn function(&mut self, name: &str, arguments: &[Value], ty: super::Ty) -> Value {
        let mut codes = Vec::new();
        let mut changes = false;
        for argument in arguments {
            match self.code(argument) {
                Some(code) => {
                    changes |= code.changes;
                    codes.push(code.text);
                }
                None => return Value::unknown(name),
            }
        }
        let text = format!("{name}({})", codes.join(", "));
        Value::Code(super::Code {
            changes: changes || matches!(name, "random" | "uuid" | "random_string" | "one_of"),
            ..super::Code::new(text, ty)
        })
    }

    /// The scope of the running function.
    pub(super) fn scope(&self) -> &Rc<super::Scope> {
        &self.scope
    }
}
