//! Environments, the profile and the registry, which the YAML library prints.

use indexmap::IndexMap;
use serde_yaml::{Mapping, Value as Yaml};

use crate::draft::{Draft, Environment, Value};

/// `config/NAME.yml`
pub(super) fn environment(environment: &Environment) -> String {
    let head = "# Addresses and secrets of the test. ${VARIABLE} comes from the process environment when the test starts.\n";
    let keys = section(&environment.keys);
    if keys.is_empty() { head.to_owned() } else { format!("{head}{}", text(&Yaml::Mapping(keys))) }
}

fn section(keys: &IndexMap<String, Value>) -> Mapping {
    keys.iter().map(|(key, value)| (Yaml::String(key.clone()), yaml(value))).collect()
}

fn yaml(value: &Value) -> Yaml {
    match value {
        Value::Plain(plain) => literal(plain),
        Value::Secret(variable) => Yaml::String(format!("${{{variable}}}")),
        Value::Template(template) => Yaml::String(template.clone()),
        // A `}` would end the default early.
        Value::Default(variable, default) if default.contains(['{', '}']) => Yaml::String(format!("${{{variable}}}")),
        Value::Default(variable, default) => Yaml::String(format!("${{{variable}:-{default}}}")),
        Value::Section(keys) => Yaml::Mapping(section(keys)),
    }
}

/// A value in which `${` is escaped.
fn literal(value: &Yaml) -> Yaml {
    match value {
        Yaml::String(text) => Yaml::String(text.replace("${", "$${")),
        Yaml::Sequence(items) => Yaml::Sequence(items.iter().map(literal).collect()),
        Yaml::Mapping(keys) => Yaml::Mapping(keys.iter().map(|(key, value)| (key.clone(), literal(value))).collect()),
        other => other.clone(),
    }
}

/// `specs/NAME.profile.yml`
pub(super) fn profile(draft: &Draft) -> String {
    let mut header = Mapping::new();
    header.insert("name".into(), draft.name.as_str().into());
    if !draft.description.is_empty() {
        header.insert("description".into(), draft.description.as_str().into());
    }
    if let Some(environment) = draft.environments.first() {
        header.insert("env".into(), environment.name.as_str().into());
    }
    if let Some(location) = &draft.location {
        header.insert("location".into(), location.clone());
    }
    let mut body = Mapping::new();
    let runner = draft.profile.get("runner").cloned().unwrap_or_else(|| {
        let mut runner = Mapping::new();
        runner.insert("clients".into(), 1.into());
        runner.insert("duration".into(), "1m".into());
        Yaml::Mapping(runner)
    });
    body.insert("runner".into(), runner);
    let mut test = Mapping::new();
    test.insert("spec".into(), format!("specs/{}.lt", draft.name).into());
    body.insert("test".into(), Yaml::Mapping(test));
    for (key, value) in &draft.profile {
        if key.as_str() != Some("runner") {
            body.insert(key.clone(), value.clone());
        }
    }
    let mut whole = Mapping::new();
    whole.insert("test_header".into(), Yaml::Mapping(header));
    whole.insert("profile".into(), Yaml::Mapping(body));
    text(&Yaml::Mapping(whole))
}

/// `config/loadtest_registry.yml`
pub(super) fn registry(name: &str) -> String {
    let mut entry = Mapping::new();
    entry.insert("profile".into(), format!("specs/{name}.profile.yml").into());
    let mut registered = Mapping::new();
    registered.insert(name.into(), Yaml::Mapping(entry));
    let mut whole = Mapping::new();
    whole.insert("current".into(), name.into());
    whole.insert("registered".into(), Yaml::Mapping(registered));
    text(&Yaml::Mapping(whole))
}

/// Prints YAML. Maps of texts and numbers always have a YAML form.
fn text(value: &Yaml) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}
