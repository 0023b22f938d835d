//! The headers that the client sets itself.

/// Headers that a browser or another client adds to every request. They are dropped, and ltc sets its own.
const BROWSER: &[&str] = &[
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "alt-used",
    "authority",
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "dnt",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "origin",
    "pragma",
    "priority",
    "proxy-connection",
    "purpose",
    "range",
    "referer",
    "save-data",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-client-data",
    "x-forwarded-for",
    "x-forwarded-proto",
];

/// Whether a browser sets a header itself. An `Accept` that a script has set selects a format, so it is kept.
pub(crate) fn is_browser_header(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if name == "accept" {
        let value = value.trim();
        return value.is_empty()
            || value.starts_with("*/*")
            || value.contains("text/html")
            || value.contains("image/")
            || value.starts_with("text/css");
    }
    name.starts_with(':') || name.starts_with("sec-") || name.starts_with("proxy-") || BROWSER.contains(&name.as_str())
}

/// Whether a header describes the body. ltc derives such headers from the kind of body.
pub(crate) fn is_content_header(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type") || name.eq_ignore_ascii_case("content-length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_browsers_are_known_and_those_of_scripts_are_kept() {
        for name in ["Sec-Fetch-Mode", ":authority", "Referer", "User-Agent", "If-None-Match"] {
            assert!(is_browser_header(name, "x"), "{name}");
        }
        assert!(is_browser_header("Accept", "text/html,application/xml;q=0.9"));
        assert!(!is_browser_header("Accept", "application/json"));
        assert!(!is_browser_header("X-Requested-With", "XMLHttpRequest"));
    }
}
