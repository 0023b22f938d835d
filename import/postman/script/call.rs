//! Calls in scripts that have a counterpart in the language.

use super::Interpreter;
use super::value::{Code, Value};
use crate::draft::Expr;
use crate::js::{self, Kind};
use crate::postman::time::{duration, format};
use crate::write::quoted;

/// A call of a method.
pub(super) struct Callee<'c> {
    pub(super) object: Value,
    pub(super) method: &'c str,
    pub(super) arguments: &'c [js::Expr],
}

impl Interpreter<'_> {
    /// A call of a function by its full name.
    pub(super) fn known_call(&mut self, path: &[&str], arguments: &[js::Expr]) -> Option<Value> {
        let first = arguments.first().map(|argument| self.eval(argument));
        let text = |value: &Option<Value>| value.as_ref().and_then(|value| value.literal().map(str::to_owned));
        let code = |value: &Option<Value>| value.as_ref().and_then(Value::to_code);
        Some(match path {
            ["pm", "response", "json"] | ["xml2Json"] if path.len() == 3 => Value::Json(Vec::new()),
            ["pm", "response", "text"] => Value::source("text", true),
            ["JSON", "parse"] => match code(&first)? {
                Code { text, .. } if text == "text" => Value::Json(Vec::new()),
                code => Value::Code(Code::atom(format!("from_json({})", code.text), false, code.reads)),
            },
            ["JSON", "stringify"] => wrap("to_json", &code(&first)?, true),
            ["pm", "response", "headers", "get" | "one"] | ["postman", "getResponseHeader"] => {
                Value::source(format!("header {}", quoted(&text(&first)?)), true)
            }
            ["pm", "cookies", "get"] | ["pm", "response", "cookies", "get"] | ["postman", "getResponseCookie"] => {
                Value::source(format!("cookie {}", quoted(&text(&first)?)), true)
            }
            ["pm", "environment" | "globals" | "variables" | "collectionVariables" | "iterationData" | "vault", "get"]
            | ["postman", "getEnvironmentVariable" | "getGlobalVariable"]
            | ["environment" | "globals", "get"] => {
                let key = self.key(arguments.first()?)?;
                self.variable(&key)
            }
            ["pm", "variables" | "environment" | "globals" | "collectionVariables", "replaceIn"] => {
                Value::Data(self.variables.value(&text(&first)?))
            }
            ["require"] => Value::Module(text(&first)?),
            ["parseInt"] | ["_", "parseInt"] => match first? {
                Value::Data(Expr::Number(digits)) => Value::Data(Expr::Number(digits)),
                value => wrap("int", &value.to_code()?, false),
            },
            ["Number" | "parseFloat"] => match first? {
                Value::Data(Expr::Number(digits)) => Value::Data(Expr::Number(digits)),
                value => wrap("float", &value.to_code()?, false),
            },
            ["String"] => wrap("string", &code(&first)?, true),
            ["Boolean"] => return None,
            ["encodeURIComponent" | "encodeURI"] => wrap("urlencode", &code(&first)?, true),
            ["decodeURIComponent"] => wrap("urldecode", &code(&first)?, true),
            ["btoa"] => wrap("base64", &code(&first)?, true),
            ["atob"] => {
                let code = code(&first)?;
                Value::Code(Code::atom(format!("text(base64_decode({}))", code.text), true, code.reads))
            }
            ["Date", "now"] => Value::code("unix_ms(now())"),
            ["moment"] if arguments.is_empty() => Value::Time("now()".to_owned()),
            ["moment"] => match first? {
                Value::Time(time) => Value::Time(time),
                // The value is a formatted time.
                Value::Code(code) => {
                    let arguments = code.text.strip_prefix("format_time(")?.strip_suffix("\")")?;
                    Value::Time(arguments.rsplit_once(", \"")?.0.to_owned())
                }
                _ => return None,
            },
            ["Math", "random"] => Value::code("random(0.0, 1.0)"),
            ["Math", "floor"] if arguments.len() == 1 => self.floor(&arguments[0])?,
            ["Math", name @ ("ceil" | "round" | "abs")] => wrap(name, &code(&first)?, false),
            ["Math", name @ ("min" | "max")] => {
                let values: Option<Vec<Code>> = arguments.iter().map(|argument| self.eval(argument).to_code()).collect();
                let values = values?;
                let text = values.iter().map(|code| code.text.as_str()).collect::<Vec<_>>().join(", ");
                Value::Code(Code::atom(format!("{name}({text})"), false, values.iter().any(|code| code.reads)))
            }
            ["crypto", "randomUUID"] => Value::text_code("uuid()"),
            ["uuid"] | ["uuidv4"] => Value::text_code("uuid()"),
            _ => return None,
        })
    }

    /// Converts `Math.floor(Math.random() * n)` to a random whole number.
    fn floor(&mut self, argument: &js::Expr) -> Option<Value> {
        let is_random =
            |expr: &js::Expr| matches!(&expr.kind, Kind::Call(callee, _) if callee.path().as_deref() == Some(&["Math", "random"]));
        if let Kind::Binary("*", left, right) = &argument.kind {
            let times = if is_random(left) {
                Some(right)
            } else if is_random(right) {
                Some(left)
            } else {
                None
            };
            if let Some(times) = times {
                return Some(match self.eval(times) {
                    Value::Data(Expr::Number(digits)) if !digits.contains('.') => {
                        Value::code(format!("random(0, {})", digits.parse::<i64>().ok()? - 1))
                    }
                    value => {
                        let code = value.to_code()?;
                        Value::Code(Code::atom(format!("random(0, int({}) - 1)", code.text), false, code.reads))
                    }
                });
            }
        }
        let code = self.eval(argument).to_code()?;
        Some(wrap("floor", &code, false))
    }

    /// The name of a Postman variable. Its changing parts are left out, as in `{{known:{{id}}:name}}`.
    pub(super) fn key(&mut self, argument: &js::Expr) -> Option<String> {
        match self.eval(argument) {
            Value::Data(Expr::Text(text)) => {
                let literal =
                    |part: &crate::draft::Part| if let crate::draft::Part::Literal(text) = part { Some(text.clone()) } else { None };
                let key: String = text.parts.iter().filter_map(literal).collect();
                let name = crate::postman::variables::pieces(&key);
                let key: String = name
                    .into_iter()
                    .filter_map(|piece| if let crate::postman::variables::Piece::Text(text) = piece { Some(text) } else { None })
                    .collect();
                (!key.trim().is_empty()).then(|| key.trim().to_owned())
            }
            _ => None,
        }
    }
}

