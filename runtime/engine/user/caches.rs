//! What a worker remembers of requests and answers, so that it needn't be made again: the memory of HTTP, which knows no user.

use std::cell::RefCell;
use std::rc::Rc;

use crate::matcher::VerdictCache;
use crate::request::prepared::PreparedRequest;
use crate::request::template::RequestTemplate;
use crate::source::MemberIndex;

/// A worker's caches.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    /// Bodies and header fields that an expectation has found good.
    pub(crate) verdicts: RefCell<VerdictCache>,
    /// The members of the body that was looked at last.
    pub(crate) members: RefCell<MemberIndex>,
    /// Requests that don't change, by their number in the program, as soon as they have been sent once.
    constants: RefCell<Vec<Option<PreparedRequest>>>,
    /// What requests say that change only in part, by their own numbers.
    templates: RefCell<Vec<Option<Rc<RequestTemplate>>>>,
    /// The memory of the last request's path, for the next one's.
    text: RefCell<String>,
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

    /// An empty text, with the memory of one that was kept.
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
