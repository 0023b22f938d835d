//! Options and keys of other load generators, on a command line of ltc or in a profile: a hint names ltc's own word instead of one with a
//! similar spelling.

/// Options of k6, Locust, Artillery, JMeter, Gatling, Goose, Taurus, hey, wrk, ab, vegeta and oha, and what to write instead. A name of one
/// letter is a short option. A short option that tools use for several purposes has a hint for each of them.
pub const OPTIONS: &[(&[&str], &str)] = &[
    // Load.
    (
        &["vus", "users", "user", "num-users", "virtual-users", "concurrency", "connections", "max-vus", "max-connections", "count", "u"],
        "the number of users is `--clients N`",
    ),
    (
        &["c"],
        "the number of users is `--clients N`; the spec and the profile are in the binary, and `--profile FILE` reads another profile",
    ),
    (&["spawn-rate", "ramp-rate", "startup-time"], "the spawn rate is `--hatch-rate N`"),
    (&["r"], "the spawn rate is `--hatch-rate N`, and the arrival rate is `--rate 200/s`"),
    (&["run-time", "runtime", "time", "length", "max-duration", "hold-for", "d", "z"], "the duration is `--duration 10m`"),
    (&["t"], "the duration is `--duration 10m`, the number of threads is `--threads N`, and the server is `--host URL`"),
    (
        &[
            "rps",
            "qps",
            "arrival-rate",
            "arrivals",
            "requests-per-second",
            "throughput",
            "throttle-requests",
            "R",
            "burst-rate",
            "burst-delay",
        ],
        "the arrival rate is `--rate 200/s`",
    ),
    (
        &["iterations", "iteration", "requests", "num-requests", "total-requests", "num", "i", "n"],
        "a test ends after a time, `--duration 10m`; without a profile, `--clients 5` runs 5 iterations; `--debug` runs each scenario once",
    ),
    (
        &["stage", "stages", "ramp-up", "rampup", "ramp-time", "test-plan", "s"],
        "write `stages` in the profile, or `--hatch-rate N` for the start of users",
    ),
    (&["execution-segment", "execution-segment-sequence"], "the parts of a distributed test are `run --shards N`"),
    (&["min-iteration-duration"], "write `wait pacing 5s` in the user of the spec"),
    (&["autoquit", "stop-timeout", "grace-period", "timelimit", "max-run-time"], "the time for users to finish is `--graceful-stop 30s`"),
    (
        &["workers", "max-workers", "processes", "master", "worker", "manager", "expect-workers", "master-host", "master-port"],
        "several processes or functions are `run --shards N`",
    ),
    (
        &[
            "master-bind-host",
            "master-bind-port",
            "expect-workers-max-wait",
            "enable-rebalancing",
            "remote-start",
            "remotestart",
            "runremote",
            "run-mode",
        ],
        "several processes or functions are `run --shards N`",
    ),
    (&["thread", "threads-count", "num-threads", "cpus"], "the number of threads is `--threads N`"),
    // The system under test and its environment.
    (
        &["base-url", "baseurl", "target", "targets", "url", "server"],
        "the server is `--host https://qa.example.com`, or `--env NAME` for an environment",
    ),
    (&["H"], "the server is `--host URL`; headers are in the spec: `headers { \"X-Key\": env.some.key }` in an api"),
    (&["environment", "e", "overrides", "variables", "var", "variable", "dotenv", "J", "D", "G", "P"], ENVIRONMENT),
    (&["include-system-env-vars"], "write `${VAR}` in config/<env>.yml for a variable of the system"),
    (&["insecure", "insecure-skip-tls-verify", "k"], "write `tls: { verify: false }` beside the url in the environment"),
    (&["tls-cert", "tls-key", "cert", "key", "cacert", "root-certs"], "write `tls: { … }` beside the url in the environment"),
    (&["proxy", "x", "X", "proxy-host", "proxyhost", "proxyport", "proxy-port"], "set the variable `HTTPS_PROXY` when the test runs"),
    (
        &["http2", "http-version", "h2"],
        "ltc uses HTTP/2 where the server offers it; `http2: false` beside the url in the environment turns it off",
    ),
    // What users do.
    (
        &["method", "m", "body", "data", "payload", "header", "headers", "cookie", "content-type", "user-agent", "A", "C", "T"],
        "requests are in the spec: write `POST /items { json { … }; headers { … } }` in a step",
    ),
    (&["b"], "requests and their bodies are in the spec, and ltc has no option for buffers"),
    (&["p"], "requests and their data are in the spec; a test is never paused, and `--env NAME` selects an environment"),
    (&["a", "basic-auth", "auth"], "write `auth basic(env.shop.user, env.shop.password)` in an api"),
    (&["timeout", "w"], "write `timeout 10s` in an api or a request"),
    (
        &["max-redirects", "redirect", "redirects", "disable-redirects", "follow"],
        "write `redirects off` or `redirects 3` in an api or a request",
    ),
    (
        &["no-connection-reuse", "no-vu-connection-reuse", "disable-keepalive", "keepalive", "no-keepalive"],
        "users keep their connections open, as browsers do; write `headers { \"Connection\": \"close\" }` in an api for new ones",
    ),
    (&["disable-compression"], "write `headers { \"Accept-Encoding\": \"identity\" }` in an api"),
    (&["batch", "batch-per-host"], "write `parallel { … }` around the steps in the spec"),
    (&["discard-response-bodies"], "leave it out: a body that no step reads is not kept"),
    (&["no-setup", "no-teardown"], "`before test` and `after test` are in the spec; leave out the option"),
    (
        &["locustfile", "scenario-file", "scenariofile", "script", "spec", "simulation", "testfile", "f"],
        "the spec is in the binary: build another one with `ltc build SPEC`",
    ),
    (
        &["config", "config-file", "propfile", "settings"],
        "the spec and the profile are in the binary; `--profile FILE` reads another profile",
    ),
    (
        &["tags", "tag", "exclude-tags", "E", "scenario", "scenarios", "scenario-name", "only-scenario", "class-picker", "solo"],
        "write `--only NAME` for a scenario or a class of users",
    ),
    (
        &["list", "l", "show-task-ratio", "show-task-ratio-json"],
        "write `plan` to see the load, or `--debug` to see each scenario; results go to `--json FILE`",
    ),
    (&["equal-weights", "config-users"], "write `weight` at a user in the spec, or `users` in the profile"),
    // Results.
    (
        &["summary-export", "output", "output-format", "o", "results-file", "logfile-results", "log-output", "console-output", "json-file"],
        "write `--json FILE`, `--html FILE`, `--csv PREFIX` or `--junit FILE`",
    ),
    (
        &[
            "report",
            "report-file",
            "html-report",
            "report-output-folder",
            "results-folder",
            "web-dashboard",
            "reportonly",
            "reports-only",
            "reportatendofloadtests",
            "reportoutputfolder",
            "g",
        ],
        "write `--html FILE`",
    ),
    (&["forcedeleteresultfile"], "leave it out: a file of an earlier run is replaced"),
    (
        &["csv-prefix", "csv-full-history", "request-log", "print-stats", "only-summary", "reset-stats"],
        "write `--csv PREFIX`, which includes the history",
    ),
    (&["summary", "markdown", "summary-mode", "summary-trend-stats", "summary-time-unit"], "write `--summary-md FILE`"),
    (&["time-unit"], "leave it out: times are printed with their unit"),
    (&["no-summary", "no-reports", "no-reset-metrics", "no-usage-report", "no-print-stats"], "leave it out: `-q` prints results only"),
    (&["no-thresholds"], "leave it out, or use a profile without `thresholds`: `--profile FILE`"),
    (
        &["exit-code-on-error", "thresholds", "threshold", "fail-on", "ensure"],
        "write `thresholds` in the profile: a failed one gives exit code 1",
    ),
    (
        &["latency", "latency-correction", "L", "percentiles", "histogram"],
        "leave it out: every report has percentiles, without coordinated omission",
    ),
    (
        &["system-tags", "record", "publish-metrics", "traces-output"],
        "write `listeners` in the profile to send results to a monitoring system",
    ),
    // The program itself.
    (&["headless", "no-web", "no-ui", "autostart", "nongui", "no-gui"], "leave it out: a test runs at once, and `--ui` adds a web page"),
    (&["web-host", "web-port", "web-ui", "web-login", "web-base-path", "dashboard", "linger", "address"], "the web page is `--ui [ADDR]`"),
    (&["no-color", "no-colour"], "write `--color never`"),
    (
        &[
            "http-debug",
            "trace",
            "loglevel",
            "log-level",
            "logfile",
            "log-format",
            "skip-log-setup",
            "throw",
            "profiling-enabled",
            "j",
            "S",
        ],
        "write `--debug` to show each exchange, or `-v` for all messages",
    ),
    (&["type", "compatibility-mode", "homedir"], "leave it out: the test is a binary without a script"),
    (&["dns", "local-ips"], "ltc looks up names again every 30 s and spreads users over the addresses; it has no option for this"),
    (&["paused"], "leave it out: a test runs at once"),
    (
        &["hosts", "blacklist-ip", "block-hostnames"],
        "leave it out: a test reaches the hosts of its environment, and public ones only with `--allow-host HOST`",
    ),
];

