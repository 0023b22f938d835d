//! What the compiler wrote about a spec: static tables and the functions of its scenarios. The generated crate has one [`Program`].

use std::future::Future;
use std::pin::Pin;

use crate::base::flow::{Exit, Flow};
use crate::base::place::Place;
use crate::call::builder::Request;
pub use crate::stats::NameKind;
use crate::stats::{NO_NAME, Name};
use crate::step::response::Response;
use crate::user::{User, Wait};
pub use crate::value::convert::Type;
use crate::value::{Eval, Value};

/// A boxed scenario: what the engine awaits, so that the generated crate holds no engine code.
pub type Turn<'u, T = ()> = Pin<Box<dyn Future<Output = Flow<T>> + 'u>>;

/// Runs `before test`.
pub type SharedRunner = fn(&User) -> Turn<'_, Vec<Value>>;

/// Takes an api's version from its health check.
pub type VersionSource = fn(&User, &Response<'_>) -> Eval<Option<Value>>;

/// A compiled spec.
#[derive(Debug)]
pub struct Program {
    /// Tells its code from other specs' and other versions' of it; profile and environments don't count.
    pub fingerprint: &'static str,
    /// Its name: the spec's file stem.
    pub name: &'static str,
    /// The spec, as it was named to the compiler.
    pub spec: &'static str,
    /// The version of ltc that compiled it.
    pub compiler: &'static str,
    /// Its files in order of [`Place::file`].
    pub files: &'static [&'static str],
    /// All places that failures may name, sorted.
    pub places: &'static [Place],
    /// Lines of the report.
    pub lines: &'static [Line],
    /// Steps in order of the source.
    pub steps: &'static [StepInfo],
    /// Clients.
    pub apis: &'static [ApiInfo],
    /// Keys of the environment that the spec reads.
    pub env: &'static [EnvKey],
    /// Data sources.
    pub data: &'static [DataInfo],
    /// `keep`s: evaluated once for each user.
    pub keeps: &'static [Variable],
    /// File-level `let`s: evaluated once a test.
    pub globals: &'static [Variable],
    /// Classes of virtual users.
    pub users: &'static [UserClass],
    /// Sequences and tasks that can be run alone: what `--debug` and `--only` know.
    pub scenarios: &'static [Scenario],
    /// `before test`: gives the shared values.
    pub before_test: Option<SharedRunner>,
    /// `after test`.
    pub after_test: Option<fn(&User) -> Turn<'_>>,
    /// Regexes, by the index that matchers and `~` name.
    pub regexes: &'static [&'static str],
    /// JSONPaths.
    pub paths: &'static [&'static str],
    /// CSS selectors.
    pub selectors: &'static [&'static str],
    /// Files that the spec sends.
    pub assets: &'static [Asset],
    /// Profile and environments as they were at build time.
    pub embedded: Embedded,
}

impl Program {
    /// The report row of what fails outside of steps and is no `fail` statement, behind all [`Self::lines`]: an expression has no value,
    /// a `poll` has no step.
    pub fn outside(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(NO_NAME)
    }

    /// How many rows the report has.
    pub fn rows(&self) -> usize {
        self.lines.len() + 1
    }

    /// The rows of the report, in order.
    pub fn names(&self) -> Vec<Name> {
        let lines = self.lines.iter().map(|line| Name { name: line.name.into(), kind: line.kind, method: line.method.into() });
        lines.chain([Name::fail("outside of steps")]).collect()
    }
}

/// A line of the report.
#[derive(Debug)]
pub struct Line {
    /// `Checkout / Pay`.
    pub name: &'static str,
    /// The method of its requests; empty where it has none, or several.
    pub method: &'static str,
    /// What it stands for.
    pub kind: NameKind,
}

/// A step of the source.
#[derive(Debug)]
pub struct StepInfo {
    /// Its line.
    pub line: u32,
    /// The sequence it stands in.
    pub context: &'static str,
    /// Checked, not recorded.
    pub skip: bool,
    /// On failure the turn is over.
    pub interrupt: bool,
    /// Whether anything reads the body of the answer. Where not, only its first bytes are kept, however large it is.
    pub reads_body: bool,
    /// Where not, a status from 400 up is a failure.
    pub expects_status: bool,
    /// Where it stands.
    pub at: Place,
}

