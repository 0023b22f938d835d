//! OpenAPI 3.0 and 3.1 and Swagger 2: an api with a request for each operation, and a smoke sequence for each tag.
//!
//! ```text
//! document ─ refs ─ operation ─ request ─┐
//!            (files) (one form)  security ├─ chain ─ smoke ─ draft
//!                    sample, shape       ─┘
//! ```

mod chain;
mod groups;
mod login;
mod operation;
mod refs;
mod request;
mod sample;
mod security;
mod servers;
mod shape;
mod smoke;
#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::document;
use crate::draft::{Api, Auth, Draft, Environment, Expr, Member, Resource, Tasks, User, Value, Wait, variable};
use crate::names::Names;
use crate::{ImportError, Options, Source, words};
use groups::{request_name, segment, shared_segments, title, without_prefix};
use operation::Operation;
use refs::Files;
use request::Argument;
use security::{Access, Schemes};
use servers::Server;
use smoke::Smoke;

/// The most environments. A document may list many servers, but too many environments clutter the project.
const ENVIRONMENTS_MAX: usize = 8;

/// The properties of an operation's request that a step needs.
struct Planned {
    /// `shop.pets.create`
    call: String,
    /// The step's name.
    title: String,
    arguments: Vec<Argument>,
    comments: Vec<String>,
}

/// Imports a document.
///
/// # Errors
/// If it is not JSON or YAML, not an OpenAPI document, or describes no operation.
pub(crate) fn import(source: &Source, _options: &Options) -> Result<Draft, ImportError> {
    let root = document::parse(&source.text).map_err(|error| {
        ImportError::new(&source.name, error.line, error.column, format!("invalid document: {}", words::lower_first(&error.message)))
            .help("correct the line, or check that the file is JSON or YAML")
    })?;
    let version = root.text_of("openapi").map(str::to_owned).or_else(|| root.get("swagger").and_then(document::Node::scalar));
    match version.as_deref() {
        Some(version) if version.starts_with("3.") || version == "2.0" || version == "2" => {}
        Some(version) => {
            let line = root.get("openapi").or(root.get("swagger")).map_or(1, |node| node.line);
            return Err(ImportError::new(
                &source.name,
                line,
                1,
                format!("unexpected version `{version}`, expected OpenAPI 3.0 or 3.1, or Swagger 2.0"),
            )
            .help("convert the document to OpenAPI 3"));
        }
        None => {
            return Err(ImportError::new(&source.name, 1, 1, "missing `openapi` or `swagger`: this is no OpenAPI document")
                .help("name the root file of the document, the one with `paths`"));
        }
    }
    let path = source.folder.join(source.name.rsplit(['/', '\\']).next().unwrap_or_default());
    let files = Files::read(&path, root);
    let operations = operation::operations(&files);
    if operations.is_empty() {
        let line = files.root().get("paths").map_or(1, |paths| paths.node.line);
        let error = ImportError::new(&source.name, line, 1, "the document describes no operation");
        return Err(match files.unresolved.first() {
            Some(unresolved) => error.help(format!("add the file of the reference in line {}: {}", unresolved.line, unresolved.why)),
            None => error.help("add operations below `paths`"),
        });
    }
    Ok(Importer { source, files: &files, operations: &operations, draft: Draft::default() }.run())
}

struct Importer<'a> {
    source: &'a Source,
    files: &'a Files,
    operations: &'a [Operation<'a>],
    draft: Draft,
}

