//! The target of a request: a URL that is parsed once, so that the hot path only joins strings.

use std::fmt;
use std::rc::Rc;

use ecow::EcoString;

use crate::value::{Eval, EvalError};

/// Scheme, host and port, shared by all targets with the same base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    /// The host in lower case, without the brackets of an IPv6 address.
    pub(crate) host: Box<str>,
    pub(crate) port: u16,
    /// The form of the `Host` header: without the port if it is the scheme's default.
    pub(crate) authority: Box<str>,
}

impl Origin {
    pub(crate) fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// `host:port`, the form of CONNECT.
    pub(crate) fn host_port(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

/// A URL that requests can be sent to; cloning one is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub(crate) origin: Rc<Origin>,
    /// Path and query, encoded and with a leading slash.
    pub(crate) path: EcoString,
}

impl Target {
    /// Parses an absolute `http` or `https` URL.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text).map_err(|error| format!("`{text}`: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("unexpected user or password in a url: write `auth basic(user, password)`".into());
        }
        Self::from_url(&url)
    }

    fn from_url(url: &url::Url) -> Result<Self, String> {
        let https = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(format!("`{url}`: {other} is neither http nor https")),
        };
        let host = url.host_str().ok_or_else(|| format!("`{url}` has no host"))?;
        let port = url.port_or_known_default().unwrap_or(if https { 443 } else { 80 });
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let mut path = EcoString::from(url.path());
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(query);
        }
        let origin = Origin { https, host: bare.into(), port, authority: authority.into() };
        Ok(Self { origin: Rc::new(origin), path })
    }

    pub(crate) fn to_url(&self) -> Option<url::Url> {
        url::Url::parse(&self.to_string()).ok()
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        self.origin.scheme()
    }

    /// The host's name or address, without a port.
    pub fn host(&self) -> &str {
        &self.origin.host
    }

    /// The host in the form of the `Host` header: without the port if it is the scheme's default.
    pub fn authority(&self) -> &str {
        &self.origin.authority
    }

    /// Path and query in the form that is sent.
    pub fn path_and_query(&self) -> &str {
        &self.path
    }

    /// Whether scheme, host and port are the same.
    pub fn same_origin(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.origin, &other.origin) || self.origin == other.origin
    }

    /// Whether secrets may be sent to the other target: if it has the same origin, or is the same host over an encrypted connection.
    pub(crate) fn trusts(&self, other: &Self) -> bool {
        self.same_origin(other) || (self.host() == other.host() && !self.origin.https && other.origin.https)
    }

    /// Resolves a URI reference against this base (RFC 3986, so a relative one replaces the part after the base's last slash). `query` is
    /// added to the reference's own query.
    pub fn join(&self, reference: &str, query: &str) -> Eval<Self> {
        let base = url::Url::parse(&self.to_string()).map_err(|error| EvalError(format!("{self}: {error}")))?;
        let mut url = join(&base, reference).map_err(|error| EvalError(format!("`{reference}`: {error}")))?;
        if !query.is_empty() {
            let all = url.query().map_or_else(|| query.to_owned(), |own| format!("{own}&{query}"));
            url.set_query(Some(&all));
        }
        Self::from_url(&url).map_err(EvalError)
    }

    /// Resolves a `Location` as RFC 9110 specifies.
    pub(crate) fn resolve(&self, location: &str) -> Result<Self, String> {
        if let Some(path) = self.own_path(location) {
            return Ok(Self { origin: self.origin.clone(), path: path.into() });
        }
        let base = url::Url::parse(&self.to_string()).map_err(|error| error.to_string())?;
        let url = join(&base, location).map_err(|error| error.to_string())?;
        let mut target = Self::from_url(&url)?;
        if self.same_origin(&target) {
            target.origin = self.origin.clone();
        }
        Ok(target)
    }

    /// The path and query of a reference to this origin that needs no normalization, as most redirects don't.
    fn own_path<'l>(&self, location: &'l str) -> Option<&'l str> {
        let path = if location.starts_with('/') {
            location
        } else {
            location.strip_prefix(self.scheme())?.strip_prefix("://")?.strip_prefix(self.authority())?
        };
        let mut bytes = path.bytes();
        let rooted = bytes.next() == Some(b'/') && bytes.next() != Some(b'/');
        // Dot segments, encoded or not, are resolved by the url crate.
        let mut behind_slash = false;
        let plain = rooted
            && path.bytes().all(|byte| {
                let stays = byte.is_ascii_alphanumeric()
                    || matches!(
                        byte,
                        b'/' | b'-' | b'_' | b'~' | b'?' | b'&' | b'=' | b'+' | b',' | b';' | b':' | b'@' | b'!' | b'$' | b'*'
                    )
                    || (matches!(byte, b'.' | b'%') && !behind_slash);
                behind_slash = byte == b'/';
                stays
            });
        plain.then_some(path)
    }

    /// The URL as text.
    pub(crate) fn to_eco(&self) -> EcoString {
        let parts = [self.scheme(), "://", self.authority(), &self.path];
        let mut text = EcoString::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| text.push_str(part));
        text
    }

    /// Appends an encoded path to that of the base, and a query.
    pub fn append(&self, path: &str, query: &str) -> Eval<Self> {
        let mark = self.path.bytes().position(|byte| byte == b'?');
        let (own, own_query) = mark.map_or((&*self.path, ""), |at| (&self.path[..at], &self.path[at + 1..]));
        let own = own.trim_end_matches('/');
        let clean = is_clean(path);
        let path = if clean { path } else { path.split_once('#').map_or(path, |(path, _)| path) };
        let mut all = EcoString::with_capacity(own.len() + path.len() + query.len() + own_query.len() + 3);
        all.push_str(own);
        if !path.starts_with('/') && (all.is_empty() || !path.is_empty() && !path.starts_with('?')) {
            all.push('/');
        }
        if clean {
            all.push_str(path);
        } else {
            push_encoded(&mut all, path);
        }
        for part in [own_query, query] {
            if !part.is_empty() {
                let joint = if all.contains('?') { '&' } else { '?' };
                all.push(joint);
                push_encoded(&mut all, part);
            }
        }
        Ok(Self { origin: self.origin.clone(), path: all })
    }
}

