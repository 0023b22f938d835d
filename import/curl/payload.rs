//! The body of a curl request: data, forms, files.

use super::command::Request;
use super::options::Part as Option_;
use super::parts::Context;
use crate::ImportError;
use crate::draft::{Body, Expr, Part, Text};
use crate::web::{self, Exchange};

const FORM: &str = "application/x-www-form-urlencoded";

/// Adds the body and its headers.
pub(super) fn payload(
    context: &mut Context<'_>,
    request: &Request,
    content_type: Option<Text>,
    exchange: &mut Exchange,
) -> Result<(), ImportError> {
    let written = content_type.clone();
    let content_type = content_type.as_ref().and_then(Text::as_literal).map(str::to_owned);
    for pair in &request.url_query {
        add_query(context, pair, exchange);
    }
    exchange.query = web::grouped(std::mem::take(&mut exchange.query));
    if !request.form.is_empty() {
        let fields = form(context, request);
        exchange.body = Some(protect(context, Body::Multipart(fields)));
        // ltc chooses its own boundary, so a type with another one would be wrong.
        if let Some(ty) = content_type.filter(|ty| !ty.starts_with("multipart/form-data")) {
            context.leave("headers", &format!("`Content-Type: {ty}`: a multipart body is sent as multipart/form-data"));
        }
        return Ok(());
    }
    if let Some(upload) = &request.upload {
        let mut file = context.bind(upload);
        let stdin = request.stdin.as_ref().filter(|_| matches!(file.as_literal(), Some("-" | ".")));
        match stdin.map(|text| text.as_literal().and_then(|text| text.strip_prefix('@')).map(Text::literal).ok_or(text)) {
            Some(Ok(name)) => file = name,
            Some(Err(text)) => {
                exchange.body = Some(Body::Text(Expr::Text(context.bind(text))));
                return Ok(());
            }
            None => {}
        }
        exchange.body = Some(Body::Bytes(file_of(context, file.as_literal().unwrap_or("upload"), None, None)));
        exchange.headers.extend(content_type.map(|ty| ("Content-Type".to_owned(), Expr::text(ty))));
        return Ok(());
    }
    if request.data.is_empty() {
        exchange.headers.extend(written.map(|ty| ("Content-Type".to_owned(), Expr::from(ty))));
        return Ok(());
    }
    if request.get {
        for (kind, text) in &request.data {
            let text = content(context, request, *kind, text);
            match text {
                Content::Text(text) => add_query_text(&text, exchange),
                Content::Field(key, value) => exchange.query.push((key, value)),
                Content::File(_) => context.leave("options", "`-G` with a file"),
            }
        }
        exchange.query = web::grouped(std::mem::take(&mut exchange.query));
        exchange.headers.extend(content_type.map(|ty| ("Content-Type".to_owned(), Expr::text(ty))));
        return Ok(());
    }
    let is_json = request.data.iter().any(|(kind, _)| *kind == Option_::Json);
    let contents: Vec<Content> = request.data.iter().map(|(kind, text)| content(context, request, *kind, text)).collect();
    let media = content_type.clone().unwrap_or_else(|| if is_json { "application/json" } else { FORM }.to_owned());
    if let [Content::File(file)] = contents.as_slice() {
        exchange.body = Some(Body::Bytes(file.clone()));
        exchange.headers.push(("Content-Type".to_owned(), Expr::text(media)));
        return Ok(());
    }
    let mut fields = Vec::new();
    let mut whole = Text::default();
    let mut all_fields = true;
    for (number, part) in contents.into_iter().enumerate() {
        if number > 0 && !is_json {
            whole.push("&");
        }
        match part {
            Content::Field(key, value) => {
                whole.push(&format!("{}=", encode(&key)));
                whole.append(encoded(&value));
                fields.push((key, value));
            }
            Content::Text(text) => {
                match web::form_fields(&text) {
                    Some(pairs) => fields.extend(pairs),
                    None => all_fields = false,
                }
                whole.append(text);
            }
            Content::File(_) => {
                all_fields = false;
                context.leave("options", "a file beside other data of the body");
            }
        }
    }
    let is_form = media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM);
    if is_form && all_fields && !whole.as_literal().is_some_and(|text| text.trim_start().starts_with(['{', '['])) {
        exchange.body = Some(protect(context, Body::Form(web::grouped(fields))));
        return Ok(());
    }
    let (body, kept) = web::body(context.draft, Some(&media), &whole);
    exchange.body = body.map(|body| protect(context, body));
    exchange.headers.extend(kept.map(|ty| ("Content-Type".to_owned(), Expr::text(ty))));
    if content_type.is_none() && written.is_some() {
        exchange.headers.extend(written.map(|ty| ("Content-Type".to_owned(), Expr::from(ty))));
    }
    Ok(())
}

