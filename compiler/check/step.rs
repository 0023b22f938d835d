//! Steps: one request, its expectations, what is done once they hold.

use super::flow::Status as Known;
use super::scope::{FuncKind, VarKind};
use super::source::Sources;
use super::types::{self, Kinds, a};
use super::{Checker, subst};
use crate::ast::{self, ExprKind as Ast, Quantifier, StmtKind as AstStmt};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    ApiId, Body, Exchange, Expect, ExpectKind, Expr, ExprKind, LineId, Local, LocalId, Quantity,
    Source, Status, Step, StepId, Stmt, StmtKind, Take, Then, Type,
};
use crate::span::Span;

/// An exchange, with the expectations that its request has.
struct Sent {
    exchange: Exchange,
    expects: Vec<Expect>,
    camel: bool,
    method: String,
}

impl<'a> Checker<'a> {
    /// A step. `None` where it has no request (reported).
    pub(super) fn step(&mut self, step: &'a ast::Step) -> Option<Step> {
        let id = self.step_name(step);
        let stmts = &step.body.stmts;
        let Some(at) = stmts.iter().position(|stmt| matches!(stmt.kind, AstStmt::Exchange(_))) else {
            self.no_request(step);
            return None;
        };
        let mut before = Vec::new();
        for stmt in &stmts[..at] {
            match &stmt.kind {
                AstStmt::Let(_) | AstStmt::Set(..) | AstStmt::SetAuth(..) | AstStmt::Reset(_) | AstStmt::Log(_) => {
                    self.stmt(stmt, &mut before);
                }
                AstStmt::Expect(_) | AstStmt::Take(_) => {
                    let help = "put the request first";
                    self.error(Code::NotInStep, stmt.span, "here nothing has been sent yet", help);
                }
                _ => self.not_in_step(stmt),
            }
        }
        let AstStmt::Exchange(exchange) = &stmts[at].kind else {
            return None;
        };
        let sent = self.exchange(exchange, stmts[at].span, &mut before);
        let rest = &stmts[at + 1..];
        let camel = std::mem::replace(&mut self.camel, sent.as_ref().is_some_and(|sent| sent.camel));
        self.sources = Sources::Response;
        let mut expects = sent.as_ref().map_or_else(Vec::new, |sent| sent.expects.clone());
        self.func.taken_later = rest
            .iter()
            .flat_map(super::parallel::assigned_by)
            .map(|assigned| (assigned.name.node.as_str(), assigned.name.span))
            .collect();
        for stmt in rest {
            if let AstStmt::Expect(expect) = &stmt.kind {
                expects.extend(self.expect(expect));
            }
        }
        self.func.taken_later.clear();
        let interrupt = step.interrupt.is_some() || self.func.interrupt;
        let then = self.then(rest, interrupt, step.name.span);
        self.sources = Sources::None;
        self.camel = camel;
        self.check_contradiction(&expects);
        let parts_broken = sent.is_none() || rest.iter().any(|stmt| matches!(stmt.kind, AstStmt::Broken));
        if expects.is_empty() && then.is_empty() && !parts_broken {
            let help = "say at least `expect 2xx`; as it is, only 400 and above fails it";
            self.error(Code::ExpectsNothing, step.name.span, "this step expects nothing", help);
        }
        let info = &mut self.program.steps[id.0];
        info.interrupt = interrupt;
        info.context.clone_from(&self.func.context);
        info.expects_status = expects.iter().any(expects_status);
        let sent = sent?;
        let line: LineId = info.line;
        let line = &mut self.program.lines[line.0];
        if line.method.is_empty() {
            line.method = sent.method;
        }
        Some(Step {
            id,
            before,
            exchange: sent.exchange,
            expects,
            then,
        })
    }

    fn step_name(&mut self, step: &ast::Step) -> StepId {
        match super::needs::literal(&step.name) {
            None => {
                let help = "statistics never grow with the data: say what the step does, such as \"Get item\"";
                self.error(Code::StepName, step.name.span, "a step's name is a literal, without `{…}`", help);
            }
            Some(name) if name.trim().is_empty() => {
                self.error(Code::StepName, step.name.span, "a step needs a name", "say what it does, such as \"Get item\"");
            }
            Some(_) => {}
        }
        let key = (step.name.span.file, step.name.span.start);
        self.steps.get(&key).copied().unwrap_or(StepId(0))
    }

