//! Auth of collections, folders and requests.

use super::collection::Auth;
use super::variables::{Piece, Variables, pieces};
use crate::draft::{self, Expr, Part};

/// The parts that an auth adds to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) auth: Option<draft::Auth>,
    pub(super) query: Option<(String, Expr)>,
}

/// Converts Postman's auth. `Err` names the part without a counterpart.
pub(super) fn access(auth: &Auth, variables: &mut Variables) -> Result<Access, String> {
    let with = |auth| Ok(Access { auth: Some(auth), query: None });
    match auth.kind.as_str() {
        "noauth" => with(draft::Auth::None),
        "bearer" => with(draft::Auth::Bearer(secret(auth, "token", "token", variables))),
        "basic" => {
            let user = variables.any(auth.get("username").unwrap_or_default());
            with(draft::Auth::Basic(user, secret(auth, "password", "password", variables)))
        }
        "apikey" => {
            let name = auth.get("key").unwrap_or("X-Api-Key").to_owned();
            let value = secret(auth, "value", "api_key", variables);
            if auth.get("in") == Some("query") {
                return Ok(Access { auth: None, query: Some((name, value)) });
            }
            if is_variable(&name) {
                return Err(format!("auth with the header `{name}`: the name of a header is a literal"));
            }
            with(draft::Auth::Header(name, value))
        }
        "oauth2" => {
            let value = secret(auth, "accessToken", "token", variables);
            if auth.get("addTokenTo") == Some("queryParams") {
                return Ok(Access { auth: None, query: Some(("access_token".to_owned(), value)) });
            }
            with(draft::Auth::Bearer(value))
        }
        "awsv4" => {
            let service = variables.value(auth.get("service").unwrap_or("execute-api"));
            with(draft::Auth::Aws(service, variables.value(auth.get("region").unwrap_or("us-east-1"))))
        }
        other => Err(format!("auth of the type `{other}`")),
    }
}

fn is_variable(template: &str) -> bool {
    pieces(template).iter().any(|piece| matches!(piece, Piece::Variable(_)))
}

/// A parameter of an auth. A literal value becomes a key of the environment.
fn secret(auth: &Auth, parameter: &str, name: &str, variables: &mut Variables) -> Expr {
    match auth.get(parameter) {
        Some(template) if is_variable(template) => variables.any(template),
        Some(literal) => variables.secret(name, literal),
        None => variables.secret(name, ""),
    }
}

/// The auth of an `Authorization` header with a literal value.
pub(super) fn of_header(value: &str, variables: &mut Variables) -> Option<draft::Auth> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let token = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        let token = if is_variable(token) { variables.any(token) } else { variables.secret("token", token) };
        return Some(draft::Auth::Bearer(token));
    }
    if scheme.eq_ignore_ascii_case("basic") && !is_variable(token) {
        use base64::Engine as _;
        let decoded = base64::engine::general_purpose::STANDARD.decode(token).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        return Some(draft::Auth::Basic(Expr::text(user), variables.secret("password", password)));
    }
    None
}

/// The auth of an `Authorization` header whose token a script computes: `Bearer ${token}`.
pub(super) fn of_token(value: &draft::Text) -> Option<draft::Auth> {
    match value.parts.as_slice() {
        [Part::Literal(scheme), Part::Hole(token)] if scheme.trim().eq_ignore_ascii_case("bearer") => {
            Some(draft::Auth::Bearer(Expr::Code(token.clone())))
        }
        _ => None,
    }
}

/// The code of an auth.
pub(super) fn code(auth: &crate::draft::Auth) -> String {
    match auth {
        crate::draft::Auth::Bearer(value) | crate::draft::Auth::Header(_, value) => crate::write::inline(value),
        crate::draft::Auth::Basic(user, password) => format!("{} {}", crate::write::inline(user), crate::write::inline(password)),
        _ => String::new(),
    }
}
