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
    // The key that the example shows in a comment.
    let text = ALL.replace("# stats_interval: ", "stats_interval: ");
    assert_ne!(text, ALL);
    let credentials = parse(&text).unwrap();
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
        "c.yml:3:10: Splunk.token needs the environment variable SPLUNK_TOKEN, which is not set (set SPLUNK_TOKEN, or write a default: ${SPLUNK_TOKEN:-…})"
    );
    assert_eq!(errors.len(), 2);
    let credentials = Credentials::parse(&text.replace("${V}", "Yes"), "c.yml", &some).unwrap();
    assert!(credentials.splunk().is_err());
    let signalfx = credentials.signalfx().unwrap().unwrap();
    assert_eq!((signalfx.url.as_str(), signalfx.prefix.as_str()), ("https://ingest.us1.signalfx.com", "locust."));
    assert_eq!(credentials.otlp(), Ok(None));
    assert!(credentials.lacks("OTLP").to_string().contains("c.yml: missing section OTLP"));
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
fn headers_of_an_endpoint_are_read() {
    let credentials = parse("otlp: {url: http://o, headers: {x-key: \"${K}\"}, verify: No}\n").unwrap();
    let otlp = credentials.otlp().unwrap().unwrap();
    assert_eq!(otlp.headers["x-key"].expose(), "value-of-K");
    assert!(!otlp.verify);
}

#[test]
fn every_error_of_a_credentials_file_has_a_location_and_a_fix() {
    let all = messages(
        "Splnk: {}\nSplunk: {tokn: x}\nSFx: {}\nAWS: {access_key_id: a}\nOTLP: {verify: perhaps}\nInfluxDB: {url: u}\nPrometheus: 3\nstats_interval: 5x\n",
    );
    for part in [
        "1:1: unknown key \"Splnk\" (did you mean `Splunk`?)",
        "unknown key \"tokn\" in Splunk (did you mean `token`?)",
        "missing url of Splunk",
        "missing token of Splunk (add token: ${SPLUNK_TOKEN})",
        "missing token of SFx",
        "missing secret_access_key of AWS: access_key_id is set",
        "verify: unexpected \"perhaps\", expected true or false",
        "missing url of OTLP",
        "missing bucket or database of InfluxDB",
        "Prometheus must be a map",
        "stats_interval: invalid duration \"5x\"",
    ] {
        assert!(all.iter().any(|message| message.contains(part)), "{part}: {all:#?}");
    }
    assert!(messages("Splunk: {url: u, token: ${X}\n").len() == 1);
    assert!(messages("Splunk: {url: u, token: \"${X\"}\n")[0].contains("not closed"));
}

#[test]
fn missing_file_means_no_credentials() {
    let credentials = Credentials::load(Path::new("/nowhere"), &every).unwrap();
    assert_eq!(credentials.splunk(), Ok(None));
    assert!(credentials.secrets().is_empty());
}

#[test]
fn either_spelling_of_the_file_is_read_and_both_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, token: &str| std::fs::write(folder.path().join(name), format!("SFx: {{token: {token}}}\n")).unwrap();
    let token = || Credentials::load(folder.path(), &every).map(|found| found.signalfx().unwrap().unwrap().token.expose().to_owned());
    write("system_credentials.yml", "old");
    assert_eq!(token().unwrap(), "old");
    write("systems_credentials.yml", "new");
    let errors = token().unwrap_err();
    let message = errors[0].to_string();
    assert!(
        message.contains("both ") && message.contains("/systems_credentials.yml and ") && message.contains("/system_credentials.yml exist"),
        "{message}"
    );
    std::fs::remove_file(folder.path().join("system_credentials.yml")).unwrap();
    assert_eq!(token().unwrap(), "new");
}

#[test]
fn keys_of_aws_have_the_names_of_boto3_too() {
    let credentials = parse(
        "AWS:\n  aws_access_key_id: ${ID}\n  aws_secret_access_key: ${KEY}\n  aws_session_token: t\n  region_name: eu-north-1\n  profile_name: load\n",
    )
    .unwrap();
    let aws = credentials.aws().unwrap().unwrap();
    let exposed = |secret: &Option<Secret>| secret.as_ref().unwrap().expose().to_owned();
    assert_eq!(
        (exposed(&aws.access_key_id), exposed(&aws.secret_access_key), exposed(&aws.session_token)),
        ("value-of-ID".to_owned(), "value-of-KEY".to_owned(), "t".to_owned())
    );
    assert_eq!((aws.region.as_deref(), aws.profile.as_deref()), (Some("eu-north-1"), Some("load")));
    assert!(credentials.secrets().contains(&"value-of-KEY".to_owned()), "they are masked like all others");
    assert!(messages("AWS: {aws_access_key_id: a}")[0].contains("missing secret_access_key of AWS: aws_access_key_id is set"));
    let both = messages("AWS: {access_key_id: a, aws_access_key_id: a, secret_access_key: b}");
    assert!(both[0].contains("unexpected access_key_id and aws_access_key_id in AWS, expected only one of them"), "{both:?}");
}

#[test]
fn secrets_of_stores_are_fetched_for_the_sections_of_listeners_only() {
    struct Store;
    impl SecretStore for Store {
        fn fetch(&self, reference: &SecretReference) -> Result<String, SecretError> {
            Ok(format!("value-of-{}", reference.id))
        }
    }
    let text = "Splunk: {url: \"https://s:8088\", token: \"${ssm:/splunk}\"}\nSFx: {realm: us1, token: \"${ssm:/sfx}\"}\nAWS: {profile: \"${ssm:/aws}\"}\n";
    let of = |listener| -> &'static dyn SecretStore { if listener == Listener::Splunk { &Store } else { &NoStore } };
    let credentials = Credentials::parse_with(text, "c.yml", &|_| None, &of).unwrap();
    assert_eq!(credentials.splunk().unwrap().unwrap().token.expose(), "value-of-/splunk");
    assert_eq!(credentials.secrets(), ["value-of-/splunk"]);
    let why = |errors: Vec<ConfigError>| errors[0].to_string();
    assert!(why(credentials.signalfx().unwrap_err()).contains("SFx.token needs the parameter /sfx"));
    assert!(why(credentials.aws().unwrap_err()).ends_with("this section cannot read stores (write ${VARIABLE})"));
}