    fn no_request(&mut self, step: &'a ast::Step) {
        let mut nested = false;
        for stmt in &step.body.stmts {
            if matches!(stmt.kind, AstStmt::Broken) {
                self.func.broken = true;
                nested = true;
            } else if !matches!(stmt.kind, AstStmt::Expect(_) | AstStmt::Take(_) | AstStmt::Let(_) | AstStmt::Log(_) | AstStmt::Set(..)) {
                self.not_in_step(stmt);
                nested = true;
            }
        }
        if !nested {
            let help = "its first line is the request: `shop.item(id)` or `shop GET /items`";
            self.error(Code::NoRequest, step.name.span, "this step sends nothing", help);
        }
        for assigned in super::parallel::assigned(&step.body) {
            let (name, ty) = (assigned.name, Type::Json);
            self.assign(name, ty, VarKind::Take);
        }
    }

    fn not_in_step(&mut self, stmt: &'a ast::Stmt) {
        let (message, help) = match &stmt.kind {
            AstStmt::Broken => {
                self.func.broken = true;
                return;
            }
            AstStmt::Step(_) => ("a step within a step", "steps stand one behind the other; for one line over several, say `group \"…\" { }`"),
            AstStmt::Run { .. } => ("a step sends one request, it runs no sequence", "put the `run` before or behind the step"),
            AstStmt::Wait { .. } => ("a step does not wait: its time is that of the request", "put the `wait` before or behind the step"),
            AstStmt::If { .. } => ("an `if` has no place in a step", "put it around the step, or say `let x = if c then a else b`"),
            _ => ("this has no place in a step", "a step has a request, expectations, takes, and `let`, `set`, `log`"),
        };
        self.error(Code::NotInStep, stmt.span, message, help);
    }

    fn exchange(&mut self, exchange: &'a ast::Exchange, span: Span, before: &mut Vec<Stmt>) -> Option<Sent> {
        match exchange {
            ast::Exchange::Call { path, args, parts } => {
                let Some((api, id)) = self.find_request(path) else {
                    self.args_only(args);
                    self.parts(parts);
                    return None;
                };
                let info = std::mem::take(&mut self.requests[id.0].params);
                let name = self.requests[id.0].name.clone();
                let declared = self.requests[id.0].span;
                let name_span = path.first().map_or(span, |first| first.span.to(path.last().map_or(span, |l| l.span)));
                let mut args = self.arguments(&name, name_span, &info, args, declared);
                self.requests[id.0].params = info;
                let own = self.own_expects(id, &mut args, before);
                self.camel = self.apis[api.0].camel;
                let parts = self.parts(parts);
                self.camel = false;
                let method = self.program.requests[id.0].method.clone();
                Some(Sent {
                    exchange: Exchange::Call {
                        request: id,
                        args,
                        over: parts.options,
                        query: parts.query,
                        body: parts.body,
                    },
                    expects: own.into_iter().chain(parts.expects).collect(),
                    camel: self.apis[api.0].camel,
                    method,
                })
            }
            ast::Exchange::Inline { api, line, parts } => {
                let found = self.find_api(api);
                self.camel = found.is_some_and(|api| self.apis[api.0].camel);
                let request = self.request_parts(found.unwrap_or(ApiId(0)), line, parts, line.path_span());
                let camel = std::mem::take(&mut self.camel);
                found?;
                Some(Sent {
                    expects: request.expects.clone(),
                    method: request.method.clone(),
                    exchange: Exchange::Inline(Box::new(request)),
                    camel,
                })
            }
            ast::Exchange::Submit { api, form, parts } => self.submit(api, form, parts, span),
        }
    }

    fn submit(&mut self, api: &'a crate::span::Name, form: &'a ast::Expr, parts: &'a [ast::Part], span: Span) -> Option<Sent> {
        let found = self.find_api(api);
        let written = self.written(form.span);
        let form = self.expr(form);
        if !Kinds::FORM.takes(&form.ty) {
            let d = Diagnostic::new(Code::WrongType, form.span, format!("`submit` sends a form, `{written}` is {}", a(&form.ty)))
                .help(format!("take one from a page: `take {written} = form \"form\"`"));
            self.report(d);
        }
        self.camel = found.is_some_and(|api| self.apis[api.0].camel);
        let parts = self.parts(parts);
        let camel = std::mem::take(&mut self.camel);
        let fields = match parts.body {
            None => Vec::new(),
            Some(Body::Form(fields)) => fields,
            Some(_) => {
                self.error(Code::NotHere, span, "what `submit` sends is the form", "say `form { … }` for fields of your own");
                Vec::new()
            }
        };
        if let Some((_, first)) = parts.query.first() {
            self.error(Code::NotHere, first.span, "a form's place is the page's: it has no `query` here", "put the fields into `form { … }`");
        }
        Some(Sent {
            exchange: Exchange::Submit {
                api: found?,
                form,
                fields,
                options: parts.options,
                span,
            },
            expects: parts.expects,
            camel,
            method: "POST".to_owned(),
        })
    }

