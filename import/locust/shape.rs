//! `LoadTestShape`: converts its stages to those of the profile, and its steps to a step load.

use serde_yaml::{Mapping, Value as Yaml};

use crate::script::{ClassValue, Run, Scope, Value};

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
        let stages = list.and_then(|list| ramps(run, &list));
        match stages.map(|stages| keys([("stages", Yaml::Sequence(stages))])).or_else(|| steps(run, &class)) {
            Some(runner) => return Some(runner),
            None => run.leave_at(
                class.line,
                "load shapes",
                &format!("class {name}: the load shape is code; write its ramps as stages of the profile"),
            ),
        }
    }
    None
}

/// The step load of a shape with the names of Locust's example: `step_time`, `step_load`, `spawn_rate`, `time_limit`.
fn steps(run: &Run<'_>, class: &std::rc::Rc<ClassValue>) -> Option<Yaml> {
    let number = |name: &str| run.member_of_class(class, name)?.as_number().filter(|number| *number >= 1.0);
    let (time, users, limit) = (number("step_time")?, number("step_load")?, number("time_limit")?);
    let seconds = |seconds: f64| Yaml::String(crate::draft::duration((seconds * 1000.0).round() as u64));
    let whole = |number: f64| Yaml::Number((number as u64).into());
    Some(keys([
        ("clients", whole((limit / time).ceil() * users)),
        ("hatch_rate", whole(number("spawn_rate").unwrap_or(users))),
        ("duration", seconds(limit)),
        ("step_load", Yaml::Bool(true)),
        ("step_clients", whole(users)),
        ("step_duration", seconds(time)),
    ]))
}

fn keys<const N: usize>(all: [(&str, Yaml); N]) -> Yaml {
    Yaml::Mapping(all.into_iter().map(|(key, value)| (Yaml::String(key.to_owned()), value)).collect())
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

#[cfg(test)]
mod tests {
    use super::super::tests::spec;
    use crate::{Kind, Options, Source, import, write};

    const USER: &str = "from locust import HttpUser, LoadTestShape, task\n\nclass Visitor(HttpUser):\n    host = 'http://localhost:8080'\n\n    @task\n    def look(self):\n        self.client.get('/a')\n\n";

    #[test]
    fn steps_of_a_load_shape_are_a_step_load() {
        let script = format!(
            "{USER}class Steps(LoadTestShape):\n    step_time = 30\n    step_load = 10\n    spawn_rate = 5\n    time_limit = 600\n\n    def tick(self):\n        return None\n"
        );
        let source = Source::new("shop.py", ".", script.as_bytes()).unwrap();
        let files = write::files(&import(&source, Kind::Locust, &Options::default()).unwrap());
        let profile = files.iter().find(|(path, _)| path.ends_with(".profile.yml")).unwrap();
        let profile = String::from_utf8(profile.1.clone()).unwrap();
        for part in ["clients: 200", "hatch_rate: 5", "duration: 10m", "step_load: true", "step_clients: 10", "step_duration: 30s"] {
            assert!(profile.contains(part), "{part} is missing:\n{profile}");
        }
    }

    #[test]
    fn states_of_a_markov_set_are_tasks_and_its_transitions_are_named() {
        let (spec, summary) = spec(
            "from locust import HttpUser\nfrom locust.user.markov_taskset import MarkovTaskSet, transition, transitions\n\n\
             class Shop(MarkovTaskSet):\n    @transition('search')\n    def home(self):\n        self.client.get('/')\n\n\
             \x20   @transitions({'home': 3, 'search': 1})\n    def search(self):\n        self.client.get('/search')\n\n\
             class Visitor(HttpUser):\n    host = 'http://localhost:8080'\n    tasks = [Shop]\n",
        );
        assert!(spec.contains("1 Home") && spec.contains("1 Search"), "{spec}");
        assert!(summary.join("\n").contains("class Shop: its transitions"), "{summary:?}");
    }
}
