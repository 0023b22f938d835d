//! The actions of a script that have a counterpart.

use super::send::Sent;
use crate::draft::{Expect, Expr, Source};
use crate::web::Trees;

/// The actions of a script.
#[derive(Clone, Debug, Default)]
pub(in crate::postman) struct Outcome {
    pub(super) statuses: Vec<String>,
    pub(super) expects: Vec<Expect>,
    pub(super) trees: Trees,
    pub(in crate::postman) sets: Vec<Set>,
    /// Pauses, in milliseconds.
    pub(in crate::postman) waits: Vec<u64>,
    /// Headers that a pre-request script adds to the request.
    pub(in crate::postman) headers: Vec<(String, Expr)>,
    pub(in crate::postman) sends: Vec<Sent>,
    /// The statements without a counterpart, with their lines in the file.
    pub(in crate::postman) left: Vec<(usize, String)>,
}

/// A variable that a script sets.
#[derive(Clone, Debug)]
pub(in crate::postman) struct Set {
    pub(in crate::postman) key: String,
    pub(in crate::postman) value: What,
}

/// The value of a variable.
#[derive(Clone, Debug)]
pub(in crate::postman) enum What {
    /// A source of the response that `take` reads.
    Take(Source),
    /// An expression, and whether it reads the response.
    Is(Expr, bool),
}

impl Outcome {
    /// The expectations, with the status first.
    pub(in crate::postman) fn expectations(&self) -> Vec<Expect> {
        let mut all = Vec::new();
        if !self.statuses.is_empty() {
            all.push(Expect::Status(self.statuses.clone()));
        }
        all.extend(self.trees.clone().matchers().map(|matcher| Expect::Json { exactly: false, matcher }));
        all.extend(self.expects.iter().cloned());
        all
    }
}
