//! A worker's caches of requests and responses. They contain only HTTP data, and nothing of a user.

use std::cell::RefCell;
use std::rc::Rc;

use crate::matcher::VerdictCache;
use crate::record::trace::Trace;
use crate::request::prepared::PreparedRequest;
use crate::request::template::RequestTemplate;
use crate::source::IndexedBodies;

/// A worker's caches.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    /// Bodies and header fields that satisfied an expectation.
    pub(crate) verdicts: RefCell<VerdictCache>,
    /// The members of the last bodies.
    pub(crate) members: RefCell<IndexedBodies>,
    /// Constant requests by their number in the program, after they have been sent once.
    constants: RefCell<Vec<Option<PreparedRequest>>>,
    /// Templates of requests that change only in part, by their own numbers.
    templates: RefCell<Vec<Option<Rc<RequestTemplate>>>>,
    /// The memory of the last request's path, for the next one.
    text: RefCell<String>,
    /// The empty traces of steps that have ended. Steps take them, so that they allocate nothing and a waiting user has none.
    #[expect(clippy::vec_box, reason = "a step passes its trace on as a pointer")]
    traces: RefCell<Vec<Box<Trace>>>,
}

impl Caches {
    pub(crate) fn constant(&self, number: usize) -> Option<PreparedRequest> {
        self.constants.borrow().get(number).cloned().flatten()
    }

    pub(crate) fn keep_constant(&self, number: usize, request: PreparedRequest) {
        keep(&self.constants, number, request);
    }

    pub(crate) fn template(&self, number: usize) -> Option<Rc<RequestTemplate>> {
        self.templates.borrow().get(number).cloned().flatten()
    }

    pub(crate) fn keep_template(&self, number: usize, template: RequestTemplate) {
        keep(&self.templates, number, Rc::new(template));
    }

    /// The memory of a step that has ended, if there is some.
    pub(crate) fn take_trace(&self) -> Option<Box<Trace>> {
        self.traces.borrow_mut().pop()
    }

    /// Keeps the memory of a trace, which is empty, for another step.
    pub(crate) fn keep_trace(&self, trace: Box<Trace>) {
        self.traces.borrow_mut().push(trace);
    }

    /// An empty text in the memory of a kept one.
    pub(crate) fn take_text(&self) -> String {
        let mut text = self.text.take();
        text.clear();
        text
    }

    pub(crate) fn keep_text(&self, text: String) {
        self.text.replace(text);
    }
}

/// Stores `one` at index `number`, growing the table.
fn keep<T: Clone>(all: &RefCell<Vec<Option<T>>>, number: usize, one: T) {
    let mut all = all.borrow_mut();
    if all.len() <= number {
        all.resize(number + 1, None);
    }
    all[number] = Some(one);
}
