//! Users of a Locust script: their tasks with weights, waits, starts and stops.

use std::collections::HashSet;
use std::rc::Rc;

use super::weight;
use crate::draft::{Expr, Member, Redirects, Tasks, Wait};
use crate::names::Names;
use crate::script::{Arguments, ClassValue, Closure, Object, Run, Scope, Usual, Value};

/// The most classes between a user and a base whose tasks it has.
const LEVELS_MAX: usize = 50;

/// A user before it is written.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) host: Option<Value>,
    pub(super) weight: Option<Expr>,
    pub(super) wait: Option<Wait>,
    /// What its client sends with every request.
    pub(super) usual: Usual,
    /// The parts with statements, in the order of the run.
    pub(super) parts: Vec<Part>,
    pub(super) blocks: Vec<Tasks>,
    /// The sequence or tasks block that it runs.
    pub(super) run: String,
}

/// A part with statements.
pub(super) enum Part {
    OnStart(Value),
    OnStop(Value),
    /// Methods that run one after the other, each with the number of its repetitions.
    Sequence {
        name: String,
        methods: Vec<(Value, u32)>,
    },
}

impl Part {
    pub(super) fn run(&self, run: &mut Run<'_>) {
        match self {
            Self::OnStart(method) | Self::OnStop(method) => {
                run.apply(method, Arguments::default());
            }
            Self::Sequence { methods, .. } => {
                for (method, times) in methods {
                    run.times(*times, |run| {
                        run.apply(method, Arguments::default());
                    });
                }
            }
        }
    }
}

fn is_user(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or_default();
    !name.contains("TaskSet")
        && !name.contains("TaskSequence")
        && (name.ends_with("User") || name.ends_with("Locust") || name.contains("HttpUser"))
}

/// Whether a set draws each task by the one before it.
fn is_markov(run: &Run<'_>, class: &Rc<ClassValue>) -> bool {
    run.native_base(class).is_some_and(|path| path.ends_with("MarkovTaskSet"))
}

fn is_sequence(run: &Run<'_>, class: &Rc<ClassValue>) -> bool {
    run.native_base(class).is_some_and(|path| path.contains("Sequen"))
}

/// The classes of users, in the order of the file, without abstract ones.
pub(super) fn user_classes(run: &Run<'_>, scope: &Scope) -> Vec<Rc<ClassValue>> {
    let mut out: Vec<Rc<ClassValue>> = Vec::new();
    for (_, cell) in scope.all() {
        let Value::Class(class) = cell.borrow().value.clone() else { continue };
        let is_abstract = matches!(class.members.borrow().get("abstract"), Some(Value::Data(Expr::Bool(true))));
        let is_user = run.native_base(&class).is_some_and(|path| is_user(&path));
        if is_user && !is_abstract && !tasks_of(&class).is_empty() && !out.iter().any(|known| Rc::ptr_eq(known, &class)) {
            out.push(class);
        }
    }
    out.sort_by_key(|class| class.line);
    out
}

/// The tasks of a class with their weights: those marked with `@task`, and those in `tasks`.
fn tasks_of(class: &Rc<ClassValue>) -> Vec<(Value, Value)> {
    tasks_within(class, LEVELS_MAX, &mut HashSet::new())
}

/// The tasks of a class and of those bases that were not visited yet: a class may be the base of several others.
fn tasks_within(class: &Rc<ClassValue>, levels: usize, visited: &mut HashSet<*const ClassValue>) -> Vec<(Value, Value)> {
    let mut out: Vec<(Value, Value)> = Vec::new();
    if levels == 0 || !visited.insert(Rc::as_ptr(class)) {
        return out;
    }
    for base in &class.bases {
        if let Value::Class(base) = base {
            out.extend(tasks_within(base, levels - 1, visited));
        }
    }
    let members = class.members.borrow();
    let mut own: Vec<(Value, Value)> =
        class.tasks.borrow().iter().filter_map(|(name, weight)| Some((members.get(name)?.clone(), weight.clone()))).collect();
    drop(members);
    // The last task of a name replaces the others.
    let mut names: HashSet<Option<String>> = HashSet::new();
    own.reverse();
    own.retain(|(task, _)| !matches!(task, Value::Function(task) if !names.insert(task.function.name.clone())));
    own.reverse();
    out.retain(|(task, _)| !matches!(task, Value::Function(task) if names.contains(&task.function.name)));
    out.extend(own);
    let attribute = |name: &str| class.members.borrow().get(name).cloned();
    if let Some(set @ Value::Class(_)) = attribute("task_set") {
        out.push((set, Value::number(1.0)));
    }
    match attribute("tasks") {
        Some(Value::List(items)) => {
            for item in items.borrow().iter() {
                match item {
                    // `tasks = {browse: 3}`
                    Value::List(pair) if pair.borrow().len() == 2 => out.push((pair.borrow()[0].clone(), pair.borrow()[1].clone())),
                    task => out.push((task.clone(), Value::number(1.0))),
                }
            }
        }
        Some(set @ Value::Class(_)) => out.push((set, Value::number(1.0))),
        _ => {}
    }
    out.retain(|(task, _)| matches!(task, Value::Function(_) | Value::Class(_)));
    out
}

