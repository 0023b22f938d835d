//! `wait … between steps`: inserts the wait between consecutive steps of the sequence, at all depths. Statements that are timed as a whole
//! or run at the same time (`parallel`, `poll`, `retry`, a called sequence) count as one step; within them the count starts again.

use crate::model::{Block, Const, Expr, ExprKind, LocalId, Stmt, StmtKind, Type, Wait};
use crate::span::Span;

/// Whether a step came before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    No,
    /// Known only while the test runs: in a loop.
    Maybe,
    Yes,
}

impl Before {
    fn meet(self, other: Self) -> Self {
        if self == other { self } else { Self::Maybe }
    }
}

struct Spread<'w> {
    wait: &'w Wait,
    /// The local variable that records whether a step came before.
    flag: LocalId,
    /// Whether any statement reads the flag.
    asked: bool,
    /// Whether to change the block, or only to find out whether the flag is needed.
    write: bool,
}

/// Inserts the wait into a body. Returns whether the flag is needed.
pub(in crate::check) fn spread(body: &mut Block, wait: &Wait, flag: LocalId) -> bool {
    let mut pass = Spread { wait, flag, asked: false, write: false };
    pass.block(body, Before::No);
    pass.write = true;
    pass.block(body, Before::No);
    if pass.asked {
        body.insert(0, assign(flag, false, Span::default()));
    }
    pass.asked
}

fn assign(flag: LocalId, value: bool, span: Span) -> Stmt {
    Stmt { kind: StmtKind::Assign(flag, Expr { kind: ExprKind::Const(Const::Bool(value)), ty: Type::Bool, span }), span }
}

impl Spread<'_> {
    fn block(&mut self, block: &mut Block, mut before: Before) -> Before {
        let stmts = std::mem::take(block);
        block.reserve(stmts.len());
        for mut stmt in stmts {
            let span = stmt.span;
            let is_step = match &mut stmt.kind {
                StmtKind::Step(_) | StmtKind::Run { .. } => true,
                StmtKind::Parallel(branches) => {
                    for branch in branches {
                        self.inner(branch);
                    }
                    true
                }
                StmtKind::Poll { body, .. } | StmtKind::Retry { body, .. } | StmtKind::For { parallel: Some(_), body, .. } => {
                    self.restart(body);
                    true
                }
                StmtKind::Finally { body, always } => {
                    before = self.block(body, before);
                    self.restart(always);
                    false
                }
                StmtKind::Group(_, body) => {
                    before = self.block(body, before);
                    false
                }
                StmtKind::If(branches, otherwise) => {
                    let entry = before;
                    before = self.block(otherwise, entry);
                    for (_, body) in branches {
                        before = before.meet(self.block(body, entry));
                    }
                    false
                }
                StmtKind::Repeat(_, body) | StmtKind::For { body, .. } => {
                    let entry = if has_step(body) { before.meet(Before::Yes) } else { before };
                    before = before.meet(self.block(body, entry));
                    false
                }
                _ => false,
            };
            if is_step {
                self.insert(block, before, span);
                before = Before::Yes;
            }
            block.push(stmt);
        }
        before
    }

    /// Handles a part in which the count of steps starts again: its first step needs no wait before it.
    fn restart(&mut self, body: &mut Block) {
        let (asked, flag) = (self.asked, self.flag);
        if self.write || !has_loop(body) {
            let mut inner = Spread { wait: self.wait, flag, asked: false, write: false };
            inner.block(body, Before::No);
            // A pass that only finds out does not start others: the time would double with each enclosing block.
            if self.write && !inner.asked {
                inner.write = true;
                inner.block(body, Before::No);
            }
        }
        self.asked = asked;
    }

    fn inner(&mut self, branch: &mut Stmt) {
        if let StmtKind::Group(_, body) | StmtKind::Poll { body, .. } | StmtKind::Retry { body, .. } = &mut branch.kind {
            self.restart(body);
        }
    }

    fn insert(&mut self, block: &mut Block, before: Before, span: Span) {
        self.asked |= before == Before::Maybe;
        if !self.write {
            return;
        }
        let wait = Stmt { kind: StmtKind::Wait(self.wait.clone()), span };
        match before {
            Before::No => {}
            Before::Yes => block.push(wait),
            Before::Maybe => {
                let asked = Expr { kind: ExprKind::Local(self.flag), ty: Type::Bool, span };
                block.push(Stmt { kind: StmtKind::If(vec![(asked, vec![wait])], Vec::new()), span });
            }
        }
        if self.asked {
            block.push(assign(self.flag, true, span));
        }
    }
}

fn has_step(block: &Block) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Step(_) | StmtKind::Run { .. } | StmtKind::Parallel(_) | StmtKind::Poll { .. } | StmtKind::Retry { .. } => true,
        StmtKind::For { body, .. } | StmtKind::Repeat(_, body) | StmtKind::Group(_, body) | StmtKind::Finally { body, .. } => {
            has_step(body)
        }
        StmtKind::If(branches, otherwise) => branches.iter().any(|(_, body)| has_step(body)) || has_step(otherwise),
        _ => false,
    })
}

fn has_loop(block: &Block) -> bool {
    block.iter().any(|stmt| matches!(stmt.kind, StmtKind::For { .. } | StmtKind::Repeat(..)))
}
