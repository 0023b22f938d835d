//! The operations of a document, in one form for OpenAPI 3.0, 3.1 and Swagger 2.

use std::collections::HashSet;

use super::refs::{At, Files};
use crate::document::{Node, Value};

/// The methods that a path item may have, in the order in which a person would call them.
const METHODS: [&str; 8] = ["get", "head", "options", "post", "put", "patch", "trace", "delete"];

/// One method of one path.
#[derive(Clone, Debug)]
pub(super) struct Operation<'a> {
    /// The method, in capitals.
    pub(super) method: String,
    pub(super) path: &'a str,
    pub(super) at: At<'a>,
    pub(super) tag: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    pub(super) parameters: Vec<Parameter<'a>>,
    pub(super) body: Option<Body<'a>>,
    /// The servers of the operation or of its path.
    pub(super) servers: Option<At<'a>>,
}

/// The location of a parameter in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum In {
    Path,
    Query,
    Header,
    Cookie,
}

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) within: In,
    pub(super) required: bool,
    /// The schema; in Swagger 2, the parameter itself.
    pub(super) schema: Option<At<'a>>,
    pub(super) example: Option<&'a Node>,
    /// The notation of a list.
    pub(super) list: List,
}

/// The notation of a list's items in one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// The key is repeated.
    Repeated,
    /// The value is a text of JSON, because the parameter has a `content`.
    Json,
    /// The items are joined.
    Joined(&'static str),
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(super) enum Body<'a> {
    Json {
        media: &'a str,
        schema: Option<At<'a>>,
        example: Option<&'a Node>,
    },
    Form {
        multipart: bool,
        fields: Vec<Field<'a>>,
    },
    /// XML, text, or bytes.
    Other {
        media: &'a str,
        example: Option<&'a Node>,
        binary: bool,
    },
}

/// A field of a form.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) required: bool,
    pub(super) schema: At<'a>,
    pub(super) example: Option<&'a Node>,
    pub(super) file: bool,
}

/// All operations, in the order of the document.
pub(super) fn operations(files: &Files) -> Vec<Operation<'_>> {
    let root = files.root();
    let mut found = Vec::new();
    let Some(paths) = root.get("paths") else { return found };
    for (path, item) in paths.node.entries().filter(|(path, _)| !path.starts_with("x-")) {
        let Some(item) = files.resolve(paths.with(item)) else { continue };
        for method in METHODS {
            let Some(at) = item.get(method).and_then(|at| files.resolve(at)).filter(|at| at.node.is_map()) else { continue };
            found.push(operation(files, method, path, item, at));
        }
    }
    found
}

fn operation<'a>(files: &'a Files, method: &str, path: &'a str, item: At<'a>, at: At<'a>) -> Operation<'a> {
    let mut declared: Vec<At<'a>> = Vec::new();
    for parameters in [item.get("parameters"), at.get("parameters")].into_iter().flatten() {
        for parameter in parameters.node.items().iter().filter_map(|node| files.resolve(parameters.with(node))) {
            declared.push(parameter);
        }
    }
    // A parameter of the operation overrides that of its path.
    let mut known = HashSet::new();
    declared.reverse();
    declared.retain(|at| known.insert((at.node.text_of("name"), at.node.text_of("in"))));
    declared.reverse();
    let root = files.root();
    let body = if root.get("swagger").is_some() { swagger_body(files, root, at, &declared) } else { body(files, at) };
    Operation {
        method: method.to_uppercase(),
        path,
        at,
        tag: at.node.items_of("tags").first().and_then(Node::text).map(str::trim).filter(|tag| !tag.is_empty()),
        id: at.node.text_of("operationId").filter(|id| !id.trim().is_empty()),
        parameters: declared.into_iter().filter_map(|at| parameter(files, at)).collect(),
        body,
        servers: at.get("servers").or(item.get("servers")),
    }
}

fn parameter<'a>(files: &'a Files, at: At<'a>) -> Option<Parameter<'a>> {
    let node = at.node;
    let name = node.text_of("name").filter(|name| !name.is_empty())?;
    let within = match node.text_of("in")? {
        "path" => In::Path,
        "query" => In::Query,
        "header" if ["accept", "content-type", "authorization"].contains(&name.to_lowercase().as_str()) => return None,
        "header" => In::Header,
        "cookie" => In::Cookie,
        _ => return None,
    };
    let content = at.get("content").and_then(|content| content.node.entries().next().map(|(_, media)| content.with(media)));
    let schema = at.get("schema").or_else(|| content.and_then(|media| media.get("schema"))).or_else(|| node.get("type").map(|_| at));
    Some(Parameter {
        name,
        within,
        required: within == In::Path || node.flag("required"),
        schema,
        example: example(files, at).or_else(|| node.get("x-example")),
        list: if content.is_some() { List::Json } else { list(node, within) },
    })
}

fn list(node: &Node, within: In) -> List {
    let joined = match (node.text_of("style"), node.text_of("collectionFormat")) {
        (_, Some("multi")) => return List::Repeated,
        (_, Some("ssv")) | (Some("spaceDelimited"), _) => " ",
        (_, Some("pipes")) | (Some("pipeDelimited"), _) => "|",
        (_, Some("tsv")) => "\t",
        _ => ",",
    };
    // Swagger 2 joins by default; OpenAPI 3 repeats the keys of a query by default.
    let swagger = node.get("schema").is_none() && node.get("content").is_none();
    if within == In::Query && !swagger && joined == "," && node.get("explode").is_none_or(Node::is_true) {
        List::Repeated
    } else {
        List::Joined(joined)
    }
}

