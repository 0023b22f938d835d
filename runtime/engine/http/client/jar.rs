//! A user's cookies.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use cookie_store::{Cookie, CookieExpiration, CookieStore};
use ecow::EcoString;

use super::session::Session;
use crate::base::clock;
use crate::http::message::target::Target;
use crate::http::wire::h1::Raw;

/// The longest cookie, name and value. Browsers ignore a longer one, too (RFC 6265, 6.1).
const COOKIE_BYTES_MAX: usize = 4096;

/// The most cookies of a domain, as in browsers. The first ones are dropped for later ones: without a limit, a server that sets a cookie of
/// another name each time would take more and more memory.
const COOKIES_MAX: usize = 180;

/// The most cookies of all domains.
const ALL_COOKIES_MAX: usize = 3_000;

impl Session {
    /// The value of a cookie that would be sent to this URL.
    pub fn cookie(&self, url: &str, name: &str) -> Option<EcoString> {
        let jar = self.jar.borrow();
        let url = url::Url::parse(url).ok()?;
        jar.as_ref()?.matches(&url).into_iter().find(|cookie| cookie.name() == name).map(|cookie| cookie.value().into())
    }

    /// The values of all cookies.
    pub(crate) fn cookie_values(&self) -> Vec<String> {
        let jar = self.jar.borrow();
        jar.iter().flat_map(|jar| jar.iter_any()).map(|cookie| cookie.value().to_owned()).collect()
    }

    /// Removes the cookies that would be sent to this host.
    pub fn clear_cookies(&self, host: &str) {
        self.cookie_lines.clear();
        let mut jar = self.jar.borrow_mut();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let (Some(old), Ok(url)) = (jar.take(), url::Url::parse(&format!("https://{host}/"))) else { return };
        let kept = old.iter_unexpired().filter(|cookie| !cookie.domain.matches(&url)).cloned().map(Ok::<_, std::convert::Infallible>);
        *jar = CookieStore::from_cookies(kept, false).ok().map(Box::new);
    }

    /// The cookies that the jar sends to this URL: longer paths first, and then older cookies first, as RFC 6265 requires.
    pub(crate) fn cookies_for(&self, url: &Target) -> EcoString {
        let jar = self.jar.borrow();
        let Some(jar) = jar.as_ref() else { return EcoString::new() };
        let now = clock::now();
        if let Some(line) = self.cookie_lines.find(url, now) {
            return line;
        }
        let Some(parsed) = url.to_url() else { return EcoString::new() };
        let mut found = jar.matches(&parsed);
        // The sort is stable, and the jar has the cookies in the order in which they were set.
        found.sort_by_key(|cookie| Reverse(cookie.path.len()));
        let until = found.iter().filter_map(|cookie| expiry(cookie, now)).min();
        let mut line = EcoString::new();
        for cookie in found {
            if !line.is_empty() {
                line.push_str("; ");
            }
            line.push_str(cookie.name());
            line.push('=');
            line.push_str(cookie.value());
        }
        let all_paths = jar.iter_any().all(|cookie| &*cookie.path == "/");
        self.cookie_lines.keep(url, all_paths, line.clone(), until);
        line
    }

    pub(crate) fn keep_cookies(&self, url: &Target, raw: &Raw) {
        if raw.headers.get("set-cookie").is_none() {
            return;
        }
        let Some(url) = url.to_url() else { return };
        self.cookie_lines.clear();
        let mut jar = self.jar.borrow_mut();
        let jar = jar.get_or_insert_with(Box::default);
        for line in raw.headers.get_all("set-cookie").filter(|line| may_be_set(line, &url)) {
            // A cookie that is invalid, or that the host may not set, is ignored, as in browsers.
            let _ = jar.parse(line, &url);
        }
        drop_excess(jar);
    }
}

