//! Converts a collection's items to apis, requests and steps.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::auth::{self, Access};
use super::collection::{self, Item, Kind, Request};
use super::common;
use super::environments::{self, Export};
use super::plan::{self, Node as Planned, Plan, StepPlan};
use super::request;
use super::script::{Outcome, Script, Sent};
use super::variables::{Piece, Variables, pieces};
use crate::document::Node;
use crate::draft::{self, Api, Draft, Expect, Expr, Resource, Sequence, Stmt, Text, User, Value, Wait};
use indexmap::IndexSet;

use crate::Source;
use crate::names::Names;
use crate::words;

/// The state of the conversion from a collection to its draft.
pub(super) struct Builder<'a> {
    source: &'a Source,
    root: &'a Node,
    title: &'a str,
    section: String,
    variables: Variables,
    draft: Draft,
    /// Bases of apis, as templates.
    bases: IndexSet<String>,
    api_names: Names,
    /// The names of the requests of each api and resource.
    scopes: HashMap<(usize, String), Names>,
    /// Declared requests, with the code that calls each.
    known: HashMap<String, String>,
    blocks: Names,
}

/// The properties that an item inherits from its folders.
#[derive(Clone, Default)]
struct Inherited {
    auth: Option<collection::Auth>,
    /// The resource that its requests belong to; empty if they belong to none.
    resource: String,
    tests: Vec<(Rc<Script>, String)>,
    /// The headers that pre-request scripts add.
    headers: Vec<(String, Expr)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Source, root: &'a Node, title: &'a str, section: String, mut variables: Variables) -> Self {
        variables.reserve(&section);
        let mut draft = Draft { description: words::line(title), ..Draft::default() };
        let file = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
        draft.comments.push(words::line(&format!("Imported from {file}: {title}")));
        let mut blocks = Names::new();
        blocks.reserve("Tester");
        Self {
            source,
            root,
            title,
            section,
            variables,
            draft,
            bases: IndexSet::new(),
            api_names: Names::new(),
            scopes: HashMap::new(),
            known: HashMap::new(),
            blocks,
        }
    }

    pub(super) fn run(mut self, items: &'a [Item<'a>], exports: &[Export]) -> Draft {
        let mut inherited = Inherited {
            auth: collection::auth(self.root),
            tests: vec![(Rc::new(Script::of(self.root, "test")), String::new())],
            ..Inherited::default()
        };
        let several = items.iter().filter(|item| matches!(item.kind, Kind::Folder(_))).count() > 1;
        let mut plans: Vec<Plan> = Vec::new();
        let mut loose: Vec<Planned> = Vec::new();
        inherited.headers = self.before(self.root, "", &inherited, &mut loose);
        for item in items {
            match &item.kind {
                Kind::Folder(inside) => {
                    // The scripts of the collection run before all other nodes.
                    let mut nodes = if only_scripts(&loose) { std::mem::take(&mut loose) } else { Vec::new() };
                    self.flush(&mut loose, &mut plans);
                    let mut inner = self.within(item, &inherited);
                    inner.resource = if several { item.name.clone() } else { String::new() };
                    let headers = self.before(item.node, &item.name, &inner, &mut nodes);
                    inner.headers.extend(headers);
                    self.nodes(inside, &inner, &mut nodes);
                    if !nodes.is_empty() {
                        plans.push(Plan { name: self.blocks.block(&words::unnumbered(&item.name), "Requests"), nodes });
                    }
                }
                _ => self.nodes(std::slice::from_ref(item), &inherited, &mut loose),
            }
        }
        self.flush(&mut loose, &mut plans);
        let requests = self.draft.apis.iter().flat_map(|api| api.requests.iter().chain(api.resources.iter().flat_map(|it| &it.requests)));
        let api_code = requests.filter_map(|request| request.parts.options.auth.as_ref()).map(auth::code).collect::<Vec<_>>().join(" ");
        self.draft.apis.iter_mut().for_each(common::options);
        let (keeps, sequences) = plan::write(plans, &mut self.variables, &api_code);
        self.draft.variables = keeps;
        self.draft.sequences = sequences;
        self.users();
        self.environments(exports);
        self.draft
    }

    fn flush(&mut self, loose: &mut Vec<Planned>, plans: &mut Vec<Plan>) {
        if !loose.is_empty() {
            let name = self.blocks.block(&words::unnumbered(self.title), "Requests");
            plans.push(Plan { name, nodes: std::mem::take(loose) });
        }
    }

    fn within(&self, item: &'a Item<'a>, inherited: &Inherited) -> Inherited {
        let mut inner = inherited.clone();
        inner.auth = collection::auth(item.node).or(inner.auth);
        inner.tests.push((Rc::new(Script::of(item.node, "test")), item.name.clone()));
        inner
    }

    /// Runs the pre-request script of a collection or a folder once, before the first request, instead of before each request. Returns the
    /// headers that it adds to each of them.
    fn before(&mut self, node: &'a Node, name: &str, inherited: &Inherited, nodes: &mut Vec<Planned>) -> Vec<(String, Expr)> {
        let script = Script::of(node, "prerequest");
        if script.is_empty() {
            return Vec::new();
        }
        let outcome = script.run(&mut self.variables, name);
        self.sends(&outcome.sends, inherited, nodes);
        let mut plan = StepPlan { waits: outcome.waits, before: outcome.sets, ..StepPlan::default() };
        plan.comments = self.left(&outcome.left);
        if !(plan.waits.is_empty() && plan.before.is_empty() && plan.comments.is_empty()) {
            nodes.push(Planned::Step(Box::new(plan)));
        }
        outcome.headers
    }

    fn left(&mut self, left: &[(usize, String)]) -> Vec<String> {
        left.iter().map(|(line, what)| self.draft.tally.leave("statements of scripts", what, &self.source.name, *line)).collect()
    }

    fn nodes(&mut self, items: &'a [Item<'a>], inherited: &Inherited, nodes: &mut Vec<Planned>) {
        for item in items {
            match &item.kind {
                Kind::Folder(inside) => {
                    let mut inner = self.within(item, inherited);
                    let mut below = Vec::new();
                    let headers = self.before(item.node, &item.name, &inner, &mut below);
                    inner.headers.extend(headers);
                    self.nodes(inside, &inner, &mut below);
                    if below.iter().any(|node| !matches!(node, Planned::Step(step) if step.call.is_empty())) {
                        nodes.push(Planned::Group(item.name.clone(), below));
                    } else {
                        nodes.extend(below);
                    }
                }
                Kind::Request(request) => self.item(item, request, inherited, nodes),
                Kind::Broken(why) => {
                    let comment = self.draft.tally.leave("requests", format!("`{}`: {why}", item.name), &self.source.name, item.node.line);
                    nodes.push(Planned::Step(Box::new(StepPlan { comments: vec![comment], ..StepPlan::default() })));
                }
            }
        }
    }

    fn item(&mut self, item: &'a Item<'a>, request: &Request, inherited: &Inherited, nodes: &mut Vec<Planned>) {
        let before = Script::of(item.node, "prerequest").run(&mut self.variables, &item.name);
        self.sends(&before.sends, inherited, nodes);
        let test = Script::of(item.node, "test").run(&mut self.variables, &item.name);
        let mut plan = StepPlan { name: item.name.clone(), before: before.sets, waits: before.waits, ..StepPlan::default() };
        plan.comments = self.left(&before.left);
        plan.comments.extend(self.left(&test.left));
        plan.expects = test.expectations();
        plan.after.extend(test.sets.iter().cloned());
        for (script, name) in &inherited.tests {
            let outer = script.run(&mut self.variables, name);
            let has_status = plan.expects.iter().any(|expect| matches!(expect, Expect::Status(_)));
            let more = outer.expectations().into_iter().filter(|expect| !(has_status && matches!(expect, Expect::Status(_))));
            let known: HashSet<&Expect> = plan.expects.iter().collect();
            let more: Vec<Expect> = more.filter(|expect| !known.contains(expect)).collect();
            plan.expects.extend(more);
            plan.after.extend(outer.sets);
        }
        let mut inner = inherited.clone();
        inner.headers.extend(before.headers);
        self.step(plan, request, &inner, nodes);
        self.sends(&test.sends, inherited, nodes);
    }

    /// Adds the requests of a script.
    fn sends(&mut self, sends: &[Sent], inherited: &Inherited, nodes: &mut Vec<Planned>) {
        for sent in sends {
            let Sent { request, outcome } = sent;
            let outcome: &Outcome = outcome;
            self.sends(&outcome.sends, inherited, nodes);
            let (_, path) = super::url::base(&request.url);
            let path: String =
                pieces(&path).into_iter().map(|piece| if let Piece::Text(text) = piece { text } else { "x".to_owned() }).collect();
            let plan = StepPlan {
                name: format!("{} {}", request.method, if path.is_empty() { "/" } else { &path }),
                expects: outcome.expectations(),
                after: outcome.sets.clone(),
                ..StepPlan::default()
            };
            // A request of a script has only the auth and the headers that it sets itself.
            let inherited = Inherited { auth: None, headers: Vec::new(), ..inherited.clone() };
            self.step(plan, request, &inherited, nodes);
        }
    }

    fn step(&mut self, mut plan: StepPlan, request: &Request, inherited: &Inherited, nodes: &mut Vec<Planned>) {
        let declared = request.auth.as_ref().or(inherited.auth.as_ref());
        let access = match declared.map(|auth| auth::access(auth, &mut self.variables)) {
            None => Access::default(),
            Some(Ok(access)) => access,
            Some(Err(why)) => {
                let line = declared.map_or(request.line, |auth| auth.line);
                plan.comments.push(self.draft.tally.leave("kinds of auth", why, &self.source.name, line));
                Access::default()
            }
        };
        match request::build(request, &access, &inherited.headers, &self.source.folder, &mut self.draft, &mut self.variables) {
            Err(why) => {
                let comment = self.draft.tally.leave("requests", format!("`{}`: {why}", plan.name), &self.source.name, request.line);
                plan.comments.push(comment);
                plan.call.clear();
                plan.after.clear();
            }
            Ok(built) => {
                for what in built.left {
                    plan.comments.push(self.draft.tally.leave("options", what, &self.source.name, request.line));
                }
                plan.args = built.request.params.iter().map(|param| param.name.clone()).collect();
                plan.call = self.call(built.request, &built.base, &inherited.resource, &plan.name);
                if !plan.expects.iter().any(|expect| matches!(expect, Expect::Status(_)) || is_about_status(expect)) {
                    let example = request.examples.iter().find(|status| status.len() == 3 && status.starts_with(['2', '3']));
                    // ltc follows redirects, as Postman does.
                    let status = example.filter(|status| status.starts_with('2')).cloned().unwrap_or_else(|| "2xx".to_owned());
                    plan.expects.insert(0, Expect::Status(vec![status]));
                }
                self.draft.tally.carry("requests", 1);
                self.draft.tally.carry("expectations", plan.expects.len());
                self.draft.tally.carry("assignments", plan.before.len() + plan.after.len());
            }
        }
        nodes.push(Planned::Step(Box::new(plan)));
    }

    /// The code that calls a request. Equal requests are declared once.
    fn call(&mut self, mut request: draft::Request, base: &str, resource: &str, name: &str) -> String {
        let api = self.api(base);
        let same = format!("{api} {request:?}");
        if let Some(call) = self.known.get(&same) {
            return call.clone();
        }
        let api_name = self.draft.apis[api].name.clone();
        let call = if resource.is_empty() {
            request.name = self.scopes.entry((api, String::new())).or_default().word(&words::unnumbered(name), "request");
            let call = format!("{api_name}.{}", request.name);
            self.draft.apis[api].requests.push(request);
            call
        } else {
            let group = self.resource(api, resource);
            request.name = self.scopes.entry((api, group.clone())).or_default().word(&words::unnumbered(name), "request");
            let call = format!("{api_name}.{group}.{}", request.name);
            if let Some(resource) = self.draft.apis[api].resources.iter_mut().find(|it| it.name == group) {
                resource.requests.push(request);
            }
            call
        };
        self.known.insert(same, call.clone());
        call
    }

    /// The resource of a folder.
    fn resource(&mut self, api: usize, folder: &str) -> String {
        let key = format!("resource of {api}: {folder}");
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let name = self.scopes.entry((api, String::new())).or_default().variable(&words::unnumbered(folder), "requests");
        self.draft.apis[api].resources.push(Resource { name: name.clone(), ..Resource::default() });
        self.known.insert(key, name.clone());
        name
    }

    /// The api of a base.
    fn api(&mut self, base: &str) -> usize {
        if let Some(known) = self.bases.get_index_of(base) {
            return known;
        }
        let parts = pieces(base);
        let name = if self.bases.is_empty() {
            self.section.clone()
        } else {
            let taken = self.variables.names_in_use();
            loop {
                let name = self.api_names.variable(&super::url::label(base), "other");
                if !taken.contains(&name) {
                    break name;
                }
            }
        };
        self.api_names.reserve(&name);
        self.variables.reserve(&name);
        let expr = match parts.as_slice() {
            [Piece::Text(url)] => {
                let key = if name == self.section { self.variables.base_key() } else { "url".to_owned() };
                self.draft.env(&[&name, &key], Value::text(url))
            }
            parts => {
                let mut text = Text::default();
                let has_scheme = base.contains("://") || self.begins_with_scheme(parts);
                text.push(if has_scheme { "" } else { "http://" });
                for part in parts {
                    match part {
                        Piece::Text(part) => text.push(part),
                        Piece::Variable(key) => {
                            let code = self.variables.environment(key);
                            text.hole(code);
                        }
                    }
                }
                Expr::from(text)
            }
        };
        self.bases.insert(base.to_owned());
        self.draft.apis.push(Api { name, base: Some(expr), cookies: true, ..Api::default() });
        self.bases.len() - 1
    }

    /// Whether the value of a base's first variable is a URL with its scheme. A variable without a value gets such a URL.
    fn begins_with_scheme(&self, parts: &[Piece]) -> bool {
        let Some(Piece::Variable(key)) = parts.first() else { return false };
        match self.variables.defined.get(key).filter(|value| !value.is_empty()) {
            Some(value) => value.contains("://") || value.starts_with("{{"),
            None => true,
        }
    }

    fn users(&mut self) {
        let names: Vec<String> = self.draft.sequences.iter().map(|sequence| sequence.name.clone()).collect();
        self.draft.tally.carry("sequences", names.len());
        let run = match names.as_slice() {
            [only] => only.clone(),
            _ => {
                let name = self.blocks.block(&words::unnumbered(self.title), "Everything");
                let body = names.into_iter().map(|name| Stmt::Run { takes: Vec::new(), name, args: Vec::new() }).collect();
                self.draft.sequences.push(Sequence { name: name.clone(), body, ..Sequence::default() });
                name
            }
        };
        self.draft.users.push(User { name: "Tester".to_owned(), run, wait: Some(Wait::ms(1_000)), ..User::default() });
    }

    fn environments(&mut self, exports: &[Export]) {
        let mut bases = Vec::new();
        for base in &self.bases {
            let has_scheme = base.contains("://");
            for (number, piece) in pieces(base).into_iter().enumerate() {
                if let Piece::Variable(key) = piece {
                    if number == 0 && !has_scheme { bases.insert(0, key) } else { bases.push(key) }
                }
            }
        }
        for key in std::mem::take(&mut self.variables.unknown) {
            self.draft.tally.advise(format!("`{{{{{key}}}}}` has no counterpart: the spec sends a word instead"));
        }
        let made = environments::environments(&self.section, exports, &self.variables, &bases, &mut self.draft.tally);
        let literal = self.draft.environments.first().map(|environment| environment.keys.clone()).unwrap_or_default();
        self.draft.environments = made;
        for environment in &mut self.draft.environments {
            for (section, keys) in &literal {
                let Value::Section(keys) = keys else { continue };
                keys.iter().for_each(|(key, value)| environment.set(&[section, key], value.clone()));
            }
        }
    }
}

fn only_scripts(nodes: &[Planned]) -> bool {
    nodes.iter().all(|node| matches!(node, Planned::Step(step) if step.call.is_empty()))
}

/// Whether an expectation is about the status, but written as a condition.
fn is_about_status(expect: &Expect) -> bool {
    matches!(expect, Expect::Condition(condition) if condition.starts_with("status "))
}
