//! The variables, data and functions that statements use, and the ways in which they leave a block, as far as generated code depends on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Auth, Block, Body, DataId, Exchange, Expect, ExpectKind, Expr, ExprKind, Iter, LocalId, Matcher, Options, Path, Request, RequestId,
    SequenceId, Source, Step, Stmt, StmtKind, TaskPick, TasksId, TextPart, Then, Wait,
};

/// All variables that a block uses.
pub(super) fn locals(block: &Block) -> BTreeSet<LocalId> {
    let mut uses = Uses::default();
    uses.block(block);
    uses.locals
}

/// Whether an expression may fail or draws a row, so that its location is needed.
pub(super) fn can_fail(expr: &Expr) -> bool {
    !matches!(
        expr.kind,
        ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::Keep(_)
            | ExprKind::Global(_)
            | ExprKind::Shared(_)
            | ExprKind::Env(_)
            | ExprKind::World(_)
    )
}

/// The variables that `for` loops bind, and those that parallel loops declare anew in each pass.
pub(super) fn declared_by_loops(block: &Block) -> BTreeSet<LocalId> {
    let mut found = BTreeSet::new();
    each(block, &mut |stmt| {
        if let StmtKind::For { local, own, .. } = &stmt.kind {
            found.insert(*local);
            found.extend(own);
        }
    });
    found
}

/// The variables whose only assignment is a statement of the block itself. They are declared at that statement.
pub(super) fn assigned_once_at_top(block: &Block) -> BTreeSet<LocalId> {
    let mut counts: BTreeMap<LocalId, usize> = BTreeMap::new();
    let mut count = |local: LocalId| *counts.entry(local).or_default() += 1;
    each(block, &mut |stmt| match &stmt.kind {
        StmtKind::Assign(local, _) => count(*local),
        StmtKind::Run { takes, .. } => takes.iter().copied().for_each(&mut count),
        StmtKind::Step(step) => step.then.iter().for_each(|then| match then {
            Then::Take(take) => count(take.local),
            Then::Stmt(Stmt { kind: StmtKind::Assign(local, _), .. }) => count(*local),
            Then::Stmt(_) => {}
        }),
        _ => {}
    });
    let top = block.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Assign(local, _) => Some(*local),
        _ => None,
    });
    top.filter(|local| counts.get(local) == Some(&1)).collect()
}

/// Whether the block contains a `leave`.
pub(super) fn leaves(block: &Block) -> bool {
    let mut found = false;
    each(block, &mut |stmt| found |= matches!(stmt.kind, StmtKind::Leave));
    found
}

/// Whether the block contains a `break` that leaves a loop around the block.
pub(super) fn breaks(block: &Block) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => true,
        StmtKind::If(branches, otherwise) => branches.iter().any(|(_, block)| breaks(block)) || breaks(otherwise),
        StmtKind::Retry { body, .. } | StmtKind::Group(_, body) => breaks(body),
        _ => false,
    })
}

/// Whether the block contains a `retry` that breaks out of it, other than those within an inner loop.
pub(super) fn retry_breaks(block: &Block) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Retry { body, .. } => breaks(body),
        StmtKind::If(branches, otherwise) => branches.iter().any(|(_, block)| retry_breaks(block)) || retry_breaks(otherwise),
        StmtKind::Group(_, body) => retry_breaks(body),
        _ => false,
    })
}

/// Visits all statements of a block and those within.
fn each<'b>(block: &'b [Stmt], visit: &mut impl FnMut(&'b Stmt)) {
    for stmt in block {
        visit(stmt);
        match &stmt.kind {
            StmtKind::If(branches, otherwise) => {
                branches.iter().for_each(|(_, block)| each(block, visit));
                each(otherwise, visit);
            }
            StmtKind::Repeat(_, body)
            | StmtKind::For { body, .. }
            | StmtKind::Parallel(body)
            | StmtKind::Retry { body, .. }
            | StmtKind::Poll { body, .. }
            | StmtKind::Group(_, body) => each(body, visit),
            StmtKind::Finally { body, always } => {
                each(body, visit);
                each(always, visit);
            }
            StmtKind::Step(step) => each(&step.before, visit),
            _ => {}
        }
    }
}

