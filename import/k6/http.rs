//! `k6/http`: requests with their parameters.

use indexmap::IndexMap;

use crate::script::{Arguments, Out, Run, Sent, Ty, Value};

impl Run<'_> {
    pub(crate) fn k6_http(&mut self, method: &str, arguments: &Arguments) -> Value {
        let (first, second, third) = (arguments.at(0), arguments.at(1), arguments.at(2));
        let method = method.trim_start_matches("default.");
        match method {
            "get" | "head" => self.k6_request(method, first, Value::Undefined, &second),
            "options" | "post" | "put" | "patch" => self.k6_request(method, first, second, &third),
            "del" | "delete" => self.k6_request("delete", first, second, &third),
            "request" | "asyncRequest" => match first.literal() {
                Some(method) => self.k6_request(&method, second, third, &arguments.at(3)),
                None => Value::unknown("http.request: the method is not known"),
            },
            "batch" => self.batch(&first),
            "file" => self.form_file(&first, &second, &third),
            "url" => first,
            "expectedStatuses" => {
                let statuses = |value: &Value| match value {
                    Value::Map(map) => {
                        let bound = |name: &str| map.borrow().get(name).and_then(Value::as_number).map(|status| status as u32);
                        range(bound("min").unwrap_or(200), bound("max").unwrap_or(399))
                    }
                    other => vec![other.clone()],
                };
                Value::list(arguments.list.iter().flat_map(statuses).collect())
            }
            "setResponseCallback" => {
                if self.probing() {
                    return Value::Undefined;
                }
                self.usual_statuses = callback(&first);
                Value::Undefined
            }
            "cookieJar" | "CookieJar" => Value::native("k6/http.jar"),
            _ => Value::unknown(format!("http.{method}")),
        }
    }

    fn k6_request(&mut self, method: &str, url: Value, body: Value, params: &Value) -> Value {
        let member = |run: &mut Self, name: &str| if params.is_nothing() { Value::Undefined } else { run.member(params.clone(), name) };
        let tags = member(self, "tags");
        let name = if tags.is_nothing() { Value::Undefined } else { self.member(tags, "name") };
        let timeout = member(self, "timeout");
        let timeout_ms = timeout.as_number().or_else(|| super::options::seconds(&timeout).map(|seconds| seconds * 1000.0));
        let redirects = member(self, "redirects").as_number().map(|most| most as u32);
        let statuses = callback(&member(self, "responseCallback"));
        let sent = Sent {
            method: method.to_owned(),
            url,
            headers: member(self, "headers"),
            cookies: member(self, "cookies"),
            data: body,
            name: if matches!(name, Value::Undefined) { Value::Undefined } else { name },
            timeout_ms,
            redirects,
            statuses,
            ..Sent::default()
        };
        self.send(sent)
    }

    /// `http.batch([…])`: sends requests at the same time.
    fn batch(&mut self, requests: &Value) -> Value {
        let members: Vec<(String, Value)> = match requests {
            Value::List(items) => items.borrow().iter().enumerate().map(|(at, item)| (at.to_string(), item.clone())).collect(),
            Value::Map(map) => map.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            _ => return Value::unknown("http.batch: the requests are not known"),
        };
        let (out, responses) = self.collect(|run| {
            let mut responses = IndexMap::new();
            for (key, request) in members {
                responses.insert(key, run.one_of_batch(&request));
            }
            responses
        });
        self.push(Out::Parallel(out));
        match requests {
            Value::List(_) => Value::list(responses.into_values().collect()),
            _ => Value::map(responses),
        }
    }

    fn one_of_batch(&mut self, request: &Value) -> Value {
        let nothing = Value::Undefined;
        match request {
            Value::List(parts) => {
                let parts = parts.borrow().clone();
                let at = |index: usize| parts.get(index).cloned().unwrap_or(Value::Undefined);
                let method = at(0).literal().unwrap_or_else(|| "get".to_owned());
                self.k6_request(&method, at(1), at(2), &at(3))
            }
            Value::Map(_) => {
                let [method, url, body, params] = ["method", "url", "body", "params"].map(|name| self.member(request.clone(), name));
                let method = method.literal().unwrap_or_else(|| "get".to_owned());
                self.k6_request(&method, url, body, &params)
            }
            url => self.k6_request("get", url.clone(), nothing.clone(), &nothing),
        }
    }

    /// `http.file(content, "name", "type")`
    fn form_file(&mut self, content: &Value, name: &Value, ty: &Value) -> Value {
        let code = match content {
            Value::File(path) => self.file_of_form(&path.clone()),
            other => match self.code(other) {
                Some(code) => code.text,
                None => return Value::unknown("http.file"),
            },
        };
        let part =
            |value: &Value, key: &str| value.literal().map(|text| format!(", {key}: {}", crate::write::quoted(&text))).unwrap_or_default();
        match code.strip_suffix(')').filter(|code| code.starts_with("file(")) {
            Some(open) => {
                let open = open.split(", name:").next().unwrap_or(open);
                Value::code(format!("{open}{}{})", part(name, "name"), part(ty, "type")), Ty::Any)
            }
            None => Value::code(code, Ty::Text),
        }
    }
}

/// The statuses that `http.expectedStatuses` accepts.
fn callback(value: &Value) -> Vec<String> {
    let status = |item: &Value| item.literal().or_else(|| item.as_number().map(|status| format!("{status:.0}")));
    match value {
        Value::List(items) => items.borrow().iter().filter_map(status).collect(),
        _ => Vec::new(),
    }
}

/// `{ min: 200, max: 404 }`: whole classes, and the single statuses of a part of one. A large part counts as its class.
fn range(min: u32, max: u32) -> Vec<Value> {
    let (min, max) = (min.clamp(100, 599), max.clamp(100, 599));
    let mut out = Vec::new();
    for class in min / 100..=max / 100 {
        let (from, to) = (min.max(class * 100), max.min(class * 100 + 99));
        match to - from {
            0..=24 => out.extend((from..=to).map(|status| Value::number(f64::from(status)))),
            _ => out.push(Value::text(format!("{class}xx"))),
        }
    }
    out
}
