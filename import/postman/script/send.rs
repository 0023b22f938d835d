//! `pm.sendRequest`: converts a request that a script sends to a separate step.

use super::value::Value;
use super::{Interpreter, Outcome};
use crate::draft::Expr;
use crate::js::{self, Function, Kind, Stmt, StmtKind};
use crate::postman::collection::{Auth, Body, Pair, Request, Url};

/// A request of a script.
#[derive(Clone, Debug)]
pub(in crate::postman) struct Sent {
    pub(in crate::postman) request: Request,
    /// The actions of its callback.
    pub(in crate::postman) outcome: Box<Outcome>,
}

impl Interpreter<'_> {
    /// Converts the request and its callback. Returns whether all of it has a counterpart.
    pub(super) fn send(&mut self, arguments: &[js::Expr]) -> bool {
        if self.in_loop {
            return false;
        }
        let Some(mut request) = arguments.first().and_then(|argument| self.sent(argument)) else { return false };
        request.line = arguments[0].line;
        let before = std::mem::take(&mut self.outcome);
        let mut done = true;
        if let Some(Value::Function(callback)) = arguments.get(1).map(|callback| self.eval(callback)) {
            let body = renamed(&callback);
            self.block(&body);
        } else if arguments.len() > 1 {
            done = false;
        }
        let outcome = std::mem::replace(&mut self.outcome, before);
        self.outcome.left.extend(outcome.left.iter().cloned());
        self.outcome.sends.push(Sent { request, outcome: Box::new(outcome) });
        done
    }

    fn sent(&mut self, argument: &js::Expr) -> Option<Request> {
        let value = self.eval(argument);
        let value = value.to_expr()?;
        let url = |template: String| Url::of(&template);
        if let Some(template) = self.variables.template(&value) {
            return Some(Request { method: "GET".to_owned(), url: url(template), ..Request::default() });
        }
        let Expr::Map(members) = value else { return None };
        let member = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let template = |value: &Expr| self.variables.template(value);
        let headers = match member("header").or(member("headers")) {
            Some(Expr::Map(headers)) => {
                headers.iter().map(|(key, value)| Some(Pair::new(key, template(value)?))).collect::<Option<Vec<_>>>()?
            }
            Some(Expr::List(headers)) => headers.iter().map(|header| self.header(header)).collect::<Option<Vec<_>>>()?,
            Some(text) => {
                let text = template(text)?;
                text.split_once(':').map(|(key, value)| Pair::new(key.trim(), value.trim().to_owned())).into_iter().collect()
            }
            None => Vec::new(),
        };
        let body = match member("body") {
            None | Some(Expr::Null) => Body::None,
            Some(Expr::Map(body)) if body.is_empty() => Body::None,
            Some(Expr::Map(body)) => self.sent_body(body)?,
            Some(text) => Body::Raw { text: template(text)?, language: None },
        };
        let auth = match member("auth") {
            Some(Expr::Map(auth)) => Some(self.sent_auth(auth)?),
            _ => None,
        };
        let method = member("method").and_then(Expr::as_literal).unwrap_or("GET").to_uppercase();
        Some(Request { method, url: url(template(member("url")?)?), headers, body, auth, ..Request::default() })
    }

    fn header(&self, header: &Expr) -> Option<Pair> {
        let members = match header {
            Expr::Map(members) => members,
            text => {
                let text = self.variables.template(text)?;
                return text.split_once(':').map(|(key, value)| Pair::new(key.trim(), value.trim().to_owned()));
            }
        };
        let member = |name: &str| self.variables.template(&members.iter().find(|(key, _)| key == name)?.1);
        Some(Pair::new(&member("key")?, member("value")?))
    }

    fn sent_auth(&self, auth: &[(String, Expr)]) -> Option<Auth> {
        let member = |name: &str| auth.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let kind = member("type")?.as_literal()?.to_owned();
        let parameters = match member(&kind)? {
            Expr::List(items) => items.iter().map(|item| self.header(item)).collect::<Option<Vec<_>>>()?,
            Expr::Map(members) => {
                members.iter().map(|(key, value)| Some(Pair::new(key, self.variables.template(value)?))).collect::<Option<Vec<_>>>()?
            }
            _ => return None,
        };
        Some(Auth { kind, parameters, line: 1 })
    }

    fn sent_body(&self, body: &[(String, Expr)]) -> Option<Body> {
        let member = |name: &str| body.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let pairs = |list: &Expr| match list {
            Expr::List(items) => items.iter().map(|item| self.header(item)).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match member("mode").and_then(Expr::as_literal) {
            Some("urlencoded") => Some(Body::Form(pairs(member("urlencoded")?)?)),
            Some("raw") => {
                let raw = member("raw")?;
                let text = match raw {
                    // `JSON.stringify({ … })`
                    Expr::Code(code) => code.strip_prefix("to_json(")?.strip_suffix(')')?.to_owned(),
                    other => self.variables.template(other)?,
                };
                Some(Body::Raw { text, language: matches!(raw, Expr::Code(_)).then(|| "json".to_owned()) })
            }
            _ => None,
        }
    }
}