/// Resolves a reference like browsers: more than two slashes before a host count as two.
fn join(base: &url::Url, reference: &str) -> Result<url::Url, url::ParseError> {
    base.join(reference).or_else(|error| {
        let rest = reference.trim_start_matches(['/', '\\', ' ', '\t', '\n', '\r']);
        if error == url::ParseError::EmptyHost && rest.len() < reference.len() { base.join(&format!("//{rest}")) } else { Err(error) }
    })
}

fn is_odd(byte: u8) -> bool {
    byte <= b' ' || byte >= 0x7f || matches!(byte, b'"' | b'#' | b'<' | b'>')
}

/// Whether nothing has to be encoded. Checking all bytes takes fewer instructions than stopping at the first.
fn is_clean(text: &str) -> bool {
    !text.bytes().fold(false, |any, byte| any | is_odd(byte))
}

/// Percent-encodes the characters that a request line can't contain. All others stay unchanged.
fn push_encoded(out: &mut EcoString, text: &str) {
    for byte in text.bytes() {
        if is_odd(byte) {
            out.push_str(percent_encoding::percent_encode_byte(byte));
        } else {
            out.push(char::from(byte));
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.origin.scheme(), self.origin.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_that_stays_as_it_is_written_resolves_as_any_other() {
        for (base, stays, others) in [
            (
                "https://a.test/x/y?q",
                "/ /c /c/d.html /a.b/c?x=1&y=%20z /c/ /c?r=/d /a:b@c;d=e,f!$*+~_- https://a.test/ https://a.test/c?d",
                "// //c /./c /../c /c/.. /c/. /c/.d /%2e/c /c/%2E%2e /c/%41 /c#d /c|d /c{d} /ä /c\\d /c'd /c?e'f ///c c ?r # https://a.test \
                 https://a.test:443/c https://a.test.example/c https://a.testc/ HTTPS://A.test/c http://a.test/c https://b.test/c https://a.test//c",
            ),
            ("http://a.test:81/x", "/c http://a.test:81/c", "http://a.test/c http://a.test:8/c http://a.test:811/c https://a.test:81/c"),
            ("http://[::1]:81/x", "/c http://[::1]:81/c", "http://[::1]/c"),
        ] {
            let base = Target::parse(base).unwrap();
            for (locations, fast) in [(stays, true), (others, false)] {
                for location in locations.split(' ').filter(|location| !location.is_empty()) {
                    assert_eq!(base.own_path(location).is_some(), fast, "{location}");
                    let joined = url::Url::parse(&base.to_string()).unwrap().join(location);
                    let expected = joined.ok().and_then(|url| Target::from_url(&url).ok());
                    assert!(expected.is_some() || !fast, "{location}");
                    if let Some(expected) = expected {
                        assert_eq!(base.resolve(location).unwrap(), expected, "{location}");
                        assert_eq!(expected.to_eco(), expected.to_string(), "{location}");
                    }
                }
            }
        }
    }

    #[test]
    fn references_with_many_slashes_name_a_host() {
        let base = Target::parse("https://a.test/x/y?q").unwrap();
        for (reference, expected) in [
            ("///b.test/c", "https://b.test/c"),
            ("/\\//b.test", "https://b.test/"),
            ("//b.test:81/c", "https://b.test:81/c"),
            ("/c", "https://a.test/c"),
            ("z", "https://a.test/x/z"),
            ("?r", "https://a.test/x/y?r"),
        ] {
            assert_eq!(base.join(reference, "").unwrap().to_string(), expected, "{reference}");
            assert_eq!(base.resolve(reference).unwrap().to_string(), expected, "{reference}");
        }
        for reference in ["//", "///", "http://", "mailto:x"] {
            assert!(base.join(reference, "").is_err(), "{reference}");
        }
    }
}
