//! A virtual user: its variables, its connections and cookies, its randomness. One thread, interior mutability.

pub(crate) mod rows;
pub mod world;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ecow::EcoString;

use crate::base::flow::{Exit, Flow};
use crate::base::place::Place;
use crate::call::builder::{Request, auth};
use crate::functions::Rng;
use crate::http;
use crate::record::trace::Trace;
use crate::stats::FailureClass;
use crate::step::Step;
use crate::step::control::Scopes;
use crate::user::rows::Held;
use crate::user::world::World;
use crate::value::{Eval, Fault, Value};

/// What generated code awaits of the run time, where that isn't an exchange: boxed, so that it isn't compiled into each spec.
pub type Later<'l, T> = Pin<Box<dyn Future<Output = T> + 'l>>;

/// A wait between turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Evenly between the two, both included.
    Between(Duration, Duration),
    /// One start in each such time.
    Pacing(Duration),
}

/// A virtual user.
#[derive(Debug)]
pub struct User {
    world: Rc<World>,
    id: u64,
    class: usize,
    iteration: Cell<u64>,
    rng: Rng,
    session: Rc<http::Session>,
    /// The last step's, for the next.
    pub(crate) spare: RefCell<Option<Box<Trace>>>,
    keeps: RefCell<Vec<Value>>,
    auths: RefCell<Vec<Option<EcoString>>>,
    pub(crate) held: RefCell<Held>,
    /// What surrounds the step that runs.
    pub scopes: Scopes,
    /// What [`User::eval`] ends the user with instead of a failure: set where data ran out.
    pending_exit: Cell<Option<Exit>>,
    /// Intended start of the turn where it is later than planned: pacing and arrivals.
    pub(crate) behind: Cell<Duration>,
    /// How a turn ended, from the user's turns to the engine.
    pub(crate) turned: Cell<Option<Flow>>,
}

impl User {
    /// A user of a class. `id` is unique over the fleet and chooses the user's stream of randomness.
    pub fn new(world: Rc<World>, class: usize, id: u64) -> Self {
        let rng = Rng::new(world.seed, id + 1);
        let session = http::Session::new(world.transport.clone(), id);
        let apis = world.program.apis.len();
        Self {
            id,
            class,
            iteration: Cell::new(0),
            rng,
            session,
            spare: RefCell::default(),
            keeps: RefCell::new(vec![Value::Absent; world.program.keeps.len()]),
            auths: RefCell::new(vec![None; apis]),
            held: RefCell::default(),
            scopes: Scopes::default(),
            pending_exit: Cell::new(None),
            behind: Cell::new(Duration::ZERO),
            turned: Cell::new(None),
            world,
        }
    }

    /// Evaluates the `keep`s.
    pub fn start(&self) -> Flow {
        for (index, keep) in self.world.program.keeps.iter().enumerate() {
            let value = self.eval(keep.at, || (keep.value)(self))?;
            self.set_keep(index, value);
        }
        Ok(())
    }

    /// The worker's world, to be held.
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

    pub(crate) fn class(&self) -> usize {
        self.class
    }

    pub(crate) fn number(&self) -> u64 {
        self.id
    }

    /// The user's stream of randomness.
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

    /// `user.iteration`: 0 in the first turn.
    pub fn iteration(&self) -> Value {
        Value::Int(i64::try_from(self.iteration.get()).unwrap_or(i64::MAX))
    }

    /// A turn is over; the next has the next number.
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

    /// A `keep`. Where the user hasn't started, as the one that sends health checks and runs `before test` and `after test` never does,
    /// it is evaluated when it is read first: such a user draws no row that it doesn't need.
    pub fn keep(&self, index: usize) -> Value {
        let value = self.keeps.borrow()[index].clone();
        if matches!(value, Value::Absent) { self.first_keep(index) } else { value }
    }

    /// Evaluates a `keep`. What goes wrong is recorded with the place of its declaration.
    #[cold]
    fn first_keep(&self, index: usize) -> Value {
        let keep = &self.world.program.keeps[index];
        let value = self.eval(keep.at, || (keep.value)(self)).unwrap_or(Value::Null);
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

    /// A name of `before test` is assigned: from here on all that `before test` calls reads it.
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

    /// A request to an api.
    pub fn request(&self, api: usize, method: &'static str) -> Request<'_> {
        Request::new(self, api, method)
    }

    /// A request that sends a page's form, `fields` over its own.
    pub fn submit(&self, api: usize, form: &Value, fields: &[(&str, Value)]) -> Eval<Request<'_>> {
        crate::call::submit::submit(self, api, form, fields)
    }

    /// A step begins.
    pub fn step(&self, index: usize) -> Step<'_> {
        Step::new(self, index)
    }

