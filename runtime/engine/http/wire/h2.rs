//! HTTP/2 by hyper: one connection of a user for all of its requests to a host.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;

use super::h1::Raw;
use super::head::{ACCEPT_ENCODING, USER_AGENT, body_length, cookie_line};
use super::outgoing::Outgoing;
use super::resend::{Fate, LostRequest};
use crate::base::clock;
use crate::http::io::stream::{Stream, unanswered};
use crate::http::message::charset::Charset;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::{Headers, MAX_HEAD, is_one_of, lines};
use crate::http::message::kept::{self, Kept};
use crate::http::message::partial::{self, Keep};
use crate::http::message::traffic::Ledger;
use crate::http::message::{Version, words};

/// Header lines that HTTP/2 doesn't allow, or sends in another form.
const NOT_SENT: [&str; 9] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te", "host", "content-length", "cookie"];

/// Runs the tasks of a connection on the current thread.
#[derive(Clone, Copy, Debug)]
struct LocalExecutor;

impl<F: Future + 'static> hyper::rt::Executor<F> for LocalExecutor {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(async move {
            task.await;
        });
    }
}

/// Sends requests over a connection. Clones share the connection.
#[derive(Clone, Debug)]
pub(crate) struct Sender(http2::SendRequest<CountedBody>);

impl Sender {
    pub(crate) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }
}

/// Begins HTTP/2 on a connection.
pub(crate) async fn handshake(stream: Stream) -> Result<Sender, HttpError> {
    let (sender, connection) = http2::Builder::new(LocalExecutor)
        .max_header_list_size(MAX_HEAD as u32)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(&error))?;
    tokio::task::spawn_local(async move {
        // The requests on the connection report its failures.
        let _ = connection.await;
    });
    Ok(Sender(sender))
}

/// A body that counts the bytes that the connection accepts, including those of the head.
#[derive(Debug)]
pub(crate) struct CountedBody {
    body: Full<Bytes>,
    /// The approximate size of the head, until the connection has accepted it.
    head: Cell<usize>,
    ledger: Rc<Ledger>,
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.ledger.sent(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }

