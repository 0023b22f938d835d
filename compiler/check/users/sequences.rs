//! Sequences and tasks, each checked before those that call it.

use std::rc::Rc;

use crate::ast::{self, Arg};
use crate::check::Checker;
use crate::check::flow::assignment::Assigned;
use crate::check::scope::{FuncKind, Global, Runnable, VarKind};
use crate::check::types::args::ParamInfo;
use crate::diagnostic::{Code, Diagnostic, list};
use crate::model::{LocalId, Sequence, SequenceId, StmtKind, TaskPick, Tasks, TasksId, Type};
use crate::span::{Name, Span};

/// The longest cycle of sequences that the check follows. A longer one is an error, wherever the cycle closes.
const DEEPEST_CYCLE: usize = 100;

/// The most values that a sequence gives.
const GIVES_MAX: usize = 100;

/// The most sequences that the message about a cycle names.
const NAMED_MAX: usize = 8;

/// The progress of the check of a sequence or tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum CheckProgress {
    #[default]
    Waiting,
    Checking,
    Done,
}

/// A sequence, as its callers see it.
#[derive(Debug)]
pub(in crate::check) struct SequenceInfo<'a> {
    pub(in crate::check) ast: &'a ast::Sequence,
    pub(super) progress: CheckProgress,
    params: Vec<ParamInfo<'a>>,
    /// The types of the values that it gives.
    gives: Rc<[Type]>,
    model: Option<Sequence>,
}

/// Tasks, as their callers see them.
#[derive(Debug)]
pub(in crate::check) struct TasksInfo<'a> {
    pub(in crate::check) ast: &'a ast::Tasks,
    pub(super) progress: CheckProgress,
    params: Vec<ParamInfo<'a>>,
    model: Option<Tasks>,
}

impl<'a> SequenceInfo<'a> {
    pub(in crate::check) fn new(ast: &'a ast::Sequence) -> Self {
        Self { ast, progress: CheckProgress::Waiting, params: Vec::new(), gives: Rc::default(), model: None }
    }
}

impl<'a> TasksInfo<'a> {
    pub(in crate::check) fn new(ast: &'a ast::Tasks) -> Self {
        Self { ast, progress: CheckProgress::Waiting, params: Vec::new(), model: None }
    }
}

impl<'a> Checker<'a> {
    pub(in crate::check) fn check_all_sequences(&mut self) {
        for index in 0..self.sequences.len() {
            self.sequence(SequenceId(index));
        }
    }

    pub(in crate::check) fn check_all_tasks(&mut self) {
        for index in 0..self.tasks.len() {
            self.tasks(TasksId(index));
        }
    }

    /// Moves the checked sequences and tasks into the program, in order of appearance.
    pub(in crate::check) fn finish_runs(&mut self) {
        self.program.sequences = self.sequences.iter_mut().filter_map(|info| info.model.take()).collect();
        self.program.tasks = self.tasks.iter_mut().filter_map(|info| info.model.take()).collect();
        // After an error one of them may be missing, and nothing is emitted.
        if self.program.sequences.len() == self.sequences.len() && self.program.tasks.len() == self.tasks.len() {
            crate::check::users::group_copies::copy(&mut self.program, &self.call_groups, &self.group_copies);
        }
    }

    pub(in crate::check) fn sequence(&mut self, id: SequenceId) {
        self.run_checked(Runnable::Sequence(id));
    }

    /// Checks all callees of `of` and then `of`, unless their check is done or in progress.
    fn run_checked(&mut self, of: Runnable) {
        if self.progress(of) != CheckProgress::Waiting {
            return;
        }
        // Without errors, this order has all callees of an item before the item itself. In a cycle, the first member waits for the others.
        for each in self.callees_first(of) {
            if self.progress(each) == CheckProgress::Waiting && self.running.len() < DEEPEST_CYCLE {
                match each {
                    Runnable::Sequence(id) => self.check_sequence(id),
                    Runnable::Tasks(id) => self.check_tasks(id),
                }
            }
        }
    }

