use super::*;

const ALL: &str = include_str!("../../../config/systems_credentials.yml");

fn every(name: &str) -> Option<String> {
    Some(match name {
        "SPLUNK_PORT" => "8089".to_owned(),
        "SPLUNK_VERIFY" => "false".to_owned(),
        name => format!("value-of-{name}"),
    })
}

fn parse(text: &str) -> Result<Credentials, Vec<ConfigError>> {
    Credentials::parse(text, "config/systems_credentials.yml", &every)
}

fn messages(text: &str) -> Vec<String> {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_file_is_read_whole() {
    let credentials = parse(ALL).unwrap();
    let splunk = credentials.splunk().unwrap().unwrap();
    assert_eq!(splunk.token.expose(), "value-of-SPLUNK_TOKEN");
    assert!(splunk.verify);
    let signalfx = credentials.signalfx().unwrap().unwrap();
    assert_eq!(signalfx.prefix, "locust.");
    assert_eq!(credentials.aws().unwrap().unwrap().secret_access_key.as_ref().unwrap().expose(), "value-of-AWS_SECRET_ACCESS_KEY");
    assert!(credentials.prometheus().unwrap().is_some());
    assert!(credentials.otlp().unwrap().is_some());
    assert!(credentials.influxdb().unwrap().unwrap().bucket.is_some());
    assert_eq!(credentials.stats_interval, Some(Duration::from_secs(5)));
    let shown = format!("{credentials:?}");
    for secret in credentials.secrets() {
        assert!(!shown.contains(&format!("\"{secret}\"")), "{secret} is shown in {shown}");
    }
    assert!(shown.contains("***"));
    assert!(credentials.secrets().len() >= 7, "{:?}", credentials.secrets());
}

#[test]
fn a_missing_variable_is_an_error_of_its_section_only() {
    let some = |name: &str| (name != "SPLUNK_TOKEN").then(|| "x".to_owned());
    let text = "Splunk:\n  url: https://s:8088\n  token: ${SPLUNK_TOKEN}\n  verify: ${V}\nSFx: {token: \"${SFX_TOKEN}\", realm: us1}\n";
    let none = Credentials::parse(text, "c.yml", &|_| None).unwrap();
    let errors = none.splunk().unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "c.yml:3:10: Splunk.token needs the environment variable SPLUNK_TOKEN, which is not set (set SPLUNK_TOKEN before the test starts)"
    );
    assert_eq!(errors.len(), 2);
    let credentials = Credentials::parse(&text.replace("${V}", "Yes"), "c.yml", &some).unwrap();
    assert!(credentials.splunk().is_err());
    let signalfx = credentials.signalfx().unwrap().unwrap();
    assert_eq!((signalfx.url.as_str(), signalfx.prefix.as_str()), ("https://ingest.us1.signalfx.com", "locust."));
    assert_eq!(credentials.otlp(), Ok(None));
    assert!(credentials.lacks("OTLP").to_string().contains("c.yml: there is no section OTLP"));
}

#[test]
fn urls_are_made_of_hosts() {
    let url = |text: &str| parse(text).unwrap().splunk().unwrap().unwrap().url.clone();
    assert_eq!(url("splunk: {host: s.example.com, token: t}"), "https://s.example.com:8088");
    assert_eq!(url("SPLUNK: {host: s, port: \"${SPLUNK_PORT}\", token: t}"), "https://s:8089");
    assert_eq!(url("splunk: {host: \"http://s\", port: 1, token: t}"), "http://s:1");
    let credentials = parse("signalfx: {token: t, url: http://127.0.0.1:1, prefix: ltc.}\n").unwrap();
    let signalfx = credentials.signalfx().unwrap().unwrap();
    assert_eq!((signalfx.url.as_str(), signalfx.prefix.as_str()), ("http://127.0.0.1:1", "ltc."));
}

#[test]
fn endpoints_have_headers() {
    let credentials = parse("otlp: {url: http://o, headers: {x-key: \"${K}\"}, verify: No}\n").unwrap();
    let otlp = credentials.otlp().unwrap().unwrap();
    assert_eq!(otlp.headers["x-key"].expose(), "value-of-K");
    assert!(!otlp.verify);
}

#[test]
fn every_error() {
    let all = messages(
        "Splnk: {}\nSplunk: {tokn: x}\nSFx: {}\nAWS: {access_key_id: a}\nOTLP: {verify: perhaps}\nInfluxDB: {url: u}\nPrometheus: 3\nstats_interval: 5x\n",
    );
    for part in [
        "1:1: unknown key \"Splnk\" (did you mean \"Splunk\"?)",
        "unknown key \"tokn\" in Splunk (did you mean \"token\"?)",
        "Splunk has no url",
        "Splunk has no token (add token: ${SPLUNK_TOKEN})",
        "SFx has no token",
        "AWS has access_key_id, but no secret_access_key",
        "verify: \"perhaps\" is neither true nor false",
        "OTLP has no url",
        "InfluxDB has neither bucket nor database",
        "Prometheus must be a map",
        "stats_interval: \"5x\" is no duration",
    ] {
        assert!(all.iter().any(|message| message.contains(part)), "{part}: {all:#?}");
    }
    assert!(messages("Splunk: {url: u, token: ${X}\n").len() == 1);
    assert!(messages("Splunk: {url: u, token: \"${X\"}\n")[0].contains("not closed"));
}

#[test]
fn no_file_is_no_credentials() {
    let credentials = Credentials::load(Path::new("/nowhere/c.yml"), &every).unwrap();
    assert_eq!(credentials.splunk(), Ok(None));
    assert!(credentials.secrets().is_empty());
}