const ENVIRONMENT: &str = "write `--env NAME` for an environment, or `--set env.KEY=VALUE` for a value";

/// Options of a test's binary that users also give to `ltc`.
pub const OF_A_TEST: &[&str] = &[
    "allow-host",
    "baseline",
    "clients",
    "csv",
    "debug",
    "duration",
    "embedded",
    "failures",
    "graceful-stop",
    "hatch-rate",
    "host",
    "html",
    "json",
    "junit",
    "no-tui",
    "only",
    "out",
    "rate",
    "seed",
    "set",
    "stats-interval",
    "summary-md",
    "threads",
    "ui",
];

/// What to write instead of an option. `written` is the option in its form on the command line, such as `--vus=10` or `-u`.
///
/// ```
/// assert_eq!(ltc_config::foreign_words::option("--vus=10"), Some("the number of users is `--clients N`"));
/// assert_eq!(ltc_config::foreign_words::option("--cleints"), None);
/// ```
pub fn option(written: &str) -> Option<&'static str> {
    let name = written.split('=').next().unwrap_or(written);
    let is_long = name.starts_with("--");
    let name = name.trim_start_matches('-').replace('_', "-");
    let means = |known: &&str| match known.len() {
        1 => !is_long && **known == name,
        _ => known.replace('_', "-").eq_ignore_ascii_case(&name),
    };
    OPTIONS.iter().find(|(names, _)| names.iter().any(means)).map(|(_, hint)| *hint)
}