/// Drops the first cookies of each domain that has too many, and of a jar that has too many.
fn drop_excess(jar: &mut CookieStore) {
    if jar.iter_any().count() <= COOKIES_MAX {
        return;
    }
    let all: Vec<[String; 3]> =
        jar.iter_any().map(|cookie| [String::from(&cookie.domain), String::from(&cookie.path), cookie.name().to_owned()]).collect();
    let mut excess: HashMap<&str, usize> = HashMap::new();
    all.iter().for_each(|[domain, ..]| *excess.entry(domain).or_default() += 1);
    excess.values_mut().for_each(|count| *count = count.saturating_sub(COOKIES_MAX));
    let mut left = all.len();
    for [domain, path, name] in &all {
        let excess = excess.entry(domain).or_default();
        if *excess > 0 || left > ALL_COOKIES_MAX {
            *excess = excess.saturating_sub(1);
            left -= 1;
            jar.remove(domain, path, name);
        }
    }
}

/// When a cookie expires; `None` if it lasts as long as the user, or longer than any test.
fn expiry(cookie: &Cookie<'_>, now: Instant) -> Option<Instant> {
    let CookieExpiration::AtUtc(end) = cookie.expires else { return None };
    let left = end.unix_timestamp_nanos() - i128::try_from(clock::unix_now().as_nanos()).ok()?;
    now.checked_add(Duration::from_nanos(u64::try_from(left.max(0)).ok()?))
}

/// Whether the jar may parse a cookie. It must not be too long. The jar would accept one for a whole top-level domain such as `.org`, and
/// one whose domain has spaces.
fn may_be_set(line: &str, url: &url::Url) -> bool {
    if line.split(';').next().is_some_and(|pair| pair.len() > COOKIE_BYTES_MAX) {
        return false;
    }
    let attributes = line.split(';').skip(1).filter_map(|attribute| attribute.split_once('='));
    let domains = attributes.filter(|(name, _)| name.trim().eq_ignore_ascii_case("domain"));
    let Some(domain) = domains.last().map(|(_, value)| value.trim()) else { return true };
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let is_host = url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(domain));
    domain.is_empty() || is_host || (domain.contains('.') && !domain.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::net::transport::Transport;

    #[test]
    fn cookies_are_sent_in_the_order_in_which_they_were_set() {
        let url = url::Url::parse("http://home.example.org/a/b").unwrap();
        let mut jar = CookieStore::default();
        for line in ["z=1", "a=2; Path=/", "m=3; Domain=example.org; Path=/", "long=4; Path=/a/b", "z=5"] {
            assert!(may_be_set(line, &url), "{line}");
            jar.parse(line, &url).unwrap();
        }
        let transport = Transport::new(crate::http::TransportConfig::default()).unwrap();
        let session = Session::new(transport, 0);
        *session.jar.borrow_mut() = Some(Box::new(jar));
        let target = Target::parse(url.as_str()).unwrap();
        assert_eq!(session.cookies_for(&target), "long=4; z=5; a=2; m=3");
    }

    #[test]
    fn number_and_length_of_cookies_are_limited() {
        let mut jar = CookieStore::default();
        let mut set = |host: usize, line: &str| {
            let url = url::Url::parse(&format!("http://h{host}.test/a/b")).unwrap();
            if may_be_set(line, &url) {
                jar.parse(line, &url).unwrap();
                drop_excess(&mut jar);
            }
            jar.iter_any().map(|cookie| cookie.name().to_owned()).collect::<Vec<_>>()
        };
        for number in 0..1_000 {
            set(0, &format!("c{number}=x; Path=/{}", ["", "a"][number % 2]));
        }
        let kept = set(0, &format!("long={}", "x".repeat(COOKIE_BYTES_MAX)));
        assert_eq!((kept.len(), kept.contains(&"c999".to_owned()), kept.contains(&"long".to_owned())), (COOKIES_MAX, true, false));
        let kept = (1..20).map(|host| (0..200).map(|number| set(host, &format!("d{number}=x")).len()).max()).max();
        assert_eq!(kept, Some(Some(ALL_COOKIES_MAX)));
    }

    #[test]
    fn cookies_of_a_whole_top_level_domain_are_refused() {
        let url = url::Url::parse("http://home.example.org/").unwrap();
        for (domain, accepted) in [(".org", false), ("org", false), ("  . example.org", false), ("example.org", true), ("", true)] {
            assert_eq!(may_be_set(&format!("a=1; Path=/; domain={domain}"), &url), accepted, "{domain}");
        }
        assert!(may_be_set("a=1; Domain=localhost", &url::Url::parse("http://localhost/").unwrap()));
    }
}
