//! `LoadTestShape`: converts its stages to those of the profile.

use serde_yaml::{Mapping, Value as Yaml};

use crate::script::{Run, Scope, Value};

/// The profile's `runner` from the `stages` of a shape. Other shapes are code, and cannot be imported.
pub(super) fn stages(run: &mut Run<'_>, scope: &Scope) -> Option<Yaml> {
    for (name, cell) in scope.all() {
        let Value::Class(class) = cell.borrow().value.clone() else { continue };
        if !run.native_base(&class).is_some_and(|path| path.ends_with("LoadTestShape")) {
            continue;
        }
        if name.ends_with("LoadTestShape")
            && class.bases.iter().all(|base| matches!(base, Value::Native(_)))
            && run.member_of_class(&class, "stages").is_none()
        {
            continue;
        }
        let list = run.member_of_class(&class, "stages");
        match list.and_then(|list| ramps(run, &list)) {
            Some(stages) => {
                let mut runner = Mapping::new();
                runner.insert(Yaml::String("stages".to_owned()), Yaml::Sequence(stages));
                return Some(Yaml::Mapping(runner));
            }
            None => run.leave_at(
                class.line,
                "load shapes",
                &format!("class {name}: the load shape is code; write its ramps as stages of the profile"),
            ),
        }
    }
    None
}

/// Stages whose end times count from the start of the test. Each is a ramp at its spawn rate, followed by a constant number of users.
fn ramps(run: &mut Run<'_>, list: &Value) -> Option<Vec<Yaml>> {
    let Value::List(items) = list else { return None };
    let items = items.borrow().clone();
    let mut out = Vec::new();
    let (mut end_before, mut users_before) = (0.0, 0.0);
    for stage in &items {
        let mut number = |name: &str| run.member(stage.clone(), name).as_number();
        let (end, users) = (number("duration")?, number("users")?);
        let rate = number("spawn_rate").or_else(|| number("hatch_rate")).filter(|rate| *rate > 0.0).unwrap_or(users.max(1.0));
        let length = (end - end_before).max(1.0);
        let change: f64 = users - users_before;
        let ramp = (change.abs() / rate).clamp(0.0, length);
        if ramp > 0.0 {
            out.push(one(users, ramp));
        }
        if length > ramp {
            out.push(one(users, length - ramp));
        }
        (end_before, users_before) = (end, users);
    }
    (!out.is_empty()).then_some(out)
}

fn one(users: f64, seconds: f64) -> Yaml {
    let mut stage = Mapping::new();
    stage.insert(Yaml::String("clients".to_owned()), Yaml::Number((users.max(0.0) as u64).into()));
    stage.insert(Yaml::String("duration".to_owned()), Yaml::String(crate::draft::duration((seconds * 1000.0).round() as u64)));
    Yaml::Mapping(stage)
}
