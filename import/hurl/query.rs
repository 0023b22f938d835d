//! Queries with their filters, as captures and asserts use them.

use super::scan::{Arg, Scan};
use super::xpath;
use crate::draft::{Segment, Source};
use crate::write::{quoted, regex};

/// The most filters of a query: each becomes a call around the one before it.
const FILTERS_MAX: usize = 50;

/// The most members, indices and calls of a query.
const LEVELS_MAX: usize = 100;

/// The part of a response that a query reads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Status,
    Header(String),
    Body,
    Duration,
    /// A member of the JSON body, with its path of names and numbers.
    Member(Vec<Segment>),
    /// Any other expression.
    Code,
}

/// A query as the language writes it.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) what: What,
    /// The expression.
    pub(super) code: String,
    /// The source for a take, without the further operations of the expression.
    pub(super) source: Source,
    /// The part of the response that it reads, whatever filters follow; `None` if it reads a variable.
    pub(super) origin: Option<Source>,
    /// Whether the source is the whole expression; otherwise a take needs a `let` for the rest.
    pub(super) is_source: bool,
    /// A pattern whose first group is the value.
    pub(super) pattern: Option<String>,
    /// Whether the value is a count.
    pub(super) is_count: bool,
    /// Whether an XPath may find several nodes, or none.
    pub(super) is_nodes: bool,
    /// Whether it is the body without the escapes of HTML.
    pub(super) is_unescaped: bool,
}

/// Resolves the file's variables in the code of a query.
pub(crate) trait Variables {
    /// The code of a variable.
    fn code(&mut self, name: &str) -> String;

    /// Counts a pattern. False if the spec cannot have it, too.
    fn fits(&mut self, pattern: &str) -> bool;
}

impl Query {
    /// The expression for a comparison with a single value. A JSONPath that may match several values yields a list; Hurl compares its only
    /// item.
    pub(super) fn scalar(&self) -> String {
        if self.code.starts_with("json \"") { format!("({})[0]", self.code) } else { self.code.clone() }
    }
}

/// Reads a query with its filters. The error names the part without a counterpart.
pub(super) fn query(scan: &mut Scan<'_>, variables: &mut dyn Variables) -> Result<Query, String> {
    let word = scan.word();
    let mut out = match word.as_str() {
        "status" => plain(What::Status, "status"),
        "url" => plain(What::Code, "url"),
        "body" => plain(What::Body, "text"),
        "duration" => plain(What::Duration, "elapsed"),
        "header" => {
            let name = scan.string().ok_or("`header` without a name")?;
            plain(What::Header(name.clone()), &format!("header {}", quoted(&name)))
        }
        "cookie" => {
            let name = scan.string().ok_or("`cookie` without a name")?;
            match name.split_once('[') {
                Some((_, attribute)) if attribute.eq_ignore_ascii_case("value]") => {
                    plain(What::Code, &format!("cookie {}", quoted(name.split('[').next().unwrap_or_default())))
                }
                Some(_) => return Err(format!("the attribute of the cookie `{name}`")),
                None => plain(What::Code, &format!("cookie {}", quoted(&name))),
            }
        }
        "jsonpath" => {
            let path = scan.string().ok_or("`jsonpath` without a path")?;
            json_path("json", &path, variables)
        }
        "xpath" => {
            let path = scan.string().ok_or("`xpath` without a path")?;
            let (code, is_count) = xpath::css(&path).ok_or_else(|| format!("the XPath `{path}`"))?;
            Query { is_count, is_nodes: true, ..plain(What::Code, &code) }
        }
        "regex" => {
            let pattern = scan.pattern().ok_or("`regex` without a pattern")?;
            Query { pattern: Some(pattern.clone()), source: Source::code("text").matching(pattern), ..plain(What::Body, "text") }
        }
        "variable" => {
            let name = scan.string().ok_or("`variable` without a name")?;
            let code = variables.code(&name);
            Query { is_source: false, origin: None, ..plain(What::Code, &code) }
        }
        "sha256" => Query { is_source: false, origin: Some(Source::code("text")), ..plain(What::Code, "hex(sha256(text))") },
        "md5" => Query { is_source: false, origin: Some(Source::code("text")), ..plain(What::Code, "hex(md5(text))") },
        "bytes" | "rawbytes" => return Err("the bytes of a response".to_owned()),
        other => return Err(format!("the query `{other}`")),
    };
    let mut filters = 0;
    while let Some(filter) = scan.filter() {
        filters += 1;
        if filters > FILTERS_MAX {
            return Err(format!("more than {FILTERS_MAX} filters"));
        }
        apply(&mut out, &filter, scan, variables)?;
    }
    if out.pattern.as_ref().is_some_and(|pattern| !variables.fits(pattern)) {
        return Err("a pattern that is invalid or too large".to_owned());
    }
    if crate::write::levels(&out.code) > LEVELS_MAX {
        return Err(format!("a value more than {LEVELS_MAX} levels deep"));
    }
    Ok(out)
}

