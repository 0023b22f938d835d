//! The variables of a script, with a journal, so that the assignments of a branch can be undone.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use indexmap::IndexMap;

use super::value::{Object, Value};

/// A variable.
pub(crate) type Cell = Rc<RefCell<Slot>>;

/// The content of a variable.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) value: Value,
    /// The variable of the language that assignments set, if a branch or a loop assigns it.
    pub(crate) variable: Option<String>,
}

/// The variables of a module or a function.
#[derive(Debug)]
pub(crate) struct Scope {
    names: RefCell<HashMap<String, Cell>>,
    /// What declarations replaced, in their order. Undoing them costs as much as they did, however many variables a scope has.
    journal: RefCell<Vec<(String, Option<Cell>)>>,
    parent: Option<Rc<Scope>>,
    /// Its file, as messages show it.
    pub(crate) file: Rc<str>,
}

impl Scope {
    pub(crate) fn module(file: &str) -> Rc<Self> {
        Rc::new(Self { names: RefCell::default(), journal: RefCell::default(), parent: None, file: file.into() })
    }

    pub(crate) fn within(parent: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self { names: RefCell::default(), journal: RefCell::default(), parent: Some(parent.clone()), file: parent.file.clone() })
    }

    pub(crate) fn is_module(&self) -> bool {
        self.parent.is_none()
    }

    /// The variable of this name, in this or an enclosing scope.
    pub(crate) fn find(&self, name: &str) -> Option<Cell> {
        self.own(name).or_else(|| self.parent.as_ref()?.find(name))
    }

    /// The variable of this name in this scope.
    pub(crate) fn own(&self, name: &str) -> Option<Cell> {
        self.names.borrow().get(name).cloned()
    }

    /// Declares a variable.
    pub(crate) fn declare(&self, name: &str, value: Value) -> Cell {
        let cell = Rc::new(RefCell::new(Slot { value, variable: None }));
        self.share(name, cell.clone());
        cell
    }

    /// Adds a variable that another scope shares.
    pub(crate) fn share(&self, name: &str, cell: Cell) {
        let before = self.names.borrow_mut().insert(name.to_owned(), cell);
        self.journal.borrow_mut().push((name.to_owned(), before));
    }

    /// The variables of this scope.
    pub(crate) fn all(&self) -> Vec<(String, Cell)> {
        let mut all: Vec<(String, Cell)> = self.names.borrow().iter().map(|(name, cell)| (name.clone(), cell.clone())).collect();
        all.sort_by(|left, right| left.0.cmp(&right.0));
        all
    }

    /// The variables of this scope that were declared first after a moment of [`Scope::moment`].
    pub(crate) fn declared_since(&self, moment: usize) -> Vec<(String, Cell)> {
        let journal = self.journal.borrow();
        let new = journal[moment..].iter().filter(|(_, before)| before.is_none());
        let mut new: Vec<(String, Cell)> = new.filter_map(|(name, _)| Some((name.clone(), self.own(name)?))).collect();
        new.sort_by(|left, right| left.0.cmp(&right.0));
        new
    }

    /// The variables that were declared after a moment, and replaced by others of their names.
    pub(crate) fn replaced_since(&self, moment: usize) -> Vec<Cell> {
        let journal = self.journal.borrow();
        let mut names = HashSet::new();
        journal[moment..].iter().filter_map(|(name, before)| (!names.insert(name.as_str())).then(|| before.clone()).flatten()).collect()
    }

    /// The number of declarations so far.
    pub(crate) fn moment(&self) -> usize {
        self.journal.borrow().len()
    }

    /// The moments of this and all enclosing scopes.
    pub(crate) fn snapshot(self: &Rc<Self>) -> Vec<(Rc<Self>, usize)> {
        let mut out = vec![(self.clone(), self.moment())];
        if let Some(parent) = &self.parent {
            out.extend(parent.snapshot());
        }
        out
    }

    /// Restores the variables of a snapshot, and removes all others.
    pub(crate) fn restore(snapshot: Vec<(Rc<Self>, usize)>) {
        for (scope, moment) in snapshot {
            let declared = scope.journal.borrow_mut().split_off(moment);
            let mut names = scope.names.borrow_mut();
            for (name, before) in declared.into_iter().rev() {
                match before {
                    Some(before) => names.insert(name, before),
                    None => names.remove(&name),
                };
            }
        }
    }

    /// The module's scope.
    pub(crate) fn root(self: &Rc<Self>) -> Rc<Self> {
        self.parent.as_ref().map_or_else(|| self.clone(), |parent| parent.root())
    }
}

/// The former state of something that changed.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Variable(Cell, Slot, String),
    Map(Rc<RefCell<IndexMap<String, Value>>>, IndexMap<String, Value>),
    List(Rc<RefCell<Vec<Value>>>, Vec<Value>),
    Member(Rc<Object>, String, Option<Value>),
}

impl Change {
    /// Undoes the change.
    pub(crate) fn undo(self) {
        match self {
            Self::Variable(cell, slot, _) => *cell.borrow_mut() = slot,
            Self::Map(map, before) => *map.borrow_mut() = before,
            Self::List(list, before) => *list.borrow_mut() = before,
            Self::Member(object, name, Some(value)) => {
                object.members.borrow_mut().insert(name, value);
            }
            Self::Member(object, name, None) => {
                object.members.borrow_mut().shift_remove(&name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshot_restores_variables_that_were_declared_again_and_removes_new_ones() {
        let scope = Scope::within(&Scope::module("a.js"));
        let a = scope.declare("a", Value::text("1"));
        let outer = scope.snapshot();
        let moment = scope.moment();
        scope.declare("a", Value::text("2"));
        let inner = scope.snapshot();
        let b = scope.declare("b", Value::text("3"));
        scope.declare("b", Value::text("4"));
        assert_eq!(scope.declared_since(moment).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b"]);
        assert!(scope.replaced_since(moment).iter().all(|cell| Rc::ptr_eq(cell, &b)));
        Scope::restore(inner);
        assert!(scope.own("b").is_none() && !Rc::ptr_eq(&scope.own("a").unwrap(), &a));
        Scope::restore(outer);
        assert!(Rc::ptr_eq(&scope.own("a").unwrap(), &a));
    }
}
