//! One exchange over HTTP/2: a request and its response on a connection that others may use at the same time.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{RecvStream, SendStream};

use super::h1::Raw;
use super::h2_connection::{H2Connection, Room};
use super::h2_error::{failure, lost};
use super::head::{ACCEPT_ENCODING, USER_AGENT, body_length, cookie_line};
use super::outgoing::Outgoing;
use super::resend::LostRequest;
use crate::base::clock;
use crate::http::message::Version;
use crate::http::message::charset::Charset;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::{Headers, is_one_of, lines};
use crate::http::message::kept::{self, Kept};
use crate::http::message::partial::{self, Keep};
use crate::http::message::traffic::Ledger;

/// Header lines that HTTP/2 doesn't allow, or sends in another form.
const NOT_SENT: [&str; 9] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te", "host", "content-length", "cookie"];

/// Sends a request and reads its response.
pub(crate) async fn exchange(connection: &H2Connection, step: &Outgoing<'_>, ledger: &Ledger) -> Result<Raw, LostRequest> {
    let (request, head) = request(step).map_err(LostRequest::for_good)?;
    let body = if step.has_body { step.body.clone() } else { Bytes::new() };
    let room = connection.room().await;
    let (mut response, stream) = room.send(request, body.is_empty()).map_err(|error| lost(&error))?;
    ledger.sent(head);
    let mut sending = SendingBody { over: body.is_empty(), stream, body };
    let answer = poll_fn(|cx| {
        room.poll(cx, |cx| {
            sending.poll(cx, ledger);
            Pin::new(&mut response).poll(cx)
        })
    });
    let (parts, incoming) = answer.await.map_err(|error| lost(&error))?.into_parts();
    let first_byte = clock::now();
    let fields: Vec<(&str, &[u8])> = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let headers = Headers::build(fields.iter().copied());
    let head_size: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    ledger.received(head_size);
    let charset = parts.headers.get("content-type").map_or_else(Charset::default, |value| Charset::of(value.as_bytes()));
    let length = parts.headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    let (status, version) = (parts.status.as_u16(), Version::Http2);
    ledger.incoming.head(status, version, headers);
    let body = read(incoming, length, &mut sending, &room, ledger).await.map_err(LostRequest::for_good)?;
    if sending.over {
        room.done();
    }
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

/// A body that is sent as far as the server's window allows. Its response may come before its end.
struct SendingBody {
    stream: SendStream<Bytes>,
    /// The rest that was not sent.
    body: Bytes,
    over: bool,
}

impl SendingBody {
    fn poll(&mut self, cx: &mut Context<'_>, ledger: &Ledger) {
        while !self.over {
            self.stream.reserve_capacity(self.body.len());
            let capacity = match self.stream.capacity() {
                0 => match self.stream.poll_capacity(cx) {
                    Poll::Pending => return,
                    Poll::Ready(Some(Ok(capacity))) => capacity,
                    // The response says why.
                    Poll::Ready(_) => {
                        self.over = true;
                        return;
                    }
                },
                capacity => capacity,
            };
            let part = self.body.split_to(capacity.min(self.body.len()));
            self.over = self.body.is_empty();
            let bytes = part.len();
            if self.stream.send_data(part, self.over).is_err() {
                self.over = true;
                return;
            }
            ledger.sent(bytes);
        }
    }
}

async fn read(
    mut incoming: RecvStream,
    length: Option<u64>,
    sending: &mut SendingBody,
    room: &Room,
    ledger: &Ledger,
) -> Result<kept::Body, HttpError> {
    let keep = ledger.incoming.keep;
    if let Some(length) = length.filter(|_| !incoming.is_end_stream()) {
        keep.allows(length)?;
    }
    // Most bodies come in one frame, which is used without a copy.
    let mut first: Option<Bytes> = None;
    let mut rest: Option<Kept> = None;
    // Trailers after the data are ignored.
    while let Some(data) = poll_fn(|cx| {
        room.poll(cx, |cx| {
            sending.poll(cx, ledger);
            incoming.poll_data(cx)
        })
    })
    .await
    {
        let data = data.map_err(|error| failure(&error))?;
        // It fails only for more bytes than came.
        let _ = incoming.flow_control().release_capacity(data.len());
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

/// The request's head in the form that h2 reads, and the approximate size of that head.
fn request(step: &Outgoing<'_>) -> Result<(http::Request<()>, usize), HttpError> {
    let host = [step.headers, step.auth].into_iter().flat_map(lines).find(|(name, ..)| name.eq_ignore_ascii_case(b"host"));
    let authority = host.map_or(step.url.origin.authority.as_bytes(), |(_, value, _)| value);
    let uri = http::Uri::builder().scheme(step.url.origin.scheme()).authority(authority).path_and_query(step.url.path.as_str()).build();
    let wrong = |what: &str| HttpError::protocol(format!("the request can't be sent over HTTP/2: {what}"));
    let odd_field = |name: &[u8]| wrong(&format!("the header `{}` has an invalid character", String::from_utf8_lossy(name)));
    let uri = uri.map_err(|_| wrong("its host or its path has an invalid character"))?;
    let request = http::Request::builder().method(step.method.as_str()).uri(uri).body(());
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
