use super::*;
use crate::secret_reference::{NotFetched, SecretError, SecretReference, SecretStore};

const COMMON: Source<'_> = Source {
    text: "auto_system: {name: bot, token: \"${TOKEN}\"}\nlimits:\n  ids: [1, 2, 3]\n  deep: {a: 1, b: 2}\ncountry: NO\n",
    file: "config/common.yml",
};
const CS1: Source<'_> = Source {
    text: "tpdata:\n  url: http://127.0.0.1:8137\n  key: Bearer ${KEY:-demo-key}\nlimits:\n  ids: [9]\n  deep: {b: 3}\n",
    file: "config/cs1.yml",
};

fn cs1() -> Environment {
    Environment::parse("cs1", CS1, Some(COMMON)).unwrap()
}

#[test]
fn own_values_override_common_ones() {
    let env = cs1();
    assert_eq!(env.get("tpdata.url").unwrap().as_str(), Some("http://127.0.0.1:8137"));
    assert_eq!(env.get("auto_system.name").unwrap().as_str(), Some("bot"));
    assert_eq!(env.get("limits.deep.a").unwrap().data, EnvData::Int(1));
    assert_eq!(env.get("limits.deep.b").unwrap().data, EnvData::Int(3));
    assert_eq!(env.get("limits.ids").unwrap().as_list().unwrap().len(), 1);
    assert_eq!(env.get("limits.ids").unwrap().location.file, "config/cs1.yml");
    assert_eq!(env.get("country").unwrap().as_str(), Some("NO"));
    assert_eq!(env.get("limits").unwrap().kind(), Kind::Object);
    assert_eq!(
        env.keys(),
        [
            "auto_system",
            "auto_system.name",
            "auto_system.token",
            "limits",
            "limits.ids",
            "limits.deep",
            "limits.deep.a",
            "limits.deep.b",
            "country",
            "tpdata",
            "tpdata.url",
            "tpdata.key"
        ]
    );
}

#[test]
fn scalars_have_types() {
    let text = "a: 1\nb: -2.5\nc: true\nd: null\ne: \"1\"\nf: 007\ng: 1e3\nh: 0x1F\ni:\nj: 1.2.3\nk: 99999999999999999999\nl: 2026-01-01\nn: .5\no: yes\n";
    let env = Environment::parse("x", Source { text, file: "x.yml" }, None).unwrap();
    for (key, expected) in [
        ("a", EnvData::Int(1)),
        ("b", EnvData::Float(-2.5)),
        ("c", EnvData::Bool(true)),
        ("d", EnvData::Null),
        ("e", EnvData::String("1".into())),
        ("f", EnvData::String("007".into())),
        ("g", EnvData::Float(1000.0)),
        ("h", EnvData::Int(31)),
        ("i", EnvData::Null),
        ("j", EnvData::String("1.2.3".into())),
        ("k", EnvData::Float(99_999_999_999_999_999_999.0)),
        ("l", EnvData::String("2026-01-01".into())),
        ("n", EnvData::Float(0.5)),
        ("o", EnvData::String("yes".into())),
    ] {
        assert_eq!(env.get(key).map(|value| value.data.clone()), Some(expected), "{key}");
    }
}

#[test]
fn missing_key_suggests_a_near_one() {
    let env = cs1();
    for (path, message, help) in [
        ("tpdata.urk", "missing key \"tpdata.urk\" in env cs1", "did you mean `tpdata.url`?"),
        ("tpdta.url", "missing key \"tpdta\" in env cs1", "did you mean `tpdata`?"),
        ("tpdata.frobnicate", "missing key \"tpdata.frobnicate\" in env cs1", "use one of the keys of tpdata: url, key"),
        ("zzzzzz", "missing key \"zzzzzz\" in env cs1", "use one of its keys: auto_system, limits, country, tpdata"),
    ] {
        let missing = env.require(path).unwrap_err();
        assert_eq!((missing.message.as_str(), missing.help.as_deref()), (message, Some(help)), "{path}");
    }
    assert_eq!(env.require("tpdata.urk").unwrap_err().location.line, 2);
    let missing = env.require("country.code").unwrap_err();
    assert_eq!(missing.message, "\"country\" of env cs1 is a string and has no key \"code\"");
    assert!(Environment::empty("e").require("a").unwrap_err().help.unwrap().contains("config/e.yml"));
}

