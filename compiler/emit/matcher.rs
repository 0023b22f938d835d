//! Matchers as constant trees. A value that is known only while the test runs becomes an `Arg`: an index into a list of values that is
//! evaluated for each response.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::expr::{Scope, comparison, ty};
use super::{Emitter, arrays, index};
use crate::model::{Const, Expr, ExprKind, HeaderMatcher, Matcher, Type};

/// A constant matcher and the values of its `Arg`s.
pub(super) struct MatcherCode {
    pub(super) matcher: TokenStream,
    /// A closure that returns the values.
    pub(super) args: TokenStream,
}

impl Emitter<'_> {
    pub(super) fn json_matcher(&self, scope: Scope<'_>, matcher: &Matcher, exactly: bool) -> MatcherCode {
        let mut args = Vec::new();
        let matcher = tree(matcher, if exactly { Values::Exactly } else { Values::Like }, &mut args);
        MatcherCode { matcher, args: self.args(scope, &args) }
    }

    pub(super) fn header_matchers(&self, scope: Scope<'_>, headers: &[HeaderMatcher]) -> MatcherCode {
        let mut args = Vec::new();
        let headers = headers.iter().map(|header| {
            let names = &header.names;
            let matcher = tree(&header.matcher, Values::Text, &mut args);
            quote!(Header { names: &[#(#names),*], matcher: #matcher })
        });
        let matcher = quote!(&[#(#headers),*]);
        MatcherCode { matcher, args: self.args(scope, &args) }
    }

    fn args(&self, scope: Scope<'_>, args: &[&Expr]) -> TokenStream {
        let args = arrays::of_values(&args.iter().map(|arg| self.value(scope, arg)).collect::<Vec<_>>());
        quote!(|x| Ok(#args))
    }
}

/// How values are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    /// An object may have further members.
    Like,
    /// An object has no further members.
    Exactly,
    /// Compared as the text of a header.
    Text,
}

fn tree<'e>(matcher: &'e Matcher, values: Values, args: &mut Vec<&'e Expr>) -> TokenStream {
    match matcher {
        Matcher::Any => quote!(Matcher::Any),
        Matcher::Absent => quote!(Matcher::Absent),
        Matcher::Type(wanted) => {
            let wanted = ty(wanted);
            quote!(Matcher::Type(#wanted))
        }
        Matcher::Compare(op, expr) => {
            let op = comparison(*op);
            let bound = bound(expr, args);
            quote!(Matcher::Cmp(Op::#op, #bound))
        }
        Matcher::Regex(regex, negated) => {
            let regex = index(regex.0);
            quote!(Matcher::Regex { index: #regex, negated: #negated })
        }
        Matcher::Each(each) => {
            let each = tree(each, values, args);
            quote!(Matcher::Each(&#each))
        }
        Matcher::OneOf(ways) => {
            let ways: Vec<_> = ways.iter().map(|way| tree(way, values, args)).collect();
            quote!(Matcher::OneOf(&[#(#ways),*]))
        }
        Matcher::Object(members) => {
            let exact = values == Values::Exactly;
            let members: Vec<_> = members
                .iter()
                .map(|(key, matcher)| {
                    let matcher = tree(matcher, values, args);
                    quote!((Key::Lit(#key), #matcher))
                })
                .collect();
            quote!(Matcher::Object { members: &[#(#members),*], exact: #exact })
        }
        Matcher::List { items, rest } => {
            let items: Vec<_> = items.iter().map(|item| tree(item, values, args)).collect();
            let rest = match rest {
                true => {
                    let end = index(items.len());
                    quote!(Some(#end))
                }
                false => quote!(None),
            };
            quote!(Matcher::List { items: &[#(#items),*], rest: #rest })
        }
        Matcher::Const(constant) => constant_matcher(constant),
        Matcher::Value(expr) => leaf(expr, values, args),
    }
}

fn leaf<'e>(expr: &'e Expr, values: Values, args: &mut Vec<&'e Expr>) -> TokenStream {
    if let ExprKind::Const(constant) = &expr.kind
        && !matches!(constant, Const::Duration(_))
    {
        return constant_matcher(constant);
    }
    let at = index(args.len());
    args.push(expr);
    // A value that cannot contain an object is either equal or not.
    let holds_objects = matches!(expr.ty, Type::Json | Type::List(_) | Type::Object(_));
    if values == Values::Like && holds_objects { quote!(Matcher::Like(#at)) } else { quote!(Matcher::Arg(#at)) }
}

/// The right side of a comparison.
fn bound<'e>(expr: &'e Expr, args: &mut Vec<&'e Expr>) -> TokenStream {
    match &expr.kind {
        ExprKind::Const(Const::Int(number)) => {
            let number = Literal::i64_unsuffixed(*number);
            quote!(Bound::Int(#number))
        }
        ExprKind::Const(Const::Float(number)) => {
            let number = Literal::f64_unsuffixed(*number);
            quote!(Bound::Float(#number))
        }
        ExprKind::Const(Const::Number(text)) => quote!(Bound::Exact(#text)),
        ExprKind::Const(Const::Str(string)) => quote!(Bound::Str(#string)),
        _ => {
            let at = index(args.len());
            args.push(expr);
            quote!(Bound::Arg(#at))
        }
    }
}

fn constant_matcher(constant: &Const) -> TokenStream {
    match constant {
        Const::Null => quote!(Matcher::Null),
        Const::Absent => quote!(Matcher::Absent),
        Const::Bool(truth) => quote!(Matcher::Bool(#truth)),
        Const::Int(number) | Const::Duration(number) => {
            let number = Literal::i64_unsuffixed(*number);
            quote!(Matcher::Int(#number))
        }
        Const::Float(number) => {
            let number = Literal::f64_unsuffixed(*number);
            quote!(Matcher::Float(#number))
        }
        Const::Number(text) => quote!(Matcher::Exact(#text)),
        Const::Str(string) => quote!(Matcher::Str(#string)),
    }
}
