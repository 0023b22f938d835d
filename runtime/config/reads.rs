//! Which keys of an environment a spec reads: its binary carries only those, and only their `${VAR}`s must be set.

use std::cmp::Ordering;

/// Keys that say how to reach a host. A file has them next to a url, or at the top for all urls, and no spec names them.
pub(crate) const TRANSPORT_KEYS: [&str; 3] = ["tls", "http2", "connect_timeout"];

/// The key at the top of an environment that names the hosts which a test may load.
pub(crate) const ALLOW_HOSTS: &str = "allow_hosts";

/// The keys that a spec reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads {
    /// In their order, because each of thousands of keys is looked up. `None`: all keys.
    paths: Option<Vec<Vec<String>>>,
}

/// How much of a value a spec reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadPart {
    /// The value and everything within it.
    Whole,
    /// Only a part of it.
    Within,
    /// Nothing.
    Nothing,
}

impl Reads {
    /// All keys.
    pub fn everything() -> Self {
        Self { paths: None }
    }

    /// The keys of these dotted paths with everything within them, how to reach the hosts next to them, and which hosts are allowed.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut paths: Vec<Vec<String>> = paths.into_iter().map(|path| path.split('.').map(str::to_owned).collect()).collect();
        paths.sort_unstable();
        Self { paths: Some(paths) }
    }

    /// How much of the value at a path the spec reads.
    pub(crate) fn part<S: AsRef<str>>(&self, path: &[S]) -> ReadPart {
        let Some(paths) = &self.paths else { return ReadPart::Whole };
        if path.first().is_some_and(|key| key.as_ref() == ALLOW_HOSTS) {
            return ReadPart::Whole;
        }
        let order = |read: &[String], path: &[S]| read.iter().map(String::as_str).cmp(path.iter().map(AsRef::as_ref));
        let is_read = |path: &[S]| paths.binary_search_by(|read| order(read, path)).is_ok();
        // The paths that begin with another one follow it.
        let begins = |path: &[S]| {
            let at = paths.partition_point(|read| order(read, path) == Ordering::Less);
            paths.get(at).is_some_and(|read| read.len() >= path.len() && order(&read[..path.len()], path) == Ordering::Equal)
        };
        if (0..=path.len()).any(|end| is_read(&path[..end])) {
            return ReadPart::Whole;
        }
        for at in 0..path.len() {
            let beside = &path[..at];
            if TRANSPORT_KEYS.contains(&path[at].as_ref()) && (at == 0 || begins(beside)) {
                return ReadPart::Whole;
            }
        }
        if path.is_empty() || begins(path) { ReadPart::Within } else { ReadPart::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_all_that_it_holds_and_how_its_host_is_reached() {
        let reads = Reads::of(["shop.eu.url", "weights"]);
        for (path, part) in [
            (&[][..] as &[&str], ReadPart::Within),
            (&["shop"], ReadPart::Within),
            (&["shop", "eu"], ReadPart::Within),
            (&["shop", "eu", "url"], ReadPart::Whole),
            (&["shop", "eu", "tls"], ReadPart::Whole),
            (&["shop", "eu", "tls", "ca"], ReadPart::Whole),
            (&["shop", "connect_timeout"], ReadPart::Whole),
            (&["tls", "verify"], ReadPart::Whole),
            (&["weights", "browse"], ReadPart::Whole),
            (&["shop", "eu", "token"], ReadPart::Nothing),
            (&["shop", "us", "tls"], ReadPart::Nothing),
            (&["allow_hosts"], ReadPart::Whole),
            (&["ledger"], ReadPart::Nothing),
            (&["ledger", "http2"], ReadPart::Nothing),
        ] {
            assert_eq!(reads.part(path), part, "{path:?}");
        }
        let many: Vec<String> = (0..20_000).map(|number| format!("shop.key{number}")).collect();
        let reads = Reads::of(many.iter().map(String::as_str));
        let whole = |key: &String| reads.part(&key.split('.').collect::<Vec<_>>()) == ReadPart::Whole;
        assert!(many.iter().all(whole) && reads.part(&["shop", "key"]) == ReadPart::Nothing);
        assert_eq!(Reads::everything().part(&["ledger", "key"]), ReadPart::Whole);
        assert_eq!(Reads::of([]).part(&["ledger"]), ReadPart::Nothing);
    }
}
