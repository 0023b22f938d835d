//! Servers as the base URLs of environments.

use std::collections::HashSet;

use super::refs::{At, Files};
use crate::document::Node;
use crate::draft::Numbered;

/// The host for a document that names no host.
pub(super) const NO_HOST: &str = "http://localhost:8080";

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// The name of the environment: `production`.
    pub(super) name: String,
    /// The URL, with the defaults of its variables.
    pub(super) url: String,
    /// The allowed values of each variable: `region`: eu, us.
    pub(super) variables: Vec<String>,
}

/// The servers of the document, at least one.
pub(super) fn servers(files: &Files) -> Vec<Server> {
    let root = files.root();
    let found = if root.node.get("swagger").is_some() { vec![swagger(root.node)] } else { root.get("servers").map_or_else(Vec::new, list) };
    let mut named: Vec<Server> = Vec::new();
    let (mut urls, mut names) = (HashSet::new(), Numbered::default());
    for mut server in found {
        if urls.insert(server.url.clone()) {
            let numbered = |number| if number == 1 { server.name.clone() } else { format!("{}_{number}", server.name) };
            // Each has its own URL, so no name is shared.
            server.name = names.name(&server.name, server.url.as_bytes(), numbered, |_| None);
            named.push(server);
        }
    }
    if named.is_empty() { vec![Server { name: "local".to_owned(), url: NO_HOST.to_owned(), variables: Vec::new() }] } else { named }
}

/// The servers of an operation, of a path, or of the document.
pub(super) fn list(at: At<'_>) -> Vec<Server> {
    let of = |node: &Node| {
        let (url, variables) = with_defaults(node);
        let url = absolute(&url);
        let described = node.text_of("description").or(node.text_of("name")).unwrap_or_default();
        Server { name: name(described, &url), url, variables }
    };
    at.node.items().iter().filter(|node| node.text_of("url").is_some()).map(of).collect()
}

/// The URL with the defaults of its variables, and the allowed values of the variables.
fn with_defaults(node: &Node) -> (String, Vec<String>) {
    let mut url = node.text_of("url").unwrap_or_default().trim().to_owned();
    let mut variables = Vec::new();
    for (variable, declared) in node.entries_of("variables") {
        let choices: Vec<String> = declared.items_of("enum").iter().filter_map(Node::scalar).collect();
        let default = declared.get("default").and_then(Node::scalar).or_else(|| choices.first().cloned()).unwrap_or_default();
        url = url.replace(&format!("{{{variable}}}"), &default);
        variables.push(if choices.len() > 1 {
            format!("`{variable}`: {}", choices.join(", "))
        } else {
            format!("`{variable}`: {default}")
        });
    }
    // For an undeclared variable, the only default is its name.
    let url = url.replace(['{', '}'], "");
    (url, variables)
}

/// A URL with a host and without a slash at the end, so that a path can be appended.
fn absolute(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let absolute = if url.contains("://") {
        url.to_owned()
    } else if let Some(rest) = url.strip_prefix("//") {
        format!("https://{rest}")
    } else if url.is_empty() || url.starts_with('/') {
        format!("{NO_HOST}{url}")
    } else if url.split('/').next().is_some_and(|host| host.contains('.') || host.contains(':') || host == "localhost") {
        format!("https://{url}")
    } else {
        format!("{NO_HOST}/{url}")
    };
    let absolute = absolute.split(['?', '#', ' ']).next().unwrap_or_default();
    let is_http = url::Url::parse(absolute).is_ok_and(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
    if is_http { absolute.to_owned() } else { NO_HOST.to_owned() }
}

fn swagger(root: &Node) -> Server {
    let schemes = root.items_of("schemes");
    let scheme = if schemes.is_empty() || schemes.iter().any(|scheme| scheme.text() == Some("https")) { "https" } else { "http" };
    let base = root.text_of("basePath").unwrap_or_default().trim_end_matches('/');
    let base = if base.is_empty() || base.starts_with('/') { base.to_owned() } else { format!("/{base}") };
    match root.text_of("host") {
        Some(host) => {
            let url = format!("{scheme}://{host}{base}");
            Server { name: name("", &url), url, variables: Vec::new() }
        }
        None => Server { name: "local".to_owned(), url: format!("{NO_HOST}{base}"), variables: Vec::new() },
    }
}

/// The name of the environment: a short description, or else the host.
fn name(described: &str, url: &str) -> String {
    let lower = described.to_lowercase();
    let known = [("prod", "production"), ("live", "production"), ("stag", "staging"), ("sandbox", "sandbox"), ("local", "local")];
    let known = known.iter().chain(&[("develop", "development"), ("mock", "mock"), ("test", "test")]);
    for (part, name) in known {
        if lower.contains(part) {
            return (*name).to_owned();
        }
    }
    let host = url.split("://").nth(1).unwrap_or(url).split(['/', ':']).next().unwrap_or_default();
    match host {
        "localhost" | "127.0.0.1" => "local".to_owned(),
        _ if host.contains("sandbox") => "sandbox".to_owned(),
        _ if host.contains("staging") => "staging".to_owned(),
        _ => "production".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document;

    fn urls(document: &str) -> Vec<(String, String)> {
        let files = Files::read(Path::new("a.yaml"), document::parse(document).unwrap());
        servers(&files).into_iter().map(|server| (server.name, server.url)).collect()
    }

    fn one(name: &str, url: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), url.to_owned())]
    }

    #[test]
    fn variables_of_a_server_have_their_defaults() {
        let document = "{openapi: 3.0.0, servers: [{url: 'https://{region}.example.com/{v}/', variables: {region: {default: eu}}}]}";
        assert_eq!(urls(document), one("production", "https://eu.example.com/v"));
    }

    #[test]
    fn relative_and_missing_servers_are_on_this_machine() {
        assert_eq!(urls("{openapi: 3.0.0, servers: [{url: /v1}]}"), one("local", "http://localhost:8080/v1"));
        assert_eq!(urls("{openapi: 3.0.0}"), one("local", "http://localhost:8080"));
        assert_eq!(urls("{swagger: '2.0', basePath: /v2}"), one("local", "http://localhost:8080/v2"));
    }

    #[test]
    fn servers_with_the_same_name_get_unique_names() {
        let document =
            "{openapi: 3.0.0, servers: [{url: 'https://a.example.com'}, {url: 'https://b.example.com'}, {url: 'https://a.example.com/'}]}";
        let names: Vec<_> = urls(document).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["production", "production_2"]);
    }
}
