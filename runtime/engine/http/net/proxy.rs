//! Proxies from the environment's variables.

use bytes::{BufMut as _, BytesMut};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::AsyncWriteExt as _;

use crate::http::io::stream::{Stream, broken, read_some};
use crate::http::message::failure::HttpError;
use crate::http::message::headers::MAX_HEAD;
use crate::http::message::target::Origin;
use crate::http::wire::head;
use crate::http::wire::parse::parse;
use crate::stats::FailureClass;

/// The proxies to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxies {
    /// Those of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    #[default]
    Environment,
    /// No proxy.
    None,
    /// This one for all hosts.
    All(String),
}

/// The proxies of a transport.
#[derive(Debug)]
pub(crate) struct Proxy(Option<Matcher>);

/// A proxy for a request.
#[derive(Clone, Debug)]
pub(crate) struct ProxyServer {
    pub(crate) origin: Origin,
    pub(crate) authorization: Option<Vec<u8>>,
}

impl Proxy {
    pub(crate) fn new(proxies: &Proxies) -> Self {
        match proxies {
            Proxies::Environment => {
                let named = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
                let any = named.iter().any(|name| std::env::var_os(name).is_some() || std::env::var_os(name.to_lowercase()).is_some());
                Self(any.then(Matcher::from_env))
            }
            Proxies::None => Self(None),
            Proxies::All(url) => Self(Some(Matcher::builder().all(url.as_str()).build())),
        }
    }

    /// The proxy for an origin, if there is one.
    pub(crate) fn on_way_to(&self, origin: &Origin) -> Result<Option<ProxyServer>, HttpError> {
        let Some(matcher) = &self.0 else { return Ok(None) };
        let Ok(uri) = format!("{}://{}/", origin.scheme(), origin.authority).parse() else { return Ok(None) };
        let Some(found) = matcher.intercept(&uri) else { return Ok(None) };
        let uri = found.uri();
        let refused = |why: &str| HttpError::new(FailureClass::Connect, format!("the proxy {uri} can't be used: {why}"));
        let https = match uri.scheme_str() {
            Some("http") | None => false,
            Some("https") => true,
            Some(_) => return Err(refused("it is neither http nor https")),
        };
        let host = uri.host().ok_or_else(|| refused("it has no host"))?.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let authority = format!("{host}:{port}").into();
        let authorization = found.basic_auth().map(|value| value.as_bytes().to_vec());
        Ok(Some(ProxyServer { origin: Origin { https, host: host.into(), port, authority }, authorization }))
    }
}

/// Asks a proxy for a tunnel to an origin.
pub(crate) async fn tunnel(stream: &mut Stream, origin: &Origin, proxy_server: &ProxyServer) -> Result<(), HttpError> {
    let to = origin.host_port();
    let mut buffer = BytesMut::with_capacity(512);
    buffer.put_slice(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: {}\r\n", head::USER_AGENT).as_bytes());
    if let Some(authorization) = &proxy_server.authorization {
        buffer.put_slice(b"Proxy-Authorization: ");
        buffer.put_slice(authorization);
        buffer.put_slice(b"\r\n");
    }
    buffer.put_slice(b"\r\n");
    stream.write_all(&buffer).await.map_err(|error| broken(&error))?;
    stream.flush().await.map_err(|error| broken(&error))?;
    buffer.clear();
    let proxy = &proxy_server.origin.authority;
    loop {
        let read = read_some(stream, &mut buffer).await.map_err(|error| broken(&error))?;
        if read == 0 {
            return Err(HttpError::reset(format!("the proxy {proxy} closed the connection before it answered")));
        }
        match parse(&buffer) {
            Ok(None) if buffer.len() <= MAX_HEAD => buffer.reserve(1024),
            // The proxy may send nothing after its answer before TLS has begun, because the client speaks first.
            Ok(Some(head)) if matches!(head.status, 200..300) && head.length == buffer.len() => return Ok(()),
            Ok(Some(head)) if !matches!(head.status, 200..300) => {
                return Err(HttpError::new(
                    FailureClass::Connect,
                    format!("the proxy {proxy} refused to connect to {to}: it answered {}", head.status),
                ));
            }
            _ => return Err(HttpError::protocol(format!("the response of the proxy {proxy} can't be read"))),
        }
    }
}
