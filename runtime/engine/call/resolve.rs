//! Completes a built request: bases, auth, AWS signatures, timeouts.

use std::rc::Rc;

use super::builder::Request;
use super::sign::sign_aws;
use crate::base::clock;
use crate::http;
use crate::request::prepared::PreparedRequest;
use crate::request::template::{Policy, RequestTemplate};
use crate::stats::{FailureClass, Sample};
use crate::user::User;
use crate::value::{Eval, EvalError};

/// Sends a request outside of steps. Returns the response, or why there is none, and the sample, whose `ok` the caller has to set.
/// `reads_body` tells whether the caller uses the response's body.
pub async fn send(user: &User, request: Request<'_>, reads_body: bool) -> (Result<http::HttpResponse, http::HttpError>, Sample) {
    let begun = clock::now();
    let answer = match prepare(user, request) {
        Ok(request) => http::Session::send_for(user.session(), request.0, reads_body).await,
        Err(fault) => Err(http::HttpError::new(FailureClass::Expression, fault.0)),
    };
    let took = clock::since(begun);
    let sample = match &answer {
        Ok(response) => {
            let (total, first_byte) = (response.timings.total, Some(response.timings.first_byte));
            Sample { service: total, response: total, first_byte, traffic: response.traffic, ..Sample::default() }
        }
        Err(failure) => Sample { service: took, response: took, traffic: *failure.traffic, ..Sample::default() },
    };
    (answer, sample)
}

/// Completes a request with the options of its api.
pub(crate) fn prepare(user: &User, mut request: Request<'_>) -> Eval<PreparedRequest> {
    if let Some(template) = request.template() {
        return fill(user, &template, request);
    }
    let to_keep = request.to_keep();
    let world = user.world();
    let api = &world.apis[request.api];
    let base = base(user, request.api)?;
    // `set shop.auth` also applies to an api that declares no auth.
    request.wants_auth();
    request.finish_headers();
    let target = if request.reference { base.join(&request.path, &request.query)? } else { base.append(&request.path, &request.query)? };
    let own_host = target.same_origin(base);
    let mut auth = if own_host { std::mem::take(&mut request.auth) } else { String::new() };
    if own_host && let Some((service, region)) = request.aws.take() {
        auth = sign_aws(world, &request, &target, &service, &region)?;
    }
    if !base.trusts(&target) {
        leave_api_headers(&mut request);
    }
    let Policy { cookies, resend, max_body } = api.policy;
    let mut request = http::HttpRequest {
        method: http::Method::from_name(request.method),
        url: target,
        headers: request.headers.into_bytes().into(),
        api_headers: request.api_headers,
        auth: auth.into_bytes().into(),
        body: request.body.into(),
        has_body: request.has_body,
        timeout: request.timeout.unwrap_or(http::TIMEOUT),
        redirects: request.redirects.unwrap_or(http::Redirects::SameHost),
        cookies,
        resend,
        max_body,
        api: api.transport.clone(),
        wire: None,
    };
    request.serialize();
    if let Some((number, options)) = to_keep.filter(|_| own_host)
        && let Some(template) = RequestTemplate::of(options, &request)
    {
        world.caches.keep_template(number, template);
    }
    Ok(PreparedRequest(Rc::new(request)))
}

/// Removes the headers of the api's declaration, because a full URL may name another host.
fn leave_api_headers(request: &mut Request<'_>) {
    let of_api = http::own_headers(request.headers.as_bytes(), &request.api_headers);
    if !of_api.is_empty() {
        let kept = request.headers.split_inclusive('\n').filter(|line| !of_api.contains(&line.as_bytes())).collect();
        (request.headers, request.api_headers) = (kept, 0..0);
    }
}

/// Prepares a request from its template with a new path, query and body.
fn fill(user: &User, template: &RequestTemplate, request: Request<'_>) -> Eval<PreparedRequest> {
    let world = user.world();
    let api = &world.apis[request.api];
    let url = base(user, request.api)?.append(&request.path, &request.query)?;
    world.caches.keep_text(request.path);
    Ok(PreparedRequest(Rc::new(template.fill(url, request.body, api.policy, api.transport.clone()))))
}

/// An api's base URL.
pub(super) fn base(user: &User, api: usize) -> Eval<&http::Target> {
    let known = &user.world().apis[api];
    if let Some(base) = known.base.get() {
        return Ok(base);
    }
    // A base that fails is evaluated again, because a name of `before test` may be assigned by then.
    let text = user.base(api)?.to_text()?;
    let base = http::Target::parse(&text).map_err(|why| EvalError(format!("the base of {} is not a valid URL: {why}", known.name)))?;
    Ok(known.base.get_or_init(|| base))
}

impl User {
    /// A request without any variable part. It is prepared when it is first sent, and then reused. A user for whom `set shop.auth` was
    /// called has its own copy.
    pub fn constant<'u>(&'u self, number: usize, api: usize, request: impl FnOnce() -> Eval<Request<'u>>) -> Eval<PreparedRequest> {
        match self.prepared(number, api) {
            Some(known) => Ok(known),
            None => self.prepare(Some((number, api)), request()),
        }
    }

    /// A request with variable parts.
    pub fn attempt<'u>(&'u self, request: impl FnOnce() -> Eval<Request<'u>>) -> Eval<PreparedRequest> {
        self.prepare(None, request())
    }

    fn prepared(&self, number: usize, api: usize) -> Option<PreparedRequest> {
        if self.has_own_auth(api) { None } else { self.world().caches.constant(number) }
    }

    fn prepare(&self, constant: Option<(usize, usize)>, request: Eval<Request<'_>>) -> Eval<PreparedRequest> {
        let made = prepare(self, request?)?;
        if let Some((number, api)) = constant
            && !self.has_own_auth(api)
        {
            self.world().caches.keep_constant(number, made.clone());
        }
        Ok(made)
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
