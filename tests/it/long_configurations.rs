//! Long configuration files: the time to check a spec with them grows in proportion to their length, whatever they contain.

use crate::long_texts::{FACTOR, FACTOR_MAX, NOISE_S, bytes, processor_seconds};
use crate::project::Project;

/// The length of the shorter file of each pair.
const BYTES: usize = 60_000;

/// The environment that each kind begins with.
const SHOP: &str = "shop: { url: 'http://127.0.0.1:9' }\n";

const SPEC: &str = "api shop { base env.shop.url; healthcheck none }\nuser U { run S }\nsequence S { step \"A\" { shop GET / } }\n";

/// Kinds of environments: their name, and a line that is repeated, with numbers in place of `§`.
const ENVIRONMENTS: &[(&str, &str)] = &[
    ("keys", "key§: value\n"),
    ("equal keys", "key: value\n"),
    ("documents", "---\n"),
    ("documents with a key", "---\nkey: value\n"),
    ("lists as keys", "? [a, b]\n: value\n"),
    ("anchors", "key§: &a§ value\n"),
    ("variables", "key§: ${VARIABLE_§}\n"),
    ("literal secrets", "token§: aGVsbG8gd29ybGQgaGVsbG8§\n"),
    ("merges of a scalar", "<<: 3\n"),
];

/// Kinds of profiles.
const PROFILES: &[(&str, &str, &str)] = &[
    ("unknown keys", "profile:\n  runner:\n", "    clientz§: 1\n"),
    ("unknown sections", "", "profil§: { runner: { clients: 1 } }\n"),
    ("thresholds", "profile:\n  runner: { clients: 1, duration: 1s }\n  thresholds:\n", "    - \"p95(A§) < 200ms\"\n"),
];

/// The time to check a spec with these files.
fn seconds(environment: &str, profile: &str) -> f64 {
    let project = Project::new().spec("x", SPEC).env(environment).file("specs/x.profile.yml", profile);
    let begun = processor_seconds();
    let found = project.check("x").is_ok();
    let took = processor_seconds() - begun;
    assert!(found, "no spec");
    took
}

/// A line that is repeated up to a length.
fn repeated(line: &str, bytes: usize) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&line.replace('§', &number.to_string()));
    }
    text
}

#[test]
fn long_configurations_take_linear_time() {
    let profile = "test_header: { env: here }\nprofile:\n  runner: { clients: 1, duration: 1s }\n";
    let bytes = bytes(BYTES);
    let mut slow = Vec::new();
    let mut compare = |name: &str, seconds: &dyn Fn(usize) -> f64| {
        let (short, long) = (seconds(bytes), seconds(bytes * FACTOR));
        println!("{name}: {short:.2} s, {long:.2} s");
        if long > short * FACTOR_MAX + NOISE_S {
            slow.push(format!("{name}: {short:.2} s for {bytes} bytes, {long:.2} s for {FACTOR} times as many"));
        }
    };
    for (name, line) in ENVIRONMENTS {
        compare(name, &|bytes| seconds(&format!("{SHOP}{}", repeated(line, bytes)), profile));
    }
    for (name, head, line) in PROFILES {
        compare(name, &|bytes| seconds(SHOP, &format!("test_header: {{ env: here }}\n{head}{}", repeated(line, bytes))));
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