#[test]
fn variables_stay_unresolved_until_run_time() {
    let env = cs1();
    let token = env.get("auto_system.token").unwrap();
    assert_eq!((token.kind(), token.is_unresolved(), token.secret), (Kind::String, true, true));
    let names: Vec<_> = env.variables().into_iter().map(|(name, default, _)| (name, default)).collect();
    assert_eq!(names, [("TOKEN".to_owned(), false), ("KEY".to_owned(), true)]);

    let resolved = env.resolve(&Reads::everything(), &|name| (name == "TOKEN").then(|| "s3cret".to_owned()), &NotFetched).unwrap();
    assert_eq!(resolved.get("auto_system.token").unwrap().as_str(), Some("s3cret"));
    assert!(resolved.get("auto_system.token").unwrap().secret);
    assert_eq!(resolved.get("tpdata.key").unwrap().as_str(), Some("Bearer demo-key"));
    assert!(!resolved.get("tpdata.key").unwrap().secret);
    assert_eq!(resolved.secrets(), ["s3cret"]);

    let both = env.resolve(&Reads::everything(), &|name| Some(format!("value-of-{name}")), &NotFetched).unwrap();
    assert_eq!(both.secrets(), ["value-of-TOKEN", "value-of-KEY"]);
    assert!(env.resolve(&Reads::everything(), &|_| Some("abc".into()), &NotFetched).unwrap().secrets().is_empty());
    assert!(env.resolve(&Reads::everything(), &|_| Some("https://api.example.com/v1".into()), &NotFetched).unwrap().secrets().is_empty());
    assert_eq!(
        env.resolve(&Reads::everything(), &|_| Some("https://me:pw@example.com".into()), &NotFetched).unwrap().secrets(),
        ["https://me:pw@example.com"]
    );
}

#[test]
fn missing_variable_is_an_error_with_key_and_location() {
    let errors = cs1().resolve(&Reads::everything(), &|_| None, &NotFetched).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].to_string(),
        "config/common.yml:1:33: auto_system.token needs the environment variable TOKEN, which is not set (set TOKEN, or write a default: ${TOKEN:-…})"
    );
}

#[test]
fn invalid_environment_files_are_errors() {
    let parse = |text| Environment::parse("x", Source { text, file: "x.yml" }, None);
    assert!(parse("- a\n").unwrap_err()[0].message.contains("must be a map"));
    assert!(parse("a.b: 1\n").unwrap_err()[0].message.contains("a spec cannot read it"));
    assert!(parse("a: ${X\n").unwrap_err()[0].message.contains("not closed"));
    assert_eq!(parse("a: $${X}\n").unwrap().get("a").unwrap().as_str(), Some("${X}"));
    assert!(parse("").is_ok());
    let both = Environment::parse("x", Source { text: "- a", file: "x.yml" }, Some(Source { text: "- b", file: "c.yml" }));
    assert_eq!(both.unwrap_err().len(), 2);
}

#[test]
fn environment_loads_from_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("cs1.yml"), CS1.text).unwrap();
    assert!(Environment::load(directory.path(), "cs1").unwrap().get("auto_system").is_none());
    std::fs::write(directory.path().join("common.yml"), COMMON.text).unwrap();
    assert!(Environment::load(directory.path(), "cs1").unwrap().get("auto_system").is_some());
    let error = &Environment::load(directory.path(), "cs2").unwrap_err()[0];
    assert!(error.to_string().ends_with("file not found (did you mean `cs1`?)"), "{error}");
}

#[test]
fn environment_survives_serialization() {
    let env = cs1();
    fn carried<T: Serialize + for<'a> Deserialize<'a>>() {}
    carried::<Environment>();
    assert_eq!(env.clone(), env);
}

#[test]
fn the_example_environment_has_what_the_examples_read() {
    let own = Source { text: include_str!("../../../config/cs1.yml"), file: "config/cs1.yml" };
    let common = Source { text: include_str!("../../../config/common.yml"), file: "config/common.yml" };
    let env = Environment::parse("cs1", own, Some(common)).unwrap().resolve(&Reads::everything(), &|_| None, &NotFetched).unwrap();
    for (path, kind) in [
        ("tpdata.url", Kind::String),
        ("auto_system.token", Kind::String),
        ("shop.url", Kind::String),
        ("shop.terms", Kind::List),
        ("shop.bestseller", Kind::String),
        ("notes.url", Kind::String),
        ("graph.url", Kind::String),
        ("graph.token", Kind::String),
        ("ledger.url", Kind::String),
        ("ledger.key", Kind::String),
        ("ledger.otp_secret", Kind::String),
        ("ledger.accounts", Kind::List),
    ] {
        assert_eq!(env.get(path).map(EnvValue::kind), Some(kind), "{path}");
    }
    assert!(env.secrets().is_empty());
}

