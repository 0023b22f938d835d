//! Statements, and the functions they make up: an `async fn` each for sequences, tasks and the blocks of users.

use std::cell::Cell;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Lifetime};

use super::expr::Scope;
use super::uses;
use super::{Emitter, index};
use crate::model::{
    Auth, Block, Const, Expr, ExprKind, Frame as Locals, Iter, LocalId, Routine, Sequence, SharedId, Stmt, StmtKind, TaskPick, Tasks, User,
    Wait,
};

/// The function that statements stand in.
pub(super) struct Frame<'f> {
    locals: &'f [Ident],
    /// Which of them others read while the function runs: names of `before test`.
    shares: &'f [(LocalId, SharedId)],
    /// What `leave` returns: `Ok(…)` of what the sequence gives.
    given: TokenStream,
    /// Within an `async` block `return` would only leave that: exits travel as errors.
    nested: bool,
    /// Loops around, outermost first, that a `break` out of a `retry` names.
    labels: Vec<Lifetime>,
    /// How many of the loops lie outside of the innermost `async` block.
    outside: usize,
    numbers: &'f Cell<usize>,
}

impl<'f> Frame<'f> {
    pub(super) fn scope(&self) -> Scope<'f> {
        Scope { locals: self.locals }
    }

    /// A variable becomes what `value` is.
    pub(super) fn assign(&self, local: LocalId) -> TokenStream {
        let (name, share) = (&self.locals[local.0], self.share(local));
        quote!(#name = value; #share)
    }

    /// What makes a variable that has just been assigned known to others.
    pub(super) fn share(&self, local: LocalId) -> Option<TokenStream> {
        let (_, shared) = self.shares.iter().find(|(own, _)| *own == local)?;
        let (name, shared) = (&self.locals[local.0], index(shared.0));
        Some(quote!(u.share(#shared, &#name);))
    }

    fn within(&self, label: Option<Lifetime>) -> Self {
        let mut labels = self.labels.clone();
        labels.extend(label);
        Frame {
            locals: self.locals,
            shares: self.shares,
            given: self.given.clone(),
            nested: self.nested,
            labels,
            outside: self.outside,
            numbers: self.numbers,
        }
    }

    fn in_async(&self) -> Self {
        let mut inner = self.within(None);
        inner.nested = true;
        inner.outside = self.labels.len();
        inner
    }

    fn label(&self) -> Lifetime {
        self.numbers.set(self.numbers.get() + 1);
        Lifetime::new(&format!("'loop_{}", self.numbers.get()), proc_macro2::Span::call_site())
    }
}

impl Emitter<'_> {
    /// Functions of all sequences, tasks, users' blocks and the test's own.
    pub(super) fn sequences(&self) -> TokenStream {
        let sequences = self.program.sequences.iter().enumerate().map(|(id, sequence)| self.sequence(id, sequence));
        let tasks = self.program.tasks.iter().enumerate().map(|(id, tasks)| self.tasks(id, tasks));
        let users = self.program.users.iter().enumerate().map(|(id, user)| {
            let name = &self.names.users[id];
            let mut blocks = Vec::new();
            if let Some(routine) = &user.on_start {
                blocks.push(self.routine(&format_ident!("{name}_on_start"), &format!("`on start` of `{}`", user.name), routine));
            }
            if let Some(routine) = &user.on_stop {
                blocks.push(self.routine(&format_ident!("{name}_on_stop"), &format!("`on stop` of `{}`", user.name), routine));
            }
            for (number, (_, routine)) in user.every.iter().enumerate() {
                let function = format_ident!("{name}_every_{}", number + 1);
                blocks.push(self.routine(&function, &format!("`every` of `{}`", user.name), routine));
            }
            blocks.push(self.turns(name, user));
            quote!(#(#blocks)*)
        });
        let before = self.program.before_test.as_ref().map(|routine| self.before_test(routine));
        let after = self.program.after_test.as_ref().map(|routine| self.routine(&format_ident!("after_test"), "`after test`", routine));
        quote!(#(#sequences)* #(#tasks)* #(#users)* #before #after)
    }

    /// A user's turns, as one future: the engine resumes it for each.
    fn turns(&self, name: &Ident, user: &User) -> TokenStream {
        // A function around what takes and gives nothing would only be one more that each resumption passes through.
        let plain = match &user.run {
            TaskPick::Sequence(id, args) if args.is_empty() && self.program.sequences[id.0].gives.is_empty() => {
                Some(&self.names.sequences[id.0])
            }
            TaskPick::Tasks(id, args) if args.is_empty() => Some(&self.names.tasks[id.0]),
            _ => None,
        };
        let (own, turn) = match plain {
            Some(function) => (None, function.clone()),
            None => {
                let numbers = Cell::new(0);
                let frame =
                    Frame { locals: &[], shares: &[], given: quote!(()), nested: false, labels: Vec::new(), outside: 0, numbers: &numbers };
                let body = self.pick(&frame, &[], &user.run, user.span);
                let turn = format_ident!("{name}_turn");
                let doc = format!(" One turn of `{}`.", user.name);
                let own = quote! {
                    #[doc = #doc]
                    async fn #turn(u: &User) -> Flow { #body Ok(()) }
                };
                (Some(own), turn)
            }
        };
        let turns = format_ident!("{name}_turns");
        let doc = format!(" Turns of `{}`, one after the other.", user.name);
        quote! {
            #own
            #[doc = #doc]
            async fn #turns(u: &User) -> Flow {
                loop {
                    let outcome = #turn(u).await;
                    u.turn_over(outcome).await;
                }
            }
        }
    }

    fn sequence(&self, id: usize, sequence: &Sequence) -> TokenStream {
        let name = &self.names.sequences[id];
        let doc = format!(" `sequence {}` ({}).", sequence.name, self.place(sequence.span));
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
        let body = self.function(&routine.frame, 0, &idents, &[], &quote!(()), &routine.body);
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

    /// Declarations of the variables that aren't declared where they are assigned, and the statements.
    fn function(
        &self,
        locals: &Locals,
        params: usize,
        idents: &[Ident],
        shares: &[(LocalId, SharedId)],
        given: &TokenStream,
        body: &Block,
    ) -> TokenStream {
        let numbers = Cell::new(0);
        let frame =
            Frame { locals: idents, shares, given: given.clone(), nested: false, labels: Vec::new(), outside: 0, numbers: &numbers };
        let own = uses::declared_by_loops(body);
        let in_place = uses::assigned_once_at_top(body);
        let hoisted = (params..locals.locals.len())
            .filter(|local| !own.contains(&LocalId(*local)) && !in_place.contains(&LocalId(*local)))
            .map(|local| {
                let name = &idents[local];
                quote!(let mut #name = Value::Null;)
            });
        let stmts = body.iter().map(|stmt| match &stmt.kind {
            StmtKind::Assign(local, expr) if in_place.contains(local) => {
                let name = &idents[local.0];
                let (at, value) = (self.at(stmt.span), self.eval(frame.scope(), expr));
                let share = frame.share(*local);
                quote!(let #name = u.eval(#at, || #value)?; #share)
            }
            _ => self.stmt(&frame, stmt),
        });
        quote!(#(#hoisted)* #(#stmts)*)
    }

    fn tasks(&self, id: usize, tasks: &Tasks) -> TokenStream {
        let name = &self.names.tasks[id];
        let doc = format!(" `tasks {}` ({}).", tasks.name, self.place(tasks.span));
        let idents = self.names.locals(&tasks.frame);
        let (params, own) = idents.split_at(tasks.params);
        let numbers = Cell::new(0);
        let frame =
            Frame { locals: &idents, shares: &[], given: quote!(()), nested: false, labels: Vec::new(), outside: 0, numbers: &numbers };
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
                quote!(u.choose(#at, || Ok(vec![#(#weights),*]))?)
            }
        };
        let arms = tasks.members.iter().enumerate().map(|(number, (_, pick))| {
            let body = self.pick(&frame, &[], pick, tasks.span);
            let number = index(number);
            quote!(#number => { #body })
        });
        quote! {
            #[doc = #doc]
            async fn #name(u: &User #(, mut #params: Value)*) -> Flow {
                #(let mut #own = Value::Null;)*
                match #drawn {
                    #(#arms)*
                    _ => {}
                }
                Ok(())
            }
        }
    }

    /// A sequence or tasks are called, or a step in place runs.
    pub(super) fn pick(&self, frame: &Frame<'_>, takes: &[LocalId], pick: &TaskPick, span: crate::span::Span) -> TokenStream {
        let (function, args) = match pick {
            TaskPick::Sequence(id, args) => (&self.names.sequences[id.0], args),
            TaskPick::Tasks(id, args) => (&self.names.tasks[id.0], args),
            TaskPick::Step(step) => return self.step(frame, step),
        };
        let scope = frame.scope();
        let at = self.at(span);
        let args = args.iter().map(|arg| match self.code(scope, arg) {
            super::expr::Code::Plain(value) if !uses::can_fail(arg) => value,
            code => {
                let eval = code.eval();
                quote!(u.eval(#at, || #eval)?)
            }
        });
        let call = quote!(#function(u #(, #args)*).await?);
        let names: Vec<_> = takes.iter().map(|local| &scope.locals[local.0]).collect();
        let shares = takes.iter().filter_map(|local| frame.share(*local));
        let assign = match names.as_slice() {
            [] => quote!(),
            [one] => quote!(#one =),
            many => quote!((#(#many),*) =),
        };
        quote!(#assign #call; #(#shares)*)
    }

    pub(super) fn block(&self, frame: &Frame<'_>, block: &Block) -> TokenStream {
        let stmts = block.iter().map(|stmt| self.stmt(frame, stmt));
        quote!(#(#stmts)*)
    }

    pub(super) fn stmt(&self, frame: &Frame<'_>, stmt: &Stmt) -> TokenStream {
        let scope = frame.scope();
        let at = self.at(stmt.span);
        match &stmt.kind {
            StmtKind::Step(step) => self.step(frame, step),
            StmtKind::Run { takes, callee } => self.pick(frame, takes, callee, stmt.span),
            StmtKind::Assign(local, expr) => {
                let (name, share) = (&scope.locals[local.0], frame.share(*local));
                let value = self.eval(scope, expr);
                quote!(#name = u.eval(#at, || #value)?; #share)
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
            StmtKind::For { local, iter, parallel, own, body } => {
                self.for_loop(frame, &scope.locals[local.0], iter, parallel.as_ref(), own, body)
            }
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
            StmtKind::Retry { times, every, body } => self.retry(frame, times, every.as_ref(), body),
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
            // Signing needs the request: the checker lets `aws` stand only in an api, resource or request.
            Auth::Aws(..) => TokenStream::new(),
        }
    }

    /// The body of a loop, and the label it needs where a `retry` in it breaks out of it.
    fn loop_body(&self, frame: &Frame<'_>, body: &Block) -> (Option<TokenStream>, TokenStream) {
        if uses::retry_breaks(body) {
            let label = frame.label();
            let body = self.block(&frame.within(Some(label.clone())), body);
            return (Some(quote!(#label:)), body);
        }
        // An unlabelled loop still counts: a `break` in it is its own.
        let label = frame.label();
        let body = self.block(&frame.within(Some(label)), body);
        (None, body)
    }

    fn break_out(&self, frame: &Frame<'_>) -> TokenStream {
        if frame.nested && frame.labels.len() == frame.outside { quote!(return Err(Exit::Break);) } else { quote!(break;) }
    }

    fn for_loop(
        &self,
        frame: &Frame<'_>,
        name: &Ident,
        iter: &Iter,
        parallel: Option<&Expr>,
        own: &[LocalId],
        body: &Block,
    ) -> TokenStream {
        let scope = frame.scope();
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
        let bind = matches!(iter, Iter::Range(..)).then(|| quote!(let #name = int(#name);));
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
        let outer = uses::locals(body).into_iter().filter(|local| !own.contains(local) && scope.locals[local.0] != *name).map(|local| {
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

    fn retry(&self, frame: &Frame<'_>, times: &Expr, every: Option<&Expr>, body: &Block) -> TokenStream {
        let scope = frame.scope();
        let (times_at, times) = (self.at(times.span), self.eval(scope, times));
        let every = match every {
            Some(every) => {
                let (at, every) = (self.at(every.span), self.eval(scope, every));
                quote!(u.duration(#at, || #every)?)
            }
            None => quote!(std::time::Duration::ZERO),
        };
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
                let mut retry = u.retry(u.count(#times_at, || #times)?, #every);
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

    /// What runs a user's turn or a scenario: a function pointer's closure.
    pub(super) fn runner(&self, pick: &TaskPick, span: crate::span::Span) -> TokenStream {
        let numbers = Cell::new(0);
        let frame = Frame { locals: &[], shares: &[], given: quote!(()), nested: false, labels: Vec::new(), outside: 0, numbers: &numbers };
        let body = self.pick(&frame, &[], pick, span);
        quote!(|u| Box::pin(async move { #body Ok(()) }))
    }

    /// An expression that is evaluated apart from any sequence: a function pointer's closure.
    pub(super) fn lone(&self, expr: &Expr) -> TokenStream {
        let value = self.eval(Scope { locals: &[] }, expr);
        quote!(|u| #value)
    }

    pub(super) fn lone_value(&self, expr: &Expr) -> TokenStream {
        self.value(Scope { locals: &[] }, expr)
    }
}
