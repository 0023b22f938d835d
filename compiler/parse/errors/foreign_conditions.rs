//! Statements with `expect` as assertion libraries and other tools write them: regexes without `~`, words for comparisons, patterns after
//! the wrong word.

use super::stop::{Mistake, ParseStop, closing, found_at, offset};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    let rest = whole.strip_prefix("expect ")?.trim_start();
    let start = whole.len() - rest.len();
    let statement = Statement { stop, whole, rest, start };
    statement
        .regex()
        .or_else(|| statement.pattern())
        .or_else(|| statement.headers())
        .or_else(|| statement.status())
        .or_else(|| statement.contains())
        .or_else(|| statement.limit())
        .or_else(|| statement.alone())
        .or_else(|| statement.texts())
        .or_else(|| statement.quantifier())
        .or_else(|| statement.to_be())
        .or_else(|| statement.beside_a_source())
}

/// An `expect` of one line.
struct Statement<'s, 'a> {
    stop: &'s ParseStop<'a>,
    /// The statement without what follows it on its line.
    whole: &'s str,
    /// What follows `expect`, and where that starts.
    rest: &'s str,
    start: usize,
}

impl Statement<'_, '_> {
    /// A mistake in the first bytes after `expect`, with the statement that is meant.
    fn exact(&self, len: usize, message: impl Into<String>, code: &str) -> Option<Mistake> {
        found_at(self.start..self.start + len, Code::ForeignOperator, message, format!("write `{code}`"))?.replacing(0..self.whole.len())
    }

    /// `expect text /ok/`, `expect body matches /ok/i`: the regex is read as a division, so parsing stops on a later line.
    fn regex(&self) -> Option<Mistake> {
        let source = word(self.rest);
        if !matches!(source, "text" | "body" | "url") {
            return None;
        }
        let behind = self.rest[source.len()..].trim_start();
        let operator = word(behind);
        if !matches!(operator, "" | "matches" | "match" | "like" | "regex" | "contains") {
            return None;
        }
        let regex = behind[operator.len()..].trim_start();
        let end = regex.get(1..).and_then(|inside| inside.rfind('/')).map(|end| end + 2).filter(|_| regex.starts_with('/'))?;
        let flags = &regex[end..];
        let kept = if flags.contains('i') { format!("/(?i){}", &regex[1..end]) } else { regex[..end].to_owned() };
        let source = if source == "body" { "text" } else { source };
        let is_regex = flags.bytes().all(|byte| b"gimsuy".contains(&byte));
        let message = if operator.is_empty() { "missing `~` before a regex".to_owned() } else { format!("unknown operator `{operator}`") };
        self.exact(self.rest.len(), message, &format!("expect {source} ~ {kept}")).filter(|_| is_regex)
    }

    /// `expect body { … }`, `expect exactly json { … }`, `expect json == exactly { … }`, `expect status { 200 }`, `expect schema "x"`.
    fn pattern(&self) -> Option<Mistake> {
        let first = word(self.rest);
        let open = self.rest.find(['{', '[']);
        let before = self.rest[..open.unwrap_or(self.rest.len())].trim();
        let is_schema = matches!(before.split(' ').next_back()?, "schema" | "jsonSchema" | "json_schema" | "matches_schema")
            || matches!(first, "schema" | "jsonSchema" | "json_schema")
            || self.rest.starts_with("json schema ");
        if is_schema {
            let help = "write the members with their types: `expect json { id: int, name: string }`";
            let place = self.start..self.start + before.len();
            return found_at(place, Code::ForeignOperator, "unexpected schema, expected a pattern", help);
        }
        let open = open?;
        let meant = match before {
            "body" | "response" | "payload" | "content" | "response json" | "response.json" | "json body" | "body json" => "json",
            "exactly json" | "json == exactly" | "json is exactly" | "exactly body" | "exact json" => "json exactly",
            "not json" | "json not" | "json !contains" | "json not contains" | "json does not contain" => {
                let help = "write `!=` or `absent` in the pattern, such as `expect json { id: != 3, error: absent }`";
                let place = self.start..self.start + before.len();
                return found_at(place, Code::ForeignOperator, format!("unexpected `{before}` before a pattern"), help);
            }
            "status" | "statusCode" | "code" => {
                let status = self.rest[open + 1..].split(['}', ']']).next()?.trim();
                let statuses: Vec<&str> = status.split([',', '|', ' ']).filter(|status| !status.is_empty()).collect();
                let known = !statuses.is_empty() && statuses.iter().all(|status| status.len() == 3);
                let message = format!("unexpected `{before}`, expected the status's number alone");
                return self.exact(self.rest.len(), message, &format!("expect {}", statuses.join(" | "))).filter(|_| known);
            }
            _ => return None,
        };
        let help = format!("write `{meant}`: `expect {meant} {{ id: 3 }}`");
        let place = self.start..self.start + before.len();
        found_at(place.clone(), Code::ForeignOperator, format!("unexpected `{before}` before a pattern"), help)?
            .edited(vec![(place, meant.to_owned())])
    }

