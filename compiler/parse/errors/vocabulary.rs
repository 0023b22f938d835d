//! The words with which the constructs of the language start.

/// Words that start an item of a file.
pub(super) const ITEMS: &[&str] = &["import", "api", "data", "let", "keep", "sequence", "tasks", "user", "before", "after"];

/// Words that start a statement.
pub(super) const STATEMENTS: &[&str] = &[
    "step", "expect", "take", "let", "set", "run", "wait", "if", "for", "repeat", "poll", "retry", "parallel", "group", "log", "fail",
    "leave", "break", "stop", "reset", "finally",
];

/// Words that start a member of an api.
pub(super) const API: &[&str] = &[
    "base",
    "keys",
    "cookies",
    "resend",
    "forward_headers",
    "max_body",
    "auth",
    "headers",
    "timeout",
    "redirects",
    "healthcheck",
    "resource",
];

/// Words that start a part of a request.
pub(super) const PARTS: &[&str] =
    &["json", "form", "query", "headers", "text", "multipart", "graphql", "bytes", "auth", "timeout", "redirects", "expect", "version"];

/// Words that start a member of a user.
pub(super) const USER: &[&str] = &["run", "wait", "weight", "on", "every"];

/// HTTP methods, in lower case.
pub(super) const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options"];

/// The word at the start of `text`.
pub(super) fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())]
}

/// Whether `word` starts a statement.
pub(super) fn is_statement(word: &str) -> bool {
    STATEMENTS.contains(&word)
}

/// Whether a text with this first word is certainly a statement or a member.
pub(super) fn starts_statement(first: &str) -> bool {
    STATEMENTS.contains(&first) || USER.contains(&first) || ITEMS.contains(&first)
}
