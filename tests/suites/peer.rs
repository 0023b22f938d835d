//! A server whose responses a test defines, and a client of ltc's engine.

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use ltc_engine::http::{
    ApiConfig, HttpError, HttpRequest, HttpResponse, Method, Proxies, Redirects, Session, Target, Transport, TransportConfig,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Runs a test like a worker runs users: on one thread with local tasks.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

/// What the server does after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Wait,
    Close,
}

/// Makes the bytes with which a server answers a request.
type Answer = dyn Fn(&[u8]) -> (Vec<u8>, Then);

/// An HTTP/1.1 server that stores all requests.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Rc<RefCell<Vec<Vec<u8>>>>,
}

impl Server {
    /// Starts a server that answers each request with `answer`.
    pub(crate) async fn start(answer: impl Fn(&[u8]) -> (Vec<u8>, Then) + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), requests: Rc::default() };
        let (requests, answer) = (server.requests.clone(), Rc::new(answer));
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (requests, answer) = (requests.clone(), answer.clone());
                tokio::task::spawn_local(async move { serve(stream, &requests, &*answer).await });
            }
        });
        server
    }
}

async fn serve(mut stream: TcpStream, requests: &RefCell<Vec<Vec<u8>>>, answer: &Answer) {
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread).await {
        requests.borrow_mut().push(request.clone());
        let (bytes, then) = answer(&request);
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if then == Then::Close {
            let _ = stream.shutdown().await;
            // The server waits until the client has closed, too: a reset would discard data that the client has not read.
            let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut unread)).await;
            return;
        }
    }
}

/// The next request: its head, and the body, by its stated length.
async fn read_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&unread[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
            if unread.len() >= end + 4 + length {
                let rest = unread.split_off(end + 4 + length);
                return Some(std::mem::replace(unread, rest));
            }
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

/// A user of a load test, as the engine sees it.
pub(crate) struct Client {
    session: Rc<Session>,
    transport: Rc<Transport>,
}

impl Client {
    /// Creates a client without a proxy, or with one for all hosts.
    pub(crate) fn new(proxy: Option<SocketAddr>) -> Self {
        let proxies = proxy.map_or(Proxies::None, |address| Proxies::All(format!("http://{address}")));
        let transport = Transport::new(TransportConfig { proxies, ..TransportConfig::default() }).unwrap();
        Self { session: Session::new(transport.clone(), 0), transport }
    }

    /// A GET without a body, which tests modify.
    pub(crate) fn get(&self, url: Target) -> HttpRequest {
        let mut request = HttpRequest::new(Method::from_name("GET"), url, self.transport.api(&ApiConfig::default()).unwrap());
        request.timeout = Duration::from_secs(5);
        request.redirects = Redirects::Off;
        request
    }

    /// Sends a request in the same way as steps: serialized once, and by the fast path on an open connection.
    pub(crate) async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        request.serialize();
        self.session.send(Rc::new(request)).await
    }
}
