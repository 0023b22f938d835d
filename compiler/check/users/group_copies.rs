//! Copies of sequences and tasks that several groups call: each copy has its own report rows.

use std::collections::HashMap;

use crate::check::scope::Runnable;
use crate::check::users::call_groups::CallGroups;
use crate::model::{Block, LineId, Program, SequenceId, StepId, Stmt, StmtKind, TaskPick, TasksId};

/// Maps the steps and groups of the first copy to those of a further one.
#[derive(Debug, Default)]
pub(in crate::check) struct CopiedRows {
    pub(in crate::check) steps: HashMap<StepId, StepId>,
    pub(in crate::check) groups: HashMap<LineId, LineId>,
}

/// The copies beyond the first, by the sequence or tasks that they copy, in the order of its groups.
pub(in crate::check) type Copies = HashMap<Runnable, Vec<CopiedRows>>;

/// Makes the copies, and lets every call run the copy of its groups.
pub(in crate::check) fn copy(program: &mut Program, groups: &CallGroups, copies: &Copies) {
    if copies.is_empty() {
        return;
    }
    // Each copy, by its original and the groups around it.
    let mut made: HashMap<(Runnable, &str), Runnable> = HashMap::new();
    let mut order: Vec<(Runnable, usize)> = copies.iter().flat_map(|(of, rows)| (0..rows.len()).map(|at| (*of, at))).collect();
    order.sort_by_key(|(of, at)| match of {
        Runnable::Sequence(id) => (0, id.0, *at),
        Runnable::Tasks(id) => (1, id.0, *at),
    });
    let mut rewrite: Vec<(Runnable, String, Option<&CopiedRows>)> = Vec::new();
    let prefixes = |of: Runnable| groups.get(&of).map_or(&[][..], Vec::as_slice);
    for (of, at) in order {
        let (Some(rows), Some(prefix)) = (copies.get(&of).and_then(|rows| rows.get(at)), prefixes(of).get(at + 1)) else { continue };
        let copy = match of {
            Runnable::Sequence(id) => {
                let sequence = program.sequences[id.0].clone();
                program.sequences.push(sequence);
                Runnable::Sequence(SequenceId(program.sequences.len() - 1))
            }
            Runnable::Tasks(id) => {
                let tasks = program.tasks[id.0].clone();
                program.tasks.push(tasks);
                Runnable::Tasks(TasksId(program.tasks.len() - 1))
            }
        };
        made.insert((of, prefix.as_str()), copy);
        rewrite.push((copy, prefix.clone(), Some(rows)));
        for (from, to) in &rows.steps {
            let checked = program.steps[from.0].clone();
            let line = program.steps[to.0].line;
            let method = program.lines[checked.line.0].method.clone();
            if program.lines[line.0].method.is_empty() {
                program.lines[line.0].method = method;
            }
            program.steps[to.0] = crate::model::StepInfo { line, ..checked };
        }
    }
    for (of, prefixes) in groups {
        rewrite.extend(prefixes.first().map(|prefix| (*of, prefix.clone(), None)));
    }
    for (of, prefix, rows) in rewrite {
        let calls = Rewrite { made: &made, rows };
        match of {
            Runnable::Sequence(id) => {
                let mut body = std::mem::take(&mut program.sequences[id.0].body);
                calls.block(&mut body, &prefix, program);
                program.sequences[id.0].body = body;
            }
            Runnable::Tasks(id) => {
                let mut members = std::mem::take(&mut program.tasks[id.0].members);
                members.iter_mut().for_each(|(_, pick)| calls.pick(pick, &prefix));
                program.tasks[id.0].members = members;
            }
        }
    }
    // The calls of users and of the test's own blocks.
    let calls = Rewrite { made: &made, rows: None };
    let mut users = std::mem::take(&mut program.users);
    for user in &mut users {
        let routines = user.on_start.iter_mut().chain(&mut user.on_stop).chain(user.every.iter_mut().map(|(_, routine)| routine));
        routines.for_each(|routine| calls.block(&mut routine.body, "", program));
        calls.pick(&mut user.run, "");
    }
    program.users = users;
    let (mut before, mut after) = (program.before_test.take(), program.after_test.take());
    before.iter_mut().chain(&mut after).for_each(|routine| calls.block(&mut routine.body, "", program));
    (program.before_test, program.after_test) = (before, after);
}

/// The changes to the statements of one copy.
struct Rewrite<'a> {
    made: &'a HashMap<(Runnable, &'a str), Runnable>,
    rows: Option<&'a CopiedRows>,
}

impl Rewrite<'_> {
    fn block(&self, block: &mut Block, prefix: &str, program: &Program) {
        block.iter_mut().for_each(|stmt| self.stmt(stmt, prefix, program));
    }

    fn stmt(&self, stmt: &mut Stmt, prefix: &str, program: &Program) {
        match &mut stmt.kind {
            StmtKind::Step(step) => self.step(&mut step.id),
            StmtKind::Run { callee, .. } => self.pick(callee, prefix),
            StmtKind::Group(line, body) => {
                if let Some(own) = self.rows.and_then(|rows| rows.groups.get(line)) {
                    *line = *own;
                }
                let inner = format!("{} / ", program.lines[line.0].name);
                self.block(body, &inner, program);
            }
            StmtKind::If(branches, otherwise) => {
                branches.iter_mut().for_each(|(_, body)| self.block(body, prefix, program));
                self.block(otherwise, prefix, program);
            }
            StmtKind::Repeat(_, body)
            | StmtKind::For { body, .. }
            | StmtKind::Parallel(body)
            | StmtKind::Retry { body, .. }
            | StmtKind::Poll { body, .. } => self.block(body, prefix, program),
            StmtKind::Finally { body, always } => {
                self.block(body, prefix, program);
                self.block(always, prefix, program);
            }
            _ => {}
        }
    }

    fn step(&self, id: &mut StepId) {
        if let Some(own) = self.rows.and_then(|rows| rows.steps.get(id)) {
            *id = *own;
        }
    }

    fn pick(&self, pick: &mut TaskPick, prefix: &str) {
        match pick {
            TaskPick::Sequence(id, _) => {
                if let Some(Runnable::Sequence(own)) = self.made.get(&(Runnable::Sequence(*id), prefix)) {
                    *id = *own;
                }
            }
            TaskPick::Tasks(id, _) => {
                if let Some(Runnable::Tasks(own)) = self.made.get(&(Runnable::Tasks(*id), prefix)) {
                    *id = *own;
                }
            }
            TaskPick::Step(step) => self.step(&mut step.id),
        }
    }
}