    fn check_sequence(&mut self, id: SequenceId) {
        self.sequences[id.0].progress = CheckProgress::Checking;
        let sequence = self.sequences[id.0].ast;
        self.in_run(&sequence.name.node, FuncKind::Sequence, |checker| checker.sequence_body(id, sequence));
        self.sequences[id.0].progress = CheckProgress::Done;
    }

    fn sequence_body(&mut self, id: SequenceId, sequence: &'a ast::Sequence) {
        let params = self.params(&sequence.params);
        self.bind_params(&params);
        self.sequences[id.0].params = params;
        self.func.interrupt = sequence.interrupt.is_some();
        // Every `leave` checks all of them, so their number is limited.
        if let Some(name) = sequence.gives.get(GIVES_MAX) {
            let message = format!("a sequence with {} results, expected at most {GIVES_MAX}", sequence.gives.len());
            self.error(Code::NotGiven, name.span, message, "give one object with several members");
        }
        self.func.gives = &sequence.gives[..sequence.gives.len().min(GIVES_MAX)];
        self.func.body = Some(&sequence.body);
        let mut body = self.stmts(&sequence.body.stmts);
        self.check_gives(None);
        let gives: Vec<LocalId> = sequence.gives.iter().filter_map(|name| self.func.names.get(name.node.as_str()).copied()).collect();
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
            if crate::check::flow::inject_waits::spread(&mut body, &wait, flag) {
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
    }

    /// Reports the given values that may be unassigned where the sequence ends: at a `leave`, or after its last statement.
    pub(in crate::check) fn check_gives(&mut self, leave: Option<Span>) {
        if !self.func.state.live {
            return;
        }
        for name in self.func.gives {
            let id = self.func.names.get(name.node.as_str()).copied();
            let status = id.map_or(Assigned::Unset, |id| self.func.status(id));
            let kind = id.map(|id| self.func.vars[id.0].kind);
            if status == Assigned::Set || self.func.broken {
                if kind == Some(VarKind::Param) {
                    let d =
                        Diagnostic::new(Code::NotGiven, name.span, format!("`{}` is a parameter, which a sequence cannot give", name.node))
                            .help("remove it from `gives`, or give a value that the sequence assigns");
                    self.report(d);
                }
                continue;
            }
            let reason = match (leave, status) {
                (Some(_), _) => "a `leave` ends the sequence before it is assigned",
                (None, Assigned::Failed(_)) => "its step may fail",
                (None, Assigned::Branch(_)) => "not every branch assigns it",
                (None, Assigned::Loop(_)) => "the loop may run zero times",
                _ => "nothing assigns it",
            };
            let mut d = Diagnostic::new(
                Code::NotGiven,
                name.span,
                format!("`{}` may be unassigned at the end of the sequence: {reason}", name.node),
            );
            if let Some(leave) = leave {
                d = d.also(leave, "left here");
            }
            let d = match status {
                Assigned::Failed(step) => {
                    d.also(step, "this step").help("add `interrupt` after the step's or the sequence's name, or `else` after the take")
                }
                _ => d.help(format!("write `let {} = null` at the sequence's start, and `set` it later", name.node)),
            };
            self.report(d);
        }
    }

    pub(in crate::check) fn tasks(&mut self, id: TasksId) {
        self.run_checked(Runnable::Tasks(id));
    }

    fn check_tasks(&mut self, id: TasksId) {
        self.tasks[id.0].progress = CheckProgress::Checking;
        let tasks = self.tasks[id.0].ast;
        self.in_run(&tasks.name.node, FuncKind::Tasks, |checker| checker.tasks_body(id, tasks));
        self.tasks[id.0].progress = CheckProgress::Done;
    }

    fn tasks_body(&mut self, id: TasksId, tasks: &'a ast::Tasks) {
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
    }

    /// Resolves the callee of a `run` or of a member of `tasks`, with the types and names of the values that it gives.
    pub(in crate::check) fn callee(&mut self, name: &'a Name, args: &'a [Arg]) -> Option<(TaskPick, Rc<[Type]>, Span)> {
        let Some(decl) = self.runs.get_mut(name.node.as_str()) else {
            self.args_only(args);
            self.unknown_run(name);
            return None;
        };
        decl.used = true;
        let (what, declared) = (decl.what, decl.span);
        self.cross(name.span, declared);
        if self.repaired(declared) {
            self.args_only(args);
            return None;
        }
        match what {
            Runnable::Sequence(id) => {
                self.sequence(id);
                if self.sequences[id.0].progress != CheckProgress::Done {
                    self.recursion(name, declared);
                    return None;
                }
                let params = std::mem::take(&mut self.sequences[id.0].params);
                let args = self.arguments(&name.node, name.span, &params, args, declared);
                self.sequences[id.0].params = params;
                let gives = Rc::clone(&self.sequences[id.0].gives);
                Some((TaskPick::Sequence(id, args), gives, declared))
            }
            Runnable::Tasks(id) => {
                self.tasks(id);
                if self.tasks[id.0].progress != CheckProgress::Done {
                    self.recursion(name, declared);
                    return None;
                }
                let params = std::mem::take(&mut self.tasks[id.0].params);
                let args = self.arguments(&name.node, name.span, &params, args, declared);
                self.tasks[id.0].params = params;
                Some((TaskPick::Tasks(id, args), Rc::default(), declared))
            }
        }
    }

    pub(super) fn recursion(&mut self, name: &Name, declared: Span) {
        let from = self.running.iter().position(|on| *on == name.node);
        let circle = &self.running[from.unwrap_or(0)..];
        let message = match circle {
            [_] => format!("sequence `{}` runs itself", name.node),
            [first @ .., last] if circle.len() > NAMED_MAX => {
                let first = first[..NAMED_MAX].join(" → ");
                format!("unexpected cycle of sequences: {first} → … → {last} → {}", name.node)
            }
            _ => format!("unexpected cycle of sequences: {} → {}", circle.join(" → "), name.node),
        };
        let d = Diagnostic::new(Code::Recursion, name.span, message)
            .also(declared, "declared here")
            .help("write `repeat n { }` or `for` around its steps");
        self.report(d);
    }

    pub(super) fn unknown_run(&mut self, name: &Name) {
        if self.broken {
            return;
        }
        let word = name.node.as_str();
        let mut d = Diagnostic::new(Code::UnknownSequence, name.span, format!("unknown sequence or tasks `{word}`"));
        if !self.explains() {
            return self.report(d);
        }
        let mut known: Vec<&str> = self.runs.keys().copied().collect();
        known.sort_unstable();
        d = match self.values.get(word).map(|decl| decl.what) {
            Some(Global::Api(_)) => d.help("write `step \"Name\" { … }` to send a request"),
            _ => d.did_you_mean(word, known.iter().copied()),
        };
        if d.help.is_none() && !known.is_empty() {
            d = d.help(format!("use {}", list(&known)));
        }
        self.report(d);
    }

    /// Checks `run S(a)` and `take x, y = run S(a)`.
    pub(in crate::check) fn run_stmt(&mut self, takes: &'a [Name], name: &'a Name, args: &'a [Arg], span: Span) -> Option<StmtKind> {
        let found = self.callee(name, args);
        let gives = found.as_ref().map_or(&[][..], |(_, gives, _)| gives);
        if let Some((_, gives, declared)) = &found
            && !takes.is_empty()
            && takes.len() != gives.len()
        {
            let what = match gives.len() {
                0 => "nothing".to_owned(),
                1 => "one value".to_owned(),
                n => format!("{n} values"),
            };
            let d = Diagnostic::new(
                Code::GivesOther,
                span,
                format!(
                    "`{}` gives {what}, but {} taken",
                    name.node,
                    if takes.len() == 1 { "one is".to_owned() } else { format!("{} are", takes.len()) }
                ),
            )
            .also(*declared, "declared here")
            .help("write `gives a, b` after the sequence's parameters, and take the values in that order");
            self.report(d);
        }
        let mut locals: Vec<LocalId> = Vec::new();
        for (index, take) in takes.iter().enumerate() {
            let ty = gives.get(index).cloned().unwrap_or(Type::Json);
            locals.push(self.assign(take, ty, VarKind::Take));
        }
        found.map(|(callee, ..)| StmtKind::Run { takes: locals, callee })
    }
}
