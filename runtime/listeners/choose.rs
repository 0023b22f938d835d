//! Prepares the listeners that a profile names, with the credentials they need.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use ltc_config::credentials::{Credentials, Endpoint};
use ltc_config::profile::Listener;
use url::Url;

use super::influxdb::InfluxDb;
use super::otlp::Otlp;
use super::prometheus::Prometheus;
use super::signalfx::SignalFx;
use super::splunk::Splunk;
use super::{Format, Listeners, Sink};

impl Listeners {
    /// Prepares the listeners.
    ///
    /// # Errors
    /// Everything that is missing in their sections of the credentials, one line each.
    pub(crate) fn new(listeners: &[Listener], credentials: &Credentials) -> Result<Self, Vec<String>> {
        let mut chosen = Self::default();
        let mut wrong = Vec::new();
        for &listener in listeners {
            match sink(listener, credentials) {
                Ok(Some(sink)) => chosen.sinks.push(sink),
                Ok(None) => chosen.debug = true,
                Err(errors) => wrong.extend(errors),
            }
        }
        if wrong.is_empty() { Ok(chosen) } else { Err(wrong) }
    }
}

/// The listener's sink; `None` for `Debug`, which has no sink.
fn sink(listener: Listener, credentials: &Credentials) -> Result<Option<Sink>, Vec<String>> {
    let texts = |errors: Vec<ltc_config::ConfigError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
    let one = |why: String| vec![why];
    let lacks = |section: &str| vec![credentials.lacks(section).to_string()];
    let name = listener.name();
    let sink = match listener {
        Listener::Debug => return Ok(None),
        Listener::SignalFx => {
            let section = credentials.signalfx().map_err(texts)?.ok_or_else(|| lacks("SFx"))?;
            let mut headers = json();
            secret(&mut headers, HeaderName::from_static("x-sf-token"), section.token.expose(), name).map_err(one)?;
            let base = base(&section.url, name).map_err(one)?;
            Sink { name, format: Box::new(SignalFx::new(&base, &section.prefix)), headers, verify: true }
        }
        Listener::Splunk => {
            let section = credentials.splunk().map_err(texts)?.ok_or_else(|| lacks(name))?;
            let mut headers = json();
            secret(&mut headers, AUTHORIZATION, &format!("Splunk {}", section.token.expose()), name).map_err(one)?;
            let base = base(&section.url, name).map_err(one)?;
            Sink { name, format: Box::new(Splunk::new(&base, section)), headers, verify: section.verify }
        }
        Listener::Prometheus => {
            let section = credentials.prometheus().map_err(texts)?.ok_or_else(|| lacks(name))?;
            let mut headers = Prometheus::headers();
            authorize(&mut headers, section, "Bearer", name).map_err(one)?;
            let format = Prometheus::new(&base(&section.url, name).map_err(one)?, section.prefix.as_deref());
            endpoint(name, format, headers, section)
        }
        Listener::Otlp => {
            let section = credentials.otlp().map_err(texts)?.ok_or_else(|| lacks(name))?;
            let mut headers = json();
            authorize(&mut headers, section, "Bearer", name).map_err(one)?;
            endpoint(name, Otlp::new(&base(&section.url, name).map_err(one)?, section.prefix.as_deref()), headers, section)
        }
        Listener::InfluxDb => {
            let section = credentials.influxdb().map_err(texts)?.ok_or_else(|| lacks(name))?;
            let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))]);
            authorize(&mut headers, &section.endpoint, "Token", name).map_err(one)?;
            let format = InfluxDb::new(&base(&section.endpoint.url, name).map_err(one)?, section);
            endpoint(name, format, headers, &section.endpoint)
        }
    };
    Ok(Some(sink))
}

fn endpoint(name: &'static str, format: impl Format + 'static, headers: HeaderMap, section: &Endpoint) -> Sink {
    Sink { name, format: Box::new(format), headers, verify: section.verify }
}

fn json() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// Parses the URL. The error doesn't show it, because it may contain a password.
fn base(url: &str, name: &str) -> Result<Url, String> {
    let parsed = Url::parse(url).map_err(|error| format!("{name}: its url is none: {error}"))?;
    match parsed.scheme() {
        "http" | "https" if parsed.has_host() => Ok(parsed),
        _ => Err(format!("{name}: its url must begin with http:// or https://")),
    }
}