    /// `expect header Content-Type: application/json`, `expect headers content_type: "x"`.
    fn headers(&self) -> Option<Mistake> {
        let first = word(self.rest);
        let (name, value) = self.rest[first.len()..].split_once([':', '='])?;
        let (name, value) = (name.trim().trim_matches('"'), value.trim_start_matches('=').trim());
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        // `header "X" == …` parses; a single unquoted name is a variable.
        let is_mistake = first == "headers" || first == "header" && name.contains('-') && !self.rest.contains('"');
        let value = if value.starts_with('"') { value.to_owned() } else { format!("\"{value}\"") };
        if !is_mistake || !is_name || value.len() < 3 || value.contains(['{', '~']) {
            return None;
        }
        let name = if name.contains('-') { format!("\"{name}\"") } else { name.to_owned() };
        let message = format!("missing braces after `{first}`");
        self.exact(first.len(), message, &format!("expect headers {{ {name}: {value} }}"))
    }

    /// `expect status code 200`, `expect statuscode: 200`, `expect not 4xx`.
    fn status(&self) -> Option<Mistake> {
        let words: Vec<&str> = self.rest.split([' ', ':', '=']).filter(|word| !word.is_empty()).collect();
        let (named, status) = match words[..] {
            ["status" | "response" | "http" | "HTTP", "code" | "status", status] => ("status code", status),
            [named @ ("statuscode" | "responseCode" | "httpcode" | "http_code" | "response_code"), status] => (named, status),
            ["not", status @ ("4xx" | "5xx")] => {
                let rest = if status == "4xx" { "2xx | 3xx" } else { "2xx | 3xx | 4xx" };
                return self.exact(self.rest.len(), "unexpected `not` before a class of statuses", &format!("expect {rest}"));
            }
            _ => return None,
        };
        let is_status = status.len() == 3 && status.starts_with(|char: char| char.is_ascii_digit());
        let message = format!("unexpected `{named}`, expected the status's number alone");
        self.exact(self.rest.len(), message, &format!("expect {status}")).filter(|_| is_status)
    }

    /// `expect header content-type contains json`, `expect headers contain "x-a"`.
    fn contains(&self) -> Option<Mistake> {
        let rest = self.rest.strip_prefix("headers ").or_else(|| self.rest.strip_prefix("header "))?;
        let (name, value) =
            [" contains ", " contain ", " includes ", " has "].into_iter().find_map(|word| rest.split_once(word)).or_else(|| {
                let value = ["contains ", "contain ", "include ", "includes ", "have ", "has "]
                    .into_iter()
                    .find_map(|word| rest.strip_prefix(word))?;
                Some(("", value))
            })?;
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let code = match name {
            "" if plain(value) => format!("expect header \"{value}\" != null"),
            name if plain(name) && plain(value) => format!("expect headers {{ \"{name}\": ~ /{value}/ }}"),
            _ => return None,
        };
        self.exact(self.rest.len(), "unexpected form of an expectation about headers", &code)
    }

