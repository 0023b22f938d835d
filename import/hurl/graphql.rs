//! GraphQL bodies: a query, with its variables after the word `variables`.

use crate::draft::{self, Expr, Part, Text};
use crate::web;

/// Converts a query, with its variables after the word `variables`.
pub(super) fn graphql(text: &Text) -> draft::Body {
    let Some(literal) = text.as_literal() else {
        return match split_variables(text) {
            Some((query, variables)) => draft::Body::Graphql(query, variables),
            None => draft::Body::Json(Expr::Map(vec![("query".to_owned(), Expr::Text(text.clone()))])),
        };
    };
    match split_variables(&Text::literal(literal)) {
        Some((query, variables)) => draft::Body::Graphql(query, variables),
        None => draft::Body::Graphql(literal.trim().to_owned(), Vec::new()),
    }
}

fn split_variables(text: &Text) -> Option<(String, Vec<(String, Expr)>)> {
    let Some(Part::Literal(first)) = text.parts.first() else { return None };
    let at = first.rfind("\nvariables")?;
    let mut rest = Text::literal(first[at + "\nvariables".len()..].trim_start());
    text.parts.iter().skip(1).for_each(|part| rest.append(Text { parts: vec![part.clone()] }));
    match web::json(&rest)? {
        Expr::Map(variables) => Some((first[..at].trim().to_owned(), variables)),
        _ => None,
    }
}
