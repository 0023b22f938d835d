//! OAuth 2.0 with client credentials: each user gets a token when it starts.

use super::security::Flow;
use crate::draft::{
    Api, Auth, Body, Call, Draft, Expect, Expr, Line, Options, Parts, Path, Request, Sequence, Source, Step, Stmt, Text, Value, variable,
};
use crate::names::Names;

/// Adds a login: users get the token of `flow` for the apis whose auth is `outer`, instead of a token from the environment. The token's URL
/// may be relative to `server`, the base of the document.
pub(super) fn add(draft: &mut Draft, section: &str, sequence: String, flow: &Flow, server: &str, outer: &Auth) {
    let joined = url::Url::parse(&format!("{server}/")).and_then(|base| base.join(&flow.token_url));
    let Some(token_url) = joined.ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https")) else { return };
    let mut names = Names::new();
    draft.apis.iter().for_each(|api| names.reserve(&api.name));
    let name = names.variable(&format!("{section} login"), "login");
    let base = draft.env(&[&name, "url"], Value::text(token_url.origin().ascii_serialization()));
    let mut secret = |key: &str| {
        let process = variable(&[section, key]);
        draft.tally.advise(format!("set {process} in the process environment before the test starts"));
        draft.env(&[section, key], Value::Secret(process))
    };
    let auth = Auth::Basic(secret("client_id"), secret("client_secret"));
    let mut form = vec![("grant_type".to_owned(), Expr::text("client_credentials"))];
    if !flow.scopes.is_empty() {
        form.push(("scope".to_owned(), Expr::text(flow.scopes.join(" "))));
    }
    let path = token_url.query().map_or_else(|| token_url.path().to_owned(), |query| format!("{}?{query}", token_url.path()));
    let parts = Parts { options: Options { auth: Some(auth), ..Options::default() }, body: Some(Body::Form(form)), ..Parts::default() };
    let line = Line { method: "POST".to_owned(), path: Path::Template(Text::literal(path)) };
    let request = Request { comments: Vec::new(), name: "token".to_owned(), params: Vec::new(), line, parts };
    let call = Call::Request { path: format!("{name}.token"), args: Vec::new(), parts: Parts::default() };
    let take = Stmt::Take { name: "token".to_owned(), ty: Some("string"), source: Source::code("json.access_token"), or: None };
    let step =
        Step { name: "Get a token".to_owned(), body: vec![Stmt::Call(call), Stmt::Expect(Expect::status(200)), take], ..Step::default() };
    let mut start = vec![Stmt::Run { takes: vec!["token".to_owned()], name: sequence.clone(), args: Vec::new() }];
    for api in draft.apis.iter_mut().filter(|api| api.options.auth.as_ref() == Some(outer)) {
        api.options.auth = None;
        start.push(Stmt::SetAuth(api.name.clone(), Auth::Bearer(Expr::code("token"))));
    }
    draft.apis.push(Api { name, base: Some(base), requests: vec![request], ..Api::default() });
    let login =
        Sequence { name: sequence, interrupt: true, gives: vec!["token".to_owned()], body: vec![Stmt::Step(step)], ..Sequence::default() };
    draft.sequences.insert(0, login);
    draft.users.iter_mut().for_each(|user| user.on_start.splice(0..0, start.iter().cloned()).for_each(drop));
}
