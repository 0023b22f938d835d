//! The draft of a test: the result of an importer, before it is written as a spec with its environment, profile and data.
//!
//! An importer fills a [`Draft`] and never writes `.lt` text itself, except for short expressions ([`Expr::Code`]). `write` formats the
//! text. Names have to be valid when they enter the draft: see [`crate::names`].

use std::collections::HashMap;

use crate::patterns::Patterns;

mod environment;
mod expr;
mod flow;
mod headers;
mod json;
mod notes;
mod numbered;
mod request;
mod used;

pub use environment::{Environment, Value, variable};
pub use expr::{Expr, Part, Text};
pub use flow::{Data, Member, Rows, Segment, Sequence, Source, Step, Stmt, Tasks, User, Wait, duration};
pub use json::{json, json_value};
pub use notes::{Left, Tally};
pub(crate) use numbered::Numbered;
pub use request::{Api, Auth, Body, Call, Expect, Line, Matcher, Options, Param, Parts, Path, Redirects, Request, Resource};
pub use used::variables_read;

/// A whole test.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The test's name, which is also the stem of the spec's and the profile's file. [`crate::names::file`] makes a valid one.
    pub name: String,
    /// A short description of the test: `test_header.description`.
    pub description: String,
    /// Comment lines at the spec's start.
    pub comments: Vec<String>,
    /// The apis. All their requests have to be used, because `ltc check` warns of unused ones.
    pub apis: Vec<Api>,
    /// Data files.
    pub data: Vec<Data>,
    /// Statements at file level: `let` and `keep`.
    pub variables: Vec<Stmt>,
    /// Sequences, in an order that is easy to read.
    pub sequences: Vec<Sequence>,
    /// Weighted choices.
    pub tasks: Vec<Tasks>,
    /// Users.
    pub users: Vec<User>,
    /// Statements that run once before the test.
    pub before_test: Vec<Stmt>,
    /// Statements that run once after the test.
    pub after_test: Vec<Stmt>,
    /// Environments; the profile names the first.
    pub environments: Vec<Environment>,
    /// Sections of the profile besides `test_header` and `profile.test`, as YAML: `runner`, `thresholds`, `logging`. Without a `runner`,
    /// the profile starts one user for one minute.
    pub profile: serde_yaml::Mapping,
    /// The AWS regions of the profile's `location`.
    pub location: Option<serde_yaml::Value>,
    /// Other files that the spec reads: their paths as the spec writes them, relative to the spec, and their contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// The parts that were imported, and those that were not.
    pub tally: Tally,
    /// The positions of the files by their paths, and their names.
    pub(crate) file_at: HashMap<String, usize>,
    pub(crate) file_names: Numbered,
    pub(crate) patterns: Patterns,
    /// The values of keys of the environment, by section and key, so that equal values share a key. These values are not written to any
    /// file.
    pub(crate) values: HashMap<String, String>,
    pub(crate) value_names: Numbered,
    /// The names of the steps whose response times a metric of a script measures, by that metric.
    pub(crate) measured: indexmap::IndexMap<String, Vec<String>>,
    /// The names of the steps whose failures a metric of a script counts, or else their successes, by that metric.
    pub(crate) rated: indexmap::IndexMap<String, (bool, Vec<String>)>,
}

impl Draft {
    /// Adds an environment key and returns the expression that reads it: `env.shop.url`.
    pub fn env(&mut self, path: &[&str], value: Value) -> Expr {
        if self.environments.is_empty() {
            self.environments.push(Environment::default());
        }
        if let Some(environment) = self.environments.first_mut() {
            environment.set(path, value);
        }
        Expr::Code(format!("env.{}", path.join(".")))
    }

    /// Adds a file that the spec reads, unless a file with this name and content exists. Returns its path, made unique.
    pub fn file(&mut self, path: &str, content: Vec<u8>) -> String {
        let (stem, ending) = path.rsplit_once('.').map_or((path, String::new()), |(stem, ending)| (stem, format!(".{ending}")));
        let numbered = |number| if number == 1 { path.to_owned() } else { format!("{stem}_{number}{ending}") };
        let (files, at) = (&self.files, &self.file_at);
        let is_same = |name: &str| at.get(name).map(|at| files[*at].1 == content);
        let name = self.file_names.name(path, &content, numbered, is_same);
        if !self.file_at.contains_key(&name) {
            self.file_at.insert(name.clone(), self.files.len());
            self.files.push((name.clone(), content));
        }
        name
    }
}
