//! The grammar of `.hurl` files: entries with a request and the expected response.

use super::text::{Reader, body_end, template};
use crate::draft::Text;
use crate::{ImportError, Source};

/// A request with the expected response.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) method: String,
    pub(super) url: Text,
    pub(super) headers: Vec<Pair>,
    pub(super) query: Vec<Pair>,
    pub(super) form: Vec<Pair>,
    pub(super) multipart: Vec<Pair>,
    pub(super) cookies: Vec<Pair>,
    pub(super) auth: Option<Pair>,
    pub(super) options: Vec<Pair>,
    pub(super) body: Option<Body>,
    pub(super) response: Option<Response>,
}

/// `key: value`
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) line: usize,
    pub(super) key: Text,
    pub(super) value: Text,
}

/// An expected response.
#[derive(Clone, Debug, Default)]
pub(super) struct Response {
    /// `200`, or `None` for `*`.
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<Pair>,
    /// The captures: line, name, and the text of the query.
    pub(super) captures: Vec<(usize, String, String)>,
    pub(super) asserts: Vec<(usize, String)>,
    pub(super) body: Option<Body>,
    pub(super) body_line: usize,
}

/// The source of a body.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Text),
    Xml(Text),
    /// A multi-line or one-line text, with the language before it: `graphql`, `json`, `raw`.
    Text(String, Text),
    /// `base64,…;`, `hex,…;`
    Bytes(Vec<u8>),
    /// `file,…;`
    File(String),
}

/// The entries of a file.
pub(super) fn parse(source: &Source) -> Result<Vec<Entry>, ImportError> {
    let mut reader = Reader::new(source);
    let mut out = Vec::new();
    reader.skip_blank();
    while !reader.is_done() {
        out.push(entry(&mut reader)?);
        reader.skip_blank();
    }
    Ok(out)
}

/// `GET http://…`: the method and the rest.
fn request_line(line: &str) -> Option<(&str, &str)> {
    let (method, rest) = line.split_once([' ', '\t'])?;
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') && method != "HTTP";
    let is_url = rest.contains("://") || rest.contains("{{");
    (is_method && is_url).then(|| (method, rest.trim()))
}

/// `HTTP 200`, `HTTP/1.1 200`, `HTTP *`.
fn status_line(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("HTTP")?;
    let rest = rest
        .strip_prefix('/')
        .map_or(rest, |version| version.trim_start_matches(|char: char| char.is_ascii_digit() || matches!(char, '.' | '*')));
    rest.starts_with([' ', '\t']).then(|| rest.trim())
}

/// The name in `[Asserts]`.
fn section_line(line: &str) -> Option<&str> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(name)
}

fn starts_part(line: &str) -> bool {
    let line = line.trim_start();
    request_line(line).is_some() || status_line(line).is_some() || section_line(line).is_some()
}

fn entry(reader: &mut Reader<'_>) -> Result<Entry, ImportError> {
    let line = reader.line().to_owned();
    let at = reader.number();
    let Some((method, url)) = request_line(line.trim()) else {
        let help = "write the request's method and URL, such as `GET https://example.org`";
        return Err(reader.error("unexpected text, expected a request").help(help));
    };
    let url = url.split(" #").next().unwrap_or(url).trim();
    let mut out = Entry { line: at, method: method.to_owned(), url: template(url), ..Entry::default() };
    reader.next();
    pairs(reader, &mut out.headers);
    loop {
        reader.skip_blank();
        let Some(name) = section_line(reader.line()) else { break };
        let name = name.to_owned();
        if matches!(name.as_str(), "Captures" | "Asserts") {
            let message = format!("unexpected `[{name}]` in a request, expected it after the response's `HTTP`");
            return Err(reader.error(message).help("write `HTTP *` before the section"));
        }
        let section = reader.number();
        reader.next();
        match name.as_str() {
            "QueryStringParams" | "Query" => pairs(reader, &mut out.query),
            "FormParams" | "Form" => pairs(reader, &mut out.form),
            "MultipartFormData" | "Multipart" => pairs(reader, &mut out.multipart),
            "Cookies" => pairs(reader, &mut out.cookies),
            "Options" => pairs(reader, &mut out.options),
            "BasicAuth" => {
                let mut list = Vec::new();
                pairs(reader, &mut list);
                out.auth = list.into_iter().next();
            }
            _ => {
                reader.back(section);
                return Err(reader
                    .error(format!("unknown section `[{name}]`"))
                    .help("use a section of Hurl, such as `[Query]` or `[Form]`"));
            }
        }
    }
    out.body = body(reader)?;
    reader.skip_blank();
    if let Some(status) = status_line(reader.line().trim()).map(str::to_owned) {
        out.response = Some(response(reader, &status)?);
    }
    Ok(out)
}

