//! HTTP.

use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ecow::EcoString;

use crate::stats::FailureClass;
use crate::value::{Eval, Fault};

#[derive(Clone, Debug, Default)]
pub struct TransportConfig {}
#[derive(Clone, Debug, Default)]
pub struct TlsConfig { pub verify: bool, pub ca: Option<Vec<u8>>, pub cert: Option<Vec<u8>>, pub key: Option<Vec<u8>>, pub server_name: Option<String> }
#[derive(Clone, Debug, Default)]
pub struct ApiConfig { pub tls: TlsConfig, pub http2: bool, pub connect_timeout: Duration }
#[derive(Debug)]
pub struct ApiTransport {}
#[derive(Debug)]
pub struct Transport {}
impl Transport {
    pub fn new(_: TransportConfig) -> Result<Rc<Self>, String> { Ok(Rc::new(Self {})) }
    pub fn api(&self, _: &ApiConfig) -> Result<Rc<ApiTransport>, String> { Ok(Rc::new(ApiTransport {})) }
}
#[derive(Clone, Debug, PartialEq)]
pub struct Target(url::Url);
impl Target {
    pub fn parse(text: &str) -> Result<Self, String> { url::Url::parse(text).map(Self).map_err(|e| e.to_string()) }
    pub fn host(&self) -> &str { self.0.host_str().unwrap_or_default() }
    pub fn same_origin(&self, other: &Self) -> bool { self.0.origin() == other.0.origin() }
    pub fn join(&self, reference: &str, query: &str) -> Eval<Self> {
        let mut base = self.0.clone();
        if !base.path().ends_with('/') { base.set_path(&format!("{}/", base.path())); }
        let mut url = base.join(reference).map_err(|e| Fault(e.to_string()))?;
        if !query.is_empty() { let all = url.query().map_or_else(|| query.to_owned(), |q| format!("{q}&{query}")); url.set_query(Some(&all)); }
        Ok(Self(url))
    }
    pub fn append(&self, path: &str, query: &str) -> Eval<Self> {
        let text = format!("{}{}{}{}", self.0.as_str().trim_end_matches('/'), path, if query.is_empty() { "" } else { "?" }, query);
        Self::parse(&text).map_err(Fault)
    }
}
impl fmt::Display for Target { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) } }
#[derive(Clone, Debug)]
pub struct Method(EcoString);
impl Method { pub fn from_name(n: &str) -> Self { Self(n.into()) } pub fn as_str(&self) -> &str { &self.0 } }
#[derive(Clone, Copy, Debug)]
pub enum Redirects { Off, Follow { max: u32, any_host: bool }, Hops(u32) }
#[derive(Clone, Debug)]
pub struct Request { pub method: Method, pub url: Target, pub headers: Vec<u8>, pub auth: Vec<u8>, pub body: Bytes, pub has_body: bool, pub timeout: Duration, pub redirects: Redirects, pub cookies: bool, pub api: Rc<ApiTransport> }
#[derive(Clone, Debug, Default)]
pub struct Timings { pub dns: Option<Duration>, pub connect: Option<Duration>, pub tls: Option<Duration>, pub first_byte: Duration, pub total: Duration }
#[derive(Clone, Debug)]
pub struct Hop { pub status: u16, pub url: EcoString }
#[derive(Clone, Debug)]
pub struct Version;
impl Version { pub fn as_str(&self) -> &str { "HTTP/1.1" } }
#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<(String, String)>);
impl Headers {
    pub fn get(&self, name: &str) -> Option<&str> { self.get_all(name).next() }
    pub fn get_all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> { let name = name.to_owned(); self.0.iter().filter(move |(k, _)| k.eq_ignore_ascii_case(&name)).map(|(_, v)| v.as_str()) }
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone { self.0.iter().map(|(k, v)| (k.as_str(), v.as_str())) }
}
#[derive(Clone, Debug)]
pub struct Response { pub status: u16, pub version: Version, pub headers: Headers, pub body: Bytes, pub url: EcoString, pub timings: Timings, pub bytes_sent: u64, pub bytes_received: u64, pub hops: Vec<Hop>, pub reused: bool }
#[derive(Debug)]
pub struct Failure { pub class: FailureClass, pub message: String }
#[derive(Debug)]
pub struct Session { client: reqwest::Client }
impl Session {
    pub fn new(_: Rc<Transport>) -> Self { Self { client: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap() } }
    pub fn clear_cookies(&self, _: &str) {}
    pub fn cookie(&self, _: &str, _: &str) -> Option<EcoString> { None }
    pub async fn send(&self, r: &Request) -> Result<Response, Failure> {
        let begun = Instant::now();
        let mut q = self.client.request(r.method.as_str().parse().unwrap(), r.url.0.clone()).timeout(r.timeout);
        for line in std::str::from_utf8(&r.headers).unwrap().lines().chain(std::str::from_utf8(&r.auth).unwrap().lines()) {
            if let Some((k, v)) = line.split_once(": ") { q = q.header(k, v); }
        }
        if r.has_body { q = q.body(r.body.clone()); }
        let fail = |e: reqwest::Error| Failure { class: FailureClass::Connect, message: format!("{e:?}") };
        let a = q.send().await.map_err(fail)?;
        let first_byte = begun.elapsed();
        let status = a.status().as_u16();
        let headers = Headers(a.headers().iter().map(|(k, v)| (k.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect());
        let url = a.url().as_str().into();
        let body = a.bytes().await.map_err(fail)?;
        Ok(Response { status, version: Version, headers, bytes_received: body.len() as u64, body, url, timings: Timings { first_byte, total: begun.elapsed(), ..Timings::default() }, bytes_sent: 0, hops: Vec::new(), reused: true })
    }
}
