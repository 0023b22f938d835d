//! Moves options that most requests of an api share to the api.

use crate::draft::{Api, Auth, Expr, Request};

/// Moves the auth of most requests, and the headers of all, to the api.
pub(super) fn options(api: &mut Api) {
    common_auth(api);
    common_headers(api);
}

fn requests(api: &mut Api) -> impl Iterator<Item = &mut Request> {
    api.requests.iter_mut().chain(api.resources.iter_mut().flat_map(|resource| &mut resource.requests))
}

fn common_auth(api: &mut Api) {
    let mut counts: Vec<(Option<Auth>, usize)> = Vec::new();
    let mut total = 0;
    for request in requests(api) {
        total += 1;
        let auth = &request.parts.options.auth;
        match counts.iter_mut().find(|(known, _)| known == auth) {
            Some((_, count)) => *count += 1,
            None => counts.push((auth.clone(), 1)),
        }
    }
    let common = counts.into_iter().find(|(_, count)| count * 2 > total).and_then(|(auth, _)| auth).filter(|auth| *auth != Auth::None);
    for request in requests(api) {
        let auth = &mut request.parts.options.auth;
        *auth = match (auth.take(), &common) {
            (own, Some(common)) if own.as_ref() == Some(common) => None,
            (None, Some(_)) => Some(Auth::None),
            // An api without auth is the same as `none`.
            (Some(Auth::None), None) => None,
            (own, _) => own,
        };
    }
    api.options.auth = common;
}

fn common_headers(api: &mut Api) {
    let mut shared: Option<Vec<(String, Expr)>> = None;
    let mut total = 0;
    for request in requests(api) {
        total += 1;
        let own = &request.parts.options.headers;
        match &mut shared {
            // A value with a variable of the request stays in the request.
            None => shared = Some(own.iter().filter(|(_, value)| value.as_literal().is_some()).cloned().collect()),
            Some(shared) => shared.retain(|header| own.contains(header)),
        }
    }
    let shared = shared.filter(|_| total > 1).unwrap_or_default();
    let shared: Vec<_> = shared.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type")).collect();
    for request in requests(api) {
        request.parts.options.headers.retain(|header| !shared.contains(header));
    }
    api.options.headers = shared;
}
