//! The server itself: it listens, serves connections, and stops on request.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Handle as Tokio, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::Options;
use crate::respond::{Reply, Wait, bad, refuse};
use crate::router::Demo;

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 8 << 20;
/// The time that connections have to end when the server stops.
const GRACE: Duration = Duration::from_secs(1);
/// The length of the queue of new connections. A load test opens all its connections at once; with the usual 128, some of them would wait a
/// second.
const BACKLOG: u32 = 4096;

/// A demo server that listens; [`Server::run`] serves requests.
pub struct Server {
    demo: Arc<Demo>,
    listener: StdListener,
    addr: SocketAddr,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Server {
    /// Listens from now on, so that connections succeed at once. Invalid options are an `InvalidInput`.
    pub fn bind(options: Options) -> io::Result<Self> {
        let addr = options.addr;
        let demo = Demo::new(options).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let listener = if Tokio::try_current().is_ok() {
            listen(addr)?
        } else {
            let runtime = Builder::new_current_thread().enable_io().build()?;
            let _inside = runtime.enter();
            listen(addr)?
        };
        Ok(Server { demo: Arc::new(demo), addr: listener.local_addr()?, listener })
    }

    /// The address on which it listens, with the actual port if the options had 0.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until `shutdown` is done. Then finishes the responses in progress and ends the connections.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let listener = TcpListener::from_std(self.listener)?;
        let (stop, stopped) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        self.demo.core.stats.connected();
                        connections.spawn(connection(Arc::clone(&self.demo), stream, stopped.clone()));
                    }
                    // The process is out of descriptors, or the client has disconnected. The next attempt may succeed.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
            }
        }
        drop(listener);
        // Fails only if there are no connections.
        let _ = stop.send(());
        let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

fn listen(addr: SocketAddr) -> io::Result<StdListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)?.into_std()
}

/// Serves one connection to its end.
async fn connection(demo: Arc<Demo>, stream: TcpStream, mut stopped: watch::Receiver<()>) {
    // Without this, small responses may be delayed. If the socket does not support it, the connection still works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| serve_one(Arc::clone(&demo), request));
    let served = http1::Builder::new().timer(TokioTimer::new()).pipeline_flush(true).serve_connection(TokioIo::new(stream), service);
    let mut served = std::pin::pin!(served);
    // Errors of the connection, whether from the client or from a fault, need no handling.
    tokio::select! {
        _ = &mut served => {}
        _ = stopped.changed() => {
            served.as_mut().graceful_shutdown();
            let _ = served.await;
        }
    }
}

/// The error that drops the connection without a response.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Reads a complete request, applies the faults, answers it, and counts it.
async fn serve_one(demo: Arc<Demo>, request: Request<Incoming>) -> Result<Reply, Dropped> {
    let begun = Instant::now();
    let core = &demo.core;
    let (parts, body) = request.into_parts();
    let found = demo.find(&parts.method, parts.uri.path());
    let control = matches!(parts.uri.path(), "/_demo/stats" | "/_demo/faults");
    if !control {
        core.stats.arrived(found.route());
    }
    let read = read(body).await;
    let faults = core.faults();
    let (faults, since) = (&faults.0, faults.1);
    if !control && core.signer.chance(faults.close) {
        core.stats.dropped();
        return Err(Dropped);
    }
    let status = if control { None } else { faults.status_of(parts.uri.path()) };
    let status = status.or_else(|| (!control && core.signer.chance(faults.fail_rate)).then_some(503));
    let reply = match (status.map(StatusCode::from_u16), read) {
        (Some(Ok(status)), _) => Reply::from(refuse(status, "failed on purpose, see /_demo/faults")),
        (_, Ok(body)) => demo.answer(&parts, &body, &found),
        (_, Err(reply)) => reply,
    };
    if let Some(Wait(time)) = reply.extensions().get() {
        tokio::time::sleep(*time).await;
    }
    if !control {
        if let Some(latency) = faults.latency {
            tokio::time::sleep(latency.pick(core.signer.random())).await;
        }
        if let Some(left) = faults.stall.and_then(|stall| stall.left(since.elapsed())) {
            tokio::time::sleep(left).await;
        }
        core.stats.answered(reply.status().as_u16());
    }
    if core.options.log {
        eprintln!("{} {} {} {:.1?}", parts.method, parts.uri, reply.status().as_u16(), begun.elapsed());
    }
    Ok(reply)
}

async fn read(body: Incoming) -> Result<Bytes, Reply> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {BODY_LIMIT} bytes")).into())
        }
        Err(error) => Err(bad(format!("the body could not be read: {error}")).into()),
    }
}

fn runtime(threads: Option<usize>) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads.max(1));
    }
    builder.thread_name("demo").enable_all().build()
}

/// Runs the server on this thread until Ctrl-C; `ready` gets the address as soon as the server listens.
pub fn serve(options: Options, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let runtime = runtime(options.threads)?;
    let server = Server::bind(options)?;
    ready(server.addr());
    let done = runtime.block_on(server.run(async {
        // Without a handler, Ctrl-C ends the process by default.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }));
    runtime.shutdown_background();
    done
}

/// Runs the server on a separate thread until the handle is dropped.
pub fn spawn(options: Options) -> io::Result<Handle> {
    let runtime = runtime(options.threads)?;
    let server = Server::bind(options)?;
    let addr = server.addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("demo".to_owned()).spawn(move || {
        // A dropped handle also stops the server.
        let _ = runtime.block_on(server.run(async { drop(stopped.await) }));
        runtime.shutdown_background();
    })?;
    Ok(Handle { addr, stop: Some(stop), thread: Some(thread) })
}

/// A server that runs on its own thread; dropping it stops the server.
#[derive(Debug)]
pub struct Handle {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// The address on which it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address of a service or path: `url("/shop")` is `http://127.0.0.1:PORT/shop`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already printed its message.
            let _ = thread.join();
        }
    }
}
