//! Hints for options of other load generators: they name the option of ltc instead of one with a similar spelling.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Options of k6, Locust, Artillery, wrk, hey, ab, oha, JMeter or Gatling, and what to write here instead.
const FOREIGN_OPTIONS: &[(&[&str], &str)] = &[
    (
        &["vus", "users", "user", "num-users", "virtual-users", "concurrency", "connections", "threads-count", "max-vus", "u", "c"],
        "the number of users is `--clients N`",
    ),
    (&["spawn-rate", "spawn_rate", "hatch_rate", "ramp-rate", "r"], "the spawn rate is `--hatch-rate N`"),
    (&["run-time", "run_time", "runtime", "time", "length", "max-duration", "t", "d", "z"], "the duration is `--duration 10m`"),
    (&["rps", "qps", "arrival-rate", "arrivals", "requests-per-second", "R"], "the arrival rate is `--rate 200/s`"),
    (
        &["base-url", "base_url", "baseurl", "target", "url", "server", "H"],
        "the server is `--host https://qa.example.com`, or `--env NAME` for an environment",
    ),
    (
        &["environment", "e", "overrides", "variables", "var", "J", "P"],
        "write `--env NAME` for an environment, or `--set env.KEY=VALUE` for a value",
    ),
    (
        &["iterations", "iteration", "requests", "num-requests", "total-requests", "i", "n"],
        "a test ends after a time, `--duration 10m`; `--debug` runs each scenario once",
    ),
    (
        &["stage", "stages", "ramp-up", "rampup", "ramp-time", "s"],
        "write `stages` in the profile, or `--hatch-rate N` for the start of users",
    ),
    (&["headless", "no-web", "no-ui", "autostart"], "leave it out: a test runs at once, and `--ui` adds a web page"),
    (&["no-color", "no-colour"], "write `--color never`"),
    (&["autoquit", "stop-timeout", "grace-period"], "the time for users to finish is `--graceful-stop 30s`"),
    (&["web-host", "web-port", "web-ui", "dashboard"], "the web page is `--ui [ADDR]`"),
    (&["locustfile", "config", "spec", "f"], "the spec is in the binary: build another one with `ltc build SPEC`"),
    (
        &["tags", "tag", "T", "scenario", "scenarios", "scenario-name", "only-scenario"],
        "write `--only NAME` for a scenario or a class of users",
    ),
    (&["summary-export", "output", "o", "results-file", "l"], "write `--json FILE`, `--html FILE`, `--csv PREFIX` or `--junit FILE`"),
    (&["report", "html-report", "web-dashboard"], "write `--html FILE`"),
    (&["csv-prefix", "csv-full-history"], "write `--csv PREFIX`, which includes the history"),
    (&["summary", "markdown"], "write `--summary-md FILE`"),
    (&["workers", "processes", "master", "worker", "expect-workers"], "several processes or functions are `run --shards N`"),
    (&["thread", "num-threads", "cpus"], "the number of threads is `--threads N`"),
    (&["http-debug", "trace", "loglevel", "log-level", "L"], "write `--debug` to show each exchange, or `-v` for all messages"),
    (&["exit-code-on-error", "thresholds", "threshold", "fail-on"], "write `thresholds` in the profile: a failed one gives exit code 1"),
    (&["insecure", "insecure-skip-tls-verify", "k"], "write `tls: { verify: false }` beside the url in the environment"),
];

/// Adds ltc's hint to the error if the unknown option is one of another tool.
pub(super) fn explained(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(written)) = error.get(ContextKind::InvalidArg) else { return error };
    let Some(hint) = hint(written) else { return error };
    for similar in [ContextKind::SuggestedArg, ContextKind::SuggestedCommand, ContextKind::SuggestedValue] {
        error.remove(similar);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(hint)]));
    error
}

/// What to write instead of an option. `written` is the option in its form on the command line.
fn hint(written: &str) -> Option<&'static str> {
    let name = written.split('=').next().unwrap_or(written).trim_start_matches('-');
    let long = written.starts_with("--");
    let means = |known: &&str| if long || known.len() > 1 { known.eq_ignore_ascii_case(name) } else { **known == *name };
    FOREIGN_OPTIONS.iter().find(|(names, _)| names.iter().any(means)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::super::cli::Cli;
    use super::*;

    #[test]
    fn option_of_another_tool_gets_the_option_of_ltc_as_hint() {
        for (line, wanted) in [
            ("--vus 10", "--clients N"),
            ("--users=10", "--clients N"),
            ("-u 10", "--clients N"),
            ("-r 2", "--hatch-rate N"),
            ("-t 10m", "--duration"),
            ("--run-time 10m", "--duration"),
            ("--spawn-rate 2", "--hatch-rate N"),
            ("--base-url http://x", "--host"),
            ("--iterations 5", "--duration"),
            ("--headless", "leave it out"),
            ("plan --vus 10", "--clients N"),
            ("run --workers 3", "run --shards N"),
        ] {
            let words = std::iter::once("test").chain(line.split_whitespace());
            let error = explained(Cli::try_parse_from(words).unwrap_err()).to_string();
            assert!(error.contains("unexpected argument") && error.contains(wanted) && !error.contains("similar"), "{line}: {error}");
        }
        // A misspelled option of ltc keeps clap's own hint.
        let error = explained(Cli::try_parse_from(["test", "--cleints", "5"]).unwrap_err()).to_string();
        assert!(error.contains("--clients") && error.contains("similar"), "{error}");
    }

    #[test]
    fn no_hint_is_about_an_option_of_ltc() {
        let command = Cli::command();
        let own: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        for (names, _) in FOREIGN_OPTIONS {
            assert!(names.iter().all(|name| !own.contains(name)), "{names:?}");
        }
    }
}
