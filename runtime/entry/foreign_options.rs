//! Hints for options and words of other load generators: they name the option of ltc instead of one with a similar spelling.

use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use ltc_config::foreign_words;

/// Adds ltc's hint to the error if the unknown option or word is one of another tool.
pub(super) fn explained(mut error: clap::Error) -> clap::Error {
    let unknown = match error.kind() {
        ErrorKind::ValueValidation => return number(error),
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => return error,
    };
    let Some(ContextValue::String(written)) = error.get(unknown) else { return error };
    let hint = if written.starts_with('-') { foreign_words::option(written) } else { foreign_words::word(written) };
    let Some(hint) = hint else { return error };
    for similar in [ContextKind::SuggestedArg, ContextKind::SuggestedCommand, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
    {
        error.remove(similar);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(hint)]));
    error
}

/// Replaces the standard library's words for a text that is no number with those of a user.
fn number(error: clap::Error) -> clap::Error {
    let reason = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::num::ParseIntError>());
    let expected = match reason.map(std::num::ParseIntError::kind) {
        Some(std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow) => "the number is too large",
        Some(_) => "expected a whole number",
        None => return error,
    };
    match (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue)) {
        (Some(ContextValue::String(option)), Some(ContextValue::String(value))) => {
            clap::Error::raw(ErrorKind::ValueValidation, format!("invalid value `{value}` for `{option}`: {expected}\n"))
        }
        _ => error,
    }
}

/// Reads the value of `--out`: a directory, but not an output of k6 such as `json=results.json`.
pub(super) fn directory(path: PathBuf) -> Result<PathBuf, String> {
    match path.to_str().and_then(foreign_words::output) {
        Some(hint) => Err(format!("it is an output of k6, and --out takes a directory: {hint}")),
        None => Ok(path),
    }
}