fn plain(what: What, code: &str) -> Query {
    Query {
        what,
        code: code.to_owned(),
        source: Source::code(code),
        origin: Some(Source::code(code)),
        is_source: true,
        pattern: None,
        is_count: false,
        is_nodes: false,
        is_unescaped: false,
    }
}

/// A JSONPath of a value. Names and numbers become members; variables become indices.
fn json_path(value: &str, path: &str, variables: &mut dyn Variables) -> Query {
    if let Some(segments) = members(path) {
        let mut code = value.to_owned();
        let mut travelled = Some(Vec::new());
        for segment in segments {
            match segment {
                Member::Segment(Segment::Key(key)) if crate::names::is_word(&key) => {
                    code.push_str(&format!(".{key}"));
                    travelled.iter_mut().for_each(|path| path.push(Segment::Key(key.clone())));
                }
                Member::Segment(Segment::Key(key)) => {
                    code.push_str(&format!("[{}]", quoted(&key)));
                    travelled.iter_mut().for_each(|path| path.push(Segment::Key(key.clone())));
                }
                Member::Segment(Segment::Index(index)) => {
                    code.push_str(&format!("[{index}]"));
                    travelled.iter_mut().for_each(|path| path.push(Segment::Index(index)));
                }
                Member::Variable(name) => {
                    code.push_str(&format!("[int({})]", variables.code(&name)));
                    travelled = None;
                }
            }
        }
        let what = travelled.filter(|_| value == "json").map_or(What::Code, What::Member);
        return plain(what, &code);
    }
    let path = normal(path);
    plain(What::Code, &format!("{value} {}", quoted(&path)))
}

/// A part of a path.
enum Member {
    Segment(Segment),
    Variable(String),
}

/// The parts of a path that has only names, numbers and variables.
fn members(path: &str) -> Option<Vec<Member>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut out = Vec::new();
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('[').or_else(|| rest.strip_prefix(".[")) {
            let end = behind.find(']')?;
            let inner = behind[..end].trim();
            rest = &behind[end + 1..];
            if let Some(name) = inner.strip_prefix("{{").and_then(|inner| inner.strip_suffix("}}")) {
                out.push(Member::Variable(name.trim().to_owned()));
            } else if let Some(key) = ['\'', '"'].iter().find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote)) {
                if key.contains("{{") {
                    return None;
                }
                out.push(Member::Segment(Segment::Key(key.to_owned())));
            } else {
                out.push(Member::Segment(Segment::Index(inner.parse().ok()?)));
            }
            continue;
        }
        let behind = rest.strip_prefix('.')?;
        let end = behind.find(['.', '[']).unwrap_or(behind.len());
        let name = &behind[..end];
        if name.is_empty() || name.contains(['*', '{', '?', '(', ' ']) {
            return None;
        }
        out.push(Member::Segment(Segment::Key(name.to_owned())));
        rest = &behind[end..];
    }
    Some(out)
}

/// A path in the notation of RFC 9535, which has no `.[` and requires brackets around names with hyphens.
fn normal(path: &str) -> String {
    let path = path.trim().replace(".[", "[");
    let mut out = String::new();
    for (number, part) in path.split('.').enumerate() {
        let (name, rest) = part.split_at(part.find(['[', '(']).unwrap_or(part.len()));
        if number > 0 && name.contains('-') && !out.contains('(') {
            out.push_str(&format!("['{name}']{rest}"));
        } else {
            if number > 0 {
                out.push('.');
            }
            out.push_str(part);
        }
    }
    out
}

