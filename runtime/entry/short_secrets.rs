//! Values of variables and stores that are too short to be masked: refused where they are used as credentials, else warned of.

use ltc_config::environment::ShortSecret;
use ltc_engine::program::EnvKey;

/// Why a short credential is refused.
pub(crate) const TOO_SHORT: &str = "a secret of fewer than 4 characters cannot be masked in logs and reports (use a longer one)";

/// What is wrong with the short values of an environment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) problems: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

/// Judges the short values. `is_replaced` tells whether the command line sets a key to another value.
pub(crate) fn judge(keys: &[EnvKey], short: &[ShortSecret], is_replaced: impl Fn(&str) -> bool) -> Judgement {
    let mut judgement = Judgement::default();
    for ShortSecret { path, location, written } in short.iter().filter(|secret| !is_replaced(&secret.path)) {
        let is_named = path.rsplit('.').next().is_some_and(ltc_engine::is_credential);
        if is_named || keys.iter().any(|key| key.path == path && is_credential(key)) {
            judgement.problems.push(format!("{location}: {path} is the value of {written}: {TOO_SHORT}"));
        } else {
            let why = "has fewer than 4 characters, so logs and reports do not mask it";
            judgement.warnings.push(format!("{location}: the value of {written} in {path} {why}"));
        }
    }
    judgement
}

/// Whether the spec uses a key of the environment as a credential.
pub(crate) fn is_credential(key: &EnvKey) -> bool {
    key.secret || key.path.rsplit('.').next().is_some_and(ltc_engine::is_credential)
}

#[cfg(test)]
mod tests {
    use ltc_config::Location;
    use ltc_engine::program::Type;

    use super::*;

    #[test]
    fn short_credential_is_refused_and_another_short_value_is_warned_of() {
        let key = |path, secret| EnvKey { path, kind: Type::String, secret, at: ltc_engine::Location { file: 0, line: 1, column: 1 } };
        let keys = [key("shop.code", true), key("shop.port", false), key("shop.api_key", false)];
        let short: Vec<ShortSecret> = ["shop.code", "shop.port", "shop.api_key", "list.[0].password"]
            .map(|path| ShortSecret { path: path.to_owned(), location: Location::file("config/x.yml"), written: "${V}".to_owned() })
            .into();
        let Judgement { problems, warnings } = judge(&keys, &short, |_| false);
        let refused = |path: &str| problems.contains(&format!("config/x.yml: {path} is the value of ${{V}}: {TOO_SHORT}"));
        assert!(["shop.code", "shop.api_key", "list.[0].password"].into_iter().all(refused), "{problems:?}");
        let warned = "config/x.yml: the value of ${V} in shop.port has fewer than 4 characters, so logs and reports do not mask it";
        assert_eq!((problems.len(), warnings), (3, vec![warned.to_owned()]));
        assert_eq!(judge(&keys, &short, |_| true), Judgement::default());
    }
}
