//! The registry, `config/loadtest_registry.yml`.
#![expect(dead_code, reason = "only the schemas of these types are used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::values::Text;

/// The tests of a project
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RegistryFile {
    /// The test that `ltc build` and `ltc run` use if none is named
    current: Option<Text>,
    /// The tests by name
    registered: BTreeMap<String, Registered>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Registered {
    /// The profile, relative to the project's folder
    profile: String,
    /// The spec; by default the one that the profile names, or specs/NAME.lt
    spec: Option<String>,
}
