//! The environment's settings of how hosts are reached, from a project's files to the emitted program.

use std::fs;

use crate::pipeline::{self, Checked, Target};

fn check(base: &str, environment: &str) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let spec = format!(
        "api backend {{ base {base}; healthcheck none }}\nlet place = env.site.url\nsequence S {{ step \"A\" {{ backend GET /; expect 200 }} }}\nuser U {{ run S; wait 1s }}\n"
    );
    for (path, text) in [("specs/t.lt", spec.as_str()), ("config/local.yml", environment)] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let spec = folder.path().join("specs/t.lt");
    pipeline::check(&Target { root: folder.path().into(), spec, env: Some("local".into()), ..Target::default() }).unwrap()
}

fn errors(base: &str, environment: &str) -> Vec<String> {
    check(base, environment).config.iter().map(ToString::to_string).collect()
}

/// The sections in the emitted program.
fn sections(base: &str, environment: &str) -> String {
    let main = check(base, environment).emit().unwrap().main;
    let at = main.find("sections:").unwrap();
    main[at..].split(']').next().unwrap().split_whitespace().collect()
}

#[test]
fn base_selects_the_section_of_its_host() {
    let environment = "url: https://c\nport: 1\nsite: {url: \"https://a\", path: /x}\nhosts: {eu: {url: \"https://b\"}}\n";
    for (base, wanted) in [
        ("env.site.url", r#""site""#),
        ("env.hosts.eu.url", r#""hosts.eu""#),
        ("\"{env.hosts.eu.url}{env.site.path}\"", r#""hosts.eu","site""#),
        ("env.site.url + \"/v1\"", r#""site""#),
        ("env.url", r#""""#),
        ("place", r#""site""#),
        ("\"https://fixed\"", ""),
    ] {
        assert_eq!(sections(base, environment), format!("sections:&[{wanted}"), "{base}");
    }
}

#[test]
fn transport_settings_without_a_url_are_an_error() {
    assert_eq!(errors("env.site.url", "site: {url: \"https://a\", tls: {verify: false}, http2: true}\n"), [""; 0]);
    // One section belongs to another test's api, and the other keys mean nothing to ltc.
    assert_eq!(errors("env.site.url", "site: {url: \"https://a\"}\nledger: {url: \"https://b\", http2: true}\nodd: 1\n"), [""; 0]);
    let found = errors("env.site.url", "site: {url: \"https://a\"}\nbackend: {tls: {verify: false}}\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("config/local.yml:2:") && found[0].contains("`backend.tls`"), "{found:?}");
    assert!(found[0].contains("move it next to the url that an api's base reads: `site.tls`"), "{found:?}");
    let found = errors("\"https://fixed\"", "site: {url: \"https://a\", connect_timeout: 3s}\n");
    assert!(found.len() == 1 && found[0].contains("no api's base reads the environment"), "{found:?}");
    let found = errors("env.site.url", "site: {url: \"https://a\", tls: {verfy: false}}\n");
    assert!(found.len() == 1 && found[0].contains("did you mean"), "{found:?}");
}
