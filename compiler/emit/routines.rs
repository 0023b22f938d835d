//! The functions for statements: an `async fn` for each sequence, for tasks and for each block of a user.

use std::cell::Cell;
use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::expr::Scope;
use super::frame::FunctionScope;
use super::parts;
use super::uses;
use super::{Emitter, arrays, index};
use crate::model::{Block, Const, Expr, ExprKind, Frame, LocalId, Routine, Sequence, SharedId, Stmt, StmtKind, TaskPick, Tasks, User};

impl Emitter<'_> {
    /// The functions of all sequences, tasks, users' blocks and the test's own blocks.
    pub(super) fn sequences(&self) -> TokenStream {
        let sequences = self.program.sequences.iter().enumerate().map(|(id, sequence)| self.sequence(id, sequence));
        let tasks = self.program.tasks.iter().enumerate().map(|(id, tasks)| self.tasks(id, tasks));
        let users = self.program.users.iter().enumerate().map(|(id, user)| {
            let name = &self.names.users[id];
            let mut blocks = Vec::new();
            if let Some(routine) = &user.on_start {
                blocks.push(self.routine(&format_ident!("{name}on_start"), &format!("`on start` of `{}`", user.name), routine));
            }
            if let Some(routine) = &user.on_stop {
                blocks.push(self.routine(&format_ident!("{name}on_stop"), &format!("`on stop` of `{}`", user.name), routine));
            }
            for (number, (_, routine)) in user.every.iter().enumerate() {
                let function = format_ident!("{name}every_{}", number + 1);
                blocks.push(self.routine(&function, &format!("`every` of `{}`", user.name), routine));
            }
            blocks.push(self.iterations(name, user));
            quote!(#(#blocks)*)
        });
        let before = self.program.before_test.as_ref().map(|routine| self.before_test(routine));
        let renewals =
            self.program.renewals.iter().enumerate().map(|(number, (_, routine))| {
                self.routine(&format_ident!("before_test_every_{}", number + 1), "`before test every`", routine)
            });
        let after = self.program.after_test.as_ref().map(|routine| self.routine(&format_ident!("after_test"), "`after test`", routine));
        quote!(#(#sequences)* #(#tasks)* #(#users)* #before #(#renewals)* #after)
    }

    /// All iterations of a user, as one future that the engine resumes for each iteration.
    fn iterations(&self, name: &Ident, user: &User) -> TokenStream {
        // A wrapper around a function without parameters and results would only add a call to each resumption.
        let plain = match &user.run {
            TaskPick::Sequence(id, args) if args.is_empty() && self.program.sequences[id.0].gives.is_empty() => {
                Some(&self.names.sequences[id.0])
            }
            TaskPick::Tasks(id, args) if args.is_empty() => Some(&self.names.tasks[id.0]),
            _ => None,
        };
        let (own, iteration) = match plain {
            Some(function) => (None, function.clone()),
            None => {
                let numbers = Cell::new(0);
                let frame = FunctionScope::new(&[], quote!(()), &numbers);
                let body = self.pick(&frame, &[], &user.run, user.span);
                let iteration = format_ident!("{name}iteration");
                let doc = format!(" One iteration of `{}`.", user.name);
                let own = quote! {
                    #[doc = #doc]
                    async fn #iteration(u: &User) -> Flow { #body Ok(()) }
                };
                (Some(own), iteration)
            }
        };
        let iterations = format_ident!("{name}iterations");
        let doc = format!(" Iterations of `{}`, one after the other.", user.name);
        quote! {
            #own
            #[doc = #doc]
            async fn #iterations(u: &User) -> Flow {
                loop {
                    let outcome = #iteration(u).await;
                    u.end_iteration(outcome).await;
                }
            }
        }
    }

    fn sequence(&self, id: usize, sequence: &Sequence) -> TokenStream {
        let name = &self.names.sequences[id];
        let doc = format!(" `sequence {}` ({}).", sequence.name, self.location(sequence.span));
        let idents = self.names.locals(&sequence.frame);
        let gives: Vec<_> = sequence.gives.iter().map(|local| &idents[local.0]).collect();
        let (result, given) = match gives.as_slice() {
            [] => (quote!(Flow), quote!(())),
            [one] => (quote!(Flow<Value>), quote!(#one)),
            many => {
                let values = many.iter().map(|_| quote!(Value));
                (quote!(Flow<(#(#values),*)>), quote!((#(#many),*)))
            }
        };
        let (params, _) = idents.split_at(sequence.params);
        let body = self.function(&sequence.frame, sequence.params, &idents, &[], &given, &sequence.body);
        quote! {
            #[doc = #doc]
            async fn #name(u: &User #(, mut #params: Value)*) -> #result { #body Ok(#given) }
        }
    }

    fn routine(&self, name: &Ident, what: &str, routine: &Routine) -> TokenStream {
        let doc = format!(" {what}.");
        let idents = self.names.locals(&routine.frame);
        let body = self.function(&routine.frame, 0, &idents, &routine.shares, &quote!(()), &routine.body);
        quote! {
            #[doc = #doc]
            async fn #name(u: &User) -> Flow { #body Ok(()) }
        }
    }

    fn before_test(&self, routine: &Routine) -> TokenStream {
        let idents = self.names.locals(&routine.frame);
        let shared = (0..self.program.shared.len()).map(|number| match routine.shares.iter().find(|(_, shared)| shared.0 == number) {
            Some((local, _)) => {
                let name = &idents[local.0];
                quote!(#name)
            }
            None => quote!(Value::Null),
        });
        let given = quote!(vec![#(#shared),*]);
        let body = self.function(&routine.frame, 0, &idents, &routine.shares, &given, &routine.body);
        quote! {
            /// `before test`: what it gives is shared by all users.
            async fn before_test(u: &User) -> Flow<Vec<Value>> { #body Ok(#given) }
        }
    }

    /// The statements, after declarations of the variables that are not declared at their assignment.
    fn function(
        &self,
        locals: &Frame,
        params: usize,
        idents: &[Ident],
        shares: &[(LocalId, SharedId)],
        given: &TokenStream,
        body: &Block,
    ) -> TokenStream {
        let numbers = Cell::new(0);
        let frame = FunctionScope { shares, secrets: &locals.secrets, ..FunctionScope::new(idents, given.clone(), &numbers) };
        let own = uses::declared_by_loops(body);
        // A part of a long block cannot declare a variable for the parts after it.
        let in_place = if parts::is_short(body) { uses::assigned_once_at_top(body) } else { BTreeSet::new() };
        let hoisted = (params..locals.locals.len())
            .filter(|local| !own.contains(&LocalId(*local)) && !in_place.contains(&LocalId(*local)))
            .map(|local| {
                let name = &idents[local];
                quote!(let mut #name = Value::Null;)
            });
        let stmts = if in_place.is_empty() {
            self.block(&frame, body)
        } else {
            body.iter().map(|stmt| self.declaring(&frame, &in_place, stmt)).collect()
        };
        quote!(#(#hoisted)* #stmts)
    }

    /// A statement, which declares the variable that it assigns if that is `in_place`.
    fn declaring(&self, frame: &FunctionScope<'_>, in_place: &BTreeSet<LocalId>, stmt: &Stmt) -> TokenStream {
        match &stmt.kind {
            StmtKind::Assign(local, expr) if in_place.contains(local) => {
                let name = &frame.locals[local.0];
                let (at, value) = (self.at(stmt.span), self.eval(frame.scope(), expr));
                let assigned = frame.assigned(*local);
                quote!(let #name = u.eval(#at, || #value)?; #assigned)
            }
            _ => self.stmt(frame, stmt),
        }
    }

    fn tasks(&self, id: usize, tasks: &Tasks) -> TokenStream {
        let name = &self.names.tasks[id];
        let doc = format!(" `tasks {}` ({}).", tasks.name, self.location(tasks.span));
        let idents = self.names.locals(&tasks.frame);
        let (params, own) = idents.split_at(tasks.params);
        let numbers = Cell::new(0);
        let frame = FunctionScope { secrets: &tasks.frame.secrets, ..FunctionScope::new(&idents, quote!(()), &numbers) };
        let weights: Option<Vec<u64>> = tasks
            .members
            .iter()
            .map(|(weight, _)| match weight.kind {
                ExprKind::Const(Const::Int(weight)) => u64::try_from(weight).ok(),
                _ => None,
            })
            .collect();
        let drawn = match weights {
            Some(weights) => {
                let weights = weights.into_iter().map(proc_macro2::Literal::u64_unsuffixed);
                quote!(u.pick(&[#(#weights),*]))
            }
            None => {
                let at = self.at(tasks.span);
                let weights = tasks.members.iter().map(|(weight, _)| self.value(frame.scope(), weight));
                let weights = arrays::of_values(&weights.collect::<Vec<_>>());
                quote!(u.choose(#at, || Ok(Vec::from(#weights)))?)
            }
        };
        let arms = tasks.members.iter().enumerate().map(|(number, (_, pick))| {
            let body = self.pick(&frame, &[], pick, tasks.span);
            let number = index(number);
            quote!(#number => { #body })
        });
        let member = parts::chosen(&quote!(#drawn), &arms.collect::<Vec<_>>());
        quote! {
            #[doc = #doc]
            async fn #name(u: &User #(, mut #params: Value)*) -> Flow {
                #(let mut #own = Value::Null;)*
                #member
                Ok(())
            }
        }
    }

    /// A closure, used as a function pointer, that runs a user's iteration or a scenario.
    pub(super) fn runner(&self, pick: &TaskPick, span: crate::span::Span) -> TokenStream {
        let numbers = Cell::new(0);
        let frame = FunctionScope::new(&[], quote!(()), &numbers);
        let body = self.pick(&frame, &[], pick, span);
        quote!(|u| Box::pin(async move { #body Ok(()) }))
    }

    /// A closure, used as a function pointer, that evaluates an expression outside of any sequence.
    pub(super) fn lone(&self, expr: &Expr) -> TokenStream {
        let value = self.eval(Scope { locals: &[] }, expr);
        quote!(|u| #value)
    }

    pub(super) fn lone_value(&self, expr: &Expr) -> TokenStream {
        self.value(Scope { locals: &[] }, expr)
    }
}
