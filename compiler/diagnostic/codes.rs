//! All diagnostic codes, each with its page in `docs/errors/`, which `ltc explain` prints.
//!
//! LT00xx: syntax errors. LT01xx: names. LT02xx: types and values. LT03xx: requests and apis. LT04xx: steps, expectations and takes.
//! LT05xx: flow. LT06xx: data, files and environment. LT09xx: warnings.

use super::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A diagnostic's code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as messages show it: `LT0012`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Its page: the explanation, an example that fails and one that passes.
            pub fn page(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("../../docs/errors/", $code, ".md")),)* }
            }
        }
    };
}

codes! {
    /// Syntax error.
    Syntax = "LT0001",
    /// Unclosed string.
    UnclosedText = "LT0002",
    /// Unclosed brace.
    UnclosedBrace = "LT0003",
    /// Unmatched closing bracket.
    StrayCloser = "LT0004",
    /// Unclosed `(` or `[`.
    UnclosedBracket = "LT0005",
    /// Unexpected character.
    StrayCharacter = "LT0006",
    /// Nesting too deep.
    TooDeep = "LT0007",
    /// Keyword as a name.
    ReservedWord = "LT0008",
    /// Unknown operator.
    ForeignOperator = "LT0009",
    /// Unknown comment sign.
    ForeignComment = "LT0010",
    /// Wrong quotes.
    SingleQuotes = "LT0011",
    /// Unknown statement.
    ForeignStatement = "LT0012",
    /// Unexpected line break.
    LineBreak = "LT0013",
    /// Statuses not separated by `|`.
    StatusOr = "LT0014",
    /// Missing or lower-case method.
    BadMethod = "LT0015",
    /// Missing or invalid path.
    BadPath = "LT0016",
    /// Missing quotes.
    MissingQuotes = "LT0017",
    /// Invalid number or duration.
    BadNumber = "LT0018",
    /// Unknown escape.
    BadEscape = "LT0019",
    /// `{…}` in a literal.
    HoleInLiteral = "LT0020",
    /// Unexpected brace in a string.
    BadHole = "LT0021",
    /// Placeholder of another tool.
    ForeignTemplate = "LT0022",
    /// Chained comparison.
    ChainedComparison = "LT0023",
    /// `..` not at the end of a list.
    RestNotLast = "LT0024",
    /// `=` and `==` confused.
    Assignment = "LT0025",
    /// Missing comma.
    MissingComma = "LT0026",
    /// Incomplete `if`.
    MissingThen = "LT0027",
    /// Unknown name.
    UnknownName = "LT0101",
    /// Duplicate declaration.
    DeclaredTwice = "LT0102",
    /// Reserved name.
    Reserved = "LT0103",
    /// Unknown api or request.
    UnknownRequest = "LT0104",
    /// Unknown sequence or tasks.
    UnknownSequence = "LT0105",
    /// Unknown function.
    UnknownFunction = "LT0106",
    /// Unknown member.
    UnknownMember = "LT0107",
    /// Unknown option.
    UnknownWord = "LT0108",
    /// Variable may be unassigned.
    NotEverywhere = "LT0109",
    /// Variable from a step that may fail.
    TakeMayFail = "LT0110",
    /// Use before assignment.
    TooEarly = "LT0111",
    /// Wrong kind of name.
    WrongName = "LT0112",
    /// Invalid import.
    BadImport = "LT0113",
    /// Mismatched types.
    WrongType = "LT0201",
    /// Duration without unit.
    NoUnit = "LT0202",
    /// Operator does not fit its operands.
    Operands = "LT0203",
    /// Values are never equal.
    NeverEqual = "LT0204",
    /// Variable changes its type.
    TypeStays = "LT0205",
    /// Missing argument.
    MissingArgument = "LT0206",
    /// Too many arguments.
    ExtraArgument = "LT0207",
    /// Unknown or duplicate argument.
    UnknownArgument = "LT0208",
    /// Value cannot be converted to a string.
    NotText = "LT0209",
    /// Unknown format.
    BadFormat = "LT0210",
    /// Invalid regex.
    BadRegex = "LT0211",
    /// Invalid JSONPath.
    BadJsonPath = "LT0212",
    /// Invalid CSS selector.
    BadSelector = "LT0213",
    /// Division by zero.
    DivisionByZero = "LT0214",
    /// Index out of range.
    OutOfRange = "LT0215",
    /// Reversed range.
    Reversed = "LT0216",
    /// Value out of range.
    Impossible = "LT0217",
    /// `absent` without a key.
    AbsentHere = "LT0218",
    /// Duplicate key.
    KeyTwice = "LT0219",
    /// Condition is not a boolean.
    NotACondition = "LT0220",
    /// Missing base.
    NoBase = "LT0301",
    /// Missing health check.
    NoHealthcheck = "LT0302",
    /// Duplicate option.
    SaidTwice = "LT0303",
    /// Invalid base.
    BadBase = "LT0304",
    /// Unknown method.
    UnknownMethod = "LT0305",
    /// Invalid path.
    ImpossiblePath = "LT0306",
    /// Invalid header.
    BadHeader = "LT0307",
    /// `body` outside of headers and auth.
    BodyHere = "LT0308",
    /// Health check reads null.
    NullInHealthcheck = "LT0309",
    /// Step without request.
    NoRequest = "LT0401",
    /// More than one request in a step.
    TwoRequests = "LT0402",
    /// Statement not allowed in a step.
    NotInStep = "LT0403",
    /// Invalid name of a step.
    StepName = "LT0404",
    /// Response read outside of a step.
    NoExchange = "LT0405",
    /// Invalid expectation.
    NoExpectation = "LT0406",
    /// Invalid status.
    BadStatus = "LT0407",
    /// Contradicting expectations.
    Contradiction = "LT0408",
    /// Take without a source.
    NoSource = "LT0409",
    /// Take does not fit its source.
    BadTake = "LT0410",
    /// Request, expectation or take outside of a step.
    OutsideStep = "LT0411",
    /// Cannot be set.
    NotSettable = "LT0412",
    /// Nothing to run.
    NothingRuns = "LT0501",
    /// Recursive sequence.
    Recursion = "LT0502",
    /// Variable shared by parallel branches.
    SharedByBranches = "LT0503",
    /// Statement is not a branch of `parallel`.
    NotABranch = "LT0504",
    /// `break` or `leave` has nothing to end.
    NoLoop = "LT0505",
    /// Result may be unassigned.
    NotGiven = "LT0506",
    /// Mismatched results.
    GivesOther = "LT0507",
    /// Misplaced `wait between steps`.
    BetweenSteps = "LT0508",
    /// Misplaced `wait pacing`.
    PacingHere = "LT0509",
    /// Misplaced statement.
    NotHere = "LT0510",
    /// Unknown key of the environment.
    NoEnvKey = "LT0601",
    /// Environment value of the wrong type.
    EnvKind = "LT0602",
    /// Invalid data file.
    BadData = "LT0603",
    /// Data source without rows.
    NoRows = "LT0604",
    /// Duplicate column.
    ColumnTwice = "LT0605",
    /// Invalid `where`.
    BadWhere = "LT0606",
    /// Cannot read a file.
    NoFile = "LT0607",
    /// Expected a literal.
    NotLiteral = "LT0608",
    /// Unused request.
    UnusedRequest = "LT0901",
    /// Unused parameter.
    UnusedParameter = "LT0902",
    /// Unused variable.
    UnusedVariable = "LT0903",
    /// Unused data source.
    UnusedData = "LT0904",
    /// Unused import.
    UnusedImport = "LT0905",
    /// Unused sequence.
    UnusedSequence = "LT0906",
    /// Unused api.
    UnusedApi = "LT0907",
    /// Unreachable statement.
    Unreachable = "LT0908",
    /// Step without expectation.
    ExpectsNothing = "LT0909",
    /// Secret in a spec.
    LiteralSecret = "LT0910",
    /// Condition is always true or always false.
    AlwaysSame = "LT0911",
    /// Placeholder of another tool.
    LiteralPlaceholder = "LT0990",
    /// Fewer rows than users.
    TooFewRows = "LT0912",
    /// Key not changed by `keys camel`.
    PlainKeys = "LT0913",
    /// Relative path replaces a part of the base.
    RelativePath = "LT0914",
    /// `length` read as a member.
    LengthMember = "LT0915",
}

impl Code {
    /// LT09xx are warnings, all others errors.
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with("LT09") { Severity::Warning } else { Severity::Error }
    }
}
