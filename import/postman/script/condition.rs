//! Converts conditions of a script to expectations: of members of the JSON body, of the status, of headers, of texts.

use super::Interpreter;
use super::value::{Code, Member, Value};
use crate::draft::{Expect, Expr, Matcher};
use crate::js::{self, Kind};

impl Interpreter<'_> {
    /// Expects that `subject` matches. Returns whether this can be expressed.
    pub(super) fn expect(&mut self, subject: &Value, matcher: Matcher) -> bool {
        match subject {
            Value::Json(path) if path.iter().all(|member| !matches!(member, Member::Index(index) if *index > crate::web::INDEX_MAX)) => {
                self.outcome.trees.expect(path, matcher);
                true
            }
            Value::Json(path) => {
                super::value::source(path).is_some_and(|source| self.condition(&Code::atom(source.what, false, true), &matcher))
            }
            Value::Code(code) if code.text == "status" => match &matcher {
                Matcher::Value(Expr::Number(digits)) => self.statuses(vec![digits.clone()]),
                Matcher::Either(options) => {
                    let status =
                        |option: &Matcher| if let Matcher::Value(Expr::Number(digits)) = option { Some(digits.clone()) } else { None };
                    match options.iter().map(status).collect::<Option<Vec<_>>>() {
                        Some(statuses) => self.statuses(statuses),
                        None => false,
                    }
                }
                Matcher::Compare(_, Expr::Number(_)) => self.condition(code, &matcher),
                _ => false,
            },
            Value::Code(code) if code.text == "elapsed" => match &matcher {
                Matcher::Compare(operator, Expr::Number(digits)) if !digits.contains('.') => {
                    self.push(Expect::Condition(format!("elapsed {operator} {digits}ms")))
                }
                _ => false,
            },
            Value::Code(code) if code.reads && code.is_text && has_number(&matcher) => match matcher {
                Matcher::Value(value) => self.expect(subject, Matcher::Value(Expr::text(crate::write::inline(&value)))),
                // The value of a header is a text.
                matcher if code.text.starts_with("header ") => {
                    self.condition(&Code::atom(format!("int({})", code.text), false, true), &matcher)
                }
                _ => false,
            },
            // A number, such as the number of members, cannot be compared with a text.
            Value::Code(code) if code.text.starts_with("len(") && !has_number(&matcher) => false,
            Value::Code(code) if code.reads => match code.text.strip_prefix("header \"").and_then(|name| name.strip_suffix('"')) {
                Some(name) => self.push(Expect::Headers(vec![(name.to_owned(), matcher)])),
                None => self.condition(code, &matcher),
            },
            // A condition that does not read the response always has the same result.
            _ => false,
        }
    }

    /// Adds an expectation.
    pub(super) fn push(&mut self, expect: Expect) -> bool {
        if !self.outcome.expects.contains(&expect) {
            self.outcome.expects.push(expect);
        }
        true
    }

    /// Expects one of these statuses. Two expectations of different statuses contradict each other, so the first one is kept.
    pub(super) fn statuses(&mut self, statuses: Vec<String>) -> bool {
        if statuses.iter().any(|status| status.len() != 3 || !status.starts_with(['1', '2', '3', '4', '5'])) {
            return false;
        }
        if self.outcome.statuses.is_empty() {
            self.outcome.statuses = statuses;
            return true;
        }
        self.outcome.statuses == statuses
    }

    /// Adds a condition whose subject cannot have a pattern.
    fn condition(&mut self, code: &Code, matcher: &Matcher) -> bool {
        let operand = code.operand();
        let text = match matcher {
            Matcher::Value(value) => format!("{operand} == {}", crate::write::inline(value)),
            Matcher::Compare(operator, value) => format!("{operand} {operator} {}", crate::write::inline(value)),
            Matcher::Regex { not, pattern } => format!("{operand} {} {}", if *not { "!~" } else { "~" }, crate::write::regex(pattern)),
            Matcher::Any => format!("{operand} != null"),
            Matcher::Absent => format!("{operand} == null"),
            Matcher::Either(options) => {
                let value = |option: &Matcher| if let Matcher::Value(value) = option { Some(crate::write::inline(value)) } else { None };
                match options.iter().map(value).collect::<Option<Vec<_>>>() {
                    Some(values) => format!("{operand} in [{}]", values.join(", ")),
                    None => return false,
                }
            }
            _ => return false,
        };
        self.push(Expect::Condition(text))
    }

    /// Expects that `all` contains `part`, or that it does not.
    pub(super) fn contains(&mut self, all: &Value, part: &Value, not: bool) -> bool {
        if let Value::Json(path) = all
            && let Some(Expr::Map(members)) = part.to_expr()
        {
            let pattern = Matcher::Object(members.into_iter().map(|(key, value)| (key, Matcher::Value(value))).collect());
            return !not && self.expect(&Value::Json(path.clone()), pattern);
        }
        let (Some(code), Some(value)) = (all.to_code(), part.to_expr()) else { return false };
        if !code.reads {
            return false;
        }
        let value =
            if code.is_text && matches!(value, Expr::Number(_) | Expr::Bool(_)) { Expr::text(crate::write::inline(&value)) } else { value };
        if code.text == "text" {
            return self.push(Expect::Text { not, part: value });
        }
        let not = if not { "not " } else { "" };
        self.push(Expect::Condition(format!("{not}contains({}, {})", code.text, crate::write::inline(&value))))
    }

    /// Expects that a condition of the script holds (or, with `not`, that it does not). Returns whether this can be expressed.
    pub(super) fn holds(&mut self, condition: &js::Expr, not: bool) -> bool {
        match &condition.kind {
            Kind::Bool(flag) => *flag != not,
            Kind::Unary("!", inner) => self.holds(inner, !not),
            Kind::Binary("&&", left, right) if !not => {
                // A guard such as `body && body.id` adds nothing.
                let (left, right) = (self.holds(left, false), self.holds(right, false));
                left && right
            }
            Kind::Binary("||", left, right) if !not => self.either(left, right),
            Kind::Binary("in", key, object) => {
                let (key, object) = (self.eval(key), self.eval(object));
                match (key.literal(), object) {
                    (Some(key), Value::Json(mut path)) => {
                        path.push(Member::Key(key.to_owned()));
                        self.expect(&Value::Json(path), if not { Matcher::Absent } else { Matcher::Any })
                    }
                    _ => false,
                }
            }
            Kind::Binary(operator, left, right) => self.comparison(operator, left, right, not),
            Kind::Call(callee, arguments) => self.test_call(callee, arguments, not),
            _ => match self.eval(condition) {
                // `body && body.id`: the body itself is only a guard.
                Value::Json(path) if path.is_empty() && !not => true,
                subject @ Value::Json(_) => {
                    let matcher = if not { Matcher::Value(Expr::Null) } else { Matcher::Compare("!=", Expr::Null) };
                    self.expect(&subject, matcher)
                }
                Value::Code(code) if code.reads && code.is_text => {
                    self.expect(&Value::Code(code), if not { Matcher::Absent } else { Matcher::Any })
                }
                _ => false,
            },
        }
    }

    /// `a === 1 || a === 2`
    fn either(&mut self, left: &js::Expr, right: &js::Expr) -> bool {
        fn options<'e>(expr: &'e js::Expr, found: &mut Vec<(&'e js::Expr, &'e js::Expr)>) -> bool {
            match &expr.kind {
                Kind::Binary("||", left, right) => options(left, found) && options(right, found),
                Kind::Binary("===" | "==", left, right) => {
                    found.push((left, right));
                    true
                }
                _ => false,
            }
        }
        let mut found = Vec::new();
        if !options(left, &mut found) || !options(right, &mut found) {
            return false;
        }
        let subject = self.eval(found[0].0);
        let same = found.iter().all(|(left, _)| left.path().is_some() && left.path() == found[0].0.path());
        let values: Option<Vec<Matcher>> = found.iter().map(|(_, right)| self.eval(right).to_expr().map(Matcher::Value)).collect();
        match values {
            Some(values) if same => self.expect(&subject, Matcher::Either(values)),
            _ => false,
        }
    }

    fn comparison(&mut self, operator: &str, left: &js::Expr, right: &js::Expr, not: bool) -> bool {
        // `typeof body.id === "number"`
        if let (Kind::Unary("typeof", subject), Kind::Text(kind)) = (&left.kind, &right.kind) {
            let subject = self.eval(subject);
            return match (kind.as_str(), operator.starts_with('!') != not) {
                ("undefined", false) => self.expect(&subject, Matcher::Absent),
                ("undefined", true) => self.expect(&subject, Matcher::Any),
                (kind, false) => type_of(kind).is_some_and(|matcher| self.expect(&subject, matcher)),
                _ => false,
            };
        }
        let (subject, value, flipped) = match (self.eval(left), self.eval(right)) {
            (left, right) if left.reads() => (left, right, false),
            (left, right) if right.reads() => (right, left, true),
            _ => return false,
        };
        let Some(operator) = operator_of(operator, flipped, not) else { return false };
        // `text.indexOf("a") > -1`
        if let Value::Code(Code { text, .. }) = &subject
            && text == "status"
            && operator == "=="
            && let Some(Expr::Number(digits)) = value.to_expr()
        {
            return self.statuses(vec![digits]);
        }
        match (value.to_expr(), operator) {
            (Some(value), "==") => self.expect(&subject, Matcher::Value(value)),
            (Some(value), operator) => self.expect(&subject, Matcher::Compare(operator, value)),
            (None, _) => false,
        }
    }

    /// A call with a boolean result.
    fn test_call(&mut self, callee: &js::Expr, arguments: &[js::Expr], not: bool) -> bool {
        if callee.path().as_deref() == Some(&["Array", "isArray"]) {
            let Some(subject) = arguments.first().map(|argument| self.eval(argument)) else { return false };
            return !not && self.expect(&subject, Matcher::Type("list"));
        }
        if callee.path().as_deref() == Some(&["pm", "response", "headers", "has"])
            && let Some(name) = arguments.first().and_then(|argument| self.eval(argument).literal().map(str::to_owned))
        {
            return self.push(Expect::Headers(vec![(name, if not { Matcher::Absent } else { Matcher::Any })]));
        }
        let Kind::Member(object, method) = &callee.kind else { return false };
        let (object, argument) = (object, arguments.first());
        match (method.as_str(), argument) {
            ("includes" | "has" | "contains", Some(argument)) => {
                let (all, part) = (self.eval(object), self.eval(argument));
                self.contains(&all, &part, not)
            }
            // `/pattern/.test(body.id)`
            ("test", Some(argument)) => {
                let Kind::Regex { pattern, flags } = &object.kind else { return false };
                let subject = self.eval(argument);
                self.regex(pattern, flags).is_some_and(|pattern| self.expect(&subject, Matcher::Regex { not, pattern }))
            }
            ("hasOwnProperty", Some(argument)) => {
                let (object, key) = (self.eval(object), self.eval(argument));
                match (object, key.literal()) {
                    (Value::Json(mut path), Some(key)) => {
                        path.push(Member::Key(key.to_owned()));
                        self.expect(&Value::Json(path), if not { Matcher::Absent } else { Matcher::Any })
                    }
                    _ => false,
                }
            }
            ("startsWith" | "endsWith", Some(_)) => {
                let Some(code) =
                    self.eval(&js::Expr { line: callee.line, kind: Kind::Call(Box::new(callee.clone()), arguments.to_vec()) }).to_code()
                else {
                    return false;
                };
                code.reads && self.push(Expect::Condition(format!("{}{}", if not { "not " } else { "" }, code.operand())))
            }
            _ => false,
        }
    }
}

