//! Resolves the names of a tree, scope by scope.

use std::collections::HashMap;

use super::index::{DeclarationKind, Index, Referent};
use crate::ast::{
    ApiMember, Arg, AuthExpr, Block, Body, BodyKind, Entry, Exchange, Expect, ExpectKind, Expr, ExprKind, File, ForIter, Item, Matcher,
    MatcherEntry, MatcherKind, Param, Part, PathExpr, RequestLine, RequestOption, Stmt, StmtKind, Take, TaskTarget, Text, TextPart,
    UserMember, Wait,
};
use crate::check::functions;
use crate::span::{FileId, Name, Span};

pub(super) struct Walker {
    pub(super) index: Index,
    /// Names of the item at hand.
    scope: HashMap<String, usize>,
    /// The item, whose names are visible in all of it.
    whole: Span,
    container: Option<usize>,
}

impl Walker {
    pub(super) fn new(index: Index) -> Self {
        Self { index, scope: HashMap::new(), whole: Span::default(), container: None }
    }

    /// Makes what `before test` assigns visible everywhere.
    pub(super) fn share_before_test(&mut self, file: &File) {
        for item in &file.items {
            if let Item::BeforeTest(block) = item {
                self.enter(block.span, None);
                self.block(block);
                let shared = std::mem::take(&mut self.scope);
                self.index.globals.extend(shared);
            }
        }
    }

    pub(super) fn file(&mut self, file: &File, imports: &[Option<FileId>]) {
        let mut imports = imports.iter();
        for item in &file.items {
            match item {
                Item::Import(import) => {
                    if let Some(Some(file)) = imports.next() {
                        self.index.references.push((import.path.span, Referent::Import(*file)));
                    }
                }
                Item::Api(api) => {
                    let id = self.index.globals.get(&api.name.node).copied();
                    self.members(&api.members, id);
                }
                Item::Data(data) => {
                    self.enter(data.span, None);
                    // Columns are names of the condition; they are not declared.
                    if let (Some(filter), Some(id)) = (&data.filter, self.index.globals.get(&data.name.node).copied()) {
                        self.columns(filter, id);
                    }
                }
                Item::Let(variable) | Item::Keep(variable) => {
                    self.enter(variable.span, None);
                    self.expr(&variable.value);
                    let rows = self.rows_of(&variable.value);
                    if let Some(id) = self.index.globals.get(&variable.name.node).copied() {
                        self.index.declarations[id].rows_of = rows;
                    }
                }
                Item::Sequence(sequence) => {
                    self.enter(sequence.span, self.index.globals.get(&sequence.name.node).copied());
                    self.params(&sequence.params);
                    self.block(&sequence.body);
                    sequence.gives.iter().for_each(|name| self.used(name));
                }
                Item::Tasks(tasks) => {
                    self.enter(tasks.span, self.index.globals.get(&tasks.name.node).copied());
                    self.params(&tasks.params);
                    for member in &tasks.members {
                        self.optional(member.weight.as_ref());
                        match &member.target {
                            TaskTarget::Run(name, args) => self.call(name, args),
                            TaskTarget::Step(step) => self.step(&step.name, &step.body),
                            TaskTarget::Broken => {}
                        }
                    }
                }
                Item::User(user) => {
                    self.enter(user.span, self.index.globals.get(&user.name.node).copied());
                    self.optional(user.weight.as_ref());
                    for member in &user.members {
                        self.user_member(member);
                    }
                }
                Item::AfterTest(block) => {
                    self.enter(block.span, None);
                    self.block(block);
                }
                Item::BeforeTest(_) | Item::Broken(_) => {}
            }
        }
    }

    fn enter(&mut self, whole: Span, container: Option<usize>) {
        self.scope.clear();
        self.whole = whole;
        self.container = container;
    }

    fn user_member(&mut self, member: &UserMember) {
        match member {
            UserMember::Run(name, args, _) => self.call(name, args),
            UserMember::Wait(wait) => self.wait(wait),
            UserMember::Weight(weight) => self.expr(weight),
            UserMember::OnStart(block) | UserMember::OnStop(block) => self.block(block),
            UserMember::Every(every, block) => {
                self.expr(every);
                self.block(block);
            }
            UserMember::Broken(_) => {}
        }
    }