/// Reads the value of `--env`: the name of an environment, but not a variable such as `HOST=qa`.
pub(super) fn environment(name: &str) -> Result<String, String> {
    match name.split_once('=') {
        Some((key, value)) => {
            Err(format!("it sets a variable, and --env takes the NAME of config/NAME.yml: write `--set env.{key}={value}`"))
        }
        None => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory, Parser};

    use super::super::cli::Cli;
    use super::*;

    /// The error for a command line.
    fn error(line: &str) -> String {
        let words = std::iter::once("test").chain(line.split_whitespace());
        explained(Cli::try_parse_from(words).unwrap_err()).to_string()
    }

    /// Options of other tools, from their documentation. Each is an error with a hint.
    const FOREIGN: &[(&str, &str)] = &[
        // https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/
        (
            "k6",
            "-u --vus -i --iterations -s --stage -d --rps -e -t -l --linger -c --config -p --paused -a --address -w --throw --tag --batch \
             --batch-per-host --blacklist-ip --block-hostnames --compatibility-mode --console-output --discard-response-bodies --dns \
             --execution-segment --execution-segment-sequence --http-debug --include-system-env-vars --insecure-skip-tls-verify --local-ips \
             --log-format --log-output --max-redirects --min-iteration-duration --no-connection-reuse --no-setup --no-summary --no-teardown \
             --no-thresholds --no-usage-report --no-vu-connection-reuse --no-color --profiling-enabled --summary-export --summary-mode \
             --summary-time-unit --summary-trend-stats --system-tags --traces-output --type --user-agent -o",
        ),
        // https://docs.locust.io/en/stable/configuration.html
        (
            "Locust",
            "-f --locustfile --config -H -u --users -r --spawn-rate -t --run-time -l --list --config-users --web-host -P --web-port \
             --headless --autostart --autoquit --web-login --web-base-path --tls-cert --tls-key --class-picker --master --master-bind-host \
             --master-bind-port --expect-workers --expect-workers-max-wait --enable-rebalancing --worker --processes --master-host \
             --master-port -T --tags -E --exclude-tags --csv-full-history --print-stats --only-summary --reset-stats --json-file \
             --skip-log-setup -L --loglevel --logfile --show-task-ratio --show-task-ratio-json --exit-code-on-error -s --stop-timeout \
             --equal-weights",
        ),
        // https://www.artillery.io/docs/reference/cli/run
        (
            "Artillery",
            "-t --target -o --output -p --payload -k --insecure -e --environment -c --config -s --solo --variables --overrides \
             --scenario-name -n --dotenv --count --num --tags --record --key",
        ),
        // https://jmeter.apache.org/usermanual/get-started.html#options
        (
            "JMeter",
            "-n --nongui -t --testfile -l --logfile -J -G -D -p --propfile -r --runremote -R --remotestart -X -e --reportatendofloadtests \
             -o --reportoutputfolder -f --forceDeleteResultFile -H --proxyHost -P --proxyPort -L --loglevel -j -d --homedir -g --reportonly",
        ),
        // https://docs.gatling.io/reference/integrations/build-tools/, and the options of the bundle
        ("Gatling", "-s --simulation -rf --results-folder -nr --no-reports -ro --reports-only -rm --run-mode"),
        // https://github.com/rakyll/hey, https://github.com/wg/wrk, https://httpd.apache.org/docs/2.4/programs/ab.html
        ("hey", "-n -c -z -o -m -H -t -A -d -D -T -a -x -cpus -disable-compression -disable-keepalive -disable-redirects"),
        ("wrk", "-c --connections -d -t -s --script -H --header --latency -L --timeout -T -R"),
        ("ab", "-n -c -t -s -b -p -u -T -w -i -x -z -C -H -A -P -X -k -l -S -g -e -r -m"),
        // https://github.com/tsenart/vegeta, https://github.com/hatoo/oha
        ("vegeta", "-rate=50 -duration=5s -targets=t.txt -workers -max-workers -connections -body -timeout -insecure -output=r.bin"),
        (
            "oha",
            "-n -c -p -z -w --burst-delay --burst-rate --latency-correction -m --method -t -H -d -D -T -a --http-version --http2 \
             --disable-compression -r --redirect --disable-keepalive --insecure --no-color --output-format -o --output -u --time-unit",
        ),
        // https://book.goose.rs/getting-started/runtime-options.html
        (
            "Goose",
            "-u --users -r -t --run-time --startup-time --test-plan --iterations --report-file --request-log --throttle-requests --manager --worker",
        ),
    ];

    #[test]
    fn every_option_of_another_tool_gets_a_hint() {
        let mut wrong = Vec::new();
        for (tool, options) in FOREIGN {
            for option in options.split_whitespace() {
                for command in ["", "run ", "plan "] {
                    let error = error(&format!("{command}{option}"));
                    let is_fine = error.contains("unexpected argument") && error.contains("tip: ") && !error.contains("similar");
                    if !is_fine {
                        wrong.push(format!("{tool}: {command}{option}: {}", error.lines().next().unwrap_or_default()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

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
            ("-R 2000", "--rate"),
            ("--base-url http://x", "--host"),
            ("--iterations 5", "--duration"),
            ("--headless", "leave it out"),
            ("plan --vus 10", "--clients N"),
            ("run --workers 3", "run --shards N"),
            ("--no-thresholds", "--profile FILE"),
            ("--http-debug=full", "--debug"),
            ("--out json=results.json", "--json FILE"),
            ("--out influxdb=http://127.0.0.1:8086/k6", "listeners"),
            ("--env HOST=qa.example.com", "--set env.HOST=qa.example.com"),
            ("http://127.0.0.1:8137/", "--host"),
            ("script.js", "ltc build SPEC"),
            ("50", "--clients N"),
        ] {
            let error = error(line);
            assert!(error.contains(wanted) && !error.contains("similar"), "{line}: {error}");
        }
        // A misspelled option or command of ltc keeps clap's own hint.
        assert!(error("--cleints 5").contains("similar") && error("--cleints 5").contains("--clients"));
        assert!(error("dploy").contains("deploy"));
    }

    #[test]
    fn text_in_place_of_a_number_is_refused_in_words_of_a_user() {
        for line in ["--clients five", "--seed 1.5", "--threads two", "run --shards x"] {
            let words = std::iter::once("test").chain(line.split_whitespace());
            let error = explained(Cli::try_parse_from(words).unwrap_err()).to_string();
            let (option, value) = line.trim_start_matches("run ").split_once(' ').unwrap();
            let wanted = format!("invalid value `{value}` for `{option} <");
            assert!(error.contains(&wanted) && error.contains("expected a whole number"), "{line}: {error}");
        }
    }

    #[test]
    fn value_without_a_foreign_form_is_accepted() {
        for line in ["--out runs/today", "--out json", "--env cs1", "run --shards 2 --out d"] {
            let words = std::iter::once("test").chain(line.split_whitespace());
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
    }

    #[test]
    fn no_hint_is_about_an_option_of_ltc() {
        let command = Cli::command();
        let runs = |command: &Command| matches!(command.get_name(), "run" | "plan");
        let all: Vec<&Command> = std::iter::once(&command).chain(command.get_subcommands().filter(|command| runs(command))).collect();
        for arg in all.iter().flat_map(|command| command.get_arguments()) {
            let short = arg.get_short().map(|letter| format!("-{letter}"));
            let long = arg.get_long().map(|name| format!("--{name}"));
            for own in short.into_iter().chain(long) {
                assert_eq!(foreign_words::option(&own), None, "{own}");
            }
        }
    }

    #[test]
    fn options_that_ltc_knows_as_those_of_a_test_exist() {
        let command = Cli::command();
        let own: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        assert!(foreign_words::OF_A_TEST.iter().all(|name| own.contains(name)), "{own:?}");
    }
}
