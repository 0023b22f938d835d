//! A virtual user: its variables, connections, cookies and random numbers. It belongs to one thread and uses interior mutability.

mod auth;
pub(crate) mod caches;
mod concealed;
pub(crate) mod control_stack;
mod eval;
mod iteration;
pub(crate) mod row_assignment;
mod row_shares;
#[cfg(test)]
mod row_shares_tests;
pub(crate) mod rows;
mod wait;
pub(crate) mod world;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use ecow::EcoString;

use crate::base::flow::{Exit, Flow};
use crate::base::location::Location;
use crate::functions::Rng;
use crate::http;
use crate::record::observe::ObservedUser;
use crate::user::control_stack::ControlStack;
use crate::user::rows::HeldRows;
use crate::user::world::World;
use crate::value::{Eval, Value};

pub(crate) use eval::NO_VALUE;
pub(crate) use wait::Later;

/// Values that a user evaluates only when they are needed: the code of its program, on which this module doesn't depend.
pub trait Code: std::fmt::Debug {
    /// The number of `keep`s.
    fn keeps(&self) -> usize;
    /// The location of a `keep`.
    fn keep_at(&self, index: usize) -> Location;
    /// The first value of a `keep`.
    fn keep(&self, user: &User, index: usize) -> Eval;
    /// The base of an api.
    fn base(&self, user: &User, api: usize) -> Eval;
}

/// A virtual user.
#[derive(Debug)]
pub struct User {
    world: Rc<World>,
    code: &'static dyn Code,
    id: u64,
    iteration: Cell<u64>,
    rng: Rng,
    session: Rc<http::Session>,
    keeps: RefCell<Vec<Value>>,
    /// The auth lines of `set shop.auth`, by api.
    auths: RefCell<Vec<Option<EcoString>>>,
    pub(crate) held: RefCell<HeldRows>,
    /// The values that it has learned and that are never shown.
    concealed: RefCell<concealed::Concealed>,
    /// Whether `on start` is running.
    pub(crate) starting: Cell<bool>,
    /// The scopes around the current step.
    pub control: ControlStack,
    /// How [`User::eval`] ends the user instead of failing. It is set when data is used up.
    pending_exit: Cell<Option<Exit>>,
    /// How much later than its scheduled start the iteration began, with pacing or arrivals.
    pub(crate) behind: Cell<Duration>,
    /// The result of an iteration, which the user's iterations pass to the engine.
    pub(crate) iteration_outcome: Cell<Option<Flow>>,
}

impl User {
    /// A user of a program. `id` is unique in the fleet and selects the user's random numbers.
    pub fn new(world: Rc<World>, code: &'static dyn Code, id: u64) -> Self {
        let rng = Rng::new(world.seed, id + 1);
        let session = http::Session::new(world.transport.clone(), id);
        let apis = world.apis.len();
        Self {
            code,
            id,
            iteration: Cell::new(0),
            rng,
            session,
            keeps: RefCell::new(vec![Value::Absent; code.keeps()]),
            auths: RefCell::new(vec![None; apis]),
            held: RefCell::default(),
            concealed: RefCell::default(),
            starting: Cell::default(),
            control: ControlStack::default(),
            pending_exit: Cell::new(None),
            behind: Cell::new(Duration::ZERO),
            iteration_outcome: Cell::new(None),
            world,
        }
    }

    /// Evaluates the `keep`s. If `on start` failed before, the user begins again.
    pub fn start(&self) -> Flow {
        self.release_kept_rows();
        for index in 0..self.code.keeps() {
            let value = self.eval(self.code.keep_at(index), || self.code.keep(self, index))?;
            self.set_keep(index, value);
        }
        Ok(())
    }

    /// A shared pointer to the worker's world.
    pub fn share_world(&self) -> Rc<World> {
        self.world.clone()
    }

    /// The worker's world.
    pub fn world(&self) -> &World {
        &self.world
    }

    pub(crate) fn session(&self) -> &Rc<http::Session> {
        &self.session
    }

    pub(crate) fn number(&self) -> u64 {
        self.id
    }

    /// The user of an event, with the data to show it: of a step that ended with this status, or of anything else.
    pub(crate) fn observed(&self, status: Option<u16>) -> ObservedUser<'_> {
        ObservedUser { user: self.id, tables: &self.world.tables, secrets: self, tries_again: self.control.tries_again(status) }
    }

    /// Evaluates the base of an api.
    pub(crate) fn base(&self, api: usize) -> Eval {
        self.code.base(self, api)
    }

    /// The user's random numbers.
    pub fn rng(&self) -> &Rng {
        &self.rng
    }

    /// The time, in nanoseconds since the Unix epoch.
    pub fn nanos(&self) -> i128 {
        self.world.clock.unix_nanos()
    }

    /// `user.id`.
    pub fn id(&self) -> Value {
        Value::Int(i64::try_from(self.id).unwrap_or(i64::MAX))
    }

    /// `user.iteration`: 0 in the first iteration.
    pub fn iteration(&self) -> Value {
        Value::Int(i64::try_from(self.iteration.get()).unwrap_or(i64::MAX))
    }

    /// Moves on to the number of the next iteration.
    pub fn next_iteration(&self) {
        self.iteration.set(self.iteration.get() + 1);
    }

    /// `shard.index`.
    pub fn shard(&self) -> Value {
        Value::Int(i64::from(self.world.shard))
    }

    /// `test.id`.
    pub fn test_id(&self) -> Value {
        Value::Str(self.world.test_id.clone())
    }

    /// A key of the environment.
    pub fn env(&self, key: usize) -> Value {
        self.world.env[key].clone()
    }

    /// A `keep`. A user that hasn't been started, such as the one for health checks, `before test` and `after test`, evaluates it at the
    /// first read, so that it draws no row that it doesn't need.
    pub fn keep(&self, index: usize) -> Value {
        let value = self.keeps.borrow()[index].clone();
        if matches!(value, Value::Absent) { self.first_keep(index) } else { value }
    }

    /// Evaluates a `keep`. An error is recorded with the location of its declaration.
    #[cold]
    fn first_keep(&self, index: usize) -> Value {
        let value = self.eval(self.code.keep_at(index), || self.code.keep(self, index)).unwrap_or(Value::Null);
        self.set_keep(index, value.clone());
        value
    }

    /// `set` of a `keep`.
    pub fn set_keep(&self, index: usize, value: Value) {
        self.keeps.borrow_mut()[index] = value;
    }

    /// A file-level `let`.
    pub fn global(&self, index: usize) -> Value {
        self.world.globals.borrow().get(index).cloned().unwrap_or(Value::Null)
    }

    /// A name of `before test`; null until it has run.
    pub fn shared(&self, index: usize) -> Value {
        self.world.shared.borrow().get(index).cloned().unwrap_or(Value::Null)
    }

    /// Assigns a name of `before test`. All later code of `before test` reads the new value.
    pub fn share(&self, index: usize, value: &Value) {
        let mut shared = self.world.shared.borrow_mut();
        if shared.len() <= index {
            shared.resize(index + 1, Value::Null);
        }
        shared[index] = value.clone();
    }

    /// A file of the project.
    pub fn asset(&self, index: usize) -> Value {
        self.world.assets[index].clone()
    }

    /// A regex of the program.
    pub fn regex(&self, index: usize) -> &regex::Regex {
        &self.world.regexes[index]
    }

    pub(crate) fn cookie(&self, url: &str, name: &str) -> Option<EcoString> {
        self.session.cookie(url, name)
    }
}
