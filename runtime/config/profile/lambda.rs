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
        }
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

const KEYS: [&str; 12] = [
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
    let mut tags = IndexMap::new();
    if let Some(entry) = section.entry("tags") {
        if let NodeValue::Map(entries) = &entry.value.value {
            for tag in entries {
                let value = read_node(section.diagnostics(), &format!("tags.{}", tag.key), &tag.value, |text| Ok(text.to_owned()));
                tags.extend(value.map(|value| (tag.key.clone(), value)));
            }
        } else {
            section.error("tags", "tags must be a map", "write tags: {team: load}");
        }
    }
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
        tags,
    }
}
