//! The words of the language that cannot name anything.

/// Words that cannot name a variable, each with one that can.
pub const RESERVED: &[(&str, &str)] = &[
    ("json", "data"),
    ("text", "content"),
    ("status", "state"),
    ("url", "address"),
    ("elapsed", "duration"),
    ("body", "content"),
    ("header", "head"),
    ("cookie", "session"),
    ("html", "page"),
    ("form", "page"),
    ("string", "value"),
    ("int", "count"),
    ("number", "amount"),
    ("bool", "flag"),
    ("list", "items"),
    ("object", "thing"),
    ("absent", "missing"),
    ("all", "every_one"),
    ("any", "one"),
    ("each", "item"),
    ("step", "stage"),
    ("expect", "expected"),
    ("take", "taken"),
    ("run", "round"),
    ("let", "value"),
    ("keep", "kept"),
    ("set", "chosen"),
    ("reset", "fresh"),
    ("wait", "pause"),
    ("if", "condition"),
    ("then", "next"),
    ("else", "other"),
    ("repeat", "times_left"),
    ("for", "item"),
    ("in", "inside"),
    ("break", "stop_here"),
    ("leave", "left"),
    ("stop", "halt"),
    ("fail", "failure"),
    ("log", "entry"),
    ("parallel", "together"),
    ("retry", "attempt"),
    ("poll", "check"),
    ("group", "team"),
    ("skip", "skipped"),
    ("interrupt", "interrupted"),
    ("and", "both"),
    ("or", "either"),
    ("not", "negated"),
    ("true", "yes"),
    ("false", "no"),
    ("null", "nothing"),
    ("grpc", "rpc"),
    ("socket", "connection"),
    ("submit", "sent"),
];

/// Names that the language predefines. They cannot be declared again.
pub const PREDEFINED: [&str; 5] = ["env", "user", "shard", "test", "fake"];

/// Whether a word cannot name a variable, an api, a sequence, a task or a user.
pub fn is_reserved(word: &str) -> bool {
    PREDEFINED.contains(&word) || RESERVED.iter().any(|(reserved, _)| *reserved == word)
}
