//! The keys of a profile's sections, and the help for an unknown one: it may belong to another section, or to another tool.

use crate::node::unknown_key_with;
use crate::reader::Section;
use crate::{foreign_words, suggest};

/// The keys of every runner.
pub(super) const LOAD_KEYS: [&str; 12] = [
    "clients",
    "hatch_rate",
    "duration",
    "step_load",
    "step_duration",
    "step_clients",
    "stages",
    "rate",
    "max_clients",
    "arrivals",
    "start",
    "users",
];
pub(super) const TOP: [&str; 2] = ["test_header", "profile"];
pub(super) const HEADER: [&str; 4] = ["name", "description", "env", "location"];
pub(super) const PROFILE: [&str; 6] = ["runner", "test", "logging", "thresholds", "engine", "lambda"];
pub(super) const TEST: [&str; 3] = ["spec", "locustfile", "debug"];
pub(super) const LOGGING: [&str; 5] = ["loglevel", "final_stats", "stats_interval", "listeners", "hyperclient_console_log_level"];
/// The keys of the runner that concern the whole test, beside those of its load.
pub(super) const WHOLE: [&str; 4] = ["graceful_stop", "seed", "threads", "without_orchestrator"];

/// The sections that a key may belong to, the most likely first.
const SECTIONS: [(&str, &[&str]); 6] = [
    ("profile.runner", &LOAD_KEYS),
    ("profile.runner", &WHOLE),
    ("profile", &PROFILE),
    ("test_header", &HEADER),
    ("profile.test", &TEST),
    ("profile.logging", &LOGGING),
];

/// Reports the keys of a section that are not among `keys`.
pub(super) fn known<'a>(section: Section<'a>, keys: &[&str]) -> Section<'a> {
    for entry in section.entries() {
        if !keys.contains(&entry.key.as_str()) {
            section.diagnostics().error(unknown_key_with(&entry.key, &entry.location, section.path, help(&entry.key, keys)));
        }
    }
    section
}

