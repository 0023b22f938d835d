//! Resolves the marks in statements and requests: the steps whose responses contain the values capture them.

use super::conditions::Expectations;
use super::finish::{Capture, Captures};
use super::value::{CLOSE, OPEN, What, marks};
use super::{Out, Run};
use crate::draft::{Auth, Body as RequestBody, Call, Expect, Expr, Matcher, Part, Parts, Path, Stmt, Text, Wait};

impl Run<'_> {
    pub(super) fn resolve_block(&mut self, block: &mut [Out], captures: &mut Captures, path: &mut Vec<usize>) {
        for out in block.iter_mut() {
            match out {
                Out::Stmt(statement) => self.resolve_statement(statement, captures, path),
                Out::Step(step) => self.resolve_step(*step, captures, path),
                Out::Group(_, body) => self.resolve_block(body, captures, path),
                Out::Parallel(body) => {
                    let steps = body.iter().filter_map(|out| if let Out::Step(step) = out { Some(*step) } else { None });
                    let outer = std::mem::replace(&mut self.siblings, steps.collect());
                    self.resolve_block(body, captures, path);
                    self.siblings = outer;
                }
                Out::If(number, branches, otherwise) => {
                    for (condition, _) in branches.iter_mut() {
                        *condition = self.resolve(condition, None, true, captures, path);
                    }
                    captures.branches.insert(*number);
                    path.push(*number);
                    for (_, body) in branches.iter_mut() {
                        self.resolve_block(body, captures, path);
                    }
                    self.resolve_block(otherwise, captures, path);
                    path.pop();
                }
                Out::For(number, _, over, body) | Out::Repeat(number, over, body) => {
                    *over = self.resolve(over, None, false, captures, path);
                    path.push(*number);
                    self.resolve_block(body, captures, path);
                    path.pop();
                }
                Out::Poll(number, every, _, until, body) => {
                    path.push(*number);
                    self.resolve_expr(every, None, captures, path);
                    self.resolve_block(body, captures, path);
                    path.pop();
                    *until = self.resolve(until, None, true, captures, path);
                }
            }
        }
    }

    fn resolve_statement(&mut self, statement: &mut Stmt, captures: &mut Captures, path: &[usize]) {
        match statement {
            Stmt::Let(_, value) | Stmt::Set(_, value) | Stmt::Fail(value) | Stmt::Log(value) => {
                self.resolve_expr(value, None, captures, path)
            }
            Stmt::SetAuth(_, auth) => self.resolve_auth(auth, None, captures, path),
            Stmt::Wait(Wait::Fixed(pause) | Wait::Pacing(pause)) => self.resolve_expr(pause, None, captures, path),
            Stmt::Wait(Wait::Between(from, to)) => {
                self.resolve_expr(from, None, captures, path);
                self.resolve_expr(to, None, captures, path);
            }
            _ => {}
        }
    }

    fn resolve_step(&mut self, number: usize, captures: &mut Captures, path: &[usize]) {
        let Some(step) = self.steps.get_mut(number) else { return };
        let mut step = std::mem::take(step);
        let exchange = &mut step.exchange;
        exchange.path.iter_mut().chain(exchange.raw_query.iter_mut()).for_each(|text| self.resolve_text(text, None, captures, path));
        exchange
            .query
            .iter_mut()
            .chain(exchange.headers.iter_mut())
            .for_each(|(_, value)| self.resolve_text_value(value, None, captures, path));
        if let Some(auth) = &mut exchange.auth {
            self.resolve_auth(auth, None, captures, path);
        }
        if let Some(body) = &mut exchange.body {
            self.resolve_body(body, captures, path);
        }
        match &mut step.inline {
            Some(Call::Inline { line, parts, .. }) => {
                let (Path::Reference(text) | Path::Template(text)) = &mut line.path;
                self.resolve_text(text, None, captures, path);
                self.resolve_parts(parts, captures, path);
            }
            Some(Call::Submit { form, parts, .. }) => {
                *form = self.resolve(form, None, false, captures, path);
                self.resolve_parts(parts, captures, path);
            }
            _ => {}
        }
        let Expectations { statuses, trees, others, added } = std::mem::take(&mut step.expectations);
        let mut expects: Vec<Expect> = others;
        let mut matchers: Vec<Matcher> = trees.matchers().collect();
        let count = matchers.len() + expects.len();
        matchers.retain(|matcher| !self.reads_sibling(&format!("{matcher:?}"), number));
        expects.retain(|expect| !self.reads_sibling(&format!("{expect:?}"), number));
        if matchers.len() + expects.len() < count {
            let what = "a condition about the responses of several requests that are sent at the same time";
            self.draft.tally.leave("checks", what.to_owned(), &self.source.name, step.line);
        }
        for matcher in &mut matchers {
            self.resolve_matcher(matcher, number, captures, path);
        }
        for expect in &mut expects {
            match expect {
                Expect::Condition(text) => *text = self.resolve(text, Some(number), false, captures, path),
                Expect::Text { part, .. } => self.resolve_expr(part, Some(number), captures, path),
                Expect::Headers(headers) => {
                    headers.iter_mut().for_each(|(_, matcher)| self.resolve_matcher(matcher, number, captures, path))
                }
                _ => {}
            }
        }
        let mut all: Vec<Expect> = Vec::new();
        let names_status = expects.iter().any(|expect| matches!(expect, Expect::Condition(text) if text.contains("status")));
        let statuses = if statuses.is_empty() && !names_status { std::mem::take(&mut step.usual) } else { statuses };
        if statuses.is_empty() && matchers.is_empty() && expects.is_empty() {
            // k6 and Locust both accept every status below 400.
            all.push(Expect::Status(if matches!(step.exchange.options.redirects, Some(crate::draft::Redirects::Off)) {
                vec!["2xx".to_owned(), "3xx".to_owned()]
            } else {
                vec!["2xx".to_owned()]
            }));
        }
        if !statuses.is_empty() {
            all.push(Expect::Status(statuses));
        }
        all.extend(matchers.into_iter().map(|matcher| Expect::Json { exactly: false, matcher }));
        all.extend(expects);
        step.expectations = Expectations { statuses: Vec::new(), trees: crate::web::Trees::default(), others: all, added };
        self.steps[number] = step;
    }

    /// Whether code reads the response of another step of the same `parallel`, which it cannot.
    fn reads_sibling(&self, code: &str, step: usize) -> bool {
        let escaped = |char: char| char.escape_debug().to_string();
        let code = code.replace(&escaped(OPEN), &OPEN.to_string()).replace(&escaped(CLOSE), &CLOSE.to_string());
        marks(&code)
            .into_iter()
            .filter_map(|mark| self.origins.get_index(mark))
            .any(|origin| origin.steps.iter().any(|other| *other != step && self.siblings.contains(other)) && !origin.steps.contains(&step))
    }

    fn resolve_parts(&mut self, parts: &mut Parts, captures: &mut Captures, path: &[usize]) {
        parts
            .query
            .iter_mut()
            .chain(parts.options.headers.iter_mut())
            .for_each(|(_, value)| self.resolve_expr(value, None, captures, path));
        if let Some(auth) = &mut parts.options.auth {
            self.resolve_auth(auth, None, captures, path);
        }
        if let Some(body) = &mut parts.body {
            self.resolve_body(body, captures, path);
        }
    }

    fn resolve_body(&mut self, body: &mut RequestBody, captures: &mut Captures, path: &[usize]) {
        match body {
            RequestBody::Json(value) | RequestBody::Text(value) | RequestBody::Bytes(value) => {
                self.resolve_expr(value, None, captures, path)
            }
            RequestBody::Form(fields) | RequestBody::Multipart(fields) | RequestBody::Graphql(_, fields) => {
                fields.iter_mut().for_each(|(_, value)| self.resolve_expr(value, None, captures, path));
            }
        }
    }

    fn resolve_auth(&mut self, auth: &mut Auth, step: Option<usize>, captures: &mut Captures, path: &[usize]) {
        match auth {
            Auth::Bearer(value) | Auth::Header(_, value) => self.resolve_text_value(value, step, captures, path),
            Auth::Basic(one, other) | Auth::Aws(one, other) => {
                self.resolve_expr(one, step, captures, path);
                self.resolve_expr(other, step, captures, path);
            }
            Auth::None => {}
        }
    }

    fn resolve_matcher(&mut self, matcher: &mut Matcher, step: usize, captures: &mut Captures, path: &[usize]) {
        match matcher {
            Matcher::Value(value) | Matcher::Compare(_, value) => self.resolve_expr(value, Some(step), captures, path),
            Matcher::Either(all) | Matcher::List(all, _) => {
                all.iter_mut().for_each(|matcher| self.resolve_matcher(matcher, step, captures, path))
            }
            Matcher::Object(members) => members.iter_mut().for_each(|(_, matcher)| self.resolve_matcher(matcher, step, captures, path)),
            Matcher::Each(inner) => self.resolve_matcher(inner, step, captures, path),
            _ => {}
        }
    }

    fn resolve_expr(&mut self, expr: &mut Expr, step: Option<usize>, captures: &mut Captures, path: &[usize]) {
        match expr {
            Expr::Text(text) => self.resolve_text(text, step, captures, path),
            Expr::Code(code) => *code = self.resolve(code, step, false, captures, path),
            Expr::List(items) => items.iter_mut().for_each(|item| self.resolve_expr(item, step, captures, path)),
            Expr::Map(members) => members.iter_mut().for_each(|(_, value)| self.resolve_expr(value, step, captures, path)),
            _ => {}
        }
    }

    /// Resolves a value that is sent as a text. A single hole needs no quotes.
    fn resolve_text_value(&mut self, expr: &mut Expr, step: Option<usize>, captures: &mut Captures, path: &[usize]) {
        self.resolve_expr(expr, step, captures, path);
        if let Expr::Text(text) = expr {
            *expr = Expr::from(std::mem::take(text));
        }
    }

    fn resolve_text(&mut self, text: &mut Text, step: Option<usize>, captures: &mut Captures, path: &[usize]) {
        for part in &mut text.parts {
            if let Part::Hole(code) = part {
                *code = self.resolve(code, step, false, captures, path);
            }
        }
    }

    /// Replaces the marks in code: within its own step, a value is read from the response; elsewhere, the step captures it.
    fn resolve(&mut self, code: &str, step: Option<usize>, is_optional: bool, captures: &mut Captures, path: &[usize]) -> String {
        if !code.contains(OPEN) {
            return code.to_owned();
        }
        // `if a != null then a else b`: either value may be missing.
        let is_optional = is_optional || code.contains(" then ");
        let mut out = String::new();
        let mut rest = code;
        while let Some((before, behind)) = rest.split_once(OPEN) {
            out.push_str(before);
            let Some((number, after)) = behind.split_once(CLOSE) else { break };
            rest = after;
            let Ok(number) = number.parse::<usize>() else { continue };
            let Some(origin) = self.origins.get_index(number).cloned() else { continue };
            let source = origin.what.source();
            match step {
                Some(step) if origin.steps.contains(&step) && source.quantifier.is_none() => {
                    out.push_str(&source.what);
                    if let Some(pattern) = &source.pattern {
                        out.push_str(&format!(" ~ {}", crate::write::regex(pattern)));
                    }
                }
                _ => out.push_str(&self.capture(number, is_optional, captures, path)),
            }
        }
        out.push_str(rest);
        out
    }

    fn capture(&mut self, number: usize, is_optional: bool, captures: &mut Captures, path: &[usize]) -> String {
        let Some(origin) = self.origins.get_index(number).cloned() else { return "null".to_owned() };
        let body = origin.steps.iter().find_map(|step| captures.bodies.get(step)).copied().unwrap_or_default();
        let name = match captures.known.get(&number) {
            Some(name) => name.clone(),
            None => {
                let hint = hint(&origin.what);
                let mut name = String::new();
                if let Some(names) = captures.names.get_mut(body) {
                    name = names.variable(&hint, "value");
                    while self.file_names.has(&name) {
                        name = names.variable(&format!("my_{hint}"), "value");
                    }
                }
                if body == 0 && captures.is_first_global {
                    // Everything reads the captures of the first body, so no other body has this name.
                    while captures.names[1..].iter().any(|names| names.has(&name)) {
                        name = captures.names[0].variable(&hint, "value");
                    }
                    captures.names[1..].iter_mut().for_each(|names| names.reserve(&name));
                }
                captures.known.insert(number, name.clone());
                name
            }
        };
        let source = origin.what.source();
        let is_status = source.what == "status" && source.pattern.is_none();
        for step in origin.steps.iter().filter(|step| captures.bodies.contains_key(step)) {
            let blocks = self.steps.get(*step).map(|step| step.blocks.clone()).unwrap_or_default();
            // A value that only a branch reads may be missing in the other cases.
            let is_of_branch = path.iter().any(|block| captures.branches.contains(block) && !blocks.contains(block));
            let (is_condition, is_optional) = (is_optional, is_optional || is_of_branch);
            let or = if is_status { Some(Expr::Number("0".to_owned())) } else { is_optional.then_some(Expr::Null) };
            let list = captures.by_step.entry(*step).or_default();
            match list.iter_mut().find(|capture| capture.name == name) {
                Some(known) => {
                    // A statement outside of the branch needs the value.
                    if or.is_some() && (known.or.is_some() || is_condition || is_status) {
                        known.or = or.clone();
                    }
                }
                None => list.push(Capture { name: name.clone(), source: source.clone(), or: or.clone() }),
            }
            if or.is_none() {
                captures.interrupt.insert(*step);
            }
            if let Some(block) = blocks.iter().find(|block| !path.contains(block)) {
                let hoisted = captures.hoisted.entry(*block).or_default();
                if !hoisted.contains(&name) {
                    hoisted.push(name.clone());
                }
            }
        }
        name
    }
}