    /// A request's expectations with the arguments of a call; those that are more than a name are evaluated once, before it.
    fn own_expects(&mut self, id: crate::model::RequestId, args: &mut [Expr], before: &mut Vec<Stmt>) -> Vec<Expect> {
        let mut expects = self.program.requests[id.0].expects.clone();
        for param in subst::params_of(&expects) {
            let Some(arg) = args.get_mut(param.0) else {
                continue;
            };
            if subst::is_plain(arg) {
                continue;
            }
            let name = self.requests[id.0].params.get(param.0).map_or("", |param| param.name);
            let local = LocalId(self.func.frame.locals.len());
            self.hidden_local(name, arg.ty.clone(), arg.span);
            let (span, ty) = (arg.span, arg.ty.clone());
            let value = std::mem::replace(
                arg,
                Expr {
                    kind: ExprKind::Local(local),
                    ty,
                    span,
                },
            );
            before.push(Stmt {
                kind: StmtKind::Assign(local, value),
                span,
            });
        }
        for expect in &mut expects {
            subst::apply(expect, args);
        }
        expects
    }

    /// A local that no name of the source reaches.
    pub(super) fn hidden_local(&mut self, name: &'a str, ty: Type, span: Span) {
        let id = LocalId(self.func.frame.locals.len());
        self.func.frame.locals.push(Local {
            name: name.to_owned(),
            ty: ty.clone(),
        });
        self.func.vars.push(super::scope::Var {
            name,
            span,
            kind: VarKind::Let,
            used: true,
            retired: false,
        });
        self.func.state.set(id, Known::Set, ty);
    }

    fn then(&mut self, stmts: &'a [ast::Stmt], interrupt: bool, step: Span) -> Vec<Then> {
        let mut then = Vec::new();
        let mut doubtful: Vec<LocalId> = Vec::new();
        let known = self.func.state.clone();
        for stmt in stmts {
            let mut out = Vec::new();
            let local = match &stmt.kind {
                AstStmt::Expect(_) => continue,
                AstStmt::Take(take) => {
                    let take = self.take(take, stmt.span);
                    let local = take.fallback.is_none().then_some(take.local);
                    then.push(Then::Take(take));
                    local
                }
                AstStmt::Let(_) | AstStmt::Set(..) | AstStmt::SetAuth(..) | AstStmt::Log(_) => {
                    self.stmt(stmt, &mut out);
                    match out.first().map(|stmt| &stmt.kind) {
                        Some(StmtKind::Assign(local, _)) => Some(*local),
                        _ => None,
                    }
                }
                AstStmt::Exchange(_) => {
                    let help = "put it into a step of its own";
                    self.error(Code::TwoRequests, stmt.span, "a step sends one request", help);
                    None
                }
                _ => {
                    self.not_in_step(stmt);
                    None
                }
            };
            doubtful.extend(local);
            then.extend(out.into_iter().map(Then::Stmt));
        }
        if !interrupt {
            for local in doubtful {
                if known.status(local) != Known::Set {
                    self.func.state.mark(local, Known::Failed(step));
                }
            }
        }
        then
    }

    fn take(&mut self, take: &'a ast::Take, span: Span) -> Take {
        let source = self.take_source(take);
        let quantity = match (&take.quantifier, &source.kind) {
            (None, _) => Quantity::One,
            (_, ExprKind::Capture(..)) => Quantity::One,
            (_, ExprKind::Source(Source::JsonPath { .. } | Source::Header(..) | Source::Html { .. })) => Quantity::One,
            (Some(quantifier), _) => quantity(quantifier.node),
        };
        let (mut ty, mut said) = (source.ty.clone(), Type::Json);
        if quantity == Quantity::Any
            && let Type::List(item) = &ty
        {
            ty = (**item).clone();
        }
        if let Some(word) = &take.ty {
            let (named, kinds) = self.type_word(word);
            let convertible = match (&ty, &named) {
                (Type::String, Type::Int | Type::Float | Type::Bool | Type::Duration | Type::Time | Type::Bytes) => true,
                (Type::List(_), named) => matches!(named, Type::List(_) | Type::Json),
                (Type::Form, named) => *named == Type::Form,
                (ty, _) => kinds.takes(ty) || named == Type::String && !matches!(ty, Type::Object(_)),
            };
            if !convertible {
                let message = format!("`{}` is to be {}, and this source gives {}", take.name.node, a(&named), a(&ty));
                let help = match ty {
                    Type::List(_) => "say `any` before the source for one at random, or `list` for all",
                    _ => "leave the type out, or take another source",
                };
                self.error(Code::BadTake, word.span, message, help);
            }
            said = named.clone();
            ty = named;
        }
        let fallback = take.fallback.as_ref().map(|fallback| {
            let before = std::mem::replace(&mut self.sources, Sources::None);
            let value = self.expr(fallback);
            self.sources = before;
            if !types::fits(&value.ty, &ty) {
                let message = format!("`else` gives {}, the take {}", a(&value.ty), a(&ty));
                self.error(Code::BadTake, fallback.span, message, "give it the same type, or null");
            }
            value
        });
        if fallback.as_ref().is_some_and(|value| value.ty == Type::Null) {
            ty = Type::Json;
        }
        let local = self.assign(&take.name, ty, VarKind::Take);
        Take {
            local,
            name: take.name.node.clone(),
            ty: said,
            source,
            quantity,
            fallback,
            span,
        }
    }

