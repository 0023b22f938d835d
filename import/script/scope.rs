//! The variables of a script, with a journal, so that the assignments of a branch can be undone.

use std::cell::RefCell;
use std::collections::HashMap;
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
    parent: Option<Rc<Scope>>,
    /// Its file, as messages show it.
    pub(crate) file: Rc<str>,
}

impl Scope {
    pub(crate) fn module(file: &str) -> Rc<Self> {
        Rc::new(Self { names: RefCell::default(), parent: None, file: file.into() })
    }

    pub(crate) fn within(parent: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self { names: RefCell::default(), parent: Some(parent.clone()), file: parent.file.clone() })
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
        self.names.borrow_mut().insert(name.to_owned(), cell.clone());
        cell
    }

    /// Adds a variable that another scope shares.
    pub(crate) fn share(&self, name: &str, cell: Cell) {
        self.names.borrow_mut().insert(name.to_owned(), cell);
    }

    /// The variables of this scope.
    pub(crate) fn all(&self) -> Vec<(String, Cell)> {
        let mut all: Vec<(String, Cell)> = self.names.borrow().iter().map(|(name, cell)| (name.clone(), cell.clone())).collect();
        all.sort_by(|left, right| left.0.cmp(&right.0));
        all
    }

    /// The variables of this and all enclosing scopes.
    pub(crate) fn snapshot(self: &Rc<Self>) -> Vec<(Rc<Self>, HashMap<String, Cell>)> {
        let mut out = vec![(self.clone(), self.names.borrow().clone())];
        if let Some(parent) = &self.parent {
            out.extend(parent.snapshot());
        }
        out
    }

    /// Restores the variables of a snapshot, and removes all others.
    pub(crate) fn restore(snapshot: Vec<(Rc<Self>, HashMap<String, Cell>)>) {
        for (scope, names) in snapshot {
            *scope.names.borrow_mut() = names;
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