/// A hint for the name of a captured value.
fn hint(what: &What) -> String {
    use crate::draft::Segment;
    match what {
        What::Json(path) => {
            let key = path.iter().rev().find_map(|segment| match segment {
                Segment::Key(key) => Some(key.clone()),
                Segment::Index(_) => None,
            });
            match (key, path.last()) {
                // An item of a list gets the list's name in the singular.
                (Some(key), Some(Segment::Index(_))) => crate::words::singular(&key),
                (Some(key), _) => key,
                (None, _) => "body".to_owned(),
            }
        }
        What::Source(source) => {
            let what = source.what.as_str();
            let inner = what.find('"').zip(what.rfind('"')).filter(|(from, to)| from < to).map(|(from, to)| &what[from + 1..to]);
            let unescaped = inner.unwrap_or_default().replace('\\', "");
            let quoted = unescaped.as_str();
            match what.split(' ').next().unwrap_or_default() {
                "header" | "cookie" => quoted.to_owned(),
                "html" => {
                    let named = quoted.rsplit("name=").next().filter(|_| quoted.contains("name="));
                    let attribute = what.rsplit('@').next().filter(|_| what.contains('@'));
                    let id = quoted.rsplit('#').next().filter(|_| quoted.contains('#'));
                    named
                        .or(attribute.filter(|attribute| *attribute != "value"))
                        .or(id)
                        .unwrap_or("element")
                        .trim_matches(['\'', '"', ']', '\\'])
                        .to_owned()
                }
                "json" => quoted.rsplit(['.', '[', ']', '*']).find(|part| !part.is_empty() && *part != "$").unwrap_or("items").to_owned(),
                "form" => "page".to_owned(),
                "text" if source.pattern.is_some() => "found".to_owned(),
                "text" => "body".to_owned(),
                "url" => "address".to_owned(),
                "status" => "got".to_owned(),
                "elapsed" => "took".to_owned(),
                other => other.to_owned(),
            }
        }
    }
}
