//! Forwards one request to its server, and records request and response.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::header::{ACCEPT_ENCODING, CONNECTION, HOST, HeaderName, HeaderValue, PROXY_AUTHORIZATION, UPGRADE};
use hyper::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;

use crate::clock;
use crate::har::Exchange;
use crate::proxy::State;

/// The body of a response on its way to the client.
pub(crate) type Body = BoxBody<Bytes, io::Error>;

/// The most bytes of a body that are recorded. The client still gets a longer one completely.
const KEPT_MAX: usize = 32 * 1024 * 1024;

/// Headers that belong to one connection (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "transfer-encoding"];

/// A body of a text.
pub(crate) fn text(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed()
}

/// Forwards a request. `origin` is that of the tunnel, or `None` if the request itself names its server.
pub(crate) async fn forward(state: Arc<State>, request: Request<Incoming>, origin: Option<String>) -> Response<Body> {
    let started = Instant::now();
    let mut exchange = Exchange { start: clock::now(), method: request.method().to_string(), ..Exchange::default() };
    exchange.url = match &origin {
        Some(origin) => format!("{origin}{}", request.uri().path_and_query().map_or("/", |path| path.as_str())),
        None => request.uri().to_string(),
    };
    match send(&state, request, &mut exchange).await {
        Ok(response) => relay(state, response, exchange, started),
        Err(why) => {
            let message = format!("ltc record: cannot reach {}: {why}\n", exchange.url);
            exchange.problem = Some(why);
            exchange.duration_ms = elapsed_ms(started);
            state.keep(exchange);
            let mut response = Response::new(text(message));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}

fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

async fn send(state: &Arc<State>, request: Request<Incoming>, exchange: &mut Exchange) -> Result<Response<Incoming>, String> {
    let uri: Uri = exchange.url.parse().map_err(|_| "the URL is not valid".to_owned())?;
    let host = uri.host().ok_or("the URL has no host")?.to_owned();
    let is_tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let upgrade = request.headers().get(UPGRADE).cloned();
    let (mut parts, body) = request.into_parts();
    let client = upgrade.as_ref().and_then(|_| parts.extensions.remove::<hyper::upgrade::OnUpgrade>());
    let collected = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    exchange.headers = without_hops(&parts.headers);
    exchange.body = collected.to_vec();
    let mut headers = exchange.headers.clone();
    // Without a content coding, bodies are recorded as text.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(upgrade) = &upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, upgrade.clone());
    }
    let default = if is_tls { 443 } else { 80 };
    let authority = if port == default { host.clone() } else { format!("{host}:{port}") };
    headers.insert(HOST, HeaderValue::from_str(&authority).map_err(|error| error.to_string())?);
    let connected = state.upstream.connect(&uri, &host, port, is_tls).await.map_err(|error| error.to_string())?;
    if let Some(authorization) = connected.authorization {
        headers.insert(PROXY_AUTHORIZATION, authorization);
    }
    let path =
        if connected.is_whole_url { exchange.url.clone() } else { uri.path_and_query().map_or("/", |path| path.as_str()).to_owned() };
    let mut outgoing = Request::builder().method(parts.method).uri(path).body(Full::new(collected)).map_err(|error| error.to_string())?;
    *outgoing.headers_mut() = headers;
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .preserve_header_case(true)
        .handshake(TokioIo::new(connected.stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection.with_upgrades());
    let mut response = sender.send_request(outgoing).await.map_err(|error| error.to_string())?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS
        && let Some(client) = client
    {
        let server = hyper::upgrade::on(&mut response);
        tokio::spawn(async move {
            if let (Ok(client), Ok(server)) = (client.await, server.await) {
                // Either side may end the connection at any time.
                let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(server)).await;
            }
        });
    }
    Ok(response)
}

/// Passes a response to the client while it arrives, and records the exchange when it is complete.
fn relay(state: Arc<State>, response: Response<Incoming>, mut exchange: Exchange, started: Instant) -> Response<Body> {
    let (parts, mut body) = response.into_parts();
    exchange.status = parts.status.as_u16();
    exchange.reason = parts.status.canonical_reason().unwrap_or_default().to_owned();
    exchange.response_headers = without_hops(&parts.headers);
    let mut outgoing = Response::builder().status(parts.status);
    if let Some(headers) = outgoing.headers_mut() {
        *headers = exchange.response_headers.clone();
        if parts.status == StatusCode::SWITCHING_PROTOCOLS {
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        }
    }
    if body.is_end_stream() {
        exchange.duration_ms = elapsed_ms(started);
        state.keep(exchange);
        return outgoing.body(text(Bytes::new())).unwrap_or_else(|_| Response::new(text(Bytes::new())));
    }
    let (sender, receiver) = mpsc::channel::<Result<Frame<Bytes>, io::Error>>(16);
    tokio::spawn(async move {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(io::Error::other);
            match &frame {
                Ok(frame) => {
                    if let Some(data) = frame.data_ref().filter(|data| exchange.response_body.len() + data.len() <= KEPT_MAX) {
                        exchange.response_body.extend_from_slice(data);
                    }
                }
                Err(error) => exchange.problem = Some(error.to_string()),
            }
            // If the client has disconnected, the rest of the response is still recorded.
            let _ = sender.send(frame).await;
        }
        exchange.duration_ms = elapsed_ms(started);
        state.keep(exchange);
    });
    let frames = StreamBody::new(Frames(receiver));
    outgoing.body(frames.boxed()).unwrap_or_else(|_| Response::new(text(Bytes::new())))
}

/// The frames of a channel.
struct Frames(mpsc::Receiver<Result<Frame<Bytes>, io::Error>>);

impl futures_core::Stream for Frames {
    type Item = Result<Frame<Bytes>, io::Error>;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>())
        .collect();
    let is_hop =
        |name: &HeaderName| HOP_BY_HOP.contains(&name.as_str()) || named.iter().any(|named| named == name.as_str() && named != "upgrade");
    headers.iter().filter(|(name, _)| !is_hop(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
