//! Names: their meaning, the location of their declaration, and whether they are used.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::check::Checker;
use crate::check::flow::assignment::{Assigned, State};
use crate::check::types::Kinds;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ApiId, DataId, Expr, ExprKind, Frame, GlobalId, KeepId, Local, LocalId, SequenceId, SharedId, TasksId, Type};
use crate::span::{Name, Span};

/// A declaration at file level that expressions see.
#[derive(Debug)]
pub(super) struct Decl {
    pub(super) what: Global,
    pub(super) span: Span,
    pub(super) used: bool,
}

/// The meaning of a name at file level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    Api(ApiId),
    Data(DataId),
    Keep(KeepId),
    Let(GlobalId),
    Shared(SharedId),
}

/// A declaration that `run` can run.
#[derive(Debug)]
pub(super) struct RunDecl {
    pub(super) what: Runnable,
    pub(super) span: Span,
    pub(super) used: bool,
}

/// The target of a `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Runnable {
    Sequence(SequenceId),
    Tasks(TasksId),
}

/// The statement that declared a local variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VarKind {
    Param,
    Let,
    Take,
    Loop,
}

/// A local variable.
#[derive(Debug)]
pub(super) struct Var<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    pub(super) kind: VarKind,
    pub(super) used: bool,
    /// Whether it belonged to a parallel body that has ended.
    pub(super) retired: bool,
    /// What it may be set to, if its type is declared.
    pub(super) kinds: Option<Kinds>,
}

/// The kinds of function. Some statements are allowed only in some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FuncKind {
    #[default]
    File,
    Request,
    Sequence,
    Tasks,
    BeforeTest,
    AfterTest,
    OnStart,
    OnStop,
    Every,
}

/// The function that is being checked.
#[derive(Debug, Default)]
pub(super) struct Func<'a> {
    pub(super) kind: FuncKind,
    pub(super) frame: Frame,
    pub(super) vars: Vec<Var<'a>>,
    pub(super) names: HashMap<&'a str, LocalId>,
    pub(super) state: State,
    /// Whether every step interrupts.
    pub(super) interrupt: bool,
    /// The function's name in messages: the sequence's name, or `before test`.
    pub(super) context: String,
    pub(super) loops: Vec<Loop>,
    /// The names that the parallel branches around assign, each time with the number of the own branch.
    pub(super) others: Vec<(Rc<BranchNames<'a>>, usize)>,
    /// Locals with a lower index belong to the code around the parallel body.
    pub(super) floor: usize,
    /// Whether a statement did not parse. The names that it assigned are unknown.
    pub(super) broken: bool,
    /// Names taken by the step whose expectations are being checked.
    pub(super) taken_later: HashMap<&'a str, Span>,
    /// Steps that may fail, but are trusted: one of their takes has been reported, and the same fix applies to the others.
    pub(super) trusted: HashSet<Span>,
    /// Whether all steps are trusted.
    pub(super) trusts_all: bool,
    /// The variables that a step takes without an `else`, and the step, while the `else` of another of its takes is checked.
    pub(super) unsure: Option<(Rc<HashSet<LocalId>>, Span)>,
    /// The number of parallel bodies around the current statement.
    pub(super) parallel: usize,
    /// The function's statements, to look for names that are assigned further down.
    pub(super) body: Option<&'a crate::ast::Block>,
    /// The names that these statements assign, each with its first location; computed on first use.
    pub(super) assigned: Option<HashMap<&'a str, Span>>,
    /// The values that the sequence gives. They must be assigned wherever it ends.
    pub(super) gives: &'a [Name],
    /// Whether the current statement is within `finally`.
    pub(super) finally: bool,
    /// Whether the function has a `finally`.
    pub(super) has_finally: bool,
    /// The wait of `wait … between steps`, if the function has one.
    pub(super) between: Option<crate::model::Wait>,
    /// The number of blocks around the current statement; 0 at the top of a sequence.
    pub(super) depth: usize,
}

/// The names that the branches of a `parallel` assign: for each, the branches and the locations.
pub(super) type BranchNames<'a> = HashMap<&'a str, Vec<(usize, Span)>>;

impl Func<'_> {
    /// Whether a variable has a value here. Trust and doubt about steps are kept apart from the states, because marking all variables of a
    /// function for each `poll` or `else` would be quadratic.
    pub(super) fn status(&self, id: LocalId) -> Assigned {
        let status = match &self.unsure {
            Some((locals, step)) if locals.contains(&id) => Assigned::Failed(*step),
            _ => self.state.status(id),
        };
        match status {
            Assigned::Failed(step) if self.trusts_all || self.trusted.contains(&step) => Assigned::Set,
            status => status,
        }
    }

    /// The location at which another branch of an enclosing `parallel` assigns a name.
    pub(super) fn assigned_beside(&self, name: &str) -> Option<Span> {
        let places = |(names, own): &(Rc<BranchNames<'_>>, usize)| {
            let places = names.get(name)?;
            places.iter().find(|(branch, _)| branch != own).map(|(_, span)| *span)
        };
        self.others.iter().find_map(places)
    }

    /// The location at which the function first assigns a name.
    pub(super) fn assigned_below(&mut self, name: &str) -> Option<Span> {
        let body = self.body?;
        let names = self.assigned.get_or_insert_with(|| {
            let mut names = HashMap::new();
            for assigned in crate::check::flow::parallel::assigned(body) {
                names.entry(assigned.name.node.as_str()).or_insert(assigned.name.span);
            }
            names
        });
        names.get(name).copied()
    }
}

