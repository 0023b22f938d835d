//! What the users of one worker thread share: what was read of the environment, rows, transport, counts, the clock.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use ecow::EcoString;
use regex::Regex;
use scraper::Selector;

use super::caches::Caches;
use super::row_deal::RowDeal;
use super::rows::RowPools;
use crate::base::clock::Clock;
use crate::base::secrets::Secrets;
use crate::base::timers::Timers;
use crate::functions::AwsCredentials;
use crate::http;
use crate::record::flight::WorkerCounts;
use crate::record::observe::Observer;
use crate::request::template::Policy;
use crate::source::JsonPathQuery;
use crate::tables::Tables;
use crate::value::{Eval, EvalError, Value};

/// A worker's world. It is made at the top, from a program's settings.
#[derive(Debug)]
pub struct World {
    /// What locations, rows and steps are looked up in.
    pub tables: Tables,
    /// What is never shown.
    pub secrets: Secrets,
    /// The test's time.
    pub clock: Clock,
    /// Values of the file-level `let`s.
    pub globals: RefCell<Vec<Value>>,
    /// What `before test` left.
    pub shared: RefCell<Vec<Value>>,
    /// What is counted.
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
    pub(crate) row_deal: RefCell<RowDeal>,
    pub(crate) transport: Rc<http::Transport>,
    pub(crate) apis: Vec<Api>,
    pub(crate) aws: Option<AwsCredentials>,
    /// What its users wait by.
    pub(crate) timers: Timers,
    pub(crate) observer: Box<dyn Observer>,
    pub(crate) caches: Caches,
}

/// An api, as a worker reaches it.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    pub(crate) transport: Rc<http::ApiTransport>,
    /// Its base URL, once it could be evaluated.
    pub(crate) base: OnceCell<http::Target>,
}

impl World {
    /// Deals the rows of `unique` data for what a worker does.
    pub(crate) fn deal_rows(&self, deal: RowDeal) {
        self.pools.deal(&deal);
        *self.row_deal.borrow_mut() = deal;
    }

    pub(crate) fn query(&self, index: usize) -> Eval<&JsonPathQuery> {
        let query = self.queries[index].get_or_init(|| JsonPathQuery::parse(self.tables.paths[index]).map_err(EvalError));
        query.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn selector(&self, index: usize) -> &Selector {
        &self.selectors[index]
    }
}