/// What code uses: variables, rows of data, and other code.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    /// The local variables.
    pub(super) locals: BTreeSet<LocalId>,
    /// The data of which it draws rows.
    pub(super) rows: BTreeSet<DataId>,
    /// The code that it calls.
    pub(super) calls: BTreeSet<Callee>,
}

/// Code that other code calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Callee {
    Request(RequestId),
    Sequence(SequenceId),
    Tasks(TasksId),
}

impl Uses {
    pub(super) fn block(&mut self, block: &Block) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    /// What a task or an iteration runs.
    pub(super) fn pick(&mut self, pick: &TaskPick) {
        let (callee, args) = match pick {
            TaskPick::Sequence(id, args) => (Callee::Sequence(*id), args),
            TaskPick::Tasks(id, args) => (Callee::Tasks(*id), args),
            TaskPick::Step(step) => return self.step(step),
        };
        self.calls.insert(callee);
        self.exprs(args);
    }

    pub(super) fn wait(&mut self, wait: &Wait) {
        match wait {
            Wait::Fixed(wait) | Wait::Pacing(wait) => self.expr(wait),
            Wait::Between(least, most) => [least, most].into_iter().for_each(|expr| self.expr(expr)),
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let mut blocks: Vec<&Block> = Vec::new();
        match &stmt.kind {
            StmtKind::Step(step) => self.step(step),
            StmtKind::Run { takes, callee } => {
                self.locals.extend(takes);
                self.pick(callee);
            }
            StmtKind::Assign(local, expr) => {
                self.locals.insert(*local);
                self.expr(expr);
            }
            StmtKind::AssignKeep(_, expr) | StmtKind::Fail(_, expr) | StmtKind::Log(expr) => self.expr(expr),
            StmtKind::SetAuth(_, auth) => self.auth(auth),
            StmtKind::Wait(wait) => self.wait(wait),
            StmtKind::If(branches, otherwise) => {
                branches.iter().for_each(|(condition, _)| self.expr(condition));
                blocks.extend(branches.iter().map(|(_, block)| block));
                blocks.push(otherwise);
            }
            StmtKind::Repeat(count, body) => {
                self.expr(count);
                blocks.push(body);
            }
            StmtKind::For { local, iter, parallel, body, .. } => {
                self.locals.insert(*local);
                match iter {
                    Iter::Each(list) => self.expr(list),
                    Iter::Range(first, last) => [first, last].into_iter().for_each(|expr| self.expr(expr)),
                }
                parallel.iter().for_each(|expr| self.expr(expr));
                blocks.push(body);
            }
            StmtKind::Parallel(body) | StmtKind::Group(_, body) => blocks.push(body),
            StmtKind::Finally { body, always } => blocks.extend([body, always]),
            StmtKind::Retry { times, every, body, .. } => {
                self.expr(times);
                every.iter().for_each(|expr| self.expr(expr));
                blocks.push(body);
            }
            StmtKind::Poll { every, times, until, body, .. } => {
                [every, times, until].into_iter().for_each(|expr| self.expr(expr));
                blocks.push(body);
            }
            StmtKind::Reset(_) | StmtKind::Break | StmtKind::Leave | StmtKind::StopUser => {}
        }
        blocks.into_iter().for_each(|block| self.block(block));
    }

    fn step(&mut self, step: &Step) {
        step.before.iter().for_each(|stmt| self.stmt(stmt));
        match &step.exchange {
            Exchange::Call { request, args, over, query, body } => {
                self.calls.insert(Callee::Request(*request));
                self.exprs(args);
                self.options(over);
                self.pairs(query);
                body.iter().for_each(|body| self.body(body));
            }
            Exchange::Inline(request) => self.request(request),
            Exchange::Submit { form, fields, options, .. } => {
                self.expr(form);
                self.pairs(fields);
                self.options(options);
            }
        }
        step.expects.iter().for_each(|expect| self.expect(expect));
        for then in &step.then {
            match then {
                Then::Take(take) => {
                    self.locals.insert(take.local);
                    self.expr(&take.source);
                    take.fallback.iter().for_each(|expr| self.expr(expr));
                }
                Then::Stmt(stmt) => self.stmt(stmt),
            }
        }
    }

    pub(super) fn request(&mut self, request: &Request) {
        match &request.path {
            Path::Plain { path, query } => path.iter().chain(query).for_each(|part| self.part(part)),
            Path::Quoted(expr) => self.expr(expr),
        }
        self.pairs(&request.query);
        self.body(&request.body);
        self.options(&request.options);
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::None => {}
            Body::Json(expr) | Body::Text(expr) | Body::Bytes(expr) => self.expr(expr),
            Body::Form(pairs) | Body::Multipart(pairs) | Body::Graphql(_, pairs) => self.pairs(pairs),
        }
    }