/// An enclosing loop, or the border of a parallel part.
#[derive(Debug)]
pub(super) enum Loop {
    /// A loop, with the states at each `break` that leaves it.
    Plain(Vec<State>),
    Border,
}

/// Words that read the world. The parser accepts them as names, and rejects the other words of the language itself.
pub(super) use crate::parse::PREDEFINED as RESERVED;

impl<'a> Checker<'a> {
    /// Rejects words of the language as names.
    pub(super) fn check_reserved(&mut self, name: &Name) {
        let word = name.node.as_str();
        if RESERVED.contains(&word) {
            self.report(
                Diagnostic::new(Code::Reserved, name.span, format!("`{word}` is a keyword and cannot be a name"))
                    .help(format!("use another name, such as `my_{word}`")),
            );
        }
    }

    /// Declares a new local, which has a value from here on.
    pub(super) fn new_local(&mut self, name: &'a str, ty: Type, span: Span, kind: VarKind) -> LocalId {
        let id = LocalId(self.func.frame.locals.len());
        self.types.push((span, ty.clone()));
        self.func.frame.locals.push(Local { name: name.to_owned(), ty: ty.clone() });
        self.func.vars.push(Var { name, span, kind, used: kind == VarKind::Loop || name.starts_with('_'), retired: false, kinds: None });
        self.func.state.set(id, Assigned::Set, ty);
        self.func.names.insert(name, id);
        id
    }

    /// The local that an assignment changes: the existing one of that name, or a new one. It has a value from here on.
    pub(super) fn assign(&mut self, name: &'a Name, ty: Type, kind: VarKind) -> LocalId {
        let ty = if self.changed.contains(&name.node) { crate::check::types::without_content(&ty) } else { ty };
        self.check_reserved(name);
        self.check_hides(name);
        if let Some(other) = self.func.assigned_beside(&name.node) {
            self.report(
                Diagnostic::new(Code::SharedByBranches, name.span, format!("`{}` is assigned by two branches of `parallel`", name.node))
                    .also(other, "assigned here too")
                    .help("use a different name in each branch"),
            );
        }
        let old = self.func.names.get(name.node.as_str()).copied();
        let Some(id) = old.filter(|id| !self.func.vars[id.0].retired) else {
            return self.new_local(&name.node, ty, name.span, kind);
        };
        let set = self.func.status(id) == Assigned::Set;
        let var = &self.func.vars[id.0];
        let message = match (var.kind, kind) {
            (VarKind::Param, _) => Some(format!("`{}` is already a parameter", name.node)),
            (VarKind::Loop, _) if set => Some(format!("`{}` is already the loop's variable", name.node)),
            (_, VarKind::Let) if set && self.func.state.live => Some(format!("`{}` is already declared", name.node)),
            _ => None,
        };
        if let Some(message) = message {
            let help = if var.kind == VarKind::Let || var.kind == VarKind::Take {
                format!("write `set {} = …` to change it, or use another name", name.node)
            } else {
                "use another name".to_owned()
            };
            let diagnostic = Diagnostic::new(Code::DeclaredTwice, name.span, message).also(var.span, "declared here").help(help);
            self.report(diagnostic);
        } else if id.0 < self.func.floor {
            self.shared_by_rounds(name.node.as_str(), name.span, var.span);
        }
        self.types.push((name.span, ty.clone()));
        let joined = crate::check::types::join(&self.func.frame.locals[id.0].ty, &ty);
        self.func.frame.locals[id.0].ty = joined;
        self.func.state.set(id, Assigned::Set, ty);
        id
    }

    /// Reports an assignment within a parallel loop to a variable that is declared outside of it.
    pub(super) fn shared_by_rounds(&mut self, name: &str, span: Span, declared: Span) {
        self.report(
            Diagnostic::new(Code::SharedByBranches, span, format!("cannot assign `{name}` in a parallel loop: it is declared outside"))
                .also(declared, "declared here")
                .help("use another name inside, or a `keep`: the passes run at the same time"),
        );
    }

    /// Rejects a parameter that has the name of an api or a data source. It may hide a variable of the file, because the file that declares
    /// the parameter need not know the file that imports it.
    pub(super) fn check_param_hides(&mut self, name: &str, span: Span) {
        if self.values.get(name).is_some_and(|decl| matches!(decl.what, Global::Api(_) | Global::Data(_))) {
            self.check_hides(&Name::new(name.to_owned(), span));
        }
    }

