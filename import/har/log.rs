//! The entries of a recording. They are read leniently, because recorders leave out different parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::extended::{self, Extra};
use crate::{ImportError, Source};

#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    log: Log<'t>,
}

#[derive(Deserialize)]
struct Log<'t> {
    #[serde(default)]
    pages: Option<Vec<Value>>,
    #[serde(default)]
    options: Value,
    #[serde(borrow)]
    entries: Vec<&'t RawValue>,
}

/// A recording.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// Ids and titles of pages.
    pub(super) pages: Vec<(String, String)>,
    /// The entries, in the order in which the requests were sent.
    pub(super) entries: Vec<Entry>,
    /// The options of k6.
    pub(super) options: Value,
    /// The pause after the last request.
    pub(super) last_pause_ms: i64,
}

/// A request with its response.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Its location in the file.
    pub(super) line: usize,
    pub(super) page: String,
    /// The start time, in milliseconds since 1970.
    pub(super) start_ms: i64,
    pub(super) duration_ms: i64,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Posted>,
    pub(super) kind: String,
    pub(super) status: u16,
    pub(super) response_headers: Vec<(String, String)>,
    /// The media type, without parameters, in lower case.
    pub(super) media: String,
    /// The body, if it is text and was recorded.
    pub(super) text: Option<String>,
    /// The parts that k6 adds.
    pub(super) extra: Extra,
}

/// A request's body.
#[derive(Clone, Debug, Default)]
pub(super) struct Posted {
    pub(super) content_type: String,
    pub(super) text: String,
    /// The body, if it is not text.
    pub(super) bytes: Option<Vec<u8>>,
    /// Fields: name, value, file name, content type.
    pub(super) fields: Vec<(String, String, Option<String>, Option<String>)>,
}

impl Entry {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub(super) fn response_header(&self, name: &str) -> Option<&str> {
        find(&self.response_headers, name)
    }

    /// Whether the response is a redirect.
    pub(super) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.response_header("location").is_some()
    }
}

fn find<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Reads a recording.
pub(super) fn read(source: &Source) -> Result<Recording, ImportError> {
    let file: File<'_> = serde_json::from_str(&source.text).map_err(|error| {
        let help = "export the recording as HAR again: a HAR has `log.entries`, which is a list";
        if error.is_data() {
            ImportError::new(&source.name, error.line().max(1), error.column().max(1), "unexpected JSON, expected a HAR").help(help)
        } else {
            ImportError::json(&source.name, &error).help(help)
        }
    })?;
    let mut out = Recording { options: file.log.options, ..Recording::default() };
    let mut sleeps = Vec::new();
    for page in file.log.pages.unwrap_or_default() {
        let title = text(&page, "/title");
        sleeps.push(extended::sleeps(&page["sleep"]));
        out.pages.push((text(&page, "/id"), title));
    }
    // Entries come in the order of the file, so that its lines are counted only once.
    let (mut counted, mut line) = (0, 1);
    for raw in file.log.entries {
        let offset = (raw.get().as_ptr() as usize).saturating_sub(source.text.as_ptr() as usize);
        let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
        line += source.text.as_bytes().get(counted..offset).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        counted = offset.max(counted);
        if text(&value, "/request/url").is_empty() {
            return Err(source
                .error(offset, "unexpected entry without `request.url`, expected a request")
                .help("export the recording as HAR again"));
        }
        out.entries.push(entry(&value, line));
    }
    schedule(&mut out, &sleeps);
    out.entries.sort_by_key(|entry| entry.start_ms);
    Ok(out)
}

/// Pauses that the file states replace those between the recorded times. `sleeps` has those of the pages.
fn schedule(recording: &mut Recording, sleeps: &[(i64, i64)]) {
    let of_pages: Vec<(String, i64, i64)> =
        recording.pages.iter().zip(sleeps).map(|((id, _), (before, after))| (id.clone(), *before, *after)).collect();
    for (page, before, after) in of_pages {
        let mut entries: Vec<&mut Entry> = recording.entries.iter_mut().filter(|entry| entry.page == page).collect();
        if let Some(first) = entries.first_mut() {
            first.extra.before_ms += before;
        }
        if let Some(last) = entries.last_mut() {
            last.extra.after_ms += after;
        }
    }
    if recording.entries.iter().all(|entry| entry.extra.before_ms + entry.extra.after_ms == 0) {
        return;
    }
    let (mut now, mut pause) = (0, 0);
    for entry in &mut recording.entries {
        now += pause + entry.extra.before_ms;
        (entry.start_ms, entry.duration_ms, pause) = (now, 0, entry.extra.after_ms);
    }
    recording.last_pause_ms = pause;
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn headers(value: &Value, pointer: &str) -> Vec<(String, String)> {
    let list = value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|header| (text(header, "/name"), text(header, "/value"))).filter(|(name, _)| !name.is_empty()).collect()
}

