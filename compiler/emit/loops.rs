//! Loops and repetitions, and how `break` leaves them.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::Emitter;
use super::frame::FunctionScope;
use super::uses;
use crate::model::{Block, Expr, Iter, LocalId, Status};

impl Emitter<'_> {
    /// The body of a loop, and its label if a `retry` in the body breaks out of the loop.
    pub(super) fn loop_body(&self, frame: &FunctionScope<'_>, body: &Block) -> (Option<TokenStream>, TokenStream) {
        if uses::retry_breaks(body) {
            let label = frame.label();
            let body = self.block(&frame.within(Some(label.clone())), body);
            return (Some(quote!(#label:)), body);
        }
        // A loop without a label also takes a number: a `break` in it leaves this loop.
        let label = frame.label();
        let body = self.block(&frame.within(Some(label)), body);
        (None, body)
    }

    pub(super) fn break_out(&self, frame: &FunctionScope<'_>) -> TokenStream {
        if frame.nested && frame.labels.len() == frame.outside { quote!(return Err(Exit::Break);) } else { quote!(break;) }
    }

    pub(super) fn for_loop(
        &self,
        frame: &FunctionScope<'_>,
        local: LocalId,
        iter: &Iter,
        parallel: Option<&Expr>,
        own: &[LocalId],
        body: &Block,
    ) -> TokenStream {
        let scope = frame.scope();
        let name = &scope.locals[local.0];
        let (items, item) = match iter {
            Iter::Each(list) => {
                let (at, list) = (self.at(list.span), self.eval(scope, list));
                (quote!(u.items(#at, || #list)?), quote!(#name))
            }
            Iter::Range(first, last) => {
                let at = self.at(first.span);
                let (first, last) = (self.value(scope, first), self.value(scope, last));
                (quote!(u.range(#at, || Ok((#first, #last)))?), quote!(#name))
            }
        };
        let bind = match iter {
            Iter::Range(..) => quote!(let #name = int(#name);),
            Iter::Each(_) => frame.assigned(local),
        };
        let Some(limit) = parallel else {
            let (label, body) = self.loop_body(frame, body);
            return quote!(#label for #item in #items { #bind #body });
        };
        let (limit_at, limit) = (self.at(limit.span), self.eval(scope, limit));
        let mut inner = frame.in_async();
        inner.outside = inner.labels.len();
        let declared = own.iter().map(|local| {
            let name = &scope.locals[local.0];
            quote!(let mut #name = Value::Null;)
        });
        let is_outer = |used: &LocalId| !own.contains(used) && *used != local && !frame.borrowed.contains(used);
        let outer: Vec<LocalId> = uses::locals(body).into_iter().filter(is_outer).collect();
        inner.borrowed.extend(&outer);
        let outer = outer.iter().map(|local| {
            let name = &scope.locals[local.0];
            quote!(let #name = &#name;)
        });
        let body = self.block(&inner, body);
        quote! {
            {
                let limit = u.count(#limit_at, || #limit)?;
                let items = #items;
                #(#outer)*
                u.for_each(limit, items, move |#item| async move { #bind #(#declared)* #body Ok(()) }).await?;
            }
        }
    }

    /// Puts the statements before a `finally` into an `async` block of their own, so that the `finally` runs however the block ends.
    pub(super) fn finally(&self, frame: &FunctionScope<'_>, body: &Block, always: &Block) -> TokenStream {
        let given = &frame.given;
        let leaves = uses::leaves(body).then(|| match frame.nested {
            true => quote!(Err(Exit::Leave) => return Err(Exit::Leave),),
            false => quote!(Err(Exit::Leave) => return Ok(#given),),
        });
        let (body, always) = (self.block(&frame.in_async(), body), self.block(frame, always));
        quote! {
            {
                let outcome: Flow = Box::pin(async { #body Ok(()) }).await;
                #always
                match outcome {
                    Ok(()) => {}
                    #leaves
                    Err(exit) => return Err(exit),
                }
            }
        }
    }

    pub(super) fn retry(&self, frame: &FunctionScope<'_>, times: &Expr, every: Option<&Expr>, on: &[Status], body: &Block) -> TokenStream {
        let scope = frame.scope();
        let (times_at, times) = (self.at(times.span), self.eval(scope, times));
        let every = match every {
            Some(every) => {
                let (at, every) = (self.at(every.span), self.eval(scope, every));
                quote!(u.duration(#at, || #every)?)
            }
            None => quote!(std::time::Duration::ZERO),
        };
        let on = (!on.is_empty()).then(|| {
            let ranges = on.iter().map(|status| {
                let (from, to) = match status {
                    Status::Code(code) => (*code, *code),
                    Status::Class(class) => (u16::from(*class) * 100, u16::from(*class) * 100 + 99),
                };
                let (from, to) = (Literal::u16_unsuffixed(from), Literal::u16_unsuffixed(to));
                quote!((#from, #to))
            });
            quote!(.on(&[#(#ranges),*]))
        });
        let inner = frame.in_async();
        let block = self.block(&inner, body);
        let leaves = uses::leaves(body).then(|| {
            let given = &frame.given;
            if frame.nested { quote!(Err(Exit::Leave) => return Err(Exit::Leave),) } else { quote!(Err(Exit::Leave) => return Ok(#given),) }
        });
        let breaks = uses::breaks(body).then(|| match frame.labels.last() {
            Some(label) if frame.labels.len() > frame.outside || !frame.nested => {
                quote!(Err(Exit::Break) => break #label,)
            }
            _ => quote!(Err(Exit::Break) => return Err(Exit::Break),),
        });
        quote! {
            {
                let mut retry = u.retry(u.count(#times_at, || #times)?, #every)#on;
                loop {
                    let round = async { #block Ok(()) }.await;
                    match retry.again(round).await {
                        Ok(true) => {}
                        Ok(false) => break,
                        #leaves
                        #breaks
                        Err(exit) => return Err(exit),
                    }
                }
            }
        }
    }
}
