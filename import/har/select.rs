//! Selects the entries of a recording that a test needs.

use std::collections::HashMap;

use super::log::{Entry, Recording};
use crate::Options;
use crate::draft::Tally;
use crate::web;

/// The entries to import. Static files and third parties are left out unless an option includes them, or the recording contains nothing
/// else.
pub(super) fn select(recording: Recording, options: &Options, tally: &mut Tally, file: &str) -> Vec<Entry> {
    let mut kept = Vec::new();
    let mut unanswered = Vec::new();
    for entry in recording.entries {
        let scheme = entry.url.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if matches!(scheme.as_str(), "ws" | "wss") || entry.status == 101 || entry.kind == "websocket" {
            tally.leave("WebSocket connections", format!("{}: ltc sends HTTP requests only", web::shortened(&entry.url)), file, entry.line);
        } else if !matches!(scheme.as_str(), "http" | "https") {
            tally.skip("entries that are no HTTP requests", 1);
        } else if entry.method == "OPTIONS" && entry.header("access-control-request-method").is_some() {
            tally.skip("CORS preflights", 1);
        } else if !web::METHODS.contains(&entry.method.as_str()) {
            tally.leave("requests", format!("`{}`: a step cannot send this method", entry.method), file, entry.line);
        } else if entry.status == 0 {
            unanswered.push(entry);
        } else {
            kept.push(entry);
        }
    }
    // A HAR written by hand may have no responses at all.
    if kept.is_empty() {
        kept = unanswered;
    } else {
        tally.skip("requests without a response", unanswered.len());
    }
    let own = own_site(&kept);
    let (first, third): (Vec<Entry>, Vec<Entry>) =
        kept.into_iter().partition(|entry| options.third_parties || web::site(&entry.url) == own);
    tally.skip("requests to third parties", third.len());
    let (files, kept): (Vec<Entry>, Vec<Entry>) = first.into_iter().partition(|entry| !options.static_files && is_static(entry));
    if kept.is_empty() && !files.is_empty() {
        tally.advise("all requests of the recording are for static files, so they were imported");
        return files;
    }
    tally.skip("requests for static files", files.len());
    kept
}

/// The site of the recording: that of the first page, or else that of most requests.
fn own_site(entries: &[Entry]) -> String {
    let page = entries.iter().find(|entry| entry.media == "text/html" && entry.status == 200 && entry.method == "GET");
    let has_pages =
        page.filter(|page| !page.headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("sec-fetch-dest") && value == "iframe"));
    if let Some(page) = has_pages {
        return web::site(&page.url);
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    for entry in entries {
        *counts.entry(web::site(&entry.url)).or_default() += 1;
    }
    let first = |site: &str| entries.iter().position(|entry| web::site(&entry.url) == site).unwrap_or(usize::MAX);
    counts.into_iter().max_by_key(|(site, count)| (*count, std::cmp::Reverse(first(site)))).map(|(site, _)| site).unwrap_or_default()
}

/// Whether an entry is a file that browsers cache, by its media type, the browser's own classification, or its name.
fn is_static(entry: &Entry) -> bool {
    if matches!(entry.kind.as_str(), "image" | "font" | "stylesheet" | "script" | "media" | "manifest" | "texttrack") {
        return true;
    }
    let media = entry.media.as_str();
    let by_media =
        ["image/", "font/", "audio/", "video/", "application/font", "application/x-font"].iter().any(|start| media.starts_with(start))
            || media.ends_with("javascript")
            || matches!(
                media,
                "text/css"
                    | "application/wasm"
                    | "application/manifest+json"
                    | "application/x-shockwave-flash"
                    | "application/vnd.ms-fontobject"
                    | "text/ecmascript"
            );
    let path = entry.url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let by_name = matches!(
        ending.as_str(),
        "css"
            | "js"
            | "mjs"
            | "map"
            | "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "svg"
            | "webp"
            | "avif"
            | "ico"
            | "bmp"
            | "woff"
            | "woff2"
            | "ttf"
            | "otf"
            | "eot"
            | "mp3"
            | "mp4"
            | "webm"
            | "ogg"
            | "swf"
            | "wasm"
    );
    // A page or data under the name of a file is not a file, unless the response says that the file is missing.
    let is_answer = media == "text/html" || media.ends_with("json");
    entry.method == "GET" && (by_media || by_name && (!is_answer || entry.status >= 400))
}
