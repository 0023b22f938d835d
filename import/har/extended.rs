//! The parts that k6 adds to HAR: variables, checks, pauses, and the options of a load test.
//!
//! k6's recorder and its test builder write them, and `har-to-k6` reads them.

use serde_json::Value;

use super::log::Entry;
use super::{Capture, Reader};
use crate::draft::{Draft, Expect, Source as TakeSource, Stmt, Text, User};
use crate::hurl::{self, Variables};
use crate::{Options, Source, k6, web};

/// The additional parts of an entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Extra {
    pub(super) comment: String,
    pub(super) variables: Vec<Variable>,
    pub(super) checks: Vec<Value>,
    /// The pauses before and after the request.
    pub(super) before_ms: i64,
    pub(super) after_ms: i64,
}

/// A value of a response that later requests read as `${name}`.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    kind: i64,
    expression: String,
    attribute: Option<String>,
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Reads the additional parts of an entry.
pub(super) fn read(entry: &Value) -> Extra {
    let list = |key: &str| entry[key].as_array().cloned().unwrap_or_default();
    let (before_ms, after_ms) = sleeps(&entry["sleep"]);
    let variable = |value: &Value| Variable {
        name: text(value, "name"),
        kind: value["type"].as_i64().unwrap_or(-1),
        expression: text(value, "expression"),
        attribute: value["attribute"].as_str().map(str::to_owned),
    };
    Extra {
        comment: text(entry, "comment"),
        variables: list("variables").iter().map(variable).filter(|variable| !variable.name.is_empty()).collect(),
        checks: list("checks"),
        before_ms,
        after_ms,
    }
}

/// The pauses in milliseconds before and after an entry or a page. A number is a pause after it.
pub(super) fn sleeps(sleep: &Value) -> (i64, i64) {
    let ms = |value: &Value| value.as_i64().unwrap_or_default().max(0);
    match sleep {
        Value::Array(items) => items.iter().map(sleeps).fold((0, 0), |(before, after), (one, other)| (before + one, after + other)),
        Value::Object(_) => (ms(&sleep["before"]), ms(&sleep["after"])),
        other => (0, ms(other)),
    }
}

/// A URL with the parameters that only the list of parameters contains.
pub(super) fn with_parameters(url: &str, request: &Value) -> String {
    let Some(list) = request["queryString"].as_array() else { return url.to_owned() };
    let (before, fragment) = url.split_once('#').map_or((url, ""), |(before, fragment)| (before, fragment));
    let query = before.split_once('?').map_or("", |(_, query)| query);
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let is_known = |name: &str| {
        let matches = |known: &&str| {
            *known == name || web::decode(known).as_deref() == Some(name) || web::decode(&known.replace('+', " ")).as_deref() == Some(name)
        };
        names.iter().any(matches)
            || web::decode(name).is_some_and(|decoded| names.iter().any(|known| web::decode(known).as_deref() == Some(&decoded)))
    };
    let mut out = before.to_owned();
    for pair in list {
        let (name, value) = (text(pair, "name"), text(pair, "value"));
        if name.is_empty() || is_known(&name) {
            continue;
        }
        let sign = if out.contains('?') && !out.ends_with('?') { "&" } else { "?" };
        out = out.trim_end_matches('?').to_owned() + sign + &encoded(&name) + "=" + &encoded(&value);
    }
    if fragment.is_empty() { out } else { format!("{out}#{fragment}") }
}

/// A text as a part of a query, in which `${name}` stays.
fn encoded(text: &str) -> String {
    let encode = |part: &str| url::form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>();
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, end)) = rest.find("${").and_then(|at| Some((at, at + rest[at..].find('}')? + 1))) {
        out.push_str(&encode(&rest[..at]));
        out.push_str(&rest[at..end]);
        rest = &rest[end..];
    }
    out + &encode(rest)
}