    /// Rejects a local name that is also declared at file level.
    pub(super) fn check_hides(&mut self, name: &Name) {
        let Some(decl) = self.values.get(name.node.as_str()) else {
            return;
        };
        if self.func.kind == FuncKind::BeforeTest && matches!(decl.what, Global::Shared(_)) {
            return;
        }
        let (what, help) = match decl.what {
            Global::Api(_) => ("an api", "use another name".to_owned()),
            Global::Data(_) => ("a data source", "use another name".to_owned()),
            Global::Keep(_) => ("a `keep` of the file", format!("write `set {} = …` to change it, or use another name", name.node)),
            Global::Let(_) => ("a `let` of the file", "use another name".to_owned()),
            Global::Shared(_) => ("a name of `before test`", "use another name".to_owned()),
        };
        let diagnostic = Diagnostic::new(Code::DeclaredTwice, name.span, format!("`{}` is already {what}", name.node))
            .also(decl.span, "declared here")
            .help(help);
        self.report(diagnostic);
    }

    /// Records that the text at `from` uses a declaration at `to`, if they are in different files.
    pub(super) fn cross(&mut self, from: Span, to: Span) {
        if from.file != to.file {
            self.crossings.insert((from.file, to.file));
        }
    }

    /// Resolves a name in an expression.
    pub(super) fn name(&mut self, name: &'a str, span: Span) -> Expr {
        if self.context.columns().is_some() {
            return self.column(name, span);
        }
        if let Some(other) = self.func.assigned_beside(name) {
            return self.bad(
                Diagnostic::new(Code::SharedByBranches, span, format!("`{name}` is assigned by another branch that runs at the same time"))
                    .also(other, "assigned here")
                    .help("use it after the `parallel { }`"),
            );
        }
        if let Some(&id) = self.func.names.get(name) {
            return self.local(id, span);
        }
        let Some(decl) = self.values.get_mut(name) else {
            return self.unknown_name(name, span);
        };
        decl.used = true;
        let (what, declared) = (decl.what, decl.span);
        self.cross(span, declared);
        let (kind, ty) = match what {
            Global::Keep(id) => (ExprKind::Keep(id), self.keep_types.get(id.0)),
            Global::Let(id) => (ExprKind::Global(id), self.global_types.get(id.0)),
            Global::Shared(id) => (ExprKind::Shared(id), self.shared_types.get(id.0)),
            Global::Api(_) => {
                return self.bad(
                    Diagnostic::new(Code::WrongName, span, format!("unexpected api `{name}`, expected a value"))
                        .also(declared, "declared here")
                        .help(format!("write `{name}.some_request()` or `{name} GET /…` in a step")),
                );
            }
            Global::Data(_) => {
                return self.bad(
                    Diagnostic::new(Code::WrongName, span, format!("unexpected data source `{name}`, expected a value"))
                        .also(declared, "declared here")
                        .help(format!("draw a row with `next({name})`, or write `{name}.all`")),
                );
            }
        };
        let Some(ty) = ty.cloned() else {
            return self.bad(
                Diagnostic::new(Code::TooEarly, span, format!("`{name}` is used before it is declared"))
                    .also(declared, "declared here")
                    .help("declare it before its use"),
            );
        };
        Expr { kind, ty, span }
    }

    fn local(&mut self, id: LocalId, span: Span) -> Expr {
        let var = &mut self.func.vars[id.0];
        var.used = true;
        let (name, declared) = (var.name, var.span);
        let status = self.func.status(id);
        if status != Assigned::Set && self.func.state.live {
            if let Some(&taken) = self.func.taken_later.get(name) {
                return self.taken_too_late(name, span, taken);
            }
            if let Some(diagnostic) = status.complaint(name, span, declared) {
                self.report(diagnostic);
                if let Assigned::Failed(step) = status {
                    self.func.trusted.insert(step);
                }
                // Reported once: from here on the variable counts as assigned.
                self.func.state.set(id, Assigned::Set, Type::Json);
                return crate::check::broken(span);
            }
        }
        // All users read this local of `before test`. A parameter only hides the shared name, which stays unused.
        if self.func.vars[id.0].kind != VarKind::Param
            && let Some(shared) = self.values.get_mut(name)
        {
            shared.used = true;
        }
        Expr { kind: ExprKind::Local(id), ty: self.func.state.ty(id), span }
    }

    pub(super) fn taken_too_late(&mut self, name: &str, span: Span, taken: Span) -> Expr {
        self.bad(
            Diagnostic::new(
                Code::TooEarly,
                span,
                format!("`{name}` is used before it is assigned: a step's takes run after its expectations"),
            )
            .also(taken, "assigned here")
            .help("write the source itself (`expect json.x == …`), or move the expectation to a later step"),
        )
    }
}
