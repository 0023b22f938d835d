//! Expectations about a response.

use ecow::EcoString;

use super::response::Response;
use super::{Step, got};
use crate::matcher::{self, Context, Key, Matcher, Mismatch, Op};
use crate::record::detail::Detail;
use crate::record::expectation::Expectation;
use crate::stats::FailureClass;
use crate::user::NO_VALUE;
use crate::value::{Eval, EvalError, Value, ops};

/// A status or a class of statuses.
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
    /// The possible names, compared without case. The first one that the response has counts.
    pub names: &'static [&'static str],
    /// The matcher of its value.
    pub matcher: Matcher,
}

/// The result of a boolean expectation.
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

impl Step<'_> {
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

    /// `expect json { … }`. `args` are the values of the matcher's `Arg`s.
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
        let holds = answer
            .with_members(&world.caches.members, |members| matcher::holds_members(matcher, body, members, &context))
            .unwrap_or_default();
        let verdict = if holds { Ok(()) } else { matcher::judge_bytes(matcher, body, &context) };
        let verdict = verdict.map_err(|found| Wrong::found(FailureClass::Json, &found));
        if args.is_empty() && verdict.is_ok() {
            world.caches.verdicts.borrow_mut().insert(matcher, body);
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
            world.caches.verdicts.borrow_mut().insert(wanted, answer.raw.headers.as_bytes());
        }
        let verdict = if found.is_empty() { Ok(()) } else { Err(Wrong::found(FailureClass::Header, &found)) };
        self.verdict(expectation, verdict, None);
    }

    /// Whether the expectation, which has no arguments, was already satisfied by the same body. If details are shown, it is judged again.
    fn body_is_known(&self, matcher: &'static Matcher) -> bool {
        let Some(answer) = &self.trace.received else { return false };
        !self.is_shown() && self.user.world().caches.verdicts.borrow().hit(matcher, answer.raw.body())
    }

    /// Whether the expectation was already satisfied by the same header fields.
    fn fields_are_known(&self, wanted: &'static [Header]) -> bool {
        let Some(answer) = &self.trace.received else { return false };
        !self.is_shown() && self.user.world().caches.verdicts.borrow().hit(wanted, answer.raw.headers.as_bytes())
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
                (false, false) => wrong("missing", format!("expected the text {part:?} in the body, it is missing")),
                (true, true) => wrong("present", format!("expected no text {part:?} in the body, it is there")),
            }
        });
        self.verdict(expectation, verdict, None);
    }

    /// `expect elapsed < 500ms`, `expect len(json.items) == 3`. `class` is the class of its failure, which the compiler knows.
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

    /// Records that an expression of an expectation can't be evaluated.
    fn no_value(&mut self, expectation: Expectation, why: EvalError) {
        self.verdict(expectation, Err(Wrong::fault(why)), None);
    }

    fn verdict(&mut self, expectation: Expectation, verdict: Result<(), Wrong>, got: Option<String>) {
        if let Some(details) = &mut self.trace.details {
            let result = verdict.as_ref().map(|()| got).map_err(|wrong| wrong.message.clone());
            details.push(Detail::Verdict(expectation, result));
        }
        if let Err(Wrong { class, kind, message }) = verdict
            && !(class == FailureClass::Expression && self.user.is_ending())
        {
            self.trace.fail(class, expectation.at, kind, message);
        }
    }
}

/// Why an expectation failed.
struct Wrong {
    class: FailureClass,
    /// The kind of the failure, in a few fixed words.
    kind: EcoString,
    message: String,
}

impl Wrong {
    fn new(class: FailureClass, kind: impl Into<EcoString>, message: String) -> Self {
        Self { class, kind: kind.into(), message }
    }

    /// The failure of an expectation with an expression that can't be evaluated.
    fn fault(fault: EvalError) -> Self {
        Self::new(FailureClass::Expression, NO_VALUE, fault.0)
    }

    /// The failure for mismatches, in one line.
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