/// The example of a parameter or a media type.
pub(super) fn example<'a>(files: &'a Files, at: At<'a>) -> Option<&'a Node> {
    let first = || {
        let examples = at.get("examples")?;
        let (_, one) = examples.node.entries().next()?;
        files.resolve(examples.with(one))?.node.get("value")
    };
    at.node.get("example").or_else(first)
}

/// Whether a media type is JSON.
pub(super) fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim().to_lowercase();
    media == "application/json" || media.ends_with("+json") || media == "text/json" || media == "*/*" || media == "application/*"
}

fn body<'a>(files: &'a Files, at: At<'a>) -> Option<Body<'a>> {
    let content = files.resolve(at.get("requestBody")?)?.get("content")?;
    let media = |wanted: &dyn Fn(&str) -> bool| {
        content.node.entries().find(|(media, _)| wanted(media)).map(|(media, node)| (media, content.with(node)))
    };
    if let Some((media, at)) = media(&is_json) {
        return Some(Body::Json { media, schema: at.get("schema"), example: example(files, at) });
    }
    for (kind, multipart) in [("application/x-www-form-urlencoded", false), ("multipart/", true)] {
        if let Some((_, at)) = media(&|media| media.to_lowercase().starts_with(kind)) {
            return Some(Body::Form { multipart, fields: fields(files, at) });
        }
    }
    let (media, at) = media(&|_| true)?;
    let schema = at.get("schema").and_then(|at| files.resolve(at));
    let format = schema.and_then(|schema| schema.node.text_of("format"));
    let textual = media.starts_with("text/") || media.contains("xml") || media.contains("yaml") || media.contains("javascript");
    Some(Body::Other { media, example: example(files, at), binary: format == Some("binary") || !textual })
}

fn fields<'a>(files: &'a Files, at: At<'a>) -> Vec<Field<'a>> {
    let Some(view) = at.get("schema").and_then(|schema| super::view::View::of(files, schema)) else { return Vec::new() };
    let example = example(files, at);
    let file = |at: At<'a>| {
        let node = files.resolve(at).map(|at| at.node);
        let node = node.map(|node| node.get("items").unwrap_or(node));
        node.is_some_and(|node| matches!(node.text_of("format"), Some("binary" | "base64")) || node.get("contentMediaType").is_some())
    };
    let field = |(&name, &schema): (&&'a str, &At<'a>)| Field {
        name,
        required: view.required.contains(&name),
        schema,
        example: example.and_then(|example| example.get(name)),
        file: file(schema),
    };
    view.properties.iter().filter(|(_, at)| !at.node.flag("readOnly")).map(field).collect()
}

fn swagger_body<'a>(files: &'a Files, root: At<'a>, at: At<'a>, declared: &[At<'a>]) -> Option<Body<'a>> {
    let consumes: Vec<&str> =
        at.get("consumes").or(root.get("consumes")).map_or(&[][..], |at| at.node.items()).iter().filter_map(Node::text).collect();
    if let Some(body) = declared.iter().find(|at| at.node.text_of("in") == Some("body")) {
        let media = consumes.iter().copied().find(|media| is_json(media)).or(consumes.first().copied()).unwrap_or("application/json");
        let example = example(files, *body);
        return Some(if is_json(media) {
            Body::Json { media, schema: body.get("schema"), example }
        } else {
            let textual = media.starts_with("text/") || media.contains("xml") || media.contains("yaml");
            Body::Other { media, example, binary: !textual }
        });
    }
    let fields: Vec<Field<'a>> = declared
        .iter()
        .filter(|at| at.node.text_of("in") == Some("formData"))
        .filter_map(|&at| {
            let file = at.node.text_of("type") == Some("file");
            Some(Field {
                name: at.node.text_of("name")?,
                required: at.node.flag("required"),
                schema: at,
                example: example(files, at),
                file,
            })
        })
        .collect();
    let multipart = fields.iter().any(|field| field.file) || consumes.first().is_some_and(|media| media.starts_with("multipart/"));
    (!fields.is_empty()).then_some(Body::Form { multipart, fields })
}

/// Whether the key of a response is a status, a class of them, or `default`.
fn is_status(key: &str) -> bool {
    let (class, rest) = key.split_at(key.chars().next().map_or(0, char::len_utf8));
    let digits = rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit());
    key == "default" || matches!(class, "1" | "2" | "3" | "4" | "5") && (digits || rest.eq_ignore_ascii_case("xx"))
}

/// A response that the document describes.
#[derive(Clone, Debug)]
pub(super) struct Response<'a> {
    /// `200`, `2XX`, `default`.
    pub(super) status: &'a str,
    pub(super) at: At<'a>,
    /// The schema of its JSON body.
    pub(super) schema: Option<At<'a>>,
}

impl<'a> Operation<'a> {
    /// The responses, in the order of the document.
    pub(super) fn responses(&self, files: &'a Files) -> Vec<Response<'a>> {
        let Some(responses) = self.at.get("responses") else { return Vec::new() };
        let of = |(status, node): (&'a str, &'a Node)| {
            let at = files.resolve(responses.with(node))?;
            let json = at
                .get("content")
                .and_then(|content| content.node.entries().find(|(media, _)| is_json(media)).map(|(_, node)| content.with(node)));
            let schema = json.and_then(|media| media.get("schema")).or_else(|| at.get("schema").filter(|_| self.produces_json(files)));
            Some(Response { status, at, schema })
        };
        match &responses.node.value {
            Value::Map(entries) => {
                entries.iter().filter(|(status, _)| is_status(status)).filter_map(|(status, node)| of((status, node))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether responses are JSON, in Swagger 2.
    fn produces_json(&self, files: &'a Files) -> bool {
        let produces = self.at.get("produces").or(files.root().get("produces"));
        produces.is_none_or(|at| at.node.items().is_empty() || at.node.items().iter().filter_map(Node::text).any(is_json))
    }
}
