//! Reads each section of the credentials file: its keys, their types, and which of them are required.

use indexmap::IndexMap;

use super::{Aws, ENDPOINT_KEYS, Endpoint, InfluxDb, Secret, SignalFx, Splunk};
use crate::reader::Section;

fn secret(section: Section<'_>, key: &str) -> Option<Secret> {
    section.text(key).map(Secret)
}

fn required<T>(section: Section<'_>, key: &str, value: Option<T>, help: &str) -> Option<T> {
    if value.is_none() && !section.has(key) {
        section.error(key, format!("missing {key} of {}", section.path), help);
    }
    value
}

pub(super) fn splunk(section: Section<'_>) -> Option<Splunk> {
    let section = section.known(&["url", "host", "port", "token", "index", "source", "sourcetype", "verify"]);
    let port = section.whole("port", 1, 65_535);
    let url = section.text("url").or_else(|| {
        let host = section.text("host")?;
        Some(if host.contains("://") {
            format!("{host}:{}", port.unwrap_or(8088))
        } else {
            format!("https://{host}:{}", port.unwrap_or(8088))
        })
    });
    let url = required(section, "url", url, "add url: https://splunk.example.com:8088, or host and port");
    let token = required(section, "token", secret(section, "token"), "add token: ${SPLUNK_TOKEN}");
    let verify = section.bool("verify").unwrap_or(true);
    Some(Splunk {
        url: url?,
        token: token?,
        index: section.text("index"),
        source: section.text("source"),
        sourcetype: section.text("sourcetype"),
        verify,
    })
}

pub(super) fn signalfx(section: Section<'_>) -> Option<SignalFx> {
    let section = section.known(&["url", "realm", "token", "prefix"]);
    let token = required(section, "token", secret(section, "token"), "add token: ${SFX_TOKEN}");
    let realm = section.text("realm");
    let url = section.text("url").unwrap_or_else(|| match realm {
        Some(realm) => format!("https://ingest.{realm}.signalfx.com"),
        None => "https://ingest.signalfx.com".to_owned(),
    });
    Some(SignalFx { url, token: token?, prefix: section.text("prefix").unwrap_or_else(|| "locust.".to_owned()) })
}

/// Keys of `AWS`, each with the name that boto3, and so the Locust framework, has for it.
const AWS_KEYS: [[&str; 2]; 5] = [
    ["access_key_id", "aws_access_key_id"],
    ["secret_access_key", "aws_secret_access_key"],
    ["session_token", "aws_session_token"],
    ["region", "region_name"],
    ["profile", "profile_name"],
];

pub(super) fn aws(section: Section<'_>) -> Option<Aws> {
    let section = section.known(&AWS_KEYS.concat());
    // Looks a key up under ltc's name, then under boto3's. Both at once are an error: it would be unclear which counts.
    let written = |[own, other]: [&'static str; 2]| match (section.has(own), section.has(other)) {
        (true, true) => {
            section.error(
                other,
                format!("unexpected {own} and {other} in {}, expected only one of them", section.path),
                "remove one of them: they are the same key",
            );
            own
        }
        (false, true) => other,
        _ => own,
    };
    let [id, key, token, region, profile] = AWS_KEYS.map(written);
    for (one, other) in [(id, key), (key, id)] {
        if section.has(one) && !section.has(other) {
            section.error(
                one,
                format!("missing {other} of AWS: {one} is set"),
                "add it, or remove both to use the AWS SDK's default credentials",
            );
        }
    }
    Some(Aws {
        access_key_id: secret(section, id),
        secret_access_key: secret(section, key),
        session_token: secret(section, token),
        region: section.text(region),
        profile: section.text(profile),
    })
}

pub(super) fn endpoint(section: Section<'_>) -> Option<Endpoint> {
    let mut headers = IndexMap::new();
    if let Some(inner) = section.section("headers", "headers") {
        for header in inner.entries() {
            headers.extend(inner.text(&header.key).map(|value| (header.key.clone(), Secret(value))));
        }
    }
    let url = required(section, "url", section.text("url"), "add url: http://127.0.0.1:9090/api/v1/write");
    let verify = section.bool("verify").unwrap_or(true);
    Some(Endpoint {
        url: url?,
        token: secret(section, "token"),
        username: section.text("username"),
        password: secret(section, "password"),
        headers,
        prefix: section.text("prefix"),
        verify,
    })
}

pub(super) fn influxdb(section: Section<'_>) -> Option<InfluxDb> {
    let keys: Vec<&str> = ENDPOINT_KEYS.into_iter().chain(["org", "bucket", "database"]).collect();
    let section = section.known(&keys);
    if !section.has("bucket") && !section.has("database") {
        section.error("", format!("missing bucket or database of {}", section.path), "add bucket and org (InfluxDB 2) or database (1)");
    }
    let endpoint = endpoint(section)?;
    Some(InfluxDb { endpoint, org: section.text("org"), bucket: section.text("bucket"), database: section.text("database") })
}
