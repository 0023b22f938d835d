//! Statements in words, as the items of nested lists.

use super::html::{code, list, listed, strong, text};
use super::spec::Spec;
use crate::ast::{
    Arg, AuthExpr, BinaryOp, Block, Body, BodyKind, Entry, Exchange, Expect, ExpectKind, ExprKind, ForIter, Part, PathExpr, RequestLine,
    SourceWord, StatusPattern, Step, Stmt, StmtKind, Take, TextPart, Wait,
};
use crate::span::Spanned;

impl Spec<'_> {
    /// The statements of a block as a list.
    pub(super) fn block(&self, block: &Block) -> String {
        self.statements(&block.stmts)
    }

    fn statements(&self, statements: &[Stmt]) -> String {
        let items: Vec<String> = statements.iter().map(|statement| self.statement(statement)).collect();
        list("ol", "flow", &items)
    }

    fn statement(&self, statement: &Stmt) -> String {
        match &statement.kind {
            StmtKind::Step(step) => self.step(step),
            StmtKind::Group(name, block) => nested(&format!("{}, measured as a whole:", strong(&name.node)), &self.block(block)),
            StmtKind::If { branches, otherwise } => self.branches(branches, otherwise.as_ref()),
            StmtKind::Repeat(times, block) => nested(&format!("{} times:", self.code(times.span)), &self.block(block)),
            StmtKind::For { name, iter, parallel, body } => {
                let over = match iter {
                    ForIter::Each(list) => format!("of {}", self.code(list.span)),
                    ForIter::Range(from, to) => format!("from {} to {}", self.code(from.span), self.code(to.span)),
                };
                let at_once = parallel.as_ref().map(|most| format!(", {} at the same time", self.code(most.span))).unwrap_or_default();
                nested(&format!("For each {} {over}{at_once}:", code(&name.node)), &self.block(body))
            }
            StmtKind::Parallel(block) => nested("At the same time:", &self.block(block)),
            StmtKind::Retry(retry) => {
                let every = retry.every.as_ref().map(|every| format!(", {} apart", self.code(every.span))).unwrap_or_default();
                let on = if retry.on.is_empty() { String::new() } else { format!(" with status {}", statuses(&retry.on)) };
                let head = format!("If this fails{on}, up to {} more times{every}:", self.code(retry.times.span));
                nested(&head, &self.block(&retry.body))
            }
            StmtKind::Poll(poll) => {
                let [every, times, until] = [&poll.every, &poll.times, &poll.until].map(|expr| self.code(expr.span));
                nested(&format!("Every {every}, up to {times} times, until {until}:"), &self.block(&poll.body))
            }
            StmtKind::Finally(block) => nested("At the end, whatever happened before:", &self.block(block)),
            simple => item("do", &self.simple(simple, statement)),
        }
    }

    /// A statement without others in it, as a sentence.
    fn simple(&self, kind: &StmtKind, statement: &Stmt) -> String {
        match kind {
            StmtKind::Exchange(exchange) => self.exchange(exchange),
            StmtKind::Expect(expect) => self.expect(expect),
            StmtKind::Take(take) => self.take(take),
            StmtKind::Run { takes, callee, args } => {
                let kept: Vec<String> = takes.iter().map(|name| code(&name.node)).collect();
                let kept = if kept.is_empty() { String::new() } else { format!(", and keeps {}", listed(&kept, "and")) };
                format!("Does {}{kept}.", self.call(&callee.node, args))
            }
            StmtKind::Let(variable) | StmtKind::Keep(variable) => {
                format!("Sets {} to {}.", code(&variable.name.node), self.code(variable.value.span))
            }
            StmtKind::Set(target, value) => format!("Changes {} to {}.", code(&target.name.node), self.code(value.span)),
            StmtKind::SetAuth(api, auth) => format!("From now on, signs in to {} with {}.", strong(&api.node), self.auth(auth)),
            StmtKind::Reset(api) => format!("Forgets the cookies and the sign-in of {}.", strong(&api.node)),
            StmtKind::Wait { wait, between_steps: false } => format!("Waits {}.", self.wait(wait)),
            StmtKind::Wait { wait, between_steps: true } => format!("Waits {} before each further step.", self.wait(wait)),
            StmtKind::Break => "Ends this repetition.".to_owned(),
            StmtKind::Leave => "Is done here.".to_owned(),
            StmtKind::StopUser => "Stops: this user does nothing more.".to_owned(),
            StmtKind::Fail(why) => format!("Fails: {}. The user starts over.", self.code(why.span)),
            StmtKind::Log(message) => format!("Writes {} to the log.", self.code(message.span)),
            _ => self.code(statement.span),
        }
    }

    fn branches(&self, branches: &[(crate::ast::Expr, Block)], otherwise: Option<&Block>) -> String {
        let mut items = Vec::new();
        for (at, (condition, block)) in branches.iter().enumerate() {
            let word = if at == 0 { "If" } else { "Otherwise, if" };
            items.push(nested(&format!("{word} {}:", self.code(condition.span)), &self.block(block)));
        }
        items.extend(otherwise.map(|block| nested("Otherwise:", &self.block(block))));
        items.concat()
    }

    /// A step: its name, its request, and below them what is expected and kept.
    pub(super) fn step(&self, step: &Step) -> String {
        let is_request = |statement: &&Stmt| matches!(statement.kind, StmtKind::Exchange(_));
        let sent = step.body.stmts.iter().find(is_request).map(|statement| match &statement.kind {
            StmtKind::Exchange(exchange) => self.exchange(exchange),
            _ => String::new(),
        });
        let mut details: Vec<String> = sent.iter().map(|sent| item("sent", sent)).collect();
        details.extend(step.body.stmts.iter().filter(|statement| !is_request(statement)).map(|statement| self.statement(statement)));
        if step.interrupt.is_some() {
            details.push(item("note", "If this step fails, the user starts over."));
        }
        if step.skip.is_some() {
            details.push(item("note", "The results do not count this step."));
        }
        format!("<li class=\"step\"><b>{}</b>{}</li>", text(&step_name(step)), list("ul", "details", &details))
    }

    fn exchange(&self, exchange: &Exchange) -> String {
        let (line, api, with, parts) = match exchange {
            Exchange::Call { path, args, parts } => {
                let dotted = path.iter().map(|name| name.node.as_str()).collect::<Vec<_>>().join(".");
                let api = path.first().map(|name| name.node.as_str()).unwrap_or_default();
                let Some(request) = self.request(&dotted) else { return format!("Sends {}.", code(&dotted)) };
                let own: Vec<&Part> = request.parts.iter().chain(parts).collect();
                (self.line(&request.line), api, self.arguments(&request.params, args), own)
            }
            Exchange::Inline { api, line, parts } => (self.line(line), api.node.as_str(), String::new(), parts.iter().collect()),
            Exchange::Submit { api, form, parts } => {
                let fields: Vec<String> = parts.iter().flat_map(fields).collect();
                let fields = if fields.is_empty() { String::new() } else { format!(", with {}", listed(&fields, "and")) };
                return format!("Submits the form {} to {}{fields}.", self.code(form.span), strong(&api.node));
            }
        };
        let fields: Vec<String> = parts.iter().copied().flat_map(fields).collect();
        let fields = if fields.is_empty() { String::new() } else { format!(", with {}", listed(&fields, "and")) };
        format!("Sends {line} to {}{fields}{with}.", strong(api))
    }

    fn line(&self, line: &RequestLine) -> String {
        let (PathExpr::Plain(path) | PathExpr::Quoted(path)) = &line.path;
        code(&format!("{} {}", line.method.node, self.written(path.span)))
    }

    /// `; here, id is x`: the arguments whose text is not the parameter's name.
    fn arguments(&self, params: &[crate::ast::Param], args: &[Arg]) -> String {
        let mut parts = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            let label = arg.label.as_ref().map(|label| self.written(label.span));
            let name = label.or_else(|| params.get(at).map(|param| param.name.node.clone())).unwrap_or_default();
            let value = self.written(arg.value.span);
            if value != name {
                parts.push(format!("{} is {}", code(&name), code(&value)));
            }
        }
        if parts.is_empty() { String::new() } else { format!("; {}", listed(&parts, "and")) }
    }

    fn expect(&self, expect: &Expect) -> String {
        let after = |word: &str| {
            let written = self.written(expect.span);
            code(written.trim_start_matches("expect").trim_start().trim_start_matches(word).trim_start())
        };
        match &expect.kind {
            ExpectKind::Status(patterns) => format!("The response must have status {}.", statuses(patterns)),
            ExpectKind::Json { exactly: false, matcher } => format!("The response must contain the JSON {}.", self.code(matcher.span)),
            ExpectKind::Json { exactly: true, matcher } => format!("The response must be exactly the JSON {}.", self.code(matcher.span)),
            ExpectKind::Headers(_) => format!("The response must have the headers {}.", after("headers")),
            ExpectKind::Text { negated, part } => {
                format!("The response must {}contain the text {}.", if *negated { "not " } else { "" }, self.code(part.span))
            }
            ExpectKind::Condition(condition) => match &condition.kind {
                ExprKind::Binary(left, BinaryOp::Lt | BinaryOp::Le, right)
                    if matches!(left.kind, ExprKind::Source(SourceWord::Elapsed)) =>
                {
                    format!("The response must arrive within {}.", self.code(right.span))
                }
                _ => format!("This must be true: {}.", self.code(condition.span)),
            },
        }
    }

    fn take(&self, take: &Take) -> String {
        let which = take.quantifier.as_ref().map_or("", |quantifier| match quantifier.node {
            crate::ast::Quantifier::All => "all of ",
            crate::ast::Quantifier::Any => "one of ",
        });
        let otherwise = take.fallback.as_ref().map(|value| format!(", or else {}", self.code(value.span))).unwrap_or_default();
        format!("Keeps {} from the response: {which}{}{otherwise}.", code(&take.name.node), self.code(take.source.span))
    }

    /// A link to what is called, with its arguments.
    pub(super) fn call(&self, name: &str, args: &[Arg]) -> String {
        let params = self.sequences.get(name).map(|it| &it.params).or_else(|| self.tasks.get(name).map(|it| &it.params));
        let with = self.arguments(params.map_or(&[][..], Vec::as_slice), args);
        let with = with.strip_prefix("; ").map(|with| format!(" ({with})")).unwrap_or_default();
        format!("<a href=\"#{0}\">{0}</a>{with}", text(name))
    }

    fn auth(&self, auth: &AuthExpr) -> String {
        self.code(auth.span)
    }

    pub(super) fn wait(&self, wait: &Wait) -> String {
        match wait {
            Wait::Fixed(time) => self.code(time.span),
            Wait::Between(from, to) => format!("{} to {}", self.code(from.span), self.code(to.span)),
            Wait::Pacing(time) => format!("until {} after the last start", self.code(time.span)),
        }
    }

    pub(super) fn code(&self, span: crate::span::Span) -> String {
        code(&self.written(span))
    }
}

