//! Combines requests of the same shape into one request of an api. Its parameters are the parts that differ, those that use a variable, and
//! ids.

use std::collections::{HashMap, HashSet};

use indexmap::map::Entry;
use indexmap::{IndexMap, IndexSet};

use super::Exchange;
use super::ids::is_id;
use super::shape::{shape, varying};
use super::titles::{id_name, request_name};
use crate::draft::{Auth, Body, Draft, Expr, Line, Param, Part, Parts, Path, Request, Text};
use crate::names::Names;

/// The most parameters of a request. Requests with more differences have different purposes.
const PARAMS_MAX: usize = 8;

/// The call of an exchange's request.
#[derive(Clone, Debug)]
pub(crate) struct Defined {
    /// `shop.get_item`
    pub(crate) path: String,
    /// The request's own name: `get_item`.
    pub(crate) name: String,
    /// The arguments.
    pub(crate) args: Vec<(Option<String>, Expr)>,
}

/// Adds requests for all exchanges to the apis of a draft. Returns the call of each exchange.
pub(crate) fn define(draft: &mut Draft, exchanges: &[Exchange]) -> Vec<Defined> {
    let varying = varying(exchanges);
    let mut groups: IndexMap<String, Vec<usize>> = IndexMap::new();
    for (number, exchange) in exchanges.iter().enumerate() {
        groups.entry(shape(exchange, &varying)).or_default().push(number);
    }
    let mut names: IndexMap<String, Names> = IndexMap::new();
    let apis: HashMap<String, usize> = draft.apis.iter().enumerate().map(|(at, api)| (api.name.clone(), at)).collect();
    let mut out: Vec<Option<Defined>> = vec![None; exchanges.len()];
    for members in groups.values() {
        for members in split(exchanges, members) {
            let group: Vec<&Exchange> = members.iter().map(|number| &exchanges[*number]).collect();
            let Some(first) = group.first() else { continue };
            let mut params = Params::new(draft);
            let (segments, line, parts) = unify_exchange(&group, &mut params);
            let api_names = names.entry(first.api.clone()).or_default();
            let name = api_names.word(&request_name(&first.method, &segments), "request");
            for (at, number) in members.iter().enumerate() {
                let by_name = params.list.len() > 2;
                let args = params.list.iter().map(|(args, param)| (by_name.then(|| param.clone()), args[at].clone())).collect();
                out[*number] = Some(Defined { path: format!("{}.{name}", first.api), name: name.clone(), args });
            }
            let params = params.list.into_values().map(Param::new).collect();
            let request = Request { comments: Vec::new(), name, params, line, parts };
            if let Some(api) = apis.get(&first.api).and_then(|at| draft.apis.get_mut(*at)) {
                api.requests.push(request);
            }
        }
    }
    hoist(draft);
    out.into_iter().flatten().collect()
}

/// Splits a group of one shape: it stays together unless its exchanges differ in too many parts; then only equal ones do.
fn split(exchanges: &[Exchange], members: &[usize]) -> Vec<Vec<usize>> {
    let group: Vec<&Exchange> = members.iter().map(|number| &exchanges[*number]).collect();
    let mut params = Params::default();
    unify_exchange(&group, &mut params);
    if params.list.len() <= PARAMS_MAX || members.len() == 1 {
        return vec![members.to_vec()];
    }
    let mut equal: IndexMap<String, Vec<usize>> = IndexMap::new();
    for number in members {
        equal.entry(format!("{:?}", exchanges[*number])).or_default().push(*number);
    }
    equal.into_values().collect()
}

/// The parameters of a request with their arguments, one for each exchange.
#[derive(Debug, Default)]
struct Params {
    /// The names by the arguments.
    list: IndexMap<Vec<Expr>, String>,
    names: Names,
}

impl Params {
    /// A parameter must not hide a name that the file declares.
    fn new(draft: &Draft) -> Self {
        let mut out = Self::default();
        draft.apis.iter().for_each(|api| out.names.reserve(&api.name));
        draft.data.iter().for_each(|data| out.names.reserve(&data.name));
        out
    }

    /// The parameter with these arguments. Parameters with equal arguments are one.
    fn param(&mut self, hint: &str, args: Vec<Expr>) -> String {
        match self.list.entry(args) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(free) => free.insert(self.names.variable(hint, "value")).clone(),
        }
    }

    /// Replaces variables of the sequence in a text with parameters. `env.x` and calls of functions may stay.
    fn local(&mut self, text: &Text, count: usize) -> Text {
        let parts = text.parts.iter().map(|part| match part {
            Part::Hole(code) => match local(code) {
                Some(name) => Part::Hole(self.param(name, vec![Expr::code(code); count])),
                None => part.clone(),
            },
            Part::Literal(_) => part.clone(),
        });
        Text { parts: parts.collect() }
    }
}