impl Importer<'_> {
    fn run(mut self) -> Draft {
        let info = self.files.root().get("info");
        let title = info.and_then(|info| info.node.text_of("title")).unwrap_or_default().trim();
        let version = info.and_then(|info| info.node.get("version")?.scalar()).unwrap_or_default();
        let file = self.source.name.rsplit(['/', '\\']).next().unwrap_or_default();
        self.draft.comments.push(words::line(&format!("Imported from {file}: {title} {version}")));
        self.draft.description = words::line(title);
        let api_name = Names::new().variable(&words::api(title, file), "api");

        let schemes = Schemes::of(self.files, &api_name);
        let mut keys = Names::new();
        ["url", "client_id", "client_secret"].iter().for_each(|key| keys.reserve(key));
        schemes.keys().for_each(|(key, _)| keys.reserve(key));
        let accesses = self.accesses(&schemes);
        let outer = most_common(&accesses);
        let servers = servers::servers(self.files);
        self.apis(&api_name, &servers, outer.as_ref());

        let (mut planned, groups) = self.requests(&accesses, outer.as_ref());
        self.callbacks(&mut planned);
        let operations = self.operations;
        let chains = chain::Chains::of(self.files, operations);
        let mut blocks = Names::new();
        ["SmokeTest", "Tester"].iter().for_each(|name| blocks.reserve(name));
        // If users log in, the sequence of the login gets the plain name.
        let login = outer.as_ref().and_then(|outer| Some((outer, schemes.flow(outer)?, blocks.block("Login", "Login"))));
        let mut smoke = Smoke {
            files: self.files,
            operations,
            planned: &planned,
            chains: &chains,
            draft: &mut self.draft,
            section: &api_name,
            keys,
            given: HashMap::new(),
        };
        let mut sequences = Vec::new();
        for (group, members) in &groups {
            let name = blocks.block(if groups.len() == 1 { "Smoke" } else { group }, "Requests");
            sequences.push(smoke.sequence(name, members));
        }
        self.draft.sequences = sequences;
        self.users();
        if let Some((outer, flow, name)) = login {
            login::add(&mut self.draft, &api_name, name, flow, &servers[0].url, outer);
        }
        self.credentials(&schemes, &api_name);
        self.environments(&api_name, &servers);
        self.advise();
        self.draft
    }

    /// The credentials that each operation needs.
    fn accesses(&mut self, schemes: &Schemes<'_>) -> Vec<Access> {
        let global = self.files.root().node.get("security");
        let mut accesses = Vec::new();
        for operation in self.operations {
            let own = operation.at.node.get("security");
            accesses.push(schemes.access(own.or(global)).unwrap_or_else(|why| {
                let line = own.or(global).map_or(operation.at.node.line, |node| node.line);
                let file = self.file(operation.at.file);
                if !self.draft.tally.left.iter().any(|left| left.what == why) {
                    let comment = self.draft.tally.leave("security schemes", why, &file, line);
                    self.draft.comments.push(comment);
                }
                Access::default()
            }));
        }
        accesses
    }

    /// A file as the user named it.
    fn file(&self, file: usize) -> String {
        if file == 0 {
            return self.source.name.clone();
        }
        let path = self.files.path(file);
        path.strip_prefix(&self.source.folder).unwrap_or(path).display().to_string()
    }

    /// Adds the apis: the document's own, and one for each other server of an operation.
    fn apis(&mut self, name: &str, servers: &[Server], outer: Option<&Auth>) {
        let base = self.draft.env(&[name, "url"], Value::text(&servers[0].url));
        let mut api = Api { name: name.to_owned(), base: Some(base), ..Api::default() };
        api.options.auth = outer.cloned();
        if !servers[0].variables.is_empty() {
            api.comments.push(words::line(&format!("Variables of the server's url: {}.", servers[0].variables.join("; "))));
        }
        self.draft.apis.push(api);
    }

    /// The number of an operation's api.
    fn api_of(&mut self, operation: &Operation<'_>) -> usize {
        let Some(server) = operation.servers.map(servers::list).and_then(|servers| servers.into_iter().next()) else { return 0 };
        if servers::servers(self.files).iter().any(|known| known.url == server.url) {
            return 0;
        }
        let host = server.url.split("://").nth(1).unwrap_or(&server.url);
        let label = host.split(['.', ':', '/']).find(|part| !["www", "api"].contains(part)).unwrap_or(host);
        let mut names = Names::new();
        for (number, api) in self.draft.apis.iter().enumerate() {
            if api.comments.first() == Some(&server.url) {
                return number;
            }
            names.reserve(&api.name);
        }
        let name = names.variable(label, "other");
        let base = self.draft.env(&[&name, "url"], Value::text(&server.url));
        let mut api = Api { name, base: Some(base), comments: vec![server.url], ..Api::default() };
        api.options.auth = self.draft.apis[0].options.auth.clone();
        self.draft.apis.push(api);
        self.draft.apis.len() - 1
    }

    /// Adds the requests to the apis. Returns the operations of each group.
    fn requests(&mut self, accesses: &[Access], outer: Option<&Auth>) -> (Vec<Planned>, IndexMap<String, Vec<usize>>) {
        let mut groups: IndexMap<String, Vec<usize>> = IndexMap::new();
        let shared = shared_segments(self.operations);
        for (number, operation) in self.operations.iter().enumerate() {
            let group = operation.tag.map_or_else(|| segment(operation.path, shared).to_owned(), str::to_owned);
            groups.entry(group).or_default().push(number);
        }
        let groups = without_prefix(groups);
        let apis: Vec<usize> = self.operations.iter().map(|operation| self.api_of(operation)).collect();
        let mut planned: Vec<Option<Planned>> = self.operations.iter().map(|_| None).collect();
        let mut scopes: HashMap<usize, Names> = HashMap::new();
        for (group, members) in &groups {
            let mut resources: HashMap<usize, (Resource, Names)> = HashMap::new();
            for &number in members {
                let (operation, api) = (&self.operations[number], apis[number]);
                let scope = scopes.entry(api).or_default();
                let single = groups.len() == 1;
                if !single {
                    resources
                        .entry(api)
                        .or_insert_with(|| (Resource { name: scope.variable(group, "requests"), ..Resource::default() }, Names::new()));
                }
                let (resource, names) = match resources.get_mut(&api) {
                    Some((resource, names)) => (Some(resource), names),
                    None => (None, scope),
                };
                let prefix = resource.as_ref().map_or_else(String::new, |resource| resource.name.clone());
                let name = names.word(&request_name(operation, &prefix), "request");
                let built = request::build(self.files, &mut self.draft, operation, name.clone(), &accesses[number], outer);
                let api_name = &self.draft.apis[api].name;
                let call = if prefix.is_empty() { format!("{api_name}.{name}") } else { format!("{api_name}.{prefix}.{name}") };
                planned[number] = Some(Planned { call, title: title(operation, &name), arguments: built.arguments, comments: Vec::new() });
                match resource {
                    Some(resource) => resource.requests.push(built.request),
                    None => self.draft.apis[api].requests.push(built.request),
                }
                self.draft.tally.carry("requests", 1);
            }
            let mut resources: Vec<_> = resources.into_iter().collect();
            resources.sort_by_key(|(api, _)| *api);
            for (api, (resource, _)) in resources {
                self.draft.apis[api].resources.push(resource);
            }
        }
        (planned.into_iter().flatten().collect(), groups)
    }

    /// Counts callbacks, which the server sends itself; they have no counterpart in a load test.
    fn callbacks(&mut self, planned: &mut [Planned]) {
        for (operation, planned) in self.operations.iter().zip(planned) {
            let file = self.file(operation.at.file);
            for (name, callback) in operation.at.node.entries_of("callbacks") {
                planned.comments.push(self.draft.tally.leave(
                    "callbacks",
                    format!("callback `{name}`: the server sends it"),
                    &file,
                    callback.line,
                ));
            }
        }
        let webhooks = self.files.root().node.get("webhooks").into_iter().flat_map(document::Node::entries);
        for (name, webhook) in webhooks {
            let comment =
                self.draft.tally.leave("webhooks", format!("webhook `{name}`: the server sends it"), &self.source.name, webhook.line);
            self.draft.comments.push(comment);
        }
        for unresolved in &self.files.unresolved {
            let file = self.file(unresolved.file);
            let comment = self.draft.tally.leave("references", &unresolved.why, &file, unresolved.line);
            self.draft.comments.push(comment);
        }
    }

    fn users(&mut self) {
        let names: Vec<String> = self.draft.sequences.iter().map(|sequence| sequence.name.clone()).collect();
        self.draft.tally.carry("sequences", names.len());
        let run = match names.as_slice() {
            [only] => only.clone(),
            _ => {
                let member = |name: &String| Member { weight: Expr::number("1"), name: name.clone(), args: Vec::new() };
                self.draft.tasks.push(Tasks { name: "SmokeTest".to_owned(), members: names.iter().map(member).collect() });
                "SmokeTest".to_owned()
            }
        };
        self.draft.users.push(User { name: "Tester".to_owned(), run, wait: Some(Wait::ms(1_000)), ..User::default() });
    }

    /// Adds the keys of the credentials that the requests read.
    fn credentials(&mut self, schemes: &Schemes<'_>, section: &str) {
        let spec = crate::write::files(&self.draft)
            .into_iter()
            .next()
            .map(|(_, text)| String::from_utf8_lossy(&text).into_owned())
            .unwrap_or_default();
        for (key, _) in schemes.keys() {
            let read = format!("env.{section}.{key}");
            let is_read = spec
                .match_indices(&read)
                .any(|(at, _)| !spec[at + read.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
            if is_read {
                let name = variable(&[section, key]);
                self.draft.tally.advise(format!("set {name} in the process environment before the test starts"));
                self.draft.env(&[section, key], Value::Secret(name));
            }
        }
    }

    /// Adds an environment for each server, with the keys of the first.
    fn environments(&mut self, section: &str, servers: &[Server]) {
        let Some(first) = self.draft.environments.first_mut() else { return };
        first.name.clone_from(&servers[0].name);
        let keys = first.keys.clone();
        for server in servers.iter().skip(1).take(ENVIRONMENTS_MAX - 1) {
            let mut environment = Environment { name: server.name.clone(), keys: keys.clone() };
            environment.set(&[section, "url"], Value::text(&server.url));
            self.draft.environments.push(environment);
        }
    }

    fn advise(&mut self) {
        let url = self.draft.environments.first().and_then(|environment| environment.keys.values().next());
        if let Some(Value::Section(keys)) = url
            && let Some(Value::Plain(serde_yaml::Value::String(url))) = keys.get("url")
            && url.starts_with(servers::NO_HOST)
        {
            let advice = format!("the document names no host: set `url` in config/{}.yml", self.draft.environments[0].name);
            self.draft.tally.advise(advice);
        }
    }
}

/// The auth of most operations, which becomes that of the api.
fn most_common(accesses: &[Access]) -> Option<Auth> {
    let mut counts: Vec<(&Option<Auth>, usize)> = Vec::new();
    for access in accesses {
        match counts.iter_mut().find(|(auth, _)| *auth == &access.auth) {
            Some((_, count)) => *count += 1,
            None => counts.push((&access.auth, 1)),
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).and_then(|(auth, _)| auth.clone())
}
