//! Converts scripts of k6 and Locust to drafts: runs their functions once, with expressions of the language in place of the values that are
//! known only when a test runs.
//!
//! ```text
//! JavaScript, Python ─ code ─ Run: values, steps, statements ─ finish ─ draft
//! ```
//!
//! A value from a response is a mark in an expression ([`value::Origin`]). If it is read outside of its step, the step captures it. A
//! branch that depends on such a value is run twice: the first run only shows what it changes and sends (see [`branch`]).

mod bodies;
mod bounds;
mod branch;
mod builtins;
mod calls;
mod checks;
mod classes;
mod compare;
mod conditions;
mod data;
mod digests;
mod eval;
mod exec;
mod files;
mod finish;
mod guards;
mod helpers;
mod html;
mod library;
mod loops;
mod methods;
mod metrics;
mod modules;
mod operators;
mod page;
mod prune;
mod queries;
mod random;
mod requests;
mod resolve;
mod responses;
mod scope;
mod spoil;
mod texts;
mod value;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};

pub(crate) use calls::Arguments;
pub(crate) use finish::Body;
pub(crate) use modules::Module;
pub(crate) use requests::{Sent, Usual};
pub(crate) use scope::{Cell, Scope};
pub(crate) use value::{ClassValue, Closure, Code, Object, Ty, Value};

use crate::Source;
use crate::draft::{Draft, Stmt};
use crate::names::Names;
use crate::web::{Exchange, Hosts};
use scope::Change;
use value::Origin;

/// The deepest nesting of function calls.
const DEPTH_MAX: usize = 40;
/// The most statements that are run. Branches within branches are run several times.
const STATEMENTS_MAX: usize = 300_000;

/// The language of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    JavaScript,
    Python,
}

/// A statement of the draft before its marks are resolved.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most of them are statements")]
pub(crate) enum Out {
    Stmt(Stmt),
    Step(usize),
    Group(String, Vec<Out>),
    Parallel(Vec<Out>),
    If(usize, Vec<(String, Vec<Out>)>, Vec<Out>),
    For(usize, String, String, Vec<Out>),
    Repeat(usize, String, Vec<Out>),
    Poll(usize, crate::draft::Expr, u32, String, Vec<Out>),
}

/// A step, its request and its expectations.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepDraft {
    /// Its name in the script.
    pub(crate) name: Option<String>,
    pub(crate) exchange: Exchange,
    /// Its request, if it does not belong to an api: a URL or a form from a response.
    pub(crate) inline: Option<crate::draft::Call>,
    pub(crate) expectations: conditions::Expectations,
    pub(crate) interrupt: bool,
    /// The statuses that the tool does not count as failures, unless an expectation names others.
    pub(crate) usual: Vec<String>,
    /// Whether it is excluded from the statistics.
    pub(crate) skip: bool,
    /// The enclosing blocks, from the outermost.
    pub(crate) blocks: Vec<usize>,
    /// Its line in the script.
    pub(crate) line: usize,
}

/// The fate of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Carried,
    Skipped(&'static str),
    Left,
}

/// How a statement ends.
#[derive(Clone, Debug)]
pub(crate) enum Flow {
    Next,
    Return(Value),
    Break,
    Continue,
    /// An exception, which ends the iteration.
    Throw,
}

/// The block of a `with`, whose context manager may be a function of the script.
struct Block {
    binding: Option<crate::code::Binding>,
    /// The further context managers.
    items: Vec<(crate::code::Expr, Option<crate::code::Binding>)>,
    statement: crate::code::Stmt,
    body: Vec<crate::code::Stmt>,
    scope: Rc<Scope>,
}

