//! Values of other tools and languages: constants, and the names under which their scripts read a response.

/// Constants and objects of other languages. Nobody gives a variable such a name.
pub(super) static CONSTANTS: &[&str] = &[
    "None",
    "nil",
    "undefined",
    "NaN",
    "True",
    "False",
    "NULL",
    "TRUE",
    "FALSE",
    "__ENV",
    "__VU",
    "__ITER",
    "pm",
    "process",
    "os",
    "sys",
    "console",
    "Math",
    "JSON",
    "self",
    "this",
    "__threadNum",
    "__UUID",
    "__time",
    "__counter",
];

/// Patterns of values, each with its fix.
pub(super) static VALUES: &[(&str, &str)] = &[
    ("None", "write `null`"),
    ("nil", "write `null`"),
    ("none", "write `null`"),
    ("NULL", "write `null`"),
    ("undefined", "write `null`"),
    ("NaN", "write `null`"),
    ("True", "write `true`"),
    ("TRUE", "write `true`"),
    ("False", "write `false`"),
    ("FALSE", "write `false`"),
    ("__ENV", "write `env.some.key`: the key is in config/<env>.yml"),
    ("__ENV.*", "write `env.some.key`: the key is in config/<env>.yml"),
    ("process.env.*", "write `env.some.key`: the key is in config/<env>.yml"),
    ("process.*", "write `env.some.key`: the key is in config/<env>.yml"),
    ("os.*", "write `env.some.key`: the key is in config/<env>.yml"),
    ("__VU", "write `user.id`"),
    ("__ITER", "write `user.iteration`"),
    ("exec.vu.idInTest", "write `user.id`"),
    ("exec.vu.idInInstance", "write `user.id`"),
    ("exec.vu.iterationInScenario", "write `user.iteration`"),
    ("exec.vu.iterationInInstance", "write `user.iteration`"),
    ("exec.scenario.iterationInTest", "write `user.iteration`"),
    ("exec.*", "use `user.id`, `user.iteration`, `shard.index` or `test.id`"),
    ("__threadNum", "write `user.id`"),
    ("__UUID", "write `uuid()`"),
    ("__time", "write `unix_ms(now())`, or `format_time(now(), \"%Y-%m-%d\")`"),
    ("__counter", "write `user.iteration`"),
    ("__iterationNum", "write `user.iteration`"),
    ("__machineName", "write `shard.index`"),
    ("__threadGroupName", "write the name of the user as a text"),
    ("__samplerName", "write the step's name as a text"),
    ("__TestPlanName", "write `test.id`"),
    ("self.*", "use `keep` for what a user remembers"),
    ("this.*", "use `keep` for what a user remembers"),
    // The response.
    ("statusCode", "write `status`, or the status alone: `expect 200`"),
    ("status_code", "write `status`, or the status alone: `expect 200`"),
    ("responseCode", "write `status`, or the status alone: `expect 200`"),
    ("responseCode.code", "write `status`, or the status alone: `expect 200`"),
    ("responseBody", "write `text`, or `json` for a JSON body"),
    ("responseHeaders", "write `header \"Name\"`"),
    ("contentType", "write `header \"Content-Type\"`"),
    ("content_type", "write `header \"Content-Type\"`"),
    ("responseTime", "write `elapsed`: `expect elapsed < 500ms`"),
    ("response.time", "write `elapsed`: `expect elapsed < 500ms`"),
    ("code", "write the status alone, such as `expect 200`, or `status` as a value"),
    ("response_time", "write `elapsed`: `expect elapsed < 500ms`"),
    ("responseTimeInMillis", "write `elapsed`: `expect elapsed < 500ms`"),
    ("response_time_ms", "write `elapsed`: `expect elapsed < 500ms`"),
    ("elapsed_ms", "write `elapsed`: `expect elapsed < 500ms`"),
    ("latency", "write `elapsed`: `expect elapsed < 500ms`"),
    ("duration", "write `elapsed`: `expect elapsed < 500ms`"),
    ("time", "write `elapsed` for the response time, `now()` for the current instant"),
    ("headers", "write `header \"Name\"`"),
    ("headers.*", "write `header \"{name}\"`"),
    ("header", "write `header \"Name\"`"),
    ("header.*", "write `header \"{name}\"`"),
    ("cookie", "write `cookie \"name\"`"),
    ("cookie.*", "write `cookie \"{name}\"`"),
    ("*.to_s", "write `string({of})`"),
    ("*.to_i", "write `int({of})`"),
    ("*.to_f", "write `float({of})`"),
    ("*.first", "write `first({of})`"),
    ("*.last", "write `last({of})`"),
    ("cookies", "write `cookie \"name\"`"),
    ("cookies.*", "write `cookie \"{name}\"`"),
    ("title", "write `html \"title\"`"),
    ("success", "write the status, such as `expect 2xx`"),
    ("OK", "write the status, such as `expect 200` or `expect 2xx`"),
    ("any", "write `_`: it accepts any value"),
    ("anything", "write `_`: it accepts any value"),
    ("ok", "write the status, such as `expect 2xx`"),
    ("redirect", "write the status, such as `expect 3xx`; `redirects off` in the request keeps the response of the redirect"),
    ("error", "write the statuses, such as `expect 4xx | 5xx`"),
    ("failure", "write the statuses, such as `expect 4xx | 5xx`"),
    ("size", "write `len(text)` for the length of the body in characters"),
    ("body_size", "write `len(text)` for the length of the body in characters"),
    ("content_length", "write `len(text)` for the length of the body in characters"),
    (
        "response",
        "use a source of the response: `json`, `text`, `status`, `header \"…\"`, `cookie \"…\"`, `html \"…\"`, `url` or `elapsed`",
    ),
    ("pm.response.code", "write `status`, or the status alone: `expect 200`"),
    ("pm.response.responseTime", "write `elapsed`"),
    ("pm.response.to.be.ok", "write `expect 200`"),
    ("pm.response.to.be.success", "write `expect 2xx`"),
    ("pm.response.to.be.info", "write `expect 1xx`"),
    ("pm.response.to.be.redirection", "write `expect 3xx`"),
    ("pm.response.to.be.clientError", "write `expect 4xx`"),
    ("pm.response.to.be.serverError", "write `expect 5xx`"),
    ("pm.response.to.be.error", "write `expect 4xx | 5xx`"),
    ("pm.response.to.be.accepted", "write `expect 202`"),
    ("pm.response.to.be.badRequest", "write `expect 400`"),
    ("pm.response.to.be.unauthorized", "write `expect 401`"),
    ("pm.response.to.be.forbidden", "write `expect 403`"),
    ("pm.response.to.be.notFound", "write `expect 404`"),
    ("pm.response.to.be.rateLimited", "write `expect 429`"),
    ("pm.response.to.be.json", "write `expect headers { content_type: ~ /json/ }`"),
    ("pm.*", "use a source of the response: `json`, `text`, `status`, `header \"…\"` or `elapsed`"),
    ("datetime.*", "write `now()`"),
    ("iteration", "write `user.iteration`"),
    ("iterationIndex", "write `user.iteration`"),
    ("vu", "write `user.id`"),
    ("vu.*", "write `user.id`, or `user.iteration`"),
    ("vuId", "write `user.id`"),
    ("userId", "write `user.id`"),
    ("thread", "write `user.id`"),
    ("worker", "write `shard.index`"),
    ("config.*", "write `env.{below}`: the key is in config/<env>.yml"),
    ("settings.*", "write `env.{below}`: the key is in config/<env>.yml"),
    ("ENV.*", "write `env.{below}`: the key is in config/<env>.yml"),
    ("Env.*", "write `env.{below}`: the key is in config/<env>.yml"),
    ("environment.*", "write `env.{below}`: the key is in config/<env>.yml"),
    ("p50", "set thresholds in the profile; `expect elapsed < 500ms` judges each response"),
    ("p90", "set thresholds in the profile; `expect elapsed < 500ms` judges each response"),
    ("p95", "set thresholds in the profile; `expect elapsed < 500ms` judges each response"),
    ("p99", "set thresholds in the profile; `expect elapsed < 500ms` judges each response"),
    ("avg", "set thresholds in the profile; `expect elapsed < 500ms` judges each response"),
    ("median", "set thresholds in the profile; `expect elapsed < 500ms` judges each response"),
    ("error_rate", "set thresholds in the profile; `expect 2xx` judges each response"),
    ("errors", "set thresholds in the profile; `expect 2xx` judges each response"),
    ("rps", "set thresholds in the profile; `expect elapsed < 500ms` judges each response"),
    ("JSON", "write `json`"),
    ("*.upper", "write `upper({of})`"),
    ("*.lower", "write `lower({of})`"),
    ("*.trim", "write `trim({of})`"),
    ("*.strip", "write `trim({of})`"),
    ("*.reverse", "write `reverse({of})`"),
    ("*.sort", "write `sort({of})`"),
    ("*.sum", "write `sum({of})`"),
    ("*.keys", "write `keys({of})`"),
    ("SECOND", "write a duration with its unit: `30s`"),
    ("SECONDS", "write a duration with its unit: `30s`"),
    ("MINUTE", "write a duration with its unit: `5m`"),
    ("MINUTES", "write a duration with its unit: `5m`"),
];