fn entry(value: &Value, line: usize) -> Entry {
    let number = |pointer: &str| value.pointer(pointer).and_then(Value::as_f64).unwrap_or_default();
    let mut out = Entry {
        line,
        page: text(value, "/pageref"),
        start_ms: time_ms(&text(value, "/startedDateTime")).unwrap_or_default(),
        method: text(value, "/request/method").to_ascii_uppercase(),
        url: extended::with_parameters(&text(value, "/request/url"), &value["request"]),
        extra: extended::read(value),
        headers: headers(value, "/request/headers"),
        kind: text(value, "/_resourceType"),
        response_headers: headers(value, "/response/headers"),
        ..Entry::default()
    };
    #[expect(clippy::cast_possible_truncation, reason = "durations of recordings are far below the limits")]
    {
        out.duration_ms = number("/time").max(0.0) as i64;
        // Any other number is no response.
        out.status =
            u16::try_from(number("/response/status") as i64).ok().filter(|status| (100..=599).contains(status)).unwrap_or_default();
    }
    let media = text(value, "/response/content/mimeType");
    let media =
        if media.is_empty() || media == "x-unknown" { out.response_header("content-type").unwrap_or_default().to_owned() } else { media };
    out.media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let content = value.pointer("/response/content/text").and_then(Value::as_str);
    out.text = match (content, text(value, "/response/content/encoding").as_str()) {
        (Some(content), "base64") => STANDARD.decode(content.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
        (content, _) => content.map(str::to_owned),
    }
    .filter(|text| !text.is_empty());
    out.body = posted(value, &out);
    if out.method.is_empty() {
        "GET".clone_into(&mut out.method);
    }
    if out.response_header("location").is_none() {
        let target = text(value, "/response/redirectURL");
        if !target.is_empty() {
            out.response_headers.push(("Location".to_owned(), target));
        }
    }
    out
}

fn posted(value: &Value, entry: &Entry) -> Option<Posted> {
    let data = value.pointer("/request/postData")?;
    let given = text(data, "/mimeType");
    let header = entry.header("content-type").unwrap_or_default();
    // The header contains the boundary, which the media type of some recorders lacks.
    let content_type = if header.is_empty() { given } else { header.to_owned() };
    let mut out = Posted { content_type, text: text(data, "/text"), ..Posted::default() };
    if text(data, "/encoding") == "base64" || text(data, "/_encoding") == "base64" {
        match STANDARD.decode(out.text.trim()).map(String::from_utf8) {
            Ok(Ok(text)) => out.text = text,
            Ok(Err(error)) => {
                out.text = String::new();
                out.bytes = Some(error.into_bytes());
            }
            Err(_) => {}
        }
    }
    let fields = data.pointer("/params").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let optional = |field: &Value, pointer: &str| Some(text(field, pointer)).filter(|text| !text.is_empty());
    out.fields = fields
        .iter()
        .map(|field| (text(field, "/name"), text(field, "/value"), optional(field, "/fileName"), optional(field, "/contentType")))
        .filter(|(name, ..)| !name.is_empty())
        .collect();
    (!out.text.is_empty() || out.bytes.is_some() || !out.fields.is_empty()).then_some(out)
}

/// Converts an ISO 8601 time to milliseconds since 1970; a time without a zone is UTC.
fn time_ms(text: &str) -> Option<i64> {
    let zoned = text.parse::<Timestamp>();
    zoned
        .or_else(|_| text.parse::<DateTime>()?.to_zoned_datetime(TimeZone::UTC).map(|time| time.timestamp()))
        .ok()
        .map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_recordings_are_read_with_fractions_and_zones() {
        assert_eq!(time_ms("1970-01-01T00:00:00.250Z"), Some(250));
        assert_eq!(time_ms("2026-02-03T04:05:06.7891234+02:00"), time_ms("2026-02-03T02:05:06.789Z"));
        assert_eq!(time_ms("2000-03-01T00:00:00Z"), Some(951_868_800_000));
        assert_eq!(time_ms("2026-02-03T04:05:06+0200"), time_ms("2026-02-03T02:05:06Z"));
        assert_eq!(time_ms("2026-02-03T02:05:06.5"), time_ms("2026-02-03T02:05:06.500Z"));
        assert_eq!(time_ms("yesterday"), None);
    }
}