fn help(key: &str, keys: &[&str]) -> String {
    let own = keys.iter().copied();
    let elsewhere = || SECTIONS.iter().find(|(_, keys)| keys.contains(&key)).map(|(path, _)| format!("move it to {path}"));
    let meant_elsewhere = || {
        SECTIONS.iter().find_map(|(path, keys)| Some(format!("write `{}` in {path}", suggest::foreign_name(key, keys.iter().copied())?)))
    };
    let did_you_mean = |found: &str| format!("did you mean `{found}`?");
    suggest::foreign_name(key, own.clone())
        .map(did_you_mean)
        .or_else(elsewhere)
        .or_else(|| foreign_words::key(key).map(str::to_owned))
        .or_else(meant_elsewhere)
        .or_else(|| suggest::nearest(key, own).map(did_you_mean))
        .or_else(|| foreign_words::option_as_key(key).map(str::to_owned))
        .unwrap_or_else(|| format!("use one of the keys: {}", keys.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::Profile;
    use super::{HEADER, LOAD_KEYS, LOGGING, PROFILE, TEST, WHOLE};

    /// The help for the only unknown key of a profile.
    fn help(text: &str) -> String {
        let errors = Profile::parse(text, "specs/x.profile.yml").unwrap_err();
        assert!(errors.iter().any(|error| error.message.contains("unknown key")), "{text}: {errors:?}");
        errors.into_iter().find(|error| error.message.contains("unknown key")).unwrap().help.unwrap_or_default()
    }

    fn in_runner(key: &str) -> String {
        help(&format!("profile:\n  runner: {{clients: 1, {key}: 1}}\n"))
    }

    #[test]
    fn key_of_another_tool_in_the_runner_gets_the_word_of_ltc() {
        for (keys, wanted) in [
            // k6: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/ and its executors
            ("startVUs", "stages"),
            ("preAllocatedVUs maxVUs", "max_clients"),
            ("executor", "`rate` for arrivals"),
            ("timeUnit", "rate: 10/m"),
            ("startTime", "did you mean `start`?"),
            ("gracefulStop gracefulRampDown", "graceful_stop"),
            ("vus", "did you mean `clients`?"),
            ("rps", "did you mean `rate`?"),
            ("httpDebug", "--debug"),
            ("noConnectionReuse", "Connection"),
            ("summaryTrendStats", "--summary-md"),
            ("insecureSkipTLSVerify", "config/<env>.yml"),
            ("userAgent", "in an api"),
            ("scenarios", "did you mean `users`?"),
            ("tags", "--only"),
            // Locust: https://docs.locust.io/en/stable/configuration.html
            ("spawn-rate hatch-rate", "did you mean `hatch_rate`?"),
            ("run-time", "did you mean `duration`?"),
            ("headless autostart", "leave it out"),
            ("master worker processes expect-workers", "run --shards N"),
            ("csv html json", "on the command line"),
            ("host", "config/<env>.yml"),
            ("wait_time min_wait", "wait 1s..3s"),
            ("tasks weight", "weights in the spec"),
            ("stop-timeout", "did you mean `graceful_stop`?"),
            // Artillery: https://www.artillery.io/docs/reference/test-script
            ("phases", "did you mean `stages`?"),
            ("arrivalRate", "did you mean `rate`?"),
            ("rampTo", "stages"),
            ("maxVusers", "did you mean `max_clients`?"),
            ("arrivalCount", "did you mean `clients`?"),
            ("payload", "data rows from"),
            ("plugins", "write `listeners` in profile.logging"),
            // JMeter, Taurus, Gatling, Goose
            ("concurrency num_threads", "did you mean `clients`?"),
            ("ramp-up ramp_time rampUsers", "hatch_rate"),
            ("hold-for", "did you mean `duration`?"),
            ("throughput", "did you mean `rate`?"),
            ("iterations loops", "remove it"),
            ("throttle_requests", "--rate 200/s"),
        ] {
            for key in keys.split(' ') {
                assert!(in_runner(key).contains(wanted), "{key}: {}", in_runner(key));
            }
        }
    }

    #[test]
    fn key_of_another_section_names_that_section() {
        assert_eq!(in_runner("env"), "move it to test_header");
        assert_eq!(in_runner("loglevel"), "move it to profile.logging");
        assert_eq!(help("vus: 10\nprofile: {}\n"), "write `clients` in profile.runner");
        assert_eq!(help("duration: 10m\nprofile: {}\n"), "move it to profile.runner");
        assert_eq!(help("profile:\n  clients: 10\n"), "move it to profile.runner");
        assert_eq!(help("profile:\n  logging: {thresholds: [\"p95 < 1s\"]}\n"), "move it to profile");
    }

    #[test]
    fn misspelled_key_keeps_its_suggestion_and_an_unknown_one_the_list() {
        assert_eq!(in_runner("cleints"), "did you mean `clients`?");
        assert_eq!(in_runner("stage"), "did you mean `stages`?");
        assert!(in_runner("frobnicate").starts_with("use one of the keys: clients"));
    }

    const FILE: &str = "specs/x.profile.yml";

    /// The text of a profile with `keys` in a section, after those that every profile here has.
    fn with_keys(section: &str, keys: &str) -> String {
        let mut sections = [("test_header", ""), ("profile", ""), ("runner", "clients: 8, duration: 1h"), ("test", ""), ("logging", "")];
        for (name, own) in &mut sections {
            if *name == section {
                *own = keys;
            }
        }
        let [header, profile, runner, test, logging] = sections.map(|(_, keys)| keys);
        let more = if profile.is_empty() { String::new() } else { format!(", {profile}") };
        format!("test_header: {{{header}}}\nprofile: {{runner: {{{runner}}}, test: {{{test}}}, logging: {{{logging}}}{more}}}\n")
    }

    #[test]
    fn every_key_of_a_profile_has_an_effect_and_is_suggested_for_its_misspelling() {
        // Each key with a value that is not its default, and the other keys that it needs.
        let keys = [
            ("test_header", "", "name: a; description: b; env: cs2; location: eu-central-1"),
            ("profile", "", "thresholds: [p95 < 1s]; engine: process; lambda: {memory_mb: 512}"),
            ("runner", "", "clients: 9; rate: 5/s; stages: [{clients: 3, duration: 1s}]; users: {Shopper: {clients: 3}}"),
            (
                "runner",
                "clients: 8, duration: 1h",
                "hatch_rate: 3; start: 5s; graceful_stop: 9s; seed: 4; threads: 3; without_orchestrator: 90s",
            ),
            ("runner", "clients: 8", "duration: 3h30m10s"),
            ("runner", "rate: 5/s, duration: 1h", "max_clients: 7; arrivals: poisson"),
            ("runner", "clients: 8, duration: 1h, step_clients: 2, step_duration: 10s", "step_load: yes"),
            ("runner", "clients: 8, duration: 1h, step_load: yes, step_duration: 10s", "step_clients: 3"),
            ("runner", "clients: 8, duration: 1h, step_load: yes, step_clients: 2", "step_duration: 30s"),
            ("test", "", "spec: a.lt; locustfile: a.py; debug: yes"),
            (
                "logging",
                "",
                "loglevel: error; final_stats: no; stats_interval: 7; listeners: [Splunk]; hyperclient_console_log_level: debug",
            ),
        ];
        let mut tested: Vec<String> = Vec::new();
        for (section, base, all) in keys {
            let before = Profile::parse(&with_keys(section, base), FILE).map(|profile| format!("{profile:?}"));
            for pair in all.split("; ") {
                let key = pair.split(':').next().unwrap();
                let text = |pair: &str| {
                    with_keys(section, &[base, pair].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "))
                };
                let profile = Profile::parse(&text(pair), FILE).unwrap_or_else(|errors| panic!("{pair}: {errors:?}"));
                assert_ne!(before, Ok(format!("{profile:?}")), "{pair} has no effect");
                let misspelt = Profile::parse(&text(&pair.replacen(key, &format!("{key}x"), 1)), FILE).unwrap_err();
                let misspelt: Vec<String> = misspelt.iter().map(ToString::to_string).collect();
                assert!(
                    misspelt.iter().any(|error| error.contains(FILE) && error.contains(&format!("did you mean `{key}`?"))),
                    "{misspelt:?}"
                );
                tested.push(key.to_owned());
            }
        }
        let known = [&LOAD_KEYS[..], &WHOLE, &HEADER, &PROFILE, &TEST, &LOGGING];
        let untested: Vec<&str> = known
            .into_iter()
            .flatten()
            .copied()
            .filter(|key| !matches!(*key, "runner" | "test" | "logging") && !tested.iter().any(|one| one == key))
            .collect();
        assert!(untested.is_empty(), "no value of these keys is tested: {untested:?}");
    }
}
