//! The compiler's output for a spec: static tables and the functions of its scenarios. The generated crate has one [`Program`].

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
pub use crate::tables::{Asset, AtEnd, DataInfo, Embedded, EnvKey, Holder, RowInfo, SecretVariable, StepInfo, Tables, Wait};
use crate::user::{Code, User};
pub use crate::value::Type;
use crate::value::{Eval, Value};

/// A boxed scenario. The engine awaits it, so that the generated crate contains no engine code.
pub type FlowFuture<'u, T = ()> = Pin<Box<dyn Future<Output = Flow<T>> + 'u>>;

/// Runs `before test`.
pub type SharedRunner = fn(&User) -> FlowFuture<'_, Vec<Value>>;

/// Reads an api's version from its health check.
pub type VersionSource = fn(&User, &Response<'_>) -> Eval<Option<Value>>;

/// A compiled spec.
#[derive(Debug)]
pub struct Program {
    /// Identifies the code of the spec in this version. Profile and environments don't count.
    pub fingerprint: &'static str,
    /// Its name: the spec's file stem.
    pub name: &'static str,
    /// The spec's path as it was passed to the compiler.
    pub spec: &'static str,
    /// The version of ltc that compiled it.
    pub compiler: &'static str,
    /// Its files in order of [`Location::file`].
    pub files: &'static [&'static str],
    /// All locations that failures may name, sorted.
    pub locations: &'static [Location],
    /// The report rows.
    pub lines: &'static [RowInfo],
    /// The steps in the order of the source.
    pub steps: &'static [StepInfo],
    /// The apis.
    pub apis: &'static [ApiInfo],
    /// Quoted URLs of requests, as far as they are known once the test begins.
    pub urls: &'static [KnownUrl],
    /// Keys of the environment that the spec reads.
    pub env: &'static [EnvKey],
    /// Data sources.
    pub data: &'static [DataInfo],
    /// `keep`s, which are evaluated once for each user.
    pub keeps: &'static [Variable],
    /// Whether it reads `user.iteration`.
    pub reads_iteration: bool,
    /// File-level `let`s, which are evaluated once per test.
    pub globals: &'static [Variable],
    /// Classes of virtual users.
    pub users: &'static [UserClass],
    /// Sequences and tasks that can be run alone, with `--debug` and `--only`.
    pub scenarios: &'static [Scenario],
    /// `before test`. Returns the shared values.
    pub before_test: Option<SharedRunner>,
    /// `before test every`.
    pub renewals: &'static [Every],
    /// `after test`.
    pub after_test: Option<fn(&User) -> FlowFuture<'_>>,
    /// Regexes, in the order of the indices in matchers and `~`.
    pub regexes: &'static [&'static str],
    /// JSONPaths.
    pub paths: &'static [&'static str],
    /// CSS selectors.
    pub selectors: &'static [&'static str],
    /// Variables whose values are never shown: `keep secret`, and those that become a credential.
    pub secrets: &'static [SecretVariable],
    /// Files that the spec sends.
    pub assets: &'static [Asset],
    /// Copies of profile and environments from build time.
    pub embedded: Embedded,
}

impl Program {
    /// The tables that users need while the test runs.
    pub const fn tables(&self) -> Tables {
        let Self { files, locations, lines, steps, paths, secrets, .. } = *self;
        Tables { files, locations, lines, steps, paths, secrets }
    }

    /// The number of report rows.
    pub fn rows(&self) -> usize {
        self.tables().rows()
    }

    /// The report rows, in order.
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

/// An api.
#[derive(Debug)]
pub struct ApiInfo {
    /// Its name.
    pub name: &'static str,
    /// Its base URL.
    pub base: fn(&User) -> Eval,
    /// The dotted paths of the environment's maps that its base comes from, empty for the top. They contain the settings for reaching its
    /// host.
    pub sections: &'static [&'static str],
    /// Whether it sends and keeps cookies.
    pub cookies: bool,
    /// Whether its requests may be sent again if HTTP allows it.
    pub resend: bool,
    /// The most bytes of a response's body that is read.
    pub max_body: u64,
    /// Its health check, with the function that reads the version.
    pub health: Option<Health>,
    /// Where it is declared.
    pub at: Location,
}

/// A quoted URL of a request. Some lead to other hosts than that of the api.
#[derive(Debug)]
pub struct KnownUrl {
    /// The api whose base it is resolved against.
    pub api: usize,
    /// The URL, or its beginning.
    pub url: fn(&User) -> Eval,
}

/// A health check.
#[derive(Debug)]
pub struct Health {
    /// The request.
    pub request: for<'u> fn(&'u User) -> Eval<Request<'u>>,
    /// Reads the version.
    pub version: Option<VersionSource>,
}

/// A variable that is evaluated outside of sequences.
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
    /// The scenarios that an iteration may reach, for `--debug`: indices into [`Program::scenarios`].
    pub scenarios: &'static [usize],
    /// Where it is declared.
    pub at: Location,
}

/// `every 20m { }`.
#[derive(Debug)]
pub struct Every {
    /// The period.
    pub period: fn(&User) -> Eval,
    /// The block, which runs between two iterations when the period is over.
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

/// Whether an exit of a [`Scenario`] ends the user.
pub fn ends_user(exit: Exit) -> bool {
    matches!(exit, Exit::StopUser | Exit::StopTest)
}