impl Reader<'_> {
    /// A text in which `${name}` reads a variable of an earlier entry.
    pub(super) fn text(&mut self, literal: &str) -> Text {
        let (variables, used) = (&self.variables, &mut self.used);
        Text::template(literal, "${", "}", |name| {
            let code = variables.get(name)?;
            used.insert(code.clone());
            Some(code.clone())
        })
    }

    /// The address of an entry. Its scheme cannot be a variable.
    pub(super) fn address(&mut self, entry: &Entry) -> Text {
        let scheme = entry.url.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| scheme.starts_with("${"));
        match scheme {
            Some(scheme) => {
                let what = format!("`{scheme}://`: the scheme of an address cannot be a variable, so it is https");
                self.draft.tally.leave("variables", what, &self.file, entry.line);
                let rest = entry.url[scheme.len()..].to_owned();
                let rest = self.text(&rest);
                let mut out = Text::literal("https");
                out.append(rest);
                out
            }
            None => self.text(&entry.url.clone()),
        }
    }

    /// Makes the variables of an entry known to the following ones.
    pub(super) fn add_variables(&mut self, number: usize, entry: &Entry) {
        for variable in &entry.extra.variables {
            match self.source_of(variable) {
                Some(source) => {
                    let name = self.correlation.named(&variable.name);
                    self.variables.insert(variable.name.clone(), name.clone());
                    self.declared.push((number, Capture { name, source }));
                }
                None => {
                    let what = format!("variable `{}`: `{}` has no counterpart", variable.name, variable.expression);
                    let comment = self.draft.tally.leave("variables", what, &self.file, entry.line);
                    self.comments.entry(number).or_default().push(Stmt::Comment(comment));
                }
            }
        }
    }

    fn source_of(&mut self, variable: &Variable) -> Option<TakeSource> {
        match variable.kind {
            0 => hurl::source(&format!("jsonpath {}", Value::from(json_path(&variable.expression))), self),
            1 => {
                let pattern = &variable.expression;
                let groups = regex::Regex::new(pattern).ok()?.captures_len();
                Some(TakeSource::code("text").matching(if groups > 1 { pattern.clone() } else { format!("({pattern})") }))
            }
            2 => {
                scraper::Selector::parse(&variable.expression).ok()?;
                Some(TakeSource::html(&variable.expression, variable.attribute.as_deref()))
            }
            _ => None,
        }
    }

    /// The expectations of an entry's checks.
    pub(super) fn add_checks(&mut self, number: usize, entry: &Entry) {
        for check in &entry.extra.checks {
            let expect = assertion(check).and_then(|assertion| hurl::assertion(&assertion, self));
            match expect {
                Ok(expect) => self.expects.entry(number).or_default().push(expect),
                Err(why) => {
                    let comment = self.draft.tally.leave("checks", format!("check: {why}"), &self.file, entry.line);
                    self.comments.entry(number).or_default().push(Stmt::Comment(comment));
                }
            }
        }
    }

    /// Captures the declared variables that later entries read.
    pub(super) fn keep_used(&mut self) {
        for (number, capture) in std::mem::take(&mut self.declared) {
            if self.used.contains(&capture.name) {
                self.correlation.captures.entry(number).or_default().push(capture);
            } else {
                self.draft.tally.skip("variables that nothing reads", 1);
            }
        }
    }
}

impl Variables for Reader<'_> {
    fn fits(&mut self, pattern: &str) -> bool {
        self.draft.patterns.fits(pattern)
    }

    fn code(&mut self, name: &str) -> String {
        match self.variables.get(name).cloned() {
            Some(code) => {
                self.used.insert(code.clone());
                code
            }
            None => crate::write::quoted(&format!("${{{name}}}")),
        }
    }
}

/// The expectations of a step: those of its checks, and of those of its response, the ones about other parts.
pub(super) fn merged(of_response: Vec<Expect>, of_checks: Vec<Expect>) -> Vec<Expect> {
    let has_status = of_checks.iter().any(|expect| matches!(expect, Expect::Status(_)));
    let kept = of_response.into_iter().filter(|expect| !(has_status && matches!(expect, Expect::Status(_))));
    let mut all: Vec<Expect> = kept.chain(hurl::merged(of_checks)).collect();
    all.sort_by_key(|expect| !matches!(expect, Expect::Status(_)));
    all
}

