use super::*;

fn parse(text: &str) -> Result<Profile, Vec<ConfigError>> {
    Profile::parse(text, "specs/x.profile.yml")
}

/// A profile whose runner is `runner`, in flow style.
fn with_runner(runner: &str) -> Result<Profile, Vec<ConfigError>> {
    parse(&format!("profile:\n  runner: {{{runner}}}\n"))
}

fn load(runner: &str) -> Load {
    with_runner(runner).unwrap_or_else(|errors| panic!("{runner}: {errors:?}")).load
}

fn errors(text: &str) -> Vec<String> {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn runner_error(runner: &str, part: &str) {
    let errors: Vec<String> = match with_runner(runner) {
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
        Ok(_) => panic!("{runner} passes"),
    };
    assert!(errors.iter().any(|error| error.contains(part)), "{runner}: {errors:#?}");
}

#[track_caller]
fn runner_warning(runner: &str, part: &str) {
    let warnings = with_runner(runner).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.to_string().contains(part)), "{runner}: {warnings:#?}");
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn the_example_of_the_old_framework_loads() {
    let profile = parse(include_str!("../../../specs/tpdata.profile.yml")).unwrap();
    assert_eq!(profile.header.name.as_deref(), Some("tpdata"));
    assert_eq!(profile.header.env.as_deref(), Some("cs1"));
    assert_eq!(profile.header.locations, [RegionShare { region: "us-west-2".into(), share: 1_000_000 }]);
    assert_eq!(profile.load.shape, Shape::Clients { clients: 20, hatch_rate: Rate::per_second(10) });
    assert_eq!(profile.load.duration, Some(seconds(10)));
    assert_eq!(profile.test.spec.as_ref().unwrap().candidates("tpdata"), ["specs/tpdata.lt"]);
    assert!(!profile.test.debug);
    assert_eq!((profile.logging.level, profile.logging.http_level), (LogLevel::Info, Some(LogLevel::Warn)));
    assert!(profile.logging.final_stats && profile.logging.listeners.is_empty());
    assert_eq!(profile.graceful_stop, seconds(30));
    assert!(profile.warnings.is_empty(), "{:?}", profile.warnings);
}

#[test]
fn the_new_example_loads() {
    let profile = parse(include_str!("../../../specs/shop.profile.yml")).unwrap();
    assert_eq!(profile.load.shape, Shape::None);
    assert_eq!(profile.users.keys().collect::<Vec<_>>(), ["Shopper", "Auditor"]);
    assert_eq!(profile.users["Shopper"].own_duration(), Some(seconds(30)));
    assert_eq!(profile.users["Auditor"].start, seconds(5));
    assert_eq!(profile.header.locations[0].share, 70_000_000);
    assert_eq!(profile.thresholds.len(), 2);
    assert_eq!(profile.thresholds[1].text, "all.p95 < 500ms");
    assert_eq!(profile.lambda.architecture, Some(Architecture::Arm64));
    assert!(profile.warnings.is_empty(), "{:?}", profile.warnings);
}

#[test]
fn loads_of_clients_are_read() {
    assert_eq!(load("clients: 20").shape, Shape::Clients { clients: 20, hatch_rate: Rate::per_second(20) });
    assert_eq!(load("clients: \"20\", hatch_rate: 0.5").shape, Shape::Clients { clients: 20, hatch_rate: Rate::new(1, 2_000_000_000) });
    let steps = Shape::Steps { clients: 50, hatch_rate: Rate::per_second(5), step_clients: 20, step_duration: seconds(60) };
    assert_eq!(load("clients: 50, hatch_rate: 5, step_load: Yes, step_clients: 20, step_duration: 1m, duration: 5m").shape, steps);
    let stages = vec![ClientStage { clients: 10, duration: seconds(60) }, ClientStage { clients: 0, duration: Duration::ZERO }];
    let loaded = load("stages: [{clients: 10, duration: 1m}, {clients: 0, duration: 0}], start: 3s");
    assert_eq!((loaded.shape.clone(), loaded.own_duration(), loaded.start), (Shape::ClientStages(stages), Some(seconds(60)), seconds(3)));
}