/// A client.
#[derive(Debug)]
pub struct ApiInfo {
    /// Its name.
    pub name: &'static str,
    /// Its base URL.
    pub base: fn(&User) -> Eval,
    /// The dotted paths of the environment's maps that its base comes from, empty for the top: there stands how its host is reached.
    pub sections: &'static [&'static str],
    /// Whether it sends and keeps cookies.
    pub cookies: bool,
    /// Whether its requests may be sent again where HTTP allows it.
    pub resend: bool,
    /// The most bytes that the body of an answer may have where it is read.
    pub max_body: u64,
    /// Its health check, with the source of the version.
    pub health: Option<Health>,
    /// Where it is declared.
    pub at: Place,
}

/// A health check.
#[derive(Debug)]
pub struct Health {
    /// The request.
    pub request: for<'u> fn(&'u User) -> Eval<Request<'u>>,
    /// What is taken as the version.
    pub version: Option<VersionSource>,
}

/// A key of the environment.
#[derive(Debug)]
pub struct EnvKey {
    /// `tpdata.url`.
    pub path: &'static str,
    /// What its value is read as.
    pub kind: Type,
    /// Where it is used first.
    pub at: Place,
}

/// A data source.
#[derive(Debug)]
pub struct DataInfo {
    /// Its name.
    pub name: &'static str,
    /// The file it came from.
    pub path: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// Its rows: a JSON list of lists, in order of the columns.
    pub rows: &'static str,
    /// `order random`.
    pub random: bool,
    /// `share unique`.
    pub unique: bool,
    /// What happens when no row is left.
    pub at_end: AtEnd,
}

/// What happens when a data source has no row left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// It starts again.
    Recycle,
    /// The user stops.
    StopUser,
    /// The test stops.
    StopTest,
}

/// A variable that is evaluated apart from any sequence.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its first value.
    pub value: fn(&User) -> Eval,
    /// Where it is declared.
    pub at: Place,
}

/// A class of virtual users.
#[derive(Debug)]
pub struct UserClass {
    /// Its name.
    pub name: &'static str,
    /// Its share among the classes.
    pub weight: fn(&User) -> Eval,
    /// Its turns: one future that never ends, and after each turn calls [`User::turn_over`].
    pub turns: fn(&User) -> Turn<'_>,
    /// The wait between turns.
    pub wait: Option<fn(&User) -> Eval<Wait>>,
    /// `on start`.
    pub on_start: Option<fn(&User) -> Turn<'_>>,
    /// `on stop`.
    pub on_stop: Option<fn(&User) -> Turn<'_>>,
    /// `every 20m { }`.
    pub every: &'static [Every],
    /// The scenarios a turn may reach, for `--debug`: indices into [`Program::scenarios`].
    pub scenarios: &'static [usize],
    /// Where it is declared.
    pub at: Place,
}

/// `every 20m { }`.
#[derive(Debug)]
pub struct Every {
    /// The period.
    pub period: fn(&User) -> Eval,
    /// What is run between two turns once the period is over.
    pub run: fn(&User) -> Turn<'_>,
}

/// A sequence or a step of `tasks` that can be run alone.
#[derive(Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// Runs it once.
    pub run: fn(&User) -> Turn<'_>,
}

/// A file that is carried.
#[derive(Debug)]
pub struct Asset {
    /// Its path as the spec names it.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// What the binary was built with.
#[derive(Debug)]
pub struct Embedded {
    /// The profile's path as it was named, and its text.
    pub profile: Option<(&'static str, &'static str)>,
    /// `config/*.yml` but the credentials: file stem and text.
    pub environments: &'static [(&'static str, &'static str)],
}

/// How a scenario of [`Scenario`] is told from others that end a user.
pub fn ends_user(exit: Exit) -> bool {
    matches!(exit, Exit::StopUser | Exit::StopTest)
}
