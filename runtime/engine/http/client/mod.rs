//! A client: a user's session, its connections, the fast path, redirects, resends and deadlines.

mod cookie_lines;
pub(super) mod fast_path;
mod jar;
mod quick;
pub(super) mod redirect;
pub(super) mod request;
pub(super) mod response;
pub(super) mod sending;
mod serialize;
pub(super) mod session;