    fn members(&mut self, members: &[ApiMember], container: Option<usize>) {
        for member in members {
            self.enter(Span::default(), container);
            match member {
                ApiMember::Base(base) => self.expr(base),
                ApiMember::Option(option) => self.option(option),
                ApiMember::Healthcheck(Some(check), _) => {
                    self.line(&check.line);
                    check.parts.iter().for_each(|part| self.part(part));
                    if let Some(version) = &check.version {
                        self.expr(&version.source);
                    }
                }
                ApiMember::Request(request) => {
                    self.enter(request.span, self.index.declared_at(request.name.span));
                    self.params(&request.params);
                    self.line(&request.line);
                    request.parts.iter().for_each(|part| self.part(part));
                }
                ApiMember::Resource(resource) => self.members(&resource.members, container),
                _ => {}
            }
        }
    }

    fn params(&mut self, params: &[Param]) {
        for param in params {
            self.optional(param.default.as_ref());
            self.bind(&param.name, DeclarationKind::Parameter, param.name.span);
        }
    }

    /// Assigns a name: a new variable, or one that the item or the file has.
    fn bind(&mut self, name: &Name, kind: DeclarationKind, whole: Span) -> usize {
        let known = self.scope.get(&name.node).copied().filter(|_| kind != DeclarationKind::Parameter);
        if let Some(known) = known {
            self.index.references.push((name.span, Referent::Declaration(known)));
            return known;
        }
        let id = self.index.declare(name, kind, whole, self.container);
        self.scope.insert(name.node.clone(), id);
        self.index.locals.push((self.whole, id));
        id
    }

    fn lookup(&self, name: &str) -> Option<usize> {
        self.scope.get(name).or_else(|| self.index.globals.get(name)).copied()
    }

    fn used(&mut self, name: &Name) {
        if let Some(id) = self.lookup(&name.node) {
            self.index.references.push((name.span, Referent::Declaration(id)));
        }
    }

    fn call(&mut self, name: &Name, args: &[Arg]) {
        self.used(name);
        let callee = self.lookup(&name.node);
        self.labels(args, callee);
        self.args(args);
    }

    fn labels(&mut self, args: &[Arg], callee: Option<usize>) {
        for arg in args {
            if let (Some(label), Some(callee)) = (&arg.label, callee)
                && let ExprKind::Name(name) = &label.kind
            {
                self.index.labels.push((Name::new(name.clone(), label.span), callee));
            }
        }
    }

    fn args(&mut self, args: &[Arg]) {
        args.iter().for_each(|arg| self.expr(&arg.value));
    }

    fn block(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn step(&mut self, name: &Text, body: &Block) {
        let written = name.parts.iter().find_map(|part| match part {
            TextPart::Literal(text) => Some(text.clone()),
            TextPart::Hole(..) => None,
        });
        if let Some(written) = written {
            let whole = name.span.to(body.span);
            self.index.declare(&Name::new(written, name.span), DeclarationKind::Step, whole, self.container);
        }
        self.block(body);
    }

    fn take(&mut self, take: &Take, whole: Span) {
        self.expr(&take.source);
        self.optional(take.fallback.as_ref());
        self.bind(&take.name, DeclarationKind::Variable, whole);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Step(step) => self.step(&step.name, &step.body),
            StmtKind::Group(name, body) => {
                let whole = name.span.to(body.span);
                self.index.declare(&Name::new(name.node.clone(), name.span), DeclarationKind::Step, whole, self.container);
                self.block(body);
            }
            StmtKind::Exchange(exchange) => self.exchange(exchange),
            StmtKind::Expect(expect) => self.expect(expect),
            StmtKind::Take(take) => self.take(take, stmt.span),
            StmtKind::Run { takes, callee, args } => {
                self.call(callee, args);
                for name in takes {
                    self.bind(name, DeclarationKind::Variable, stmt.span);
                }
            }
            StmtKind::Let(variable) | StmtKind::Keep(variable) => {
                self.expr(&variable.value);
                let rows = self.rows_of(&variable.value);
                let id = self.bind(&variable.name, DeclarationKind::Variable, stmt.span);
                self.index.declarations[id].rows_of = rows;
            }
            StmtKind::Set(target, value) => {
                self.used(&target.name);
                self.expr(value);
            }
            StmtKind::SetAuth(api, auth) => {
                self.used(api);
                self.auth(auth);
            }
            StmtKind::Reset(api) => self.used(api),
            StmtKind::Wait { wait, .. } => self.wait(wait),
            StmtKind::If { branches, otherwise } => {
                for (condition, block) in branches {
                    self.expr(condition);
                    self.block(block);
                }
                otherwise.iter().for_each(|block| self.block(block));
            }
            StmtKind::Repeat(times, body) => {
                self.expr(times);
                self.block(body);
            }
            StmtKind::For { name, iter, parallel, body } => {
                let rows = match iter {
                    ForIter::Each(list) => {
                        self.expr(list);
                        self.all_rows_of(list)
                    }
                    ForIter::Range(from, to) => {
                        self.expr(from);
                        self.expr(to);
                        None
                    }
                };
                self.optional(parallel.as_ref());
                let id = self.bind(name, DeclarationKind::Variable, name.span);
                self.index.declarations[id].rows_of = rows;
                self.block(body);
            }
            StmtKind::Fail(text) | StmtKind::Log(text) => self.expr(text),
            StmtKind::Parallel(body) => self.block(body),
            StmtKind::Retry(retry) => {
                self.expr(&retry.times);
                self.optional(retry.every.as_ref());
                self.block(&retry.body);
            }
            StmtKind::Poll(poll) => {
                self.expr(&poll.every);
                self.expr(&poll.times);
                self.block(&poll.body);
                self.expr(&poll.until);
            }
            StmtKind::Break | StmtKind::Leave | StmtKind::StopUser | StmtKind::Broken => {}
        }
    }