/// A run of a script.
pub(crate) struct Run<'s> {
    pub(crate) draft: &'s mut Draft,
    pub(crate) language: Language,
    source: &'s Source,
    modules: HashMap<PathBuf, Rc<Module>>,
    pub(crate) steps: Vec<StepDraft>,
    origins: IndexSet<Origin>,
    /// The statements of the open blocks, from the outermost.
    out: Vec<Vec<Out>>,
    blocks: Vec<usize>,
    blocks_made: usize,
    changes: Vec<Change>,
    probing: usize,
    /// The number of probes of the rest of a function that are going on.
    rest_probes: usize,
    /// Steps that a probe has changed: their expectations before, and whether they interrupted the iteration.
    probed: Vec<(usize, conditions::Expectations, bool)>,
    /// Those of each open probe: a step is stored once for each.
    probed_steps: Vec<HashSet<usize>>,
    statements_run: usize,
    evaluated: bounds::Evaluated,
    depth: usize,
    scope: Rc<Scope>,
    line: usize,
    pub(crate) hosts: Hosts,
    /// The names of the current sequence.
    pub(crate) names: Names,
    /// The names of the file. No variable of a sequence may hide them.
    pub(crate) file_names: Names,
    fates: IndexMap<(Rc<str>, usize, usize), Fate>,
    left: HashSet<(Rc<str>, usize, String)>,
    /// Keys of the environment, and their values in its file: `env.settings.user`, `${USER}`.
    settings: IndexMap<String, (String, crate::draft::Value)>,
    /// Variables of users, by their names in the script.
    keeps: IndexMap<String, (String, crate::draft::Expr)>,
    /// Whether a variable of the process environment has its default as its value.
    reads_defaults: bool,
    /// Whether the member that is being read is called.
    is_callee: bool,
    /// Whether the script's declarations run, whose requests are sent before the test.
    is_preparing: bool,
    /// Whether a user's code runs, and not only the script's declarations.
    pub(crate) is_running: bool,
    /// The address for requests with only a path: Locust's `host`.
    pub(crate) host: Option<Value>,
    /// The api of the last step.
    pub(crate) last_api: Option<String>,
    /// Whether a probed branch marked a failure.
    failed: bool,
    /// Whether a probed branch marked a response as successful.
    accepted: bool,
    /// Whether a function of a check runs. If it cannot be expressed completely, all of it is left out.
    in_check: bool,
    /// Listeners for the start and the end of a test.
    pub(crate) listeners: Vec<(String, Value)>,
    /// Declared data: its content, and its name.
    tables: Vec<(String, String)>,
    /// Data whose only column was a plain list.
    single_columns: HashSet<String>,
    /// Health checks of the framework's clients, by the names of their apis.
    pub(crate) health: IndexMap<String, crate::draft::Line>,
    /// Files that the script makes, with their sizes in bytes.
    pub(crate) made: HashMap<String, usize>,
    /// The statuses that k6 does not count as failures: `http.setResponseCallback`.
    pub(crate) usual_statuses: Vec<String>,
    /// What all further requests of the user send.
    pub(crate) usual: requests::Usual,
    /// The auth for requests without their own.
    pub(crate) default_auth: Option<crate::draft::Auth>,
    /// Whether the running function returns only if expectations hold.
    assumes: bool,
    /// The steps of the `parallel` whose steps are being resolved.
    siblings: Vec<usize>,
    /// The functions that ran, and those that the script only mentioned, with their lines.
    ran: HashSet<*const crate::code::Function>,
    mentioned: IndexMap<*const crate::code::Function, (Rc<Closure>, Rc<str>, usize)>,
    /// Whether one branch returned and the other did not.
    returns_sometimes: bool,
    /// Whether the running function may have returned in a branch that was left out.
    uncertain: bool,
    /// Variables that contain a row, with the name of its data.
    row_variables: HashMap<String, String>,
    /// Data that replaces a missing file.
    samples: HashSet<String>,
    /// The blocks of the `with` statements whose context managers are being evaluated; `None` if the context manager has run it.
    with_blocks: Vec<Option<Block>>,
    /// How the last of these blocks ended.
    block_flow: Flow,
    /// The steps whose response times the script adds to a metric of its own; an empty list is any other value.
    trends: IndexMap<String, Vec<Vec<usize>>>,
    /// The steps whose failures a rate of the script counts, or else their successes; an empty list is any other value.
    rates: IndexMap<String, Vec<(bool, Vec<usize>)>>,
    /// Code outside of the bodies that may read keys of the environment.
    pub(crate) outside: String,
    /// The statements of all modules. Their fates are stored by their positions.
    kept: Vec<Vec<crate::code::Stmt>>,
}