    fn options(&mut self, options: &Options) {
        options.auth.iter().for_each(|auth| self.auth(auth));
        self.pairs(&options.headers);
        options.timeout.iter().for_each(|expr| self.expr(expr));
    }

    fn auth(&mut self, auth: &Auth) {
        match auth {
            Auth::None => {}
            Auth::Bearer(expr) | Auth::Header(_, expr) => self.expr(expr),
            Auth::Basic(one, other) | Auth::Aws(one, other) => [one, other].into_iter().for_each(|expr| self.expr(expr)),
        }
    }

    fn expect(&mut self, expect: &Expect) {
        match &expect.kind {
            ExpectKind::Status(_) => {}
            ExpectKind::Json { matcher, .. } => self.matcher(matcher),
            ExpectKind::Headers(headers) => headers.iter().for_each(|header| self.matcher(&header.matcher)),
            ExpectKind::Text { part, .. } => self.expr(part),
            ExpectKind::Condition { condition, .. } => self.expr(condition),
        }
    }

    fn matcher(&mut self, matcher: &Matcher) {
        match matcher {
            Matcher::Compare(_, expr) | Matcher::Value(expr) => self.expr(expr),
            Matcher::Each(each) => self.matcher(each),
            Matcher::OneOf(items) | Matcher::List { items, .. } => items.iter().for_each(|item| self.matcher(item)),
            Matcher::Object(members) => members.iter().for_each(|(_, matcher)| self.matcher(matcher)),
            Matcher::Any | Matcher::Absent | Matcher::Type(_) | Matcher::Regex(..) | Matcher::Const(_) => {}
        }
    }

    fn pairs(&mut self, pairs: &[(String, Expr)]) {
        pairs.iter().for_each(|(_, expr)| self.expr(expr));
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn part(&mut self, part: &TextPart) {
        if let TextPart::Hole(expr, _) = part {
            self.expr(expr);
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Local(local) => {
                self.locals.insert(*local);
            }
            ExprKind::Next(data, _) => {
                self.rows.insert(*data);
            }
            ExprKind::Text(parts) => parts.iter().for_each(|part| self.part(part)),
            ExprKind::List(items) | ExprKind::Call(_, items) => self.exprs(items),
            ExprKind::Object(members) => self.pairs(members),
            ExprKind::Weighted(pairs) => pairs.iter().for_each(|(weight, value)| {
                self.expr(weight);
                self.expr(value);
            }),
            ExprKind::File(_, name, media_type) => name.iter().chain(media_type).for_each(|expr| self.expr(expr)),
            ExprKind::Neg(inner)
            | ExprKind::Members(inner)
            | ExprKind::Not(inner)
            | ExprKind::Member(inner, _)
            | ExprKind::Match(inner, ..)
            | ExprKind::Capture(inner, ..) => {
                self.expr(inner);
            }
            ExprKind::Binary(left, _, right) | ExprKind::Index(left, right) => [left, right].into_iter().for_each(|expr| self.expr(expr)),
            ExprKind::If(one, two, three) | ExprKind::Slice(one, two, three) => {
                [one, two, three].into_iter().for_each(|expr| self.expr(expr))
            }
            ExprKind::Source(Source::Header(name, _) | Source::Cookie(name) | Source::JarCookie(name)) => self.expr(name),
            ExprKind::Source(Source::JsonPath { path, .. }) => path.values().for_each(|value| self.expr(value)),
            ExprKind::Source(Source::Html { selector, .. }) => selector.values().for_each(|value| self.expr(value)),
            ExprKind::Source(_)
            | ExprKind::Const(_)
            | ExprKind::Keep(_)
            | ExprKind::Global(_)
            | ExprKind::Shared(_)
            | ExprKind::Env(_)
            | ExprKind::World(_)
            | ExprKind::Rows(_)
            | ExprKind::Files(_)
            | ExprKind::Column(_) => {}
        }
    }
}