/// What to write instead of a word that is neither an option nor a command: a URL, a script, a number.
///
/// ```
/// assert!(ltc_config::foreign_words::word("http://127.0.0.1/").unwrap().contains("--host"));
/// assert_eq!(ltc_config::foreign_words::word("plna"), None);
/// ```
pub fn word(written: &str) -> Option<&'static str> {
    let ends = |ends: &[&str]| ends.iter().any(|end| written.len() > end.len() && written.ends_with(end));
    if written.contains("://") {
        Some("the server is `--host https://qa.example.com`; `ltc try URL` loads one URL without a spec")
    } else if ends(&[".lt", ".js", ".ts", ".py", ".jmx", ".har", ".hurl", ".scala", ".java", ".kt"]) {
        Some("the spec is in the binary: build another one with `ltc build SPEC`")
    } else if ends(&[".yml", ".yaml"]) {
        Some("the profile is in the binary; `--profile FILE` reads another one, and `--env NAME` selects an environment")
    } else if written.contains('=') {
        Some(ENVIRONMENT)
    } else if written.starts_with(|first: char| first.is_ascii_digit()) {
        Some("the number of users is `--clients N`, the duration is `--duration 10m`, and the arrival rate is `--rate 200/s`")
    } else {
        None
    }
}

/// The output that a value of k6's `--out` names, if it is one: `json=results.json`, `influxdb=http://…`, `cloud`.
pub fn output(written: &str) -> Option<&'static str> {
    let (kind, target) = written.split_once('=').unwrap_or((written, ""));
    Some(match kind {
        "json" if !target.is_empty() => "write `--json FILE`",
        "csv" if !target.is_empty() => "write `--csv PREFIX`",
        "web-dashboard" => "write `--ui` for a live page, or `--html FILE`",
        "influxdb" | "xk6-influxdb" | "experimental-prometheus-rw" | "prometheus" | "opentelemetry" | "experimental-opentelemetry"
            if written.contains('=') || kind.contains('-') =>
        {
            "write `listeners` in the profile"
        }
        "statsd" | "datadog" | "kafka" | "cloud" | "timescaledb" if written.contains('=') || kind == "cloud" => {
            "write `listeners` in the profile"
        }
        _ => return None,
    })
}

