//! The manifest of a generated crate, and the optimization level of each crate that it is linked with.

/// Nearly every request runs through these crates, so they are fully optimized.
const OPT3_CRATES: &[&str] = &[
    "aho-corasick",
    "bytes",
    "ecow",
    "h2",
    "hashbrown",
    "http",
    "http-body",
    "indexmap",
    "itoa",
    "libdeflate-sys",
    "libdeflater",
    "ltc-engine",
    "memchr",
    "mio",
    "regex",
    "regex-automata",
    "ring",
    "rustls",
    "ryu",
    "simdutf8",
    "slab",
    "tokio",
    "tokio-rustls",
    "untrusted",
];

/// Some requests, or the statistics of an interval, run through these crates. They are optimized a little, since that takes less time.
const OPT1_CRATES: &[&str] = &[
    "adler2",
    "base64",
    "block-buffer",
    "brotli-decompressor",
    "cookie",
    "cookie_store",
    "crc32fast",
    "crypto-common",
    "cssparser",
    "digest",
    "encoding_rs",
    "flate2",
    "form_urlencoded",
    "hex",
    "hmac",
    "html5ever",
    "http-body-util",
    "hyper-util",
    "idna",
    "markup5ever",
    "md-5",
    "miniz_oxide",
    "percent-encoding",
    "prost",
    "rustls-pki-types",
    "rustls-webpki",
    "scraper",
    "selectors",
    "serde",
    "serde_core",
    "serde_json",
    "serde_json_path",
    "serde_json_path_core",
    "sha1",
    "sha2",
    "simd-adler32",
    "smallvec",
    "string_cache",
    "subtle",
    "tendril",
    "tokio-util",
    "url",
    "utf8_iter",
];

/// All other crates of the engine. The code of them that requests run is mostly compiled into the calling crate (generic functions, macros,
/// constants). A new dependency belongs in one of the three lists; `bench -- instructions` shows in which.
#[cfg(test)]
const UNOPTIMISED_CRATES: &[&str] = &[
    "alloc-no-stdlib",
    "alloc-stdlib",
    "arraydeque",
    "atomic-waker",
    "bitflags",
    "cfg-if",
    "cmov",
    "const-oid",
    "cpufeatures",
    "ctutils",
    "deranged",
    "derive_more",
    "dtoa",
    "dtoa-short",
    "ego-tree",
    "equivalent",
    "errno",
    "fearless_simd",
    "fnv",
    "foldhash",
    "futures-channel",
    "futures-core",
    "futures-sink",
    "getrandom",
    "hybrid-array",
    "hyper",
    "icu_collections",
    "icu_locale_core",
    "icu_normalizer",
    "icu_normalizer_data",
    "icu_properties",
    "icu_properties_data",
    "icu_provider",
    "idna_adapter",
    "inventory",
    "ipnet",
    "jiff",
    "jiff-core",
    "libc",
    "linux-raw-sys",
    "litemap",
    "lock_api",
    "log",
    "ltc-config",
    "minimal-lexical",
    "new_debug_unreachable",
    "nom",
    "num-conv",
    "object",
    "once_cell",
    "openssl-probe",
    "parking_lot",
    "parking_lot_core",
    "phf",
    "phf_shared",
    "pin-project-lite",
    "potential_utf",
    "powerfmt",
    "precomputed-hash",
    "regex-syntax",
    "rustc-hash",
    "rustix",
    "rustls-native-certs",
    "saphyr-parser",
    "scopeguard",
    "serde_json_path_macros",
    "servo_arc",
    "signal-hook-registry",
    "siphasher",
    "socket2",
    "stable_deref_trait",
    "strsim",
    "thiserror",
    "time",
    "time-core",
    "tinystr",
    "tower-service",
    "tracing",
    "tracing-core",
    "try-lock",
    "typenum",
    "utf_types",
    "uuid",
    "want",
    "web_atoms",
    "webpki-roots",
    "writeable",
    "yoke",
    "zerofrom",
    "zeroize",
    "zerotrie",
    "zerovec",
    "zmij",
];

/// The optimization levels decide how long the first build takes. AWS's crates, the command line, tables and screens are used once per test
/// or once per interval: optimizing AWS's largest crate alone would take 115 s of CPU instead of 40. Each crate has few codegen units,
/// because each unit compiles the code that it inlines again, and cargo keeps all cores busy with crates.
///
/// `workspace` is what the runtime's crates inherit from. Name and manifest of a crate depend on nothing but the spec's name, so that the binary
/// does not depend on where the spec is.
pub(super) fn manifest(name: &str, workspace: &str) -> String {
    let level = |names: &[&str], level: u8| -> String {
        let section = |name| format!("\n[profile.release.package.{name}]\nopt-level = {level}\ncodegen-units = 1\n");
        names.iter().map(section).collect()
    };
    let (hot, warm) = (level(OPT3_CRATES, 3), level(OPT1_CRATES, 1));
    format!(
        "# Made by `ltc build`; do not edit.
{workspace}
[package]
name = \"{name}\"
version = \"0.0.0\"
edition = \"2024\"
publish = false

[dependencies]
ltc-runtime = {{ path = \"runtime\" }}

[profile.release]
opt-level = 0
strip = true
debug = false
codegen-units = 2

[profile.release.build-override]
codegen-units = 1
{hot}{warm}
[profile.lto]
inherits = \"release\"
opt-level = 3
lto = \"thin\"
codegen-units = 1

[profile.pie]
inherits = \"release\"

[profile.lto-pie]
inherits = \"lto\"
"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::process::Command;

    use super::*;

    /// The crates that the engine is linked with on this machine, without macros, which run in the compiler.
    fn dependencies_of_the_engine() -> BTreeSet<String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["tree", "--offline", "--locked", "--package", "ltc-engine"]);
        let output = cargo.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn every_crate_of_the_engine_has_an_optimization_level() {
        let linked = dependencies_of_the_engine();
        let lists = [OPT3_CRATES, OPT1_CRATES, UNOPTIMISED_CRATES];
        let listed: Vec<&str> = lists.concat();
        let missing: Vec<&String> = linked.iter().filter(|name| !listed.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?} are in none of the lists: measure with `bench -- instructions` which is right");
        // `prost` belongs to the runtime: listeners and frames use it once per interval.
        let stale: Vec<&&str> = listed.iter().filter(|name| !linked.contains(**name) && **name != "prost").collect();
        assert!(stale.is_empty(), "{stale:?} are no dependencies of the engine");
        let once: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(once.len(), listed.len(), "a crate is listed twice");
    }

    #[test]
    fn manifest_is_toml_whose_profiles_inherit() {
        let text = manifest("x", "[workspace]\n");
        for line in [
            "[workspace]\n\n[package]\nname = \"x\"\n",
            "[profile.release.package.ltc-engine]\nopt-level = 3",
            "[profile.lto-pie]\ninherits = \"lto\"",
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
    }
}
