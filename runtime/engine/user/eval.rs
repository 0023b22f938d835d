//! Expressions outside of steps, and the effects of their errors.

use std::time::Duration;

use super::User;
use crate::base::flow::{Exit, Flow};
use crate::base::location::Location;
use crate::stats::{Example, FailureClass};
use crate::value::{Eval, EvalError, Value};

/// The kind of failure of an expression that can't be evaluated.
pub(crate) const NO_VALUE: &str = "no value";

/// The kind of failure of a `fail` outside of steps.
const REACHED: &str = "reached";

impl User {
    /// Evaluates an expression outside of steps. An error is recorded with its location and ends the iteration.
    pub fn eval<T>(&self, at: Location, expression: impl FnOnce() -> Eval<T>) -> Flow<T> {
        match expression() {
            Ok(value) => Ok(value),
            Err(fault) => Err(self.fault(at, fault)),
        }
    }

    /// A condition outside of steps.
    pub fn truth(&self, at: Location, expression: impl FnOnce() -> Eval<bool>) -> Flow<bool> {
        self.eval(at, expression)
    }

    /// The items of a list.
    pub fn items(&self, at: Location, expression: impl FnOnce() -> Eval) -> Flow<ecow::vec::IntoIter<Value>> {
        self.list(at, expression())
    }

    fn list(&self, at: Location, list: Eval) -> Flow<ecow::vec::IntoIter<Value>> {
        self.eval(at, || list?.into_list()).map(IntoIterator::into_iter)
    }

    /// Whole numbers from `a` to `b`, both included.
    pub fn range(&self, at: Location, ends: impl FnOnce() -> Eval<(Value, Value)>) -> Flow<std::ops::RangeInclusive<i64>> {
        self.between_ints(at, ends())
    }

    fn between_ints(&self, at: Location, ends: Eval<(Value, Value)>) -> Flow<std::ops::RangeInclusive<i64>> {
        self.eval(at, || {
            let (first, last) = ends?;
            Ok(first.as_int()?..=last.as_int()?)
        })
    }

    /// A count that isn't negative.
    pub fn count(&self, at: Location, expression: impl FnOnce() -> Eval) -> Flow<u64> {
        self.whole(at, expression())
    }

    fn whole(&self, at: Location, count: Eval) -> Flow<u64> {
        self.eval(at, || {
            let count = count?.as_int()?;
            u64::try_from(count).map_err(|_| EvalError(format!("{count} is negative, expected 0 times or more")))
        })
    }

    /// A duration that isn't negative.
    pub fn duration(&self, at: Location, expression: impl FnOnce() -> Eval) -> Flow<Duration> {
        self.eval(at, || expression()?.as_duration())
    }

    /// Draws one of several weighted members, and returns its index.
    pub fn choose(&self, at: Location, weights: impl FnOnce() -> Eval<Vec<Value>>) -> Flow<usize> {
        self.eval(at, || self.draw(&weights()?))
    }

    /// Draws one of several members with constant weights.
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
                u64::try_from(weight).map_err(|_| EvalError(format!("the weight {weight} is negative")))
            })
            .collect::<Eval<Vec<u64>>>()?;
        if whole.iter().all(|weight| *weight == 0) {
            return Err(EvalError("all weights are 0, expected one above 0".into()));
        }
        Ok(self.pick(&whole))
    }

    /// `log "…"`.
    pub fn log(&self, at: Location, text: impl FnOnce() -> Eval) -> Flow {
        self.log_text(at, text())
    }

    fn log_text(&self, at: Location, text: Eval) -> Flow {
        let text = self.eval(at, || text?.to_text())?;
        self.world.observer.log(&self.observed(None), at, &text);
        Ok(())
    }

    /// `fail "why"`: records the failure in its report row. The iteration is over.
    pub fn fail(&self, line: u32, at: Location, why: impl FnOnce() -> Eval) -> Exit {
        self.failed(line, at, why())
    }

    fn failed(&self, line: u32, at: Location, why: Eval) -> Exit {
        match self.eval(at, || why?.to_text()) {
            Ok(why) => {
                self.record_failure(line, FailureClass::Script, REACHED, at, &why);
                Exit::Interrupt
            }
            Err(exit) => exit,
        }
    }

    /// Records a failure outside of steps that isn't a `fail`.
    pub(crate) fn failed_outside(&self, class: FailureClass, kind: &'static str, at: Location, message: &str) {
        self.record_failure(self.world.tables.outside(), class, kind, at, message);
    }

    /// Handles an error outside of steps.
    fn fault(&self, at: Location, fault: EvalError) -> Exit {
        if let Some(exit) = self.pending_exit.take() {
            return exit;
        }
        self.failed_outside(FailureClass::Expression, NO_VALUE, at, &fault.0);
        Exit::Interrupt
    }

    /// The next error isn't a failure: it ends the user or the test.
    pub(crate) fn end_with(&self, exit: Exit) {
        self.pending_exit.set(Some(exit));
    }

    /// Whether [`Self::end_with`] was called.
    pub(crate) fn is_ending(&self) -> bool {
        self.pending_exit.get().is_some()
    }

    /// Takes the exit of [`Self::end_with`].
    pub(crate) fn pending_exit(&self) -> Option<Exit> {
        self.pending_exit.take()
    }

    /// Records a failure outside of steps in its own row: `fail`, an expression without a value, a `poll` without a step.
    fn record_failure(&self, line: u32, class: FailureClass, kind: &'static str, at: Location, message: &str) {
        self.world.observer.failure(&self.observed(None), at, message);
        self.control.fail();
        let key = self.world.tables.failure_key(line, class, at, kind.into());
        let mut recorder = self.world.counts.recorder.borrow_mut();
        recorder.fail(line);
        recorder.failure(key, self.world.clock.elapsed(), || {
            let message = self.mask(message);
            Example { user: self.number(), reasons: vec![message.clone()], message, ..Example::default() }
        });
    }
}
