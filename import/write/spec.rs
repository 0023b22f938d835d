//! The file of a spec: its items in an order that is easy to read.

use super::api::api;
use super::data_path;
use super::expr;
use super::layout::Layout;
use super::stmt::{arguments, params, stmts, wait};
use super::text::quoted;
use crate::draft::{Data, Draft, Sequence, Tasks, User};

/// The spec of a draft.
pub(super) fn spec(draft: &Draft) -> String {
    let mut layout = Layout::default();
    draft.comments.iter().for_each(|comment| layout.comment(comment));
    for item in &draft.apis {
        layout.blank();
        api(&mut layout, item);
    }
    layout.blank();
    draft.data.iter().for_each(|source| data(&mut layout, source));
    layout.blank();
    stmts(&mut layout, draft, &draft.variables);
    if !draft.before_test.is_empty() {
        layout.blank();
        layout.block("before test", |layout| stmts(layout, draft, &draft.before_test));
    }
    if !draft.after_test.is_empty() {
        layout.blank();
        layout.block("after test", |layout| stmts(layout, draft, &draft.after_test));
    }
    for item in &draft.sequences {
        layout.blank();
        sequence(&mut layout, draft, item);
    }
    for item in &draft.tasks {
        layout.blank();
        tasks(&mut layout, item);
    }
    for item in &draft.users {
        layout.blank();
        user(&mut layout, draft, item);
    }
    layout.finish()
}

fn data(layout: &mut Layout, data: &Data) {
    let block = if data.options.is_empty() { String::new() } else { format!(" {{ {} }}", data.options.join("; ")) };
    layout.line(&format!("data {} from {}{block}", data.name, quoted(&data_path(data))));
}

fn sequence(layout: &mut Layout, draft: &Draft, sequence: &Sequence) {
    sequence.comments.iter().for_each(|comment| layout.comment(comment));
    let interrupt = if sequence.interrupt { " interrupt" } else { "" };
    let gives = if sequence.gives.is_empty() { String::new() } else { format!(" gives {}", sequence.gives.join(", ")) };
    let head =
        format!("sequence {}{}{interrupt}{gives}", sequence.name, params(&sequence.params, layout.indent(), sequence.name.len() + 12));
    layout.block(&head, |layout| stmts(layout, draft, &sequence.body));
}

fn tasks(layout: &mut Layout, tasks: &Tasks) {
    layout.block(&format!("tasks {}", tasks.name), |layout| {
        for member in &tasks.members {
            let args = arguments(&member.args, layout.indent());
            layout.line(&format!("{} {}{args}", expr::inline(&member.weight), member.name));
        }
    });
}

fn user(layout: &mut Layout, draft: &Draft, user: &User) {
    user.comments.iter().for_each(|comment| layout.comment(comment));
    let weight = user.weight.as_ref().map(|weight| format!(" weight {}", expr::inline(weight))).unwrap_or_default();
    layout.block(&format!("user {}{weight}", user.name), |layout| {
        if !user.on_start.is_empty() {
            layout.block("on start", |layout| stmts(layout, draft, &user.on_start));
        }
        layout.line(&format!("run {}{}", user.run, arguments(&user.args, layout.indent())));
        if let Some(pause) = &user.wait {
            layout.line(&wait(pause));
        }
        if !user.on_stop.is_empty() {
            layout.block("on stop", |layout| stmts(layout, draft, &user.on_stop));
        }
    });
}
