//! URLs: a base, and a reference relative to it. ltc resolves it like the crate `url`, and the parts that a step appends can be sent.

#![no_main]

use ltc_engine::http::Target;
use url::Url;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (base, reference) = text.split_once('\n').unwrap_or(("http://a.test/b/c?d", text));
    let Ok(target) = Target::parse(base) else { return };
    let theirs = Url::parse(&target.to_string()).unwrap_or_else(|why| panic!("{why}: {target}"));
    assert_eq!(shown(&theirs), target.to_string(), "a target changes when it is parsed again");

    match (target.join(reference, ""), theirs.join(reference)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours.to_string(), shown(&theirs), "{base} and {reference}"),
        (Ok(ours), Err(why)) => assert_eq!(why, url::ParseError::EmptyHost, "{ours} of {base} and {reference}"),
        (Err(why), Ok(theirs)) => assert!(!matches!(theirs.scheme(), "http" | "https"), "{}, but {theirs}", why.0),
        (Err(_), Err(_)) => {}
    }
    if let Ok(step) = target.append(reference, "") {
        let sent = step.path_and_query();
        assert!(sent.starts_with('/') && sent.bytes().all(|byte| byte.is_ascii_graphic()), "{sent:?} of {reference:?}");
        assert!(step.same_origin(&target), "{step} of {target}");
    }
});

/// The URL without the parts that no request contains.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    // These fail if a URL can have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
