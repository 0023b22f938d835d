//! Security schemes as `auth`, headers, query parameters and cookies, with the credentials in the environment.

use super::refs::{At, Files};
use crate::document::Node;
use crate::draft::{Auth, Expr, Text};
use crate::names;

/// The credentials of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    /// The auth; `None` if the credentials are elsewhere.
    pub(super) auth: Option<Auth>,
    pub(super) headers: Vec<(String, Expr)>,
    pub(super) query: Vec<(String, Expr)>,
    pub(super) cookies: Vec<(String, String)>,
}

impl Access {
    /// Whether a parameter of this name is one of the credentials.
    pub(super) fn sends(&self, name: &str) -> bool {
        let header = matches!(&self.auth, Some(Auth::Header(header, _)) if header.eq_ignore_ascii_case(name));
        header
            || self.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
            || self.query.iter().any(|(other, _)| other == name)
            || self.cookies.iter().any(|(other, _)| other == name)
    }
}

/// The schemes of a document and the keys of the environment that hold their credentials.
#[derive(Debug)]
pub(super) struct Schemes<'a> {
    section: &'a str,
    schemes: Vec<Scheme<'a>>,
}

#[derive(Debug)]
struct Scheme<'a> {
    name: &'a str,
    flow: Option<Flow>,
    kind: Kind<'a>,
}

/// A way to get a token without a person: OAuth 2.0 with client credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    /// The URL of the token, which may be relative to the server.
    pub(super) token_url: String,
    pub(super) scopes: Vec<String>,
}

#[derive(Debug)]
enum Kind<'a> {
    Bearer {
        key: String,
    },
    Basic {
        user: String,
        password: String,
    },
    Key {
        within: &'a str,
        parameter: &'a str,
        key: String,
    },
    /// `mutualTLS`, which belongs to the connection.
    Connection,
    Unknown(String),
}

impl<'a> Schemes<'a> {
    /// The schemes of the document; their keys are in `section` of the environment.
    pub(super) fn of(files: &'a Files, section: &'a str) -> Self {
        let root = files.root();
        let declared = root.get("securityDefinitions").or_else(|| root.get("components")?.get("securitySchemes"));
        let mut schemes: Vec<Scheme<'a>> = Vec::new();
        for (name, node) in declared.into_iter().flat_map(|at| at.node.entries()) {
            let Some(at) = declared.and_then(|all| files.resolve(all.with(node))) else { continue };
            let kind = kind(at, name, &schemes);
            schemes.push(Scheme { name, flow: flow(at.node), kind });
        }
        Self { section, schemes }
    }

    /// The flow that gets the token of `auth`, if it needs no person.
    pub(super) fn flow(&self, auth: &Auth) -> Option<&Flow> {
        let Auth::Bearer(Expr::Code(code)) = auth else { return None };
        let key = code.strip_prefix("env.")?.strip_prefix(self.section)?.strip_prefix('.')?;
        self.schemes.iter().find(|scheme| matches!(&scheme.kind, Kind::Bearer { key: known } if known == key))?.flow.as_ref()
    }

