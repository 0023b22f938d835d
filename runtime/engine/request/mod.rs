//! Requests and responses without users: nothing here depends on a user.

pub(crate) mod auth;
pub(crate) mod lines;
pub(crate) mod prepared;
pub mod show;
pub(crate) mod template;