/// The name of a step.
pub(super) fn step_name(step: &Step) -> String {
    let literal = |part: &TextPart| if let TextPart::Literal(text) = part { Some(text.clone()) } else { None };
    step.name.parts.iter().filter_map(literal).collect()
}

/// What a part of a request sends: the names of its fields.
fn fields(part: &Part) -> Vec<String> {
    let key = |entry: &Entry| match &entry.value.kind {
        ExprKind::Members(_) => "the fields of a value".to_owned(),
        _ => code(&entry.key.text),
    };
    let keys = |entries: &[Entry]| entries.iter().map(key).collect();
    match part {
        Part::Query(entries, _) => keys(entries),
        Part::Body(Body { kind, .. }) => match kind {
            BodyKind::JsonMap(entries) | BodyKind::Form(entries) | BodyKind::Multipart(entries) => keys(entries),
            BodyKind::Json(_) => vec!["a JSON value".to_owned()],
            BodyKind::Text(_) => vec!["a text".to_owned()],
            BodyKind::Bytes(_) => vec!["a file or bytes".to_owned()],
            BodyKind::Graphql(..) => vec!["a GraphQL query".to_owned()],
        },
        Part::Option(_) | Part::Expect(_) | Part::Broken(_) => Vec::new(),
    }
}

fn statuses(patterns: &[Spanned<StatusPattern>]) -> String {
    let word = |pattern: &Spanned<StatusPattern>| match pattern.node {
        StatusPattern::Code(status) => status.to_string(),
        StatusPattern::Class(class) => format!("{class}xx"),
    };
    listed(&patterns.iter().map(word).collect::<Vec<_>>(), "or")
}

fn item(class: &str, sentence: &str) -> String {
    format!("<li class=\"{class}\">{sentence}</li>")
}

fn nested(head: &str, block: &str) -> String {
    format!("<li class=\"block\">{head}{block}</li>")
}
