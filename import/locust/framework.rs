//! The Locust framework that ltc replaces: its API clients with resources, expected responses, asserters, and profile.

use std::rc::Rc;

use indexmap::IndexMap;
use ltc_config::{ConfigError, Profile};
use serde_yaml::{Mapping, Value as Yaml};

use crate::Source;
use crate::draft::{Auth, Draft, Expr, Line, Path, Source as Found, Stmt, Value as Setting};
use crate::script::{Arguments, ClassValue, Closure, Object, Run, Value};

/// The member that distinguishes an asserter from other dictionaries.
const ASSERTER: &str = "framework asserter";
/// The largest file that a script may make, in bytes.
const MADE_MAX: f64 = 64.0 * 1024.0 * 1024.0;
/// The prefixes of paths that read the framework's configuration.
const CONFIGURATION: [&str; 2] = ["config.test_config_reader.", "config.env_config_reader."];

/// Whether a module belongs to the framework. Such modules are never read.
pub(crate) fn is_framework(module: &str) -> bool {
    let module = module.to_ascii_lowercase();
    module.starts_with("framework.generator")
        || module == "framework.api.base"
        || module.starts_with("config.") && module.ends_with("config_reader")
}

/// The key of the environment for a path of the framework's configuration: `env_config.auto_system` is `env.auto_system`.
pub(crate) fn setting(path: &str) -> Option<String> {
    let rest = CONFIGURATION.iter().find_map(|prefix| path.strip_prefix(prefix))?;
    Some(rest.strip_prefix("env_config.").or_else(|| rest.strip_prefix("common_config.")).unwrap_or(rest).to_owned())
}

