//! Which keys of an environment a spec reads: only those are carried in its binary, and only their `${VAR}`s must be set.

/// Keys that say how a host is reached. They stand beside a url, or at the top for all of them, and no spec names them.
pub const TRANSPORT_KEYS: [&str; 3] = ["tls", "http2", "connect_timeout"];

/// The keys that a spec reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads {
    /// `None`: all.
    paths: Option<Vec<Vec<String>>>,
}

/// How much of a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It, and all within it.
    Whole,
    /// Something within it.
    Within,
    /// Nothing.
    Nothing,
}

impl Reads {
    /// All keys.
    pub fn everything() -> Self {
        Self { paths: None }
    }

    /// The keys of these dotted paths with all that they hold, and how the hosts beside them are reached.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        Self { paths: Some(paths.into_iter().map(|path| path.split('.').map(str::to_owned).collect()).collect()) }
    }

    /// How much of the value at a path is read.
    pub(crate) fn part<S: AsRef<str>>(&self, path: &[S]) -> Part {
        let Some(paths) = &self.paths else { return Part::Whole };
        let alike = |path: &[S], read: &[String]| path.iter().zip(read).all(|(a, b)| a.as_ref() == b);
        let begins = |path: &[S], read: &[String]| path.len() <= read.len() && alike(path, read);
        let ends = |read: &[String]| read.len() <= path.len() && alike(path, read);
        if paths.iter().any(|read| ends(read)) {
            return Part::Whole;
        }
        for at in 0..path.len() {
            let beside = &path[..at];
            if TRANSPORT_KEYS.contains(&path[at].as_ref()) && (at == 0 || paths.iter().any(|read| begins(beside, read))) {
                return Part::Whole;
            }
        }
        if path.is_empty() || paths.iter().any(|read| begins(path, read)) { Part::Within } else { Part::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_all_that_it_holds_and_how_its_host_is_reached() {
        let reads = Reads::of(["shop.eu.url", "weights"]);
        for (path, part) in [
            (&[][..] as &[&str], Part::Within),
            (&["shop"], Part::Within),
            (&["shop", "eu"], Part::Within),
            (&["shop", "eu", "url"], Part::Whole),
            (&["shop", "eu", "tls"], Part::Whole),
            (&["shop", "eu", "tls", "ca"], Part::Whole),
            (&["shop", "connect_timeout"], Part::Whole),
            (&["tls", "verify"], Part::Whole),
            (&["weights", "browse"], Part::Whole),
            (&["shop", "eu", "token"], Part::Nothing),
            (&["shop", "us", "tls"], Part::Nothing),
            (&["ledger"], Part::Nothing),
            (&["ledger", "http2"], Part::Nothing),
        ] {
            assert_eq!(reads.part(path), part, "{path:?}");
        }
        assert_eq!(Reads::everything().part(&["ledger", "key"]), Part::Whole);
        assert_eq!(Reads::of([]).part(&["ledger"]), Part::Nothing);
    }
}
