//! Statements.

use ltc_grammar::Rule;

use crate::ast::{Block, Exchange, Expr, ExprKind, ForIter, Poll, Retry, SetTarget, Step, Stmt, StmtKind, Text, Wait};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::builder::{P, TreeBuilder, children};
use crate::span::{Span, Spanned};

/// The expressions and the block of a statement, in order.
struct Pieces {
    exprs: std::vec::IntoIter<Expr>,
    block: Block,
    span: Span,
}

impl Pieces {
    fn next(&mut self) -> Expr {
        self.exprs.next().unwrap_or(Expr { kind: ExprKind::Broken, span: self.span })
    }
}

impl TreeBuilder<'_> {
    /// Statements between braces.
    pub(in crate::parse) fn block(&mut self, pair: P<'_>) -> Block {
        let span = self.span(&pair);
        Block { stmts: children(pair).map(|p| self.stmt(p)).collect(), span }
    }

    fn stmt(&mut self, pair: P<'_>) -> Stmt {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::step => StmtKind::Step(Box::new(self.step(pair))),
            Rule::exchange => StmtKind::Exchange(Box::new(self.exchange(pair))),
            Rule::expect => StmtKind::Expect(self.expect(pair)),
            Rule::take => self.take(pair),
            Rule::run => {
                let callee = self.only(pair);
                let (callee, args) = self.callee(callee);
                StmtKind::Run { takes: Vec::new(), callee, args }
            }
            Rule::let_ => StmtKind::Let(Box::new(self.let_(pair))),
            Rule::keep => StmtKind::Keep(Box::new(self.let_(pair))),
            Rule::set => self.set(pair),
            Rule::reset => {
                let name = self.only(pair);
                StmtKind::Reset(self.word(&name))
            }
            Rule::wait => {
                let between_steps = children(pair.clone()).any(|p| p.as_rule() == Rule::between);
                let spec = self.only(pair);
                StmtKind::Wait { wait: self.wait(spec), between_steps }
            }
            Rule::if_ => self.if_(pair),
            Rule::repeat => {
                let mut pieces = self.pieces(pair);
                StmtKind::Repeat(pieces.next(), pieces.block)
            }
            Rule::for_ => self.for_(pair),
            Rule::break_ => StmtKind::Break,
            Rule::leave => StmtKind::Leave,
            Rule::stop => self.stop(pair),
            Rule::fail => StmtKind::Fail(self.pieces(pair).next()),
            Rule::log => StmtKind::Log(self.pieces(pair).next()),
            Rule::parallel => StmtKind::Parallel(self.last_block(pair)),
            Rule::retry => {
                let on = children(pair.clone()).find(|part| part.as_rule() == Rule::retry_on).map_or_else(Vec::new, |part| {
                    let list = self.only(part);
                    children(list).map(|status| self.status(&status)).collect()
                });
                let mut pieces = self.pieces(pair);
                StmtKind::Retry(Box::new(Retry { times: pieces.next(), every: pieces.exprs.next(), on, body: pieces.block }))
            }
            Rule::poll => {
                let mut pieces = self.pieces(pair);
                let (every, times, until) = (pieces.next(), pieces.next(), pieces.next());
                StmtKind::Poll(Box::new(Poll { every, times, until, body: pieces.block }))
            }
            Rule::finally_ => StmtKind::Finally(self.last_block(pair)),
            Rule::group => {
                let mut name = self.unnamed(&pair);
                let mut body = Block::default();
                for part in children(pair) {
                    match part.as_rule() {
                        Rule::text => name = self.plain(part, "a group's name"),
                        _ => body = self.block(part),
                    }
                }
                StmtKind::Group(name, body)
            }
            _ => {
                self.broken(&pair, Rule::only_stmt);
                StmtKind::Broken
            }
        };
        Stmt { kind, span }
    }

    /// The expressions of `pair`, including those one clause deeper, and its block.
    fn pieces(&mut self, pair: P<'_>) -> Pieces {
        let span = self.span(&pair);
        let mut exprs = Vec::new();
        let mut block = Block::default();
        for part in children(pair) {
            match part.as_rule() {
                Rule::expr => exprs.push(self.expr(part)),
                Rule::block => block = self.block(part),
                Rule::retry_on => {}
                _ => {
                    let inner = self.only(part);
                    exprs.push(self.expr(inner));
                }
            }
        }
        Pieces { exprs: exprs.into_iter(), block, span }
    }

    /// A `step`.
    pub(in crate::parse) fn step(&mut self, pair: P<'_>) -> Step {
        let mut step = Step { name: Text::default(), skip: None, interrupt: None, body: Block::default() };
        for part in children(pair) {
            match part.as_rule() {
                Rule::text => step.name = self.text(part),
                Rule::flag_skip => step.skip = Some(self.span(&part)),
                Rule::flag_interrupt => step.interrupt = Some(self.span(&part)),
                _ => step.body = self.block(part),
            }
        }
        step
    }

    fn exchange(&mut self, pair: P<'_>) -> Exchange {
        let pair = self.only(pair);
        let rule = pair.as_rule();
        let mut api = self.unnamed(&pair);
        let mut line = None;
        let mut form = Expr { kind: ExprKind::Broken, span: api.span };
        let mut path = Vec::new();
        let mut args = Vec::new();
        let mut parts = Vec::new();
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => api = self.word(&part),
                Rule::request_line => line = Some(self.request_line(part)),
                Rule::operand => form = self.operand(part),
                Rule::call_head => {
                    for head in children(part) {
                        match head.as_rule() {
                            Rule::word => path.push(self.word(&head)),
                            _ => args = self.args(head),
                        }
                    }
                }
                // A single word before brackets is not a request. The checker reports it, and its block has no parts.
                _ if rule == Rule::call_request && path.len() < 2 => {}
                _ => parts = self.parts(part),
            }
        }
        match (rule, line) {
            (_, Some(line)) => Exchange::Inline { api, line, parts },
            (Rule::submit, _) => Exchange::Submit { api, form, parts },
            _ => Exchange::Call { path, args, parts },
        }
    }

    fn take(&mut self, pair: P<'_>) -> StmtKind {
        let mut name = self.unnamed(&pair);
        let mut ty = None;
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => name = self.bind(&part),
                Rule::type_of => ty = Some(self.type_of(part)),
                Rule::take_run => return self.take_run(part),
                _ => return StmtKind::Take(Box::new(self.take_source(part, name, ty))),
            }
        }
        StmtKind::Broken
    }

    fn take_run(&mut self, pair: P<'_>) -> StmtKind {
        let mut takes = Vec::new();
        let mut callee = self.unnamed(&pair);
        let mut args = Vec::new();
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => takes.push(self.bind(&part)),
                _ => (callee, args) = self.callee(part),
            }
        }
        StmtKind::Run { takes, callee, args }
    }

    fn set(&mut self, pair: P<'_>) -> StmtKind {
        let mut name = self.unnamed(&pair);
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => name = self.word(&part),
                Rule::set_auth => {
                    let api = self.only(part);
                    name = self.word(&api);
                }
                Rule::auth_expr => return StmtKind::SetAuth(name, self.auth(part)),
                _ => return StmtKind::Set(SetTarget { name }, Box::new(self.expr(part))),
            }
        }
        StmtKind::Broken
    }

    /// A `wait_spec`.
    pub(in crate::parse) fn wait(&mut self, pair: P<'_>) -> Wait {
        let broken = Expr { kind: ExprKind::Broken, span: self.span(&pair) };
        let mut exprs = Vec::new();
        for part in children(pair) {
            if part.as_rule() == Rule::pacing {
                let inner = self.only(part);
                return Wait::Pacing(self.expr(inner));
            }
            exprs.push(self.expr(part));
        }
        let mut exprs = exprs.into_iter();
        match (exprs.next(), exprs.next()) {
            (Some(from), Some(to)) => Wait::Between(from, to),
            (Some(fixed), None) => Wait::Fixed(fixed),
            (None, _) => Wait::Fixed(broken),
        }
    }

    fn if_(&mut self, pair: P<'_>) -> StmtKind {
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut condition = None;
        for part in children(pair) {
            match part.as_rule() {
                Rule::expr => condition = Some(self.expr(part)),
                Rule::block => {
                    let body = self.block(part);
                    branches.extend(condition.take().map(|c| (c, body)));
                }
                Rule::else_if => {
                    let mut pieces = self.pieces(part);
                    branches.push((pieces.next(), pieces.block));
                }
                _ => otherwise = Some(self.last_block(part)),
            }
        }
        StmtKind::If { branches, otherwise }
    }

    fn for_(&mut self, pair: P<'_>) -> StmtKind {
        let mut name = self.unnamed(&pair);
        let mut from = Expr { kind: ExprKind::Broken, span: name.span };
        let mut to = None;
        let mut parallel = None;
        let mut body = Block::default();
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => name = self.bind(&part),
                Rule::expr => from = self.expr(part),
                Rule::range_end => {
                    let end = self.only(part);
                    to = Some(self.expr(end));
                }
                Rule::in_parallel => {
                    let width = self.only(part);
                    parallel = Some(self.expr(width));
                }
                _ => body = self.block(part),
            }
        }
        if let (ExprKind::Call(callee, args), None) = (&from.kind, &to)
            && matches!(&callee.kind, ExprKind::Name(name) if name == "range")
        {
            let span = from.span;
            let help = if args.len() > 1 {
                "write `for i in 1..n { }`, which includes both ends"
            } else {
                "write `for i in 1..n { }`, which includes both ends, or `repeat n { }`"
            };
            self.report(Diagnostic::new(Code::ForeignStatement, span, "unknown function `range`").help(help));
            from.kind = ExprKind::Broken;
        }
        let iter = match to {
            Some(to) => ForIter::Range(from, to),
            None => ForIter::Each(from),
        };
        StmtKind::For { name, iter, parallel, body }
    }

    fn stop(&mut self, pair: P<'_>) -> StmtKind {
        let what = self.only(pair);
        if what.as_str() == "user" {
            return StmtKind::StopUser;
        }
        let Spanned { node, span } = self.word(&what);
        self.report(
            Diagnostic::new(Code::Syntax, span, format!("unexpected `{node}` after `stop`, expected `user`")).help(
                "write `stop user` to end this user, `leave` to end the sequence, `break` to end the loop; the profile ends the test",
            ),
        );
        StmtKind::Broken
    }
}