/// Keys of options, configurations and scripts of other tools that have no single equivalent in a profile, and what to write instead.
const KEYS: &[(&[&str], &str)] = &[
    (
        &["host", "target", "base_url", "url", "hosts"],
        "write the address in config/<env>.yml, and name that file with `env` in test_header",
    ),
    (&["executor"], "write `clients` for a number of users, `rate` for arrivals, and `stages` for ramps"),
    (&["time_unit"], "write the unit in the rate: `rate: 10/m`"),
    (&["ramp_to", "start_rate", "start_vus", "arrival_count", "pause"], "write `stages`, each with `rate` or `clients` and a `duration`"),
    (
        &["ramp_up", "ramp_time", "ramp_users", "ramp_users_per_sec", "constant_users", "ramp_period", "rampup"],
        "write `hatch_rate` for the start of users, or `stages`",
    ),
    (&["iterations", "loops", "loop_count", "requests"], "remove it: a test ends after its `duration`"),
    (
        &["think_time", "wait_time", "min_wait", "max_wait", "wait", "pacing"],
        "write `wait 1s..3s` or `wait pacing 5s` in a user of the spec",
    ),
    (&["weight", "weights", "tasks", "exec"], "write the weights in the spec: `tasks Name { 7 A; 3 B }`, `user Name weight 3`"),
    (
        &["csv", "html", "json", "junit", "report", "html_report"],
        "give it on the command line: `--csv PREFIX`, `--html FILE`, `--json FILE`",
    ),
    (&["payload", "data", "csv_file", "data_sources"], "read it in the spec: `data rows from \"rows.csv\"`"),
    (&["timeout", "max_redirects", "user_agent", "headers", "defaults", "http", "keep_alive"], "write it in an api of the spec"),
    (&["tls", "insecure_skip_tls_verify", "insecure", "http2"], "write it beside the url in config/<env>.yml"),
    (&["variables", "environments", "config"], "write values in config/<env>.yml, which the spec reads as `env.key`"),
];

/// What to write instead of an option of another tool that is written as a key: `summaryTrendStats`.
pub(crate) fn option_as_key(written: &str) -> Option<&'static str> {
    let plain = crate::suggest::plain(written);
    let means = |name: &&str| name.len() > 1 && crate::suggest::plain(name) == plain;
    OPTIONS.iter().find(|(names, _)| names.iter().any(means)).map(|(_, hint)| *hint)
}

/// What to write instead of a key of another tool in a profile.
pub(crate) fn key(written: &str) -> Option<&'static str> {
    let plain = crate::suggest::plain(written);
    KEYS.iter().find(|(names, _)| names.iter().any(|name| crate::suggest::plain(name) == plain)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_in_one_row() {
        let mut seen = std::collections::HashSet::new();
        for (names, _) in OPTIONS {
            for name in *names {
                assert!(seen.insert(name.replace('_', "-")), "{name} is in two rows");
            }
        }
    }

    #[test]
    fn short_option_depends_on_case_and_a_long_one_does_not() {
        assert!(option("-r").unwrap().contains("--hatch-rate") && option("-R").unwrap().contains("--rate"));
        assert_eq!(option("--Run_Time=5m"), option("--run-time"));
        assert_eq!(option("--u"), None, "a letter is a short option");
    }

    #[test]
    fn word_of_another_command_line_gets_a_hint() {
        for (written, wanted) in [
            ("https://qa.example.com/items", "--host"),
            ("script.js", "ltc build SPEC"),
            ("locustfile.py", "ltc build SPEC"),
            ("load.yml", "--profile"),
            ("BASE_URL=http", "--set env.KEY=VALUE"),
            ("50", "--clients N"),
            ("30s", "--duration"),
        ] {
            assert!(word(written).unwrap().contains(wanted), "{written}");
        }
        assert_eq!((word("paln"), word(".js")), (None, None));
    }

    #[test]
    fn output_of_k6_is_recognized_and_a_folder_is_not_one() {
        assert_eq!(output("json=results.json"), Some("write `--json FILE`"));
        assert!(output("influxdb=http://127.0.0.1:8086/k6").unwrap().contains("listeners"));
        assert!(output("experimental-prometheus-rw").unwrap().contains("listeners"));
        for folder in ["json", "csv", "runs/today", "influxdb", "a=b", "json="] {
            assert_eq!(output(folder), None, "{folder}");
        }
    }
}
