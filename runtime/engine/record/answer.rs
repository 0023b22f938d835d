//! A response with the sources that the language can read. Each is parsed at most once, and only if it is needed.

use std::cell::{Cell, OnceCell, RefCell};

use ecow::EcoString;

use crate::http;
use crate::matcher;
use crate::source::{IndexState, IndexedBodies, MemberIndex, Page};
use crate::value::Eval;

/// A response with its parsed forms.
#[derive(Debug)]
pub struct Answer {
    /// The response itself.
    pub raw: http::HttpResponse,
    members: Cell<IndexState>,
    text: OnceCell<EcoString>,
    pub(crate) page: OnceCell<Eval<Page>>,
}

impl Answer {
    /// Wraps a response without parsing it.
    pub fn new(raw: http::HttpResponse) -> Self {
        Self { raw, members: Cell::default(), text: OnceCell::new(), page: OnceCell::new() }
    }

    /// The body as text in its charset. Invalid bytes are replaced.
    pub(crate) fn text(&self) -> &EcoString {
        self.text.get_or_init(|| self.raw.charset.text(self.raw.body()).into())
    }

    /// Whether the body's text contains this part. UTF-8 bytes are searched without a conversion.
    pub(crate) fn has_text(&self, part: &str) -> bool {
        match self.raw.charset.of_body(self.raw.body()) {
            None => matcher::has_text(self.raw.body(), part),
            Some(_) => self.text().contains(part),
        }
    }

    /// Calls `ask` with the member index of the body, if the body is a small object. `bodies` are the indexes that all responses share.
    pub(crate) fn with_members<T>(&self, bodies: &RefCell<IndexedBodies>, ask: impl FnOnce(&MemberIndex) -> T) -> Option<T> {
        let mut bodies = bodies.borrow_mut();
        let (state, members) = bodies.read(self.raw.body(), self.members.get());
        self.members.set(state);
        members.map(ask)
    }
}
