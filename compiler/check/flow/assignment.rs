//! Which variables have a value on every path to the current statement.

use std::rc::Rc;

use crate::check::types::join;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{LocalId, Type};
use crate::span::Span;

/// Whether a variable has a value, and if not on every path, the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Assigned {
    /// It has no value.
    Unset,
    /// It has a value.
    Set,
    /// Only one branch of the `if` at that location assigns it.
    Branch(Span),
    /// The loop at that location, which assigns it, may run zero times.
    Loop(Span),
    /// Each pass of the loop at that location has its own.
    Own(Span),
    /// The step at that location, which takes it, may fail.
    Failed(Span),
}

impl Assigned {
    /// The error of a use of the variable; `None` if the use is correct.
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

/// The variables and their states at one point of a function.
///
/// Each branch has a copy, and most branches assign few of a function's variables, so copies share the parts that they have not changed.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct State {
    parts: Vec<Option<Rc<Part>>>,
    /// Whether the point can be reached.
    pub(in crate::check) live: bool,
}

/// The number of variables in a part.
const PART: usize = 32;

/// Variables that are copied together.
type Part = [(Assigned, Type); PART];

impl State {
    pub(in crate::check) fn new() -> Self {
        Self { parts: Vec::new(), live: true }
    }

    fn var(&self, id: LocalId) -> Option<&(Assigned, Type)> {
        self.parts.get(id.0 / PART)?.as_ref().map(|part| &part[id.0 % PART])
    }

    /// The status without the trust and the doubt that `Func::status` considers.
    pub(in crate::check) fn status(&self, id: LocalId) -> Assigned {
        self.var(id).map_or(Assigned::Unset, |var| var.0)
    }

    pub(in crate::check) fn ty(&self, id: LocalId) -> Type {
        self.var(id).map_or(Type::Json, |var| var.1.clone())
    }

    pub(in crate::check) fn set(&mut self, id: LocalId, status: Assigned, ty: Type) {
        let part = id.0 / PART;
        if self.parts.len() <= part {
            self.parts.resize(part + 1, None);
        }
        let unset = || Rc::new(std::array::from_fn(|_| (Assigned::Unset, Type::Json)));
        Rc::make_mut(self.parts[part].get_or_insert_with(unset))[id.0 % PART] = (status, ty);
    }

    pub(in crate::check) fn mark(&mut self, id: LocalId, status: Assigned) {
        let ty = self.ty(id);
        self.set(id, status, ty);
    }

    /// Joins the states of many paths, in pairs: joining one after the other would visit the variables of the first ones again and again.
    pub(super) fn meet_all(mut paths: Vec<Self>, why: Assigned) -> Self {
        while paths.len() > 1 {
            let mut rest = paths.into_iter();
            let mut joined = Vec::with_capacity(rest.len().div_ceil(2));
            while let Some(path) = rest.next() {
                joined.push(match rest.next() {
                    Some(other) => path.meet(other, why),
                    None => path,
                });
            }
            paths = joined;
        }
        paths.pop().unwrap_or_default()
    }

    /// Joins the states of two paths. `why` is the status of variables that only one of the paths assigns.
    pub(super) fn meet(self, other: Self, why: Assigned) -> Self {
        match (self.live, other.live) {
            (true, false) => return self,
            (false, true) => return other,
            _ => {}
        }
        let mut met = self.clone();
        for index in 0..self.parts.len().max(other.parts.len()) {
            match (self.parts.get(index).and_then(Option::as_ref), other.parts.get(index).and_then(Option::as_ref)) {
                (None, None) => continue,
                (Some(a), Some(b)) if Rc::ptr_eq(a, b) => continue,
                _ => {}
            }
            for id in (index * PART..(index + 1) * PART).map(LocalId) {
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
                met.set(id, status, ty);
            }
        }
        met
    }

    /// Joins the states of parallel branches that all began with the state `self`.
    pub(in crate::check) fn gather(mut self, branches: Vec<Self>) -> Self {
        for branch in branches {
            self.live &= branch.live;
            for (index, part) in branch.parts.iter().enumerate() {
                let Some(part) = part else { continue };
                if self.parts.get(index).and_then(Option::as_ref).is_some_and(|own| Rc::ptr_eq(own, part)) {
                    continue;
                }
                for (at, (status, ty)) in part.iter().enumerate() {
                    let id = LocalId(index * PART + at);
                    if self.status(id) != Assigned::Set && *status != Assigned::Unset {
                        self.set(id, *status, ty.clone());
                    }
                }
            }
        }
        self
    }
}
