//! The credentials, `config/systems_credentials.yml`.
#![expect(dead_code, reason = "only the schemas of these types are used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::values::{Duration, Text, Truth};

/// The systems that receive results, and their keys. `${VAR}` in a value comes from the environment when a test starts
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct CredentialsFile {
    /// The interval at which listeners send; by default 5s, or less in a test of less than 100s
    stats_interval: Option<Duration>,
    /// Splunk's HTTP event collector: an event for each failed request
    #[schemars(rename = "Splunk")]
    splunk: Option<Splunk>,
    /// SignalFx: gauges
    #[schemars(rename = "SFx")]
    signalfx: Option<SignalFx>,
    /// AWS, for `deploy` and `run`; by default the AWS SDK's own credentials
    #[schemars(rename = "AWS")]
    aws: Option<Aws>,
    /// Prometheus: remote write
    #[schemars(rename = "Prometheus")]
    prometheus: Option<Endpoint>,
    /// An OpenTelemetry collector: metrics over HTTP
    #[schemars(rename = "OTLP")]
    otlp: Option<Endpoint>,
    /// InfluxDB: lines
    #[schemars(rename = "InfluxDB")]
    influxdb: Option<InfluxDb>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Splunk {
    /// The collector's URL, such as `https://splunk.example.com:8088`
    url: Option<Text>,
    /// The collector's host, instead of `url`
    host: Option<Text>,
    /// The collector's port, with `host`; 8088 by default
    port: Option<Text>,
    /// The collector's token
    token: Text,
    /// The index of the events
    index: Option<Text>,
    /// The source of the events
    source: Option<Text>,
    /// The source type of the events
    sourcetype: Option<Text>,
    /// Whether the certificate is verified; yes by default
    verify: Option<Truth>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct SignalFx {
    /// The ingest URL, instead of `realm`
    url: Option<Text>,
    /// The realm, such as us1
    realm: Option<Text>,
    /// The access token
    token: Text,
    /// The prefix of each metric's name; `locust.` by default
    prefix: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Aws {
    /// The access key's id
    access_key_id: Option<Text>,
    /// The secret access key
    secret_access_key: Option<Text>,
    /// The session token of temporary credentials
    session_token: Option<Text>,
    /// The region
    region: Option<Text>,
    /// A profile of the AWS configuration
    profile: Option<Text>,
    /// Another name of `access_key_id`
    aws_access_key_id: Option<Text>,
    /// Another name of `secret_access_key`
    aws_secret_access_key: Option<Text>,
    /// Another name of `session_token`
    aws_session_token: Option<Text>,
    /// Another name of `region`
    region_name: Option<Text>,
    /// Another name of `profile`
    profile_name: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Endpoint {
    /// The URL that receives the figures
    url: Text,
    /// A bearer token
    token: Option<Text>,
    /// The user of basic authentication
    username: Option<Text>,
    /// The password of basic authentication
    password: Option<Text>,
    /// Further headers
    headers: Option<BTreeMap<String, Text>>,
    /// The prefix of each metric's name
    prefix: Option<Text>,
    /// Whether the certificate is verified; yes by default
    verify: Option<Truth>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct InfluxDb {
    /// The server's URL
    url: Text,
    /// A token
    token: Option<Text>,
    /// The user of basic authentication
    username: Option<Text>,
    /// The password of basic authentication
    password: Option<Text>,
    /// Further headers
    headers: Option<BTreeMap<String, Text>>,
    /// The prefix of each measurement's name
    prefix: Option<Text>,
    /// Whether the certificate is verified; yes by default
    verify: Option<Truth>,
    /// The organization (InfluxDB 2)
    org: Option<Text>,
    /// The bucket (InfluxDB 2)
    bucket: Option<Text>,
    /// The database (InfluxDB 1)
    database: Option<Text>,
}
