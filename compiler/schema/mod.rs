//! JSON Schemas of the YAML files, which schemars derives from Rust types: each type has the keys of one section, documented by its
//! comments. A test compares the keys with those that the parser accepts, so that an editor offers exactly these.

mod credentials;
mod limits;
mod profile;
mod registry;
mod values;

use clap::ValueEnum;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};

/// A file that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Schema {
    /// specs/NAME.profile.yml: how much load, for how long, and from where
    Profile,
    /// config/loadtest_registry.yml: the tests of a project
    Registry,
    /// config/systems_credentials.yml: the systems that receive results
    Credentials,
    /// config/limits.yml: how much load any test of a project may generate
    Limits,
}

impl Schema {
    /// All schemas.
    pub(crate) const ALL: [Self; 4] = [Self::Profile, Self::Registry, Self::Credentials, Self::Limits];

    /// Its file in a project, relative to the root.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Profile => "config/schemas/profile.json",
            Self::Registry => "config/schemas/registry.json",
            Self::Credentials => "config/schemas/credentials.json",
            Self::Limits => "config/schemas/limits.json",
        }
    }

    /// The schema as JSON, in draft 7, which all YAML language servers support.
    pub(crate) fn text(self) -> String {
        let schema = match self {
            Self::Profile => root::<profile::ProfileFile>(),
            Self::Registry => root::<registry::RegistryFile>(),
            Self::Credentials => root::<credentials::CredentialsFile>(),
            Self::Limits => root::<limits::LimitsFile>(),
        };
        format!("{schema:#}\n")
    }
}

fn root<T: JsonSchema>() -> serde_json::Value {
    SchemaGenerator::new(SchemaSettings::draft07()).into_root_schema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ltc_config::{ConfigError, Credentials, Limits, Profile, Registry};
    use serde_json::Value;

    use super::*;

    /// A key that is not similar to any other, so that its error lists all keys.
    const UNKNOWN: &str = "qqqqqqqqqqqqqqqqqqqqqqqq";

    fn parse(schema: Schema, text: &str) -> Vec<ConfigError> {
        match schema {
            Schema::Profile => Profile::parse(text, "x.yml").err(),
            Schema::Registry => Registry::parse(text, "x.yml").err(),
            Schema::Credentials => Credentials::parse(text, "x.yml", &|_| None).err(),
            Schema::Limits => Limits::parse(text, "x.yml").err(),
        }
        .unwrap_or_default()
    }

    /// The keys that the parser accepts in a section, from its error for an unknown one.
    fn parsed_keys(schema: Schema, section: &str) -> BTreeSet<String> {
        let text = section.replace('@', &format!("{UNKNOWN}: 1"));
        let errors = parse(schema, &text);
        let error = errors.iter().find(|error| error.message.contains(UNKNOWN)).unwrap_or_else(|| panic!("{text}: {errors:?}"));
        let help = error.help.as_deref().unwrap_or_default();
        let keys = help.strip_prefix("use one of the keys: ").unwrap_or_else(|| panic!("{text}: {help}"));
        keys.split(", ").map(str::to_owned).collect()
    }

    /// The keys of a definition in the schema, or of its root.
    fn schema_keys(schema: Schema, definition: &str) -> BTreeSet<String> {
        let root: Value = serde_json::from_str(&schema.text()).unwrap();
        let at = if definition.is_empty() { &root } else { &root["definitions"][definition] };
        assert_eq!(at["additionalProperties"], false, "{definition}: {at}");
        at["properties"].as_object().unwrap_or_else(|| panic!("{definition}: {root:#}")).keys().cloned().collect()
    }

    #[test]
    fn every_schema_has_exactly_the_keys_that_the_parser_accepts() {
        let sections = [
            (Schema::Profile, "", "{ profile: { runner: { clients: 1 } }, @ }"),
            (Schema::Profile, "TestHeader", "{ test_header: { @ }, profile: { runner: { clients: 1 } } }"),
            (Schema::Profile, "ProfileSection", "{ profile: { runner: { clients: 1 }, @ } }"),
            (Schema::Profile, "Runner", "{ profile: { runner: { clients: 1, @ } } }"),
            (Schema::Profile, "UserLoad", "{ profile: { runner: { users: { A: { clients: 1, @ } } } } }"),
            (Schema::Profile, "Stage", "{ profile: { runner: { stages: [{ clients: 1, duration: 1s, @ }] } } }"),
            (Schema::Profile, "Test", "{ profile: { runner: { clients: 1 }, test: { @ } } }"),
            (Schema::Profile, "Logging", "{ profile: { runner: { clients: 1 }, logging: { @ } } }"),
            (Schema::Profile, "Lambda", "{ profile: { runner: { clients: 1 }, lambda: { @ } } }"),
            (Schema::Registry, "", "{ registered: { a: { profile: x.yml } }, @ }"),
            (Schema::Registry, "Registered", "{ registered: { a: { profile: x.yml, @ } } }"),
            (Schema::Credentials, "", "{ @ }"),
            (Schema::Credentials, "Splunk", "{ Splunk: { @ } }"),
            (Schema::Credentials, "SignalFx", "{ SFx: { @ } }"),
            (Schema::Credentials, "Aws", "{ AWS: { @ } }"),
            (Schema::Credentials, "Endpoint", "{ Prometheus: { @ } }"),
            (Schema::Credentials, "Endpoint", "{ OTLP: { @ } }"),
            (Schema::Credentials, "InfluxDb", "{ InfluxDB: { @ } }"),
            (Schema::Limits, "", "{ @ }"),
        ];
        for (schema, definition, section) in sections {
            assert_eq!(schema_keys(schema, definition), parsed_keys(schema, section), "{schema:?} {definition}");
        }
    }

    #[test]
    fn every_key_has_a_description() {
        fn undescribed(value: &Value, path: &str, found: &mut Vec<String>) {
            if let Value::Object(members) = value {
                for (key, member) in members.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    if member["description"].as_str().is_none_or(str::is_empty) {
                        found.push(format!("{path}/{key}"));
                    }
                }
                members.iter().for_each(|(key, member)| undescribed(member, &format!("{path}/{key}"), found));
            }
        }
        for schema in Schema::ALL {
            let mut found = Vec::new();
            undescribed(&serde_json::from_str(&schema.text()).unwrap(), "", &mut found);
            assert!(found.is_empty(), "{schema:?}: {found:?}");
        }
    }

    #[test]
    fn words_of_the_schema_are_words_of_the_parser() {
        let root: Value = serde_json::from_str(&Schema::Profile.text()).unwrap();
        let words = |definition: &str| -> Vec<String> {
            let offered = root["definitions"][definition]["anyOf"][0]["enum"].as_array();
            offered.unwrap_or_else(|| panic!("{definition}: {root:#}")).iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let sections = [
            ("LogLevel", "{ profile: { runner: { clients: 1 }, logging: { loglevel: @ } } }"),
            ("Listener", "{ profile: { runner: { clients: 1 }, logging: { listeners: [@] } } }"),
            ("Spacing", "{ profile: { runner: { rate: 1/s, arrivals: @ } } }"),
            ("Engine", "{ profile: { runner: { clients: 1 }, engine: @ } }"),
            ("Architecture", "{ profile: { runner: { clients: 1 }, lambda: { architecture: @ } } }"),
        ];
        for (definition, section) in sections {
            for word in words(definition) {
                let errors = parse(Schema::Profile, &section.replace('@', &word));
                assert!(errors.is_empty(), "{definition} {word}: {errors:?}");
            }
        }
    }
}