    /// An expression outside of steps: what goes wrong is recorded with its place and ends the turn.
    pub fn eval<T>(&self, at: Place, expression: impl FnOnce() -> Eval<T>) -> Flow<T> {
        match expression() {
            Ok(value) => Ok(value),
            Err(fault) => Err(self.fault(at, fault)),
        }
    }

    /// A condition outside of steps.
    pub fn truth(&self, at: Place, expression: impl FnOnce() -> Eval<bool>) -> Flow<bool> {
        self.eval(at, expression)
    }

    /// The items of a list.
    pub fn items(&self, at: Place, expression: impl FnOnce() -> Eval) -> Flow<ecow::vec::IntoIter<Value>> {
        self.list(at, expression())
    }

    fn list(&self, at: Place, list: Eval) -> Flow<ecow::vec::IntoIter<Value>> {
        self.eval(at, || list?.into_list()).map(IntoIterator::into_iter)
    }

    /// Whole numbers from `a` to `b`, both included.
    pub fn range(&self, at: Place, ends: impl FnOnce() -> Eval<(Value, Value)>) -> Flow<std::ops::RangeInclusive<i64>> {
        self.between_ints(at, ends())
    }

    fn between_ints(&self, at: Place, ends: Eval<(Value, Value)>) -> Flow<std::ops::RangeInclusive<i64>> {
        self.eval(at, || {
            let (first, last) = ends?;
            Ok(first.as_int()?..=last.as_int()?)
        })
    }

    /// How often something is done: a count that isn't negative.
    pub fn count(&self, at: Place, expression: impl FnOnce() -> Eval) -> Flow<u64> {
        self.whole(at, expression())
    }

    fn whole(&self, at: Place, count: Eval) -> Flow<u64> {
        self.eval(at, || {
            let count = count?.as_int()?;
            u64::try_from(count).map_err(|_| Fault(format!("{count} times is less than none")))
        })
    }

    /// A duration that isn't negative.
    pub fn duration(&self, at: Place, expression: impl FnOnce() -> Eval) -> Flow<Duration> {
        self.eval(at, || expression()?.as_duration())
    }

    /// Draws one of weighted members: its index.
    pub fn choose(&self, at: Place, weights: impl FnOnce() -> Eval<Vec<Value>>) -> Flow<usize> {
        self.eval(at, || self.draw(&weights()?))
    }

    /// Draws one of members whose weights are constant.
    pub fn pick(&self, weights: &[u64]) -> usize {
        let total: u64 = weights.iter().sum();
        let mut drawn = self.rng.below(total.max(1));
        weights
            .iter()
            .position(|weight| {
                let hit = drawn < *weight;
                drawn = drawn.saturating_sub(*weight);
                hit
            })
            .unwrap_or(0)
    }

    fn draw(&self, weights: &[Value]) -> Eval<usize> {
        let whole = weights
            .iter()
            .map(|weight| {
                let weight = weight.as_int()?;
                u64::try_from(weight).map_err(|_| Fault(format!("the weight {weight} is negative")))
            })
            .collect::<Eval<Vec<u64>>>()?;
        if whole.iter().all(|weight| *weight == 0) {
            return Err(Fault("all weights are 0: there is nothing to draw".into()));
        }
        Ok(self.pick(&whole))
    }

    /// `log "…"`.
    pub fn log(&self, at: Place, text: impl FnOnce() -> Eval) -> Flow {
        self.say(at, text())
    }

    fn say(&self, at: Place, text: Eval) -> Flow {
        let text = self.eval(at, || text?.to_text())?;
        self.world.observer.log(self, at, &text);
        Ok(())
    }

    /// `fail "why"`: recorded in its report row, and the turn is over.
    pub fn fail(&self, line: u32, at: Place, why: impl FnOnce() -> Eval) -> Exit {
        self.failed(line, at, why())
    }

    fn failed(&self, line: u32, at: Place, why: Eval) -> Exit {
        match self.eval(at, || why?.to_text()) {
            Ok(why) => {
                self.world.record_failure(self, line, FailureClass::Script, at, &why);
                Exit::Interrupt
            }
            Err(exit) => exit,
        }
    }

    /// A failure outside of steps that is no `fail`.
    pub(crate) fn failed_outside(&self, class: FailureClass, at: Place, message: &str) {
        self.world.record_failure(self, self.world.program.outside(), class, at, message);
    }

    /// What a fault outside of steps does.
    fn fault(&self, at: Place, fault: Fault) -> Exit {
        if let Some(exit) = self.pending_exit.take() {
            return exit;
        }
        self.failed_outside(FailureClass::Expression, at, &fault.0);
        Exit::Interrupt
    }

