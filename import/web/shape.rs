//! The shape of an exchange: equal for exchanges that may be one request.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::Exchange;
use super::ids::{is_id, is_version};
use crate::draft::{Auth, Body, Expr};

/// The most segments of a path whose contexts are compared: each context is as long as the path.
const SEGMENTS_MAX: usize = 64;

/// The path with one segment left out, for each segment: equal for paths that differ only in that segment.
fn contexts(exchange: &Exchange) -> impl Iterator<Item = (String, &str)> {
    let count = if exchange.path.len() > SEGMENTS_MAX { 0 } else { SEGMENTS_MAX };
    exchange.path.iter().take(count).enumerate().filter_map(|(at, segment)| {
        let literal = segment.as_literal()?;
        let others =
            exchange.path.iter().enumerate().map(|(other, text)| if other == at { "{}" } else { text.as_literal().unwrap_or("{x}") });
        Some((format!("{} {} {}", exchange.api, exchange.method, others.collect::<Vec<_>>().join("/")), literal))
    })
}

/// Contexts of segments that had several values with digits. These values are ids, even if they look like words.
pub(super) fn varying(exchanges: &[Exchange]) -> HashSet<String> {
    let mut seen: IndexMap<String, HashSet<&str>> = IndexMap::new();
    for exchange in exchanges {
        for (context, literal) in contexts(exchange) {
            if literal.bytes().any(|byte| byte.is_ascii_digit()) && !is_version(literal) {
                seen.entry(context).or_default().insert(literal);
            }
        }
    }
    seen.into_iter().filter(|(_, values)| values.len() > 1).map(|(context, _)| context).collect()
}

/// A text that is equal for exchanges that may be one request.
pub(super) fn shape(exchange: &Exchange, varying: &HashSet<String>) -> String {
    let ids: Vec<bool> = {
        let mut contexts = contexts(exchange);
        exchange
            .path
            .iter()
            .map(|segment| match segment.as_literal() {
                None => true,
                Some(literal) => {
                    let varies = contexts.next().is_some_and(|(context, _)| varying.contains(&context));
                    is_id(literal) || varies && literal.bytes().any(|byte| byte.is_ascii_digit())
                }
            })
            .collect()
    };
    let segments: Vec<&str> =
        exchange.path.iter().zip(ids).map(|(segment, is_id)| if is_id { "{}" } else { segment.as_literal().unwrap_or("{}") }).collect();
    let keys = |entries: &[(String, Expr)]| entries.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(",");
    let body = match &exchange.body {
        None => String::new(),
        Some(Body::Json(value)) => format!("json{}", expr_shape(value)),
        Some(Body::Form(fields)) => format!("form{}", keys(fields)),
        Some(Body::Multipart(fields)) => format!("multipart{}", keys(fields)),
        Some(Body::Text(_)) => "text".to_owned(),
        Some(Body::Bytes(_)) => "bytes".to_owned(),
        Some(Body::Graphql(query, variables)) => format!("graphql{query}{}", keys(variables)),
    };
    let auth = exchange.auth.as_ref().map(|auth| match auth {
        Auth::Header(name, _) => name.clone(),
        other => format!("{:?}", std::mem::discriminant(other)),
    });
    format!(
        "{} {} /{}?{}&{:?} {} {auth:?} {:?} {body}",
        exchange.api,
        exchange.method,
        segments.join("/"),
        keys(&exchange.query),
        // A hole of the path is encoded, so only texts without such characters can be a parameter.
        exchange.raw_query.as_ref().map(|query| if super::is_unreserved(query) { "_".to_owned() } else { format!("{query:?}") }),
        keys(&exchange.headers),
        exchange.options,
    )
}

fn expr_shape(value: &Expr) -> String {
    match value {
        Expr::Map(entries) => entries.iter().map(|(key, _)| format!("{key},")).collect(),
        Expr::List(_) => "[]".to_owned(),
        _ => "_".to_owned(),
    }
}