#[test]
fn loads_of_arrivals_are_read() {
    let rate = |count| Rate::per_second(count);
    assert_eq!(load("rate: 500/s").shape, Shape::Arrivals { rate: rate(500), stages: vec![], max_clients: 5000, spacing: Spacing::Even });
    assert_eq!(
        load("rate: 60/m, max_clients: 7, arrivals: Poisson").shape,
        Shape::Arrivals { rate: rate(1), stages: vec![], max_clients: 7, spacing: Spacing::Poisson }
    );
    let stages = vec![RateStage { rate: rate(50), duration: seconds(60) }];
    assert_eq!(
        load("stages: [{rate: 50, duration: 1m}]").shape,
        Shape::Arrivals { rate: Rate::ZERO, stages: stages.clone(), max_clients: 500, spacing: Spacing::Even }
    );
    assert_eq!(
        load("rate: 1/s, stages: [{rate: 50/s, duration: 1m}]").shape,
        Shape::Arrivals { rate: rate(1), stages, max_clients: 500, spacing: Spacing::Even }
    );
    assert_eq!(default_clients("rate: 1/h"), 100);
}

fn default_clients(runner: &str) -> u64 {
    match load(runner).shape {
        Shape::Arrivals { max_clients, .. } => max_clients,
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_that_exclude_each_other_are_errors() {
    for (runner, part) in [
        ("clients: 2, rate: 3/s", "unexpected clients and rate in profile.runner, expected only one of them"),
        ("clients: 2, stages: [{clients: 3, duration: 1s}]", "unexpected clients and stages"),
        ("rate: 2, stages: [{clients: 3, duration: 1s}]", "unexpected stages of clients"),
        ("rate: 2, step_load: true", "unexpected step_load, expected with clients only"),
        ("step_load: true", "missing clients: step_load needs it"),
        ("clients: 5, step_load: true", "missing step_clients: step_load needs it (add step_clients: 10)"),
        ("clients: 5, step_load: true, step_clients: 2", "missing step_duration"),
        ("clients: 5, step_load: true, step_clients: 0, step_duration: 1s", "step_clients: it must be at least 1"),
        ("clients: 5, step_load: true, step_clients: 1, step_duration: 0s", "step_duration: it must be longer than 0"),
        ("clients: 5, step_load: perhaps", "step_load: unexpected \"perhaps\", expected true or false"),
        ("clients: 5, max_clients: 3", "unexpected max_clients without a rate"),
        ("clients: 5, arrivals: even", "unexpected arrivals without a rate"),
        ("clients: 5, hatch_rate: 0", "hatch_rate: it must be more than 0"),
        ("clients: 5, hatch_rate: -1", "is negative"),
        ("clients: 0", "clients: it must be at least 1"),
        ("clients: -3", "is negative"),
        ("clients: many", "\"many\" is not a whole number"),
        ("clients: [1]", "clients: it must be a single value, not a list"),
        ("clients: 5, duration: 0s", "duration: it must be longer than 0"),
        ("clients: 5, duration: 5min", "\"min\" is not a unit of time"),
        ("rate: 0", "unexpected rate 0, expected more than 0"),
        ("rate: 5/d", "none of s, m, h"),
        ("rate: 5, arrivals: odd", "expected even or poisson"),
        ("rate: 5, max_clients: 0", "max_clients: it must be at least 1"),
        ("stages: []", "empty stages"),
        ("stages: 3", "stages must be a list"),
        ("stages: [{clients: 1, duration: 1s}, {rate: 1, duration: 1s}]", "unexpected mix of stages"),
        ("stages: [{clients: 1, rate: 1, duration: 1s}]", "unexpected clients and rate in one stage"),
        ("stages: [{duration: 1s}]", "missing clients or rate of a stage"),
        ("stages: [{clients: 1}]", "missing duration of a stage"),
        ("stages: [{client: 1, duration: 1s}]", "did you mean `clients`?"),
        ("clients: 1, graceful_stop: x", "graceful_stop"),
        ("clients: 1, threads: 0", "threads: it must be at least 1"),
        ("clients: 1, seed: x", "seed: \"x\" is not a whole number"),
        ("clients: 99999999999", "at most 100000000"),
        ("users: [A]", "users must be a map"),
        ("users: {A: {}}", "users.A sets no load"),
        ("users: {A: }", "users.A sets no load"),
        ("users: {A: many}", "expected a number of clients"),
        ("users: {A: {clients: 1, rate: 1}}", "unexpected clients and rate in users.A"),
        ("users: {A: {clients: 1, seed: 1}}", "unknown key \"seed\" in users.A"),
        ("users: {A: {cleints: 1}}", "did you mean `clients`?"),
        ("vus: 10", "did you mean `clients`?"),
        ("spawn_rate: 10", "did you mean `hatch_rate`?"),
        ("spawnRate: 10", "did you mean `hatch_rate`?"),
        ("run_time: 10s", "did you mean `duration`?"),
        ("arrivalRate: 10", "did you mean `rate`?"),
        ("phases: []", "did you mean `stages`?"),
        ("users: 10", "write `clients: 10`"),
    ] {
        runner_error(runner, part);
    }
}

#[test]
fn unusual_settings_of_a_profile_are_warnings() {
    runner_warning(
        "clients: 50, hatch_rate: 10, step_load: true, step_clients: 10, step_duration: 1m, duration: 2m",
        "the duration of 2m ends in step 2 of 5: the step with 50 clients starts at 4m",
    );
    runner_warning("clients: 100, hatch_rate: 1, duration: 10s", "the 100 clients take 1m39s to start at 1/s");
    runner_warning("rate: 5, hatch_rate: 1", "hatch_rate has no effect");
    runner_warning("duration: 5s", "one client runs");
    assert_eq!(load("duration: 5s").shape, Shape::Clients { clients: 1, hatch_rate: Rate::per_second(1) });
    assert!(parse("profile: {test: {debug: true}}").unwrap().warnings[0].message.contains("missing profile.runner"));
}

#[test]
fn users_have_loads_of_their_own() {
    let profile = with_runner("clients: 5, users: {A: {clients: 0}, B: 7, C: {rate: 0}}").unwrap();
    let shapes: Vec<&Shape> = profile.users.values().map(|load| &load.shape).collect();
    assert!(matches!(shapes[0], Shape::Clients { clients: 0, .. }));
    assert!(matches!(shapes[1], Shape::Clients { clients: 7, .. }));
    assert!(matches!(shapes[2], Shape::Arrivals { .. }));
    assert_eq!(profile.users["B"].location.column, 49);
    let settings = with_runner("clients: 5, seed: 7, threads: 2, graceful_stop: 0s").unwrap();
    assert_eq!((settings.seed, settings.threads, settings.graceful_stop), (Some(7), Some(2), Duration::ZERO));
}

#[test]
fn all_errors_of_a_profile_are_reported_together_with_locations() {
    let found = errors(
        "test_hedaer: {}\nprofile:\n  runner:\n    cleints: 3\n    hatch_rate: 0\n  test: {locustfle: x.py}\n  loging: {}\n  logging: {listeners: [Splnk, SFx], loglevel: chatty}\n",
    );
    let expected = [
        "specs/x.profile.yml:1:1: unknown key \"test_hedaer\" (did you mean `test_header`?)",
        "specs/x.profile.yml:4:5: unknown key \"cleints\" in profile.runner (did you mean `clients`?)",
        "specs/x.profile.yml:5:17: hatch_rate: it must be more than 0: it is the number of clients started per second",
        "specs/x.profile.yml:6:10: unknown key \"locustfle\" in profile.test (did you mean `locustfile`?)",
        "specs/x.profile.yml:7:3: unknown key \"loging\" in profile (did you mean `logging`?)",
        "specs/x.profile.yml:8:25: listeners: unknown listener \"Splnk\" (did you mean `Splunk`?)",
        "specs/x.profile.yml:8:48: loglevel: unexpected \"chatty\", expected a log level (known levels: debug, info, warning, error, critical, trace, off)",
    ];
    assert_eq!(found, expected);
}

#[test]
fn file_that_is_no_profile_is_an_error() {
    assert!(errors("")[0].contains("missing key \"profile\""));
    assert!(errors("- a")[0].contains("must be a map"));
    assert!(errors("profile: 3")[0].contains("profile must be a map"));
    assert!(errors("profile: {runner: [")[0].contains("invalid YAML"));
    assert!(Profile::load(Path::new("/nowhere/x.yml")).unwrap_err()[0].message.contains("file not found"));
}

#[test]
fn profile_names_its_spec_or_locustfile() {
    let spec = |test: &str| {
        let profile = parse(&format!("profile: {{runner: {{clients: 1}}, test: {{{test}}}}}")).unwrap();
        profile.test.spec.map(|spec| spec.candidates("buy").join(" "))
    };
    for (test, expected) in [
        ("locustfile: tpdata.py", "specs/tpdata.lt"),
        ("locustfile: locust/files/tpdata.py", "locust/files/tpdata.lt specs/buy.lt specs/tpdata.lt"),
        ("locustfile: tpdata", "specs/tpdata.lt"),
        ("spec: other/a.lt, locustfile: tpdata.py", "other/a.lt"),
        ("spec: a.lt", "specs/a.lt"),
    ] {
        assert_eq!(spec(test).as_deref(), Some(expected), "{test}");
    }
    assert_eq!(spec("debug: true"), None);
    assert!(errors("profile: {runner: {clients: 1}, test: {spec: a.txt}}")[0].contains("expected a spec such as"));
}

#[test]
fn regions_and_their_shares_are_read() {
    let header = |header: &str| parse(&format!("test_header: {{{header}}}\nprofile: {{runner: {{clients: 1}}}}"));
    let shares = |text: &str| -> Vec<(String, u64)> {
        header(text).unwrap().header.locations.into_iter().map(|location| (location.region, location.share)).collect()
    };
    assert_eq!(shares("location: [a, b]"), [("a".to_owned(), 1_000_000), ("b".to_owned(), 1_000_000)]);
    assert_eq!(shares("location: \"a, b\"").len(), 2);
    assert_eq!(shares("location: {a: 0.7, b: .3}"), [("a".to_owned(), 700_000), ("b".to_owned(), 300_000)]);
    assert_eq!(shares("location: {a: 2, b: 30%}"), [("a".to_owned(), 2_000_000), ("b".to_owned(), 30_000_000)]);
    assert!(shares("name: x").is_empty());
    for (text, part) in [
        ("location: [a, a]", "duplicate region a"),
        ("location: {a: lots}", "expected a share"),
        ("location: {a: 0}", "no region has a share"),
        ("env: config/cs1.yml", "expected the name of an environment"),
    ] {
        let errors = header(text).unwrap_err();
        assert!(errors[0].message.contains(part), "{text}: {errors:?}");
    }
    assert_eq!(header("env: cs1.yml").unwrap().header.env.as_deref(), Some("cs1"));
}

#[test]
fn logging_is_read_in_every_spelling() {
    let logging = |text: &str| parse(&format!("profile: {{runner: {{clients: 1}}, logging: {{{text}}}}}")).unwrap().logging;
    let all = logging("listeners: [sfx, SPLUNK, DebugListener, prometheus, OTLP, influx-db, SignalFx]").listeners;
    assert_eq!(all, Listener::ALL);
    assert_eq!(logging("listeners: \"Splunk, Debug\"").listeners, [Listener::Splunk, Listener::Debug]);
    assert_eq!(logging("listeners: ").listeners, []);
    for (text, level) in [
        ("DEBUG", LogLevel::Debug),
        ("Warning", LogLevel::Warn),
        ("40", LogLevel::Error),
        ("CRITICAL", LogLevel::Critical),
        ("off", LogLevel::Off),
        ("trace", LogLevel::Trace),
    ] {
        assert_eq!(logging(&format!("loglevel: {text}")).level, level);
    }
    assert_eq!(logging("stats_interval: 5").stats_interval, Some(seconds(5)));
    assert!(!logging("final_stats: No").final_stats);
    assert_eq!(logging(""), Logging::default());
    assert!(errors("profile: {runner: {clients: 1}, logging: {listeners: {a: 1}}}")[0].contains("must be a list"));
}

#[test]
fn lambda_settings_are_read() {
    let lambda = |text: &str| parse(&format!("profile: {{runner: {{clients: 1}}, lambda: {{{text}}}}}"));
    let all = lambda(
        "memory_mb: 3538, architecture: x86_64, clients_per_function: 5, rate_per_function: 100/s, function: f, role: r, interval: 5m, max_functions: 9, subnets: [a], security_groups: b, bucket: c, tags: {team: load}, environment: {HTTPS_PROXY: \"http://p:3128\"}, kms_key: \"arn:aws:kms:r:1:key/k\", reserved_concurrency: 40, log_retention_days: 14",
    )
    .unwrap()
    .lambda;
    assert_eq!((all.memory_mb, all.architecture, all.clients_per_function), (3538, Some(Architecture::X86_64), Some(5)));
    assert_eq!((all.rate_per_function, all.interval), (Some(Rate::per_second(100)), seconds(300)));
    assert_eq!((all.function.as_deref(), all.role.as_deref(), all.bucket.as_deref()), (Some("f"), Some("r"), Some("c")));
    assert_eq!((all.subnets, all.security_groups, all.max_functions), (vec!["a".to_owned()], vec!["b".to_owned()], Some(9)));
    assert_eq!(all.tags["team"], "load");
    assert_eq!((all.environment["HTTPS_PROXY"].as_str(), all.kms_key.as_deref()), ("http://p:3128", Some("arn:aws:kms:r:1:key/k")));
    assert_eq!((all.reserved_concurrency, all.log_retention_days), (Some(40), Some(14)));
    assert_eq!(lambda("").unwrap().lambda, LambdaSettings::default());
    for (text, part) in [
        ("memory_mb: 64", "at least 128"),
        ("memory_mb: 20000", "at most 10240"),
        ("architecture: sparc", "expected x86_64 or arm64"),
        ("interval: 15m", "at most 14m30s"),
        ("interval: 1s", "at least 10s"),
        ("clients_per_function: 0", "at least 1"),
        ("rate_per_function: 0", "more than 0"),
        ("tags: x", "tags must be a map"),
        ("environment: x", "environment must be a map"),
        ("environment: {AWS_REGION: x}", "Lambda itself sets the variable AWS_REGION"),
        ("environment: {1A: x}", "unexpected name \"1A\" of an environment variable"),
        ("kms_key: alias/x", "the ARN of a key"),
        ("reserved_concurrency: 0", "at least 1"),
        ("log_retention_days: 10", "unexpected 10, expected one of the retentions of CloudWatch Logs: 1, 3, 5, 7, 14"),
        ("memory: 1", "unknown key \"memory\" in profile.lambda"),
    ] {
        let errors = lambda(text).unwrap_err();
        assert!(errors[0].to_string().contains(part), "{text}: {errors:?}");
    }
}

#[test]
fn thresholds_of_a_profile_are_read() {
    assert!(errors("profile: {runner: {clients: 1}, thresholds: p95}")[0].contains("thresholds must be a list"));
    assert!(errors("profile: {runner: {clients: 1}, thresholds: [\"\"]}")[0].contains("empty threshold"));
    let wrong = errors("profile: {runner: {clients: 1}, thresholds: ['p95 < 1s', \"p95 < 300\", p95 < 1parsec]}");
    assert!(
        wrong[0].contains("1:65: the threshold `p95 < 300`: unexpected `300`, expected a limit of p95 (write 300ms or 300s)"),
        "{wrong:?}"
    );
    assert!(wrong[1].contains("1:77: the threshold `p95 < 1parsec`"), "{wrong:?}");
    let location = parse("profile:\n  runner: {clients: 1}\n  thresholds:\n    - p95 < 1s\n").unwrap().thresholds[0].location.clone();
    assert_eq!((location.line, location.column), (4, 7));
}

#[test]
fn engine_and_silence_of_the_orchestrator_are_read() {
    let profile = |text: &str| Profile::parse(text, "x.yml").map_err(|errors| errors[0].to_string());
    let defaults = profile("profile: {runner: {clients: 1}}").unwrap();
    assert_eq!((defaults.engine, defaults.without_orchestrator), (None, WithoutOrchestrator::StopAfter(seconds(60))));
    let set = profile("profile: {engine: lambda, runner: {clients: 1, without_orchestrator: finish}}").unwrap();
    assert_eq!((set.engine, set.without_orchestrator), (Some(FleetEngine::Lambda), WithoutOrchestrator::Finish));
    let error = profile("profile: {engine: cloud, runner: {clients: 1}}").unwrap_err();
    assert!(error.contains("unexpected \"cloud\", expected process or lambda"), "{error}");
    for (text, expected) in [("5s", "it must be at least 20s"), ("soon", "write a duration of at least 20s, or finish")] {
        let error = profile(&format!("profile: {{runner: {{clients: 1, without_orchestrator: {text}}}}}")).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