/// The body of a callback, in which its response is renamed to `pm.response`.
fn renamed(callback: &Function) -> Vec<Stmt> {
    let Some(name) = callback.parameters.get(1).and_then(js::Parameter::name).map(str::to_owned) else { return callback.body.clone() };
    callback.body.iter().map(|statement| rename_statement(statement, &name)).collect()
}

fn rename_statement(statement: &Stmt, name: &str) -> Stmt {
    let all = |statements: &[Stmt]| statements.iter().map(|statement| rename_statement(statement, name)).collect::<Vec<_>>();
    let kind = match &statement.kind {
        StmtKind::Expr(expr) => StmtKind::Expr(rename(expr, name)),
        StmtKind::Let(bindings) => {
            StmtKind::Let(bindings.iter().map(|(binding, value)| (binding.clone(), value.as_ref().map(|it| rename(it, name)))).collect())
        }
        StmtKind::If(test, then, otherwise) => StmtKind::If(rename(test, name), all(then), all(otherwise)),
        StmtKind::Block(body) => StmtKind::Block(all(body)),
        StmtKind::Try(body, caught) => StmtKind::Try(all(body), caught.clone()),
        StmtKind::Return(value) => StmtKind::Return(value.as_ref().map(|it| rename(it, name))),
        StmtKind::ForOf(binding, list, body) => StmtKind::ForOf(binding.clone(), rename(list, name), all(body)),
        other => other.clone(),
    };
    Stmt { kind, ..statement.clone() }
}

fn rename(expr: &js::Expr, name: &str) -> js::Expr {
    let boxed = |expr: &js::Expr| Box::new(rename(expr, name));
    let all = |exprs: &[js::Expr]| exprs.iter().map(|expr| rename(expr, name)).collect::<Vec<_>>();
    let kind = match &expr.kind {
        Kind::Name(known) if known == name => {
            Kind::Member(Box::new(js::Expr { line: expr.line, kind: Kind::Name("pm".to_owned()) }), "response".to_owned())
        }
        Kind::Member(object, member) => Kind::Member(boxed(object), member.clone()),
        Kind::Index(object, index) => Kind::Index(boxed(object), boxed(index)),
        Kind::Call(callee, arguments) => Kind::Call(boxed(callee), all(arguments)),
        Kind::Template(texts, values) => Kind::Template(texts.clone(), all(values)),
        Kind::List(items) => Kind::List(all(items)),
        Kind::Map(members) => Kind::Map(members.iter().map(|(key, value)| (key.clone(), rename(value, name))).collect()),
        Kind::Unary(operator, value) => Kind::Unary(operator, boxed(value)),
        Kind::Binary(operator, left, right) => Kind::Binary(operator, boxed(left), boxed(right)),
        Kind::Conditional(test, then, otherwise) => Kind::Conditional(boxed(test), boxed(then), boxed(otherwise)),
        Kind::Assign(target, operator, value) => Kind::Assign(boxed(target), operator, boxed(value)),
        Kind::Function(function) => {
            let body = function.body.iter().map(|statement| rename_statement(statement, name)).collect();
            Kind::Function(std::rc::Rc::new(Function { body, ..(**function).clone() }))
        }
        other => other.clone(),
    };
    js::Expr { line: expr.line, kind }
}
