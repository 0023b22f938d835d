//! One step: a request is sent, its expectations are judged, its takes run, and what came of it is recorded once, at the end.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waiting, Poll};
use std::time::Duration;

use crate::exchange::{Ready, Sent};
use crate::flow::{Exit, Flow};
use crate::http;
use crate::matcher::{self, Context, Key, Matcher, Mismatch, Op};
use crate::observe::Detail;
use crate::place::Place;
use crate::program::StepInfo;
use crate::response::Response;
use crate::stats::FailureClass;
use crate::user::User;
use crate::value::convert::{Type, convert_json, convert_text};
use crate::value::{Eval, Fault, Value, ops};

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
            Self::Json(ty) => convert_json(value, ty),
        }
    }
}

/// What went wrong in a step.
#[derive(Debug)]
pub struct Failure {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// Where in the spec it was noticed.
    pub at: Place,
    /// What happened, secrets not yet masked.
    pub message: String,
}

/// A step that is running.
///
/// What generated code calls with an expression is a shell that only evaluates it: all else is compiled once, here, and not again for each
/// step of a spec.
#[derive(Debug)]
pub struct Step<'u> {
    user: &'u User,
    info: &'static StepInfo,
    sent: Option<Sent>,
    response: Option<Response<'u>>,
    failures: Vec<Failure>,
    /// Kept only where the observer wants it.
    details: Option<Vec<Detail>>,
}

impl<'u> Step<'u> {
    pub(crate) fn new(user: &'u User, index: usize) -> Self {
        let info = &user.world().program.steps[index];
        let details = user.world().observer.wants_detail().then(Vec::new);
        Self { user, info, sent: None, response: None, failures: Vec::new(), details }
    }

    /// Sends the request. False where there is no response to judge; why is recorded.
    pub fn send(&mut self, request: Eval<Ready>) -> Exchange<'_, 'u> {
        let sending = match request {
            Ok(Ready(request)) => {
                let shown = self.details.is_some() && request.cookies;
                let cookies = if shown { self.user.session().cookies_for(&request.url) } else { String::new() };
                let sending = self.user.session().send(request.clone());
                self.sent = Some(Sent { request, cookies, elapsed: Duration::ZERO });
                Some(sending)
            }
            Err(fault) => {
                self.fail(FailureClass::Expression, self.info.at, fault.0);
                None
            }
        };
        Exchange { step: self, sending }
    }

    fn answered(&mut self, response: http::Response) {
        let status = response.status;
        if let Some(sent) = &mut self.sent {
            sent.elapsed = response.timings.total;
        }
        self.response = Some(Response::new(self.user, response));
        if !self.info.expects_status && status >= 400 {
            self.fail(FailureClass::Status, self.info.at, format!("expected a status below 400, got {status}"));
        }
    }