/// `name(code)`
fn wrap(name: &str, code: &Code, is_text: bool) -> Value {
    Value::Code(Code::atom(format!("{name}({})", code.text), is_text, code.reads))
}

impl Callee<'_> {
    /// The value of the call, if it has a counterpart.
    pub(super) fn call(&self, interpreter: &mut Interpreter<'_>) -> Option<Value> {
        let mut values = Vec::new();
        for argument in self.arguments {
            values.push(interpreter.eval(argument));
        }
        match &self.object {
            Value::Module(name) => self.of_module(name, &values),
            Value::Time(time) => self.of_time(time, &values),
            object => self.of_value(&object.to_code()?, object, &values),
        }
    }

    fn of_module(&self, module: &str, values: &[Value]) -> Option<Value> {
        let code = |at: usize| values.get(at).and_then(Value::to_code);
        Some(match (module, self.method) {
            ("uuid", _) => Value::text_code("uuid()"),
            ("moment", "now") => Value::code("unix_ms(now())"),
            ("moment", "utc") => Value::Time("now()".to_owned()),
            ("headers", "get" | "one") => Value::source(format!("header {}", quoted(values.first()?.literal()?)), true),
            ("_" | "lodash", "first" | "head" | "last") if matches!(values.first(), Some(Value::Json(_))) => {
                return of_end(self.method, values.first()?);
            }
            ("_" | "lodash", "random") if values.len() == 1 => Value::code(format!("random(0, {})", code(0)?.text)),
            ("_" | "lodash", "random") => Value::code(format!("random({}, {})", code(0)?.text, code(1)?.text)),
            ("_" | "lodash", "sample") => wrap("one_of", &code(0)?, false),
            ("_" | "lodash", "toString") => wrap("string", &code(0)?, true),
            ("_" | "lodash", "includes") => return contains(&code(0)?, &code(1)?),
            ("_" | "lodash", "size") => wrap("len", &code(0)?, false),
            ("CryptoJS" | "crypto-js", name @ ("MD5" | "SHA1" | "SHA256" | "SHA512")) => digest(&name.to_lowercase(), &[code(0)?]),
            ("CryptoJS" | "crypto-js", name @ ("HmacSHA1" | "HmacSHA256" | "HmacSHA512")) => {
                digest(&format!("hmac_{}", name[4..].to_lowercase()), &[code(1)?, code(0)?])
            }
            _ => return None,
        })
    }

    fn of_time(&self, time: &str, values: &[Value]) -> Option<Value> {
        Some(match self.method {
            "utc" | "local" | "clone" | "toDate" => Value::Time(time.to_owned()),
            "format" => Value::text_code(format!(
                "format_time({time}, {})",
                quoted(&format(values.first().map_or(Some("YYYY-MM-DDTHH:mm:ssZ"), Value::literal)?)?)
            )),
            "toISOString" | "toJSON" => Value::text_code(format!("format_time({time}, \"%Y-%m-%dT%H:%M:%SZ\")")),
            "add" | "subtract" => {
                let sign = if self.method == "add" { '+' } else { '-' };
                let length = duration(values.first()?.integer()?, values.get(1)?.literal()?)?;
                Value::Time(format!("{time} {sign} {length}"))
            }
            "getTime" | "valueOf" => Value::code(format!("unix_ms({time})")),
            "unix" => Value::code(format!("unix({time})")),
            "getFullYear" | "year" => Value::code(format!("int(format_time({time}, \"%Y\"))")),
            _ => return None,
        })
    }

    fn of_value(&self, code: &Code, object: &Value, values: &[Value]) -> Option<Value> {
        let argument = |at: usize| values.get(at).and_then(Value::to_code);
        let with = |name: &str, is_text: bool, more: &[Code]| {
            let reads = code.reads || more.iter().any(|code| code.reads);
            let all = std::iter::once(code).chain(more).map(|code| code.text.as_str()).collect::<Vec<_>>().join(", ");
            Value::Code(Code::atom(format!("{name}({all})"), is_text, reads))
        };
        Some(match self.method {
            // The digests of CryptoJS are hexadecimal by default.
            "toString" if code.text.starts_with("hex(") => match self.arguments.first().and_then(js::Expr::path).as_deref() {
                Some([.., "Base64"]) => Value::Code(Code::atom(format!("base64({}", &code.text[4..]), true, code.reads)),
                _ => Value::Code(code.clone()),
            },
            "toString" if code.is_text => object.clone(),
            "toString" => with("string", true, &[]),
            "count" | "size" if values.is_empty() => with("len", false, &[]),
            "first" | "last" if values.is_empty() && matches!(object, Value::Json(_)) => return of_end(self.method, object),
            "toUpperCase" => with("upper", true, &[]),
            "toLowerCase" => with("lower", true, &[]),
            "trim" => with("trim", true, &[]),
            "split" => with("split", false, &[argument(0)?]),
            "join" => with("join", true, &[argument(0).unwrap_or(Code::atom("\",\"", true, false))]),
            "pop" => with("last", false, &[]),
            "shift" => with("first", false, &[]),
            "replace" | "replaceAll" => match &self.arguments.first()?.kind {
                // The only characters of a UUID that are not letters or digits are its dashes.
                Kind::Regex { pattern, .. } if code.text.contains("uuid()") && (pattern.starts_with("[^") || pattern == "-") => {
                    Value::Code(Code::atom(format!("replace({}, \"-\", \"\")", code.text), true, code.reads))
                }
                Kind::Regex { .. } => return None,
                _ => with("replace", true, &[argument(0)?, argument(1)?]),
            },
            "substring" | "slice" | "substr" => {
                let from = values.first()?.integer()?;
                let to = values.get(1).map(|value| value.integer());
                let range = match (self.method, to) {
                    (_, None) if from >= 0 => format!("{from}..-1"),
                    ("substr", Some(Some(length))) if from >= 0 && length > 0 => format!("{from}..{}", from + length - 1),
                    (_, Some(Some(to))) if from >= 0 && to > from => format!("{from}..{}", to - 1),
                    ("slice" | "substr", None) => format!("{from}..-1"),
                    _ => return None,
                };
                Value::Code(Code::atom(format!("{}[{range}]", code.operand()), true, code.reads))
            }
            "includes" | "has" => return contains(code, &argument(0)?),
            "startsWith" => with("starts_with", false, &[argument(0)?]),
            "endsWith" => with("ends_with", false, &[argument(0)?]),
            _ => return None,
        })
    }
}

/// Converts the first or the last item of a list of the response.
fn of_end(method: &str, list: &Value) -> Option<Value> {
    let Value::Json(path) = list else { return None };
    if method == "last" {
        let code = list.to_code()?;
        return Some(Value::Code(Code::atom(format!("last({})", code.text), false, true)));
    }
    let mut path = path.clone();
    path.push(super::value::Member::Index(0));
    Some(Value::Json(path))
}

fn contains(all: &Code, part: &Code) -> Option<Value> {
    Some(Value::Code(Code::atom(format!("contains({}, {})", all.text, part.text), false, all.reads || part.reads)))
}

fn digest(name: &str, arguments: &[Code]) -> Value {
    let all = arguments.iter().map(|code| code.text.as_str()).collect::<Vec<_>>().join(", ");
    Value::Code(Code::atom(format!("hex({name}({all}))"), true, arguments.iter().any(|code| code.reads)))
}
