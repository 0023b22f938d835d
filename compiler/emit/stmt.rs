//! Statements, within their function.

use proc_macro2::TokenStream;
use quote::quote;

use super::expr::{RustExpr, Scope};
use super::frame::FunctionScope;
use super::uses;
use super::{Emitter, arrays, index};
use crate::model::{Auth, Expr, LocalId, Stmt, StmtKind, TaskPick, Wait};

impl Emitter<'_> {
    /// Calls a sequence or tasks, or runs a step that is written as the member.
    pub(super) fn pick(&self, frame: &FunctionScope<'_>, takes: &[LocalId], pick: &TaskPick, span: crate::span::Span) -> TokenStream {
        let (function, args) = match pick {
            TaskPick::Sequence(id, args) => (&self.names.sequences[id.0], args),
            TaskPick::Tasks(id, args) => (&self.names.tasks[id.0], args),
            TaskPick::Step(step) => return self.step(frame, step),
        };
        let scope = frame.scope();
        let at = self.at(span);
        let (before, args) = if arrays::is_long(args) {
            arrays::arguments(&at, &args.iter().map(|arg| self.value(scope, arg)).collect::<Vec<_>>())
        } else {
            (TokenStream::new(), args.iter().map(|arg| self.argument(scope, &at, arg)).collect())
        };
        let call = quote!(#function(u #(, #args)*).await?);
        let names: Vec<_> = takes.iter().map(|local| &scope.locals[local.0]).collect();
        let assigned = takes.iter().map(|local| frame.assigned(*local));
        let assign = match names.as_slice() {
            [] => quote!(),
            [one] => quote!(#one =),
            many => quote!((#(#many),*) =),
        };
        quote!(#before #assign #call; #(#assigned)*)
    }

    /// An argument of a call, whose failure leaves the sequence.
    fn argument(&self, scope: Scope<'_>, at: &TokenStream, arg: &Expr) -> TokenStream {
        match self.code(scope, arg) {
            RustExpr::Plain(value) if !uses::can_fail(arg) => value,
            code => {
                let eval = code.eval();
                quote!(u.eval(#at, || #eval)?)
            }
        }
    }

    pub(super) fn stmt(&self, frame: &FunctionScope<'_>, stmt: &Stmt) -> TokenStream {
        let scope = frame.scope();
        let at = self.at(stmt.span);
        match &stmt.kind {
            StmtKind::Step(step) => self.step(frame, step),
            StmtKind::Run { takes, callee } => self.pick(frame, takes, callee, stmt.span),
            StmtKind::Assign(local, expr) => {
                let (name, assigned) = (&scope.locals[local.0], frame.assigned(*local));
                let value = self.eval(scope, expr);
                quote!(#name = u.eval(#at, || #value)?; #assigned)
            }
            StmtKind::AssignKeep(keep, expr) => {
                let keep = index(keep.0);
                let value = self.eval(scope, expr);
                quote!(u.set_keep(#keep, u.eval(#at, || #value)?);)
            }
            StmtKind::SetAuth(api, auth) => self.set_auth(scope, &at, api.0, auth),
            StmtKind::Reset(api) => {
                let api = index(api.0);
                quote!(u.reset(#api);)
            }
            StmtKind::Wait(wait) => {
                let (least, most) = match wait {
                    Wait::Fixed(wait) | Wait::Pacing(wait) => (wait, wait),
                    Wait::Between(least, most) => (least, most),
                };
                let (least, most) = (self.value(scope, least), self.value(scope, most));
                quote!(u.wait(#at, || Ok((#least, #most))).await?;)
            }
            StmtKind::If(branches, otherwise) => {
                let otherwise = (!otherwise.is_empty()).then(|| self.block(frame, otherwise)).map(|block| quote!(else { #block }));
                let mut code = TokenStream::new();
                for (number, (condition, block)) in branches.iter().enumerate() {
                    let at = self.at(condition.span);
                    let (condition, block) = (self.condition(scope, condition).eval(), self.block(frame, block));
                    let or = (number > 0).then(|| quote!(else));
                    code = quote!(#code #or if u.truth(#at, || #condition)? { #block });
                }
                quote!(#code #otherwise)
            }
            StmtKind::Repeat(count, body) => {
                let (count_at, count) = (self.at(count.span), self.eval(scope, count));
                let (label, body) = self.loop_body(frame, body);
                quote!(#label for _ in 0..u.count(#count_at, || #count)? { #body })
            }
            StmtKind::For { local, iter, parallel, own, body } => self.for_loop(frame, *local, iter, parallel.as_ref(), own, body),
            StmtKind::Break => self.break_out(frame),
            StmtKind::Leave if frame.nested => quote!(return Err(Exit::Leave);),
            StmtKind::Leave => {
                let given = &frame.given;
                quote!(return Ok(#given);)
            }
            StmtKind::StopUser => quote!(return Err(Exit::StopUser);),
            StmtKind::Fail(line, why) => {
                let (line, why) = (index(line.0), self.eval(scope, why));
                quote!(return Err(u.fail(#line, #at, || #why));)
            }
            StmtKind::Log(text) => {
                let text = self.eval(scope, text);
                quote!(u.log(#at, || #text)?;)
            }
            StmtKind::Parallel(branches) => {
                let inner = frame.in_async();
                let branches = branches.iter().map(|branch| {
                    let branch = self.stmt(&inner, branch);
                    quote!(Box::pin(async { #branch Ok(()) }))
                });
                quote!(together(vec![#(#branches),*]).await?;)
            }
            StmtKind::Retry { times, every, on, body } => self.retry(frame, times, every.as_ref(), on, body),
            StmtKind::Finally { body, always } => self.finally(frame, body, always),
            StmtKind::Poll { every, times, until, written, body } => {
                let (times_at, times) = (self.at(times.span), self.eval(scope, times));
                let (every_at, every) = (self.at(every.span), self.eval(scope, every));
                let until = self.condition(scope, until).eval();
                let (label, body) = self.loop_body(frame, body);
                quote! {
                    {
                        let mut poll = u.poll(#at, #written, u.count(#times_at, || #times)?, u.duration(#every_at, || #every)?);
                        #label loop {
                            #body
                            if !poll.again(|| #until).await? { break; }
                        }
                    }
                }
            }
            StmtKind::Group(line, body) => {
                let (line, body) = (index(line.0), self.block(frame, body));
                quote!({ let group = u.group(#line); #body })
            }
        }
    }

    fn set_auth(&self, scope: Scope<'_>, at: &TokenStream, api: usize, auth: &Auth) -> TokenStream {
        let api = index(api);
        match auth {
            Auth::None => quote!(u.set_no_auth(#api);),
            Auth::Bearer(token) => {
                let token = self.eval(scope, token);
                quote!(u.set_bearer(#at, #api, || #token)?;)
            }
            Auth::Basic(user, password) => {
                let (user, password) = (self.value(scope, user), self.value(scope, password));
                quote!(u.set_basic(#at, #api, || Ok((#user, #password)))?;)
            }
            Auth::Header(name, value) => {
                let value = self.eval(scope, value);
                quote!(u.set_auth_header(#at, #api, #name, || #value)?;)
            }
            // Signing needs the request, so the checker allows `aws` only in an api, resource or request.
            Auth::Aws(..) => TokenStream::new(),
        }
    }
}