    /// `expect 201`.
    pub fn status(&mut self, expectation: Expectation, wanted: &[Status]) {
        let Some(status) = self.response.as_ref().map(|response| response.raw.status) else { return };
        let holds = wanted.iter().any(|one| match one {
            Status::Code(code) => *code == status,
            Status::Class(class) => status / 100 == *class,
        });
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
            Err((FailureClass::Status, format!("expected status {}, got {status}", wanted.join(" or "))))
        };
        let is_plain = matches!(wanted, [Status::Code(_)]);
        let got = (self.details.is_some() && !is_plain).then(|| status.to_string());
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
        let Some(response) = &self.response else { return };
        match args(response) {
            Ok(args) => self.judge_json(expectation, matcher, &args),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_json(&mut self, expectation: Expectation, matcher: &'static Matcher, args: &[Value]) {
        let Some(response) = &self.response else { return };
        let (world, body) = (self.user.world(), response.body_bytes());
        let context = Context { root: "json", args, regexes: &world.regexes };
        let verdict = matcher::judge_bytes(matcher, body, &context).map_err(|found| (FailureClass::Json, explained(&found)));
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
        let Some(response) = &self.response else { return };
        match args(response) {
            Ok(args) => self.judge_headers(expectation, wanted, &args),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_headers(&mut self, expectation: Expectation, wanted: &'static [Header], args: &[Value]) {
        let Some(response) = &self.response else { return };
        let world = self.user.world();
        let context = Context { root: "headers", args, regexes: &world.regexes };
        let mut found = Vec::new();
        for header in wanted {
            let there = header.names.iter().find_map(|name| Some((name, response.raw.headers.get(name)?)));
            if there.is_some_and(|(_, value)| context.text(&header.matcher, value)) {
                continue;
            }
            let there = there.map(|(name, _)| name);
            let name = there.or(header.names.first()).copied().unwrap_or_default();
            let member = [(Key::Lit(name), header.matcher)];
            found.extend(matcher::judge_headers(&member, response.raw.headers.iter(), &context).err().into_iter().flatten());
        }
        if args.is_empty() && found.is_empty() {
            world.judged.borrow_mut().learn(wanted, response.raw.headers.as_bytes());
        }
        let verdict = if found.is_empty() { Ok(()) } else { Err((FailureClass::Header, explained(&found))) };
        self.verdict(expectation, verdict, None);
    }

    /// Whether an expectation without arguments has found the same body good. Where all is shown it is judged again.
    fn body_is_known(&self, matcher: &'static Matcher) -> bool {
        let Some(response) = &self.response else { return false };
        self.details.is_none() && self.user.world().judged.borrow().is_good(matcher, response.body_bytes())
    }

    /// The same of header fields.
    fn fields_are_known(&self, wanted: &'static [Header]) -> bool {
        let Some(response) = &self.response else { return false };
        self.details.is_none() && self.user.world().judged.borrow().is_good(wanted, response.raw.headers.as_bytes())
    }

    /// `expect text "part"`, `expect not text "part"`.
    pub fn text(&mut self, expectation: Expectation, negated: bool, part: impl FnOnce(&Response<'_>) -> Eval) {
        let Some(response) = &self.response else { return };
        match part(response) {
            Ok(part) => self.judge_text(expectation, negated, &part),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_text(&mut self, expectation: Expectation, negated: bool, part: &Value) {
        let Some(response) = &self.response else { return };
        let verdict = part.to_text().map_err(fault).and_then(|part| {
            let found = matcher::has_text(response.body_bytes(), &part);
            match (found, negated) {
                (true, false) | (false, true) => Ok(()),
                (false, false) => Err((FailureClass::Text, format!("expected the text {part:?} in the body, it isn't there"))),
                (true, true) => Err((FailureClass::Text, format!("expected no text {part:?} in the body, it is there"))),
            }
        });
        self.verdict(expectation, verdict, None);
    }

    /// `expect elapsed < 500ms`, `expect len(json.items) == 3`.
    pub fn check(&mut self, expectation: Expectation, condition: impl FnOnce(&Response<'_>) -> Eval<Check>) {
        let Some(response) = &self.response else { return };
        match condition(response) {
            Ok(check) => self.judge_check(expectation, check),
            Err(fault) => self.no_value(expectation, fault),
        }
    }

    fn judge_check(&mut self, expectation: Expectation, check: Check) {
        let class = if expectation.written.starts_with("elapsed") { FailureClass::Elapsed } else { FailureClass::Expectation };
        let got = if self.details.is_some() { check.left.as_ref().map(Value::literal) } else { None };
        let verdict = match (check.holds, check.left) {
            (true, _) => Ok(()),
            (false, None) => Err((class, format!("expected {}", expectation.written))),
            (false, Some(left)) => Err((class, format!("expected {}, got {}", expectation.written, left.literal()))),
        };
        self.verdict(expectation, verdict, got);
    }

    /// What an expectation depends on can't be evaluated.
    fn no_value(&mut self, expectation: Expectation, why: Fault) {
        self.verdict(expectation, Err(fault(why)), None);
    }

    fn verdict(&mut self, expectation: Expectation, verdict: Result<(), (FailureClass, String)>, got: Option<String>) {
        if let Some(details) = &mut self.details {
            let told = verdict.as_ref().map(|()| got).map_err(|(_, message)| message.clone());
            details.push(Detail::Verdict(expectation, told));
        }
        if let Err((class, message)) = verdict {
            self.failures.push(Failure { class, at: expectation.at, message });
        }
    }

    /// `take x: int = SOURCE`. Nothing where the step has failed already, or fails by this.
    pub fn take(&mut self, at: Place, name: &str, wanted: As, source: impl FnOnce(&Response<'_>) -> Eval<Option<Value>>) -> Option<Value> {
        let found = source(self.good()?);
        self.taken(at, name, wanted, found)
    }

    fn taken(&mut self, at: Place, name: &str, wanted: As, found: Eval<Option<Value>>) -> Option<Value> {
        let found = found.and_then(|found| match found {
            Some(value) => wanted.convert(value),
            None => Err(Fault("nothing was found".into())),
        });
        match found {
            Ok(value) => {
                self.tell(|| Detail::Took(name.to_owned(), value.clone()));
                Some(value)
            }
            Err(fault) => {
                self.fail(FailureClass::Take, at, format!("take {name}: {}", fault.0));
                None
            }
        }
    }

    /// `take x = SOURCE else VALUE`, where `VALUE` is what the name holds already: nothing where nothing fits.
    pub fn take_optional(&mut self, name: &str, wanted: As, source: impl FnOnce(&Response<'_>) -> Eval<Option<Value>>) -> Option<Value> {
        let found = source(self.good()?);
        self.taken_optional(name, wanted, found)
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
        if let Some(details) = &mut self.details {
            details.push(detail());
        }
    }

    /// The response, where all has held so far.
    fn good(&self) -> Option<&Response<'u>> {
        self.response.as_ref().filter(|_| self.failures.is_empty())
    }

    /// An expression in a step, behind its request. Nothing where the step has failed already, or fails by this.
    pub fn value(&mut self, at: Place, expression: impl FnOnce(&Response<'_>) -> Eval) -> Option<Value> {
        let found = expression(self.good()?);
        self.found(at, found)
    }

    fn found(&mut self, at: Place, found: Eval) -> Option<Value> {
        found.map_err(|fault| self.fail(FailureClass::Expression, at, fault.0)).ok()
    }

    fn fail(&mut self, class: FailureClass, at: Place, message: String) {
        self.failures.push(Failure { class, at, message });
    }

    /// Whether nothing has failed so far.
    pub fn holds(&self) -> bool {
        self.failures.is_empty()
    }

    /// The step is over: it is recorded, and a failed one that interrupts ends the turn.
    pub fn end(self) -> Flow {
        if let Some(exit) = self.user.pending_exit() {
            return Err(exit);
        }
        let service = self.sent.as_ref().map_or(Duration::ZERO, |sent| sent.elapsed);
        let done = Done {
            info: self.info,
            service,
            response: service + self.user.behind.get(),
            sent: self.sent,
            received: self.response.map(|response| response.raw),
            failures: self.failures,
            details: self.details.unwrap_or_default(),
        };
        self.user.world().observer.step(self.user, &done);
        self.user.scopes.finish(self.user, done)
    }
}

/// A request on its way, as a step awaits it. It isn't an `async fn`: that would compile the client into the generated crate.
#[derive(Debug)]
pub struct Exchange<'s, 'u> {
    step: &'s mut Step<'u>,
    /// Nothing where the request couldn't be laid out.
    sending: Option<http::Sending<'u>>,
}

impl Future for Exchange<'_, '_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waiting<'_>) -> Poll<bool> {
        let this = &mut *self;
        let Some(sending) = &mut this.sending else { return Poll::Ready(false) };
        match Pin::new(&mut *sending).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(response)) => {
                this.step.answered(response);
                Poll::Ready(true)
            }
            Poll::Ready(Err(failure)) => {
                let elapsed = sending.elapsed();
                if let Some(sent) = &mut this.step.sent {
                    sent.elapsed = elapsed;
                }
                this.step.fail(failure.class, this.step.info.at, failure.message);
                Poll::Ready(false)
            }
        }
    }
}

/// Mismatches in one line.
fn explained(found: &[Mismatch]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn fault(fault: Fault) -> (FailureClass, String) {
    (FailureClass::Expression, fault.0)
}

/// A finished step.
#[derive(Debug)]
pub struct Done {
    /// The step as the spec has it.
    pub info: &'static StepInfo,
    /// From the send to the end of the answer.
    pub service: Duration,
    /// The same from when the send should have begun.
    pub response: Duration,
    /// The request, where it could be laid out.
    pub sent: Option<Sent>,
    /// The answer, where one came.
    pub received: Option<http::Response>,
    /// What went wrong; nothing in a good step.
    pub failures: Vec<Failure>,
    /// What was judged and taken, where the observer wants it.
    pub details: Vec<Detail>,
}

impl Done {
    /// Records the step and says how the sequence goes on.
    pub(crate) fn record(self, user: &User) -> Flow {
        let interrupts = !self.failures.is_empty() && self.info.interrupt;
        user.scopes.count(&self.failures);
        user.world().record_step(user, &self);
        if interrupts { Err(Exit::Interrupt) } else { Ok(()) }
    }
}
