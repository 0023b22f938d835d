//! Converts conditions of a script to expectations of steps.

use super::Run;
use super::value::{Origin, Shape, Ty, Value, What, marks};
use crate::draft::{Expect, Expr, Matcher, Segment};
use crate::web::{INDEX_MAX, Member, Trees};

/// The most expectations of one request. Each branch of a script stores those before it.
const EXPECTATIONS_MAX: usize = 1_000;

/// The expectations of a response. Values of other responses are marks in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectations {
    pub(crate) statuses: Vec<String>,
    pub(crate) trees: Trees,
    pub(crate) others: Vec<Expect>,
    /// The number of expectations that were added.
    pub(crate) added: usize,
}

impl Expectations {
    pub(crate) fn count(&self) -> usize {
        usize::from(!self.statuses.is_empty()) + self.others.len() + self.trees.clone().matchers().count()
    }

    fn push(&mut self, expect: Expect) {
        if !self.others.contains(&expect) {
            self.others.push(expect);
        }
    }
}

impl Run<'_> {
    /// The steps whose responses a condition reads.
    pub(super) fn steps_read(&mut self, condition: &Value) -> Vec<usize> {
        if let Some(Shape::Checked(steps) | Shape::Succeeded(steps)) = condition.shape() {
            return steps.to_vec();
        }
        if let Value::Response(steps) = condition {
            return steps.to_vec();
        }
        let text = self.code(condition).map(|code| code.text).unwrap_or_default();
        let last =
            marks(&text).into_iter().filter_map(|mark| self.origins.get_index(mark)).max_by_key(|origin| origin.steps.last().copied());
        last.map(|origin| origin.steps.to_vec()).unwrap_or_default()
    }

    /// Makes the failure of a condition end the iteration.
    pub(super) fn interrupt(&mut self, condition: &Value, ends: bool) {
        if !ends {
            return;
        }
        for step in self.steps_of_condition(condition) {
            self.remember(step);
            if let Some(step) = self.steps.get_mut(step) {
                step.interrupt = true;
            }
        }
    }

    fn steps_of_condition(&mut self, condition: &Value) -> Vec<usize> {
        match condition.shape().cloned() {
            Some(Shape::Not(inner)) => self.steps_of_condition(&inner),
            Some(Shape::And(left, right) | Shape::Or(left, right)) => {
                let mut steps = self.steps_of_condition(&left);
                steps.extend(self.steps_of_condition(&right));
                steps
            }
            _ => self.steps_read(condition),
        }
    }

    /// Expects that a condition holds (or, with `not`, that it does not). Returns whether this can be expressed.
    pub(crate) fn expect(&mut self, condition: &Value, not: bool) -> bool {
        match condition.shape().cloned() {
            Some(Shape::Not(inner)) => return self.expect(&inner, !not),
            // If an `and` holds, so do both of its sides; if an `or` does not hold, neither side does.
            Some(Shape::And(left, right)) if !not => {
                if let Some(range) = self.status_range(&left, &right) {
                    return self.statuses(condition, &range);
                }
                return self.side_holds(&left, false) & self.side_holds(&right, false);
            }
            Some(Shape::Or(left, right)) if not => return self.side_holds(&left, true) & self.side_holds(&right, true),
            Some(Shape::Or(left, right)) => {
                let mut statuses = Vec::new();
                if self.alternatives(&left, &mut statuses) && self.alternatives(&right, &mut statuses) {
                    return self.statuses(condition, &statuses);
                }
            }
            Some(Shape::Checked(_)) => return true,
            Some(Shape::Succeeded(_)) if !not => return true,
            Some(Shape::Has(member)) => {
                let matcher = if not { Matcher::Absent } else { Matcher::Any };
                if self.of_json(&member, &matcher) {
                    return true;
                }
            }
            Some(Shape::Compare(left, operator, right)) => {
                let operator = if not { super::compare::negated(operator) } else { operator };
                if self.comparison(&left, operator, &right) {
                    return true;
                }
            }
            Some(Shape::Contains(whole, part)) if self.containment(&whole, &part, not) => return true,
            Some(Shape::Matches(subject, pattern)) if self.of_json(&subject, &Matcher::Regex { not, pattern: pattern.clone() }) => {
                return true;
            }
            _ => {}
        }
        if matches!(condition, Value::Response(_)) && !not {
            return true;
        }
        if let (true, Value::Code(code)) = (condition.ty() != Ty::Bool, condition)
            && code.mark().is_some()
        {
            let matcher = match (not, self.is_flag(condition)) {
                (true, true) => Matcher::Either(vec![Matcher::Absent, Matcher::Value(Expr::Bool(false))]),
                (true, false) => Matcher::Either(vec![Matcher::Absent, Matcher::Value(Expr::Null)]),
                (false, true) => Matcher::Value(Expr::Bool(true)),
                (false, false) => Matcher::Compare("!=", Expr::Null),
            };
            if self.of_json(condition, &matcher) {
                return true;
            }
        }
        let condition = if not { self.not(condition) } else { condition.clone() };
        let steps = self.steps_read(&condition);
        let Some(text) = self.condition(&condition).filter(|_| !steps.is_empty()) else { return false };
        self.add(&steps, |expectations| expectations.push(Expect::Condition(text.clone())));
        true
    }

    /// Expects one side of an `and`. A side that reads no response adds nothing.
    fn side_holds(&mut self, side: &Value, not: bool) -> bool {
        let reads = !self.steps_of_condition(side).is_empty();
        self.expect(side, not) || !reads && self.truth(side) != Some(not)
    }

    fn add(&mut self, steps: &[usize], add: impl Fn(&mut Expectations)) {
        for number in steps {
            if self.steps.get(*number).is_some_and(|step| step.expectations.added >= EXPECTATIONS_MAX) {
                self.leave("expectations", &format!("more than {EXPECTATIONS_MAX} of one request"));
                continue;
            }
            self.remember(*number);
            if let Some(step) = self.steps.get_mut(*number) {
                step.expectations.added += 1;
                add(&mut step.expectations);
            }
        }
    }

    /// Stores what a probe changes in a step, so that it can be undone.
    fn remember(&mut self, number: usize) {
        if let (Some(probed), Some(step)) = (self.probed_steps.last_mut(), self.steps.get(number))
            && probed.insert(number)
        {
            self.probed.push((number, step.expectations.clone(), step.interrupt));
        }
    }

    fn origin_of(&self, value: &Value) -> Option<Origin> {
        match value {
            Value::Code(code) => self.origins.get_index(code.mark()?).cloned(),
            _ => None,
        }
    }

    pub(super) fn is_status(&self, value: &Value) -> bool {
        self.origin_of(value)
            .is_some_and(|origin| matches!(&origin.what, What::Source(source) if source.what == "status" && source.pattern.is_none()))
    }

    pub(super) fn statuses(&mut self, condition: &Value, statuses: &[String]) -> bool {
        let is_status = |status: &String| status.len() == 3 && status.starts_with(['1', '2', '3', '4', '5']);
        let steps = self.steps_read(condition);
        if steps.is_empty() || !statuses.iter().all(is_status) {
            return false;
        }
        // Two expectations of different statuses contradict each other, so the first one is kept.
        self.add(&steps, |expectations| {
            if expectations.statuses.is_empty() {
                expectations.statuses = statuses.to_vec();
            }
        });
        true
    }

    /// `status >= 200 && status < 300`
    fn status_range(&self, left: &Value, right: &Value) -> Option<Vec<String>> {
        let (Shape::Compare(one, low, from), Shape::Compare(other, high, to)) = (left.shape()?, right.shape()?) else { return None };
        if !self.is_status(one) || !self.is_status(other) {
            return None;
        }
        let from = from.as_number()? + if *low == ">" { 1.0 } else { 0.0 };
        let to = to.as_number()? + if *high == "<=" { 1.0 } else { 0.0 };
        if !matches!(*low, ">" | ">=") || !matches!(*high, "<" | "<=") || from % 100.0 != 0.0 || to % 100.0 != 0.0 || from >= to {
            return None;
        }
        Some(((from / 100.0) as u32..(to / 100.0) as u32).map(|class| format!("{class}xx")).collect())
    }

    /// `status == 200 || status == 201`
    pub(super) fn alternatives(&self, condition: &Value, statuses: &mut Vec<String>) -> bool {
        match condition.shape() {
            Some(Shape::Or(left, right)) => self.alternatives(left, statuses) && self.alternatives(right, statuses),
            Some(Shape::Compare(subject, "==", status)) if self.is_status(subject) => match status.as_number() {
                Some(status) => {
                    statuses.push(format!("{status:.0}"));
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    fn comparison(&mut self, left: &Value, operator: &'static str, right: &Value) -> bool {
        if let Some(Shape::TypeOf(subject)) = left.shape().cloned() {
            return match (right.literal().as_deref(), operator) {
                (Some("undefined"), "==") => self.of_json(&subject, &Matcher::Absent),
                (Some("undefined"), "!=") => self.of_json(&subject, &Matcher::Any),
                (Some(kind), "==") => {
                    let ty = match kind.to_ascii_lowercase().as_str() {
                        "string" | "str" => "string",
                        "number" | "float" => "number",
                        "int" => "int",
                        "boolean" | "bool" => "bool",
                        "array" | "list" => "list",
                        "object" | "dict" => "object",
                        _ => return false,
                    };
                    self.of_json(&subject, &Matcher::Type(ty))
                }
                _ => false,
            };
        }
        if self.is_status(left) && operator == "==" {
            let Some(status) = right.as_number().or_else(|| right.literal()?.parse().ok()) else { return false };
            let steps = self.origin_of(left).map(|origin| origin.steps).unwrap_or_default();
            let is_status = (100.0..600.0).contains(&status);
            if !is_status {
                return false;
            }
            self.add(&steps, |expectations| {
                if expectations.statuses.is_empty() {
                    expectations.statuses = vec![format!("{status:.0}")];
                }
            });
            return true;
        }
        if self.is_status(left) && operator != "==" {
            // A status that is one of the expected ones is not one of the others.
            let steps = self.steps_read(left);
            let has_statuses = |step: &usize| self.steps.get(*step).is_some_and(|step| !step.expectations.statuses.is_empty());
            if !steps.is_empty() && steps.iter().all(has_statuses) {
                return true;
            }
        }
        if self.is_status(left)
            && let (true, Some(limit)) = (operator.starts_with('<'), right.as_number())
        {
            let end = limit + if operator == "<=" { 1.0 } else { 0.0 };
            let classes: Option<Vec<String>> = match end as u32 {
                300 => Some(vec!["2xx".to_owned()]),
                400 => Some(vec!["2xx".to_owned(), "3xx".to_owned()]),
                _ => None,
            };
            if let Some(classes) = classes {
                return self.statuses(left, &classes);
            }
        }
        // The side that reads the last response is the subject.
        let last = |run: &Self, value: &Value| run.origin_of(value).and_then(|origin| origin.steps.last().copied());
        if last(self, right) > last(self, left) {
            return last(self, right).is_some() && self.comparison(right, mirrored(operator), left);
        }
        let Some(origin) = self.origin_of(left) else { return false };
        let Some(value) = self.expr(right).filter(|value| !self.reads_same(value, &origin)) else { return false };
        let matcher = match operator {
            "==" if right.is_nothing() && matches!(right, Value::Undefined) => Matcher::Absent,
            "!=" if matches!(right, Value::Undefined) => Matcher::Any,
            // `body.get("error") is None`, `body.error == null`: a body without the member is as good.
            "==" if value == Expr::Null && matches!(origin.what, What::Json(_)) => {
                Matcher::Either(vec![Matcher::Absent, Matcher::Value(Expr::Null)])
            }
            "==" => Matcher::Value(value),
            other => Matcher::Compare(other, value),
        };
        match &origin.what {
            What::Json(_) => self.of_json(left, &matcher),
            What::Source(source) => {
                let name = source.what.strip_prefix("header \"").and_then(|name| name.strip_suffix('"')).map(str::to_owned);
                match name.filter(|_| source.pattern.is_none() && source.quantifier.is_none()) {
                    Some(name) => {
                        let expect = Expect::Headers(vec![(name, matcher)]);
                        self.add(&origin.steps, |expectations| expectations.push(expect.clone()));
                        true
                    }
                    None => false,
                }
            }
        }
    }

    /// Whether a value reads the same response as the origin.
    fn reads_same(&self, value: &Expr, origin: &Origin) -> bool {
        marks(&crate::write::inline(value))
            .iter()
            .any(|mark| self.origins.get_index(*mark).is_some_and(|other| other.steps == origin.steps))
    }

    fn containment(&mut self, whole: &Value, part: &Value, not: bool) -> bool {
        if self.is_status(part) {
            // `status in (200, 201)`
            let Value::List(items) = whole else { return false };
            let statuses: Option<Vec<String>> =
                items.borrow().iter().map(|item| item.as_number().map(|status| format!("{status:.0}"))).collect();
            return match statuses {
                Some(statuses) if !not => self.statuses(part, &statuses),
                _ => false,
            };
        }
        let Some(origin) = self.origin_of(whole) else { return false };
        let Some(value) = self.expr(part).filter(|value| !self.reads_same(value, &origin)) else { return false };
        match &origin.what {
            What::Source(source) if source.what == "text" && source.pattern.is_none() => {
                let expect = Expect::Text { not, part: value };
                self.add(&origin.steps, |expectations| expectations.push(expect.clone()));
                true
            }
            _ => false,
        }
    }

    /// Whether a member of the JSON body is a bool, by its name: `success`, `isActive`.
    fn is_flag(&self, subject: &Value) -> bool {
        let Some(Origin { what: What::Json(path), .. }) = self.origin_of(subject) else { return false };
        let Some(Segment::Key(key)) = path.last() else { return false };
        let key = crate::names::snake(key);
        matches!(key.as_str(), "ok" | "success" | "successful" | "succeeded" | "valid" | "enabled")
            || ["is_", "has_"].iter().any(|start| key.starts_with(start))
    }

    /// An expectation of a member of the JSON body.
    fn of_json(&mut self, subject: &Value, matcher: &Matcher) -> bool {
        let Some(Origin { steps, what: What::Json(path) }) = self.origin_of(subject) else { return false };
        let path: Option<Vec<Member>> = path
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => Some(Member::Key(key.clone())),
                Segment::Index(index) if *index <= INDEX_MAX => Some(Member::Index(*index)),
                Segment::Index(_) => None,
            })
            .collect();
        let Some(path) = path.filter(|path| !path.is_empty() || !matches!(matcher, Matcher::Absent | Matcher::Either(_))) else {
            return false;
        };
        if path.is_empty() && matches!(matcher, Matcher::Any | Matcher::Compare("!=", Expr::Null)) {
            // This is a guard such as `body && body.id`.
            return true;
        }
        self.add(&steps, |expectations| expectations.trees.expect(&path, matcher.clone()));
        true
    }
}

/// The comparison with its sides swapped.
fn mirrored(operator: &'static str) -> &'static str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}