/// Whether a value of the matcher is a number.
fn has_number(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Value(value) | Matcher::Compare(_, value) => matches!(value, Expr::Number(_) | Expr::Bool(_)),
        Matcher::Either(options) => options.iter().any(has_number),
        _ => false,
    }
}

/// The corresponding comparison of the language, with the response on the left side.
fn operator_of(operator: &str, flipped: bool, not: bool) -> Option<&'static str> {
    let plain = match operator {
        "==" | "===" => "==",
        "!=" | "!==" => "!=",
        "<" => "<",
        "<=" => "<=",
        ">" => ">",
        ">=" => ">=",
        _ => return None,
    };
    let seen = match (flipped, plain) {
        (true, "<") => ">",
        (true, "<=") => ">=",
        (true, ">") => "<",
        (true, ">=") => "<=",
        (_, other) => other,
    };
    Some(if not { negated(seen) } else { seen })
}

/// The opposite comparison.
pub(super) fn negated(operator: &str) -> &'static str {
    match operator {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        _ => "<",
    }
}

/// The matcher for a type of JavaScript or chai.
pub(super) fn type_of(kind: &str) -> Option<Matcher> {
    Some(match kind.to_lowercase().as_str() {
        "string" => Matcher::Type("string"),
        "number" => Matcher::Type("number"),
        "boolean" => Matcher::Type("bool"),
        "array" => Matcher::Type("list"),
        "object" => Matcher::Type("object"),
        "null" => Matcher::Value(Expr::Null),
        "undefined" => Matcher::Absent,
        _ => return None,
    })
}

impl Interpreter<'_> {
    /// A pattern of JavaScript, if the language supports it, and a spec can have it, too.
    pub(super) fn regex(&mut self, pattern: &str, flags: &str) -> Option<String> {
        regex(pattern, flags).filter(|pattern| self.variables.work.patterns.fits(pattern))
    }
}

/// A pattern of JavaScript, if the language supports it.
pub(super) fn regex(pattern: &str, flags: &str) -> Option<String> {
    let flags: String = flags.chars().filter(|flag| matches!(flag, 'i' | 'm' | 's')).collect();
    // In JavaScript, `\/` is a slash, and `\d` matches ASCII only, which makes no difference in practice.
    let pattern = pattern.replace("\\/", "/");
    let pattern = if flags.is_empty() { pattern } else { format!("(?{flags}){pattern}") };
    regex::Regex::new(&pattern).is_ok().then_some(pattern)
}