    /// The keys of the environment, each with whether it is a user's name rather than a secret.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, bool)> {
        self.schemes.iter().flat_map(|scheme| match &scheme.kind {
            Kind::Bearer { key } | Kind::Key { key, .. } => vec![(key.as_str(), false)],
            Kind::Basic { user, password } => vec![(user.as_str(), true), (password.as_str(), false)],
            Kind::Connection | Kind::Unknown(_) => Vec::new(),
        })
    }

    /// The credentials that the requirements `security` of an operation, or those of the document, demand. The first alternative that can
    /// be expressed is used. `Err` names schemes without an equivalent.
    pub(super) fn access(&self, security: Option<&Node>) -> Result<Access, String> {
        let alternatives = security.map_or(&[][..], Node::items);
        let mut wrong = None;
        for alternative in alternatives {
            if alternatives.len() > 1 && alternative.entries().next().is_none() {
                continue;
            }
            match self.all(alternative) {
                Ok(access) => return Ok(access),
                Err(why) => wrong = wrong.or(Some(why)),
            }
        }
        wrong.map_or_else(|| Ok(Access::default()), Err)
    }

    fn all(&self, alternative: &Node) -> Result<Access, String> {
        let mut access = Access::default();
        for (name, _) in alternative.entries() {
            let scheme =
                self.schemes.iter().find(|scheme| scheme.name == name).ok_or_else(|| format!("unknown security scheme `{name}`"))?;
            let code = |key: &str| format!("env.{}.{key}", self.section);
            let env = |key: &str| Expr::Code(code(key));
            match &scheme.kind {
                Kind::Bearer { key } if access.auth.is_none() => access.auth = Some(Auth::Bearer(env(key))),
                Kind::Bearer { key } => {
                    let mut value = Text::literal("Bearer ");
                    value.hole(code(key));
                    access.headers.push(("Authorization".to_owned(), Expr::Text(value)));
                }
                Kind::Basic { user, password } => access.auth = Some(Auth::Basic(env(user), env(password))),
                Kind::Key { within: "query", parameter, key } => access.query.push(((*parameter).to_owned(), env(key))),
                Kind::Key { within: "cookie", parameter, key } => access.cookies.push(((*parameter).to_owned(), code(key))),
                Kind::Key { parameter, key, .. } if access.auth.is_none() => {
                    access.auth = Some(Auth::Header((*parameter).to_owned(), env(key)));
                }
                Kind::Key { parameter, key, .. } => access.headers.push(((*parameter).to_owned(), env(key))),
                Kind::Connection => {}
                Kind::Unknown(kind) => return Err(format!("security scheme `{name}` of the type `{kind}`")),
            }
        }
        Ok(access)
    }
}

fn kind<'a>(at: At<'a>, name: &str, earlier: &[Scheme<'a>]) -> Kind<'a> {
    let node = at.node;
    let taken = |key: &str| {
        earlier.iter().any(|scheme| match &scheme.kind {
            Kind::Bearer { key: other } | Kind::Key { key: other, .. } | Kind::Basic { password: other, .. } => other == key,
            _ => false,
        })
    };
    // The first scheme of its kind gets the short key; others contain their name.
    let key = |short: &str| if taken(short) { format!("{}_{short}", names::snake(name)) } else { short.to_owned() };
    match (node.text_of("type").unwrap_or_default(), node.text_of("scheme").map(str::to_lowercase).as_deref()) {
        ("basic", _) | ("http", Some("basic")) => {
            let password = key("password");
            Kind::Basic { user: password.replace("password", "user"), password }
        }
        ("http", Some("bearer")) | ("oauth2" | "openIdConnect", _) => Kind::Bearer { key: key("token") },
        ("apiKey", _) => {
            let parameter = node.text_of("name").unwrap_or("api_key");
            let key = key(if parameter.to_lowercase().contains("token") { "token" } else { "api_key" });
            Kind::Key { within: node.text_of("in").unwrap_or("header"), parameter, key }
        }
        ("mutualTLS", _) => Kind::Connection,
        ("http", scheme) => Kind::Unknown(format!("http {}", scheme.unwrap_or("?"))),
        (other, _) => Kind::Unknown(other.to_owned()),
    }
}

/// The flow with client credentials of a scheme of OAuth 2.0.
fn flow(scheme: &Node) -> Option<Flow> {
    let flow = match scheme.get("flows") {
        Some(flows) => flows.get("clientCredentials")?,
        None if scheme.text_of("flow") == Some("application") => scheme,
        None => return None,
    };
    let scopes = flow.entries_of("scopes").map(|(scope, _)| scope.to_owned()).collect();
    Some(Flow { token_url: flow.text_of("tokenUrl").filter(|url| !url.is_empty())?.to_owned(), scopes })
}
