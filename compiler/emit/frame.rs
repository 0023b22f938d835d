//! The function around emitted statements: its variables, and the loops and `async` blocks that enclose the statement.

use std::cell::Cell;
use std::collections::BTreeSet;

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
    /// The locals that hold a secret, sorted, with the members that lead to it.
    pub(super) secrets: &'f [(LocalId, Vec<String>)],
    /// What `leave` returns: `Ok(…)` of the values that the sequence gives.
    pub(super) given: TokenStream,
    /// Whether the statement is in an `async` block. There `return` would only leave that block, so exits travel as errors.
    pub(super) nested: bool,
    /// The labels of the enclosing loops, outermost first, for a `break` out of a `retry`.
    pub(super) labels: Vec<Lifetime>,
    /// The number of these loops that are outside of the innermost `async` block.
    pub(super) outside: usize,
    /// The locals that a parallel loop around the statement has borrowed.
    pub(super) borrowed: BTreeSet<LocalId>,
    /// The number of labels that the function has so far.
    pub(super) numbers: &'f Cell<usize>,
}

impl<'f> FunctionScope<'f> {
    /// The frame of a function with these variables, outside of all loops.
    pub(super) fn new(locals: &'f [Ident], given: TokenStream, numbers: &'f Cell<usize>) -> Self {
        FunctionScope {
            locals,
            shares: &[],
            secrets: &[],
            given,
            nested: false,
            labels: Vec::new(),
            outside: 0,
            borrowed: BTreeSet::new(),
            numbers,
        }
    }

    pub(super) fn scope(&self) -> Scope<'f> {
        Scope { locals: self.locals }
    }

    /// Assigns `value` to a variable.
    pub(super) fn assign(&self, local: LocalId) -> TokenStream {
        let (name, assigned) = (&self.locals[local.0], self.assigned(local));
        quote!(#name = value; #assigned)
    }

    /// What follows the assignment of a variable: other users read it, and a secret is masked from now on.
    pub(super) fn assigned(&self, local: LocalId) -> TokenStream {
        let name = &self.locals[local.0];
        let share = self.shares.iter().find(|(own, _)| *own == local).map(|(_, shared)| {
            let shared = index(shared.0);
            quote!(u.share(#shared, &#name);)
        });
        let conceal = self.secrets_of(local).map(|members| quote!(u.conceal(&#name, &[#(#members),*]);));
        quote!(#(#conceal)* #share)
    }

    /// The members that lead to the secrets in a variable.
    pub(super) fn secrets_of(&self, local: LocalId) -> impl Iterator<Item = &'f [String]> {
        let first = self.secrets.partition_point(|(own, _)| *own < local);
        self.secrets[first..].iter().take_while(move |(own, _)| *own == local).map(|(_, members)| members.as_slice())
    }

    /// The frame within a loop with this label.
    pub(super) fn within(&self, label: Option<Lifetime>) -> Self {
        let mut labels = self.labels.clone();
        labels.extend(label);
        FunctionScope {
            locals: self.locals,
            shares: self.shares,
            secrets: self.secrets,
            given: self.given.clone(),
            nested: self.nested,
            labels,
            outside: self.outside,
            borrowed: self.borrowed.clone(),
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
