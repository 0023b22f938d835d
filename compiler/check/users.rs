//! Sequences, tasks, users, and what runs around a test.

use super::Checker;
use super::args::ParamInfo;
use super::flow::Status;
use super::scope::{Func, FuncKind, Global, Runnable, VarKind};
use super::source::Sources;
use super::const_eval;
use crate::ast::{self, Arg, Item, UserMember};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Expr, Frame, LocalId, Routine, Sequence, SequenceId, StmtKind, TaskPick, Tasks, TasksId, Type,
    User,
};
use crate::span::{FileId, Name, Span};

/// How far the check of something that runs has come.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Progress {
    #[default]
    Waiting,
    Checking,
    Done,
}

/// A sequence, as its callers see it.
#[derive(Debug)]
pub(super) struct SequenceInfo<'a> {
    pub(super) ast: &'a ast::Sequence,
    pub(super) progress: Progress,
    params: Vec<ParamInfo<'a>>,
    /// The types of what it gives.
    gives: Vec<Type>,
    model: Option<Sequence>,
}

/// Tasks, as their callers see them.
#[derive(Debug)]
pub(super) struct TasksInfo<'a> {
    pub(super) ast: &'a ast::Tasks,
    pub(super) progress: Progress,
    params: Vec<ParamInfo<'a>>,
    model: Option<Tasks>,
}

impl<'a> SequenceInfo<'a> {
    pub(super) fn new(ast: &'a ast::Sequence) -> Self {
        Self {
            ast,
            progress: Progress::Waiting,
            params: Vec::new(),
            gives: Vec::new(),
            model: None,
        }
    }
}

