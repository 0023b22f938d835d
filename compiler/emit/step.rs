//! Steps: send the request, check the expectations in order, and run the takes if all of them hold.

use proc_macro2::TokenStream;
use quote::quote;

use super::expr::{Scope, ty};
use super::frame::FunctionScope;
use super::{Emitter, arrays, index};
use crate::model::{Exchange, Expect, ExpectKind, Expr, ExprKind, SecretHolder, Source, Status, Step, StmtKind, Take, TextPart, Then};

impl Emitter<'_> {
    pub(super) fn step(&self, frame: &FunctionScope<'_>, step: &Step) -> TokenStream {
        let scope = frame.scope();
        let before = self.block(frame, &step.before);
        let id = index(step.id.0);
        let request = self.exchange(scope, &step.exchange);
        let expects = step.expects.iter().map(|expect| self.expect(scope, expect));
        let then = step.then.iter().map(|then| self.then(frame, then));
        let fallbacks = self.fallbacks(frame, step);
        quote! {
            #before
            let mut step = u.step(#id);
            if step.send(#request).await {
                #(#expects)*
                #(#then)*
            } #fallbacks
            step.end()?;
        }
    }

    fn exchange(&self, scope: Scope<'_>, exchange: &Exchange) -> TokenStream {
        let request = self.exchanged(scope, exchange);
        match self.constant(exchange) {
            None => quote!(u.attempt(|| #request)),
            Some(api) => {
                let (number, api) = (index(self.constants.replace(self.constants.get() + 1)), index(api));
                quote!(u.constant(#number, #api, || #request))
            }
        }
    }

    /// An expression that builds a step's request.
    fn exchanged(&self, scope: Scope<'_>, exchange: &Exchange) -> TokenStream {
        match exchange {
            Exchange::Call { request, args, over, query, body } => {
                let function = &self.names.requests[request.0];
                let args = args.iter().map(|arg| self.reference(scope, arg));
                let over = self.options(scope, over, "wants_own_auth");
                let query = self.query(scope, query);
                let body = body.as_ref().map(|body| self.body(scope, body));
                if over.is_empty() && query.is_empty() && body.is_none() {
                    return quote!(#function(u, #(#args),*));
                }
                quote! {
                    {
                        let mut r = #function(u, #(#args),*)?;
                        r.override_options();
                        #query
                        #body
                        #over
                        Ok(r)
                    }
                }
            }
            Exchange::Inline(request) => {
                let body = self.request_body(scope, request);
                quote!({ #body })
            }
            Exchange::Submit { api, form, fields, options, .. } => {
                let form = self.reference(scope, form);
                // An absent field is also passed on, because it removes the field of the page.
                let fields = fields.iter().map(|(key, value)| {
                    let value = self.value(scope, value);
                    quote!((#key, #value))
                });
                let fields = arrays::of_members(&fields.collect::<Vec<_>>());
                let options = self.options(scope, options, "wants_own_auth");
                let common = &self.names.options[api.0];
                let api = index(api.0);
                quote! {
                    {
                        let mut r = u.submit(#api, #form, &#fields)?;
                        #options
                        #common(u, &mut r)?;
                        Ok(r)
                    }
                }
            }
        }
    }

    fn expect(&self, scope: Scope<'_>, expect: &Expect) -> TokenStream {
        let at = self.at(expect.span);
        let written = one_line(&expect.written);
        let written = written.strip_prefix("expect ").unwrap_or(&written);
        // `const` evaluates this during compilation, even though the spec's crate is compiled without optimization.
        let expectation = quote!(const { expected(#at, #written) });
        match &expect.kind {
            ExpectKind::Status(wanted) => {
                let wanted = wanted.iter().map(|status| match status {
                    Status::Code(code) => {
                        let code = proc_macro2::Literal::u16_unsuffixed(*code);
                        quote!(Status::Code(#code))
                    }
                    Status::Class(class) => {
                        let class = proc_macro2::Literal::u8_unsuffixed(*class);
                        quote!(Status::Class(#class))
                    }
                });
                quote!(step.status(#expectation, &[#(#wanted),*]);)
            }
            ExpectKind::Json { exactly, matcher } => {
                let emitted = self.json_matcher(scope, matcher, *exactly);
                let (matcher, args) = (emitted.matcher, emitted.args);
                quote! {
                    {
                        const WANTED: Matcher = #matcher;
                        step.json(#expectation, &WANTED, #args);
                    }
                }
            }
            ExpectKind::Headers(headers) => {
                let emitted = self.header_matchers(scope, headers);
                let (matchers, args) = (emitted.matcher, emitted.args);
                quote! {
                    {
                        const WANTED: &[Header] = #matchers;
                        step.headers(#expectation, WANTED, #args);
                    }
                }
            }
            ExpectKind::Text { negated, part } => {
                let part = self.eval(scope, part);
                quote!(step.text(#expectation, #negated, |x| #part);)
            }
            ExpectKind::Condition { condition, elapsed } => {
                let class = if *elapsed { quote!(Elapsed) } else { quote!(Expectation) };
                let check = self.check(scope, condition);
                quote!(step.check(#expectation, FailureClass::#class, |x| #check);)
            }
        }
    }

    fn then(&self, frame: &FunctionScope<'_>, then: &Then) -> TokenStream {
        let scope = frame.scope();
        match then {
            Then::Take(take) => self.take(frame, take),
            Then::Stmt(stmt) => {
                let at = self.at(stmt.span);
                match &stmt.kind {
                    StmtKind::Assign(local, expr) => {
                        let value = self.eval(scope, expr);
                        let assign = frame.assign(*local);
                        let secrets = frame.secrets_of(*local).filter(|_| reads_response(expr));
                        let conceal = conceal(secrets, &quote!((#value).map(Some)));
                        quote!(if let Some(value) = step.value(#at, |x| #value) { #assign } #conceal)
                    }
                    StmtKind::AssignKeep(keep, expr) => {
                        let is_it = |holder| holder == SecretHolder::Keep(*keep) && reads_response(expr);
                        let secrets = self.program.secrets.iter().filter(|(holder, _)| is_it(*holder));
                        let keep = index(keep.0);
                        let value = self.eval(scope, expr);
                        let conceal = conceal(secrets.map(|(_, members)| members.as_slice()), &quote!((#value).map(Some)));
                        quote!(if let Some(value) = step.value(#at, |x| #value) { u.set_keep(#keep, value); } #conceal)
                    }
                    StmtKind::Log(text) => {
                        let value = self.eval(scope, text);
                        quote!(if let Some(value) = step.value(#at, |x| #value) { u.log(#at, || Ok(value))?; })
                    }
                    _ => {
                        let line = self.stmt(frame, stmt);
                        quote!(if step.holds() { #line })
                    }
                }
            }
        }
    }

    fn take(&self, frame: &FunctionScope<'_>, take: &Take) -> TokenStream {
        let scope = frame.scope();
        let at = self.at(take.span);
        let (name, ty, assign) = (&take.name, as_type(take), frame.assign(take.local));
        let source = self.taken(scope, take).eval();
        // The response contains a link before it is resolved.
        let conceal = conceal(frame.secrets_of(take.local), &self.found(scope, &take.source, take.quantity).eval());
        let assign = match &take.fallback {
            None => quote!(if let Some(value) = step.take(#at, #name, #ty, |x| #source) { #assign }),
            Some(fallback) => {
                let fallback = self.eval(scope, fallback);
                quote!(if let Some(value) = step.take_or(#at, #name, #ty, |x| #source, || #fallback) { #assign })
            }
        };
        quote!(#assign #conceal)
    }

    /// Assigns the `else` values of takes if no response came.
    fn fallbacks(&self, frame: &FunctionScope<'_>, step: &Step) -> Option<TokenStream> {
        let lines: Vec<_> = step
            .then
            .iter()
            .filter_map(|then| match then {
                Then::Take(Take { fallback: Some(fallback), local, span, .. }) => {
                    let (at, value, assign) = (self.at(*span), self.eval(frame.scope(), fallback), frame.assign(*local));
                    Some(quote!(if let Some(value) = step.fallback(#at, || #value) { #assign }))
                }
                _ => None,
            })
            .collect();
        (!lines.is_empty()).then(|| quote!(else { #(#lines)* }))
    }
}

/// Masks the secrets in what a source finds if the step has failed, because reports show the responses of such steps.
fn conceal<'a>(secrets: impl Iterator<Item = &'a [String]>, source: &TokenStream) -> Option<TokenStream> {
    let calls: Vec<_> = secrets.map(|members| quote!(step.conceal(&[#(#members),*], |x| #source);)).collect();
    (!calls.is_empty()).then(|| quote!(if !step.holds() { #(#calls)* }))
}

/// Whether an expression passes on what it reads from the response.
fn reads_response(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Source(source) => !matches!(source, Source::JarCookie(_)),
        ExprKind::Member(inner, _) | ExprKind::Index(inner, _) | ExprKind::Slice(inner, ..) | ExprKind::Capture(inner, ..) => {
            reads_response(inner)
        }
        ExprKind::Text(parts) => parts.iter().any(|part| matches!(part, TextPart::Hole(value, _) if reads_response(value))),
        ExprKind::List(items) | ExprKind::Call(_, items) => items.iter().any(reads_response),
        ExprKind::Object(members) => members.iter().any(|(_, value)| reads_response(value)),
        ExprKind::Binary(left, _, right) | ExprKind::If(_, left, right) => reads_response(left) || reads_response(right),
        _ => false,
    }
}

/// Converts text to the wanted type; JSON must already have it.
fn as_type(take: &Take) -> TokenStream {
    let wanted = ty(&take.ty);
    match &take.source.kind {
        ExprKind::Capture(..)
        | ExprKind::Source(Source::Header(..) | Source::Cookie(_) | Source::Text | Source::Url | Source::Html { .. }) => {
            quote!(As::Text(#wanted))
        }
        _ => quote!(As::Json(#wanted)),
    }
}

/// A text in one line. The spaces within its lines stay, because they may be part of a string.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_keeps_the_spaces_of_strings() {
        assert_eq!(one_line("expect json {\n    a: \"x  y\",\n\n    b: 1\n  }"), "expect json { a: \"x  y\", b: 1 }");
    }
}
