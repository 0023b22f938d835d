//! Keys of the environment: whether they exist, and whether their values fit their uses.

use std::collections::HashMap;

use indexmap::IndexMap;
use ltc_config::suggest::nearest;

use crate::check::Checker;
use crate::check::types::{self, Kinds};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{EnvId, EnvKey, Expr, ExprKind, Type};
use crate::span::{Name, Span};

/// An environment: its name and its keys.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    /// Its name, as in `env: cs1`.
    pub name: &'a str,
    /// Its keys, an [`EnvValue::Object`].
    pub root: &'a EnvValue,
}

/// A value of the environment. A text with `${VAR}` is known only when the test runs.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is its kind")]
pub enum EnvValue {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    List(Vec<EnvValue>),
    Object(IndexMap<String, EnvValue>),
}

impl EnvValue {
    fn ty(&self) -> Type {
        match self {
            Self::Null => Type::Json,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::String(_) => Type::String,
            Self::List(items) => {
                let items: Vec<Type> = items.iter().map(Self::ty).collect();
                types::list(types::join_all(&items))
            }
            Self::Object(members) => {
                let members = members.iter().map(|(key, value)| (key.clone(), value.ty()));
                Type::Object(Some(members.collect()))
            }
        }
    }
}

/// The keys in use, with the types that they are read as.
#[derive(Debug, Default)]
pub(in crate::check) struct Keys {
    ids: HashMap<(Vec<String>, String), EnvId>,
    /// The types of the keys in use.
    types: HashMap<Vec<String>, Type>,
    uses: Vec<u32>,
}

impl<'a> Checker<'a> {
    /// Checks `env.a.b`, and returns how many of the members belong to the key.
    pub(in crate::check) fn env(&mut self, members: &[&Name], span: Span) -> (Expr, usize) {
        let Some(env) = self.input.env else {
            let path = members.iter().map(|m| m.node.clone()).collect();
            return (self.env_key(path, Type::Json, span), members.len());
        };
        let mut value = env.root;
        let mut path: Vec<String> = Vec::new();
        for member in members {
            let EnvValue::Object(keys) = value else {
                break;
            };
            let Some(next) = keys.get(member.node.as_str()) else {
                let mut wanted = path.clone();
                wanted.push(member.node.clone());
                let wanted = wanted.join(".");
                let mut diagnostic =
                    Diagnostic::new(Code::NoEnvKey, member.span, format!("unknown key `{wanted}` in environment {}", env.name));
                let near = nearest(&member.node, keys.keys().filter(|_| self.explains()).map(String::as_str));
                diagnostic = match near {
                    Some(near) => {
                        path.push(near.to_owned());
                        diagnostic.help(format!("did you mean `env.{}`?", path.join(".")))
                    }
                    None => diagnostic.help(format!("add it to config/{}.yml", env.name)),
                };
                return (self.bad(diagnostic), members.len());
            };
            path.push(member.node.clone());
            value = next;
        }
        let used = path.len();
        let ty = match self.env_keys.types.get(&path) {
            Some(ty) => ty.clone(),
            None => {
                let ty = value.ty();
                self.env_keys.types.insert(path.clone(), ty.clone());
                ty
            }
        };
        (self.env_key(path, ty, span), used)
    }

    fn env_key(&mut self, path: Vec<String>, ty: Type, span: Span) -> Expr {
        let id = self.intern_env(path, ty.clone(), span);
        Expr { kind: ExprKind::Env(id), ty, span }
    }

    fn intern_env(&mut self, path: Vec<String>, ty: Type, span: Span) -> EnvId {
        let key = (path, kind_of(&ty));
        if let Some(&id) = self.env_keys.ids.get(&key) {
            self.env_keys.uses[id.0] += 1;
            return id;
        }
        let id = EnvId(self.program.env.len());
        self.program.env.push(EnvKey { path: key.0.clone(), ty, span, is_credential: false });
        self.env_keys.uses.push(1);
        self.env_keys.ids.insert(key, id);
        id
    }

