//! Converts an operation to a request of the api: its parameters, its path, and its body.

use super::operation::{Body, Field, In, List, Operation, Parameter};
use super::refs::{At, Files};
use super::sample::{literal, sample};
use super::security::Access;
use super::view::View;
use crate::draft::{self, Auth, Draft, Expr, Line, Options, Param, Parts, Path, Redirects, Text};
use crate::names::{Names, is_word};

/// A body whose members are all required and simple gets a parameter for each member, up to this number.
const MEMBERS_MAX: usize = 5;

/// A request and the arguments of its call.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) request: draft::Request,
    /// The required arguments, in the order of the parameters.
    pub(super) arguments: Vec<Argument>,
}

/// A required argument.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    /// The value of a path parameter: its number in the path, and a default if no earlier response contains it.
    Path(usize, Expr),
    Value(Expr),
}

struct Builder<'a, 'd> {
    files: &'a Files,
    draft: &'d mut Draft,
    names: Names,
    required: Vec<Param>,
    optional: Vec<Param>,
    arguments: Vec<Argument>,
    parts: Parts,
    cookies: Vec<(String, String)>,
}

/// Builds the request of `operation`, called `name`. `outer` is the auth of its api.
pub(super) fn build(
    files: &Files,
    draft: &mut Draft,
    operation: &Operation<'_>,
    name: String,
    access: &Access,
    outer: Option<&Auth>,
) -> Built {
    let mut names = Names::new();
    names.reserve("payload");
    draft.apis.iter().for_each(|api| names.reserve(&api.name));
    let mut builder = Builder {
        files,
        draft,
        names,
        required: Vec::new(),
        optional: Vec::new(),
        arguments: Vec::new(),
        parts: Parts::default(),
        cookies: Vec::new(),
    };
    let path = builder.path(operation);
    let others = operation.parameters.iter().filter(|parameter| parameter.within != In::Path);
    for parameter in others.filter(|parameter| !access.sends(parameter.name)) {
        builder.parameter(parameter);
    }
    if let Some(body) = &operation.body {
        builder.body(body, access);
    }
    builder.access(access, outer);
    let statuses: Vec<&str> = operation.responses(files).iter().map(|response| response.status).collect();
    if !statuses.is_empty()
        && !statuses.iter().any(|status| status.starts_with('2') || *status == "default")
        && statuses.iter().any(|s| s.starts_with('3'))
    {
        builder.parts.options.redirects = Some(Redirects::Off);
    }
    let mut params = builder.required;
    params.extend(builder.optional);
    let line = Line { method: operation.method.clone(), path: Path::Template(path) };
    let request = draft::Request { comments: Vec::new(), name, params, line, parts: builder.parts };
    Built { request, arguments: builder.arguments }
}

