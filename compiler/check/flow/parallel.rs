//! The names that statements assign, which parallel branches must not share.

use crate::ast::{Block, Stmt, StmtKind};
use crate::span::Name;

/// A name that a statement assigns.
pub(in crate::check) struct Assigned<'a> {
    pub(in crate::check) name: &'a Name,
    /// The declared type.
    pub(in crate::check) ty: Option<&'a Name>,
}

/// The names that a block assigns.
pub(in crate::check) fn assigned(block: &Block) -> Vec<Assigned<'_>> {
    let mut names = Vec::new();
    for stmt in &block.stmts {
        collect(stmt, &mut names);
    }
    names
}

/// The names that a statement assigns.
pub(super) fn assigned_by(stmt: &Stmt) -> Vec<Assigned<'_>> {
    let mut names = Vec::new();
    collect(stmt, &mut names);
    names
}

fn collect<'a>(stmt: &'a Stmt, names: &mut Vec<Assigned<'a>>) {
    let mut block = |block: &'a Block| {
        for stmt in &block.stmts {
            collect(stmt, names);
        }
    };
    match &stmt.kind {
        StmtKind::Step(step) => block(&step.body),
        StmtKind::Repeat(_, body) | StmtKind::Parallel(body) | StmtKind::Group(_, body) | StmtKind::Finally(body) => block(body),
        StmtKind::For { body, parallel: None, .. } => block(body),
        StmtKind::Retry(retry) => block(&retry.body),
        StmtKind::Poll(poll) => block(&poll.body),
        StmtKind::If { branches, otherwise } => {
            for (_, body) in branches {
                block(body);
            }
            otherwise.iter().for_each(block);
        }
        StmtKind::Take(take) => names.push(Assigned { name: &take.name, ty: take.ty.as_ref() }),
        StmtKind::Let(it) => names.push(Assigned { name: &it.name, ty: it.ty.as_ref() }),
        StmtKind::Run { takes, .. } => {
            names.extend(takes.iter().map(|name| Assigned { name, ty: None }));
        }
        _ => {}
    }
}
