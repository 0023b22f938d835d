//! Checking: turns trees into the model, and reports every error that can be found at build time.
//!
//! [`check`] is a pure function. `Checker::run` lists its passes, each with the reason for its position. An erroneous expression has the
//! type `Json`, so that one mistake is reported once. A `Context` (`context.rs`) holds what the code being checked may use.

mod context;
mod declare;
mod expr;
mod flow;
mod lints;
mod scope;
mod secret_values;
pub mod types;
mod users;
mod value_flow;

use std::collections::{HashMap, HashSet};

use crate::ast;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::model::{self, Expr, Program, Type};
use crate::span::{FileId, Span};

pub use declare::env::{Env, EnvValue};
pub use declare::needs::{AssetKind, AssetRequest, needs};
pub(crate) use lints::secrets::in_environment as secrets_in;
pub use types::functions;

/// The input of a check.
#[derive(Debug)]
pub struct Input<'a> {
    /// The program's name: the spec's file stem.
    pub name: &'a str,
    /// The spec, then what it imports, by [`FileId`].
    pub files: &'a [ParsedFile<'a>],
    /// The environment. Without one, the check assumes that every key exists.
    pub env: Option<Env<'a>>,
    /// The files that [`needs()`] lists.
    pub assets: &'a Assets,
}

/// A file of the compilation.
#[derive(Debug)]
pub struct ParsedFile<'a> {
    /// Its path, as messages show it.
    pub path: String,
    /// Its text.
    pub text: &'a str,
    /// Its tree.
    pub ast: &'a ast::File,
    /// The file of each of its imports, in order; `None` if it could not be read (the driver has reported this).
    pub imports: Vec<Option<FileId>>,
}

/// Files read beforehand, by the file that names them and the path as written in it.
pub type Assets = HashMap<(FileId, String), Result<Vec<Loaded>, String>>;

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its path, as messages show it.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Checks a program. Returns no program if the diagnostics include an error.
pub fn check<'a>(input: &'a Input<'a>) -> (Option<Program>, Diagnostics) {
    let Outcome { program, diagnostics, .. } = check_with_types(input);
    (program, diagnostics)
}

/// The result of a check.
#[derive(Debug)]
pub struct Outcome {
    /// The program; `None` if the diagnostics include an error.
    pub program: Option<Program>,
    /// The errors and warnings.
    pub diagnostics: Diagnostics,
    /// The types of variables and parameters, by the location of each assignment, for editors.
    pub types: Vec<(crate::span::Span, model::Type)>,
    /// The dotted keys of the environment that the program uses as credentials, as far as it can be checked, for editors.
    pub credentials: Vec<String>,
}

/// Checks a program, and also returns the types of its variables, even if the program has errors.
pub fn check_with_types<'a>(input: &'a Input<'a>) -> Outcome {
    let mut checker = Checker::new(input);
    checker.run();
    let mut diagnostics = checker.diagnostics;
    diagnostics.sort_by_key(|d| d.labels.first().map(|(span, _)| (span.file, span.start)));
    let credentials = checker.program.env.iter().filter(|key| key.is_credential).map(|key| key.path.join(".")).collect();
    let program = (!diagnostics.iter().any(Diagnostic::is_error)).then_some(checker.program);
    Outcome { program, diagnostics, types: checker.types, credentials }
}

/// The data sources whose rows no two users may hold at once: name, number of rows and location, for comparison with the profile's users.
pub fn unique_sets(program: &Program) -> Vec<(&str, usize, Span)> {
    let unique = program.data.iter().filter(|data| data.unique);
    unique.map(|data| (data.name.as_str(), data.rows.len(), data.span)).collect()
}

/// The most diagnostics that suggest a similar name.
const EXPLAINED_MAX: usize = 100;

/// The most arguments, headers and expectations of all calls and requests together. Each call contains the default values of the arguments
/// that it leaves out, and the expectations of its request; each request contains the headers of its api. A spec of a megabyte with thousands
/// of parameters and thousands of calls would need gigabytes.
const COPIED_MAX: usize = 500_000;

/// The state of a check.
struct Checker<'a> {
    input: &'a Input<'a>,
    diagnostics: Diagnostics,
    program: Program,
    values: HashMap<&'a str, scope::Decl>,
    runs: HashMap<&'a str, scope::RunDecl>,
    sequences: Vec<users::sequences::SequenceInfo<'a>>,
    tasks: Vec<users::sequences::TasksInfo<'a>>,
    apis: Vec<declare::apis::ApiInfo<'a>>,
    requests: Vec<declare::requests::RequestInfo<'a>>,
    global_types: Vec<Type>,
    keep_types: Vec<Type>,
    /// What each `keep` may be set to, if its type is declared.
    keep_kinds: Vec<Option<types::Kinds>>,
    /// The names of the variables that `set` changes, in any function.
    changed: HashSet<String>,
    /// The value of each `keep` before any user runs.
    early_keeps: Vec<declare::health_check::Early>,
    shared_types: Vec<Type>,
    steps: HashMap<(FileId, u32), model::StepId>,
    groups: HashMap<(FileId, u32), model::LineId>,
    /// The report rows of `fail` statements, by the file and the offset of the statement.
    fails: HashMap<(FileId, u32), model::LineId>,
    /// The groups within which sequences are called, and the report rows of their copies.
    call_groups: users::call_groups::CallGroups,
    group_copies: users::group_copies::Copies,
    env_keys: declare::env::Keys,
    interned: expr::source::Interned,
    /// The pairs of files of which the first uses a name of the second.
    crossings: HashSet<(FileId, FileId)>,
    /// Whether an item did not parse. The names that it declared are unknown.
    broken: bool,
    func: scope::Func<'a>,
    /// The number of arguments, headers and expectations that calls and requests have copied so far.
    copied: usize,
    /// Sequences and tasks whose check has begun, each called by the one before.
    running: Vec<&'a str>,
    context: context::Context,
    /// The types of variables and parameters, by the location of each assignment.
    types: Vec<(crate::span::Span, model::Type)>,
    /// For each map that `keys camel` does not reach, by its location: its first unquoted key that `keys camel` would respell.
    plain_keys: HashMap<crate::span::Span, (String, crate::span::Span)>,
}

