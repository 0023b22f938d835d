//! Long blocks, in parts: rustc needs a time that grows with the square of the statements of an `async` block, and minutes for a thousand
//! steps. Each part is an `async` block of its own, which the block around it awaits.

use proc_macro2::TokenStream;
use quote::quote;

use super::frame::FunctionScope;
use super::uses;
use super::{Emitter, index};
use crate::model::{Block, Stmt, StmtKind};

/// The most statements of an `async` block, including those of the blocks within it.
const MOST: usize = 24;

impl Emitter<'_> {
    /// The statements of a block.
    pub(super) fn block(&self, frame: &FunctionScope<'_>, block: &Block) -> TokenStream {
        if is_short(block) {
            let stmts = block.iter().map(|stmt| self.stmt(frame, stmt));
            return quote!(#(#stmts)*);
        }
        let inner = frame.in_async();
        let mut parts: Vec<TokenStream> = split(block)
            .map(|part| {
                let stmts = part.iter().map(|stmt| self.stmt(&inner, stmt));
                quote!(#(#stmts)*)
            })
            .collect();
        while parts.len() > MOST {
            let wrap = |part: &TokenStream| quote!({ let part: Flow = async { #part Ok(()) }.await; part?; });
            parts = parts.chunks(MOST).map(|parts| parts.iter().map(wrap).collect()).collect();
        }
        let exits = self.exits(frame, block);
        let parts = parts.iter().map(|part| {
            quote! {
                {
                    let part: Flow = async { #part Ok(()) }.await;
                    #exits
                }
            }
        });
        quote!(#(#parts)*)
    }

    /// Leaves the block around a part as the part's result says.
    fn exits(&self, frame: &FunctionScope<'_>, block: &Block) -> TokenStream {
        let given = &frame.given;
        let leaves = (uses::leaves(block) && !frame.nested).then(|| quote!(Err(Exit::Leave) => return Ok(#given),));
        let breaks = uses::breaks(block).then(|| {
            let out = self.break_out(frame);
            quote!(Err(Exit::Break) => { #out })
        });
        if leaves.is_none() && breaks.is_none() {
            return quote!(part?;);
        }
        quote! {
            match part {
                Ok(()) => {}
                #leaves
                #breaks
                Err(exit) => return Err(exit),
            }
        }
    }
}

/// The member of tasks that was drawn, by the arms of all members in order. Members are statements, too: the arms of many are in groups.
pub(super) fn chosen(drawn: &TokenStream, arms: &[TokenStream]) -> TokenStream {
    if arms.len() <= MOST {
        return quote!(match #drawn { #(#arms)* _ => {} });
    }
    let groups = grouped(0, arms);
    quote!(let drawn = #drawn; #groups)
}

/// The arms, the first of which has the number `first`.
fn grouped(first: usize, arms: &[TokenStream]) -> TokenStream {
    if arms.len() <= MOST {
        return quote!(match drawn { #(#arms)* _ => {} });
    }
    let mut size = MOST;
    while arms.len() > size * MOST {
        size *= MOST;
    }
    let groups = arms.chunks(size).enumerate().map(|(number, arms)| {
        let first = first + number * size;
        let (from, to) = (index(first), index(first + arms.len() - 1));
        let group = grouped(first, arms);
        quote!(#from..=#to => { let part: Flow = async { #group Ok(()) }.await; part?; })
    });
    quote!(match drawn { #(#groups)* _ => {} })
}

/// Whether a block needs no parts.
pub(super) fn is_short(block: &Block) -> bool {
    block.iter().map(size).sum::<usize>() <= MOST
}

/// The statements in groups, each of which is short or a single statement.
fn split(block: &Block) -> impl Iterator<Item = &[Stmt]> {
    let mut rest = block.as_slice();
    std::iter::from_fn(move || {
        let mut total = 0;
        let fitting = rest.iter().take_while(|stmt| {
            total += size(stmt);
            total <= MOST
        });
        let (part, behind) = rest.split_at_checked(fitting.count().max(1))?;
        rest = behind;
        Some(part)
    })
}

/// The number of a statement's statements in the same `async` block, if long blocks within it are in parts.
fn size(stmt: &Stmt) -> usize {
    let of = |block: &Block| {
        let mut size = block.iter().map(size).sum();
        while size > MOST {
            size = usize::div_ceil(size, MOST);
        }
        size
    };
    1 + match &stmt.kind {
        StmtKind::If(branches, otherwise) => branches.iter().map(|(_, block)| of(block)).sum::<usize>() + of(otherwise),
        StmtKind::Repeat(_, body) | StmtKind::Poll { body, .. } | StmtKind::Group(_, body) => of(body),
        StmtKind::For { parallel: None, body, .. } => of(body),
        StmtKind::Finally { always, .. } => of(always),
        StmtKind::Step(step) => of(&step.before) + step.then.len() / 4,
        _ => 0,
    }
}
