//! The function around emitted statements: its variables, and the loops and `async` blocks that enclose the statement.

use std::cell::Cell;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Lifetime};

use super::expr::Scope;
use super::index;
use crate::model::{LocalId, SharedId};

/// The function around a statement.
pub(super) struct FunctionScope<'f> {
    pub(super) locals: &'f [Ident],
    /// The locals that other users read while the function runs: the names of `before test`.
    pub(super) shares: &'f [(LocalId, SharedId)],
    /// What `leave` returns: `Ok(…)` of the values that the sequence gives.
    pub(super) given: TokenStream,
    /// Whether the statement is in an `async` block. There `return` would only leave that block, so exits travel as errors.
    pub(super) nested: bool,
    /// The labels of the enclosing loops, outermost first, for a `break` out of a `retry`.
    pub(super) labels: Vec<Lifetime>,
    /// The number of these loops that are outside of the innermost `async` block.
    pub(super) outside: usize,
    /// The number of labels that the function has so far.
    pub(super) numbers: &'f Cell<usize>,
}

impl<'f> FunctionScope<'f> {
    /// The frame of a function with these variables, outside of all loops.
    pub(super) fn new(locals: &'f [Ident], shares: &'f [(LocalId, SharedId)], given: TokenStream, numbers: &'f Cell<usize>) -> Self {
        FunctionScope { locals, shares, given, nested: false, labels: Vec::new(), outside: 0, numbers }
    }

    pub(super) fn scope(&self) -> Scope<'f> {
        Scope { locals: self.locals }
    }

    /// Assigns `value` to a variable.
    pub(super) fn assign(&self, local: LocalId) -> TokenStream {
        let (name, share) = (&self.locals[local.0], self.share(local));
        quote!(#name = value; #share)
    }

    /// Shares a variable with other users after its assignment.
    pub(super) fn share(&self, local: LocalId) -> Option<TokenStream> {
        let (_, shared) = self.shares.iter().find(|(own, _)| *own == local)?;
        let (name, shared) = (&self.locals[local.0], index(shared.0));
        Some(quote!(u.share(#shared, &#name);))
    }

    /// The frame within a loop with this label.
    pub(super) fn within(&self, label: Option<Lifetime>) -> Self {
        let mut labels = self.labels.clone();
        labels.extend(label);
        FunctionScope {
            locals: self.locals,
            shares: self.shares,
            given: self.given.clone(),
            nested: self.nested,
            labels,
            outside: self.outside,
            numbers: self.numbers,
        }
    }

    /// The frame within an `async` block.
    pub(super) fn in_async(&self) -> Self {
        let mut inner = self.within(None);
        inner.nested = true;
        inner.outside = self.labels.len();
        inner
    }

    /// A label that no other loop of the function has.
    pub(super) fn label(&self) -> Lifetime {
        self.numbers.set(self.numbers.get() + 1);
        Lifetime::new(&format!("'loop_{}", self.numbers.get()), proc_macro2::Span::call_site())
    }
}
