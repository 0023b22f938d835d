//! `profile.lambda`: how the test spreads its load over functions.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::duration;
use crate::node::NodeValue;
use crate::rate::Rate;
use crate::reader::{Section, read_node};

/// Settings of the functions that a distributed test runs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LambdaSettings {
    /// Memory of a function in MB; 1,769 buys one whole processor.
    pub memory_mb: u32,
    /// The processor; `None`: the one that the binary is built for.
    pub architecture: Option<Architecture>,
    /// The most users of one function.
    pub clients_per_function: Option<u64>,
    /// The greatest arrival rate of one function.
    pub rate_per_function: Option<Rate>,
    /// The function's name; `None`: derived from the test's name.
    pub function: Option<String>,
    /// The ARN or name of the function's role; `None`: `deploy` creates one.
    pub role: Option<String>,
    /// The time after which the next function takes over. It is below the 15 minutes that AWS allows a function.
    pub interval: Duration,
    /// The most functions at once, whatever the account would allow.
    pub max_functions: Option<u64>,
    /// Subnets of a VPC.
    pub subnets: Vec<String>,
    /// Security groups in that VPC.
    pub security_groups: Vec<String>,
    /// The S3 bucket for stops and large packages; `None`: `deploy` creates one.
    pub bucket: Option<String>,
    /// Tags of everything that `deploy` creates.
    pub tags: IndexMap<String, String>,
    /// Environment variables of the function; anyone who may look at the function sees them.
    #[serde(default)]
    pub environment: IndexMap<String, String>,
    /// The ARN of the key that encrypts the environment variables; `None`: AWS's own.
    #[serde(default)]
    pub kms_key: Option<String>,
    /// How many functions of the account's concurrency are this function's alone; `None`: `deploy` changes nothing about it.
    #[serde(default)]
    pub reserved_concurrency: Option<u64>,
    /// How many days the functions' log is kept; `None`: `deploy` changes nothing about it.
    #[serde(default)]
    pub log_retention_days: Option<u64>,
}

impl Default for LambdaSettings {
    fn default() -> Self {
        Self {
            memory_mb: 1769,
            architecture: None,
            clients_per_function: None,
            rate_per_function: None,
            function: None,
            role: None,
            interval: Duration::from_secs(14 * 60),
            max_functions: None,
            subnets: Vec::new(),
            security_groups: Vec::new(),
            bucket: None,
            tags: IndexMap::new(),
            environment: IndexMap::new(),
            kms_key: None,
            reserved_concurrency: None,
            log_retention_days: None,
        }
    }
}

impl LambdaSettings {
    /// The ARN of the key in a region. A key belongs to one region, but a multi-region key has the same id in all of its regions.
    ///
    /// # Errors
    /// Where the key is in another region.
    pub fn kms_key_in(&self, region: &str) -> Result<Option<String>, String> {
        let Some(key) = &self.kms_key else { return Ok(None) };
        let mut parts: Vec<&str> = key.split(':').collect();
        if parts[3] != region && !parts[5].starts_with("key/mrk-") {
            return Err(format!(
                "profile.lambda.kms_key is a key of {}, and the function is in {region}: use a multi-region key, or deploy in {} only",
                parts[3], parts[3]
            ));
        }
        parts[3] = region;
        Ok(Some(parts.join(":")))
    }
}

/// A processor architecture of Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Architecture {
    /// `x86_64`.
    X86_64,
    /// `arm64`: its GB-seconds cost a fifth less.
    Arm64,
}