/// A JSONPath, which may lack its root.
fn json_path(expression: &str) -> String {
    match expression.trim() {
        path if path.starts_with('$') => path.to_owned(),
        path if path.starts_with('[') => format!("${path}"),
        path => format!("$.{path}"),
    }
}

/// A check in the syntax of Hurl's assertions.
fn assertion(check: &Value) -> Result<String, String> {
    let quoted = |text: &str| Value::from(text.replace("${", "{{").replace('}', "}}").replace("}}}}", "}}")).to_string();
    let plain = |text: &str| Value::from(text).to_string();
    let value = match &check["value"] {
        Value::String(text) if text.starts_with("${") && text.find('}') == Some(text.len() - 1) => {
            quoted(text).trim_matches('"').to_owned()
        }
        Value::String(text) if text.contains("${") => quoted(text),
        Value::String(text) => plain(text),
        other => other.to_string(),
    };
    let expression = text(check, "expression");
    let path = plain(&json_path(&expression));
    let predicate = |subject: &str| {
        Ok(match check["condition"].as_i64() {
            Some(0) => format!("{subject} contains {value}"),
            Some(1) => format!("{subject} not contains {value}"),
            Some(2) => format!("{subject} == {value}"),
            Some(3) => format!("{subject} startsWith {value}"),
            Some(4) => format!("{subject} endsWith {value}"),
            Some(5) => {
                let ty = match check["value"].as_str().unwrap_or_default() {
                    "string" => "isString",
                    "number" => "isNumber",
                    "boolean" => "isBoolean",
                    "object" => "isObject",
                    "array" => "isList",
                    "null" => return Ok(format!("{subject} == null")),
                    other => return Err(format!("the type `{other}`")),
                };
                format!("{subject} {ty}")
            }
            _ => return Err("a condition that ltc does not know".to_owned()),
        })
    };
    match (check["type"].as_i64(), check["subject"].as_i64()) {
        (Some(0), Some(0)) => predicate("body"),
        (Some(0), Some(2)) if check["condition"] == 2 => match check["value"].as_str().map(str::trim) {
            Some(status) if status.parse::<u16>().is_ok() => Ok(format!("status == {status}")),
            _ => Err("the status, which is compared with a variable".to_owned()),
        },
        (Some(1), _) => predicate(&format!("jsonpath {path}")),
        (Some(2), _) => Ok(format!("jsonpath {path} exists")),
        (Some(3), Some(0)) if !expression.contains("${") => {
            regex::Regex::new(&expression).map_err(|_| format!("the pattern `{expression}`"))?;
            Ok(format!("body matches {}", plain(&expression)))
        }
        (Some(3), Some(2)) if expression.trim_matches(['^', '$']) == "2\\d\\d" => Ok("status < 300".to_owned()),
        (Some(0 | 3), Some(1)) => Err("all headers together".to_owned()),
        _ => Err(format!("`{expression}` has no counterpart")),
    }
}