    /// `expect faster than 500ms`, `expect within 500ms`, `expect elapsed p95 < 500ms`.
    fn limit(&self) -> Option<Mistake> {
        let words: Vec<&str> = self.rest.split_whitespace().collect();
        if let ["elapsed" | "duration" | "latency" | "response_time", percentile, _, _] = words[..]
            && (percentile.starts_with('p') && percentile[1..].bytes().all(|byte| byte.is_ascii_digit())
                || matches!(percentile, "avg" | "average" | "mean" | "median" | "max"))
        {
            let help = "set thresholds in the profile; `expect elapsed < 500ms` judges each response";
            let at = offset(self.whole, percentile);
            return found_at(at..at + percentile.len(), Code::ForeignOperator, format!("unexpected `{percentile}`"), help);
        }
        let (first, limit) = match words[..] {
            [first @ ("within" | "under" | "below" | "timeout" | "max_duration"), limit] => (first, limit),
            ["in", first @ ("under" | "less" | "time"), limit] => (first, limit),
            [first @ ("faster" | "quicker" | "less" | "in" | "response"), "than" | "less" | "under" | "within" | "in", limit] => {
                (first, limit)
            }
            ["in", first @ "less", "than", limit] => (first, limit),
            _ => return None,
        };
        let unit = limit.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.');
        let is_time = unit.len() < limit.len() && matches!(unit, "" | "ms" | "s");
        let unit = if unit.is_empty() { "ms" } else { "" };
        let code = format!("expect elapsed < {limit}{unit}");
        self.exact(self.rest.len(), format!("unknown source `{first}`"), &code).filter(|_| is_time)
    }

    /// `expect text "a" and text "b"`.
    fn texts(&self) -> Option<Mistake> {
        let parts: Vec<&str> = self.rest.split(" and ").map(str::trim).collect();
        let at = self.whole.find(" and ")? + 1;
        let is_text = |part: &&str| {
            part.strip_prefix("text ").or_else(|| part.strip_prefix("not text ")).is_some_and(|text| text.matches('"').count() == 2)
        };
        let code: Vec<String> = parts.iter().map(|part| format!("expect {part}")).collect();
        found_at(at..at + 3, Code::ForeignOperator, "unexpected `and` between two texts", format!("write `{}`", code.join("; ")))?
            .replacing(0..self.whole.len())
            .filter(|_| parts.iter().all(is_text))
    }

    /// `expect fail`, `expect failure`.
    fn alone(&self) -> Option<Mistake> {
        matches!(self.rest, "fail" | "failure" | "fails" | "failed").then(|| {
            let message = format!("unexpected `{}`, expected a status", self.rest);
            self.exact(self.rest.len(), message, "expect 4xx | 5xx")
        })?
    }

    /// `expect every json "$.items[*].id" > 3`.
    fn quantifier(&self) -> Option<Mistake> {
        let first = word(self.rest);
        let source = self.rest[first.len()..].trim_start();
        let path = source.strip_prefix("json \"")?.split('"').next()?;
        let behind = source.get("json \"".len() + path.len() + 1..)?.trim_start();
        let sign = ["<=", ">=", "<", ">", "=="].into_iter().find(|sign| behind.starts_with(sign))?;
        let value = behind[sign.len()..].trim();
        let source = format!("json \"{path}\"");
        let code = match (first, sign) {
            ("every" | "each" | "forall", ">" | ">=") => format!("expect min({source}) {sign} {value}"),
            ("every" | "each" | "forall", "<" | "<=") => format!("expect max({source}) {sign} {value}"),
            ("every" | "each" | "forall", _) => format!("expect unique({source}) == [{value}]"),
            ("some", "==") => format!("expect {value} in {source}"),
            ("some", ">" | ">=") => format!("expect max({source}) {sign} {value}"),
            ("some", _) => format!("expect min({source}) {sign} {value}"),
            _ => return None,
        };
        self.exact(first.len(), format!("unexpected `{first}` before a JSONPath"), &code).filter(|_| !value.is_empty())
    }

