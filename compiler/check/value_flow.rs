//! The flow of values between variables: a walk over a whole checked program that reports from where each variable gets its values, and which
//! requests, expectations and credentials use values. The order of statements does not matter to it.

use crate::model::{
    ApiId, Auth, Block, Body, Exchange, Expect, Expr, GlobalId, Iter, KeepId, LocalId, Options, Program, Request, RequestId, Routine,
    SharedId, Step, Stmt, StmtKind, Take, TaskPick, Then,
};

/// The function that a local belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum SlotOwner {
    Request(usize),
    Sequence(usize),
    Tasks(usize),
    /// A block that no statement calls, by its index in [`routines`].
    Block(usize),
    /// No function: the values at file level and in apis.
    File,
}

/// A variable, which holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    Local(SlotOwner, LocalId),
    Keep(KeepId),
    Global(GlobalId),
    Shared(SharedId),
}

/// The parts of a request that a step adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Additions<'p> {
    pub(super) options: &'p Options,
    /// Fields of the query, or of a form that is submitted.
    pub(super) fields: &'p [(String, Expr)],
    pub(super) body: Option<&'p Body>,
}

/// Receives what the walk finds.
pub(super) trait Visitor<'p> {
    /// A variable gets the value of an expression.
    fn assign(&mut self, slot: Slot, owner: SlotOwner, value: &'p Expr);
    /// A variable gets the value of another one.
    fn copy(&mut self, slot: Slot, from: Slot);
    /// A take. Its `else` is an assignment, too.
    fn take(&mut self, _owner: SlotOwner, _take: &'p Take) {}
    /// A request, with its parts.
    fn request(&mut self, _owner: SlotOwner, _request: &'p Request) {}
    /// What a step adds to a request.
    fn additions(&mut self, _owner: SlotOwner, _api: ApiId, _additions: Additions<'p>) {}
    /// The expectations of a step.
    fn expects(&mut self, _owner: SlotOwner, _api: ApiId, _expects: &'p [Expect]) {}
    /// The options of an api.
    fn options(&mut self, _options: &'p Options) {}
    /// `set shop.auth = …`.
    fn auth(&mut self, _owner: SlotOwner, _auth: &'p Auth) {}
}

/// The blocks that no statement calls.
fn routines(program: &Program) -> impl Iterator<Item = &Routine> {
    let users = program.users.iter().flat_map(|user| {
        let every = user.every.iter().map(|(_, routine)| routine);
        user.on_start.iter().chain(&user.on_stop).chain(every)
    });
    let renewals = program.renewals.iter().map(|(_, routine)| routine);
    users.chain(&program.before_test).chain(renewals).chain(&program.after_test)
}

/// The same blocks in the same order, to change them.
pub(super) fn routines_mut(program: &mut Program) -> impl Iterator<Item = &mut Routine> {
    let users = program.users.iter_mut().flat_map(|user| {
        let every = user.every.iter_mut().map(|(_, routine)| routine);
        user.on_start.iter_mut().chain(&mut user.on_stop).chain(every)
    });
    let renewals = program.renewals.iter_mut().map(|(_, routine)| routine);
    users.chain(&mut program.before_test).chain(renewals).chain(&mut program.after_test)
}

/// Walks over a program.
pub(super) fn walk<'p>(program: &'p Program, visitor: &mut dyn Visitor<'p>) {
    let mut walk = Walk { program, visitor };
    for api in &program.apis {
        walk.visitor.options(&api.options);
        if let Some(health) = &api.health {
            walk.visitor.request(SlotOwner::File, &health.request);
        }
    }
    for (id, request) in program.requests.iter().enumerate() {
        walk.visitor.request(SlotOwner::Request(id), request);
    }
    for (id, global) in program.globals.iter().enumerate() {
        walk.visitor.assign(Slot::Global(GlobalId(id)), SlotOwner::File, &global.value);
    }
    for (id, keep) in program.keeps.iter().enumerate() {
        walk.visitor.assign(Slot::Keep(KeepId(id)), SlotOwner::File, &keep.value);
    }
    for (id, sequence) in program.sequences.iter().enumerate() {
        walk.block(SlotOwner::Sequence(id), &sequence.body);
    }
    for (id, tasks) in program.tasks.iter().enumerate() {
        tasks.members.iter().for_each(|(_, member)| walk.pick(SlotOwner::Tasks(id), member));
    }
    program.users.iter().for_each(|user| walk.pick(SlotOwner::File, &user.run));
    for (id, routine) in routines(program).enumerate() {
        let owner = SlotOwner::Block(id);
        walk.block(owner, &routine.body);
        for (local, shared) in &routine.shares {
            walk.visitor.copy(Slot::Shared(*shared), Slot::Local(owner, *local));
        }
    }
}

struct Walk<'w, 'p> {
    program: &'p Program,
    visitor: &'w mut dyn Visitor<'p>,
}

impl<'p> Walk<'_, 'p> {
    fn block(&mut self, owner: SlotOwner, block: &'p Block) {
        block.iter().for_each(|stmt| self.stmt(owner, stmt));
    }

    fn stmt(&mut self, owner: SlotOwner, stmt: &'p Stmt) {
        match &stmt.kind {
            StmtKind::Step(step) => self.step(owner, step),
            StmtKind::Run { takes, callee } => {
                self.pick(owner, callee);
                if let TaskPick::Sequence(id, _) = callee
                    && let Some(sequence) = self.program.sequences.get(id.0)
                {
                    for (take, give) in takes.iter().zip(&sequence.gives) {
                        self.visitor.copy(Slot::Local(owner, *take), Slot::Local(SlotOwner::Sequence(id.0), *give));
                    }
                }
            }
            StmtKind::Assign(local, value) => self.visitor.assign(Slot::Local(owner, *local), owner, value),
            StmtKind::AssignKeep(keep, value) => self.visitor.assign(Slot::Keep(*keep), owner, value),
            StmtKind::SetAuth(_, auth) => self.visitor.auth(owner, auth),
            StmtKind::If(branches, otherwise) => {
                branches.iter().for_each(|(_, block)| self.block(owner, block));
                self.block(owner, otherwise);
            }
            StmtKind::For { local, iter, body, .. } => {
                if let Iter::Each(list) = iter {
                    self.visitor.assign(Slot::Local(owner, *local), owner, list);
                }
                self.block(owner, body);
            }
            StmtKind::Finally { body, always } => {
                self.block(owner, body);
                self.block(owner, always);
            }
            StmtKind::Repeat(_, body) | StmtKind::Retry { body, .. } | StmtKind::Poll { body, .. } | StmtKind::Group(_, body) => {
                self.block(owner, body);
            }
            StmtKind::Parallel(branches) => branches.iter().for_each(|stmt| self.stmt(owner, stmt)),
            StmtKind::Reset(_)
            | StmtKind::Wait(_)
            | StmtKind::Break
            | StmtKind::Leave
            | StmtKind::StopUser
            | StmtKind::Fail(..)
            | StmtKind::Log(_) => {}
        }
    }

    fn step(&mut self, owner: SlotOwner, step: &'p Step) {
        self.block(owner, &step.before);
        if let Some(api) = self.exchange(owner, &step.exchange) {
            self.visitor.expects(owner, api, &step.expects);
        }
        for then in &step.then {
            match then {
                Then::Take(take) => {
                    self.visitor.take(owner, take);
                    if let Some(fallback) = &take.fallback {
                        self.visitor.assign(Slot::Local(owner, take.local), owner, fallback);
                    }
                }
                Then::Stmt(stmt) => self.stmt(owner, stmt),
            }
        }
    }

    /// Walks over a step's request, and returns its api.
    fn exchange(&mut self, owner: SlotOwner, exchange: &'p Exchange) -> Option<ApiId> {
        match exchange {
            Exchange::Call { request: RequestId(id), args, over, query, body } => {
                for (param, arg) in args.iter().enumerate() {
                    self.visitor.assign(Slot::Local(SlotOwner::Request(*id), LocalId(param)), owner, arg);
                }
                let api = self.program.requests.get(*id)?.api;
                self.visitor.additions(owner, api, Additions { options: over, fields: query, body: body.as_ref() });
                Some(api)
            }
            Exchange::Inline(request) => {
                self.visitor.request(owner, request);
                Some(request.api)
            }
            Exchange::Submit { api, fields, options, .. } => {
                self.visitor.additions(owner, *api, Additions { options, fields, body: None });
                Some(*api)
            }
        }
    }

    fn pick(&mut self, owner: SlotOwner, pick: &'p TaskPick) {
        let (callee, args) = match pick {
            TaskPick::Sequence(id, args) => (SlotOwner::Sequence(id.0), args),
            TaskPick::Tasks(id, args) => (SlotOwner::Tasks(id.0), args),
            TaskPick::Step(step) => return self.step(owner, step),
        };
        for (param, arg) in args.iter().enumerate() {
            self.visitor.assign(Slot::Local(callee, LocalId(param)), owner, arg);
        }
    }
}
