//! Which variables have a value, on every way that leads here.

use crate::check::types::join;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{LocalId, Type};
use crate::span::Span;

/// Whether a variable has a value, and if not surely, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Assigned {
    /// It has none.
    Unset,
    /// It has one.
    Set,
    /// Only one branch of the `if` there gave it one.
    Branch(Span),
    /// The loop there may not have run.
    Loop(Span),
    /// It belongs to each round of the loop there.
    Own(Span),
    /// The step there may have failed.
    Failed(Span),
}

impl Assigned {
    /// What is wrong with using the variable, where something is.
    pub(in crate::check) fn complaint(self, name: &str, span: Span, declared: Span) -> Option<Diagnostic> {
        Some(match self {
            Self::Set => return None,
            Self::Unset => Diagnostic::new(Code::TooEarly, span, format!("`{name}` is used before it is assigned"))
                .also(declared, "assigned here")
                .help("assign it before its use"),
            Self::Branch(branch) => {
                Diagnostic::new(Code::NotEverywhere, span, format!("`{name}` may be unassigned: not every branch assigns it"))
                    .also(declared, "assigned here")
                    .also(branch, "this path does not assign it")
                    .help(format!("write `let {name} = null` before it and `set` in the branch, or assign it in all branches"))
            }
            Self::Loop(of) => {
                Diagnostic::new(Code::NotEverywhere, span, format!("`{name}` may be unassigned: the loop may run zero times"))
                    .also(declared, "assigned here")
                    .also(of, "in this loop")
                    .help(format!("write `let {name} = …` before the loop, and `set` it inside"))
            }
            Self::Own(of) => {
                Diagnostic::new(Code::NotEverywhere, span, format!("`{name}` is not visible here: each pass of the loop has its own"))
                    .also(declared, "assigned here")
                    .also(of, "in this loop")
                    .help("use it inside the loop, or collect the values in a list: `set all = all + [x]`")
            }
            Self::Failed(step) => Diagnostic::new(Code::TakeMayFail, span, format!("`{name}` may be unassigned: its step may fail"))
                .also(declared, "taken here")
                .also(step, "the step has no `interrupt` and the take has no `else`")
                .help("add `interrupt` after the step's name, or `else null` after the take"),
        })
    }
}

/// What is known at a place of a function.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct State {
    vars: Vec<(Assigned, Type)>,
    /// Whether the place can be reached.
    pub(in crate::check) live: bool,
}

impl State {
    pub(in crate::check) fn new() -> Self {
        Self { vars: Vec::new(), live: true }
    }

    pub(in crate::check) fn status(&self, id: LocalId) -> Assigned {
        self.vars.get(id.0).map_or(Assigned::Unset, |var| var.0)
    }

    pub(in crate::check) fn ty(&self, id: LocalId) -> Type {
        self.vars.get(id.0).map_or(Type::Json, |var| var.1.clone())
    }

    pub(in crate::check) fn set(&mut self, id: LocalId, status: Assigned, ty: Type) {
        if self.vars.len() <= id.0 {
            self.vars.resize(id.0 + 1, (Assigned::Unset, Type::Json));
        }
        self.vars[id.0] = (status, ty);
    }

    pub(in crate::check) fn mark(&mut self, id: LocalId, status: Assigned) {
        let ty = self.ty(id);
        self.set(id, status, ty);
    }

    /// What is known where two ways meet; `why` is said of variables that only one of them assigns.
    pub(super) fn meet(self, other: Self, why: Assigned) -> Self {
        match (self.live, other.live) {
            (true, false) => return self,
            (false, true) => return other,
            _ => {}
        }
        let live = self.live;
        let count = self.vars.len().max(other.vars.len());
        let vars = (0..count).map(|i| {
            let id = LocalId(i);
            let status = match (self.status(id), other.status(id)) {
                (a, b) if a == b => a,
                (Assigned::Set | Assigned::Unset, Assigned::Set | Assigned::Unset) => why,
                (Assigned::Set | Assigned::Unset, doubt) | (doubt, _) => doubt,
            };
            let ty = match (self.status(id), other.status(id)) {
                (Assigned::Unset, _) => other.ty(id),
                (_, Assigned::Unset) => self.ty(id),
                _ => join(&self.ty(id), &other.ty(id)),
            };
            (status, ty)
        });
        Self { vars: vars.collect(), live }
    }

    /// What parallel branches, that began at `self`, know together.
    pub(in crate::check) fn gather(mut self, branches: Vec<Self>) -> Self {
        for branch in branches {
            self.live &= branch.live;
            for (i, (status, ty)) in branch.vars.into_iter().enumerate() {
                if self.status(LocalId(i)) != Assigned::Set && status != Assigned::Unset {
                    self.set(LocalId(i), status, ty);
                }
            }
        }
        self
    }
}
