//! Names that a profile can choose from: log levels, listeners, and regions with their shares.

use serde::{Deserialize, Serialize};

use crate::node::NodeValue;
use crate::reader::{Section, read_node, split_commas};
use crate::suggest::did_you_mean_or_list;

/// A log level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LogLevel {
    /// No messages.
    Off,
    /// Errors that end a test.
    Critical,
    /// Also all other errors.
    Error,
    /// Also warnings.
    Warn,
    /// Also progress.
    Info,
    /// Also details.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Reads a level in the spelling of Rust or Python, or as a number of Python's `logging`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "off" | "none" | "false" => Ok(Self::Off),
            "critical" | "fatal" | "50" => Ok(Self::Critical),
            "error" | "40" => Ok(Self::Error),
            "warn" | "warning" | "30" => Ok(Self::Warn),
            "info" | "20" => Ok(Self::Info),
            "debug" | "10" => Ok(Self::Debug),
            "trace" | "notset" | "0" => Ok(Self::Trace),
            lower => {
                let help = did_you_mean_or_list(lower, &["debug", "info", "warning", "error", "critical", "trace", "off"], "known levels");
                Err(format!("unexpected \"{text}\", expected a log level ({})", help.unwrap_or_default()))
            }
        }
    }
}

/// A system that receives results while the test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Listener {
    /// Sends gauges to SignalFx.
    SignalFx,
    /// Sends failed requests to Splunk.
    Splunk,
    /// Prints everything to the console.
    Debug,
    /// Writes to Prometheus by remote write.
    Prometheus,
    /// Sends metrics to an OpenTelemetry collector.
    Otlp,
    /// Sends lines to InfluxDB.
    InfluxDb,
}

impl Listener {
    /// All listeners.
    pub const ALL: [Self; 6] = [Self::SignalFx, Self::Splunk, Self::Debug, Self::Prometheus, Self::Otlp, Self::InfluxDb];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignalFx => "SignalFx",
            Self::Splunk => "Splunk",
            Self::Debug => "Debug",
            Self::Prometheus => "Prometheus",
            Self::Otlp => "OTLP",
            Self::InfluxDb => "InfluxDB",
        }
    }

    /// Finds a listener by its name, in any case, with or without the suffix `Listener`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match lower.strip_suffix("listener").filter(|rest| !rest.is_empty()).unwrap_or(&lower) {
            "signalfx" | "sfx" => Ok(Self::SignalFx),
            "splunk" => Ok(Self::Splunk),
            "debug" => Ok(Self::Debug),
            "prometheus" | "prom" => Ok(Self::Prometheus),
            "otlp" | "otel" | "opentelemetry" => Ok(Self::Otlp),
            "influxdb" | "influx" => Ok(Self::InfluxDb),
            _ => {
                let names: Vec<&str> = Self::ALL.iter().map(|listener| listener.name()).collect();
                let help = did_you_mean_or_list(text, &names, "known listeners");
                Err(format!("unknown listener \"{text}\" ({})", help.unwrap_or_default()))
            }
        }
    }
}

/// A region and its part of the load. Only the relation of the shares counts; they can have any sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionShare {
    /// The region's name.
    pub region: String,
    /// The region's part, in millionths of the profile's unit.
    pub share: u64,
}

const ONE: u64 = 1_000_000;

/// Reads `location`: one region, a list of regions, or a map of regions and shares.
pub(super) fn read_locations(section: Section<'_>) -> Vec<RegionShare> {
    let Some(entry) = section.entry("location") else {
        return Vec::new();
    };
    let mut locations: Vec<RegionShare> = Vec::new();
    let mut add = |region: String, share: u64| {
        if locations.iter().any(|known| known.region == region) {
            section.error("location", format!("duplicate region {region} in location"), "remove one of them");
        } else {
            locations.push(RegionShare { region, share });
        }
    };
    match &entry.value.value {
        NodeValue::Scalar { text, .. } => split_commas(text).for_each(|region| add(region, ONE)),
        NodeValue::List(_) => section.texts("location").into_iter().for_each(|(region, _)| add(region, ONE)),
        NodeValue::Map(entries) => {
            let mut readable = true;
            for region in entries {
                let key = format!("location.{}", region.key);
                match read_node(section.diagnostics(), &key, &region.value, parse_share) {
                    Some(share) => add(region.key.clone(), share),
                    None => readable = false,
                }
            }
            if readable && !entries.is_empty() && locations.iter().all(|location| location.share == 0) {
                section.error("location", "no region has a share of the load", "write location: {us-west-2: 70%, eu-central-1: 30%}");
            }
        }
    }
    locations
}

/// Reads a share: `70%`, `70`, `0.7` or `2`.
fn parse_share(text: &str) -> Result<u64, String> {
    let wrong = || format!("unexpected \"{text}\", expected a share such as 70% or 2");
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if number.is_empty() || number == "." || !digits(whole) || !digits(fraction) || whole.len() > 9 || fraction.len() > 6 {
        return Err(wrong());
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
    let parts: u64 = format!("{fraction:0<6}").parse().map_err(|_| wrong())?;
    Ok(whole * ONE + parts)
}
