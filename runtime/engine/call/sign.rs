//! Signs a request for `auth aws`.

use super::builder::Request;
use crate::functions::{AwsRequest, AwsRules, aws_sign};
use crate::http;
use crate::request::lines::one_line;
use crate::user::world::World;
use crate::value::{Eval, EvalError};

/// The header lines of `auth aws` (Signature Version 4).
pub(super) fn sign_aws(world: &World, request: &Request<'_>, target: &http::Target, service: &str, region: &str) -> Eval<String> {
    let Some(credentials) = &world.aws else {
        return Err(EvalError("auth aws needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment".into()));
    };
    let headers: Vec<(&str, &str)> = request.headers.lines().filter_map(|line| line.split_once(": ")).collect();
    let signed = aws_sign(&AwsRequest {
        method: request.method,
        host: target.authority(),
        target: target.path_and_query(),
        headers: &headers,
        body: &request.body,
        service,
        rules: AwsRules::of(service),
        region,
        credentials,
        now: world.clock.unix_nanos(),
    })?;
    let mut lines = String::new();
    for (name, value) in &signed {
        // A key from a file may end in a line break, which would begin another header.
        let value = one_line(value.as_str().into(), || format!("what `auth aws` sends as {name}"))?;
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    Ok(lines)
}