/// Applies the options of k6: users, stages and thresholds.
pub(super) fn options(draft: &mut Draft, options: &Value, source: &Source) {
    let mut options = options.clone();
    let Some(members) = options.as_object_mut().filter(|members| !members.is_empty()) else { return };
    if let Some(scenarios) = members.get_mut("scenarios").and_then(Value::as_object_mut) {
        for scenario in scenarios.values_mut().filter_map(Value::as_object_mut) {
            scenario.remove("exec");
        }
    }
    let script = format!(
        "import http from 'k6/http';\nexport const options = {options};\nexport default function () {{ http.get('http://localhost/'); }}\n"
    );
    let line = source.text.find("\"options\"").map_or(1, |at| source.line(at));
    let read =
        Source::new(source.name.clone(), ".", script.as_bytes()).ok().and_then(|script| k6::import(&script, &Options::default()).ok());
    let Some(read) = read else { return };
    draft.profile = read.profile;
    draft.users = read.users.into_iter().map(|user| User { run: "Visit".to_owned(), ..user }).collect();
    for left in read.tally.left {
        draft.tally.leave(&left.kind, left.what, &source.name, line);
    }
    if let Some(count) = read.tally.carried.get("thresholds") {
        draft.tally.carry("thresholds", *count);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Kind, Options, Source, import, summary, write};

    const SHOP: &str = r#"{"log": {
        "options": {"vus": 4, "duration": "2m", "rps": 9, "thresholds": {"http_req_duration": ["p(95)<300"]}},
        "pages": [{"id": "buy", "title": "Buy", "sleep": {"before": 900}}],
        "entries": [
          {"comment": "Find a mug", "variables": [{"name": "item", "type": 0, "expression": "$.items[0].id"},
              {"name": "stamp", "type": 1, "expression": "stamp=(\\d+)"}, {"name": "csrf", "type": 2, "expression": "input[name=csrf]", "attribute": "value"},
              {"name": "odd", "type": 7, "expression": "?"}, {"name": "unread", "type": 0, "expression": "unread"}],
           "checks": [{"type": 0, "subject": 2, "condition": 2, "value": "200"}, {"type": 1, "expression": "shop.name", "condition": 2, "value": "Mugs"},
              {"type": 1, "expression": "$.shop.open", "condition": 5, "value": "boolean"}, {"type": 2, "expression": "$.items"},
              {"type": 3, "subject": 0, "expression": "[0-9]+ mugs?"}, {"type": 0, "subject": 1, "condition": 0, "value": "gzip"}],
           "request": {"method": "GET", "url": "https://shop.test/items", "queryString": [{"name": "q", "value": "a mug"}]}},
          {"sleep": 2000, "pageref": "buy", "request": {"method": "GET", "url": "https://shop.test/items/${item}?s=${stamp}&n=1", "queryString": [{"name": "n", "value": "1"}]}},
          {"sleep": [{"before": 300, "after": 1500}], "pageref": "buy",
           "checks": [{"type": 1, "expression": "$.id", "condition": 2, "value": "${item}"}],
           "request": {"method": "POST", "url": "https://shop.test/orders", "headers": [{"name": "X-Item", "value": "${item}/${other}"}],
             "postData": {"mimeType": "application/json", "text": "{\"item\": \"${item}\", \"csrf\": \"${csrf}\"}"}}}
        ]}}"#;

    #[test]
    fn variables_checks_pauses_and_options_of_k6_are_imported() {
        let source = Source::new("shop.har", ".", SHOP.as_bytes()).unwrap();
        let draft = import(&source, Kind::Har, &Options::default()).unwrap();
        let files: String = write::files(&draft).into_iter().map(|(_, content)| String::from_utf8(content).unwrap()).collect();
        for part in [
            "step \"Find a mug\" interrupt",
            "take item = json.items[0].id",
            "take stamp = text ~ /stamp=(\\d+)/",
            "take csrf = html \"input[name=csrf]\" @value",
            "query { q: \"a mug\" }",
            "expect 200",
            "expect json { shop: { name: \"Mugs\", open: bool }, items: _ }",
            "expect text ~ /[0-9]+ mugs?/",
            "group \"Buy\"",
            "wait 2.3s",
            "wait 1.5s",
            "headers { \"X-Item\": \"{item}/$\\u{7b}other}}\" }",
            "expect json { id: item }",
            "clients: 4",
            "duration: 2m",
            "all.p95 < 300ms",
        ] {
            assert!(files.contains(part), "{part} is missing:\n{files}");
        }
        let summary = summary(&draft.tally).join("\n");
        for part in ["variable `odd`", "all headers together", "options.rps", "1 variable that nothing reads"] {
            assert!(summary.contains(part), "{part} is missing:\n{summary}");
        }
        assert!(!files.contains("unread"), "{files}");
    }

    #[test]
    fn parameters_of_the_list_are_added_only_if_the_url_lacks_them() {
        let request = serde_json::json!({"queryString": [{"name": "a[]", "value": "1"}, {"name": "b", "value": "${x} y"}]});
        assert_eq!(super::with_parameters("https://a.test/?a%5B%5D=1#top", &request), "https://a.test/?a%5B%5D=1&b=${x}+y#top");
        assert_eq!(super::with_parameters("https://a.test/", &request), "https://a.test/?a%5B%5D=1&b=${x}+y");
    }
}
