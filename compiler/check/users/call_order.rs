//! The order in which sequences and tasks are checked: callees come before their callers. The search does not recurse, because a chain of
//! sequences may be as long as the file.

use std::collections::HashMap;

use crate::ast::{Block, StmtKind, TaskTarget};
use crate::check::Checker;
use crate::check::scope::Runnable;
use crate::check::users::sequences::CheckProgress;

/// The state of a sequence or tasks in the search.
enum Visit {
    /// It is on the current path, at this index.
    Begun(usize),
    /// The search has visited all its callees.
    Ended,
}

impl Checker<'_> {
    /// The direct and indirect callees of `root` that have not been checked yet, each after its own callees; `root` is the last. Members of
    /// a cycle are left out: they are checked in the order in which they run each other, and the error message names them in that order.
    pub(super) fn callees_first(&self, root: Runnable) -> Vec<Runnable> {
        let mut order = Vec::new();
        let mut seen = HashMap::from([(root, Visit::Begun(0))]);
        // The current path, each with the callees that are still to be visited.
        let mut path = vec![(root, self.open_callees(root))];
        // The index on the path from which on all entries belong to a cycle.
        let mut cycle = usize::MAX;
        while let Some((at, callees)) = path.last_mut() {
            match callees.pop() {
                Some(callee) => match seen.get(&callee) {
                    Some(Visit::Begun(place)) => cycle = cycle.min(*place),
                    Some(Visit::Ended) => {}
                    // The check of this callee waits for the current one.
                    None if self.progress(callee) == CheckProgress::Checking => cycle = 0,
                    None => {
                        seen.insert(callee, Visit::Begun(path.len()));
                        path.push((callee, self.open_callees(callee)));
                    }
                },
                None => {
                    let at = *at;
                    path.pop();
                    seen.insert(at, Visit::Ended);
                    if path.len() < cycle || path.is_empty() {
                        order.push(at);
                    }
                    if path.len() <= cycle {
                        cycle = usize::MAX;
                    }
                }
            }
        }
        order
    }

    /// The direct callees of `of` that have not been fully checked, in reverse order.
    fn open_callees(&self, of: Runnable) -> Vec<Runnable> {
        let mut names = Vec::new();
        match of {
            Runnable::Sequence(id) => runs_in(&self.sequences[id.0].ast.body, &mut names),
            Runnable::Tasks(id) => {
                for member in &self.tasks[id.0].ast.members {
                    match &member.target {
                        TaskTarget::Run(name, _) => names.push(name.node.as_str()),
                        TaskTarget::Step(step) => runs_in(&step.body, &mut names),
                        TaskTarget::Broken => {}
                    }
                }
            }
        }
        let callees = names.iter().rev().filter_map(|name| self.runs.get(name)).map(|run| run.what);
        callees.filter(|callee| self.progress(*callee) != CheckProgress::Done).collect()
    }

    pub(super) fn progress(&self, of: Runnable) -> CheckProgress {
        match of {
            Runnable::Sequence(id) => self.sequences[id.0].progress,
            Runnable::Tasks(id) => self.tasks[id.0].progress,
        }
    }
}

/// Collects the names of the callees in a block.
fn runs_in<'a>(block: &'a Block, names: &mut Vec<&'a str>) {
    for stmt in &block.stmts {
        match &stmt.kind {
            StmtKind::Run { callee, .. } => names.push(&callee.node),
            StmtKind::Step(step) => runs_in(&step.body, names),
            StmtKind::Repeat(_, body) | StmtKind::Parallel(body) | StmtKind::Group(_, body) | StmtKind::Finally(body) => {
                runs_in(body, names)
            }
            StmtKind::For { body, .. } => runs_in(body, names),
            StmtKind::Retry(retry) => runs_in(&retry.body, names),
            StmtKind::Poll(poll) => runs_in(&poll.body, names),
            StmtKind::If { branches, otherwise } => {
                branches.iter().for_each(|(_, body)| runs_in(body, names));
                otherwise.iter().for_each(|body| runs_in(body, names));
            }
            _ => {}
        }
    }
}
