//! Header lines as they are laid out: `Name: value` and a line break each. A null's mark is a NUL before the name.

use ecow::EcoString;

use crate::value::{Eval, EvalError, Value};

/// How many bytes the headers, or the body, of most requests have at most.
pub(crate) const USUAL: usize = 192;

/// Whether a line is of the header of that name.
pub(crate) fn names_header(line: &str, name: &str) -> bool {
    line.trim_start_matches('\0').split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name))
}

/// Appends a line.
pub(crate) fn push_line(out: &mut String, name: &str, value: &str) {
    if out.is_empty() {
        // Room for the lines that most requests have.
        out.reserve(USUAL.max(name.len() + value.len() + 4));
    }
    out.push_str(name);
    out.push_str(": ");
    out.push_str(value);
    out.push_str("\r\n");
}

/// A header's value as text; line breaks would start another header and are refused.
pub(crate) fn header_text(name: &str, value: &Value) -> Eval<EcoString> {
    one_line(value.to_text()?, || format!("the value of the header {name}"))
}

/// What is laid out into a head: a line break would begin a header of its own, and is refused; so is NUL.
pub(crate) fn one_line(text: EcoString, what: impl FnOnce() -> String) -> Eval<EcoString> {
    match text.bytes().find(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        None => Ok(text),
        Some(0) => Err(EvalError(format!("{} contains a NUL character", what()))),
        Some(_) => Err(EvalError(format!("{} contains a line break", what()))),
    }
}
