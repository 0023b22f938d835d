//! Diagnostics: what is wrong, where, why, and how to fix it.

mod codes;
mod excerpt;
mod list;
pub mod render;

pub use codes::Code;
pub use list::Diagnostics;

use crate::span::Span;

/// How many names a help lists.
const LISTED_MAX: usize = 16;

/// How long a text of a diagnostic is, in bytes: a name may be a megabyte.
const TEXT_BYTES_MAX: usize = 2_000;

/// Names for a help: `a, b, c`; of many, the first.
pub fn list(names: &[&str]) -> String {
    let more = if names.len() > LISTED_MAX { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(LISTED_MAX)].join(", "))
}

/// A text of a diagnostic, cut where it is too long to read.
fn cut(text: String) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(TEXT_BYTES_MAX)])
}

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The program is compiled all the same.
    Warning,
    /// It is not.
    Error,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Its code, which also says whether it is an error or a warning.
    pub code: Code,
    /// What is wrong, in the writer's words: one line, no full stop.
    pub message: String,
    /// The places, the first the main one, each with a few words (or none).
    pub labels: Vec<(Span, String)>,
    /// How to fix it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic at one place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: cut(message.into()), labels: vec![(span, String::new())], help: None }
    }

    /// Words under the main place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.labels[0].1 = cut(text.into());
        self
    }

    /// One more place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, cut(text.into())));
        self
    }

    /// The fix.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(cut(text.into()));
        self
    }

    /// "did you mean", where `name` is nearly one of `candidates`.
    #[must_use]
    pub fn did_you_mean<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match ltc_config::suggest::did_you_mean(name, candidates) {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}