/// Plans the parts of a user.
pub(super) fn plan(run: &mut Run<'_>, class: &Rc<ClassValue>, names: &mut Names) -> Planned {
    let this = run.instance(class, Arguments::default());
    let member = |run: &mut Run<'_>, name: &str| run.member(this.clone(), name);
    // A client of the framework has its own address.
    let of_client = run.host.take();
    let host = Some(member(run, "host")).filter(|host| !host.is_nothing() && !matches!(host, Value::Native(_)));
    let mut wait = pause(run, &this);
    let mut planned = Planned {
        name: crate::names::pascal(&class.name),
        host: host.or(of_client),
        weight: Some(member(run, "weight"))
            .filter(|value| value.as_number().is_some_and(|number| number != 1.0))
            .map(|value| weight(&value)),
        wait: None,
        usual: usual(run, &this),
        parts: Vec::new(),
        blocks: Vec::new(),
        run: String::new(),
    };
    name_settings(run, class);
    start_and_stop(run, class, &this, &mut planned.parts, "on_start");
    let tasks = tasks_of(class);
    let is_only = tasks.len() == 1;
    let mut members = Vec::new();
    for (task, share) in tasks {
        if let Some(name) = task_part(run, &task, &this, &mut planned, names, &mut wait) {
            match members.iter_mut().find(|member: &&mut Member| member.name == name) {
                // A task that is listed several times has a higher weight.
                Some(known) => known.weight = sum(&known.weight, &weight(&share)),
                None => members.push(Member { weight: weight(&share), name, args: Vec::new() }),
            }
        }
    }
    planned.run = match members.as_slice() {
        [only] if is_only => only.name.clone(),
        _ => {
            let name = names.block(&format!("{} tasks", class.name), "Tasks");
            planned.blocks.push(Tasks { name: name.clone(), members });
            name
        }
    };
    start_and_stop(run, class, &this, &mut planned.parts, "on_stop");
    planned.wait = wait;
    planned
}

fn sum(one: &Expr, other: &Expr) -> Expr {
    match (one, other) {
        (Expr::Number(one), Expr::Number(other)) => {
            Expr::Number((one.parse::<u64>().unwrap_or(1) + other.parse::<u64>().unwrap_or(1)).to_string())
        }
        _ => one.clone(),
    }
}

fn start_and_stop(run: &mut Run<'_>, class: &Rc<ClassValue>, this: &Value, parts: &mut Vec<Part>, name: &str) {
    // Older versions of Locust call them `setup` and `teardown`.
    if run.member_of_class(class, name).is_some() {
        let method = run.member(this.clone(), name);
        if matches!(method, Value::Function(_)) {
            parts.push(if name == "on_start" { Part::OnStart(method) } else { Part::OnStop(method) });
        }
    }
}

/// Adds a task: a sequence, or a block of tasks. Returns its name.
fn task_part(
    run: &mut Run<'_>,
    task: &Value,
    this: &Value,
    planned: &mut Planned,
    names: &mut Names,
    wait: &mut Option<Wait>,
) -> Option<String> {
    match task {
        Value::Function(closure) => {
            let own = closure.function.name.clone().unwrap_or_default();
            let name = names.block(&own, "Task");
            let bound = Value::Function(Rc::new(Closure { this: Some(this.clone()), ..(**closure).clone() }));
            planned.parts.push(Part::Sequence { name: name.clone(), methods: vec![(bound, 1)] });
            Some(name)
        }
        Value::Class(class) => {
            let set = run.instance(class, Arguments::new(vec![this.clone()]));
            if let Value::Object(object) = &set {
                share(object, this);
            }
            if wait.is_none() {
                *wait = pause(run, &set);
            }
            start_and_stop(run, class, &set, &mut planned.parts, "on_start");
            let inner = tasks_of(class);
            if is_markov(run, class) {
                run.leave_at(class.line, "task sets", &format!("class {}: its transitions; each task has the same weight", class.name));
            }
            let name = if is_sequence(run, class) {
                let name = names.block(&class.name, "Tasks");
                let methods = in_order(run, &inner, &set);
                planned.parts.push(Part::Sequence { name: name.clone(), methods });
                name
            } else {
                let name = names.block(&class.name, "Tasks");
                let mut members = Vec::new();
                for (task, share) in inner {
                    if let Some(name) = task_part(run, &task, &set, planned, names, wait) {
                        members.push(Member { weight: weight(&share), name, args: Vec::new() });
                    }
                }
                planned.blocks.push(Tasks { name: name.clone(), members });
                name
            };
            start_and_stop(run, class, &set, &mut planned.parts, "on_stop");
            Some(name)
        }
        _ => None,
    }
}

