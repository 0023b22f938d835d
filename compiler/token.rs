//! The tokens of a text, for the formatter and for the colors of editors.

use std::ops::Range;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its kind.
    pub kind: TokenKind,
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// The number of line breaks before it, at most two.
    pub lines: u8,
    /// Whether it is the first token of an item, a member or a statement.
    pub starts: bool,
    /// The column that it starts, if neighboring lines can share that column.
    pub column: Option<Column>,
}

/// The kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word.
    Word(WordClass),
    /// A number, a duration, a size, a status.
    Number,
    /// `"` or `"""` before a string.
    TextOpen,
    /// Part of a string: a run of characters, an escape, a format.
    TextPart,
    /// The quotes at the end of a string.
    TextClose,
    /// A whole GraphQL query with its quotes.
    Raw,
    /// The `/` that a path begins with.
    PathStart,
    /// Characters of a path.
    PathPart,
    /// `/re/`.
    Regex,
    /// `@href`.
    Attribute,
    /// A sign between two operands, or before a matcher.
    Operator,
    /// The `-` before an operand.
    Minus,
    /// The `=` before an assigned value.
    Assign,
    /// `..` between the ends of a range.
    Range,
    /// `..` at the end of a list's pattern.
    Rest,
    /// `.` before a member.
    Dot,
    /// `,`.
    Comma,
    /// `:`.
    Colon,
    /// An opening bracket.
    Open(Bracket),
    /// A closing bracket.
    Close(Bracket),
    /// `#` and the rest of its line.
    Comment,
}

/// The classes of word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordClass {
    /// A word of the language.
    Keyword,
    /// `true`, `null`.
    Literal,
    /// A word that reads the exchange: `json`, `status`.
    Source,
    /// `GET`.
    Method,
    /// `int`.
    Type,
    /// A variable, an api, a sequence, a function.
    Name,
    /// A word after a dot.
    Member,
    /// A key of a map.
    Key,
}

/// The kinds of bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// The braces around statements or members.
    Block,
    /// The braces of a map or of its pattern.
    Map,
    /// The brackets of a list or of its pattern.
    List,
    /// The parentheses around arguments or parameters.
    Call,
    /// The parentheses around an expression.
    Paren,
    /// The brackets after a value.
    Index,
    /// The braces in a string or a path.
    Hole,
}

impl Bracket {
    /// Whether commas separate what it contains.
    pub fn has_commas(self) -> bool {
        matches!(self, Self::Map | Self::List | Self::Call)
    }
}

/// Columns that neighboring lines share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The value of an api's or a user's option.
    Value,
    /// The `=` of a request's declaration.
    Assign,
    /// The block of a step that is written on one line.
    Step,
}
