//! The profile and the environments: those that a spec is checked with, and those that its binary embeds.

use std::fs;
use std::path::Path;

use ltc_config::carried::carried;
use ltc_config::environment::{self, EnvData, EnvValue as Value, Source};
use ltc_config::{AllowedHosts, ConfigError, Environment, Profile, Reads};

use super::Target;
use super::files::shown;
use crate::check::EnvValue;
use crate::model::Program;

pub(super) type LoadedConfiguration = (Option<(String, String, Profile)>, Option<Environment>, Vec<ConfigError>, Vec<ConfigError>);

/// Reads the profile, and the environment that the command line or the profile names.
pub(super) fn configuration(target: &Target) -> LoadedConfiguration {
    let mut errors: Vec<ConfigError> = target.lacks.profile.iter().cloned().collect();
    let mut warnings = Vec::new();
    let profile = target.profile.as_ref().filter(|_| errors.is_empty()).and_then(|path| {
        let file = shown(&target.root, path);
        let parsed = target.open.read_config(path).map_err(|error| vec![error]).and_then(|text| {
            let profile = Profile::parse(&text, &file)?;
            Ok((text, profile))
        });
        match parsed {
            Ok((text, profile)) => {
                warnings.extend(profile.warnings.iter().cloned());
                Some((file, text, profile))
            }
            Err(found) => {
                errors.extend(found);
                None
            }
        }
    });
    let named = target.env.clone().or_else(|| profile.as_ref().and_then(|(_, _, profile)| profile.header.env.clone()));
    let environment = named.and_then(|name| match load_environment(target, &name) {
        Ok(environment) => Some(environment),
        Err(found) => {
            errors.extend(found);
            None
        }
    });
    (profile, environment, errors, warnings)
}

pub(super) fn load_environment(target: &Target, name: &str) -> Result<Environment, Vec<ConfigError>> {
    let folder = target.root.join("config");
    let own = folder.join(format!("{name}.yml"));
    if !target.open.is_file(&own) {
        // The error of `load` lists the existing environments.
        return Environment::load(&folder, name);
    }
    let text = target.open.read_config(&own).map_err(|error| vec![error])?;
    let common = folder.join("common.yml");
    let common = if target.open.is_file(&common) { Some(target.open.read_config(&common).map_err(|error| vec![error])?) } else { None };
    let file = format!("config/{name}.yml");
    let common = common.as_deref().map(|text| Source { text, file: "config/common.yml" });
    let environment = Environment::parse(name, Source { text: &text, file: &file }, common)?;
    AllowedHosts::of(&environment).map(|_| environment)
}

/// The keys that the spec reads, from all environments of the project, because `--env` may select another one when the test starts.
pub(super) fn environments(root: &Path, program: &Program, warnings: &mut Vec<ConfigError>) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(root.join("config")) else { return Vec::new() };
    let paths: Vec<String> = program.env.iter().map(|key| key.path.join(".")).collect();
    let reads = Reads::of(paths.iter().map(String::as_str));
    let mut found: Vec<(String, String)> = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) = environment::name_of(&path) else { continue };
        let text = ltc_config::read(&path).map_err(|error| vec![error]);
        match text.and_then(|text| carried(&text, &shown(root, &path), &reads)) {
            Ok(text) => found.push((name, text)),
            // The selected environment has been read. The spec may never run with the others, so their errors are warnings.
            Err(errors) => warnings.extend(errors.into_iter().map(|error| {
                let message = format!("the binary will not include the environment {name}: {}", error.message);
                ConfigError { message, ..error }
            })),
        }
    }
    found.sort_unstable();
    found
}

pub(super) fn schema(value: &Value) -> EnvValue {
    match &value.data {
        EnvData::Null => EnvValue::Null,
        EnvData::Bool(truth) => EnvValue::Bool(*truth),
        EnvData::Int(number) => EnvValue::Int(*number),
        EnvData::Float(number) => EnvValue::Float(*number),
        EnvData::String(text) => EnvValue::String(text.clone()),
        EnvData::List(items) => EnvValue::List(items.iter().map(schema).collect()),
        EnvData::Object(members) => EnvValue::Object(members.iter().map(|(key, value)| (key.clone(), schema(value))).collect()),
    }
}

/// The test's name (as registered, else the profile's, else the spec's), as written and in the form that file names have.
pub(super) fn identity(target: &Target, profile: Option<&Profile>) -> Result<(String, String), ConfigError> {
    let named = target.registered.clone().or_else(|| profile.and_then(|profile| profile.header.name.clone()));
    let stem = || target.spec.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let identity = named.filter(|name| !name.trim().is_empty()).or_else(stem).unwrap_or_default();
    let name = ltc_config::identity::plain(&identity);
    if name.is_empty() {
        let file = profile.map_or_else(|| shown(&target.root, &target.spec), |profile| profile.file.clone());
        let message = format!("unexpected name `{identity}` of the test, expected an ASCII letter or a digit in it");
        let help = "rename it, for example to tpdata: `name` of `test_header`, or its key in config/loadtest_registry.yml";
        return Err(ConfigError::new(ltc_config::Location::file(file), message).with_help(help));
    }
    Ok((identity, name))
}
