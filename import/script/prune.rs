//! Removes unnecessary statements: variables that are never read, branches without effect, `leave` at an end.

use std::collections::HashSet;

use crate::draft::{Stmt, variables_read};

/// Whether statements have an effect in a test.
pub(super) fn has_effect(body: &[Stmt]) -> bool {
    body.iter().any(|statement| !matches!(statement, Stmt::Let(..) | Stmt::Blank))
}

/// Removes a branch without effect, and inverts an `if` with an empty first branch.
pub(super) fn simplified(mut branches: Vec<(String, Vec<Stmt>)>, otherwise: Vec<Stmt>) -> Option<Stmt> {
    let first_has_effect = branches.iter().any(|(_, body)| has_effect(body));
    if !first_has_effect && !has_effect(&otherwise) {
        return None;
    }
    if !first_has_effect && let Some((condition, _)) = branches.pop() {
        return Some(Stmt::If(vec![(negated(&condition), otherwise)], Vec::new()));
    }
    // `else { if … }` is `else if`.
    match otherwise.as_slice() {
        [Stmt::If(more, rest)] => {
            branches.extend(more.iter().cloned());
            Some(Stmt::If(branches, rest.clone()))
        }
        _ => Some(Stmt::If(branches, otherwise)),
    }
}

fn negated(condition: &str) -> String {
    match condition.strip_prefix("not ") {
        Some(inner) if !inner.contains(" and ") && !inner.contains(" or ") => inner.to_owned(),
        _ if condition.contains(" and ") || condition.contains(" or ") || condition.contains(" then ") => format!("not ({condition})"),
        _ => format!("not {condition}"),
    }
}

/// The number of passes of a loop over a range.
pub(super) fn counted(over: &str) -> Option<String> {
    let (from, to) = over.split_once("..")?;
    if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
        return Some((to - from + 1).to_string());
    }
    match from {
        "1" => Some(to.to_owned()),
        "0" => match to.trim_matches(['(', ')']).strip_suffix(" - 1") {
            Some(count) if to.starts_with('(') => Some(count.to_owned()),
            _ => Some(format!("{to} + 1")),
        },
        _ => None,
    }
}

/// Removes variables that are never read.
pub(super) fn prune(body: &mut Vec<Stmt>, file: &[Stmt], elsewhere: &HashSet<String>) {
    while body.last().is_some_and(only_leaves) {
        body.pop();
    }
    loop {
        let read = variables_read(body);
        let before = count(body);
        let kept: HashSet<String> =
            file.iter().filter_map(|statement| if let Stmt::Keep(name, _) = statement { Some(name.clone()) } else { None }).collect();
        remove(body, &|name| !read.contains(name) && !kept.contains(name) && !elsewhere.contains(name));
        if count(body) == before {
            return;
        }
    }
}

/// Whether a statement only ends the iteration, which ends there anyway.
fn only_leaves(statement: &Stmt) -> bool {
    match statement {
        Stmt::Leave => true,
        Stmt::If(branches, otherwise) => branches.iter().all(|(_, body)| body.iter().all(only_leaves)) && otherwise.iter().all(only_leaves),
        _ => false,
    }
}

fn count(body: &[Stmt]) -> usize {
    body.iter()
        .map(|statement| match statement {
            Stmt::Step(step) => 1 + step.body.len(),
            Stmt::Group(_, body) | Stmt::Parallel(body) | Stmt::Repeat(_, body) | Stmt::Poll { body, .. } | Stmt::For { body, .. } => {
                1 + count(body)
            }
            Stmt::If(branches, otherwise) => 1 + count(otherwise) + branches.iter().map(|(_, body)| count(body)).sum::<usize>(),
            _ => 1,
        })
        .sum()
}

fn remove(body: &mut Vec<Stmt>, is_unread: &impl Fn(&str) -> bool) {
    body.retain(|statement| !matches!(statement, Stmt::Let(name, _) | Stmt::Set(name, _) if is_unread(name)));
    for statement in body.iter_mut() {
        match statement {
            Stmt::Step(step) => step.body.retain(|statement| !matches!(statement, Stmt::Take { name, .. } if is_unread(name))),
            Stmt::Group(_, body) | Stmt::Parallel(body) | Stmt::Repeat(_, body) | Stmt::Poll { body, .. } | Stmt::For { body, .. } => {
                remove(body, is_unread)
            }
            Stmt::If(branches, otherwise) => {
                branches.iter_mut().for_each(|(_, body)| remove(body, is_unread));
                remove(otherwise, is_unread);
            }
            _ => {}
        }
    }
    body.retain(|statement| match statement {
        Stmt::If(branches, otherwise) => !otherwise.is_empty() || branches.iter().any(|(_, body)| !body.is_empty()),
        Stmt::Group(_, body) | Stmt::Parallel(body) | Stmt::Repeat(_, body) | Stmt::Poll { body, .. } | Stmt::For { body, .. } => {
            !body.is_empty()
        }
        _ => true,
    });
}
