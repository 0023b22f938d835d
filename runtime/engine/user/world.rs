//! The state that the users of one worker thread share: the environment's values, rows, transport, counts and the clock.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use ecow::EcoString;
use regex::Regex;
use scraper::Selector;

use super::caches::Caches;
use super::row_assignment::RowAssignment;
use super::rows::RowPools;
use crate::base::clock::Clock;
use crate::base::secrets::Secrets;
use crate::base::timers::Timers;
use crate::functions::AwsCredentials;
use crate::http;
use crate::record::flight::WorkerCounts;
use crate::record::observe::Observer;
use crate::request::template::Policy;
use crate::schedule::Slice;
use crate::source::JsonPathQuery;
use crate::tables::Tables;
use crate::value::{Eval, EvalError, Value};

/// A worker's world. It is created from a program's settings.
#[derive(Debug)]
pub struct World {
    /// The tables for locations, rows and steps.
    pub tables: Tables,
    /// Texts that are never shown.
    pub secrets: Secrets,
    /// The clock of the test.
    pub clock: Clock,
    /// The values of the file-level `let`s.
    pub globals: RefCell<Vec<Value>>,
    /// The values that `before test` returned.
    pub shared: RefCell<Vec<Value>>,
    /// The counts.
    pub counts: Rc<WorkerCounts>,
    pub(crate) env: Vec<Value>,
    pub(crate) seed: u64,
    pub(crate) test_id: EcoString,
    pub(crate) shard: u32,
    pub(crate) assets: Vec<Value>,
    pub(crate) regexes: Vec<Regex>,
    pub(crate) queries: Vec<OnceCell<Eval<JsonPathQuery>>>,
    pub(crate) selectors: Vec<Selector>,
    pub(crate) pools: RowPools,
    pub(crate) row_assignment: RefCell<RowAssignment>,
    pub(crate) transport: Rc<http::Transport>,
    pub(crate) apis: Vec<Api>,
    pub(crate) aws: Option<AwsCredentials>,
    /// The timers of its users' waits.
    pub(crate) timers: Timers,
    pub(crate) observer: Box<dyn Observer>,
    pub(crate) caches: Caches,
}

/// An api with a worker's state for it.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    pub(crate) transport: Rc<http::ApiTransport>,
    /// Its base URL, after it was first evaluated.
    pub(crate) base: OnceCell<http::Target>,
}

impl World {
    /// Keeps the rows of `unique` data that belong to a worker's load.
    pub(crate) fn share_out_rows(&self, slice: &Slice, graceful_stop: Duration) {
        self.pools.share_out(slice);
        *self.row_assignment.borrow_mut() = RowAssignment::of(slice, graceful_stop);
    }

    pub(crate) fn query(&self, index: usize) -> Eval<&JsonPathQuery> {
        let query = self.queries[index].get_or_init(|| JsonPathQuery::parse(self.tables.paths[index]).map_err(EvalError));
        query.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn selector(&self, index: usize) -> &Selector {
        &self.selectors[index]
    }
}
