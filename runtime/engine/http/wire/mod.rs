//! HTTP on a connection: heads and bodies of HTTP/1.1, HTTP/2, codings, and when a lost request may be sent again.

pub(super) mod body;
pub(super) mod chunks;
pub(super) mod decode;
pub(super) mod h1;
pub(super) mod h2_connection;
mod h2_driver;
mod h2_error;
pub(super) mod h2_exchange;
pub(super) mod head;
pub(super) mod lenient;
pub(super) mod outgoing;
pub(super) mod parse;
pub(super) mod resend;
pub(in crate::http) mod response_head;