    /// The value of a key that is in use.
    pub(in crate::check) fn env_value(&self, id: EnvId) -> Option<&'a EnvValue> {
        let mut value = self.input.env?.root;
        for part in &self.program.env.get(id.0)?.path {
            let EnvValue::Object(keys) = value else {
                return None;
            };
            value = keys.get(part)?;
        }
        Some(value)
    }

    /// Converts a text of the environment to the wanted kind. Without an environment, the key gets the wanted type, and the value is converted
    /// or refused when the test starts. Returns `None` if the expression is not such a text; then its own type is checked.
    pub(in crate::check) fn read_env(&mut self, expr: &Expr, wanted: Kinds) -> Option<Expr> {
        let ExprKind::Env(id) = expr.kind else {
            return None;
        };
        if self.input.env.is_none() && expr.ty == Type::Json {
            let ty = wanted.only_type()?;
            let path = self.program.env[id.0].path.clone();
            let id = self.retype_env(id, path, ty.clone(), expr.span);
            return Some(Expr { kind: ExprKind::Env(id), ty, span: expr.span });
        }
        if wanted.takes(&Type::String) || wanted == Kinds::ANY {
            return None;
        }
        let Some(EnvValue::String(text)) = self.env_value(id) else {
            return None;
        };
        let later = text.contains("${");
        let ty = if wanted.takes(&Type::Duration) && !wanted.takes(&Type::Int) {
            (later || duration(text).is_some()).then_some(Type::Duration)
        } else if wanted.takes(&Type::Float) {
            let number = text.parse::<i64>().map(|_| Type::Int);
            let number = number.or_else(|_| text.parse::<f64>().map(|_| Type::Float));
            match number {
                Ok(ty) => Some(ty),
                Err(_) if wanted.takes(&Type::Duration) && duration(text).is_some() => Some(Type::Duration),
                Err(_) => later.then_some(Type::Float),
            }
        } else if wanted.takes(&Type::Int) {
            (later || text.parse::<i64>().is_ok()).then_some(Type::Int)
        } else if wanted.takes(&Type::Bool) {
            (later || text == "true" || text == "false").then_some(Type::Bool)
        } else {
            None
        };
        let path = self.program.env[id.0].path.clone();
        let Some(ty) = ty else {
            let name = path.join(".");
            let diagnostic = Diagnostic::new(Code::EnvKind, expr.span, format!("`env.{name}` is \"{text}\", expected {}", wanted.words()))
                .help(format!("change `{name}` in the environment's file"));
            return Some(self.bad(diagnostic));
        };
        let id = self.retype_env(id, path, ty.clone(), expr.span);
        Some(Expr { kind: ExprKind::Env(id), ty, span: expr.span })
    }

    fn retype_env(&mut self, id: EnvId, path: Vec<String>, ty: Type, span: Span) -> EnvId {
        let wanted = (path.clone(), kind_of(&ty));
        let only_use = self.env_keys.uses[id.0] == 1 && id.0 + 1 == self.program.env.len();
        if only_use && !self.env_keys.ids.contains_key(&wanted) {
            let old = kind_of(&self.program.env[id.0].ty);
            self.env_keys.ids.remove(&(path, old));
            self.program.env[id.0].ty = ty;
            self.env_keys.ids.insert(wanted, id);
            return id;
        }
        self.intern_env(path, ty, span)
    }
}

/// A short name for a type, which distinguishes the types that one key is read as. One of them is the key's own type, which may be an
/// object with a thousand members.
fn kind_of(ty: &Type) -> String {
    match ty {
        Type::Object(_) => "Object".to_owned(),
        Type::List(_) => "List".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Parses `1h20m`, `250ms` or `1.5s` into nanoseconds.
pub(in crate::check) fn duration(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        total += amount
            * match &rest[..letters] {
                "ns" => 1.0,
                "us" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                "d" => 86400e9,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float is cut to the largest duration")]
    Some(total as i64)
}