impl<'a> Builder<'a, '_> {
    fn path(&mut self, operation: &Operation<'a>) -> Text {
        let mut text = Text::default();
        // A fragment only distinguishes operations of the same path.
        let path = operation.path.split('#').next().unwrap_or_default();
        if !path.starts_with('/') {
            text.push("/");
        }
        let mut rest = path;
        let mut number = 0;
        while let Some((before, (inside, after))) = rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
            text.push(before);
            let declared = operation.parameters.iter().find(|parameter| parameter.within == In::Path && parameter.name == inside);
            let plain = path_name(inside);
            let variable = self.names.variable(plain, "value");
            let schema = declared.and_then(|parameter| parameter.schema);
            let given = declared.and_then(|parameter| parameter.example).map(literal);
            let value = given.unwrap_or_else(|| schema.map_or_else(|| Expr::text(plain), |at| sample(self.files, at, plain)));
            self.required.push(Param { name: variable.clone(), ty: self.scalar_type(schema, &value), default: None });
            self.arguments.push(Argument::Path(number, value));
            text.hole(variable);
            number += 1;
            rest = after;
        }
        text.push(rest);
        text
    }

    /// The type of a parameter, if the passed value has that type.
    fn scalar_type(&self, schema: Option<At<'a>>, value: &Expr) -> Option<&'static str> {
        let view = View::of(self.files, schema?)?;
        match (view.kind(), value) {
            ("integer", Expr::Number(digits)) if !digits.contains('.') => Some("int"),
            ("number", Expr::Number(_)) => Some("number"),
            ("boolean", Expr::Bool(_)) => Some("bool"),
            ("string", Expr::Text(_) | Expr::Code(_)) => Some("string"),
            _ => None,
        }
    }

    /// Declares a parameter and returns the expression that reads it.
    fn declare(&mut self, name: &str, ty: Option<&'static str>, required: bool, value: Expr) -> String {
        let name = self.names.variable(name, "value");
        if required {
            self.required.push(Param { name: name.clone(), ty, default: None });
            self.arguments.push(Argument::Value(value));
        } else {
            self.optional.push(Param { name: name.clone(), ty, default: Some(Expr::Null) });
        }
        name
    }

    fn parameter(&mut self, parameter: &Parameter<'a>) {
        let name = parameter.name;
        if parameter.within == In::Header {
            return self.header(parameter);
        }
        let view = parameter.schema.and_then(|at| View::of(self.files, at));
        // An object in a query becomes one key for each member.
        if let Some(view) =
            view.as_ref().filter(|view| view.kind() == "object" && !view.properties.is_empty() && parameter.list != List::Json)
        {
            for (&member, &at) in &view.properties {
                let required = parameter.required && view.required.contains(&member);
                let value = sample(self.files, at, member);
                let code = self.declare(&format!("{name} {member}"), self.scalar_type(Some(at), &value), required, value);
                self.parts.query.push((format!("{name}[{member}]"), Expr::Code(code)));
            }
            return;
        }
        let (ty, value) = self.value(parameter);
        if parameter.within == In::Cookie {
            let variable = self.names.variable(name, "cookie_value");
            self.optional.push(Param { name: variable.clone(), ty, default: Some(value) });
            self.cookies.push((name.to_owned(), variable));
            return;
        }
        let code = self.declare(name, ty, parameter.required, value);
        self.parts.query.push((name.to_owned(), Expr::Code(code)));
    }

    /// The type and a value of a parameter.
    fn value(&self, parameter: &Parameter<'a>) -> (Option<&'static str>, Expr) {
        let given = parameter.example.map(literal);
        let value = given
            .unwrap_or_else(|| parameter.schema.map_or_else(|| Expr::text(parameter.name), |at| sample(self.files, at, parameter.name)));
        match (value, parameter.list) {
            (value @ (Expr::List(_) | Expr::Map(_)), List::Json) => (Some("string"), Expr::text(json_text(&value))),
            (value @ Expr::List(_), List::Repeated) => (Some("list"), value),
            (Expr::List(items), List::Joined(separator)) => {
                (Some("string"), Expr::text(items.iter().map(plain).collect::<Vec<_>>().join(separator)))
            }
            (value @ Expr::Map(_), _) => (Some("string"), Expr::text(plain(&value))),
            (value, _) => (self.scalar_type(parameter.schema, &value), value),
        }
    }

    fn header(&mut self, parameter: &Parameter<'a>) {
        let name = parameter.name;
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
            return;
        }
        if name.to_lowercase().contains("idempotency") {
            return self.parts.options.headers.push((name.to_owned(), Expr::code("uuid()")));
        }
        let (ty, value) = self.value(parameter);
        let code = self.declare(name, ty, parameter.required, value);
        self.parts.options.headers.push((name.to_owned(), Expr::Code(code)));
    }

    fn body(&mut self, body: &Body<'a>, access: &Access) {
        match body {
            Body::Json { media, schema, example } => self.json(media, *schema, *example),
            Body::Form { multipart, fields } => {
                let fields: Vec<(String, Expr)> = fields
                    .iter()
                    .filter(|field| !access.sends(field.name))
                    .map(|field| (field.name.to_owned(), self.field(field)))
                    .collect();
                if !fields.is_empty() {
                    self.parts.body = Some(if *multipart { draft::Body::Multipart(fields) } else { draft::Body::Form(fields) });
                }
            }
            Body::Other { media, example, binary } => {
                let content = example.and_then(|example| example.text()).map(Expr::text);
                let value = match content {
                    Some(content) => content,
                    None if *binary => Expr::code("bytes(\"sample\")"),
                    None if media.contains("xml") => Expr::text("<sample/>"),
                    None => Expr::text("sample"),
                };
                self.content_type(if media.contains('*') { "application/octet-stream" } else { media });
                let ty = (!*binary).then_some("string");
                let code = Expr::Code(self.declare("content", ty, true, value));
                self.parts.body = Some(if *binary { draft::Body::Bytes(code) } else { draft::Body::Text(code) });
            }
        }
    }

    fn content_type(&mut self, media: &str) {
        self.parts.options.headers.push(("Content-Type".to_owned(), Expr::text(media)));
    }

    fn json(&mut self, media: &str, schema: Option<At<'a>>, example: Option<&'a crate::document::Node>) {
        if !media.starts_with("application/json") && !media.contains('*') {
            self.content_type(media);
        }
        let view = schema.and_then(|at| View::of(self.files, at));
        if let Some(view) = view.as_ref().filter(|view| example.is_none() && view.example.is_none())
            && let Some(members) = self.members(view)
        {
            self.parts.body = Some(draft::Body::Json(Expr::Map(members)));
            return;
        }
        let value = example.map(literal).unwrap_or_else(|| schema.map_or(Expr::Map(Vec::new()), |at| sample(self.files, at, "payload")));
        let ty = match &value {
            Expr::Map(_) => Some("object"),
            Expr::List(_) => Some("list"),
            _ => None,
        };
        self.required.push(Param { name: "payload".to_owned(), ty, default: None });
        self.arguments.push(Argument::Value(value));
        self.parts.body = Some(draft::Body::Json(Expr::code("payload")));
    }

    /// A parameter for each member of a small body whose members are all required and simple.
    fn members(&mut self, view: &View<'a>) -> Option<Vec<(String, Expr)>> {
        let simple =
            |at: &At<'a>| View::of(self.files, *at).is_some_and(|view| matches!(view.kind(), "string" | "integer" | "number" | "boolean"));
        let writable: Vec<_> = view.properties.iter().filter(|(_, at)| !at.node.flag("readOnly")).map(|(name, at)| (*name, *at)).collect();
        let fits = view.kind() == "object"
            && view.alternatives.is_empty()
            && (1..=MEMBERS_MAX).contains(&writable.len())
            && writable.iter().all(|(name, at)| view.required.contains(name) && is_word(name) && simple(at));
        if !fits {
            return None;
        }
        let mut members = Vec::new();
        for (name, at) in writable {
            let value = sample(self.files, at, name);
            let code = self.declare(name, self.scalar_type(Some(at), &value), true, value);
            members.push((name.to_owned(), Expr::Code(code)));
        }
        Some(members)
    }

    fn field(&mut self, field: &Field<'a>) -> Expr {
        if field.file {
            let stem = crate::names::file(field.name);
            let path = self.draft.file(&format!("data/{stem}.txt"), format!("A sample file for `{}`.\n", field.name).into_bytes());
            let value = Expr::Code(format!("file({})", crate::write::quoted(&path)));
            return Expr::Code(self.declare(field.name, None, field.required, value));
        }
        let value = field.example.map(literal).unwrap_or_else(|| sample(self.files, field.schema, field.name));
        let nested = |value: &Expr| {
            matches!(value, Expr::Map(_))
                || matches!(value, Expr::List(items) if items.iter().any(|item| matches!(item, Expr::Map(_) | Expr::List(_))))
        };
        if nested(&value) {
            let code = self.declare(field.name, None, field.required, value);
            return Expr::Code(if field.required {
                format!("to_json({code})")
            } else {
                format!("if {code} == null then null else to_json({code})")
            });
        }
        let ty = if matches!(value, Expr::List(_)) { Some("list") } else { self.scalar_type(Some(field.schema), &value) };
        Expr::Code(self.declare(field.name, ty, field.required, value))
    }

    fn access(&mut self, access: &Access, outer: Option<&Auth>) {
        let Options { auth, headers, .. } = &mut self.parts.options;
        if access.auth.as_ref() != outer {
            *auth = Some(access.auth.clone().unwrap_or(Auth::None));
        }
        headers.extend(access.headers.iter().cloned());
        self.parts.query.extend(access.query.iter().cloned());
        self.cookies.extend(access.cookies.iter().cloned());
        if !self.cookies.is_empty() {
            let mut text = Text::default();
            for (number, (name, code)) in self.cookies.iter().enumerate() {
                text.push(&format!("{}{name}=", if number == 0 { "" } else { "; " }));
                text.hole(code.clone());
            }
            self.parts.options.headers.push(("Cookie".to_owned(), Expr::Text(text)));
        }
    }
}

/// The name within the braces of a path: `{+path}`, `{name=projects/*}` and `{id:[0-9]+}` have more than a name.
pub(super) fn path_name(inside: &str) -> &str {
    let inside = inside.trim_start_matches(['+', '*', '.', '/', ';', '?', '&']);
    inside.split(['=', ':', '*', '?']).next().unwrap_or(inside).trim()
}

/// A value within a text.
fn plain(value: &Expr) -> String {
    match value {
        Expr::Null | Expr::Absent => "null".to_owned(),
        Expr::Bool(flag) => flag.to_string(),
        Expr::Number(digits) => digits.clone(),
        Expr::Text(text) => text.as_literal().unwrap_or_default().to_owned(),
        Expr::List(items) => format!("[{}]", items.iter().map(json_text).collect::<Vec<_>>().join(",")),
        Expr::Map(members) => {
            let member = |(name, value): &(String, Expr)| format!("{}:{}", json_text(&Expr::text(name)), json_text(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Expr::Code(_) => "sample".to_owned(),
    }
}

fn json_text(value: &Expr) -> String {
    match value {
        Expr::Text(_) | Expr::Code(_) => serde_json::Value::String(plain(value)).to_string(),
        other => plain(other),
    }
}
