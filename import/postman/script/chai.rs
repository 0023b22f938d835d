//! Assertions in chai's words: `pm.expect(x).to.have.property("id")`, `pm.response.to.have.status(200)`.

use super::Interpreter;
use super::condition::{negated, type_of};
use super::value::{Member, Value};
use crate::draft::{Expect, Expr, Matcher};
use crate::js::{self, Kind};

/// A word of a chain, with its arguments if it is a call.
struct Link<'e> {
    word: &'e str,
    arguments: Option<&'e [js::Expr]>,
}

/// The subject of a chain.
enum Subject<'e> {
    Response,
    /// An expression.
    Of(&'e js::Expr),
}

impl Interpreter<'_> {
    /// Whether the expression is an assertion, and if so, whether all of it could be converted.
    pub(super) fn assertion(&mut self, expr: &js::Expr) -> Option<bool> {
        let mut links = Vec::new();
        let subject = chain(expr, &mut links)?;
        links.reverse();
        Some(match subject {
            Subject::Response => self.response(&links),
            Subject::Of(expr) => self.links(expr, &links),
        })
    }

    fn response(&mut self, links: &[Link<'_>]) -> bool {
        let mut not = false;
        for link in links {
            let values: Vec<Value> = link.arguments.unwrap_or_default().iter().map(|argument| self.eval(argument)).collect();
            let done = match (link.word, values.as_slice()) {
                ("not", _) => {
                    not = !not;
                    continue;
                }
                ("status", [Value::Data(Expr::Number(digits))]) if !not => self.statuses(vec![digits.clone()]),
                ("status", [Value::Data(Expr::Number(digits))]) => self.push(Expect::Condition(format!("status != {digits}"))),
                // The reason phrase of a status, which HTTP/2 does not have.
                ("status", [reason]) if !not => {
                    reason.literal().and_then(status_of).is_some_and(|status| self.statuses(vec![status.to_owned()]))
                }
                ("ok" | "success", _) if !not => self.classes("2xx"),
                ("info", _) if !not => self.classes("1xx"),
                ("redirection", _) if !not => self.classes("3xx"),
                ("clientError", _) if !not => self.classes("4xx"),
                ("serverError", _) if !not => self.classes("5xx"),
                ("error", _) => self.push(Expect::Condition(format!("status {} 400", if not { "<" } else { ">=" }))),
                (word, _) if named_status(word).is_some() && !not => {
                    self.statuses(named_status(word).into_iter().map(str::to_owned).collect())
                }
                ("header", [name]) => match name.literal() {
                    Some(name) => self.push(Expect::Headers(vec![(name.to_owned(), if not { Matcher::Absent } else { Matcher::Any })])),
                    None => false,
                },
                ("header", [name, value]) if !not => match (name.literal(), value.to_expr()) {
                    (Some(name), Some(value)) => self.push(Expect::Headers(vec![(name.to_owned(), Matcher::Value(value))])),
                    _ => false,
                },
                ("json", _) if !not => {
                    self.push(Expect::Headers(vec![("Content-Type".to_owned(), Matcher::Regex { not: false, pattern: "json".to_owned() })]))
                }
                ("jsonBody", []) => !not && self.expect(&Value::Json(Vec::new()), Matcher::Any),
                ("jsonBody", [path]) if path.literal().is_some() => {
                    let subject = Value::Json(dotted(path.literal().unwrap_or_default()));
                    self.expect(&subject, if not { Matcher::Absent } else { Matcher::Any })
                }
                ("jsonBody", [path, value]) if path.literal().is_some() => match value.to_expr() {
                    Some(value) => {
                        let matcher = if not { Matcher::Compare("!=", value) } else { Matcher::Value(value) };
                        self.expect(&Value::Json(dotted(path.literal().unwrap_or_default())), matcher)
                    }
                    None => false,
                },
                ("jsonBody", [value]) => {
                    value.to_expr().is_some_and(|value| !not && self.expect(&Value::Json(Vec::new()), Matcher::Value(value)))
                }
                ("body" | "withBody", []) => self.push(Expect::Condition(format!("len(text) {} 0", if not { "==" } else { ">" }))),
                ("body", [value]) => self.body(link, value, not),
                ("to" | "be" | "have" | "been" | "and" | "that" | "is" | "a" | "an", _) => continue,
                _ => false,
            };
            if !done {
                return false;
            }
        }
        true
    }

    fn classes(&mut self, class: &str) -> bool {
        if self.outcome.statuses.is_empty() {
            self.outcome.statuses = vec![class.to_owned()];
        }
        true
    }

    fn body(&mut self, link: &Link<'_>, value: &Value, not: bool) -> bool {
        if let Some(js::Expr { kind: Kind::Regex { pattern, flags }, .. }) = link.arguments.and_then(<[js::Expr]>::first) {
            let operator = if not { "!~" } else { "~" };
            return self
                .regex(pattern, flags)
                .is_some_and(|pattern| self.push(Expect::Condition(format!("text {operator} {}", crate::write::regex(&pattern)))));
        }
        match value.to_expr() {
            Some(value) => self.push(Expect::Condition(format!("text {} {}", if not { "!=" } else { "==" }, crate::write::inline(&value)))),
            None => false,
        }
    }

    fn links(&mut self, expr: &js::Expr, links: &[Link<'_>]) -> bool {
        // `pm.expect(typeof body.id).to.eql("number")`
        if let (Kind::Unary("typeof", subject), Some(Link { word: "eql" | "equal" | "equals" | "eq", arguments: Some([kind]) })) =
            (&expr.kind, links.last())
        {
            let subject = self.eval(subject);
            let matcher = self.eval(kind).literal().and_then(type_of).filter(|_| !links.iter().any(|link| link.word == "not"));
            return matcher.is_some_and(|matcher| self.expect(&subject, matcher));
        }
        let mut subject = self.eval(expr);
        let mut not = false;
        let mut about = false;
        for link in links {
            let values: Vec<Value> = link.arguments.unwrap_or_default().iter().map(|argument| self.eval(argument)).collect();
            let value = values.first().and_then(Value::to_expr);
            let called = link.arguments.is_some();
            let done = match link.word {
                "not" => {
                    not = !not;
                    continue;
                }
                "to" | "be" | "been" | "is" | "that" | "which" | "and" | "has" | "have" | "with" | "at" | "of" | "same" | "deep"
                | "does" | "still" | "own" | "nested" | "all" | "any" | "but" | "ordered" => continue,
                "a" | "an" | "include" | "contain" | "length" if !called => {
                    about |= link.word == "length";
                    continue;
                }
                "property" | "ownProperty" | "haveOwnProperty" => {
                    let Some(key) = values.first().and_then(Value::literal).map(str::to_owned) else { return false };
                    let Value::Json(mut path) = subject else { return false };
                    path.extend(dotted(&key));
                    subject = Value::Json(path);
                    match values.get(1).and_then(Value::to_expr) {
                        Some(value) => self.expect(&subject, equal(value, not)),
                        None => self.expect(&subject, if not { Matcher::Absent } else { Matcher::Any }),
                    }
                }
                "eql" | "eqls" | "equal" | "equals" | "eq" => match (value, expr_is_condition(expr)) {
                    (Some(Expr::Bool(flag)), true) => self.holds(expr, flag == not),
                    (Some(value), _) => self.expect(&subject, equal(value, not)),
                    (None, _) => false,
                },
                "a" | "an" if !not => {
                    values.first().and_then(Value::literal).and_then(type_of).is_some_and(|matcher| self.expect(&subject, matcher))
                }
                "true" | "false" => {
                    let wanted = (link.word == "true") != not;
                    if matches!(subject, Value::Json(_)) {
                        self.expect(&subject, Matcher::Value(Expr::Bool(wanted)))
                    } else {
                        self.holds(expr, !wanted)
                    }
                }
                "ok" => self.holds(expr, not),
                "null" => self.expect(&subject, if not { Matcher::Compare("!=", Expr::Null) } else { Matcher::Value(Expr::Null) }),
                "undefined" => self.expect(&subject, if not { Matcher::Any } else { Matcher::Absent }),
                "exist" | "exists" => self.expect(&subject, if not { Matcher::Absent } else { Matcher::Any }),
                "empty" => self.length(&subject, if not { ">" } else { "==" }, &Expr::number("0")),
                "above" | "gt" | "greaterThan" | "below" | "lt" | "lessThan" | "least" | "gte" | "greaterThanOrEqual" | "most" | "lte"
                | "lessThanOrEqual" => {
                    let Some(value) = value else { return false };
                    let operator = comparison(link.word);
                    let operator = if not { negated(operator) } else { operator };
                    if about { self.length(&subject, operator, &value) } else { self.expect(&subject, Matcher::Compare(operator, value)) }
                }
                "within" if !not => match (value, values.get(1).and_then(Value::to_expr)) {
                    (Some(from), Some(to)) => self.within(&subject, from, to),
                    _ => false,
                },
                "lengthOf" | "length" => match value {
                    Some(value) => self.length(&subject, if not { "!=" } else { "==" }, &value),
                    None => {
                        about = true;
                        continue;
                    }
                },
                "include" | "includes" | "contain" | "contains" | "string" => match values.first() {
                    Some(part) => self.contains(&subject, part, not),
                    None => false,
                },
                "match" | "matches" => match link.arguments.and_then(<[js::Expr]>::first).map(|argument| &argument.kind) {
                    Some(Kind::Regex { pattern, flags }) => {
                        self.regex(pattern, flags).is_some_and(|pattern| self.expect(&subject, Matcher::Regex { not, pattern }))
                    }
                    _ => false,
                },
                "oneOf" if !not => match value {
                    Some(Expr::List(options)) => self.expect(&subject, Matcher::Either(options.into_iter().map(Matcher::Value).collect())),
                    _ => false,
                },
                "keys" | "key" if !not => self.keys(&subject, &values),
                _ => false,
            };
            if !done {
                return false;
            }
        }
        true
    }

    fn within(&mut self, subject: &Value, from: Expr, to: Expr) -> bool {
        let Some(code) = subject.to_code().filter(|code| code.reads) else { return false };
        let (from, to) = (crate::write::inline(&from), crate::write::inline(&to));
        self.push(Expect::Condition(format!("{0} >= {from} and {0} <= {to}", code.operand())))
    }

    fn length(&mut self, subject: &Value, operator: &str, value: &Expr) -> bool {
        match subject.to_code() {
            Some(code) if code.reads => {
                self.push(Expect::Condition(format!("len({}) {operator} {}", code.text, crate::write::inline(value))))
            }
            _ => false,
        }
    }

    fn keys(&mut self, subject: &Value, values: &[Value]) -> bool {
        let Value::Json(path) = subject else { return false };
        let mut keys: Vec<String> = Vec::new();
        for value in values {
            match value {
                Value::Data(Expr::List(items)) => keys.extend(items.iter().filter_map(Expr::as_literal).map(str::to_owned)),
                other => keys.extend(other.literal().map(str::to_owned)),
            }
        }
        for key in &keys {
            let member: Vec<Member> = path.iter().cloned().chain([Member::Key(key.clone())]).collect();
            self.expect(&Value::Json(member), Matcher::Any);
        }
        !keys.is_empty()
    }
}

/// Collects the words after `pm.expect(…)` or `pm.response`, from the last to the first.
fn chain<'e>(expr: &'e js::Expr, links: &mut Vec<Link<'e>>) -> Option<Subject<'e>> {
    match &expr.kind {
        Kind::Call(callee, arguments) => match &callee.kind {
            Kind::Member(object, word) => {
                if callee.path().as_deref() == Some(&["pm", "expect"]) {
                    return arguments.first().map(Subject::Of);
                }
                links.push(Link { word, arguments: Some(arguments) });
                chain(object, links)
            }
            Kind::Name(name) if name == "expect" => arguments.first().map(Subject::Of),
            _ => None,
        },
        Kind::Member(object, word) => {
            if expr.path().as_deref() == Some(&["pm", "response"]) {
                return links.last().filter(|link| link.word == "to").map(|_| Subject::Response);
            }
            links.push(Link { word, arguments: None });
            chain(object, links)
        }
        _ => None,
    }
}

/// Whether an expression is a condition rather than a value.
fn expr_is_condition(expr: &js::Expr) -> bool {
    match &expr.kind {
        Kind::Binary(operator, ..) => !matches!(*operator, "+" | "-" | "*" | "/" | "%" | "??"),
        Kind::Unary("!", _) => true,
        Kind::Call(callee, _) => {
            matches!(&callee.kind, Kind::Member(_, method) if matches!(method.as_str(), "includes" | "has" | "test" | "hasOwnProperty" | "isArray" | "startsWith" | "endsWith"))
        }
        _ => false,
    }
}

fn equal(value: Expr, not: bool) -> Matcher {
    match value {
        value if not => Matcher::Compare("!=", value),
        // An equal object has no further members.
        value @ (Expr::Map(_) | Expr::List(_)) => Matcher::Compare("==", value),
        value => Matcher::Value(value),
    }
}

fn comparison(word: &str) -> &'static str {
    match word {
        "above" | "gt" | "greaterThan" => ">",
        "below" | "lt" | "lessThan" => "<",
        "least" | "gte" | "greaterThanOrEqual" => ">=",
        _ => "<=",
    }
}

