//! Locust scripts: converts user classes to users, and tasks to sequences.

mod client;
pub(crate) mod framework;
mod shape;
mod users;

use std::collections::HashSet;

use crate::draft::{Draft, Expr, Sequence, Stmt, Tasks, User, variables_read};
use crate::k6::has_steps;
use crate::names::Names;
use crate::script::{Body, Language, Run, Value};
use crate::{ImportError, Options, Source};

use users::{Part, Planned};

/// Imports a Locust script.
///
/// # Errors
/// If it cannot be parsed, or has no user with a task that sends requests.
pub(crate) fn import(source: &Source, _options: &Options) -> Result<Draft, ImportError> {
    let mut draft = Draft::default();
    let mut run = Run::new(&mut draft, source, Language::Python);
    let scope = run.prepared()?;
    let preparation = run.preparation();
    let classes = users::user_classes(&run, &scope);
    if classes.is_empty() {
        return Err(ImportError::new(&source.name, 1, 1, "the script has no user class with tasks")
            .help("import the locustfile that defines the classes of users, such as `class Visitor(HttpUser)`"));
    }
    let mut names = Names::new();
    for class in &classes {
        names.reserve(&crate::names::pascal(&class.name));
    }
    run.host = None;
    let planned: Vec<Planned> = classes.iter().map(|class| users::plan(&mut run, class, &mut names)).collect();
    // The variables of users are collected before the first user starts.
    for plan in &planned {
        run.host.clone_from(&plan.host);
        run.discover(|run| plan.parts.iter().for_each(|part| part.run(run)));
    }
    let prepares = preparation.is_some();
    let mut bodies: Vec<Body> = preparation.into_iter().collect();
    for plan in &planned {
        run.host.clone_from(&plan.host);
        run.usual.clone_from(&plan.usual);
        run.last_api = None;
        for part in &plan.parts {
            run.begin();
            part.run(&mut run);
            bodies.push(run.end());
        }
    }
    run.leave_unused();
    let shape = shape::stages(&mut run, &scope);
    run.outside = planned.iter().map(|plan| format!("{:?} {:?}", plan.wait, plan.weight)).collect();
    let mut finished = run.finish(bodies, prepares);
    if prepares {
        draft.before_test = finished.remove(0);
    }
    assemble(&mut draft, source, planned, finished);
    if draft.sequences.is_empty() {
        return Err(ImportError::new(&source.name, 1, 1, "the script sends no HTTP request that could be imported")
            .help(crate::script::first_note(&draft, "import a script whose tasks send requests with `self.client`")));
    }
    match shape {
        Some(runner) => {
            draft.profile.insert(serde_yaml::Value::String("runner".to_owned()), runner);
        }
        None if source.read("profile.yml").is_ok() => {}
        None => draft.tally.advise("set clients, hatch_rate and duration in the profile: Locust gets them on its command line"),
    }
    draft.tally.carry("users", draft.users.len());
    draft.description = format!("imported from {}", source.name);
    framework::profile(&mut draft, source);
    Ok(draft)
}

/// Puts sequences, tasks and users into the draft, except those that send no requests.
fn assemble(draft: &mut Draft, source: &Source, planned: Vec<Planned>, finished: Vec<Vec<crate::draft::Stmt>>) {
    let mut finished = finished.into_iter();
    let mut existing: Vec<String> = Vec::new();
    for plan in planned {
        let mut user = User { name: plan.name, weight: plan.weight, wait: plan.wait, ..User::default() };
        for part in plan.parts {
            let body = finished.next().unwrap_or_default();
            match part {
                Part::OnStart(_) => user.on_start.extend(body),
                Part::OnStop(_) => user.on_stop.extend(body),
                Part::Sequence { name, methods } => {
                    if !has_steps(&body) {
                        name_lost(draft, source, &methods);
                    } else {
                        existing.push(name.clone());
                        draft.sequences.push(Sequence { name, body, ..Sequence::default() });
                    }
                }
            }
        }
        for mut block in plan.blocks {
            block.members.retain(|member| existing.contains(&member.name));
            if !block.members.is_empty() {
                existing.push(block.name.clone());
                draft.tasks.push(block);
            }
        }
        if existing.contains(&plan.run) {
            user.run = plan.run;
            draft.users.push(user);
        }
    }
    lone_tasks(draft);
    let bodies =
        draft.sequences.iter().map(|sequence| &sequence.body).chain(draft.users.iter().flat_map(|user| [&user.on_start, &user.on_stop]));
    let read: HashSet<String> = bodies.flat_map(|body| variables_read(body)).collect();
    draft.variables.retain(|variable| !matches!(variable, Stmt::Keep(name, _) if !read.contains(name)));
}

/// Names tasks with statements of which nothing was imported. Those that only pass, print or leave their task set have no counterpart.
fn name_lost(draft: &mut Draft, source: &Source, methods: &[(Value, u32)]) {
    const NOTHING: [&str; 7] = ["pass", "self.interrupt", "print(", "\"", "'", "logging.", "..."];
    for (method, _) in methods {
        let Value::Function(closure) = method else { continue };
        let lost = closure.function.body.iter().find(|stmt| !NOTHING.iter().any(|start| stmt.source.trim_start().starts_with(start)));
        if let Some(first) = lost {
            let name = closure.function.name.clone().unwrap_or_default();
            draft.tally.leave("tasks", format!("task `{name}`: no request of it could be imported"), &source.name, first.line);
        }
    }
}

/// Replaces a tasks block with only one member by that member.
fn lone_tasks(draft: &mut Draft) {
    while let Some(at) = draft.tasks.iter().position(|block| block.members.len() == 1) {
        let Tasks { name, members } = draft.tasks.remove(at);
        let Some(only) = members.into_iter().next() else { continue };
        for user in draft.users.iter_mut().filter(|user| user.run == name) {
            user.run.clone_from(&only.name);
        }
        for member in draft.tasks.iter_mut().flat_map(|block| &mut block.members).filter(|member| member.name == name) {
            member.name.clone_from(&only.name);
        }
    }
}

/// A weight in the syntax of the spec.
fn weight(value: &Value) -> Expr {
    match value.as_number() {
        Some(number) if number.fract() == 0.0 => Expr::Number(format!("{number:.0}")),
        Some(number) => Expr::Number(format!("{:.0}", (number * 100.0).max(1.0))),
        None => Expr::Number("1".to_owned()),
    }
}

#[cfg(test)]
mod tests;
