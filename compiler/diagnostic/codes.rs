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
    /// A name that nothing has.
    UnknownName = "LT0101",
    /// A name is declared twice, or hides another.
    DeclaredTwice = "LT0102",
    /// A word of the language as a name.
    Reserved = "LT0103",
    /// An api, resource or request that there is not.
    UnknownRequest = "LT0104",
    /// A sequence or tasks that there is not.
    UnknownSequence = "LT0105",
    /// A function that there is not.
    UnknownFunction = "LT0106",
    /// A member that an object does not have.
    UnknownMember = "LT0107",
    /// A word that an option does not have.
    UnknownWord = "LT0108",
    /// A name is not assigned on every way to its use.
    NotEverywhere = "LT0109",
    /// A name whose take may have failed.
    TakeMayFail = "LT0110",
    /// A name is used before it is assigned.
    TooEarly = "LT0111",
    /// A name of one thing where another is wanted.
    WrongName = "LT0112",
    /// Imports in a circle, of itself, or twice.
    BadImport = "LT0113",
    /// A value of the wrong type.
    WrongType = "LT0201",
    /// A number where a duration is wanted.
    NoUnit = "LT0202",
    /// An operator that does not work on its operands.
    Operands = "LT0203",
    /// A comparison of what cannot be compared.
    NeverEqual = "LT0204",
    /// A variable is set to another type.
    TypeStays = "LT0205",
    /// An argument is missing.
    MissingArgument = "LT0206",
    /// An argument too many.
    ExtraArgument = "LT0207",
    /// An argument's name that there is not, or twice.
    UnknownArgument = "LT0208",
    /// Bytes, a file or a form in a text.
    NotText = "LT0209",
    /// A format that there is not.
    BadFormat = "LT0210",
    /// A regex that does not compile.
    BadRegex = "LT0211",
    /// A JSONPath that does not parse.
    BadJsonPath = "LT0212",
    /// A CSS selector that does not parse.
    BadSelector = "LT0213",
    /// A division by zero.
    DivisionByZero = "LT0214",
    /// An index out of range.
    OutOfRange = "LT0215",
    /// A range whose ends are reversed.
    Reversed = "LT0216",
    /// A number that cannot be.
    Impossible = "LT0217",
    /// `absent` where nothing can be left out.
    AbsentHere = "LT0218",
    /// A key twice in a map.
    KeyTwice = "LT0219",
    /// A condition that is no boolean.
    NotACondition = "LT0220",
    /// An api without a base.
    NoBase = "LT0301",
    /// An api without a health check.
    NoHealthcheck = "LT0302",
    /// Something is said twice.
    SaidTwice = "LT0303",
    /// A base that is no URL.
    BadBase = "LT0304",
    /// A method that there is not.
    UnknownMethod = "LT0305",
    /// A path that cannot be.
    ImpossiblePath = "LT0306",
    /// A header's name or value, or another part of a head, that cannot be.
    BadHeader = "LT0307",
    /// `body` where nothing is sent.
    BodyHere = "LT0308",
    /// A health check needs a text of what is null before the test.
    NullInHealthcheck = "LT0309",
    /// A step without a request.
    NoRequest = "LT0401",
    /// A step with more than one request.
    TwoRequests = "LT0402",
    /// A statement that has no place in a step.
    NotInStep = "LT0403",
    /// A name of a step or group that is no literal.
    StepName = "LT0404",
    /// A response is read where there is none.
    NoExchange = "LT0405",
    /// An expectation that is neither a status nor a boolean.
    NoExpectation = "LT0406",
    /// A status that there is not.
    BadStatus = "LT0407",
    /// Expectations that cannot hold together.
    Contradiction = "LT0408",
    /// A take that does not read the response.
    NoSource = "LT0409",
    /// A take whose type or quantifier does not fit its source.
    BadTake = "LT0410",
    /// A request, an expectation or a take outside a step.
    OutsideStep = "LT0411",
    /// Something that cannot be set.
    NotSettable = "LT0412",
    /// No user, or a user that runs nothing.
    NothingRuns = "LT0501",
    /// A sequence that runs itself.
    Recursion = "LT0502",
    /// Parallel branches that share a name.
    SharedByBranches = "LT0503",
    /// Something that has no place in `parallel`.
    NotABranch = "LT0504",
    /// A `break` or `leave` with nothing to end.
    NoLoop = "LT0505",
    /// A sequence does not always assign what it gives.
    NotGiven = "LT0506",
    /// A sequence gives other things than are taken.
    GivesOther = "LT0507",
    /// `between steps` out of place.
    BetweenSteps = "LT0508",
    /// `pacing` where there are no turns.
    PacingHere = "LT0509",
    /// A statement out of place.
    NotHere = "LT0510",
    /// A key that the environment does not have.
    NoEnvKey = "LT0601",
    /// A key of the environment of the wrong kind.
    EnvKind = "LT0602",
    /// A data file that cannot be read.
    BadData = "LT0603",
    /// A data source without rows.
    NoRows = "LT0604",
    /// A column twice.
    ColumnTwice = "LT0605",
    /// A `where` that sees more than columns and literals.
    BadWhere = "LT0606",
    /// A file that cannot be read.
    NoFile = "LT0607",
    /// A literal is wanted.
    NotLiteral = "LT0608",
    /// A request that nothing uses.
    UnusedRequest = "LT0901",
    /// A parameter that nothing uses.
    UnusedParameter = "LT0902",
    /// A variable that nothing uses.
    UnusedVariable = "LT0903",
    /// A data source that nothing uses.
    UnusedData = "LT0904",
    /// An import that nothing uses.
    UnusedImport = "LT0905",
    /// A sequence or tasks that nothing runs.
    UnusedSequence = "LT0906",
    /// An api that nothing uses.
    UnusedApi = "LT0907",
    /// A statement that is never reached.
    Unreachable = "LT0908",
    /// A step that expects nothing.
    ExpectsNothing = "LT0909",
    /// A secret that is written out.
    LiteralSecret = "LT0910",
    /// A condition that is always the same.
    AlwaysSame = "LT0911",
    /// A literal text that looks like a hole.
    LiteralPlaceholder = "LT0990",
    /// A data set that no two users share has fewer rows than there are users.
    TooFewRows = "LT0912",
    /// A map from elsewhere whose keys `keys camel` doesn't spell.
    PlainKeys = "LT0913",
}

impl Code {
    /// LT09xx are warnings, all others errors.
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with("LT09") { Severity::Warning } else { Severity::Error }
    }
}