fn secret(headers: &mut HeaderMap, header: HeaderName, value: &str, name: &str) -> Result<(), String> {
    let mut value = HeaderValue::from_str(value).map_err(|_| format!("{name}: its {header} has characters that no header may have"))?;
    value.set_sensitive(true);
    headers.insert(header, value);
    Ok(())
}

/// Adds the headers of the section: its own, and those for its token, or for its name and password.
fn authorize(headers: &mut HeaderMap, section: &Endpoint, scheme: &str, name: &str) -> Result<(), String> {
    use base64::Engine as _;
    if let Some(token) = section.token.as_ref().filter(|token| !token.expose().is_empty()) {
        secret(headers, AUTHORIZATION, &format!("{scheme} {}", token.expose()), name)?;
    } else if let Some(user) = section.username.as_deref().filter(|user| !user.is_empty()) {
        let password = section.password.as_ref().map_or("", |password| password.expose());
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        secret(headers, AUTHORIZATION, &format!("Basic {pair}"), name)?;
    }
    for (key, value) in section.headers.iter().filter(|(_, value)| !value.expose().is_empty()) {
        let key = HeaderName::try_from(key.as_str()).map_err(|_| format!("{name}: {key:?} is not the name of a header"))?;
        secret(headers, key, value.expose(), name)?;
    }
    Ok(())
}

/// Appends the path to the URL, unless the URL already ends with it. The base's own path stays before it.
pub(super) fn with_path(base: &Url, path: &str) -> String {
    let mut url = base.clone();
    let own = base.path().trim_end_matches('/').to_owned();
    if !own.ends_with(path) {
        url.set_path(&format!("{own}{path}"));
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(text: &str) -> Credentials {
        Credentials::parse(text, "c.yml", &|_| None).unwrap()
    }

    #[test]
    fn missing_credentials_are_reported_at_once_and_show_no_secret() {
        let all = [Listener::Splunk, Listener::SignalFx, Listener::Otlp, Listener::Prometheus, Listener::InfluxDb, Listener::Debug];
        let text = "Splunk: {url: 'https://s', token: \"se cret\\u0001\"}\nSFx: {token: '${T}'}\nOTLP: {url: 'ftp://hidden:word@o'}\n";
        let wrong = Listeners::new(&all, &credentials(text)).map(|_| ()).unwrap_err().join("\n");
        for part in [
            "Splunk: its authorization",
            "environment variable T",
            "OTLP: its url must begin",
            "missing section Prometheus",
            "missing section InfluxDB",
        ] {
            assert!(wrong.contains(part), "{part} is not in {wrong}");
        }
        assert!(!wrong.contains("cret") && !wrong.contains("hidden"), "{wrong}");
        assert!(Listeners::new(&[], &credentials("")).unwrap().is_empty());
        assert!(Listeners::new(&[Listener::Debug], &credentials("")).unwrap().print());
    }

    #[test]
    fn paths_are_appended_once() {
        let with = |url: &str| with_path(&Url::parse(url).unwrap(), "/v1/metrics");
        assert_eq!(with("http://o:4318"), "http://o:4318/v1/metrics");
        assert_eq!(with("http://o:4318/"), "http://o:4318/v1/metrics");
        assert_eq!(with("http://o/otlp/"), "http://o/otlp/v1/metrics");
        assert_eq!(with("http://o/v1/metrics?x=1"), "http://o/v1/metrics?x=1");
    }

    #[test]
    fn secrets_are_marked_and_not_shown() {
        let text = "OTLP: {url: 'http://o', username: u, password: pass-word, headers: {x-api-key: key-key, x-none: ''}}\n";
        let chosen = Listeners::new(&[Listener::Otlp], &credentials(text)).unwrap();
        let headers = &chosen.sinks[0].headers;
        assert_eq!(headers["authorization"], "Basic dTpwYXNzLXdvcmQ=");
        assert_eq!(headers["x-api-key"], "key-key");
        assert!(!headers.contains_key("x-none"));
        let shown = format!("{headers:?}");
        assert!(!shown.contains("key-key") && !shown.contains("dTpw"), "{shown}");
    }
}