impl Run<'_> {
    /// Calls a function of the framework.
    pub(crate) fn framework(&mut self, name: &str, arguments: &Arguments) -> Option<Value> {
        Some(match name {
            "ExpectedResponse" => {
                let by_position = ["code", "header", "json", "text"].into_iter().zip(arguments.list.iter().cloned());
                let named = ["code", "headers", "header", "json", "text"].into_iter();
                let named = named.filter_map(|member| Some((member, arguments.named(member)?)));
                Value::map(by_position.chain(named).map(|(member, value)| (member.to_owned(), value)).collect())
            }
            "LocustAsserter" => {
                let by_position = ["expected", "name", "interrupt_flow", "skip_transaction"].into_iter().map(str::to_owned);
                let mut members: IndexMap<String, Value> = by_position.zip(arguments.list.iter().cloned()).collect();
                members.extend(arguments.named.iter().cloned());
                members.insert(ASSERTER.to_owned(), Value::bool(true));
                Value::map(members)
            }
            "rextract_data" => self.extracted(arguments),
            "make_file_with_size" => {
                let name = arguments.get("name", 0).literal()?;
                if let Some(size) = arguments.get("size", 1).as_number().filter(|size| (1.0..=MADE_MAX).contains(size)) {
                    self.made.insert(name.clone(), size as usize);
                }
                Value::File(name.as_str().into())
            }
            "change_client" => {
                let auth = self.credentials(&arguments.get("creds", 0))?;
                let api = self.api_in_use();
                self.emit(Stmt::SetAuth(api, auth));
                Value::Undefined
            }
            _ => return None,
        })
    }

    /// `env_config.auto_system` as auth: uses its token.
    fn credentials(&mut self, credentials: &Value) -> Option<Auth> {
        let Value::Native(path) = credentials else { return None };
        let key = setting(path)?;
        let mut sections: Vec<&str> = key.split('.').collect();
        sections.push("token");
        let variable = crate::draft::variable(&sections);
        Some(Auth::Bearer(self.draft.env(&sections, Setting::Secret(variable))))
    }

    /// Creates a client of the framework: its resources, its address and its credentials.
    pub(crate) fn framework_client(&mut self, class: &Rc<ClassValue>, object: &Rc<Object>, arguments: &Arguments) {
        if let Some(Value::List(resources)) = self.member_of_class(class, "resources") {
            let resources = resources.borrow().clone();
            for resource in &resources {
                let Value::Class(resource) = resource else { continue };
                let Some(name) = self.member_of_class(resource, "name").and_then(|name| name.literal()) else { continue };
                let members = IndexMap::from([("api".to_owned(), Value::Object(object.clone()))]);
                let instance = Object { class: resource.clone(), members: members.into() };
                object.members.borrow_mut().insert(name, Value::Object(Rc::new(instance)));
            }
        }
        if let Some(section) = self.member_of_class(class, "config_section").and_then(|section| section.literal()) {
            self.host = Some(Value::Env(crate::draft::variable(&[&section, "url"]).as_str().into(), None));
        }
        self.default_auth = self.credentials(&arguments.get("creds", 1));
        self.health_check(class, object);
    }

    /// Keeps the request of a client's `healthcheck` method as the health check of its api.
    fn health_check(&mut self, class: &Rc<ClassValue>, object: &Rc<Object>) {
        let Some(Value::Function(closure)) = self.member_of_class(class, "healthcheck") else { return };
        let bound = Value::Function(Rc::new(Closure { this: Some(Value::Object(object.clone())), ..(*closure).clone() }));
        let found = self.muted(|run| {
            let before = run.steps.len();
            run.apply(&bound, Arguments::default());
            run.steps.get(before).map(|step| step.exchange.clone())
        });
        let Some(exchange) = found else { return };
        let path: Option<Vec<&str>> = exchange.path.iter().map(crate::draft::Text::as_literal).collect();
        if let (Some(path), true, true) = (path, exchange.query.is_empty(), exchange.body.is_none()) {
            let path = Path::Template(crate::draft::Text::literal(format!("/{}", path.join("/"))));
            self.health.insert(exchange.api, Line { method: exchange.method, path });
        }
    }

    /// `transaction.response = …`: adds the expectations of the asserter to the step.
    pub(crate) fn asserted(&mut self, asserter: &IndexMap<String, Value>, response: &Value) {
        let Value::Response(steps) = response else { return };
        if !asserter.contains_key(ASSERTER) {
            return;
        }
        let is_set = |name: &str| matches!(asserter.get(name), Some(Value::Data(Expr::Bool(true))));
        let name = asserter.get("name").and_then(|name| self.label(name));
        for number in steps.iter() {
            if let Some(step) = self.steps.get_mut(*number) {
                step.name.clone_from(&name);
                step.interrupt |= is_set("interrupt_flow");
                step.skip |= is_set("skip_transaction");
            }
        }
        let Some(Value::Map(expected)) = asserter.get("expected") else { return };
        let expected = expected.borrow().clone();
        if let Some(code) = expected.get("code").filter(|code| !code.is_nothing()) {
            let status = self.member(response.clone(), "status_code");
            let condition = match code {
                Value::List(_) => self.contains(code, &status),
                _ => self.compare("==", &status, code),
            };
            self.expect_or_name(&condition, "code");
        }
        if let Some(text) = expected.get("text").filter(|text| !text.is_nothing()) {
            let body = self.member(response.clone(), "text");
            let condition = self.contains(&body, text);
            self.expect_or_name(&condition, "text");
        }
        if let Some(json) = expected.get("json").filter(|json| !json.is_nothing()) {
            let body = self.member(Value::Response(steps.clone()), "js");
            self.expect_members(&body, json, "json");
        }
        let headers = expected.get("headers").or_else(|| expected.get("header"));
        if let Some(Value::Map(members)) = headers {
            let members = members.borrow().clone();
            for (key, value) in members {
                let all = self.member(response.clone(), "headers");
                let header = self.member_or_header(all, &camel(&key));
                let condition = self.compare("==", &header, &value);
                self.expect_or_name(&condition, &key);
            }
        }
    }

    /// Expects the members of a dictionary, and those within them, with their keys in camelCase. Other members are allowed.
    fn expect_members(&mut self, subject: &Value, expected: &Value, name: &str) {
        let Value::Map(members) = expected else {
            let condition = self.compare("==", subject, expected);
            return self.expect_or_name(&condition, name);
        };
        let members = members.borrow().clone();
        for (key, value) in members {
            let member = self.member_or_header(subject.clone(), &camel(&key));
            self.expect_members(&member, &value, &key);
        }
    }

    /// Expects a condition of an asserter. One without a counterpart is named.
    fn expect_or_name(&mut self, condition: &Value, name: &str) {
        if !self.expect(condition, false) {
            self.leave("expectations", &format!("ExpectedResponse: `{name}`: its value is not known"));
        }
    }

    /// `rextract_data(resp=…, json_item="properties.id")`
    fn extracted(&mut self, arguments: &Arguments) -> Value {
        let Value::Response(steps) = arguments.get("resp", 0) else { return Value::unknown("rextract_data") };
        let literal = |name: &str, index: usize| arguments.get(name, index).literal();
        let value = match (literal("headers_key", 3), literal("json_item", 2)) {
            (Some(header), _) => self.source_of(&steps, Found::header(&header), crate::script::Ty::Text),
            (None, Some(path)) => self.selected(&steps, &path),
            (None, None) => self.member(Value::Response(steps.clone()), "text"),
        };
        match literal("reg_exp", 1) {
            // The framework extracts the whole match.
            Some(pattern) => match self.groups(&value, &Value::Regex(format!("({pattern})"))) {
                Some(groups) => self.index(groups, &Value::number(0.0)),
                None => Value::unknown("rextract_data"),
            },
            None => value,
        }
    }
}