/// The methods of a sequential task set, in their order. A sequential task set within it contributes its own; one that draws its tasks at
/// random is left out.
fn in_order(run: &mut Run<'_>, tasks: &[(Value, Value)], set: &Value) -> Vec<(Value, u32)> {
    let mut methods = Vec::new();
    for (task, weight) in tasks {
        match task {
            Value::Function(closure) => {
                let bound = Value::Function(Rc::new(Closure { this: Some(set.clone()), ..(**closure).clone() }));
                methods.push((bound, weight.as_number().map_or(1, |number| number.max(1.0) as u32)));
            }
            Value::Class(class) if is_sequence(run, class) => {
                let inner = run.instance(class, Arguments::new(vec![set.clone()]));
                if let Value::Object(object) = &inner {
                    share(object, set);
                }
                methods.extend(in_order(run, &tasks_of(class), &inner));
            }
            Value::Class(class) => {
                run.leave_at(class.line, "task sets", &format!("class {}: tasks drawn at random, within a sequence of tasks", class.name));
            }
            _ => {}
        }
    }
    methods
}

/// The attributes of a user that set what its client sends.
fn usual(run: &mut Run<'_>, this: &Value) -> Usual {
    let mut usual = Usual::default();
    if let Value::Map(headers) = run.member(this.clone(), "default_headers") {
        for (name, value) in headers.borrow().iter() {
            match value.literal() {
                Some(text) => drop(usual.headers.insert(name.clone(), text)),
                None => run.leave("headers", &format!("header `{name}` of default_headers: its value is not known")),
            }
        }
    }
    let mut ms = |name: &str| run.member(this.clone(), name).as_number().filter(|seconds| *seconds > 0.0).map(|seconds| seconds * 1000.0);
    (usual.timeout_ms, usual.connect_timeout_ms) = (ms("network_timeout"), ms("connection_timeout"));
    let most = run.member(this.clone(), "max_redirects").as_number();
    usual.redirects = most.map(|most| if most < 1.0 { Redirects::Off } else { Redirects::UpTo(most as u32) });
    let insecure = run.member(this.clone(), "insecure");
    usual.insecure = matches!(insecure, Value::Data(Expr::Bool(true)));
    usual
}

/// Names the attributes of a user that set what a spec or a profile sets elsewhere.
fn name_settings(run: &mut Run<'_>, class: &Rc<ClassValue>) {
    for (attribute, hint) in [
        ("fixed_count", "write the number of users in the profile: `users: { Name: 2 }`"),
        ("proxies", "set the variable `HTTPS_PROXY` when the test runs"),
        ("pool_manager", "ltc keeps the connections of each user open"),
    ] {
        if run.member_of_class(class, attribute).is_some() {
            run.leave_at(class.line, "settings", &format!("{}.{attribute}: {hint}", class.name));
        }
    }
}

/// Sets the user of a task set.
fn share(set: &Rc<Object>, user: &Value) {
    let mut members = set.members.borrow_mut();
    members.entry("user".to_owned()).or_insert_with(|| user.clone());
    members.entry("parent".to_owned()).or_insert_with(|| user.clone());
}

/// The pause between tasks: `wait_time`, or the milliseconds of older versions.
fn pause(run: &mut Run<'_>, this: &Value) -> Option<Wait> {
    let value = run.member(this.clone(), "wait_time");
    match &value {
        Value::Pause(wait) => return Some((**wait).clone()),
        Value::Function(_) => {
            let seconds = run.apply(&value, Arguments::default());
            return match seconds {
                Value::Pause(wait) => Some((*wait).clone()),
                other => run.pause_of(&other),
            };
        }
        _ => {}
    }
    let [least, most] = ["min_wait", "max_wait"].map(|name| run.member(this.clone(), name).as_number());
    let (least, most) = (least?, most.or(least)?);
    Some(Wait::ms_range(least as u64, most as u64))
}