impl<'a> Checker<'a> {
    fn new(input: &'a Input<'a>) -> Self {
        let program = Program {
            name: input.name.to_owned(),
            files: input.files.iter().map(|file| file.path.clone()).collect(),
            ..Program::default()
        };
        Self {
            input,
            diagnostics: Diagnostics::default(),
            program,
            values: HashMap::new(),
            runs: HashMap::new(),
            sequences: Vec::new(),
            tasks: Vec::new(),
            apis: Vec::new(),
            requests: Vec::new(),
            global_types: Vec::new(),
            keep_types: Vec::new(),
            keep_kinds: Vec::new(),
            changed: HashSet::new(),
            early_keeps: Vec::new(),
            shared_types: Vec::new(),
            steps: HashMap::new(),
            groups: HashMap::new(),
            fails: HashMap::new(),
            call_groups: HashMap::new(),
            group_copies: HashMap::new(),
            env_keys: declare::env::Keys::default(),
            interned: expr::source::Interned::default(),
            crossings: HashSet::new(),
            broken: false,
            func: scope::Func::default(),
            copied: 0,
            running: Vec::new(),
            context: context::Context::default(),
            types: Vec::new(),
            plain_keys: HashMap::new(),
        }
    }

    /// The passes, in their order.
    fn run(&mut self) {
        // A file sees the names of its imports, so an imported file comes before those that import it.
        let order = self.import_order();
        // All names, before any use is checked: a declaration may be used above its own line.
        self.declare_all(&order);
        // Steps refer to their report rows by id, so all rows get an id before any step is checked.
        self.lines(&order);
        // The values of variables may draw rows, whose columns have types.
        self.check_data();
        // Apis and users read variables. A variable may read those above it, in the order of the files.
        self.check_variables(&order);
        // Steps call requests, so the parameters of all requests must be known first.
        self.check_apis();
        // Sequences read the names that `before test` shares, so the types of these must be known first.
        self.check_before_test(&order);
        // A sequence takes the values that its callees give, so callees are checked first.
        self.check_all_sequences();
        // Tasks run sequences and other tasks. Tasks that a sequence runs have been checked with that sequence.
        self.check_all_tasks();
        // Users run sequences and tasks.
        self.check_users();
        // `after test` may read every name that the passes above have typed.
        self.check_after_test(&order);
        // The check visits sequences and tasks in the order of their calls; the program lists them in the order of the files.
        self.finish_runs();
        // Only the passes above together know which names are used.
        self.lint_unused();
        // This lint follows a map through all calls to the request that sends it.
        self.lint_plain_keys();
        // A secret is followed from the credential that it becomes back to its origin, through all calls.
        self.find_secrets();
        // Which warnings follow from an error is known only after all errors have been reported.
        self.drop_follow_ups();
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether to search a similar name for a diagnostic. Nobody reads the help of hundreds of them, and each search compares all names.
    fn explains(&self) -> bool {
        self.diagnostics.len() < EXPLAINED_MAX
    }

    /// Counts copies of arguments, headers or expectations. Reports the first one that is too much, and returns whether they may be copied.
    fn may_copy(&mut self, count: usize, span: Span) -> bool {
        let was_within = self.copied <= COPIED_MAX;
        self.copied = self.copied.saturating_add(count);
        let is_within = self.copied <= COPIED_MAX;
        if was_within && !is_within {
            let message = format!("the calls of this spec have more than {COPIED_MAX} arguments, headers and expectations together");
            let help = "pass one object instead of many parameters, or repeat the call in a loop";
            self.error(Code::TooDeep, span, message, help);
        }
        is_within
    }

    /// Reports an error and returns an expression of type `Json` as a substitute.
    fn bad(&mut self, diagnostic: Diagnostic) -> Expr {
        let span = diagnostic.labels.first().map_or_else(Span::default, |l| l.0);
        self.report(diagnostic);
        broken(span)
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) {
        let mut diagnostic = Diagnostic::new(code, span, message);
        if !help.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        self.report(diagnostic);
    }

    /// Whether a location is within a block whose head did not parse.
    fn repaired(&self, span: Span) -> bool {
        let file = self.input.files.get(usize::from(span.file.0));
        file.is_some_and(|file| file.ast.repaired.iter().any(|block| block.range().contains(&(span.start as usize))))
    }

    /// The source text at a location.
    fn written(&self, span: Span) -> &'a str {
        let file = self.input.files.get(usize::from(span.file.0));
        file.and_then(|file| file.text.get(span.range())).unwrap_or_default()
    }
}

/// The expression that replaces an erroneous one. Its type is compatible with everything.
fn broken(span: Span) -> Expr {
    Expr { kind: model::ExprKind::Const(model::Const::Null), ty: Type::Json, span }
}

/// Splits the reason why a file cannot be read into a message and a fix: "did you mean", if the reason ends with one.
pub(crate) fn why_not_read(why: &str) -> (&str, String) {
    match why.split_once("; did you mean ") {
        Some((why, near)) => (why, format!("did you mean {near}")),
        None => (why, "write the path relative to this spec".to_owned()),
    }
}