/// The names that other tools give to a response.
static RESPONSES: &[&str] = &["response", "resp", "res", "r", "rsp", "result"];

/// Whether other tools give a response this name.
pub(super) fn is_response(name: &str) -> bool {
    RESPONSES.contains(&name) || name == "pm"
}

/// The source that corresponds to an expression of another tool: `response.json.id`, `headers["Location"]`.
pub(crate) fn source(written: &str) -> Option<String> {
    let (root, rest) = written.split_at(written.find(['.', '[']).unwrap_or(written.len()));
    let path = match root {
        _ if RESPONSES.contains(&root) => rest.trim_start_matches('.'),
        "headers" | "cookies" | "header" | "cookie" | "status_code" | "statusCode" => written,
        "body" if !rest.is_empty() => written,
        "form" if rest.starts_with('.') => return Some(format!("write `html \"input[name={}]\" @value`", &rest[1..])),
        _ => return None,
    };
    let (kind, rest) = path.split_at(path.find(['.', '[', '(']).unwrap_or(path.len()));
    let name = rest.split('"').nth(1).unwrap_or(rest).trim_matches(['.', '[', ']', '"', '\'', '(', ')']);
    match kind {
        "headers" | "header" => Some(format!("write `header \"{}\"`", if name.is_empty() { "Location".to_owned() } else { name.replace('_', "-") })),
        "cookies" | "cookie" => Some(format!("write `cookie \"{}\"`", if name.is_empty() { "sid" } else { name })),
        "status" | "status_code" | "statusCode" | "code" | "ok" | "is_success" => Some("write `status`, or the status alone: `expect 200`".to_owned()),
        "text" | "content" | "body" if rest.is_empty() => Some("write `text`, or `json` where the body is JSON".to_owned()),
        "body" => Some(format!("write `json.{name}`")),
        "json" | "data" => Some(format!("write `json{}{name}`", if name.is_empty() { "" } else { "." })),
        "url" => Some("write `url`".to_owned()),
        "time" | "timings" | "elapsed" | "duration" | "responseTime" | "response_time" | "latency" => {
            Some("write `elapsed`: `expect elapsed < 500ms`".to_owned())
        }
        "html" => Some("write `html \"css selector\"`".to_owned()),
        member if RESPONSES.contains(&root) && rest.is_empty() && member.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !member.is_empty() => {
            Some(format!("write `json.{member}` for a member of a JSON body"))
        }
        _ => Some(
            "use one of the sources: `json`, `text`, `header \"…\"`, `cookie \"…\"`, `html \"…\"`, `form \"…\"`, `status`, `url`, `elapsed`".to_owned(),
        ),
    }
}

