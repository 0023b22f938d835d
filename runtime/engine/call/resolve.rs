//! From a laid-out request to the wire: bases, auth, AWS signatures, timeouts.

use std::rc::Rc;
use std::time::Duration;

use super::builder::{Redirects, Request};
use crate::http;
use crate::request::template::Settled;
use crate::stats::{FailureClass, Sample};
use crate::user::User;
use crate::value::Eval;

/// The time an exchange may take where neither api nor request says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request that can be sent, any number of times.
#[derive(Clone, Debug)]
pub struct Ready(pub(crate) Rc<http::Request>);

/// What was sent, kept for reports of failures.
#[derive(Debug)]
pub struct Sent {
    /// The request.
    pub request: Rc<http::Request>,
    /// The jar's cookies, where every exchange is shown.
    pub cookies: String,
}

/// Sends a request outside of any step. Where it can't be, or nothing comes back, says why. What it came to is in the sample, whose `ok`
/// is the caller's to judge. `reads_body`: whether anything of the answer's body is looked at.
pub async fn send(user: &User, request: Request<'_>, reads_body: bool) -> (Result<http::Response, http::Failure>, Sample) {
    let begun = std::time::Instant::now();
    let answer = match ready(user, request) {
        Ok(request) => http::Session::send_for(user.session(), request.0, reads_body).await,
        Err(fault) => Err(http::Failure::new(FailureClass::Expression, fault.0)),
    };
    let took = begun.elapsed();
    let sample = match &answer {
        Ok(response) => {
            let (total, first_byte) = (response.timings.total, Some(response.timings.first_byte));
            Sample { service: total, response: total, first_byte, traffic: response.traffic, ..Sample::default() }
        }
        Err(failure) => Sample { service: took, response: took, traffic: *failure.traffic, ..Sample::default() },
    };
    (answer, sample)
}

/// A request with all that its api says.
pub(crate) fn ready(user: &User, mut request: Request<'_>) -> Eval<Ready> {
    if let Some(settled) = request.settled() {
        return settled.ready(user, request);
    }
    let to_settle = request.to_settle();
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
    let mut request = http::Request {
        method: http::Method::from_name(request.method),
        url: target,
        headers: request.headers.into_bytes().into(),
        auth: auth.into_bytes().into(),
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
        resend: info.resend,
        max_body: info.max_body,
        api: world.api_transport(request.api),
        wire: None,
    };
    request.lay_out();
    if let Some((number, said)) = to_settle.filter(|_| own_host)
        && let Some(settled) = Settled::of(said, &request)
    {
        world.settle(number, settled);
    }
    Ok(Ready(Rc::new(request)))
}

impl User {
    /// A request of which all is known once the test begins: it is laid out when it is sent first, and sent again as it is. What
    /// `set shop.auth` said of this user is its own.
    pub fn constant<'u>(&'u self, number: usize, api: usize, request: impl FnOnce() -> Eval<Request<'u>>) -> Eval<Ready> {
        match self.laid_out(number, api) {
            Some(known) => Ok(known),
            None => self.lay_out(Some((number, api)), request()),
        }
    }

    /// A request whose parts change.
    pub fn attempt<'u>(&'u self, request: impl FnOnce() -> Eval<Request<'u>>) -> Eval<Ready> {
        self.lay_out(None, request())
    }

    fn laid_out(&self, number: usize, api: usize) -> Option<Ready> {
        if self.has_own_auth(api) { None } else { self.world().constant(number) }
    }

    fn lay_out(&self, constant: Option<(usize, usize)>, request: Eval<Request<'_>>) -> Eval<Ready> {
        let made = ready(self, request?)?;
        if let Some((number, api)) = constant
            && !self.has_own_auth(api)
        {
            self.world().keep_constant(number, made.clone());
        }
        Ok(made)
    }
}
