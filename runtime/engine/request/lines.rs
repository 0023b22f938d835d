//! Header lines in the form `Name: value` with a line break each. A NUL before the name marks a header that null hides.

use ecow::EcoString;

use crate::value::{Eval, EvalError, Value};

/// The most bytes that the headers, or the body, of a usual request have.
pub(crate) const USUAL: usize = 192;

/// Whether a line is a header with that name.
pub(crate) fn names_header(line: &str, name: &str) -> bool {
    line.trim_start_matches('\0').split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name))
}

/// Appends a line.
pub(crate) fn push_line(out: &mut String, name: &str, value: &str) {
    if out.is_empty() {
        // Reserves room for the lines of a usual request.
        out.reserve(USUAL.max(name.len() + value.len() + 4));
    }
    out.push_str(name);
    out.push_str(": ");
    out.push_str(value);
    out.push_str("\r\n");
}

/// A header's value as text. Line breaks are refused, because they would start another header.
pub(crate) fn header_text(name: &str, value: &Value) -> Eval<EcoString> {
    one_line(value.to_text()?, || format!("the value of the header {name}"))
}

/// A text for a head. A line break is refused, because it would begin another header; so is NUL.
pub(crate) fn one_line(text: EcoString, what: impl FnOnce() -> String) -> Eval<EcoString> {
    match text.bytes().find(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        None => Ok(text),
        Some(0) => Err(EvalError(format!("{} contains a NUL character", what()))),
        Some(_) => Err(EvalError(format!("{} contains a line break", what()))),
    }
}
