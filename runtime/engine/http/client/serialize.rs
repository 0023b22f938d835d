//! Writes a request in the form that is sent.

use super::fast_path::WireRequest;
use super::request::HttpRequest;
use crate::http::wire::head;
use crate::http::wire::outgoing::Outgoing;

impl HttpRequest {
    /// The first head of the chain, in the form of HTTP/1.1.
    pub(crate) fn head(&self, cookies: &str) -> Vec<u8> {
        let mut bytes = bytes::BytesMut::new();
        head::write_head(&mut bytes, &self.outgoing(cookies.to_owned()), head::Via::default());
        bytes.to_vec()
    }

    /// The request before any redirect.
    fn outgoing(&self, cookie: String) -> Outgoing<'_> {
        let (headers, auth) = (&self.headers, &self.auth);
        Outgoing { method: &self.method, url: &self.url, headers, auth, cookie, body: &self.body, has_body: self.has_body }
    }

    /// Serializes the request, so that repeated sends can reuse it. Large bodies are left out.
    pub fn serialize(&mut self) {
        if !WireRequest::fits(self.body.len()) {
            return;
        }
        let mut bytes = bytes::BytesMut::with_capacity(512 + self.headers.len() + self.auth.len() + self.url.path.len() + self.body.len());
        let present = head::write_head(&mut bytes, &self.outgoing(String::new()), head::Via::default());
        bytes.extend_from_slice(&self.body);
        let wire = WireRequest { bytes, close: present.close, own_cookies: present.special };
        self.wire = WireRequest::fits(wire.bytes.len()).then_some(wire);
    }
}
