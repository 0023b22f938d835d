//! Configuration files with any content: no reader panics, and every error has a location within the file.

#![no_main]

use ltc_config::environment::{EnvValue, Source};
use ltc_config::{ConfigError, Credentials, Environment, Profile, Registry};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source { text, file: "x.yml" };
    let wrong = [
        EnvValue::parse(source).err(),
        Environment::parse("x", source, Some(source)).err(),
        Profile::parse(text, "x.yml").err(),
        Registry::parse(text, "x.yml").err(),
        Credentials::parse(text, "x.yml", &|_| None).err(),
    ];
    for error in wrong.into_iter().flatten().flatten() {
        check(text, &error);
    }
});

fn check(text: &str, error: &ConfigError) {
    let location = &error.location;
    assert!(!error.message.is_empty());
    assert!(location.offset + location.len <= text.len(), "{error:?}");
    assert!(text.is_char_boundary(location.offset) && text.is_char_boundary(location.offset + location.len), "{error:?}");
}