fn response(reader: &mut Reader<'_>, status: &str) -> Result<Response, ImportError> {
    let shown = status.split('#').next().unwrap_or_default().trim();
    let number = shown.parse::<u16>().ok();
    if number.is_none() && shown != "*" {
        return Err(reader
            .error(format!("unexpected status `{shown}`, expected a number or `*`"))
            .help("write the status, such as `HTTP 200`"));
    }
    let mut out = Response { status: number, ..Response::default() };
    reader.next();
    pairs(reader, &mut out.headers);
    loop {
        reader.skip_blank();
        let Some(name) = section_line(reader.line()).map(str::to_owned) else { break };
        let section = reader.number();
        reader.next();
        match name.as_str() {
            "Captures" => {
                while let Some((line, text)) = reader.item(&starts_part) {
                    let Some((key, query)) = text.split_once(':') else {
                        return Err(reader.error("unexpected capture, expected `name: query`").help("write a name and a query"));
                    };
                    out.captures.push((line, key.trim().to_owned(), query.trim().to_owned()));
                }
            }
            "Asserts" => {
                while let Some((line, text)) = reader.item(&starts_part).filter(|(_, text)| !text.is_empty()) {
                    if is_body_start(&text) {
                        reader.back(line);
                        break;
                    }
                    out.asserts.push((line, text));
                }
            }
            _ => {
                reader.back(section);
                let message = format!("unexpected `[{name}]`, expected `[Captures]` or `[Asserts]`");
                return Err(reader.error(message).help("move the section to the request"));
            }
        }
    }
    out.body_line = reader.number();
    out.body = body(reader)?;
    Ok(out)
}

/// Reads lines of `key: value`, up to the first other line.
fn pairs(reader: &mut Reader<'_>, out: &mut Vec<Pair>) {
    loop {
        reader.skip_blank();
        let line = reader.line().trim();
        if reader.is_done() || starts_part(line) || is_body_start(line) && !line.starts_with("{{") && !line.starts_with('"') {
            return;
        }
        let Some((key, value)) = split_pair(line) else { return };
        out.push(Pair { line: reader.number(), key: template(key.trim()), value: template(uncommented(value)) });
        reader.next();
    }
}

/// Splits a line into key and value. A colon within a template belongs to the key.
fn split_pair(line: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, char) in line.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some((&line[..at], &line[at + 1..])),
            _ => {}
        }
    }
    None
}

/// A value without the comment after it; `\#` is a plain character.
fn uncommented(value: &str) -> &str {
    let mut before = ' ';
    for (at, char) in value.char_indices() {
        if char == '#' && before != '\\' {
            return value[..at].trim();
        }
        before = char;
    }
    value.trim()
}

fn is_body_start(line: &str) -> bool {
    line.starts_with(['{', '[', '<', '`', '"'])
        || ["base64,", "hex,", "file,"].iter().any(|start| line.starts_with(start))
        || matches!(line.split('#').next().unwrap_or_default().trim(), "true" | "false" | "null")
        || line.starts_with(|first: char| first.is_ascii_digit() || first == '-')
}

fn body(reader: &mut Reader<'_>) -> Result<Option<Body>, ImportError> {
    reader.skip_blank();
    let line = reader.line().trim_start().to_owned();
    if reader.is_done() || starts_part(&line) || !is_body_start(&line) {
        return Ok(None);
    }
    let rest = reader.rest().trim_start().to_owned();
    // The text continues up to the `;`, which may be on a later line.
    let bytes = |prefix: &str| rest.strip_prefix(prefix).and_then(|rest| rest.split_once(';')).map(|(text, _)| text.trim().to_owned());
    if let Some(encoded) = bytes("base64,") {
        use base64::Engine as _;
        let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.split_whitespace().collect::<String>());
        let decoded = decoded.map_err(|_| reader.error("invalid base64").help("correct the text after `base64,`"))?;
        reader.advance("base64,".len() + encoded.len() + 1);
        return Ok(Some(Body::Bytes(decoded)));
    }
    if let Some(digits) = bytes("hex,") {
        let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16)).collect::<Result<Vec<u8>, _>>();
        let decoded = pairs.map_err(|_| reader.error("invalid hexadecimal digits").help("correct the text after `hex,`"))?;
        reader.advance("hex,".len() + digits.len() + 1);
        return Ok(Some(Body::Bytes(decoded)));
    }
    if let Some(path) = bytes("file,") {
        reader.next();
        return Ok(Some(Body::File(path)));
    }
    if let Some(inner) = rest.strip_prefix("```") {
        let Some(end) = inner.find("```") else {
            return Err(reader.error("unclosed ```` ``` ````").help("close the text with ```` ``` ````"));
        };
        let text = &inner[..end];
        let (language, text) = match text.split_once('\n') {
            Some((language, text)) if language.trim().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b',') => {
                (language.trim(), text)
            }
            _ => ("", text),
        };
        let text = if language.contains("raw") { Text::literal(text) } else { template(text) };
        let language = language.split(',').next().unwrap_or_default().to_owned();
        reader.advance(end + 6);
        return Ok(Some(Body::Text(language, text)));
    }
    if let Some(inner) = rest.strip_prefix('`') {
        let end = inner.find('`').unwrap_or(inner.len());
        let text = template(&inner[..end]);
        reader.advance(end + 2);
        return Ok(Some(Body::Text(String::new(), text)));
    }
    if rest.starts_with('<') {
        let mut text = String::new();
        while !reader.is_done() && !starts_part(reader.line()) {
            text.push_str(reader.line());
            text.push('\n');
            reader.next();
        }
        return Ok(Some(Body::Xml(template(text.trim_end()))));
    }
    let Some(end) = body_end(&rest) else { return Err(reader.error("unclosed JSON body").help("close every `{` and `[`")) };
    reader.advance(end);
    Ok(Some(Body::Json(template(&rest[..end]))))
}
