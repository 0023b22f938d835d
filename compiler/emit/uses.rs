//! The variables that statements use, and the ways in which they leave a block, as far as generated code depends on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Auth, Block, Body, Exchange, Expect, ExpectKind, Expr, ExprKind, Iter, LocalId, Matcher, Options, Path, Request, Source, Step, Stmt,
    StmtKind, TaskPick, TextPart, Then, Wait,
};

/// All variables that a block uses.
pub(super) fn locals(block: &Block) -> BTreeSet<LocalId> {
    let mut seen = BTreeSet::new();
    block.iter().for_each(|stmt| in_stmt(stmt, &mut seen));
    seen
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

fn in_stmt(stmt: &Stmt, seen: &mut BTreeSet<LocalId>) {
    let mut blocks: Vec<&Block> = Vec::new();
    match &stmt.kind {
        StmtKind::Step(step) => in_step(step, seen),
        StmtKind::Run { takes, callee } => {
            seen.extend(takes);
            if let TaskPick::Sequence(_, args) | TaskPick::Tasks(_, args) = callee {
                in_exprs(args, seen);
            }
        }
        StmtKind::Assign(local, expr) => {
            seen.insert(*local);
            in_expr(expr, seen);
        }
        StmtKind::AssignKeep(_, expr) | StmtKind::Fail(_, expr) | StmtKind::Log(expr) => in_expr(expr, seen),
        StmtKind::SetAuth(_, auth) => in_auth(auth, seen),
        StmtKind::Wait(Wait::Fixed(wait) | Wait::Pacing(wait)) => in_expr(wait, seen),
        StmtKind::Wait(Wait::Between(least, most)) => [least, most].into_iter().for_each(|expr| in_expr(expr, seen)),
        StmtKind::If(branches, otherwise) => {
            branches.iter().for_each(|(condition, _)| in_expr(condition, seen));
            blocks.extend(branches.iter().map(|(_, block)| block));
            blocks.push(otherwise);
        }
        StmtKind::Repeat(count, body) => {
            in_expr(count, seen);
            blocks.push(body);
        }
        StmtKind::For { local, iter, parallel, body, .. } => {
            seen.insert(*local);
            match iter {
                Iter::Each(list) => in_expr(list, seen),
                Iter::Range(first, last) => [first, last].into_iter().for_each(|expr| in_expr(expr, seen)),
            }
            parallel.iter().for_each(|expr| in_expr(expr, seen));
            blocks.push(body);
        }
        StmtKind::Parallel(body) | StmtKind::Group(_, body) => blocks.push(body),
        StmtKind::Finally { body, always } => blocks.extend([body, always]),
        StmtKind::Retry { times, every, body, .. } => {
            in_expr(times, seen);
            every.iter().for_each(|expr| in_expr(expr, seen));
            blocks.push(body);
        }
        StmtKind::Poll { every, times, until, body, .. } => {
            [every, times, until].into_iter().for_each(|expr| in_expr(expr, seen));
            blocks.push(body);
        }
        StmtKind::Reset(_) | StmtKind::Break | StmtKind::Leave | StmtKind::StopUser => {}
    }
    blocks.into_iter().flatten().for_each(|stmt| in_stmt(stmt, seen));
}

fn in_step(step: &Step, seen: &mut BTreeSet<LocalId>) {
    step.before.iter().for_each(|stmt| in_stmt(stmt, seen));
    match &step.exchange {
        Exchange::Call { args, over, query, body, .. } => {
            in_exprs(args, seen);
            in_options(over, seen);
            in_pairs(query, seen);
            body.iter().for_each(|body| in_body(body, seen));
        }
        Exchange::Inline(request) => in_request(request, seen),
        Exchange::Submit { form, fields, options, .. } => {
            in_expr(form, seen);
            in_pairs(fields, seen);
            in_options(options, seen);
        }
    }
    step.expects.iter().for_each(|expect| in_expect(expect, seen));
    for then in &step.then {
        match then {
            Then::Take(take) => {
                seen.insert(take.local);
                in_expr(&take.source, seen);
                take.fallback.iter().for_each(|expr| in_expr(expr, seen));
            }
            Then::Stmt(stmt) => in_stmt(stmt, seen),
        }
    }
}

fn in_request(request: &Request, seen: &mut BTreeSet<LocalId>) {
    match &request.path {
        Path::Plain { path, query } => path.iter().chain(query).for_each(|part| in_part(part, seen)),
        Path::Quoted(expr) => in_expr(expr, seen),
    }
    in_pairs(&request.query, seen);
    in_body(&request.body, seen);
    in_options(&request.options, seen);
}

fn in_body(body: &Body, seen: &mut BTreeSet<LocalId>) {
    match body {
        Body::None => {}
        Body::Json(expr) | Body::Text(expr) | Body::Bytes(expr) => in_expr(expr, seen),
        Body::Form(pairs) | Body::Multipart(pairs) | Body::Graphql(_, pairs) => in_pairs(pairs, seen),
    }
}

fn in_options(options: &Options, seen: &mut BTreeSet<LocalId>) {
    options.auth.iter().for_each(|auth| in_auth(auth, seen));
    in_pairs(&options.headers, seen);
    options.timeout.iter().for_each(|expr| in_expr(expr, seen));
}

fn in_auth(auth: &Auth, seen: &mut BTreeSet<LocalId>) {
    match auth {
        Auth::None => {}
        Auth::Bearer(expr) | Auth::Header(_, expr) => in_expr(expr, seen),
        Auth::Basic(one, other) | Auth::Aws(one, other) => [one, other].into_iter().for_each(|expr| in_expr(expr, seen)),
    }
}

fn in_expect(expect: &Expect, seen: &mut BTreeSet<LocalId>) {
    match &expect.kind {
        ExpectKind::Status(_) => {}
        ExpectKind::Json { matcher, .. } => in_matcher(matcher, seen),
        ExpectKind::Headers(headers) => headers.iter().for_each(|header| in_matcher(&header.matcher, seen)),
        ExpectKind::Text { part, .. } => in_expr(part, seen),
        ExpectKind::Condition { condition, .. } => in_expr(condition, seen),
    }
}

fn in_matcher(matcher: &Matcher, seen: &mut BTreeSet<LocalId>) {
    match matcher {
        Matcher::Compare(_, expr) | Matcher::Value(expr) => in_expr(expr, seen),
        Matcher::Each(each) => in_matcher(each, seen),
        Matcher::OneOf(items) | Matcher::List { items, .. } => items.iter().for_each(|item| in_matcher(item, seen)),
        Matcher::Object(members) => members.iter().for_each(|(_, matcher)| in_matcher(matcher, seen)),
        Matcher::Any | Matcher::Absent | Matcher::Type(_) | Matcher::Regex(..) | Matcher::Const(_) => {}
    }
}

fn in_pairs(pairs: &[(String, Expr)], seen: &mut BTreeSet<LocalId>) {
    pairs.iter().for_each(|(_, expr)| in_expr(expr, seen));
}

fn in_exprs(exprs: &[Expr], seen: &mut BTreeSet<LocalId>) {
    exprs.iter().for_each(|expr| in_expr(expr, seen));
}

fn in_part(part: &TextPart, seen: &mut BTreeSet<LocalId>) {
    if let TextPart::Hole(expr, _) = part {
        in_expr(expr, seen);
    }
}

fn in_expr(expr: &Expr, seen: &mut BTreeSet<LocalId>) {
    match &expr.kind {
        ExprKind::Local(local) => {
            seen.insert(*local);
        }
        ExprKind::Text(parts) => parts.iter().for_each(|part| in_part(part, seen)),
        ExprKind::List(items) | ExprKind::Call(_, items) => in_exprs(items, seen),
        ExprKind::Object(members) => in_pairs(members, seen),
        ExprKind::Weighted(pairs) => pairs.iter().for_each(|(weight, value)| {
            in_expr(weight, seen);
            in_expr(value, seen);
        }),
        ExprKind::File(_, name, media_type) => name.iter().chain(media_type).for_each(|expr| in_expr(expr, seen)),
        ExprKind::Neg(inner)
        | ExprKind::Members(inner)
        | ExprKind::Not(inner)
        | ExprKind::Member(inner, _)
        | ExprKind::Match(inner, ..)
        | ExprKind::Capture(inner, ..) => {
            in_expr(inner, seen);
        }
        ExprKind::Binary(left, _, right) | ExprKind::Index(left, right) => [left, right].into_iter().for_each(|expr| in_expr(expr, seen)),
        ExprKind::If(one, two, three) | ExprKind::Slice(one, two, three) => {
            [one, two, three].into_iter().for_each(|expr| in_expr(expr, seen))
        }
        ExprKind::Source(Source::Header(name, _) | Source::Cookie(name) | Source::JarCookie(name)) => in_expr(name, seen),
        ExprKind::Source(Source::JsonPath { path, .. }) => path.values().for_each(|value| in_expr(value, seen)),
        ExprKind::Source(Source::Html { selector, .. }) => selector.values().for_each(|value| in_expr(value, seen)),
        ExprKind::Source(_)
        | ExprKind::Const(_)
        | ExprKind::Keep(_)
        | ExprKind::Global(_)
        | ExprKind::Shared(_)
        | ExprKind::Env(_)
        | ExprKind::World(_)
        | ExprKind::Rows(_)
        | ExprKind::Next(..)
        | ExprKind::Files(_)
        | ExprKind::Column(_) => {}
    }
}