    /// What a take reads.
    pub(super) fn take_source(&mut self, take: &'a ast::Take) -> Expr {
        let wanted = take.quantifier.as_ref().map_or(Quantity::One, |q| quantity(q.node));
        let e = &take.source;
        let source = match &e.kind {
            Ast::JsonPath(_) | Ast::Header(_) | Ast::Html(..) => self.source(e, wanted),
            Ast::Match {
                value,
                negated,
                regex,
            } => self.capture(value, *negated, regex, wanted, e.span),
            Ast::Broken => return super::broken(e.span),
            _ => self.expr(e),
        };
        if let Some(quantifier) = &take.quantifier {
            let carries = matches!(source.kind, ExprKind::Capture(..) | ExprKind::Source(Source::JsonPath { .. } | Source::Header(..) | Source::Html { .. }));
            if !carries && !Kinds::LIST.takes(&source.ty) {
                let message = format!("this source gives {}, of which there is one", a(&source.ty));
                self.error(Code::BadTake, quantifier.span, message, "leave `all` or `any` out");
            }
        }
        let erroneous = matches!(source.kind, ExprKind::Const(crate::model::Const::Null)) && source.ty == Type::Json;
        if !subst::reads_response(&source) && !erroneous {
            let written = self.written(e.span);
            let d = Diagnostic::new(Code::NoSource, e.span, "a take reads the response, this doesn't")
                .help(format!("say `let {} = {written}`, or a source such as `json.{}`", take.name.node, take.name.node));
            self.report(d);
        }
        source
    }

    fn capture(
        &mut self,
        value: &'a ast::Expr,
        negated: bool,
        regex: &crate::span::Spanned<String>,
        wanted: Quantity,
        span: Span,
    ) -> Expr {
        let value = self.want(value, Kinds::STRING, "a regex looks at");
        let (id, groups) = self.regex(regex);
        if negated {
            self.error(Code::BadTake, span, "`!~` finds nothing to take", "say `~`");
        } else if groups.count == 0 {
            let help = format!("put brackets around what is wanted, such as `/({})/`", regex.node);
            self.error(Code::BadTake, regex.span, "a take gives the regex's first group, and it has none", &help);
        }
        let ty = match wanted {
            Quantity::All => types::list(groups.ty()),
            _ => groups.ty(),
        };
        Expr {
            kind: ExprKind::Capture(Box::new(value), id, wanted),
            ty,
            span,
        }
    }

    /// Reports statuses of which no one is in all expectations.
    fn check_contradiction(&mut self, expects: &[Expect]) {
        let mut all: Option<(Vec<u16>, Span)> = None;
        for expect in expects {
            let ExpectKind::Status(statuses) = &expect.kind else {
                continue;
            };
            if statuses.is_empty() {
                continue;
            }
            let allowed = |code: &u16| statuses.iter().any(|status| match status {
                Status::Code(one) => one == code,
                Status::Class(class) => code / 100 == u16::from(*class),
            });
            all = Some(match all {
                None => ((100..600).filter(allowed).collect(), expect.span),
                Some((codes, first)) => {
                    let codes: Vec<u16> = codes.into_iter().filter(allowed).collect();
                    if codes.is_empty() {
                        let d = Diagnostic::new(Code::Contradiction, expect.span, "no status is all of these")
                            .also(first, "expected here")
                            .help("join them: `expect 200 | 404`");
                        self.report(d);
                        return;
                    }
                    (codes, first)
                }
            });
        }
    }

    /// Whether failures in the function at hand end it, whatever its steps say.
    pub(super) fn always_interrupts(kind: FuncKind) -> bool {
        matches!(kind, FuncKind::BeforeTest)
    }
}

fn quantity(quantifier: Quantifier) -> Quantity {
    match quantifier {
        Quantifier::All => Quantity::All,
        Quantifier::Any => Quantity::Any,
    }
}

fn expects_status(expect: &Expect) -> bool {
    match &expect.kind {
        ExpectKind::Status(_) => true,
        ExpectKind::Condition(e) => {
            let mut found = false;
            subst::each(e, &mut |e| found |= matches!(e.kind, ExprKind::Source(Source::Status)));
            found
        }
        _ => false,
    }
}
