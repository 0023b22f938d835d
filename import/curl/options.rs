//! curl's options: their spelling, whether they take a value, and their meaning for a request.

/// The meaning of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It has no value and does not change the load: output, progress, retries of the tool.
    Flag,
    /// It has a value and does not change the load.
    Value,
    /// It has no value, and ltc has no equivalent.
    OtherFlag,
    /// It has a value, and ltc has no equivalent.
    OtherValue,
    /// It is part of the request.
    Part(Part),
}

/// A part of a request that an option sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Aws,
    Basic,
    Bearer,
    Compressed,
    Config,
    ConnectTimeout,
    Cookie,
    CookieJar,
    Data,
    DataAscii,
    DataRaw,
    DataUrlencode,
    Form,
    FormString,
    Get,
    GlobOff,
    Head,
    Header,
    Insecure,
    Json,
    Location,
    MaxRedirs,
    MaxTime,
    Next,
    Referer,
    Request,
    UploadFile,
    Url,
    UrlQuery,
    User,
    UserAgent,
    Http2,
    CaCert,
    Cert,
    Key,
}

use Meaning::{Flag, OtherFlag, OtherValue, Value};

/// Short options, long options, and their meanings.
const OPTIONS: &[(&str, Option<char>, Meaning)] = &[
    ("aws-sigv4", None, Meaning::Part(Part::Aws)),
    ("basic", None, Meaning::Part(Part::Basic)),
    ("cacert", None, Meaning::Part(Part::CaCert)),
    ("cert", Some('E'), Meaning::Part(Part::Cert)),
    ("compressed", None, Meaning::Part(Part::Compressed)),
    ("config", Some('K'), Meaning::Part(Part::Config)),
    ("connect-timeout", None, Meaning::Part(Part::ConnectTimeout)),
    ("cookie", Some('b'), Meaning::Part(Part::Cookie)),
    ("cookie-jar", Some('c'), Meaning::Part(Part::CookieJar)),
    ("data", Some('d'), Meaning::Part(Part::DataAscii)),
    ("data-ascii", None, Meaning::Part(Part::DataAscii)),
    ("data-binary", None, Meaning::Part(Part::Data)),
    ("data-raw", None, Meaning::Part(Part::DataRaw)),
    ("data-urlencode", None, Meaning::Part(Part::DataUrlencode)),
    ("form", Some('F'), Meaning::Part(Part::Form)),
    ("form-string", None, Meaning::Part(Part::FormString)),
    ("get", Some('G'), Meaning::Part(Part::Get)),
    ("globoff", Some('g'), Meaning::Part(Part::GlobOff)),
    ("head", Some('I'), Meaning::Part(Part::Head)),
    ("header", Some('H'), Meaning::Part(Part::Header)),
    ("http2", None, Meaning::Part(Part::Http2)),
    ("http2-prior-knowledge", None, Meaning::Part(Part::Http2)),
    ("insecure", Some('k'), Meaning::Part(Part::Insecure)),
    ("json", None, Meaning::Part(Part::Json)),
    ("key", None, Meaning::Part(Part::Key)),
    ("location", Some('L'), Meaning::Part(Part::Location)),
    ("location-trusted", None, Meaning::Part(Part::Location)),
    ("max-redirs", None, Meaning::Part(Part::MaxRedirs)),
    ("max-time", Some('m'), Meaning::Part(Part::MaxTime)),
    ("next", Some(':'), Meaning::Part(Part::Next)),
    ("oauth2-bearer", None, Meaning::Part(Part::Bearer)),
    ("referer", Some('e'), Meaning::Part(Part::Referer)),
    ("request", Some('X'), Meaning::Part(Part::Request)),
    ("upload-file", Some('T'), Meaning::Part(Part::UploadFile)),
    ("url", None, Meaning::Part(Part::Url)),
    ("url-query", None, Meaning::Part(Part::UrlQuery)),
    ("user", Some('u'), Meaning::Part(Part::User)),
    ("user-agent", Some('A'), Meaning::Part(Part::UserAgent)),
    // Output, and the behavior of the tool itself.
    ("create-dirs", None, Flag),
    ("create-file-mode", None, Value),
    ("disable", Some('q'), Flag),
    ("dump-header", Some('D'), Value),
    ("etag-compare", None, Value),
    ("etag-save", None, Value),
    ("fail", Some('f'), Flag),
    ("fail-early", None, Flag),
    ("fail-with-body", None, Flag),
    ("form-escape", None, Flag),
    ("http0.9", None, Flag),
    ("http1.0", Some('0'), Flag),
    ("http1.1", None, Flag),
    ("http3", None, Flag),
    ("http3-only", None, Flag),
    ("include", Some('i'), Flag),
    ("show-headers", None, Flag),
    ("ipv4", Some('4'), Flag),
    ("ipv6", Some('6'), Flag),
    ("junk-session-cookies", Some('j'), Flag),
    ("keepalive", None, Flag),
    ("keepalive-time", None, Value),
    ("libcurl", None, Value),
    ("no-buffer", Some('N'), Flag),
    ("no-clobber", None, Flag),
    ("no-keepalive", None, Flag),
    ("no-progress-meter", None, Flag),
    ("no-alpn", None, Flag),
    ("no-npn", None, Flag),
    ("no-sessionid", None, Flag),
    ("output", Some('o'), Value),
    ("output-dir", None, Value),
    ("parallel", Some('Z'), Flag),
    ("parallel-immediate", None, Flag),
    ("parallel-max", None, Value),
    ("path-as-is", None, Flag),
    ("post301", None, Flag),
    ("post302", None, Flag),
    ("post303", None, Flag),
    ("progress-bar", Some('#'), Flag),
    ("progress-meter", None, Flag),
    ("remote-header-name", Some('J'), Flag),
    ("remote-name", Some('O'), Flag),
    ("remote-name-all", None, Flag),
    ("remote-time", Some('R'), Flag),
    ("remove-on-error", None, Flag),
    ("retry", None, Value),
    ("retry-all-errors", None, Flag),
    ("retry-connrefused", None, Flag),
    ("retry-delay", None, Value),
    ("retry-max-time", None, Value),
    ("sessionid", None, Flag),
    ("show-error", Some('S'), Flag),
    ("silent", Some('s'), Flag),
    ("speed-limit", Some('Y'), Value),
    ("speed-time", Some('y'), Value),
    ("ssl", None, Flag),
    ("ssl-reqd", None, Flag),
    ("stderr", None, Value),
    ("styled-output", None, Flag),
    ("tcp-fastopen", None, Flag),
    ("tcp-nodelay", None, Flag),
    ("tlsv1", Some('1'), Flag),
    ("tlsv1.0", None, Flag),
    ("tlsv1.1", None, Flag),
    ("tlsv1.2", None, Flag),
    ("tlsv1.3", None, Flag),
    ("tls-max", None, Value),
    ("tr-encoding", None, Flag),
    ("trace", None, Value),
    ("trace-ascii", None, Value),
    ("trace-time", None, Flag),
    ("verbose", Some('v'), Flag),
    ("write-out", Some('w'), Value),
    ("xattr", None, Flag),
    ("buffer", None, Flag),
    ("clobber", None, Flag),
    ("expect100-timeout", None, Value),
    ("max-filesize", None, Value),
    ("ca-native", None, Flag),
    ("ssl-no-revoke", None, Flag),
    ("ssl-revoke-best-effort", None, Flag),
    ("happy-eyeballs-timeout-ms", None, Value),
    // Options without an equivalent.
    ("abstract-unix-socket", None, OtherValue),
    ("alt-svc", None, OtherValue),
    ("anyauth", None, OtherFlag),
    ("append", Some('a'), OtherFlag),
    ("capath", None, OtherValue),
    ("cert-type", None, OtherValue),
    ("ciphers", None, OtherValue),
    ("connect-to", None, OtherValue),
    ("continue-at", Some('C'), OtherValue),
    ("crlf", None, OtherFlag),
    ("curves", None, OtherValue),
    ("delegation", None, OtherValue),
    ("digest", None, OtherFlag),
    ("dns-servers", None, OtherValue),
    ("doh-url", None, OtherValue),
    ("engine", None, OtherValue),
    ("haproxy-protocol", None, OtherFlag),
    ("hsts", None, OtherValue),
    ("ignore-content-length", None, OtherFlag),
    ("interface", None, OtherValue),
    ("key-type", None, OtherValue),
    ("limit-rate", None, OtherValue),
    ("local-port", None, OtherValue),
    ("negotiate", None, OtherFlag),
    ("netrc", Some('n'), OtherFlag),
    ("netrc-file", None, OtherValue),
    ("netrc-optional", None, OtherFlag),
    ("noproxy", None, OtherValue),
    ("ntlm", None, OtherFlag),
    ("pass", None, OtherValue),
    ("pinnedpubkey", None, OtherValue),
    ("preproxy", None, OtherValue),
    ("proto", None, Value),
    ("proto-default", None, OtherValue),
    ("proto-redir", None, Value),
    ("proxy", Some('x'), OtherValue),
    ("proxy-header", None, OtherValue),
    ("proxy-insecure", None, OtherFlag),
    ("proxy-user", Some('U'), OtherValue),
    ("proxytunnel", Some('p'), OtherFlag),
    ("quote", Some('Q'), OtherValue),
    ("range", Some('r'), OtherValue),
    ("rate", None, OtherValue),
    ("raw", None, OtherFlag),
    ("request-target", None, OtherValue),
    ("resolve", None, OtherValue),
    ("sasl-ir", None, OtherFlag),
    ("socks5", None, OtherValue),
    ("socks5-hostname", None, OtherValue),
    ("socks4", None, OtherValue),
    ("socks4a", None, OtherValue),
    ("time-cond", Some('z'), OtherValue),
    ("unix-socket", None, OtherValue),
    ("use-ascii", Some('B'), OtherFlag),
    ("variable", None, OtherValue),
    ("ip-tos", None, OtherValue),
    ("service-name", None, OtherValue),
    ("tls13-ciphers", None, OtherValue),
    ("tlspassword", None, OtherValue),
    ("tlsuser", None, OtherValue),
    ("telnet-option", Some('t'), OtherValue),
    ("ftp-port", Some('P'), OtherValue),
    ("list-only", Some('l'), OtherFlag),
    ("manual", Some('M'), OtherFlag),
    ("help", Some('h'), OtherFlag),
    ("version", Some('V'), OtherFlag),
];