/// Converts a key to camelCase, in which the framework compares keys.
fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut chars = word.chars();
        name + &chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    })
}

/// The sections of the framework's profile that a profile of ltc has, too.
const SECTIONS: [&str; 2] = ["runner", "logging"];

/// Reads the framework's profile next to the script, and keeps its load, logging and regions. What ltc could not read is named.
pub(super) fn profile(draft: &mut Draft, source: &Source) {
    const FILE: &str = "profile.yml";
    let Ok(Source { text, .. }) = source.read(FILE) else { return };
    let root = match serde_yaml::from_str(&text) {
        Ok(Yaml::Mapping(root)) => root,
        Ok(_) => {
            draft.tally.leave("files", format!("{FILE}: unexpected value, expected sections"), FILE, 1);
            return;
        }
        Err(error) => {
            let line = error.location().map_or(1, |location| location.line());
            draft.tally.leave("files", format!("{FILE} is not YAML: {error}"), FILE, line);
            return;
        }
    };
    if !["test_header", "profile"].iter().any(|section| root.contains_key(*section)) {
        return;
    }
    let section = |name: &str| root.get(name).and_then(Yaml::as_mapping).cloned().unwrap_or_default();
    let (header, profile): (Mapping, Mapping) = (section("test_header"), section("profile"));
    for name in SECTIONS {
        let Some(value) = profile.get(name) else { continue };
        if let Some(value) = readable(draft, &text, name, value, |value| one("profile", one(name, value))) {
            draft.profile.insert(Yaml::String(name.to_owned()), value);
        }
    }
    if let Some(value) = header.get("location") {
        let whole = |value| {
            let sections = [("test_header", one("location", value)), ("profile", one("runner", one("clients", 1.into())))];
            Yaml::Mapping(sections.into_iter().map(|(name, value)| (Yaml::String(name.to_owned()), value)).collect())
        };
        draft.location = readable(draft, &text, "location", value, whole);
    }
    let field = |name: &str| header.get(name).and_then(Yaml::as_str).map(str::to_owned);
    if let Some(description) = field("description") {
        draft.description = description;
    }
    if let Some(name) = field("name") {
        draft.name = crate::names::file(&name);
    }
    draft.tally.advise("profile.yml: users, duration, logging and regions were carried over; set `env` in the new profile");
}

/// A mapping with one key.
fn one(name: &str, value: Yaml) -> Yaml {
    Yaml::Mapping(Mapping::from_iter([(Yaml::String(name.to_owned()), value)]))
}

/// The part of a value that ltc can read. `whole` puts it into a profile. The keys that ltc cannot read are named with their lines in `text`.
fn readable(draft: &mut Draft, text: &str, name: &str, value: &Yaml, whole: impl Fn(Yaml) -> Yaml) -> Option<Yaml> {
    let error_of = |value: &Yaml| {
        let text = serde_yaml::to_string(&whole(value.clone())).ok()?;
        Profile::parse(&text, "profile.yml").err().and_then(|errors| errors.into_iter().next())
    };
    let Some(error) = error_of(value) else { return Some(value.clone()) };
    let mut leave = |what: &str, error: &ConfigError| {
        let line = text.lines().position(|line| line.trim_start().starts_with(&format!("{what}:"))).map_or(1, |at| at + 1);
        draft.tally.leave("keys of the profile", format!("{what}: {}", error.message), "profile.yml", line);
    };
    let Yaml::Mapping(keys) = value else {
        leave(name, &error);
        return None;
    };
    let mut kept = Mapping::new();
    for (key, value) in keys {
        let mut with = kept.clone();
        with.insert(key.clone(), value.clone());
        match error_of(&Yaml::Mapping(with.clone())) {
            Some(error) => leave(key.as_str().unwrap_or(name), &error),
            None => kept = with,
        }
    }
    (!kept.is_empty()).then_some(Yaml::Mapping(kept))
}
