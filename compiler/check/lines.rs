//! Lines of the report: one for each name of a step or group, found before anything is checked, so that they come in the order of the
//! source. Groups nest as `Outer / Inner / Step`.

use std::collections::HashMap;

use super::Checker;
use crate::ast::{Block, Item, Step, Stmt, StmtKind, TaskTarget, UserMember};
use crate::model::{Line, LineId, StepId, StepInfo};
use crate::span::FileId;

struct Walk<'c, 'a> {
    checker: &'c mut Checker<'a>,
    lines: HashMap<(String, bool), LineId>,
    prefix: String,
}

impl Checker<'_> {
    /// Gives each step its id and each name its line.
    pub(super) fn lines(&mut self, order: &[FileId]) {
        let mut files: Vec<FileId> = order.to_vec();
        files.sort_unstable();
        let items: Vec<(FileId, &[Item])> = files.iter().map(|file| (*file, self.items(*file))).collect();
        let mut walk = Walk { checker: self, lines: HashMap::new(), prefix: String::new() };
        for (file, items) in items {
            for item in items {
                walk.item(file, item);
            }
        }
    }
}

impl Walk<'_, '_> {
    fn item(&mut self, file: FileId, item: &Item) {
        match item {
            Item::Sequence(sequence) => self.block(&sequence.body),
            Item::BeforeTest(block) | Item::AfterTest(block) => self.block(block),
            Item::Tasks(tasks) => {
                for member in &tasks.members {
                    if let TaskTarget::Step(step) = &member.target {
                        self.step(step);
                    }
                }
            }
            Item::User(user) if file == FileId(0) => {
                for member in &user.members {
                    match member {
                        UserMember::OnStart(block) | UserMember::OnStop(block) | UserMember::Every(_, block) => self.block(block),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn line(&mut self, name: &str, group: bool) -> LineId {
        let name = format!("{}{name}", self.prefix);
        let lines = &mut self.checker.program.lines;
        *self.lines.entry((name.clone(), group)).or_insert_with(|| {
            lines.push(Line { name, group, method: String::new() });
            LineId(lines.len() - 1)
        })
    }

    fn step(&mut self, step: &Step) {
        let name = super::needs::literal(&step.name).unwrap_or_default();
        let line = self.line(&name, false);
        let id = StepId(self.checker.program.steps.len());
        let span = step.name.span;
        self.checker.program.steps.push(StepInfo {
            line,
            context: String::new(),
            skip: step.skip.is_some(),
            interrupt: step.interrupt.is_some(),
            expects_status: false,
            span,
        });
        self.checker.steps.insert((span.file, span.start), id);
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Step(step) => self.step(step),
            StmtKind::Group(name, block) => {
                let line = self.line(&name.node, true);
                self.checker.groups.insert((name.span.file, name.span.start), line);
                let outer = self.prefix.len();
                self.prefix.push_str(&name.node);
                self.prefix.push_str(" / ");
                self.block(block);
                self.prefix.truncate(outer);
            }
            StmtKind::If { branches, otherwise } => {
                for (_, block) in branches {
                    self.block(block);
                }
                otherwise.iter().for_each(|block| self.block(block));
            }
            StmtKind::Repeat(_, block) | StmtKind::Parallel(block) => self.block(block),
            StmtKind::For { body, .. } => self.block(body),
            StmtKind::Retry(retry) => self.block(&retry.body),
            StmtKind::Poll(poll) => self.block(&poll.body),
            _ => {}
        }
    }
}
