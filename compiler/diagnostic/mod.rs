//! Diagnostics: the error, its location, the reason and the fix.

mod codes;
mod excerpt;
mod list;
pub mod render;

pub use codes::Code;
pub use list::Diagnostics;

use crate::span::Span;

/// The most names that a help lists.
const LISTED_MAX: usize = 16;

/// The longest text of a diagnostic, in bytes, since a name may have a megabyte.
const TEXT_BYTES_MAX: usize = 2_000;

/// A list of names for a help: `a, b, c`. A long list is cut.
pub fn list(names: &[&str]) -> String {
    let more = if names.len() > LISTED_MAX { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(LISTED_MAX)].join(", "))
}

/// Cuts the text of a diagnostic if it is too long to read.
fn cut(text: String) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(TEXT_BYTES_MAX)])
}

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The program is compiled anyway.
    Warning,
    /// The program is not compiled.
    Error,
}

/// One error or warning.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Its code, which also says whether it is an error or a warning.
    pub code: Code,
    /// The error, in the words of the language: one line, no full stop.
    pub message: String,
    /// The locations, the main one first, each with a short text or none.
    pub labels: Vec<(Span, String)>,
    /// How to fix it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Creates a diagnostic at one location.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: cut(message.into()), labels: vec![(span, String::new())], help: None }
    }

    /// Sets the text at the main location.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.labels[0].1 = cut(text.into());
        self
    }

    /// Adds a location.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, cut(text.into())));
        self
    }

    /// Sets the fix.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(cut(text.into()));
        self
    }

    /// Adds "did you mean", if `name` is similar to one of `candidates`.
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