impl<'s> Run<'s> {
    pub(crate) fn new(draft: &'s mut Draft, source: &'s Source, language: Language) -> Self {
        Self {
            draft,
            language,
            source,
            modules: HashMap::new(),
            steps: Vec::new(),
            origins: IndexSet::new(),
            out: vec![Vec::new()],
            blocks: Vec::new(),
            blocks_made: 0,
            changes: Vec::new(),
            probing: 0,
            rest_probes: 0,
            probed: Vec::new(),
            probed_steps: Vec::new(),
            statements_run: 0,
            evaluated: bounds::Evaluated::default(),
            depth: 0,
            scope: Scope::module(&source.name),
            line: 1,
            hosts: Hosts::default(),
            names: Names::new(),
            file_names: Names::new(),
            fates: IndexMap::new(),
            left: HashSet::new(),
            settings: IndexMap::new(),
            keeps: IndexMap::new(),
            reads_defaults: false,
            is_callee: false,
            is_preparing: false,
            is_running: false,
            host: None,
            last_api: None,
            failed: false,
            accepted: false,
            in_check: false,
            listeners: Vec::new(),
            tables: Vec::new(),
            single_columns: HashSet::new(),
            health: IndexMap::new(),
            made: HashMap::new(),
            usual_statuses: Vec::new(),
            usual: requests::Usual::default(),
            default_auth: None,
            assumes: false,
            siblings: Vec::new(),
            ran: HashSet::new(),
            mentioned: IndexMap::new(),
            returns_sometimes: false,
            uncertain: false,
            row_variables: HashMap::new(),
            samples: HashSet::new(),
            with_blocks: Vec::new(),
            block_flow: Flow::Next,
            trends: IndexMap::new(),
            rates: IndexMap::new(),
            outside: String::new(),
            kept: Vec::new(),
        }
    }

    /// Reads the default of a variable of the process environment instead of the variable, if it has one.
    pub(crate) fn with_defaults(self) -> Self {
        Self { reads_defaults: true, ..self }
    }

    /// Whether code runs without effect on the draft.
    pub(crate) fn probing(&self) -> bool {
        self.probing > 0
    }

    /// Adds a statement to the current block.
    pub(crate) fn push(&mut self, out: Out) {
        if let Some(block) = self.out.last_mut() {
            block.push(out);
        }
    }

    pub(crate) fn emit(&mut self, statement: Stmt) {
        self.push(Out::Stmt(statement));
    }

    /// Runs code whose statements go into a separate block. Returns the block's number and its statements.
    pub(crate) fn block<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (usize, Vec<Out>, T) {
        self.blocks_made += 1;
        let number = self.blocks_made;
        self.blocks.push(number);
        self.out.push(Vec::new());
        let value = run(self);
        self.blocks.pop();
        (number, self.out.pop().unwrap_or_default(), value)
    }

    /// A new variable of the current sequence for a value.
    pub(crate) fn variable(&mut self, hint: &str) -> String {
        let mut name = self.names.variable(hint, "value");
        while self.file_names.has(&name) {
            name = self.names.variable(&format!("my_{hint}"), "value");
        }
        name
    }

    /// Reports a part at a line of the script that is not imported.
    pub(crate) fn leave_at(&mut self, line: usize, kind: &str, what: &str) {
        self.line = line;
        self.leave(kind, what);
    }

    /// Reports a part that is not imported: a comment in the spec, and a line of the summary.
    pub(crate) fn leave(&mut self, kind: &str, what: &str) {
        if self.probing > 0 || self.in_check {
            return;
        }
        let first = what.lines().next().unwrap_or_default().trim();
        let what: String =
            if first.chars().count() > 110 { first.chars().take(107).chain("...".chars()).collect() } else { first.to_owned() };
        if self.left.insert((self.scope.file.clone(), self.line, what.clone())) {
            let file = self.scope.file.to_string();
            let comment = self.draft.tally.leave(kind, what, &file, self.line);
            if self.is_running {
                self.emit(Stmt::Comment(comment));
            } else {
                self.draft.comments.push(comment);
            }
        }
    }

    /// Begins a body: a sequence, or a block of a user.
    pub(crate) fn begin(&mut self) {
        self.out = vec![Vec::new()];
        self.blocks.clear();
        self.names = Names::new();
        self.changes.clear();
        self.is_running = true;
    }

    /// Ends the current body, and returns its statements.
    pub(crate) fn end(&mut self) -> Body {
        self.is_running = false;
        Body { out: self.out.pop().unwrap_or_default(), names: std::mem::take(&mut self.names) }
    }
}

/// The help for a script without requests: the first part that could not be imported, or the usual one.
pub(crate) fn first_note(draft: &Draft, usual: &str) -> String {
    match draft.tally.left.first() {
        Some(left) => format!("the first part that could not be imported is in line {}: {}", left.line, left.what),
        None => usual.to_owned(),
    }
}
