//! What the location that is being checked allows: which part of an exchange may be read, how keys are spelled, which function it is in.
//!
//! A context is handed down by the methods here, which restore what was before when what they were given has been checked. The fields are
//! private, so that nothing else can set one and forget to reset it.

use std::rc::Rc;

use super::Checker;
use super::expr::source::Sources;
use super::flow::assignment::State;
use super::scope::{BranchNames, Func, FuncKind, Loop};
use crate::model::Type;
use crate::span::Span;

/// What may be read, and how keys are spelled.
#[derive(Debug, Default)]
pub(super) struct Context {
    sources: Sources,
    /// The api has `keys camel`.
    camel: bool,
    /// The columns that a `where` reads.
    columns: Option<Vec<(String, Type)>>,
    reads_body: bool,
}

impl Context {
    /// What of an exchange may be read.
    pub(super) fn sources(&self) -> Sources {
        self.sources
    }

    /// Whether the api has `keys camel`.
    pub(super) fn camel(&self) -> bool {
        self.camel
    }

    /// The columns that a `where` reads; `None` outside of one.
    pub(super) fn columns(&self) -> Option<&[(String, Type)]> {
        self.columns.as_deref()
    }

    /// Notes that the body of the response is read.
    pub(super) fn note_body(&mut self) {
        self.reads_body = true;
    }
}

impl<'a> Checker<'a> {
    /// Checks where `sources` of an exchange may be read.
    pub(super) fn with_sources<T>(&mut self, sources: Sources, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.context.sources, sources);
        let checked = check(self);
        self.context.sources = before;
        checked
    }

    /// Checks what belongs to an api with or without `keys camel`.
    pub(super) fn with_camel<T>(&mut self, camel: bool, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.context.camel, camel);
        let checked = check(self);
        self.context.camel = before;
        checked
    }

    /// Checks a `where` over these columns.
    pub(super) fn with_columns<T>(&mut self, columns: Vec<(String, Type)>, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.context.columns.replace(columns);
        let checked = check(self);
        self.context.columns = before;
        checked
    }

    /// Checks what reads the response of a step, and whether it reads the body.
    pub(super) fn with_response<T>(&mut self, camel: bool, check: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let before = std::mem::take(&mut self.context.reads_body);
        let checked = self.with_camel(camel, |checker| checker.with_sources(Sources::Response, check));
        (checked, std::mem::replace(&mut self.context.reads_body, before))
    }

    /// Checks the expectations of a step that later takes these names.
    pub(super) fn with_taken_later<T>(&mut self, names: Vec<(&'a str, Span)>, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.func.taken_later, names);
        let checked = check(self);
        self.func.taken_later = before;
        checked
    }

    /// Checks a parallel body, within which locals below `floor` belong to what is around.
    pub(super) fn in_parallel<T>(&mut self, floor: usize, check: impl FnOnce(&mut Self) -> T) -> T {
        let floor = std::mem::replace(&mut self.func.floor, floor);
        self.func.parallel += 1;
        self.func.loops.push(Loop::Border);
        let checked = check(self);
        self.func.loops.pop();
        self.func.parallel -= 1;
        self.func.floor = floor;
        checked
    }

    /// Checks a branch of `parallel` beside which others assign names.
    pub(super) fn beside<T>(&mut self, names: &Rc<BranchNames<'a>>, branch: usize, check: impl FnOnce(&mut Self) -> T) -> T {
        self.func.others.push((Rc::clone(names), branch));
        let checked = check(self);
        self.func.others.pop();
        checked
    }

    /// Checks one level deeper in a function's blocks.
    pub(super) fn deeper<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> T {
        self.func.depth += 1;
        let checked = check(self);
        self.func.depth -= 1;
        checked
    }

    /// Checks a function, in the context of what declares it.
    pub(super) fn in_function<T>(&mut self, kind: FuncKind, context: String, check: impl FnOnce(&mut Self) -> T) -> T {
        let func = Func { kind, context, state: State::new(), ..Func::default() };
        let around = std::mem::replace(&mut self.func, func);
        let checked = check(self);
        self.func = around;
        checked
    }

    /// Checks a function that sees nothing of what is being checked: one that was met while another was being checked.
    pub(super) fn apart<T>(&mut self, kind: FuncKind, context: String, check: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::take(&mut self.context);
        let checked = self.in_function(kind, context, check);
        self.context = around;
        checked
    }

    /// Checks a sequence or tasks, which those that are being checked run.
    pub(super) fn in_run<T>(&mut self, name: &'a str, kind: FuncKind, check: impl FnOnce(&mut Self) -> T) -> T {
        self.running.push(name);
        let checked = self.apart(kind, name.to_owned(), check);
        self.running.pop();
        checked
    }
}