    /// The next fault is no failure: it ends the user or the test.
    pub(crate) fn end_with(&self, exit: Exit) {
        self.pending_exit.set(Some(exit));
    }

    /// Whether [`Self::end_with`] has said how the user or the test ends.
    pub(crate) fn is_ending(&self) -> bool {
        self.pending_exit.get().is_some()
    }

    /// Takes what [`Self::end_with`] left.
    pub(crate) fn pending_exit(&self) -> Option<Exit> {
        self.pending_exit.take()
    }

    /// `wait 1s`, `wait 1s..3s`: between the two, both included.
    pub fn wait(&self, at: Place, ends: impl FnOnce() -> Eval<(Value, Value)>) -> Later<'_, Flow> {
        self.wait_between(at, ends())
    }

    fn wait_between(&self, at: Place, ends: Eval<(Value, Value)>) -> Later<'_, Flow> {
        let ends = self.eval(at, || {
            let (least, most) = ends?;
            Ok((least.as_duration()?, most.as_duration()?))
        });
        Box::pin(async move {
            let (least, most) = ends?;
            self.pause(self.between(least, most)).await;
            Ok(())
        })
    }

    /// A random duration between the two.
    pub(crate) fn between(&self, least: Duration, most: Duration) -> Duration {
        let spread = most.saturating_sub(least).as_nanos();
        let spread = u64::try_from(spread).unwrap_or(u64::MAX - 1);
        least + Duration::from_nanos(self.rng.below(spread + 1))
    }

    /// Sleeps; the time doesn't count for groups.
    pub(crate) async fn pause(&self, duration: Duration) {
        let end = self.world.timers.end_of(duration);
        self.scopes.waited(end.saturating_duration_since(Instant::now()));
        self.world.timers.until(end).await;
    }

    /// `set shop.auth = bearer(token)`.
    pub fn set_bearer(&self, at: Place, api: usize, token: impl FnOnce() -> Eval) -> Flow {
        self.set_auth(at, api, || auth::bearer(&token()?))
    }

    /// `set shop.auth = basic(user, password)`.
    pub fn set_basic(&self, at: Place, api: usize, pair: impl FnOnce() -> Eval<(Value, Value)>) -> Flow {
        self.set_auth(at, api, || {
            let (user, password) = pair()?;
            auth::basic(&user, &password)
        })
    }

    /// `set shop.auth = header("X-Key", value)`.
    pub fn set_auth_header(&self, at: Place, api: usize, name: &str, value: impl FnOnce() -> Eval) -> Flow {
        self.set_auth(at, api, || auth::header(name, &value()?))
    }

    /// `set shop.auth = none`.
    pub fn set_no_auth(&self, api: usize) {
        self.auths.borrow_mut()[api] = Some(EcoString::new());
    }

    fn set_auth(&self, at: Place, api: usize, line: impl FnOnce() -> Eval<String>) -> Flow {
        let line = self.eval(at, line)?;
        self.auths.borrow_mut()[api] = Some(line.into());
        Ok(())
    }

    pub(crate) fn has_own_auth(&self, api: usize) -> bool {
        self.auths.borrow()[api].is_some()
    }

    pub(crate) fn auth_override(&self, api: usize) -> Option<EcoString> {
        self.auths.borrow()[api].clone()
    }

    /// `reset shop`: cookies of its host, and the auth that was set.
    pub fn reset(&self, api: usize) {
        self.auths.borrow_mut()[api] = None;
        if let Ok(base) = self.world.base(self, api) {
            self.session.clear_cookies(base.host());
        }
    }

    pub(crate) fn cookie(&self, url: &str, name: &str) -> Option<EcoString> {
        self.session.cookie(url, name)
    }

    /// Says how a turn ended, and waits until the next is to begin: [`crate::program::UserClass::turns`] is one future that the engine
    /// resumes, so that turns allocate nothing.
    pub fn turn_over(&self, outcome: Flow) -> TurnOver<'_> {
        self.turned.set(Some(outcome));
        TurnOver { user: self }
    }

    /// The turn is over: rows that were drawn for it are free again.
    pub fn end_turn(&self) {
        self.world.pools.release(&mut self.held.borrow_mut().turn);
    }

    /// The user is over: all its rows are free again.
    pub fn end(&self) {
        self.end_turn();
        self.world.pools.release(&mut self.held.borrow_mut().user);
    }
}

/// Waits until the engine has taken how a turn ended and resumes.
#[derive(Debug)]
pub struct TurnOver<'u> {
    user: &'u User,
}

impl Future for TurnOver<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // The engine polls again when the next turn is due: nobody has to be woken.
        match self.user.turned.take() {
            None => Poll::Ready(()),
            outcome => {
                self.user.turned.set(outcome);
                Poll::Pending
            }
        }
    }
}
