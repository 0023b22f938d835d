//! Recognizes secret values, which must not be written to files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Hosts;
use crate::draft::{Auth, Body, Draft, Expr, Text};
use crate::names;

/// Whether the name of a header, a parameter or a field indicates a secret. This includes all names of which `ltc check` warns (LT0910).
pub(crate) fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 10] =
        ["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "authorization", "credential"];
    const PAIRS: [(&str, &str); 5] = [("access", "key"), ("auth", "key"), ("private", "key"), ("subscription", "key"), ("session", "key")];
    let lower = name.to_ascii_lowercase();
    let words = names::snake(name);
    let words: Vec<&str> = words.split('_').collect();
    let has_pair = words.windows(2).any(|two| PAIRS.contains(&(two[0], two[1])));
    !lower.contains("csrf") && (PARTS.iter().any(|part| lower.contains(part)) || words.contains(&"pwd") || has_pair)
}

/// A body whose secret members are read from the environment.
pub(crate) fn protect(draft: &mut Draft, api: &str, body: Body) -> Body {
    let mut fields = |fields: Vec<(String, Expr)>| -> Vec<(String, Expr)> {
        fields
            .into_iter()
            .map(|(key, value)| {
                let value = protect_value(draft, api, &key, value);
                (key, value)
            })
            .collect()
    };
    match body {
        Body::Json(value) => Body::Json(protect_value(draft, api, "", value)),
        Body::Form(list) => Body::Form(fields(list)),
        Body::Multipart(list) => Body::Multipart(fields(list)),
        Body::Graphql(query, variables) => Body::Graphql(query, fields(variables)),
        other => other,
    }
}

/// A value whose secret members are read from the environment.
pub(crate) fn protect_value(draft: &mut Draft, api: &str, key: &str, value: Expr) -> Expr {
    match value {
        Expr::Text(text) if text.as_literal().is_some_and(|value| !value.is_empty() && (is_secret_name(key) || looks_secret(value))) => {
            secret(draft, api, key, &text)
        }
        Expr::List(items) => Expr::List(items.into_iter().map(|item| protect_value(draft, api, key, item)).collect()),
        Expr::Map(entries) => Expr::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let value = protect_value(draft, api, &key, value);
                    (key, value)
                })
                .collect(),
        ),
        other => other,
    }
}

/// Whether a value looks like a credential, whatever its name: a JWT, or a token with the prefix of a known issuer.
pub(crate) fn looks_secret(value: &str) -> bool {
    let is_jwt = value.starts_with("eyJ") && value.matches('.').count() == 2 && value.len() > 40;
    let prefixes = ["sk_live_", "sk_test_", "sk-", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "glpat-", "AIza"];
    is_jwt || value.len() >= 16 && prefixes.iter().any(|prefix| value.starts_with(prefix))
}

/// The expression of a secret, whose value is not written. A text that is not a literal already uses names for its values.
pub(crate) fn secret(draft: &mut Draft, api: &str, name: &str, value: &Text) -> Expr {
    match value.as_literal() {
        Some(literal) => Hosts::secret(draft, api, name, literal),
        None => Expr::from(value.clone()),
    }
}

/// The auth of an `Authorization` header. A scheme without an equivalent in the language stays a header.
pub(crate) fn authorization(draft: &mut Draft, api: &str, value: &Text) -> Auth {
    let Some(literal) = value.as_literal() else {
        return match strip(value, "bearer ") {
            Some(token) => Auth::Bearer(Expr::from(token)),
            None => Auth::Header("Authorization".to_owned(), Expr::from(value.clone())),
        };
    };
    let (scheme, rest) = literal.trim().split_once(' ').unwrap_or((literal, ""));
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" if !rest.trim().is_empty() => Auth::Bearer(Hosts::secret(draft, api, "token", rest.trim())),
        "basic" => {
            let decoded = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            match decoded.as_deref().and_then(|pair| pair.split_once(':')) {
                Some((user, password)) => basic(draft, api, &Text::literal(user), &Text::literal(password)),
                None => Auth::Header("Authorization".to_owned(), Hosts::secret(draft, api, "authorization", literal)),
            }
        }
        _ => Auth::Header("Authorization".to_owned(), Hosts::secret(draft, api, "authorization", literal)),
    }
}

/// Basic auth: the user's name is a value of the environment, the password a secret.
pub(crate) fn basic(draft: &mut Draft, api: &str, user: &Text, password: &Text) -> Auth {
    let user = match user.as_literal() {
        // A key in the place of the user's name, as many APIs want it.
        Some(literal) if password.parts.is_empty() && (looks_secret(literal) || literal.len() >= 20) => {
            Hosts::secret(draft, api, "key", literal)
        }
        Some(literal) => Hosts::setting(draft, api, "user", literal),
        None => Expr::from(user.clone()),
    };
    let password = if password.parts.is_empty() { Expr::text("") } else { secret(draft, api, "password", password) };
    Auth::Basic(user, password)
}

/// The text after a prefix, which is compared without regard to case.
fn strip(text: &Text, prefix: &str) -> Option<Text> {
    let mut out = text.clone();
    match out.parts.first_mut() {
        Some(crate::draft::Part::Literal(first)) if first.to_ascii_lowercase().starts_with(prefix) => {
            *first = first[prefix.len()..].to_owned();
            out.parts.retain(|part| !matches!(part, crate::draft::Part::Literal(text) if text.is_empty()));
            Some(out)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name_or_form() {
        for name in ["Authorization", "X-Api-Key", "password", "access_token", "Ocp-Apim-Subscription-Key"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["csrf_token", "page", "key", "X-Requested-With", "session"] {
            assert!(!is_secret_name(name), "{name}");
        }
        assert!(looks_secret("sk_live_0123456789abcdef") && !looks_secret("skirt"));
    }
}
