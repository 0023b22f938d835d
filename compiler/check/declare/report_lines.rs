//! Report rows: one for each name of a step or group, and one for the `fail` statements of each sequence. They are collected before any
//! check, so that they have the order of the source. Groups nest as `Outer / Inner / Step`. The same walk finds the variables that `set` changes.

use std::collections::HashMap;

use crate::ast::{Block, Item, Step, Stmt, StmtKind, TaskTarget, UserMember};
use crate::check::Checker;
use crate::check::users::group_copies::CopiedRows;
use crate::model::{Line, LineId, LineKind, StepId, StepInfo};
use crate::span::FileId;

struct ReportLineWalk<'c, 'a> {
    checker: &'c mut Checker<'a>,
    lines: HashMap<(String, LineKind), LineId>,
    prefix: String,
    /// The name of the current sequence or block.
    context: String,
    /// The steps and groups found since the current sequence began, in order.
    met: (Vec<StepId>, Vec<LineId>),
    /// Whether source locations resolve to these steps. The steps of a further copy are reached through those of the first.
    first: bool,
}

impl Checker<'_> {
    /// Gives each step its id and each name its report row.
    pub(in crate::check) fn lines(&mut self, order: &[FileId]) {
        let mut files: Vec<FileId> = order.to_vec();
        files.sort_unstable();
        let items: Vec<(FileId, &[Item])> = files.iter().map(|file| (*file, self.items(*file))).collect();
        self.call_groups = self.call_groups(&files);
        let mut walk = ReportLineWalk {
            checker: self,
            lines: HashMap::new(),
            prefix: String::new(),
            context: String::new(),
            met: (Vec::new(), Vec::new()),
            first: true,
        };
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
            Item::Sequence(sequence) => self.in_groups(&sequence.name.node, |walk| walk.routine(&sequence.name.node, &sequence.body)),
            Item::BeforeTest(block) | Item::BeforeTestEvery(_, block) => self.routine("before test", block),
            Item::AfterTest(block) => self.routine("after test", block),
            Item::Tasks(tasks) => {
                self.in_groups(&tasks.name.node, |walk| {
                    for member in &tasks.members {
                        if let TaskTarget::Step(step) = &member.target {
                            walk.step(step);
                        }
                    }
                });
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

    /// Walks a callee once for each group that calls it.
    fn in_groups(&mut self, name: &str, walk: impl Fn(&mut Self)) {
        let what = self.checker.runs.get(name).map(|run| run.what);
        let prefixes = what.and_then(|what| self.checker.call_groups.get(&what)).cloned().unwrap_or_default();
        let mut prefixes = prefixes.into_iter();
        self.prefix = prefixes.next().unwrap_or_default();
        self.met = (Vec::new(), Vec::new());
        walk(self);
        let first = std::mem::take(&mut self.met);
        self.first = false;
        for prefix in prefixes {
            self.prefix = prefix;
            walk(self);
            let (steps, groups) = std::mem::take(&mut self.met);
            let rows =
                CopiedRows { steps: first.0.iter().copied().zip(steps).collect(), groups: first.1.iter().copied().zip(groups).collect() };
            if let Some(what) = what {
                self.checker.group_copies.entry(what).or_default().push(rows);
            }
        }
        self.first = true;
        self.prefix.clear();
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
        self.met.0.push(id);
        if self.first {
            self.checker.steps.insert((span.file, span.start), id);
            step.body.stmts.iter().for_each(|stmt| self.changed(stmt));
        }
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
    }

    /// Notes the variable that a statement changes.
    fn changed(&mut self, stmt: &Stmt) {
        if let StmtKind::Set(target, _) = &stmt.kind
            && !self.checker.changed.contains(&target.name.node)
        {
            self.checker.changed.insert(target.name.node.clone());
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.changed(stmt);
        match &stmt.kind {
            StmtKind::Step(step) => self.step(step),
            StmtKind::Group(name, block) => {
                let line = self.line(&name.node, LineKind::Group);
                self.met.1.push(line);
                if self.first {
                    self.checker.groups.insert((name.span.file, name.span.start), line);
                }
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
            StmtKind::Repeat(_, block) | StmtKind::Parallel(block) | StmtKind::Finally(block) => self.block(block),
            StmtKind::For { body, .. } => self.block(body),
            StmtKind::Retry(retry) => self.block(&retry.body),
            StmtKind::Poll(poll) => self.block(&poll.body),
            _ => {}
        }
    }
}
