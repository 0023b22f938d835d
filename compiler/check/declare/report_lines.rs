//! Lines of the report: one for each name of a step or group, and one for the `fail` statements of each sequence, found before anything
//! is checked, so that they come in the order of the source. Groups nest as `Outer / Inner / Step`.

use std::collections::HashMap;

use crate::ast::{Block, Item, Step, Stmt, StmtKind, TaskTarget, UserMember};
use crate::check::Checker;
use crate::model::{Line, LineId, LineKind, StepId, StepInfo};
use crate::span::FileId;

struct ReportLineWalk<'c, 'a> {
    checker: &'c mut Checker<'a>,
    lines: HashMap<(String, LineKind), LineId>,
    prefix: String,
    /// The sequence or block that is walked.
    context: String,
}

impl Checker<'_> {
    /// Gives each step its id and each name its line.
    pub(in crate::check) fn lines(&mut self, order: &[FileId]) {
        let mut files: Vec<FileId> = order.to_vec();
        files.sort_unstable();
        let items: Vec<(FileId, &[Item])> = files.iter().map(|file| (*file, self.items(*file))).collect();
        let mut walk = ReportLineWalk { checker: self, lines: HashMap::new(), prefix: String::new(), context: String::new() };
        for (file, items) in items {
            for item in items {
                walk.item(file, item);
            }
        }
    }
}

impl ReportLineWalk<'_, '_> {
    fn item(&mut self, file: FileId, item: &Item) {
        match item {
            Item::Sequence(sequence) => self.routine(&sequence.name.node, &sequence.body),
            Item::BeforeTest(block) => self.routine("before test", block),
            Item::AfterTest(block) => self.routine("after test", block),
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
                        UserMember::OnStart(block) => self.routine(&format!("on start of {}", user.name.node), block),
                        UserMember::OnStop(block) => self.routine(&format!("on stop of {}", user.name.node), block),
                        UserMember::Every(_, block) => self.routine(&format!("every of {}", user.name.node), block),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn routine(&mut self, context: &str, block: &Block) {
        context.clone_into(&mut self.context);
        self.block(block);
    }

    fn line(&mut self, name: &str, kind: LineKind) -> LineId {
        let name = format!("{}{name}", self.prefix);
        let lines = &mut self.checker.program.lines;
        *self.lines.entry((name.clone(), kind)).or_insert_with(|| {
            lines.push(Line { name, kind, method: String::new() });
            LineId(lines.len() - 1)
        })
    }

    fn step(&mut self, step: &Step) {
        let name = crate::check::declare::needs::literal(&step.name).unwrap_or_default();
        let line = self.line(&name, LineKind::Step);
        let id = StepId(self.checker.program.steps.len());
        let span = step.name.span;
        self.checker.program.steps.push(StepInfo {
            line,
            context: String::new(),
            skip: step.skip.is_some(),
            interrupt: step.interrupt.is_some(),
            reads_body: false,
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
                let line = self.line(&name.node, LineKind::Group);
                self.checker.groups.insert((name.span.file, name.span.start), line);
                let outer = self.prefix.len();
                self.prefix.push_str(&name.node);
                self.prefix.push_str(" / ");
                self.block(block);
                self.prefix.truncate(outer);
            }
            StmtKind::Fail(_) => {
                let line = self.line(&format!("fail in {}", self.context), LineKind::Fail);
                self.checker.fails.insert((stmt.span.file, stmt.span.start), line);
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
