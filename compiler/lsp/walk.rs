//! Resolves the names of a tree, scope by scope.

use std::collections::HashMap;

use super::index::{DeclarationKind, Index, Referent};
use crate::ast::{
    ApiMember, Arg, Block, ExprKind, File, ForIter, Item, Param, Stmt, StmtKind, Take, TaskTarget, Text, TextPart, UserMember, Wait,
};
use crate::span::{FileId, Name, Span};

pub(super) struct Walker {
    pub(super) index: Index,
    /// The names of the current item.
    pub(super) scope: HashMap<String, usize>,
    /// The span of the item, in which its names are visible.
    whole: Span,
    container: Option<usize>,
}

impl Walker {
    pub(super) fn new(index: Index) -> Self {
        Self { index, scope: HashMap::new(), whole: Span::default(), container: None }
    }

    /// Makes the names that `before test` assigns visible everywhere.
    pub(super) fn share_before_test(&mut self, file: &File) {
        for item in &file.items {
            if let Item::BeforeTest(block) | Item::BeforeTestEvery(_, block) = item {
                self.enter(block.span, None);
                if let Item::BeforeTestEvery(period, _) = item {
                    self.expr(period);
                }
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
                    // Columns are names within the options only; they have no declaration.
                    if let Some(id) = self.index.globals.get(&data.name.node).copied() {
                        data.filter.iter().for_each(|filter| self.columns(filter, id));
                        let columns = data.secrets.iter().map(|column| (column.span, Referent::Column(id, column.node.clone())));
                        self.index.references.extend(columns);
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
                Item::BeforeTest(_) | Item::BeforeTestEvery(..) | Item::Broken(_) => {}
            }
        }
    }

    pub(super) fn enter(&mut self, whole: Span, container: Option<usize>) {
        self.scope.clear();
        self.whole = whole;
        self.container = container;
    }

    pub(super) fn user_member(&mut self, member: &UserMember) {
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

    pub(super) fn members(&mut self, members: &[ApiMember], container: Option<usize>) {
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

    pub(super) fn params(&mut self, params: &[Param]) {
        for param in params {
            self.optional(param.default.as_ref());
            self.bind(&param.name, DeclarationKind::Parameter, param.name.span);
        }
    }

    /// Assigns a name: declares a new variable, or adds a reference to one of the item or the file.
    pub(super) fn bind(&mut self, name: &Name, kind: DeclarationKind, whole: Span) -> usize {
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

    pub(super) fn lookup(&self, name: &str) -> Option<usize> {
        self.scope.get(name).or_else(|| self.index.globals.get(name)).copied()
    }

    pub(super) fn used(&mut self, name: &Name) {
        if let Some(id) = self.lookup(&name.node) {
            self.index.references.push((name.span, Referent::Declaration(id)));
        }
    }

    pub(super) fn call(&mut self, name: &Name, args: &[Arg]) {
        self.used(name);
        let callee = self.lookup(&name.node);
        self.labels(args, callee);
        self.args(args);
    }

    pub(super) fn labels(&mut self, args: &[Arg], callee: Option<usize>) {
        for arg in args {
            if let (Some(label), Some(callee)) = (&arg.label, callee)
                && let ExprKind::Name(name) = &label.kind
            {
                self.index.labels.push((Name::new(name.clone(), label.span), callee));
            }
        }
    }

    pub(super) fn args(&mut self, args: &[Arg]) {
        args.iter().for_each(|arg| self.expr(&arg.value));
    }

    pub(super) fn block(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    pub(super) fn step(&mut self, name: &Text, body: &Block) {
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

    pub(super) fn take(&mut self, take: &Take, whole: Span) {
        self.expr(&take.source);
        self.optional(take.fallback.as_ref());
        self.bind(&take.name, DeclarationKind::Variable, whole);
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
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
            StmtKind::Parallel(body) | StmtKind::Finally(body) => self.block(body),
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

    pub(super) fn wait(&mut self, wait: &Wait) {
        match wait {
            Wait::Fixed(time) | Wait::Pacing(time) => self.expr(time),
            Wait::Between(from, to) => {
                self.expr(from);
                self.expr(to);
            }
        }
    }
}
