//! HTTP for load tests: each user has a client with its own connections, and keeps little between requests.
//!
//! HTTP/1.1 is implemented here (`wire/h1.rs`, `wire/body.rs`), HTTP/2 by the crate h2 (`wire/h2_exchange.rs`). A [`Session`] finds or opens a connection
//! (`net/`), sends the request, follows redirects, keeps cookies, and decodes the body (`client/`). The folders, lowest first: `message`,
//! `io`, `wire`, `net`, `client`.

mod client;
#[cfg(any(test, fuzzing))]
#[path = "tests/invariants.rs"]
mod invariants;
mod io;
mod message;
mod net;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use client::fast_path::WireRequest;
pub(crate) use client::redirect::own_headers;
pub use client::request::{HttpRequest, TIMEOUT};
pub use client::response::HttpResponse;
pub use client::sending::Sending;
pub use client::session::Session;
pub use io::memory;
pub use message::charset::Charset;
pub use message::failure::HttpError;
pub use message::headers::Headers;
pub use message::partial::{MAX_BODY, Partial};
pub use message::target::Target;
pub use message::traffic::{Phases, Traffic};
pub use message::{Hop, Method, Redirects, Timings, Version};
pub use net::config::{ApiConfig, TlsConfig, TransportConfig};
pub use net::permission::Permission;
pub use net::proxy::Proxies;
pub use net::reach::Reach;
pub use net::tls::plain_config as plain_tls;
pub use net::transport::{ApiTransport, Transport};

/// Panics if a response breaks an invariant of all responses. `fuzz/` calls it.
#[cfg(fuzzing)]
pub fn fuzz_response(bytes: &[u8]) {
    invariants::Invariants::default().check(bytes);
}
