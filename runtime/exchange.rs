//! From a laid-out request to the wire and back: bases, auth, AWS signatures, timeouts.

use std::time::{Duration, Instant};

use crate::http;
use crate::request::{Redirects, Request};
use crate::stats::FailureClass;
use crate::user::User;
use crate::value::Fault;

/// The time an exchange may take where neither api nor request says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What was sent, kept for reports of failures.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) request: http::Request,
    pub(crate) elapsed: Duration,
}

/// Sends a request. Where it can't be, or nothing comes back, says why.
pub(crate) async fn send(user: &User, request: Request<'_>) -> Result<(Sent, http::Response), (Option<Sent>, FailureClass, String)> {
    let request = prepare(user, request).map_err(|fault| (None, FailureClass::Expression, fault.0))?;
    let begun = Instant::now();
    let result = user.session().send(&request).await;
    let sent = Sent { request, elapsed: begun.elapsed() };
    match result {
        Ok(response) => {
            let sent = Sent { elapsed: response.timings.total, ..sent };
            Ok((sent, response))
        }
        Err(failure) => Err((Some(sent), failure.class, failure.message)),
    }
}

fn prepare(user: &User, mut request: Request<'_>) -> Result<http::Request, Fault> {
    let world = user.world();
    let base = world.base(user, request.api)?;
    // What `set shop.auth` said counts also for an api that declares none.
    request.wants_auth();
    request.finish_headers();
    let target = if request.reference { base.join(&request.path, &request.query)? } else { base.append(&request.path, &request.query)? };
    let own_host = target.same_origin(&base);
    let mut auth = if own_host { std::mem::take(&mut request.auth) } else { String::new() };
    if own_host && let Some((service, region)) = request.aws.take() {
        auth = world.sign_aws(&request, &target, &service, &region)?;
    }
    let info = &world.program.apis[request.api];
    Ok(http::Request {
        method: http::Method::from_name(request.method),
        url: target,
        headers: request.headers.into_bytes(),
        auth: auth.into_bytes(),
        body: request.body.into(),
        has_body: request.has_body,
        timeout: request.timeout.unwrap_or(TIMEOUT),
        redirects: match request.redirects.unwrap_or(Redirects::SameHost) {
            Redirects::SameHost => http::Redirects::Follow { max: 10, any_host: false },
            Redirects::Any => http::Redirects::Follow { max: 10, any_host: true },
            Redirects::Off => http::Redirects::Off,
            Redirects::Hops(hops) => http::Redirects::Hops(hops),
        },
        cookies: info.cookies,
        api: world.api_transport(request.api),
    })
}