    fn wait(&mut self, wait: &Wait) {
        match wait {
            Wait::Fixed(time) | Wait::Pacing(time) => self.expr(time),
            Wait::Between(from, to) => {
                self.expr(from);
                self.expr(to);
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let parts = match exchange {
            Exchange::Call { path, args, parts } => {
                let callee = self.request_path(path);
                self.labels(args, callee);
                self.args(args);
                parts
            }
            Exchange::Inline { api, line, parts } => {
                self.used(api);
                self.line(line);
                parts
            }
            Exchange::Submit { api, form, parts } => {
                self.used(api);
                self.expr(form);
                parts
            }
        };
        parts.iter().for_each(|part| self.part(part));
    }

    /// `shop.cart.add`: the api, its resources and the request.
    fn request_path(&mut self, path: &[Name]) -> Option<usize> {
        let mut found = None;
        let mut written = String::new();
        for (n, name) in path.iter().enumerate() {
            if n == 0 {
                self.used(name);
            } else {
                written.push('.');
            }
            written.push_str(&name.node);
            if let Some(id) = self.index.requests.get(&written).copied() {
                self.index.references.push((name.span, Referent::Declaration(id)));
                found = Some(id);
            }
        }
        found
    }

    fn line(&mut self, line: &RequestLine) {
        match &line.path {
            PathExpr::Plain(text) | PathExpr::Quoted(text) => self.text(text),
        }
    }

    fn option(&mut self, option: &RequestOption) {
        match option {
            RequestOption::Auth(auth) => self.auth(auth),
            RequestOption::Headers(entries, _) => self.entries(entries),
            RequestOption::Timeout(timeout) => self.expr(timeout),
            RequestOption::Redirects(..) => {}
        }
    }

    fn auth(&mut self, auth: &AuthExpr) {
        self.args(&auth.args);
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Option(option) => self.option(option),
            Part::Query(entries, _) => self.entries(entries),
            Part::Body(body) => self.body(body),
            Part::Expect(expect) => self.expect(expect),
            Part::Broken(_) => {}
        }
    }

    fn body(&mut self, body: &Body) {
        match &body.kind {
            BodyKind::JsonMap(entries) | BodyKind::Form(entries) | BodyKind::Multipart(entries) | BodyKind::Graphql(_, entries) => {
                self.entries(entries);
            }
            BodyKind::Json(value) | BodyKind::Text(value) | BodyKind::Bytes(value) => self.expr(value),
        }
    }

    fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            if entry.key.span == entry.value.span {
                self.index.short_keys.insert(entry.key.span);
            }
            self.expr(&entry.value);
        }
    }

    fn expect(&mut self, expect: &Expect) {
        match &expect.kind {
            ExpectKind::Status(_) => {}
            ExpectKind::Json { matcher, .. } => self.matcher(matcher),
            ExpectKind::Headers(entries) => self.matcher_entries(entries),
            ExpectKind::Text { part, .. } => self.expr(part),
            ExpectKind::Condition(condition) => self.expr(condition),
        }
    }

    fn matcher_entries(&mut self, entries: &[MatcherEntry]) {
        for entry in entries {
            if entry.key.span == entry.matcher.span {
                self.index.short_keys.insert(entry.key.span);
            }
            self.matcher(&entry.matcher);
        }
    }

    fn matcher(&mut self, matcher: &Matcher) {
        match &matcher.kind {
            MatcherKind::Compare(_, value) | MatcherKind::Value(value) => self.expr(value),
            MatcherKind::Each(each) => self.matcher(each),
            MatcherKind::OneOf(matchers) | MatcherKind::List { items: matchers, .. } => {
                matchers.iter().for_each(|matcher| self.matcher(matcher));
            }
            MatcherKind::Object(entries) => self.matcher_entries(entries),
            MatcherKind::Any | MatcherKind::Absent | MatcherKind::Type(_) | MatcherKind::Regex { .. } => {}
        }
    }

    fn optional(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn text(&mut self, text: &Text) {
        for part in &text.parts {
            if let TextPart::Hole(expr, _) = part {
                self.expr(expr);
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Text(text) => self.text(text),
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Object(entries) => self.entries(entries),
            ExprKind::Name(name) => self.used(&Name::new(name.clone(), expr.span)),
            ExprKind::Header(inner) | ExprKind::Cookie(inner) | ExprKind::Unary(_, inner) | ExprKind::Match { value: inner, .. } => {
                self.expr(inner);
            }
            ExprKind::Member(base, name) => self.member(base, name),
            ExprKind::Index(base, index) => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Slice(base, from, to) | ExprKind::If(base, from, to) => {
                self.expr(base);
                self.expr(from);
                self.expr(to);
            }
            ExprKind::Call(callee, args) => {
                match function(callee) {
                    Some((name, span)) => self.index.references.push((span, Referent::Function(name))),
                    None => self.expr(callee),
                }
                self.args(args);
            }
            ExprKind::Binary(left, _, right) => {
                self.expr(left);
                self.expr(right);
            }
            _ => {}
        }
    }

    fn member(&mut self, base: &Expr, name: &Name) {
        if let Some(path) = env_path(base) {
            let path = if path.is_empty() { name.node.clone() } else { format!("{path}.{}", name.node) };
            self.expr(base);
            self.index.references.push((name.span, Referent::Env(path)));
            return;
        }
        self.expr(base);
        if let ExprKind::Name(variable) = &base.kind
            && let Some(rows) = self.lookup(variable).and_then(|id| self.index.declarations[id].rows_of)
        {
            self.index.references.push((name.span, Referent::Column(rows, name.node.clone())));
        }
    }

    /// The names of a condition on rows.
    fn columns(&mut self, expr: &Expr, data: usize) {
        match &expr.kind {
            ExprKind::Name(name) => self.index.references.push((expr.span, Referent::Column(data, name.clone()))),
            ExprKind::Binary(left, _, right) => {
                self.columns(left, data);
                self.columns(right, data);
            }
            ExprKind::Unary(_, inner) | ExprKind::Match { value: inner, .. } => self.columns(inner, data),
            _ => {}
        }
    }

    /// The data source of `next(rows)`.
    fn rows_of(&self, value: &Expr) -> Option<usize> {
        let ExprKind::Call(callee, args) = &value.kind else { return None };
        match (&callee.kind, args.first().map(|arg| &arg.value.kind)) {
            (ExprKind::Name(next), Some(ExprKind::Name(data))) if next == "next" => self.lookup(data),
            _ => None,
        }
    }

    /// The data source of `rows.all`.
    fn all_rows_of(&self, list: &Expr) -> Option<usize> {
        match &list.kind {
            ExprKind::Member(base, name) if name.node == "all" => match &base.kind {
                ExprKind::Name(data) => self.lookup(data).filter(|id| self.index.declarations[*id].kind == DeclarationKind::Data),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The dotted path of `env.a.b` behind `env`.
fn env_path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) if name == "env" => Some(String::new()),
        ExprKind::Member(base, name) => {
            env_path(base).map(|path| if path.is_empty() { name.node.clone() } else { format!("{path}.{}", name.node) })
        }
        _ => None,
    }
}

/// The function that a call names.
fn function(callee: &Expr) -> Option<(String, Span)> {
    match &callee.kind {
        ExprKind::Name(name) if functions::find(name).is_some() || functions::SPECIAL.contains(&name.as_str()) => {
            Some((name.clone(), callee.span))
        }
        ExprKind::Member(base, name) if matches!(&base.kind, ExprKind::Name(fake) if fake == "fake") => {
            Some((format!("fake.{}", name.node), name.span))
        }
        _ => None,
    }
}
