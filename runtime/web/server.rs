//! The page's HTTP server. It has its own thread, so that it doesn't slow the load.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{broadcast, oneshot};

use super::feed::Feed;
use super::guard::{Guard, TOKEN_HEADER};
use super::page;
use ltc_engine::workers::Stop;

/// The most connections at a time: pages and their streams.
const CONNECTIONS: usize = 128;
/// How often an idle stream sends a sign of life.
const ALIVE: Duration = Duration::from_secs(15);

type ResponseBody = UnsyncBoxBody<Bytes, Infallible>;

/// A running server.
#[derive(Debug)]
pub(super) struct RunningServer {
    pub(super) feed: Arc<Feed>,
    over: oneshot::Sender<Duration>,
    thread: JoinHandle<()>,
}

impl RunningServer {
    /// Lets streams send their last events, and stops the server.
    pub(super) fn stop(self, within: Duration) {
        if self.over.send(within).is_ok() {
            let _ = self.thread.join();
        }
    }
}

struct Site {
    feed: Arc<Feed>,
    guard: Arc<Guard>,
    stop: Stop,
    connections: AtomicUsize,
}

pub(super) fn start(listener: TcpListener, feed: Arc<Feed>, guard: Arc<Guard>, stop: Stop) -> Result<RunningServer, String> {
    let failed = |error: std::io::Error| format!("--ui: {error}");
    listener.set_nonblocking(true).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let site = Arc::new(Site { feed: feed.clone(), guard, stop, connections: AtomicUsize::new(0) });
    let (over, ended) = oneshot::channel::<Duration>();
    let thread = std::thread::Builder::new().name("ui".into()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                () = accept(listener, site) => {}
                within = ended => tokio::time::sleep(within.unwrap_or_default()).await,
            }
        });
        runtime.shutdown_background();
    });
    Ok(RunningServer { feed, over, thread: thread.map_err(failed)? })
}

async fn accept(listener: TcpListener, site: Arc<Site>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // The process is most likely out of file descriptors, because the load uses them all for a while.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        if site.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
            site.connections.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let site = site.clone();
        tokio::spawn(async move {
            let theirs = site.clone();
            let service = service_fn(move |request| {
                let answer = answer(&theirs, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .serve_connection(TokioIo::new(stream), service);
            // The browser decides how a connection ends, so errors are ignored.
            let _ = served.await;
            site.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn answer(site: &Site, request: &Request<Incoming>) -> Response<ResponseBody> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if !text(HOST).is_some_and(|host| site.guard.is_host(host)) {
        return plain(StatusCode::FORBIDDEN, "open the page at the address that ltc printed\n");
    }
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => html(),
        (&Method::GET, "/events") => events(&site.feed),
        (&Method::POST, "/stop") => {
            let token = request.headers().get(TOKEN_HEADER).map(HeaderValue::as_bytes);
            if !site.guard.is_origin(text(ORIGIN)) || !site.guard.is_token(token) {
                return plain(StatusCode::FORBIDDEN, "stopping the test needs the token in the address that ltc printed\n");
            }
            // A second stop would stop the test immediately, which only the terminal may do.
            if !site.stop.is_graceful() {
                site.stop.interrupt();
                crate::progress::notice_at(
                    ltc_config::profile::LogLevel::Info,
                    "stopping, as requested on the page: users finish their iteration",
                );
            }
            plain(StatusCode::ACCEPTED, "stopping\n")
        }
        (_, "/" | "/events" | "/stop") => plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n"),
        _ => plain(StatusCode::NOT_FOUND, "not found\n"),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<ResponseBody> {
    respond(status, "text/plain; charset=utf-8", Full::from(text).boxed_unsync())
}

fn html() -> Response<ResponseBody> {
    let (html, policy) = page::page();
    let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", Full::from(html).boxed_unsync());
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert("content-security-policy", policy);
    }
    response
}

fn respond(status: StatusCode, kind: &'static str, body: ResponseBody) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A stream of the past events, and then of new ones.
fn events(feed: &Feed) -> Response<ResponseBody> {
    let (past, live) = feed.subscribe();
    let frames = stream::unfold((past.into_iter(), live), |(mut past, mut live)| async move {
        let next = match past.next() {
            Some(frame) => Bytes::from(frame.as_bytes().to_vec()),
            None => loop {
                match tokio::time::timeout(ALIVE, live.recv()).await {
                    Ok(Ok(frame)) => break Bytes::from(frame.as_bytes().to_vec()),
                    // The page was too slow for some events. The next event has all current figures.
                    Ok(Err(broadcast::error::RecvError::Lagged(_))) => {}
                    Ok(Err(broadcast::error::RecvError::Closed)) => return None,
                    Err(_) => break Bytes::from_static(b": keep-alive\n\n"),
                }
            },
        };
        Some((Ok(Frame::data(next)), (past, live)))
    });
    respond(StatusCode::OK, "text/event-stream", StreamBody::new(frames).boxed_unsync())
}
