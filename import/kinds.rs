//! The kinds of files, and how each is recognized.

use std::fmt;

use crate::{ImportError, Source};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A recording of a browser or a proxy.
    Har,
    /// curl commands.
    Curl,
    /// A `.hurl` file.
    Hurl,
    /// An OpenAPI 3 or Swagger 2 document.
    OpenApi,
    /// A Postman collection.
    Postman,
    /// A k6 script.
    K6,
    /// A Locust script.
    Locust,
}

impl Kind {
    /// All kinds, with the words of `--from`.
    pub const ALL: [(&'static str, Self); 7] = [
        ("har", Self::Har),
        ("curl", Self::Curl),
        ("hurl", Self::Hurl),
        ("openapi", Self::OpenApi),
        ("postman", Self::Postman),
        ("k6", Self::K6),
        ("locust", Self::Locust),
    ];

    /// The word of `--from`.
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Har => "HAR",
            Self::Curl => "curl",
            Self::Hurl => "Hurl",
            Self::OpenApi => "OpenAPI",
            Self::Postman => "Postman",
            Self::K6 => "k6",
            Self::Locust => "Locust",
        })
    }
}

/// The kind of a source, by its content first and its name second.
///
/// # Errors
/// If it is none of them. The message names the tool that the file seems to come from.
pub fn recognize(source: &Source) -> Result<Kind, ImportError> {
    let ending = source.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let text = source.text.trim_start();
    if text.is_empty() {
        return Err(source.error(0, "the file is empty").help("name a file with something to import"));
    }
    let by_ending = match ending.as_str() {
        "har" => Some(Kind::Har),
        "hurl" => Some(Kind::Hurl),
        "py" => Some(Kind::Locust),
        "js" | "mjs" | "cjs" | "ts" => Some(Kind::K6),
        _ => None,
    };
    if let Some(kind) = by_ending {
        return Ok(kind);
    }
    if text.starts_with(['{', '[']) {
        return json(source);
    }
    // The description of an API may contain curl commands, so kinds that are easier to recognize come first.
    let yaml = yaml(text);
    if let Some(Some(kind)) = yaml {
        return Ok(kind);
    }
    if is_hurl(text) {
        return Ok(Kind::Hurl);
    }
    if text.lines().any(|line| line.starts_with("import ") && line.contains("'k6") || line.contains("\"k6/")) {
        return Ok(Kind::K6);
    }
    if text.lines().any(|line| line.starts_with("from locust") || line.starts_with("import locust")) {
        return Ok(Kind::Locust);
    }
    if yaml.is_none() && !matches!(ending.as_str(), "yaml" | "yml") && is_curl(text) {
        return Ok(Kind::Curl);
    }
    Err(foreign(source, text))
}

/// The kind of a JSON file follows from its top-level keys.
fn json(source: &Source) -> Result<Kind, ImportError> {
    let value: serde_json::Value = serde_json::from_str(source.text.trim())
        .map_err(|error| ImportError::json(&source.name, &error).help("name the kind of the file: `--from KIND`, if it is not JSON"))?;
    let has = |key: &str| value.get(key).is_some();
    if value.pointer("/log/entries").is_some() {
        return Ok(Kind::Har);
    }
    if has("openapi") || has("swagger") {
        return Ok(Kind::OpenApi);
    }
    let is_postman = value.pointer("/info/_postman_id").is_some()
        || value.pointer("/info/schema").and_then(serde_json::Value::as_str).is_some_and(|schema| schema.contains("postman"))
        || has("item") && has("info")
        || has("collection");
    if is_postman {
        return Ok(Kind::Postman);
    }
    Err(foreign(source, &source.text))
}

/// Recognizes YAML that describes an API. Returns `Some(None)` for other YAML.
fn yaml(text: &str) -> Option<Option<Kind>> {
    let keys = || text.lines().filter_map(|line| line.split_once(':')).map(|(key, _)| key.trim_matches(['"', '\'']));
    if keys().any(|key| key == "openapi" || key == "swagger") {
        return Some(Some(Kind::OpenApi));
    }
    let other = ["_type", "type", "meta", "config", "scenarios", "asyncapi"];
    text.lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with("---"))
        .and_then(|line| line.split_once(':'))
        .filter(|(key, rest)| other.contains(&key.trim()) && (rest.is_empty() || rest.starts_with(' ')))
        .map(|_| None)
}

