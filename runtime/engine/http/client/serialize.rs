//! Writes a request in the form that is sent.

use super::fast_path::WireRequest;
use super::redirect;
use super::request::HttpRequest;
use crate::http::wire::head;

impl HttpRequest {
    /// The first head of the chain, in the form of HTTP/1.1.
    pub(crate) fn head(&self, cookies: &str) -> Vec<u8> {
        let mut bytes = bytes::BytesMut::new();
        head::write_head(&mut bytes, &redirect::Chain::new(self).step(cookies.to_owned()), head::Via::default());
        bytes.to_vec()
    }

    /// Serializes the request, so that repeated sends can reuse it. Large bodies are left out.
    pub fn serialize(&mut self) {
        if !WireRequest::fits(self.body.len()) {
            return;
        }
        let mut bytes = bytes::BytesMut::with_capacity(512 + self.headers.len() + self.auth.len() + self.url.path.len() + self.body.len());
        let chain = redirect::Chain::new(self);
        let said = head::write_head(&mut bytes, &chain.step(String::new()), head::Via::default());
        bytes.extend_from_slice(&self.body);
        let wire = WireRequest { bytes, close: said.close, own_cookies: said.special };
        drop(chain);
        self.wire = WireRequest::fits(wire.bytes.len()).then_some(wire);
    }
}
