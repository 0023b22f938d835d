//! Sequences, steps, tasks, users and data of a draft.

use super::{Auth, Call, Expect, Expr, Param};

/// `sequence NAME(params) interrupt gives x { … }`
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// Comment lines above it.
    pub comments: Vec<String>,
    /// Its name: [`crate::names::pascal`].
    pub name: String,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Whether every step of it is `interrupt`.
    pub interrupt: bool,
    /// The variables that it gives.
    pub gives: Vec<String>,
    /// Its statements.
    pub body: Vec<Stmt>,
}

/// `step "NAME" skip interrupt { … }`
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its name: a literal.
    pub name: String,
    /// Whether it is excluded from the statistics.
    pub skip: bool,
    /// Whether its failure ends the iteration. This is necessary if it captures a value without an `else`, and later statements use the
    /// value.
    pub interrupt: bool,
    /// `let`, `set`, `log`, exactly one [`Stmt::Call`], then `expect`, `take`, `let`, `set` and `log`.
    pub body: Vec<Stmt>,
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Stmt {
    /// `# …`: one line.
    Comment(String),
    /// An empty line.
    Blank,
    /// A step.
    Step(Step),
    /// The request of a step.
    Call(Call),
    /// An expectation of a step.
    Expect(Expect),
    /// `take name: type = SOURCE else VALUE`
    Take {
        /// The variable.
        name: String,
        /// Its type.
        ty: Option<&'static str>,
        /// The source of its value.
        source: Source,
        /// Its value if the source finds nothing.
        or: Option<Expr>,
    },
    /// `let name = value`
    Let(String, Expr),
    /// `keep name = value`: only in [`super::Draft::variables`].
    Keep(String, Expr),
    /// `set name = value`
    Set(String, Expr),
    /// `set api.auth = …`
    SetAuth(String, Auth),
    /// `reset api`
    Reset(String),
    /// `take a, b = run Name(args)`, `run Name(args)`
    Run {
        /// The variables that take the values that the sequence gives.
        takes: Vec<String>,
        /// The sequence or tasks block.
        name: String,
        /// Its arguments.
        args: Vec<(Option<String>, Expr)>,
    },
    /// `wait 1s..3s`
    Wait(Wait),
    /// `wait 1s..3s between steps`
    WaitBetween(Wait),
    /// `group "NAME" { … }`
    Group(String, Vec<Stmt>),
    /// `if c { } else if d { } else { }`, with the conditions' source text.
    If(Vec<(String, Vec<Stmt>)>, Vec<Stmt>),
    /// `for x in xs { … }`
    For {
        /// The variable.
        name: String,
        /// The list or range.
        over: Expr,
        /// How many iterations run at once.
        parallel: Option<Expr>,
        /// Its statements.
        body: Vec<Stmt>,
    },
    /// `repeat n { … }`
    Repeat(Expr, Vec<Stmt>),
    /// `parallel { … }`
    Parallel(Vec<Stmt>),
    /// `retry 2 times every 1s { … }`
    Retry(Expr, Option<Expr>, Vec<Stmt>),
    /// `poll every 1s up to 20 times until c { … }`
    Poll {
        /// The pause.
        every: Expr,
        /// The attempts.
        times: Expr,
        /// The source text of the condition.
        until: String,
        /// Its statements.
        body: Vec<Stmt>,
    },
    /// `fail "why"`
    Fail(Expr),
    /// `log "text"`
    Log(Expr),
    /// `leave`
    Leave,
    /// `break`
    Break,
    /// `stop user`
    StopUser,
}

/// A pause: one duration, or a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// `wait 1s`
    Fixed(Expr),
    /// `wait 1s..3s`
    Between(Expr, Expr),
    /// `wait pacing 5s`: only for a user.
    Pacing(Expr),
}

impl Wait {
    /// A pause of milliseconds.
    pub fn ms(ms: u64) -> Self {
        Self::Fixed(Expr::Code(duration(ms)))
    }

    /// A pause between two numbers of milliseconds.
    pub fn ms_range(from: u64, to: u64) -> Self {
        if from == to { Self::ms(from) } else { Self::Between(Expr::Code(duration(from)), Expr::Code(duration(to))) }
    }
}

