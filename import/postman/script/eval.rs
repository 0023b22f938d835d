//! Evaluates the expressions of a script.

use super::Interpreter;
use super::call::Callee;
use super::value::{Code, Member, Value, member};
use crate::draft::{Expr, Text};
use crate::js::{self, Kind, StmtKind};
use crate::postman::variables::Reading;

/// The deepest nesting of function calls that is followed.
const DEPTH_MAX: usize = 12;

/// The most members and brackets within each other.
const LEVELS_MAX: usize = 100;

/// The most bytes of a value that a script makes.
const BYTES_MAX: usize = 1 << 20;

impl Interpreter<'_> {
    pub(super) fn eval(&mut self, expr: &js::Expr) -> Value {
        // Sixty lines such as `text = text + text` would make gigabytes, and so would thousands of variables with the value of each other.
        let value = self.value_of(expr);
        let size = value.size();
        self.variables.work.bytes += size;
        let is_deep = match &value {
            Value::Json(path) => path.len() > LEVELS_MAX,
            Value::Code(code) => crate::write::levels(&code.text) > LEVELS_MAX,
            _ => false,
        };
        if size > BYTES_MAX || is_deep || self.variables.work.is_too_much() { Value::Unknown } else { value }
    }

    fn value_of(&mut self, expr: &js::Expr) -> Value {
        match &expr.kind {
            Kind::Null | Kind::Undefined => Value::Data(Expr::Null),
            Kind::Bool(flag) => Value::Data(Expr::Bool(*flag)),
            Kind::Number(digits) => Value::Data(Expr::number(digits)),
            Kind::Text(text) => Value::text(text),
            Kind::Template(texts, values) => self.template(texts, values),
            Kind::List(items) => {
                let items: Option<Vec<Expr>> = items.iter().map(|item| self.eval(item).to_expr()).collect();
                items.map_or(Value::Unknown, |items| Value::Data(Expr::List(items)))
            }
            Kind::Map(members) => {
                let members: Option<Vec<_>> = members.iter().map(|(key, value)| Some((key.clone(), self.eval(value).to_expr()?))).collect();
                members.map_or(Value::Unknown, |members| Value::Data(Expr::Map(members)))
            }
            Kind::Function(function) => Value::Function(function.clone()),
            Kind::Name(name) => self.name(name),
            Kind::Member(object, name) => self.member(expr, object, name),
            Kind::Index(object, index) => self.index(object, index),
            Kind::Call(callee, arguments) => self.call(callee, arguments),
            Kind::New(callee, arguments) => match callee.path().as_deref() {
                Some(["Date"]) => self.date(arguments),
                _ => Value::Unknown,
            },
            Kind::Unary(operator, value) => self.unary(operator, value),
            Kind::Binary(operator, left, right) => self.binary(operator, left, right),
            Kind::Conditional(test, then, otherwise) => {
                let parts = [test, then, otherwise].map(|part| self.eval(part).to_code());
                let [Some(test), Some(then), Some(otherwise)] = parts else { return Value::Unknown };
                let reads = test.reads || then.reads || otherwise.reads;
                let text = format!("if {} then {} else {}", test.operand(), then.operand(), otherwise.operand());
                Value::Code(Code { text, is_text: then.is_text && otherwise.is_text, reads, atom: false })
            }
            _ => Value::Unknown,
        }
    }

    fn template(&mut self, texts: &[String], values: &[js::Expr]) -> Value {
        let mut text = Text::default();
        for (number, part) in texts.iter().enumerate() {
            text.push(part);
            let Some(value) = values.get(number) else { continue };
            if self.eval(value).append_to(&mut text).is_none() {
                return Value::Unknown;
            }
        }
        Value::Data(Expr::Text(text))
    }

    /// The variable `key` of Postman.
    pub(super) fn variable(&mut self, key: &str) -> Value {
        match self.variables.reading(key) {
            Reading::Environment(code) => Value::text_code(code),
            Reading::Variable(code) => Value::code(code),
            Reading::Function(code, is_text) => Value::Code(Code::atom(code, is_text, false)),
        }
    }

    fn name(&mut self, name: &str) -> Value {
        if let Some(value) = self.locals.get(name) {
            return value.clone();
        }
        match name {
            "responseBody" => Value::source("text", true),
            "responseTime" => Value::source("elapsed", false),
            "iteration" => Value::code("user.iteration"),
            "_" | "moment" | "uuid" | "CryptoJS" | "cheerio" | "xml2js" | "tv4" | "ajv" => Value::Module(name.to_owned()),
            _ => Value::Unknown,
        }
    }

    fn member(&mut self, whole: &js::Expr, object: &js::Expr, name: &str) -> Value {
        match whole.path().as_deref() {
            Some(["pm", "response", "code"] | ["responseCode", "code"]) => return Value::source("status", false),
            Some(["pm", "response", "responseTime"]) => return Value::source("elapsed", false),
            Some(["pm", "response", "headers"]) => return Value::Module("headers".to_owned()),
            Some(["pm", "info", "requestName"] | ["request", "name"]) => return Value::text(self.item),
            Some(["pm", "info", "iteration"]) => return Value::code("user.iteration"),
            Some(["environment" | "globals", key]) => return self.variable(key),
            Some(["responseHeaders", header]) => return Value::source(format!("header {}", crate::write::quoted(header)), true),
            _ => {}
        }
        match self.eval(object) {
            Value::Json(path) if name == "length" => match super::value::source(&path) {
                Some(source) => Value::source(format!("len({})", source.what), false),
                None => Value::Unknown,
            },
            Value::Json(mut path) => {
                path.push(Member::Key(name.to_owned()));
                Value::Json(path)
            }
            Value::Data(Expr::Map(members)) => {
                members.into_iter().find(|(key, _)| key == name).map_or(Value::Unknown, |(_, value)| Value::Data(value))
            }
            Value::Data(Expr::List(items)) if name == "length" => Value::Data(Expr::number(&items.len().to_string())),
            Value::Data(text @ Expr::Text(_)) if name == "length" => Value::code(format!("len({})", crate::write::inline(&text))),
            Value::Code(code) if name == "length" => Value::Code(Code::atom(format!("len({})", code.text), false, code.reads)),
            // `headers.one("Location").value`
            Value::Code(code) if name == "value" && code.text.starts_with("header ") => Value::Code(code),
            Value::Code(code) if !code.is_text => Value::Code(Code::atom(format!("{}{}", code.operand(), member(name)), false, code.reads)),
            _ => Value::Unknown,
        }
    }

    fn index(&mut self, object: &js::Expr, index: &js::Expr) -> Value {
        let index = self.eval(index);
        if let Some(key) = index.literal().map(str::to_owned) {
            let member = Kind::Member(Box::new(object.clone()), key);
            return self.eval(&js::Expr { line: object.line, kind: member });
        }
        let number = index.integer().and_then(|number| usize::try_from(number).ok());
        match (self.eval(object), number) {
            (Value::Json(mut path), Some(number)) => {
                path.push(Member::Index(number));
                Value::Json(path)
            }
            (Value::Data(Expr::List(items)), Some(number)) => items.into_iter().nth(number).map_or(Value::Unknown, Value::Data),
            (Value::Code(code), Some(number)) => Value::Code(Code::atom(format!("{}[{number}]", code.operand()), false, code.reads)),
            _ => Value::Unknown,
        }
    }

    fn call(&mut self, callee: &js::Expr, arguments: &[js::Expr]) -> Value {
        if let Kind::Name(name) = &callee.kind
            && let Some(Value::Function(function)) = self.locals.get(name).cloned()
        {
            return self.inline_function(&function, arguments);
        }
        if let Some(path) = callee.path()
            && let Some(value) = self.known_call(&path, arguments)
        {
            return value;
        }
        let Kind::Member(object, method) = &callee.kind else { return Value::Unknown };
        let object = self.eval(object);
        let arguments: Vec<js::Expr> = arguments.to_vec();
        Callee { object, method, arguments: &arguments }.call(self).unwrap_or(Value::Unknown)
    }

    /// Runs a function of the script in place. Returns its result.
    fn inline_function(&mut self, function: &js::Function, arguments: &[js::Expr]) -> Value {
        if self.depth >= DEPTH_MAX {
            return Value::Unknown;
        }
        let values: Vec<Value> = arguments.iter().map(|argument| self.eval(argument)).collect();
        let before = self.locals.clone();
        for (number, parameter) in function.parameters.iter().enumerate() {
            if let Some(name) = parameter.name() {
                self.locals.insert(name.to_owned(), values.get(number).cloned().unwrap_or(Value::Unknown));
            }
        }
        self.depth += 1;
        let mut value = Value::Unknown;
        for statement in &function.body {
            match &statement.kind {
                StmtKind::Return(Some(returned)) => {
                    value = self.eval(returned);
                    break;
                }
                StmtKind::Return(None) => break,
                _ => self.statement(statement),
            }
        }
        self.depth -= 1;
        self.locals = before;
        value
    }

    fn date(&mut self, arguments: &[js::Expr]) -> Value {
        match arguments {
            [] => Value::Time("now()".to_owned()),
            [value] => match self.eval(value) {
                Value::Time(time) => Value::Time(time),
                Value::Code(code) if !code.reads && code.is_text => Value::Time(format!("parse_time({})", code.text)),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn unary(&mut self, operator: &str, value: &js::Expr) -> Value {
        let value = self.eval(value);
        let Some(code) = value.to_code() else { return Value::Unknown };
        match (operator, value) {
            ("-", Value::Data(Expr::Number(digits))) => Value::Data(Expr::Number(format!("-{digits}"))),
            ("+", Value::Time(time)) => Value::code(format!("unix_ms({time})")),
            ("-", _) if !code.is_text => {
                Value::Code(Code { text: format!("-{}", code.operand()), is_text: false, reads: code.reads, atom: false })
            }
            _ => Value::Unknown,
        }
    }

    fn binary(&mut self, operator: &str, left: &js::Expr, right: &js::Expr) -> Value {
        let (first, second) = (self.eval(left), self.eval(right));
        // `a || b` and `a ?? b` define a default.
        if matches!(operator, "||" | "??") {
            return if matches!(first, Value::Unknown | Value::Data(Expr::Null)) { second } else { first };
        }
        let (Some(a), Some(b)) = (first.to_code(), second.to_code()) else { return Value::Unknown };
        let reads = a.reads || b.reads;
        let is_text = |value: &Value, code: &Code| code.is_text || matches!(value, Value::Data(Expr::Text(_)));
        if operator == "+" && (is_text(&first, &a) || is_text(&second, &b)) {
            let mut text = Text::default();
            return match (first.append_to(&mut text), second.append_to(&mut text)) {
                (Some(()), Some(())) => Value::Data(Expr::Text(text)),
                _ => Value::Unknown,
            };
        }
        let (operator, is_number) = match operator {
            "+" | "-" | "*" | "/" | "%" => (operator, true),
            "==" | "===" => ("==", false),
            "!=" | "!==" => ("!=", false),
            "<" | ">" | "<=" | ">=" => (operator, false),
            "&&" => ("and", false),
            _ => return Value::Unknown,
        };
        if is_number && (a.is_text || b.is_text) {
            return Value::Unknown;
        }
        Value::Code(Code { text: format!("{} {operator} {}", a.operand(), b.operand()), is_text: false, reads, atom: false })
    }
}