    /// `expect json.id to be 3`, `expect json.id should equal 3`.
    fn to_be(&self) -> Option<Mistake> {
        const WORDS: [(&str, &str); 12] = [
            (" to be equal to ", "=="),
            (" to be greater than ", ">"),
            (" to be less than ", "<"),
            (" to not be ", "!="),
            (" not to be ", "!="),
            (" to not equal ", "!="),
            (" to be ", "=="),
            (" to equal ", "=="),
            (" to eq ", "=="),
            (" should be ", "=="),
            (" should equal ", "=="),
            (" must be ", "=="),
        ];
        let (words, sign) = WORDS.iter().find(|(words, _)| self.rest.contains(words))?;
        let (left, right) = self.rest.split_once(words)?;
        let at = self.start + left.len() + 1;
        let (left, right) = (left.trim(), right.trim());
        let code = format!("expect {left} {sign} {right}");
        found_at(
            at..at + words.len() - 2,
            Code::ForeignOperator,
            format!("unknown operator `{}`", words.trim()),
            format!("write `{code}`"),
        )?
        .replacing(0..self.whole.len())
        .filter(|_| !left.contains('"') && !right.is_empty() && !right.contains(' '))
    }

    /// `expect json "$.id" 3`, `expect json "$.id": 3`, `expect json "$.ids" has 3`, `expect html "h1" text "x"`.
    fn beside_a_source(&self) -> Option<Mistake> {
        let first = word(self.rest);
        if !matches!(first, "json" | "html" | "header" | "cookie") {
            return None;
        }
        let (quoted, behind) = self.rest[first.len()..].trim_start().strip_prefix('"')?.split_once('"')?;
        if behind.starts_with('"') {
            // A `"""` string.
            return None;
        }
        let source = &self.rest[..self.rest.len() - behind.len()];
        let behind = behind.trim_start();
        let at = self.start + self.rest.len() - behind.len();
        if behind.starts_with("==") {
            return None;
        }
        let operator = behind.trim_start_matches([':', '=']);
        let sign = word(operator);
        let value = if sign.bytes().any(|byte| byte.is_ascii_alphabetic()) { operator[sign.len()..].trim() } else { operator.trim() };
        let is_value = |value: &str| value.starts_with(|char: char| char.is_ascii_digit() || matches!(char, '"' | '-'));
        let here = at..at + behind[..behind.len() - value.len()].trim_end().len();
        if value.starts_with(['{', '[']) && first == "json" && matches!(sign, "" | "contains" | "matches" | "is") {
            closing(value, 0)?;
            let keys: Vec<&str> = quoted.strip_prefix("$.")?.split('.').collect();
            let plain = keys.iter().all(|key| !key.is_empty() && word(key) == *key);
            let pattern = keys.iter().rev().fold(value.to_owned(), |inner, key| format!("{{ {key}: {inner} }}"));
            let code = format!("expect json {pattern}");
            let here = at..at + 1;
            return found_at(here, Code::Syntax, "unexpected pattern after a JSONPath", format!("write `{code}`"))?
                .replacing(0..self.whole.len())
                .filter(|_| plain);
        }
        let code = match sign {
            "" | "is" | "equals" | "eq" | "text" | "value" | "content" => format!("expect {source} == {value}"),
            "has" | "have" | "includes" | "include" if first == "json" => format!("expect {value} in {source}"),
            _ => return None,
        };
        let message = match behind[..behind.len() - value.len()].trim() {
            "" => "missing `==` before a value".to_owned(),
            found => format!("unexpected `{found}`, expected `{}`", if code.contains(" in ") { "in" } else { "==" }),
        };
        let place = if here.is_empty() { at..at + value.len() } else { here };
        found_at(place, Code::ForeignOperator, message, format!("write `{code}`"))?
            .replacing(0..self.whole.len())
            .filter(|_| is_value(value) && self.stop.at >= at)
    }
}
