//! Requests and answers as HTTP knows them: nothing here knows a user.

pub(crate) mod auth;
pub(crate) mod lines;
pub(crate) mod prepared;
pub mod show;
pub(crate) mod template;
