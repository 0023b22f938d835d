//! Arguments: binds them to parameters, by position or by name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::ast::{self, Arg};
use crate::check::Checker;
use crate::check::types::Kinds;
use crate::diagnostic::{Code, Diagnostic, list};
use crate::model::{Expr, Type};
use crate::span::{Name, Span};

/// The most parameters that a message names. A list for each of many calls would be quadratic.
const NAMED_MAX: usize = 30;

/// A parameter, as calls see it.
#[derive(Debug)]
pub(in crate::check) struct ParamInfo<'a> {
    pub(in crate::check) name: &'a str,
    pub(in crate::check) span: Span,
    pub(in crate::check) kinds: Kinds,
    pub(in crate::check) ty: Type,
    /// Its checked default.
    pub(in crate::check) default: Option<Expr>,
}

impl<'a> Checker<'a> {
    /// Binds arguments to parameters (name, whether it is required). Returns `None` after reporting an error.
    pub(in crate::check) fn bind(
        &mut self,
        callee: &str,
        span: Span,
        params: &[(&str, bool)],
        args: &'a [Arg],
        declared: Option<Span>,
    ) -> Option<Vec<Option<&'a ast::Expr>>> {
        let mut bound: Vec<Option<&'a ast::Expr>> = vec![None; params.len()];
        let mut fine = true;
        let mut position = 0;
        let mut places = None;
        let also = |d: Diagnostic| match declared {
            Some(declared) => d.also(declared, "declared here"),
            None => d,
        };
        for arg in args {
            let labelled = match &arg.label {
                Some(label) => {
                    // A label may be any word, so the text as written is compared.
                    let word = self.written(label.span);
                    match places.get_or_insert_with(|| places_of(params)).get(word) {
                        Some(&index) => Some((index, label.span)),
                        None => {
                            fine = false;
                            let names: Vec<&str> = params.iter().map(|(name, _)| *name).filter(|_| self.explains()).collect();
                            let mut d =
                                Diagnostic::new(Code::UnknownArgument, label.span, format!("unknown parameter `{word}` of `{callee}`"))
                                    .did_you_mean(word, names.iter().copied());
                            if d.help.is_none() && !names.is_empty() {
                                d = d.help(format!("use one of its parameters: {}", list(&names)));
                            }
                            self.report(also(d));
                            continue;
                        }
                    }
                }
                None => None,
            };
            let (index, at) = labelled.unwrap_or((position, arg.value.span));
            if labelled.is_none() {
                position += 1;
            }
            let Some(slot) = bound.get_mut(index) else {
                fine = false;
                let message = match params.len() {
                    0 => format!("unexpected argument, `{callee}` takes none"),
                    1 => format!("unexpected argument, `{callee}` takes one"),
                    n => format!("unexpected argument, `{callee}` takes {n}"),
                };
                let d = Diagnostic::new(Code::ExtraArgument, at, message);
                let d = match (callee, args) {
                    // A function of a list, called with the list's items.
                    ("one_of" | "join" | "sort" | "reverse" | "unique" | "sum" | "first" | "last", [first, .., last]) => {
                        let items = first.value.span.to(last.value.span);
                        d.help_replacing(items, format!("write `[{}]`: `{callee}` takes a list", self.written(items)))
                    }
                    ("sha1" | "sha256" | "sha512", [data, key]) => {
                        let (data, key) = (self.written(data.value.span), self.written(key.value.span));
                        d.help(format!("write `hmac_{callee}({key}, {data})` for a digest with a key, or remove this one"))
                    }
                    _ => d.help("remove this one"),
                };
                self.report(also(d));
                break;
            };
            if let Some(first) = slot.replace(&arg.value) {
                fine = false;
                let name = params[index].0;
                let first = first.span;
                let d = Diagnostic::new(Code::UnknownArgument, at, format!("duplicate argument `{name}`"))
                    .also(first, "first one here")
                    .help("remove one of them");
                self.report(d);
            }
        }
        if !fine {
            return None;
        }
        let missing: Vec<String> = params
            .iter()
            .zip(&bound)
            .filter(|((_, required), given)| *required && given.is_none())
            .map(|((name, _), _)| format!("`{name}`"))
            .collect();
        if !missing.is_empty() {
            let all: Vec<&str> = params.iter().map(|(name, _)| *name).take(NAMED_MAX).collect();
            let rest = if params.len() > NAMED_MAX { ", …" } else { "" };
            let what = if missing.len() == 1 { "argument" } else { "arguments" };
            let more = missing.len().saturating_sub(NAMED_MAX);
            let named = missing[..missing.len() - more].join(" and ");
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let d = Diagnostic::new(Code::MissingArgument, span, format!("missing {what} {named}{more} of `{callee}`"));
            if let (true, [one]) = (callee == "random" && params.len() == 2, args) {
                let help = format!("write both ends, which are included, such as `random(1, {})`", self.written(one.value.span));
                self.report(d.help(help));
                return None;
            }
            let d = d.help(format!("write all arguments: `{callee}({}{rest})`", all.join(", ")));
            self.report(also(d));
            return None;
        }
        Some(bound)
    }

    /// Binds the arguments of a request, a sequence or tasks: one expression for each parameter.
    pub(in crate::check) fn arguments(
        &mut self,
        callee: &str,
        span: Span,
        params: &[ParamInfo<'a>],
        args: &'a [Arg],
        declared: Span,
    ) -> Vec<Expr> {
        if !self.may_copy(params.len(), span) {
            self.args_only(args);
            return Vec::new();
        }
        let slots: Vec<(&str, bool)> = params.iter().map(|p| (p.name, p.default.is_none())).collect();
        let Some(bound) = self.bind(callee, span, &slots, args, Some(declared)) else {
            self.args_only(args);
            return params.iter().map(|_| crate::check::broken(span)).collect();
        };
        let mut values = Vec::with_capacity(params.len());
        for (param, given) in params.iter().zip(bound) {
            values.push(match (given, &param.default) {
                (Some(given), _) => {
                    let value = self.map_value(given, false);
                    let what = format!("`{}` is", param.name);
                    self.coerce(value, param.kinds, &what)
                }
                (None, Some(default)) => default.clone(),
                (None, None) => crate::check::broken(span),
            });
        }
        values
    }

    /// Checks the arguments of an erroneous call, only for their own mistakes.
    pub(in crate::check) fn args_only(&mut self, args: &'a [Arg]) {
        for arg in args {
            self.map_value(&arg.value, false);
        }
    }

    /// Checks declared parameters: their types and defaults.
    pub(in crate::check) fn params(&mut self, params: &'a [ast::Param]) -> Vec<ParamInfo<'a>> {
        let mut infos: Vec<ParamInfo<'a>> = Vec::with_capacity(params.len());
        let mut first: HashMap<&str, Span> = HashMap::with_capacity(params.len());
        for param in params {
            self.check_reserved(&param.name);
            match first.entry(&param.name.node) {
                Entry::Vacant(entry) => {
                    entry.insert(param.name.span);
                }
                Entry::Occupied(first) => {
                    let d = Diagnostic::new(Code::DeclaredTwice, param.name.span, format!("duplicate parameter `{}`", param.name.node))
                        .also(*first.get(), "first one here");
                    self.report(d);
                }
            }
            let (ty, kinds) = param.ty.as_ref().map_or((Type::Json, Kinds::ANY), |word| self.type_word(word));
            let ty = if param.ty.as_ref().is_some_and(|word| word.node == "number") { Type::Json } else { ty };
            let default = param.default.as_ref().map(|default| {
                let value = self.map_value(default, false);
                if matches!(value.ty, Type::Null) {
                    return value;
                }
                let what = format!("`{}` is", param.name.node);
                self.coerce(value, kinds, &what)
            });
            infos.push(ParamInfo { name: &param.name.node, span: param.name.span, kinds, ty, default });
        }
        infos
    }

    /// The type that a word names.
    pub(in crate::check) fn type_word(&mut self, word: &Name) -> (Type, Kinds) {
        crate::check::types::named(&word.node).unwrap_or_else(|| {
            let common = match word.node.as_str() {
                "str" | "String" | "Text" | "text" | "char" | "varchar" => Some("string"),
                "integer" | "Integer" | "i64" | "i32" | "Int" | "long" | "Long" => Some("int"),
                "boolean" | "Boolean" | "Bool" => Some("bool"),
                "array" | "Array" | "List" | "tuple" => Some("list"),
                "dict" | "Dict" | "map" | "Map" | "json" | "Object" => Some("object"),
                "double" | "Double" | "Float" | "f64" | "decimal" => Some("float"),
                "date" | "datetime" | "Date" | "timestamp" => Some("time"),
                "Any" | "dynamic" | "var" => Some("any"),
                _ => None,
            };
            let mut d = Diagnostic::new(Code::UnknownWord, word.span, format!("unknown type `{}`", word.node));
            d = match common {
                Some(common) => d.help(format!("write `{common}`")),
                None => d.did_you_mean(&word.node, crate::check::types::TYPE_WORDS),
            };
            if d.help.is_none() {
                d = d.help(format!("use one of the types: {}", crate::check::types::TYPE_WORDS.join(", ")));
            }
            self.report(d);
            (Type::Json, Kinds::ANY)
        })
    }
}

/// The place of each parameter; of two with the same name, the first one's.
fn places_of<'p>(params: &[(&'p str, bool)]) -> HashMap<&'p str, usize> {
    params.iter().enumerate().rev().map(|(place, (name, _))| (*name, place)).collect()
}