/// The last word of the first variable of the calling sequence in some code: `id` for `row.id` and `urldecode(row.id)`. Predefined names,
/// functions, names of arguments and words within texts are not variables.
fn local(code: &str) -> Option<&str> {
    const PREDEFINED: [&str; 10] = ["env", "user", "shard", "test", "fake", "true", "false", "null", "absent", "body"];
    let mut rest = code;
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '.';
    while let Some(char) = rest.chars().next() {
        if char == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
            // The holes of a text may contain variables, too.
            let holes = rest[..end].split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(hole, _)| hole);
            if let Some(name) = holes.filter(|hole| !hole.is_empty()).find_map(local) {
                return Some(name);
            }
            rest = &rest[end..];
        } else if is_part(char) {
            let end = rest.find(|char: char| !is_part(char)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let first = word.split('.').next().unwrap_or_default();
            let is_name = first.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            if is_name && !PREDEFINED.contains(&first) && !behind.starts_with(['(', ':']) {
                return word.rsplit('.').next();
            }
            rest = behind;
        } else {
            rest = &rest[char.len_utf8()..];
        }
    }
    None
}

fn unify_exchange(group: &[&Exchange], params: &mut Params) -> (Vec<Text>, Line, Parts) {
    let Some(first) = group.first() else {
        return (Vec::new(), Line { method: String::new(), path: Path::Template(Text::default()) }, Parts::default());
    };
    let mut segments = Vec::new();
    for (at, segment) in first.path.iter().enumerate() {
        let values: Vec<&Text> = group.iter().filter_map(|exchange| exchange.path.get(at)).collect();
        let before =
            at.checked_sub(1).and_then(|before| first.path.get(before)).filter(|text| text.as_literal().is_some_and(|text| !is_id(text)));
        if values.iter().all(|value| *value == segment) && !segment.as_literal().is_some_and(is_id) {
            segments.push(params.local(segment, group.len()));
        } else {
            let name = params.param(&id_name(before), values.into_iter().map(id_arg).collect());
            segments.push(Text { parts: vec![Part::Hole(name)] });
        }
    }
    let mut path = Text::default();
    for segment in &segments {
        path.push("/");
        path.append(segment.clone());
    }
    if first.raw_query.is_some() {
        let values: Vec<Expr> = group.iter().map(|exchange| Expr::Text(exchange.raw_query.clone().unwrap_or_default())).collect();
        path.push("?");
        match unify(&values.iter().collect::<Vec<_>>(), "query", params) {
            Expr::Text(text) => path.append(text),
            // Encoding such a text again does not change it.
            Expr::Code(param) if group.iter().all(|exchange| exchange.raw_query.as_ref().is_some_and(super::is_unreserved)) => {
                path.hole(param);
            }
            _ => path.append(first.raw_query.clone().unwrap_or_default()),
        }
    }
    let mut parts = Parts { options: first.options.clone(), ..Parts::default() };
    parts.query = unify_entries(group, |exchange| &exchange.query, params);
    parts.options.headers = unify_entries(group, |exchange| &exchange.headers, params);
    parts.options.auth = unify_auth(group, params);
    parts.body = unify_body(group, params);
    (segments, Line { method: first.method.clone(), path: Path::Template(path) }, parts)
}

/// The argument for a segment: a number if it consists of digits.
fn id_arg(segment: &Text) -> Expr {
    match segment.as_literal() {
        Some(digits)
            if digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0')) =>
        {
            Expr::Number(digits.to_owned())
        }
        Some(literal) => Expr::text(super::decode(literal).unwrap_or_else(|| literal.to_owned())),
        None => Expr::from(segment.clone()),
    }
}

fn unify_entries(
    group: &[&Exchange],
    of: impl for<'e> Fn(&'e Exchange) -> &'e Vec<(String, Expr)>,
    params: &mut Params,
) -> Vec<(String, Expr)> {
    let Some(first) = group.first() else { return Vec::new() };
    let keys: Vec<String> = of(first).iter().map(|(key, _)| key.clone()).collect();
    keys.into_iter()
        .enumerate()
        .map(|(at, key)| {
            let values: Vec<&Expr> = group.iter().filter_map(|exchange| of(exchange).get(at)).map(|(_, value)| value).collect();
            // A number is converted to text here, so a captured one needs no quotes.
            let value = match unify(&values, &key, params) {
                Expr::Text(text) => Expr::from(text),
                other => other,
            };
            (key, value)
        })
        .collect()
}

fn unify_auth(group: &[&Exchange], params: &mut Params) -> Option<Auth> {
    let all = |of: fn(&Auth) -> Option<&Expr>| group.iter().filter_map(|exchange| exchange.auth.as_ref().and_then(of)).collect::<Vec<_>>();
    let auth = group.first()?.auth.as_ref()?;
    Some(match auth {
        Auth::Bearer(_) => {
            Auth::Bearer(unify(&all(|auth| if let Auth::Bearer(token) = auth { Some(token) } else { None }), "token", params))
        }
        Auth::Header(name, _) => {
            let values = all(|auth| if let Auth::Header(_, value) = auth { Some(value) } else { None });
            Auth::Header(name.clone(), unify(&values, "credentials", params))
        }
        other => other.clone(),
    })
}

