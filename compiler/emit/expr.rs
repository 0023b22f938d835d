//! Expressions. Each becomes either plain Rust or a fallible `Eval`, so that `?` appears only where an error is possible.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Ident;

use super::{Emitter, arrays, functions, index};
use crate::model::{BinaryOp, Const, Expr, ExprKind, TextPart, Type, World};

/// The Rust code of a value.
pub(super) enum RustExpr {
    /// A `T`.
    Plain(TokenStream),
    /// An `Eval<T>`.
    Fallible(TokenStream),
}

impl RustExpr {
    /// A `T`, in code where `?` is allowed.
    pub(super) fn value(self) -> TokenStream {
        match self {
            Self::Plain(code) => code,
            Self::Fallible(code) => quote!(#code?),
        }
    }

    /// An `Eval<T>`.
    pub(super) fn eval(self) -> TokenStream {
        match self {
            Self::Plain(code) => quote!(Ok(#code)),
            Self::Fallible(code) => code,
        }
    }
}

/// The variables that expressions see.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    /// Rust names of the frame's locals.
    pub(super) locals: &'s [Ident],
}

impl Emitter<'_> {
    /// An owned `Value`, in code where `?` is allowed.
    pub(super) fn value(&self, scope: Scope<'_>, expr: &Expr) -> TokenStream {
        self.code(scope, expr).value()
    }

    /// An `Eval<Value>`.
    pub(super) fn eval(&self, scope: Scope<'_>, expr: &Expr) -> TokenStream {
        self.code(scope, expr).eval()
    }

    /// A `&Value`, in code where `?` is allowed.
    pub(super) fn reference(&self, scope: Scope<'_>, expr: &Expr) -> TokenStream {
        if let ExprKind::Local(local) = expr.kind {
            let name = &scope.locals[local.0];
            return quote!(&#name);
        }
        let value = self.value(scope, expr);
        quote!(&#value)
    }

    /// An owned value.
    pub(super) fn code(&self, scope: Scope<'_>, expr: &Expr) -> RustExpr {
        use RustExpr::{Fallible, Plain};
        match &expr.kind {
            ExprKind::Const(constant) => Plain(constant_value(constant)),
            ExprKind::Text(parts) => self.text(scope, parts),
            ExprKind::List(items) => {
                let items = arrays::of_values(&items.iter().map(|item| self.value(scope, item)).collect::<Vec<_>>());
                Plain(quote!(list(#items)))
            }
            ExprKind::Object(members) => {
                let members = arrays::of_members(&self.members(scope, members));
                Plain(quote!(object(#members)))
            }
            ExprKind::Local(local) => {
                let name = &scope.locals[local.0];
                Plain(quote!(#name.clone()))
            }
            ExprKind::Keep(keep) => {
                let keep = index(keep.0);
                Plain(quote!(u.keep(#keep)))
            }
            ExprKind::Global(global) => {
                let global = index(global.0);
                Plain(quote!(u.global(#global)))
            }
            ExprKind::Shared(shared) => {
                let shared = index(shared.0);
                Plain(quote!(u.shared(#shared)))
            }
            ExprKind::Env(key) => {
                let key = index(key.0);
                Plain(quote!(u.env(#key)))
            }
            ExprKind::World(World::UserId) => Plain(quote!(u.id())),
            ExprKind::World(World::UserIteration) => {
                self.reads_iteration.set(true);
                Plain(quote!(u.iteration()))
            }
            ExprKind::World(World::ShardIndex) => Plain(quote!(u.shard())),
            ExprKind::World(World::TestId) => Plain(quote!(u.test_id())),
            ExprKind::Rows(data) => {
                let data = index(data.0);
                Plain(quote!(all_rows(u, #data)))
            }
            ExprKind::Next(data, keep) => {
                let data = index(data.0);
                Fallible(quote!(next(u, #data, #keep)))
            }
            // Columns occur only in `where`, which the checker has evaluated.
            ExprKind::Column(_) => Plain(quote!(Value::Null)),
            ExprKind::Call(name, args) => self.call(scope, name, args),
            ExprKind::Weighted(pairs) => {
                let pairs = pairs.iter().map(|(weight, value)| {
                    let weight = self.value(scope, weight);
                    let value = self.value(scope, value);
                    quote!((#weight, #value))
                });
                let pairs = arrays::of_pairs(&pairs.collect::<Vec<_>>());
                Fallible(quote!(functions::weighted(u.rng(), &#pairs)))
            }
            ExprKind::File(asset, name, media_type) => {
                let asset = index(asset.0);
                let option = |expr: &Option<Box<Expr>>| match expr {
                    Some(expr) => {
                        let value = self.reference(scope, expr);
                        quote!(Some(#value))
                    }
                    None => quote!(None),
                };
                let (name, media_type) = (option(name), option(media_type));
                Fallible(quote!(file(u, #asset, #name, #media_type)))
            }
            ExprKind::Files(assets) => {
                let assets = assets.iter().map(|asset| {
                    let asset = index(asset.0);
                    quote!(u.asset(#asset))
                });
                Plain(quote!(list([#(#assets),*])))
            }
            // The caller writes each member as a field.
            ExprKind::Members(inner) => self.code(scope, inner),
            ExprKind::Neg(inner) => {
                let inner = self.reference(scope, inner);
                Fallible(quote!(ops::neg(#inner)))
            }
            ExprKind::Binary(left, op, right) if arithmetic(*op).is_some() => {
                let function = arithmetic(*op);
                let (left, right) = (self.reference(scope, left), self.reference(scope, right));
                Fallible(quote!(ops::#function(#left, #right)))
            }
            ExprKind::Binary(..) | ExprKind::Not(_) | ExprKind::Match(..) => {
                let condition = self.condition(scope, expr).value();
                Plain(quote!(boolean(#condition)))
            }
            ExprKind::Capture(value, regex, quantity) => {
                let found = self.capture(scope, value, regex.0, *quantity).value();
                Fallible(quote!(found(#found, "a match")))
            }
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.condition(scope, condition).value();
                let (then, otherwise) = (self.value(scope, then), self.value(scope, otherwise));
                Plain(quote!(if #condition { #then } else { #otherwise }))
            }
            ExprKind::Member(inner, name) => {
                let inner = self.reference(scope, inner);
                Fallible(quote!(ops::member(#inner, #name)))
            }
            ExprKind::Index(inner, at) => {
                let (inner, at) = (self.reference(scope, inner), self.reference(scope, at));
                Fallible(quote!(ops::index(#inner, #at)))
            }
            ExprKind::Slice(inner, first, last) => {
                let (inner, first, last) = (self.reference(scope, inner), self.reference(scope, first), self.reference(scope, last));
                Fallible(quote!(ops::slice(#inner, #first, #last)))
            }
            ExprKind::Source(source) => self.source_value(scope, source),
        }
    }

    /// The members of an object, without those that are certainly absent.
    pub(super) fn members(&self, scope: Scope<'_>, members: &[(String, Expr)]) -> Vec<TokenStream> {
        members
            .iter()
            .filter(|(_, value)| !matches!(value.kind, ExprKind::Const(Const::Absent)))
            .map(|(key, value)| {
                let value = self.value(scope, value);
                quote!((#key, #value))
            })
            .collect()
    }

    fn text(&self, scope: Scope<'_>, parts: &[TextPart]) -> RustExpr {
        let calls: Vec<TokenStream> = parts
            .iter()
            .map(|part| match part {
                TextPart::Literal(literal) => quote!(.lit(#literal)),
                TextPart::Hole(expr, None) => {
                    let value = self.reference(scope, expr);
                    quote!(.put(#value)?)
                }
                TextPart::Hole(expr, Some(spec)) => {
                    let value = self.reference(scope, expr);
                    quote!(.format(#value, #spec)?)
                }
            })
            .collect();
        RustExpr::Plain(arrays::written(&calls))
    }

    fn call(&self, scope: Scope<'_>, name: &str, args: &[Expr]) -> RustExpr {
        let shape = functions::shape(name);
        let path = functions::path(name);
        let mut code = match shape.needs {
            functions::Needs::Nothing => quote!(),
            functions::Needs::Rng => quote!(u.rng(),),
            functions::Needs::Time => quote!(u.nanos(),),
        };
        if shape.variadic {
            let args = arrays::of_values(&args.iter().map(|arg| self.value(scope, arg)).collect::<Vec<_>>());
            return RustExpr::Fallible(quote!(#path(#code &#args)));
        }
        for (number, arg) in args.iter().enumerate() {
            let optional = shape.optional_from.is_some_and(|first| number >= first);
            let missing = matches!(arg.kind, ExprKind::Const(Const::Null | Const::Absent));
            let arg = match (optional, missing) {
                (true, true) => quote!(None),
                (true, false) => {
                    let arg = self.reference(scope, arg);
                    quote!(Some(#arg))
                }
                (false, _) => self.reference(scope, arg),
            };
            code = quote!(#code #arg,);
        }
        for _ in args.len()..shape.params {
            code = quote!(#code None,);
        }
        RustExpr::Fallible(quote!(#path(#code)))
    }

    /// A Rust `bool`.
    pub(super) fn condition(&self, scope: Scope<'_>, expr: &Expr) -> RustExpr {
        use RustExpr::{Fallible, Plain};
        match &expr.kind {
            ExprKind::Const(Const::Bool(truth)) => Plain(quote!(#truth)),
            ExprKind::Not(inner) => {
                let inner = self.condition(scope, inner).value();
                Plain(quote!(!(#inner)))
            }
            ExprKind::Binary(left, op @ (BinaryOp::And | BinaryOp::Or), right) => {
                let (left, right) = (self.condition(scope, left).value(), self.condition(scope, right).value());
                Plain(if *op == BinaryOp::And { quote!((#left && #right)) } else { quote!((#left || #right)) })
            }
            ExprKind::Binary(left, op, right) if comparison(*op).is_some() => {
                let (left, right) = (self.reference(scope, left), self.reference(scope, right));
                match op {
                    BinaryOp::Eq => Plain(quote!(ops::eq(#left, #right))),
                    BinaryOp::Ne => Plain(quote!(!ops::eq(#left, #right))),
                    BinaryOp::Lt => Fallible(quote!(ops::lt(#left, #right))),
                    BinaryOp::Le => Fallible(quote!(ops::le(#left, #right))),
                    BinaryOp::Gt => Fallible(quote!(ops::gt(#left, #right))),
                    _ => Fallible(quote!(ops::ge(#left, #right))),
                }
            }
            ExprKind::Binary(left, BinaryOp::In, right) => {
                let (left, right) = (self.reference(scope, left), self.reference(scope, right));
                Fallible(quote!(ops::contained(#left, #right)))
            }
            ExprKind::Match(value, regex, negated) => {
                let value = self.reference(scope, value);
                let regex = index(regex.0);
                if *negated { Plain(quote!(!matches(u, #value, #regex)?)) } else { Fallible(quote!(matches(u, #value, #regex))) }
            }
            _ => {
                let value = self.value(scope, expr);
                Fallible(quote!(#value.truth()))
            }
        }
    }

    /// An `Eval<Check>` of an expectation. Comparisons keep both sides for the message.
    pub(super) fn check(&self, scope: Scope<'_>, expr: &Expr) -> TokenStream {
        if let ExprKind::Binary(left, op, right) = &expr.kind
            && let Some(op) = comparison(*op)
        {
            let (left, right) = (self.value(scope, left), self.value(scope, right));
            return quote!(Check::compare(#left, Op::#op, #right));
        }
        let condition = self.condition(scope, expr).value();
        quote!(Check::truth(&boolean(#condition)))
    }
}

/// A constant as an owned `Value`.
pub(super) fn constant_value(constant: &Const) -> TokenStream {
    match constant {
        Const::Null => quote!(Value::Null),
        Const::Absent => quote!(Value::Absent),
        Const::Bool(truth) => quote!(boolean(#truth)),
        Const::Int(number) => {
            let number = Literal::i64_unsuffixed(*number);
            quote!(int(#number))
        }
        Const::Float(number) => {
            let number = Literal::f64_unsuffixed(*number);
            quote!(float(#number))
        }
        Const::Number(text) => quote!(exact(#text)),
        Const::Duration(nanos) => {
            let nanos = Literal::i64_unsuffixed(*nanos);
            quote!(duration(#nanos))
        }
        Const::Str(string) => quote!(text(#string)),
    }
}

/// The runtime's type for a type of the model.
pub(super) fn ty(ty: &Type) -> TokenStream {
    match ty {
        Type::Json | Type::Null | Type::File | Type::Form => quote!(Type::Any),
        Type::String => quote!(Type::String),
        Type::Int => quote!(Type::Int),
        Type::Float => quote!(Type::Float),
        Type::Bool => quote!(Type::Bool),
        Type::Duration => quote!(Type::Duration),
        Type::Time => quote!(Type::Time),
        Type::Bytes => quote!(Type::Bytes),
        Type::List(_) => quote!(Type::List),
        Type::Object(_) => quote!(Type::Object),
    }
}

/// The runtime's name for a comparison.
pub(super) fn comparison(op: BinaryOp) -> Option<Ident> {
    let name = match op {
        BinaryOp::Eq => "Eq",
        BinaryOp::Ne => "Ne",
        BinaryOp::Lt => "Lt",
        BinaryOp::Le => "Le",
        BinaryOp::Gt => "Gt",
        BinaryOp::Ge => "Ge",
        _ => return None,
    };
    Some(super::names::ident(name))
}

fn arithmetic(op: BinaryOp) -> Option<Ident> {
    let name = match op {
        BinaryOp::Add => "add",
        BinaryOp::Sub => "sub",
        BinaryOp::Mul => "mul",
        BinaryOp::Div => "div",
        BinaryOp::Rem => "rem",
        _ => return None,
    };
    Some(super::names::ident(name))
}
