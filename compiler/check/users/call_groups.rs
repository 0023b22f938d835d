//! The groups that call sequences and tasks. In the report, the steps of a callee belong to these groups.

use std::collections::HashMap;

use crate::ast::{Block, Item, Stmt, StmtKind, TaskTarget, UserMember};
use crate::check::Checker;
use crate::check::scope::Runnable;
use crate::span::FileId;

/// The most copies of all sequences together. Each further group needs a copy of the sequence with its own report rows, and in a chain of
/// sequences that each call the next in two groups, every path would need one.
const GROUPS_MAX: usize = 500;

/// The groups around the calls of each sequence and of tasks, as prefixes of report rows: `Checkout / `. An empty prefix means outside of
/// all groups.
pub(in crate::check) type CallGroups = HashMap<Runnable, Vec<String>>;

/// A call, with the groups around it in its own block.
struct Call<'a> {
    callee: &'a str,
    prefix: String,
}

impl<'a> Checker<'a> {
    /// The groups that call each sequence, in the order of the walk. If a program needs too many copies, the steps of its sequences count
    /// outside of groups.
    pub(in crate::check) fn call_groups(&self, order: &[FileId]) -> CallGroups {
        let mut groups = CallGroups::new();
        let mut open: Vec<(Runnable, String)> = Vec::new();
        let mut count = 0;
        let mut add = |calls: Vec<Call<'a>>, around: &str, groups: &mut CallGroups, open: &mut Vec<(Runnable, String)>| {
            for call in calls {
                let Some(run) = self.runs.get(call.callee) else { continue };
                let prefix = format!("{around}{}", call.prefix);
                let known = groups.entry(run.what).or_default();
                if !known.contains(&prefix) {
                    known.push(prefix.clone());
                    // The first group needs no copy.
                    count += usize::from(known.len() > 1);
                    open.push((run.what, prefix));
                }
            }
            count <= GROUPS_MAX
        };
        for file in order {
            for item in self.items(*file) {
                add(calls_of_item(item), "", &mut groups, &mut open);
            }
        }
        while let Some((runnable, prefix)) = open.pop() {
            let calls = match runnable {
                Runnable::Sequence(id) => calls_of(&self.sequences[id.0].ast.body),
                Runnable::Tasks(id) => {
                    let members = self.tasks[id.0].ast.members.iter();
                    let run = members.filter_map(|member| match &member.target {
                        TaskTarget::Run(name, _) => Some(Call { callee: &name.node, prefix: String::new() }),
                        _ => None,
                    });
                    run.collect()
                }
            };
            if !add(calls, &prefix, &mut groups, &mut open) {
                return CallGroups::new();
            }
        }
        groups
    }
}

/// The calls of users and of the test's own blocks.
fn calls_of_item(item: &Item) -> Vec<Call<'_>> {
    match item {
        Item::BeforeTest(block) | Item::AfterTest(block) => calls_of(block),
        Item::User(user) => user
            .members
            .iter()
            .flat_map(|member| match member {
                UserMember::Run(name, ..) => vec![Call { callee: &name.node, prefix: String::new() }],
                UserMember::OnStart(block) | UserMember::OnStop(block) | UserMember::Every(_, block) => calls_of(block),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn calls_of(block: &Block) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    in_block(block, &mut String::new(), &mut calls);
    calls
}

fn in_block<'a>(block: &'a Block, prefix: &mut String, calls: &mut Vec<Call<'a>>) {
    block.stmts.iter().for_each(|stmt| in_stmt(stmt, prefix, calls));
}

fn in_stmt<'a>(stmt: &'a Stmt, prefix: &mut String, calls: &mut Vec<Call<'a>>) {
    match &stmt.kind {
        StmtKind::Run { callee, .. } => calls.push(Call { callee: &callee.node, prefix: prefix.clone() }),
        StmtKind::Group(name, body) => {
            let outer = prefix.len();
            prefix.push_str(&name.node);
            prefix.push_str(" / ");
            in_block(body, prefix, calls);
            prefix.truncate(outer);
        }
        StmtKind::If { branches, otherwise } => {
            branches.iter().for_each(|(_, body)| in_block(body, prefix, calls));
            otherwise.iter().for_each(|body| in_block(body, prefix, calls));
        }
        StmtKind::Repeat(_, body) | StmtKind::Parallel(body) | StmtKind::Finally(body) => in_block(body, prefix, calls),
        StmtKind::For { body, .. } => in_block(body, prefix, calls),
        StmtKind::Retry(retry) => in_block(&retry.body, prefix, calls),
        StmtKind::Poll(poll) => in_block(&poll.body, prefix, calls),
        _ => {}
    }
}
