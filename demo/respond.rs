//! Responses: replies, and refusals, which give the reason as JSON.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

/// A complete response; bodies are small.
pub(crate) type Reply = Response<Full<Bytes>>;
/// The result of a handler.
pub(crate) type Answer = Result<Reply, Refusal>;

/// A delay before the response is sent. It is stored in the response's extensions, so that handlers stay plain functions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait(pub(crate) Duration);

/// A rejection of a request.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
}

/// A rejection with this status and reason.
pub(crate) fn refuse(status: StatusCode, message: impl Into<String>) -> Refusal {
    Refusal { status, message: message.into() }
}

/// 400 with this reason.
pub(crate) fn bad(message: impl Into<String>) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, message)
}

/// 404 with this reason.
pub(crate) fn missing(message: impl Into<String>) -> Refusal {
    refuse(StatusCode::NOT_FOUND, message)
}

/// 401 with this reason.
pub(crate) fn unauthorized(message: impl Into<String>) -> Refusal {
    refuse(StatusCode::UNAUTHORIZED, message)
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Reply {
        let Refusal { status, message } = refusal;
        let reply = json_reply(status, &json!({ "status": status.as_u16(), "error": status.canonical_reason(), "message": message }));
        match status {
            StatusCode::UNAUTHORIZED => with(reply, header::WWW_AUTHENTICATE, "Bearer"),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => with(reply, header::RETRY_AFTER, "1"),
            _ => reply,
        }
    }
}

/// A response with this content type.
pub(crate) fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// A JSON response.
pub(crate) fn json_reply(status: StatusCode, body: &Value) -> Reply {
    reply(status, "application/json", body.to_string())
}

/// An HTML page.
pub(crate) fn page(status: StatusCode, html: String) -> Reply {
    reply(status, "text/html; charset=utf-8", html)
}

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}

/// A redirect.
pub(crate) fn redirect(status: StatusCode, place: &str) -> Reply {
    with(empty(status), header::LOCATION, place)
}

/// Adds a header to the reply, unless the value is invalid for a header.
pub(crate) fn with(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().append(name, value);
    }
    reply
}