/// Finds a long option. As in curl, an unambiguous prefix is enough, and `--no-x` is the opposite of a flag `--x`.
pub(super) fn long(name: &str) -> Option<(&'static str, Meaning)> {
    let exact = OPTIONS.iter().find(|(known, ..)| *known == name);
    let starting = || {
        let mut found = OPTIONS.iter().filter(|(known, ..)| known.starts_with(name));
        found.next().filter(|_| found.next().is_none() && name.len() > 2)
    };
    if let Some((name, _, meaning)) = exact.or_else(starting) {
        return Some((name, *meaning));
    }
    let opposite = name.strip_prefix("no-").and_then(|name| OPTIONS.iter().find(|(known, ..)| *known == name))?;
    matches!(opposite.2, Flag | OtherFlag | Meaning::Part(_)).then_some((opposite.0, Flag))
}

/// Finds a short option.
pub(super) fn short(letter: char) -> Option<(&'static str, Meaning)> {
    OPTIONS.iter().find(|(_, known, _)| *known == Some(letter)).map(|(name, _, meaning)| (*name, *meaning))
}

/// Whether an option takes a value.
pub(super) fn takes_value(meaning: Meaning) -> bool {
    match meaning {
        Flag | OtherFlag => false,
        Value | OtherValue => true,
        Meaning::Part(part) => !matches!(
            part,
            Part::Basic
                | Part::Compressed
                | Part::Get
                | Part::GlobOff
                | Part::Head
                | Part::Insecure
                | Part::Location
                | Part::Next
                | Part::Http2
        ),
    }
}

/// The known option that is most similar to an unknown one.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let distance = |other: &str| {
        let other: Vec<char> = other.chars().collect();
        let mut row: Vec<usize> = (0..=other.len()).collect();
        for (at, left) in name.chars().enumerate() {
            let mut before = row[0];
            row[0] = at + 1;
            for (column, right) in other.iter().enumerate() {
                let cost = usize::from(left != *right);
                let best = (before + cost).min(row[column] + 1).min(row[column + 1] + 1);
                before = row[column + 1];
                row[column + 1] = best;
            }
        }
        row[other.len()]
    };
    OPTIONS.iter().map(|(known, ..)| (distance(known), *known)).min().filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found_as_curl_finds_them() {
        assert_eq!(long("data-urlencode"), Some(("data-urlencode", Meaning::Part(Part::DataUrlencode))));
        assert_eq!(long("no-compressed").map(|(_, meaning)| meaning), Some(Flag));
        assert_eq!(long("compr").map(|(name, _)| name), Some("compressed"));
        assert_eq!(short('H').map(|(name, _)| name), Some("header"));
        assert_eq!(long("unknown"), None);
        assert_eq!(nearest("heeder"), Some("header"));
    }
}