fn unify_body(group: &[&Exchange], params: &mut Params) -> Option<Body> {
    let bodies: Vec<&Body> = group.iter().filter_map(|exchange| exchange.body.as_ref()).collect();
    let fields = |params: &mut Params| {
        unify_entries(
            group,
            |exchange| match &exchange.body {
                Some(Body::Form(fields) | Body::Multipart(fields) | Body::Graphql(_, fields)) => fields,
                _ => &exchange.query,
            },
            params,
        )
    };
    Some(match *bodies.first()? {
        Body::Json(_) => {
            let values: Vec<&Expr> =
                bodies.iter().filter_map(|body| if let Body::Json(value) = body { Some(value) } else { None }).collect();
            Body::Json(unify(&values, "body", params))
        }
        Body::Text(_) => {
            let values: Vec<&Expr> =
                bodies.iter().filter_map(|body| if let Body::Text(value) = body { Some(value) } else { None }).collect();
            Body::Text(unify(&values, "content", params))
        }
        Body::Bytes(_) => {
            let values: Vec<&Expr> =
                bodies.iter().filter_map(|body| if let Body::Bytes(value) = body { Some(value) } else { None }).collect();
            Body::Bytes(unify(&values, "content", params))
        }
        Body::Form(_) => Body::Form(fields(params)),
        Body::Multipart(_) => Body::Multipart(fields(params)),
        Body::Graphql(query, _) => Body::Graphql(query.clone(), fields(params)),
    })
}

/// Combines several expressions: equal parts stay, the others become parameters.
fn unify(values: &[&Expr], hint: &str, params: &mut Params) -> Expr {
    let Some(first) = values.first() else { return Expr::Null };
    match first {
        Expr::Map(entries) if values.iter().all(|value| matches!(value, Expr::Map(other) if same_keys(entries, other))) => {
            let entries = entries.iter().enumerate().map(|(at, (key, _))| {
                let inner: Vec<&Expr> = values
                    .iter()
                    .filter_map(|value| if let Expr::Map(other) = value { other.get(at).map(|(_, value)| value) } else { None })
                    .collect();
                (key.clone(), unify(&inner, key, params))
            });
            return Expr::Map(entries.collect());
        }
        Expr::List(items) if values.iter().all(|value| matches!(value, Expr::List(other) if other.len() == items.len())) => {
            let items = (0..items.len()).map(|at| {
                let inner: Vec<&Expr> =
                    values.iter().filter_map(|value| if let Expr::List(other) = value { other.get(at) } else { None }).collect();
                unify(&inner, hint, params)
            });
            return Expr::List(items.collect());
        }
        _ => {}
    }
    if values.iter().all(|value| value == first) {
        return match first {
            Expr::Text(text) => Expr::Text(params.local(text, values.len())),
            Expr::Code(code) => match local(code) {
                // A random row is named after the field in which it is sent.
                Some(name) => {
                    Expr::Code(params.param(if code.contains("next(") { hint } else { name }, vec![(*first).clone(); values.len()]))
                }
                None => (*first).clone(),
            },
            other => (*other).clone(),
        };
    }
    Expr::Code(params.param(hint, values.iter().map(|value| (*value).clone()).collect()))
}

fn same_keys(left: &[(String, Expr)], right: &[(String, Expr)]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|((left, _), (right, _))| left == right)
}

/// Moves the options that all requests of an api share to the api.
fn hoist(draft: &mut Draft) {
    for api in &mut draft.apis {
        let Some(first) = api.requests.first() else { continue };
        let auth = first.parts.options.auth.clone();
        if auth.as_ref().is_some_and(is_constant_auth) && api.requests.iter().all(|request| request.parts.options.auth == auth) {
            api.requests.iter_mut().for_each(|request| request.parts.options.auth = None);
            api.options.auth = auth;
        }
        if api.requests.len() < 2 {
            continue;
        }
        let Some(first) = api.requests.first() else { continue };
        let mut shared: IndexSet<(String, Expr)> =
            first.parts.options.headers.iter().filter(|header| is_constant(&header.1)).cloned().collect();
        for request in &api.requests {
            let own: HashSet<&(String, Expr)> = request.parts.options.headers.iter().collect();
            shared.retain(|header| own.contains(header));
        }
        api.requests.iter_mut().for_each(|request| request.parts.options.headers.retain(|header| !shared.contains(header)));
        api.options.headers.extend(shared);
    }
}

fn is_constant_auth(auth: &Auth) -> bool {
    match auth {
        Auth::Bearer(value) | Auth::Header(_, value) => is_constant(value),
        Auth::Basic(user, password) => is_constant(user) && is_constant(password),
        Auth::Aws(service, region) => is_constant(service) && is_constant(region),
        Auth::None => true,
    }
}

/// Whether an expression uses no parameter.
fn is_constant(value: &Expr) -> bool {
    match value {
        Expr::Code(code) => local(code).is_none(),
        Expr::Text(text) => text.parts.iter().all(|part| !matches!(part, Part::Hole(code) if local(code).is_some())),
        Expr::List(items) => items.iter().all(is_constant),
        Expr::Map(entries) => entries.iter().all(|(_, value)| is_constant(value)),
        _ => true,
    }
}
