//! Every code there is, with its page in `docs/errors/`, which `ltc explain` prints.
//!
//! LT00xx: what doesn't parse. LT01xx: names. LT02xx: types and values. LT03xx: requests and apis. LT04xx: steps, expectations and takes. LT05xx: flow.
//! LT06xx: data, files and environment. LT09xx: warnings.

use super::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A diagnostic's code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As it is shown: `LT0012`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Its page: what it means, an example that fails and one that passes.
            pub fn page(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("../../docs/errors/", $code, ".md")),)* }
            }
        }
    };
}

codes! {
    /// Something does not parse.
    Syntax = "LT0001",
    /// A text is never closed.
    UnclosedText = "LT0002",
    /// A brace is never closed.
    UnclosedBrace = "LT0003",
    /// A bracket closes nothing.
    StrayCloser = "LT0004",
    /// A `(` or `[` is never closed.
    UnclosedBracket = "LT0005",
    /// A character that has no place in a spec.
    StrayCharacter = "LT0006",
    /// Nested too deeply, or too long to be one expression.
    TooDeep = "LT0007",
    /// A word of the language as a name.
    ReservedWord = "LT0008",
    /// An operator of another language.
    ForeignOperator = "LT0009",
    /// `//` instead of `#`.
    ForeignComment = "LT0010",
    /// Quotes other than `"`.
    SingleQuotes = "LT0011",
    /// A statement of another language.
    ForeignStatement = "LT0012",
    /// A line ends too early or begins with what belongs to the line before.
    LineBreak = "LT0013",
    /// Statuses joined with `or`.
    StatusOr = "LT0014",
    /// The method of a request is missing or in lower case.
    BadMethod = "LT0015",
    /// The path of a request is missing or does not start with `/`.
    BadPath = "LT0016",
    /// A name that must be quoted is not.
    MissingQuotes = "LT0017",
    /// A number or a duration that cannot be read.
    BadNumber = "LT0018",
    /// An escape that does not exist.
    BadEscape = "LT0019",
    /// A hole where only a literal can stand.
    HoleInLiteral = "LT0020",
    /// A hole that is no expression, such as pasted JSON.
    BadHole = "LT0021",
    /// A placeholder of another tool, such as `{{x}}` or `${x}`.
    ForeignTemplate = "LT0022",
    /// Comparisons that follow one another.
    ChainedComparison = "LT0023",
    /// `..` is not the last of a list.
    RestNotLast = "LT0024",
    /// `=` and `==` confused.
    Assignment = "LT0025",
    /// Entries without a comma between them.
    MissingComma = "LT0026",
    /// `if` as an expression without `then` and `else`.
    MissingThen = "LT0027",
    /// Double braces around a name in a text: literal braces.
    LiteralPlaceholder = "LT0990",
}

impl Code {
    /// LT09xx are warnings, all others errors.
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with("LT09") { Severity::Warning } else { Severity::Error }
    }
}