/// A part of the body that an option adds.
enum Content {
    Text(Text),
    /// A field whose value still has to be encoded.
    Field(String, Expr),
    File(Expr),
}

fn content(context: &mut Context<'_>, request: &Request, kind: Option_, text: &Text) -> Content {
    let bound = context.bind(text);
    let start = match bound.parts.first() {
        Some(Part::Literal(text)) => text.clone(),
        _ => String::new(),
    };
    if kind == Option_::DataUrlencode {
        if let Some((name, rest)) = start.split_once('=') {
            let mut value = Text::literal(rest);
            bound.parts.iter().skip(1).for_each(|part| value.append(Text { parts: vec![part.clone()] }));
            return if name.is_empty() {
                Content::Text(encoded(&Expr::Text(value)))
            } else {
                Content::Field(name.to_owned(), Expr::from(value))
            };
        }
        if let Some((name, path)) = start.split_once('@') {
            let text = context.source.read(path).map(|file| file.text).unwrap_or_default();
            if text.is_empty() {
                context.leave("files", &format!("cannot read `{path}`"));
            }
            return if name.is_empty() {
                Content::Text(Text::literal(encode(&text)))
            } else {
                Content::Field(name.to_owned(), Expr::text(text))
            };
        }
        return Content::Text(encoded(&Expr::Text(bound)));
    }
    let Some(path) = start.strip_prefix('@').filter(|_| kind != Option_::DataRaw) else { return Content::Text(bound) };
    if path == "-" {
        return match &request.stdin {
            Some(stdin) => {
                let mut stdin = context.bind(stdin);
                if kind == Option_::DataAscii {
                    for part in &mut stdin.parts {
                        if let Part::Literal(text) = part {
                            *text = text.replace(['\n', '\r'], "");
                        }
                    }
                }
                match stdin.as_literal().and_then(|text| text.strip_prefix('@')) {
                    Some(path) => Content::File(file_of(context, path, None, None)),
                    None => Content::Text(stdin),
                }
            }
            None => Content::File(file_of(context, "stdin", None, None)),
        };
    }
    match context.source.read(path) {
        // A short text is easier to read in the spec itself.
        Ok(file) if file.text.len() <= 4096 => {
            let text = if kind == Option_::DataAscii { file.text.replace(['\n', '\r'], "") } else { file.text };
            Content::Text(Text::literal(text))
        }
        _ => Content::File(file_of(context, path, None, None)),
    }
}

/// The fields of `-F`.
fn form(context: &mut Context<'_>, request: &Request) -> Vec<(String, Expr)> {
    let mut fields = Vec::new();
    for (kind, text) in &request.form {
        let bound = context.bind(text);
        let Some(Part::Literal(start)) = bound.parts.first() else {
            context.leave("fields", "a field whose name is a variable");
            continue;
        };
        let (name, rest) = start.split_once('=').unwrap_or((start, ""));
        let mut value = Text::literal(rest);
        bound.parts.iter().skip(1).for_each(|part| value.append(Text { parts: vec![part.clone()] }));
        let name = name.to_owned();
        if *kind == Option_::FormString {
            fields.push((name, Expr::from(value)));
            continue;
        }
        let (mut value, options) = field_options(&value);
        let option = |wanted: &str| options.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
        let marker = match value.parts.first_mut() {
            Some(Part::Literal(text)) if text.starts_with(['@', '<']) => Some(text.remove(0)),
            _ => None,
        };
        value.parts.retain(|part| !matches!(part, Part::Literal(text) if text.is_empty()));
        let value = match marker {
            Some('@') => {
                let path = printed(&value);
                file_of(context, path.trim_matches('"'), option("filename").as_deref(), option("type").as_deref())
            }
            Some(_) => {
                let path = printed(&value);
                let text = context.source.read(&path).map(|file| file.text).unwrap_or_default();
                if text.is_empty() {
                    context.leave("files", &format!("cannot read `{path}`, the value of the field `{name}`"));
                }
                Expr::text(text)
            }
            None => {
                if let Some(ty) = option("type") {
                    context.leave("field types", &format!("the type `{ty}` of the field `{name}`: a text of a multipart body has none"));
                }
                Expr::from(value)
            }
        };
        fields.push((name, value));
    }
    web::grouped(fields)
}

