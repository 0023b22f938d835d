//! Sends one request to a sink, and classifies its result.

use std::time::Duration;

use http::header::RETRY_AFTER;
use ltc_engine::Secrets;
use reqwest::redirect::Policy;

use super::{Message, Sink};

/// The most bytes of an answer that are read. A longer answer has no useful content.
const ANSWER: usize = 64 * 1024;

/// The result of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PostResult {
    /// The sink accepted it. Holds its answer.
    Taken(Vec<u8>),
    /// It can be tried again. Holds the reason, and the earliest time if the sink sets one.
    Later(String, Option<Duration>),
    /// No connection could be made, so it can be tried again: an unknown host, a closed port, a certificate that isn't trusted.
    Unreached(String),
    /// The sink refuses it, and would refuse it again.
    Never(String),
}

/// Sends a sink's messages.
#[derive(Debug)]
pub(super) struct SinkClient {
    client: reqwest::Client,
    secrets: Secrets,
}

impl SinkClient {
    pub(super) fn new(sink: &Sink, timeout: Duration) -> Result<Self, String> {
        // Another part of the process may already have installed a provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("ltc/", env!("CARGO_PKG_VERSION")))
            .default_headers(sink.headers.clone())
            // Credentials go only to the configured sink, so redirects aren't followed.
            .redirect(Policy::none())
            .referer(false)
            .timeout(timeout)
            .tls_danger_accept_invalid_certs(!sink.verify)
            .build();
        client
            .map(|client| Self { client, secrets: Secrets::new(secrets(&sink.headers)) })
            .map_err(|error| format!("no HTTP client: {}", chain(&error)))
    }

    /// Sends a message. The text of a failure contains none of the sink's secrets, even if its answer repeats them.
    pub(super) async fn post(&self, message: &Message) -> PostResult {
        match self.attempt(message).await {
            PostResult::Later(why, after) => PostResult::Later(self.secrets.mask(&why), after),
            PostResult::Unreached(why) => PostResult::Unreached(self.secrets.mask(&why)),
            PostResult::Never(why) => PostResult::Never(self.secrets.mask(&why)),
            taken @ PostResult::Taken(_) => taken,
        }
    }

    async fn attempt(&self, message: &Message) -> PostResult {
        let mut response = match self.client.post(&message.url).body(message.body.clone()).send().await {
            Ok(response) => response,
            Err(error) => {
                let error = error.without_url();
                return match chain(&error) {
                    why if error.is_builder() => PostResult::Never(why),
                    why if error.is_connect() => PostResult::Unreached(why),
                    why => PostResult::Later(why, None),
                };
            }
        };
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
        let mut answer = Vec::new();
        while answer.len() < ANSWER {
            match response.chunk().await {
                Ok(Some(chunk)) => answer.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) if status.is_success() => break,
                Err(error) => return PostResult::Later(chain(&error.without_url()), None),
            }
        }
        answer.truncate(ANSWER);
        if status.is_success() {
            return PostResult::Taken(answer);
        }
        let why = format!("it answered {}{}", status.as_u16(), excerpt(&answer));
        if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) {
            PostResult::Later(why, after)
        } else {
            PostResult::Never(why)
        }
    }
}

/// The values of the secret headers, and the part of each after its scheme.
fn secrets(headers: &http::HeaderMap) -> Vec<String> {
    let values = headers.values().filter(|value| value.is_sensitive()).filter_map(|value| value.to_str().ok());
    let mut all: Vec<String> =
        values.flat_map(|value| [value, value.split_once(' ').map_or("", |(_, rest)| rest)]).map(str::to_owned).collect();
    all.retain(|secret| !secret.is_empty());
    all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    all
}

/// The beginning of an answer, on one line.
fn excerpt(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(160).collect();
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        // Some errors repeat their cause.
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}
