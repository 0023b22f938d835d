//! Tests the client against servers that answer correctly or incorrectly.

mod addresses;
mod answers;
mod bodies;
mod chains;
mod connections;
mod driver;
mod encrypted;
mod fuzz;
mod hostile_frames;
mod hostile_h2;
mod lost;
mod new_connections;
mod odd_heads;
mod refused;
mod selfsigned;
mod shared;

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Runs a test in the way that workers run users: in one thread with local tasks.
fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async { tokio::time::timeout(Duration::from_secs(20), test).await.unwrap() })
}

/// What a server does with the next request on a connection.
#[derive(Clone, Debug)]
enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends them one byte at a time.
    Drip(Vec<u8>),
    /// Sends them and closes.
    Last(Vec<u8>),
    /// Sends nothing.
    Silence,
}

fn say(text: impl AsRef<[u8]>) -> Act {
    Act::Send(text.as_ref().to_vec())
}

fn last(text: impl AsRef<[u8]>) -> Act {
    Act::Last(text.as_ref().to_vec())
}

/// A server. The numbers of the connection and of the request on it, and the request itself, determine its action.
struct Server {
    address: SocketAddr,
    requests: Rc<RefCell<Vec<String>>>,
    connections: Rc<RefCell<usize>>,
}

impl Server {
    async fn start(act: impl Fn(usize, usize, &str) -> Act + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, requests: Rc::default(), connections: Rc::default() };
        let (requests, connections, act) = (server.requests.clone(), server.connections.clone(), Rc::new(act));
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let connection = *connections.borrow();
                *connections.borrow_mut() += 1;
                let (requests, act) = (requests.clone(), act.clone());
                tokio::task::spawn_local(async move { serve(stream, connection, &requests, &*act).await });
            }
        });
        server
    }

    fn url(&self, path: &str) -> Target {
        Target::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }

    fn connections(&self) -> usize {
        *self.connections.borrow()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    requests: &RefCell<Vec<String>>,
    act: &dyn Fn(usize, usize, &str) -> Act,
) {
    for number in 0.. {
        let Some(request) = read_request(&mut stream).await else { return };
        requests.borrow_mut().push(request.clone());
        let sent = match act(connection, number, &request) {
            Act::Send(bytes) => stream.write_all(&bytes).await,
            Act::Last(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Act::Drip(bytes) => {
                for byte in bytes {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    let _ = stream.flush().await;
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            Act::Silence => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return;
            }
        };
        if sent.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four: &[u8]| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").and_then(|length| length.parse::<usize>().ok()))
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A user and its transport.
struct Client {
    session: Rc<Session>,
    transport: Rc<Transport>,
    api: Rc<ApiTransport>,
}

impl Client {
    fn new() -> Self {
        Self::with(TransportConfig { proxies: Proxies::None, ..TransportConfig::default() }, &ApiConfig::default())
    }

    fn with(config: TransportConfig, api: &ApiConfig) -> Self {
        let transport = Transport::new(config).unwrap();
        let api = transport.api(api).unwrap();
        Self { session: Session::new(transport.clone(), 0), transport, api }
    }

    fn request(&self, method: &str, url: Target) -> HttpRequest {
        HttpRequest {
            method: Method::from_name(method),
            url,
            headers: Rc::default(),
            api_headers: 0..0,
            auth: Rc::default(),
            body: Bytes::new(),
            has_body: false,
            timeout: Duration::from_secs(5),
            redirects: Redirects::SameHost,
            cookies: true,
            max_body: MAX_BODY,
            resend: true,
            api: self.api.clone(),
            wire: None,
        }
    }

    async fn get(&self, url: Target) -> Result<HttpResponse, HttpError> {
        self.session.send(laid(&self.request("GET", url))).await
    }
}

/// Serializes a request, as before every send.
fn laid(request: &HttpRequest) -> Rc<HttpRequest> {
    let mut request = request.clone();
    request.serialize();
    Rc::new(request)
}

fn text(response: &HttpResponse) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

/// `OK` with a body.
fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