impl Architecture {
    /// Its name as AWS writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

const KEYS: [&str; 16] = [
    "memory_mb",
    "architecture",
    "clients_per_function",
    "rate_per_function",
    "function",
    "role",
    "interval",
    "max_functions",
    "subnets",
    "security_groups",
    "bucket",
    "tags",
    "environment",
    "kms_key",
    "reserved_concurrency",
    "log_retention_days",
];

/// The retentions that CloudWatch Logs has, in days (`PutRetentionPolicy` of its API reference).
const RETENTIONS: [u64; 22] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// What Lambda takes for all environment variables of a function together, in bytes.
const ENVIRONMENT: usize = 4096;
/// Names that Lambda sets itself, beside those that begin with `AWS_LAMBDA_`.
const RESERVED: [&str; 11] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// AWS ends a function after 15 minutes; the remaining time is for starting and draining.
const LONGEST_INTERVAL: Duration = Duration::from_secs(14 * 60 + 30);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// Returns the interval if a function on AWS Lambda can run that long.
///
/// # Errors
/// If it is too long for a function, or too short to be worth starting one.
pub fn checked_interval(interval: Duration) -> Result<Duration, String> {
    match interval {
        interval if interval > LONGEST_INTERVAL => Err("it must be at most 14m30s: AWS ends a function after 15 minutes".to_owned()),
        interval if interval < SHORTEST_INTERVAL => Err("it must be at least 10s".to_owned()),
        interval => Ok(interval),
    }
}

pub(super) fn read(section: Section<'_>) -> LambdaSettings {
    let section = section.known(&KEYS);
    let defaults = LambdaSettings::default();
    let texts = |key| section.texts(key).into_iter().map(|(text, _)| text).collect();
    LambdaSettings {
        memory_mb: section
            .whole("memory_mb", 128, 10_240)
            .and_then(|megabytes| u32::try_from(megabytes).ok())
            .unwrap_or(defaults.memory_mb),
        architecture: section.read("architecture", |text| match text.to_ascii_lowercase().as_str() {
            "x86_64" | "x86" | "x64" | "amd64" => Ok(Architecture::X86_64),
            "arm64" | "arm" | "aarch64" | "graviton" => Ok(Architecture::Arm64),
            _ => Err(format!("unexpected \"{text}\", expected x86_64 or arm64")),
        }),
        clients_per_function: section.whole("clients_per_function", 1, u64::MAX),
        rate_per_function: section.read("rate_per_function", |text| match Rate::parse(text)? {
            rate if rate.is_zero() => Err("it must be more than 0".to_owned()),
            rate => Ok(rate),
        }),
        function: section.text("function"),
        role: section.text("role"),
        interval: section.read("interval", |text| checked_interval(duration::parse(text)?)).unwrap_or(defaults.interval),
        max_functions: section.whole("max_functions", 1, u64::MAX),
        subnets: texts("subnets"),
        security_groups: texts("security_groups"),
        bucket: section.text("bucket"),
        tags: texts_by_name(section, "tags", "{team: load}"),
        environment: environment(section),
        kms_key: section.read("kms_key", |text| match text.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "kms", _, _, key] if key.starts_with("key/") || key.starts_with("alias/") => Ok(text.to_owned()),
            _ => Err("it must be the ARN of a key: arn:aws:kms:REGION:ACCOUNT:key/ID".to_owned()),
        }),
        reserved_concurrency: section.whole("reserved_concurrency", 1, 100_000),
        log_retention_days: section.read("log_retention_days", |text| {
            let days = RETENTIONS.into_iter().find(|days| days.to_string() == text);
            days.ok_or_else(|| {
                let all = RETENTIONS.map(|days| days.to_string()).join(", ");
                format!("unexpected {text}, expected one of the retentions of CloudWatch Logs: {all}")
            })
        }),
    }
}

/// A map of names and texts.
fn texts_by_name(section: Section<'_>, key: &str, example: &str) -> IndexMap<String, String> {
    let mut texts = IndexMap::new();
    if let Some(entry) = section.entry(key) {
        if let NodeValue::Map(entries) = &entry.value.value {
            for entry in entries {
                let value = read_node(section.diagnostics(), &format!("{key}.{}", entry.key), &entry.value, |text| Ok(text.to_owned()));
                texts.extend(value.map(|value| (entry.key.clone(), value)));
            }
        } else {
            section.error(key, format!("{key} must be a map"), &format!("write {key}: {example}"));
        }
    }
    texts
}

/// Variables that Lambda takes, as its `Environment` is documented.
fn environment(section: Section<'_>) -> IndexMap<String, String> {
    let variables = texts_by_name(section, "environment", "{HTTPS_PROXY: \"http://proxy.example.com:3128\"}");
    let plain = |name: &str| {
        name.len() >= 2
            && name.starts_with(|char: char| char.is_ascii_alphabetic())
            && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
    };
    for name in variables.keys() {
        if RESERVED.contains(&name.as_str()) || name.starts_with("AWS_LAMBDA_") && name != "AWS_LAMBDA_EXEC_WRAPPER" {
            section.error("environment", format!("Lambda itself sets the variable {name}"), "remove it");
        } else if !plain(name) {
            let help = "write a letter first, then letters, digits and `_`, at least two characters";
            section.error("environment", format!("unexpected name \"{name}\" of an environment variable"), help);
        }
    }
    if variables.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > ENVIRONMENT {
        section.error("environment", "the environment variables have more than 4 KB, which Lambda does not take", "shorten them");
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_one_of_the_functions_region() {
        let of = |key: &str| LambdaSettings { kms_key: Some(key.to_owned()), ..LambdaSettings::default() };
        let single = of("arn:aws:kms:us-west-2:000000000000:key/0a1b");
        assert_eq!(single.kms_key_in("us-west-2"), Ok(single.kms_key.clone()));
        assert!(single.kms_key_in("eu-central-1").unwrap_err().contains("a key of us-west-2, and the function is in eu-central-1"));
        let multi = of("arn:aws:kms:us-west-2:000000000000:key/mrk-0a1b");
        assert_eq!(multi.kms_key_in("eu-central-1"), Ok(Some("arn:aws:kms:eu-central-1:000000000000:key/mrk-0a1b".to_owned())));
        assert_eq!(LambdaSettings::default().kms_key_in("eu-central-1"), Ok(None));
    }
}