    /// Hyper calls this after the connection has accepted the request, just before it sends the head.
    fn is_end_stream(&self) -> bool {
        self.ledger.sent(self.head.take());
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Sends a request and reads its response.
pub(crate) async fn exchange(mut sender: Sender, step: &Outgoing<'_>, ledger: &Rc<Ledger>) -> Result<Raw, LostRequest> {
    let (request, head) = request(step).map_err(LostRequest::for_good)?;
    let request = request.map(|body| CountedBody { body, head: Cell::new(head), ledger: ledger.clone() });
    let answer = match sender.0.send_request(request).await {
        Ok(answer) => answer,
        Err(error) => {
            let fate = match cause(&error) {
                _ if is_unprocessed(&error) => Fate::Unprocessed,
                // The connection isn't lost: the server ended the request, and that is its answer.
                Some(cause) if cause.is_remote() && cause.is_reset() => Fate::Answered,
                _ => Fate::Unknown,
            };
            return Err(LostRequest { failure: failure(&error), fate });
        }
    };
    let first_byte = clock::now();
    let (parts, incoming) = answer.into_parts();
    let fields: Vec<(&str, &[u8])> = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let headers = Headers::build(fields.iter().copied());
    let head_size: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    ledger.received(head_size);
    let charset = parts.headers.get("content-type").map_or_else(Charset::default, |value| Charset::of(value.as_bytes()));
    let (status, version) = (parts.status.as_u16(), Version::Http2);
    ledger.incoming.head(status, version, headers);
    let body = read(incoming, ledger).await.map_err(LostRequest::for_good)?;
    Ok(Raw {
        status,
        version,
        headers: ledger.incoming.whole(),
        first_byte,
        done: clock::now(),
        body: Some(body.bytes),
        charset,
        omitted: body.omitted,
        keep: true,
    })
}

async fn read(mut incoming: Incoming, ledger: &Ledger) -> Result<kept::Body, HttpError> {
    let keep = ledger.incoming.keep;
    if let Some(length) = incoming.size_hint().exact() {
        keep.allows(length)?;
    }
    // Most bodies come in one frame, which is used without a copy.
    let mut first: Option<Bytes> = None;
    let mut rest: Option<Kept> = None;
    while let Some(frame) = incoming.frame().await {
        // Frames without data are trailers, which are ignored.
        let Ok(data) = frame.map_err(|error| failure(&error))?.into_data() else { continue };
        ledger.received(data.len());
        ledger.incoming.body(data.len());
        match (&first, &mut rest) {
            (None, None) if keep == Keep::First && data.len() > partial::SHOWN => rest.insert(Kept::new(keep)).push(&data)?,
            (None, None) => {
                keep.allows(data.len() as u64)?;
                first = Some(data);
            }
            (_, Some(rest)) => rest.push(&data)?,
            (Some(one), None) => {
                let rest = rest.insert(Kept::new(keep));
                rest.push(one)?;
                rest.push(&data)?;
            }
        }
    }
    Ok(match rest {
        Some(rest) => rest.done(),
        None => kept::Body { bytes: first.unwrap_or_default(), omitted: 0 },
    })
}

/// The request in hyper's form, and the approximate size of its head.
fn request(step: &Outgoing<'_>) -> Result<(http::Request<Full<Bytes>>, usize), HttpError> {
    let host = [step.headers, step.auth].into_iter().flat_map(lines).find(|(name, ..)| name.eq_ignore_ascii_case(b"host"));
    let authority = host.map_or(step.url.origin.authority.as_bytes(), |(_, value, _)| value);
    let uri = http::Uri::builder().scheme(step.url.origin.scheme()).authority(authority).path_and_query(step.url.path.as_str()).build();
    let wrong = |what: &str| HttpError::protocol(format!("the request can't be sent over HTTP/2: {what}"));
    let odd_field = |name: &[u8]| wrong(&format!("the header `{}` has an invalid character", String::from_utf8_lossy(name)));
    let body = if step.has_body { Full::new(step.body.clone()) } else { Full::default() };
    let uri = uri.map_err(|_| wrong("its host or its path has an invalid character"))?;
    let request = http::Request::builder().method(step.method.as_str()).uri(uri).body(body);
    let mut request = request.map_err(|_| wrong("its method isn't one"))?;
    let fields = request.headers_mut();
    for (name, value, _) in [step.headers, step.auth].into_iter().flat_map(lines) {
        if is_one_of(name, &NOT_SENT) {
            continue;
        }
        let known = http::HeaderName::from_bytes(name).map_err(|_| odd_field(name))?;
        fields.append(known, http::HeaderValue::from_bytes(value).map_err(|_| odd_field(name))?);
    }
    for (name, value) in [("user-agent", USER_AGENT), ("accept", "*/*"), ("accept-encoding", ACCEPT_ENCODING)] {
        if !fields.contains_key(name) {
            fields.insert(name, http::HeaderValue::from_static(value));
        }
    }
    let cookie = cookie_line(step);
    if !cookie.is_empty() {
        fields.insert(http::header::COOKIE, http::HeaderValue::from_bytes(&cookie).map_err(|_| odd_field(b"cookie"))?);
    }
    if let Some(length) = body_length(step) {
        fields.insert(http::header::CONTENT_LENGTH, length.into());
    }
    let size: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    Ok((request, size + step.url.path.len() + authority.len() + step.method.as_str().len()))
}

/// The error of HTTP/2 within hyper's error.
fn cause(error: &hyper::Error) -> Option<&h2::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Whether the server guarantees that it didn't process the request (RFC 9113, 8.7): it closes the connection and the request is after the
/// last one that it processes, or it refused the request's stream.
fn is_unprocessed(error: &hyper::Error) -> bool {
    cause(error).is_some_and(|cause| {
        cause.is_remote() && (cause.is_go_away() || cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

/// The error in a tester's words.
fn failure(error: &hyper::Error) -> HttpError {
    if error.is_canceled() || error.is_closed() || error.is_incomplete_message() {
        return unanswered();
    }
    let source = std::error::Error::source(error);
    if let Some(cause) = source.and_then(|source| source.downcast_ref::<h2::Error>()) {
        let text = words::of_h2_error(cause);
        let theirs = cause.is_remote() || cause.get_io().is_some() || cause.reason().is_none();
        return if theirs { HttpError::reset(text) } else { HttpError::protocol(text) };
    }
    if let Some(cause) = source.and_then(|source| source.downcast_ref::<std::io::Error>()) {
        return HttpError::reset(format!("the connection broke: {}", words::of_io(cause)));
    }
    if error.is_parse() {
        return HttpError::protocol("the answer is not HTTP/2");
    }
    if error.is_user() {
        return HttpError::protocol("the request can't be sent over HTTP/2");
    }
    HttpError::reset("the HTTP/2 exchange broke")
}
