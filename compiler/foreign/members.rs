//! Words that start a line in other tools: settings of a client, of users and of a test.

/// The profile sets the load.
const LOAD: &str = "set it in the profile, which defines the number of users, the rate and the duration";
const STEPS: &str = "write `sequence Name { step \"Name\" { … } }`";

/// Settings of a client.
static API: &[(&[&str], &str)] = &[
    (
        &["target", "baseUrl", "base_url", "baseURL", "baseurl", "url", "host", "hostname", "server", "endpoint", "uri", "root", "address"],
        "write `base env.shop.url`, or `base \"https://…\"`",
    ),
    (&["header"], "write `headers { \"X-Name\": \"value\" }`"),
    (&["default_headers", "defaultHeaders", "defaults", "acceptHeader", "contentTypeHeader"], "write `headers { \"X-Name\": \"value\" }`"),
    (&["user_agent", "userAgent", "userAgentHeader"], "write `headers { user_agent: \"…\" }`"),
    (&["content_type", "contentType", "accept"], "write `headers { content_type: \"…\" }`"),
    (&["authorization", "bearer", "token", "credentials"], "write `auth bearer(token)`, or `auth basic(user, password)`"),
    (&["basic", "basicAuth", "username", "password"], "write `auth basic(user, password)`"),
    (&["cookie", "cookie_jar", "cookieJar"], "write `cookies on`"),
    (
        &["redirect", "follow_redirects", "followRedirects", "max_redirects", "maxRedirects", "allow_redirects", "disableFollowRedirect"],
        "write `redirects off`, `redirects 3` or `redirects any`",
    ),
    (&["request_timeout", "requestTimeout", "connect_timeout", "connectTimeout"], "write `timeout 10s`"),
    (&["health", "health_check", "healthCheck", "healthcheck_url", "ping"], "write `healthcheck GET /health`, or `healthcheck none`"),
    (&["retry", "retries", "max_retries"], "write `retry 2 times { … }` around the steps"),
    (
        &["insecure", "verify", "insecureSkipTLSVerify", "tls", "ssl", "cert", "ca", "rejectUnauthorized"],
        "write `tls: { verify: false }`, or `tls: { ca: … }`, beside the url in config/<env>.yml",
    ),
    (&["proxy", "proxies"], "set the variable `HTTPS_PROXY` when the test runs"),
    (
        &["keep_alive", "keepAlive", "keepalive", "shareConnections", "pool", "maxConnectionsPerHost"],
        "remove it: connections stay open, and the server chooses HTTP/1.1 or HTTP/2",
    ),
    (&["http2", "http_version"], "write `http2: false` beside the url in config/<env>.yml to use HTTP/1.1 only"),
    (&["camelCase", "camel", "snake_case"], "write `keys camel`"),
    (&["endpoints", "routes", "requests", "paths", "operations"], "write each request in the api, or group them: `resource name { … }`"),
    (&["vus", "users", "rate", "duration", "stages", "thresholds", "rate_limit", "rateLimit", "rps", "throttle", "concurrency"], LOAD),
];

/// Settings of users.
static USER: &[(&[&str], &str)] = &[
    (&["wait_time", "waitTime", "think", "think_time", "thinkTime", "pause", "sleep", "delay"], "write `wait 1s..3s`"),
    (&["constant_pacing", "pacing", "pace"], "write `wait pacing 5s`"),
    (
        &["tasks", "task", "flow", "scenario", "exec", "sequence", "executes", "runs", "test"],
        "write `run Name`, with `sequence Name { … }` or `tasks Name { … }` at the top level",
    ),
    (&["step", "group", "get", "post", "let", "take", "if", "for", "repeat"], "move it to a sequence, and write `run Name`"),
    (&["host", "base_url", "target", "base"], "write `base …` in an api"),
    (&["on_start", "onStart", "start", "setup", "setUp", "before", "init", "beforeScenario"], "write `on start { … }`"),
    (&["on_stop", "onStop", "stop", "teardown", "tearDown", "after", "end", "finish", "afterScenario"], "write `on stop { … }`"),
    (&["each", "interval", "schedule", "periodic"], "write `every 20m { … }`"),
    (&["probability", "share", "percentage", "percent", "ratio", "fixed_count"], "write `weight 3` for a share of the users"),
    (
        &[
            "count",
            "clients",
            "users",
            "vus",
            "rate",
            "arrivalRate",
            "arrival_rate",
            "arrivalCount",
            "rampTo",
            "duration",
            "run_time",
            "runtime",
            "ramp_up",
            "rampUp",
            "spawn_rate",
            "hatch_rate",
            "stages",
            "iterations",
            "startVUs",
            "gracefulStop",
            "executor",
            "maxVUs",
            "preAllocatedVUs",
            "threads",
            "instances",
            "amount",
            "number",
            "ramp",
            "phases",
            "maxVusers",
            "loops",
        ],
        LOAD,
    ),
];

