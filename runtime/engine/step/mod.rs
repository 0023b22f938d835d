//! One step: a request is sent, its expectations are judged, its takes run, and what came of it is recorded once, at the end.

pub mod control;
pub mod response;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waiting, Poll};
use std::time::Duration;

use ecow::EcoString;

use crate::base::flow::Flow;
use crate::base::place::Place;
use crate::call::resolve::{Ready, Sent};
use crate::http::{self, Sending};
use crate::matcher::{self, Context, Key, Matcher, Mismatch, Op};
use crate::record::flight::Flight;
use crate::record::observe::Detail;
use crate::record::trace::Trace;
use crate::stats::FailureClass;
use crate::step::response::{Answer, Response};
use crate::user::User;
use crate::value::convert::{Type, convert_json, convert_text};
use crate::value::{Eval, Fault, Number, Value, ops};

/// An expectation as the spec writes it.
#[derive(Clone, Copy, Debug)]
pub struct Expectation {
    /// Where it stands.
    pub at: Place,
    /// `json { id: string }`.
    pub written: &'static str,
}

/// An expectation's place and text.
pub const fn expected(at: Place, written: &'static str) -> Expectation {
    Expectation { at, written }
}

/// A status or a hundred of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `201`.
    Code(u16),
    /// `2xx`: 2.
    Class(u16),
}

/// A header's matcher.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Names it may have, compared without case; the first that the response has counts.
    pub names: &'static [&'static str],
    /// What its value must be.
    pub matcher: Matcher,
}

/// What a boolean expectation came to.
#[derive(Debug)]
pub struct Check {
    holds: bool,
    /// The left side of a comparison, for the message.
    left: Option<Value>,
}

impl Check {
    /// A boolean expression.
    pub fn truth(value: &Value) -> Eval<Self> {
        Ok(Self { holds: value.truth()?, left: None })
    }

    /// A comparison.
    pub fn compare(left: Value, op: Op, right: Value) -> Eval<Self> {
        let holds = match op {
            Op::Eq => ops::eq(&left, &right),
            Op::Ne => !ops::eq(&left, &right),
            Op::Lt => ops::lt(&left, &right)?,
            Op::Le => ops::le(&left, &right)?,
            Op::Gt => ops::gt(&left, &right)?,
            Op::Ge => ops::ge(&left, &right)?,
        };
        Ok(Self { holds, left: Some(left) })
    }
}

/// What a take's value is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// It came as text (a header, a cookie, a page): it is converted.
    Text(Type),
    /// It came with a type (JSON): it is checked.
    Json(Type),
}

impl As {
    fn convert(self, value: Value) -> Eval {
        match self {
            Self::Text(ty) => convert_text(value, ty),
            // An id that a server writes as a number is text wherever it goes: in a path, a header, a form.
            Self::Json(Type::String) if Number::of(&value).is_some() => value.to_text().map(Value::Str),
            Self::Json(ty) => convert_json(value, ty),
        }
    }
}

/// A step that is running.
///
/// What generated code calls with an expression is a shell that only evaluates it: all else is compiled once, here, and not again for each
/// step of a spec.
#[derive(Debug)]
pub struct Step<'u> {
    user: &'u User,
    trace: Box<Trace>,
}

impl<'u> Step<'u> {
    pub(crate) fn new(user: &'u User, index: usize) -> Self {
        Self { user, trace: Trace::begin(user, &user.world().program.steps[index]) }
    }

    /// Sends the request. False where there is no response to judge; why is recorded.
    pub fn send(&mut self, request: Eval<Ready>) -> Exchange<'_, 'u> {
        match request {
            Ok(Ready(request)) => {
                let session = self.user.session();
                let shown = self.trace.details.is_some() && request.cookies;
                let cookies = if shown { session.cookies_for(&request.url) } else { String::new() };
                let sending = Sending::new(session, request.clone(), self.trace.info.reads_body);
                self.trace.flight = Some(Flight::new(self.user.share_world(), self.trace.info, sending));
                self.trace.sent = Some(Sent { request, cookies });
            }
            Err(fault) => self.fault(FailureClass::Expression, self.trace.info.at, NO_VALUE, fault.0),
        }
        Exchange { step: self }
    }

    fn answered(&mut self, answer: Result<http::Response, http::Failure>) -> bool {
        let trace = &mut *self.trace;
        let is_there = match answer {
            Ok(response) => {
                let status = response.status;
                trace.traffic = response.traffic;
                trace.service = response.timings.total;
                trace.received = Some(Answer::new(response));
                if !trace.info.expects_status && status >= 400 {
                    let message = format!("expected a status below 400, got {status}");
                    trace.fail(FailureClass::Status, trace.info.at, got(status), message);
                }
                true
            }
            Err(failure) => {
                trace.service = trace.flight.as_ref().map_or(Duration::ZERO, |flight| flight.sending.elapsed());
                trace.traffic = *failure.traffic;
                trace.partial = failure.partial;
                trace.fail(failure.class, trace.info.at, failure.kind, failure.message);
                false
            }
        };
        if let Some(flight) = &mut trace.flight {
            flight.land(trace.service);
        }
        is_there
    }

