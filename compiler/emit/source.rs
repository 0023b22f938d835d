//! Sources, which read an exchange: in an expression, and in a `take`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::expr::{RustExpr, Scope};
use super::{Emitter, index};
use crate::model::{BuiltPart, Const, Expr, ExprKind, PathStep, Pattern, Quantity, Quoting, Source, Take, Type};

/// Attributes of HTML elements whose values are URLs.
const URL_ATTRIBUTES: [&str; 6] = ["action", "cite", "formaction", "href", "poster", "src"];
/// Headers whose values are URLs.
const URL_HEADERS: [&str; 2] = ["location", "content-location"];

impl Emitter<'_> {
    /// The value of a `take` statement: as [`Self::found`], but relative links become absolute, unless the take converts them.
    pub(super) fn taken(&self, scope: Scope<'_>, take: &Take) -> RustExpr {
        let found = self.found(scope, &take.source, take.quantity);
        let (true, Some(resolve)) = (matches!(take.ty, Type::Json | Type::String | Type::List(_)), resolves(&take.source)) else {
            return found;
        };
        let found = found.value();
        RustExpr::Fallible(quote!(x.#resolve(#found)))
    }

    /// An `Option<Value>`: what a source finds.
    pub(super) fn found(&self, scope: Scope<'_>, expr: &Expr, quantity: Quantity) -> RustExpr {
        let code = match &expr.kind {
            ExprKind::Source(source) => self.source(scope, source),
            ExprKind::Capture(value, regex, quantity) => {
                return self.capture(scope, value, regex.0, *quantity);
            }
            _ => {
                let value = self.value(scope, expr);
                RustExpr::Plain(quote!(Some(#value)))
            }
        };
        if quantity == Quantity::One {
            return code;
        }
        let (found, pick) = (code.value(), pick(quantity));
        RustExpr::Fallible(quote!(picked(#found, #pick)))
    }

    pub(super) fn capture(&self, scope: Scope<'_>, value: &Expr, regex: usize, quantity: Quantity) -> RustExpr {
        let value = self.reference(scope, value);
        let regex = index(regex);
        let pick = pick(quantity);
        RustExpr::Fallible(quote!(capture(u, #value, #regex, #pick)))
    }

    /// A source as a value in an expression: null for an absent header, cookie or element, an empty list for a JSONPath with several
    /// results that finds none, and an error for anything else that is absent.
    pub(super) fn source_value(&self, scope: Scope<'_>, source: &Source) -> RustExpr {
        let plain = match source {
            Source::Text => quote!(x.text()),
            Source::Status => quote!(x.status()),
            Source::Url => quote!(x.url()),
            Source::Elapsed => quote!(x.elapsed()),
            Source::Body => quote!(r.sent_body()),
            Source::JarCookie(name) => {
                let name = self.reference(scope, name);
                return RustExpr::Fallible(quote!(r.jar_cookie(#name)));
            }
            _ => {
                let found = self.source(scope, source).value();
                return match source {
                    Source::Header(_, Quantity::All) | Source::Html { quantity: Quantity::All, .. } => {
                        RustExpr::Plain(quote!(or_empty(#found)))
                    }
                    Source::JsonPath { quantity: Quantity::All, .. } => RustExpr::Plain(quote!(or_empty(#found))),
                    Source::JsonPath { quantity: Quantity::Any, .. } => RustExpr::Plain(quote!(or_null(#found))),
                    Source::Header(..) | Source::Cookie(_) | Source::Html { .. } => RustExpr::Plain(quote!(or_null(#found))),
                    Source::JsonPath { singular: false, quantity: Quantity::One, .. } => RustExpr::Plain(quote!(or_empty(#found))),
                    _ => {
                        let name = source_name(source, self.program);
                        RustExpr::Fallible(quote!(found(#found, #name)))
                    }
                };
            }
        };
        RustExpr::Plain(plain)
    }

    /// A source as an `Option<Value>`.
    pub(super) fn source(&self, scope: Scope<'_>, source: &Source) -> RustExpr {
        use RustExpr::{Fallible, Plain};
        match source {
            Source::Json(path) => {
                let steps = path.iter().map(|step| match step {
                    PathStep::Key(key) => quote!(PathStep::Key(#key)),
                    PathStep::Index(at) => {
                        let at = Literal::i64_unsuffixed(*at);
                        quote!(PathStep::Index(#at))
                    }
                });
                Fallible(quote!(x.json(&[#(#steps),*])))
            }
            Source::JsonPath { path: Pattern::Built(parts), quantity, .. } => {
                let (parts, pick) = (self.built(scope, parts), pick(*quantity));
                Fallible(quote!(x.json_path_built(&[#(#parts),*], #pick)))
            }
            Source::JsonPath { path: Pattern::Known(path), quantity, .. } => {
                let (path, pick) = (index(path.0), pick(*quantity));
                Fallible(quote!(x.json_path(#path, #pick)))
            }
            Source::Header(name, quantity) => {
                let (name, pick) = (self.reference(scope, name), pick(*quantity));
                Fallible(quote!(x.header(#name, #pick)))
            }
            Source::Cookie(name) => {
                let name = self.reference(scope, name);
                Fallible(quote!(x.cookie(#name)))
            }
            Source::Html { selector, attribute, quantity } => {
                let attribute = match attribute {
                    Some(attribute) => quote!(Some(#attribute)),
                    None => quote!(None),
                };
                let pick = pick(*quantity);
                match selector {
                    Pattern::Known(selector) => {
                        let selector = index(selector.0);
                        Fallible(quote!(x.html(#selector, #attribute, #pick)))
                    }
                    Pattern::Built(parts) => {
                        let parts = self.built(scope, parts);
                        Fallible(quote!(x.html_built(&[#(#parts),*], #attribute, #pick)))
                    }
                }
            }
            Source::Form(selector) => {
                let selector = index(selector.0);
                Fallible(quote!(x.form(#selector)))
            }
            Source::Text | Source::Status | Source::Url | Source::Elapsed | Source::Body | Source::JarCookie(_) => {
                let value = self.source_value(scope, source).value();
                Plain(quote!(Some(#value)))
            }
        }
    }
}

impl Emitter<'_> {
    /// The parts of a pattern with values.
    fn built(&self, scope: Scope<'_>, parts: &[BuiltPart]) -> Vec<TokenStream> {
        parts
            .iter()
            .map(|part| match part {
                BuiltPart::Literal(text) => quote!(BuiltPart::Literal(#text)),
                BuiltPart::Value(value, quoting) => {
                    let value = self.reference(scope, value);
                    let quoting = match quoting {
                        Quoting::Json => quote!(Quoting::Json),
                        Quoting::JsonText(quote) => quote!(Quoting::JsonText(#quote)),
                        Quoting::Css => quote!(Quoting::Css),
                        Quoting::CssText => quote!(Quoting::CssText),
                        Quoting::CssName => quote!(Quoting::CssName),
                    };
                    quote!(BuiltPart::Value(#value, #quoting))
                }
            })
            .collect()
    }
}

/// The function of a response that resolves the links of a source, if its values are links.
fn resolves(source: &Expr) -> Option<Ident> {
    let name = match &source.kind {
        ExprKind::Source(Source::Html { attribute: Some(attribute), .. }) if URL_ATTRIBUTES.contains(&attribute.as_str()) => "page_links",
        ExprKind::Source(Source::Header(name, _)) => match &name.kind {
            ExprKind::Const(Const::Str(name)) if URL_HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)) => "locations",
            _ => return None,
        },
        _ => return None,
    };
    Some(format_ident!("{name}"))
}

/// Which of several found values a source yields.
fn pick(quantity: Quantity) -> TokenStream {
    match quantity {
        Quantity::One => quote!(Pick::One),
        Quantity::All => quote!(Pick::All),
        Quantity::Any => quote!(Pick::Any(u.rng())),
    }
}

/// A source, as messages name it.
fn source_name(source: &Source, program: &crate::model::Program) -> String {
    match source {
        Source::Json(path) => path.iter().fold("json".to_owned(), |name, step| match step {
            PathStep::Key(key) => format!("{name}.{key}"),
            PathStep::Index(at) => format!("{name}[{at}]"),
        }),
        Source::JsonPath { path: Pattern::Known(path), .. } => format!("json {:?}", program.paths[path.0]),
        Source::Html { selector: Pattern::Known(selector), .. } => format!("html {:?}", program.selectors[selector.0]),
        Source::Form(selector) => format!("form {:?}", program.selectors[selector.0]),
        _ => "what is read".to_owned(),
    }
}
