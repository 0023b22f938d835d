//! Evaluates the expressions of a script.

use std::rc::Rc;

use indexmap::IndexMap;

use super::scope::Change;
use super::value::{Closure, Code, Shape, Ty, Value};
use super::{Language, Run};
use crate::code::{Each, Expr, Kind};
use crate::draft;

impl Run<'_> {
    /// The value of an expression; [`Run::eval`] bounds it.
    pub(super) fn value_of(&mut self, expr: &Expr) -> Value {
        self.line = expr.line;
        match &expr.kind {
            Kind::Null => Value::null(),
            Kind::Undefined => Value::Undefined,
            Kind::Bool(flag) => Value::bool(*flag),
            Kind::Number(digits) => Value::Data(draft::Expr::number(digits)),
            Kind::Text(text) => Value::text(text),
            Kind::Template(texts, values) => self.template(texts, values),
            Kind::Format(value, format) => {
                let value = self.eval(value);
                self.formatted(&value, format)
            }
            Kind::Regex { pattern, flags } => self.regex(pattern, flags),
            Kind::Name(name) => self.name(name),
            Kind::Member(object, member) => {
                let object = self.eval(object);
                self.member(object, member)
            }
            Kind::Index(object, index) => {
                let (object, index) = (self.eval(object), self.eval(index));
                self.index(object, &index)
            }
            Kind::Slice(object, from, to) => {
                let object = self.eval(object);
                let [from, to] = [from, to].map(|bound| bound.as_ref().map(|bound| self.eval(bound)));
                self.slice(&object, from.as_ref(), to.as_ref())
            }
            Kind::Call(callee, arguments) => self.call(callee, arguments),
            Kind::New(callee, arguments) => {
                let callee = self.eval(callee);
                let arguments = self.arguments(arguments);
                self.construct(&callee, arguments)
            }
            Kind::Function(function) => {
                Value::Function(Rc::new(Closure { function: function.clone(), scope: self.scope.clone(), this: None, class: None }))
            }
            Kind::Class(class) => self.class(class, expr.line),
            Kind::List(items) => {
                let mut out = Vec::new();
                for item in items {
                    self.item(item, &mut out);
                }
                Value::list(out)
            }
            Kind::Map(members) => {
                let members = members.iter().map(|(key, value)| (key.clone(), self.eval(value))).collect();
                Value::map(members)
            }
            Kind::Entries(entries) => self.entries(entries),
            Kind::Spread(value) | Kind::Keyword(_, value) => self.eval(value),
            Kind::Each(each) => self.comprehension(each),
            Kind::Unary("yield", value) => self.yielded(value),
            Kind::Unary(operator, value) => {
                let value = self.eval(value);
                self.unary(operator, &value)
            }
            Kind::Binary(operator @ ("&&" | "||" | "??"), left, right) => self.logical(operator, left, right),
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.eval(left), self.eval(right));
                self.binary(operator, &left, &right)
            }
            Kind::Conditional(test, then, otherwise) => self.conditional(test, then, otherwise),
            Kind::Assign(target, operator, value) => {
                let value = self.assigned(target, operator, value);
                self.assign(target, value.clone());
                value
            }
            Kind::Other(text) => Value::unknown(text),
        }
    }

    fn item(&mut self, item: &Expr, out: &mut Vec<Value>) {
        match &item.kind {
            Kind::Spread(list) => match self.eval(list) {
                Value::List(items) => out.extend(items.borrow().iter().cloned()),
                other => out.push(other),
            },
            _ => {
                let value = self.eval(item);
                out.push(value);
            }
        }
    }

    fn entries(&mut self, entries: &[(Option<Expr>, Expr)]) -> Value {
        let mut out = IndexMap::new();
        let mut unknown = None;
        let mut pairs = Vec::new();
        for (key, value) in entries {
            if let (None, Some(members)) = (key, self.optional_members(value)) {
                out.extend(members);
                continue;
            }
            let value = self.eval(value);
            match key {
                Some(key) => match self.eval(key) {
                    // `{browse: 3}`: tasks with their weights.
                    key @ (Value::Function(_) | Value::Class(_)) => pairs.push(Value::list(vec![key, value])),
                    key => {
                        let name = match (key.literal(), &key) {
                            (Some(name), _) => name,
                            (None, Value::Data(draft::Expr::Number(digits))) => digits.clone(),
                            // The name, such as that of a check, is computed from data. The position identifies it.
                            _ => self
                                .as_text(&key)
                                .map_or_else(|| out.len().to_string(), |text| crate::write::inline(&draft::Expr::Text(text))),
                        };
                        out.insert(name, value);
                    }
                },
                None => match value {
                    Value::Map(map) => out.extend(map.borrow().iter().map(|(key, value)| (key.clone(), value.clone()))),
                    value if value.is_nothing() => {}
                    // A value of the test has members that are not known here.
                    Value::Code(_) => self.leave("members", "`...`: the members of a value of the test are not added"),
                    other => unknown = Some(other),
                },
            }
        }
        if !pairs.is_empty() {
            return Value::list(pairs);
        }
        match unknown {
            Some(other) if out.is_empty() => other,
            Some(_) => Value::unknown("{ ... }"),
            None => Value::map(out),
        }
    }

    fn comprehension(&mut self, each: &Each) -> Value {
        let mut list = self.eval(&each.list);
        if let Value::File(path) = &list {
            // `[line.strip() for line in file]`
            list = self.lines(&path.clone());
        }
        if matches!(list, Value::Rows(_)) && self.is_copy(each) {
            return list;
        }
        if let (Value::Elements(steps, css, _), true, None) = (&list, each.conditions.is_empty(), &each.key) {
            // `[link.attrib["href"] for link in links]`: the attribute of all links.
            self.bind(&each.binding, Value::Elements(steps.clone(), css.clone(), true));
            return self.eval(&each.item);
        }
        let Some(items) = self.items(&list, 64) else {
            return self.queried_each(&list, each).unwrap_or_else(|| Value::unknown("a comprehension"));
        };
        let scope = super::Scope::within(&self.scope);
        let outer = std::mem::replace(&mut self.scope, scope);
        let (mut out, mut members) = (Vec::new(), IndexMap::new());
        for item in items {
            self.bind(&each.binding, item);
            let holds = each.conditions.iter().all(|condition| {
                let condition = self.eval(condition);
                self.truth(&condition) != Some(false)
            });
            if !holds {
                continue;
            }
            let value = self.eval(&each.item);
            match each.key.as_ref().map(|key| self.eval(key).literal()) {
                Some(Some(key)) => drop(members.insert(key, value)),
                Some(None) => {}
                None => out.push(value),
            }
        }
        self.scope = outer;
        if each.key.is_some() { Value::map(members) } else { Value::list(out) }
    }

    /// The value of a name: a variable, or a name that the tool predefines.
    fn name(&mut self, name: &str) -> Value {
        match self.scope.find(name) {
            Some(cell) => {
                let kept = self.keeps.get(name).filter(|_| self.is_running && cell.borrow().variable.is_none());
                let is_of_module = || self.scope.root().own(name).is_some_and(|own| Rc::ptr_eq(&own, &cell));
                match kept {
                    // Another iteration may have set this variable.
                    Some((keep, first)) if is_of_module() => Value::code(keep.clone(), super::classes::kept_type(first)),
                    _ => {
                        let value = cell.borrow().value.clone();
                        if let Value::Function(closure) = &value {
                            self.mention(closure);
                        }
                        value
                    }
                }
            }
            None => match name {
                "undefined" => Value::Undefined,
                "__file__" => Value::text(self.scope.file.to_string()),
                "__name__" => Value::text("locustfile"),
                "NaN" | "Infinity" => Value::unknown(name),
                _ => Value::native(name),
            },
        }
    }

    /// The value that an assignment assigns.
    pub(super) fn assigned(&mut self, target: &Expr, operator: &str, value: &Expr) -> Value {
        let value = self.eval(value);
        match operator {
            "=" => value,
            "||=" | "??=" => {
                let before = self.eval(target);
                if before.is_nothing() { value } else { before }
            }
            operator => {
                let before = self.eval(target);
                match operator {
                    "+=" => self.binary("+", &before, &value),
                    "-=" => self.binary("-", &before, &value),
                    "*=" => self.binary("*", &before, &value),
                    "/=" => self.binary("/", &before, &value),
                    "|=" => self.binary("|", &before, &value),
                    other => Value::unknown(other),
                }
            }
        }
    }

    pub(super) fn assign(&mut self, target: &Expr, value: Value) {
        match &target.kind {
            Kind::Name(name) => {
                let value = if self.will_be_variable(name) { value } else { self.settle(name, value) };
                self.set_name(name, value);
            }
            Kind::Member(object, member) => {
                let object = self.eval(object);
                self.set_member(&object, member, value);
            }
            Kind::Index(object, index) => {
                let (object, index) = (self.eval(object), self.eval(index));
                if let Some(key) = index.literal() {
                    self.set_member(&object, &key, value);
                } else if let (Value::List(list), Some(at)) = (&object, index.as_number()) {
                    let value = self.storable(value, Some(&object));
                    self.changes.push(Change::List(list.clone(), list.borrow().clone()));
                    let mut list = list.borrow_mut();
                    let at = at as usize;
                    if at < 10_000 {
                        while list.len() <= at {
                            list.push(Value::Undefined);
                        }
                        list[at] = value;
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether an assignment to this name has to set a variable of the language.
    fn will_be_variable(&self, name: &str) -> bool {
        self.scope.find(name).is_some_and(|cell| cell.borrow().variable.is_some())
    }

    /// Assigns a variable of the script, by the scope rules of the script's language.
    pub(super) fn set_name(&mut self, name: &str, value: Value) {
        let cell = match self.language {
            Language::Python => self.scope.own(name),
            Language::JavaScript => self.scope.find(name),
        };
        let Some(cell) = cell else {
            self.scope.declare(name, value);
            return;
        };
        let before = cell.borrow().clone();
        let is_of_module = self.scope.root().own(name).is_some_and(|own| Rc::ptr_eq(&own, &cell));
        if is_of_module && self.is_running && before.variable.is_none() && self.is_dynamic(&value) {
            let keep = self.keep(name, name, &before.value);
            cell.borrow_mut().variable = Some(keep);
        }
        self.changes.push(Change::Variable(cell.clone(), before, name.to_owned()));
        let variable = cell.borrow().variable.clone();
        let value = match variable {
            Some(variable) => self.set_variable(&variable, &value),
            None => value,
        };
        cell.borrow_mut().value = value;
    }

    /// `set variable = value`
    pub(super) fn set_variable(&mut self, variable: &str, value: &Value) -> Value {
        match self.expr(value) {
            Some(expr) => {
                let ty = value.ty();
                if expr != draft::Expr::code(variable) {
                    self.emit(draft::Stmt::Set(variable.to_owned(), expr));
                }
                Value::code(variable, ty)
            }
            None => value.clone(),
        }
    }

    /// The variable of a user, which is declared in the file.
    pub(super) fn keep(&mut self, key: &str, hint: &str, first: &Value) -> String {
        if let Some((keep, _)) = self.keeps.get(key) {
            return keep.clone();
        }
        let keep = self.file_names.variable(hint, "value");
        let first = match first {
            Value::Data(expr) => expr.clone(),
            Value::List(list) if list.borrow().is_empty() => draft::Expr::List(Vec::new()),
            _ => draft::Expr::Null,
        };
        self.keeps.insert(key.to_owned(), (keep.clone(), first));
        keep
    }

    /// Whether a value is known only while the test runs.
    pub(super) fn is_dynamic(&mut self, value: &Value) -> bool {
        match value {
            Value::Code(_) => true,
            Value::Data(draft::Expr::Text(text)) => text.as_literal().is_none(),
            Value::Data(_) => !self.blocks.is_empty(),
            Value::Map(map) => {
                let values: Vec<Value> = map.borrow().values().cloned().collect();
                values.iter().any(|value| matches!(value, Value::Code(_)) || self.is_dynamic(value))
            }
            Value::List(list) => {
                let values: Vec<Value> = list.borrow().clone();
                values.iter().any(|value| matches!(value, Value::Code(_)) || self.is_dynamic(value))
            }
            _ => false,
        }
    }

    /// Gives a value a name. If it differs at each evaluation, it becomes a variable of the language, so that all its uses have the same
    /// value.
    pub(super) fn settle(&mut self, hint: &str, value: Value) -> Value {
        match value {
            Value::Code(code)
                if code.changes && matches!(code.shape.as_deref(), Some(Shape::Random(..) | Shape::RandomUpTo(_) | Shape::RandomIndex)) =>
            {
                if !self.is_running {
                    return Value::Code(code);
                }
                // Arithmetic continues with the structure of the value; other uses read the variable.
                let name = self.variable(hint);
                self.emit(draft::Stmt::Let(name.clone(), draft::Expr::Code(code.text.clone())));
                Value::Code(Code { text: name, atom: true, changes: false, ..code })
            }
            Value::Code(code) if code.changes => {
                let name = if self.is_running { self.variable(hint) } else { self.keep_first(hint, &code) };
                if let Some(rows) = code.text.strip_prefix("next(").and_then(|rest| rest.strip_suffix(')')) {
                    self.row_variables.insert(name.clone(), rows.to_owned());
                }
                if self.is_running {
                    self.emit(draft::Stmt::Let(name.clone(), draft::Expr::Code(code.text.clone())));
                }
                Value::Code(Code::new(name, code.ty))
            }
            Value::Data(draft::Expr::Text(text)) if self.text_changes(&text) => {
                if !self.is_running {
                    return Value::Data(draft::Expr::Text(text));
                }
                if matches!(text.parts.first(), Some(draft::Part::Literal(start)) if start.starts_with("http")) {
                    return self.settle_address(text);
                }
                let name = self.variable(hint);
                self.emit(draft::Stmt::Let(name.clone(), draft::Expr::from(text)));
                Value::code(name, Ty::Text)
            }
            Value::Map(map) => {
                let members: Vec<(String, Value)> = map.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                for (key, value) in members {
                    if matches!(value, Value::Code(_) | Value::Data(draft::Expr::Text(_)) | Value::Map(_)) {
                        let value = self.settle(&key, value);
                        map.borrow_mut().insert(key, value);
                    }
                }
                Value::Map(map)
            }
            other => other,
        }
    }

    /// A file-level variable that is evaluated once for each user.
    fn keep_first(&mut self, hint: &str, code: &Code) -> String {
        let keep = self.file_names.variable(hint, "value");
        self.keeps.insert(format!("={keep}"), (keep.clone(), draft::Expr::Code(code.text.clone())));
        keep
    }
}
