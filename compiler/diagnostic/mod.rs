//! Diagnostics: the error, its location, the reason and the fix.

mod codes;
mod excerpt;
pub(crate) mod fix;
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
    /// The fix as replacements of the text, if it is one change and known exactly. Editors offer it, and programs can apply it.
    pub edits: Vec<(Span, String)>,
}

impl Diagnostic {
    /// Creates a diagnostic at one location.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: cut(message.into()), labels: vec![(span, String::new())], help: None, edits: Vec::new() }
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

    /// Adds a replacement to the fix.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push((span, text.into()));
        self
    }

    /// Sets the fix. If it names one code, that code replaces `span`.
    #[must_use]
    pub fn help_replacing(self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        match fix::only(&text) {
            Some(fix::Fix::Write(code)) => {
                let code = code.to_owned();
                self.help(text).edit(span, code)
            }
            Some(fix::Fix::Remove) => self.help(text).edit(span, ""),
            _ => self.help(text),
        }
    }

    /// Sets the fix: write `code` in place of the main location.
    #[must_use]
    pub fn write(self, code: &str) -> Self {
        let span = self.labels[0].0;
        self.help(format!("write `{code}`")).edit(span, code)
    }

    /// Adds "did you mean", if `name` is similar to one of `candidates`. If the main location is the name, replacing it is the fix.
    #[must_use]
    pub fn did_you_mean<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let Some(found) = ltc_config::suggest::meant(name, &candidates) else { return self };
        let span = self.labels[0].0;
        let is_name = (span.end - span.start) as usize == name.len();
        let diagnostic = self.help(format!("did you mean `{found}`?"));
        if is_name { diagnostic.edit(span, found) } else { diagnostic }
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}