/// A duration in the language: `1500` is `1.5s`, `90000` is `1m30s`.
pub fn duration(ms: u64) -> String {
    ltc_config::duration::print(std::time::Duration::from_millis(ms))
}

/// The source of a take.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// `all`, `any`
    pub quantifier: Option<&'static str>,
    /// Its source text: `json.a.b`, `header "Location"`, `html "css" @href`. The constructors below build it.
    pub what: String,
    /// The pattern after `~`.
    pub pattern: Option<String>,
}

/// A part of the path to a member of a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A member, by its name.
    Key(String),
    /// An item, by its index.
    Index(usize),
}

impl Source {
    /// A source from its source text.
    pub fn code(what: impl Into<String>) -> Self {
        Self { quantifier: None, what: what.into(), pattern: None }
    }

    /// `json.a.b[0]`
    pub fn json(path: &[Segment]) -> Self {
        let mut what = "json".to_owned();
        for part in path {
            match part {
                Segment::Key(key) if crate::names::is_word(key) => what.push_str(&format!(".{key}")),
                Segment::Key(key) => what.push_str(&format!("[{}]", crate::write::quoted(key))),
                Segment::Index(index) => what.push_str(&format!("[{index}]")),
            }
        }
        Self::code(what)
    }

    /// `json "$.items[*].id"`: a JSONPath (RFC 9535).
    pub fn json_path(path: &str) -> Self {
        Self::code(format!("json {}", crate::write::quoted(path)))
    }

    /// `header "Location"`
    pub fn header(name: &str) -> Self {
        Self::code(format!("header {}", crate::write::quoted(name)))
    }

    /// `cookie "sid"`
    pub fn cookie(name: &str) -> Self {
        Self::code(format!("cookie {}", crate::write::quoted(name)))
    }

    /// `html "css" @attribute`, `html "css"`
    pub fn html(css: &str, attribute: Option<&str>) -> Self {
        let attribute = attribute.map(|name| format!(" @{name}")).unwrap_or_default();
        Self::code(format!("html {}{attribute}", crate::write::quoted(css)))
    }

    /// The first group of a pattern: `text ~ /id=(\d+)/`.
    #[must_use]
    pub fn matching(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// All matches, as a list.
    #[must_use]
    pub fn all(mut self) -> Self {
        self.quantifier = Some("all");
        self
    }
}

/// `tasks NAME { … }`
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// Its name: [`crate::names::pascal`].
    pub name: String,
    /// Its members.
    pub members: Vec<Member>,
}

/// A member of a tasks block.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its weight: a number, or a key of the environment.
    pub weight: Expr,
    /// The sequence or tasks block.
    pub name: String,
    /// Its arguments.
    pub args: Vec<(Option<String>, Expr)>,
}

/// `user NAME weight N { … }`
#[derive(Clone, Debug, Default)]
pub struct User {
    /// Comment lines above it.
    pub comments: Vec<String>,
    /// Its name: [`crate::names::pascal`].
    pub name: String,
    /// Its weight.
    pub weight: Option<Expr>,
    /// `on start { … }`
    pub on_start: Vec<Stmt>,
    /// The sequence or tasks block that it runs.
    pub run: String,
    /// The arguments of its sequence or tasks block.
    pub args: Vec<(Option<String>, Expr)>,
    /// Its pause between iterations.
    pub wait: Option<Wait>,
    /// `on stop { … }`
    pub on_stop: Vec<Stmt>,
}

/// `data NAME from "data/NAME.csv" { … }`, with the rows that the writer writes to that file.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name, and the stem of its file.
    pub name: String,
    /// Lines of its block: `share unique`, `at_end recycle`, `order random`.
    pub options: Vec<String>,
    /// Its rows.
    pub rows: Rows,
}

/// The rows of a data file.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Columns and rows, written as CSV.
    Csv(Vec<String>, Vec<Vec<String>>),
    /// Objects, written as JSON.
    Json(serde_json::Value),
    /// An existing file of the user, with this path relative to the spec.
    File(String),
}
