//! The distributed test.

pub(crate) mod aws;
