//! The context of the expression or statement being checked: which part of an exchange it may read, how its keys are spelled, and which
//! function contains it.
//!
//! Each method here sets a part of the context, runs the given check, and then restores the former value. The fields are private, so that
//! no other code can set one and forget to restore it.

use std::collections::HashMap;
use std::rc::Rc;

use super::Checker;
use super::expr::source::Sources;
use super::flow::assignment::State;
use super::scope::{BranchNames, Func, FuncKind, Loop};
use crate::model::Type;
use crate::span::Span;

/// The readable parts of an exchange, and how keys are spelled.
#[derive(Debug, Default)]
pub(super) struct Context {
    sources: Sources,
    /// Whether the api has `keys camel`.
    camel: bool,
    /// The columns that a `where` reads.
    columns: Option<Vec<(String, Type)>>,
    reads_body: bool,
}

impl Context {
    /// The parts of an exchange that may be read.
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

    /// Records that the check read the body of the response.
    pub(super) fn note_body(&mut self) {
        self.reads_body = true;
    }
}

impl<'a> Checker<'a> {
    /// Runs `check` where an expression may read `sources` of an exchange.
    pub(super) fn with_sources<T>(&mut self, sources: Sources, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.context.sources, sources);
        let checked = check(self);
        self.context.sources = before;
        checked
    }

    /// Runs `check` on a part of an api with or without `keys camel`.
    pub(super) fn with_camel<T>(&mut self, camel: bool, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.context.camel, camel);
        let checked = check(self);
        self.context.camel = before;
        checked
    }

    /// Runs `check` on a `where` over these columns.
    pub(super) fn with_columns<T>(&mut self, columns: Vec<(String, Type)>, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.context.columns.replace(columns);
        let checked = check(self);
        self.context.columns = before;
        checked
    }

    /// Runs `check` where an expression may read the response of a step. Also returns whether it read the body.
    pub(super) fn with_response<T>(&mut self, camel: bool, check: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let before = std::mem::take(&mut self.context.reads_body);
        let checked = self.with_camel(camel, |checker| checker.with_sources(Sources::Response, check));
        (checked, std::mem::replace(&mut self.context.reads_body, before))
    }

    /// Runs `check` on the expectations of a step that takes these names afterwards.
    pub(super) fn with_taken_later<T>(&mut self, names: HashMap<&'a str, Span>, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.func.taken_later, names);
        let checked = check(self);
        self.func.taken_later = before;
        checked
    }

    /// Runs `check` on a parallel body. Locals below `floor` belong to the code around it.
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

    /// Runs `check` on a branch of `parallel`, with the names that the other branches assign.
    pub(super) fn beside<T>(&mut self, names: &Rc<BranchNames<'a>>, branch: usize, check: impl FnOnce(&mut Self) -> T) -> T {
        self.func.others.push((Rc::clone(names), branch));
        let checked = check(self);
        self.func.others.pop();
        checked
    }

    /// Runs `check` one level deeper in a function's blocks.
    pub(super) fn deeper<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> T {
        self.func.depth += 1;
        let checked = check(self);
        self.func.depth -= 1;
        checked
    }

    /// Runs `check` on a function, in the context of its declaration.
    pub(super) fn in_function<T>(&mut self, kind: FuncKind, context: String, check: impl FnOnce(&mut Self) -> T) -> T {
        let func = Func { kind, context, state: State::new(), ..Func::default() };
        let around = std::mem::replace(&mut self.func, func);
        let checked = check(self);
        self.func = around;
        checked
    }

    /// Runs `check` on a function with an empty context: the check of another function has reached this one, and must not affect it.
    pub(super) fn apart<T>(&mut self, kind: FuncKind, context: String, check: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::take(&mut self.context);
        let checked = self.in_function(kind, context, check);
        self.context = around;
        checked
    }

    /// Runs `check` on a sequence or tasks that the items being checked run.
    pub(super) fn in_run<T>(&mut self, name: &'a str, kind: FuncKind, check: impl FnOnce(&mut Self) -> T) -> T {
        self.running.push(name);
        let checked = self.apart(kind, name.to_owned(), check);
        self.running.pop();
        checked
    }
}
