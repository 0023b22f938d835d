//! What the compiler wrote about a spec: static tables and the functions of its scenarios. The generated crate has one [`Program`].

pub mod renewed;
pub mod settings;

use std::future::Future;
use std::pin::Pin;

use crate::base::flow::{Exit, Flow};
use crate::base::location::Location;
use crate::call::builder::Request;
use crate::stats::ReportRow;
pub use crate::stats::RowKind;
use crate::step::response::Response;
pub use crate::tables::{Asset, AtEnd, DataInfo, Embedded, EnvKey, RowInfo, StepInfo, Tables, Wait};
use crate::user::{Code, User};
pub use crate::value::Type;
use crate::value::{Eval, Value};

/// A boxed scenario: what the engine awaits, so that the generated crate holds no engine code.
pub type FlowFuture<'u, T = ()> = Pin<Box<dyn Future<Output = Flow<T>> + 'u>>;

/// Runs `before test`.
pub type SharedRunner = fn(&User) -> FlowFuture<'_, Vec<Value>>;

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
    /// Its files in order of [`Location::file`].
    pub files: &'static [&'static str],
    /// All locations that failures may name, sorted.
    pub locations: &'static [Location],
    /// Lines of the report.
    pub lines: &'static [RowInfo],
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
    /// `before test every`.
    pub renewals: &'static [Every],
    /// `after test`.
    pub after_test: Option<fn(&User) -> FlowFuture<'_>>,
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
    /// What of it is data, and needed while users run.
    pub const fn tables(&self) -> Tables {
        Tables { files: self.files, locations: self.locations, lines: self.lines, steps: self.steps, paths: self.paths }
    }

    /// How many rows the report has.
    pub fn rows(&self) -> usize {
        self.tables().rows()
    }

    /// The rows of the report, in order.
    pub fn names(&self) -> Vec<ReportRow> {
        let lines = self.lines.iter().map(|line| ReportRow { name: line.name.into(), kind: line.kind, method: line.method.into() });
        lines.chain([ReportRow::fail("outside of steps")]).collect()
    }
}

impl Code for Program {
    fn keeps(&self) -> usize {
        self.keeps.len()
    }

    fn keep_at(&self, index: usize) -> Location {
        self.keeps[index].at
    }

    fn keep(&self, user: &User, index: usize) -> Eval {
        (self.keeps[index].value)(user)
    }

    fn base(&self, user: &User, api: usize) -> Eval {
        (self.apis[api].base)(user)
    }
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
    pub at: Location,
}

/// A health check.
#[derive(Debug)]
pub struct Health {
    /// The request.
    pub request: for<'u> fn(&'u User) -> Eval<Request<'u>>,
    /// What is taken as the version.
    pub version: Option<VersionSource>,
}

/// A variable that is evaluated apart from any sequence.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its first value.
    pub value: fn(&User) -> Eval,
    /// Where it is declared.
    pub at: Location,
}

/// A class of virtual users.
#[derive(Debug)]
pub struct UserClass {
    /// Its name.
    pub name: &'static str,
    /// Its share among the classes.
    pub weight: fn(&User) -> Eval,
    /// Its iterations: one future that never ends, and after each iteration calls [`User::end_iteration`].
    pub iterations: fn(&User) -> FlowFuture<'_>,
    /// The wait between iterations.
    pub wait: Option<fn(&User) -> Eval<Wait>>,
    /// `on start`.
    pub on_start: Option<fn(&User) -> FlowFuture<'_>>,
    /// `on stop`.
    pub on_stop: Option<fn(&User) -> FlowFuture<'_>>,
    /// `every 20m { }`.
    pub every: &'static [Every],
    /// The scenarios an iteration may reach, for `--debug`: indices into [`Program::scenarios`].
    pub scenarios: &'static [usize],
    /// Where it is declared.
    pub at: Location,
}

/// `every 20m { }`.
#[derive(Debug)]
pub struct Every {
    /// The period.
    pub period: fn(&User) -> Eval,
    /// What is run between two iterations once the period is over.
    pub run: fn(&User) -> FlowFuture<'_>,
}

/// A sequence or a step of `tasks` that can be run alone.
#[derive(Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// Runs it once.
    pub run: fn(&User) -> FlowFuture<'_>,
}

/// How a scenario of [`Scenario`] is told from others that end a user.
pub fn ends_user(exit: Exit) -> bool {
    matches!(exit, Exit::StopUser | Exit::StopTest)
}
