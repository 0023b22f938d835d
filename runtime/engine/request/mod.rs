//! Requests and answers as HTTP knows them: nothing here knows a user.

pub mod show;
pub(crate) mod template;