#[test]
fn a_variable_of_a_key_that_is_not_read_need_not_be_set() {
    let text = "shop: {url: \"${URL}\", token: \"${TOKEN}\"}\nids: [\"${A}\", {x: \"${B}\"}]\n";
    let env = Environment::parse("x", Source { text, file: "config/x.yml" }, None).unwrap();
    let set = |name: &str| (name == "URL").then(|| "http://127.0.0.1".to_owned());
    let resolved = env.resolve(&Reads::of(["shop.url"]), &set, &NotFetched).unwrap();
    assert_eq!(resolved.get("shop.url").unwrap().as_str(), Some("http://127.0.0.1"));
    assert!(resolved.get("shop.token").unwrap().is_unresolved());
    let errors = env.resolve(&Reads::of(["shop", "ids"]), &set, &NotFetched).unwrap_err();
    let messages: Vec<String> = errors.iter().map(|error| error.message.clone()).collect();
    let needs = |path: &str, name: &str| format!("{path} needs the environment variable {name}, which is not set");
    assert_eq!(messages, [needs("shop.token", "TOKEN"), needs("ids[0]", "A"), needs("ids[1].x", "B")]);
}

#[test]
fn keys_that_no_spec_can_read_are_refused() {
    let wrong = |text: &str| EnvValue::parse(Source { text, file: "x.yml" }).unwrap_err()[0].message.clone();
    assert_eq!(wrong("a.b: 1"), "the key \"a.b\" has a dot, so a spec cannot read it");
    assert_eq!(wrong("? \n: 1"), "unexpected empty key, expected a name before `:`");
}

#[test]
fn tags_for_text_turn_the_guessing_of_types_off() {
    let read = |text: &str| EnvValue::parse(Source { text, file: "x.yml" }).unwrap().data;
    assert_eq!(read("! 12"), EnvData::String("12".into()));
    assert_eq!(read("!!str 12"), EnvData::String("12".into()));
    assert_eq!(read("12"), EnvData::Int(12));
}

#[test]
fn secrets_of_stores_that_are_read_are_fetched_and_masked() {
    struct Store;
    impl SecretStore for Store {
        fn fetch(&self, reference: &SecretReference) -> Result<String, SecretError> {
            match reference.member.as_deref() {
                Some("password") => Ok("hunter22".to_owned()),
                _ => Err(SecretError { message: "not found in us-west-2".to_owned(), help: "create it".to_owned() }),
            }
        }
    }
    let text = "shop: {url: http://127.0.0.1, login: \"me:${secretsmanager:shop/login:password}\"}\nother: \"${ssm:/other}\"\n";
    let env = Environment::parse("x", Source { text, file: "config/x.yml" }, None).unwrap();
    assert_eq!(env.get("shop.login").unwrap().kind(), Kind::String);
    let none = |_: &str| None;
    let resolved = env.resolve(&Reads::of(["shop.login"]), &none, &Store).unwrap();
    assert_eq!(resolved.get("shop.login").unwrap().as_str(), Some("me:hunter22"));
    assert_eq!(resolved.secrets(), ["hunter22"]);
    assert!(resolved.get("other").unwrap().is_unresolved(), "nobody reads it");
    let errors = env.resolve(&Reads::everything(), &none, &Store).unwrap_err();
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(messages, ["config/x.yml:2:8: other needs the parameter /other: not found in us-west-2 (create it)"]);
    let references = |reads: &Reads| env.secret_references(reads).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(references(&Reads::of(["other"])), ["${ssm:/other}"]);
    assert_eq!(references(&Reads::everything()), ["${secretsmanager:shop/login:password}", "${ssm:/other}"]);
    // Commands that make no call show the reference.
    let shown = env.resolve(&Reads::of(["other"]), &none, &NotFetched).unwrap();
    assert_eq!(shown.get("other").unwrap().as_str(), Some("${ssm:/other}"));
}