    /// An expression of the step has no value: a failure, unless that ends the user or the test, as when its data ran out.
    fn fault(&mut self, class: FailureClass, at: Place, kind: &'static str, message: String) {
        if !self.user.is_ending() {
            self.trace.fail(class, at, kind, message);
        }
    }

    fn response(&self) -> Option<Response<'_>> {
        self.trace.received.as_ref().map(|answer| Response::new(self.user, answer))
    }

    /// Whether all is shown: then expectations are judged even where it is known how they end.
    fn is_shown(&self) -> bool {
        self.trace.details.is_some()
    }

    /// `expect 201`.
    pub fn status(&mut self, expectation: Expectation, wanted: &[Status]) {
        let Some(status) = self.trace.received.as_ref().map(|answer| answer.raw.status) else { return };
        let holds = wanted.iter().any(|one| match one {
            Status::Code(code) => *code == status,
            Status::Class(class) => status / 100 == *class,
        });
        if !holds || self.is_shown() {
            self.judge_status(expectation, wanted, status, holds);
        }
    }

    #[cold]
    fn judge_status(&mut self, expectation: Expectation, wanted: &[Status], status: u16, holds: bool) {
        let verdict = if holds {
            Ok(())
        } else {
            let wanted: Vec<String> = wanted
                .iter()
                .map(|one| match one {
                    Status::Code(code) => code.to_string(),
                    Status::Class(class) => format!("{class}xx"),
                })
                .collect();
            Err(Wrong::new(FailureClass::Status, got(status), format!("expected status {}, got {status}", wanted.join(" or "))))
        };
        let is_plain = matches!(wanted, [Status::Code(_)]);
        let got = (!is_plain).then(|| status.to_string());
        self.verdict(expectation, verdict, got);
    }

    /// `expect json { … }`; `args` are the values that the matcher's `Arg`s stand for.
    pub fn json<const N: usize>(
        &mut self,
        expectation: Expectation,
        matcher: &'static Matcher,
        args: impl FnOnce(&Response<'_>) -> Eval<[Value; N]>,
    ) {
        if N == 0 && self.body_is_known(matcher) {
            return;
        }
        let Some(response) = self.response() else { return };
        match args(&response) {
            Ok(args) => self.judge_json(expectation, matcher, &args),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_json(&mut self, expectation: Expectation, matcher: &'static Matcher, args: &[Value]) {
        let Some(answer) = &self.trace.received else { return };
        let (world, body) = (self.user.world(), answer.raw.body());
        let context = Context { root: "json", args, regexes: &world.regexes };
        let holds = answer.with_members(world, |members| matcher::holds_members(matcher, body, members, &context)).unwrap_or_default();
        let verdict = if holds { Ok(()) } else { matcher::judge_bytes(matcher, body, &context) };
        let verdict = verdict.map_err(|found| Wrong::found(FailureClass::Json, &found));
        if args.is_empty() && verdict.is_ok() {
            world.judged.borrow_mut().learn(matcher, body);
        }
        self.verdict(expectation, verdict, None);
    }

    /// `expect headers { … }`.
    pub fn headers<const N: usize>(
        &mut self,
        expectation: Expectation,
        wanted: &'static [Header],
        args: impl FnOnce(&Response<'_>) -> Eval<[Value; N]>,
    ) {
        if N == 0 && self.fields_are_known(wanted) {
            return;
        }
        let Some(response) = self.response() else { return };
        match args(&response) {
            Ok(args) => self.judge_headers(expectation, wanted, &args),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_headers(&mut self, expectation: Expectation, wanted: &'static [Header], args: &[Value]) {
        let Some(answer) = &self.trace.received else { return };
        let world = self.user.world();
        let context = Context { root: "headers", args, regexes: &world.regexes };
        let mut found = Vec::new();
        for header in wanted {
            let there = header.names.iter().find_map(|name| Some((name, answer.raw.headers.get(name)?)));
            if there.is_some_and(|(_, value)| context.text(&header.matcher, value)) {
                continue;
            }
            let there = there.map(|(name, _)| name);
            let name = there.or(header.names.first()).copied().unwrap_or_default();
            let member = [(Key::Lit(name), header.matcher)];
            found.extend(matcher::judge_headers(&member, answer.raw.headers.iter(), &context).err().into_iter().flatten());
        }
        if args.is_empty() && found.is_empty() {
            world.judged.borrow_mut().learn(wanted, answer.raw.headers.as_bytes());
        }
        let verdict = if found.is_empty() { Ok(()) } else { Err(Wrong::found(FailureClass::Header, &found)) };
        self.verdict(expectation, verdict, None);
    }

    /// Whether an expectation without arguments has found the same body good. Where all is shown it is judged again.
    fn body_is_known(&self, matcher: &'static Matcher) -> bool {
        let Some(answer) = &self.trace.received else { return false };
        !self.is_shown() && self.user.world().judged.borrow().is_good(matcher, answer.raw.body())
    }

    /// The same of header fields.
    fn fields_are_known(&self, wanted: &'static [Header]) -> bool {
        let Some(answer) = &self.trace.received else { return false };
        !self.is_shown() && self.user.world().judged.borrow().is_good(wanted, answer.raw.headers.as_bytes())
    }

    /// `expect text "part"`, `expect not text "part"`.
    pub fn text(&mut self, expectation: Expectation, negated: bool, part: impl FnOnce(&Response<'_>) -> Eval) {
        let Some(response) = self.response() else { return };
        match part(&response) {
            Ok(part) => self.judge_text(expectation, negated, &part),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_text(&mut self, expectation: Expectation, negated: bool, part: &Value) {
        let Some(answer) = &self.trace.received else { return };
        let verdict = part.to_text().map_err(Wrong::fault).and_then(|part| {
            let wrong = |kind: &'static str, message| Err(Wrong::new(FailureClass::Text, kind, message));
            let found = answer.has_text(&part);
            match (found, negated) {
                (true, false) | (false, true) => Ok(()),
                (false, false) => wrong("missing", format!("expected the text {part:?} in the body, it isn't there")),
                (true, true) => wrong("present", format!("expected no text {part:?} in the body, it is there")),
            }
        });
        self.verdict(expectation, verdict, None);
    }

    /// `expect elapsed < 500ms`, `expect len(json.items) == 3`; `class` is what a failure of it is, which the compiler knows.
    pub fn check(&mut self, expectation: Expectation, class: FailureClass, condition: impl FnOnce(&Response<'_>) -> Eval<Check>) {
        let Some(response) = self.response() else { return };
        match condition(&response) {
            Ok(check) => self.judge_check(expectation, class, check),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_check(&mut self, expectation: Expectation, class: FailureClass, check: Check) {
        let kind = if class == FailureClass::Elapsed { "too slow" } else { "not so" };
        let wrong = |message| Err(Wrong::new(class, kind, message));
        let got = if self.is_shown() { check.left.as_ref().map(Value::literal) } else { None };
        let verdict = match (check.holds, check.left) {
            (true, _) => Ok(()),
            (false, None) => wrong(format!("expected {}", expectation.written)),
            (false, Some(left)) => wrong(format!("expected {}, got {}", expectation.written, left.literal())),
        };
        self.verdict(expectation, verdict, got);
    }

    /// What an expectation depends on can't be evaluated.
    fn no_value(&mut self, expectation: Expectation, why: Fault) {
        self.verdict(expectation, Err(Wrong::fault(why)), None);
    }

    fn verdict(&mut self, expectation: Expectation, verdict: Result<(), Wrong>, got: Option<String>) {
        if let Some(details) = &mut self.trace.details {
            let told = verdict.as_ref().map(|()| got).map_err(|wrong| wrong.message.clone());
            details.push(Detail::Verdict(expectation, told));
        }
        if let Err(Wrong { class, kind, message }) = verdict
            && !(class == FailureClass::Expression && self.user.is_ending())
        {
            self.trace.fail(class, expectation.at, kind, message);
        }
    }

    /// `take x: int = SOURCE`. Nothing where the step has failed already, or fails by this.
    pub fn take(&mut self, at: Place, name: &str, wanted: As, source: impl FnOnce(&Response<'_>) -> Eval<Option<Value>>) -> Option<Value> {
        let found = source(&self.good()?);
        self.taken(at, name, wanted, found)
    }

    fn taken(&mut self, at: Place, name: &str, wanted: As, found: Eval<Option<Value>>) -> Option<Value> {
        let mut kind = "wrong type";
        let found = found.and_then(|found| match found {
            Some(value) => wanted.convert(value),
            None => {
                kind = "nothing found";
                Err(Fault("nothing was found".into()))
            }
        });
        match found {
            Ok(value) => {
                self.tell(|| Detail::Took(name.to_owned(), value.clone()));
                Some(value)
            }
            Err(fault) => {
                self.fault(FailureClass::Take, at, kind, format!("take {name}: {}", fault.0));
                None
            }
        }
    }

    /// `take x: int = SOURCE else VALUE`: what the source finds, and `VALUE` where it finds nothing that fits or the step has failed.
    /// Nothing, so that the name keeps its value, where the step is tried again, the iteration is over or `VALUE` can't be evaluated.
    pub fn take_or(
        &mut self,
        at: Place,
        name: &str,
        wanted: As,
        source: impl FnOnce(&Response<'_>) -> Eval<Option<Value>>,
        fallback: impl FnOnce() -> Eval,
    ) -> Option<Value> {
        if let Some(response) = self.good() {
            let found = source(&response);
            if let Some(value) = self.taken_optional(name, wanted, found) {
                return Some(value);
            }
        }
        self.fallback(at, fallback)
    }

    /// The `else` of a take of which nothing was found. Its name has a value behind the step only by it, so an error in it ends the
    /// iteration even where the step itself doesn't interrupt.
    pub fn fallback(&mut self, at: Place, fallback: impl FnOnce() -> Eval) -> Option<Value> {
        let is_over = self.trace.interrupts || self.user.scopes.tries_again();
        if !self.holds() && is_over {
            return None;
        }
        let value = self.found(at, fallback());
        self.trace.interrupts |= value.is_none();
        value
    }

    fn taken_optional(&mut self, name: &str, wanted: As, found: Eval<Option<Value>>) -> Option<Value> {
        let value = found.ok().flatten().and_then(|value| wanted.convert(value).ok());
        self.tell(|| match &value {
            Some(value) => Detail::Took(name.to_owned(), value.clone()),
            None => Detail::Missed(name.to_owned()),
        });
        value
    }

    fn tell(&mut self, detail: impl FnOnce() -> Detail) {
        if let Some(details) = &mut self.trace.details {
            details.push(detail());
        }
    }

    /// The response, where all has held so far.
    fn good(&self) -> Option<Response<'_>> {
        if self.holds() { self.response() } else { None }
    }

    /// An expression in a step, behind its request. Nothing where the step has failed already, or fails by this.
    pub fn value(&mut self, at: Place, expression: impl FnOnce(&Response<'_>) -> Eval) -> Option<Value> {
        let found = expression(&self.good()?);
        self.found(at, found)
    }

    fn found(&mut self, at: Place, found: Eval) -> Option<Value> {
        found.map_err(|fault| self.fault(FailureClass::Expression, at, NO_VALUE, fault.0)).ok()
    }

    /// Whether nothing has failed so far.
    pub fn holds(&self) -> bool {
        self.trace.failures.is_empty() && !self.user.is_ending()
    }

    /// The step is over: it is recorded, and a failed one that interrupts ends the turn.
    pub fn end(self) -> Flow {
        let Self { user, mut trace } = self;
        trace.response = trace.service + user.behind.get();
        if let Some(exit) = user.pending_exit() {
            // What ends the user is no failure. A request that was made counts by what was judged of it.
            if trace.flight.is_some() {
                user.world().observer.step(user, &trace);
                let _ = trace.record(user);
            } else {
                trace.release(user);
            }
            return Err(exit);
        }
        user.world().observer.step(user, &trace);
        user.scopes.finish(user, trace)
    }
}

/// A request on its way, as a step awaits it. It isn't an `async fn`: that would compile the client into the generated crate.
#[derive(Debug)]
pub struct Exchange<'s, 'u> {
    step: &'s mut Step<'u>,
}

impl Future for Exchange<'_, '_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waiting<'_>) -> Poll<bool> {
        let step = &mut *self.step;
        // Nothing is on its way where the request couldn't be laid out.
        let Some(flight) = &mut step.trace.flight else { return Poll::Ready(false) };
        flight.sending.poll(step.user.session(), cx).map(|answer| step.answered(answer))
    }
}

/// The kind of failure of an expression that can't be evaluated.
const NO_VALUE: &str = "no value";

/// The kind of failure of a status that isn't expected.
fn got(status: u16) -> EcoString {
    ecow::eco_format!("got {status}")
}

/// Why an expectation doesn't hold.
struct Wrong {
    class: FailureClass,
    /// What came, in a few fixed words.
    kind: EcoString,
    message: String,
}

impl Wrong {
    fn new(class: FailureClass, kind: impl Into<EcoString>, message: String) -> Self {
        Self { class, kind: kind.into(), message }
    }

    /// What an expectation depends on can't be evaluated.
    fn fault(fault: Fault) -> Self {
        Self::new(FailureClass::Expression, NO_VALUE, fault.0)
    }

    /// Mismatches, in one line.
    fn found(class: FailureClass, found: &[Mismatch]) -> Self {
        let kind = if found.iter().any(Mismatch::is_no_json) {
            "not JSON"
        } else if found.iter().all(Mismatch::is_missing) {
            "missing"
        } else {
            "other value"
        };
        Self::new(class, kind, found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests;