/// Items at the top level of other tools' files.
static ITEMS: &[(&[&str], &str)] = &[
    (
        &[
            "options",
            "load",
            "phases",
            "stages",
            "profile",
            "vus",
            "users",
            "rate",
            "duration",
            "spawn_rate",
            "run_time",
            "setUp",
            "executor",
            "thread",
            "ThreadGroup",
            "thread_group",
            "plan",
            "TestPlan",
            "test_plan",
            "scenarios_options",
            "ramp",
            "arrivalRate",
            "workload",
        ],
        LOAD,
    ),
    (&["thresholds", "threshold", "ensure", "slo", "limits", "assertions"], "set thresholds in the profile"),
    (
        &["config", "settings", "environment", "variables", "vars", "env"],
        "write values in config/<env>.yml and read them as `env.some.key`",
    ),
    (
        &["target", "baseUrl", "base_url", "host", "url", "http", "httpProtocol", "client", "server"],
        "write an api, such as `api shop { base env.shop.url; healthcheck none }`",
    ),
    (&["scenarios", "scenario", "flow", "steps", "step", "test", "task", "flows", "suite", "describe", "transaction"], STEPS),
    (&["get", "post", "put", "patch", "delete"], STEPS),
    (&["request", "requests", "endpoint", "endpoints", "route", "operation"], "write it in an api: `get(id) = GET /items/{id}`"),
    (&["setup", "beforeAll", "beforeScenario", "test_start", "beforeTest", "before_test", "init"], "write `before test { … }`"),
    (&["teardown", "afterAll", "afterScenario", "test_stop", "afterTest", "after_test", "handleSummary"], "write `after test { … }`"),
    (&["feeder", "payload", "csv", "dataset", "fixture", "datasource"], "write `data rows from \"rows.csv\"`"),
    (
        &["from", "package", "using", "use", "include", "require", "load_file"],
        "write `import \"shop.lt\"` for another spec; other files cannot be imported",
    ),
    (&["persona", "vuser", "users_class", "actor"], "write `user Name { run Name }`"),
];

/// Options of data in other tools.
static DATA: &[(&[&str], &str)] = &[
    (
        &["random", "shuffle", "queue", "sequence", "sequential", "circular", "strategy", "mode", "eager"],
        "write `order random` or `order sequential`",
    ),
    (&["unique", "shared", "sharing", "scope", "allThreads"], "write `share unique` or `share all`"),
    (
        &["recycle", "loop", "loopAll", "on_eof", "eof", "end", "stopThread"],
        "write `at_end recycle`, `at_end stop_user` or `at_end stop_test`",
    ),
    (&["filter", "when", "if"], "write `where column == \"value\"`"),
    (
        &["fields", "columns", "delimiter", "skipHeader", "header", "quote"],
        "remove it: the first line of the file names the columns, which commas separate",
    ),
];

fn meaning(table: &[(&[&str], &'static str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, fix)| *fix)
}

/// The fix for a word where a member of an api is expected.
pub(crate) fn api_member(word: &str) -> Option<&'static str> {
    meaning(API, word)
}

/// The fix for a word where a member of a user is expected.
pub(crate) fn user_member(word: &str) -> Option<&'static str> {
    meaning(USER, word)
}

/// The fix for a word where an item of a file is expected.
pub(crate) fn item(word: &str) -> Option<&'static str> {
    meaning(ITEMS, word)
}

/// The fix for a word where an option of data is expected.
pub(crate) fn data_option(word: &str) -> Option<&'static str> {
    meaning(DATA, word)
}
