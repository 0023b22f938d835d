//! The limits of all runs, `config/limits.yml`.
#![expect(dead_code, reason = "only the schemas of these types are used")]

use schemars::JsonSchema;

use super::values::{Rate, Whole};

/// How much load any test of the project may generate
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct LimitsFile {
    /// The greatest arrival rate, in iterations per second
    max_rate: Option<Rate>,
    /// The greatest number of virtual users
    max_clients: Option<Whole>,
    /// The greatest cost of a run on AWS Lambda, in dollars
    max_cost: Option<Dollars>,
}

/// Dollars: `5`, `2.50` or `$5`
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Dollars {
    /// A number
    Number(#[schemars(range(min = 0))] f64),
    /// A number behind a `$`
    Text(#[schemars(regex(pattern = r"^\$\s*[0-9][0-9.]*$"))] String),
}
