//! The standard library of JavaScript and Python, by path: `Math.floor`, `json.dumps`, `random.choice`.

use super::Run;
use super::calls::Arguments;
use super::value::{Code, Shape, Ty, Value};
use crate::draft;

impl Run<'_> {
    /// A member of a value of the tool.
    pub(super) fn member_of_native(&mut self, path: &str, member: &str) -> Value {
        match (path, member) {
            ("__ENV", name) => Value::Env(name.into(), None),
            ("os.environ" | "process.env", name) if name != "get" => Value::Env(name.into(), None),
            ("Math", "PI") => Value::number(std::f64::consts::PI),
            ("string", "ascii_letters") => Value::text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            ("string", "ascii_lowercase") => Value::text("abcdefghijklmnopqrstuvwxyz"),
            ("string", "ascii_uppercase") => Value::text("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            ("string", "digits") => Value::text("0123456789"),
            ("super", name) => self.inherited(name),
            ("client", "host" | "base_url") => self.host.clone().unwrap_or(Value::Undefined),
            ("client", "headers") => Value::native("client.headers"),
            // A module of settings that is not there: `import config`, `config.host`.
            (module, name)
                if super::modules::is_settings(module)
                    && (super::modules::is_constant(name) || self.language == super::Language::Python) =>
            {
                let own = name.to_ascii_uppercase();
                let name = if super::modules::is_constant(name) {
                    own
                } else {
                    format!("{}_{own}", module.trim_start_matches('.').to_ascii_uppercase())
                };
                Value::Env(name.as_str().into(), None)
            }
            _ => match super::modules::missing_setting(path, member).filter(|_| !self.is_callee) {
                Some(setting) => setting,
                None => Value::native(format!("{path}.{member}")),
            },
        }
    }

    /// The value at a path, if it is not a function.
    pub(super) fn constant(&mut self, path: &str) -> Option<Code> {
        Some(match path {
            "__VU" | "k6/execution.vu.idInTest" | "k6/execution.vu.idInInstance" => Code::new("user.id", Ty::Number),
            "__ITER"
            | "k6/execution.vu.iterationInScenario"
            | "k6/execution.vu.iterationInInstance"
            | "k6/execution.scenario.iterationInTest"
            | "k6/execution.scenario.iterationInInstance" => Code::new("user.iteration", Ty::Number),
            "k6/execution.scenario.name" | "k6/execution.test.name" => Code::new("test.id", Ty::Text),
            _ => {
                let key = crate::locust::framework::setting(path)?;
                let sections: Vec<&str> = key.split('.').collect();
                let is_key = sections.len() > 1 && sections.iter().all(|section| crate::names::is_word(section));
                let variable = crate::draft::variable(&sections);
                match is_key {
                    true => match self.draft.env(&sections, draft::Value::Default(variable, "1".to_owned())) {
                        draft::Expr::Code(code) => Code::new(code, Ty::Text),
                        _ => return None,
                    },
                    false => return None,
                }
            }
        })
    }

    /// Calls a function of the tool.
    pub(super) fn library(&mut self, path: &str, arguments: Arguments) -> Value {
        let (first, second) = (arguments.at(0), arguments.at(1));
        let name = path.rsplit('.').next().unwrap_or_default();
        let path = if matches!(path, "Number.parseInt" | "Number.parseFloat") { name } else { path };
        if let Some(method) = path.strip_prefix("k6/http.") {
            return self.k6_http(method, &arguments);
        }
        if path.starts_with("framework.")
            && let Some(value) = self.framework(name, &arguments)
        {
            return value;
        }
        if let Some(method) = path.strip_prefix("client.") {
            return self.client(method, &arguments);
        }
        if let Some(method) = path.strip_prefix("requests.").or_else(|| path.strip_prefix("httpx.")) {
            return self.outside_client(method, &arguments);
        }
        if path.starts_with("console.")
            || path.starts_with("logging.")
            || path == "print"
            || path.contains("logger.")
            || path.contains("getLogger")
        {
            return if name == "getLogger" { Value::native("logger.log") } else { Value::native("skip:logs") };
        }
        if let Some(metric) = self.metric(path, &first) {
            return metric;
        }
        match path {
            "k6.check" => self.check(&arguments),
            "k6.sleep" | "time.sleep" | "gevent.sleep" | "sleep" => self.sleep(&first),
            "k6.group" | "k6chaijs.describe" => self.group(&first, &second),
            "k6.fail" | "k6/execution.test.abort" | "exit" | "sys.exit" | "quit" => self.fail(&first),
            "k6/data.SharedArray" | "new k6/data.SharedArray" => self.shared(&first, &second),
            "k6chaijs.expect" | "k6-testing.expect" | "expect" => Value::Method(Box::new(first), "expect".into()),
            "k6/html.parseHTML"
            | "pyquery.PyQuery"
            | "PyQuery"
            | "bs4.BeautifulSoup"
            | "lxml.html.fromstring"
            | "html.fromstring"
            | "lxml.html.document_fromstring" => self.page(&first),
            "open" => self.open(&first),
            "super" if self.language == super::Language::JavaScript => {
                let constructor = self.inherited("constructor");
                self.apply(&constructor, arguments)
            }
            "super" => Value::native("super"),
            "nothing" | "self.wait" | "k6/execution.vu.tags" | "urllib3.disable_warnings" => Value::Undefined,
            "self.interrupt" => {
                self.emit(draft::Stmt::Leave);
                Value::Undefined
            }
            "JSON.stringify" | "json.dumps" | "ujson.dumps" | "orjson.dumps" => match &first {
                Value::Map(_) | Value::List(_) => Value::Method(Box::new(first), "to_json".into()),
                Value::Code(code) if code.ty != Ty::Text => Value::Method(Box::new(first), "to_json".into()),
                _ => self.function("to_json", &[first], Ty::Text),
            },
            "JSON.parse" | "json.loads" | "json.load" | "ujson.loads" => self.parsed(&first),
            "len" => self.member(first, "length"),
            "str" | "String" if matches!(first, Value::Env(..)) => first,
            "str" | "String" if matches!(&first, Value::Code(code) if code.ty == Ty::Number) => self.function("string", &[first], Ty::Text),
            "str" | "String" | "repr" => match self.as_text(&first) {
                Some(text) => Self::text_value(text),
                None => Value::unknown("str"),
            },
            "int" | "parseInt" | "float" | "Number" | "parseFloat" if matches!(first, Value::Env(..)) && !self.is_running => first,
            // A variable of the process environment is assumed to be valid.
            "Number.isInteger" | "Number.isFinite" | "isFinite" if matches!(first, Value::Env(..)) => Value::bool(true),
            "Number.isNaN" | "isNaN" if matches!(first, Value::Env(..)) => Value::bool(false),
            "int" | "parseInt" | "Math.trunc" | "Math.floor" | "math.floor" => self.integer(path, &first),
            "float" | "Number" | "parseFloat" => {
                match first.literal().and_then(|text| text.trim().parse().ok()).or_else(|| first.as_number()) {
                    Some(number) => Value::number(number),
                    None if first.ty() == Ty::Number => first,
                    None => self.function("float", &[first], Ty::Number),
                }
            }
            "bool" | "Boolean" => match self.truth(&first) {
                Some(flag) => Value::bool(flag),
                None => self
                    .condition(&first)
                    .map_or_else(|| Value::unknown("bool"), |text| Value::shaped(text, Ty::Bool, Shape::And(first.clone(), first))),
            },
            "Math.ceil" | "math.ceil" | "Math.round" | "round" | "Math.abs" | "abs" => self.rounded(name, &first),
            "Math.min" | "min" | "Math.max" | "max" => {
                let numbers: Option<Vec<f64>> = arguments.list.iter().map(Value::as_number).collect();
                match numbers.filter(|numbers| !numbers.is_empty()) {
                    Some(numbers) => {
                        Value::number(numbers.into_iter().reduce(if name == "min" { f64::min } else { f64::max }).unwrap_or_default())
                    }
                    None => self.function(name, &arguments.list, Ty::Number),
                }
            }
            "Math.pow" => self.binary("**", &first, &second),
            "range" => self.range(&arguments),
            "enumerate" => match self.items(&first, 64) {
                Some(items) => {
                    Value::list(items.into_iter().enumerate().map(|(at, item)| Value::list(vec![Value::number(at as f64), item])).collect())
                }
                None => Value::unknown(path),
            },
            "zip" => match (self.items(&first, 64), self.items(&second, 64)) {
                (Some(one), Some(other)) => {
                    Value::list(one.into_iter().zip(other).map(|(one, other)| Value::list(vec![one, other])).collect())
                }
                _ => Value::unknown(path),
            },
            "list" | "tuple" | "set" | "sorted" | "Array.from" | "itertools.cycle" | "iter" | "reversed" | "frozenset"
            | "copy.deepcopy" | "structuredClone" => self.copied(first),
            "dict" | "Object.assign" | "Object.freeze" => self.merged(&arguments),
            "Object.keys" | "Object.values" => self.method(&first, name, Arguments::default()),
            "Object.entries" => self.method(&first, "items", Arguments::default()),
            "Array.isArray" => match &first {
                Value::List(_) | Value::Rows(_) => Value::bool(true),
                Value::Code(code) if code.ty == Ty::List => Value::bool(true),
                Value::Code(code) if code.ty == Ty::Any => {
                    let kind = Value::shaped(code.text.clone(), Ty::Any, Shape::TypeOf(first.clone()));
                    self.compare("==", &kind, &Value::text("array"))
                }
                _ => Value::bool(false),
            },
            "isinstance" => match (&first, &second) {
                (Value::Code(code), Value::Native(kind)) if code.ty == Ty::Any => {
                    let ty = Value::shaped(code.text.clone(), Ty::Any, Shape::TypeOf(first.clone()));
                    self.compare("==", &ty, &Value::text(kind.to_string()))
                }
                (value, Value::Native(kind)) => Value::bool(matches!(
                    (value.ty(), &**kind),
                    (Ty::Text, "str") | (Ty::List, "list") | (Ty::Map, "dict") | (Ty::Number, "int" | "float")
                )),
                _ => Value::unknown(path),
            },
            "next" => match &first {
                Value::Rows(rows) => Value::changing(format!("next({rows})"), Ty::Map),
                // The first item of a comprehension over a response.
                Value::Code(code) if code.ty == Ty::List && code.mark().is_some() => self.function("first", &[first], Ty::Any),
                Value::List(_) | Value::Code(_) => self.one_of(&first),
                // An iterator of the script, whose state only the test knows.
                Value::Object(_) => Value::unknown("next"),
                other => other.clone(),
            },
            "sum" => match &first {
                Value::List(items) => {
                    let items = items.borrow().clone();
                    items.iter().fold(Value::number(0.0), |sum, item| self.binary("+", &sum, item))
                }
                _ => self.function("sum", &[first], Ty::Number),
            },
            "any" | "all" => self.any_or_all(name, &first),
            "getattr" => match second.literal() {
                Some(name) => self.member(first, &name),
                None => Value::unknown(path),
            },
            "hasattr" => Value::bool(true),
            "os.getenv" | "os.environ.get" | "getenv" | "env" | "decouple.config" => match first.literal() {
                Some(name) => Value::Env(
                    name.as_str().into(),
                    second.literal().or_else(|| second.as_number().map(|number| number.to_string())).map(|text| text.as_str().into()),
                ),
                None => Value::unknown(path),
            },
            "os.path.join" => {
                let parts: Vec<String> = arguments.list.iter().filter_map(Value::literal).filter(|part| !part.is_empty()).collect();
                Value::text(parts.join("/"))
            }
            "os.path.dirname" | "os.path.abspath" | "os.getcwd" | "os.path.realpath" => Value::text(""),
            "dotenv.load_dotenv" | "load_dotenv" | "random.seed" | "logging.basicConfig" | "gc.collect" => Value::native("skip:settings"),
            "encodeURIComponent" | "encodeURI" | "urllib.parse.quote" | "urllib.parse.quote_plus" | "quote" => match first.literal() {
                None if first.as_number().is_some() => first,
                Some(text) => Value::text(percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()),
                None => self.function("urlencode", &[first], Ty::Text),
            },
            "decodeURIComponent" | "urllib.parse.unquote" => self.function("urldecode", &[first], Ty::Text),
            "urllib.parse.urlencode" | "urlencode" | "new URLSearchParams" => self.query_text(&first),
            "urllib.parse.urljoin" => self.binary("+", &first, &second),
            "re.search" | "re.match" | "re.findall" => self.groups(&second, &first).unwrap_or_else(|| self.matches(&second, &first)),
            "re.compile" => {
                first.literal().and_then(|text| super::texts::regex(&text, "")).map_or_else(|| Value::unknown(path), Value::Regex)
            }
            "new RegExp" | "RegExp" => {
                first.literal().and_then(|text| super::texts::regex(&text, "")).map_or_else(|| Value::unknown(path), Value::Regex)
            }
            "new URL" | "new Error" | "Exception" | "new Set" | "new Map" | "new Array"
                if first.is_nothing() && !path.ends_with("Error") =>
            {
                Value::map(indexmap::IndexMap::new())
            }
            "btoa" | "k6/encoding.b64encode" | "base64.b64encode" | "base64.urlsafe_b64encode" | "base64.standard_b64encode" => {
                self.base64(&arguments)
            }
            "atob" | "k6/encoding.b64decode" | "base64.b64decode" => self.base64_decoded(&arguments),
            "k6/crypto.hmac" => match first.literal() {
                Some(algorithm) => self.hmac(&algorithm, &second, &arguments.at(2), &arguments.at(3)),
                None => Value::unknown(path),
            },
            "k6/crypto.md5" | "k6/crypto.sha1" | "k6/crypto.sha256" | "k6/crypto.sha512" => self.digest(name, &first, &second),
            "k6/crypto.createHMAC" | "k6/crypto.createHash" => {
                Value::map(indexmap::IndexMap::from([("hash algorithm".to_owned(), first), ("hash key".to_owned(), second)]))
            }
            "hmac.new" => {
                let algorithm = match arguments.get("digestmod", 2) {
                    Value::Native(path) => path.rsplit('.').next().unwrap_or_default().to_owned(),
                    other => other.literal().unwrap_or_else(|| "md5".to_owned()),
                };
                let bytes = self.hmac(&algorithm, &first, &arguments.get("msg", 1), &Value::Undefined);
                Value::Method(Box::new(bytes), "digest".into())
            }
            "hashlib.md5" | "hashlib.sha1" | "hashlib.sha256" | "hashlib.sha512" => {
                let bytes = self.digest(name, &first, &Value::Undefined);
                Value::Method(Box::new(bytes), "digest".into())
            }
            "uuid.uuid4" | "uuid.uuid1" | "uuid4" | "k6-utils.uuidv4" | "crypto.randomUUID" | "k6-utils.uuidv5" | "new uuid"
            | "uuid.v4" | "uuid" => Value::changing("uuid()", Ty::Text),
            "Date.now" => Value::changing("unix_ms(now())", Ty::Number),
            "time.time" => Value::changing("unix(now())", Ty::Number),
            "time.time_ns" | "time.perf_counter" | "time.monotonic" => Value::changing("unix_ms(now())", Ty::Number),
            "new Date"
            | "datetime.now"
            | "datetime.utcnow"
            | "datetime.datetime.now"
            | "datetime.datetime.utcnow"
            | "datetime.datetime.today"
            | "datetime.date.today"
            | "date.today"
            | "datetime.today" => {
                if first.is_nothing() || self.language == super::Language::Python {
                    Value::changing("now()", Ty::Time)
                } else {
                    self.date(&first)
                }
            }
            "time.strftime" => match first.literal() {
                Some(format) => Value::changing(format!("format_time(now(), {})", crate::write::quoted(&format)), Ty::Text),
                None => Value::unknown(path),
            },
            "datetime.timedelta" | "timedelta" => span(&arguments),
            _ => self.helper(path, name, &arguments),
        }
    }

    /// `new Date(value)`: a time in milliseconds, or the same time again.
    fn date(&mut self, value: &Value) -> Value {
        if value.ty() == Ty::Time {
            return value.clone();
        }
        let Some(code) = self.code(value).filter(|code| code.ty == Ty::Number) else { return Value::unknown("new Date") };
        // `Date.now() + 3600000`: an hour from now.
        let text = match code.text.strip_prefix("unix_ms(now()) ") {
            Some(rest) if rest.starts_with(['+', '-']) && !rest[1..].contains(['+', '-', '(']) => {
                format!("now() {} {} * 1ms", &rest[..1], rest[1..].trim())
            }
            _ => return Value::unknown("new Date"),
        };
        Value::Code(super::Code { atom: false, changes: true, ..super::Code::new(text, Ty::Time) })
    }

    /// A pause: `sleep(1)`, `sleep(Math.random() * 3)`.
    fn sleep(&mut self, seconds: &Value) -> Value {
        let ms = |seconds: f64| (seconds.max(0.0) * 1000.0).round() as u64;
        let wait = match (seconds.as_number(), seconds.shape()) {
            (Some(0.0), _) => return Value::Undefined,
            (Some(seconds), _) => draft::Wait::ms(ms(seconds)),
            (None, Some(Shape::Random(from, to))) => draft::Wait::ms_range(ms(*from), ms(*to)),
            (None, Some(Shape::RandomInt(from, to))) => draft::Wait::ms_range(ms(*from as f64), ms(*to as f64)),
            _ => match self.code(seconds) {
                Some(code) if code.ty == Ty::Text => draft::Wait::Fixed(draft::Expr::code(format!("float({}) * 1s", code.text))),
                Some(code) => draft::Wait::Fixed(draft::Expr::code(format!("{} * 1s", code.operand()))),
                None => return Value::unknown("sleep"),
            },
        };
        if self.is_running {
            self.emit(draft::Stmt::Wait(wait));
        }
        Value::Undefined
    }

    /// `group("name", () => { … })`
    fn group(&mut self, name: &Value, body: &Value) -> Value {
        let Some(title) = self.label(name) else { return Value::unknown("group") };
        self.out.push(Vec::new());
        let value = self.apply(body, Arguments::default());
        let out = self.out.pop().unwrap_or_default();
        let is_empty = !out.iter().any(|out| !matches!(out, super::Out::Stmt(draft::Stmt::Comment(_) | draft::Stmt::Let(..))));
        if is_empty {
            out.into_iter().for_each(|out| self.push(out));
        } else {
            self.push(super::Out::Group(title, out));
        }
        value
    }

    /// A literal name. Parts that come from data are left out.
    pub(crate) fn label(&mut self, name: &Value) -> Option<String> {
        let text = self.as_text(name)?;
        let parts = text.parts.iter().map(|part| match part {
            draft::Part::Literal(text) => text.clone(),
            draft::Part::Hole(code) => {
                let word = code.split(':').next().unwrap_or_default();
                let word = word.rsplit(['.', '(', ' ']).next().unwrap_or_default();
                let plain: String = word.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
                format!(":{}", if plain.is_empty() || code.contains(super::value::OPEN) { "value" } else { &plain })
            }
        });
        // `/orders/{id}` would look like an expression.
        let label = crate::words::line(&parts.collect::<String>().replace('{', ":").replace('}', ""));
        (!label.is_empty()).then_some(label)
    }

    /// `fail("why")`: ends the iteration.
    fn fail(&mut self, why: &Value) -> Value {
        self.failed = true;
        if self.is_running {
            let why =
                self.expr(why).filter(|why| matches!(why, draft::Expr::Text(_))).unwrap_or_else(|| draft::Expr::text("the script fails"));
            self.emit(draft::Stmt::Fail(why));
        }
        Value::native("throw")
    }
}

/// `timedelta(days=7)`
fn span(arguments: &Arguments) -> Value {
    let number = |name: &str, index: usize| arguments.get(name, index).as_number().unwrap_or_default();
    let seconds = number("days", 0) * 86_400.0
        + number("seconds", 1)
        + number("minutes", 4) * 60.0
        + number("hours", 5) * 3_600.0
        + number("weeks", 6) * 604_800.0;
    Value::code(draft::duration((seconds.max(0.0) * 1000.0) as u64), Ty::Any)
}
