//! The `Cookie` lines of a user's jar. Each is built once for a host, and kept until the jar changes or a cookie expires.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use ecow::EcoString;

use crate::http::message::target::{Origin, Target};

/// The most lines that are kept. For more hosts, lines are built again.
const MOST: usize = 8;

/// The lines that were built.
#[derive(Debug, Default)]
pub(super) struct CookieLines(RefCell<Vec<CookieLine>>);

#[derive(Debug)]
struct CookieLine {
    origin: Rc<Origin>,
    /// The path and query of the line; `None` if it applies to all paths of the host.
    path: Option<EcoString>,
    line: EcoString,
    /// When the first of its cookies expires.
    until: Option<Instant>,
}

impl CookieLines {
    /// The kept line for a URL, if there is one.
    pub(super) fn find(&self, url: &Target, now: Instant) -> Option<EcoString> {
        let lines = self.0.borrow();
        let line = lines.iter().find(|line| {
            (Rc::ptr_eq(&line.origin, &url.origin) || line.origin == url.origin) && line.path.as_ref().is_none_or(|path| *path == url.path)
        })?;
        line.until.is_none_or(|until| now < until).then(|| line.line.clone())
    }

    /// Keeps the line for a URL, or for all paths of its host.
    pub(super) fn keep(&self, url: &Target, all_paths: bool, line: EcoString, until: Option<Instant>) {
        let mut lines = self.0.borrow_mut();
        lines.retain(|kept| kept.origin != url.origin);
        if lines.len() >= MOST {
            lines.clear();
        }
        let path = (!all_paths).then(|| url.path.clone());
        lines.push(CookieLine { origin: url.origin.clone(), path, line, until });
    }

    /// Removes all lines, because the jar has changed.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::clock;

    #[test]
    fn line_is_kept_for_its_host_and_path_until_a_cookie_expires() {
        let (lines, now) = (CookieLines::default(), clock::now());
        let url = |text: &str| Target::parse(text).unwrap();
        let expires = now + Duration::from_secs(1);
        lines.keep(&url("http://a.test/x"), false, "x=1".into(), None);
        lines.keep(&url("http://b.test/"), true, "y=2".into(), Some(expires));
        assert_eq!(lines.find(&url("http://a.test/x"), now).as_deref(), Some("x=1"));
        for other in ["http://a.test/y", "http://a.test/x?q", "https://a.test/x", "http://a.test:81/x", "http://c.test/"] {
            assert_eq!(lines.find(&url(other), now), None, "{other}");
        }
        assert_eq!(lines.find(&url("http://b.test/any"), now).as_deref(), Some("y=2"));
        assert_eq!(lines.find(&url("http://b.test/any"), expires), None);
        lines.clear();
        assert_eq!(lines.find(&url("http://a.test/x"), now), None);
    }

    #[test]
    fn number_of_kept_lines_is_limited() {
        let lines = CookieLines::default();
        for host in 0..100 {
            lines.keep(&Target::parse(&format!("http://h{host}.test/")).unwrap(), true, "x=1".into(), None);
        }
        assert!(lines.0.borrow().len() <= MOST);
    }
}