/// The map that is meant by fields in another form: `"q=x&page=2"`, `["X-A: b"]`, `[{ name: "X-A", value: "b" }]`.
pub(crate) fn fields(written: &str) -> Option<String> {
    let entries: Vec<String> = if let Some(list) = written.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        super::arguments(list).into_iter().map(field).collect::<Option<_>>()?
    } else {
        let text = written.strip_prefix('"')?.strip_suffix('"')?;
        let pairs = if text.contains(": ") { vec![text] } else { text.split('&').collect() };
        pairs.into_iter().map(pair).collect::<Option<_>>()?
    };
    let is_plain = !entries.is_empty() && !written.contains('\n') && !written.contains('\\');
    is_plain.then(|| format!("{{ {} }}", entries.join(", ")))
}

/// An item of a list of fields.
fn field(item: &str) -> Option<String> {
    if let Some(text) = item.strip_prefix('"').and_then(|item| item.strip_suffix('"')) {
        return pair(text);
    }
    let members = super::arguments(item.strip_prefix('{')?.strip_suffix('}')?);
    let of = |names: [&str; 3]| {
        members.iter().find_map(|member| {
            let (name, value) = member.split_once(':')?;
            names.contains(&name.trim().trim_matches('"')).then(|| value.trim())
        })
    };
    let (name, value) = (of(["name", "key", "field"])?, of(["value", "val", "content"])?);
    name.starts_with('"').then(|| format!("{name}: {value}"))
}

/// `X-A: b`, `page=2`.
fn pair(text: &str) -> Option<String> {
    let (name, value) = text.split_once(": ").or_else(|| text.split_once('='))?;
    let is_name = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'));
    is_name.then(|| format!("\"{name}\": \"{}\"", value.trim()))
}