/// Whether a line is a command with the word `curl`, possibly after a prompt, an assignment or another command.
fn is_curl(text: &str) -> bool {
    let is_word = |word: &str| {
        // The tag of an image: `curlimages/curl:8`.
        let word = word.split_once(':').map_or(word, |(image, _)| if image.contains('/') { image } else { word });
        let program = word.rsplit(['/', '\\']).next().unwrap_or_default();
        // The importer of curl commands names what to copy instead of a command of PowerShell.
        program == "curl" || ["curl.exe", "invoke-webrequest", "invoke-restmethod"].contains(&program.to_ascii_lowercase().as_str())
    };
    text.lines().take(400).any(|line| {
        let line = line.split(" #").next().unwrap_or_default();
        !line.trim_start().starts_with("//") && line.split([' ', '\t', ';', '|', '&', '(', '`', '"', '\'', '>', '^']).any(is_word)
    })
}

/// Whether the first line that is not a comment has a method and a URL.
fn is_hurl(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')).unwrap_or_default();
    let (method, target) = first.split_once(' ').unwrap_or_default();
    !method.is_empty()
        && method.chars().all(|char| char.is_ascii_uppercase())
        && target.split_whitespace().next().is_some_and(|url| url.contains("://") || url.contains("{{"))
}

/// The error for a file of an unknown kind.
fn foreign(source: &Source, text: &str) -> ImportError {
    let (tool, help) = if text.contains("insomnia.rest") || text.contains("\"_type\": \"export\"") || text.contains("__export_format") {
        ("an Insomnia export", "export the collection as HAR or OpenAPI from Insomnia, and import that file")
    } else if text.contains("meta {") && text.contains("seq:") || text.contains("\"bruno\"") || text.contains("\"version\": \"1\"") {
        ("a Bruno collection", "export the collection from Bruno as a Postman collection, and import that file")
    } else if text.contains("jmeterTestPlan") {
        ("a JMeter test plan", "record the requests with `ltc record`, or export them as HAR")
    } else if text.contains("io.gatling") {
        ("a Gatling simulation", "record the requests with `ltc record`, or export them as HAR")
    } else if text.contains("scenarios:") && text.contains("flow:") {
        ("an Artillery script", "record the requests with `ltc record`, or export them as HAR")
    } else if text.contains("asyncapi") {
        ("an AsyncAPI document", "import an OpenAPI document: ltc tests HTTP")
    } else if text.contains("\"values\"") && text.contains("postman_variable_scope") {
        ("a Postman environment", "import the collection; ltc reads the environments beside it")
    } else {
        ("none of the kinds that ltc knows", "name the kind with `--from`: har, curl, hurl, openapi, postman, k6 or locust")
    };
    source.error(0, format!("cannot recognize the file: it is {tool}")).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, text: &str) -> Result<Kind, ImportError> {
        recognize(&Source::new(name, ".", text.as_bytes()).unwrap())
    }

    #[test]
    fn files_are_recognized_by_content_and_name() {
        for (name, text, expected) in [
            ("a.json", r#"{"log": {"entries": []}}"#, Kind::Har),
            ("a.json", r#"{"openapi": "3.0.0"}"#, Kind::OpenApi),
            ("-", "# api\nswagger: '2.0'\n", Kind::OpenApi),
            ("a.json", r#"{"info": {"name": "x"}, "item": []}"#, Kind::Postman),
            ("-", "$ curl -s http://x", Kind::Curl),
            ("-", "STATUS=$(curl -s http://x)", Kind::Curl),
            ("-", "curl.exe http://x", Kind::Curl),
            ("-", "# c\n\nGET https://example.org\nHTTP 200\n", Kind::Hurl),
            ("a.py", "x", Kind::Locust),
            ("-", "import http from 'k6/http';", Kind::K6),
        ] {
            assert_eq!(kind(name, text), Ok(expected), "{name}: {text}");
        }
    }

    #[test]
    fn unknown_files_get_an_error_with_a_fix() {
        let error = kind("a.json", r#"{"_type": "export", "__export_format": 4}"#).unwrap_err();
        assert!(error.message.contains("Insomnia") && error.help.is_some(), "{error:?}");
        let error = kind("a.json", "{\n  x").unwrap_err();
        assert_eq!((error.line, error.message.starts_with("invalid JSON: ")), (2, true), "{error:?}");
        let source = Source::new("a.json", ".", br#"{"log": {"entries": []}}"#).unwrap();
        let error = crate::import(&source, Kind::Postman, &crate::Options::default()).unwrap_err();
        assert!(error.help.unwrap().contains("`--from har`"));
        assert!(kind("a.txt", " \n").unwrap_err().message.contains("empty"));
        assert!(kind("a.txt", "hello").unwrap_err().help.unwrap().contains("--from"));
    }
}
