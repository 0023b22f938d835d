//! Errors of the system and of HTTP/2 in a tester's words. Messages keep the system's words, but never those of a library.

use std::io;

use h2::Reason;

/// The message of an error from the system or from a reader.
pub(crate) fn of_io(error: &io::Error) -> String {
    if let Some(code) = error.raw_os_error() {
        // The system's text without Rust's suffix.
        let text = error.to_string();
        let text = text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text);
        return lowered(text);
    }
    of_kind(error.kind()).into()
}

/// Lowers the first letter, because `Connection reset by peer` becomes part of a sentence.
fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

fn of_kind(kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind as K;
    match kind {
        K::ConnectionRefused => "the connection was refused",
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => "the connection was reset",
        K::NotConnected => "it was not connected",
        K::TimedOut => "it took too long",
        K::UnexpectedEof => "it ended too early",
        K::WriteZero => "nothing more could be written",
        K::InvalidData | K::InvalidInput => "the data is invalid",
        K::HostUnreachable | K::NetworkUnreachable | K::NetworkDown => "the network can't be reached",
        K::PermissionDenied => "it is not allowed",
        K::OutOfMemory => "no memory is left",
        K::Interrupted => "it was interrupted",
        K::Unsupported => "it is not supported",
        _ => "the system gives no reason",
    }
}

/// Why a name has no address. The resolver's texts are those of the C library (`gai_strerror`), in English unless it is translated.
pub(crate) fn of_resolver(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    let known = [
        ("Name or service not known", "unknown host name: check the url, and the machine's DNS"),
        ("nodename nor servname provided, or not known", "unknown host name: check the url, and the machine's DNS"),
        ("Name does not resolve", "unknown host name: check the url, and the machine's DNS"),
        ("No address associated with hostname", "the host name has no address"),
        ("Temporary failure in name resolution", "the name server didn't answer: check the machine's network and `/etc/resolv.conf`"),
        ("Try again", "the name server didn't answer: check the machine's network and `/etc/resolv.conf`"),
        ("Non-recoverable failure in name resolution", "the name server refused to answer"),
        ("System error", "the system's resolver failed: the limit of open files may be reached (`ulimit -n`)"),
        ("Memory allocation failure", "no memory is left"),
    ];
    match known.iter().find(|(theirs, _)| text.starts_with(theirs)) {
        Some((_, ours)) => (*ours).into(),
        None => of_io(error),
    }
}

/// The meaning of an error code of HTTP/2 (RFC 9113, 7).
pub(crate) fn of_h2(reason: Reason) -> String {
    let text = match reason {
        Reason::NO_ERROR => "the request ended without an error",
        Reason::PROTOCOL_ERROR => "a rule of HTTP/2 was violated",
        Reason::INTERNAL_ERROR => "an internal error (the server's log has the reason)",
        Reason::FLOW_CONTROL_ERROR => "more data was sent than was allowed",
        Reason::SETTINGS_TIMEOUT => "its settings were not confirmed in time",
        Reason::STREAM_CLOSED => "data came for a request that was over",
        Reason::FRAME_SIZE_ERROR => "a frame had a wrong size",
        Reason::REFUSED_STREAM => "the server refused the request without processing it",
        Reason::CANCEL => "the request was canceled",
        Reason::COMPRESSION_ERROR => "headers could not be decompressed",
        Reason::CONNECT_ERROR => "the connection to the upstream server broke",
        Reason::ENHANCE_YOUR_CALM => "too many requests at once: the server limits the rate (ENHANCE_YOUR_CALM)",
        Reason::INADEQUATE_SECURITY => "the encryption of the connection is too weak for the server",
        Reason::HTTP_1_1_REQUIRED => "HTTP/1.1 is required: set `http2: false` in the environment",
        other => return format!("unknown HTTP/2 error code {}", u32::from(other)),
    };
    text.into()
}

/// The message of an error on an HTTP/2 connection, which also tells which side caused it.
pub(crate) fn of_h2_error(error: &h2::Error) -> String {
    if let Some(io) = error.get_io() {
        return format!("the connection broke: {}", of_io(io));
    }
    let Some(reason) = error.reason() else { return "the connection broke".into() };
    let why = match reason {
        // Limits of this side.
        Reason::ENHANCE_YOUR_CALM if !error.is_remote() => "too many frames without content, or too many headers".to_owned(),
        Reason::PROTOCOL_ERROR if !error.is_remote() => "a frame or a header that is not allowed there".to_owned(),
        _ => of_h2(reason),
    };
    match (error.is_remote(), error.is_go_away()) {
        (true, true) => format!("the server closed the connection: {why}"),
        (true, false) => format!("the server ended the request: {why}"),
        // This side detected the error in the bytes of the server.
        (false, _) => format!("the server's response violates HTTP/2: {why}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Whether a text contains no type name, no debug output and no end of a sentence.
    pub(in crate::http) fn is_plain(text: &str) -> bool {
        let quoted = |word: &str| word.starts_with('`') || word.chars().all(|char| !char.is_lowercase());
        let camel = |word: &str| {
            let word = word.trim_matches(|char: char| !char.is_alphanumeric());
            word.chars().any(char::is_lowercase) && word.chars().skip(1).any(char::is_uppercase)
        };
        let known = ["subjectAltName", "extendedKeyUsage", "serverAuth", "base64", "Ed25519"];
        let odd = text.split(' ').find(|word| !quoted(word) && camel(word) && !known.iter().any(|known| word.contains(known)));
        !text.is_empty() && odd.is_none() && !text.contains("::") && !text.contains("os error") && !text.ends_with('.')
    }

    #[test]
    fn every_code_of_http2_has_words() {
        for code in 0..20 {
            let text = of_h2(Reason::from(code));
            assert!(is_plain(&text), "{text}");
            assert_eq!(code > 13, text.starts_with("unknown"), "{code}: {text}");
            let error = of_h2_error(&h2::Error::from(Reason::from(code)));
            let is_limit = error.ends_with("too many headers") || error.ends_with("not allowed there");
            assert!(is_plain(&error) && (is_limit || error.ends_with(&text)), "{error}");
        }
        // This side has refused the response, so the server does not limit anything.
        let broken = h2::Error::from(Reason::ENHANCE_YOUR_CALM);
        assert!(of_h2_error(&broken).contains("too many headers"));
    }

    #[test]
    fn errors_of_the_system_keep_its_words() {
        assert_eq!(of_io(&io::Error::from_raw_os_error(104)), "connection reset by peer");
        assert_eq!(of_io(&io::Error::from_raw_os_error(110)), "connection timed out");
        assert_eq!(of_io(&io::Error::from_raw_os_error(5)), "input/output error");
        for code in 1..134 {
            let text = of_io(&io::Error::from_raw_os_error(code));
            assert!(!text.contains("os error") && !text.is_empty(), "{text}");
        }
        // The message leaves out an error that a library wraps.
        let wrapped = io::Error::other("Foo(Bar { baz: 1 })");
        assert_eq!(of_io(&wrapped), "the system gives no reason");
        assert_eq!(of_io(&io::Error::new(io::ErrorKind::InvalidData, "QuuxError")), "the data is invalid");
    }

    #[test]
    fn resolver_errors_contain_a_fix() {
        let failed = |text: &str| of_resolver(&io::Error::other(format!("failed to lookup address information: {text}")));
        assert!(failed("Name or service not known").starts_with("unknown host name"));
        assert!(failed("Temporary failure in name resolution").starts_with("the name server didn't answer"));
        assert_eq!(failed("ai_family not supported"), "the system gives no reason");
    }
}