/// Applies a filter to a query.
fn apply(query: &mut Query, filter: &str, scan: &mut Scan<'_>, variables: &mut dyn Variables) -> Result<(), String> {
    if query.pattern.is_some() {
        return Err(format!("the filter `{filter}` after a pattern"));
    }
    let code = query.code.clone();
    let call = |name: &str| format!("{name}({code})");
    let mut string = |scan: &mut Scan<'_>| -> Result<String, String> {
        scan.value(variables).map(|arg| arg.code()).ok_or_else(|| format!("`{filter}` without a value"))
    };
    let new = match filter {
        _ if query.is_unescaped => return Err(format!("the filter `{filter}` after `htmlUnescape`")),
        // An expectation about characters that HTML does not escape holds for the body as it came.
        "htmlUnescape" if query.what == What::Body => {
            query.is_unescaped = true;
            return Ok(());
        }
        "count" if query.is_nodes => {
            query.is_count = true;
            return Ok(());
        }
        // All headers of this name.
        "count" if code.starts_with("header \"") => format!("len(all {code})"),
        "nth" if code.starts_with("header \"") => format!("(all {code})[{}]", string(scan)?),
        "first" | "last" if code.starts_with("header \"") => format!("{filter}(all {code})"),
        "decode" => match string(scan)?.to_ascii_lowercase().as_str() {
            "\"utf-8\"" | "\"utf8\"" => call("text"),
            charset => return Err(format!("the filter `decode {charset}`")),
        },
        "regex" => {
            let pattern = scan.pattern().ok_or("`regex` without a pattern")?;
            query.source = query.source.clone().matching(pattern.clone());
            query.pattern = Some(pattern);
            return Ok(());
        }
        "count" => {
            query.is_count = true;
            call("len")
        }
        "nth" => {
            let index = string(scan)?;
            match &mut query.what {
                What::Member(path) if index.parse::<usize>().is_ok() => {
                    path.push(Segment::Index(index.parse().unwrap_or_default()));
                    query.code = format!("{code}[{index}]");
                    query.source = Source::code(&query.code);
                    return Ok(());
                }
                _ => format!("({code})[{index}]"),
            }
        }
        "first" => call("first"),
        "last" => call("last"),
        "toInt" => call("int"),
        "toFloat" => call("float"),
        "toString" => call("string"),
        "toHex" => call("hex"),
        "urlEncode" => call("urlencode"),
        "urlDecode" => call("urldecode"),
        "base64Encode" => call("base64"),
        "base64Decode" => call("base64_decode"),
        "base64UrlSafeEncode" => call("base64url"),
        "base64UrlSafeDecode" => call("base64_decode"),
        "utf8Decode" => call("text"),
        "split" => format!("split({code}, {})", string(scan)?),
        "replace" => {
            let from = string(scan)?;
            format!("replace({code}, {from}, {})", string(scan)?)
        }
        "toDate" => match string(scan)?.as_str() {
            "\"%+\"" => call("parse_time"),
            format => format!("parse_time({code}, {format})"),
        },
        "format" | "dateFormat" => format!("format_time({code}, {})", string(scan)?),
        "jsonpath" => {
            let path = scan.string().ok_or("`jsonpath` without a path")?;
            let inner = json_path(&format!("from_json({code})"), &path, variables);
            if inner.code.contains(") \"") {
                return Err(format!("the JSONPath `{path}` of a text"));
            }
            inner.code
        }
        other => return Err(format!("the filter `{other}`")),
    };
    query.code = new;
    query.what = What::Code;
    query.is_source = false;
    query.is_nodes = false;
    Ok(())
}

/// The condition that the query's pattern captures this value: the pattern with the value in place of its first group.
pub(super) fn pattern_with(pattern: &str, value: &str) -> Option<String> {
    let bytes = pattern.as_bytes();
    let start =
        (0..bytes.len()).find(|at| bytes[*at] == b'(' && (*at == 0 || bytes[*at - 1] != b'\\') && bytes.get(at + 1) != Some(&b'?'))?;
    let mut depth = 0;
    let mut end = None;
    for at in start..bytes.len() {
        match bytes[at] {
            b'(' if bytes[at - usize::from(at > 0)] != b'\\' => depth += 1,
            b')' if bytes[at - 1] != b'\\' => {
                depth -= 1;
                if depth == 0 {
                    end = Some(at);
                    break;
                }
            }
            _ => {}
        }
    }
    Some(format!("{}{}{}", &pattern[..start], regex::escape(value), &pattern[end? + 1..]))
}

/// `CODE ~ /pattern/`
pub(super) fn matches(code: &str, pattern: &str, not: bool) -> String {
    format!("{code} {} {}", if not { "!~" } else { "~" }, regex(pattern))
}

/// The code of an argument.
impl Arg {
    pub(super) fn code(&self) -> String {
        crate::write::inline(&self.expr)
    }
}

use ::regex;