/// Converts `a.b[0]` to members.
fn dotted(path: &str) -> Vec<Member> {
    let plain = path.replace('[', ".").replace(']', "");
    let part = |part: &str| match part.parse() {
        Ok(index) => Member::Index(index),
        Err(_) => Member::Key(part.trim_matches(['"', '\'']).to_owned()),
    };
    plain.split('.').filter(|part| !part.is_empty()).map(part).collect()
}

fn named_status(word: &str) -> Option<&'static str> {
    Some(match word {
        "accepted" => "202",
        "badRequest" => "400",
        "unauthorized" => "401",
        "forbidden" => "403",
        "notFound" => "404",
        "rateLimited" => "429",
        _ => return None,
    })
}

fn status_of(reason: &str) -> Option<&'static str> {
    Some(match reason.to_lowercase().as_str() {
        "ok" => "200",
        "created" => "201",
        "accepted" => "202",
        "no content" => "204",
        "moved permanently" => "301",
        "found" => "302",
        "not modified" => "304",
        "bad request" => "400",
        "unauthorized" => "401",
        "forbidden" => "403",
        "not found" => "404",
        "method not allowed" => "405",
        "conflict" => "409",
        "unprocessable entity" => "422",
        "too many requests" => "429",
        "internal server error" => "500",
        _ => return None,
    })
}
