//! Moves options that most requests of an api share to the api.

use std::collections::HashSet;

use indexmap::IndexMap;

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
    let mut counts: IndexMap<Option<Auth>, usize> = IndexMap::new();
    let mut total = 0;
    for request in requests(api) {
        total += 1;
        *counts.entry(request.parts.options.auth.clone()).or_default() += 1;
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
            Some(shared) => {
                let own: HashSet<&(String, Expr)> = own.iter().collect();
                shared.retain(|header| own.contains(header));
            }
        }
    }
    let shared = shared.filter(|_| total > 1).unwrap_or_default();
    let shared: Vec<_> = shared.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type")).collect();
    let moved: HashSet<&(String, Expr)> = shared.iter().collect();
    for request in requests(api) {
        request.parts.options.headers.retain(|header| !moved.contains(header));
    }
    api.options.headers = shared;
}
