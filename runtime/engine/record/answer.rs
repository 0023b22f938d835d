//! An answer: every source of the language, parsed at most once and only where it is wanted.

use std::cell::{Cell, OnceCell, RefCell};

use ecow::EcoString;

use crate::http;
use crate::matcher;
use crate::source::{IndexState, MemberIndex, Page};

/// A response, with what was made of it.
#[derive(Debug)]
pub struct Answer {
    /// The response itself.
    pub raw: http::HttpResponse,
    members: Cell<IndexState>,
    text: OnceCell<EcoString>,
    pub(crate) page: OnceCell<Page>,
}

impl Answer {
    /// An answer of which nothing has been parsed yet.
    pub fn new(raw: http::HttpResponse) -> Self {
        Self { raw, members: Cell::default(), text: OnceCell::new(), page: OnceCell::new() }
    }

    /// The body as text, by its charset; bytes that are no text are replaced.
    pub(crate) fn text(&self) -> &EcoString {
        self.text.get_or_init(|| self.raw.charset.text(self.raw.body()).into())
    }

    /// Whether the body's text has this part. Bytes that are UTF-8 are looked at as they came.
    pub(crate) fn has_text(&self, part: &str) -> bool {
        match self.raw.charset.of_body(self.raw.body()) {
            None => matcher::has_text(self.raw.body(), part),
            Some(_) => self.text().contains(part),
        }
    }

    /// What the members of the body tell, where it is a small object.
    /// `members` is memory that all answers share.
    pub(crate) fn with_members<T>(&self, members: &RefCell<MemberIndex>, ask: impl FnOnce(&MemberIndex) -> T) -> Option<T> {
        let mut members = members.borrow_mut();
        let mark = members.read(self.raw.body(), self.members.get());
        self.members.set(mark);
        matches!(mark, IndexState::Number(_)).then(|| ask(&members))
    }
}