impl<'a> TasksInfo<'a> {
    pub(super) fn new(ast: &'a ast::Tasks) -> Self {
        Self {
            ast,
            progress: Progress::Waiting,
            params: Vec::new(),
            model: None,
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn check_all_sequences(&mut self) {
        for index in 0..self.sequences.len() {
            self.sequence(SequenceId(index));
        }
    }

    pub(super) fn check_all_tasks(&mut self) {
        for index in 0..self.tasks.len() {
            self.tasks(TasksId(index));
        }
    }

    /// Moves what was checked into the program, in order of appearance.
    pub(super) fn finish_runs(&mut self) {
        self.program.sequences = self.sequences.iter_mut().filter_map(|info| info.model.take()).collect();
        self.program.tasks = self.tasks.iter_mut().filter_map(|info| info.model.take()).collect();
    }

    fn outside(&mut self, kind: FuncKind, context: String) -> (Func<'a>, Sources, bool) {
        let func = self.enter(kind, context);
        let sources = std::mem::take(&mut self.sources);
        (func, sources, std::mem::take(&mut self.camel))
    }

    fn back(&mut self, around: (Func<'a>, Sources, bool)) {
        (self.func, self.sources, self.camel) = around;
    }

    fn sequence(&mut self, id: SequenceId) {
        if self.sequences[id.0].progress != Progress::Waiting {
            return;
        }
        self.sequences[id.0].progress = Progress::Checking;
        let sequence = self.sequences[id.0].ast;
        let around = self.outside(FuncKind::Sequence, sequence.name.node.clone());
        let params = self.params(&sequence.params);
        self.bind_params(&params);
        self.sequences[id.0].params = params;
        self.func.interrupt = sequence.interrupt.is_some();
        self.func.gives = &sequence.gives;
        let mut body = self.stmts(&sequence.body.stmts);
        self.check_gives(None);
        let gives: Vec<LocalId> = sequence
            .gives
            .iter()
            .filter_map(|name| self.func.names.get(name.node.as_str()).copied())
            .collect();
        for id in &gives {
            self.func.vars[id.0].used = true;
        }
        self.sequences[id.0].gives = sequence
            .gives
            .iter()
            .map(|name| {
                let id = self.func.names.get(name.node.as_str());
                id.map_or(Type::Json, |id| self.func.state.ty(*id))
            })
            .collect();
        if let Some(wait) = self.func.between.take() {
            let flag = LocalId(self.func.frame.locals.len());
            if super::between::spread(&mut body, &wait, flag) {
                self.hidden_local("stepped", Type::Bool, sequence.name.span);
            }
        }
        self.unused_params();
        self.unused_locals();
        self.sequences[id.0].model = Some(Sequence {
            name: sequence.name.node.clone(),
            params: self.sequences[id.0].params.len(),
            frame: std::mem::take(&mut self.func.frame),
            gives,
            body,
            span: sequence.name.span,
        });
        self.sequences[id.0].progress = Progress::Done;
        self.back(around);
    }

    /// Reports what the sequence gives and has no value where it ends: at a `leave`, or behind its last statement.
    pub(super) fn check_gives(&mut self, leave: Option<Span>) {
        if !self.func.state.live {
            return;
        }
        for name in self.func.gives {
            let id = self.func.names.get(name.node.as_str()).copied();
            let status = id.map_or(Status::Unset, |id| self.func.state.status(id));
            let kind = id.map(|id| self.func.vars[id.0].kind);
            if status == Status::Set || self.func.broken {
                if kind == Some(VarKind::Param) {
                    let d = Diagnostic::new(Code::NotGiven, name.span, format!("`{}` is a parameter: the caller has it", name.node))
                        .help("a sequence gives what it assigns");
                    self.report(d);
                }
                continue;
            }
            let reason = match (leave, status) {
                (Some(_), _) => "it has no value where the sequence is left",
                (None, Status::Failed(_)) => "its step may have failed",
                (None, Status::Branch(_)) => "only one branch assigns it",
                (None, Status::Loop(_)) => "the loop may not run",
                _ => "nothing assigns it",
            };
            let mut d = Diagnostic::new(
                Code::NotGiven,
                name.span,
                format!("`{}` is not given on every way: {reason}", name.node),
            );
            if let Some(leave) = leave {
                d = d.also(leave, "left here");
            }
            let d = match status {
                Status::Failed(step) => d.also(step, "this step").help("say `interrupt` behind the step's or the sequence's name, or `else` behind the take"),
                _ => d.help(format!("say `let {} = null` at the sequence's start, and `set` it later", name.node)),
            };
            self.report(d);
        }
    }

    fn tasks(&mut self, id: TasksId) {
        if self.tasks[id.0].progress != Progress::Waiting {
            return;
        }
        self.tasks[id.0].progress = Progress::Checking;
        let tasks = self.tasks[id.0].ast;
        let around = self.outside(FuncKind::Tasks, tasks.name.node.clone());
        let params = self.params(&tasks.params);
        self.bind_params(&params);
        self.tasks[id.0].params = params;
        let mut members = Vec::new();
        let mut broken = false;
        for member in &tasks.members {
            let weight = self.weight(member.weight.as_ref(), member.span);
            let entry = self.func.state.clone();
            let pick = match &member.target {
                ast::TaskTarget::Run(name, args) => self.callee(name, args).map(|(pick, ..)| pick),
                ast::TaskTarget::Step(step) => self.step(step).map(|step| TaskPick::Step(Box::new(step))),
                ast::TaskTarget::Broken => None,
            };
            broken |= pick.is_none();
            self.func.state = entry;
            members.extend(pick.map(|pick| (weight, pick)));
        }
        if !broken {
            let weights = members.iter().map(|(weight, _)| weight);
            self.check_weights(weights, tasks.name.span, &format!("tasks `{}`", tasks.name.node));
        }
        self.unused_params();
        self.unused_locals();
        self.tasks[id.0].model = Some(Tasks {
            name: tasks.name.node.clone(),
            params: self.tasks[id.0].params.len(),
            frame: std::mem::take(&mut self.func.frame),
            members,
            span: tasks.name.span,
        });
        self.tasks[id.0].progress = Progress::Done;
        self.back(around);
    }

    /// What a `run` or a member of `tasks` names, with the types and names of what it gives.
    fn callee(&mut self, name: &'a Name, args: &'a [Arg]) -> Option<(TaskPick, Vec<Type>, Span)> {
        let Some(decl) = self.runs.get_mut(name.node.as_str()) else {
            self.args_only(args);
            self.unknown_run(name);
            return None;
        };
        decl.used = true;
        let (what, declared) = (decl.what, decl.span);
        self.cross(name.span, declared);
        match what {
            Runnable::Sequence(id) => {
                self.sequence(id);
                if self.sequences[id.0].progress == Progress::Checking {
                    self.recursion(name, declared);
                    return None;
                }
                let params = std::mem::take(&mut self.sequences[id.0].params);
                let args = self.arguments(&name.node, name.span, &params, args, declared);
                self.sequences[id.0].params = params;
                let gives = self.sequences[id.0].gives.clone();
                Some((TaskPick::Sequence(id, args), gives, declared))
            }
            Runnable::Tasks(id) => {
                self.tasks(id);
                if self.tasks[id.0].progress == Progress::Checking {
                    self.recursion(name, declared);
                    return None;
                }
                let params = std::mem::take(&mut self.tasks[id.0].params);
                let args = self.arguments(&name.node, name.span, &params, args, declared);
                self.tasks[id.0].params = params;
                Some((TaskPick::Tasks(id, args), Vec::new(), declared))
            }
        }
    }

    fn recursion(&mut self, name: &Name, declared: Span) {
        let here = self.func.context.clone();
        let message = if here == name.node {
            format!("`{here}` runs itself")
        } else {
            format!("`{}` runs `{here}`, which runs it again", name.node)
        };
        let d = Diagnostic::new(Code::Recursion, name.span, message)
            .also(declared, "declared here")
            .help("say `repeat n { }` or `for` around its steps");
        self.report(d);
    }

    fn unknown_run(&mut self, name: &Name) {
        if self.broken {
            return;
        }
        let word = name.node.as_str();
        let mut d = Diagnostic::new(
            Code::UnknownSequence,
            name.span,
            format!("there is no sequence or tasks `{word}`"),
        );
        let mut known: Vec<&str> = self.runs.keys().copied().collect();
        known.sort_unstable();
        d = match self.values.get(word).map(|decl| decl.what) {
            Some(Global::Api(_)) => d.help("a request is sent by a step: `step \"Name\" { … }`"),
            _ => d.did_you_mean(word, known.iter().copied()),
        };
        if d.help.is_none() && !known.is_empty() {
            d = d.help(format!("there is {}", known.join(", ")));
        }
        self.report(d);
    }

    /// `run S(a)`, `take x, y = run S(a)`.
    pub(super) fn run_stmt(
        &mut self,
        takes: &'a [Name],
        name: &'a Name,
        args: &'a [Arg],
        span: Span,
    ) -> Option<StmtKind> {
        let found = self.callee(name, args);
        let gives = found.as_ref().map_or(&[][..], |(_, gives, _)| gives.as_slice());
        if let Some((_, gives, declared)) = &found
            && !takes.is_empty()
            && takes.len() != gives.len()
        {
            let what = match gives.len() {
                0 => "nothing".to_owned(),
                1 => "one value".to_owned(),
                n => format!("{n} values"),
            };
            let d = Diagnostic::new(Code::GivesOther, span, format!("`{}` gives {what}, and {} are taken", name.node, takes.len()))
                .also(*declared, "declared here")
                .help("`gives a, b` stands behind the sequence's parameters, and is taken in its order");
            self.report(d);
        }
        let mut locals: Vec<LocalId> = Vec::new();
        for (index, take) in takes.iter().enumerate() {
            let ty = gives.get(index).cloned().unwrap_or(Type::Json);
            locals.push(self.assign(take, ty, VarKind::Take));
        }
        found.map(|(callee, ..)| StmtKind::Run {
            takes: locals,
            callee,
        })
    }

    fn routine(&mut self, kind: FuncKind, context: String, blocks: &[&'a ast::Block]) -> Routine {
        let around = self.outside(kind, context);
        self.func.interrupt = Self::always_interrupts(kind);
        let mut body = Vec::new();
        for block in blocks {
            body.extend(self.stmts(&block.stmts));
        }
        let shares = if kind == FuncKind::BeforeTest {
            self.shares()
        } else {
            self.unused_locals();
            Vec::new()
        };
        let routine = Routine {
            frame: std::mem::take::<Frame>(&mut self.func.frame),
            body,
            shares,
        };
        self.back(around);
        routine
    }

    /// Which locals of `before test` become names that all users see.
    fn shares(&mut self) -> Vec<(LocalId, crate::model::SharedId)> {
        let mut shares = Vec::new();
        let mut names: Vec<(&'a str, LocalId)> = self.func.names.iter().map(|(n, id)| (*n, *id)).collect();
        names.sort_by_key(|(_, id)| *id);
        for (name, local) in names {
            let Some(Global::Shared(shared)) = self.values.get(name).map(|decl| decl.what) else {
                continue;
            };
            if self.shared_types[shared.0] == Type::Json {
                self.shared_types[shared.0] = self.func.state.ty(local);
            }
            shares.push((local, shared));
        }
        shares
    }

    pub(super) fn check_before_test(&mut self, order: &[FileId]) {
        let blocks = self.blocks(order, |item| match item {
            Item::BeforeTest(block) => Some(block),
            _ => None,
        });
        if !blocks.is_empty() {
            let routine = self.routine(FuncKind::BeforeTest, "before test".to_owned(), &blocks);
            self.program.before_test = Some(routine);
        }
    }

    pub(super) fn check_after_test(&mut self, order: &[FileId]) {
        let blocks = self.blocks(order, |item| match item {
            Item::AfterTest(block) => Some(block),
            _ => None,
        });
        if !blocks.is_empty() {
            let routine = self.routine(FuncKind::AfterTest, "after test".to_owned(), &blocks);
            self.program.after_test = Some(routine);
        }
    }

    fn blocks(&self, order: &[FileId], pick: fn(&'a Item) -> Option<&'a ast::Block>) -> Vec<&'a ast::Block> {
        order.iter().flat_map(|file| self.items(*file)).filter_map(pick).collect()
    }

    pub(super) fn check_users(&mut self) {
        let mut names: Vec<&'a Name> = Vec::new();
        for item in self.items(FileId(0)) {
            let Item::User(user) = item else {
                continue;
            };
            if let Some(first) = names.iter().find(|name| name.node == user.name.node) {
                let first = first.span;
                self.declared_twice(&user.name, first);
            }
            names.push(&user.name);
            self.user(user);
        }
        if names.is_empty() && !self.broken {
            let span = Span::new(FileId(0), 0, 0);
            let help = "say what a virtual user does: `user Shopper { run Shopping; wait 1s }`";
            self.error(Code::NothingRuns, span, "this spec has no user, so nothing runs", help);
        }
        let weights: Vec<Expr> = self.program.users.iter().map(|user| user.weight.clone()).collect();
        if let Some(first) = names.first() {
            self.check_weights(weights.iter(), first.span, "the users");
        }
    }

    fn user(&mut self, user: &'a ast::User) {
        let name = &user.name.node;
        let around = self.outside(FuncKind::File, format!("user {name}"));
        let mut seen: Vec<(&str, Span)> = Vec::new();
        let mut weight = user.weight.as_ref();
        let (mut run, mut wait, mut on_start, mut on_stop) = (None, None, None, None);
        let (mut every, mut runs, mut broken) = (Vec::new(), false, false);
        for member in &user.members {
            let (what, span) = match member {
                UserMember::Run(name, _, _) => ("run", name.span),
                UserMember::Wait(wait) => ("wait", wait_span(wait)),
                UserMember::Weight(e) => ("weight", e.span),
                UserMember::OnStart(block) => ("on start", block.span),
                UserMember::OnStop(block) => ("on stop", block.span),
                UserMember::Every(..) => ("every", Span::default()),
                UserMember::Broken(_) => {
                    broken = true;
                    continue;
                }
            };
            match seen.iter().find(|(other, _)| *other == what && what != "every") {
                Some(&(_, first)) => self.said_twice(what, span, first),
                None => seen.push((what, span)),
            }
            match member {
                UserMember::Run(name, args, _) => {
                    runs = true;
                    run = self.callee(name, args).map(|(pick, ..)| pick).or(run);
                }
                UserMember::Wait(it) => wait = self.wait(it, true),
                UserMember::Weight(e) => {
                    if let Some(first) = user.weight.as_ref().map(|first| first.span) {
                        self.said_twice("weight", e.span, first);
                    }
                    weight = Some(e);
                }
                UserMember::OnStart(block) => {
                    on_start = Some(self.routine(FuncKind::OnStart, format!("on start of {name}"), &[block]));
                }
                UserMember::OnStop(block) => {
                    on_stop = Some(self.routine(FuncKind::OnStop, format!("on stop of {name}"), &[block]));
                }
                UserMember::Every(e, block) => {
                    let time = self.duration(e, "`every` takes");
                    if const_eval::number(&time) == Some(0.0) {
                        self.error(Code::Impossible, e.span, "`every` needs a time", "such as `every 20m { }`");
                    }
                    every.push((time, self.routine(FuncKind::Every, format!("every of {name}"), &[block])));
                }
                UserMember::Broken(_) => {}
            }
        }
        let weight = self.weight(weight, user.name.span);
        if !runs && !broken {
            let help = "say `run SomeSequence` in it";
            self.error(Code::NothingRuns, user.name.span, format!("user `{name}` runs nothing"), help);
        }
        self.back(around);
        if let Some(run) = run {
            self.program.users.push(User {
                name: name.clone(),
                weight,
                run,
                wait,
                on_start,
                on_stop,
                every,
                span: user.name.span,
            });
        }
    }
}

fn wait_span(wait: &ast::Wait) -> Span {
    match wait {
        ast::Wait::Fixed(e) | ast::Wait::Pacing(e) => e.span,
        ast::Wait::Between(from, to) => from.span.to(to.span),
    }
}