/// Splits the value of a field and the `;type=…`, `;filename=…` after it. A value in quotes ends with them.
fn field_options(value: &Text) -> (Text, Vec<(String, String)>) {
    let Some(Part::Literal(last)) = value.parts.last() else { return (value.clone(), Vec::new()) };
    let known = ["type", "filename", "headers", "encoder"];
    let mut end = last.len();
    let mut options = Vec::new();
    while let Some(at) = separator(&last[..end]) {
        let Some((key, set)) = last[at + 1..end].split_once('=') else { break };
        if !known.contains(&key.trim()) {
            break;
        }
        options.push((key.trim().to_owned(), set.trim_matches('"').to_owned()));
        end = at;
    }
    let mut out = value.clone();
    let mut kept = last[..end].to_owned();
    let is_whole = value.parts.len() == 1;
    let marker = if kept.starts_with(['@', '<']) { 1 } else { 0 };
    if is_whole && kept.len() >= marker + 2 && kept[marker..].starts_with('"') && kept.ends_with('"') {
        let inner = kept[marker + 1..kept.len() - 1].replace("\\\"", "\"").replace("\\\\", "\\");
        kept = format!("{}{inner}", &kept[..marker]);
    }
    out.parts.pop();
    out.push(&kept);
    (out, options)
}

/// The last `;` that is not within quotes.
fn separator(text: &str) -> Option<usize> {
    let (mut is_quoted, mut escaped, mut found) = (false, false, None);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if is_quoted => escaped = true,
            '"' => is_quoted = !is_quoted,
            ';' if !is_quoted => found = Some(at),
            _ => {}
        }
    }
    found
}

/// A file of the command, copied next to the spec. If it does not exist, an empty file is written, and the user is advised to replace it.
fn file_of(context: &mut Context<'_>, path: &str, name: Option<&str>, ty: Option<&str>) -> Expr {
    let full = context.source.beside(path);
    let content = std::fs::read(&full).ok();
    if content.is_none() {
        let stem = path.rsplit(['/', '\\']).next().unwrap_or(path);
        context.draft.tally.advise(format!("replace specs/data/{stem}, which is empty, with the file `{path}` of the command"));
    }
    web::attachment(context.draft, name.unwrap_or(path), ty, content.unwrap_or_default())
}

/// A text with `x` in place of its holes: the name of a file.
fn printed(text: &Text) -> String {
    text.parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Hole(code) => code.rsplit('.').next().unwrap_or(code).to_owned(),
        })
        .collect()
}

fn add_query(context: &mut Context<'_>, pair: &Text, exchange: &mut Exchange) {
    let bound = context.bind(pair);
    match bound.parts.first() {
        Some(Part::Literal(text)) if text.starts_with('+') => {
            let mut raw = bound.clone();
            if let Some(Part::Literal(first)) = raw.parts.first_mut() {
                first.remove(0);
            }
            add_query_text(&raw, exchange);
        }
        Some(Part::Literal(text)) if text.starts_with('@') => match context.source.read(&text[1..]) {
            Ok(file) => add_query_text(&Text::literal(encode(&file.text)), exchange),
            Err(error) => context.leave("query parameters", &error.message),
        },
        Some(Part::Literal(text)) if text.contains('=') => {
            let (key, rest) = text.split_once('=').unwrap_or((text, ""));
            let mut value = Text::literal(rest);
            bound.parts.iter().skip(1).for_each(|part| value.append(Text { parts: vec![part.clone()] }));
            exchange.query.push((key.to_owned(), Expr::from(value)));
        }
        _ => add_query_text(&encoded(&Expr::Text(bound)), exchange),
    }
}

/// Adds encoded text to the query.
fn add_query_text(text: &Text, exchange: &mut Exchange) {
    match web::form_fields(text) {
        Some(fields) => exchange.query.extend(fields),
        None => {
            let mut raw = exchange.raw_query.take().unwrap_or_default();
            if !raw.parts.is_empty() {
                raw.push("&");
            }
            raw.append(text.clone());
            exchange.raw_query = Some(raw);
        }
    }
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// An encoded text; holes are encoded when the request is sent.
fn encoded(value: &Expr) -> Text {
    let mut out = Text::default();
    match value {
        Expr::Text(text) => {
            for part in &text.parts {
                match part {
                    Part::Literal(text) => out.push(&encode(text)),
                    Part::Hole(code) => out.hole(format!("urlencode({code})")),
                }
            }
        }
        Expr::Code(code) => out.hole(format!("urlencode({code})")),
        _ => {}
    }
    out
}

fn protect(context: &mut Context<'_>, body: Body) -> Body {
    let api = context.api.clone();
    web::protect(context.draft, &api, body)
}
