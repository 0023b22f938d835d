//! Single values of the YAML files: durations, rates, truth values, words.
#![expect(dead_code, reason = "only the schemas of these types are used")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A duration: `20` (seconds), `500ms`, `20s`, `3m`, `2h`, `1h20m`, `2d`
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Duration {
    /// Seconds
    Seconds(#[schemars(range(min = 0))] f64),
    /// A number with a unit, from the largest unit to the smallest
    Text(#[schemars(regex(pattern = r"^\s*([0-9.]+|([0-9.]+\s*(ns|us|ms|s|m|h|d)\s*)+)$"))] String),
}

/// A rate: `500/s`, `30/m`, `10/h`, or a number per second
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Rate {
    /// A number per second
    PerSecond(#[schemars(range(min = 0))] f64),
    /// A number with a unit
    Text(#[schemars(regex(pattern = r"^\s*\+?[0-9.]+\s*(/\s*(s|sec|second|m|min|minute|h|hour)\s*)?$"))] String),
}

/// A whole number, from 0
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Whole {
    /// A number
    Number(u64),
    /// A number with `_` between its digits
    Text(#[schemars(regex(pattern = r"^[0-9_]+$"))] String),
}

/// A text. Numbers and truth values keep their spelling
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Text {
    /// A text
    Plain(String),
    /// A number
    Number(f64),
    /// A truth value
    Truth(bool),
}

/// A list, or one text with items separated by commas
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Texts {
    /// A list
    List(Vec<Text>),
    /// One, or several separated by commas
    One(String),
}

/// One of these words, in any case.
fn choice(offered: &[&str], also: &[&str]) -> Schema {
    let any_case = |word: &&str| -> String {
        let letter = |char: char| match char {
            letter if letter.is_ascii_alphabetic() => format!("[{}{}]", letter.to_ascii_lowercase(), letter.to_ascii_uppercase()),
            other => other.to_string(),
        };
        word.chars().map(letter).collect()
    };
    let pattern = offered.iter().chain(also).map(any_case).collect::<Vec<_>>().join("|");
    json_schema!({ "anyOf": [{ "enum": offered }, { "type": "string", "pattern": format!("^({pattern})$") }] })
}

/// Types whose values are words: those that an editor offers, and further ones that are also accepted.
macro_rules! words {
    ($($name:ident: [$($offered:literal),+] or [$($also:literal),*];)+) => {
        $(pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                choice(&[$($offered),+], &[$($also),*])
            }
        })+
    };
}

words! {
    LogLevel: ["debug", "info", "warning", "error", "critical", "trace", "off"] or ["warn", "fatal", "none", "notset", "0", "10", "20", "30", "40", "50"];
    Listener: ["SignalFx", "Splunk", "Debug", "Prometheus", "OTLP", "InfluxDB"] or ["sfx", "prom", "otel", "opentelemetry", "influx",
        "SignalFxListener", "SfxListener", "SplunkListener", "DebugListener"];
    Spacing: ["even", "poisson"] or [];
    Engine: ["process", "lambda"] or ["processes"];
    Architecture: ["arm64", "x86_64"] or ["x86", "x64", "amd64", "arm", "aarch64", "graviton"];
}

/// `true`, `false`, and `Yes`, `no`, `on`, `OFF` as YAML 1.1 writes them.
pub(super) struct Truth;

impl JsonSchema for Truth {
    fn schema_name() -> Cow<'static, str> {
        "Truth".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "boolean" }, choice(&["yes", "no"], &["true", "false", "on", "off", "y", "n"])] })
    }
}
