//! k6 scripts: exec functions become sequences, scenarios and thresholds go into the profile.

mod http;
mod options;
mod thresholds;

use crate::draft::{Draft, Expr, Sequence, Stmt, User};
use crate::names::Names;
use crate::script::{Arguments, Body, Language, Run, Scope, Value};
use crate::{ImportError, Options, Source};

/// A function that users run, with the scenarios that use it.
struct Executed {
    function: String,
    sequence: String,
}

/// Imports a k6 script.
///
/// # Errors
/// If it cannot be parsed, or sends no requests.
pub(crate) fn import(source: &Source, _options: &Options) -> Result<Draft, ImportError> {
    let mut draft = Draft::default();
    let options = options::of_script(source)?;
    let mut run = Run::new(&mut draft, source, Language::JavaScript);
    let scope = run.start()?;
    let scenarios = options::scenarios(&mut run, &options);
    let mut names = Names::new();
    let title = source.name.rsplit(['/', '\\']).next().unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
    let mut executed: Vec<Executed> = Vec::new();
    for scenario in &scenarios {
        if executed.iter().any(|known| known.function == scenario.function) || scope.own(&scenario.function).is_none() {
            continue;
        }
        let hint = if scenario.function == "default" { title.clone() } else { scenario.function.clone() };
        executed.push(Executed { function: scenario.function.clone(), sequence: names.block(&hint, "Main") });
    }
    if executed.is_empty() {
        return Err(ImportError::new(&source.name, 1, 1, "the script has no function that users run")
            .help("import the script that exports the `default` function, or the functions that its scenarios name"));
    }
    let (bodies, has_setup, has_teardown) = run_all(&mut run, &scope, &executed);
    run.leave_unused();
    let mut finished = run.finish(bodies, has_setup).into_iter();
    if has_setup {
        draft.before_test = finished.next().unwrap_or_default();
    }
    for one in &executed {
        let body = finished.next().unwrap_or_default();
        if has_steps(&body) {
            draft.sequences.push(Sequence { name: one.sequence.clone(), body, ..Sequence::default() });
        }
    }
    if has_teardown {
        draft.after_test = finished.next().unwrap_or_default();
    }
    if draft.sequences.is_empty() {
        return Err(ImportError::new(&source.name, 1, 1, "the script sends no HTTP request that could be imported")
            .help(crate::script::first_note(&draft, "import a script that sends requests with `k6/http`")));
    }
    let mut users: Vec<(String, options::Scenario)> = Vec::new();
    for scenario in scenarios {
        let Some(one) = executed.iter().find(|one| one.function == scenario.function) else { continue };
        if !draft.sequences.iter().any(|sequence| sequence.name == one.sequence) {
            continue;
        }
        let name = names.block(&scenario.name, "Visitor");
        let user = User { name: name.clone(), run: one.sequence.clone(), ..User::default() };
        draft.users.push(user);
        users.push((name, scenario));
    }
    draft.tally.carry("scenarios", users.len());
    options::profile(&mut draft, &users);
    thresholds::thresholds(&mut draft, source, &options);
    draft.description = format!("imported from {}", source.name);
    Ok(draft)
}

/// Runs `setup`, the functions of the scenarios, and `teardown`.
fn run_all(run: &mut Run<'_>, scope: &Scope, executed: &[Executed]) -> (Vec<Body>, bool, bool) {
    let function = |name: &str| scope.own(name).map(|cell| cell.borrow().value.clone());
    let (setup, teardown) = (function("setup"), function("teardown"));
    let mut bodies = Vec::new();
    let mut data = Value::Undefined;
    // The variables of users are collected before the first user starts.
    run.discover(|run| {
        let data = setup.as_ref().map_or(Value::Undefined, |setup| run.apply(setup, Arguments::default()));
        for one in executed {
            if let Some(function) = function(&one.function) {
                run.apply(&function, Arguments::new(vec![data.clone()]));
            }
        }
    });
    let has_setup = setup.is_some();
    if let Some(setup) = &setup {
        run.begin();
        data = run.apply(setup, Arguments::default());
        bodies.push(run.end());
    }
    for one in executed {
        run.begin();
        if let Some(function) = function(&one.function) {
            run.apply(&function, Arguments::new(vec![data.clone()]));
        }
        bodies.push(run.end());
    }
    let has_teardown = teardown.is_some();
    if let Some(teardown) = &teardown {
        run.begin();
        run.apply(teardown, Arguments::new(vec![data.clone()]));
        bodies.push(run.end());
    }
    (bodies, has_setup, has_teardown)
}

/// Whether statements contain a step, at any depth.
pub(crate) fn has_steps(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Step(_) => true,
        Stmt::Group(_, body) | Stmt::Parallel(body) | Stmt::Repeat(_, body) | Stmt::Poll { body, .. } | Stmt::For { body, .. } => {
            has_steps(body)
        }
        Stmt::If(branches, otherwise) => has_steps(otherwise) || branches.iter().any(|(_, body)| has_steps(body)),
        _ => false,
    })
}

/// A number of the script's options.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Env(_, Some(default)) => default.trim().parse().ok(),
        Value::Data(Expr::Text(_)) => value.literal()?.trim().parse().ok(),
        other => other.as_number(),
    }
}

#[cfg(test)]
mod tests;
